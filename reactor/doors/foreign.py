"""The doors for programs that do not speak the protocol: which were asked for, and all of them."""

import functools
import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from reactor.counters import Counters
from reactor.doors import sockets
from reactor.doors.admission import Admission
from reactor.doors.guest import House
from reactor.doors.multicast import MULTICAST, MulticastDoor
from reactor.doors.plain import NAMED, NAMELESS, PlainDoor
from reactor.doors.sockets import DoorError
from reactor.doors.tongue import Tongue
from reactor.doors.udp import UDP, Network, UdpDoor
from reactor.hub import Hub, guests
from reactor.journal import Journal
from reactor.loop import Loop

LOOPBACK: Final = "127.0.0.1"
_WELCOME: Final = "welcome"

Door = PlainDoor | UdpDoor | MulticastDoor
_KINDS: Final[Mapping[str, type[Door]]] = {
    "plain": PlainDoor,
    "udp": UdpDoor,
    "multicast": MulticastDoor,
}
_REASONS: Final = ("long", "pace", "flood", "full", "empty", "stranger", "banned", "unsent")
_COUNTED: Final[Mapping[str, str]] = {
    "guest-bytes-dropped": "bytes",
    "datagrams-in": "in",
    "datagrams-out": "out",
    **{f"datagrams-dropped-{reason}": reason for reason in _REASONS},
}
"""What the house counts, by the name that the counters have for it."""

Listen = Callable[[socket.socket, Callable[[socket.socket], None], bytes], str]
"""Watches a listening socket: with whom to call for each connection, and what to say when there is
no descriptor for one; gives the address as people write it."""


class Asked(NamedTuple):
    """What the command line asked for, in its words; ``room`` is where guests are."""

    plain: tuple[str, ...] = ()
    udp: tuple[str, ...] = ()
    udp_allow: tuple[str, ...] = ()
    multicast: tuple[str, ...] = ()
    room: str = "#lab"


class ForeignDoors:
    """All guests' doors of one server.

    ``full`` says whether it has no place for a connection, ``admission`` counts who is in.
    """

    def __init__(
        self,
        loop: Loop,
        hub: Hub,
        journal: Journal,
        asked: Asked,
        full: Callable[[], bool],
        admission: Admission,
    ) -> None:
        self._asked = asked
        self._full = full
        self._admission = admission
        self._hub = hub
        tongue = Tongue(hub.language)
        self.house = House(loop, hub, hub.settings, journal, tongue, asked.room)
        self._doors: list[Door] = []

    @property
    def count(self) -> int:
        """Guests that are here, or going."""
        return sum(door.count for door in self._doors)

    @property
    def connections(self) -> int:
        """Connections among them, each of which has a descriptor."""
        return self._count_of(PlainDoor)

    def connect(self, counters: Counters) -> None:
        """Let ``counters`` tell of the guests."""
        counted = self.house.counts
        for name, key in _COUNTED.items():
            counters.gauge(name, functools.partial(counted.__getitem__, key))
        for kind, classes in _KINDS.items():
            counters.gauge(f"connections-{kind}", functools.partial(self._count_of, classes))

    def _count_of(self, kind: type[Door]) -> int:
        return sum(door.count for door in self._doors if isinstance(door, kind))

    def open(self, listen: Listen) -> list[str]:
        """Open what was asked for; gives what each is called.

        Raises :class:`DoorError` where one cannot be opened, LogError where the guests' room cannot
        be made.
        """
        asked = self._asked
        if asked.plain or asked.udp or asked.multicast:
            guests.prepare(self._hub, asked.room)
        return [
            *(self._open_plain(words, listen) for words in asked.plain),
            *(self._open_udp(words) for words in asked.udp),
            *(self._open_multicast(words) for words in asked.multicast),
        ]

    def close_all(self, word: str) -> None:
        """Say goodbye to everybody, and listen no more."""
        for door in self._doors:
            door.close_all(word)

    def cut_all(self) -> None:
        """Close whatever is still open, without a word."""
        for door in self._doors:
            door.cut_all()

    def _open_plain(self, words: str, listen: Listen) -> str:
        place, comma, kind = words.partition(",")
        if comma and kind != _WELCOME:
            raise DoorError(f"--plain {words}: after the comma there may be {_WELCOME} alone")
        door = PlainDoor(self.house, NAMELESS if comma else NAMED, self._full, self._admission)
        sock = sockets.listen_tcp(*sockets.host_and_port(place, LOOPBACK))
        self._doors.append(door)
        return f"{door.kind} {listen(sock, door.accept, door.farewell)}"

    def _open_udp(self, words: str) -> str:
        host, port = sockets.host_and_port(words, LOOPBACK)
        door = UdpDoor(self.house, host, port, [_network(text) for text in self._asked.udp_allow])
        self._doors.append(door)
        return f"{UDP} {sockets.shown(door.sock)}"

    def _open_multicast(self, words: str) -> str:
        place, _, interface = words.partition("@")
        group, port = sockets.host_and_port(place, "")
        if any(
            isinstance(d, MulticastDoor) and (d.group, d.port) == (group, port) for d in self._doors
        ):
            raise DoorError(f"--multicast {words}: that group is open already")
        door = MulticastDoor(self.house, group, port, interface)
        self._doors.append(door)
        guests.listen(self._hub, door.ear, self._asked.room)
        return f"{MULTICAST} {group}:{port}"


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise DoorError(f"--udp-allow {text}: {error}") from error
