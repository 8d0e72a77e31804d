"""A stream on a real socket: reading, writing, a full socket, pausing (C17, C18).

How it ends is in test_stream_end; that no byte is lost, doubled or moved in test_stream_bytes.
"""

import socket
from collections.abc import Iterator

import pytest

from reactor.loop import READ, WRITE, Loop
from reactor.stream import VECTOR_PIECES, WRITE_BYTES, State, Stream
from tests.reactor.fakes import (
    FakeClock,
    Listening,
    drain_socket,
    fill_socket,
    tcp_pair,
    turn,
    until,
)


class Wire:
    """A stream, its owner, and the other end of its socket. Time stands still."""

    def __init__(self, kind: str = "unix", read_bytes: int = 65_536) -> None:
        near, self.far = socket.socketpair() if kind == "unix" else tcp_pair()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.far.settimeout(0)
        self.near = near
        self.clock = FakeClock()
        self.loop = Loop(clock=self.clock)
        self.owner = Listening()
        self.stream = Stream(self.loop, near, self.owner, read_bytes)
        turn(self.loop)

    def fill(self) -> int:
        """Make the socket certainly not writable."""
        return fill_socket(self.near)

    def drain_until(self, condition: bytes | None = None) -> bytes:
        """Read at the far end, turn after turn, until nothing is queued or the end was read."""
        found = b""

        def step() -> bool:
            nonlocal found
            found += drain_socket(self.far)
            return found.endswith(condition) if condition is not None else not self.stream.queued

        until(self.loop, step)
        return found + drain_socket(self.far)

    @property
    def interest(self) -> int:
        """What the selector was told."""
        key = self.loop._selector.get_map().get(self.near.fileno())
        return 0 if key is None else key.events

    def close(self) -> None:
        self.stream.abort()
        self.loop.close()
        self.far.close()


