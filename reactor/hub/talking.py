"""The verbs of talk and of reading it again: SAY ACT HISTORY PING PONG."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from reactor.hub.answers import PageAnswer
from reactor.hub.people import Session
from reactor.hub.rooming import joined
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


def say(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> Event:
    """SAY and ACT: stored, then sent to everybody whom it concerns, the sender too."""
    target, text = frame.args
    kind = KINDS[frame.verb]
    if target.startswith("#"):
        room = joined(hub, peer, target)
        event = Event(kind, room.place, hub.time, room.name, me.name, text)
        hub.stage.batch.events.append(event)
        hub.stage.to_room(room, event)
        return event
    if target == EVERYBODY_TARGET:
        raise Refusal("not-allowed")
    return _whisper(hub, me, kind, target[1:], text)


def history(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> PageAnswer:
    """HISTORY: a page of what was said in a place that I may read."""
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


def _whisper(hub: "Hub", me: Session, kind: str, name: str, text: str) -> Event:
    """Say something to one person: those who have the name, or had it last."""
    row = hub.people.name(name)
    if row is None:
        raise Refusal("no-name")
    place = _talk(hub, me.id, row.session, make=True)
    event = Event(kind, place, hub.time, "@" + row.shown, me.name, text)
    hub.stage.batch.events.append(event)
    hub.stage.batch.private.extend((reader, event) for reader in {me.id, row.session})
    other = hub.people.get(row.session)
    for peer in dict.fromkeys([*me.peers, *(other.peers if other is not None else ())]):
        hub.stage.to_peer(peer, event)
    return event


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


def _reader(hub: "Hub", peer: Peer, me: Session, target: str) -> Callable[..., Page]:
    """Whoever reads the events of ``target``; :class:`Refusal` for those who may not."""
    if target.startswith("#"):
        return _page(hub, joined(hub, peer, target).place)
    if target == EVERYBODY_TARGET:
        return _page(hub, EVERYBODY)
    if target == "@":
        return lambda upto, **words: hub.log.private_page(me.id, upto=upto, **words)
    row = hub.people.name(target[1:])
    if row is None:
        raise Refusal("no-name")
    return _page(hub, _talk(hub, me.id, row.session, make=False))


def _page(hub: "Hub", place: Place) -> Callable[..., Page]:
    return lambda upto, **words: hub.log.page(place, upto=upto, **words)
