"""The native door: the protocol of ``wire`` over TCP, UNIX sockets and TLS, for all connections."""

import contextlib
import os
import socket
from collections.abc import Callable
from typing import Final

from reactor.doors import sockets
from reactor.doors.admission import Admission
from reactor.doors.backlog import Backlog
from reactor.doors.connection import Comer, Connection
from reactor.doors.peer import NativePeer
from reactor.hub import Hub
from reactor.hub.banning import why
from reactor.journal import Journal
from reactor.loop import Loop
from reactor.sockdiag import SockDiag, nobodies, unix_account
from reactor.stream import DISCARD_BYTES, Owner, Stream
from wire.errors import BYES, ERRORS
from wire.limits import Settings

_FAREWELLS: Final = 16
"""So many refused connections may take their time to read why; descriptors are kept for them. The
others are told as well, but an answer that crosses with what they say may be lost."""
_PERCENT: Final = 100

StreamMaker = Callable[[Loop, socket.socket, Owner, int], Stream]
"""Makes the stream of a new connection; the number is its ``read_bytes``."""


class _Farewell:
    """A connection that is turned away: it is told why, and given time to read it."""

    def __init__(self, door: "NativeDoor", sock: socket.socket, kind: str, words: bytes) -> None:
        self._door = door
        self.stream = door.stream(kind)(door.loop, sock, self, DISCARD_BYTES)
        self.stream.write(words)
        self.stream.finish(door.settings["linger"])

    def received(self, data: bytes) -> None:
        """Nothing it says counts."""

    def flushed(self) -> None:
        """Nothing waits for that."""

    def blocked(self) -> None:
        """The linger timer will end it."""

    def lost(self, reason: str) -> None:
        """It is gone."""
        del reason
        self._door.farewells.discard(self)


class NativeDoor:
    """What all native connections have in common; at most ``capacity`` of them at once.

    Who comes over the UNIX door from the account that the server runs under is an operator; over
    TCP nobody is, for what forwards connections (ssh, a proxy) has an account too.
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
        self.farewells: set[_Farewell] = set()
        self.others: Callable[[], int] = int  # connections at the other doors
        self.makers: dict[str, StreamMaker] = {}  # by kind, where it is not the plain Stream
        self.capacity = capacity
        self.admission = Admission(settings, lambda: loop.now)
        self.host_of: Callable[[socket.socket], str] = sockets.host
        self._sock_diag = SockDiag()
        self._nobodies = nobodies()
        self.backlog = Backlog(settings)
        self._peers: set[Connection] = set()

    @property
    def farewell(self) -> bytes:
        """What somebody hears for whom there is no place."""
        return self._last_words("full")

    def accept_tcp(self, sock: socket.socket) -> None:
        """Somebody came over TCP; of this machine's people the kernel says who they are."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asked = self.settings.text("tcp-accounts") == "on"
        uid = self._sock_diag.other_account(sock) if asked else None
        self._accept(sock, "tcp", uid, self.host_of(sock))

    def accept_unix(self, sock: socket.socket) -> None:
        """Somebody of this machine came; the kernel says who."""
        self._accept(sock, "unix", unix_account(sock), "")

    def accept_tls(self, sock: socket.socket) -> None:
        """Somebody came over TCP who will speak TLS."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._accept(sock, "tls", None, self.host_of(sock))

    def stream(self, kind: str) -> StreamMaker:
        """What makes the streams of connections of one kind."""
        return self.makers.get(kind, Stream)

    def settings_changed(self) -> None:
        """A limit has another value."""
        for peer in self._peers:
            peer.settings_changed()

    def forget(self, peer: Connection) -> None:
        """``peer`` is closed."""
        if peer in self._peers:
            self._peers.remove(peer)
            self.admission.leave(peer.visit)

    def close_all(self, word: str) -> None:
        """Say BYE to everybody."""
        for peer in list(self._peers):
            self.hub.bid_farewell(peer, word)

    def cut_all(self) -> None:
        """Close whatever is still open, without a word."""
        for peer in list(self._peers):
            peer.abort("")
        for farewell in list(self.farewells):
            farewell.stream.abort()
        self._sock_diag.close()

    def count_of(self, kind: str) -> int:
        """Connections that are open of one kind: ``tcp``, ``unix`` or ``tls``."""
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
    def pressed(self) -> bool:
        """Whether so many are here that those who do not talk have to hurry."""
        here = len(self._peers) + self.others()
        return here * _PERCENT > self.capacity * self.settings["pressure"]

    @property
    def login_patience(self) -> float:
        """How long HELLO may take, in seconds from accept."""
        patience = self.settings["login-timeout"]
        return min(patience, self.settings["pressure-login"]) if self.pressed else patience

    def login_due(self, came: float) -> float:
        """When to ask whether HELLO takes too long: pressure may begin while it is awaited."""
        period = self.settings["pressure-login"]
        periods = int((self.loop.now - came) / period) + 1
        return came + min(self.settings["login-timeout"], periods * period)

    @property
    def count(self) -> int:
        """Connections that are open."""
        return len(self._peers)

    def _accept(self, sock: socket.socket, kind: str, uid: int | None, host: str) -> None:
        if uid in self._nobodies:  # many share it: it says nothing of who comes
            uid = None
        operator = kind == "unix" and uid == os.geteuid()
        address = sockets.shown(sock, peer=True) or f"uid:{uid}"
        ban = None if operator else self.hub.bans.fitting(address, uid, None, None)
        if ban is not None:
            self._turn_away(sock, kind, "banned", why(ban, self.language))
            return
        visit = None if self.full else self.admission.enter(host, uid, exempt=operator)
        if visit is None:
            self._turn_away(sock, kind, "full")
            return
        self.hub.counters.add(f"accepted-{kind}")
        self._peers.add(NativePeer(self, Comer(sock, kind, visit, address, operator)))

    def _turn_away(self, sock: socket.socket, kind: str, word: str, details: str = "") -> None:
        self.hub.counters.add("turned-away")
        words = self._last_words(word, details)
        if len(self.farewells) < _FAREWELLS:
            self.farewells.add(_Farewell(self, sock, kind, words))
            return
        with contextlib.suppress(OSError), sock:
            if kind not in self.makers:  # nothing goes out in plain text where TLS is spoken
                sock.settimeout(0)
                sock.send(words)

    def _last_words(self, word: str, details: str = "") -> bytes:
        """ERR and BYE; ``details`` stand where the hub puts them too."""
        error, bye = ERRORS[word].say(self.language), BYES[word].say(self.language)
        if details:
            error, bye = f"{details} - {error}", details
        return f"ERR {word} {error}\nBYE {word} {bye}\n".encode()
