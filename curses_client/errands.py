"""What a command line asks for instead of talk."""

from pathlib import Path
from typing import Final, NamedTuple

WHOLE_INPUT: Final = "-"
"""Stands for all of standard input as one message."""


class Errands(NamedTuple):
    """What the command line asks for instead of talk: files to send, to fetch, and where to.

    ``once``: one message to say; WHOLE_INPUT: what stands in standard input; None: none.
    """

    send: list[Path]
    to: str
    get: list[int]
    downloads: Path
    once: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is anything to do but to read standard input."""
        return bool(self.send or self.get or self.once not in {None, WHOLE_INPUT})
