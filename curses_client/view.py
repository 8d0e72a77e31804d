"""State -> rows of styled text. Pure: it knows no terminal, and costs what is on the screen.

The pane is laid from the bottom up and stops when it is full, so a window of a hundred thousand
lines costs as much as one of forty. How a line wraps is remembered in the line, for one width.
"""

import math
import zlib
from enum import Enum
from typing import Final, NamedTuple

from curses_client import cells
from curses_client.state import STATUS, Anchor, Connection, Kind, Level, Line, State, Window
from curses_client.texts import Texts

TINY_COLUMNS: Final = 20
TINY_ROWS: Final = 5
"""Below this size there is one plain line: the prompt."""
INPUT_ROWS: Final = 4
"""The input line grows up to so many rows."""
_TITLE_FROM_ROWS: Final = 7
_NICK_COLOURS: Final = 8
_NICK_COLUMNS: Final = 34
_HEAD_SIGNS: Final = len("14:02 <> ")
_SHALLOW_INDENT: Final = 2
_ALARMS: Final = ("link-lost", "link-lost-narrow", "link-lost-tiny")
"""How the loss of the link is told: the first that fits, for the seconds must be seen."""


class Style(Enum):
    """How a piece of text looks; the screen decides what that means on this terminal."""

    PLAIN = "text"
    BAR = "title and status bar"
    ALARM = "the bar while the connection is lost"
    DIM = "times, comings and goings"
    NOTICE = "what the client says"
    ERROR = "what went wrong"
    MENTION = "a line that names me"
    MINE = "my own name"
    PENDING = "a line that is not acknowledged yet"
    NICK0 = "names, colour 1 of 8"
    NICK1 = "names, colour 2 of 8"
    NICK2 = "names, colour 3 of 8"
    NICK3 = "names, colour 4 of 8"
    NICK4 = "names, colour 5 of 8"
    NICK5 = "names, colour 6 of 8"
    NICK6 = "names, colour 7 of 8"
    NICK7 = "names, colour 8 of 8"


class _Worth(Enum):
    """What the bar drops first, where it is short."""

    CLOCK = 0
    NAME = 1
    FILES = 2
    ACTIVITY = 3
    MORE = 4
    TARGET = 5


NICKS: Final = (Style.NICK0, Style.NICK1, Style.NICK2, Style.NICK3, Style.NICK4, Style.NICK5,
                Style.NICK6, Style.NICK7)  # fmt: skip


class Span(NamedTuple):
    """A piece of a row in one style; its text is safe to print."""

    text: str
    style: Style


Row = tuple[Span, ...]


class Picture(NamedTuple):
    """A whole screen, and where the cursor stands."""

    rows: list[Row]
    cursor: tuple[int, int]


def nick_style(name: str) -> Style:
    """The colour of a name: the same one in every session and on every machine."""
    return NICKS[zlib.crc32(name.lower().encode()) % _NICK_COLOURS]


