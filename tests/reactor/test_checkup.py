"""``--check``: each kind of damage, planted, is told in words; what is whole is not."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reactor.log import Batch, Event, Log, Place, schema
from reactor.log.checkup import QUESTIONS
from reactor.log.records import Ban, NewRoom, NewTalk, StoredFile, Tagged
from reactor.spool import Meta, Spool
from reactor.upkeep import Verdict, check, examine
from tests.support.raw import member
from tests.support.server import ROOT, ServerProcess

CONTENT = b"isi berkas"
NAME = hashlib.sha256(CONTENT).hexdigest()
ABSENT = "0" * 64


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with something of every kind in it."""
    data = tmp_path_factory.mktemp("whole") / "data"
    log = Log(data)
    room, talk = Place(), Place()
    spool = Spool(data / "spool", time.time())
    upload = spool.begin(Meta(7, "t1", "#lab", 0, len(CONTENT), "a.txt"), time.time())
    upload.write(CONTENT, time.time())
    assert spool.store(upload) == NAME
    spool.forget(upload)
    half = spool.begin(Meta(7, "t2", "#lab", 0, 100, "b.txt"), time.time())
    half.write(b"half", time.time())
    batch = Batch()
    batch.changes += [NewRoom(room, "#lab", 7, 0), NewTalk(talk, 7, 9), Ban("ani", 0, "x", None)]
    for number in range(8):
        batch.events.append(Event("MSG", room, 0, "#lab", "ani", f"w{number}"))
        batch.tags.append(Tagged(7, f"t{number}", b"d", batch.events[-1]))
    told = Event("FILE", room, 0, "#lab", "ani", f"{len(CONTENT)} {NAME} a.txt")
    secret = Event("MSG", talk, 0, "@budi", "ani", "secret")
    batch.events += [told, secret, Event("ACT", Place(0), 0, "*", "ani", "waves")]
    batch.private += [(7, secret), (9, secret)]
    batch.files.append(StoredFile(7, NAME, len(CONTENT), told))
    log.commit(batch)
    spool.close()
    log.close()
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "data"))


