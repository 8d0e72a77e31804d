"""The log on a real folder: commit and take back (P1, C24, C25), the lock (C33), checkpoints."""

import os
import resource
import secrets
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from reactor.log import Batch, Log, LogBusyError, LogError, LogUnusableError, Place
from reactor.log.records import HoldName, NewRoom, NewSession, NewTalk, Tagged
from reactor.log.schema import VERSION
from reactor.log.sqlite import CHECKPOINT_BYTES, WAL_BYTES
from tests.reactor.logs import everything, store, talk
from tests.support.server import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def log(folder: Path) -> Iterator[Log]:
    log = Log(folder)
    yield log
    log.close()


def test_durability_is_set_and_read_back(log: Log) -> None:
    settings = {
        name: log._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "wal_autocheckpoint", "user_version")
    }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "wal_autocheckpoint": 0,
        "user_version": VERSION,
    }


def test_only_the_owner_may_read(log: Log, folder: Path) -> None:
    store(log, "secret")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert modes.pop("data") == 0o700
    assert set(modes) >= {"lock", "log.sqlite", "log.sqlite-wal"}
    assert set(modes.values()) == {0o600}


def test_ids_rise_without_holes(folder: Path) -> None:
    log = Log(folder)
    events = store(log, "a", "b") + store(log, "c")
    assert [event.id for event in events] == [1, 2, 3]
    assert log.tip == 3
    log.close()
    again = Log(folder)
    assert again.tip == 3
    assert [event.id for event in store(again, "d", "e")] == [4, 5]
    assert everything(again) == ["a", "b", "c", "d", "e"]
    again.close()


def test_history_and_secret_belong_to_the_database(folder: Path, tmp_path: Path) -> None:
    first = Log(folder)
    kept = first.history, first.secret
    first.close()
    second, other = Log(folder), Log(tmp_path / "other")
    assert (second.history, second.secret) == kept
    assert other.history != kept[0]
    assert other.secret != kept[1]
    second.close()
    other.close()


# A commit that fails (C24).


@contextmanager
def no_more_pages(log: Log) -> Iterator[None]:
    """SQLITE_FULL at the INSERT, as on a full disk."""
    log._db.execute("PRAGMA max_page_count = 1")  # means: as many as there are
    yield
    log._db.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def no_larger_files(log: Log) -> Iterator[None]:
    """EFBIG when the write-ahead log grows."""
    del log
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)


@contextmanager
def refusing_trigger(log: Log) -> Iterator[None]:
    """An error late in the transaction that SQLite does not roll back by itself."""
    log._db.execute(
        "CREATE TEMP TRIGGER no BEFORE INSERT ON private BEGIN SELECT RAISE(FAIL, 'no'); END"
    )
    yield
    log._db.execute("DROP TRIGGER no")


@contextmanager
def locked_by_somebody(log: Log) -> Iterator[None]:
    """Another process (here: connection) writes, and does not end in time."""
    log._db.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(log._path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


FAILURES = (no_more_pages, no_larger_files, refusing_trigger, locked_by_somebody)
Failure = Callable[[Log], AbstractContextManager[None]]


@pytest.mark.parametrize("failure", FAILURES)
def test_failed_commit_leaves_nothing_and_no_hole(folder: Path, failure: Failure) -> None:
    log = Log(folder)
    store(log, "before")
    room, pair = Place(), Place()
    batch = Batch()
    batch.changes += [
        NewSession(7, None, 0),
        HoldName(7, "ani", None),
        NewRoom(room, "#lab", 7, 0),
        NewTalk(pair, 7, 8),
    ]
    batch.events += [talk("x" * 3500, room) for _ in range(200)]
    batch.private.append((7, batch.events[0]))
    batch.tags.append(Tagged(7, "t", b"digest", batch.events[0]))
    with failure(log):
        for _ in range(2):
            with pytest.raises(LogError):
                log.commit(batch)
            assert not log._db.in_transaction
            assert {event.id for event in batch.events} == {0}
            assert (room.id, pair.id) == (None, None)
            assert log.tip == 1
            assert everything(log) == ["before"]  # reads go on
    assert log.session(7) is None
    assert log.name("ani") is None
    assert list(log.rooms()) == []
    assert log.talk(7, 8) is None
    assert log.tagged(7, "t") is None

    assert [event.id for event in store(log, "after")] == [2]
    log.commit(batch)
    assert [batch.events[0].id, batch.events[-1].id, log.tip] == [3, 202, 202]
    assert (room.id, pair.id) == (1, 2)
    assert log.tagged(7, "t") == (b"digest", 3)
    assert log._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    log.close()
    log = Log(folder)  # what was stored after the failure is on disk
    assert log.tip == 202
    assert everything(log) == ["before", "after"]
    log.close()


class FailingDatabase:
    """A connection whose COMMIT fails with one code of SQLite."""

    def __init__(self, db: sqlite3.Connection, code: int) -> None:
        self.db = db
        self.code = code
        self.executemany = db.executemany

    @property
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    def execute(self, statement: str) -> object:
        if statement == "COMMIT":
            error = sqlite3.OperationalError("planted")
            error.sqlite_errorcode = self.code
            raise error
        return self.db.execute(statement)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, LogUnusableError),
        (sqlite3.SQLITE_IOERR_DIR_FSYNC, LogUnusableError),
        (sqlite3.SQLITE_CORRUPT, LogUnusableError),
        (sqlite3.SQLITE_CORRUPT_INDEX, LogUnusableError),
        (sqlite3.SQLITE_NOTADB, LogUnusableError),
        (sqlite3.SQLITE_FULL, LogError),
        (sqlite3.SQLITE_IOERR_WRITE, LogError),
        (sqlite3.SQLITE_BUSY, LogError),
    ],
)
def test_unknown_outcome_is_told_apart(
    log: Log, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]
) -> None:
    """C25: after a failed fsync nobody knows what is on disk, and the server must end."""
    monkeypatch.setattr(log, "_db", FailingDatabase(log._db, code))
    with pytest.raises(expected) as caught:
        store(log, "a")
    assert type(caught.value) is expected
    assert log.tip == 0


