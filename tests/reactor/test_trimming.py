"""Free memory is given back after busy times, and not while nothing happens."""

import subprocess
import sys

import pytest

from reactor.loop import Loop
from reactor.trimming import PERIOD_SECONDS, Trimmer
from tests.reactor.lab import FakeClock

BUSY_TURNS = 100
PAGES = 5_000
"""About half of what the script had and lets go."""
SHRINKS = """
import sys
from pathlib import Path
from reactor.loop import Loop
from reactor.trimming import Trimmer
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])
heap = [bytes(600 + n % 1000) for n in range(50_000)]
kept = heap[-1]  # so that the heap does not shrink by itself
del heap
before = resident()
Trimmer(Loop())._give_back()
print(before - resident())
"""


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When memory was given back."""
    moments: list[float] = []
    monkeypatch.setattr(Trimmer, "_give_back", lambda trimmer: moments.append(trimmer._loop.now))
    return moments


def periods(loop: Loop, clock: FakeClock, count: int, turns: int) -> None:
    """Let so many periods go by, with so many turns in each."""
    for _ in range(count):
        for _ in range(turns):
            loop.restless()
            loop._restless = True
            loop.run_once()
        clock.at += PERIOD_SECONDS
        loop.run_once()


def test_after_something_happened_and_not_again(given_back: list[float]) -> None:
    clock = FakeClock()
    loop = Loop(clock=clock)
    Trimmer(loop).start()
    periods(loop, clock, 3, 0)
    assert given_back == []
    periods(loop, clock, 1, BUSY_TURNS)
    assert given_back == [clock.at]
    periods(loop, clock, 3, 1)
    assert len(given_back) == 1


def test_it_is_really_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHRINKS], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) > PAGES
