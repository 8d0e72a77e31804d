"""How SQLite answers what the log asks: by an index, and never by looking at every row.

What is asked is taken from the log itself while every one of its questions is put to it, so that a
new one is looked at too. In a log of ten million events a scan holds everybody up for seconds.
"""

import functools
import inspect
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest

from reactor.log import EVERYBODY, Batch, Event, Log, Place
from reactor.log.files import Files
from reactor.log.lookup import Scope
from reactor.log.records import (
    Ban,
    Change,
    DropBan,
    DropFile,
    DropSilence,
    HoldName,
    NewRoom,
    NewSession,
    NewTalk,
    Password,
    ReleaseName,
    SetKey,
    SetMotd,
    SetTopic,
    Silence,
    StoredFile,
    Tagged,
)
from reactor.log.words import Words
from tests.reactor.logs import NEWEST

LARGE = ("event", "private", "private_file", "tag", "file", "talk", "session", "name")
"""The tables that grow with the years. Of rooms, bans and passwords all are read at the start."""
SCANS = re.compile(rf"SCAN ({'|'.join(LARGE)})\b(?! USING INDEX held_name)")
"""Each name that is held is wanted at the start, and they are an index of their own."""
SORTS = "USE TEMP B-TREE"
PLACE, TALK = Place(1), Place(2)
SHA256 = "0" * 64


def all_of(found: object) -> object:
    return list(found) if isinstance(found, Iterator) else found


def pages(log: Log, ask: Callable[..., object], of: object) -> None:
    for after in (True, False):
        for kind in ("", "FILE"):
            ask(of, after=after, number=2, count=200, upto=log.tip, kind=kind)


def searches(log: Log) -> None:
    for scope in (Scope((PLACE,)), Scope((EVERYBODY, PLACE, TALK), 1), Scope((), 1)):
        for _ in range(2):
            lookup = log.search(Words.of("kata"), scope, number=NEWEST, count=9, upto=log.tip)
            while lookup.step() is None:
                pass
            while log.index.fill(log.tip) is not None:
                pass
        log.index._disconnect()
        log.index._tried = True  # the first search of the next scope reads the log again


ASKED: dict[str, Callable[[Log], object]] = {
    "rooms": lambda log: all_of(log.rooms()),
    "bans": lambda log: all_of(log.bans()),
    "silences": lambda log: all_of(log.silences()),
    "passwords": lambda log: all_of(log.passwords()),
    "motd": lambda log: log.motd(),
    "held_names": lambda log: all_of(log.held_names()),
    "session": lambda log: log.session(1),
    "name": lambda log: log.name("ani"),
    "tagged": lambda log: log.tagged(1, "t"),
    "talk": lambda log: log.talk(1, 2),
    "page": lambda log: pages(log, log.page, PLACE),
    "private_page": lambda log: pages(log, log.private_page, 1),
    "search": searches,
    "checkpoint": lambda log: log.checkpoint(),
    "checkpoint_due": lambda log: log.checkpoint_due(),
    "commit": lambda log: log.commit(everything()),
    "close": lambda _: None,
}
FILES_ASKED: dict[str, Callable[[Files], object]] = {
    "get": lambda files: files.get(3),
    "sha256_of": lambda files: files.sha256_of(3),
    "place_of": lambda files: files.place_of(3),
    "readers": lambda files: files.readers(2),
    "sent_since": lambda files: files.sent_since(1, 5),
    "older_than": lambda files: files.older_than(5, 100),
    "tells_of": lambda files: files.tells_of(SHA256),
    "after": lambda files: files.after(1, 100),
}


def everything() -> Batch:
    """Every kind of change there is, and an event of every kind."""
    batch = Batch()
    changes: list[Change] = [
        NewSession(3, None, 0), HoldName(3, "cici", "dudi"), ReleaseName(3, "cici"),
        NewRoom(Place(), "#den", 1, 0), SetTopic(PLACE, "tea", "ani", 0), SetKey(PLACE, ""),
        NewTalk(Place(), 1, 3), DropFile(3), Password(1, "ani", "x"), Ban("x", 0, "", None),
        DropBan("x"), Silence(1, 0), DropSilence(1), SetMotd("halo"), SetMotd(""),
    ]  # fmt: skip
    assert {type(change) for change in changes} == {*get_args(Change)}
    batch.changes += changes
    batch.events += events()
    batch.private += [(reader, event) for event in batch.events[1:] for reader in (1, 2)]
    batch.tags.append(Tagged(3, "t", b"d", batch.events[0]))
    batch.files.append(StoredFile(1, SHA256, 3, batch.events[2]))
    return batch


