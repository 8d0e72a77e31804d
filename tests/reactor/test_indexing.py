"""When the index is filled: while nobody is to be served, and only as long as something is left.

On a server that always has somebody to serve it is filled all the same, once it is late.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.indexing import (
    BUSY_SECONDS,
    LATE_EVENTS,
    LATE_SECONDS,
    PUSH_SECONDS,
    WAIT_SECONDS,
    Indexer,
)
from reactor.log import Log
from reactor.log.search import RETRY_SECONDS
from tests.reactor.fakes import Bench
from tests.reactor.logs import store

TURN_SECONDS = 0.01


class Filling(Bench):
    """A loop on fakes with a real log, whose slices are counted."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.log = Log(folder)
        self.slices = 0
        self.real_fill = self.log.index.fill
        self.log.index.fill = self._fill  # type: ignore[method-assign] # to count
        self.loop.hooks.append(Indexer(self.loop, self.log).notice)

    def _fill(self, tip: int) -> float | None:
        self.slices += 1
        return self.real_fill(tip)

    def go(self, seconds: float) -> int:
        """Turns until the time is over or nothing is to be done; the slices that were taken."""
        before, end = self.slices, self.clock.monotonic() + seconds
        while self.clock.monotonic() < end and (self.loop._timers or self.loop._restless):
            self.loop.run_once()
        return self.slices - before

    def busy(self, seconds: float, says: int = 0) -> int:
        """Turns that all have somebody to serve, who says so many texts in each; the slices."""
        before, end = self.slices, self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self.clock.advance(TURN_SECONDS)
            store(self.log, *(f"ramai {number}" for number in range(says)))
            self.ready(7)
            self.loop.run_once()
        assert not self.loop.quiet
        return self.slices - before


@pytest.fixture
def filling(tmp_path: Path) -> Iterator[Filling]:
    filling = Filling(tmp_path / "data")
    yield filling
    filling.log.close()


def first_turn(filling: Filling) -> None:
    """A turn that serves somebody, as every turn that stores something does."""
    filling.watch(7, "peer")
    filling.ready(7)
    filling.loop.run_once()


def test_an_empty_log_sets_no_timer(filling: Filling) -> None:
    first_turn(filling)
    assert filling.loop._timers == []
    assert filling.slices == 0


def test_it_waits_and_then_goes_on_to_the_end(filling: Filling) -> None:
    store(filling.log, *(f"kata {number}" for number in range(2000)))
    first_turn(filling)
    assert filling.go(WAIT_SECONDS * 0.9) <= 1
    assert filling.go(1000) > 3
    assert filling.log.index.done == filling.log.tip
    assert filling.loop._timers == []  # the next select waits for ever: no CPU is used
    slices = filling.slices
    filling.ready(7)
    filling.loop.run_once()
    assert filling.loop._timers == []
    assert filling.slices == slices


def test_under_load_it_lags(filling: Filling) -> None:
    store(filling.log, "halo")
    first_turn(filling)
    assert filling.busy(LATE_SECONDS - 3 * BUSY_SECONDS) == 0
    filling.go(1000)
    assert filling.log.index.done == filling.log.tip


def test_never_quiet_it_is_filled_after_a_while(filling: Filling) -> None:
    """One event is late when it has waited too long; the next one is given its time again."""
    first_turn(filling)
    for _ in range(3):
        store(filling.log, "halo")
        assert filling.busy(LATE_SECONDS - 3 * BUSY_SECONDS) == 0
        assert filling.busy(1) > 0
        assert filling.log.index.done == filling.log.tip


def test_never_quiet_it_is_filled_when_much_is_lacking(filling: Filling) -> None:
    store(filling.log, *(f"kata {number}" for number in range(LATE_EVENTS)))
    first_turn(filling)
    seconds = WAIT_SECONDS + BUSY_SECONDS
    assert 0 < filling.busy(seconds) < seconds / PUSH_SECONDS
    filling.busy(LATE_SECONDS)
    assert filling.log.index.done == filling.log.tip


def test_never_quiet_the_slices_are_few(filling: Filling) -> None:
    """Whoever waits for them waits for one at a time, and for a share of the time alone."""
    store(filling.log, *(f"kata {number}" for number in range(LATE_EVENTS)))
    first_turn(filling)
    filling.busy(WAIT_SECONDS + BUSY_SECONDS)
    for _ in range(20):
        assert filling.busy(PUSH_SECONDS * 2) <= 2


def test_never_quiet_and_always_talking_it_keeps_up(filling: Filling) -> None:
    """Five hundred events a second for half a minute: what is lacking stays bounded."""
    first_turn(filling)
    lacking = []
    for _ in range(30):
        filling.busy(1, says=5)
        lacking.append(filling.log.tip - filling.log.index.done)
    assert max(lacking) < LATE_EVENTS * 2
    assert filling.log.index.done > 0
    assert filling.loop._timers


def test_it_leaves_a_broken_index_alone_for_a_while(filling: Filling, tmp_path: Path) -> None:
    (tmp_path / "data" / "search.sqlite").mkdir()
    store(filling.log, "halo")
    first_turn(filling)
    assert filling.go(WAIT_SECONDS + RETRY_SECONDS * 5) in range(4, 8)
    assert filling.failures == []
