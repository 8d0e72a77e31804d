"""The verbs of rooms: JOIN LEAVE TOPIC KEY INVITE NAMES ROOMS."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reactor.hub.people import Session
from reactor.hub.rooms import Room, Topic
from reactor.hub.stage import Peer
from reactor.log import Place
from reactor.log.records import NewRoom, SetKey, SetTopic, stamp
from wire.grammar import Refusal, fold
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

NAMES_A_LINE: Final = 100
"""So many of the longest names, with their marks, fit in a line with its tag."""
ROOMS_A_PAGE: Final = 200
INVITED: Final = 1000
"""So many invitations to a room may stand; they are in memory, and end with the server."""


def join(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """JOIN: make the room where there is none; everybody hears of a person's first connection."""
    name, *key = frame.args
    room = hub.rooms.get(name)
    if room is None or room not in peer.rooms:
        if len(peer.rooms) >= hub.settings.count("rooms"):
            raise Refusal("full")
        if room is None:
            lock = hub.locks.make(peer, frame, key[0]) if key else ""
            room = _make_room(hub, me, name, lock)
        else:
            _admit(hub, peer, me, room, frame)
        enter(hub, peer, me, room)
    if room.topic.text:
        hub.reply(peer, frame.tag, _topic_line(room))
    for line in _names_lines(room):
        hub.reply(peer, frame.tag, line)
    return ""


