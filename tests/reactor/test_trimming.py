"""Free memory is given back after busy times, and not while nothing happens."""

import subprocess
import sys

import pytest

from reactor.loop import Loop
from reactor.trimming import BUSY_LOOKS, PERIOD_SECONDS, Trimmer
from tests.reactor.fakes import Bench
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


def test_never_quiet_it_is_given_back_all_the_same(given_back: list[float]) -> None:
    bench = Bench()
    bench.watch(7, "peer")
    Trimmer(bench.loop).start()
    start = bench.clock.now
    for _ in range(20 * BUSY_LOOKS):
        bench.clock.advance(PERIOD_SECONDS / 10)
        for _ in range(BUSY_TURNS // 10):
            bench.ready(7)
            bench.loop.run_once()
            assert not bench.loop.quiet
    periods = [(moment - start) / PERIOD_SECONDS for moment in given_back]
    assert periods == pytest.approx([BUSY_LOOKS, 2 * BUSY_LOOKS], abs=0.5)


def test_it_is_really_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHRINKS], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) > PAGES
