"""TLS as the users of the client meet it: whom it trusts, what it says, what it never sends."""

import hashlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.places import server_key
from tests.curses_client.line_client import Ended, LineClient, run
from tests.support.proxy import Proxy
from tests.support.server import ServerProcess
from tests.support.terminal import client
from tests.support.tls import NEEDS_OPENSSL, Papers, TlsRaw, authority, self_signed, signed

pytestmark = NEEDS_OPENSSL
REFUSED, USAGE, UNREACHABLE = 1, 2, 3


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return self_signed(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def server(tmp_path: Path, papers: Papers) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server", "--set", "rate=0", *papers.options) as running:
        yield running


def port_of(server: ServerProcess) -> int:
    return int(server.doors["tls"].rpartition(":")[2])


def say(server: ServerProcess, home: Path, *words: str, text: bytes = b"halo\n") -> Ended:
    return run("rizky", port_of(server), home, text, "--tls", *words)


class Impostor:
    """A TLS server that notes whatever it is told after the handshake."""

    def __init__(self, papers: Papers, port: int = 0) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(papers.certificate, papers.key)
        self._door = socket.create_server(("127.0.0.1", port))
        self.port: int = self._door.getsockname()[1]
        self._context = context
        self.told = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        sock, _ = self._door.accept()
        sock.settimeout(10)
        with sock:
            try:
                with self._context.wrap_socket(sock, server_side=True) as tls:
                    while data := tls.recv(4096):
                        self.told += data
            except OSError:
                pass

    def wait_until_told(self, words: bytes) -> None:
        """Until it was told that."""
        deadline = time.monotonic() + 60
        while words not in self.told:
            assert time.monotonic() < deadline, self.told
            time.sleep(0.01)

    def close(self) -> bytes:
        """What it was told."""
        self._thread.join(10)
        self._door.close()
        return self.told


def known(home: Path) -> Path:
    return home / "rizky" / "known_servers"


def test_the_first_time_is_told_and_remembered(
    server: ServerProcess, tmp_path: Path, papers: Papers
) -> None:
    first = say(server, tmp_path)
    assert (first.code, first.texts) == (0, ["halo"])
    assert f"127.0.0.1:{port_of(server)} is new here" in first.errors
    assert papers.fingerprint in first.errors
    assert known(tmp_path).read_text() == f"127.0.0.1:{port_of(server)} {papers.fingerprint}\n"
    assert known(tmp_path).stat().st_mode & 0o777 == 0o600
    again = say(server, tmp_path, text=b"lagi\n")
    assert (again.code, again.errors) == (0, "")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "shows another certificate than before"), ("id", "menunjukkan sertifikat lain")],
)
def test_a_changed_certificate_is_refused_before_a_word_is_said(
    server: ServerProcess, tmp_path: Path, papers: Papers, language: str, words: str
) -> None:
    assert say(server, tmp_path).code == 0
    port = port_of(server)
    server.kill()
    other = self_signed(tmp_path, "other")
    impostor = Impostor(other, port)
    refused = run("rizky", port, tmp_path, b"rahasia\n", "--tls", "--lang", language)
    assert impostor.close() == b""
    assert (refused.code, refused.out) == (REFUSED, b"")
    assert words in refused.errors
    for shown in (papers.fingerprint, other.fingerprint, str(known(tmp_path))):
        assert shown in refused.errors
    line = re.search(r"(?:line|baris) (\d+)", refused.errors)
    assert line is not None
    lines = known(tmp_path).read_text().splitlines()
    assert lines[int(line[1]) - 1].endswith(papers.fingerprint)
    # What the message says to do helps.
    known(tmp_path).write_text("")
    trusting = Impostor(other, port)
    with LineClient("rizky", port, tmp_path, "--tls"):
        trusting.wait_until_told(b"HELLO rizky ")
    trusting.close()


def test_it_is_judged_anew_at_every_reconnect(server: ServerProcess, tmp_path: Path) -> None:
    other = self_signed(tmp_path, "other")
    with (
        Proxy(port_of(server)) as proxy,
        LineClient("rizky", proxy.port, tmp_path, "--tls", "--listen") as rizky,
    ):
        rizky.put("satu\n")
        assert rizky.row()[3] == "satu"
        impostor = Impostor(other)
        proxy.server_port = impostor.port
        proxy.cut()
        assert rizky.process.wait(60) == REFUSED
        rizky.error()  # new here
        assert rizky.error() == "obrol: connection lost, trying again"
        assert "another certificate" in rizky.error()
    assert impostor.close() == b""


def test_kill_and_reconnect_lose_nothing(server: ServerProcess, tmp_path: Path) -> None:
    with (
        Proxy(port_of(server)) as proxy,
        LineClient("rizky", proxy.port, tmp_path, "--tls", "--listen") as rizky,
    ):
        rizky.put("satu\n")
        assert rizky.row()[3] == "satu"
        proxy.cut()
        rizky.put("dua\n")
        assert rizky.row()[3] == "dua"
        proxy.refuse()
        server.kill()
        proxy.cut()
        rizky.put("tiga\n")
        server.start()
        proxy.server_port = port_of(server)
        proxy.accept()
        assert rizky.row()[3] == "tiga"
    with TlsRaw(port_of(server), name="saksi") as witness:
        witness.answer("JOIN #lab")
        events = witness.answer("HISTORY #lab after 0 9")[:-1]
        assert [event.split(" ", 5)[5] for event in events] == ["satu", "dua", "tiga"]


