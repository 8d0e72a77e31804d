"""Memory that is free goes back to the system, in moments in which nobody is to be served.

glibc keeps what was freed in the middle of its heap; after hours of all kinds of lines that adds up
to tens of megabytes. malloc_trim(3) gives whole pages back; other C libraries do without. On a
server that is never quiet it is done once a minute whoever waits.
"""

from collections.abc import Callable
from typing import Final

from reactor.loop import Loop

PERIOD_SECONDS: Final = 10.0
"""A trim costs some milliseconds; it is done at most so often, and only when something happened."""

BUSY_LOOKS: Final = 6
"""So many looks in a row find somebody to be served before one trims all the same."""
_IDLE_TURNS: Final = 2 * int(PERIOD_SECONDS)
"""Timers alone turn the loop no oftener in a period."""


class Trimmer:
    """Trims the heap of this process on ``loop``; :meth:`start` begins."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._turns = 0
        self._put_off = 0
        self._trim: Callable[[int], int] | None = None

    def start(self) -> None:
        """Look after PERIOD_SECONDS whether there is something to give back."""
        self._turns = self._loop.turns
        self._loop.later(PERIOD_SECONDS, self._look)

    def _look(self) -> None:
        busy = self._loop.turns - self._turns > _IDLE_TURNS
        if busy and not self._loop.quiet and self._put_off < BUSY_LOOKS - 1:
            self._put_off += 1
        else:
            if busy:
                self._give_back()
            self._put_off = 0
            self._turns = self._loop.turns
        self._loop.later(PERIOD_SECONDS, self._look)

    def _give_back(self) -> None:
        trim = self._trim
        if trim is None:
            # It takes its time to load, and a server that nobody uses does without.
            import ctypes  # noqa: PLC0415

            trim = self._trim = getattr(ctypes.CDLL(None), "malloc_trim", abs)
        trim(0)
