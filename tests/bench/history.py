"""A log of ten million events: pages of it, searches in it, the start of a server with it.

And what a start costs where there is nothing yet: the server until it says ``ready``, the client
until it has painted for the first time. All times are CPU but that of the start with the log.

The log takes minutes to make. ``OBROL_BENCH_LOG=FOLDER`` keeps it there for the next time.
"""

import functools
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from reactor.log import EVERYBODY, Log, Place
from reactor.log.lookup import Scope
from reactor.log.words import Words
from tests.bench import biglog
from tests.bench.biglog import word
from tests.support.server import ROOT
from tests.support.terminal import Terminal
from wire.grammar import PAGE_EVENTS, UNBOUNDED_ID

EVENTS: Final = 10_000_000
FOLDER_VARIABLE: Final = "OBROL_BENCH_LOG"
REPEATS: Final = 7
STARTS: Final = 9
PATIENCE: Final = 30.0
MANY_ROOMS: Final = 50
"""So many rooms a connection may be in at once, by default."""
MILLISECONDS: Final = 1000
NANOSECONDS: Final = 1_000_000_000
NAME: Final = "rizky"
READ_BYTES: Final = 1024 * 1024
QUESTIONS: Final = {
    "a rare word": biglog.RARE,
    "a word nobody said": "takpernahada",
    "a very common word": word(0),
    "a common word": word(300),
    "a word of every day": word(3000),
    "a seldom word": word(49_000),
    "common and rare": f"{word(0)} {biglog.RARE}",
    "two very common words": f"{word(0)} {word(1)}",
    "two common words": f"{word(100)} {word(150)}",
    "two seldom words": f"{word(1500)} {word(1600)}",
    "two that never meet": f"{biglog.EVEN} {biglog.ODD}",
    "a phrase": f"{word(0)}-{word(1)}",
    "somebody's lines": f"from:{biglog.person(biglog.PEOPLE - 1)}",
    "his, with a word": f"from:{biglog.person(1)} {word(3000)}",
}


class Cost(NamedTuple):
    """Seconds of CPU: the first time, the middle and the worst of all; ``found`` events.

    ``slices``: turns that it took, ``longest``: the longest of them all.
    """

    found: int
    first: float
    median: float
    worst: float
    slices: int = 1
    longest: float = 0.0


class Start(NamedTuple):
    """Seconds until it was ready: by the clock, and of CPU."""

    wall: float
    cpu: float


@dataclass
class Result:
    """What was measured; ``made``: seconds that making the log took, 0 where it was there."""

    made: float = 0.0
    log_bytes: int = 0
    index_bytes: int = 0
    pages: dict[str, dict[str, Cost]] = field(default_factory=dict)
    searches: dict[str, dict[str, Cost]] = field(default_factory=dict)
    starts: list[Start] = field(default_factory=list)
    server: list[Start] = field(default_factory=list)
    client: list[Start] = field(default_factory=list)


def measure(folder: Path, events: int) -> Result:
    """Everything, with the log in ``folder``, which is made where there is none."""
    result = Result()
    if not folder.exists():
        start = time.perf_counter()
        biglog.make(folder, events)
        result.made = time.perf_counter() - start
    result.log_bytes = (folder / "log.sqlite").stat().st_size
    result.index_bytes = (folder / "search.sqlite").stat().st_size
    with closing(Log(folder)) as log:
        while log.index.fill(log.tip) is not None:  # of another start of the machine: made anew
            pass
        result.pages = pages(log)
        result.searches = searches(log)
    with tempfile.TemporaryDirectory() as other:
        compiled = Path(other) / "compiled"
        start_server(folder, compiled)  # compiles, as the first start of all does
        result.starts = [start_server(folder, compiled) for _ in range(STARTS)]
        empty = (Path(other) / f"{number}" for number in range(STARTS))
        result.server = [start_server(data, compiled) for data in empty]
        start_client(Path(other) / "client", compiled)
        result.client = [start_client(Path(other) / "client", compiled) for _ in range(STARTS)]
    return result


