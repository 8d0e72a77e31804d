"""The multicast door: what a group's programs say is talk, and the room's talk is told the group.

Two sockets. One is bound to the group itself, so that no unicast and no other group comes in, and
shares its port with every other program here. The other sends; it is connected, so that the kernel
says under which address, and our own datagrams are known when they come back.
"""

import errno
import ipaddress
import socket
import struct
from typing import Final

from reactor.doors.datagrams import Address, Datagrams, Source, Sources, pieces, send
from reactor.doors.guest import GuestPeer, House
from reactor.doors.sockets import DoorError
from reactor.doors.tongue import TALK
from wire.parser import Frame

MULTICAST: Final = "multicast"
PREFIX: Final = "mc"
"""Names of guests who speak to the group begin so."""
HOPS: Final = 2
"""IP_MULTICAST_TTL: the lab's own net, and the one beside it."""
IP_MULTICAST_ALL: Final = 49
"""ip(7): 0 keeps out the groups that other programs here have joined; not named in Python."""
_ANY: Final = "0.0.0.0"  # noqa: S104 - the kernel's choice for the group
_SENDER: Final = 3


class GroupGuest(Source):
    """Somebody who speaks to the group; it hears the group itself, so it is told nothing."""

    __slots__ = ("_door",)

    def __init__(self, door: "MulticastDoor", at: Address) -> None:
        super().__init__(door.house, MULTICAST, at)
        self._door = door

    def hear(self, frame: Frame) -> None:
        """See :class:`reactor.doors.guest.GuestPeer`."""

    def tell(self, line: str) -> None:
        """See :class:`reactor.doors.guest.GuestPeer`."""

    def abort(self, reason: str) -> None:
        """See :class:`Source`."""
        self._door.sources.forget(self.at, reason)


class Ear(GuestPeer):
    """The group as a listener in the room: nobody, but it hears all talk."""

    __slots__ = ("_door",)

    def __init__(self, door: "MulticastDoor") -> None:
        super().__init__(door.house, MULTICAST, "", hears_itself=True)
        self._door = door

    def hear(self, frame: Frame) -> None:
        """Tell the group, but not what came from it."""
        if frame.verb in TALK and frame.args[_SENDER] not in self._door.sources.names():
            super().hear(frame)

    def tell(self, line: str) -> None:
        """See :class:`GuestPeer`."""
        for data in pieces(line):
            self._door.send(data)

    def end(self) -> None:
        """See :class:`GuestPeer`; a group does not end."""

    def abort(self, reason: str) -> None:
        """See :class:`reactor.hub.stage.Peer`."""


class MulticastDoor:
    """One group. ``interface``: an address of this machine, or "" for the kernel's choice.

    Raises :class:`DoorError` where the group cannot be joined.
    """

    def __init__(self, house: House, group: str, port: int, interface: str) -> None:
        self.house = house
        self.group = group
        self.port = port
        try:
            if not ipaddress.IPv4Address(group).is_multicast:
                raise DoorError(f"{group} is no multicast group (224.0.0.0 to 239.255.255.255)")
            listener = _listener(group, port, interface)
            try:
                self._out = _sender(group, port, interface)
            except OSError:
                listener.close()
                raise
        except ValueError as error:
            raise DoorError(f"no multicast group: {error}") from error
        except OSError as error:
            why = error.strerror or str(error)
            if error.errno in {errno.ENETUNREACH, errno.ENODEV}:
                why += "; name an interface: GROUP:PORT@ADDRESS"
            raise DoorError(f"cannot join {group}:{port}: {why}") from error
        self._own: Address = self._out.getsockname()[:2]
        self.sources: Sources[GroupGuest] = Sources(house, lambda at: GroupGuest(self, at), PREFIX)
        self._datagrams = Datagrams(house, listener, self._taken, _nothing)
        self.ear = Ear(self)

    @property
    def count(self) -> int:
        """Addresses that are known."""
        return len(self.sources)

    def send(self, data: bytes) -> None:
        """Tell the group."""
        if send(self.house, self._out, data, None) is not None:
            self.house.dropped["unsent"] += 1

    def close(self) -> None:
        """Leave the group."""
        self._datagrams.close()
        self._out.close()

    def close_all(self, word: str) -> None:
        """Everybody is forgotten."""
        for source in self.sources.everybody():
            self.sources.forget(source.at, word)

    def cut_all(self) -> None:
        """Nothing is open for anybody."""

    def _taken(self, data: bytes, at: Address) -> None:
        if at == self._own:
            return
        found = self.sources.heard(data, at)
        if found is not None:
            source, text = found
            source.say(text)


def _nothing() -> None:
    """A group has no errors."""


def _sender(group: str, port: int, interface: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    if interface:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        sock.bind((interface, 0))
    sock.connect((group, port))
    sock.settimeout(0)
    return sock


def _listener(group: str, port: int, interface: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
    sock.bind((group, port))
    member = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(interface or _ANY))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return sock
