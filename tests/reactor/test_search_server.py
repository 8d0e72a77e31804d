"""SEARCH over real sockets of a real server, while and after the index is filled."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reactor.indexing import LATE_EVENTS
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

NEWEST = 999_999_999_999_999
PATIENCE = 40.0
MIB = 1024 * 1024


def search(raw: Raw, target: str, words: str, number: int = NEWEST, count: int = 200) -> list[str]:
    """The texts that were found; the answer ends as it should."""
    *lines, end = raw.answer(f"SEARCH {target} before {number} {count} {words}")
    assert end.split()[:2] == ["OK", str(len(lines))]
    return [line.split(" ", 5)[5] for line in lines]


def say(raw: Raw, *texts: str) -> None:
    raw.say(*(f"SAY #lab {text}" for text in texts))
    raw.sync()


def done(server: ServerProcess) -> int:
    """How far the index is on disk; 0 when there is none."""
    path = server.data / "search.sqlite"
    with contextlib.suppress(sqlite3.Error):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with contextlib.closing(db):
            return int(db.execute("SELECT done FROM state").fetchone()[0])
    return 0


def wait_until_full(server: ServerProcess, tip: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while done(server) < tip:
        assert time.monotonic() < deadline, (done(server), tip)
        time.sleep(0.02)


@pytest.fixture
def ani(server: ServerProcess) -> Iterator[Raw]:
    with member(server.port, "ani") as raw:
        yield raw


@pytest.mark.parametrize("filled", [False, True])
def test_words_of_people(server: ServerProcess, ani: Raw, filled: bool) -> None:  # noqa: FBT001 - a parameter
    texts = ["Halo, selamat siang!", "apa kabar?", "see you at the café tomorrow", "tip: 10.0.0.1",
             "I like C++ 🙂", "SELAMAT malam", "good night"]  # fmt: skip
    say(ani, *texts)
    ani.answer("SEND #lab w1 0 3 3 See-Saw.mp3", "f", b"abc")
    if filled:
        wait_until_full(server, 8)
    found = {words: search(ani, "#lab", words) for words in (
        "selamat", "selamat siang", "KABAR", "CAFÉ", "cafe", "10.0.0.1", "c++", "🙂", "halo!",
        "from:ANI night", "from:budi night", "\"night", "see",
    )}  # fmt: skip
    assert {words: len(lines) for words, lines in found.items()} == {
        "selamat": 2, "selamat siang": 1, "KABAR": 1, "CAFÉ": 1, "cafe": 0, "10.0.0.1": 1,
        "c++": 1, "🙂": 1, "halo!": 1, "from:ANI night": 1, "from:budi night": 0, "\"night": 1,
        "see": 2,
    }  # fmt: skip
    assert found["selamat"] == [texts[0], texts[5]]
    assert found["see"][1].endswith(" See-Saw.mp3")
    assert search(ani, "#lab", "abc") == []
    assert search(ani, "#lab", found["see"][1].split()[1]) == []  # its hash


def test_page_by_page_to_the_end(server: ServerProcess, ani: Raw) -> None:
    """With and without the index, and while it is filled: every event once."""
    say(ani, *(f"kata nomor {number} {'genap' * (1 - number % 2)}" for number in range(1500)))
    wanted = [f"kata nomor {number} genap" for number in range(0, 1500, 2)]
    for _ in range(3):
        seen: list[str] = []
        number, more = NEWEST, True
        while more:
            *lines, end = ani.answer(f"SEARCH * before {number} 70 Kata genap")
            assert end in {"OK 70 1", f"OK {len(lines)} 0"}
            seen = [line.split(" ", 5)[5] for line in lines] + seen
            number, more = int(lines[0].split()[1]), end.endswith(" 1")
        assert seen == wanted
        wait_until_full(server, 1500)


def test_others_find_nothing(server: ServerProcess, ani: Raw) -> None:
    with member(server.port, "budi", "#den") as budi, Raw(server.port, name="cici") as cici:
        say(ani, "rahasia lab")
        budi.answer("SAY @ani rahasia berdua")
        for _ in range(2):
            assert search(cici, "*", "rahasia") == []
            assert search(cici, "@", "rahasia") == []
            assert search(budi, "*", "rahasia") == ["rahasia berdua"]
            assert search(ani, "*", "rahasia") == ["rahasia lab", "rahasia berdua"]
            assert cici.answer("SEARCH #lab before 9 9 rahasia")[0].startswith("ERR not-joined ")
            wait_until_full(server, 2)


def damage(server: ServerProcess, change: Callable[[Path], object]) -> None:
    """Do something to the index of a server that is down."""
    path = server.data / "search.sqlite"
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    change(path)


DAMAGE: dict[str, Callable[[ServerProcess], object]] = {
    "nothing": lambda _: None,
    "deleted": lambda server: damage(server, Path.unlink),
    "cut": lambda server: damage(server, lambda path: os.truncate(path, 6000)),
    "noise": lambda server: damage(server, lambda path: path.write_bytes(b"\xa5" * 20_000)),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("killed", [True, False])
def test_after_a_restart(server: ServerProcess, name: str, killed: bool) -> None:  # noqa: FBT001 - a parameter
    with member(server.port, "ani") as ani:
        say(ani, "langka", *(f"kata {number}" for number in range(1000)))
        wait_until_full(server, 1001)
        say(ani, *(f"kata {number}" for number in range(1000, 1500)))  # perhaps not taken in
        if killed:
            server.kill()
        else:
            server.stop()
    DAMAGE[name](server)
    server.start()
    with member(server.port, "budi") as budi:
        for _ in range(2):
            assert search(budi, "#lab", "langka") == ["langka"]
            assert search(budi, "#lab", "kata") == [f"kata {n}" for n in range(1300, 1500)]
            assert search(budi, "#lab", "kata 1234") == ["kata 1234"]
            wait_until_full(server, 1501)
    assert server.stop() == 0


def test_nobody_waits_for_somebody_elses_search(tmp_path: Path) -> None:
    """In a long log that is not indexed: the talk goes on, and answers keep their order."""
    server = ServerProcess(tmp_path / "server", "--set", "rate=0")
    with server, member(server.port, "eka"):
        server.kill()
    with contextlib.closing(sqlite3.connect(server.data / "log.sqlite")) as db:
        db.executemany(
            "INSERT INTO event VALUES (?, 1, 'MSG', 0, '#lab', 'ani', ?)",
            ((number, f"kata {number}") for number in range(1, 150_001)),
        )
        db.commit()
    with server, member(server.port, "ani") as ani, member(server.port, "budi") as budi:
        ani.say("=s SEARCH #lab before 999999 9 kata 7", "=p PING after")
        asked = time.monotonic()
        answers = 0
        while b"=p OK" not in ani.buffer:
            budi.answer("PING x")
            answers += 1
            ani.sock.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                ani.buffer += ani.sock.recv(65536)
            assert time.monotonic() < asked + PATIENCE
        assert answers > 10
        lines = [line for line in ani.buffer.decode().splitlines() if line.startswith("=")]
        ends = (" kata 7", "=s OK 1 0", "=p PONG after", "=p OK")
        assert len(lines) == len(ends)
        assert all(map(str.endswith, lines, ends)), lines


def test_a_server_that_is_never_quiet_fills_it(server: ServerProcess) -> None:
    """Somebody always has the next lines there before the last ones are answered."""
    flood = b"PING x\n" * 2000
    with member(server.port, "ani") as ani, member(server.port, "budi") as budi:
        for raw in (ani, budi):
            raw.sock.settimeout(0)
        talk = b"".join(b"SAY #lab kata %d\n" % number for number in range(LATE_EVENTS))
        said = sent = heard = 0
        deadline = time.monotonic() + 2 * PATIENCE
        while done(server) < LATE_EVENTS // 2:
            with contextlib.suppress(BlockingIOError):
                sent += budi.sock.send(flood[sent % len(flood) :])
            with contextlib.suppress(BlockingIOError):
                said += ani.sock.send(talk[said:])
            for raw in (ani, budi):
                with contextlib.suppress(BlockingIOError):
                    heard += len(raw.sock.recv(MIB))
            assert time.monotonic() < deadline, done(server)
        assert heard > len(flood)


def test_a_full_index_costs_nothing(server: ServerProcess, ani: Raw) -> None:
    say(ani, *(f"kata {number}" for number in range(300)))
    wait_until_full(server, 300)
    before = server.cpu_seconds()
    deadline = time.monotonic() + 1.5  # longer than the wait before the index is filled
    ani.sock.settimeout(1.5)
    with contextlib.suppress(TimeoutError):
        ani.sock.recv(1)
    assert time.monotonic() >= deadline - 0.1
    assert server.cpu_seconds() - before <= 0.03


def test_trouble_is_told_once(server: ServerProcess, ani: Raw) -> None:
    """Somebody holds the index locked: the journal says so, the talk and searches go on."""
    say(ani, "halo")
    wait_until_full(server, 1)
    with contextlib.closing(sqlite3.connect(server.data / "search.sqlite")) as db:
        db.execute("BEGIN IMMEDIATE")
        say(ani, "halo lagi")
        deadline = time.monotonic() + PATIENCE
        assert search(ani, "#lab", "halo") == ["halo", "halo lagi"]
        while "search-index" not in server.journal.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)  # the index is filled when nobody is served
        assert search(ani, "#lab", "halo") == ["halo", "halo lagi"]
        say(ani, "halo terus")
        assert search(ani, "#lab", "halo") == ["halo", "halo lagi", "halo terus"]
    assert server.journal.read_text().count("search-index why=database is locked") == 1
