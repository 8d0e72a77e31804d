"""Standard input on the loop: text as it comes, read only while somebody wants it."""

import codecs
import os
from collections.abc import Callable
from typing import Final

from curses_client.errands import STDIN, can_be_waited_for
from reactor.loop import READ, Loop

READ_BYTES: Final = 64 * 1024


class Input:
    """Standard input. ``wanted`` says whether to read; ``came(text, ended)`` gets what comes."""

    def __init__(
        self, loop: Loop, wanted: Callable[[], bool], came: Callable[[str, bool], object]
    ) -> None:
        self._loop = loop
        self._wanted = wanted
        self._came = came
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._channel = loop.watch(STDIN, self, 0) if can_be_waited_for(STDIN) else None

    def watch(self) -> None:
        """Read, or read no longer, as ``wanted`` says now."""
        wanted = self._wanted()
        if self._channel is not None:
            self._loop.want(self._channel, READ if wanted else 0)
        elif wanted:
            self._loop.again(self._read)

    def on_ready(self, mask: int) -> None:
        """It has something (the loop calls this)."""
        del mask
        self._read()

    def _read(self) -> None:
        if not self._wanted():
            return
        try:
            data = os.read(STDIN, READ_BYTES)
        except OSError:  # EIO: the terminal is gone
            data = b""
        self._came(self._decoder.decode(data, not data), not data)
        self.watch()
