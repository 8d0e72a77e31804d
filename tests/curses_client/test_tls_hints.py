"""A client with --tls before a plain port, or without it before one that speaks TLS."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.connecting import is_tls
from curses_client.link import Status
from curses_client.reasons import HUNG_UP, NO_HANDSHAKE, NO_TLS, SPEAKS_TLS
from curses_client.texts import Texts
from tests.curses_client.line_client import run
from tests.curses_client.links import Lab
from tests.support.server import ServerProcess
from tests.support.terminal import client
from tests.support.tls import NEEDS_OPENSSL, self_signed

UNREACHABLE = 3
ALERT = bytes.fromhex("15030300020246")


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A clock that stands still."""
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """With a plain port and one for TLS."""
    papers = self_signed(tmp_path)
    with ServerProcess(tmp_path / "server", *papers.options) as running:
        yield running


def tls_port(server: ServerProcess) -> int:
    return int(server.doors["tls"].rpartition(":")[2])


def test_what_tls_begins_with() -> None:
    assert is_tls(ALERT)
    assert is_tls(bytes.fromhex("160303007a"))
    assert not is_tls(b"=hello WELCOME rizky")
    assert not is_tls(b"\x15")


def test_an_alert_instead_of_an_answer(lab: Lab) -> None:
    link, server = lab.connect()
    server.send(ALERT)
    lab.until(lambda: link.status is Status.WAITING)
    assert lab.notes.told[-1] == f"down {SPEAKS_TLS}"


def test_a_network_port_that_says_nothing_and_hangs_up(lab: Lab) -> None:
    link, server = lab.connect()
    server.close()
    lab.until(lambda: link.status is Status.WAITING)
    assert lab.notes.told[-1] == f"down {HUNG_UP}"


def test_who_has_spoken_before_is_lost_as_ever(lab: Lab) -> None:
    link, server = lab.connect()
    server.send(b"PONG x\n" + ALERT + b"\n")
    lab.until(lambda: "PONG" in lab.notes.told)
    server.shutdown(socket.SHUT_RDWR)
    lab.until(lambda: link.status is Status.WAITING)
    assert lab.notes.told[-1] == "down "


@pytest.mark.parametrize("reason", [SPEAKS_TLS, HUNG_UP, NO_TLS, NO_HANDSHAKE])
@pytest.mark.parametrize("language", ["en", "id"])
def test_each_reason_is_one_sentence_that_names_the_way_out(language: str, reason: str) -> None:
    told = Texts(language).no_server("lab:59000", reason)
    assert told.startswith("lab:59000 ")
    assert "--tls" in told
    assert "make server" not in told
    assert reason not in told or language == "en"


@NEEDS_OPENSSL
def test_without_tls_at_a_tls_port(tls_server: ServerProcess, tmp_path: Path) -> None:
    port = tls_port(tls_server)
    ended = run("rizky", port, tmp_path, b"halo\n")
    assert ended.code == UNREACHABLE
    assert ended.errors == (
        f"obrol: 127.0.0.1:{port} hung up without a word. If that is a TLS port, come with --tls\n"
    )
    with client("rizky", port, tmp_path / "rizky", "--host", "127.0.0.1") as rizky:
        rizky.wait_for("If that is a TLS port, come")


@NEEDS_OPENSSL
def test_with_tls_at_a_plain_port(tls_server: ServerProcess, tmp_path: Path) -> None:
    words = ("--host", "127.0.0.1", "--tls", "--lang", "id")
    with client("rizky", tls_server.port, tmp_path / "rizky", *words) as rizky:
        rizky.wait_for(lambda: "tanpa --tls" in " ".join(rizky.text().split()))
