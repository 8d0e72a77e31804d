"""The input line: a text, a cursor, what was killed and what can be undone; no screen, no keyboard.

The cursor stands between clusters as the reader sees them (`cells`), never between a letter and its
marks, and every change goes through one method that records it for `Editor.undo`. `History` keeps
what was sent; it is apart because there is one for each room.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from curses_client import cells
from curses_client.bindings import ACTIONS
from curses_client.commands import without_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from curses_client.keys import Key

UNDO_DEPTH: Final = 100
"""Changes that can be taken back; a word typed in one go is one change."""

HISTORY_DEPTH: Final = 500
"""Texts a `History` keeps."""


class _Did(Enum):
    """The last action, as far as the next one may go on with it."""

    OTHER = auto()
    TYPED = auto()
    KILLED = auto()


class _Change(NamedTuple):
    """At `at`, `removed` gave way to `inserted`; the cursor stood at `cursor` before."""

    at: int
    removed: str
    inserted: str
    cursor: int


class _Sheet:
    """Rows of `columns` cells that are filled one after the other."""

    __slots__ = ("_columns", "column", "rows")

    def __init__(self, columns: int, column: int) -> None:
        self._columns = columns
        self.rows = [""]
        self.column = column

    def fitted(self, cluster: str) -> list[cells.Glyph]:
        return [cells.fit(glyph, self._columns) for glyph in cells.glyphs(cluster)]

    def reserve(self, width: int) -> None:
        """Go on to the next row where this one has not `width` cells left."""
        if self.column + width > self._columns:
            self.feed()

    def feed(self) -> None:
        self.rows.append("")
        self.column = 0

    def put(self, glyph: cells.Glyph) -> None:
        self.reserve(glyph.width)
        self.rows[-1] += glyph.text
        self.column += glyph.width


class Editor:
    """A text being written and its cursor; both are changed by the methods alone.

    `0 <= cursor <= len(text)`, and the cursor is one of `cells.boundaries(text)`. The only line
    break in the text is the line feed.
    """

    __slots__ = ("_changes", "_did", "_killed", "cursor", "selected", "text")

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0
        self.selected = False  # what is typed next replaces everything
        self._killed = ""
        self._changes: deque[_Change] = deque(maxlen=UNDO_DEPTH)
        self._did = _Did.OTHER

    def press(self, key: Key) -> bool:
        """Do what `key` means for the text; False, and nothing done, when it means nothing."""
        if key.name == "text":
            self.insert(key.text)
            return True
        act = EDITS.get(ACTIONS.get(key.name, ""))
        if act is None:
            return False
        act(self)
        return True

    # What changes the text.

    def select(self) -> None:
        """Let what is typed next replace the text; a blank goes on with it, any other key edits."""
        self.cursor = len(self.text)
        self.selected = bool(self.text)

    def insert(self, text: str) -> None:
        """Put `text` at the cursor, and the cursor behind it; or in the place of a selected one."""
        replaced = self.selected and not text[:1].isspace()
        start, end = (0, len(self.text)) if replaced else (self.cursor, self.cursor)
        self._change(start, end, text, _Did.TYPED)

    def newline(self) -> None:
        """Begin a new line of the same message."""
        self._change(self.cursor, self.cursor, "\n")

    def replace(self, start: int, end: int, text: str) -> None:
        """Put `text` in the place of `self.text[start:end]`, and the cursor behind it."""
        self._change(start, end, text)

    def set_text(self, text: str) -> None:
        """Show another text, one of a `History` say, with the cursor at its end."""
        self._change(0, len(self.text), text)

    def backspace(self) -> None:
        """Delete the cluster left of the cursor."""
        self._change(cells.boundary_before(self.text, self.cursor), self.cursor, "")

    def delete(self) -> None:
        """Delete the cluster at the cursor."""
        self._change(self.cursor, cells.boundary_after(self.text, self.cursor), "")

    def delete_word_left(self) -> None:
        """Kill back to the start of a word of letters and digits."""
        self._kill(self._word_start(str.isalnum), self.cursor)

    def kill_word_left(self) -> None:
        """Kill back to white space."""
        self._kill(self._word_start(_is_dark), self.cursor)

    def kill_word_right(self) -> None:
        """Kill up to the end of a word of letters and digits."""
        self._kill(self.cursor, self._word_end())

    def kill_to_start(self) -> None:
        """Kill back to the start of the line; at the start, the line break before it.

        All of a text that is selected.
        """
        start = 0 if self.selected else min(self._line_start(), max(0, self.cursor - 1))
        self._kill(start, self.cursor)

    def kill_to_end(self) -> None:
        """Kill up to the end of the line; at the end, the line break after it."""
        self._kill(self.cursor, max(self._line_end(), min(len(self.text), self.cursor + 1)))

    def yank(self) -> None:
        """Put what was killed last at the cursor."""
        self._change(self.cursor, self.cursor, self._killed)

    def transpose(self) -> None:
        """Exchange the clusters around the cursor and step on; at the end, the last two."""
        right = min(self.cursor, cells.boundary_before(self.text, len(self.text)))
        left = cells.boundary_before(self.text, right)
        end = cells.boundary_after(self.text, right)
        if left < right:
            self._change(left, end, self.text[right:end] + self.text[left:right])

    def undo(self) -> None:
        """Take the last change back."""
        self._did = _Did.OTHER
        self.selected = False
        if self._changes:
            at, removed, inserted, cursor = self._changes.pop()
            self.text = self.text[:at] + removed + self.text[at + len(inserted) :]
            self.cursor = cursor

    def clear(self) -> str:
        """Empty the line and return what was in it; `undo` brings it back."""
        text = self.text
        self.set_text("")
        return text

    def take(self) -> str:
        """Empty the line and return what was in it, for good: it has been sent."""
        text = self.clear()
        self._changes.clear()
        return text

    # What moves the cursor.

    def left(self) -> None:
        """Move one cluster to the left."""
        self._move(cells.boundary_before(self.text, self.cursor))

    def right(self) -> None:
        """Move one cluster to the right."""
        self._move(cells.boundary_after(self.text, self.cursor))

    def word_left(self) -> None:
        """Move to the start of a word of letters and digits."""
        self._move(self._word_start(str.isalnum))

    def word_right(self) -> None:
        """Move behind the end of a word of letters and digits."""
        self._move(self._word_end())

    def home(self) -> None:
        """Move to the start of the line."""
        self._move(self._line_start())

    def end(self) -> None:
        """Move to the end of the line."""
        self._move(self._line_end())

    # How it lies on the screen.

    def rows(self, columns: int, prompt_width: int) -> tuple[list[str], int, int]:
        """Lay the text out in rows of `columns` cells (at least 1).

        The first row has a prompt of `prompt_width` cells before it, which is not in the result.
        Returns the rows as they are sent, the row of the cursor, and its column on the screen: the
        prompt counts, and the column is always below `columns`. Rows break where they are full, not
        between words, so that the text to the left does not jump about while a word is typed.
        """
        sheet = _Sheet(max(1, columns), prompt_width)
        place = 0, 0
        # The empty cluster at the end is there for the cursor.
        for start, end in pairwise([*cells.boundaries(self.text), len(self.text)]):
            cluster = self.text[start:end]
            drawn = [] if cluster == "\n" else sheet.fitted(cluster)
            if start == self.cursor:
                # Where nothing is drawn, the cursor wants a cell of its own.
                sheet.reserve(drawn[0].width if drawn else 1)
                place = len(sheet.rows) - 1, sheet.column
            for glyph in drawn:
                sheet.put(glyph)
            if cluster == "\n":
                sheet.feed()
        return sheet.rows, *place

    def _change(self, start: int, end: int, text: str, did: _Did = _Did.OTHER) -> None:
        for line_break in cells.LINE_BREAKS:
            text = text.replace(line_break, "\n")
        change = _Change(start, self.text[start:end], text, self.cursor)
        if change.removed != text:
            self._record(change, did)
        self.text = self.text[:start] + text + self.text[end:]
        # A mark that follows has become part of the last cluster.
        self.cursor = cells.boundary_from(self.text, start + len(text))
        self.selected = False
        self._did = did

    def _record(self, change: _Change, did: _Did) -> None:
        """Keep `change` for `undo`, with the last one where both are typing in the same word."""
        last = self._changes[-1] if self._changes else change
        if (
            did is self._did is _Did.TYPED
            and last.at + len(last.inserted) == change.at
            and not last.inserted[-1:].isspace()
        ):
            self._changes[-1] = last._replace(inserted=last.inserted + change.inserted)
        else:
            self._changes.append(change)

    def _kill(self, start: int, end: int) -> None:
        """Delete and keep for `yank`, together with what was killed just before this."""
        killed = self.text[start:end]
        if not killed:
            return
        if self._did is not _Did.KILLED:
            self._killed = killed
        elif end == self.cursor:
            self._killed = killed + self._killed
        else:
            self._killed += killed
        self._change(start, end, "", _Did.KILLED)

    def _move(self, cursor: int) -> None:
        self.cursor = cursor
        self.selected = False
        self._did = _Did.OTHER

    def _line_start(self) -> int:
        return self.text.rfind("\n", 0, self.cursor) + 1

    def _line_end(self) -> int:
        end = self.text.find("\n", self.cursor)
        return len(self.text) if end < 0 else end

    def _word_start(self, in_word: Callable[[str], bool]) -> int:
        """Skip what is no word, then the word, to the left; a cluster is what its base is."""
        index = self.cursor
        for wanted in (False, True):
            while index > 0:
                before = cells.boundary_before(self.text, index)
                if in_word(self.text[before]) is not wanted:
                    break
                index = before
        return index

    def _word_end(self) -> int:
        """Skip what is no word, then the word, to the right."""
        index = self.cursor
        for wanted in (False, True):
            while index < len(self.text) and self.text[index].isalnum() is wanted:
                index = cells.boundary_after(self.text, index)
        return index


EDITS: Final[Mapping[str, Callable[[Editor], object]]] = {
    "newline": Editor.newline,
    "backspace": Editor.backspace,
    "delete": Editor.delete,
    "left": Editor.left,
    "right": Editor.right,
    "word_left": Editor.word_left,
    "word_right": Editor.word_right,
    "home": Editor.home,
    "end": Editor.end,
    "kill_word_left": Editor.kill_word_left,
    "delete_word_left": Editor.delete_word_left,
    "kill_word_right": Editor.kill_word_right,
    "kill_to_start": Editor.kill_to_start,
    "kill_to_end": Editor.kill_to_end,
    "yank": Editor.yank,
    "transpose": Editor.transpose,
    "undo": Editor.undo,
}
"""What the actions of ``bindings`` that belong to the input line do.

