"""``make cert``: a certificate for a lab that the server takes and the client trusts."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reactor import selfsigned
from tests.curses_client.line_client import run
from tests.support.server import ROOT, ServerProcess
from tests.support.tls import NEEDS_OPENSSL, Papers


def make(folder: Path, host: str) -> subprocess.CompletedProcess[str]:
    """What ``make cert`` does."""
    words = [f"CERT_HOST={host}", f"ARGS=--folder '{folder}'", f"PYTHON={sys.executable}"]
    return subprocess.run(
        ["make", "cert", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip


@NEEDS_OPENSSL
def test_server_and_client_take_it(tmp_path: Path) -> None:
    folder = tmp_path / "with a blank"
    made = make(folder, "kelas.example")
    assert made.returncode == 0, made.stderr
    papers = Papers(folder / "cert.pem", folder / "key.pem")
    assert stat.S_IMODE(papers.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["cert.pem", "key.pem"]
    for shown in (str(papers.certificate), str(papers.key), papers.fingerprint, "make server",
                  "make client NAME=rizky HOST=kelas.example PORT=59001 ARGS=--tls"):  # fmt: skip
        assert shown in made.stdout
    ca = str(papers.certificate)
    with ServerProcess(tmp_path / "server", *papers.options) as server:
        port = int(server.doors["tls"].rpartition(":")[2])
        for host in ("localhost", "127.0.0.1"):
            ended = run("rizky", port, tmp_path, b"halo\n", "--tls", "--ca", ca, "--host", host)
            assert (ended.code, ended.errors) == (0, "")


@NEEDS_OPENSSL
def test_what_is_in_it(tmp_path: Path) -> None:
    assert selfsigned.main(["--host", "192.0.2.7", "--folder", str(tmp_path)]) == 0
    words = ["openssl", "x509", "-noout", "-text", "-in", str(tmp_path / "cert.pem")]
    shown = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert "NIST CURVE: P-256" in shown
    for name in ("IP Address:192.0.2.7", "DNS:localhost", "IP Address:127.0.0.1", "CA:FALSE"):
        assert name in shown
    for days, ended in ((364, 0), (366, 1)):
        words = ["openssl", "x509", "-noout", "-in", str(tmp_path / "cert.pem"), "-checkend",
                 str(days * 86_400)]  # fmt: skip
        assert subprocess.run(words, check=False, capture_output=True).returncode == ended


@NEEDS_OPENSSL
def test_one_that_is_there_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert selfsigned.main(["--folder", str(tmp_path)]) == 0
    before = (tmp_path / "cert.pem").read_bytes()
    assert selfsigned.main(["--folder", str(tmp_path)]) == 1
    assert "cert.pem is there already" in capsys.readouterr().err
    assert (tmp_path / "cert.pem").read_bytes() == before


def test_without_openssl_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert selfsigned.main(["--folder", str(tmp_path / "new")]) == 1
    assert "there is no openssl program here" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("host", ["a b", "x,DNS:evil", "x\n[v3]", "-x", "a/../b"])
def test_a_host_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert selfsigned.main([f"--host={host}", "--folder", str(tmp_path)]) == 1
    assert "neither a host name nor an address" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert selfsigned.main(["--folder", str(tmp_path / "file" / "x")]) == 1
    assert "cannot make a certificate in " in capsys.readouterr().err


def test_names_are_not_doubled() -> None:
    names = selfsigned.own_names("localhost")
    assert names[0] == "localhost"
    assert len(names) == len(set(names))
    assert {"127.0.0.1", "::1"} <= set(names)
