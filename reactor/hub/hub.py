"""The hub's table of verbs, and its part of the turn: handle, settle, take back."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from reactor.counters import Counters
from reactor.hub import entering, filing, operating, passwords, rooming, searching, talking
from reactor.hub.answers import Acknowledged, FileAcknowledged, PageAnswer, prefix
from reactor.hub.banning import Bans, Silences
from reactor.hub.locks import Later, Locks
from reactor.hub.people import People, Session
from reactor.hub.rooms import Everybody, Room, Rooms, Topic
from reactor.hub.searching import SearchAnswer, Searches
from reactor.hub.stage import Peer, Stage, hand_out
from reactor.log import Batch, Event, Log, LogError, Place
from reactor.log.records import MILLISECONDS, Change, ReleaseName, Tagged
from reactor.loop import Loop
from reactor.spool import Spool
from wire.errors import BYES, ERRORS
from wire.grammar import Refusal
from wire.limits import Settings
from wire.parser import Frame, Refused
from wire.verbs import CLIENT_VERBS

Answer = str | Event | PageAnswer | SearchAnswer | FileAcknowledged | None
"""What a handler gives back: the words behind OK, the event that was made, something that is
encoded later, or None: the answer is staged already, or comes in its own time."""

Step = tuple[Peer, Frame | Refused] | Callable[[], object]
"""A line that came in a turn, or something that no line asked for."""

_DIGEST_BYTES: Final = 16
_TALKS_KEPT: Final = 10_000

HANDLERS: Final[Mapping[str, Callable[["Hub", Peer, Session, Frame], Answer]]] = {
    "JOIN": rooming.join,
    "LEAVE": rooming.leave,
    "TOPIC": rooming.topic,
    "KEY": rooming.key,
    "INVITE": rooming.invite,
    "PASSWORD": passwords.password,
    "NAMES": rooming.names,
    "ROOMS": rooming.rooms,
    "NICK": entering.nick,
    "AWAY": entering.away,
    "WHO": entering.who,
    "SAY": talking.say,
    "ACT": talking.say,
    "HISTORY": talking.history,
    "SEARCH": searching.search,
    "PING": talking.ping,
    "PONG": talking.pong,
    "SEND": filing.send,
    "PARTIAL": filing.partial,
    "GET": filing.get,
    "STOP": filing.stop,
    "FILES": filing.files,
    **operating.HANDLERS,
}
"""Who handles which verb of somebody who said HELLO; HELLO and QUIT are said by strangers too."""

STRANGERS: Final[Mapping[str, Callable[["Hub", Peer, Frame], str]]] = {
    "HELLO": entering.hello,
    "QUIT": entering.quit_,
}

ONCE: Final = frozenset({"SAY", "ACT", "SEND"})
"""The verbs whose tag names them for good."""


class Hub:
    """Everybody who is here. ``language`` is that of the texts of ERR and BYE.

    ``backstage`` is what operators may reach of the process; None: there is none to reach.
    ``reserved`` tells to which uid a name belongs, None: to no account; ``pressed`` tells whether
    the server is nearly full.
    ``counters`` are the server's; the doors add to them too.
    """

    def __init__(
        self, loop: Loop, log: Log, spool: Spool, settings: Settings, language: str
    ) -> None:
        self.log = log
        self.spool = spool
        self.settings = settings
        self.people = People(log)
        self.passwords = passwords.Passwords()
        self.rooms = Rooms()
        self.guest_rooms: set[str] = set()  # folded
        self.everybody = Everybody()
        self.bans = Bans(lambda: self.time)
        self.silences = Silences(lambda: self.time)
        self.motd = ""
        self.backstage: operating.Backstage | None = None
        self.reserved: Callable[[str], int | None] = lambda name: None  # noqa: ARG005
        self.pressed: Callable[[], bool] = bool
        self.talks: dict[tuple[int, int], Place] = {}
        self.stage = Stage()
        self.counters = Counters()
        self.searches = Searches(self, loop)
        self.locks = Locks(self, loop)
        self.on_trouble: Callable[[str], object] = len  # told why a turn could not be stored
        self._loop = loop
        self.language = language
        self._handled: list[Step] = []
        self._byes: list[tuple[Peer, str, str]] = []  # to be said behind the answer to this line
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

    @property
    def wall(self) -> float:
        """The time of this turn, in seconds since 1970."""
        return self.time / MILLISECONDS

    def handle(self, peer: Peer, frame: Frame) -> bool:
        """Do what ``frame`` says and stage its answer; False when it was refused.

        An exception is a defect: what the line began is undone before it is passed on, and the rest
        of the turn stands.
        """
        at = len(self._handled)
        self._handled.append((peer, frame))
        self._byes = []
        try:
            answer = self._dispatch(peer, frame)
        except Refusal as refusal:
            self._refuse(peer, frame.tag, refusal.code, refusal.detail)
            return False
        except Later:
            del self._handled[at]
            return True
        except Exception:
            self._rewind()
            raise
        if answer is None and frame.verb == "SEND":
            # Its payload comes but once: what follows from it is a step of its own (Piece).
            del self._handled[at]
        else:
            self._answer(peer, frame.tag, answer)
        for bye in self._byes:
            self._say_bye(*bye)
        return True

    def refuse(self, peer: Peer, refused: Refused) -> None:
        """Answer a line that could not be read."""
        self._handled.append((peer, refused))
        self._refuse(peer, refused.tag, refused.code)
        if refused.fatal:
            self._say_bye(peer, "bad-line")

    def lost(self, peer: Peer, reason: str = "") -> None:
        """A connection is gone: its rooms are left, its name waits for it."""
        peer.pending = None
        self.happen(lambda: entering.leave_all(self, peer, reason, free_name=False))

    def bid_farewell(self, peer: Peer, word: str, text: str = "") -> None:
        """Stage the last line of a connection; after it, the door closes it.

        ``text`` stands in place of what the table says about ``word``.
        """
        self.happen(lambda: self._say_bye(peer, word, text))

    def dismiss(self, peer: Peer, word: str, text: str = "") -> None:
        """The same because of the line that is being handled, behind the answer to it."""
        self._byes.append((peer, word, text))

    def ask(self, peer: Peer) -> None:
        """Ask a silent connection whether it is there."""
        self.happen(lambda: self.stage.to_peer(peer, b"PING obrol\n"))

    def refuse_line(self, peer: Peer, tag: str | None, code: str) -> None:
        """Answer a line whose turn is over."""
        self.happen(lambda: self._refuse(peer, tag, code))

    def soon(self, call: Callable[[], object]) -> None:
        """Call in the next turn, which does not wait."""
        self._loop.again(call)

    @staticmethod
    def digest(frame: Frame) -> bytes:
        """What is kept of a tagged line, to know it again."""
        return hashlib.blake2b(frame.line, digest_size=_DIGEST_BYTES).digest()

    def reply(self, peer: Peer, tag: str | None, line: str) -> None:
        """Stage one line of an answer."""
        self.stage.to_peer(peer, f"{prefix(tag)}{line}\n".encode())

    def happen(self, step: Callable[[], object]) -> None:
        """Do what no line asked for; it is done again when the turn has to be undone."""
        self._loop.restless()
        self._handled.append(step)
        step()

    def settle(self) -> None:
        """End of the turn: store what is staged, then, and only then, deliver."""
        batch = self.stage.batch
        if batch:
            batch.changes[:0] = self._carried
            try:
                self._commit(batch)
            except LogError as error:
                self.counters.add("commits-failed")
                self.on_trouble(str(error))
                self._take_back()
            else:
                self._carried = []
        for done in self.stage.done:
            done()
        if self.stage.refused:
            self.counters.add("lines-refused", self.stage.refused)
        # Delivering may stage something, as when a farewell ends a connection: for the next turn.
        deliveries = self.stage.take_output()
        self.stage = Stage()
        self._handled = []
        self._time = None
        hand_out(deliveries, self._loop.failed)
        if len(self.talks) > _TALKS_KEPT:
            self.talks.clear()

    def _commit(self, batch: Batch) -> None:
        """Store the turn, and measure how long the loop stood still for it."""
        started = self._loop.clock.monotonic()
        self.log.commit(batch)
        milliseconds = (self._loop.clock.monotonic() - started) * MILLISECONDS
        self.counters.add("commits")
        self.counters.add("events-stored", len(batch.events))
        self.counters.add("commit-ms", milliseconds)
        self.counters.raise_to("commit-longest-ms", milliseconds)

    def hold(self, session: Session) -> None:
        """The last connection was lost: keep the name for a while."""
        self.keep(session)
        session.hold = self._loop.later(
            self.settings["name-hold"], lambda: self.happen(lambda: self.release(session))
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
            room.key = row.key
            self.rooms.add(room)
        self.bans.load(self.log.bans())
        self.silences.load(self.log.silences())
        self.passwords.load(self.log.passwords())
        self.motd = self.log.motd()
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
        if frame.verb in operating.HANDLERS:
            return self._operate(peer, me, frame)
        if frame.verb not in {"PING", "PONG"}:
            me.heard = self._loop.now
        if frame.tag is None or frame.verb not in ONCE:
            return handler(self, peer, me, frame)
        return self._once(peer, me, frame.tag, frame)

    def _operate(self, peer: Peer, me: Session, frame: Frame) -> str:
        """A verb of operators: obeyed, and noted once what it changed is stored."""
        if not peer.operator:
            raise Refusal("not-allowed")
        me.heard = self._loop.now
        answer = operating.HANDLERS[frame.verb](self, peer, me, frame)
        backstage = self.backstage
        if backstage is not None and CLIENT_VERBS[frame.verb].changes:
            self.stage.done.append(lambda: backstage.note(me, frame.line.decode()))
        return answer

    def _once(self, peer: Peer, me: Session, tag: str, frame: Frame) -> Answer:
        """A tagged line that stores something: the same one again gets the first one's answer."""
        digest = self.digest(frame)
        staged = self.stage.tags.get((me.id, tag))
        former = staged or self.log.tagged(me.id, tag)
        if former is None:
            answer = HANDLERS[frame.verb](self, peer, me, frame)
            if isinstance(answer, Event):
                self.stage.tags[me.id, tag] = digest, answer
                self.stage.batch.tags.append(Tagged(me.id, tag, digest, answer))
            return answer
        if former[0] != digest:
            raise Refusal("id-reused")
        event = former[1]
        if isinstance(event, Event):
            if event.kind != "FILE":
                return event
            return FileAcknowledged(tag, event, event.body.split(" ", 2)[1])
        sha256 = self.log.files.sha256_of(event)
        return str(event) if sha256 is None else f"{event} {sha256}"

    def _answer(self, peer: Peer, tag: str | None, answer: Answer) -> None:
        """Stage the end of a good answer; without a tag there is none but a page's lines."""
        if isinstance(answer, PageAnswer | SearchAnswer | FileAcknowledged):
            self.stage.to_peer(peer, answer)
        elif tag is not None and answer is not None:
            if isinstance(answer, Event):
                self.stage.to_peer(peer, Acknowledged(tag, answer))
            else:
                self.reply(peer, tag, f"OK {answer}".rstrip(" "))

    def _refuse(self, peer: Peer, tag: str | None, code: str, detail: str = "") -> None:
        text = f"{detail} {ERRORS[code].say(self.language)}".lstrip(" ")
        self.stage.refused += 1
        self.reply(peer, tag, f"ERR {code} {text}")

    def _say_bye(self, peer: Peer, word: str, text: str = "") -> None:
        if not peer.goodbye:
            self._loop.restless()
            text = text or BYES[word].say(self.language)
            self.stage.to_peer(peer, f"BYE {word} {text}\n".encode())
            self.stage.undo.append(lambda: setattr(peer, "goodbye", ""))
            peer.goodbye = word

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
                self._refuse(peer, frame.tag, "not-saved")
            elif isinstance(step, filing.Piece | operating.Notice):
                step.not_saved()
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
            self.happen(step)
            return
        peer, what = step
        if isinstance(what, Frame):
            self.handle(peer, what)
        else:
            self.refuse(peer, what)
