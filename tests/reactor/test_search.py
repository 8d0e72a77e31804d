"""The index for searches as a file: filled in slices, lost, damaged, locked, of another log."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reactor.log import Log
from reactor.log.search import RETRY_SECONDS
from tests.reactor.logs import bodies, store
from tests.reactor.test_lookup import every, fill

TEXTS = [f"kata w{number % 7}" for number in range(3000)]


def found(log: Log, text: str = "kata w3") -> list[str]:
    """The newest texts with these words."""
    return bodies(every(log, text))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log and its whole index, closed."""
    with closing(Log(tmp_path / "data")) as log:
        store(log, *TEXTS)
        store(log, "langka kata")
        fill(log)
        assert log.index.done == log.tip == 3001
    return tmp_path / "data"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with closing(Log(tmp_path / "data")) as log:
        yield log


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("search*"))


def test_slices(log: Log) -> None:
    """Each takes in some; when it has all, the next one does nothing."""
    store(log, *TEXTS)
    done = [log.index.done]
    while log.index.fill(log.tip) is not None:
        done.append(log.index.done)
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 3000)
    assert len(set(done)) > 5
    changes = log.index._db.total_changes if log.index._db else 0
    assert log.index.fill(log.tip) is None
    assert log.index._db is not None
    assert log.index._db.total_changes == changes
    assert not log.index.lacks(log.tip)
    store(log, "one more")
    assert log.index.lacks(log.tip)


def test_it_is_taken_up_where_it_was(folder: Path) -> None:
    with closing(Log(folder)) as log:
        assert log.index.done == 3001
        store(log, "new")
        fill(log)
        assert (log.index.done, found(log, "new")) == (3002, ["new"])


def test_it_is_for_its_owner_alone(folder: Path) -> None:
    assert files(folder) == ["search.sqlite"]
    assert (folder / "search.sqlite").stat().st_mode & 0o777 == 0o600


def test_texts_are_not_in_it(folder: Path) -> None:
    assert b"langka kata" not in (folder / "search.sqlite").read_bytes()
    assert (folder / "search.sqlite").stat().st_size < (folder / "log.sqlite").stat().st_size


def test_killed(folder: Path, tmp_path: Path) -> None:
    """What a kill leaves behind is a write-ahead log that was not written back."""
    with closing(Log(folder)) as log:
        store(log, *TEXTS)
        while log.index.done < 4000:
            log.index.fill(log.tip)
        done = log.index.done
        shutil.copytree(folder, tmp_path / "copy")
    assert (tmp_path / "copy" / "search.sqlite-wal").stat().st_size
    with closing(Log(tmp_path / "copy")) as log:
        assert log.index.done == done
        assert len(found(log)) == 200
        fill(log)
        assert (log.index.done, len(found(log))) == (6001, 200)


