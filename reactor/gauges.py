"""Where the numbers of :mod:`reactor.counters` come from that are a state and not a count."""

import resource
from collections import deque
from pathlib import Path
from typing import Final

from reactor.counters import Counters
from reactor.doors.native import NativeDoor
from reactor.hub import Hub
from reactor.log.records import MILLISECONDS
from reactor.loop import Loop

PERIOD_SECONDS: Final = 5.0
PERIODS: Final = 12
"""With the one that runs, the last minute: 60 to 65 seconds of it."""
_MEMORY: Final = Path("/proc/self/statm")
_RESIDENT: Final = 1
"""Which word of proc(5)'s statm counts the resident pages."""
_PAGE_BYTES: Final = resource.getpagesize()


class LongestTurn:
    """The longest turn of a loop since the start, and in the last minute; both in milliseconds."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._ever = 0.0
        self._periods: deque[float] = deque(maxlen=PERIODS)
        loop.later(PERIOD_SECONDS, self._next_period)

    def ever(self) -> float:
        """Since the start."""
        return max(self._ever, self._loop.longest_turn) * MILLISECONDS

    def of_the_last_minute(self) -> float:
        """In the last minute."""
        return max(*self._periods, 0.0, self._loop.longest_turn) * MILLISECONDS

    def _next_period(self) -> None:
        longest, self._loop.longest_turn = self._loop.longest_turn, 0.0
        self._ever = max(self._ever, longest)
        self._periods.append(longest)
        self._loop.later(PERIOD_SECONDS, self._next_period)


def memory_bytes() -> int:
    """Resident memory of this process; 0 where /proc is not there."""
    try:
        return int(_MEMORY.read_text(encoding="ascii").split()[_RESIDENT]) * _PAGE_BYTES
    except OSError:
        return 0


def connect(counters: Counters, loop: Loop, hub: Hub, native: NativeDoor) -> None:
    """Let ``counters`` read what the parts of the server know."""
    started, longest = loop.clock.monotonic(), LongestTurn(loop)
    counters.gauge("uptime-seconds", lambda: int(loop.clock.monotonic() - started))
    counters.gauge("memory-bytes", memory_bytes)
    counters.gauge("connections-tcp", lambda: native.count_of("tcp"))
    counters.gauge("connections-unix", lambda: native.count_of("unix"))
    counters.gauge("connections-tls", lambda: native.count_of("tls"))
    counters.gauge("people", lambda: len(hub.people))
    counters.gauge("rooms", lambda: len(hub.rooms))
    counters.gauge("turns", lambda: loop.turns)
    counters.gauge("turn-longest-ms", longest.ever)
    counters.gauge("turn-longest-minute-ms", longest.of_the_last_minute)
    counters.gauge("in-bytes", lambda: loop.received)
    counters.gauge("out-bytes", lambda: loop.sent)
    counters.gauge("queued-bytes", lambda: native.queued)
    counters.gauge("uploads", lambda: sum(upload.busy for upload in hub.spool.uploads.values()))
    counters.gauge("downloads", lambda: native.downloads)
    counters.gauge("spool-bytes", lambda: hub.spool.used)
