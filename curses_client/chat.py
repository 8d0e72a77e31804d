"""The talk with the server: greeting, rooms, what I say and what I ask.

A line that I say goes into the outbox with a tag that is its own for good, and stays until the
server says OK. After a break the outbox is sent again, same tags, same order: what the server has
already, it acknowledges without storing it a second time.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from curses_client.catchup import NO_POSITIONS, PRIVATE, STORED, CatchUp
from curses_client.entering import RETRY_SECONDS, TRY_AGAIN, Entering
from curses_client.front import (
    Answer,
    Asker,
    Failure,
    FileTraffic,
    Front,
    NobodyAsks,
    NoFiles,
    Pending,
    Stored,
)
from curses_client.greeting import Greeting
from curses_client.link import Address, Link
from curses_client.store import Store
from curses_client.texts import UNTRUSTED
from reactor.loop import Loop
from wire.grammar import (
    EVERYBODY,
    SHORT_TEXT_BYTES,
    Refusal,
    cut_text,
    fold,
)
from wire.parser import Frame

if TYPE_CHECKING:
    from curses_client.secure import Security

WINDOW: Final = 20
"""Lines that may be on their way at once; the others wait in the outbox."""
_FOR_GOOD: Final = frozenset({"kicked", "banned", "quit"})
"""After these words of BYE a client does not come back by itself."""
_OPERATOR: Final = "operator"
_TAG_BYTES: Final = 6


class Before(NamedTuple):
    """What an earlier run left behind.

    ``outbox``: lines that were not acknowledged, with their tags. ``read``: folded room, ``@name``
    or ``*`` -> the newest id that was read in the server's ``history``; looked at when a room is
    entered, so that it may change meanwhile.
    """

    outbox: Iterable[Pending] = ()
    history: str = ""
    read: Mapping[str, int] = NO_POSITIONS


class Chat:
    """One person on one server. ``backlog``: how many events of the past are wanted on entering.

    The lines that ``before`` brings are sent first, in order, and the rooms that they are for are
    entered. ``on_outbox`` is called when the outbox changed.
    """

    def __init__(
        self,
        loop: Loop,
        addresses: Sequence[Address],
        store: Store,
        front: Front,
        name: str,
        backlog: int,
        before: Before = Before(),  # noqa: B008 - it cannot be changed
        security: "Security | None" = None,
    ) -> None:
        self.name = name
        self.badges = ""
        self.away = ""
        """Why I am away, as the server was told; "" while I am not."""
        self.motd: list[str] = []
        """The words of the house, as they were told at HELLO."""
        self.history = ""
        """Which history the server has; "" before it said so."""
        self.tip = 0
        """The newest id of all when the server took us in."""
        self.outbox: dict[str, Pending] = {line.tag: line for line in before.outbox}
        self.on_outbox: Callable[[], object] = lambda: None
        self.link = Link(loop, addresses, self, security=security)
        self.rooms: dict[str, str] = {  # folded -> as written
            fold(line.target): line.target
            for line in self.outbox.values()
            if line.target.startswith("#")
        }
        self.my_names: set[str] = {fold(name)}
        self._loop = loop
        self._front = front
        self._read_in = before.history
        self.asker: Asker = NobodyAsks()
        self.greeting = Greeting(self, store, front)
        self._past = CatchUp(self, front, backlog, before.read)
        self.entering = Entering(self, store, front, self._past)
        self.keys = self.entering.keys
        self.files: FileTraffic = NoFiles()
        self._answers: dict[str, tuple[list[Frame], Answer]] = {}
        self._sent: set[str] = set()  # tags of the outbox that this connection has seen
        self._prefix = secrets.token_urlsafe(_TAG_BYTES)
        self._number = 0
        self._connection = 0
        self._welcomed = False
        self._pausing = False  # the outbox waits: the server could not store

    @property
    def is_operator(self) -> bool:
        """Whether the server lets us use operators' verbs."""
        return _OPERATOR in self.badges.split(",")

    @property
    def online(self) -> bool:
        """Whether the server listens to us now."""
        return self._welcomed

    @property
    def asking(self) -> bool:
        """Whether an answer of the server is missing."""
        return bool(self._answers)

    def start(self) -> None:
        """Connect."""
        self.link.start()

    def join(self, room: str, key: str = "") -> None:
        """Enter ``room``, now and after every break; ``key``: if it has one, that is it."""
        self.rooms.setdefault(fold(room), room)
        if key:
            self.keys.give(room, key)
        if self._welcomed:
            self.entering.enter(room)

    def leave(self, target: str) -> None:
        """Leave a room for good; forget what was shown of a room or of a private talk."""
        self._past.leave(target)
        if self.rooms.pop(fold(target), None) is not None and self._welcomed:
            self.link.send("LEAVE", target)
        self.entering.unlock(target)

    def stay_out(self, room: str) -> None:
        """Do not try any longer to enter a room that did not let us in."""
        self._past.leave(room)
        self.rooms.pop(fold(room), None)
        self.entering.unlock(room)

    def prove(self, password: str) -> None:
        """Say the password of my name: now where the server waits for it, else when it does."""
        self.greeting.prove(password)

    def say(self, target: str, text: str, verb: str = "SAY") -> Pending:
        """Put a line into the outbox, and send it as soon as that is possible."""
        pending = Pending(self.new_tag(), verb, target, text)
        self.outbox[pending.tag] = pending
        self.send_outbox()
        self.on_outbox()
        return pending

    def ask(
        self, answer: Answer, verb: str, *args: str, payload: bytes = b"", tag: str | None = None
    ) -> None:
        """Ask the server something; ``answer`` is called with the lines of its answer.

        What does not fit the wire is answered at once, as the server would.
        """
        if not self._welcomed:
            answer([], Failure("", ""))
            return
        tag = tag or self.new_tag()
        try:
            self.link.send(verb, *args, tag=tag, payload=payload)
        except Refusal as refusal:
            answer([], Failure(refusal.code, refusal.detail))
        else:
            self._answers[tag] = ([], answer)

    def older(self, target: str, count: int, done: Callable[[list[Stored]], object]) -> None:
        """Read ``count`` events from before the oldest that was shown of a room or private talk."""
        self._past.older(target, count, done)

    def quit(self, reason: str = "") -> None:
        """Say goodbye, and come back no more."""
        if self._welcomed:
            self.link.send("QUIT", *(cut_text(reason, SHORT_TEXT_BYTES)[:1] if reason else []))
        self.link.end()

    def with_whom(self, event: Stored) -> str:
        """The other one of a private event."""
        to = event.target[1:]
        # The name that I gave up may be somebody else's today.
        if fold(event.sender) == fold(self.name):
            return to
        return event.sender if fold(to) in self.my_names else to

    def link_up(self) -> None:
        """See :class:`curses_client.link.Listener`."""
        self.greeting.hello()

    def link_payload(self, data: bytes) -> None:
        """See :class:`curses_client.link.Listener`."""
        self.files.feed(data)

    def link_flushed(self) -> None:
        """See :class:`curses_client.link.Listener`."""
        if self._welcomed:
            self.files.pump()

    def link_down(self, reason: str) -> None:
        """See :class:`curses_client.link.Listener`."""
        self._connection += 1
        self._welcomed = self._pausing = False
        self._sent.clear()
        answers, self._answers = self._answers, {}
        self._past.interrupted()
        for _, answer in answers.values():
            answer([], Failure("", reason))
        self._front.link_lost(reason)

    def link_untrusted(self, why: str) -> None:
        """See :class:`curses_client.link.Listener`."""
        self._front.refused(Failure(UNTRUSTED, why))

    def link_frame(self, frame: Frame) -> None:
        """See :class:`curses_client.link.Listener`."""
        if frame.verb == "BYE":
            self._bye(frame)
        elif frame.tag == "hello":
            self._greeted(frame)
        elif frame.verb == "SEND":
            self.files.announce(frame)
        elif frame.tag is not None and frame.tag in self._answers:
            self._answer(frame.tag, frame)
        elif frame.tag is not None and frame.tag in self.outbox:
            self._acknowledge(self.outbox[frame.tag], frame)
        elif frame.verb in STORED:
            self._past.live(Stored.of(frame, live=True, fresh=True), self.rooms)
        elif frame.verb not in {"OK", "ERR", "PONG"}:
            if frame.verb == "RENAMED":
                self._renamed(*frame.args[1:])
            self._front.passing(frame)

    def _greeted(self, frame: Frame) -> None:
        """The answer to HELLO."""
        if frame.verb == "ERR":
            self.greeting.refused(Failure(frame.args[0], " ".join(frame.args[1:])))
        elif frame.verb == "WELCOME":
            name, session, history, tip, badges, *_ = frame.args
            # An older copy of the same log gives ids out again that we saw on other events.
            older = int(tip) < self._past.newest
            if older or history != (self.history or self._read_in):
                self._past.forget()
                if self.history:
                    self._front.forgotten()
            self.history = history
            self.name, self.badges = name, badges
            self.motd = []
            self.tip = int(tip)
            self.greeting.keep(session)
        elif frame.verb == "OK":
            self._welcomed = True
            self.greeting.taken_in()
            self.link.greeted()
            self._front.welcome()
            self._past.begin_at(self.tip, self.rooms)
            for room in self.rooms.values():
                self.entering.enter(room)
            self._past.read(PRIVATE)
            self._past.read(EVERYBODY)
            self._stay_away()
            self.send_outbox()
            self.files.go_on()
        else:
            if frame.verb == "MOTD":
                self.motd.append(" ".join(frame.args))
            self._front.passing(frame)

    def _stay_away(self) -> None:
        """Say again that I am away: a server that was started anew has forgotten it."""
        text = self.away

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            del frames
            # Nothing may tell me that I am away when nobody else is told.
            if failure is not None and failure.code and self.away == text:
                self.away = ""

        if text:
            self.ask(answer, "AWAY", text)

    def later(self, delay: float, call: Callable[[], object]) -> None:
        """Call later, if this connection lasts so long."""
        connection = self._connection
        self._loop.later(delay, lambda: connection == self._connection and call())

    def _renamed(self, old: str, new: str) -> None:
        if fold(old) == fold(self.name):
            self.name = new
            self.greeting.keep()
        else:
            self._past.renamed(old, new)

    def _answer(self, tag: str, frame: Frame) -> None:
        frames, answer = self._answers[tag]
        frames.append(frame)
        if frame.verb == "OK":
            del self._answers[tag]
            answer(frames, None)
        elif frame.verb == "ERR":
            del self._answers[tag]
            answer(frames[:-1], Failure(frame.args[0], " ".join(frame.args[1:])))

    def _acknowledge(self, pending: Pending, frame: Frame) -> None:
        if frame.verb == "ERR" and frame.args[0] in TRY_AGAIN:
            self._sent.discard(pending.tag)
            if not self._pausing:
                self._pausing = True
                self.later(RETRY_SECONDS, self._resume)
            return
        self._sent.discard(pending.tag)
        if frame.verb == "ERR" and self.entering.is_locked(pending.target):
            return  # it was on its way when the room turned out to be closed
        del self.outbox[pending.tag]
        self.on_outbox()
        if frame.verb == "ERR":
            self._front.failed(pending, Failure(frame.args[0], " ".join(frame.args[1:])))
        else:
            self._front.delivered(pending)
        self.send_outbox()

    def _resume(self) -> None:
        self._pausing = False
        self.send_outbox()

    def send_outbox(self) -> None:
        """Send what this connection has not seen yet, at most WINDOW lines at once."""
        if not self._welcomed or self._pausing:
            return
        for tag, pending in self.outbox.items():
            if len(self._sent) >= WINDOW:
                return
            if tag not in self._sent and not self.entering.is_locked(pending.target):
                self._sent.add(tag)
                self.link.send(pending.verb, pending.target, pending.text, tag=tag)

    def _bye(self, frame: Frame) -> None:
        word, text = frame.args[0], " ".join(frame.args[1:])
        if word in _FOR_GOOD:
            self.link.end()
            self._front.goodbye(word, text)
        else:
            self.link.drop(text)

    def new_tag(self) -> str:
        """A tag that was never used, and never will be."""
        self._number += 1
        return f"{self._prefix}.{self._number}"
