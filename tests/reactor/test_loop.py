"""The turn of the loop, with a selector and a clock that do what they are told.

Its order, how long it may wait, and failures. The other files of the loop: test_loop_interest,
test_loop_timers, test_loop_selectors.
"""

import pytest

from reactor.loop import READ, WRITE, Loop
from tests.reactor.fakes import Bench, FakeClock, FakeSelector, Noting, turn


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_order_of_a_turn(bench: Bench) -> None:
    loop = bench.loop
    bench.selector.on_select = lambda: bench.note("select")
    channel, first = bench.watch(4, "ready 4")
    bench.watch(3, "ready 3")

    def stage() -> None:
        loop.flush_later(Noting(bench.notes, "flush"))
        loop.later(0, lambda: bench.note("timer"))
        loop.again(lambda: bench.note("again, next turn"))
        loop.unwatch(channel, lambda: bench.note("close"))

    first.then = stage
    loop.again(lambda: bench.note("again"))
    loop.hooks += [lambda: bench.note("hook 1"), lambda: bench.note("hook 2")]
    bench.ready(4, 3)
    loop.run_once()
    assert bench.notes == [
        "select", "ready 4", "ready 3", "again", "hook 1", "hook 2", "flush", "timer", "close",
    ]  # fmt: skip
    bench.notes.clear()
    loop.run_once()
    assert bench.notes == ["select", "again, next turn", "hook 1", "hook 2"]


def test_interest_is_registered_before_the_select(bench: Bench) -> None:
    registered = []
    bench.watch(5, "ready", READ | WRITE)
    bench.selector.on_select = lambda: registered.append(bench.selector.interest(5))
    turn(bench.loop)
    assert registered == [READ | WRITE]


def test_time_is_read_after_the_select_and_stands_still_in_a_turn(bench: Bench) -> None:
    loop, seen = bench.loop, []
    _, handler = bench.watch(3, "ready")

    def work() -> None:
        seen.append(loop.now)
        bench.clock.advance(5)
        seen.append(loop.now)

    handler.then = work
    bench.selector.on_select = lambda: bench.clock.advance(7)
    bench.ready(3)
    loop.run_once()
    assert seen == [1007.0, 1007.0]
    assert loop.now == 1007.0


def test_what_a_flush_writes_is_flushed_in_the_next_turn_which_does_not_wait(bench: Bench) -> None:
    loop = bench.loop
    second = Noting(bench.notes, "second")
    loop.flush_later(Noting(bench.notes, "first", lambda: loop.flush_later(second)))
    loop.run_once()
    assert bench.notes == ["first"]
    loop.run_once()
    assert bench.notes == ["first", "second"]
    loop.later(1, lambda: None)
    loop.run_once()
    assert bench.selector.timeouts == [0, 0, 1.0]


def test_again_is_served_once_a_turn(bench: Bench) -> None:
    loop, served = bench.loop, []

    def busy() -> None:
        served.append(len(bench.selector.timeouts))
        if len(served) < 5:
            loop.again(busy)

    loop.again(busy)
    for _ in range(6):
        turn(loop)
    assert served == [1, 2, 3, 4, 5]


def test_crowded_tells_whether_somebody_else_waits(bench: Bench) -> None:
    loop, crowded = bench.loop, []
    for fd in (3, 4):
        _, handler = bench.watch(fd, "ready")
        handler.then = lambda: crowded.append(loop.crowded)
    bench.ready(3)
    loop.run_once()
    bench.ready(3, 4)
    loop.run_once()
    loop.again(lambda: crowded.append(loop.crowded))
    turn(loop)
    loop.again(lambda: crowded.append(loop.crowded))
    bench.ready(3)
    loop.run_once()
    assert crowded == [False, True, True, False, True, True]