def scribble(path: Path, start: int, length: int, byte: bytes = b"\0") -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(byte * length)


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def other(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE state (x)")


def damaged_state(path: Path, column: str, value: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE state SET {column} = ?", (value,))  # noqa: S608 - of the table below
        db.commit()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "empty": lambda path: cut(path, 0),
    "cut in the header": lambda path: cut(path, 50),
    "cut in a page": lambda path: cut(path, 5000),
    "cut at a page": lambda path: cut(path, 8192),
    "half": lambda path: cut(path, path.stat().st_size // 2),
    "no header": lambda path: scribble(path, 0, 100),
    "another text": lambda path: path.write_text("this is not a database, sorry " * 1000),
    "zeros behind the header": lambda path: scribble(path, 4096, path.stat().st_size - 4096),
    "noise behind the header": lambda path: scribble(
        path, 4096, path.stat().st_size - 4096, b"\xa5"
    ),
    "another database": other,
    "no state": lambda path: damaged_state(path, "scheme", None),
    "another scheme": lambda path: damaged_state(path, "scheme", "0 1.1.0"),
    "another log": lambda path: damaged_state(path, "history", "feedfeed"),
    "of another boot": lambda path: damaged_state(path, "boot", "01234567"),
    "further than the log": lambda path: damaged_state(path, "done", 99_999),
    "no number": lambda path: damaged_state(path, "done", "many"),
    "an event of another time": lambda path: damaged_state(path, "time", 1),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_while_the_server_was_down(folder: Path, name: str) -> None:
    """The answers are right at once, and the index is whole again after some slices."""
    DAMAGE[name](folder / "search.sqlite")
    with closing(Log(folder)) as log:
        assert found(log, "langka") == ["langka kata"]
        assert len(found(log)) == 200
        fill(log)
        assert log.index.done == 3001
        assert found(log, "langka") == ["langka kata"]
    assert files(folder) == ["search.sqlite"]


def test_a_machine_that_does_not_name_its_boots(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows then whether it was torn: every start makes it anew."""
    monkeypatch.setattr("reactor.log.search._BOOT_ID", folder / "no such file")
    for _ in range(2):
        with closing(Log(folder)) as log:
            assert log.index.done == 0
            fill(log)
            assert (log.index.done, found(log, "langka")) == (3001, ["langka kata"])


def test_damage_that_shows_while_searching(folder: Path) -> None:
    """Only the state is whole: it is found out by the first search."""
    with closing(sqlite3.connect(folder / "search.sqlite")) as db:
        db.execute("DELETE FROM word_0_data WHERE id > 10")  # 10: which segments there are
        db.commit()
    told: list[str] = []
    with closing(Log(folder)) as log:
        log.index.on_trouble = told.append
        assert log.index.done == 3001
        assert found(log, "langka") == ["langka kata"]
        assert (log.index.done, len(told)) == (0, 1)
        assert log.index.lacks(log.tip)
        fill(log)
        assert (log.index.done, found(log, "langka")) == (3001, ["langka kata"])
        assert len(told) == 1


def test_deleted_under_a_running_server(folder: Path) -> None:
    with closing(Log(folder)) as log:
        assert log.index.done == 3001
        for name in files(folder):
            (folder / name).unlink()
        store(log, "new kata")
        fill(log)
        assert found(log, "new") == ["new kata"]
        assert found(log, "langka") == ["langka kata"]
        fill(log)
        assert log.index.done == 3002
    assert files(folder) == ["search.sqlite"]


def test_the_index_shows_nothing_that_the_log_does_not_hold(folder: Path) -> None:
    """One that tells lies can hide something; what it names is looked at again."""
    with closing(sqlite3.connect(folder / "search.sqlite")) as db:
        db.executemany(
            "INSERT INTO word_0 (rowid, place, sender, text) VALUES (?, 'p0', 'ani', 'langka')",
            [(-7,), (-3002,), (-12,)],
        )
        db.commit()
    with closing(Log(folder)) as log:
        assert found(log, "langka") == ["langka kata"]
        assert log.index.done == 3001


def test_events_that_an_operator_deleted(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "log.sqlite")) as db:
        db.execute("DELETE FROM event WHERE id = 3001 OR id BETWEEN 100 AND 2900")
        db.commit()
    for name in files(folder) * 2:
        with closing(Log(folder)) as log:
            assert found(log, "langka") == []
            assert len(found(log)) == 29
            fill(log)
            assert log.index.done == log.tip == 3000
            assert len(found(log)) == 29
        (folder / name).unlink()


def test_locked_by_somebody(folder: Path) -> None:
    """The talk never waits for it; it is told once, and all is well when the lock is gone."""
    told: list[str] = []
    with closing(Log(folder)) as log:
        log.index.on_trouble = told.append
        fill(log)
        with closing(sqlite3.connect(folder / "search.sqlite", isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            store(log, "new kata")
            for _ in range(3):
                assert log.index.fill(log.tip) == RETRY_SECONDS
            assert found(log, "new") == ["new kata"]
            assert found(log, "langka") == ["langka kata"]
            assert log.index.done == 3001  # what it has can be read all the same
        assert told == ["database is locked"]
        fill(log)
        assert log.index.done == 3002


def test_disk_full(folder: Path) -> None:
    told: list[str] = []
    with closing(Log(folder)) as log:
        log.index.on_trouble = told.append
        fill(log)
        assert log.index._db is not None
        (pages,) = log.index._db.execute("PRAGMA page_count").fetchone()
        log.index._db.execute(f"PRAGMA max_page_count = {pages}")
        store(log, *[f"kata {'x' * 50}{number}" for number in range(3000)])
        while log.index.fill(log.tip) != RETRY_SECONDS:
            assert log.index.done < log.tip
        assert found(log, "langka") == ["langka kata"]
        assert len(found(log, "kata")) == 200
        assert told == ["database or disk is full"]
        log.index._db.execute("PRAGMA max_page_count = 1000000")
        fill(log)
        assert log.index.done == log.tip


@pytest.mark.parametrize("obstacle", ["search.sqlite", "search.sqlite-wal"])
def test_no_place_for_a_file(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "data" / obstacle / "in the way").mkdir(parents=True)
    told: list[str] = []
    with closing(Log(tmp_path / "data")) as log:
        log.index.on_trouble = told.append
        store(log, "halo kata")
        for _ in range(3):
            assert log.index.fill(log.tip) == RETRY_SECONDS
        assert found(log, "halo") == ["halo kata"]
        assert len(told) == 1
