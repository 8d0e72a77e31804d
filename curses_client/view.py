"""State -> rows of styled text. Pure: it knows no terminal, and costs what is on the screen.

The pane is laid from the bottom up and stops when it is full, so a window of a hundred thousand
lines costs as much as one of forty. How a line wraps is remembered in the line, for one width.
"""

from typing import Final, NamedTuple

from curses_client import cells
from curses_client.bars import Bars, badge, window_name
from curses_client.picture import Picture, Question, Row, Span, Style, nick_style
from curses_client.state import Anchor, Connection, Kind, Line, State
from curses_client.texts import Texts

TINY_COLUMNS: Final = 20
TINY_ROWS: Final = 5
"""Below this size there is one plain line: the prompt."""
INPUT_ROWS: Final = 4
"""The input line grows up to so many rows."""
NAMES_FROM_COLUMNS: Final = 100
"""From this width on the list of names shows itself, where the settings leave it to us."""
NAMES_COLUMNS: Final = 18
_LEAST_PANE_COLUMNS: Final = 40
"""A list of names that would leave less to the talk is not shown."""
_TITLE_FROM_ROWS: Final = 7
_NICK_COLUMNS: Final = 34
_HEAD_SIGNS: Final = len("14:02 <> ")
_SHALLOW_INDENT: Final = 2
_RULE_END: Final = 4
_FIRST_LINES: Final = 100
"""So many lines of a window are looked at for something that was said."""
_LEAST_SLID: Final = 3
"""Columns from which a text that goes on to the left has a sign for it."""


class Look(NamedTuple):
    """What the settings say about the picture."""

    nicklist: str = "off"
    ascii: bool = False
    bare: bool = False


class Moment(NamedTuple):
    """What of the picture is true only now.

    ``pending`` are the texts that wait for the current window; ``question`` stands in place of the
    input line, ``hint`` in that of the bar; ``found`` is the line that a search has found.
    """

    clock: str
    now: float
    pending: list[str]
    question: Question | None = None
    found: Line | None = None
    hint: tuple[str, ...] = ()


