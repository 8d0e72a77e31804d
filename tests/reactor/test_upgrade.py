"""A log of an older version: upgraded in one transaction, whole before it and whole after it."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reactor.log import Batch, Log, LogUnusableError, schema
from reactor.log.records import Ban, Password, Place, SetKey, SetMotd, Silence
from tests.reactor.logs import NEWEST, everything, store
from tests.support.server import ROOT

VERSION_1 = """
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    place  INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    time   INTEGER NOT NULL,
    target TEXT NOT NULL,
    sender TEXT NOT NULL,
    body   TEXT NOT NULL
);
CREATE INDEX event_by_place ON event (place);
CREATE INDEX file_by_place ON event (place) WHERE kind = 'FILE';

CREATE TABLE private (
    session INTEGER NOT NULL,
    event   INTEGER NOT NULL,
    PRIMARY KEY (session, event)
) WITHOUT ROWID;

CREATE TABLE tag (
    session INTEGER NOT NULL,
    tag     TEXT NOT NULL,
    digest  BLOB NOT NULL,
    event   INTEGER NOT NULL,
    PRIMARY KEY (session, tag)
) WITHOUT ROWID;

CREATE TABLE file (
    event   INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL,
    size    INTEGER NOT NULL,
    session INTEGER NOT NULL,
    time    INTEGER NOT NULL
);
CREATE INDEX file_by_content ON file (sha256);
CREATE INDEX file_by_time ON file (time);
CREATE INDEX file_by_sender ON file (session, time);

CREATE TABLE session (
    id   INTEGER PRIMARY KEY,
    uid  INTEGER,
    made INTEGER NOT NULL,
    name TEXT NOT NULL DEFAULT ''
);

