"""The verbs of operators: KICK BAN SILENCE MOTD LIMIT RELOAD STATS LOG SHUTDOWN, and their kin.

What they need of the process that the hub lives in is behind :class:`Backstage`. What reaches
beyond memory that can be taken back (a shutdown, a line of the journal) waits until the turn is
stored.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from reactor.hub import entering
from reactor.hub.banning import ban_of, normal, why
from reactor.hub.people import Session
from reactor.hub.stage import Peer
from reactor.hub.talking import Destination, publish
from reactor.log.records import MILLISECONDS, Ban, SetMotd, Silence, stamp
from wire.grammar import Refusal, cut_text, sendable
from wire.limits import LIMITS, BadSettingError, shown
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

REASON_BYTES: Final = 1000
"""So much is said of why a limit or a configuration was refused; a line has room for it."""
LONGEST_TERM: Final = 100 * 365 * 24 * 3600
"""Seconds; more than a century is a slip of the hand, 0 is how one says that it has no end."""
LONGEST_COUNTDOWN: Final = 7 * 24 * 3600
"""Seconds; who wants to end the server in a month may come again in three weeks."""


class Backstage(Protocol):
    """What operators want of the process."""

    def reload(self) -> None:
        """Read the configuration again; raises BadSettingError, and then all is as it was."""

    def stats(self) -> Iterable[tuple[str, str]]:
        """The counters: name and value, single words."""

    def follow(self, peer: Peer, *, on: bool) -> None:
        """Send each line of the journal to ``peer``, or no longer."""

    def shut_down(self, seconds: int, by: Session) -> None:
        """End the server: now, or after so many ``seconds``, of which everybody is told."""

    def note(self, by: Session, line: str) -> None:
        """An operator changed something: ``line`` was obeyed, and is stored."""


class Notice:
    """Words to everybody in the name of an operator (a step of the turn, as no line asked)."""

    def __init__(self, hub: "Hub", by: Session, text: str) -> None:
        self._hub = hub
        self._by = by
        self._text = text

    def __call__(self) -> None:
        """Stage the event."""
        everybody = self._hub.everybody
        publish(self._hub, self._by, "MSG", Destination(everybody.name, everybody, 0), self._text)

    def not_saved(self) -> None:
        """The turn was not stored: nobody is told, for what is told must be in the log."""


def kick(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """KICK: all connections of somebody are closed."""
    del peer, me
    session = hub.people.holder(frame.args[0])
    if session is None or not session.peers:
        raise Refusal("no-name")
    for other in list(session.peers):
        entering.send_away(hub, other, "kicked", frame.args[1] if len(frame.args) > 1 else "")
    return ""


def ban(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """BAN: keep somebody out; who is here and meant has to go."""
    del peer, me  # operators are never kept out
    word, seconds, *reason = frame.args
    who, text = normal(word), reason[0] if reason else ""
    hub.bans.forget_ended(hub)
    former, holder = hub.bans.of(who), hub.people.holder(who)
    session = holder.id if holder is not None else former.session if former is not None else None
    new = Ban(who, _until(hub, seconds), text, session)
    hub.bans.put(hub, new)
    for other in list(hub.everybody.peers):
        if ban_of(hub, other) is not None:
            entering.send_away(hub, other, "banned", text, why(new, hub.language))
    return ""


def unban(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """UNBAN: let in again."""
    del peer, me
    hub.bans.forget_ended(hub)
    found = hub.bans.of(normal(frame.args[0]))
    if found is None:
        raise Refusal("no-name")
    hub.bans.drop(hub, found)
    return ""


def bans(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """BANS: who is kept out, until when and why."""
    del me
    hub.bans.forget_ended(hub)
    for found in hub.bans.standing():
        until = stamp(found.until) if found.until else "-"
        hub.reply(peer, frame.tag, f"BANNED {found.who} {until} {found.reason}".rstrip(" "))
    return ""


def silence(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """SILENCE: no talk from the person who has the name, or had it last."""
    del peer, me
    name, seconds = frame.args
    row = hub.people.name(name)
    if row is None:
        raise Refusal("no-name")
    hub.silences.forget_ended(hub)
    hub.silences.put(hub, Silence(row.session, _until(hub, seconds)))
    return ""


def motd(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """MOTD: the words that everybody hears at HELLO; without any, there are none."""
    del peer, me
    former = hub.motd
    hub.stage.undo.append(lambda: setattr(hub, "motd", former))
    hub.motd = frame.args[0] if frame.args else ""
    hub.stage.batch.changes.append(SetMotd(hub.motd))
    return ""


def limits(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """LIMITS: each limit as it stands and as it is when nobody sets it."""
    del me
    for name, limit in LIMITS.items():
        value = hub.settings.text(name)
        default = shown(limit, limit.default)
        hub.reply(peer, frame.tag, f"LIMIT {name} {value} {default} {limit.unit}")
    return ""


def limit_(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """LIMIT: set one limit, until the configuration is read again."""
    del peer, me
    name, value = frame.args
    if name not in LIMITS:
        raise Refusal("bad-line")
    _settle_limits(hub, lambda: hub.settings.set(name, value), "bad-number")
    return ""


def reload(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """RELOAD: the limits are as the configuration says now."""
    del peer, me, frame
    _settle_limits(hub, _backstage(hub).reload, "bad-line")
    return ""


def stats(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """STATS: the server's counters."""
    del me
    for name, value in _backstage(hub).stats():
        hub.reply(peer, frame.tag, f"STAT {name} {value}")
    return ""


def log(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """LOG: the lines of the journal from now on, or no longer."""
    del me
    backstage, on = _backstage(hub), frame.args[0] == "on"
    hub.stage.done.append(lambda: backstage.follow(peer, on=on))
    return ""


def shutdown(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """SHUTDOWN: now, or after a countdown; it begins in the next turn, when this one is stored."""
    del peer
    seconds = int(frame.args[0]) if frame.args else 0
    if seconds > LONGEST_COUNTDOWN:
        raise Refusal("bad-number")
    backstage = _backstage(hub)
    hub.stage.done.append(lambda: hub.soon(lambda: backstage.shut_down(seconds, me)))
    return ""


HANDLERS: Final[Mapping[str, Callable[["Hub", Peer, Session, Frame], str]]] = {
    "KICK": kick,
    "BAN": ban,
    "UNBAN": unban,
    "BANS": bans,
    "SILENCE": silence,
    "MOTD": motd,
    "LIMITS": limits,
    "LIMIT": limit_,
    "RELOAD": reload,
    "STATS": stats,
    "LOG": log,
    "SHUTDOWN": shutdown,
}
"""The verbs that are obeyed when an operator says them, and nobody else."""


def _backstage(hub: "Hub") -> Backstage:
    if hub.backstage is None:
        raise Refusal("not-allowed")
    return hub.backstage


def _until(hub: "Hub", seconds: str) -> int:
    """When a term of so many seconds ends, in milliseconds since 1970; 0 for one without an end."""
    count = int(seconds)
    if count > LONGEST_TERM:
        raise Refusal("bad-number")
    return hub.time + count * MILLISECONDS if count else 0


def _settle_limits(hub: "Hub", change: Callable[[], object], code: str) -> None:
    """Change limits until the turn is undone; ``code`` and the reason where that is refused."""
    former = hub.settings.copy()
    try:
        change()
    except BadSettingError as error:
        reason = cut_text(sendable(str(error)), REASON_BYTES)[0]
        raise Refusal(code, reason + " -") from None
    hub.stage.undo.append(lambda: hub.settings.take(former))
