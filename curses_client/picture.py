"""What a picture of the screen is made of: styled pieces of text. Pure, and knows no state."""

import zlib
from enum import Enum
from typing import Final, NamedTuple

_NICK_COLOURS: Final = 8


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
    BUSY = "the bar, where somebody calls me"
    MARK = "the line above what was not read"
    FOUND = "what a search found"
    HEADING = "headings of the help"
    NICK0 = "names, colour 1 of 8"
    NICK1 = "names, colour 2 of 8"
    NICK2 = "names, colour 3 of 8"
    NICK3 = "names, colour 4 of 8"
    NICK4 = "names, colour 5 of 8"
    NICK5 = "names, colour 6 of 8"
    NICK6 = "names, colour 7 of 8"
    NICK7 = "names, colour 8 of 8"


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


class Question(NamedTuple):
    """What stands in place of the input line: the first of ``forms`` that fits, then ``typed``.

    The forms go from the longest to the shortest. Where not even that one fits, its beginning is
    seen; its end where something is typed (not None), for there stands the cursor.
    """

    forms: tuple[str, ...]
    typed: str | None = None


def nick_style(name: str) -> Style:
    """The colour of a name: the same one in every session and on every machine."""
    return NICKS[zlib.crc32(name.lower().encode(errors="replace")) % _NICK_COLOURS]
