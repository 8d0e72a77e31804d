"""What the tests of the loop, the streams and the listener share.

A clock and a selector that do what they are told, sockets that are full when a test needs them so,
and waiting for a condition instead of sleeping.
"""

import contextlib
import fcntl
import select
import selectors
import socket
import struct
import termios
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from reactor.loop import READ, Channel, Loop

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

PATIENCE: Final = 30.0
"""Seconds after which a condition that a test waits for is a failure."""
_SIOCOUTQNSD: Final = 0x894B
"""Of linux/sockios.h: bytes in the send queue that were not sent."""
Ready = tuple[selectors.SelectorKey, int]


class FakeClock:
    """A clock that stands still until it is told to move; see :class:`reactor.loop.Clock`."""

    def __init__(self, monotonic: float = 1000.0, wall: float = 1_795_000_000.0) -> None:
        self.now = monotonic
        self.wall_now = wall
        self.asked = 0

    def monotonic(self) -> float:
        self.asked += 1
        return self.now

    def wall(self) -> float:
        return self.wall_now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.wall_now += seconds


class FakeSelector(selectors.BaseSelector):
    """A selector without a kernel: it notes every call, and what is ready is put into ``script``.

    Each entry of ``script`` is what one select returns, as ``{fd: mask}`` in this order; beyond its
    end nothing is ready. Like the real ones it reports nobody who is not registered, refuses an
    empty interest, and a wait that nothing ends early takes its time on the clock.
    """

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock
        self.calls: list[tuple[str, int, int]] = []
        self.timeouts: list[float | None] = []
        self.script: list[Mapping[int, int]] = []
        self.on_select: Callable[[], object] = lambda: None
        self.closed = False
        self._keys: dict[FileDescriptorLike, selectors.SelectorKey] = {}

    def register(self, fileobj: object, events: int, data: object = None) -> selectors.SelectorKey:
        assert isinstance(fileobj, int)
        if not events or events & ~(selectors.EVENT_READ | selectors.EVENT_WRITE):
            raise ValueError(f"Invalid events: {events!r}")
        if fileobj in self._keys:
            raise KeyError(f"{fileobj!r} is already registered")
        self.calls.append(("register", fileobj, events))
        self._keys[fileobj] = selectors.SelectorKey(fileobj, fileobj, events, data)
        return self._keys[fileobj]

    def unregister(self, fileobj: object) -> selectors.SelectorKey:
        assert isinstance(fileobj, int)
        self.calls.append(("unregister", fileobj, 0))
        return self._keys.pop(fileobj)

    def modify(self, fileobj: object, events: int, data: object = None) -> selectors.SelectorKey:
        assert isinstance(fileobj, int)
        if not events:
            raise ValueError(f"Invalid events: {events!r}")
        self.calls.append(("modify", fileobj, events))
        self._keys[fileobj] = selectors.SelectorKey(fileobj, fileobj, events, data)
        return self._keys[fileobj]

    def select(self, timeout: float | None = None) -> list[Ready]:
        self.timeouts.append(timeout)
        self.on_select()
        wanted = self.script.pop(0) if self.script else {}
        ready = [
            (key, mask & key.events)
            for fd, mask in wanted.items()
            if (key := self._keys.get(fd)) is not None and mask & key.events
        ]
        if not ready and timeout and self.clock is not None:
            self.clock.advance(timeout)
        return ready

    def close(self) -> None:
        self.closed = True
        self._keys.clear()

    def get_map(self) -> Mapping["FileDescriptorLike", selectors.SelectorKey]:
        return dict(self._keys)

    def interest(self, fd: int) -> int:
        """What ``fd`` is registered for; 0: not at all."""
        key = self._keys.get(fd)
        return 0 if key is None else key.events

    def taken(self) -> list[tuple[str, int, int]]:
        """The calls since this was last asked."""
        calls, self.calls = self.calls, []
        return calls


class Noting:
    """A handler, or a flusher, that writes into a shared list that it was called."""

    def __init__(
        self, notes: list[str], name: str, then: Callable[[], object] = lambda: None
    ) -> None:
        self.notes = notes
        self.name = name
        self.then = then
        self.masks: list[int] = []

    def on_ready(self, mask: int) -> None:
        self.notes.append(self.name)
        self.masks.append(mask)
        self.then()

    def flush(self) -> None:
        self.notes.append(self.name)
        self.then()


class Bench:
    """A loop on fakes, and a list of what happened."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.selector = FakeSelector(self.clock)
        self.notes: list[str] = []
        self.failures: list[tuple[object, Exception]] = []
        self.loop = Loop(self.selector, self.clock, lambda *told: self.failures.append(told))

    def watch(self, fd: int, name: str, interest: int = READ) -> tuple[Channel, Noting]:
        handler = Noting(self.notes, name)
        return self.loop.watch(fd, handler, interest), handler

    def note(self, word: str) -> None:
        self.notes.append(word)

    def ready(self, *fds: int, mask: int = READ) -> None:
        """Let these be ready in the next select."""
        self.selector.script.append(dict.fromkeys(fds, mask))


def turn(loop: Loop) -> None:
    """One turn that does not wait."""
    loop.restless()
    loop.run_once()


def until(loop: Loop, condition: Callable[[], object]) -> None:
    """Turn after turn until ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for does not happen"
        turn(loop)


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    return near, far


def fill_socket(sock: socket.socket) -> int:
    """Send until the kernel takes no more, so that ``sock`` is certainly not writable."""
    timeout = sock.gettimeout()
    sock.settimeout(0)
    sent = 0
    while select.select([], [sock], [], 0)[1] or not sent:
        for size in (65536, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    sent += sock.send(b"\0" * size)
        _settle(sock)
    sock.settimeout(timeout)
    return sent


def _settle(sock: socket.socket) -> None:
    """Wait until nothing is under way: what TCP sent is acknowledged, the rest has no window."""
    deadline = time.monotonic() + PATIENCE
    while sock.family == socket.AF_INET and time.monotonic() < deadline:
        waiting, unsent = (
            struct.unpack("i", fcntl.ioctl(sock, request, b"\0" * 4))[0]
            for request in (termios.TIOCOUTQ, _SIOCOUTQNSD)
        )
        if waiting == unsent:
            return


def drain_socket(sock: socket.socket) -> bytes:
    """Everything that is there to be read now; what may come later is not waited for."""
    timeout = sock.gettimeout()
    sock.settimeout(0)
    found = []
    with contextlib.suppress(BlockingIOError):
        while data := sock.recv(65536):
            found.append(data)
    sock.settimeout(timeout)
    return b"".join(found)


class Listening:
    """The owner of a stream that notes what it hears; ``on`` holds what it does then."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.data = b""
        self.reasons: list[str] = []
        self.on: dict[str, Callable[[], object]] = {}

    def _hear(self, note: str) -> None:
        assert not self.reasons, f"{note} after lost"
        self.notes.append(note)
        self.on.get(note, lambda: None)()

    def received(self, data: bytes) -> None:
        self.data += data
        self._hear("received" if data else "ended")

    def flushed(self) -> None:
        self._hear("flushed")

    def blocked(self) -> None:
        self._hear("blocked")

    def lost(self, reason: str) -> None:
        self._hear("lost")
        self.reasons.append(reason)

    @property
    def was_lost(self) -> bool:
        return bool(self.reasons)
