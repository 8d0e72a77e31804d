"""The file of known servers: a line each, for people to edit."""

import stat
from pathlib import Path

import pytest

from curses_client.known import Known, KnownServers

A, B = "AA:" * 31 + "AA", "BB:" * 31 + "BB"


def test_what_is_remembered_is_found_by_its_line(tmp_path: Path) -> None:
    known = KnownServers(tmp_path / "new" / "known_servers")
    assert known.find("lab:59001") is None
    known.remember("lab:59001", A)
    known.remember("lab:59002", B)
    assert known.find("lab:59001") == Known(1, A)
    assert known.find("lab:59002") == Known(2, B)
    assert known.find("lab:5900") is None
    assert known.path.read_text() == f"lab:59001 {A}\nlab:59002 {B}\n"


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    known = KnownServers(tmp_path / "new" / "known_servers")
    known.remember("lab:59001", A)
    assert stat.S_IMODE(known.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(known.path.parent.stat().st_mode) == 0o700


def test_people_edit_it(tmp_path: Path) -> None:
    path = tmp_path / "known_servers"
    path.write_bytes(b"# mine\n\n  lab:1   " + A.encode() + b"  \nother:2\n\xff\nlab:1 x")
    known = KnownServers(path)
    assert known.find("lab:1") == Known(3, A)  # the first one counts
    assert known.find("other:2") == Known(4, "")  # a damaged line is no unknown server
    known.remember("new:3", B)
    assert known.find("new:3") == Known(7, B)
    assert b"lab:1 x\n" in path.read_bytes()


def test_a_file_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "known_servers"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        KnownServers(path).find("lab:1")
