"""What happens to files: on their way between chat lines (C16), kept for a while, swept (C31)."""

import hashlib
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

KIB = 1024
MIB = 1024 * KIB
DAY = 24 * 3600
ORPHAN = "0" * 64


def content(size: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def send(raw: Raw, data: bytes, tag: str, name: str = "x") -> int:
    size = len(data)
    (answer,) = raw.answer(f"SEND #lab w{tag} 0 {size} {size} {name}", tag, data)
    assert answer.split()[::2] == ["OK", sha256(data)]
    return int(answer.split()[1])


def make_older(server: ServerProcess, event: int, days: float) -> None:
    """As if a file had been sent so long ago; the server is down."""
    with sqlite3.connect(server.data / "log.sqlite") as db:
        db.execute("UPDATE file SET time = time - ? WHERE event = ?", (days * DAY * 1000, event))
    db.close()


def stored(server: ServerProcess) -> set[str]:
    return {path.name for path in (server.data / "spool" / "files").iterdir()}


def wait_until_stored(server: ServerProcess, names: set[str]) -> None:
    """Wait until the sweep, which goes in pieces, left these."""
    deadline = time.monotonic() + 60
    while stored(server) != names:
        assert time.monotonic() < deadline, stored(server)
        time.sleep(0.01)


@pytest.fixture
def ani(server: ServerProcess) -> Iterator[Raw]:
    with member(server.port, "ani") as raw:
        yield raw


@pytest.fixture
def budi(server: ServerProcess) -> Iterator[Raw]:
    """A slow reader who came by the UNIX socket, whose buffers are small."""
    with Raw(0, unix=server.unix, name="budi") as raw:
        raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
        assert raw.answer("JOIN #lab")[-1] == "OK"
        yield raw


def wait_until_blocked(raw: Raw) -> None:
    """Wait until the kernel takes no more for somebody who does not read."""
    waiting, since = -1, time.monotonic()
    while time.monotonic() - since < 0.5:
        now = len(raw.sock.recv(8 * MIB, socket.MSG_PEEK))
        if now != waiting:
            waiting, since = now, time.monotonic()


@pytest.mark.parametrize("files", [1, 5])
def test_a_line_waits_behind_a_few_pieces_alone(ani: Raw, budi: Raw, files: int) -> None:
    """While 20 MB go to somebody who reads slowly, a line comes long before their end."""
    data = content(20 * 1000 * 1000 // files)
    events = [send(ani, data[number:], f"f{number}") for number in range(files)]
    budi.sync()
    budi.say(*(f"=g{event} GET {event}" for event in events))
    for _ in range(10):
        first = budi.expect("=g")
        budi.payload(int(first.split()[5]))
    wait_until_blocked(budi)
    assert ani.answer("SAY #lab quick", "quick")[-1].startswith("OK ")
    behind = 0
    while not (line := budi.line()).startswith("MSG "):
        behind += len(line) + 1 + len(budi.payload(int(line.split()[5])))
    # What the kernel held, the piece that it refused and one below the low mark behind it.
    held = budi.sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    assert behind <= 64 * KIB * (files + 2) + held
    left = {event: len(data) - number for number, event in enumerate(events)}
    done = 0
    while done < files:
        words = budi.line().split()
        if words[1] == "SEND":
            budi.payload(int(words[5]))
            left[int(words[3])] = int(words[6]) - int(words[4]) - int(words[5])
        else:
            assert words[1] == "OK"
            done += 1
    assert set(left.values()) == {0}


def test_files_take_turns(ani: Raw, budi: Raw) -> None:
    events = [send(ani, content(10 * 64 * KIB, seed), f"f{seed}") for seed in range(3)]
    budi.sync()
    budi.say(*(f"=g{event} GET {event}" for event in events))
    order: list[int] = []
    while len(order) < 30:
        words = budi.line().split()
        if words[1] == "SEND":
            order.append(int(words[3]))
            budi.payload(int(words[5]))
    # The first may be a piece ahead: it began alone.
    for done in range(1, 28):
        counts = [order[:done].count(event) for event in events]
        assert max(counts) - min(counts) <= 2, order


def test_a_connection_fetches_sixteen_at_once(ani: Raw, budi: Raw) -> None:
    events = [send(ani, content(MIB, seed), f"f{seed}") for seed in range(18)]
    budi.sync()
    budi.say(*(f"=g{event} GET {event}" for event in events))
    ended: dict[str, str] = {}
    while len(ended) < len(events):
        words = budi.line().split()
        if words[1] == "SEND":
            budi.payload(int(words[5]))
        else:
            ended[words[0]] = " ".join(words[1:3])
    assert [ended[f"=g{event}"] for event in events[:16]] == ["OK"] * 16
    assert [ended[f"=g{event}"] for event in events[16:]] == ["ERR full"] * 2
    assert budi.fetch(events[17]) == content(MIB, 17)


def test_downloads_give_their_descriptors_back(server: ServerProcess, ani: Raw) -> None:
    event = send(ani, content(MIB), "f")
    before = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
    for number in range(20):
        with member(server.port, f"b{number}") as gone:
            gone.say(f"=g GET {event}", f"=h GET {event} 5", f"=s STOP {event}", f"GET {event}")
            gone.expect("=s OK")
    ani.fetch(event)
    deadline = time.monotonic() + 60
    while len(list(Path(f"/proc/{server.pid}/fd").iterdir())) > before:
        assert time.monotonic() < deadline


def test_a_file_that_goes_meanwhile_is_sent_to_its_end(
    server: ServerProcess, ani: Raw, budi: Raw
) -> None:
    """C16: the descriptor is open."""
    data = content(5 * MIB)
    event = send(ani, data, "f")
    budi.sync()
    budi.say(f"=g GET {event}")
    found = b""
    while (line := budi.line()) != "=g OK":
        found += budi.payload(int(line.split()[5]))
        (server.data / "spool" / "files" / sha256(data)).unlink(missing_ok=True)
    assert found == data
    assert budi.answer(f"GET {event}")[0].startswith("ERR no-file ")
    assert budi.answer("PING")[-1] == "OK"


def test_old_files_go_and_their_events_stay(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "s", "--set", "rate=0", "--set", "file-days=2") as server:
        with member(server.port, "ani") as ani:
            old, shared = content(1000, 1), content(1000, 2)
            gone, kept = send(ani, old, "a", "old.txt"), send(ani, shared, "b")
            kept_too = send(ani, shared, "c")
            before = ani.answer("HISTORY #lab after 0 9")
        server.stop()
        make_older(server, gone, 2.01)
        make_older(server, kept, 2.01)
        make_older(server, kept_too, 1.99)
        server.start()
        with member(server.port, "budi") as budi:
            wait_until_stored(server, {sha256(shared)})  # the younger event still wants it
            assert budi.fetch(kept_too) == shared
            for event in (gone, kept):
                assert budi.answer(f"GET {event}")[0].startswith("ERR no-file ")
            assert budi.answer("HISTORY #lab after 0 9") == before
            assert "old.txt" in before[0]


def test_many_old_files_go(tmp_path: Path) -> None:
    """More than are looked at in one turn."""
    with ServerProcess(tmp_path / "s", "--set", "rate=0") as server:
        with member(server.port, "ani") as ani:
            for number in range(230):
                send(ani, b"%d" % number, f"f{number}")
            send(ani, b"young", "young")
        server.stop()
        for event in range(1, 231):
            make_older(server, event, 8)
        server.start()
        wait_until_stored(server, {sha256(b"young")})
        with member(server.port, "budi") as budi:
            assert budi.answer("FILES #lab after 0 200")[-1] == "OK 200 1"
            assert budi.answer("GET 230")[0].startswith("ERR no-file ")


def test_a_start_sweeps(server: ServerProcess, ani: Raw) -> None:
    """C31: no file without an event, no event that promises a file that is not there."""
    kept, lost = content(1000, 1), content(1000, 2)
    for word, data in (("kept", kept), ("lost", lost)):
        send(ani, data, word)
    for word in ("young", "old"):
        assert ani.answer(f"SEND #lab {word} 0 5 9 x", payload=b"abcde") == ["OK 5"]
    server.kill()
    files = server.data / "spool" / "files"
    (files / ORPHAN).write_bytes(b"nobody tells of it")
    (files / "not-even-a-name").write_bytes(b"")
    (files / sha256(lost)).unlink()
    (old,) = (server.data / "spool" / "partial").glob("*-old.data")
    os.utime(old, (time.time() - DAY - 60,) * 2)
    server.start()
    wait_until_stored(server, {sha256(kept)})
    with Raw(server.port) as again:
        again.hello("ani", ani.session)
        again.answer("JOIN #lab")
        assert again.fetch(1) == kept
        assert again.answer("GET 2")[0].startswith("ERR no-file ")
        assert again.answer("PARTIAL old") == ["OK 0"]
        assert again.answer("PARTIAL young") == ["OK 5"]
        assert [line.split()[1] for line in again.answer("FILES #lab after 0 9")] == ["1", "2", "2"]
        assert send(again, lost, "again") == 3  # what went may come again
        assert again.fetch(3) == lost
    assert not list((server.data / "spool" / "partial").glob("*-old.*"))


def test_a_big_file_costs_no_memory(server: ServerProcess, ani: Raw) -> None:
    """A file of 30 MB, up and down, is never held as a whole."""
    data = content(30 * MIB)
    send(ani, b"warm", "warm")
    before = server.rss_bytes()
    event = send(ani, data, "big")
    assert sha256(ani.fetch(event)) == sha256(data)
    assert server.rss_bytes() - before < 8 * MIB


def test_who_sends_no_more_still_gets_the_file(server: ServerProcess, ani: Raw) -> None:
    """Rule 9: what was sent is answered, then BYE; ``printf … | nc`` fetches like that."""
    data = content(2 * MIB)
    event = send(ani, data, "f")
    with member(server.port, "budi") as budi:
        budi.say(f"=g GET {event}")
        budi.sock.shutdown(socket.SHUT_WR)
        found = b""
        while (line := budi.line()) != "=g OK":
            assert line.startswith("=g SEND "), line
            found += budi.payload(int(line.split()[5]))
        assert found == data
        assert budi.line().startswith("BYE quit ")


def test_nothing_comes_behind_bye(server: ServerProcess, ani: Raw) -> None:
    event = send(ani, content(2 * MIB), "f")
    with member(server.port, "budi") as budi:
        budi.say(f"=g GET {event}", "QUIT")
        while not (line := budi.line()).startswith("BYE quit "):
            assert line.startswith("=g "), line
            budi.payload(int(line.split()[5]) if line.startswith("=g SEND ") else 0)
        assert budi.line() == ""
