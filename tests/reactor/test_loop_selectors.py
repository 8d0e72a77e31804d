"""The loop over every selector that this machine has, with real sockets, and with real signals."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from reactor.loop import READ, WRITE, Loop, Signals, SpareDescriptor, SystemClock
from reactor.stream import State, Stream
from tests.reactor.fakes import Noting, drain_socket, fill_socket, tcp_pair, turn, until

CLASSES: dict[str, type[selectors.BaseSelector]] = {
    name: getattr(selectors, name)
    for name in (
        "SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector",
        "DefaultSelector",
    )
    if hasattr(selectors, name)
}  # fmt: skip


@pytest.fixture(params=CLASSES)
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    loop = Loop(CLASSES[request.param]())
    yield loop
    loop.close()


@pytest.fixture(params=["unix", "tcp"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair() if request.param == "unix" else tcp_pair()
    near.settimeout(0)
    with near, far:
        yield near, far


Pair = tuple[socket.socket, socket.socket]


def test_the_selectors_of_this_machine_are_found() -> None:
    assert {"SelectSelector", "DefaultSelector"} <= set(CLASSES)
    assert len({type(Loop(kind())._selector) for kind in CLASSES.values()}) >= 2


def test_readable(loop: Loop, pair: Pair) -> None:
    near, far = pair
    notes: list[str] = []
    handler = Noting(notes, "ready", lambda: near.recv(100))
    loop.watch(near.fileno(), handler)
    turn(loop)
    assert notes == []
    far.send(b"x")
    until(loop, lambda: notes)
    assert handler.masks == [READ]
    turn(loop)
    assert notes == ["ready"]


def test_readable_until_it_is_read(loop: Loop, pair: Pair) -> None:
    near, far = pair
    notes: list[str] = []
    loop.watch(near.fileno(), Noting(notes, "ready"))
    far.send(b"x")
    until(loop, lambda: notes)
    turn(loop)
    turn(loop)
    assert len(notes) == 3


def test_writable_and_not(loop: Loop, pair: Pair) -> None:
    near, far = pair
    notes: list[str] = []
    handler = Noting(notes, "ready")
    loop.watch(near.fileno(), handler, WRITE)
    turn(loop)
    assert handler.masks == [WRITE]
    fill_socket(near)
    turn(loop)
    turn(loop)
    assert len(notes) == 1
    until(loop, lambda: drain_socket(far) == b"" and len(notes) > 1)
    assert set(handler.masks) == {WRITE}


def test_both_at_once(loop: Loop, pair: Pair) -> None:
    near, far = pair
    handler = Noting([], "ready", lambda: None)
    loop.watch(near.fileno(), handler, READ | WRITE)
    turn(loop)
    assert handler.masks == [WRITE]
    far.send(b"x")
    until(loop, lambda: handler.masks[-1] != WRITE)
    assert handler.masks[-1] == READ | WRITE


def test_paused_and_resumed(loop: Loop, pair: Pair) -> None:
    near, far = pair
    handler = Noting([], "ready")
    channel = loop.watch(near.fileno(), handler)
    turn(loop)
    loop.want(channel, 0)
    far.send(b"x")
    turn(loop)
    turn(loop)
    assert handler.masks == []
    loop.want(channel, READ)
    until(loop, lambda: handler.masks)
    loop.want(channel, WRITE)
    turn(loop)
    assert handler.masks == [READ, WRITE]


def test_the_end_of_the_other_side_is_readable(loop: Loop, pair: Pair) -> None:
    near, far = pair
    found: list[bytes] = []
    loop.watch(near.fileno(), Noting([], "ready", lambda: found.append(near.recv(1))))
    far.shutdown(socket.SHUT_WR)
    until(loop, lambda: found)
    assert found == [b""]


def test_a_broken_connection_is_told_to_who_only_writes(loop: Loop, pair: Pair) -> None:
    """Whatever poll calls it, HUP or ERR: a writer that waits for a dead peer must hear of it."""
    near, far = pair
    fill_socket(near)
    handler = Noting([], "ready")
    loop.watch(near.fileno(), handler, WRITE)
    turn(loop)
    assert handler.masks == []
    far.close()
    until(loop, lambda: handler.masks)
    assert handler.masks == [WRITE]


def test_unwatched_in_its_own_call(loop: Loop, pair: Pair) -> None:
    near, far = pair
    handler = Noting([], "ready", lambda: loop.unwatch(channel, near.close))
    channel = loop.watch(near.fileno(), handler)
    far.send(b"xx")
    until(loop, lambda: handler.masks)
    turn(loop)
    assert handler.masks == [READ]
    assert near.fileno() == -1


def test_numbers_are_used_again_and_again(loop: Loop) -> None:
    numbers = set()
    for _ in range(20):
        near, far = socket.socketpair()
        numbers.add(near.fileno())
        handler = Noting([], "ready")
        channel = loop.watch(near.fileno(), handler, READ | WRITE)
        far.send(b"x")
        turn(loop)
        assert handler.masks == [READ | WRITE]
        loop.unwatch(channel, near.close)
        far.close()
        turn(loop)
    assert len(numbers) == 1


def test_timers_end_a_wait(loop: Loop, pair: Pair) -> None:
    notes: list[str] = []
    loop.watch(pair[0].fileno(), Noting(notes, "ready"))
    for delay in (0.02, 0.01):
        loop.later(delay, partial(notes.append, str(delay)))
    loop.later(0.03, loop.stop)
    loop.run()
    assert notes == ["0.01", "0.02"]


def test_a_timer_is_never_early_and_the_wait_does_not_spin(loop: Loop) -> None:
    clock = SystemClock()
    turns = 0
    times: list[float] = []

    def count() -> None:
        nonlocal turns
        turns += 1

    loop.hooks.append(count)
    start = loop.now = clock.monotonic()
    for n in range(1, 6):
        loop.later(n * 0.0101, lambda: times.append(loop.now - start))
    while len(times) < 5:
        loop.run_once()
    assert all(when >= n * 0.0101 for n, when in enumerate(times, 1))
    assert turns <= 15


class Echo:
    """The owner of a stream that sends back what comes, and ends when the other side does."""

    def __init__(self, loop: Loop, sock: socket.socket) -> None:
        self.stream = Stream(loop, sock, self)
        self.reasons: list[str] = []

    def received(self, data: bytes) -> None:
        self.stream.write(data)
        if not data:
            self.stream.finish(5)

    def flushed(self) -> None:
        if self.stream.queued == 0:
            self.stream.resume()

    def blocked(self) -> None:
        self.stream.pause()

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)


def test_a_megabyte_comes_back(loop: Loop, pair: Pair) -> None:
    """Through full buffers, a paused reader, and a half-closed connection."""
    near, far = pair
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    far.settimeout(0)
    echo = Echo(loop, near)
    data = bytes(range(256)) * 4096
    back = bytearray()
    sent = 0

    def step() -> bool:
        nonlocal sent
        if sent < len(data):
            with contextlib.suppress(BlockingIOError):
                sent += far.send(data[sent : sent + 50_000])
            if sent == len(data):
                far.shutdown(socket.SHUT_WR)
        back.extend(drain_socket(far))
        return bool(echo.reasons)

    until(loop, step)
    assert bytes(back) == data
    assert echo.reasons == [""]
    assert echo.stream.state is State.CLOSED


SIGNALLER = """
import os, pathlib, signal, sys, time
pid, deadline = int(sys.argv[1]), time.monotonic() + 5
stat = pathlib.Path(f"/proc/{pid}/stat")
while stat.read_text().rpartition(")")[2].split()[0] != "S" and time.monotonic() < deadline:
    pass
