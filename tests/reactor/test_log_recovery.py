"""P12: a log whose write-ahead file was cut anywhere opens with a prefix without holes."""

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from reactor.log import EVERYBODY, Batch, Event, Log
from reactor.log.records import NewRoom, Place, Tagged
from tests.support.server import ROOT

BATCHES = 30
CUTS = 200


def build(folder: Path, batches: int) -> list[int]:
    """A log whose batches are in the write-ahead file alone; the tips after each of them."""
    log = Log(folder)
    tips = []
    chance = random.Random(3)
    for number in range(batches):
        batch = Batch()
        room = Place()
        batch.changes.append(NewRoom(room, f"#r{number}", 1, 0))
        for count in range(chance.randrange(1, 9)):
            event = Event("MSG", room, 0, f"#r{number}", "ani", "x" * chance.randrange(1, 3500))
            batch.events.append(event)
            batch.tags.append(Tagged(1, f"t{number}.{count}", b"d", event))
        log.commit(batch)
        tips.append(log.tip)
    shutil.copytree(folder, folder.with_name("cut"), ignore=shutil.ignore_patterns("*-shm"))
    log.close()
    return tips


def opened(folder: Path) -> list[int]:
    """The ids in a log, after all that must hold between its tables was asserted."""
    log = Log(folder)
    db = log._db
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    ids = [row[0] for row in db.execute("SELECT id FROM event ORDER BY id")]
    assert ids == list(range(1, log.tip + 1))
    assert [row[0] for row in db.execute("SELECT event FROM tag ORDER BY event")] == ids
    places = {row[0] for row in db.execute("SELECT place FROM event")}
    assert {row.place for row in log.rooms()} == places
    batch = Batch()
    batch.events.append(Event("MSG", EVERYBODY, 0, "*", "ani", "after the cut"))
    log.commit(batch)
    assert batch.events[0].id == len(ids) + 1
    log.close()
    return ids


def test_cut_anywhere_it_opens_with_a_prefix(tmp_path: Path) -> None:
    source = tmp_path / "data"
    Log(source).close()  # the tables are in the main file
    tips = build(source, BATCHES)
    cut = tmp_path / "cut"
    wal = (cut / "log.sqlite-wal").read_bytes()
    main = (cut / "log.sqlite").read_bytes()
    chance = random.Random(12)
    offsets = sorted({0, 1, 31, 32, len(wal), *(chance.randrange(len(wal)) for _ in range(CUTS))})
    found = []
    for offset in offsets:
        (cut / "log.sqlite").write_bytes(main)
        (cut / "log.sqlite-wal").write_bytes(wal[:offset])
        found.append(len(opened(cut)))
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == tips[-1]
    assert set(found) <= {0, *tips}  # whole batches, never a part of one
    assert len(set(found)) > BATCHES / 2


def test_cut_while_it_was_made(tmp_path: Path) -> None:
    """A server killed in its very first transaction starts anew, with a new history."""
    source = tmp_path / "data"
    build(source, 2)
    cut = tmp_path / "cut"
    wal = (cut / "log.sqlite-wal").read_bytes()
    main = (cut / "log.sqlite").read_bytes()
    histories = set()
    found = set()
    for offset in [*range(0, len(wal), 3000), len(wal)]:
        (cut / "log.sqlite").write_bytes(main)
        (cut / "log.sqlite-wal").write_bytes(wal[:offset])
        found.add(len(opened(cut)))
        db = sqlite3.connect(cut / "log.sqlite")
        histories.add(db.execute("SELECT value FROM meta WHERE key = 'history'").fetchone())
        db.close()
    assert len(found) == 3
    assert len(histories) > 1


def test_damaged_byte_ends_the_prefix(tmp_path: Path) -> None:
    """A torn page in the middle: what stands behind it is not believed."""
    source = tmp_path / "data"
    Log(source).close()
    tips = build(source, BATCHES)
    cut = tmp_path / "cut"
    wal = bytearray((cut / "log.sqlite-wal").read_bytes())
    wal[len(wal) // 2] ^= 0xFF
    (cut / "log.sqlite-wal").write_bytes(wal)
    ids = opened(cut)
    assert len(ids) in tips
    assert 0 < len(ids) < tips[-1]


CHECKPOINTING = """
import pathlib, sys
from reactor.log import EVERYBODY, Batch, Event, Log
log = Log(pathlib.Path(sys.argv[1]))
while True:
    batch = Batch()
    batch.events += [Event("MSG", EVERYBODY, 0, "*", "ani", "x" * 3000) for _ in range(200)]
    log.commit(batch)
    print(log.tip, flush=True)
    log.checkpoint()
"""
KILLS = 8


def test_killed_in_a_checkpoint(tmp_path: Path) -> None:
    """C31: nearly all of its time goes into writing back; whenever it dies, all is there."""
    folder = tmp_path / "data"
    chance = random.Random(31)
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHECKPOINTING, str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.random() * 0.1)
        child.kill()
        stored = [int(line) for line in child.stdout.read().split()]
        child.wait(60)
        child.stdout.close()
        log = Log(folder)
        assert log._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        ids = [row[0] for row in log._db.execute("SELECT id FROM event ORDER BY id")]
        assert ids == list(range(1, log.tip + 1))
        assert log.tip >= max(stored, default=0)
        log.close()
