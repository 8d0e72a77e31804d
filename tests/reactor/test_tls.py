"""A TLS stream on real sockets keeps the contract of a plain one (C17, C20, C21).

Two streams of the project talk to each other on one loop. Time stands still. The handshake is in
test_tls_handshake.
"""

import random
import select
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.loop import READ
from reactor.stream import State
from reactor.tls import (
    SEALED_BYTES,
    fingerprint_of,
)
from tests.reactor.fakes import turn
from tests.reactor.tlslab import Lab, unread
from tests.support.tls import NEEDS_OPENSSL, Papers, self_signed

pytestmark = NEEDS_OPENSSL


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return self_signed(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def lab(papers: Papers) -> Iterator[Lab]:
    lab = Lab(papers)
    yield lab
    lab.close()


class SharedFile:
    """A file with a count of its users."""

    def __init__(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        self._file = path.open("rb")
        self.fd = self._file.fileno()
        self.users = 0

    def keep(self) -> None:
        self.users += 1

    def release(self) -> None:
        self.users -= 1

    def close(self) -> None:
        self._file.close()


def test_it_talks_both_ways_and_both_know_the_certificate(lab: Lab, papers: Papers) -> None:
    lab.stream.write(b"early ")  # before the handshake: waits for it
    client = lab.meet()
    lab.stream.write(b"hello")
    client.write(b"good day")
    lab.until(lambda: lab.owner.data == b"good day" and lab.client_owner.data == b"early hello")
    assert client.version == lab.stream.version == "TLSv1.3"
    assert client.fingerprint == papers.fingerprint == fingerprint_of(papers.certificate)
    assert lab.stream.queued == client.queued == 0


def test_c20_nothing_stays_behind_inside_tls(papers: Papers) -> None:
    """A record of 16 KiB read 4 KiB at a time: with the last byte read, all is handed over."""
    lab = Lab(papers, read_bytes=4096)
    try:
        client = lab.meet()
        data = random.Random(20).randbytes(16 * 1024)
        client.write(data)
        lab.until(lambda: not client.queued and unread(lab.near))
        while unread(lab.near):
            lab.stream.on_ready(READ)  # a turn of this stream alone
            assert unread(lab.near) or lab.owner.data == data
    finally:
        lab.close()


@pytest.mark.parametrize("seed", range(4))
def test_c17_c21_bytes_arrive_once_and_in_order(lab: Lab, tmp_path: Path, seed: int) -> None:
    """Through a small socket that blocks again and again, while the pieces keep changing."""
    chance = random.Random(seed)
    content = chance.randbytes(300_000)
    file = SharedFile(tmp_path / "file", content)
    client = lab.meet()
    client.pause()
    turn(lab.loop)
    said = bytearray()
    for _ in range(60):
        if chance.random() < 0.3:
            at = chance.randrange(len(content))
            length = min(chance.choice((0, 1, 4096, 65_536)), len(content) - at)
            lab.stream.write_file(b"SEND 1\n", file, at, length)
            said += b"SEND 1\n" + content[at : at + length]
        else:
            piece = chance.randbytes(chance.choice((1, 40, 5000, 16_384, 70_000)))
            lab.stream.write(piece)
            said += piece
        if chance.random() < 0.5:
            (client.resume if chance.random() < 0.5 else client.pause)()
        for _ in range(chance.randrange(4)):
            turn(lab.loop)
            waiting = len(said) - len(lab.client_owner.data)
            assert (lab.stream.queued > 0) <= (waiting > 0)
    client.resume()
    lab.until(lambda: len(lab.client_owner.data) == len(said))
    assert lab.client_owner.data == said
    assert (lab.stream.queued, file.users) == (0, 0)
    assert "blocked" in lab.owner.notes
    file.close()


def test_c17_what_has_not_left_can_be_forgotten(lab: Lab) -> None:
    """All but what is encrypted already, and the piece that was begun: it goes whole."""
    client = lab.meet()
    client.pause()
    pieces = [bytes([65 + number]) * 100_000 for number in range(20)]
    for piece in pieces:
        lab.stream.write(piece)
    lab.until(lambda: lab.stream.is_blocked)
    before = lab.stream.queued
    lab.stream.drop_unsent()
    begun = len(lab.stream._pieces[0]) - lab.stream._head if lab.stream._pieces else 0
    assert lab.stream.queued == len(lab.stream._sealed) + begun < before / 2
    lab.stream.write(b"BYE\n")
    client.resume()
    lab.until(lambda: lab.client_owner.data.endswith(b"BYE\n"))
    assert lab.stream.queued == 0
    told = lab.client_owner.data.removesuffix(b"BYE\n")
    assert len(told) % 100_000 == 0
    assert told == b"".join(pieces[: len(told) // 100_000])


def test_a_blocked_stream_holds_no_more_than_a_chunk_encrypted(lab: Lab) -> None:
    client = lab.meet()
    client.pause()
    turn(lab.loop)
    shared = b"x" * 10_000_000
    lab.stream.write(shared)
    lab.until(lambda: lab.stream.is_blocked)
    assert 0 < len(lab.stream._sealed) < SEALED_BYTES + 1000
    assert lab.stream._pieces == [shared]
    assert lab.stream._pieces[0] is shared


def test_progress_is_noticed_though_no_chunk_is_whole(lab: Lab) -> None:
    """A reader that takes a little is not one that takes nothing (send-progress)."""
    client = lab.meet()
    client.pause()
    turn(lab.loop)
    lab.stream.write(b"x" * 5_000_000)
    lab.until(lambda: lab.stream.is_blocked and not select.select([], [lab.near], [], 0.05)[1])
    for _ in range(3):
        left, at = len(lab.stream._sealed), lab.stream.progress_at
        lab.clock.advance(5)
        lab.until(lambda: lab.far.recv(1000) or True)
        while lab.stream.progress_at == at:
            assert lab.far.recv(65_536)
            turn(lab.loop)
        assert lab.stream.progress_at == lab.clock.now
        assert lab.stream.queued
        assert left


# The end.


def test_finish_says_all_then_both_ends_know(lab: Lab) -> None:
    client = lab.meet()
    lab.stream.write(b"z" * 200_000 + b"BYE quit\n")
    lab.stream.finish(5.0)
    lab.until(lambda: lab.client_owner.notes[-1] == "ended")
    assert lab.client_owner.data.endswith(b"zBYE quit\n")
    assert lab.stream.state is State.LINGERING
    client.finish(5.0)
    lab.until(lambda: lab.owner.was_lost and lab.client_owner.was_lost)
    assert lab.owner.reasons == lab.client_owner.reasons == [""]


def test_half_close_who_ends_first_still_hears(lab: Lab) -> None:
    client = lab.meet()
    client.write(b"QUIT\n")
    client.finish(5.0)
    lab.until(lambda: lab.owner.notes[-1:] == ["ended"])
    assert lab.owner.data == b"QUIT\n"
    lab.stream.write(b"BYE\n")
    lab.stream.finish(5.0)
    lab.until(lambda: lab.owner.was_lost and lab.client_owner.was_lost)


@pytest.mark.parametrize("goodbye", [True, False])
def test_the_end_is_told_once_and_watched_no_more(lab: Lab, *, goodbye: bool) -> None:
    """With TLS's own goodbye or without: no spinning on a socket that has ended."""
    client = lab.meet()
    lab.far.settimeout(0)
    if goodbye:
        client.finish(5.0)
    else:
        turn(lab.loop)
        lab.far.shutdown(socket.SHUT_WR)
    lab.until(lambda: "ended" in lab.owner.notes)
    for _ in range(5):
        turn(lab.loop)
    assert lab.owner.notes.count("ended") == 1
    assert lab.interest == 0
    assert lab.stream.state is State.OPEN


def test_a_reset_is_told(lab: Lab) -> None:
    client = lab.meet()
    lab.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.abort()
    turn(lab.loop)
    lab.until(lambda: lab.owner.was_lost)
    assert lab.owner.reasons == ["reset by the other side"]


def test_words_before_the_handshake_are_said_after_it(lab: Lab) -> None:
    """As for somebody for whom there is no place: ERR, BYE and the end."""
    lab.stream.write(b"BYE full\n")
    lab.stream.finish(5.0)
    lab.begin()
    lab.until(lambda: "ended" in lab.client_owner.notes)
    assert lab.client_owner.data == b"BYE full\n"
