"""A listener whose descriptors run out (C23, P7): it says farewell, pauses, and never spins."""

import errno
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import pytest

from reactor.listener import RETRY_SECONDS, Listener
from reactor.loop import READ, SpareDescriptor
from tests.reactor.fakes import PATIENCE, Bench, turn
from tests.support.server import ROOT
from tests.support.timing import Stopwatch

FAREWELL = b"ERR full no more fit in here\nBYE full\n"
FD = 5


class Queue:
    """A listening socket whose accepts the test plans: a connection, or an error by its number."""

    def __init__(self) -> None:
        self.plan: list[socket.socket | int] = []
        self.calls = 0
        self.closed = False

    def settimeout(self, seconds: float) -> None:
        assert seconds == 0

    def fileno(self) -> int:
        return FD

    def accept(self) -> tuple[socket.socket, object]:
        self.calls += 1
        assert self.calls < 1000, "it spins"
        step = self.plan.pop(0) if self.plan else errno.EAGAIN
        if isinstance(step, int):
            raise OSError(step, os.strerror(step))
        return step, None

    def close(self) -> None:
        self.closed = True


class Spare(SpareDescriptor):
    """A spare descriptor that notes what becomes of it."""

    def __init__(self, *, out: bool = False) -> None:
        self.out = out
        self.lent = 0

    def lend(self) -> bool:
        if self.out:
            return False
        self.out = True
        self.lent += 1
        return True

    def take_back(self) -> None:
        self.out = False


class Door:
    """A listener on fakes, and who came through it."""

    def __init__(self, *, per_turn: int = 64, out: bool = False) -> None:
        self.bench = Bench()
        self.queue = Queue()
        self.spare = Spare(out=out)
        self.came: list[socket.socket] = []
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.listener = Listener(
            self.bench.loop,
            cast(socket.socket, self.queue),
            self.came.append,
            self.spare,
            FAREWELL,
            per_turn,
        )
        turn(self.bench.loop)

    def connection(self) -> socket.socket:
        """The server's end of a connection; the far end is in ``pairs``."""
        near, far = socket.socketpair()
        far.settimeout(PATIENCE)
        self.pairs.append((near, far))
        return near

    def ready(self, *plan: socket.socket | int) -> None:
        """One turn in which somebody waits."""
        self.queue.plan = list(plan)
        self.bench.ready(FD)
        self.bench.loop.run_once()

    @property
    def listens(self) -> bool:
        turn(self.bench.loop)
        return self.bench.selector.interest(FD) == READ

    def heard(self, number: int) -> bytes:
        """All that the ``number``-th connection gets until its end."""
        found = b""
        while data := self.pairs[number][1].recv(1000):
            found += data
        return found

    def close(self) -> None:
        for pair in self.pairs:
            for end in pair:
                end.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


def test_all_who_wait_are_taken_in_their_order(door: Door) -> None:
    connections = [door.connection() for _ in range(3)]
    door.ready(*connections)
    assert door.came == connections
    assert door.queue.calls == 4
    assert door.spare.lent == 0


def test_no_more_than_per_turn() -> None:
    door = Door(per_turn=2)
    connections = [door.connection() for _ in range(3)]
    door.ready(*connections)
    assert door.came == connections[:2]
    door.ready(connections[2])
    assert door.came == connections
    door.close()


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EINTR])
def test_nobody_there_after_all(door: Door, number: int) -> None:
    door.ready(number)
    assert door.came == []
    assert door.queue.calls == 1
    assert door.listens


def test_a_connection_that_is_gone_already_is_passed_over(door: Door) -> None:
    alive = door.connection()
    door.ready(errno.ECONNABORTED, errno.ECONNABORTED, alive)
    assert door.came == [alive]
    assert door.bench.failures == []


OUT = [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM]


@pytest.mark.parametrize("number", OUT)
def test_without_descriptors_the_next_one_is_told_so(door: Door, number: int) -> None:
    surplus = door.connection()
    door.ready(number, surplus)
    assert door.came == []
    assert door.heard(0) == FAREWELL
    assert surplus.fileno() == -1
    assert (door.spare.lent, door.spare.out) == (1, False)
    assert door.listens


def test_all_surplus_ones_are_told_in_the_same_turn(door: Door) -> None:
    plan: list[socket.socket | int] = []
    for _ in range(5):
        plan += [errno.EMFILE, door.connection()]
    last = door.connection()
    door.ready(*plan, last)
    assert [door.heard(number) for number in range(5)] == [FAREWELL] * 5
    assert door.listener.turned_away == 5
    assert door.came == [last]