class View:
    """Draws a state in one language. ``pending`` are the texts that wait for the current window."""

    def __init__(self, state: State, texts: Texts) -> None:
        self._state = state
        self._texts = texts
        self._height = 1  # of the pane as it was laid last: scrolling stops when it is full

    def picture(
        self, columns: int, rows: int, clock: str, now: float, pending: list[str], question: str
    ) -> Picture:
        """The screen of ``columns`` x ``rows`` cells; ``question`` stands in place of the input."""
        if columns < TINY_COLUMNS or rows < TINY_ROWS:
            typed, cursor = self._input(columns, 1, question)
            return Picture([*typed, *([()] * (rows - 1))], cursor)
        typed, (y, x) = self._input(columns, min(INPUT_ROWS, rows // 3), question)
        title = [self._title(columns)] if rows >= _TITLE_FROM_ROWS else []
        height = rows - len(title) - 1 - len(typed)
        pane = self.pane(columns, height, pending)
        picture = [*title, *pane, self._status(columns, clock, now), *typed]
        return Picture(picture, (len(picture) - len(typed) + y, x))

    def pane(self, columns: int, height: int, pending: list[str]) -> list[Row]:
        """The message pane, filled from the bottom."""
        window = self._state.current
        found: list[Row] = []
        self._height = height
        anchor = window.anchor and self.scrolled(columns, 0)
        if anchor is None:
            for text in reversed(pending):
                mine = Line(Kind.TALK, "--:--", self._state.name, text)
                found.extend(reversed(self._rows(mine, columns, pending=True)))
            anchor = Anchor(len(window.lines) - 1, 0)
        below = anchor.below
        for at in range(anchor.line, -1, -1):
            if len(found) >= height:
                break
            rows = self._rows(window.lines[at], columns)
            # A pane that became wider has fewer rows of the line than were below.
            found.extend(reversed(rows[: max(1, len(rows) - below)]))
            below = 0
        shown = found[:height]
        shown.reverse()
        return [*([()] * (height - len(shown))), *shown]

    def scrolled(self, columns: int, by: int) -> Anchor | None:
        """Where the current window stands after going up ``by`` rows (down, if negative).

        Up it goes until the first line is at the top of the pane, down to the bottom: None.
        """
        start = self._state.current.anchor or Anchor(len(self._state.current.lines) - 1, 0)
        if by < 0:
            return self._walk(columns, start, by)
        above = self._height - 1
        top = self._walk(columns, start, by + above)
        return top and self._walk(columns, top, -above)

    def _walk(self, columns: int, start: Anchor, by: int) -> Anchor | None:
        """``by`` rows up from ``start``: at most to the first row; None: below the last."""
        lines = self._state.current.lines
        at, below = start
        while lines and 0 <= at < len(lines):
            count = len(self._rows(lines[at], columns))
            below = min(below, count - 1)
            if 0 <= below + by < count:
                return Anchor(at, below + by)
            if by > 0:
                by -= count - below
                at, below = at - 1, 0
            else:
                by += below + 1
                at += 1
                below = len(self._rows(lines[at], columns)) - 1 if at < len(lines) else 0
        return Anchor(0, len(self._rows(lines[0], columns)) - 1) if lines and at < 0 else None

    def _rows(self, line: Line, columns: int, *, pending: bool = False) -> list[Row]:
        """One line of a window as rows of at most ``columns`` cells."""
        head = _head(line, self._state.name, columns, pending=pending)
        prefix = sum(cells.width(span.text) for span in head)
        deep = prefix <= columns // 2
        indent = prefix if deep else _SHALLOW_INDENT
        if line.width != columns:
            line.rows = tuple(cells.wrap(line.text, columns - indent))
            line.width = columns
        style = Style.PENDING if pending else _style(line)
        blank = Span(" " * indent, Style.PLAIN)
        rows: list[Row] = [(blank, Span(text, style)) for text in line.rows]
        # A head of over half the pane has a row of its own; else the text stands behind it.
        if deep:
            rows[0] = (*head, rows[0][1])
        else:
            rows.insert(0, tuple(head))
        return rows

    def _title(self, columns: int) -> Row:
        window = self._state.current
        if window.target == STATUS:
            text = " " + self._texts("status-title")
        elif window.target.startswith("#"):
            topic = self._texts("topic", text=window.topic) if window.topic else ""
            count = f" {self._texts('people', count=len(window.people))} "
            left = cells.safe(f" {window.target} │ {topic or self._texts('no-topic')}")
            text = cells.pad(left, columns - cells.width(count)) + count
        else:
            text = cells.safe(" " + window.target)
        return (Span(cells.pad(text, columns), Style.BAR),)

    def _status(self, columns: int, clock: str, now: float) -> Row:
        """The bar that always names the target; while the link is down, it says so in red."""
        state = self._state
        window = state.current
        name = state.name + ("✓" if "verified" in state.badges else "")
        target = f"{window.number}:{window.target or 'obrol'}"
        if state.connection is Connection.LOST:
            seconds = max(0, math.ceil(state.retry_at - now))
            reason = state.reason or self._texts("reason-closed")
            told = [self._texts(key, reason=reason, seconds=seconds) for key in _ALARMS]
            bars = [cells.safe(f" {target} {alarm}") for alarm in told]
            text = next((bar for bar in bars if cells.width(bar) <= columns), bars[-1])
            return (Span(cells.pad(text, columns), Style.ALARM),)
        # What does not fit goes, the least important first; the target never does.
        parts = [
            (_Worth.CLOCK, f"[{clock}]"),
            (_Worth.NAME, f"[{name}]"),
            (_Worth.TARGET, target),
            *((_Worth.ACTIVITY, text) for text in self._activity()),
            *((_Worth.FILES, f"[{text}]") for text in state.progress),
            *((_Worth.MORE, text) for text in self._more_below(window)),
        ]
        if state.connection is Connection.TRYING:
            parts.append((_Worth.MORE, "…"))
        while len(parts) > 1 and sum(cells.width(text) + 1 for _, text in parts) + 1 > columns:
            parts.remove(min(parts, key=lambda part: part[0].value))
        text = cells.safe(" " + " ".join(text for _, text in parts))
        return (Span(cells.pad(text, columns), Style.BAR),)

    def _activity(self) -> list[str]:
        busy = [
            f"{w.number}:{w.target or 'obrol'}({w.unread}{'!' * (w.level is Level.MENTION)})"
            for w in sorted(self._state.windows, key=lambda w: (-w.level.value, w.number))
            if w.level is not Level.NONE
        ]
        return [f"[{self._texts('activity', windows=','.join(busy))}]"] if busy else []

    def _more_below(self, window: Window) -> list[str]:
        if not window.below:
            return []
        return [self._texts("more-below", count=window.below)]

    def _input(self, columns: int, most: int, question: str) -> tuple[list[Row], tuple[int, int]]:
        """The input line with its prompt, and the cursor in it; the last column stays free."""
        room = max(1, columns - 1)
        if question:
            text = cells.clip(cells.safe(question), room)
            return [(Span(text, Style.NOTICE),)], (0, min(cells.width(text), columns - 1))
        window = self._state.current
        prompt = cells.clip(cells.safe(f"[{window.target or 'obrol'}] "), max(0, room // 2))
        rows, y, x = window.editor.rows(room, cells.width(prompt))
        first = max(0, min(y - most + 1, len(rows) - most))
        drawn: list[Row] = [(Span(text, Style.PLAIN),) for text in rows[first : first + most]]
        if first == 0:
            drawn[0] = (Span(prompt, Style.DIM), *drawn[0])
        return drawn, (y - first, x)


def _head(line: Line, me: str, columns: int, *, pending: bool) -> list[Span]:
    """What stands before the text of a line: its time, and who."""
    clock = [Span(line.clock + " ", Style.DIM)] if line.clock else []
    who = cells.clip(cells.safe(line.who), min(_NICK_COLUMNS, columns - _HEAD_SIGNS))
    nick = Style.MINE if line.who == me else nick_style(line.who)
    if pending:
        nick = Style.PENDING
    if line.kind is Kind.TALK:
        return [*clock, Span("<", Style.DIM), Span(who, nick), Span("> ", Style.DIM)]
    if line.kind is Kind.DEED:
        return [*clock, Span("* ", Style.DIM), Span(who, nick), Span(" ", Style.DIM)]
    return clock


def _style(line: Line) -> Style:
    return Style.MENTION if line.mention else _STYLES.get(line.kind, Style.PLAIN)


_STYLES: Final = {
    Kind.PASSING: Style.DIM,
    Kind.NOTICE: Style.NOTICE,
    Kind.ERROR: Style.ERROR,
    Kind.DAY: Style.DIM,
}