# The lock (C33) and files that are not ours.

OPEN_IT = """
import sys, pathlib
from reactor.log import Log, LogBusyError
try:
    log = Log(pathlib.Path(sys.argv[1]))
except LogBusyError as error:
    sys.exit(f"busy: {error}")
print("open", flush=True)
sys.stdin.read()
"""


def test_one_log_a_folder(log: Log, folder: Path) -> None:
    with pytest.raises(LogBusyError, match="another server") as caught:
        Log(folder)
    assert (caught.value.folder, caught.value.process) == (folder, os.getpid())
    command = [sys.executable, "-c", OPEN_IT, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("busy: another server")
    store(log, "still mine")


def test_the_kernel_lets_go_for_one_that_was_killed(folder: Path) -> None:
    command = [sys.executable, "-c", OPEN_IT, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(LogBusyError):
            Log(folder)
        other.kill()
        other.wait(60)
    Log(folder).close()


def test_newer_version_is_refused_and_left_alone(folder: Path) -> None:
    log = Log(folder)
    store(log, "kept")
    log._db.execute(f"PRAGMA user_version = {VERSION + 1}")
    log.close()
    for _ in range(2):  # the second time too: the lock was given back
        with pytest.raises(LogUnusableError, match=f"version {VERSION + 1}") as caught:
            Log(folder)
        assert type(caught.value) is LogUnusableError
    db = sqlite3.connect(folder / "log.sqlite")
    assert db.execute("SELECT body FROM event").fetchall() == [("kept",)]
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.close()
    log = Log(folder)
    assert everything(log) == ["kept"]
    log.close()


def test_other_files_are_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "log.sqlite").write_bytes(b"these are my holiday pictures\n" * 100)
    with pytest.raises(LogUnusableError, match="not a database"):
        Log(folder)
    assert (folder / "log.sqlite").read_bytes().startswith(b"these are")


# Checkpoints.


def fill(log: Log) -> None:
    """Let the write-ahead log grow over the size at which it is written back."""
    while not log.checkpoint_due():
        store(log, *["x" * 3500] * 300)


def test_checkpoint_is_due_when_large_and_not_for_ever(log: Log, folder: Path) -> None:
    store(log, "small")
    assert not log.checkpoint_due()
    fill(log)
    assert WAL_BYTES >= (folder / "log.sqlite-wal").stat().st_size >= CHECKPOINT_BYTES
    for _ in range(3):
        log.checkpoint()
        assert not log.checkpoint_due()
        store(log, "next")
        assert not log.checkpoint_due()  # one commit is not 4 MiB


def test_checkpoint_is_due_soon_where_each_commit_touches_many_pages(
    log: Log, folder: Path
) -> None:
    batch = Batch()
    batch.changes += [NewRoom(Place(), f"#r{number}", 1, 0) for number in range(500)]
    log.commit(batch)
    places = [change.place for change in batch.changes if isinstance(change, NewRoom)]
    while not log.checkpoint_due():
        batch = Batch()
        batch.events += [talk("x", place) for place in places]
        batch.tags += [Tagged(1, secrets.token_hex(8), b"d" * 16, each) for each in batch.events]
        log.commit(batch)
    assert (folder / "log.sqlite-wal").stat().st_size < 2 * WAL_BYTES


def test_checkpoint_writes_back(log: Log, folder: Path, tmp_path: Path) -> None:
    store(log, "a")
    log.checkpoint()
    (tmp_path / "copy.sqlite").write_bytes((folder / "log.sqlite").read_bytes())
    copy = sqlite3.connect(tmp_path / "copy.sqlite")
    assert copy.execute("SELECT body FROM event").fetchall() == [("a",)]
    copy.close()


def test_reader_is_never_in_the_way(folder: Path) -> None:
    log = Log(folder)
    store(log, "a")
    reader = sqlite3.connect(f"file:{folder}/log.sqlite?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM event").fetchone() == (1,)
    store(log, "b")
    log.checkpoint()
    store(log, "c")
    log._db.execute("PRAGMA busy_timeout = 60000")
    log.close()  # at once, not after the busy time: the test's own timeout would tell
    assert reader.execute("SELECT count(*) FROM event").fetchone() == (1,)
    reader.close()
    log = Log(folder)
    assert everything(log) == ["a", "b", "c"]
    log.close()


class UnwritableDatabase(FailingDatabase):
    """A connection that cannot write back: its checkpoint fails with one code of SQLite."""

    def execute(self, statement: str) -> object:
        if statement.startswith("PRAGMA wal_checkpoint"):
            return super().execute("COMMIT")
        return self.db.execute(statement)


def test_a_checkpoint_that_could_not_be_synced_ends_it(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C25: were it tried again, the second answer of the disk might lie."""
    store(log, "a")
    busy = UnwritableDatabase(log._db, sqlite3.SQLITE_BUSY)
    monkeypatch.setattr(log, "_db", busy)
    log.checkpoint()
    store(log, "b")
    monkeypatch.setattr(log, "_db", UnwritableDatabase(busy.db, sqlite3.SQLITE_IOERR_FSYNC))
    with pytest.raises(LogUnusableError):
        log.checkpoint()
