"""One JSON file of several writers: whole, private, and never in anybody's way.

``test_store`` holds what is true of the secrets' file: modes, links, two writers, damage.
"""

import fcntl
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curses_client import jsonfile
from curses_client.jsonfile import JsonFile
from tests.support.timing import within

GARBAGE = {
    "nothing": b"",
    "half": b'{"server": {"rizky": ',
    "a list": b"[]",
    "a number": b"7",
    "not UTF-8": b'{"server": "\xff\xfe"}',
    "another encoding": '{"server": {}}'.encode("utf-16"),
    "a million brackets": b"[" * 1_000_000,
    "a very long number": b"9" * 100_000,
    "no number": b'{"server": NaN}',
    "a server without names": b'{"server": []}',
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet, in a folder that is not there either."""
    return tmp_path / "state" / "memory.json"


@pytest.fixture(params=[True, False], ids=["quick", "durable"])
def file(path: Path, request: pytest.FixtureRequest) -> JsonFile:
    """Both kinds."""
    return JsonFile(path, quick=request.param)


def write(file: JsonFile, name: str, entry: object) -> None:
    with file.changing() as everything:
        everything.setdefault("server", {})[name] = entry


def test_what_was_changed_is_read(file: JsonFile, path: Path) -> None:
    assert file.read() == {}
    assert not path.parent.exists()
    write(file, "rizky", {"a": 1})
    write(file, "fatur", [None, "é\u2028\ud800"])
    assert file.read() == {"server": {"rizky": {"a": 1}, "fatur": [None, "é\u2028\ud800"]}}


def test_only_its_owner_may_read_it(file: JsonFile, path: Path) -> None:
    former = os.umask(0)
    try:
        write(file, "rizky", 1)
    finally:
        os.umask(former)
    modes = {p.name: stat.S_IMODE(p.lstat().st_mode) for p in (path.parent, *path.parent.iterdir())}
    assert modes == {"state": 0o700, "memory.json": 0o600, "lock": 0o600}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_what_makes_no_sense_counts_as_empty_and_can_be_written_over(
    file: JsonFile, path: Path, data: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    assert file.read() == {}
    write(file, "rizky", 1)
    assert file.read() == {"server": {"rizky": 1}}


def test_a_file_that_is_far_too_long_is_not_even_read(
    file: JsonFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "rizky", "x" * 1000)
    monkeypatch.setattr(jsonfile, "FILE_BYTES", path.stat().st_size)
    assert file.read()
    monkeypatch.setattr(jsonfile, "FILE_BYTES", path.stat().st_size - 1)
    assert file.read() == {}


def test_an_exception_changes_nothing(file: JsonFile, path: Path) -> None:
    write(file, "rizky", 1)
    before = path.read_bytes()
    with pytest.raises(KeyError), file.changing() as everything:
        del everything["server"]["rizky"], everything["nowhere"]
    assert path.read_bytes() == before
    write(file, "rizky", 2)  # the lock was given back
    assert sorted(p.name for p in path.parent.iterdir()) == ["lock", "memory.json"]


def test_a_lock_is_waited_for_as_long_as_wanted_and_no_longer(file: JsonFile, path: Path) -> None:
    write(file, "rizky", 1)
    with (path.parent / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for patience in (0.0, 0.2):
            with (
                within(patience, patience + 2),
                pytest.raises(BlockingIOError),
                file.changing(patience),
            ):
                pytest.fail("somebody else has the lock")
        assert file.read() == {"server": {"rizky": 1}}  # reading needs no lock
    with file.changing(0) as everything:
        everything["server"]["rizky"] = 2
    assert file.read() == {"server": {"rizky": 2}}


def test_a_lock_that_comes_free_in_time_is_taken(file: JsonFile, path: Path) -> None:
    write(file, "rizky", 1)
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:  # it holds the lock, tells so, and ends a moment later
        lock = os.open(path.parent / "lock", os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(go, b"x")
        time.sleep(0.1)
        os._exit(0)
    os.read(ready, 1)
    with file.changing(10) as everything:
        everything["server"]["rizky"] = 2
    os.waitpid(child, 0)
    os.close(ready)
    os.close(go)
    assert file.read() == {"server": {"rizky": 2}}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the machine has no full disk")
def test_a_full_disk_leaves_no_half_file(
    file: JsonFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "rizky", 1)
    real = os.open

    def on_a_full_disk(name: Path, flags: int, mode: int = 0o777) -> int:
        made = real(name, flags, mode)
        if name.suffix == f".{os.getpid()}":
            os.close(made)
            return real("/dev/full", os.O_WRONLY)
        return made

    monkeypatch.setattr(os, "open", on_a_full_disk)
    with pytest.raises(OSError, match="No space"):
        write(file, "rizky", 2)
    monkeypatch.undo()
    assert sorted(p.name for p in path.parent.iterdir()) == ["lock", "memory.json"]
    assert file.read() == {"server": {"rizky": 1}}


def test_a_folder_that_cannot_be_made_is_an_oserror_for_writers_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = JsonFile(tmp_path / "file" / "folder" / "memory.json")
    assert file.read() == {}
    with pytest.raises(OSError, match=r"\S"), file.changing():
        pytest.fail("there is no folder")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.binary(max_size=50) | JSON.map(lambda value: repr(value).encode()), entry=JSON)
def test_whatever_was_there_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, entry: object
) -> None:
    path = tmp_path_factory.mktemp("json") / "memory.json"
    path.write_bytes(data)
    file = JsonFile(path, quick=True)
    before = file.read()
    write(file, "rizky", entry)
    after = file.read()
    assert after["server"].pop("rizky") == entry
    before.setdefault("server", {}).pop("rizky", None)
    assert after == before
