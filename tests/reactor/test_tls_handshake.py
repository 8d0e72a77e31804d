"""The handshake of TLS: silence, trickle, nonsense, and what certificates there are (C2, C22).

The other end is a socket that the test plays byte by byte. Time stands still.
"""

import hashlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.loop import READ
from reactor.tls import (
    ANSWERS_BYTES,
    SEALED_BYTES,
    TlsError,
    client_context,
    server_context,
)
from tests.reactor.fakes import turn
from tests.reactor.tlslab import PATIENCE, Lab, unread
from tests.support.tls import NEEDS_OPENSSL, Papers, self_signed, trusting

pytestmark = NEEDS_OPENSSL


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return self_signed(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def lab(papers: Papers) -> Iterator[Lab]:
    lab = Lab(papers)
    yield lab
    lab.close()


def test_silence_ends_at_the_limit_and_costs_nothing(lab: Lab) -> None:
    for _ in range(5):
        turn(lab.loop)
    assert lab.interest == READ
    lab.clock.advance(PATIENCE - 0.1)
    turn(lab.loop)
    assert not lab.owner.was_lost
    lab.clock.advance(0.2)
    turn(lab.loop)
    assert lab.owner.reasons == ["no TLS handshake in time"]


def test_words_that_wait_for_the_handshake_do_not_spin(lab: Lab) -> None:
    lab.stream.write(b"ERR full\n")
    lab.stream.finish(5.0)
    for _ in range(3):
        turn(lab.loop)
        assert lab.interest == READ
    assert not lab.stream.is_blocked
    assert "blocked" not in lab.owner.notes


def test_one_byte_at_a_time_is_a_handshake_but_not_beyond_the_limit(lab: Lab) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    for number in range(len(hello) - 1):
        lab.far.send(hello[number : number + 1])
        lab.until(lambda: not unread(lab.near))
        assert lab.interest == READ
    lab.clock.advance(PATIENCE + 0.1)
    turn(lab.loop)
    assert lab.owner.reasons == ["no TLS handshake in time"]


def test_sliced_finely_it_still_works(papers: Papers) -> None:
    lab = Lab(papers, read_bytes=1)
    try:
        lab.meet().write(b"hello")
        lab.until(lambda: lab.owner.data == b"hello")
    finally:
        lab.close()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"HELLO rizky\n", "it does not speak TLS"),
        (b"GET / HTTP/1.1\r\n\r\n", "it does not speak TLS"),
        (b"\x16\x03\x01\x00\x05AAAAA", None),
        (b"\0" * 600, None),
        (b"", "it ended in the TLS handshake"),
    ],
)
def test_what_is_no_tls_ends(lab: Lab, data: bytes, reason: str | None) -> None:
    lab.far.sendall(data)
    if not data:
        lab.far.shutdown(socket.SHUT_WR)
    lab.until(lambda: lab.owner.was_lost)
    assert reason in {None, lab.owner.reasons[0]}
    assert lab.owner.reasons[0]
    assert "received" not in lab.owner.notes


def test_a_broken_record_ends_it(lab: Lab) -> None:
    client = lab.meet()
    turn(lab.loop)
    lab.far.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
    lab.until(lambda: lab.owner.was_lost)
    assert "received" not in lab.owner.notes
    client.abort()


def test_who_asks_and_does_not_read_is_cut(lab: Lab) -> None:
    """What OpenSSL answers of itself is bounded too: a thousand questions fill no memory."""
    lab.meet().pause()
    turn(lab.loop)
    lab.stream._outgoing.write(b"x" * (SEALED_BYTES + ANSWERS_BYTES + 1))
    lab.stream._answer()
    assert lab.owner.reasons == ["it asks and does not read"]


def test_nothing_is_read_of_what_would_be_thrown_away(lab: Lab) -> None:
    client = lab.meet()
    lab.stream.finish(5.0)
    client.write(hashlib.shake_128(b"x").digest(500_000))
    lab.until(lambda: not client.queued and not unread(lab.near))
    assert lab.stream._incoming.pending == 0
    assert "received" not in lab.owner.notes


# Certificates.


def test_what_is_off_is_off(papers: Papers) -> None:
    """OpenSSL 3 refuses renegotiation of itself; 1.1.1 does not."""
    for context in (server_context(papers.certificate, papers.key), client_context(None)):
        assert context.options & ssl.OP_NO_RENEGOTIATION
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_files_that_are_no_certificate_and_key(papers: Papers, tmp_path: Path) -> None:
    other = self_signed(tmp_path, "other")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for certificate, key, words in (
        (tmp_path / "none", papers.key, "none: No such file"),
        (papers.certificate, tmp_path / "none", "none: No such file"),
        (papers.certificate, other.key, "other.key is not the key of "),
        (empty, papers.key, "no certificate and its key, in PEM form"),
        (papers.key, papers.certificate, "no certificate and its key, in PEM form"),
    ):
        with pytest.raises(TlsError, match=words):
            server_context(certificate, key)
    with pytest.raises(TlsError, match=r"empty\.pem: no certificates in PEM form"):
        client_context(empty)
