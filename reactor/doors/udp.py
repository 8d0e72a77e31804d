"""The UDP door: a datagram is a message, its source address the guest.

No weapon (RFC 9000, section 8): beyond loopback it hears and answers only the networks that were
allowed, nothing is sent to an address that has not spoken, and nothing because of one datagram but
what the room says. An address that the network reports as unreachable is forgotten.
"""

import functools
import ipaddress
import socket
from collections.abc import Sequence
from typing import Final

from reactor.doors.datagrams import (
    Address,
    Datagrams,
    Outbox,
    Source,
    Sources,
    Speaker,
    is_loopback,
    send,
)
from reactor.doors.guest import House
from reactor.doors.sockets import DoorError
from reactor.hub import Item, guests

UDP: Final = "udp"
IP_RECVERR: Final = 11
"""ip(7): errors of what was sent come back with its address; Python has no name for it."""
IPV6_RECVERR: Final = 25
"""The same, ipv6(7)."""
_NICK: Final = "/nick"
_QUIT: Final = "/quit"
_ERRORS_A_TURN: Final = 64
_TRIES: Final = 3
"""An error that is there so often is of this datagram, and not of those before it."""
_HOSTS_KEPT: Final = 1024

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UdpGuest(Source):
    """Somebody who sends datagrams."""

    __slots__ = ("_door",)

    def __init__(self, door: "UdpDoor", at: Address) -> None:
        super().__init__(door.house, UDP, at, door.sources)
        self._door = door

    def call(self, wanted: str) -> None:
        """Take a name near to ``wanted``."""
        self._asked = wanted  # its program may put it in front of everything
        self.house.hub.happen(lambda: guests.rename(self.house.hub, self, wanted))

    def deliver(self, items: list[Item]) -> None:
        """See :class:`reactor.doors.guest.GuestPeer`; it is told talk alone."""
        me = self.name
        if me:
            for item in items:
                for speech in self._door.speaker.speeches(item):
                    if speech.sender != me:
                        for data in speech.datagrams:
                            self._door.tell(data, self.at)
        if self.goodbye:  # of who was sent away the session is gone already
            self.end()


class UdpDoor:
    """One bound UDP socket. ``allowed``: the networks beyond loopback that may speak.

    Raises :class:`DoorError` where it cannot be opened, or would hear all the world.
    """

    def __init__(self, house: House, host: str, port: int, allowed: Sequence[Network]) -> None:
        self.house = house
        sock = _bind(host, port, allowed)
        may_speak = functools.lru_cache(_HOSTS_KEPT)(functools.partial(_may_speak, tuple(allowed)))
        self.speaker = Speaker(house)
        self.sources: Sources[UdpGuest] = Sources(
            house, lambda at: UdpGuest(self, at), UDP, lambda at: may_speak(at[0])
        )
        self._datagrams = Datagrams(house, sock, self._taken, self._take_errors)
        self._outbox = Outbox(house, self._send, self._datagrams)

    @property
    def sock(self) -> socket.socket:
        """The bound socket."""
        return self._datagrams.sock

    @property
    def count(self) -> int:
        """Addresses that are known."""
        return len(self.sources)

    @property
    def lost(self) -> int:
        """Datagrams that came faster than they were taken."""
        return self._datagrams.lost

    def tell(self, data: bytes, at: Address) -> None:
        """Send one datagram soon, if ``at`` is still known then."""
        self._outbox.put(data, at)

    def close_all(self, word: str) -> None:
        """Everybody is forgotten, when this turn's talk is sent: there is no goodbye over UDP."""
        self._datagrams.stop()

        def farewell() -> None:
            self._outbox.drain()
            self.sources.forget_all(word)

        self.house.loop.again(farewell)

    def cut_all(self) -> None:
        """Close the socket."""
        self._datagrams.close()

    def _taken(self, data: bytes, at: Address) -> bool:
        """One datagram came; whether the room hears of it."""
        text = self.sources.text(data, at)
        if text is None:
            return False
        verb, _, rest = text.strip().partition(" ")
        if verb == _QUIT and not rest:
            self.sources.forget(at, "quit")
        elif verb == _NICK:
            if rest:
                self.sources.know(at).call(rest)
        elif not self.sources.know(at).say(text):
            self.house.counts["refused"] += 1
        return True

    def _send(self, data: bytes, at: Address) -> None:
        if self.sources.get(at) is None:
            return
        error = send(self.house, self.sock, data, at)
        for _ in range(_TRIES):
            if error is None:
                return
            # It may tell of what was sent before, to whomever: then this one has not been sent.
            self._take_errors()
            error = send(self.house, self.sock, data, at)
        if error is not None:
            self.house.counts["unsent"] += 1
            self.sources.forget(at, error.strerror or str(error))

    def _take_errors(self) -> None:
        """Forget those who cannot be reached."""
        for _ in range(_ERRORS_A_TURN):
            try:
                address = self.sock.recvmsg(1, 0, socket.MSG_ERRQUEUE)[3]
            except OSError:
                return
            if address:
                self.sources.forget(address[:2], "unreachable")


def _may_speak(allowed: Sequence[Network], host: str) -> bool:
    address = ipaddress.ip_address(host)
    return address.is_loopback or any(address in network for network in allowed)


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
            # An IPv4 address in IPv6 clothes would be of no network that was allowed.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise DoorError(f"cannot open UDP on {host}:{port}: {error.strerror}") from error
    return sock