Enter and Ctrl+C are not here: `Editor.take` and `Editor.clear` return a text that somebody has to
keep.
"""


def _is_dark(char: str) -> bool:
    return not char.isspace()


class History:
    """What was sent, oldest first; at most `HISTORY_DEPTH` texts.

    One walks up from the draft, the text that was being typed, and down to it again. A text that
    was changed on the way is found changed when one comes by again, until something is added.
    """

    __slots__ = ("_at", "_entries", "_touched")

    def __init__(self) -> None:
        self._entries: deque[str] = deque(maxlen=HISTORY_DEPTH)
        self._at = 0
        self._touched: dict[int, str] = {}

    def add(self, text: str) -> None:
        """Keep `text` as the newest, unless it is blank or the newest already; end the walk.

        What is secret in it is left out.
        """
        text = without_secret(text)
        if text.strip() and (not self._entries or self._entries[-1] != text):
            self._entries.append(text)
        self.leave()

    def leave(self) -> str | None:
        """End the walk; return the draft it began with, None when there was no walk."""
        draft = self._touched.get(len(self._entries))
        self._touched.clear()
        self._at = len(self._entries)
        return draft

    def older(self, draft: str) -> str | None:
        """Leave `draft` where one stands and return the text before it; None at the oldest."""
        return self._go(self._at - 1, draft) if self._at else None

    def newer(self, draft: str) -> str | None:
        """Leave `draft` where one stands and return the text after it; None at the draft."""
        return self._go(self._at + 1, draft) if self._at < len(self._entries) else None

    def matches(self, part: str) -> Iterator[str]:
        """Every text that holds ``part``, the newest first; case does not matter."""
        wanted = part.casefold()
        return (text for text in reversed(self._entries) if wanted in text.casefold())

    def keep(self) -> list[str]:
        """Every text, oldest first, for the next run."""
        return list(self._entries)

    def _shown(self, at: int) -> str:
        return self._touched[at] if at in self._touched else self._entries[at]

    def _go(self, at: int, draft: str) -> str:
        self._touched[self._at] = draft
        self._at = at
        return self._shown(at)
