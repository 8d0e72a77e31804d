"""The hub's table of verbs, and its part of the turn: handle, settle, take back."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from reactor.hub import entering, rooming, talking
from reactor.hub.answers import Acknowledged, PageAnswer, prefix
from reactor.hub.people import People, Session
from reactor.hub.rooms import Room, Rooms, Topic
from reactor.hub.stage import Peer, Stage
from reactor.log import Event, Log, LogError, Place
from reactor.log.records import MILLISECONDS, Change, ReleaseName, Tagged
from reactor.loop import Loop
from wire.errors import BYES, ERRORS
from wire.grammar import Refusal
from wire.limits import Settings
from wire.parser import Frame, Refused
from wire.verbs import CLIENT_VERBS

Answer = str | Event | PageAnswer
"""What a handler gives back: the words behind OK, the event that was made, or a page."""

Step = tuple[Peer, Frame | Refused] | Callable[[], object]
"""A line that came in a turn, or something that no line asked for."""

_DIGEST_BYTES: Final = 16
_TALKS_KEPT: Final = 10_000


def _no_files(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> Answer:
    del hub, peer, me, frame
    raise Refusal("no-space")


HANDLERS: Final[Mapping[str, Callable[["Hub", Peer, Session, Frame], Answer]]] = {
    "JOIN": rooming.join,
    "LEAVE": rooming.leave,
    "TOPIC": rooming.topic,
    "NAMES": rooming.names,
    "ROOMS": rooming.rooms,
    "NICK": entering.nick,
    "AWAY": entering.away,
    "WHO": entering.who,
    "SAY": talking.say,
    "ACT": talking.say,
    "HISTORY": talking.history,
    "PING": talking.ping,
    "PONG": talking.pong,
    "SEND": _no_files,
}
"""Who handles which verb of somebody who said HELLO; HELLO and QUIT are said by strangers too."""

STRANGERS: Final[Mapping[str, Callable[["Hub", Peer, Frame], str]]] = {
    "HELLO": entering.hello,
    "QUIT": entering.quit_,
}

ONCE: Final = frozenset({"SAY", "ACT"})
"""The verbs whose tag names them for good."""


class Hub:
    """Everybody who is here. ``language`` is that of the texts of ERR and BYE."""

    def __init__(self, loop: Loop, log: Log, settings: Settings, language: str) -> None:
        self.log = log
        self.settings = settings
        self.people = People(log)
        self.rooms = Rooms()
        self.talks: dict[tuple[int, int], Place] = {}
        self.stage = Stage()
        self._loop = loop
        self._language = language
        self._handled: list[Step] = []
        self._carried: list[Change] = []
        self._time: int | None = None
        self._restore()

    @property
    def now(self) -> float:
        """The loop's time, in seconds that never jump."""
        return self._loop.now

    @property
    def time(self) -> int:
        """The time of this turn, in milliseconds since 1970."""
        if self._time is None:
            self._time = int(self._loop.clock.wall() * MILLISECONDS)
        return self._time

    def handle(self, peer: Peer, frame: Frame) -> None:
        """Do what ``frame`` says and stage its answer.

        An exception is a defect: what the line began is undone before it is passed on, and the rest
        of the turn stands.
        """
        self._handled.append((peer, frame))
        try:
            answer = self._dispatch(peer, frame)
        except Refusal as refusal:
            self._refuse(peer, frame.tag, refusal.code, refusal.detail)
            return
        except Exception:
            self._rewind()
            raise
        if isinstance(answer, PageAnswer):
            self.stage.to_peer(peer, answer)
        elif frame.tag is not None:
            if isinstance(answer, Event):
                self.stage.to_peer(peer, Acknowledged(frame.tag, answer))
            else:
                self.reply(peer, frame.tag, f"OK {answer}".rstrip(" "))
        if frame.verb == "QUIT":
            self._say_bye(peer, "quit")

    def refuse(self, peer: Peer, refused: Refused) -> None:
        """Answer a line that could not be read."""
        self._handled.append((peer, refused))
        self._refuse(peer, refused.tag, refused.code, "")
        if refused.fatal:
            self._say_bye(peer, "bad-line")

    def lost(self, peer: Peer, reason: str = "") -> None:
        """A connection is gone: its rooms are left, its name waits for it."""
        self._happen(lambda: entering.leave_all(self, peer, reason, free_name=False))

    def bid_farewell(self, peer: Peer, word: str) -> None:
        """Stage the last line of a connection; after it, the door closes it."""
        self._happen(lambda: self._say_bye(peer, word))

    def ask(self, peer: Peer) -> None:
        """Ask a silent connection whether it is there."""
        self._happen(lambda: self.stage.to_peer(peer, b"PING obrol\n"))

    def reply(self, peer: Peer, tag: str | None, line: str) -> None:
        """Stage one line of an answer."""
        self.stage.to_peer(peer, f"{prefix(tag)}{line}\n".encode())

    def settle(self) -> None:
        """End of the turn: store what is staged, then, and only then, deliver."""
        batch = self.stage.batch
        if batch:
            batch.changes[:0] = self._carried
            try:
                self.log.commit(batch)
                self._carried = []
            except LogError:
                self._take_back()
        # Delivering may stage something, as when a farewell ends a connection: for the next turn.
        deliveries = [(peer, peer.take_out()) for peer in self.stage.touched]
        self.stage = Stage()
        self._handled = []
        self._time = None
        for peer, items in deliveries:
            self._loop.guard(peer.deliver, items)
        if len(self.talks) > _TALKS_KEPT:
            self.talks.clear()

    def hold(self, session: Session) -> None:
        """The last connection was lost: keep the name for a while."""
        self.keep(session)
        session.hold = self._loop.later(
            self.settings["name-hold"], lambda: self._happen(lambda: self.release(session))
        )

    def keep(self, session: Session) -> None:
        """The name does not run out any longer."""
        if session.hold is not None:
            session.hold.cancel()
            session.hold = None

    def release(self, session: Session) -> None:
        """The name is free."""
        self.keep(session)
        self.people.remove(session)
        self.stage.batch.changes.append(ReleaseName(session.id, session.name))

    def _restore(self) -> None:
        for row in self.log.rooms():
            room = Room(row.name, Place(row.place), row.owner)
            room.topic = Topic(row.topic, row.topic_by, row.topic_time)
            self.rooms.add(room)
        for session in self.people.restore():
            self.hold(session)

    def _dispatch(self, peer: Peer, frame: Frame) -> Answer:
        stranger = STRANGERS.get(frame.verb)
        if stranger is not None:
            return stranger(self, peer, frame)
        me = peer.session
        if me is None:
            raise Refusal("not-yet")
        handler = HANDLERS.get(frame.verb)
        if handler is None:
            raise Refusal("unknown-verb")
        if frame.verb not in {"PING", "PONG"}:
            me.heard = self._loop.now
        if frame.tag is None or frame.verb not in ONCE:
            return handler(self, peer, me, frame)
        return self._once(peer, me, frame.tag, frame)

    def _once(self, peer: Peer, me: Session, tag: str, frame: Frame) -> Answer:
        """A tagged line that stores something: the same one again gets the first one's answer."""
        digest = hashlib.blake2b(frame.line, digest_size=_DIGEST_BYTES).digest()
        staged = self.stage.tags.get((me.id, tag))
        former = staged or self.log.tagged(me.id, tag)
        if former is None:
            event = HANDLERS[frame.verb](self, peer, me, frame)
            if isinstance(event, Event):
                self.stage.tags[me.id, tag] = digest, event
                self.stage.batch.tags.append(Tagged(me.id, tag, digest, event))
            return event
        if former[0] != digest:
            raise Refusal("id-reused")
        return former[1] if isinstance(former[1], Event) else str(former[1])

    def _refuse(self, peer: Peer, tag: str | None, code: str, detail: str) -> None:
        text = f"{detail} {ERRORS[code].say(self._language)}".lstrip(" ")
        self.reply(peer, tag, f"ERR {code} {text}")

    def _say_bye(self, peer: Peer, word: str) -> None:
        if not peer.goodbye:
            self._loop.restless()
            self.stage.to_peer(peer, f"BYE {word} {BYES[word].say(self._language)}\n".encode())
            self.stage.undo.append(lambda: setattr(peer, "goodbye", ""))
            peer.goodbye = word

    def _happen(self, step: Callable[[], object]) -> None:
        """Do what no line asked for; it is done again when the turn has to be undone."""
        self._loop.restless()
        self._handled.append(step)
        step()

    def _undo(self) -> list[Step]:
        """Forget the turn so far, in memory too; gives what it handled."""
        stage, self.stage = self.stage, Stage()
        stage.forget_output()
        for undo in reversed(stage.undo):
            undo()
        handled, self._handled = self._handled, []
        return handled

    def _rewind(self) -> None:
        """Handle the turn again, but for its last line, which failed half way."""
        for step in self._undo()[:-1]:
            self._again(step)

    def _take_back(self) -> None:
        """The turn was not stored: undo it in memory, and answer its lines anew.

        Who wanted something changed hears ``not-saved``; a question is asked again, because its
        first answer may have told of what is now undone; who is gone is gone all the same.
        """
        for step in self._undo():
            if isinstance(step, tuple) and self._is_change(*step):
                peer, frame = step
                self._refuse(peer, frame.tag, "not-saved", "")
            else:
                self._again(step)
        # Names that became free are written with the next turn that can be stored.
        self._carried = list(dict.fromkeys([*self._carried, *self.stage.batch.changes]))

    def _is_change(self, peer: Peer, what: Frame | Refused) -> bool:
        """Whether a line wanted something stored that is not stored yet."""
        if not isinstance(what, Frame) or not CLIENT_VERBS[what.verb].changes:
            return False
        if peer.session is None or what.tag is None or what.verb not in ONCE:
            return True
        return self.log.tagged(peer.session.id, what.tag) is None

    def _again(self, step: Step) -> None:
        if not isinstance(step, tuple):
            self._happen(step)
            return
        peer, what = step
        if isinstance(what, Frame):
            self.handle(peer, what)
        else:
            self.refuse(peer, what)
