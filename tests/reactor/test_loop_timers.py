"""Timers: their order, equal times, cancelling, the sweep of the cancelled, and frozen time."""

import heapq
from datetime import timedelta
from functools import partial

import pytest
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.loop import READ, Loop, SystemClock, Timer
from tests.reactor.fakes import Bench, FakeSelector, turn


@pytest.fixture
def bench() -> Bench:
    return Bench()


def dead(loop: Loop) -> int:
    """Cancelled timers that are still kept."""
    return sum(timer.call is None for _, _, timer in loop._timers)


def test_by_time_then_in_the_order_in_which_they_were_set(bench: Bench) -> None:
    for delay, name in ((3, "c"), (1, "a"), (2, "b1"), (2, "b2"), (1, "a2"), (2, "b3")):
        bench.loop.later(delay, partial(bench.note, name))
    bench.clock.advance(10)
    turn(bench.loop)
    assert bench.notes == ["a", "a2", "b1", "b2", "b3", "c"]


def test_each_at_its_time_and_once(bench: Bench) -> None:
    for delay in (0.5, 1, 1, 2.25):
        bench.loop.later(delay, lambda: bench.note(f"{bench.clock.now - 1000}"))
    for _ in range(3):
        bench.loop.run_once()
    assert bench.notes == ["0.5", "1.0", "1.0", "2.25"]
    bench.loop.run_once()
    assert bench.selector.timeouts == [0.5, 0.5, 1.25, None]


def test_not_before_its_time(bench: Bench) -> None:
    bench.loop.later(1, lambda: bench.note("timer"))
    bench.clock.advance(0.999)
    turn(bench.loop)
    assert bench.notes == []
    bench.clock.advance(0.001)
    turn(bench.loop)
    assert bench.notes == ["timer"]


def test_a_delay_counts_from_the_start_of_the_turn(bench: Bench) -> None:
    _, handler = bench.watch(3, "ready")

    def work() -> None:
        bench.clock.advance(4)
        bench.loop.later(5, lambda: bench.note(f"{bench.clock.now}"))

    handler.then = work
    bench.ready(3)
    bench.loop.run_once()
    bench.loop.run_once()
    assert bench.selector.timeouts == [None, 1.0]
    assert bench.notes == ["ready", "1005.0"]


def test_a_turn_that_comes_late_runs_all_that_were_due(bench: Bench) -> None:
    for delay in (3, 1, 2, 50):
        bench.loop.later(delay, partial(bench.note, str(delay)))
    bench.clock.advance(40)
    turn(bench.loop)
    assert bench.notes == ["1", "2", "3"]


def test_a_timer_that_is_set_by_a_timer_waits_for_the_next_turn(bench: Bench) -> None:
    """Else one that is always due again would never let the loop go on."""

    def due_again() -> None:
        bench.note("timer")
        assert len(bench.notes) < 50, "the loop is held up"
        bench.loop.later(0, due_again)

    bench.loop.later(0, due_again)
    bench.loop.later(-5, lambda: bench.note("in the past"))
    turn(bench.loop)
    assert bench.notes == ["in the past", "timer"]
    bench.loop.run_once()
    assert bench.notes == ["in the past", "timer", "timer"]
    assert bench.selector.timeouts[-1] == 0


def test_the_wall_clock_may_jump(bench: Bench) -> None:
    """C34: a day forwards and two backwards."""
    bench.loop.later(10, lambda: bench.note("timer"))
    for jump in (86_400, -2 * 86_400):
        bench.clock.wall_now += jump
        bench.clock.advance(4)
        turn(bench.loop)
        assert bench.notes == []
    bench.clock.advance(2)
    turn(bench.loop)
    assert bench.notes == ["timer"]


class TestCancel:
    """A timer that is cancelled is never called, whenever that is said."""

    def test_before_its_time(self, bench: Bench) -> None:
        timers = [bench.loop.later(1, partial(bench.note, str(n))) for n in range(3)]
        timers[1].cancel()
        bench.clock.advance(1)
        turn(bench.loop)
        assert bench.notes == ["0", "2"]
        assert (bench.loop._timers, bench.loop._cancelled) == ([], 0)

    def test_by_another_one_that_is_due_with_it(self, bench: Bench) -> None:
        def first() -> None:
            bench.note("first")
            second.cancel()

        bench.loop.later(1, first)
        second = bench.loop.later(1, lambda: bench.note("second"))
        bench.clock.advance(2)
        turn(bench.loop)
        assert bench.notes == ["first"]
        assert bench.loop._cancelled == 0

    def test_by_itself_and_afterwards_and_twice(self, bench: Bench) -> None:
        timers: list[Timer] = []

        def own() -> None:
            bench.note("own")
            timers[0].cancel()

        timers.append(bench.loop.later(1, own))
        other = bench.loop.later(5, lambda: bench.note("other"))
        bench.clock.advance(1)
        turn(bench.loop)
        timers[0].cancel()
        other.cancel()
        other.cancel()
        assert bench.loop._cancelled == 1
        bench.clock.advance(10)
        turn(bench.loop)
        assert bench.notes == ["own"]
        assert bench.loop._cancelled == 0

    def test_the_first_of_the_heap_is_forgotten_when_the_timeout_is_asked_for(
        self, bench: Bench
    ) -> None:
        for timer in [bench.loop.later(1, lambda: None) for _ in range(3)]:
            timer.cancel()
        assert dead(bench.loop) == bench.loop._cancelled == 3
        bench.loop.run_once()
        assert (bench.loop._timers, bench.loop._cancelled) == ([], 0)


