"""What is known: windows, their lines, who is where. Pure: no terminal, no socket, no clock.

Window 1 is the client's own (status); rooms and private talks get the next numbers in order of
opening, and keep them.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from curses_client.editor import Editor, History
from curses_client.scrollback import Anchor, Day, Kind, Line, Moment, moment
from wire.grammar import EVERYBODY, fold

__all__ = ["Anchor", "Day", "Kind", "Line", "Moment", "State", "Window", "moment"]

STATUS: Final = ""
"""The target of window 1: nobody hears what is typed there."""
SHEET: Final = ":help"
FOUND: Final = ":search"
TRACE: Final = ":trace"
LOG: Final = ":log"
"""Windows that only tell something; no target of the wire begins with a colon."""
SCROLLBACK_LINES: Final = 100_000
"""Lines that a window keeps; the server has the others (``/history``)."""
_TRIMMED_AT_ONCE: Final = SCROLLBACK_LINES // 10
_NOBODY: Final[frozenset[str]] = frozenset()


class Level(Enum):
    """How much happened in a window that is not shown, in rising order."""

    NONE = 0
    LOG = 1
    FILE = 2
    TALK = 3
    MENTION = 4


class Window:
    """One window: ``target`` is ``#room``, ``@name``, STATUS, or one that only tells something.

    ``lines`` are those that are shown, ``everything`` holds the hidden ones too: who came and went
    (Alt+=), what was said by those in ``ignored`` (folded names). At most one of them is the mark:
    what stands below it came while nobody looked.
    """

    def __init__(
        self,
        number: int,
        target: str,
        *,
        passing: bool = True,
        ignored: frozenset[str] = _NOBODY,
    ) -> None:
        self.number = number
        self.target = target
        self.lines: list[Line] = []
        self.everything: list[Line] = []
        self.topic = ""
        self.away = ""  # why the other one of a private talk is away
        self.people: dict[str, str] = {}  # folded -> as shown
        self.signs: dict[str, str] = {}  # folded -> what NAMES puts behind the name
        self.speakers: dict[str, None] = {}  # the latest one is the last
        self.anchor: Anchor | None = None  # None: at the bottom
        self.below = 0  # lines that came while scrolled up
        self.unread = 0
        self.level = Level.NONE
        self.mentions = 0  # how many of the unread ones
        self.read = 0  # the newest event that was looked at; 0: none is known
        self.newest = 0
        self.known = 0  # the newest event that the last run of the client had shown
        self.editor = Editor()
        self.draft = ""  # what the last run left in the editor
        self.history = History()
        self._passing = passing
        self._ignored = ignored
        self._mark: Line | None = None

    def __repr__(self) -> str:
        return f"<Window {self.number} {self.target!r} {len(self.lines)} lines>"

    @property
    def heard(self) -> bool:
        """Whether somebody hears what is typed here."""
        return self.target[:1] in {"#", "@", EVERYBODY}

    def add(self, line: Line, day: Day, day_text: str, *, unseen: bool = False) -> None:
        """Append a line, and a line for the day before it when a new one began.

        ``unseen``: the mark belongs above it, if there is none since this window was left.
        """
        above = next((before.day for before in reversed(self.everything) if before.day), None)
        if above is not None and day != above:
            self._append(Line(Kind.DAY, "", "", day_text, day=day))
        line.day = day
        if unseen:
            self._count_unseen()
        self._append(line)
        if self.anchor is not None and self._shows(line):
            self.below += 1
        if line.id:
            self.newest = line.id
        if len(self.everything) >= SCROLLBACK_LINES + _TRIMMED_AT_ONCE:
            self._trim()

    def put_before(self, older: Sequence[Line], day_text: Callable[[Day], str]) -> None:
        """Put older lines in front, with one for each new day; what is shown stays where it is."""
        first = next((line for line in self.everything if line.day is not None), None)
        lines: list[Line] = []
        for line, below in zip(older, [*older[1:], first], strict=False):
            lines.append(line)
            day = below.day if below is not None and below.kind is not Kind.DAY else None
            if day is not None and day != line.day:
                lines.append(Line(Kind.DAY, "", "", day_text(day), day=day))
        self.everything[:0] = lines
        shown = [line for line in lines if self._shows(line)]
        self.lines[:0] = shown
        if self.anchor is not None:
            self.anchor = Anchor(self.anchor.line + len(shown), self.anchor.below)

    def show_passing(self, *, wanted: bool) -> None:
        """Show comings and goings, or hide them; the lowest line shown stays the lowest."""
        if wanted is not self._passing:
            self._passing = wanted
            self._choose()

    def ignore(self, names: frozenset[str]) -> None:
        """Hide what these people (folded names) say, now and before, and show all others."""
        if names != self._ignored:
            self._ignored = names
            self._choose()

    def _choose(self) -> None:
        """Choose anew which lines are shown; the lowest one stays the lowest."""
        lowest = self.lines[self.anchor.line] if self.anchor is not None else None
        at = self.everything.index(lowest) if lowest is not None else 0
        above = sum(self._shows(line) for line in self.everything[: at + 1])
        self.lines = [line for line in self.everything if self._shows(line)]
        if lowest is not None:
            self.anchor = Anchor(max(0, above - 1), 0)
        self._stand_on_something()

    def clear(self) -> None:
        """Show none of the lines any longer."""
        self.lines.clear()
        self.everything.clear()
        self._mark = None
        self.to_bottom()

    def spoke(self, who: str) -> None:
        """Remember who spoke last, for completion."""
        self.speakers.pop(who, None)
        self.speakers[who] = None

    def to_bottom(self) -> None:
        """Show the newest line."""
        self.anchor = None
        self.below = 0

    def left(self) -> None:
        """Nobody looks any longer: the mark goes above the next line."""
        self.unmark()

    def looked_at(self) -> None:
        """Somebody looks: nothing is unread, and the mark stays where it is."""
        self.unread = self.mentions = 0
        self.level = Level.NONE
        self.read = max(self.read, self.newest)

    def mark_here(self) -> None:
        """Put the mark below all that is there now."""
        self.unmark()
        self._mark = Line(Kind.MARK, "", "", "")
        self._append(self._mark)

    def unmark(self) -> None:
        """Take the mark away."""
        mark, self._mark = self._mark, None
        if mark is None:
            return
        at = _last_index(self.lines, mark)
        del self.lines[at], self.everything[_last_index(self.everything, mark)]
        if self.anchor is not None and self.anchor.line >= at:
            self.anchor = Anchor(max(0, self.anchor.line - 1), 0)
        self._stand_on_something()

    @property
    def mark(self) -> int | None:
        """Where in ``lines`` the mark is."""
        return None if self._mark is None else _last_index(self.lines, self._mark)

    def _count_unseen(self) -> None:
        if self._mark is None:
            self.mark_here()
        if self._mark is not None:
            self._mark.text = str(int(self._mark.text or 0) + 1)

    def _append(self, line: Line) -> None:
        self.everything.append(line)
        if self._shows(line):
            self.lines.append(line)

    def _shows(self, line: Line) -> bool:
        if line.kind is Kind.PASSING:
            return self._passing
        return not self._ignored or fold(line.who) not in self._ignored

    def _trim(self) -> None:
        gone = self.everything[:_TRIMMED_AT_ONCE]
        shown = sum(self._shows(line) for line in gone)
        # The mark stays, at the top: all that is left below it was not read.
        kept = [line for line in gone if line is self._mark]
        self.everything[:_TRIMMED_AT_ONCE] = kept
        self.lines[:shown] = kept
        shown -= len(kept)
        if self.anchor is not None:
            self.anchor = Anchor(max(0, self.anchor.line - shown), self.anchor.below)
        self._stand_on_something()

    def _stand_on_something(self) -> None:
        """Where no line is left to be shown, there is nowhere to be scrolled to."""
        if not self.lines:
            self.to_bottom()


def _last_index(lines: list[Line], line: Line) -> int:
    """Where ``line`` is, looked for from the end, where marks are."""
    return next(at for at in range(len(lines) - 1, -1, -1) if lines[at] is line)


class Connection(Enum):
    """What the bar tells of the link."""

    TRYING = "connecting"
    UP = "connected"
    LOST = "waiting before the next try"


class State:
    """Everything that the screen shows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.badges = ""
        self.away = False
        self.lag = 0.0  # seconds that the server took to answer last
        self.connection = Connection.TRYING
        self.reason = ""
        self.retry_at = 0.0
        self.focused = True  # the terminal says when it is not
        self.passing = True  # comings and goings are shown
        self.ignored = _NOBODY  # folded names
        self.progress: list[str] = []  # what the bar tells of files on their way
        self.windows: list[Window] = [Window(1, STATUS)]
        self.current = self.windows[0]
        self.previous = self.windows[0]
        self.history = History()  # what was typed in all windows
        self.on_open: Callable[[Window], object] = lambda _: None
        self.on_close: Callable[[Window], object] = lambda _: None

    def find(self, target: str) -> Window | None:
        """The window of ``target``, if it is open."""
        wanted = fold(target)
        return next((w for w in self.windows if fold(w.target) == wanted), None)

    def open(self, target: str) -> Window:
        """The window of ``target``, opened if need be, with the lowest number that is free."""
        window = self.find(target)
        if window is None:
            taken = {window.number for window in self.windows}
            number = next(n for n in range(1, len(taken) + 2) if n not in taken)
            window = Window(number, target, passing=self.passing, ignored=self._ignored_in(target))
            self.windows.append(window)
            self.windows.sort(key=lambda w: w.number)
            self.on_open(window)
        return window

    def show(self, window: Window) -> None:
        """Make ``window`` the one that is shown."""
        if window is not self.current:
            self.previous = self.current
            if self.focused:
                self.current.left()
        self.current = window
        if self.focused:
            window.looked_at()

    def focus(self, *, gained: bool) -> None:
        """The terminal is looked at again, or not any longer."""
        if gained and not self.focused:
            self.current.looked_at()
        elif self.focused and not gained:
            self.current.left()
        self.focused = gained

    def attended(self, window: Window) -> bool:
        """Whether somebody looks at ``window``."""
        return self.focused and window is self.current

    def close(self, window: Window) -> None:
        """Close a window; window 1 stays."""
        if window is self.windows[0]:
            return
        self.windows.remove(window)
        self.on_close(window)
        if window is self.current:
            self.show(self.previous if self.previous in self.windows else self.windows[0])
        if self.previous not in self.windows:
            self.previous = self.windows[0]

    def step(self, by: int) -> None:
        """Show the next window, or with -1 the one before."""
        at = self.windows.index(self.current)
        self.show(self.windows[(at + by) % len(self.windows)])

    def touch(self, window: Window, level: Level) -> None:
        """Something happened in ``window``; it counts when nobody looks at it."""
        if not self.attended(window):
            window.unread += 1
            window.mentions += level is Level.MENTION
            if level.value > window.level.value:
                window.level = level

    def renamed(self, old: str, new: str) -> None:
        """Somebody is called otherwise: in the rooms, and as the other one of a private talk."""
        for window in self.windows:
            if fold(old) in window.people:
                del window.people[fold(old)]
                window.people[fold(new)] = new
                window.signs.pop(fold(old), None)
                if old in window.speakers:
                    del window.speakers[old]
                    window.speakers[new] = None
        private = self.find("@" + old)
        if private is not None and self.find("@" + new) in {None, private}:
            private.target = "@" + new

    def busiest(self) -> Window | None:
        """The window in which most happened: mentions first, then the lowest number."""
        busy = [w for w in self.windows if w.level is not Level.NONE and w is not self.current]
        return min(busy, key=lambda w: (-w.level.value, w.number), default=None)

    def show_passing(self, *, wanted: bool) -> None:
        """Show comings and goings in every window, or hide them."""
        self.passing = wanted
        for window in self.windows:
            window.show_passing(wanted=wanted)

    def ignore(self, names: frozenset[str]) -> None:
        """Hide in every window what these people (folded names) say, or said."""
        self.ignored = names
        for window in self.windows:
            window.ignore(self._ignored_in(window.target))

    def _ignored_in(self, target: str) -> frozenset[str]:
        """Who searches finds what anybody said; what is told to everybody reaches all."""
        return self.ignored if target.startswith(("#", "@")) else _NOBODY