os.kill(pid, signal.SIGUSR1)
"""
"""Another process: waits until this one sleeps, then sends it a signal."""


class TestSignals:
    """Signals as one more descriptor."""

    def test_each_is_told_in_a_turn_and_by_its_number(self, loop: Loop) -> None:
        notes: list[str] = []
        signals = Signals(
            loop,
            {
                signal.SIGUSR1: lambda: notes.append("one"),
                signal.SIGUSR2: lambda: notes.append("two"),
            },
        )
        signal.raise_signal(signal.SIGUSR2)
        assert notes == []
        loop.run_once()
        assert notes == ["two"]
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR1):
            signal.raise_signal(number)
        loop.run_once()
        assert notes == ["two", "one", "two"]
        turn(loop)
        assert notes == ["two", "one", "two"]
        signals.close()

    def test_a_signal_ends_a_wait_that_has_no_end(self, loop: Loop) -> None:
        """PEP 475: the wait alone would go on after the handler."""
        signals = Signals(loop, {signal.SIGUSR1: loop.stop})
        with subprocess.Popen([sys.executable, "-c", SIGNALLER, str(os.getpid())]) as child:
            loop.run()
            assert child.wait() == 0
        signals.close()
        assert not loop.running

    def test_what_was_there_before_comes_back(self, loop: Loop) -> None:
        heard: list[int] = []
        former = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
        ends = socket.socketpair()
        ends[1].settimeout(0)
        fd = signal.set_wakeup_fd(ends[1].fileno())
        try:
            notes: list[str] = []
            signals = Signals(loop, {signal.SIGUSR1: lambda: notes.append("call")})
            signal.raise_signal(signal.SIGUSR1)
            turn(loop)
            assert (notes, heard) == (["call"], [])
            signals.close()
            signal.raise_signal(signal.SIGUSR1)
            turn(loop)
            assert (notes, heard) == (["call"], [signal.SIGUSR1])
            assert signal.set_wakeup_fd(-1) == ends[1].fileno()
            assert drain_socket(ends[0]) == bytes([signal.SIGUSR1])
        finally:
            signal.set_wakeup_fd(fd)
            for end in ends:
                end.close()
            signal.signal(signal.SIGUSR1, former)


def test_the_spare_descriptor_is_lent_once_and_taken_back() -> None:
    spare = SpareDescriptor()
    assert spare.lend()
    assert not spare.lend()
    spare.take_back()
    spare.take_back()
    assert spare.lend()
    spare.take_back()
    spare.close()
    assert not spare.lend()
