"""The UDP door: a datagram is a message, its source address the guest.

No weapon (RFC 9000, section 8): beyond loopback it hears and answers only the networks that were
allowed, nothing is sent to an address that has not spoken, and nothing because of one datagram but
what the room says. An address that the network reports as unreachable is forgotten.
"""

import errno
import functools
import ipaddress
import socket
from collections.abc import Sequence
from typing import Final

from reactor.doors.datagrams import (
    Address,
    Datagrams,
    Source,
    Sources,
    is_loopback,
    pieces,
    send,
)
from reactor.doors.guest import House
from reactor.doors.sockets import DoorError
from reactor.doors.tongue import TALK
from reactor.hub import guests
from wire.parser import Frame

UDP: Final = "udp"
IP_RECVERR: Final = 11
"""ip(7): errors of what was sent come back with its address; Python has no name for it."""
IPV6_RECVERR: Final = 25
"""The same, ipv6(7)."""
_NICK: Final = "/nick "
_QUIT: Final = "/quit"
_ERRORS_A_TURN: Final = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UdpGuest(Source):
    """Somebody who sends datagrams."""

    __slots__ = ("_door",)

    def __init__(self, door: "UdpDoor", at: Address) -> None:
        super().__init__(door.house, UDP, at)
        self._door = door

    def hear(self, frame: Frame) -> None:
        """See :class:`reactor.doors.guest.GuestPeer`; of talk alone."""
        if frame.verb in TALK:
            super().hear(frame)

    def tell(self, line: str) -> None:
        """See :class:`reactor.doors.guest.GuestPeer`."""
        for data in pieces(line):
            self._door.send(data, self.at)

    def abort(self, reason: str) -> None:
        """See :class:`Source`."""
        self._door.sources.forget(self.at, reason)


class UdpDoor:
    """One bound UDP socket. ``allowed``: the networks beyond loopback that may speak.

    Raises :class:`DoorError` where it cannot be opened, or would hear all the world.
    """

    def __init__(self, house: House, host: str, port: int, allowed: Sequence[Network]) -> None:
        self.house = house
        self._allowed = tuple(allowed)
        sock = _bind(host, port, self._allowed)
        self.sources: Sources[UdpGuest] = Sources(house, lambda at: UdpGuest(self, at), UDP)
        self._datagrams = Datagrams(house, sock, self._taken, self._take_errors)

    @property
    def sock(self) -> socket.socket:
        """The bound socket."""
        return self._datagrams.sock

    @property
    def count(self) -> int:
        """Addresses that are known."""
        return len(self.sources)

    def send(self, data: bytes, at: Address) -> None:
        """Send one datagram to a known address."""
        error = send(self.house, self.sock, data, at)
        if error is not None and error.errno == errno.ECONNREFUSED:
            # It tells of what was sent before, to whomever: this one has not been sent.
            self._take_errors()
            if self.sources.get(at) is not None:
                error = send(self.house, self.sock, data, at)
        if error is not None:
            self.house.dropped["unsent"] += 1
            self.house.loop.again(lambda: self.sources.forget(at, str(error.strerror)))

    def close(self) -> None:
        """Hear nobody any longer."""
        self._datagrams.close()

    def close_all(self, word: str) -> None:
        """Everybody is forgotten: there is no goodbye over UDP."""
        for source in self.sources.everybody():
            self.sources.forget(source.at, word)

    def cut_all(self) -> None:
        """Nothing is open for anybody."""

    def _taken(self, data: bytes, at: Address) -> None:
        """One datagram came."""
        if not self._may_speak(at):
            self.house.dropped["stranger"] += 1
            return
        found = self.sources.heard(data, at)
        if found is None:
            return
        source, text = found
        if text.strip() == _QUIT:
            self.sources.forget(at, "quit")
        elif text.startswith(_NICK):
            wanted = text.removeprefix(_NICK).strip()
            self.house.hub.happen(lambda: guests.rename(self.house.hub, source, wanted))
        else:
            source.say(text)

    def _may_speak(self, at: Address) -> bool:
        address = ipaddress.ip_address(at[0])
        return address.is_loopback or any(address in network for network in self._allowed)

    def _take_errors(self) -> None:
        """Forget those who cannot be reached."""
        for _ in range(_ERRORS_A_TURN):
            try:
                address = self.sock.recvmsg(1, 0, socket.MSG_ERRQUEUE)[3]
            except OSError:
                return
            if address:
                gone = functools.partial(self.sources.forget, address[:2], "unreachable")
                self.house.loop.again(gone)


def _bind(host: str, port: int, allowed: Sequence[Network]) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise DoorError(f"cannot open UDP on {host}:{port}: {error.strerror}") from error
    if not allowed and not is_loopback(str(address[0])):
        raise DoorError(
            f"UDP on {host} would hear the whole network: say which part with --udp-allow"
        )
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise DoorError(f"cannot open UDP on {host}:{port}: {error.strerror}") from error
    return sock
