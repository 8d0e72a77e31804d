"""The log of what happens, for the operator: one event a line on standard error.

Names, reasons and addresses come from strangers, so every control character is escaped.
"""

import sys
from typing import TextIO

from reactor.log.records import MILLISECONDS, stamp
from reactor.loop import Clock


def escaped(text: str) -> str:
    """``text`` without anything that could drive a terminal or break a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Journal:
    """Writes ``time event key=value …`` lines; a closed standard error harms nobody."""

    def __init__(self, clock: Clock, out: TextIO | None = None) -> None:
        self._clock = clock
        self._out = out if out is not None else sys.stderr

    def say(self, event: str, **details: object) -> None:
        """Write one line; details that are None or empty are left out."""
        words = [stamp(int(self._clock.wall() * MILLISECONDS)), event]
        words += [f"{key}={value}" for key, value in details.items() if value not in {None, ""}]
        try:
            self._out.write(escaped(" ".join(words)) + "\n")
            self._out.flush()
        except (OSError, ValueError):
            return
