"""Fetching files: the line-mode client against a real server (C13 C14, P8)."""

import fcntl
import hashlib
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cutter import Cutter
from tests.support.errands import run, start
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

NAME = "Modul 11.pdf"
DATA = hashlib.shake_128(b"modul").digest(3_000_000)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def send(raw: Raw, data: bytes, name: str, target: str = "#lab") -> int:
    size = len(data)
    line = f"SEND {target} t1 0 {size} {size} {name}"
    (answer,) = raw.answer(line, f"up.{sha256(data + name.encode())[:20]}", data)
    assert answer.startswith("OK "), answer
    return int(answer.split()[1])


@pytest.fixture
def ani(server: ServerProcess) -> Iterator[Raw]:
    with member(server.port, "ani") as raw:
        assert send(raw, DATA, NAME) == 1
        yield raw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "terima"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.usefixtures("ani")
def test_a_file_is_fetched(server: ServerProcess, tmp_path: Path, folder: Path) -> None:
    code, errors = run("budi", server.port, tmp_path, "--get", "1")
    assert (code, errors) == (0, f"obrol: #1 is in {folder / NAME}\n")
    assert (folder / NAME).read_bytes() == DATA
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600
    assert run("budi", server.port, tmp_path, "--get", "1")[0] == 0
    assert names(folder) == ["Modul 11 (1).pdf", NAME]
    assert (folder / "Modul 11 (1).pdf").read_bytes() == DATA


def test_several_files_and_private_ones(
    server: ServerProcess, tmp_path: Path, folder: Path, ani: Raw
) -> None:
    run("budi", server.port, tmp_path, "--get", "1")
    private = send(ani, b"for budi", "p", "@budi")
    empty = send(ani, b"", "empty")
    words = ("--get", str(private), "--get", str(empty))
    assert run("budi", server.port, tmp_path, *words)[0] == 0
    assert (folder / "p").read_bytes() == b"for budi"
    assert (folder / "empty").read_bytes() == b""
    assert run("cici", server.port, tmp_path, "--get", str(private))[0] == 1


def test_hostile_names_stay_in_the_folder(
    server: ServerProcess, tmp_path: Path, folder: Path, ani: Raw
) -> None:
    before = names(tmp_path)
    events = [send(ani, b"evil", name) for name in (".ssh", "..\\..\\x", "-rf", "~root", "x.part")]
    words = [word for event in events for word in ("--get", str(event))]
    assert run("budi", server.port, tmp_path, *words)[0] == 0
    assert names(folder) == [".._x", "rf", "root", "ssh", "x.part_"] or names(folder) == [
        "_.._x", "rf", "root", "ssh", "x.part_"
    ]  # fmt: skip
    assert set(names(tmp_path)) - set(before) == {"state", "terima"}


@pytest.mark.usefixtures("ani")
def test_what_cannot_be_fetched(server: ServerProcess, tmp_path: Path, folder: Path) -> None:
    for number in ("2", "0", "99"):
        code, errors = run("budi", server.port, tmp_path, "--get", number)
        assert (code, errors) == (1, f"obrol: there is no file #{number} to fetch\n")
    code, errors = run("budi", server.port, tmp_path, "--get", "1", "--room", "den")
    assert code == 1
    assert names(folder) == []
    (server.data / "spool" / "files" / sha256(DATA)).unlink()
    code, errors = run("budi", server.port, tmp_path, "--get", "1")
    assert (code, errors) == (1, f"obrol: {NAME}: there is no such file\n")
    assert NAME not in names(folder)


def cut_and_go_on(server: ServerProcess, tmp_path: Path, folder: Path, *, kill: bool) -> list[int]:
    """A download that is cut after 2 MB and goes on; the offsets that were asked for."""
    started: list[subprocess.Popen[str]] = []

    def cut() -> None:
        part = folder / f"{NAME}.part"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (part.exists() and part.stat().st_size):
            time.sleep(0.001)  # what only the kernel holds is lost with the connection
        if kill:
            started[0].kill()

    plans = [(2_000_000, cut), None]
    with Cutter(server.port, lambda: plans.pop(0)) as cutter:
        with start("budi", cutter.port, tmp_path, "--get", "1") as process:
            started.append(process)
            if kill:
                assert process.wait(60) == -9
                assert names(folder) == [f"{NAME}.part"]
                part = (folder / f"{NAME}.part").read_bytes()
                assert 0 < len(part) < 2_000_000
                assert part == DATA[: len(part)]
            else:
                assert process.wait(60) == 0
        if kill:
            assert run("budi", cutter.port, tmp_path, "--get", "1")[0] == 0
        assert cutter.cuts == 1
        return [int(found) for found in re.findall(rb"GET 1 (\d+)\n", cutter.said)]


@pytest.mark.usefixtures("ani")
@pytest.mark.parametrize("kill", [False, True])
def test_a_download_goes_on(
    server: ServerProcess, tmp_path: Path, folder: Path, *, kill: bool
) -> None:
    """After a reset by itself, after a kill with the next run; not from the beginning."""
    first, then = cut_and_go_on(server, tmp_path, folder, kill=kill)
    assert names(folder) == [NAME]
    assert (folder / NAME).read_bytes() == DATA
    assert first == 0 < then < 2_000_000


@pytest.mark.usefixtures("ani")
@pytest.mark.parametrize(
    "part",
    [b"wrong", bytes(len(DATA)), DATA[:-1] + b"\0", DATA + b"more", DATA, bytes(5_000_000)],
    ids=["short", "same size", "last byte", "longer", "whole", "longer and wrong"],
)
def test_a_part_of_whatever_content_ends_right(
    server: ServerProcess, tmp_path: Path, folder: Path, part: bytes
) -> None:
    folder.mkdir()
    (folder / f"{NAME}.part").write_bytes(part)
    assert run("budi", server.port, tmp_path, "--get", "1")[0] == 0
    assert names(folder) == [NAME]
    assert (folder / NAME).read_bytes() == DATA


@pytest.mark.usefixtures("ani")
def test_what_is_in_the_way(server: ServerProcess, tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    part = folder / f"{NAME}.part"
    part.symlink_to(tmp_path / "outside")
    code, errors = run("budi", server.port, tmp_path, "--get", "1")
    assert (code, names(folder)) == (1, [part.name])
    assert "symbolic link" in errors
    part.unlink()
    part.mkdir()
    assert run("budi", server.port, tmp_path, "--get", "1")[0] == 1
    part.rmdir()
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        code, errors = run("budi", server.port, tmp_path, "--get", "1")
        assert code == 1
        assert "another terminal is fetching a file of that name" in errors
    (folder / NAME).symlink_to(tmp_path / "outside")
    assert run("budi", server.port, tmp_path, "--get", "1")[0] == 0
    assert (folder / "Modul 11 (1).pdf").read_bytes() == DATA
    assert not (tmp_path / "outside").exists()


@pytest.mark.usefixtures("ani")
def test_bytes_that_are_not_the_announced_ones(
    server: ServerProcess, tmp_path: Path, folder: Path
) -> None:
    """C13: right size, wrong content; nothing gets the final name."""
    stored = server.data / "spool" / "files" / sha256(DATA)
    stored.write_bytes(DATA[:-1] + b"\0")
    code, errors = run("budi", server.port, tmp_path, "--get", "1")
    assert code == 1
    assert "what arrived is not what was sent" in errors
    assert names(folder) == []
