"""Catching up: nothing missing, nothing twice, in order.

A *scope* is where events have one order: a room, all my private talk (``@``), what is said to
everybody (``*``). Each has a cursor, the newest id that was shown. After a break the scope is read
again from its cursor (HISTORY after); live events that come meanwhile are held back until the page
before them is there.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from curses_client.front import Answer, Failure, Front, Stored
from wire.grammar import EVERYBODY, PAGE_EVENTS, UNBOUNDED_ID, fold
from wire.parser import Frame

PRIVATE: Final = "@"
STORED: Final = frozenset({"MSG", "ACT", "FILE"})


class _Scope:
    """One order of events, and how much of it was shown."""

    __slots__ = ("catching", "cursor", "held")

    def __init__(self, cursor: int | None) -> None:
        self.cursor = cursor  # None: never read
        self.catching = False
        self.held: list[Stored] = []


class Asker(Protocol):
    """Whom the past is asked of: the chat."""

    def ask(self, answer: Answer, verb: str, *args: str) -> None:
        """Ask the server; ``answer`` gets the lines of its answer."""

    def with_whom(self, event: Stored) -> str:
        """The other one of a private event."""


class CatchUp:
    """Every scope of one client; ``backlog`` events of the past are wanted of a new one."""

    def __init__(self, asker: Asker, front: Front, backlog: int) -> None:
        self._asker = asker
        self._front = front
        self._backlog = backlog
        self._scopes: dict[str, _Scope] = {}
        self._oldest: dict[str, int] = {}  # the oldest id shown of a room or a private talk

    def forget(self) -> None:
        """The server has another history: what was shown says nothing of it."""
        self._scopes.clear()
        self._oldest.clear()

    def leave(self, target: str) -> None:
        """A room was left, or a private window closed."""
        self._oldest.pop(fold(target), None)
        if target.startswith("#"):
            self._scopes.pop(fold(target), None)

    def renamed(self, old: str, new: str) -> None:
        """The other one of a private talk is called otherwise."""
        if PRIVATE + fold(old) in self._oldest:
            self._oldest[PRIVATE + fold(new)] = self._oldest.pop(PRIVATE + fold(old))

    def interrupted(self) -> None:
        """The link is lost: what was held back will be read again."""
        for scope in self._scopes.values():
            scope.held.clear()

    def begin_at(self, tip: int, rooms: Iterable[str]) -> None:
        """Where nothing old is wanted, what was never read is read from ``tip`` on."""
        if self._backlog:
            return
        for name in (*rooms, PRIVATE, EVERYBODY):
            scope = self._scopes.setdefault(fold(name), _Scope(None))
            if scope.cursor is None:
                scope.cursor = tip

    def read(self, name: str) -> None:
        """Read what is missing of a scope: the newest ones at first, later all after the cursor."""
        scope = self._scopes.setdefault(fold(name), _Scope(None))
        first = scope.cursor is None
        scope.catching = True

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            if self._scopes.get(fold(name)) is not scope:
                return  # the room was left meanwhile
            events = [Stored.of(f, live=False, fresh=not first) for f in frames if f.verb in STORED]
            if first and not self._backlog and events:
                scope.cursor = events.pop().id
            for event in events:
                self._show(scope, event)
            if failure is None:
                scope.cursor = scope.cursor or 0
            # Events of a later version may be among those that it counts: only "more" matters.
            if not first and events and frames[-1].args[1:2] == ("1",):
                self.read(name)
                return
            self._go_live(scope)
            if failure is None:
                self._front.caught_up(name)

        if first:
            count = str(self._backlog or 1)  # where nothing old is wanted, where it ends
            self._asker.ask(answer, "HISTORY", name, "before", str(UNBOUNDED_ID), count)
        else:
            cursor = str(scope.cursor)
            self._asker.ask(answer, "HISTORY", name, "after", cursor, str(PAGE_EVENTS))

    def live(self, event: Stored, rooms: Iterable[str]) -> None:
        """An event came as it happened; ``rooms`` are those that I am in, folded."""
        name = PRIVATE if event.target.startswith(PRIVATE) else fold(event.target)
        if name.startswith("#") and name not in rooms:
            return  # said before the server heard that we left
        scope = self._scopes.setdefault(name, _Scope(0))
        if scope.catching:
            scope.held.append(event)
        else:
            self._show(scope, event)

    def older(self, target: str, count: int, done: Callable[[list[Stored]], object]) -> None:
        """Read ``count`` events from before the oldest that was shown of a room or private talk."""
        before = self._oldest.get(fold(target), UNBOUNDED_ID)

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            del failure
            events = [Stored.of(f, live=False, fresh=False) for f in frames if f.verb in STORED]
            if events:
                self._oldest[fold(target)] = events[0].id
            done(events)

        words = (target, "before", str(before), str(min(count, PAGE_EVENTS)))
        self._asker.ask(answer, "HISTORY", *words)

    def _go_live(self, scope: _Scope) -> None:
        """Nothing is missing any longer: what was held back follows."""
        scope.catching = False
        held, scope.held = scope.held, []
        for event in held:
            self._show(scope, event)

    def _show(self, scope: _Scope, event: Stored) -> None:
        if scope.cursor is None or event.id > scope.cursor:
            scope.cursor = event.id
            private = event.target.startswith(PRIVATE)
            talk = PRIVATE + self._asker.with_whom(event) if private else event.target
            self._oldest.setdefault(fold(talk), event.id)
            self._front.stored(event)
