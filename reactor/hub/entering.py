"""The verbs of coming, going and being called something: HELLO QUIT NICK AWAY WHO."""

from typing import TYPE_CHECKING, Final

from reactor.hub import passwords, rooming
from reactor.hub.banning import ban_of, why
from reactor.hub.people import Session
from reactor.hub.stage import Peer
from reactor.log.records import HoldName, NewSession, stamp
from wire.grammar import NO_BREAK_SPACE, Refusal, cut_text, fold, sendable
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

ROOMS_SHOWN: Final = 78
"""So many of the longest names fit in a line of WHO, with all else that it may hold."""
ADDRESSES_SHOWN: Final = 8
"""The addresses of so many connections are told; an operator who needs more has the journal."""
ADDRESS_BYTES: Final = 48
""""[", the longest address of IPv6, "]:" and a port; the path of a UNIX socket may be longer."""


def hello(hub: "Hub", peer: Peer, frame: Frame) -> str:
    """HELLO: a new session, or one more connection of the one that is proved."""
    if peer.session is not None:
        raise Refusal("bad-line")
    name = frame.args[0]
    options = dict(option.split("=", 1) for option in frame.args[1:])
    me = hub.people.proved(options.get("session"), name, peer.uid)
    _check_bans(hub, peer, name, me)
    me = passwords.let_in(hub, peer, frame, me, name, options.get("password", ""))
    _check_bans(hub, peer, name, me)
    _check_name(hub, peer, me, name)
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
    if hub.motd:
        hub.reply(peer, frame.tag, f"MOTD {hub.motd}")
    return ""


def quit_(hub: "Hub", peer: Peer, frame: Frame) -> str:
    """QUIT: the rooms are left with the reason; BYE follows the answer."""
    leave_all(hub, peer, frame.args[0] if frame.args else "", free_name=True)
    hub.dismiss(peer, "quit")
    return ""


def nick(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """NICK: take a name that nobody else holds, or has a password for."""
    name = frame.args[0]
    if ban_of(hub, peer, name) is not None:
        raise Refusal("banned")
    if hub.passwords.keeps(name, me):
        raise Refusal("name-taken")
    _check_name(hub, peer, me, name)
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
    about = _about_in_full if peer.operator else _about
    target = frame.args[0]
    if target.startswith("#"):
        room = hub.rooms.get(target)
        if room is None:
            raise Refusal("no-room")
        if not room.is_shown_to(peer, me):
            raise Refusal("not-joined")
        found = list(room.people)
    else:
        session = hub.people.holder(target)
        if session is None or not session.peers:
            raise Refusal("no-name")
        found = [session]
    for session in found:
        hub.reply(peer, frame.tag, about(hub, peer, me, session))
    return ""


def _check_bans(hub: "Hub", peer: Peer, name: str, me: Session | None) -> None:
    ban = ban_of(hub, peer, name, me.id if me is not None else None)
    if ban is not None:
        details = why(ban, hub.language)
        raise Refusal("banned", f"{details} -" if details else "")


def rename(hub: "Hub", me: Session, name: str) -> None:
    """Call ``me`` by another name, and tell everybody who shares a room, and ``me``."""
    former = me.name
    hub.people.rename(me, name)
    hub.stage.undo.append(lambda: hub.people.rename(me, former))
    if not me.guest:
        hub.stage.batch.changes.append(HoldName(me.id, name, former))
    line = f"RENAMED {stamp(hub.time)} {former} {name}\n".encode()
    told = dict.fromkeys(me.peers)
    hub.stage.cut(hub.everybody)
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
    _detach(hub, peer, me)

    def undo() -> None:
        hub.keep(me)
        me.attach(peer)
        peer.session = me
        hub.everybody.peers[peer] = None

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


def send_away(hub: "Hub", peer: Peer, word: str, reason: str, text: str = "") -> None:
    """An operator closes a connection: BYE ``word``, with the reason where there is one.

    ``text``: what that connection alone hears in place of the reason.
    """
    leave_all(hub, peer, reason or word, free_name=False)
    hub.dismiss(peer, word, text or reason)


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


def _check_name(hub: "Hub", peer: Peer, me: Session | None, name: str) -> None:
    """Whether ``me``, None: somebody new, may be called ``name``; :class:`Refusal` otherwise.

    The login name of an account is that account's: of who comes from it, or shows, from where
    nobody knows accounts, the secret of a session that it made. Somebody else who is gone does not
    keep it from its owner, however long names are held.
    """
    holder = hub.people.holder(name)
    owner = hub.reserved(name) if hub.settings.text("reserve-logins") == "on" else None
    if owner is not None:
        account = me.uid if peer.uid is None and me is not None else peer.uid
        if account != owner:
            raise Refusal("name-reserved")
        if holder is not None and holder is not me and not holder.peers:
            _give_up_name(hub, holder)
            return
    if holder not in {None, me}:
        raise Refusal("name-taken")


def _give_up_name(hub: "Hub", holder: Session) -> None:
    """The name that waits for ``holder`` waits no longer."""
    hub.release(holder)

    def undo() -> None:
        hub.people.add(holder)
        hub.hold(holder)

    hub.stage.undo.append(undo)


def attach(hub: "Hub", peer: Peer, me: Session) -> None:
    """One more connection of ``me``."""
    hub.keep(me)
    if peer.login:
        me.call(me.name, peer.login)
    me.heard = hub.now
    me.attach(peer)
    peer.session = me
    hub.stage.cut(hub.everybody)  # the newcomer gets nothing of what was said before
    hub.everybody.peers[peer] = None

    def undo() -> None:
        _detach(hub, peer, me)
        if not me.peers and hub.people.get(me.id) is me:
            hub.hold(me)

    hub.stage.undo.append(undo)


def _detach(hub: "Hub", peer: Peer, me: Session) -> None:
    """One connection less, and nothing more of what is said to everybody for it."""
    me.detach(peer)
    peer.session = None
    hub.stage.cut(hub.everybody)
    del hub.everybody.peers[peer]


def _about(hub: "Hub", asker: Peer, me: Session, session: Session) -> str:
    """One line of WHO, as ``me`` may see it, who asks through ``asker``."""
    words = ["WHO", session.name]
    words.append("door=" + ",".join(sorted({peer.door for peer in session.peers})))
    if session.login:
        words.append("user=" + session.login)
    words.append("since=" + stamp(min(peer.since for peer in session.peers)))
    words.append(f"idle={max(0, int(hub.now - session.heard))}")
    if session.away:
        words.append("away=" + session.away.replace(" ", NO_BREAK_SPACE))
    inside = {room for peer in session.peers for room in peer.rooms}
    rooms = {room.name for room in inside if room.is_shown_to(asker, me)}
    if rooms:
        words.append("rooms=" + ",".join(sorted(rooms, key=fold)[:ROOMS_SHOWN]))
    return " ".join(words)


def _about_in_full(hub: "Hub", asker: Peer, me: Session, session: Session) -> str:
    """The same with what operators alone are told; ``queued``: bytes that wait to be read."""
    words = [_about(hub, asker, me, session)]
    shown = (sendable(peer.address).replace(" ", NO_BREAK_SPACE) for peer in session.peers)
    addresses = [cut_text(address, ADDRESS_BYTES)[0] for address in shown if address]
    if addresses:
        words.append("address=" + ",".join(addresses[:ADDRESSES_SHOWN]))
    uids = {peer.uid for peer in session.peers if peer.uid is not None}
    if uids:
        words.append("uid=" + ",".join(map(str, sorted(uids))))
    words.append(f"queued={sum(peer.queued for peer in session.peers)}")
    return " ".join(words)
