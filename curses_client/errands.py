"""What the line mode is started for: talk from its input, or errands of the command line."""

import os
import selectors
from pathlib import Path
from typing import Final, NamedTuple

OK: Final = 0
REFUSED: Final = 1
"""The server refused a line, a room or the name."""
UNREACHABLE: Final = 3
"""There is no server, or it went away and lines were not acknowledged."""
LONGEST_INPUT: Final = 1024 * 1024
"""Characters after which no more is read of an input that shall be one message."""
STDIN: Final = 0
WHOLE_INPUT: Final = "-"


class Errands(NamedTuple):
    """What the command line asks for: files to send, to fetch, and who hears it all.

    ``to``: the target of files and of what is said; "" for the room. ``once``: one message to say;
    WHOLE_INPUT: what stands in all of standard input; None: none. ``raw``: no line of the input is
    a command.
    """

    send: list[Path]
    to: str
    get: list[int]
    downloads: Path
    once: str | None = None
    raw: bool = False

    @property
    def any(self) -> bool:
        """Whether there is anything to do but to read standard input."""
        return bool(self.send or self.get or self.once not in {None, WHOLE_INPUT})


def is_typed() -> bool:
    """Whether somebody sits at standard input, and can correct what was refused."""
    return os.isatty(STDIN)


def can_be_waited_for(fd: int) -> bool:
    """Whether the loop can be told when ``fd`` has something.

    epoll takes neither a regular file nor /dev/null: they are always ready, and read when wanted.
    """
    with selectors.DefaultSelector() as trial:
        try:
            trial.register(fd, selectors.EVENT_READ)
        except PermissionError:
            return False
    return True