def events() -> list[Event]:
    told = f"3 {SHA256} a.txt"
    return [
        Event("MSG", PLACE, 0, "#lab", "ani", "kata"),
        Event("ACT", TALK, 0, "@budi", "ani", "kata"),
        Event("FILE", TALK, 0, "@budi", "ani", told),
    ]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with closing(Log(tmp_path / "data")) as log:
        batch = Batch()
        batch.changes += [NewSession(1, None, 0), HoldName(1, "ani", None),
                          NewRoom(PLACE, "#lab", 1, 0), NewTalk(TALK, 1, 2)]  # fmt: skip
        batch.events += events()
        batch.private += [(reader, event) for event in batch.events[1:] for reader in (1, 2)]
        log.commit(batch)
        yield log


def plans(log: Log, ask: Callable[[], object]) -> dict[str, list[str]]:
    """The steps of each statement that ``ask`` puts to the log, as SQLite plans them."""
    said: list[str] = []
    log._db.set_trace_callback(said.append)
    ask()
    log._db.set_trace_callback(None)
    questions = [text for text in said if not text.startswith(("BEGIN", "COMMIT", "PRAGMA", "--"))]
    return {
        text: [str(row[3]) for row in log._db.execute(f"EXPLAIN QUERY PLAN {text}")]
        for text in dict.fromkeys(questions)
    }


def faults(found: dict[str, list[str]]) -> list[str]:
    return [
        f"{step}: {text}"
        for text, steps in found.items()
        for step in steps
        if SCANS.search(step) or SORTS in step
    ]


@pytest.mark.parametrize("name", ASKED)
def test_no_question_reads_a_whole_table(log: Log, name: str) -> None:
    assert faults(plans(log, lambda: ASKED[name](log))) == []


@pytest.mark.parametrize("name", FILES_ASKED)
def test_no_question_about_files_reads_a_whole_table(log: Log, name: str) -> None:
    found = plans(log, lambda: FILES_ASKED[name](log.files))
    assert found
    assert faults(found) == []


def test_every_question_is_looked_at() -> None:
    for kind, asked in ((Log, ASKED), (Files, FILES_ASKED)):
        methods = inspect.getmembers(kind, inspect.isfunction)
        assert {name for name, _ in methods if not name.startswith("_")} == {*asked}


def test_a_page_is_one_range_of_an_index(log: Log) -> None:
    """Which one: an index on the id alone would read what is said everywhere."""
    wanted = {
        ("page", ""): "SEARCH event USING INDEX event_by_place (place=? AND rowid",
        ("page", "FILE"): "SEARCH event USING INDEX file_by_place (place=? AND rowid",
        ("private_page", ""): "SEARCH private USING PRIMARY KEY (session=? AND event",
        ("private_page", "FILE"): "SEARCH private_file USING PRIMARY KEY (session=? AND event",
    }
    for name in ("page", "private_page"):
        found = plans(log, lambda: ASKED[name](log))  # noqa: B023 - called at once
        assert len(found) == 4
        for text, steps in found.items():
            kind = "FILE" if "FILE" in text or "private_file" in text else ""
            assert steps[0].startswith(wanted[name, kind]), (text, steps)


def test_the_start_reads_no_whole_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Log(tmp_path / "data").close()
    said: list[str] = []

    class Listening(sqlite3.Connection):
        """Tells what it is asked from the first moment on."""

        def execute(self, text: str, values: Any = ()) -> sqlite3.Cursor:  # noqa: ANN401
            said.append(text)
            return super().execute(text, values)

    connect = functools.partial(sqlite3.connect, factory=Listening)
    monkeypatch.setattr(sqlite3, "connect", connect)
    with closing(Log(tmp_path / "data")) as log:
        questions = [text for text in said if text.startswith("SELECT") and "?" not in text]
        found = {
            text: [str(row[3]) for row in log._db.execute(f"EXPLAIN QUERY PLAN {text}")]
            for text in questions
        }
    assert any("max(id)" in text for text in found)
    assert faults(found) == []


def test_the_search_for_faults_sees_one(log: Log) -> None:
    """A question of each kind that must not be."""
    for text in (
        "SELECT count(*) FROM event",
        "SELECT id FROM event WHERE sender = 'ani'",
        "SELECT id FROM event WHERE place = 1 ORDER BY time",
        "SELECT session FROM private WHERE event = 3",
    ):
        assert faults(plans(log, lambda: log._db.execute(text).fetchall())), text  # noqa: B023
