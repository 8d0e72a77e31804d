"""The verbs of talk and of reading it again: SAY ACT HISTORY PING PONG."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from reactor.hub.answers import PageAnswer
from reactor.hub.people import Session
from reactor.hub.rooming import joined
from reactor.hub.rooms import Everybody, Room
from reactor.hub.stage import Peer
from reactor.log import EVERYBODY, Event, Place
from reactor.log.records import NewTalk, Page
from wire.grammar import EVERYBODY as EVERYBODY_TARGET
from wire.grammar import PAGE_EVENTS, Refusal
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

KINDS: Final = {"SAY": "MSG", "ACT": "ACT"}
"""What is stored of which verb."""


LISTENING: Final = "listen"
"""The value of the limit ``guests`` with which they hear and do not speak."""


class Destination(NamedTuple):
    """Whom an event concerns: a room or everybody, or (``session``) the person of a private talk.

    ``shown`` is the target as it stands in the event.
    """

    shown: str
    room: Room | Everybody | None
    session: int


def say(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> Event:
    """SAY and ACT: stored, then sent to everybody whom it concerns, the sender too."""
    target, text = frame.args
    return publish(hub, me, KINDS[frame.verb], destination(hub, peer, me, target), text)


def destination(hub: "Hub", peer: Peer, me: Session, target: str) -> Destination:
    """Whom ``target`` means; :class:`Refusal` where ``me`` may not speak, or nobody is meant."""
    if hub.silences.holds(me.id) or (me.guest and hub.settings.text("guests") == LISTENING):
        raise Refusal("silenced")
    if target.startswith("#"):
        room = joined(hub, peer, target)
        return Destination(room.name, room, 0)
    if target == EVERYBODY_TARGET:
        if not peer.operator:
            raise Refusal("not-allowed")
        return Destination(target, hub.everybody, 0)
    # A name that is free means who had it last.
    row = hub.people.name(target[1:])
    if row is None:
        raise Refusal("no-name")
    return Destination("@" + row.shown, None, row.session)


def publish(hub: "Hub", me: Session, kind: str, to: Destination, body: str) -> Event:
    """Stage an event for storing, and for everybody whom it concerns."""
    place = to.room.place if to.room else _talk(hub, me.id, to.session, make=True)
    event = Event(kind, place, hub.time, to.shown, me.name, body)
    hub.stage.batch.events.append(event)
    if to.room is not None:
        hub.stage.to_room(to.room, event)
        return event
    hub.stage.batch.private.extend((reader, event) for reader in {me.id, to.session})
    other = hub.people.get(to.session)
    for peer in dict.fromkeys([*me.peers, *(other.peers if other is not None else ())]):
        hub.stage.to_peer(peer, event)
    return event


def history(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> PageAnswer:
    """HISTORY: a page of what was said in a place that I may read."""
    return page(hub, peer, me, frame)


def page(hub: "Hub", peer: Peer, me: Session, frame: Frame, kind: str = "") -> PageAnswer:
    """A page of the events of a place, of all kinds or of one."""
    target, direction, number, count = frame.args
    read = _reader(hub, peer, me, target)
    staged = hub.stage.batch.events
    return PageAnswer(
        frame.tag,
        hub.log.tip,
        staged[-1] if staged else None,
        functools.partial(
            read,
            after=direction == "after",
            number=int(number),
            count=min(int(count), PAGE_EVENTS),
            kind=kind,
        ),
    )


def ping(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """PING: the same word comes back."""
    del me
    hub.reply(peer, frame.tag, " ".join(("PONG", *frame.args)))
    return ""


def pong(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """PONG: that it came is all that was wanted."""
    del hub, peer, me, frame
    return ""


def _talk(hub: "Hub", one: int, two: int, *, make: bool) -> Place:
    """The place of the talk of two sessions; with ``make`` it is made where there was none."""
    pair = (min(one, two), max(one, two))
    place = hub.talks.get(pair) or hub.log.talk(*pair)
    if place is None:
        place = Place()
        if make:
            hub.stage.batch.changes.append(NewTalk(place, *pair))
            hub.stage.undo.append(lambda: hub.talks.pop(pair, None))
    if make:
        hub.talks[pair] = place
    return place


def talk_with(hub: "Hub", me: Session, name: str) -> Place:
    """The place of my talk with whoever has or had ``name`` last, said or not yet."""
    row = hub.people.name(name)
    if row is None:
        raise Refusal("no-name")
    return _talk(hub, me.id, row.session, make=False)


def _reader(hub: "Hub", peer: Peer, me: Session, target: str) -> Callable[..., Page]:
    """Whoever reads the events of ``target``; :class:`Refusal` for those who may not."""
    if target.startswith("#"):
        return _page(hub, joined(hub, peer, target).place)
    if target == EVERYBODY_TARGET:
        return _page(hub, EVERYBODY)
    if target == "@":
        return lambda upto, **words: hub.log.private_page(me.id, upto=upto, **words)
    return _page(hub, talk_with(hub, me, target[1:]))


def _page(hub: "Hub", place: Place) -> Callable[..., Page]:
    return lambda upto, **words: hub.log.page(place, upto=upto, **words)
