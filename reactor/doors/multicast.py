"""The multicast door: what a group's programs say is talk, and the room's talk is told the group.

Two sockets. One is bound to the group itself, so that no unicast and no other group comes in, and
shares its port with every other program here. The other sends; it is connected, so that the kernel
says under which address, and our own datagrams are known when they come back.
"""

import errno
import ipaddress
import socket
from typing import Final

from reactor.doors.datagrams import Address, Datagrams, Source, Sources, Speaker, send
from reactor.doors.guest import GuestPeer, House
from reactor.doors.sockets import DoorError, join_group
from reactor.hub import Item

MULTICAST: Final = "multicast"
PREFIX: Final = "mc"
"""Names of guests who speak to the group begin so."""
HOPS: Final = 2
"""IP_MULTICAST_TTL: the lab's own net, and the one beside it."""


class GroupGuest(Source):
    """Somebody who speaks to the group; it hears the group itself, so it is told nothing."""

    __slots__ = ("_door",)

    def __init__(self, door: "MulticastDoor", at: Address) -> None:
        super().__init__(door.house, MULTICAST, at, door.sources)
        self._door = door

    @property
    def group(self) -> Address:
        """Where it spoke."""
        return self._door.group, self._door.port

    def deliver(self, items: list[Item]) -> None:
        """See :class:`reactor.doors.guest.GuestPeer`."""
        del items
        if self.goodbye:
            self.end()


class Ear(GuestPeer):
    """The group as a listener in the room: nobody, but it hears all talk."""

    __slots__ = ("_door", "_speaker")

    def __init__(self, door: "MulticastDoor") -> None:
        super().__init__(door.house, MULTICAST, "", hears_itself=True)
        self._door = door
        self._speaker = Speaker(door.house)

    def deliver(self, items: list[Item]) -> None:
        """Tell the group, but not what came from it."""
        for item in items:
            for speech in self._speaker.speeches(item):
                if not self._is_of_the_group(speech.sender):
                    for data in speech.datagrams:
                        self._door.send(data)

    def end(self) -> None:
        """See :class:`GuestPeer`; a group does not end."""

    def abort(self, reason: str) -> None:
        """See :class:`reactor.hub.stage.Peer`."""

    def _is_of_the_group(self, name: str) -> bool:
        session = self.house.hub.people.holder(name)
        group = self._door.group, self._door.port
        return session is not None and any(
            isinstance(peer, GroupGuest) and peer.group == group for peer in session.peers
        )


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
            if not port:
                raise DoorError(f"{group}: everybody in a group must know its port, so say one")
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
        self.sources: Sources[GroupGuest] = Sources(
            house, lambda at: GroupGuest(self, at), PREFIX, lambda _: True
        )
        self._datagrams = Datagrams(house, listener, self._taken, _nothing)
        self.ear = Ear(self)

    @property
    def count(self) -> int:
        """Addresses that are known."""
        return len(self.sources)

    @property
    def lost(self) -> int:
        """Datagrams that came faster than they were taken."""
        return self._datagrams.lost

    def send(self, data: bytes) -> None:
        """Tell the group."""
        if send(self.house, self._out, data, None) is not None:
            self.house.counts["unsent"] += 1

    def close_all(self, word: str) -> None:
        """Everybody is forgotten, when this turn's talk is sent."""
        self._datagrams.stop()
        self.house.loop.again(lambda: self.sources.forget_all(word))

    def cut_all(self) -> None:
        """Leave the group."""
        self._datagrams.close()
        self._out.close()

    def _taken(self, data: bytes, at: Address) -> bool:
        if at == self._own:
            return False
        text = self.sources.text(data, at)
        if text is None:
            return False
        if not self.sources.know(at).say(text):
            self.house.counts["refused"] += 1
        return True


def _nothing() -> None:
    """A group has no errors."""


def _sender(group: str, port: int, interface: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        if interface:
            address = socket.inet_aton(interface)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
            sock.bind((interface, 0))
        sock.connect((group, port))
    except OSError:
        sock.close()
        raise
    sock.settimeout(0)
    return sock


def _listener(group: str, port: int, interface: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # Programs ask for one or the other, and the kernel lets those share that asked alike.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        join_group(sock, (group, port), interface)
    except OSError:
        sock.close()
        raise
    return sock
