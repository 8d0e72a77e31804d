"""A thousand people in a hundred rooms, each of whom says something once a second.

That is how a chat is used. What it costs the server is a share of one core; how late a message is
for the last one in its room is what people notice.
"""

import re
import select
import time
from typing import Final

from tests.bench.fanout import MILLISECONDS
from tests.bench.load import Crowd, LostError
from tests.bench.options import Options
from tests.bench.systems.system import System
from tests.bench.talk import DIGITS, FILLER, text
from tests.bench.turns import Figures, Outcome, in_turn, quantile, stage

MEMBERS: Final = 1000
IN_A_ROOM: Final = 10
READ_BYTES: Final = 64 * 1024
SETTLE_SECONDS: Final = 0.5
"""After the last one came; nobody comes any more, and each room has heard of ten."""
PERCENT: Final = 100


def compare(options: Options) -> Outcome:
    """The figures of :func:`measure` of those systems that have rooms."""
    systems = [system for system in options.systems if system.has_rooms]

    def once(system: System) -> Figures:
        return measure(system, MEMBERS // options.part, options)

    return in_turn(systems, options.runs, once)


def measure(system: System, members: int, options: Options) -> Figures:
    """One run; raises :class:`LostError` unless each message came once to each of its room alone.

    ``cpu``: per cent of a core; ``p50``, ``p99``: milliseconds from send to the room's last member.
    """
    with stage(system, members, pin=options.pin) as (server, crowd):
        crowd.enter(
            (
                system.login(f"m{n}") + system.join(system.room(n // IN_A_ROOM))
                for n in range(members)
            ),
            system.at_once,
        )
        crowd.read_for(max(system.quiet_after, SETTLE_SECONDS))
        talk = _Talk(crowd, system)
        cpu, started = server.cpu_seconds(), time.perf_counter()
        talk.run(options.seconds)
        seconds = time.perf_counter() - started
        return {
            "cpu": (server.cpu_seconds() - cpu) / seconds * PERCENT,
            "messages": float(len(talk.trips)),
            "p50": quantile(talk.trips, 0.5) * MILLISECONDS,
            "p99": quantile(talk.trips, 0.99) * MILLISECONDS,
        }


class _Talk:
    """Everybody's messages: who is still to be told of each, and how long the last one took."""

    def __init__(self, crowd: Crowd, system: System) -> None:
        self.trips: list[float] = []
        self._crowd = crowd
        self._system = system
        self._untold: dict[int, set[int]] = {}
        self._sent_at: dict[int, float] = {}
        self._rests = dict.fromkeys(crowd.order, b"")
        head, end = system.head.pattern, system.end
        parts = [b"(?:%b)(?P<number>[0-9]{%d})%b%b" % (head, DIGITS, FILLER, end)]
        if system.said.pattern:
            parts.append(system.said.pattern)
        self._told = re.compile(b"|".join(parts))

    def run(self, seconds: float) -> None:
        """Say and listen for so long, and then listen until all is told."""
        members = len(self._crowd.order)
        started = time.perf_counter()
        said = 0
        with select.epoll() as poll:
            for fd in self._crowd.order:
                poll.register(fd, select.EPOLLIN)
            while said < seconds * members or self._untold:
                due = started + said / members
                now = time.perf_counter()
                if said < seconds * members and now >= due:
                    self._say(said)
                    said += 1
                    continue
                wait = due - now if said < seconds * members else self._crowd.patience
                ready = poll.poll(wait, members)
                if not ready and wait == self._crowd.patience:
                    raise LostError(f"{len(self._untold)} messages were not told to all")
                for fd, _ in ready:
                    self._hear(fd)

    def _say(self, number: int) -> None:
        """The members of a room speak one after another, the rooms in between: evenly spread."""
        order = self._crowd.order
        rooms = len(order) // IN_A_ROOM
        room, place = number % rooms, number // rooms % IN_A_ROOM
        ours = order[room * IN_A_ROOM : (room + 1) * IN_A_ROOM]
        self._untold[number] = {
            fd for fd in ours if self._system.hears_itself or fd != ours[place]
        }  # fmt: skip
        self._sent_at[number] = time.perf_counter()
        words = self._system.say(self._system.room(room), text(number))
        self._crowd.sockets[ours[place]].sendall(words)

    def _hear(self, fd: int) -> None:
        data = self._crowd.sockets[fd].recv(READ_BYTES)
        if not data:
            raise LostError("a member was closed by the server")
        heard = self._rests[fd] + data
        place = 0
        while match := self._told.match(heard, place):
            place = match.end()
            if match["number"] is not None:
                self._tell(fd, int(match["number"]))
        self._rests[fd] = heard[place:]
        if len(self._rests[fd]) > READ_BYTES:
            raise LostError(f"what is told is not understood: {heard[place : place + 200]!r}")

    def _tell(self, fd: int, number: int) -> None:
        untold = self._untold.get(number, set())
        if fd not in untold:
            raise LostError(f"message {number} came twice, or to somebody of another room")
        untold.discard(fd)
        if not untold:
            del self._untold[number]
            self.trips.append(time.perf_counter() - self._sent_at.pop(number))
