"""``--backup``: a whole copy while the server writes, which opens as a log of its own."""

import selectors
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reactor.log import Log, LogUnusableError
from reactor.log.backup import back_up
from reactor.upkeep import examine
from tests.reactor.logs import everything, store
from tests.support.raw import Raw, member
from tests.support.server import ROOT, ServerProcess

TALKERS = 8
WINDOW = 20
SECONDS = 20.0


def program(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run ``python3 -m reactor`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "reactor", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


class Talkers:
    """People who talk as fast as they are answered; ``acknowledged`` words so far."""

    def __init__(self, port: int) -> None:
        self.acknowledged: list[str] = []
        self._selector = selectors.DefaultSelector()
        self._raws = [member(port, f"talker{number}") for number in range(TALKERS)]
        for number, raw in enumerate(self._raws):
            self._selector.register(raw.sock, selectors.EVENT_READ, (number, raw))
            raw.say(*[f"=w{number}.{n} SAY #lab w{number}.{n}" for n in range(WINDOW)])
        self._said = [WINDOW] * TALKERS

    def turn(self) -> None:
        """Take what has come, and say one word more for each that was acknowledged."""
        for key, _ in self._selector.select(0.05):
            number, raw = key.data
            raw.buffer += raw.sock.recv(65536)
            *lines, raw.buffer = raw.buffer.split(b"\n")
            for line in lines:
                if line.startswith(b"="):
                    word, verdict, _ = line.decode().split()
                    assert verdict == "OK"
                    self.acknowledged.append(word[1:])
                    fresh = f"w{number}.{self._said[number]}"
                    self._said[number] += 1
                    raw.say(f"={fresh} SAY #lab {fresh}")

    def close(self) -> None:
        """Go."""
        for raw in self._raws:
            raw.close()
        self._selector.close()


def texts(path: Path) -> list[str]:
    """All that was said, in order."""
    db = sqlite3.connect(path)
    found = [str(body) for (body,) in db.execute("SELECT body FROM event ORDER BY id")]
    db.close()
    return found


def test_while_people_talk_all_that_was_acknowledged_is_in_it(
    server: ServerProcess, tmp_path: Path
) -> None:
    talkers = Talkers(server.port)
    deadline = time.monotonic() + SECONDS
    copies = []
    for number in range(2):
        while len(talkers.acknowledged) < 500 * (number + 1):
            assert time.monotonic() < deadline
            talkers.turn()
        before = set(talkers.acknowledged)
        target = tmp_path / f"copy{number}.sqlite"
        child = subprocess.Popen(
            [sys.executable, "-m", "reactor", "--backup", target, "--data", server.data],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        while child.poll() is None:
            talkers.turn()
        assert child.stdout is not None
        told = child.stdout.read()
        child.stdout.close()
        assert child.returncode == 0
        found = texts(target)
        assert before <= set(found)
        assert len(found) == len(set(found))
        assert f"events up to {len(found)} of the log " in told
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        copies.append(found)
    assert copies[1][: len(copies[0])] == copies[0]
    assert len(talkers.acknowledged) > 1000
    talkers.close()
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy0.sqlite", "copy1.sqlite"]
    assert examine(server.data).faults == []


def test_copy_is_a_log_of_its_own_with_the_same_history(tmp_path: Path) -> None:
    log = Log(tmp_path / "data")
    store(log, "one", "two")
    copy = back_up(tmp_path / "data", tmp_path / "copy")
    store(log, "three")
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "copy", tmp_path / "other" / "log.sqlite")
    other = Log(tmp_path / "other")
    assert (other.history, other.secret) == (log.history, log.secret)
    assert (copy.history, copy.tip, copy.files) == (log.history, 2, 0)
    assert copy.size == (tmp_path / "copy").stat().st_size
    assert everything(other) == ["one", "two"]
    store(other, "its own")
    assert everything(log) == ["one", "two", "three"]
    other.close()
    log.close()


def test_log_that_is_copied_is_not_written(tmp_path: Path) -> None:
    log = Log(tmp_path / "data")
    store(log, "one")
    names = ("log.sqlite", "log.sqlite-wal")
    before = [(tmp_path / "data" / name).read_bytes() for name in names]
    back_up(tmp_path / "data", tmp_path / "copy")
    assert [(tmp_path / "data" / name).read_bytes() for name in names] == before
    log.close()


def test_server_starts_on_the_copy(server: ServerProcess, tmp_path: Path) -> None:
    with member(server.port, "ani") as raw:
        assert raw.answer("SAY #lab halo")[-1] == "OK 1"
        raw.say("=f SEND #lab t1 0 4 4 a.txt")
        raw.send(b"abcd")
        sha256 = raw.expect("=f OK 2 ").split()[3]
        told = program("--backup", tmp_path / "copy", "--data", server.data).stdout
        assert "not in it: 1 files (4 bytes)" in told
    (tmp_path / "other" / "spool").mkdir(parents=True)
    shutil.copy(tmp_path / "copy", tmp_path / "other" / "log.sqlite")
    shutil.copytree(server.data / "spool" / "files", tmp_path / "other" / "spool" / "files")
    with (
        ServerProcess(tmp_path / "other") as other,
        Raw(other.port, name="budi") as raw,
    ):
        raw.say("JOIN #lab")
        lines = raw.answer("HISTORY #lab after 0 9")
        assert [line.split()[0] for line in lines] == ["MSG", "FILE", "OK"]
        assert sha256 in lines[1]
        assert raw.fetch(2) == b"abcd"
    assert examine(tmp_path / "other").faults == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    Log(tmp_path / "data").close()
    target = tmp_path / "copy"
    target.write_text("precious")
    done = program("--backup", target, "--data", tmp_path / "data")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no backup" in done.stderr
    assert target.read_text() == "precious"
    target.unlink()
    target.symlink_to(tmp_path / "elsewhere")
    assert program("--backup", target, "--data", tmp_path / "data").returncode == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("what", ["nothing", "words", "other", "newer", "torn"])
def test_what_is_no_log_leaves_no_copy(tmp_path: Path, what: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = data / "log.sqlite"
    if what == "words":
        path.write_text("these are words " * 1000)
    elif what != "nothing":
        log = Log(data)
        store(log, *["x" * 3000] * 50)
        log.close()
        db = sqlite3.connect(path)
        if what == "other":
            db.execute("PRAGMA application_id = 1")
        elif what == "newer":
            db.execute("PRAGMA user_version = 99")
        db.close()
        if what == "torn":
            whole = bytearray(path.read_bytes())
            whole[8192:12288] = b"\xff" * 4096
            path.write_bytes(whole)
    with pytest.raises(LogUnusableError):
        back_up(data, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    done = program("--backup", tmp_path / "copy", "--data", data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("obrol-server: no backup: ")
    assert done.stderr.count("\n") == 1


def test_rest_of_a_killed_backup_is_no_hindrance(tmp_path: Path) -> None:
    Log(tmp_path / "data").close()
    (tmp_path / "copy.part").write_bytes(b"half")
    back_up(tmp_path / "data", tmp_path / "copy")
    assert not (tmp_path / "copy.part").exists()
    with pytest.raises(FileNotFoundError):
        back_up(tmp_path / "data", tmp_path / "no" / "folder")


def test_one_thing_at_a_time(tmp_path: Path) -> None:
    done = program("--backup", tmp_path / "copy", "--check", "--data", tmp_path)
    assert done.returncode == 2
    assert "not allowed with" in done.stderr
