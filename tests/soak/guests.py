"""Guests of the soak: plain programs, and those that talk in datagrams, at both of their doors."""

import contextlib
import re
import selectors
import socket
from typing import TYPE_CHECKING, Final

from tests.soak.people import BLOCK, Client, Way

if TYPE_CHECKING:
    from tests.soak.crew import Crew

QUESTION: Final = b"user?"
LOOPBACK: Final = "127.0.0.1"
_WORD: Final = re.compile(r": ([a-z]+[0-9]+\.[0-9]+)$")
"""How a guest is told a word of the soak; everything else is not judged."""


class Plain(Client):
    """A program at the plain door."""

    def __init__(self, crew: "Crew", who: str, way: Way) -> None:
        super().__init__(crew, who, way)
        self._rest = b""
        self._asked = False

    def greet(self) -> None:
        """It is asked first."""
        self._rest, self._asked = b"", False

    def feed(self, data: bytes) -> None:
        """The question, then lines."""
        self._rest += data
        if not self._asked and self._rest.startswith(QUESTION):
            self._asked = True
            self._rest = self._rest[len(QUESTION) :]
            self.say(self.who.encode() + b"\n")
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            told = _WORD.search(line.decode())
            if told is not None:
                self.note("hears", told[1])

    def act(self) -> None:
        """Say a word."""
        if self.sock is not None and self._asked and not self.finishing:
            word = f"{self.who}.{len(self.story.said)}"
            self.note("guest_says", word)
            self.say(word.encode() + b"\n")


class Datagrams(Client):
    """A program that sends datagrams to a door or a group, and hears what comes to its address."""

    def __init__(self, crew: "Crew", who: str, way: Way) -> None:
        super().__init__(crew, who, way)
        self._unsent: list[bytes] = []

    def say(self, data: bytes) -> None:
        """Each is a datagram of its own."""
        self._unsent.append(data)
        self.crew.dirty.add(self)

    def connect(self) -> None:
        """Take an address, and speak from time to time: it is forgotten otherwise."""
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)  # noqa: FBT003 - that is its signature
        self.sock.bind((LOOPBACK, 0))
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        self.crew.selector.register(self.sock, selectors.EVENT_READ, self)
        self.note("connected")
        self.act()

    def ready(self, mask: int) -> None:
        """Datagrams came."""
        del mask
        assert self.sock is not None
        try:
            told = _WORD.search(self.sock.recv(BLOCK).decode())
        except OSError:
            return  # nobody listens there now
        if told is not None:
            self.note("hears", told[1])

    def flush(self) -> None:
        """Send what waits; it may be lost."""
        unsent, self._unsent = self._unsent, []
        sock = self.sock
        if sock is None:
            return
        for data in unsent:
            with contextlib.suppress(OSError):
                sock.sendto(data, self.way.address)

    def cut(self, *, reset: bool) -> None:
        """There is nothing to cut."""
        del reset

    def act(self) -> None:
        """Say a word."""
        if self.crew.stopped:
            return
        word = f"{self.who}.{len(self.story.said)}"
        self.note("guest_says", word)
        self.say(word.encode())