def test_what_is_whole_is_well(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(data) == Verdict([], 11, 1, len(CONTENT))
    assert check(data) == 0
    assert capsys.readouterr().out == f"{data}: all is well: events up to 11, 1 files, 10 bytes\n"


SQL = {
    "DELETE FROM event WHERE id IN (4, 5)": [
        "events are missing: 6 stands behind 3",
        "tag t3 of session 7 names event 4, which is not there",
        "tag t4 of session 7 names event 5, which is not there",
    ],
    "UPDATE event SET kind = 'NOISE' WHERE id = 2": ["event 2 is of no known kind: 'NOISE'"],
    "UPDATE event SET place = 77 WHERE id < 8": [
        *[f"event {n} belongs to place 77, which is no room and no talk" for n in range(1, 6)],
        "… and 2 more of the last kind",
    ],
    "UPDATE room SET place = 5": [
        *[f"event {n} belongs to place 1, which is no room and no talk" for n in range(1, 6)],
        "… and 4 more of the last kind",
        "rooms or talks are missing: place 2 stands behind 0",
        "rooms or talks are missing: place 5 stands behind 2",
    ],
    "INSERT INTO talk VALUES (1, 1, 2)": [
        "place 1 is both the room #lab and a talk",
        *["private event {} is hidden from session {}, which is in its talk"] * 5,
        "… and 13 more of the last kind",
        "the private file of event 9 is not listed for session 1, which is in its talk",
        "the private file of event 9 is not listed for session 2, which is in its talk",
    ],
    "UPDATE talk SET low = 9, high = 7": ["talk 2 names its sessions wrongly"],
    "DELETE FROM private WHERE session = 9": [
        "private event 10 is hidden from session 9, which is in its talk"
    ],
    "UPDATE private SET session = 5 WHERE session = 9": [
        "session 5 is told to be in the talk of event 10, and is not",
        "private event 10 is hidden from session 9, which is in its talk",
    ],
    "INSERT INTO private VALUES (7, 999)": [
        "session 7 is told to be in the talk of event 999, and is not"
    ],
    "INSERT INTO private_file VALUES (7, 10)": [
        "session 7 is told to have been sent the file of event 10, and was not"
    ],
    "UPDATE event SET kind = 'FILE' WHERE id = 10": [
        "the private file of event 10 is not listed for session 7, which is in its talk",
        "the private file of event 10 is not listed for session 9, which is in its talk",
    ],
    "INSERT INTO file SELECT 3, sha256, 10, 7, 0 FROM file": [
        "a file is stored for event 3, which is no FILE"
    ],
    "UPDATE event SET body = replace(body, '10 ', '11 ') WHERE kind = 'FILE'": [
        "event 9 tells of another file than the one stored for it"
    ],
    "INSERT INTO file SELECT 99, sha256, 11, 7, 0 FROM file": [
        "a file is stored for event 99, which is no FILE",
        "events 9 and 99 have the same file in two sizes",
        f"the file {NAME} has 10 bytes instead of 11",
    ],
    "INSERT INTO name VALUES ('ani', 'ani', 7, 5)": ["name ani is neither held nor free"],
    "UPDATE ban SET until = -1": ["the ban of ani has no end that is a time"],
    "DELETE FROM meta": ["the log has no history", "the log has no secret"],
    "UPDATE file SET sha256 = '../x'": [
        "event 9 tells of another file than the one stored for it",
        "a file is called '../x', which is no SHA-256",
        "the file ../x is missing: 10 bytes that an event tells of",
        f"no event tells of the file {NAME}: 10 bytes",
    ],
    "PRAGMA application_id = 5": ["{data}/log.sqlite is no log of obrol"],
    "PRAGMA user_version = 99": [
        f"{{data}}/log.sqlite has version 99, this program knows version {schema.VERSION}"
    ],
    "DROP TABLE tag": ["{data}/log.sqlite: no such table: tag"],
    "UPDATE tag SET event = 1; DELETE FROM private; DELETE FROM file": [
        "private event 10 is hidden from session 7, which is in its talk",
        "private event 10 is hidden from session 9, which is in its talk",
        f"no event tells of the file {NAME}: 10 bytes",
    ],
}


@pytest.mark.parametrize("sql", SQL)
def test_damaged_tables(data: Path, sql: str) -> None:
    db = sqlite3.connect(data / "log.sqlite")
    db.executescript(sql)
    db.close()
    found = examine(data, 0).faults
    if any("{}" in fault for fault in SQL[sql]):
        found = [f if "hidden" not in f else next(x for x in SQL[sql] if "{}" in x) for f in found]
    if "is no log" in SQL[sql][0] or "version" in SQL[sql][0] or "table" in SQL[sql][0]:
        found = found[:1]  # the files of a log that cannot be read are nobody's
    assert found == [fault.replace("{data}", str(data)) for fault in SQL[sql]]


def test_every_question_is_tried() -> None:
    told = [fault for faults in SQL.values() for fault in faults]
    for question in QUESTIONS:
        start = question.words.partition("{")[0] or question.words
        assert any(fault.startswith(start) for fault in told), question.words


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Put ``data`` into a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.mark.parametrize("at", [0, 4096, 12288])
def test_damaged_pages(data: Path, at: int) -> None:
    overwrite(data / "log.sqlite", at, b"\xff" * 4096)
    faults = examine(data, 0).faults
    assert any("damaged" in f or "malformed" in f or "not a database" in f for f in faults), faults


def test_no_log(tmp_path: Path) -> None:
    assert examine(tmp_path).faults == [f"there is no log in {tmp_path}"]


def part(data: Path, suffix: str) -> Path:
    """A file of the unfinished upload."""
    return data / "spool" / "partial" / f"{7:016x}-t2.{suffix}"


def described_as(data: Path, **words: object) -> None:
    """Change the description of the unfinished upload."""
    path = part(data, "json")
    path.write_text(json.dumps(json.loads(path.read_text()) | words))


SPOOL: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (
        lambda data: (data / "spool" / "files" / NAME).unlink(),
        f"the file {NAME} is missing: 10 bytes that an event tells of",
    ),
    "shorter": (
        lambda data: (data / "spool" / "files" / NAME).write_bytes(b"isi"),
        f"the file {NAME} has 3 bytes instead of 10",
    ),
    "nobody's": (
        lambda data: (data / "spool" / "files" / ABSENT).write_bytes(b"what"),
        f"no event tells of the file {ABSENT}: 4 bytes",
    ),
    "name": (
        lambda data: (data / "spool" / "files" / "a.txt").write_bytes(b"what"),
        "files/'a.txt' is not called by a SHA-256",
    ),
    "link": (
        lambda data: (data / "spool" / "files" / ABSENT).symlink_to("/etc/passwd"),
        f"files/'{ABSENT}' is no file",
    ),
    "no description": (
        lambda data: part(data, "json").unlink(),
        f"the upload partial/{7:016x}-t2.data has no description",
    ),
    "no bytes": (
        lambda data: part(data, "data").unlink(),
        f"the upload partial/{7:016x}-t2 has no bytes",
    ),
    "too many bytes": (
        lambda data: part(data, "data").write_bytes(b"x" * 101),
        f"the upload partial/{7:016x}-t2 has 101 bytes of 100",
    ),
    "garbage": (
        lambda data: part(data, "json").write_text("[]"),
        f"partial/{7:016x}-t2.json does not describe an upload",
    ),
    "wrong kind": (
        lambda data: described_as(data, size="100"),
        f"partial/{7:016x}-t2.json does not describe an upload",
    ),
    "another": (
        lambda data: described_as(data, transfer="t3"),
        f"partial/{7:016x}-t2.json describes another upload: {7:016x}-t3",
    ),
    "stranger": (
        lambda data: (data / "spool" / "partial" / "x\n.txt").write_text(""),
        r"partial/'x\n.txt' is no part of an upload",
    ),
}


@pytest.mark.parametrize("what", SPOOL)
def test_damaged_spool(data: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    damage, words = SPOOL[what]
    damage(data)
    assert examine(data, 0).faults == [words]
    assert check(data, 0) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == words
    assert out[1].startswith(f"{data}: not well: events up to 11")


def test_log_of_an_older_version_is_well(data: Path) -> None:
    db = sqlite3.connect(data / "log.sqlite")
    db.executescript("DROP TABLE ban; DROP TABLE silence; PRAGMA user_version = 1")
    db.close()
    assert examine(data).faults == []


def test_beside_a_running_server(server: ServerProcess) -> None:
    """It is well while people talk and send files; and what is damaged then is told."""
    command = [sys.executable, "-m", "reactor", "--check", "--data", str(server.data)]
    with member(server.port, "ani") as raw:
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        number = 0
        while child.poll() is None:
            number += 1
            raw.say(f"=t{number} SEND #lab t{number} 0 4 4 x")
            raw.send(b"%04d" % number)
            raw.expect(f"=t{number} OK")
            raw.say(f"SEND #lab h{number} 0 2 4 y", f"x STOP h{number}")
        assert child.stdout is not None
        told = child.stdout.read()
        child.stdout.close()
        assert (child.returncode, number > 1) == (0, True), told
        last = next((server.data / "spool" / "files").iterdir())
        last.unlink()
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1
        assert done.stdout.startswith(f"the file {last.name} is missing: 4 bytes")
        assert raw.answer("SAY #lab still here")[-1].startswith("OK")
