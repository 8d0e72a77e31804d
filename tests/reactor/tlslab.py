"""A TLS stream of a server on real sockets, for the tests of streams and of handshakes."""

import fcntl
import socket
import ssl
import struct
import termios
from collections.abc import Callable
from typing import Final

from reactor.loop import Loop
from reactor.tls import TlsStream, client_context, server_context
from tests.reactor.fakes import FakeClock, Listening, tcp_pair, until
from tests.support.tls import Papers

PATIENCE: Final = 10.0
"""Seconds for the handshake, on a clock that stands still."""


class Lab:
    """A server's stream on a small socket; and the other end, plain until :meth:`meet`."""

    def __init__(self, papers: Papers, read_bytes: int = 65_536) -> None:
        near, self.far = tcp_pair()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.near = near
        self.clock = FakeClock()
        self.loop = Loop(clock=self.clock)
        self.owner, self.client_owner = Listening(), Listening()
        context = server_context(papers.certificate, papers.key)
        self.stream = TlsStream(self.loop, near, self.owner, read_bytes, context, PATIENCE)
        self.client: TlsStream | None = None

    def meet(self, context: ssl.SSLContext | None = None) -> TlsStream:
        """A stream at the other end; both have shaken hands."""
        client = self.begin(context)
        until(self.loop, lambda: client.version and self.stream.version)
        return client

    def begin(self, context: ssl.SSLContext | None = None) -> TlsStream:
        self.client = TlsStream(
            self.loop, self.far, self.client_owner, 65_536, context or client_context(None),
            PATIENCE, "localhost",
        )  # fmt: skip
        return self.client

    def until(self, condition: Callable[[], object]) -> None:
        until(self.loop, condition)

    @property
    def interest(self) -> int:
        key = self.loop._selector.get_map().get(self.near.fileno())
        return 0 if key is None else key.events

    def close(self) -> None:
        self.stream.abort()
        if self.client is not None:
            self.client.abort()
        self.loop.close()
        self.far.close()


def unread(sock: socket.socket) -> int:
    """Bytes in the kernel that were not read."""
    return int(struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, b"\0" * 4))[0])