class View:
    """Draws a state in one language."""

    def __init__(self, state: State, texts: Texts) -> None:
        self.look = Look()
        self._state = state
        self._texts = texts
        self._bars = Bars(state, texts)
        self._height = 1  # of the pane as it was laid last: scrolling stops when it is full
        self._names = 0  # columns of the list of names
        self._found: Line | None = None

    def picture(self, columns: int, rows: int, moment: Moment) -> Picture:
        """The screen of ``columns`` x ``rows`` cells."""
        self._found = moment.found
        if columns < TINY_COLUMNS or rows < TINY_ROWS:
            most = min(INPUT_ROWS, rows) if moment.question else 1
            typed, cursor = self._input(columns, most, moment.question)
            picture = Picture([*typed, *([()] * (rows - len(typed)))], cursor)
        elif self.look.bare:
            picture = Picture(self._bare(columns, rows), (rows - 1, 0))
        else:
            picture = self._whole(columns, rows, moment)
        if not self.look.ascii:
            return picture
        plain = [tuple(Span(cells.to_ascii(t), style) for t, style in row) for row in picture.rows]
        return Picture(plain, picture.cursor)

    def _whole(self, columns: int, rows: int, moment: Moment) -> Picture:
        # A question is there to be read: it may have more of a small screen.
        most = min(INPUT_ROWS, rows // (2 if moment.question else 3))
        typed, (y, x) = self._input(columns, most, moment.question)
        title = [self._bars.title(columns)] if rows >= _TITLE_FROM_ROWS else []
        height = rows - len(title) - 1 - len(typed)
        self._names = self._names_columns(columns)
        pane = self.pane(columns, height, moment.pending)
        if self._names:
            pane = self._beside(pane, columns - self._names)
        bar = self._bars.status(columns, moment.clock, moment.now, moment.hint)
        picture = [*title, *pane, bar, *typed]
        return Picture(picture, (len(picture) - len(typed) + y, x))

    def pane(self, columns: int, height: int, pending: list[str]) -> list[Row]:
        """The message pane, filled from the bottom."""
        window = self._state.current
        width = columns - self._names
        found: list[Row] = []
        self._height = height
        hint = False
        anchor = window.anchor and self.scrolled(columns, 0)
        if anchor is None:
            for text in reversed(pending):
                mine = Line(Kind.TALK, "--:--", self._state.name, text)
                found.extend(reversed(self._rows(mine, width, pending=True)))
            anchor = Anchor(len(window.lines) - 1, 0)
            hint = not found and self._is_new()
        below = anchor.below
        for at in range(anchor.line, -1, -1):
            if len(found) >= height:
                break
            rows = self._rows(window.lines[at], width)
            # A pane that became wider has fewer rows of the line than were below.
            found.extend(reversed(rows[: max(1, len(rows) - below)]))
            below = 0
        if hint and len(found) < height:
            text = cells.clip(self._texts("first-words"), width)
            found.insert(0, (Span(text, Style.DIM),))
        shown = found[:height]
        shown.reverse()
        return [*([()] * (height - len(shown))), *shown]

    def _is_new(self) -> bool:
        """Whether nobody has said anything yet, as far as is known: a first evening."""
        up = self._state.connection is Connection.UP
        return up and self._state.current.heard and not any(
            line.kind in _SAID for w in self._state.windows for line in w.lines[:_FIRST_LINES]
        )  # fmt: skip

    def at_top(self, columns: int, line: int) -> Anchor | None:
        """Where the current window stands when ``line`` is its topmost one."""
        last = len(self._rows(self._state.current.lines[line], columns - self._names)) - 1
        return self._walk(columns, Anchor(line, last), 1 - self._height)

    def scrolled(self, columns: int, by: int) -> Anchor | None:
        """Where the current window stands after going up ``by`` rows (down, if negative).

        Up it goes until the first line is at the top of the pane, down to the bottom: None.
        """
        start = self._state.current.anchor or Anchor(len(self._state.current.lines) - 1, 0)
        above = self._height - 1
        # From where the pane is full: at its top the lowest line may be one that was asked for.
        top = self._walk(columns, start, max(by, 0) + above)
        full = top and self._walk(columns, top, -above)
        return self._walk(columns, full, by) if full and by < 0 else full

    def _walk(self, columns: int, start: Anchor, by: int) -> Anchor | None:
        """``by`` rows up from ``start``: at most to the first row; None: below the last."""
        lines = self._state.current.lines
        width = columns - self._names
        at, below = start
        while lines and 0 <= at < len(lines):
            count = len(self._rows(lines[at], width))
            below = min(below, count - 1)
            if 0 <= below + by < count:
                return Anchor(at, below + by)
            if by > 0:
                by -= count - below
                at, below = at - 1, 0
            else:
                by += below + 1
                at += 1
                below = len(self._rows(lines[at], width)) - 1 if at < len(lines) else 0
        return Anchor(0, len(self._rows(lines[0], width)) - 1) if lines and at < 0 else None

    def _rows(self, line: Line, columns: int, *, pending: bool = False) -> list[Row]:
        """One line of a window as rows of at most ``columns`` cells."""
        if line.kind is Kind.MARK:
            return [self._mark(line, columns)]
        head = _head(line, self._state.name, columns, pending=pending)
        prefix = sum(cells.width(span.text) for span in head)
        deep = prefix <= columns // 2
        indent = prefix if deep else _SHALLOW_INDENT
        if line.width != columns:
            # Rows of a sheet stand as they are; what does not fit goes on under their text.
            hanging = len(line.text) - len(line.text.lstrip(" ")) if line.kind is Kind.PLAIN else 0
            line.rows = tuple(cells.wrap(line.text, columns - indent, hanging))
            line.width = columns
        style = Style.PENDING if pending else _style(line)
        if line is self._found:
            style = Style.FOUND
        blank = Span(" " * indent, Style.PLAIN)
        rows: list[Row] = [(blank, Span(text, style)) for text in line.rows]
        # A head of over half the pane has a row of its own; else the text stands behind it.
        if deep:
            rows[0] = (*head, rows[0][1])
        else:
            rows.insert(0, tuple(head))
        return rows

    def _mark(self, line: Line, columns: int) -> Row:
        """The rule above what was not read: how many lines, in the middle of it."""
        text = f" {self._texts('unread', count=line.text)} " if line.text else ""
        text = text if cells.width(text) + _RULE_END <= columns else ""
        left = (columns - cells.width(text)) // 2
        rule = "─" * left + text + "─" * (columns - cells.width(text) - left)
        return (Span(rule, Style.MARK),)

    def _names_columns(self, columns: int) -> int:
        """How wide the list of names is; 0: it is not shown."""
        wanted = self.look.nicklist
        fits = columns - NAMES_COLUMNS >= _LEAST_PANE_COLUMNS
        shown = wanted == "on" or (wanted == "auto" and columns >= NAMES_FROM_COLUMNS)
        return NAMES_COLUMNS if shown and fits and self._state.current.people else 0

    def _beside(self, pane: list[Row], width: int) -> list[Row]:
        """The pane with the list of names at its right."""
        window = self._state.current
        names = sorted(window.people)
        if len(names) > len(pane):
            names = names[: len(pane) - 1]
        more = len(window.people) - len(names)
        column = [
            Span(
                cells.clip(cells.safe(window.people[name] + badge(window.signs.get(name, ""))),
                           NAMES_COLUMNS - 1),
                nick_style(window.people[name]),
            )
            for name in names
        ]  # fmt: skip
        if more:
            column.append(Span(f"+{more}", Style.DIM))
        column += [Span("", Style.PLAIN)] * (len(pane) - len(column))
        rows: list[Row] = []
        for row, name in zip(pane, column, strict=True):
            used = sum(cells.width(span.text) for span in row)
            fill = Span(" " * (width - used), Style.PLAIN)
            rows.append((*row, fill, Span("│", Style.DIM), name))
        return rows

    def _bare(self, columns: int, rows: int) -> list[Row]:
        """Nothing but what was said, for the terminal's own selection; the last row stays free."""
        window = self._state.current
        anchor = window.anchor or Anchor(len(window.lines) - 1, 0)
        found: list[str] = []
        for at in range(anchor.line, -1, -1):
            if len(found) >= rows - 1:
                break
            line = window.lines[at]
            if line.kind is Kind.MARK:
                continue
            who = _BARE_HEADS.get(line.kind, "").format(line.who)
            found.extend(reversed(cells.wrap(who + line.text, columns)))
        shown = [(Span(text, Style.PLAIN),) for text in reversed(found[: rows - 1])]
        return [*([()] * (rows - 1 - len(shown))), *shown, ()]

    def _input(
        self, columns: int, most: int, question: Question | None
    ) -> tuple[list[Row], tuple[int, int]]:
        """The input line with its prompt, and the cursor in it; the last column stays free."""
        room = max(1, columns - 1)
        if question is not None:
            asked = _asked(question, room, most)
            cursor = (len(asked) - 1, min(cells.width(asked[-1]), columns - 1))
            return [(Span(text, Style.NOTICE),) for text in asked], cursor
        editor = self._state.current.editor
        name = window_name(self._state.current, self._texts)
        prompt = cells.clip(cells.safe(f"[{name}] "), max(0, room // 2))
        beside = cells.width(prompt)
        inner = max(1, room - beside)
        if most == 1:
            whole, at, cell = editor.rows(2 * len(editor.text) + 1, 0)
            text, x = _slid(whole[at], cell, inner)
            rows, y, first = [text], 0, 0
        else:
            rows, y, x = editor.rows(inner, 0)
            first = max(0, min(y - most + 1, len(rows) - most))
        style = Style.FOUND if editor.selected else Style.PLAIN
        blank = " " * beside
        # However far it was scrolled: the topmost row tells who will read it.
        drawn: list[Row] = [
            (Span(blank if n else prompt, Style.DIM), Span(text, style))
            for n, text in enumerate(rows[first : first + most])
        ]
        return drawn, (y - first, beside + x)


def _asked(question: Question, columns: int, most: int) -> list[str]:
    """A question in at most ``most`` rows: its longest form that fits."""
    rows: list[str] = []
    for form in question.forms:
        rows = cells.wrap(form + (question.typed or ""), columns)
        if len(rows) <= most:
            return rows
    return rows[:most] if question.typed is None else rows[-most:]


def _slid(row: str, cursor: int, columns: int) -> tuple[str, int]:
    """The part of a row around its cell ``cursor`` that fits, and where the cursor is in it."""
    left = cells.glyphs(row)
    mark = ""
    start = 0
    if cursor >= columns:
        mark = cells.CUT_MARK if columns >= _LEAST_SLID else ""
    while cursor - start + len(mark) >= columns:
        start += left.pop(0).width
    text, room = mark, columns - len(mark)
    for glyph in left:
        room -= glyph.width
        if room < 0:
            break
        text += glyph.text
    return text, cursor - start + len(mark)


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


_SAID: Final = frozenset({Kind.TALK, Kind.DEED, Kind.FILE})
_BARE_HEADS: Final = {Kind.TALK: "{}: ", Kind.DEED: "* {} "}
"""What stands before the bare text of a line."""
_STYLES: Final = {
    Kind.PASSING: Style.DIM,
    Kind.NOTICE: Style.NOTICE,
    Kind.ERROR: Style.ERROR,
    Kind.DAY: Style.DIM,
    Kind.HEADING: Style.HEADING,
}
