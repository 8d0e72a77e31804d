"""The load: thousands of connections of one process, read by one epoll loop as cheaply as can be.

Every byte that any member is told is compared with one *stream*: what the member that is furthest
ahead has been told. That costs less than counting line ends and says more, for the stream itself
is read message by message when the clock has stopped (``talk``). Who is told something else, or
ends, or stays behind, is a :class:`LostError`.
"""

import select
import socket
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from tests.bench.systems.system import AT_ONCE, LOCAL, Step
from tests.support.closing import Closing

LF: Final = b"\n"
BUFFER_BYTES: Final = 256 * 1024
PATIENCE: Final = 20.0
"""Seconds without one byte from anybody: then what is missing will not come."""
SHOWN_BYTES: Final = 160


class LostError(AssertionError):
    """A message was lost, doubled, changed or out of order, or a connection ended."""


class _Entering:
    """One connection on its way in."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self.steps = iter(steps)
        self.heard = b""
        self.until = b""


class Crowd(Closing):
    """Members of one server, and at most one ``talker``, whose bytes are thrown away.

    ``order``: the members' descriptors as they came. ``patience``: see ``PATIENCE``. ``stream``:
    what all are told since :meth:`begin`, ``total`` bytes to all together, with ``lines`` line
    ends, ``first_lines`` to the first member. ``kept``: who is in it has what it is told outside
    of such a stream added there.
    """

    def __init__(self, port: int, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.order: list[int] = []
        self.sockets: dict[int, socket.socket] = {}
        self.talker = -1
        self.stream = bytearray()
        self.total = 0
        self.lines = 0
        self.first_lines = 0
        self._port = port
        self._poll = select.epoll()
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._places: list[int] = []
        self.kept: dict[int, bytearray] = {}

    def enter(self, ways: Iterable[Iterable[Step]], at_once: int = AT_ONCE) -> list[int]:
        """Connect one member for each way in, and go it to its end; their descriptors."""
        came = list(self._walk(self._connections(ways), at_once))
        self.order += came
        return came

    def enter_talker(self, way: Iterable[Step]) -> None:
        """Connect the one who speaks and need not be a member."""
        (self.talker,) = self._walk(self._connections([way]), 1)

    def go(self, ways: dict[int, Iterable[Step]], at_once: int = AT_ONCE) -> None:
        """Let members that are in go further steps."""
        for _ in self._walk(((fd, _Entering(way)) for fd, way in ways.items()), at_once):
            pass

    def wait_for(self, tail: bytes) -> None:
        """Throw away what everybody is told until the last bytes of it are ``tail``."""
        ends = dict.fromkeys(self.order, b"")
        waiting = set(ends)
        while waiting:
            for fd, size in self._ready(self.patience):
                if fd == self.talker:
                    continue
                told = bytes(self._view[max(0, size - len(tail)) : size])
                ends[fd] = (ends[fd] + told)[-len(tail) :]
                if ends[fd] == tail:
                    waiting.discard(fd)
                else:
                    waiting.add(fd)

    def read_for(self, seconds: float) -> None:
        """Throw away what comes in that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for _ in self._ready(left, must=False):
                pass

    def begin(self) -> None:
        """From here on every byte counts: the members' streams begin, and are empty."""
        self.stream = bytearray()
        self.total = self.lines = self.first_lines = 0
        self._places = [0] * (max(self.sockets) + 1)

    def send(self, data: bytes) -> int:
        """Let the talker, or the first member without one, send; how many bytes were taken."""
        try:
            return self.sockets[self.talker if self.talker >= 0 else self.order[0]].send(data)
        except BlockingIOError:
            return 0

    def pump(self, wait: float, *, must: bool = True) -> None:
        """Read once from everybody who has something; ``wait`` seconds until somebody has.

        Raises :class:`LostError` when nobody has and somebody ``must``, when a byte differs from
        what another one was told, or when a connection ended.
        """
        buffer, view, places, first = self._buffer, self._view, self._places, self.order[0]
        stream, talker, sockets = self.stream, self.talker, self.sockets
        ready = self._poll.poll(wait, len(sockets))
        if not ready and must:
            raise LostError(self.missing())
        for fd, _ in ready:
            try:
                size = sockets[fd].recv_into(buffer)
            except OSError as error:
                raise LostError(f"{self._who(fd)}: {error}") from error
            if not size:
                raise LostError(f"{self._who(fd)} was closed by the server")
            if fd == talker:
                continue
            place = places[fd]
            places[fd] = end = place + size
            self.total += size
            if end <= len(stream):
                same = stream.startswith(view[:size], place)
            else:
                known = len(stream) - place
                same = stream.startswith(view[:known], place)
                stream += view[known:size]
                self.lines += buffer.count(LF, known, size)
            if not same:
                raise LostError(self._differs(fd, place, bytes(view[:size])))
            if fd == first:
                self.first_lines += buffer.count(LF, 0, size)

    def has_all(self, lines: int) -> bool:
        """Whether everybody has been told so many lines, and the same."""
        return self.lines >= lines and self.total >= len(self.order) * len(self.stream)

    def missing(self) -> str:
        """Who is behind, for people."""
        behind = [fd for fd in self.order if self._places[fd] < len(self.stream)]
        told = f"nothing came for {self.patience:g} s, {self.lines} lines had"
        if not behind:
            return told
        short = len(self.stream) - self._places[behind[0]]
        return f"{told}; {len(behind)} are behind, {self._who(behind[0])} by {short} bytes"

    def close(self) -> None:
        """Leave."""
        self._poll.close()
        for sock in self.sockets.values():
            sock.close()

    def _connections(self, ways: Iterable[Iterable[Step]]) -> Iterator[tuple[int, _Entering]]:
        for way in ways:
            sock = socket.create_connection((LOCAL, self._port))
            sock.settimeout(0)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[sock.fileno()] = sock
            self._poll.register(sock.fileno(), select.EPOLLIN)
            yield sock.fileno(), _Entering(way)

    def _walk(self, comers: Iterable[tuple[int, _Entering]], at_once: int) -> Iterator[int]:
        """Go everybody's steps, so many people together; each descriptor in order of coming."""
        comers = iter(comers)
        walking: dict[int, _Entering] = {}
        order: list[int] = []
        while True:
            for fd, entering in islice(comers, at_once - len(walking)):
                order.append(fd)
                walking[fd] = entering
                if not self._step(fd, entering):
                    del walking[fd]
            if not walking:
                yield from order
                return
            for fd, size in self._ready(self.patience):
                comer = walking.get(fd)
                if comer is None:
                    continue
                comer.heard += self._view[:size]
                if not self._step(fd, comer):
                    del walking[fd]

    def _step(self, fd: int, entering: _Entering) -> bool:
        """Go on as far as what was heard allows; whether there is more to wait for."""
        while True:
            if entering.until:
                _, found, rest = entering.heard.partition(entering.until)
                if not found:
                    return True
                entering.heard = rest
            step = next(entering.steps, None)
            if step is None:
                return False
            self.sockets[fd].sendall(step.send)
            entering.until = step.until

    def _ready(self, wait: float, *, must: bool = True) -> Iterator[tuple[int, int]]:
        """Read once from everybody who has something: the descriptor, how much is in the view."""
        ready = self._poll.poll(wait, max(1, len(self.sockets)))
        if not ready and must:
            raise LostError(f"nothing came for {self.patience:g} s on the way in")
        for fd, _ in ready:
            try:
                size = self.sockets[fd].recv_into(self._buffer)
            except OSError as error:
                raise LostError(f"{self._who(fd)}: {error}") from error
            if not size:
                raise LostError(f"{self._who(fd)} was closed by the server")
            if fd in self.kept:
                self.kept[fd] += self._view[:size]
            yield fd, size

    def _who(self, fd: int) -> str:
        if fd == self.talker:
            return "the talker"
        return f"member {self.order.index(fd)}" if fd in self.order else "somebody on the way in"

    def _differs(self, fd: int, place: int, told: bytes) -> str:
        wanted = bytes(self.stream[place : place + len(told)])
        at = next(n for n, (a, b) in enumerate(zip(wanted, told, strict=False)) if a != b)
        return (
            f"{self._who(fd)} was told {told[at:at + SHOWN_BYTES]!r} at byte {place + at}, others"
            f" {wanted[at:at + SHOWN_BYTES]!r}"
        )  # fmt: skip
