"""The native door: the protocol of ``wire`` over TCP and UNIX sockets, for all its connections."""

import socket
from typing import Final

from reactor.doors import sockets
from reactor.doors.peer import NativePeer
from reactor.hub import Hub
from reactor.journal import Journal
from reactor.loop import Loop
from reactor.stream import Stream
from wire.errors import BYES, ERRORS
from wire.limits import Settings

_FAREWELLS: Final = 16
"""So many refused connections may take their time to read why; descriptors are kept for them."""


class _Farewell:
    """A connection for which there is no place: it is told so, and given time to read it."""

    def __init__(self, door: "NativeDoor", sock: socket.socket) -> None:
        self._door = door
        stream = Stream(door.loop, sock, self)
        stream.write(door.farewell)
        stream.finish(door.settings["linger"])

    def received(self, data: bytes) -> None:
        """Nothing it says counts."""

    def flushed(self) -> None:
        """Nothing waits for that."""

    def blocked(self) -> None:
        """The linger timer will end it."""

    def lost(self, reason: str) -> None:
        """It is gone."""
        del reason
        self._door.farewells -= 1


class NativeDoor:
    """What all native connections have in common; at most ``capacity`` of them at once."""

    def __init__(
        self,
        loop: Loop,
        hub: Hub,
        settings: Settings,
        journal: Journal,
        language: str,
        capacity: int,
    ) -> None:
        self.loop = loop
        self.hub = hub
        self.settings = settings
        self.journal = journal
        self.language = language
        self.farewells = 0
        self._capacity = capacity
        self._peers: set[NativePeer] = set()

    @property
    def farewell(self) -> bytes:
        """What somebody hears for whom there is no place."""
        error, bye = ERRORS["full"].say(self.language), BYES["full"].say(self.language)
        return f"ERR full {error}\nBYE full {bye}\n".encode()

    def accept_tcp(self, sock: socket.socket) -> None:
        """Somebody came over TCP."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._accept(sock, "tcp", None)

    def accept_unix(self, sock: socket.socket) -> None:
        """Somebody of this machine came; the kernel says who."""
        self._accept(sock, "unix", sockets.unix_account(sock))

    def forget(self, peer: NativePeer) -> None:
        """``peer`` is closed."""
        self._peers.discard(peer)

    def close_all(self, word: str) -> None:
        """Say BYE to everybody."""
        for peer in list(self._peers):
            self.hub.bid_farewell(peer, word)

    def cut_all(self) -> None:
        """Close whatever is still open, without a word."""
        for peer in list(self._peers):
            peer.abort("")

    def count_of(self, kind: str) -> int:
        """Connections that are open of one kind: ``tcp`` or ``unix``."""
        return sum(peer.door == kind for peer in self._peers)

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent, over all connections."""
        return sum(peer.queued for peer in self._peers)

    @property
    def downloads(self) -> int:
        """Files that are going out."""
        return sum(len(peer.downloads) for peer in self._peers)

    @property
    def count(self) -> int:
        """Connections that are open."""
        return len(self._peers)

    def _accept(self, sock: socket.socket, kind: str, uid: int | None) -> None:
        if len(self._peers) < self._capacity:
            self.hub.counters.add(f"accepted-{kind}")
            self._peers.add(NativePeer(self, sock, kind, uid))
            return
        self.hub.counters.add("turned-away")
        if self.farewells < _FAREWELLS:
            self.farewells += 1
            _Farewell(self, sock)
        else:
            sock.close()
