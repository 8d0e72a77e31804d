"""Bytes are never lost, doubled or moved, and the count of what is queued is always true (C17).

Against a model: a socket that takes one to k bytes at a time, or none; and a small real one.
"""

import errno
import socket
from collections.abc import Iterable, Sequence
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reactor.loop import READ, WRITE, Loop
from reactor.stream import VECTOR_PIECES, WRITE_BYTES, State, Stream
from tests.reactor.fakes import FakeClock, FakeSelector, Listening, drain_socket, until

FD = 7


class MeanSocket:
    """A socket of which the test says how much each call takes; None: it would block."""

    def __init__(self) -> None:
        self.takes: list[int | None] = []
        self.taken = bytearray()
        self.calls = 0
        self.shut = False
        self.closed = False
        self.fails: OSError | None = None

    def settimeout(self, seconds: float) -> None:
        assert seconds == 0

    def fileno(self) -> int:
        return FD

    def send(self, data: bytes | memoryview) -> int:
        return self._take(bytes(data))

    def sendmsg(self, pieces: Iterable[bytes | memoryview]) -> int:
        vector = list(pieces)
        assert 1 < len(vector) <= VECTOR_PIECES
        return self._take(b"".join(vector))

    def recv_into(self, space: memoryview, size: int) -> int:
        raise BlockingIOError(size, len(space))

    def shutdown(self, how: int) -> None:
        assert how == socket.SHUT_WR
        self.shut = True

    def close(self) -> None:
        self.closed = True

    def _take(self, data: bytes) -> int:
        assert data, "an empty send says nothing"
        assert not self.shut
        assert not self.closed
        self.calls += 1
        if self.fails is not None:
            raise self.fails
        amount = self.takes.pop(0) if self.takes else len(data)
        if amount is None:
            raise BlockingIOError
        self.taken += data[:amount]
        return min(amount, len(data))


class Model:
    """A stream on a mean socket, and what must have become of every byte that was written."""

    def __init__(self) -> None:
        self.sock = MeanSocket()
        self.selector = FakeSelector()
        self.clock = FakeClock()
        self.loop = Loop(self.selector, self.clock)
        self.owner = Listening()
        self.stream = Stream(self.loop, cast(socket.socket, self.sock), self.owner)
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.stream.write(data)
        if data and self.stream.state is State.OPEN:
            self.pieces.append(data)
        self.check()

    def drop_unsent(self) -> None:
        """In the model: every piece is forgotten that starts where nothing has left yet."""
        self.stream.drop_unsent()
        kept, start = [], 0
        for piece in self.pieces:
            if start < len(self.sock.taken):
                kept.append(piece)
            start += len(piece)
        self.pieces = kept
        self.check()

    def turn(self, takes: Sequence[int | None]) -> None:
        """One turn; the socket is writable if the stream watches for that, and takes so much."""
        before, notes, watching = self.stream.queued, len(self.owner.notes), self.stream.is_blocked
        self.sock.takes = list(takes)
        self.selector.script.append({FD: WRITE})
        self.loop.restless()
        self.clock.advance(1)
        self.loop.run_once()
        self.sock.takes = []
        heard = self.owner.notes[notes:]
        now_blocked = self.stream.is_blocked and not watching
        assert heard == ["blocked"] * now_blocked + ["flushed"] * (self.stream.queued < before)
        if self.stream.queued < before:
            assert self.stream.progress_at == self.clock.now
        self.check()

    def check(self) -> None:
        stream = self.stream
        written = b"".join(self.pieces)
        assert bytes(self.sock.taken) == written[: len(self.sock.taken)]
        assert stream.queued == len(written) - len(self.sock.taken)
        assert stream.queued == sum(map(len, stream._pieces)) - stream._head
        if stream.state is State.OPEN:
            assert stream._channel.wanted == READ | (WRITE if stream.is_blocked else 0)
        if not stream.queued:
            assert stream._head == 0


takes = st.lists(st.one_of(st.none(), st.integers(1, 9), st.integers(1, 3000)), max_size=4)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.binary(max_size=12)),
        st.tuples(st.just("write"), st.builds(bytes, st.integers(500, 3000))),
        st.tuples(st.just("burst"), st.integers(2, 3 * VECTOR_PIECES)),
        st.tuples(st.just("turn"), takes),
        st.tuples(st.just("turn"), takes),
        st.tuples(st.just("drop"), st.none()),
    ),
    max_size=40,
)


