"""What the scrollback of a window is made of: lines, their kinds, their times."""

import functools
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple


class Kind(Enum):
    """What a line of a window is."""

    TALK = "somebody said"
    DEED = "somebody did"
    FILE = "somebody sent a file"
    PASSING = "somebody came, went, changed a name"
    NOTICE = "the client or the server says"
    ERROR = "something went wrong"
    DAY = "a new day"
    MARK = "what is below was not read yet"
    PLAIN = "a row as it is, without a time"
    HEADING = "what the rows below it are about"


Day = tuple[int, int, int, int]
"""Year, month, day, weekday (0 is Monday)."""


class Moment(NamedTuple):
    """A time of the wire as the user's clock shows it."""

    day: Day
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
    """One line. ``id`` is 0 for what the server has not stored; only the mark has no ``day``."""

    __slots__ = ("clock", "day", "id", "kind", "mention", "rows", "text", "who", "width")

    def __init__(
        self,
        kind: Kind,
        clock: str,
        who: str,
        text: str,
        number: int = 0,
        *,
        day: Day | None = None,
        mention: bool = False,
    ) -> None:
        self.kind = kind
        self.clock = clock
        self.who = who
        self.text = text
        self.id = number
        self.day = day
        self.mention = mention
        self.width = 0  # the pane's width for which `rows` holds
        self.rows: tuple[str, ...] = ()


class Anchor(NamedTuple):
    """Where a window is scrolled to: the lowest line shown, and how many of its rows are below."""

    line: int
    below: int
