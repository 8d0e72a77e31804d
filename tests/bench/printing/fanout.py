"""Fan-out side by side: the tables of two windows, the curve over members, and their pictures."""

from pathlib import Path
from typing import Final

from tests.bench import chart, fanout
from tests.bench.fanout import CURVE, MEMBERS, SINGLE, WINDOW
from tests.bench.options import Options
from tests.bench.printing.table import Column, show
from tests.bench.turns import Outcome

OURS: Final = "obrol"
WINDOWS: Final = {WINDOW: f"{WINDOW} messages in flight", SINGLE: "one message at a time"}
UNIT: Final = "deliveries a second"
NOTES: Final = """\
64-byte messages; one talker, everybody in one room; all is received by all, byte for byte. obrol
has every message on disk first; no other system stores any. Each server has one CPU and the load
another, unless --no-pin. What the talker hears itself (obrol, the streams) is not counted.
ratio: obrol's deliveries a second over theirs, and their CPU a delivery over obrol's.
load: the share of its time that the load was busy; near 100 % it is the load that was measured.
One at a time: the next message leaves when the last member has the one before; p50 and p99 are
from the send until then."""
COLUMNS: Final = (
    Column("deliveries/s", "deliveries-{}", ",.0f"),
    Column("ratio", "ratio-{}", ".2f"),
    Column("CPU s/million", "cpu-{}", ".3f"),
    Column("ratio", "cpu-ratio-{}", ".2f"),
    Column("load", "load-{}", ".0%"),
    Column("p50 ms", "p50-{}", ".2f"),
    Column("p99 ms", "p99-{}", ".2f"),
    Column("KiB/member", "kib", ".1f"),
)


def report(options: Options) -> int:
    """Print the tables, draw the bars of the larger room; how many systems failed."""
    print(f"fan-out, {options.runs} runs of each in turn, medians\n{NOTES}")
    for system in options.systems:
        if not system.missing():
            print(f"  {system.name}: {system.version()}", flush=True)
    failed = 0
    for members in (number // options.part for number in MEMBERS):
        outcome = fanout.compare(members, tuple(WINDOWS), options)
        add_ratios(outcome, tuple(WINDOWS))
        failed += print_windows(f"{members:,} members", tuple(WINDOWS), outcome)
    if options.svg is not None:
        panels = [
            (head, [(name, f[f"deliveries-{window}"]) for name, f in outcome.figures.items()])
            for window, head in WINDOWS.items()
        ]
        title = f"One message to a room of {members:,}"
        _write(options.svg, "fanout.svg", chart.bars(title, UNIT, panels))
    return failed


def report_curve(options: Options) -> int:
    """Print the deliveries of rooms of every size, and draw them; how many systems failed."""
    print(f"\nfan-out over members, {WINDOW} in flight, {options.runs} runs, medians", flush=True)
    lines: dict[str, list[tuple[float, float]]] = {}
    failed = 0
    for members in CURVE if options.part == 1 else (max(10, m // options.part) for m in CURVE[2:]):
        outcome = fanout.compare(members, (WINDOW,), options)
        add_ratios(outcome, (WINDOW,))
        failed += print_windows(f"{members:,} members", (WINDOW,), outcome)
        for name, figures in outcome.figures.items():
            lines.setdefault(name, []).append((members, figures[f"deliveries-{WINDOW}"]))
    if options.svg is not None:
        title = f"One talker, {WINDOW} messages in flight"
        picture = chart.curve(title, "members of the room", UNIT, lines)
        _write(options.svg, "curve.svg", picture)
    return failed


def print_windows(title: str, windows: tuple[int, ...], outcome: Outcome) -> int:
    """A table for each window; how many systems failed."""
    failed = 0
    for window in windows:
        columns = [Column(c.head, c.figure.format(window), c.form) for c in COLUMNS]
        known = {figure for figures in outcome.figures.values() for figure in figures}
        shown = [column for column in columns if column.figure in known]
        failed = show(f"{title}, {WINDOWS[window]}", shown, outcome)
    return failed


def add_ratios(outcome: Outcome, windows: tuple[int, ...]) -> None:
    """Put beside each system's figures how ours are to them: more than 1 is better for us."""
    ours = outcome.figures.get(OURS)
    if ours is None:
        return
    for figures in outcome.figures.values():
        for window in windows:
            rate, cpu = f"deliveries-{window}", f"cpu-{window}"
            figures[f"ratio-{window}"] = ours[rate] / figures[rate]
            if ours[cpu]:
                figures[f"cpu-ratio-{window}"] = figures[cpu] / ours[cpu]


def _write(folder: Path, name: str, picture: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(picture)
    print(f"drawn: {folder / name}")
