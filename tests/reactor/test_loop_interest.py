"""Wanted against registered interest, and what is closed in the turn in which it is ready (C9)."""

import os
import socket

import pytest

from reactor.loop import READ, WRITE, Loop
from tests.reactor.fakes import Bench, Noting, turn


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestInterest:
    """What is wanted, and what the selector hears of it."""

    def test_the_selector_hears_the_last_word_alone(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready")
        for interest in (0, WRITE, READ, 0, READ | WRITE):
            bench.loop.want(channel, interest)
        assert bench.selector.taken() == []
        assert len(bench.loop._changed) == 1
        turn(bench.loop)
        assert bench.selector.taken() == [("register", 3, READ | WRITE)]

    def test_no_call_when_nothing_changed(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready")
        turn(bench.loop)
        bench.selector.taken()
        bench.loop.want(channel, READ)
        turn(bench.loop)
        bench.loop.want(channel, WRITE)
        bench.loop.want(channel, READ)
        turn(bench.loop)
        turn(bench.loop)
        assert bench.selector.taken() == []

    def test_each_change_is_one_call(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready", 0)
        turn(bench.loop)
        assert bench.selector.taken() == []
        for interest in (READ, WRITE, READ | WRITE, 0, 0, WRITE):
            bench.loop.want(channel, interest)
            turn(bench.loop)
        assert bench.selector.taken() == [
            ("register", 3, READ),
            ("modify", 3, WRITE),
            ("modify", 3, READ | WRITE),
            ("unregister", 3, 0),
            ("register", 3, WRITE),
        ]

    def test_nothing_is_registered_for_an_empty_interest(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready")
        turn(bench.loop)
        bench.loop.want(channel, 0)
        turn(bench.loop)
        assert not bench.selector.get_map()
        assert (channel.wanted, channel.registered) == (0, 0)

    def test_unwatch_unregisters_at_once_and_closes_at_the_end(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready")
        turn(bench.loop)
        bench.selector.taken()
        bench.loop.unwatch(channel, lambda: bench.note("closed"))
        assert bench.selector.taken() == [("unregister", 3, 0)]
        assert bench.notes == []
        turn(bench.loop)
        assert bench.notes == ["closed"]

    def test_unwatch_of_what_is_not_registered_makes_no_call(self, bench: Bench) -> None:
        channel, _ = bench.watch(3, "ready")
        bench.loop.unwatch(channel)
        bench.loop.want(channel, WRITE)
        turn(bench.loop)
        assert bench.selector.taken() == []

    def test_a_handler_is_told_only_what_it_wants_now(self, bench: Bench) -> None:
        channel, second = bench.watch(4, "second", READ | WRITE)
        _, first = bench.watch(3, "first")
        turn(bench.loop)
        first.then = lambda: bench.loop.want(channel, WRITE)
        bench.selector.script.append({3: READ, 4: READ | WRITE})
        bench.loop.run_once()
        assert second.masks == [WRITE]


class TestClosedInTheSameTurn:
    """C9: what one handler closes is not served by its stale event."""

    def test_a_closed_handler_is_not_called(self, bench: Bench) -> None:
        victim, _ = bench.watch(4, "victim")
        _, killer = bench.watch(3, "killer")
        bench.watch(5, "bystander")
        killer.then = lambda: bench.loop.unwatch(victim, lambda: bench.note("close"))
        turn(bench.loop)
        bench.ready(3, 4, 5)
        bench.loop.run_once()
        assert bench.notes == ["killer", "bystander", "close"]

    def test_a_number_that_is_reused_gets_no_event_of_its_former_owner(self, bench: Bench) -> None:
        victim, _ = bench.watch(4, "victim")
        _, killer = bench.watch(3, "killer")

        def replace() -> None:
            bench.loop.unwatch(victim)
            bench.watch(4, "heir")

        killer.then = replace
        turn(bench.loop)
        bench.ready(3, 4)
        bench.loop.run_once()
        assert bench.notes == ["killer"]
        bench.ready(4)
        bench.loop.run_once()
        assert bench.notes == ["killer", "heir"]

    def test_a_number_is_free_again_only_after_the_turn(self) -> None:
        """With a real selector and real descriptors."""
        loop, notes = Loop(), list[str]()
        pairs = [socket.socketpair() for _ in range(2)]
        numbers, heirs = list[int](), list[socket.socket]()
        victim_end = pairs[1][0]
        victim = loop.watch(victim_end.fileno(), Noting(notes, "victim"))
        number = victim_end.fileno()

        def replace() -> None:
            if not heirs:
                loop.unwatch(victim, victim_end.close)
                heirs.extend(socket.socketpair())
                numbers.extend(end.fileno() for end in heirs)
                heirs[1].send(b"x")
                loop.watch(heirs[0].fileno(), Noting(notes, "heir", lambda: heirs[0].recv(1)))

        def kill() -> None:
            pairs[0][0].recv(1)
            replace()

        killer = loop.watch(pairs[0][0].fileno(), Noting(notes, "killer", kill))
        pairs[0][1].send(b"x")
        pairs[1][1].send(b"x")
        loop.run_once()
        # Either order of the two events is right, if none comes after the close.
        assert notes in (["killer"], ["victim", "killer"])
        assert number not in numbers
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)
        loop.run_once()
        assert notes[-1] == "heir"
        again = socket.socketpair()
        assert number in {end.fileno() for end in again}
        reused = next(end for end in again if end.fileno() == number)
        other = next(end for end in again if end is not reused)
        loop.watch(number, Noting(notes, "reused", lambda: reused.recv(1)))
        other.send(b"x")
        loop.run_once()
        assert notes[-1] == "reused"
        loop.unwatch(killer)
        for end in (*pairs[0], pairs[1][1], *heirs, *again):
            end.close()
        loop.close()