@pytest.fixture(params=["unix", "tcp"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    wire = Wire(request.param)
    yield wire
    wire.close()


@pytest.fixture
def unix() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def test_fill_and_drain_make_certain(wire: Wire) -> None:
    """The helpers of these tests: full is full, and drained is drained."""
    wire.stream.pause()
    sent = wire.fill()
    with pytest.raises(BlockingIOError):
        wire.near.send(b"x")
    found = 0
    while found < sent:
        found += len(drain_socket(wire.far))
    assert found == sent
    assert wire.near.send(b"x") == 1


def test_what_comes_is_told(wire: Wire) -> None:
    wire.far.send(b"hello")
    until(wire.loop, lambda: wire.owner.data)
    assert wire.owner.data == b"hello"
    assert wire.owner.notes == ["received"]


def test_a_turn_reads_so_much_and_no_more() -> None:
    wire = Wire(read_bytes=100)
    wire.far.send(b"x" * 250)
    sizes = []
    for _ in range(4):
        turn(wire.loop)
        sizes.append(len(wire.owner.data))
    assert sizes == [100, 200, 250, 250]
    wire.close()


def test_a_stream_does_not_wait(wire: Wire) -> None:
    assert wire.near.gettimeout() == 0


def test_writing_waits_for_the_end_of_the_turn(wire: Wire) -> None:
    wire.stream.write(b"one ")
    wire.stream.write(b"")
    wire.stream.write(b"two")
    assert wire.stream.queued == 7
    assert drain_socket(wire.far) == b""
    turn(wire.loop)
    assert wire.stream.queued == 0
    assert wire.drain_until(b"two") == b"one two"
    assert wire.owner.notes == ["flushed"]
    assert wire.interest == READ


def test_writing_in_a_hook_leaves_in_the_same_turn(unix: Wire) -> None:
    unix.loop.hooks.append(lambda: unix.stream.write(b"x"))
    turn(unix.loop)
    assert drain_socket(unix.far) == b"x"


def test_a_full_socket_is_watched_and_its_owner_told(wire: Wire) -> None:
    """blocked() once, then flushed() as it is read; no spinning, no flush while it is full."""
    wire.fill()
    wire.clock.advance(7)
    wire.stream.write(b"a" * 1000)
    turn(wire.loop)
    assert wire.owner.notes == ["blocked"]
    assert wire.stream.is_blocked
    assert wire.stream.progress_at == wire.clock.now
    assert wire.stream.queued == 1000
    wire.clock.advance(1)
    wire.stream.write(b"b" * 500)
    for _ in range(3):
        turn(wire.loop)
    assert wire.owner.notes == ["blocked"]
    assert wire.stream.queued == 1500
    assert wire.stream.progress_at == wire.clock.now - 1
    assert wire.interest == READ | WRITE
    found = wire.drain_until(b"b" * 500)
    assert found.lstrip(b"\0") == b"a" * 1000 + b"b" * 500
    assert set(wire.owner.notes[1:]) == {"flushed"}
    assert not wire.stream.is_blocked
    assert wire.stream.progress_at == wire.clock.now
    turn(wire.loop)
    assert wire.interest == READ


def test_blocked_is_told_again_after_all_was_taken(wire: Wire) -> None:
    for _ in range(3):
        wire.fill()
        wire.stream.write(b"x" * 100)
        turn(wire.loop)
        wire.drain_until()
    assert [note for note in wire.owner.notes if note == "blocked"] == ["blocked"] * 3


def test_a_full_socket_costs_no_turns(unix: Wire) -> None:
    unix.fill()
    unix.stream.write(b"x")
    turn(unix.loop)
    turn(unix.loop)
    ready = unix.loop._selector.select(0)
    assert ready == []


def test_a_writer_that_writes_on_in_flushed_is_not_called_in_a_circle(unix: Wire) -> None:
    written = 0

    def more() -> None:
        nonlocal written
        written += 1
        unix.stream.write(b"x")

    unix.owner.on["flushed"] = more
    unix.stream.write(b"x")
    for expected in (1, 2, 3):
        unix.loop.run_once()
        assert written == expected


def test_a_paused_stream_leaves_bytes_in_the_kernel(wire: Wire) -> None:
    wire.stream.pause()
    turn(wire.loop)
    assert wire.interest == 0
    wire.far.send(b"later")
    turn(wire.loop)
    assert wire.owner.notes == []
    wire.stream.resume()
    until(wire.loop, lambda: wire.owner.data)
    assert wire.owner.data == b"later"


def test_a_paused_stream_still_writes(wire: Wire) -> None:
    wire.stream.pause()
    wire.fill()
    wire.stream.write(b"x" * 10)
    turn(wire.loop)
    turn(wire.loop)
    assert wire.interest == WRITE
    wire.drain_until(b"x" * 10)
    assert wire.stream.queued == 0
    turn(wire.loop)
    assert wire.interest == 0


def test_pausing_in_the_call_that_tells_of_data_holds(unix: Wire) -> None:
    unix.owner.on["received"] = unix.stream.pause
    unix.far.send(b"one")
    turn(unix.loop)
    unix.far.send(b"two")
    turn(unix.loop)
    turn(unix.loop)
    assert unix.owner.data == b"one"


def test_a_peer_that_closes_while_we_pause_is_noticed_by_the_next_write(unix: Wire) -> None:
    """C18: nothing wakes us, an empty interest is not registered; the write hears EPIPE."""
    unix.stream.pause()
    turn(unix.loop)
    unix.far.close()
    turn(unix.loop)
    turn(unix.loop)
    assert unix.owner.notes == []
    assert unix.interest == 0
    unix.stream.write(b"hello?")
    turn(unix.loop)
    assert unix.owner.reasons == ["the other side is gone"]
    assert unix.owner.notes == ["lost"]
    assert unix.stream.state is State.CLOSED
    assert unix.near.fileno() == -1


def test_a_peer_that_closes_while_we_pause_and_wait_to_write_is_noticed_at_once(wire: Wire) -> None:
    """C18: what waits to be written keeps the interest alive, and HUP comes through it."""
    wire.stream.pause()
    wire.fill()
    wire.stream.write(b"x")
    turn(wire.loop)
    wire.far.close()
    until(wire.loop, lambda: wire.owner.was_lost)
    assert wire.owner.notes == ["blocked", "lost"]
    assert wire.owner.reasons[0] in {"the other side is gone", "reset by the other side"}


def test_no_stream_takes_more_than_its_share_of_a_turn() -> None:
    """A socket that takes everything: still the others get their turn after WRITE_BYTES."""
    near, far = socket.socketpair()
    for end in (near, far):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024 * 1024)
    loop, owner = Loop(), Listening()
    stream = Stream(loop, near, owner)
    room = fill_socket(near)
    drain_socket(far)
    turn(loop)
    piece = b"x" * 1024
    for _ in range(1000):
        stream.write(piece)
    turn(loop)
    left = 1000 * 1024 - stream.queued
    assert left <= WRITE_BYTES
    if room > WRITE_BYTES:
        assert left == WRITE_BYTES
    assert WRITE_BYTES % (VECTOR_PIECES * len(piece)) == 0
    found = b""

    def step() -> bool:
        nonlocal found
        found += drain_socket(far)
        return not stream.queued

    until(loop, step)
    assert len(found + drain_socket(far)) == 1000 * 1024
    stream.abort()
    loop.close()
    far.close()


def test_its_repr_tells_what_a_journal_wants_to_know(unix: Wire) -> None:
    unix.stream.write(b"123")
    assert "OPEN" in repr(unix.stream)
    assert f"fd={unix.near.fileno()}" in repr(unix.stream)
    assert "queued=3" in repr(unix.stream)
