"""Rooms and who is in them. A room lasts; its members come and go.

Everybody who said HELLO is one more audience, ``*``.
"""

from collections.abc import Iterable

from reactor.hub.people import Session
from reactor.hub.stage import Peer
from reactor.log import EVERYBODY, Place
from wire.grammar import EVERYBODY as EVERYBODY_TARGET
from wire.grammar import fold


class Topic:
    """The topic of a room, who set it and when (milliseconds since 1970)."""

    __slots__ = ("by", "text", "time")

    def __init__(self, text: str = "", by: str = "", time: int = 0) -> None:
        self.text = text
        self.by = by
        self.time = time


class Room:
    """A room: its connections, and its people with the number of connections each has in it.

    ``key`` is a lock (:mod:`reactor.hub.locks`), "" where everybody may enter; ``invited`` are the
    sessions that get in once without it.
    """

    __slots__ = ("invited", "key", "name", "owner", "peers", "people", "place", "topic")

    def __init__(self, name: str, place: Place, owner: int) -> None:
        self.name = name
        self.place = place
        self.owner = owner
        self.topic = Topic()
        self.key = ""
        self.invited: frozenset[int] = frozenset()
        self.peers: dict[Peer, None] = {}
        self.people: dict[Session, int] = {}

    def __repr__(self) -> str:
        return f"<Room {self.name} {len(self.people)} people, {len(self.peers)} connections>"

    def is_shown_to(self, peer: Peer, session: Session) -> bool:
        """Whether somebody may learn that it is here, and who is in it."""
        return not self.key or peer.operator or session in self.people

    def enter(self, peer: Peer, session: Session) -> bool:
        """Add a connection; whether it is the person's first one here."""
        self.peers[peer] = None
        peer.rooms[self] = None
        count = self.people.get(session, 0)
        self.people[session] = count + 1
        return count == 0

    def leave(self, peer: Peer, session: Session) -> bool:
        """Remove a connection; whether it was the person's last one here."""
        del self.peers[peer]
        del peer.rooms[self]
        count = self.people[session] - 1
        if count:
            self.people[session] = count
        else:
            del self.people[session]
        return count == 0


class Everybody:
    """Every connection that said HELLO: whom operators reach as ``*``."""

    __slots__ = ("name", "peers", "place")

    def __init__(self) -> None:
        self.name = EVERYBODY_TARGET
        self.place = EVERYBODY
        self.peers: dict[Peer, None] = {}


class Rooms:
    """All rooms by name; case does not matter."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def get(self, name: str) -> Room | None:
        """The room called ``name`` (with its ``#``)."""
        return self._rooms.get(fold(name))

    def at(self, place: int) -> Room | None:
        """The room whose events have this place."""
        return next((room for room in self._rooms.values() if room.place.id == place), None)

    def add(self, room: Room) -> None:
        """Add a room that is not there yet."""
        self._rooms[fold(room.name)] = room

    def remove(self, room: Room) -> None:
        """Forget a room whose making was taken back."""
        del self._rooms[fold(room.name)]

    def sorted_from(self, name: str) -> Iterable[Room]:
        """The rooms in order of their folded names, ``name`` the first that may come."""
        start = fold(name)
        return (self._rooms[key] for key in sorted(self._rooms) if key >= start)