CREATE TABLE name (
    folded  TEXT PRIMARY KEY,
    shown   TEXT NOT NULL,
    session INTEGER NOT NULL,
    held    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX held_name ON name (held) WHERE held = 1;

CREATE TABLE room (
    place      INTEGER PRIMARY KEY,
    folded     TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    owner      INTEGER NOT NULL,
    made       INTEGER NOT NULL,
    topic      TEXT NOT NULL DEFAULT '',
    topic_by   TEXT NOT NULL DEFAULT '',
    topic_time INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE talk (
    place INTEGER PRIMARY KEY,
    low   INTEGER NOT NULL,
    high  INTEGER NOT NULL,
    UNIQUE (low, high)
);
"""
"""The tables as version 1 had them, word for word."""

TABLES_1 = {"meta", "event", "private", "tag", "file", "session", "name", "room", "talk"}
NEWER = {"ban", "silence", "password", "private_file"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a server that ended when version 1 was the newest."""
    folder = tmp_path / "data"
    folder.mkdir()
    db = sqlite3.connect(folder / "log.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript("BEGIN;" + VERSION_1 + "PRAGMA user_version = 1; COMMIT;")
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("INSERT INTO meta VALUES ('history', 'abc'), ('secret', '00ff')")
    db.execute("INSERT INTO event VALUES (7, 0, 'MSG', 1700000000123, '*', 'ani', 'old')")
    db.execute("INSERT INTO session VALUES (5, NULL, 1700000000123, 'ani')")
    db.execute("INSERT INTO name VALUES ('ani', 'ani', 5, 1)")
    db.execute("INSERT INTO room VALUES (1, '#lab', '#lab', 5, 1700000000123, 'tea', 'ani', 1)")
    db.close()
    return folder


def tables(folder: Path) -> tuple[int, set[str]]:
    """The version and the tables in the file."""
    db = sqlite3.connect(folder / "log.sqlite")
    names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    return version, {name for (name,) in names}


def test_what_was_stored_is_there_and_what_is_new_can_be_stored(folder: Path) -> None:
    log = Log(folder)
    assert (log.history, log.secret, log.tip, log.motd()) == ("abc", b"\x00\xff", 7, "")
    assert everything(log) == ["old"]
    assert [row.topic for row in log.rooms()] == ["tea"]
    assert [row.shown for row in log.held_names()] == ["ani"]
    store(log, "new")
    batch = Batch()
    rows = Ban("10.0.0.0/8", 0, "loud", None), Silence(5, 1_800_000_000_000)
    password = Password(5, "ani", "a lock")
    batch.changes += [*rows, SetMotd("welcome"), SetKey(Place(1), "another"), password]
    log.commit(batch)
    log.close()
    assert tables(folder) == (schema.VERSION, TABLES_1 | NEWER)
    log = Log(folder)
    assert everything(log) == ["old", "new"]
    assert (list(log.bans()), list(log.silences())) == ([rows[0]], [rows[1]])
    assert log.motd() == "welcome"
    assert [(row.name, row.topic, row.key) for row in log.rooms()] == [("#lab", "tea", "another")]
    assert list(log.passwords()) == [password]
    log.close()


def test_log_of_version_2_keeps_what_that_brought(folder: Path) -> None:
    """A room of a log that knew no keys has none."""
    db = sqlite3.connect(folder / "log.sqlite", isolation_level=None)
    db.executescript("BEGIN;" + schema.UPGRADES[2] + "PRAGMA user_version = 2; COMMIT;")
    db.execute("INSERT INTO ban VALUES ('budi', 'Budi', 0, 'loud', NULL)")
    db.execute("INSERT INTO silence VALUES (5, 0)")
    db.close()
    log = Log(folder)
    assert everything(log) == ["old"]
    assert list(log.bans()) == [Ban("Budi", 0, "loud", None)]
    assert list(log.silences()) == [Silence(5, 0)]
    assert [(row.topic, row.key) for row in log.rooms()] == [("tea", "")]
    assert list(log.passwords()) == []
    log.close()
    assert tables(folder) == (schema.VERSION, TABLES_1 | NEWER)


def test_private_files_of_an_older_log_are_listed(folder: Path) -> None:
    """For both of a talk, once for who talks to himself, and nothing that is no file."""
    db = sqlite3.connect(folder / "log.sqlite", isolation_level=None)
    db.execute("INSERT INTO talk VALUES (2, 5, 6), (3, 5, 5)")
    body = f"3 {'0' * 64} a.txt"
    rows = [(8, 2, "FILE"), (9, 2, "MSG"), (10, 3, "FILE"), (11, 1, "FILE"), (12, 2, "FILE")]
    for number, place, kind in rows:
        db.execute(
            "INSERT INTO event VALUES (?, ?, ?, 0, '@ani', 'ani', ?)", (number, place, kind, body)
        )
    readers = [(5, 8), (6, 8), (5, 9), (6, 9), (5, 10), (5, 12), (6, 12)]
    db.executemany("INSERT INTO private VALUES (?, ?)", readers)
    db.close()
    log = Log(folder)
    for session, wanted in ((5, [8, 10, 12]), (6, [8, 12]), (7, [])):
        page = log.private_page(
            session, after=False, number=NEWEST, count=9, upto=NEWEST, kind="FILE"
        )
        assert [int(line.split()[1]) for line in page.lines] == wanted
    log.close()


def test_new_log_and_upgraded_log_have_the_same_tables(folder: Path, tmp_path: Path) -> None:
    found = []
    for place in (folder, tmp_path / "new"):
        Log(place).close()
        db = sqlite3.connect(place / "log.sqlite")
        found.append(
            db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        )
        found.append(db.execute("PRAGMA application_id").fetchall())
        db.close()
    assert found[:2] == found[2:]
    assert schema.FIRST.split() == VERSION_1.split()


def test_steps_are_there_for_every_version() -> None:
    assert list(schema.UPGRADES) == list(range(2, schema.VERSION + 1))
    for version in range(1, schema.VERSION):
        assert schema.UPGRADES[version + 1] in schema.steps(version)
        assert schema.FIRST not in schema.steps(version)


def test_upgrade_that_fails_leaves_the_older_version_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = schema.UPGRADES[schema.VERSION] + "DROP TABLE no_such_table;"
    monkeypatch.setattr(schema, "UPGRADES", {**schema.UPGRADES, schema.VERSION: last})
    with pytest.raises(LogUnusableError, match="no_such_table"):
        Log(folder)
    assert tables(folder) == (1, TABLES_1)
    monkeypatch.undo()
    log = Log(folder)
    assert everything(log) == ["old"]
    log.close()


ENDLESS = """
import sys, pathlib
from reactor.log import Log, schema
count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;"
schema.UPGRADES = {**schema.UPGRADES, 3: schema.UPGRADES[3] + count}
Log(pathlib.Path(sys.argv[1]))
"""


def test_killed_in_the_middle_leaves_the_older_version_whole(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ENDLESS, str(folder)], cwd=ROOT)
    watcher = sqlite3.connect(folder / "log.sqlite", isolation_level=None, timeout=0)
    deadline = time.monotonic() + 60
    while True:  # until it writes: nobody else may then
        assert time.monotonic() < deadline
        assert child.poll() is None
        try:
            watcher.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            break
        watcher.execute("ROLLBACK")
        time.sleep(0.01)
    watcher.close()
    child.send_signal(signal.SIGKILL)
    child.wait(60)
    assert tables(folder) == (1, TABLES_1)
    log = Log(folder)
    assert everything(log) == ["old"]
    log.close()
