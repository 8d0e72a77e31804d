"""What is known: windows, their lines, who is where. Pure: no terminal, no socket, no clock.

Window 1 is the client's own (status); rooms and private talks get the next numbers in order of
opening, and keep them.
"""

import functools
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from curses_client.editor import Editor, History
from wire.grammar import fold

STATUS: Final = ""
"""The target of window 1: nobody hears what is typed there."""


class Kind(Enum):
    """What a line of a window is."""

    TALK = "somebody said"
    DEED = "somebody did"
    FILE = "somebody sent a file"
    PASSING = "somebody came, went, changed a name"
    NOTICE = "the client or the server says"
    ERROR = "something went wrong"
    DAY = "a new day"


class Level(Enum):
    """How much happened in a window that is not shown, in rising order."""

    NONE = 0
    TALK = 1
    MENTION = 2


class Moment(NamedTuple):
    """A time of the wire as the user's clock shows it."""

    day: tuple[int, int, int, int]  # year, month, day, weekday
    clock: str


@functools.lru_cache(maxsize=2048)
def _local(minute: str) -> Moment:
    try:
        time = datetime.fromisoformat(minute + ":00+00:00").astimezone()
    except (ValueError, OverflowError):  # the form of a time, but no such day or hour
        time = datetime.fromtimestamp(0).astimezone()
    day = (time.year, time.month, time.day, time.weekday())
    return Moment(day, f"{time:%H:%M}")


_MINUTE_CHARACTERS: Final = len("2026-11-21T07:40")


def moment(time: str) -> Moment:
    """The local day and clock of a time of the wire; lines of one minute share one answer."""
    return _local(time[:_MINUTE_CHARACTERS])


class Line:
    """One line of a window. ``id`` is 0 for what is not stored by the server."""

    __slots__ = ("clock", "id", "kind", "mention", "rows", "text", "who", "width")

    def __init__(
        self, kind: Kind, clock: str, who: str, text: str, number: int = 0, *, mention: bool = False
    ) -> None:
        self.kind = kind
        self.clock = clock
        self.who = who
        self.text = text
        self.id = number
        self.mention = mention
        self.width = 0  # the pane's width for which `rows` holds
        self.rows: tuple[str, ...] = ()


class Anchor(NamedTuple):
    """Where a window is scrolled to: the lowest line shown, and how many of its rows are below."""

    line: int
    below: int


class Window:
    """One window: ``target`` is ``#room``, ``@name`` or STATUS."""

    def __init__(self, number: int, target: str) -> None:
        self.number = number
        self.target = target
        self.lines: list[Line] = []
        self.day: tuple[int, int, int, int] | None = None
        self.topic = ""
        self.people: dict[str, str] = {}  # folded -> as shown
        self.speakers: dict[str, None] = {}  # the latest one is the last
        self.anchor: Anchor | None = None  # None: at the bottom
        self.below = 0  # lines that came while scrolled up
        self.unread = 0
        self.level = Level.NONE
        self.editor = Editor()
        self.history = History()

    def __repr__(self) -> str:
        return f"<Window {self.number} {self.target!r} {len(self.lines)} lines>"

    def add(self, line: Line, day: tuple[int, int, int, int], day_text: str) -> None:
        """Append a line, and a line for the day before it when a new one began."""
        if self.day is not None and day != self.day:
            self.lines.append(Line(Kind.DAY, "", "", day_text))
        self.day = day
        self.lines.append(line)
        if self.anchor is not None:
            self.below += 1

    def put_before(self, lines: list[Line]) -> None:
        """Put older lines in front; what is shown stays where it is."""
        self.lines[:0] = lines
        if self.anchor is not None:
            self.anchor = Anchor(self.anchor.line + len(lines), self.anchor.below)

    def spoke(self, who: str) -> None:
        """Remember who spoke last, for completion."""
        self.speakers.pop(who, None)
        self.speakers[who] = None

    def to_bottom(self) -> None:
        """Show the newest line."""
        self.anchor = None
        self.below = 0


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
        self.connection = Connection.TRYING
        self.reason = ""
        self.retry_at = 0.0
        self.progress: list[str] = []  # what the bar tells of files on their way
        self.windows: list[Window] = [Window(1, STATUS)]
        self.current = self.windows[0]
        self.previous = self.windows[0]

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
            window = Window(number, target)
            self.windows.append(window)
            self.windows.sort(key=lambda w: w.number)
        return window

    def show(self, window: Window) -> None:
        """Make ``window`` the one that is shown."""
        if window is not self.current:
            self.previous = self.current
        self.current = window
        window.unread = 0
        window.level = Level.NONE

    def close(self, window: Window) -> None:
        """Close a window; window 1 stays."""
        if window is self.windows[0]:
            return
        self.windows.remove(window)
        if window is self.current:
            self.show(self.previous if self.previous in self.windows else self.windows[0])
        if self.previous not in self.windows:
            self.previous = self.windows[0]

    def step(self, by: int) -> None:
        """Show the next window, or with -1 the one before."""
        at = self.windows.index(self.current)
        self.show(self.windows[(at + by) % len(self.windows)])

    def touch(self, window: Window, level: Level) -> None:
        """Something happened in ``window``; it counts when it is not shown."""
        if window is not self.current:
            window.unread += 1
            if level.value > window.level.value:
                window.level = level

    def renamed(self, old: str, new: str) -> None:
        """Somebody is called otherwise: in the rooms, and as the other one of a private talk."""
        for window in self.windows:
            if fold(old) in window.people:
                del window.people[fold(old)]
                window.people[fold(new)] = new
                if old in window.speakers:
                    del window.speakers[old]
                    window.speakers[new] = None
        private = self.find("@" + old)
        if private is not None and self.find("@" + new) in {None, private}:
            private.target = "@" + new

    def busiest(self) -> Window | None:
        """The window in which most happened: mentions first, then the lowest number."""
        busy = [window for window in self.windows if window.level is not Level.NONE]
        return min(busy, key=lambda w: (-w.level.value, w.number), default=None)
