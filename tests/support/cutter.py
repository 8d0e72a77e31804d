"""A TCP proxy that forwards bytes both ways and cuts each connection after so many of them."""

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

BLOCK = 16 * 1024


class Cutter:
    """A way to ``127.0.0.1:server_port`` at ``port``.

    ``plan`` is asked for each new connection: after how many bytes, in both directions together, it
    is reset, and what is called just before; None: it is left alone.
    """

    def __init__(
        self, server_port: int, plan: Callable[[], tuple[int, Callable[[], object]] | None]
    ) -> None:
        self.cuts = 0
        self.forwarded = 0
        self.said = bytearray()
        """What the clients said."""
        self._server_port = server_port
        self._plan = plan
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ended = False
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        self._waker.send(b"x")
        self._thread.join()
        for sock in (self._waker, self._woken, self._listener):
            sock.close()

    def _run(self) -> None:
        """One connection at a time: a client has but one."""
        while not self._ended:
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                selector.register(self._woken, selectors.EVENT_READ)
                selector.select()
            if not self._ended:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    client.settimeout(10)
                    server = socket.create_connection(("127.0.0.1", self._server_port), 10)
                    with server:
                        self._forward(client, server)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        plan = self._plan()
        left = plan[0] if plan is not None else -1
        others = {client: server, server: client}
        with selectors.DefaultSelector() as selector:
            for sock in (*others, self._woken):
                selector.register(sock, selectors.EVENT_READ)
            while others:
                for key, _ in selector.select():
                    source = key.fileobj
                    if source is self._woken:
                        return
                    assert isinstance(source, socket.socket)
                    data = source.recv(min(BLOCK, left) if plan is not None else BLOCK)
                    left -= len(data)
                    self.forwarded += len(data)
                    if source is client:
                        self.said += data
                    if data:
                        others[source].sendall(data)
                    else:
                        return
                    if plan is not None and not left:
                        self.cuts += 1
                        plan[1]()
                        _reset(client, server)
                        return


def _reset(*sockets: socket.socket) -> None:
    """Close them so that the other sides see a reset, with all that is on its way lost."""
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
