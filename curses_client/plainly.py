"""How the line mode writes: events on standard output, everything else on standard error."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from curses_client.front import Stored
from wire.grammar import LINE_BREAK, sendable

BREAK_SHOWN: Final = " ⏎ "
"""How a line break inside one message is shown: an event is one line."""
STDERR: Final = 2
PROGRESS_SECONDS: Final = 0.5
_OVER: Final = "\r\x1b[K"
"""Writes over the row of progress (ECMA-48: carriage return, erase in line)."""


def say(event: Stored) -> None:
    """One event as a line of fields between TABs; raises OSError when nobody reads it."""
    text = f"* {event.body}" if event.kind == "ACT" else event.body
    text = sendable(text.replace(LINE_BREAK, BREAK_SHOWN))
    print(event.time, event.target, event.sender, text, sep="\t", flush=True)  # noqa: T201


def complain(text: str, *, over: bool = False) -> None:
    """Tell people something, in a row or several; ``over`` the row of progress, on a terminal."""
    start = _OVER if over and os.isatty(STDERR) else ""
    rows = map(sendable, text.splitlines())
    print(start + "\n".join(rows), file=sys.stderr, flush=True)  # noqa: T201


def progress(files: Sequence[str]) -> None:
    """How far the files are, in one row that is written over; on a terminal alone."""
    if files and os.isatty(STDERR):
        shown = sendable("  ".join(files))
        print(f"{_OVER}{shown}", end="", file=sys.stderr, flush=True)  # noqa: T201