@given(todo=deeds, finish=st.booleans())
@settings(max_examples=200, deadline=None)
@example(
    todo=[("write", b"abc"), ("turn", [1, None]), ("drop", None), ("write", b"BYE")], finish=True
)
@example(todo=[("burst", 130), ("turn", [64, 1]), ("turn", [9]), ("turn", [None])], finish=False)
def test_whatever_a_send_takes(*, todo: list[tuple[str, object]], finish: bool) -> None:
    model = Model()
    for number, (deed, value) in enumerate(todo):
        if deed == "write":
            model.write(cast(bytes, value))
        elif deed == "burst":
            for n in range(cast(int, value)):
                model.write(bytes([65 + (number + n) % 26]))
        elif deed == "turn":
            model.turn(cast("list[int | None]", value))
        else:
            model.drop_unsent()
    if finish:
        model.stream.finish(1000)
    while model.stream.queued:
        model.turn([])
    assert bytes(model.sock.taken) == b"".join(model.pieces)
    assert model.sock.shut == finish
    assert model.stream.state is (State.LINGERING if finish else State.OPEN)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_a_socket_that_takes_few_bytes_gets_them_all_in_order(size: int) -> None:
    model = Model()
    for n in range(200):
        model.write(b"%d," % n)
    turns = 0
    while model.stream.queued:
        model.turn([size])
        turns += 1
    assert bytes(model.sock.taken) == b"".join(b"%d," % n for n in range(200))
    assert turns == -(-len(model.sock.taken) // size)
    assert model.owner.notes.count("blocked") == 1


def test_a_full_socket_is_asked_once_and_then_left_alone() -> None:
    model = Model()
    model.write(b"abc")
    model.turn([None])
    assert model.sock.calls == 1
    model.write(b"def")
    model.loop.restless()
    model.loop.run_once()
    assert model.sock.calls == 1
    model.turn([])
    assert bytes(model.sock.taken) == b"abcdef"


def test_pieces_are_not_copied() -> None:
    """A piece may be shared by a thousand streams."""
    model = Model()
    piece = b"x" * 100_000
    model.write(piece)
    assert model.stream._pieces[0] is piece
    model.turn([10])
    assert model.stream._pieces[0] is piece


def test_a_turn_hands_over_no_more_than_its_share() -> None:
    model = Model()
    pieces = 3 * WRITE_BYTES // 1024
    for _ in range(pieces):
        model.write(b"x" * 1024)
    calls = []
    while model.stream.queued:
        before = model.sock.calls
        model.turn([])
        calls.append(model.sock.calls - before)
    assert len(calls) == 3
    assert set(calls) == {WRITE_BYTES // 1024 // VECTOR_PIECES}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EPIPE, "the other side is gone"),
        (errno.ECONNRESET, "reset by the other side"),
        (errno.ETIMEDOUT, "the network lost it"),
        (errno.ENOBUFS, "no buffers"),
    ],
)
def test_a_send_that_fails_ends_the_stream_once(number: int, words: str) -> None:
    model = Model()
    model.stream.write(b"abc")
    model.sock.fails = OSError(number, "no buffers")
    model.loop.run_once()
    assert model.owner.reasons == [words]
    assert model.owner.notes == ["lost"]
    assert model.sock.closed
    assert model.selector.interest(FD) == 0
    model.stream.write(b"more")
    model.loop.restless()
    model.loop.run_once()
    assert model.stream.queued == 0
    assert model.owner.notes == ["lost"]


def test_a_send_that_fails_in_the_middle_ends_the_stream_too() -> None:
    model = Model()
    for _ in range(100):
        model.write(b"x")
    model.turn([3])
    model.sock.fails = OSError(errno.EPIPE, "")
    model.selector.script.append({FD: WRITE | READ})
    model.loop.run_once()
    assert model.owner.notes == ["blocked", "flushed", "lost"]


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.builds(bytes, st.integers(1, 20_000))), max_size=30
    ),
    st.lists(st.integers(0, 30_000), max_size=30),
)
@settings(max_examples=60, deadline=None)
def test_through_a_small_real_socket(pieces: list[bytes], reads: list[int]) -> None:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
    far.settimeout(0)
    loop, owner = Loop(), Listening()
    stream = Stream(loop, near, owner)
    # Each piece is told from every other one: it starts with its number.
    pieces = [b"<%d>" % n + piece for n, piece in enumerate(pieces)]
    found = bytearray()
    for piece, size in zip(pieces, [*reads, *[0] * len(pieces)], strict=False):
        stream.write(piece)
        loop.restless()
        loop.run_once()
        assert stream.queued == sum(map(len, stream._pieces)) - stream._head
        if size:
            try:
                found += far.recv(size)
            except BlockingIOError:
                assert not stream.queued
    stream.finish(1000)

    def step() -> bool:
        found.extend(drain_socket(far))
        return stream.state is State.LINGERING

    until(loop, step)
    far.settimeout(10)
    while data := far.recv(65_536):
        found += data
    assert bytes(found) == b"".join(pieces)
    stream.abort()
    loop.close()
    far.close()