def test_nobody_waits_and_there_are_no_descriptors(door: Door) -> None:
    """Linux says EMFILE before it looks whether anybody waits: that is no reason for a pause."""
    door.ready(errno.EMFILE, door.connection(), errno.EMFILE, errno.EAGAIN)
    assert door.heard(0) == FAREWELL
    assert door.listens
    assert not door.spare.out
    assert door.queue.calls == 4


def test_a_surplus_one_that_is_gone_already_does_no_harm(door: Door) -> None:
    surplus, alive = door.connection(), door.connection()
    door.pairs[0][1].close()
    door.ready(errno.EMFILE, surplus, errno.EMFILE, errno.ECONNABORTED, alive)
    assert door.came == [alive]
    assert door.listens
    assert door.bench.failures == []


@pytest.mark.parametrize("number", OUT)
def test_with_nothing_left_it_pauses_and_tries_again(door: Door, number: int) -> None:
    door.ready(number, number)
    assert door.queue.calls == 2
    assert not door.listens
    door.bench.clock.advance(RETRY_SECONDS - 0.1)
    assert not door.listens
    assert door.queue.calls == 2
    door.bench.clock.advance(0.1)
    turn(door.bench.loop)
    assert door.listens
    late = door.connection()
    door.ready(late)
    assert door.came == [late]


def test_without_the_spare_it_pauses_and_gets_it_back() -> None:
    door = Door(out=True)
    door.ready(errno.EMFILE)
    assert door.queue.calls == 1
    assert not door.listens
    assert door.spare.out
    door.bench.clock.advance(RETRY_SECONDS)
    turn(door.bench.loop)
    assert door.listens
    assert not door.spare.out


def test_an_error_that_nobody_expects_is_told_and_the_door_stays_open(door: Door) -> None:
    door.ready(errno.EPERM)
    assert [error.errno for _, error in door.bench.failures if isinstance(error, OSError)] == [
        errno.EPERM
    ]
    assert door.bench.failures[0][0] is door.listener
    assert door.listens
    assert not door.spare.out


def test_close_ends_it_even_in_a_pause() -> None:
    door = Door(out=True)
    door.ready(errno.EMFILE)
    door.listener.close()
    turn(door.bench.loop)
    assert door.queue.closed
    door.bench.clock.advance(2 * RETRY_SECONDS)
    turn(door.bench.loop)
    assert not door.listens
    assert door.spare.out, "nobody would give it back"


SERVER = """
import resource, socket, sys, time
from reactor.listener import Listener
from reactor.loop import Loop, SpareDescriptor
from reactor.stream import Stream

class Guest:
    def __init__(self, sock):
        self.stream = Stream(loop, sock, self)
        self.stream.write(b"welcome\\n")
    def received(self, data):
        if not data:
            self.stream.abort()
    def flushed(self): pass
    def blocked(self): pass
    def lost(self, reason): pass

class Parent:
    def on_ready(self, mask):
        loop.stop()

turns = 0
def count():
    global turns
    turns += 1

loop = Loop()
loop.hooks.append(count)
spare = SpareDescriptor()
sock = socket.create_server(("127.0.0.1", 0), backlog=128)
Listener(loop, sock, Guest, spare, b"full\\n", 64)
loop.watch(0, Parent())
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
print(sock.getsockname()[1], flush=True)
loop.run()
print(turns, time.process_time(), flush=True)
"""


def test_with_a_real_limit_the_surplus_is_told_and_a_free_place_is_given_away() -> None:
    """RLIMIT_NOFILE 20 and 60 connects: nobody spins, nobody waits without a word."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        port = int(server.stdout.readline())
        peers = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(60)]
        words = [peer.recv(100) for peer in peers]
        assert set(words) == {b"welcome\n", b"full\n"}
        guests = [peer for peer, word in zip(peers, words, strict=True) if word == b"welcome\n"]
        assert 5 <= len(guests) <= 18
        for peer, word in zip(peers, words, strict=True):
            if word == b"full\n":
                assert peer.recv(100) == b""
        # Those who are in are served, and their places are given away when they go.
        watch = Stopwatch(server.pid)
        for guest in guests:
            guest.close()
        found = b""
        while found != b"welcome\n":
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as late:
                found = late.recv(100)
            assert watch.wall < PATIENCE
        assert watch.seconds < 2 * RETRY_SECONDS
        output, _ = server.communicate("bye\n", PATIENCE)
        match = re.fullmatch(r"(\d+) ([0-9.]+)\n", output)
        assert match is not None
        turns, cpu = int(match[1]), float(match[2])
        assert server.returncode == 0
        assert turns < 60 * 4
        assert cpu < 2.0
        for peer in peers:
            peer.close()