def test_files_of_50_mib_both_ways(server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(hashlib.shake_128(b"film").digest(1024 * 1024) * 50)
    sent = say(server, tmp_path, "--send", str(file), text=b"")
    assert sent.code == 0, sent.errors
    got = say(server, tmp_path, "--get", "1", "--downloads", str(tmp_path / "terima"), text=b"")
    assert got.code == 0, got.errors
    assert (tmp_path / "terima" / "film.mp4").read_bytes() == file.read_bytes()


# A CA.


@pytest.fixture
def vouched(tmp_path: Path) -> tuple[Papers, Papers]:
    """A CA, and what it signed for ``localhost``."""
    ca = authority(tmp_path)
    return ca, signed(tmp_path, ca)


def test_a_ca_vouches_by_name(tmp_path: Path, vouched: tuple[Papers, Papers]) -> None:
    ca, papers = vouched
    with ServerProcess(tmp_path / "server", *papers.options) as server:
        for host in ("localhost", "127.0.0.1"):
            ended = say(server, tmp_path / host, "--ca", str(ca.certificate), "--host", host)
            assert (ended.code, ended.texts, ended.errors) == (0, ["halo"], "")
        assert not known(tmp_path / "localhost").exists()
        stranger = self_signed(tmp_path)
        ended = say(server, tmp_path / "c", "--ca", str(stranger.certificate))
        assert ended.code == REFUSED
        assert "the certificate of 127.0.0.1:" in ended.errors
        assert "is not accepted: " in ended.errors


def test_a_wrong_host_name_is_refused(tmp_path: Path) -> None:
    ca = authority(tmp_path)
    papers = signed(tmp_path, ca, "somebody.else")
    with ServerProcess(tmp_path / "server", *papers.options) as server:
        ended = say(server, tmp_path, "--ca", str(ca.certificate), "--host", "localhost")
        assert ended.code == REFUSED
        assert "certificate is not valid for 'localhost'" in ended.errors
        assert " HELLO" not in server.journal.read_text()
        assert "came" not in server.journal.read_text()


def test_a_self_signed_one_may_be_its_own_ca(
    server: ServerProcess, tmp_path: Path, papers: Papers
) -> None:
    assert say(server, tmp_path, "--ca", str(papers.certificate), "--host", "localhost").code == 0


# Words, and what is where.


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--tls"], "--tls wants --host NAME"),
        (["--tls", "--host", "@obrol-1"], "--tls wants --host NAME"),
        (["--host", "127.0.0.1", "--ca", "x"], "--ca and --tls-port are for --tls"),
        (["--host", "127.0.0.1", "--tls-port", "1"], "--ca and --tls-port are for --tls"),
        (["--tls", "--host", "127.0.0.1", "--ca", "none.pem"], "none.pem: No such file"),
    ],
)
def test_wrong_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], told: str
) -> None:
    from curses_client.start import main  # noqa: PLC0415 - beside its one user

    assert main(["rizky", "--lang", "en", "--data", str(tmp_path), *words]) == USAGE
    assert told in capsys.readouterr().err


def test_a_server_without_tls_is_no_server(server: ServerProcess, tmp_path: Path) -> None:
    ended = run("rizky", server.port, tmp_path, b"halo\n", "--tls")
    assert ended.code == UNREACHABLE
    assert "does not speak TLS: come without --tls" in ended.errors


def test_tls_port_is_the_port(server: ServerProcess, tmp_path: Path) -> None:
    ended = run("rizky", 1, tmp_path, b"halo\n", "--tls", "--tls-port", str(port_of(server)))
    assert ended.code == 0


def test_the_secret_of_tls_is_never_said_in_plain(server: ServerProcess, tmp_path: Path) -> None:
    """Who forgets ``--tls`` once is a stranger there."""
    assert say(server, tmp_path).code == 0
    sessions = json.loads((tmp_path / "rizky" / "sessions.json").read_text())
    port = port_of(server)
    assert (
        list(sessions)
        == [server_key("127.0.0.1", port, tls=True)]
        != [server_key("127.0.0.1", port)]
    )
    secret = sessions[f"tls:127.0.0.1:{port}"]["rizky"]["session"]
    server.kill()
    with socket.create_server(("127.0.0.1", port)) as door:
        door.settimeout(10)
        with LineClient("rizky", port, tmp_path):
            plain, _ = door.accept()
            with plain:
                plain.settimeout(10)
                told = plain.recv(4096)
    assert told == b"=hello HELLO rizky\n"
    assert secret.encode() not in told


def test_the_screen_tells_that_it_is_encrypted(
    server: ServerProcess, tmp_path: Path, papers: Papers
) -> None:
    half = papers.fingerprint[:20]
    with client("rizky", port_of(server), tmp_path / "rizky", "--tls", "--host",
                "127.0.0.1") as rizky:  # fmt: skip
        rizky.wait_for("is new here")
        rizky.wait_for(half)
        rizky.press("\x1b1")
        rizky.wait_for("encrypted, TLSv1.3")
        rizky.wait_for(half)
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    known(tmp_path).write_text(f"127.0.0.1:{port_of(server)} {'00:' * 31}00\n")
    with client("rizky", port_of(server), tmp_path / "rizky", "--tls", "--host",
                "127.0.0.1") as rizky:  # fmt: skip
        assert rizky.wait_end() == REFUSED
        assert "another certificate" in rizky.text().replace("\n", "")
