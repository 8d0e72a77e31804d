"""A TCP proxy between clients and a server, to do to them what a network does.

Latency with jitter, bandwidth, slicing, a limit of bytes, a slow close and a black hole are toxics
(:mod:`tests.support.toxics`), of each direction; a reset and a plain cut, refusing, and all of it
going down are calls. It runs on the project's own loop in a thread of its own; each call waits
until it is done.
"""

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from reactor.loop import Channel, Loop
from reactor.stream import Stream
from tests.support.toxics import NOTHING, Toxic, Way

PATIENCE = 30.0


class _End:
    """One end of a connection through the proxy: what comes in here goes out at ``other``."""

    other: "_End"

    def __init__(self, proxy: "Proxy", sock: socket.socket, *, hears_server: bool) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = Stream(proxy.loop, sock, self, proxy.slice_bytes)
        self._sock = sock
        self._proxy = proxy
        self._hears_server = hears_server
        self._blocked = False  # the socket takes less than all
        self._held: list[bytes] = []
        self.way: Way | None = None  # with a toxic alone: what comes in here is under way there
        if proxy.toxic(hears_server=hears_server) != NOTHING:
            self.suffer()
        self._ended = False  # nothing more comes in here
        self._last = False  # nothing more goes out here than what is queued

    def received(self, data: bytes) -> None:
        if self._hears_server and self._proxy.holding:
            self._held.append(data)
        elif self.way is not None:
            self.way.take(data)
            self.listen()
        else:
            self._hand_on(data)

    def _hand_on(self, data: bytes) -> None:
        if data:
            self.other.stream.write(data)
        else:
            self._ended = True
            self.other.end()
        self.listen()

    def suffer(self) -> None:
        """From now on the toxic of this direction."""
        if self.way is None:
            self.way = Way(self._proxy.loop, self._hand_on, self._reset_both, self._proxy.accepted)
        self.way.become(self._proxy.toxic(hears_server=self._hears_server))

    def _reset_both(self) -> None:
        for end in (self.other, self):
            end.cut(reset=True)

    def listen(self) -> None:
        """Read here, unless what came here waits: in the toxic, or in the other socket."""
        if self.other._blocked or (self.way is not None and self.way.full):
            self.stream.pause()
        else:
            self.stream.resume()

    def end(self) -> None:
        """Say here, behind what is queued, that nothing will follow; this end may talk on."""
        self._last = True
        self.flushed()

    def release(self) -> None:
        """Let through what was held."""
        held, self._held = self._held, []
        for data in held:
            self.received(data)

    def blocked(self) -> None:
        self._blocked = True
        self.other.listen()

    def flushed(self) -> None:
        if self.stream.queued:
            return
        self._blocked = False
        self.other.listen()
        if self._last and self._ended:
            self.stream.abort()
        elif self._last:
            with contextlib.suppress(OSError):  # the other side may be gone
                self._sock.shutdown(socket.SHUT_WR)

    def lost(self, reason: str) -> None:
        self._proxy.ends.pop(self, None)
        self.other.stream.abort(reason)

    def cut(self, *, reset: bool) -> None:
        """Close at once, with what is queued unsent."""
        if reset:
            with contextlib.suppress(OSError):  # the other side may have been quicker
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.abort()


class Proxy:
    """A way to ``127.0.0.1:server_port`` at ``port``; bytes pass ``slice_bytes`` at a time."""

    def __init__(self, server_port: int, slice_bytes: int = 64 * 1024) -> None:
        self.server_port = server_port
        self.slice_bytes = slice_bytes
        self.loop = Loop()
        self.ends: dict[_End, None] = {}
        self.holding = False
        self.accepted = 0
        self._to_server = self._to_client = NOTHING
        # It never listens: the port is ours while connections are refused.
        self._keeper = _bound(0)
        self.port: int = self._keeper.getsockname()[1]
        self._listener: socket.socket | None = None
        self._channel: Channel | None = None
        self._calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self.loop.watch(self._woken.fileno(), _Handler(self._run_calls))
        self._thread = threading.Thread(target=self.loop.run, daemon=True)

    def cut(self, *, reset: bool = True) -> None:
        """Drop every connection now (a reset, or a plain close), with all that is on its way."""

        def cut() -> None:
            self.holding = False
            for end in list(self.ends):
                end.cut(reset=reset)

        self._do(cut)

    def suffer(self, to_server: Toxic = NOTHING, to_client: Toxic = NOTHING) -> None:
        """Do this to the bytes of each direction, of connections that stand and of new ones.

        Without arguments all is well again.
        """

        def suffer() -> None:
            self._to_server, self._to_client = to_server, to_client
            for end in list(self.ends):
                end.suffer()

        self._do(suffer)

    def toxic(self, *, hears_server: bool) -> Toxic:
        """What is done to the bytes that come from one side."""
        return self._to_client if hears_server else self._to_server

    def down(self) -> None:
        """The way is gone: everything is reset and refused, until :meth:`accept`."""
        self.refuse()
        self.cut()

    def hold_replies(self) -> None:
        """Keep what the server says, until :meth:`release_replies` or a cut that loses it."""

        def hold() -> None:
            self.holding = True

        self._do(hold)

    def release_replies(self) -> None:
        """Let through what was kept."""

        def release() -> None:
            self.holding = False
            for end in list(self.ends):
                end.release()

        self._do(release)

    def refuse(self) -> None:
        """Refuse new connections; those that stand go on."""
        self._do(self._stop_listening)

    def accept(self) -> None:
        """Take new connections again."""
        self._do(self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.refuse()
        self.cut()
        self._do(lambda: self.loop.again(self.loop.stop))
        self._thread.join(PATIENCE)
        self.loop.close()
        for sock in (self._keeper, self._waker, self._woken):
            sock.close()

    def _do(self, call: Callable[[], object]) -> None:
        """Have ``call`` made in the loop's thread, and its turn ended: sockets close at its end."""
        done = threading.Event()
        self._calls.put(call)
        self._calls.put(lambda: self.loop.again(done.set))
        self._waker.send(b"\0")
        assert done.wait(PATIENCE), "the proxy's thread does not answer"

    def _run_calls(self) -> None:
        self._woken.recv(4096)
        while not self._calls.empty():
            self._calls.get()()

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = _bound(self.port)
            self._listener.listen()
            self._channel = self.loop.watch(self._listener.fileno(), _Handler(self._take))

    def _stop_listening(self) -> None:
        if self._channel is not None and self._listener is not None:
            self.loop.unwatch(self._channel, self._listener.close)
        self._listener = self._channel = None

    def _take(self) -> None:
        assert self._listener is not None
        client, _ = self._listener.accept()
        self.accepted += 1
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port), PATIENCE)
        except OSError:
            client.close()
            return
        near = _End(self, client, hears_server=False)
        far = _End(self, server, hears_server=True)
        near.other, far.other = far, near
        self.ends |= {near: None, far: None}


class _Handler:
    """A handler of the loop that makes one call."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def on_ready(self, mask: int) -> None:
        del mask
        self._call()


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock
