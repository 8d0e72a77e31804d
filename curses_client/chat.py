"""What the server told, and what it still has to hear: nothing missing, nothing twice.

A *scope* is where events have one order: a room, all my private talk (``@``), what is said to
everybody (``*``). Each has a cursor, the newest id that was shown. After a break the scope is read
again from its cursor (HISTORY after); live events that come meanwhile are held back until the page
before them is there.

A line that I say goes into the outbox with a tag that is its own for good, and stays until the
server says OK. After a break the outbox is sent again, same tags, same order: what the server has
already, it acknowledges without storing it a second time.
"""

import contextlib
import secrets
from collections.abc import Callable, Sequence
from typing import Final

from curses_client.front import Answer, Failure, Front, Pending, Stored
from curses_client.link import Address, Link, Status
from curses_client.store import Kept, Store
from reactor.loop import Loop
from wire.grammar import EVERYBODY, PAGE_EVENTS, UNBOUNDED_ID, fold
from wire.parser import Frame

PRIVATE: Final = "@"
WINDOW: Final = 20
"""Lines that may be on their way at once; the others wait in the outbox."""
RETRY_SECONDS: Final = 3.0
"""After ``not-saved`` the same line is sent again so much later."""
STORED: Final = frozenset({"MSG", "ACT", "FILE"})
_FOR_GOOD: Final = frozenset({"kicked", "banned", "quit"})
"""After these words of BYE a client does not come back by itself."""
_TRY_AGAIN: Final = frozenset({"not-saved", "slow-down"})
_TAG_BYTES: Final = 6
_NAME_TRIES: Final = 3
_NAME_RETRY_SECONDS: Final = 0.3


class _Scope:
    """One order of events, and how much of it was shown."""

    __slots__ = ("catching", "cursor", "held", "oldest")

    def __init__(self, cursor: int | None) -> None:
        self.cursor = cursor  # None: never read
        self.oldest: int | None = None
        self.catching = False
        self.held: list[Stored] = []


class Chat:
    """One person on one server. ``backlog``: how many events of the past are wanted on entering."""

    def __init__(
        self,
        loop: Loop,
        addresses: Sequence[Address],
        store: Store,
        front: Front,
        name: str,
        backlog: int,
    ) -> None:
        self.name = name
        self.badges = ""
        self.outbox: dict[str, Pending] = {}
        self.link = Link(loop, addresses, self)
        self.rooms: dict[str, str] = {}  # folded -> as written
        self.my_names: set[str] = {fold(name)}
        self._loop = loop
        self._store = store
        self._front = front
        self._backlog = backlog
        self._history = ""
        self._scopes: dict[str, _Scope] = {}
        self._answers: dict[str, tuple[list[Frame], Answer]] = {}
        self._sent: set[str] = set()  # tags of the outbox that this connection has seen
        self._prefix = secrets.token_urlsafe(_TAG_BYTES)
        self._number = 0
        self._welcomed = False
        self._newest = 0  # the newest id that we know of, in whatever scope
        self._name_tries = _NAME_TRIES

    @property
    def online(self) -> bool:
        """Whether the server listens to us now."""
        return self._welcomed

    def start(self) -> None:
        """Connect."""
        self.link.start()

    def join(self, room: str) -> None:
        """Enter ``room``, now and after every break."""
        self.rooms.setdefault(fold(room), room)
        if self._welcomed:
            self._enter(room)

    def leave(self, room: str) -> None:
        """Leave ``room`` for good."""
        self.rooms.pop(fold(room), None)
        self._scopes.pop(fold(room), None)
        if self._welcomed:
            self.link.send("LEAVE", room)

    def say(self, target: str, text: str, verb: str = "SAY") -> Pending:
        """Put a line into the outbox, and send it as soon as that is possible."""
        pending = Pending(self._new_tag(), verb, target, text)
        self.outbox[pending.tag] = pending
        self._send_outbox()
        return pending

    def ask(self, answer: Answer, verb: str, *args: str) -> None:
        """Ask the server something; ``answer`` is called with the lines of its answer."""
        if not self._welcomed:
            answer([], Failure("", ""))
            return
        tag = self._new_tag()
        self._answers[tag] = ([], answer)
        self.link.send(verb, *args, tag=tag)

    def older(self, scope: str, count: int, done: Callable[[list[Stored]], object]) -> None:
        """Read ``count`` events from before the oldest that is known of ``scope``."""
        known = self._scopes.get(fold(scope))
        before = known.oldest if known is not None and known.oldest is not None else UNBOUNDED_ID

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            del failure
            events = [_stored(frame, live=False) for frame in frames if frame.verb in STORED]
            if known is not None and events:
                known.oldest = events[0].id
            done(events)

        self.ask(answer, "HISTORY", scope, "before", str(before), str(min(count, PAGE_EVENTS)))

    def quit(self, reason: str = "") -> None:
        """Say goodbye, and come back no more."""
        if self._welcomed:
            self.link.send("QUIT", *([reason] if reason else []))
        self.link.end()

    def with_whom(self, event: Stored) -> str:
        """The other one of a private event."""
        to = event.target[1:]
        return event.sender if fold(to) in self.my_names else to

    def link_up(self) -> None:
        """See :class:`curses_client.link.Listener`."""
        kept = self._store.load()
        options = [f"session={kept.session}"] if kept is not None else []
        if kept is not None:
            self.my_names.update(map(fold, kept.names))
        self.link.send("HELLO", self.name, *options, tag="hello")

    def link_down(self, reason: str) -> None:
        """See :class:`curses_client.link.Listener`."""
        self._welcomed = False
        self._sent.clear()
        answers, self._answers = self._answers, {}
        for scope in self._scopes.values():
            scope.held.clear()
        for _, answer in answers.values():
            answer([], Failure("", reason))
        self._front.link_lost(reason)

    def link_frame(self, frame: Frame) -> None:
        """See :class:`curses_client.link.Listener`."""
        if frame.verb == "BYE":
            self._bye(frame)
        elif frame.tag == "hello":
            self._greeting(frame)
        elif frame.tag is not None and frame.tag in self._answers:
            self._answer(frame.tag, frame)
        elif frame.tag is not None and frame.tag in self.outbox:
            self._acknowledge(self.outbox[frame.tag], frame)
        elif frame.verb in STORED:
            self._live(_stored(frame, live=True))
        elif frame.verb not in {"OK", "ERR", "PONG"}:
            if frame.verb == "RENAMED" and fold(frame.args[1]) == fold(self.name):
                self._renamed(frame.args[2])
            self._front.passing(frame)

    def _greeting(self, frame: Frame) -> None:
        """The answer to HELLO."""
        if frame.verb == "ERR":
            self._refused(Failure(frame.args[0], " ".join(frame.args[1:])))
        elif frame.verb == "WELCOME":
            name, session, history, tip, badges, *_ = frame.args
            if self._history and history != self._history:
                self._scopes.clear()
                self._front.forgotten()
            self._history = history
            self.name, self.badges = name, badges
            self._newest = int(tip)
            self._keep(session)
        elif frame.verb == "OK":
            self._welcomed = True
            self._name_tries = _NAME_TRIES
            self.link.greeted()
            self._front.welcome()
            for room in self.rooms.values():
                self._enter(room)
            self._catch_up(PRIVATE)
            self._catch_up(EVERYBODY)
            self._send_outbox()
        else:
            self._front.passing(frame)

    def _refused(self, failure: Failure) -> None:
        """HELLO was refused. Another terminal of mine may just have been given our secret."""
        self._name_tries -= 1
        if failure.code == "name-taken" and self._name_tries > 0:
            self._loop.later(_NAME_RETRY_SECONDS, self._greet_again)
        else:
            self._front.refused(failure)

    def _greet_again(self) -> None:
        if self.link.status is Status.UP and not self._welcomed:
            self.link_up()

    def _renamed(self, name: str) -> None:
        self.name = name
        self.my_names.add(fold(name))
        kept = self._store.load()
        if kept is not None:
            self._keep(kept.session)

    def _keep(self, session: str) -> None:
        self.my_names.add(fold(self.name))
        kept = Kept(session, self._history, tuple(sorted(self.my_names)))
        # Where nothing can be kept, the talk goes on; only the next start will be a stranger's.
        with contextlib.suppress(OSError):
            if kept != self._store.load():
                self._store.save(kept)

    def _enter(self, room: str) -> None:
        def answer(frames: list[Frame], failure: Failure | None) -> None:
            for frame in frames:
                self._front.passing(frame)
            if failure is not None and failure.code:
                self.rooms.pop(fold(room), None)
                self._front.room_failed(room, failure)

        self.ask(answer, "JOIN", room)
        self._catch_up(room)

    def _catch_up(self, name: str) -> None:
        """Read what is missing of a scope: the newest ones at first, later all after the cursor."""
        scope = self._scopes.setdefault(fold(name), _Scope(None))
        first = scope.cursor is None
        if first and not self._backlog:
            scope.cursor = self._newest
            return
        scope.catching = True

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            events = [frame for frame in frames if frame.verb in STORED]
            for frame in events:
                self._show(scope, _stored(frame, live=False))
            if failure is None:
                scope.cursor = scope.cursor or 0
            if not first and frames and frames[-1].args == (str(len(events)), "1"):
                self._catch_up(name)
                return
            scope.catching = False
            held, scope.held = scope.held, []
            for event in held:
                self._show(scope, event)
            if failure is None:
                self._front.caught_up(name)

        if first:
            self.ask(answer, "HISTORY", name, "before", str(UNBOUNDED_ID), str(self._backlog))
        else:
            self.ask(answer, "HISTORY", name, "after", str(scope.cursor), str(PAGE_EVENTS))

    def _live(self, event: Stored) -> None:
        name = PRIVATE if event.target.startswith("@") else fold(event.target)
        scope = self._scopes.setdefault(name, _Scope(0))
        if scope.catching:
            scope.held.append(event)
        else:
            self._show(scope, event)

    def _show(self, scope: _Scope, event: Stored) -> None:
        self._newest = max(self._newest, event.id)
        if scope.cursor is None or event.id > scope.cursor:
            scope.cursor = event.id
            if scope.oldest is None:
                scope.oldest = event.id
            self._front.stored(event)

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
        if frame.verb == "ERR" and frame.args[0] in _TRY_AGAIN:
            self._loop.later(RETRY_SECONDS, lambda: self._again(pending.tag))
            return
        del self.outbox[pending.tag]
        self._sent.discard(pending.tag)
        if frame.verb == "ERR":
            self._front.failed(pending, Failure(frame.args[0], " ".join(frame.args[1:])))
        else:
            self._front.delivered(pending)
        self._send_outbox()

    def _again(self, tag: str) -> None:
        self._sent.discard(tag)
        self._send_outbox()

    def _send_outbox(self) -> None:
        """Send what this connection has not seen yet, at most WINDOW lines at once."""
        if not self._welcomed:
            return
        for tag, pending in self.outbox.items():
            if len(self._sent) >= WINDOW:
                return
            if tag not in self._sent:
                self._sent.add(tag)
                self.link.send(pending.verb, pending.target, pending.text, tag=tag)

    def _bye(self, frame: Frame) -> None:
        word, text = frame.args[0], " ".join(frame.args[1:])
        if word in _FOR_GOOD:
            self.link.end()
            self._front.goodbye(word, text)
        else:
            self.link.drop(text)

    def _new_tag(self) -> str:
        self._number += 1
        return f"{self._prefix}.{self._number}"


def _stored(frame: Frame, *, live: bool) -> Stored:
    number, time, target, sender, *rest = frame.args
    return Stored(frame.verb, int(number), time, target, sender, " ".join(rest), live)
