"""Files in the curses client, in real terminals: one ``SEND``, and the talk goes on."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client, home_of

SEE_SAW_BYTES = 11_534_336


def _client(name: str, server: ServerProcess, folder: Path) -> Terminal:
    return client(name, server.port, folder / name)


def _terima(folder: Path, name: str) -> Path:
    return home_of(folder / name) / "terima"


@pytest.fixture
def see_saw(tmp_path: Path) -> Path:
    path = tmp_path / "See-Saw.mp3"
    path.write_bytes(os.urandom(SEE_SAW_BYTES))
    return path


def test_send_to_everybody_while_all_talk(
    server: ServerProcess, tmp_path: Path, see_saw: Path
) -> None:
    with (
        _client("rizky", server, tmp_path) as rizky,
        _client("fatur", server, tmp_path) as fatur,
        _client("aguel", server, tmp_path) as aguel,
    ):
        everybody = {"rizky": rizky, "fatur": fatur, "aguel": aguel}
        for terminal in everybody.values():
            terminal.wait_for("3 here")
        rizky.press(f"SEND {see_saw}\r")
        # Two lines in one read would be a paste, and asked about.
        rizky.wait_for(lambda: "See-Saw" in rizky.text() and rizky.rows()[-1] == "[#lab]")
        for name, terminal in everybody.items():
            terminal.press(f"halo dari {name}\r")
        for terminal in everybody.values():
            for name in everybody:
                terminal.wait_for(f"<{name}> halo dari {name}")
            terminal.wait_for("See-Saw.mp3 11.0 MB from rizky")
        rizky.wait_for("See-Saw.mp3 (11.0 MB) is on the server")
        wanted = hashlib.sha256(see_saw.read_bytes()).hexdigest()
        for name in ("fatur", "aguel"):
            everybody[name].wait_for(lambda n=name: "is in" in everybody[n].text())  # type: ignore[misc]
            got = (_terima(tmp_path, name) / "See-Saw.mp3").read_bytes()
            assert hashlib.sha256(got).hexdigest() == wanted
        assert not _terima(tmp_path, "rizky").exists()


def test_large_files_are_offered_and_small_ones_come_by_themselves(
    server: ServerProcess, tmp_path: Path
) -> None:
    small = tmp_path / "kecil.txt"
    small.write_text("kecil")
    large = tmp_path / "besar.bin"
    large.write_bytes(b"b" * 2_000_000)
    with _client("rizky", server, tmp_path) as rizky, _client("fatur", server, tmp_path) as fatur:
        fatur.wait_for("2 here")
        fatur.press("/set autoget 1M\r")
        fatur.wait_for("autoget = 1M")
        rizky.press(f"/send {small} {large}\r")
        fatur.wait_for("kecil.txt")
        fatur.wait_for("is in")
        fatur.wait_for("besar.bin 1.9 MB from rizky")
        assert (_terima(tmp_path, "fatur") / "kecil.txt").read_text() == "kecil"
        assert not (_terima(tmp_path, "fatur") / "besar.bin").exists()
        number = next(
            row.split("#")[1].split()[0] for row in fatur.rows() if "besar.bin 1.9" in row
        )
        fatur.press(f"/get {number}\r")
        fatur.wait_for(f"#{number} is in")
        assert (_terima(tmp_path, "fatur") / "besar.bin").read_bytes() == large.read_bytes()
        fatur.press(f"/get {number}\r")
        fatur.wait_for("besar (1).bin")


def test_private_file_and_offline_person(server: ServerProcess, tmp_path: Path) -> None:
    paper = tmp_path / "laporan akhir.txt"
    paper.write_text("isi")
    with Raw(server.port, name="fatur"):
        pass
    with _client("rizky", server, tmp_path) as rizky:
        rizky.wait_for("1 here")
        rizky.press(f"/send {paper}\t @fatur\r")
        rizky.wait_for("laporan akhir.txt (3 B) is on the server")
        rizky.press("/query fatur\r")
        rizky.wait_for(">> #1 laporan akhir.txt 3 B from rizky")
        rizky.press("/files\r")
        rizky.wait_for(lambda: rizky.text().count("laporan akhir.txt") > 1)


@pytest.mark.parametrize("path", ["tidak-ada.txt", "~tidak-ada/x"])
def test_a_file_that_is_not_there_keeps_the_line(
    server: ServerProcess, tmp_path: Path, path: str
) -> None:
    with _client("rizky", server, tmp_path) as rizky:
        rizky.wait_for("1 here")
        rizky.press(f"SEND {path}\r")
        rizky.wait_for(f"cannot read {path}")
        assert rizky.settle()[-1] == f"[#lab] SEND {path}"


def test_upload_goes_on_through_a_server_that_is_killed(
    server: ServerProcess, tmp_path: Path, see_saw: Path
) -> None:
    with _client("rizky", server, tmp_path) as rizky, _client("fatur", server, tmp_path) as fatur:
        rizky.wait_for("2 here")
        fatur.wait_for("2 here")
        rizky.press(f"SEND {see_saw}\r")
        rizky.wait_for("↑See-Saw.mp3")
        server.kill()
        rizky.wait_for("connection lost")
        server.start()
        rizky.wait_for("See-Saw.mp3 (11.0 MB) is on the server")
        fatur.wait_for("is in")
        got = (_terima(tmp_path, "fatur") / "See-Saw.mp3").read_bytes()
        assert got == see_saw.read_bytes()
        assert fatur.text().count(">> #") == 1


def test_two_terminals_of_one_person_fetch_once(server: ServerProcess, tmp_path: Path) -> None:
    paper = tmp_path / "satu.txt"
    paper.write_text("isi")
    with (
        _client("rizky", server, tmp_path) as rizky,
        _client("fatur", server, tmp_path) as fatur,
        _client("fatur", server, tmp_path) as second,
    ):
        for terminal in (rizky, fatur, second):
            terminal.wait_for("2 here")
        rizky.press(f"/send {paper}\r")
        for terminal in (fatur, second):
            terminal.wait_for("satu.txt 3 B from rizky")
        fatur.wait_for(
            lambda: (_terima(tmp_path, "fatur") / "satu.txt").exists() or not fatur.settle()
        )
        second.settle()
        assert [p.name for p in _terima(tmp_path, "fatur").iterdir()] == ["satu.txt"]