class TestTimeout:
    """How long a select may wait."""

    def test_for_ever_when_there_is_nothing_to_do(self, bench: Bench) -> None:
        bench.loop.run_once()
        assert bench.selector.timeouts == [None]

    def test_until_the_next_timer(self, bench: Bench) -> None:
        bench.loop.later(9, lambda: None)
        bench.loop.later(2.5, lambda: None)
        bench.clock.advance(0.5)
        bench.loop.run_once()
        assert bench.selector.timeouts == [2.0]

    def test_not_at_all_when_a_timer_is_overdue(self, bench: Bench) -> None:
        bench.loop.later(1, lambda: None)
        bench.clock.advance(100)
        bench.loop.run_once()
        assert bench.selector.timeouts == [0]

    def test_a_cancelled_timer_does_not_count(self, bench: Bench) -> None:
        first = bench.loop.later(1, lambda: None)
        bench.loop.later(2, lambda: None)
        first.cancel()
        bench.loop.run_once()
        assert bench.selector.timeouts == [2.0]

    def test_for_ever_when_all_timers_are_cancelled(self, bench: Bench) -> None:
        for timer in [bench.loop.later(1, lambda: None) for _ in range(3)]:
            timer.cancel()
        bench.loop.run_once()
        assert bench.selector.timeouts == [None]

    def test_not_at_all_while_input_waits(self, bench: Bench) -> None:
        bench.loop.again(lambda: None)
        bench.loop.run_once()
        bench.loop.run_once()
        assert bench.selector.timeouts == [0, None]

    def test_not_at_all_while_a_descriptor_is_to_be_closed(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready")
        bench.loop.unwatch(channel, lambda: bench.note("closed"))
        bench.loop.run_once()
        assert bench.selector.timeouts == [0]
        assert bench.notes == ["closed"]

    def test_restless_after_the_hooks_does_not_wait(self, bench: Bench) -> None:
        loop = bench.loop
        loop.later(1, loop.restless)
        loop.run_once()
        loop.run_once()
        loop.run_once()
        assert bench.selector.timeouts == [1.0, 0, None]

    def test_restless_in_a_hook_does_not_wait(self, bench: Bench) -> None:
        loop = bench.loop
        once = iter([loop.restless])
        loop.hooks.append(lambda: next(once, lambda: None)())
        loop.run_once()
        loop.run_once()
        loop.run_once()
        assert bench.selector.timeouts == [None, 0, None]

    def test_restless_before_the_hooks_is_settled_by_them(self, bench: Bench) -> None:
        _, handler = bench.watch(3, "ready")
        handler.then = bench.loop.restless
        bench.ready(3)
        bench.loop.run_once()
        bench.loop.run_once()
        assert bench.selector.timeouts == [None, None]


class TestFailures:
    """One handler's failure is no other's."""

    def test_everybody_else_is_served(self, bench: Bench) -> None:
        loop = bench.loop

        def fail() -> None:
            raise ValueError(len(bench.failures))

        _, bad = bench.watch(3, "bad")
        bad.then = fail
        bench.watch(4, "good")
        turn(loop)
        bad_flusher = Noting(bench.notes, "bad flush", fail)
        for call in (fail, lambda: bench.note("good again")):
            loop.again(call)
        for flusher in (bad_flusher, Noting(bench.notes, "good flush")):
            loop.flush_later(flusher)
        for call in (fail, lambda: bench.note("good timer")):
            loop.later(0, call)
        for call in (fail, lambda: bench.note("good close")):
            loop.unwatch(loop.watch(9, bad, 0), call)
        bench.ready(3, 4)
        loop.run_once()
        assert bench.notes == [
            "bad", "good", "good again", "bad flush", "good flush", "good timer", "good close",
        ]  # fmt: skip
        assert [error.args for _, error in bench.failures] == [(n,) for n in range(5)]
        assert bench.failures[0][0] is bad
        assert bench.failures[2][0] is bad_flusher
        assert bench.failures[1][0] is fail

    def test_without_somebody_to_tell_it_is_raised(self) -> None:
        loop = Loop(FakeSelector(), FakeClock())
        loop.again(lambda: int("x"))
        with pytest.raises(ValueError, match="invalid literal"):
            loop.run_once()

    def test_a_hook_that_fails_is_never_passed_over(self, bench: Bench) -> None:
        """It is the commit: nothing may leave after one that failed."""

        def fail() -> None:
            raise ValueError("not on disk")

        bench.loop.hooks.append(fail)
        bench.loop.flush_later(Noting(bench.notes, "flush"))
        with pytest.raises(ValueError, match="not on disk"):
            bench.loop.run_once()
        assert bench.notes == []
        assert bench.failures == []


def test_run_ends_after_the_turn_in_which_stop_was_said(bench: Bench) -> None:
    loop = bench.loop
    loop.later(1, loop.stop)
    loop.later(1, lambda: bench.note("same turn"))
    loop.later(2, lambda: bench.note("too late"))
    loop.run()
    assert bench.notes == ["same turn"]
    assert not loop.running


def test_close_flushes_closes_and_gives_the_selector_back(bench: Bench) -> None:
    channel, _ = bench.watch(3, "ready")
    bench.loop.flush_later(Noting(bench.notes, "flush"))
    bench.loop.unwatch(channel, lambda: bench.note("close"))
    bench.loop.close()
    assert bench.notes == ["flush", "close"]
    assert bench.selector.closed
