"""The native door: the protocol of ``wire`` over TCP and UNIX sockets, for all its connections."""

import os
import socket
from collections.abc import Callable
from typing import Final

from reactor.doors import sockets
from reactor.doors.backlog import Backlog
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
    """A connection that is turned away: it is told why, and given time to read it."""

    def __init__(self, door: "NativeDoor", sock: socket.socket, words: bytes) -> None:
        self._door = door
        stream = Stream(door.loop, sock, self)
        stream.write(words)
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
    """What all native connections have in common; at most ``capacity`` of them at once.

    Who comes over the UNIX door from the account that the server runs under is an operator.
    """

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
        self.others: Callable[[], int] = int  # connections at the other doors
        self.capacity = capacity
        self.backlog = Backlog(settings)
        self._peers: set[NativePeer] = set()

    @property
    def farewell(self) -> bytes:
        """What somebody hears for whom there is no place."""
        return self._last_words("full")

    def accept_tcp(self, sock: socket.socket) -> None:
        """Somebody came over TCP."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._accept(sock, "tcp", None)

    def accept_unix(self, sock: socket.socket) -> None:
        """Somebody of this machine came; the kernel says who."""
        self._accept(sock, "unix", sockets.unix_account(sock))

    def settings_changed(self) -> None:
        """A limit has another value."""
        for peer in self._peers:
            peer.settings_changed()

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
    def full(self) -> bool:
        """Whether there is no place for one more connection, at whichever door."""
        return len(self._peers) + self.others() >= self.capacity

    @property
    def count(self) -> int:
        """Connections that are open."""
        return len(self._peers)

    def _accept(self, sock: socket.socket, kind: str, uid: int | None) -> None:
        operator = uid is not None and uid == os.geteuid()
        address = sockets.shown(sock, peer=True) or f"uid:{uid}"
        if not operator and self.hub.bans.keeps_out(address, uid, None, None):
            self._turn_away(sock, "banned")
        elif not self.full:
            self.hub.counters.add(f"accepted-{kind}")
            self._peers.add(NativePeer(self, sock, kind, uid, address, operator=operator))
        else:
            self._turn_away(sock, "full")

    def _turn_away(self, sock: socket.socket, word: str) -> None:
        self.hub.counters.add("turned-away")
        if self.farewells < _FAREWELLS:
            self.farewells += 1
            _Farewell(self, sock, self._last_words(word))
        else:
            sock.close()

    def _last_words(self, word: str) -> bytes:
        error, bye = ERRORS[word].say(self.language), BYES[word].say(self.language)
        return f"ERR {word} {error}\nBYE {word} {bye}\n".encode()
