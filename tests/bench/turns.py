"""Systems measured in turn: each one started, loaded and ended before the next one starts.

A, B, C, A, B, C …: what else the machine does meets them all alike. The median of the runs counts.
A system that loses anything is out of its table, and is named below it.
"""

import contextlib
import os
import resource
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench.load import Crowd
from tests.bench.systems.system import Server, System, on_cpu

SPARE_DESCRIPTORS: Final = 200

Figures = dict[str, float]
"""What one run gave, by name."""


@dataclass
class Outcome:
    """By system: the medians; why one failed; what to install; and why one was left out."""

    figures: dict[str, Figures] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def in_turn(systems: Sequence[System], runs: int, measure: Callable[[System], Figures]) -> Outcome:
    """Measure each system so many times, and give the medians. AssertionErrors are failures."""
    outcome = Outcome()
    taken: dict[str, list[Figures]] = {}
    for number in range(runs):
        for system in systems:
            if number == 0 and (package := system.missing()):
                outcome.missing[system.name] = package
            if system.name in outcome.missing or system.name in outcome.failures:
                continue
            try:
                taken.setdefault(system.name, []).append(measure(system))
            except AssertionError as error:
                outcome.failures[system.name] = str(error)
    for name, figures in taken.items():
        if name not in outcome.failures:
            outcome.figures[name] = {
                key: statistics.median(one[key] for one in figures) for key in figures[0]
            }
    return outcome


@contextlib.contextmanager
def stage(system: System, members: int, *, pin: bool) -> Iterator[tuple[Server, Crowd]]:
    """One server, started for so many members, and the load that is to be its members.

    ``pin``: the server is on the first CPU of this process and the load on the second, if there
    are two. Raises AssertionError when it does not start.
    """
    _make_room(members)
    cpus = sorted(os.sched_getaffinity(0))
    servers, loads = cpus[:2] if pin and len(cpus) > 1 else (None, None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with on_cpu(servers):
            server = system.start(Path(folder), members)
        with on_cpu(loads), server, Crowd(server.port) as crowd:
            yield server, crowd
            server.close()  # before the crowd leaves: nobody is to be told of each


def quantile(times: Sequence[float], part: float) -> float:
    """The time that ``part`` of them (0 to 1) do not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def _make_room(members: int) -> None:
    """Let this process and its children open as many files as they may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert members + SPARE_DESCRIPTORS < hard, f"only {hard} files may be open (ulimit -Hn)"