def pages(log: Log) -> dict[str, dict[str, Cost]]:
    """Pages of history from the ends and the middle: of places with many and with few events."""
    rooms = {row.name: Place(row.place) for row in log.rooms()}
    places = {
        "the fullest room": rooms[biglog.room(0)],
        "a small room": rooms[biglog.room(biglog.ROOMS - 1)],
        "a few, far apart": rooms[biglog.QUIET],
        "to everybody": EVERYBODY,
        "private talk": None,
    }
    return {
        side: {
            f"{name}{', files' if kind else ''}": cost(
                functools.partial(page, log, place, after, number, kind)
            )
            for kind in ("", "FILE")
            for name, place in places.items()
        }
        for side, after, number in (
            ("newest", False, UNBOUNDED_ID),
            ("before the middle", False, log.tip // 2),
            ("after the middle", True, log.tip // 2),
            ("oldest", True, 0),
        )
    }


def page(log: Log, place: Place | None, after: bool, number: int, kind: str) -> int:  # noqa: FBT001 - of a table
    """How many events a page of ``place`` has; None: of all private talk of who talks most."""
    ask = functools.partial(log.private_page, 1) if place is None else functools.partial(
        log.page, place
    )  # fmt: skip
    found = ask(after=after, number=number, count=PAGE_EVENTS, upto=log.tip, kind=kind)
    return len(found.lines)


def searches(log: Log) -> dict[str, dict[str, Cost]]:
    """Each question in one room, and in as many as a connection may be in."""
    rooms = {row.name: Place(row.place) for row in log.rooms()}
    loud = [rooms[biglog.room(number)] for number in range(MANY_ROOMS)]
    quiet = [rooms[biglog.room(biglog.ROOMS - 1 - number)] for number in range(MANY_ROOMS)]
    scopes = {
        "50 full rooms": Scope((EVERYBODY, *loud), 1),
        "50 small rooms": Scope((EVERYBODY, *quiet), biglog.PEOPLE),
        "4 small rooms": Scope(tuple(quiet[:4])),
        "the fullest room": Scope((loud[0],)),
        "a few, far apart": Scope((rooms[biglog.QUIET],)),
    }
    return {
        name: {title: search(log, text, scope) for title, text in QUESTIONS.items()}
        for name, scope in scopes.items()
    }


def search(log: Log, text: str, scope: Scope) -> Cost:
    """What one search takes, all of its slices."""
    slices: list[float] = []

    def complete() -> int:
        lookup = log.search(
            Words.of(text), scope, number=UNBOUNDED_ID, count=PAGE_EVENTS, upto=log.tip
        )
        page = None
        slices.append(0.0)  # a mark between two times
        while page is None:
            at = time.thread_time()
            page = lookup.step()
            slices.append(time.thread_time() - at)
        return len(page.lines)

    found = cost(complete)
    turns = (len(slices) - REPEATS) // REPEATS
    return found._replace(slices=turns, longest=max(slices))


def cost(action: Callable[[], int]) -> Cost:
    """What ``action``, which gives how many it found, takes of CPU."""
    times, found = [], 0
    for _ in range(REPEATS):
        at = time.thread_time()
        found = action()
        times.append(time.thread_time() - at)
    return Cost(found, times[0], statistics.median(times), max(times), 1, max(times))


def start_server(data: Path, compiled: Path) -> Start:
    """A server on ``data`` from its exec(2) to its word ``ready``."""
    command = [sys.executable, "-m", "reactor", "--port", "0", "--unix", "off", "--data", str(data)]
    at = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **_compiling(compiled)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        assert any(line == "ready\n" for line in child.stdout)
        start = Start(time.perf_counter() - at, _cpu_seconds(child.pid))
        child.terminate()
        child.wait()
    return start


def start_client(folder: Path, compiled: Path) -> Start:
    """A client in a terminal, from its exec(2) to the first bytes of its screen with its name.

    Nobody listens where it is sent, so that it has nothing to do but to paint.
    """
    command = [sys.executable, "-m", "curses_client", NAME, "--host", "127.0.0.1", "--port", "1",
               "--data", str(folder), "--config", str(folder / "none")]  # fmt: skip
    at = time.perf_counter()
    with Terminal(command, environment=_compiling(compiled)) as terminal:
        painted = b""
        while NAME.encode() not in painted:
            assert select.select([terminal._master], [], [], PATIENCE)[0], painted
            painted += os.read(terminal._master, READ_BYTES)
        return Start(time.perf_counter() - at, _cpu_seconds(terminal.process.pid))


def _compiling(folder: Path) -> Mapping[str, str]:
    """The environment of a program that finds what it compiled the last time, as installed ones."""
    return {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process, to the nanosecond (proc(5), schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / NANOSECONDS


def report(part: int) -> None:
    """Measure with 1/``part`` of the events, and print."""
    kept = os.environ.get(FOLDER_VARIABLE)
    with tempfile.TemporaryDirectory() as brief:
        result = measure(Path(kept) if kept else Path(brief) / "data", EVENTS // part)
    print(
        f"\nhistory: {EVENTS // part:,} events, log {result.log_bytes / 1e6:,.0f} MB, index"
        f" {result.index_bytes / 1e6:,.0f} MB, made in {result.made:.0f} s; milliseconds of CPU"
    )
    print("pages of at most 200 events, the first time and the middle of all times")
    _print_table(result.pages)
    print("searches, all slices, the first time and the middle of all times")
    _print_table(result.searches)
    found = [cost for costs in result.searches.values() for cost in costs.values()]
    print(f"longest slice {max(cost.longest for cost in found) * MILLISECONDS:.1f},"
          f" most slices {max(cost.slices for cost in found)}")  # fmt: skip
    print(f"{'starts':>28} {'wall 50%':>9} {'worst':>7} {'CPU 50%':>8} {'least':>7} {'worst':>7}")
    starts = {"server with this log": result.starts, "server with none": result.server,
              "client, to its first paint": result.client}  # fmt: skip
    for name, times in starts.items():
        walls, cpus = [start.wall for start in times], [start.cpu for start in times]
        shown = [
            statistics.median(walls),
            max(walls),
            statistics.median(cpus),
            min(cpus),
            max(cpus),
        ]
        print(f"{name:>28}" + "".join(f"{value * MILLISECONDS:>9.0f}" for value in shown))


def _print_table(table: Mapping[str, Mapping[str, Cost]]) -> None:
    """A column for each name in ``table``, a row for each name in its columns."""
    print(f"{'':>24}" + "".join(f"{name:>19}" for name in table))
    for row in next(iter(table.values())):
        costs = [column[row] for column in table.values()]
        print(f"{row:>24}" + "".join(
            f"{cost.first * MILLISECONDS:>12.2f}{cost.median * MILLISECONDS:>7.2f}"
            for cost in costs
        ))  # fmt: skip
