"""What is stored, as plain objects that know no SQL."""

import functools
from datetime import UTC, datetime
from typing import Final, NamedTuple

MILLISECONDS: Final = 1000
SECONDS_KEPT: Final = 256
"""What is said in one second differs in its thousandths alone: the rest is written once."""


def stamp(milliseconds: int) -> str:
    """The time of the wire: ``2026-11-21T07:40:00.123Z`` (RFC 3339, UTC)."""
    seconds, rest = divmod(milliseconds, MILLISECONDS)
    return f"{_second(seconds)}.{rest:03d}Z"


@functools.lru_cache(maxsize=SECONDS_KEPT)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


class Place:
    """Where an event belongs: a room, the private talk of two sessions, or everybody.

    ``id`` is None until the log has stored the place; an event may refer to it all the same.
    """

    __slots__ = ("id",)

    def __init__(self, number: int | None = None) -> None:
        self.id = number

    def __repr__(self) -> str:
        return f"<Place {self.id}>"


EVERYBODY: Final = Place(0)
"""What is said to ``*``."""


class Event:
    """A stored event: MSG, ACT or FILE. ``id`` is 0 until the log has committed it."""

    __slots__ = ("_line", "body", "id", "kind", "place", "sender", "target", "time")

    def __init__(
        self, kind: str, place: Place, time: int, target: str, sender: str, body: str
    ) -> None:
        self.kind = kind
        self.place = place
        self.time = time
        self.target = target
        self.sender = sender
        self.body = body
        self.id = 0
        self._line: bytes | None = None

    def __repr__(self) -> str:
        return f"<Event {self.id} {self.kind} {self.target} {self.sender}>"

    def encode(self) -> bytes:
        """The line of the wire, LF included; made once, and only after the commit."""
        if self._line is None:
            self._line = event_line(
                self.id, self.kind, stamp(self.time), self.target, self.sender, self.body
            )
        return self._line


def event_line(number: int, kind: str, time: str, target: str, sender: str, body: str) -> bytes:
    """One stored event as the wire shows it; live and in history the same bytes."""
    return f"{kind} {number} {time} {target} {sender} {body}\n".encode()


class NewSession(NamedTuple):
    """Somebody who was not known before. ``uid``: the account that the kernel saw, or None."""

    id: int
    uid: int | None
    made: int


class HoldName(NamedTuple):
    """From now on ``shown`` is the name of ``session``, which had ``former`` before (or None)."""

    session: int
    shown: str
    former: str | None


class DropFile(NamedTuple):
    """The file of ``event`` is kept no longer; the event stays."""

    event: int


class ReleaseName(NamedTuple):
    """``session`` does not hold its name any longer; it is remembered as the last who had it."""

    session: int
    shown: str


class NewRoom(NamedTuple):
    """A room that somebody made by entering it."""

    place: Place
    name: str
    owner: int
    made: int


class SetTopic(NamedTuple):
    """The topic of a room; an empty text removes it."""

    place: Place
    text: str
    by: str
    time: int


class SetKey(NamedTuple):
    """The key of a room, as a lock (:mod:`reactor.hub.locks`); an empty one removes it."""

    place: Place
    lock: str


class Password(NamedTuple):
    """The one password of ``session``, as a lock, and the name it is for; "": it has none."""

    session: int
    name: str
    lock: str


class NewTalk(NamedTuple):
    """The first private word between two sessions; ``low`` is the smaller id."""

    place: Place
    low: int
    high: int


class Ban(NamedTuple):
    """Somebody whom an operator keeps out, in place of an earlier ban of the same ``who``.

    ``who`` is a name, ``uid=N``, an address or a network, in its one way of writing it. ``until``
    is in milliseconds since 1970, 0: no end. ``session``: whoever held that name then, or None.
    """

    who: str
    until: int
    reason: str
    session: int | None


class DropBan(NamedTuple):
    """``who`` is let in again."""

    who: str


class Silence(NamedTuple):
    """``session`` may not speak; ``until`` as that of :class:`Ban`."""

    session: int
    until: int


class DropSilence(NamedTuple):
    """``session`` may speak again."""

    session: int


class SetMotd(NamedTuple):
    """The words of the house; an empty text removes them."""

    text: str


Change = (
    NewSession | HoldName | ReleaseName | NewRoom | SetTopic | SetKey | NewTalk
    | DropFile | Password | Ban | DropBan | Silence | DropSilence | SetMotd
)  # fmt: skip


class Tagged(NamedTuple):
    """A line that was tagged: the same one again gets the answer of the first."""

    session: int
    tag: str
    digest: bytes
    event: Event


class StoredFile(NamedTuple):
    """The content of a FILE event, and the session that sent it."""

    session: int
    sha256: str
    size: int
    event: Event


class Batch:
    """What one turn wants to have stored, all of it or nothing."""

    __slots__ = ("changes", "events", "files", "private", "tags")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.tags: list[Tagged] = []
        self.files: list[StoredFile] = []
        self.private: list[tuple[int, Event]] = []
        self.changes: list[Change] = []

    def __bool__(self) -> bool:
        return bool(self.events or self.changes)

    def __repr__(self) -> str:
        return f"<Batch {len(self.events)} events, {len(self.changes)} changes>"


class SessionRow(NamedTuple):
    """A session as it is stored; ``name`` is the one that it had last."""

    id: int
    uid: int | None
    name: str


class NameRow(NamedTuple):
    """Who had a name last, and whether it is still held for that session."""

    shown: str
    session: int
    held: bool


class RoomRow(NamedTuple):
    """A room as it is stored."""

    place: int
    name: str
    owner: int
    topic: str
    topic_by: str
    topic_time: int
    key: str


class Page(NamedTuple):
    """A page of history: lines of the wire in rising order, and whether there are more."""

    lines: list[bytes]
    more: bool
