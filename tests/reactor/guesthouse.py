"""A whole server with guests' doors inside the test's process; its clock is told to go."""

import contextlib
import socket
from pathlib import Path

from reactor.doors.foreign import Asked
from reactor.doors.multicast import MulticastDoor
from reactor.doors.opening import Options
from reactor.doors.sockets import DoorError
from reactor.doors.udp import UdpDoor
from reactor.loop import Loop
from reactor.server import Server
from tests.reactor.house import House
from tests.reactor.lab import FakeClock
from tests.support.closing import Closing
from wire.limits import Settings


class GuestHouse(House, Closing):
    """A server with these doors; ``limits`` are settings, ``_`` for ``-``."""

    def __init__(self, data: Path, asked: Asked, **limits: float) -> None:
        self.asked = asked
        self.limits = limits
        self.clock = FakeClock()
        self.readers = 0
        super().__init__(data)

    def open(self) -> None:
        """Start on the folder, whatever is in it."""
        pairs = [(name.replace("_", "-"), value) for name, value in self.limits.items()]
        settings = Settings([("rate", 0), ("disk-free", 0), *pairs])
        options = Options("127.0.0.1", 0, "off", self.data, "en", settings, guests=self.asked)
        self.server = Server(options, Loop(clock=self.clock))
        try:
            doors = dict(door.split(" ", 1) for door in self.server.open())
        except DoorError:
            self.server.close()
            raise
        self.port = int(doors["tcp"].rpartition(":")[2])

    @property
    def udp(self) -> UdpDoor:
        """The UDP door."""
        return next(d for d in self.server.doors.foreign._doors if isinstance(d, UdpDoor))

    @property
    def udp_port(self) -> int:
        """Where it is."""
        port: int = self.udp.sock.getsockname()[1]
        return port

    @property
    def group(self) -> MulticastDoor:
        """The multicast door."""
        return next(d for d in self.server.doors.foreign._doors if isinstance(d, MulticastDoor))

    def counts(self, *reasons: str) -> list[int]:
        """How many were dropped for each of these reasons."""
        return [self.server.doors.foreign.house.counts[reason] for reason in reasons]

    def take(self, count: int) -> None:
        """Let it run until ``count`` datagrams have come in all, and what they told is sent.

        The clock goes on where the socket rests, by that little.
        """
        counted = self.server.doors.foreign.house.counts

        def come() -> bool:
            if self.udp._datagrams._pauses == {"resting"}:
                self.clock.at += 0.002
            return counted["in"] >= count

        self.turns_until(come)
        self.settle()

    def settle(self) -> None:
        """Let it run until nothing is left to do."""
        loop = self.server.loop
        loop.restless()
        loop.run_once()
        while loop._again or loop._restless or loop._flushes or loop._closes:
            loop.run_once()

    def advance(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.at += seconds
        self.settle()
        self.settle()

    def said(self) -> list[str]:
        """What the log holds: ``name: text``."""
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port))) as sock:
            self.readers += 1
            sock.sendall(b"HELLO reader%d\nJOIN #lab\n=h HISTORY #lab after 0 200\n" % self.readers)
            sock.settimeout(0)
            data = b""

            def come() -> bool:
                nonlocal data
                with contextlib.suppress(BlockingIOError):
                    data += sock.recv(1024 * 1024)
                return b"=h OK" in data

            self.turns_until(come)
        lines = [line.split(" ", 6) for line in data.decode().split("\n") if "=h MSG" in line]
        return [f"{words[5]}: {words[6]}" for words in lines]

    def close(self) -> None:
        """Give everything back."""
        for sock in self.sockets:
            sock.close()
        self.server.close()