class TestSweep:
    """Timers are mostly cancelled: a heap of dead ones must not grow."""

    def test_when_more_than_half_are_dead(self, bench: Bench) -> None:
        loop = bench.loop
        kept = [loop.later(500 + n, partial(bench.note, str(n))) for n in range(150)]
        doomed = [loop.later(100, lambda: bench.note("dead")) for _ in range(200)]
        for timer in doomed[:175]:
            timer.cancel()
        assert len(loop._timers) == 350
        assert dead(loop) == loop._cancelled == 175
        doomed[175].cancel()
        assert len(loop._timers) == 174
        assert dead(loop) == loop._cancelled == 0
        heap = list(loop._timers)
        heapq.heapify(heap)
        assert heap == loop._timers
        for timer in doomed[176:]:
            timer.cancel()
        bench.clock.advance(1000)
        turn(loop)
        assert bench.notes == [str(n) for n in range(len(kept))]

    def test_not_for_a_few(self, bench: Bench) -> None:
        timers = [bench.loop.later(100, lambda: None) for _ in range(100)]
        for timer in timers:
            timer.cancel()
        assert len(bench.loop._timers) == 100

    def test_when_all_are_dead_and_again_and_again(self, bench: Bench) -> None:
        """The count of the dead stays true, so that the sweep never comes later and later."""
        loop = bench.loop
        most = 0
        for _ in range(30):
            for timer in [loop.later(100, lambda: None) for _ in range(250)]:
                timer.cancel()
                most = max(most, len(loop._timers))
                assert dead(loop) == loop._cancelled
        assert most <= 350

    def test_one_timer_that_is_set_anew_for_ever(self, bench: Bench) -> None:
        timer = bench.loop.later(60, lambda: None)
        for _ in range(5000):
            timer.cancel()
            timer = bench.loop.later(60, lambda: None)
            assert len(bench.loop._timers) <= 110
        assert timer.call is not None

    def test_within_a_timer(self, bench: Bench) -> None:
        loop = bench.loop
        doomed = [loop.later(2, lambda: bench.note("dead")) for _ in range(300)]

        def sweep() -> None:
            for timer in doomed:
                timer.cancel()

        loop.later(1, sweep)
        loop.later(3, lambda: bench.note("last"))
        bench.clock.advance(5)
        turn(loop)
        assert bench.notes == ["last"]


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("later"), st.integers(-1, 6)),
        st.tuples(st.just("cancel"), st.integers(0, 100)),
        st.tuples(st.just("turn"), st.integers(0, 4)),
    ),
    max_size=80,
)


@given(deeds)
@settings(max_examples=200, deadline=None)
def test_whatever_is_set_and_cancelled_the_right_ones_are_called(
    todo: list[tuple[str, int]],
) -> None:
    bench = Bench()
    loop = bench.loop
    timers: list[Timer] = []
    waiting: dict[int, float] = {}
    fired: list[int] = []
    expected: list[int] = []

    for deed, value in todo:
        if deed == "later":
            waiting[len(timers)] = loop.now + value
            timers.append(loop.later(value, partial(fired.append, len(timers))))
        elif deed == "cancel" and timers:
            timers[value % len(timers)].cancel()
            waiting.pop(value % len(timers), None)
        elif deed == "turn":
            bench.clock.advance(value)
            turn(loop)
            due = sorted((when, n) for n, when in waiting.items() if when <= bench.clock.now)
            for _, number in due:
                expected.append(number)
                del waiting[number]
        assert fired == expected
        assert dead(loop) == loop._cancelled
        assert len(loop._timers) == len(waiting) + loop._cancelled


def test_with_the_clocks_of_the_machine_frozen() -> None:
    """Freezegun moves time.monotonic and time.time; SystemClock reads them each time anew."""
    with freeze_time("2026-11-21 07:40:00") as frozen:
        selector = FakeSelector()
        loop = Loop(selector, SystemClock())
        notes = []
        loop.later(0.5, lambda: notes.append("half"))
        loop.later(60, lambda: notes.append("minute"))
        start = loop.clock.wall()
        turn(loop)
        assert notes == []
        frozen.tick(0.499)
        turn(loop)
        assert notes == []
        frozen.tick(0.002)
        turn(loop)
        assert notes == ["half"]
        frozen.tick(timedelta(seconds=58))
        loop.run_once()
        assert selector.timeouts[-1] == pytest.approx(60 - 58.501)
        assert notes == ["half"]
        frozen.tick(2)
        turn(loop)
        assert notes == ["half", "minute"]
        assert loop.clock.wall() - start == pytest.approx(60.501)
        assert start == pytest.approx(1_795_246_800.0)


def test_frozen_time_passes_in_the_select_alone() -> None:
    with freeze_time("2026-11-21 07:40:00") as frozen:
        selector = FakeSelector()
        loop = Loop(selector)
        selector.on_select = lambda: frozen.tick(selector.timeouts[-1] or 0)
        calls: list[float] = []

        def again() -> None:
            calls.append(loop.clock.wall() - 1_795_246_800.0)
            if len(calls) < 4:
                loop.later(15, again)
            else:
                loop.stop()

        loop.watch(3, Bench().watch(3, "nobody", READ)[1])
        loop.later(15, again)
        loop.run()
        assert calls == pytest.approx([15, 30, 45, 60])
