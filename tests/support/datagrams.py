"""Programs that talk in datagrams, and a network between them and a server that loses some."""

import contextlib
import random
import socket

from tests.support.closing import Closing

PATIENCE = 30.0
LARGEST = 65_535


class Datagrams(Closing):
    """A UDP program: an address of its own, that says and hears datagrams."""

    def __init__(self, port: int, *, at: str = "127.0.0.1", to: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        self.to = to, port
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((at, 0))
        self.port: int = self.sock.getsockname()[1]

    def say(self, *texts: str | bytes) -> None:
        """One datagram for each."""
        for text in texts:
            self.sock.sendto(text.encode() if isinstance(text, str) else text, self.to)

    def hear(self, patience: float = PATIENCE) -> str:
        """The next datagram."""
        self.sock.settimeout(patience)
        return self.sock.recv(LARGEST).decode()

    def heard(self) -> list[str]:
        """All that is here already."""
        found = []
        self.sock.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self.sock.recv(LARGEST).decode())
        return found

    def hear_until(self, last: str) -> list[str]:
        """What comes until ``last`` does, without it."""
        found = []
        while (text := self.hear()) != last:
            found.append(text)
        return found

    def close(self) -> None:
        """Give the address back."""
        self.sock.close()


class GroupProgram(Datagrams):
    """A program of a multicast group, joined on the loopback interface as our tests do.

    ``option``: how it shares the port with others, SO_REUSEADDR or SO_REUSEPORT.
    """

    def __init__(
        self, group: str, port: int, *, bind: str = "", option: int = socket.SO_REUSEADDR
    ) -> None:
        super().__init__(port, at="127.0.0.1", to=group)
        loopback = socket.inet_aton("127.0.0.1")
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.setsockopt(socket.SOL_SOCKET, option, 1)
        self.ear.bind((bind, port))
        member = socket.inet_aton(group) + loopback
        self.ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    def hear(self, patience: float = PATIENCE) -> str:
        """The next datagram to the group, from whomever."""
        self.ear.settimeout(patience)
        return self.ear.recv(LARGEST).decode()

    def close(self) -> None:
        """Leave."""
        super().close()
        self.ear.close()


class RoughNetwork(Closing):
    """A UDP proxy to ``127.0.0.1:server_port``: it loses, doubles and reorders, by its seed.

    ``passed`` is what it handed on, in that order.
    """

    def __init__(self, server_port: int, seed: int) -> None:
        self._near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._near.bind(("127.0.0.1", 0))
        self._far = Datagrams(server_port)
        self._chance = random.Random(seed)
        self.port: int = self._near.getsockname()[1]
        self.passed: list[str] = []

    def carry(self, count: int) -> None:
        """Take ``count`` datagrams and hand them on, as well as such a network can."""
        self._near.settimeout(PATIENCE)
        taken = [self._near.recv(LARGEST) for _ in range(count)]
        hand = [data for data in taken for _ in range(self._chance.choice((0, 1, 1, 2)))]
        self._chance.shuffle(hand)
        for data in hand:
            self._far.say(data)
            self.passed.append(data.decode())

    def close(self) -> None:
        """Give everything back."""
        self._near.close()
        self._far.close()
