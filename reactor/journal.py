"""The log of what happens, for the operator: one event a line on standard error.

Names, reasons and addresses come from strangers, so every control character is escaped.
"""

import contextlib
import sys
from collections.abc import Callable
from typing import TextIO

from reactor.log.records import MILLISECONDS, stamp
from reactor.loop import Clock


def escaped(text: str) -> str:
    """``text`` without anything that could drive a terminal or break a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Journal:
    """Writes ``time event key=value …`` lines; a closed standard error harms nobody.

    ``readers`` are called with each line, its LF left out; they say nothing here themselves.
    """

    def __init__(self, clock: Clock, out: TextIO | None = None) -> None:
        self._clock = clock
        self._out = out if out is not None else sys.stderr
        self.readers: list[Callable[[str], object]] = []

    def say(self, event: str, **details: object) -> None:
        """Write one line; details that are None or empty are left out."""
        words = [stamp(int(self._clock.wall() * MILLISECONDS)), event]
        words += [f"{key}={value}" for key, value in details.items() if value not in {None, ""}]
        line = escaped(" ".join(words))
        with contextlib.suppress(OSError, ValueError):
            self._out.write(line + "\n")
            self._out.flush()
        for reader in self.readers:
            reader(line)
