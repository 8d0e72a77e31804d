"""A table of systems: a row each, and below it what is missing and what went wrong."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tests.bench.turns import Outcome

NAME_WIDTH: Final = 16
COLUMN_GAP: Final = 2


class Column(NamedTuple):
    """A column: its head, the name of its figure, and the form of a figure (``format``)."""

    head: str
    figure: str
    form: str


def show(title: str, columns: Sequence[Column], outcome: Outcome) -> int:
    """Print the table; how many systems failed. A figure that a system does not have is ``-``."""
    print(f"\n{title}")
    print(f"{'':{NAME_WIDTH}}" + "".join(f"{'':{COLUMN_GAP}}{column.head}" for column in columns))
    for name, figures in outcome.figures.items():
        cells = [
            f"{format(figures[c.figure], c.form) if c.figure in figures else '-':>{len(c.head)}}"
            for c in columns
        ]
        print(f"{name:{NAME_WIDTH}}" + "".join(f"{'':{COLUMN_GAP}}{cell}" for cell in cells))
    for name, package in outcome.missing.items():
        print(f"{name:{NAME_WIDTH}}  is not here; install {package}")
    for name, reason in outcome.left_out.items():
        print(f"{name:{NAME_WIDTH}}  is left out: {reason}")
    for name, reason in outcome.failures.items():
        print(f"{name:{NAME_WIDTH}}  FAILED: {reason}")
    print(end="", flush=True)
    return len(outcome.failures)
