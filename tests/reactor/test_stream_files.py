"""A stream that carries files: pieces one after the other in a turn, its share of it (C16)."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.loop import TURN_BYTES, Loop
from reactor.spool import SharedFile
from reactor.stream import BULKY, WRITE_BYTES, Stream
from tests.reactor.fakes import Bench, Listening, drain_socket, fill_socket, turn, until
from tests.reactor.spools import content

KIB = 1024
PIECE = 64 * KIB
LINE = b"=g SEND #lab 1 0 65536 0 x\n"
ROOM = 16 * 1024 * KIB


class Sender:
    """A stream that is given one piece of a file whenever it asks; both ends hold much."""

    def __init__(self, folder: Path, pieces: int, loop: Loop | None = None) -> None:
        near, self.far = socket.socketpair()
        for end in (near, self.far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        self.near = near
        self.loop = loop or Loop()
        self.owner = Listening()
        self.stream = Stream(self.loop, near, self.owner)
        self.data = content(pieces * PIECE)
        path = folder / "file"
        path.write_bytes(self.data)
        self.file = SharedFile(path)
        self.given = 0
        self.pieces = pieces
        self.stream.refill = self.give
        turn(self.loop)

    def give(self) -> None:
        """Write the next piece, if there is one."""
        if self.given < self.pieces:
            self.stream.write_file(LINE, self.file, self.given * PIECE, PIECE)
            self.given += 1

    @property
    def expected(self) -> bytes:
        """All that the other end must get."""
        starts = range(0, len(self.data), PIECE)
        return b"".join(LINE + self.data[at : at + PIECE] for at in starts)

    def close(self) -> None:
        self.stream.abort()
        turn(self.loop)
        self.far.close()
        self.file.release()


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    sender = Sender(tmp_path, 40)
    yield sender
    sender.close()
    sender.loop.close()


def test_a_turn_takes_pieces_until_its_budget_is_used(sender: Sender) -> None:
    sender.give()
    turn(sender.loop)
    assert sender.given * PIECE == WRITE_BYTES
    assert sender.stream.queued == 0
    assert drain_socket(sender.far) == sender.expected[: 4 * (PIECE + len(LINE))]
    assert sender.owner.notes == ["flushed"]


def test_who_shares_the_turn_gets_less_of_it(tmp_path: Path) -> None:
    """Ten streams: no turn moves much more than TURN_BYTES, and all of them get the same."""
    loop = Loop()
    senders = []
    for number in range(10):
        (tmp_path / str(number)).mkdir()
        senders.append(Sender(tmp_path / str(number), 40, loop))
    for one in senders:
        one.give()
    before = loop.sent
    turn(loop)
    assert len({one.given for one in senders}) == 1
    assert loop.sent - before <= TURN_BYTES + len(senders) * (PIECE + len(LINE))
    for one in senders:
        one.close()
    loop.close()


def test_a_full_socket_is_given_nothing_more(sender: Sender) -> None:
    sender.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    fill_socket(sender.near)
    sender.give()
    turn(sender.loop)
    assert sender.given == 1
    assert sender.stream.is_blocked
    turn(sender.loop)
    assert sender.given == 1


def test_who_ends_is_given_nothing_more(sender: Sender) -> None:
    sender.give()
    sender.stream.finish(5)
    turn(sender.loop)
    assert sender.given == 1
    until(sender.loop, lambda: not sender.stream.queued)
    assert sender.given == 1


def test_an_owner_that_fails_can_be_written_to_again(tmp_path: Path) -> None:
    errors: list[Exception] = []
    sender = Sender(tmp_path, 2, Loop(on_error=lambda _, error: errors.append(error)))
    sender.stream.refill = lambda: 1 // 0
    sender.stream.write(b"one")
    turn(sender.loop)
    assert [type(error) for error in errors] == [ZeroDivisionError]
    sender.stream.refill = None
    sender.stream.write(b"two")
    turn(sender.loop)
    assert drain_socket(sender.far) == b"onetwo"
    sender.close()
    sender.loop.close()


def test_a_small_socket_gets_lines_and_pieces_in_order(tmp_path: Path) -> None:
    """Whatever the kernel takes of them at once."""
    sender = Sender(tmp_path, 7)
    sender.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    found = b""

    def step() -> bool:
        nonlocal found
        found += drain_socket(sender.far)
        return len(found) == len(sender.expected)

    fill_socket(sender.near)
    sender.give()
    turn(sender.loop)
    assert drain_socket(sender.far)  # what filled it
    sender.owner.on["flushed"] = lambda: None if sender.stream.queued else sender.give()
    until(sender.loop, step)
    assert found == sender.expected
    sender.close()
    sender.loop.close()


def test_a_line_that_leaves_alone_counts(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """There was room for the line and for nothing behind it: it must not leave twice."""

    def full(*_: object) -> int:
        raise BlockingIOError

    sender.give()
    with monkeypatch.context() as patch:
        patch.setattr(os, "sendfile", full)
        turn(sender.loop)
    assert drain_socket(sender.far) == LINE
    assert sender.stream.queued == PIECE
    assert sender.stream.is_blocked
    sender.stream.refill = None
    until(sender.loop, lambda: not sender.stream.queued)
    assert drain_socket(sender.far) == sender.data[:PIECE]


def test_a_file_that_comes_is_read_in_larger_parts(sender: Sender) -> None:
    sizes: list[int] = []
    sender.owner.on["received"] = lambda: sizes.append(len(sender.owner.data))
    sender.far.send(bytes(1024 * KIB))
    turn(sender.loop)
    sender.stream.bulky = True
    turn(sender.loop)
    sender.stream.bulky = False
    turn(sender.loop)
    reads = [sizes[0], sizes[1] - sizes[0], sizes[2] - sizes[1]]
    assert reads == [PIECE, BULKY * PIECE, PIECE]


def test_the_share_is_what_falls_to_each() -> None:
    bench = Bench()
    for fd in range(3, 7):
        bench.watch(fd, f"ready {fd}")
    shares = []
    for ready in ((), (3,), (3, 4), (3, 4, 5, 6)):
        bench.ready(*ready)
        turn(bench.loop)
        shares.append(TURN_BYTES // bench.loop.share)
    assert shares == [1, 1, 2, 4]
    bench.ready(3)
    bench.loop.again(lambda: None)
    turn(bench.loop)
    assert bench.loop.share == TURN_BYTES // 2
