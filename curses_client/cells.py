"""How text lies in the cells of a terminal: what may be shown, how wide it is, where it breaks.

Terminals disagree about invisible characters: joiners, variation selectors, marks without end.
So none of them is sent, and what is sent is as wide as the C library (and so curses) takes it: a
cluster is a base of one or two cells and at most `MARKS_KEPT` marks upon it. Everything here
may be given any text: what could drive a terminal is told or left out before it is measured.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKS_KEPT: Final = 4
"""Combining marks kept upon one base: as many as a cell of ncurses holds."""

WIDEST: Final = 2
"""Cells of the widest cluster."""

CUT_MARK: Final = "…"
"""Ends a text that was clipped; one cell."""

LINE_BREAKS: Final = "\n\u2028"
"""The characters that end a line inside a text: as typed, and as the wire carries it."""


class Glyph(NamedTuple):
    """One cluster as it is sent to the terminal; `width` is 1 or 2 cells."""

    text: str
    width: int


_BLANK_BASE: Final = "◌"
_NO_ROOM: Final = "?"
_UNKNOWN: Final = "\ufffd"
_KINDS_KEPT: Final = 4096

# Shown in place of a control character. White space that would move the cursor is a blank; so are
# the separators of lines and paragraphs, which are line breaks where `wrap` meets them.
_SHOWN: Final = {
    **{chr(code): f"^{chr(code ^ 0x40)}" for code in (*range(0x20), 0x7F)},
    **{chr(code): f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    **dict.fromkeys("\t\u2028\u2029", " "),
    # Embeddings, overrides and isolates turn the text after them round: a reader should see that
    # somebody tried. The plain marks (U+200E, U+200F, U+061C) do no harm and go with all of Cf.
    **{chr(code): _UNKNOWN for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}
# Shown for any other character that `str.isprintable` denies; only blanks (Zs) stay as they are.
_SHOWN_BY_CATEGORY: Final = {"Cf": "", "Cs": _UNKNOWN, "Co": _UNKNOWN, "Cn": _UNKNOWN}

# Kinds of characters: 1 and 2 are bases of so many cells.
_MARK: Final = 0
_DROPPED: Final = -1
_TONE: Final = -2

# Kinds that the category and the East Asian width do not tell.
_ODD_KINDS: Final = (
    (range(0xFE00, 0xFE10), _DROPPED),  # variation selectors
    (range(0xE0100, 0xE01F0), _DROPPED),  # the same, supplement
    (range(0x180B, 0x1810), _DROPPED),  # the same, Mongolian
    (range(0x034F, 0x0350), _DROPPED),  # grapheme joiner
    (range(0x17B4, 0x17B6), _DROPPED),  # inherent vowels of Khmer, never drawn
    (range(0x1160, 0x1200), _MARK),  # vowels and finals of Hangul: drawn into the initial's cells
    (range(0xD7B0, 0xD800), _MARK),  # the same, extended
    (range(0x1F3FB, 0x1F400), _TONE),  # skin tones
    (range(0x3248, 0x3250), WIDEST),  # numbers in circles, and
    (range(0x4DC0, 0x4E00), WIDEST),  # hexagrams: wide for the C library, and so for curses
)

# Characters of one cell that nothing has to be done about: one C call settles most of what is said.
_PLAIN: Final = re.compile(
    "[ -~\xa0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u257f]*"
)
_ASCII_GLYPHS: Final = {chr(code): Glyph(chr(code), 1) for code in range(0x20, 0x7F)}
_LINE_BREAK: Final = re.compile(f"[{LINE_BREAKS}]")
_BLANKS: Final = re.compile(" *")
# The second cell of a wide cluster in the plan of a row; no text that is shown holds it.
_HALF: Final = "\x00"


def safe(text: str) -> str:
    r"""Return `text` with nothing in it that drives a terminal or hides.

    Holds no character of the categories Cc, Cf, Cs, Zl, Zp; `safe(safe(x)) == safe(x)`. Control
    characters are told (`^[`, `\x9b`), TAB and the separators U+2028 and U+2029 are one blank, what
    has no agreed picture is U+FFFD, what has none at all is left out.
    """
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else _shown(char) for char in text])


def _shown(char: str) -> str:
    told = _SHOWN.get(char)
    return _SHOWN_BY_CATEGORY.get(unicodedata.category(char), char) if told is None else told


@lru_cache(_KINDS_KEPT)
def _kind(char: str) -> int:
    """Cells of a base (1 or 2), or what else the character is to the base before it."""
    if not char.isprintable() and (told := _shown(char)) != char:
        return 1 if told else _DROPPED
    for codes, kind in _ODD_KINDS:
        if ord(char) in codes:
            return kind
    if unicodedata.category(char) in ("Mn", "Me"):
        return _MARK
    return WIDEST if unicodedata.east_asian_width(char) in "WF" else 1


def glyphs(text: str) -> list[Glyph]:
    """Return the clusters of `safe(text)`, left to right.

    A mark without a base gets U+25CC to stand on, marks beyond `MARKS_KEPT` are dropped, and so are
    variation selectors and the skin tones of a wide cluster. Letters that stand for a flag are one
    cell each: a terminal that draws the pair as one flag gives it the same two cells.
    """
    if text.isascii() and text.isprintable():
        return [_ASCII_GLYPHS[char] for char in text]
    found: list[Glyph] = []
    for char in safe(text):
        kind = _kind(char)
        if kind > 0:
            found.append(Glyph(char, kind))
        elif kind == _MARK:
            _put_mark(found, char)
        elif kind == _TONE and not (found and found[-1].width == WIDEST):
            found.append(Glyph(char, WIDEST))
    return found


def _put_mark(found: list[Glyph], mark: str) -> None:
    """Put `mark` upon the last of `found`, which has one base and nothing but marks after it."""
    base = found.pop() if found else Glyph(_BLANK_BASE, 1)
    marked = base.text + mark if len(base.text) <= MARKS_KEPT else base.text
    found.append(Glyph(marked, base.width))


def fit(glyph: Glyph, columns: int) -> Glyph:
    """Return `glyph`, or a "?" where a pane of so few columns can never hold it."""
    return glyph if glyph.width <= columns else Glyph(_NO_ROOM, 1)


def attaches(text: str, index: int) -> bool:
    """Say whether the character at `index` belongs to the cluster of the one before it."""
    if index == 0 or text[index - 1] in LINE_BREAKS:
        return False
    kind = _kind(text[index])
    if kind != _TONE:
        return kind in (_MARK, _DROPPED)
    index -= 1
    while index > 0 and _kind(text[index]) in (_MARK, _DROPPED):
        index -= 1
    return _kind(text[index]) in (WIDEST, _TONE)


def boundaries(text: str) -> list[int]:
    """Return every index where a cluster of `text` begins, and `len(text)`: ascending, no repeats.

    Of a text without line breaks, the glyphs are those of the clusters, one after the other. A line
    break is a cluster of its own.
    """
    if text.isascii():
        return list(range(len(text) + 1))
    starts = [index for index in range(len(text)) if not attaches(text, index)]
    return [*starts, len(text)]


def boundary_before(text: str, index: int) -> int:
    """Return the last boundary below `index`; 0 when there is none."""
    index = max(0, index - 1)
    while index > 0 and attaches(text, index):
        index -= 1
    return index


def boundary_after(text: str, index: int) -> int:
    """Return the first boundary above `index`; `len(text)` when there is none."""
    return boundary_from(text, min(index + 1, len(text)))


def boundary_from(text: str, index: int) -> int:
    """Return the first boundary at `index` or above it."""
    while index < len(text) and attaches(text, index):
        index += 1
    return index


def width(text: str) -> int:
    """Return how many cells the glyphs of `text` take in one row."""
    if _PLAIN.fullmatch(text):
        return len(text)
    return sum(glyph.width for glyph in glyphs(text))


_ASCII_SIGNS: Final = str.maketrans(
    {"│": "|", "─": "-", "✓": "+", "↑": "^", "↓": "v", "·": "-", "…": ".", "✗": "x", "→": ">",
     "←": "<", "⏎": "/"}
)  # fmt: skip


def to_ascii(text: str) -> str:
    """Return the glyphs of ``text`` in ASCII, as wide as before; what has no sign there is "?"."""
    if text.isascii():
        return text
    text = text.translate(_ASCII_SIGNS)
    return "".join(g.text if g.text.isascii() else "?" * g.width for g in glyphs(text))


def clip(text: str, columns: int) -> str:
    """Return `text` as it is sent, in at most `columns` cells; a cut is marked at its end."""
    if columns <= 0:
        return ""
    if _PLAIN.fullmatch(text):
        return text if len(text) <= columns else text[: columns - 1] + CUT_MARK
    drawn = glyphs(text)
    if sum(glyph.width for glyph in drawn) <= columns:
        return "".join(glyph.text for glyph in drawn)
    kept: list[str] = []
    room = columns - 1
    for glyph in drawn:
        room -= glyph.width
        if room < 0:
            break
        kept.append(glyph.text)
    return "".join(kept) + CUT_MARK


def pad(text: str, columns: int) -> str:
    """Return `text` clipped, then filled with blanks: exactly `columns` cells."""
    shown = clip(text, columns)
    return shown + " " * (columns - width(shown))


def wrap(text: str, columns: int, indent: int = 0) -> list[str]:
    """Break `text` into rows of at most `columns` cells (at least 1), ready to be sent.

    A line break in `text` begins a new row; otherwise rows break at blanks, and inside a word only
    where the row holds nothing before it but blanks. Blanks are kept, those at the start of a line
    too: only the ones a break falls upon are left out. Every row but the first begins with `indent`
    blanks, fewer where the pane is so narrow that the text would get less than half of it.
    """
    if len(text) <= columns and text.isascii() and text.isprintable():
        return [text]
    columns = max(1, columns)
    # Two cells are left for the text wherever the pane has them, or no wide cluster could be shown.
    lead = " " * min(indent, columns // 2, columns - WIDEST)
    rows: list[str] = []
    for line in _LINE_BREAK.split(text):
        plan, cells = _plan(line, columns)
        start = 0
        while True:
            before = lead if rows else ""
            end, following = _break(plan, start, columns - len(before))
            rows.append(before + "".join(cells[start:end]))
            start = following
            if start == len(plan):
                break
    return rows


def _plan(line: str, columns: int) -> tuple[str, Sequence[str]]:
    """Return a character and a text for each cell of `line`.

    The character is a blank where the row may break and `_HALF` where it may not be cut; the text
    is that of the cluster which begins in the cell.
    """
    if _PLAIN.fullmatch(line):
        return line, line
    plan: list[str] = []
    cells: list[str] = []
    for whole in glyphs(line):
        glyph = fit(whole, columns)
        # A blank that carries a mark shows something: it is no place to break.
        plan.append(" " if glyph.text == " " else _UNKNOWN)
        cells.append(glyph.text)
        if glyph.width == WIDEST:
            plan.append(_HALF)
            cells.append("")
    return "".join(plan), cells


def _break(plan: str, start: int, room: int) -> tuple[int, int]:
    """Return where a row of `room` cells that begins at `start` ends, and where the next begins."""
    limit = start + room
    if limit >= len(plan):
        return len(plan), len(plan)
    end = start + len(plan[start : plan.rfind(" ", start, limit + 1) + 1].rstrip(" "))
    if end == start:
        end = limit - 1 if plan[limit] == _HALF else limit
    blanks = _BLANKS.match(plan, end)
    return end, blanks.end() if blanks else end
