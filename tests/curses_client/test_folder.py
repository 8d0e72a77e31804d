"""The downloads folder: strangers' names, nothing overwritten, no link followed (C10 C11 C14)."""

import fcntl
import itertools
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curses_client.folder import NAME_BYTES, Folder, Part, PartTakenError, harmless, numbered

ODD = st.sampled_from("./\\~- \t\n\x00\x1b\x7f\x9b\u202e\u2028\u3000\u200b\u0301éあ🙂\ud800part")
TEXT = st.text(st.one_of(st.characters(), ODD), max_size=300)


def written(folder: Path, name: str, data: bytes) -> Path:
    """A download of ``data``, finished."""
    part = Folder(folder).part(name)
    os.pwrite(part.fd, data, 0)
    return part.finish()


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A file outside the folder that must stay as it is."""
    path = tmp_path / "outside"
    path.write_bytes(b"mine")
    yield path
    assert path.read_bytes() == b"mine"
    assert path.stat().st_nlink == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@given(TEXT)
@example("")
@example("..")
@example("../../etc/passwd")
@example(".ssh")
@example("- -.~ .x")
@example("あ." + "x" * 198)
@example("x" * 300)
@example("x." + "y" * 300)
@example("é" * 150 + ".tar.gz")
@example("x.part")
@example("x\x1b[2J\u202e")
def test_a_harmless_name(name: str) -> None:
    made = harmless(name)
    assert made
    assert made[0] not in ".~-"
    assert not set(made) & set("/\\\0")
    assert len(made.encode()) <= NAME_BYTES
    assert not {unicodedata.category(char) for char in made} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert made.strip() == made
    assert harmless(made) == made


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ ().-]{0,60}[A-Za-z0-9]", fullmatch=True))
def test_a_good_name_stays(name: str) -> None:
    assert harmless(name) == name + "_" * name.endswith(".part")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Tugas akhir.pdf", "Tugas akhir.pdf"),
        ("naïve – 漢字.txt", "naïve – 漢字.txt"),
        ("0 .0", "0 .0"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        (".bashrc", "bashrc"),
        ("a/b\\c", "a_b_c"),
        ("x.part", "x.part_"),
        ("x" * 250 + ".pdf", "x" * 196 + ".pdf"),
        ("é" * 125 + ".pdf", "é" * 98 + ".pdf"),
    ],
)
def test_names_as_people_meet_them(name: str, made: str) -> None:
    assert harmless(name) == made


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", ["a.pdf", "a (1).pdf", "a (2).pdf"]),
        ("a.tar.gz", ["a.tar.gz", "a.tar (1).gz", "a.tar (2).gz"]),
        ("a", ["a", "a (1)", "a (2)"]),
    ],
)
def test_numbered(name: str, expected: list[str]) -> None:
    assert list(itertools.islice(numbered(name), 3)) == expected


@given(TEXT)
def test_numbered_names_are_different_and_fit(name: str) -> None:
    found = list(numbered(harmless(name)))
    assert len(set(found)) == len(found) == 1000
    assert max(len(one.encode()) for one in found) <= 255


def test_nothing_is_overwritten(folder: Path, outside: Path) -> None:
    (folder / "x.txt").write_bytes(b"first")
    (folder / "x (1).txt").symlink_to(outside)
    (folder / "x (2).txt").symlink_to(folder / "nowhere")
    (folder / "x (3).txt").mkdir()
    assert written(folder, "x.txt", b"new") == folder / "x (4).txt"
    assert (folder / "x (4).txt").read_bytes() == b"new"
    assert (folder / "x.txt").read_bytes() == b"first"
    assert not (folder / "nowhere").exists()
    assert not (folder / "x.txt.part").exists()
    assert (folder / "x (4).txt").stat().st_mode & 0o777 == 0o600


def test_a_file_that_comes_while_it_is_fetched_stays(folder: Path) -> None:
    part = Folder(folder).part("x")
    os.pwrite(part.fd, b"new", 0)
    (folder / "x").write_bytes(b"first")
    assert part.finish() == folder / "x (1)"
    assert (folder / "x").read_bytes() == b"first"


def test_no_link_at_the_part_is_followed(folder: Path, outside: Path) -> None:
    for number, target in enumerate((outside, folder / "nowhere")):
        (folder / f"x{number}.part").symlink_to(target)
        with pytest.raises(OSError, match="symbolic link"):
            Folder(folder).part(f"x{number}")
    assert not (folder / "nowhere").exists()


def test_what_is_no_file_is_no_part(folder: Path) -> None:
    (folder / "dir.part").mkdir()
    os.mkfifo(folder / "fifo.part")
    with pytest.raises(IsADirectoryError):
        Folder(folder).part("dir")
    with pytest.raises(PermissionError):
        Folder(folder).part("fifo")


def test_a_part_of_somebody_else_is_not_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "x.part").write_bytes(b"theirs")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(PermissionError):
        Folder(folder).part("x")


def test_a_part_with_a_second_name_is_not_written_to(folder: Path, outside: Path) -> None:
    """A hard link that was planted, or a client that was killed while it finished."""
    os.link(outside, folder / "x.part")
    assert written(folder, "x", b"new") == folder / "x"
    assert (folder / "x").read_bytes() == b"new"


def test_the_folder_is_the_one_that_was_opened(folder: Path, tmp_path: Path) -> None:
    """A component that becomes a link meanwhile leads nowhere."""
    evil = tmp_path / "evil"
    evil.mkdir()
    part = Folder(folder).part("x")
    os.pwrite(part.fd, b"new", 0)
    folder.rename(tmp_path / "moved")
    folder.symlink_to(evil)
    part.finish()
    assert list(evil.iterdir()) == []
    assert (tmp_path / "moved" / "x").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..", ".x", "in/../../x"])
def test_no_name_leads_out(folder: Path, tmp_path: Path, name: str) -> None:
    path = written(folder, name, b"new")
    assert path.parent == folder
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_a_part_goes_on(folder: Path) -> None:
    part = Folder(folder).part("x")
    os.pwrite(part.fd, b"half", 0)
    part.close()
    again = Folder(folder).part("x")
    assert again.size() == 4
    os.pwrite(again.fd, b" and half", 4)
    assert again.finish().read_bytes() == b"half and half"


def test_a_part_that_is_not_wanted_goes(folder: Path) -> None:
    Folder(folder).part("x").discard()
    assert list(folder.iterdir()) == []


def test_one_terminal_at_a_time(folder: Path) -> None:
    part = Folder(folder).part("x")
    with pytest.raises(PartTakenError):
        Folder(folder).part("x")
    part.close()
    code = (
        "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.flock(f,2); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "x.part")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(PartTakenError):
            Folder(folder).part("x")
        other.stdin.close()
        other.wait()
    Folder(folder).part("x").close()


@pytest.mark.parametrize("third", [False, True])
def test_a_part_that_was_finished_before_the_lock_is_not_written_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, third: bool
) -> None:
    """Another terminal finishes between our open and our lock; a third one may have begun then."""
    first = Folder(folder).part("x")
    os.pwrite(first.fd, b"finished", 0)
    real = fcntl.flock

    def flock(fd: int, how: int) -> None:
        monkeypatch.undo()
        first.finish()
        if third:
            Folder(folder).part("x").close()
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    second = Folder(folder).part("x")
    os.ftruncate(second.fd, 0)
    os.pwrite(second.fd, b"other", 0)
    assert second.finish() == folder / "x (1)"
    assert (folder / "x").read_bytes() == b"finished"


def test_every_descriptor_is_given_back(folder: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    ends = (Part.close, Part.discard, Part.finish)
    for end in ends:
        end(Folder(folder).part("x"))
    assert count() == before


def test_the_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    Folder(path).close()
    assert path.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="File exists"):
        Folder(tmp_path / "file")