def leave(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """LEAVE: the others hear of a person's last connection."""
    room = joined(hub, peer, frame.args[0])
    line = _left_line(hub, room, me, "")
    leave_room(hub, peer, room, "")
    hub.stage.to_peer(peer, line)
    return ""


def topic(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """TOPIC: whoever made the room, or an operator, sets or removes it."""
    room = _ruled(hub, peer, me, frame.args[0])
    former = room.topic
    hub.stage.undo.append(lambda: setattr(room, "topic", former))
    room.topic = Topic(frame.args[1] if len(frame.args) > 1 else "", me.name, hub.time)
    hub.stage.batch.changes.append(SetTopic(room.place, room.topic.text, me.name, hub.time))
    hub.stage.announce(room, (_topic_line(room) + "\n").encode())
    return ""


def key(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """KEY: whoever made the room, or an operator, sets or removes it; who is in it stays.

    What was given out of the former way in, the invitations, ends with it.
    """
    name, *word = frame.args
    room = _ruled(hub, peer, me, name)
    if word and fold(name) in hub.guest_rooms:
        raise Refusal("not-allowed")  # the guests' doors lead there, and they know no key
    _set_key(hub, room, hub.locks.make(peer, frame, word[0]) if word else "")
    return ""


def invite(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """INVITE: a member lets somebody who is here in, once, without the key."""
    room = joined(hub, peer, frame.args[0])
    guest = hub.people.holder(frame.args[1])
    if guest is None or not guest.peers:
        raise Refusal("no-name")
    if len(room.invited) >= INVITED:
        raise Refusal("full")
    _set_invited(hub, room, room.invited | {guest.id})
    line = f"INVITED {stamp(hub.time)} {room.name} {me.name}\n".encode()
    for other in guest.peers:
        hub.stage.to_peer(other, line)
    return ""


def names(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """NAMES: who is in a room that I am in."""
    del me
    for line in _names_lines(joined(hub, peer, frame.args[0])):
        hub.reply(peer, frame.tag, line)
    return ""


def rooms(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """ROOMS: a page of the rooms that I may know of, in order of names."""
    start = frame.args[0] if frame.args else ""
    shown = (room for room in hub.rooms.sorted_from(start) if room.is_shown_to(peer, me))
    found = list(itertools.islice(shown, ROOMS_A_PAGE + 1))
    page = found[:ROOMS_A_PAGE]
    for room in page:
        hub.reply(
            peer, frame.tag, _with_text(f"ROOM {room.name} {len(room.people)}", room.topic.text)
        )
    return f"{len(page)} {len(found) - len(page)}"


def joined(hub: "Hub", peer: Peer, name: str) -> Room:
    """The room ``name`` in which this connection is; :class:`Refusal` otherwise."""
    room = hub.rooms.get(name)
    if room is None:
        raise Refusal("no-room")
    if room not in peer.rooms:
        raise Refusal("not-joined")
    return room


def leave_room(hub: "Hub", peer: Peer, room: Room, reason: str) -> None:
    """Take a connection out of ``room``; the others hear of a person's last one."""
    me = peer.session
    if me is None:
        return
    hub.stage.cut(room)
    last = room.leave(peer, me)
    hub.stage.undo.append(lambda: room.enter(peer, me))
    if last:
        hub.stage.announce(room, _left_line(hub, room, me, reason))


def _ruled(hub: "Hub", peer: Peer, me: Session, name: str) -> Room:
    """The room ``name``, of which I am the owner or an operator; :class:`Refusal` otherwise."""
    room = hub.rooms.get(name)
    if room is None:
        raise Refusal("no-room")
    if room.owner != me.id and not peer.operator:
        raise Refusal("not-allowed")
    return room


def _admit(hub: "Hub", peer: Peer, me: Session, room: Room, frame: Frame) -> None:
    """Let in who has the key, an invitation, or the right of an operator; Refusal otherwise."""
    if room.key and not peer.operator and me.id not in room.invited:
        if len(frame.args) == 1:
            raise Refusal("bad-key")
        hub.locks.open(peer, frame, fold(room.name), room.key, frame.args[1], "bad-key")
    if me.id in room.invited:
        _set_invited(hub, room, room.invited - {me.id})


def _set_key(hub: "Hub", room: Room, lock: str) -> None:
    former = room.key
    hub.stage.undo.append(lambda: setattr(room, "key", former))
    room.key = lock
    hub.stage.batch.changes.append(SetKey(room.place, lock))
    _set_invited(hub, room, frozenset())


def _set_invited(hub: "Hub", room: Room, invited: frozenset[int]) -> None:
    former = room.invited
    hub.stage.undo.append(lambda: setattr(room, "invited", former))
    room.invited = invited


def _make_room(hub: "Hub", me: Session, name: str, lock: str) -> Room:
    room = Room(name, Place(), me.id)
    hub.rooms.add(room)
    hub.stage.undo.append(lambda: hub.rooms.remove(room))
    hub.stage.batch.changes.append(NewRoom(room.place, name, me.id, hub.time))
    if lock:
        _set_key(hub, room, lock)
    return room


def enter(hub: "Hub", peer: Peer, me: Session, room: Room) -> None:
    """Take a connection into ``room``; the others hear of a person's first one."""
    hub.stage.cut(room)  # the newcomer gets nothing of what was said before
    first = room.enter(peer, me)
    hub.stage.undo.append(lambda: room.leave(peer, me))
    line = f"JOINED {stamp(hub.time)} {room.name} {me.name}\n".encode()
    if first:
        hub.stage.announce(room, line)
    else:
        hub.stage.to_peer(peer, line)


def _left_line(hub: "Hub", room: Room, me: Session, reason: str) -> bytes:
    line = _with_text(f"LEFT {stamp(hub.time)} {room.name} {me.name}", reason)
    return (line + "\n").encode()


def _topic_line(room: Room) -> str:
    topic = room.topic
    return _with_text(f"TOPIC {stamp(topic.time)} {room.name} {topic.by}", topic.text)


def _with_text(line: str, text: str) -> str:
    """``line`` with ``text`` behind it as it was sent, if there is any."""
    return f"{line} {text}" if text else line


def _names_lines(room: Room) -> Iterator[str]:
    labels = [session.label for session in room.people]
    for start in range(0, len(labels), NAMES_A_LINE):
        yield " ".join(("NAMES", room.name, *labels[start : start + NAMES_A_LINE]))
