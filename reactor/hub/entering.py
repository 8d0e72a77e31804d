"""The verbs of coming, going and being called something: HELLO QUIT NICK AWAY WHO."""

from typing import TYPE_CHECKING, Final

from reactor.hub import rooming
from reactor.hub.people import Session
from reactor.hub.stage import Peer
from reactor.log.records import HoldName, NewSession, stamp
from wire.grammar import NO_BREAK_SPACE, Refusal, fold
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

ROOMS_SHOWN: Final = 80
"""So many of the longest names fit in a line of WHO, with all else that it may hold."""


def hello(hub: "Hub", peer: Peer, frame: Frame) -> str:
    """HELLO: a new session, or one more connection of the one that is proved."""
    if peer.session is not None:
        raise Refusal("bad-line")
    name = frame.args[0]
    options = dict(option.split("=", 1) for option in frame.args[1:])
    me = hub.people.proved(options.get("session"), name, peer.uid)
    if hub.people.holder(name) not in {None, me}:
        raise Refusal("name-taken")
    if me is None:
        me = hub.people.new(name, peer.uid)
        hub.stage.batch.changes.append(NewSession(me.id, me.uid, hub.time))
        hold_name(hub, me, name)
    elif len(me.peers) >= hub.settings.count("session-connections"):
        raise Refusal("full")
    elif hub.people.get(me.id) is None:
        hold_name(hub, me, name)
    elif me.name != name:
        rename(hub, me, name)
    attach(hub, peer, me)
    words = (me.name, hub.people.token(me), hub.log.history, str(hub.log.tip), me.badges)
    hub.reply(peer, frame.tag, " ".join(("WELCOME", *words)))
    return ""


def quit_(hub: "Hub", peer: Peer, frame: Frame) -> str:
    """QUIT: the rooms are left with the reason; BYE follows the answer."""
    leave_all(hub, peer, frame.args[0] if frame.args else "", free_name=True)
    return ""


def nick(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """NICK: take a name that nobody else holds."""
    del peer
    name = frame.args[0]
    if hub.people.holder(name) not in {None, me}:
        raise Refusal("name-taken")
    if name != me.name:
        rename(hub, me, name)
    return ""


def away(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """AWAY: with a text I am away, without one I am back."""
    del peer
    former = me.away
    hub.stage.undo.append(lambda: setattr(me, "away", former))
    me.away = frame.args[0] if frame.args else ""
    return ""


def who(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """WHO: about a person, or everybody in a room that one may see."""
    del me
    target = frame.args[0]
    if target.startswith("#"):
        room = hub.rooms.get(target)
        if room is None:
            raise Refusal("no-room")
        found = list(room.people)
    else:
        session = hub.people.holder(target)
        if session is None or not session.peers:
            raise Refusal("no-name")
        found = [session]
    for session in found:
        hub.reply(peer, frame.tag, _about(hub, session))
    return ""


def rename(hub: "Hub", me: Session, name: str) -> None:
    """Call ``me`` by another name, and tell everybody who shares a room, and ``me``."""
    former = me.name
    hub.people.rename(me, name)
    hub.stage.undo.append(lambda: hub.people.rename(me, former))
    if not me.guest:
        hub.stage.batch.changes.append(HoldName(me.id, name, former))
    line = f"RENAMED {stamp(hub.time)} {former} {name}\n".encode()
    told = dict.fromkeys(me.peers)
    for room in {room: None for peer in me.peers for room in peer.rooms}:
        hub.stage.cut(room)  # what is said under the new name comes behind this line
        told.update(room.peers)
    for peer in told:
        hub.stage.to_peer(peer, line)


def leave_all(hub: "Hub", peer: Peer, reason: str, *, free_name: bool) -> None:
    """A connection ends: out of its rooms, and the name is held, or freed if that is wished."""
    for room in list(peer.rooms):
        rooming.leave_room(hub, peer, room, reason)
    me = peer.session
    if me is None:
        return
    me.peers.remove(peer)
    peer.session = None

    def undo() -> None:
        hub.keep(me)
        me.peers.append(peer)
        peer.session = me

    hub.stage.undo.append(undo)
    if me.peers:
        return
    if me.guest:
        hub.people.remove(me)
        hub.stage.undo.append(lambda: hub.people.add(me))
    elif free_name:
        hub.release(me)
        hub.stage.undo.append(lambda: hub.people.add(me))
    else:
        hub.hold(me)


def hold_name(hub: "Hub", me: Session, name: str) -> None:
    """``me``, who held no name, holds ``name`` from now on."""
    me.call(name, me.login)
    hub.people.add(me)

    def undo() -> None:
        hub.keep(me)
        hub.people.remove(me)

    hub.stage.undo.append(undo)
    if not me.guest:
        hub.stage.batch.changes.append(HoldName(me.id, name, None))


def attach(hub: "Hub", peer: Peer, me: Session) -> None:
    """One more connection of ``me``."""
    hub.keep(me)
    if peer.login:
        me.call(me.name, peer.login)
    me.heard = hub.now
    me.peers.append(peer)
    peer.session = me

    def undo() -> None:
        me.peers.remove(peer)
        peer.session = None
        if not me.peers and hub.people.get(me.id) is me:
            hub.hold(me)

    hub.stage.undo.append(undo)


def _about(hub: "Hub", session: Session) -> str:
    """One line of WHO."""
    words = ["WHO", session.name]
    words.append("door=" + ",".join(sorted({peer.door for peer in session.peers})))
    if session.login:
        words.append("user=" + session.login)
    words.append("since=" + stamp(min(peer.since for peer in session.peers)))
    words.append(f"idle={max(0, int(hub.now - session.heard))}")
    if session.away:
        words.append("away=" + session.away.replace(" ", NO_BREAK_SPACE))
    rooms = {room.name for peer in session.peers for room in peer.rooms}
    if rooms:
        words.append("rooms=" + ",".join(sorted(rooms, key=fold)[:ROOMS_SHOWN]))
    return " ".join(words)
