"""What a search takes, all of it and its longest slice."""

import tempfile
from pathlib import Path
from typing import Final

from tests.bench import search
from tests.bench.options import Options

EVENTS: Final = 1_000_000
MIB: Final = 1024 * 1024
MILLISECONDS: Final = 1000


def report(options: Options) -> None:
    """Print what a search takes, all of it and its longest slice."""
    part = options.part
    with tempfile.TemporaryDirectory() as folder:
        events = EVENTS // part
        indexed, read = search.measure(Path(folder) / "data", events)
    slices = sorted(indexed.slices)
    print(
        f"\nsearch in {events:,} events ({indexed.log_bytes / MIB:.0f} MiB); the index took"
        f" {indexed.build:.1f} s and {indexed.index_bytes / MIB:.0f} MiB, its slices"
        f" {slices[len(slices) // 2] * MILLISECONDS:.1f} ms (median)"
        f" {slices[len(slices) * 99 // 100] * MILLISECONDS:.1f} (99 %)"
        f" {slices[-1] * MILLISECONDS:.1f} (longest)"
    )
    print(f"{'':>26} {'events':>7} {'ms':>8} {'slice':>7} {'no index: ms':>13} {'slice':>7}")
    for name, (found, times) in indexed.found.items():
        _, others = read.found[name]
        figures = [x * MILLISECONDS for x in (sum(times), max(times), sum(others), max(others))]
        print(
            f"{name:>26} {found:>7} {figures[0]:>8.1f} {figures[1]:>7.1f}"
            f" {figures[2]:>13.1f} {figures[3]:>7.1f}"
        )
