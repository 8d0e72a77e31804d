"""Catching up: nothing missing, nothing twice, in order.

A *scope* is where events have one order: a room, all my private talk (``@``), what is said to
everybody (``*``). Each has a cursor, the newest id that was shown. After a break the scope is read
again from its cursor (HISTORY after); live events that come meanwhile are held back until the page
before them is there.

The first time in a run there is no cursor, but there may be a *position*: what the user had read in
an earlier run. Then older pages are read (HISTORY before) until one reaches it, and all of them are
shown together, in rising order: whoever was away finds everything, without a gap.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from curses_client.front import Answer, Failure, Front, Stored
from wire.grammar import EVERYBODY, PAGE_EVENTS, UNBOUNDED_ID, fold
from wire.parser import Frame

PRIVATE: Final = "@"
STORED: Final = frozenset({"MSG", "ACT", "FILE"})
CATCHUP_EVENTS: Final = 2000
"""So many events of a scope are read at most to reach what was read in an earlier run."""
NO_POSITIONS: Final[Mapping[str, int]] = MappingProxyType({})


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
    """Every scope of one client; ``backlog`` events of the past are wanted of a new one.

    ``positions``: folded room, ``@name`` or ``*`` -> the newest id that was read; looked at when a
    scope is read for the first time.
    """

    def __init__(
        self, asker: Asker, front: Front, backlog: int, positions: Mapping[str, int] = NO_POSITIONS
    ) -> None:
        self._asker = asker
        self._front = front
        self._backlog = backlog
        self._positions = positions
        self._scopes: dict[str, _Scope] = {}
        self._oldest: dict[str, int] = {}  # the oldest id shown of a room or a private talk

    @property
    def newest(self) -> int:
        """The newest id that was shown in this run; 0: none was."""
        return max((scope.cursor or 0 for scope in self._scopes.values()), default=0)

    def forget(self) -> None:
        """The server has another history: what was shown says nothing of it."""
        self._scopes.clear()
        self._oldest.clear()
        self._positions = NO_POSITIONS

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
        scope.catching = True
        if scope.cursor is None:
            # Where nothing old is wanted, one event tells where the scope ends.
            self._read_back(name, scope, [], self._backlog or 1)
        else:
            self._read_on(name, scope)

    def _read_back(self, name: str, scope: _Scope, later: list[Stored], count: int) -> None:
        """Read ``count`` events from before ``later``, and further back if need be; show all."""

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            if self._scopes.get(fold(name)) is not scope:
                return  # the room was left meanwhile
            page = [Stored.of(f, live=False, fresh=False) for f in frames if f.verb in STORED]
            events = page + later
            if failure is None and page and _more(frames) and self._wants_older(name, events):
                count = min(PAGE_EVENTS, CATCHUP_EVENTS - len(events))
                self._read_back(name, scope, events, count)
                return
            if failure is not None and not failure.code:
                events = []  # the link is lost: all of it is read again
            if not self._backlog and events:
                scope.cursor = events.pop().id
            for event in events:
                self._show(scope, event)
            if failure is None:
                scope.cursor = scope.cursor or 0
            self._caught_up(name, scope, failure)

        before = str(later[0].id if later else UNBOUNDED_ID)
        self._asker.ask(answer, "HISTORY", name, "before", before, str(count))

    def _read_on(self, name: str, scope: _Scope) -> None:
        """Read all after the cursor, page by page, and show each."""

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            if self._scopes.get(fold(name)) is not scope:
                return
            events = [Stored.of(f, live=False, fresh=True) for f in frames if f.verb in STORED]
            for event in events:
                self._show(scope, event)
            # Events of a later version may be among those that it counts: only "more" matters.
            if failure is None and events and _more(frames):
                self._read_on(name, scope)
            else:
                self._caught_up(name, scope, failure)

        cursor = str(scope.cursor)
        self._asker.ask(answer, "HISTORY", name, "after", cursor, str(PAGE_EVENTS))

    def _wants_older(self, name: str, events: list[Stored]) -> bool:
        """Whether events that were not read yet may stand before ``events``, and are wanted."""
        position = self._position(fold(name))
        if not self._backlog or position is None or len(events) >= CATCHUP_EVENTS:
            return False
        return events[0].id > position + 1

    def _position(self, scope: str) -> int | None:
        """Up to where a scope was read in an earlier run, None where that is not known.

        Private talk has one position for each person; what is older than the newest of them was
        brought to a client of ours.
        """
        if scope != PRIVATE:
            return self._positions.get(scope)
        mine = (number for talk, number in self._positions.items() if talk.startswith(PRIVATE))
        return max(mine, default=None)

    def _caught_up(self, name: str, scope: _Scope, failure: Failure | None) -> None:
        """Nothing is missing any longer: what was held back follows."""
        scope.catching = False
        held, scope.held = scope.held, []
        for event in held:
            self._show(scope, event)
        if failure is None:
            self._front.caught_up(name)

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

    def _show(self, scope: _Scope, event: Stored) -> None:
        if scope.cursor is None or event.id > scope.cursor:
            scope.cursor = event.id
            private = event.target.startswith(PRIVATE)
            talk = PRIVATE + self._asker.with_whom(event) if private else event.target
            self._oldest.setdefault(fold(talk), event.id)
            self._front.stored(event)


def _more(frames: list[Frame]) -> bool:
    """Whether the OK behind a page says that there are more."""
    return frames[-1].args[1:2] == ("1",)
