"""A link with a clock that stands still, between a listener that notes and servers made by hand."""

import select
import socket
from collections.abc import Callable

from curses_client.link import Address, Link, Status
from reactor.loop import Loop
from tests.curses_client.fakes import BriefSelector, FakeClock, run_until
from wire.parser import Frame


class Notes:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.on_down: Callable[[], object] = lambda: None

    def link_up(self) -> None:
        self.told.append("up")

    def link_frame(self, frame: Frame) -> None:
        self.told.append(frame.verb)

    def link_payload(self, data: bytes) -> None:
        self.told.append(f"payload {data!r}")

    def link_flushed(self) -> None:
        """It is told so often as the socket pleases: no test counts it."""

    def link_untrusted(self, why: str) -> None:
        self.told.append(f"untrusted {why}")

    def link_down(self, reason: str) -> None:
        self.told.append(f"down {reason}")
        self.on_down()


class Lab:
    """A link with a clock that stands still, and servers as the test wants them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.loop = Loop(BriefSelector(), self.clock)
        self.notes = Notes()
        self.sockets: list[socket.socket] = []
        self._link: Link | None = None

    def listen(self, backlog: int = 10) -> tuple[Address, socket.socket]:
        """A server's door."""
        sock = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        sock.settimeout(30)
        self.sockets.append(sock)
        return self.address(sock), sock

    def refusing(self) -> Address:
        """An address that is ours, and where nobody listens."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.sockets.append(sock)
        return self.address(sock)

    @staticmethod
    def address(sock: socket.socket) -> Address:
        return Address(sock.family, sock.getsockname(), "{}:{}".format(*sock.getsockname()))

    def link(self, *addresses: Address, chance: float = 0.5) -> Link:
        """The link under test."""
        self._link = Link(self.loop, addresses, self.notes, lambda: chance)
        return self._link

    def accept(self, door: socket.socket | None = None) -> socket.socket:
        """The server's end of the next connection at ``door``, or at the first that was made."""
        connection, _ = (door or self.sockets[0]).accept()
        connection.settimeout(30)
        self.sockets.append(connection)
        return connection

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.at += seconds
        for _ in range(3):
            self.loop.run_once()

    def read(self, server: socket.socket) -> bytes:
        """What the link has sent."""
        self.loop.run_once()
        return server.recv(1 << 16) if select.select([server], [], [], 0.01)[0] else b""

    def hear(self, made: Link) -> None:
        """Wait until the link has read what was sent to it just now."""
        self.until(lambda: made._heard == self.clock.at)

    def until(self, condition: Callable[[], object]) -> None:
        """Turn the loop until ``condition`` holds."""
        run_until(self.loop, condition)

    def connect(self) -> tuple[Link, socket.socket]:
        """A link that is up, and the server's end of it."""
        address, door = self.listen()
        made = self.link(address)
        made.start()
        connection = self.accept(door)
        self.until(lambda: made.status is Status.UP)
        return made, connection

    def close(self) -> None:
        """Give everything back."""
        for sock in self.sockets:
            sock.close()
        made = self._link
        if made is not None:
            made.end()
            self.until(lambda: made.closed)
        self.loop.close()
