"""``make bench``: print what this machine gives; the exit code is 1 when one lost a message."""

import argparse
import sys
from collections.abc import Callable
from typing import Final

from tests.bench import history, options
from tests.bench.options import Options
from tests.bench.printing import crowd, fanout, files, flood, screen, search

PARTS: Final[dict[str, Callable[[Options], int | None]]] = {
    "fanout": fanout.report,
    "curve": fanout.report_curve,
    "idle": crowd.report_idle,
    "joins": crowd.report_joins,
    "rooms": crowd.report_rooms,
    "files": files.report,
    "flood": flood.report,
    "screen": screen.report,
    "search": search.report,
    "history": lambda asked: history.report(asked.part),
}
"""What prints each part; where systems are compared, it gives how many failed."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="one part of it")
    options.add(parser)
    words = parser.parse_args()
    asked = options.read(words)
    failed = sum(PARTS[name](asked) or 0 for name in PARTS if name in (words.only or PARTS))
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main())
