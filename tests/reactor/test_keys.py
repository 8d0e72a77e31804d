"""Rooms with a key: who gets in, what the others can learn, and what outlives the server."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub import guests
from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.timing import Stopwatch

MIB = 1024 * 1024
FLOODERS = 20
PINGS = 400
PING_SECONDS = 0.050
ROUNDS = 3
"""What else this machine does may spoil one of them, not what the server does."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


def end(lines: list[str]) -> str:
    """How an answer ends: OK, or ERR with its code; tags are left out."""
    words = [word for word in lines[-1].split() if not word.startswith("=")]
    return " ".join(words[:2] if words[0] == "ERR" else words[:1])


def owner_and_others(lab: Lab) -> tuple[FakePeer, FakePeer, FakePeer]:
    """Who made #den with the key ``k``, a stranger, and an operator."""
    ani = lab.peer("ani")
    assert kinds(ani.ask("JOIN #den k")) == ["JOINED ani", "NAMES"]
    return ani, lab.peer("budi"), lab.peer("op", operator=True)


# Who gets in.


def test_who_gets_in(lab: Lab) -> None:
    ani, budi, op = owner_and_others(lab)
    assert end(budi.ask("=t JOIN #den")) == "ERR bad-key"
    assert end(budi.ask("=t JOIN #den no")) == "ERR bad-key"
    assert kinds(budi.ask("=t JOIN #DEN k")) == ["JOINED budi", "NAMES", "OK"]
    assert kinds(op.ask("=t JOIN #den")) == ["JOINED op", "NAMES", "OK"]
    assert kinds(ani.take()) == ["JOINED budi", "JOINED op"]
    assert kinds(budi.ask("=t JOIN #den no")) == ["NAMES", "OK"]  # who is in has nothing to prove
    ani.ask("LEAVE #den")
    assert end(ani.ask("=t JOIN #den")) == "ERR bad-key"  # the owner needs it too
    assert kinds(ani.ask("=t JOIN #den k"))[0] == "JOINED ani"
    second = lab.again(budi)
    assert end(second.ask("=t JOIN #den")) == "ERR bad-key"  # each terminal joins for itself
    consistent(lab)


def test_key_set_changed_removed(lab: Lab) -> None:
    ani, budi, op = owner_and_others(lab)
    assert end(budi.ask("=t KEY #den mine")) == "ERR not-allowed"
    assert ani.ask("=t KEY #den other") == ["=t OK"]
    assert kinds(ani.ask("NAMES #den")) == ["NAMES"]  # who is in stays
    assert end(budi.ask("=t JOIN #den k")) == "ERR bad-key"
    assert op.ask("=t KEY #den third") == ["=t OK"]
    assert end(budi.ask("=t JOIN #den other")) == "ERR bad-key"
    assert ani.ask("=t KEY #den") == ["=t OK"]
    assert kinds(budi.ask("=t JOIN #den")) == ["JOINED budi", "NAMES", "OK"]
    assert ani.ask("=t KEY #den") == ["=t OK"]  # there was none
    assert budi.take() == []  # nobody is told of keys
    consistent(lab)


def test_guests_room_gets_no_key(lab: Lab) -> None:
    op = lab.peer("op", operator=True)
    guests.prepare(lab.hub, "#Lab")
    assert end(op.ask("=t KEY #lab k")) == "ERR not-allowed"
    assert op.ask("=t KEY #lab") == ["=t OK"]


def test_room_with_a_key_keeps_guests_out(lab: Lab) -> None:
    """One that had its key before its server had doors for guests."""
    ani, _, _ = owner_and_others(lab)
    guests.prepare(lab.hub, "#den")
    guest, ear = lab.peer(), lab.peer()
    lab.hub.happen(lambda: guests.enter(lab.hub, guest, "tono", "#den"))
    guests.listen(lab.hub, ear, "#den")
    lab.turn()
    assert end(guest.take()) == "ERR bad-key"
    ani.ask("SAY #den secret")
    assert end(guest.ask("=t SAY #den let me in")) == "ERR not-joined"
    assert ear.take() == []
    assert kinds(guest.ask("=t JOIN #den k"))[0] == "JOINED tono~"


# What the others can learn.


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ROOMS", "OK"),
        ("ROOMS #den", "OK"),
        ("WHO #den", "ERR not-joined"),
        ("NAMES #den", "ERR not-joined"),
        ("SAY #den x", "ERR not-joined"),
        ("ACT #den x", "ERR not-joined"),
        ("SEND #den t 0 0 0 a.txt", "ERR not-joined"),
        ("HISTORY #den after 0 200", "ERR not-joined"),
        ("HISTORY * after 0 200", "OK"),
        ("HISTORY @ after 0 200", "OK"),
        ("FILES #den after 0 200", "ERR not-joined"),
        ("FILES * after 0 200", "OK"),
        ("SEARCH #den before 999 200 hidden", "ERR not-joined"),
        ("SEARCH * before 999 200 hidden", "OK"),
        ("SEARCH * before 999 200 from:ani hidden", "OK"),
        ("SEARCH @ before 999 200 hidden", "OK"),
        ("GET 2", "ERR not-joined"),
        ("GET 1", "ERR no-file"),  # no file: the same as of a number that nobody has
        ("LEAVE #den", "ERR not-joined"),
        ("INVITE #den budi", "ERR not-joined"),
        ("TOPIC #den x", "ERR not-allowed"),
        ("KEY #den x", "ERR not-allowed"),
        ("JOIN #den", "ERR bad-key"),
        ("JOIN #den no", "ERR bad-key"),
    ],
)
def test_nothing_leaks(lab: Lab, line: str, answer: str) -> None:
    ani, budi, _ = owner_and_others(lab)
    ani.ask("TOPIC #den hidden topic", "SAY #den hidden words")
    ani.say("=f SEND #den f 0 0 0 hidden.txt")
    lab.turn()
    assert lab.log.tip == 2
    lines = budi.ask(f"=t {line}")
    assert end(lines) == answer
    assert not any("hidden" in line or "#den" in line for line in lines)


def test_who_and_rooms_show_it_to_members_and_operators(lab: Lab) -> None:
    ani, budi, op = owner_and_others(lab)
    ani.ask("JOIN #open")
    assert budi.ask("=t ROOMS") == ["=t ROOM #open 1", "=t OK 1 0"]
    assert budi.ask("WHO ani")[0].endswith(" rooms=#open")
    assert lab.again(budi).ask("WHO ani")[0].endswith(" rooms=#open")
    for peer in (ani, op):
        assert [line.split()[1] for line in peer.ask("ROOMS")] == ["#den", "#open"]
        assert " rooms=#den,#open" in peer.ask("WHO ani")[0]
        assert kinds(peer.ask("WHO #den")) == ["WHO"]
    budi.ask("JOIN #den k")
    assert " rooms=#den,#open" in budi.ask("WHO ani")[0]
    budi.ask("LEAVE #den")
    assert budi.ask("WHO ani")[0].endswith(" rooms=#open")
    ani.ask("LEAVE #den")
    assert [line.split()[1] for line in ani.ask("ROOMS")] == ["#open"]
    ani.ask("KEY #den")  # its owner may do that from outside
    assert [line.split()[1] for line in budi.ask("ROOMS")] == ["#den", "#open"]


# Turns that cannot be stored.


def test_undone(lab: Lab) -> None:
    ani, budi, _ = owner_and_others(lab)
    before = snapshot(lab)
    for peer, line in (
        (ani, "=t KEY #den other"),
        (ani, "=t KEY #den"),
        (budi, "=t JOIN #new word"),
    ):
        peer.say(line)
        lab.broken = True
        lab.turn()
        lab.broken = False
        assert end(peer.take()) == "ERR not-saved"
        assert snapshot(lab) == before
        consistent(lab)
    assert end(budi.ask("=t JOIN #den other")) == "ERR bad-key"
    assert kinds(budi.ask("=t JOIN #new word")) == ["JOINED budi", "NAMES", "OK"]


def test_restart_keeps_keys(lab: Lab) -> None:
    owner_and_others(lab)
    lab.restart()
    budi = lab.peer("cici")
    assert end(budi.ask("=t JOIN #den")) == "ERR bad-key"
    assert kinds(budi.ask("=t JOIN #den k"))[0] == "JOINED cici"
    consistent(lab)


# The real server.


def test_killed_right_after_the_ok(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani:
        assert ani.answer("JOIN #den first")[-1] == "OK"
        assert ani.answer("JOIN #open")[-1] == "OK"
        assert ani.answer("KEY #open second") == ["OK"]
        server.kill()
    server.start()
    with Raw(server.port, name="budi") as budi:
        for line, code in (
            ("JOIN #den", "ERR bad-key"),
            ("JOIN #open", "ERR bad-key"),
            ("JOIN #open first", "ERR bad-key"),
            ("JOIN #open second", "OK"),
            ("JOIN #den first", "OK"),
        ):
            assert end(budi.answer(line)) == code
    server.stop()
    db = sqlite3.connect(server.data / "log.sqlite")
    kept = [key for (key,) in db.execute("SELECT key FROM room")]
    db.close()
    assert all(key.startswith("scrypt ") for key in kept)
    words = (b" first", b" second")
    for path in (*server.data.iterdir(), server.journal):
        if path.is_file():
            assert not any(word in path.read_bytes() for word in words), path


def test_lines_behind_a_key_are_answered_in_order(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani:
        ani.say("=1 JOIN #den k", "=2 SAY #den hello", "=3 JOIN #two k", "=4 NAMES #two", "=5 QUIT")
        lines = ani.rest()
    tags = [line.split()[0] for line in lines if line.startswith("=") and " OK" in line]
    assert tags == ["=1", "=2", "=3", "=4", "=5"]
    assert lines[-1].startswith("BYE quit ")


def test_plain_door_goes_into_a_room_with_a_key(tmp_path: Path) -> None:
    with (
        ServerProcess(tmp_path / "server", "--set", "rate=0", "--plain", "0") as server,
        Raw(server.port, name="ani") as ani,
        Raw(int(server.doors["plain"].rpartition(":")[2])) as tono,
    ):
        assert ani.answer("JOIN #den k")[-1] == "OK"
        tono.say("tono", "/join #den no", "/join #den k", "hello there")
        assert ani.expect("JOINED ").endswith(" #den tono~")
        assert ani.expect("MSG ").endswith(" #den tono~ hello there")


def slow_ping(raw: Raw, pid: int) -> float:
    """The 99th percentile of some seconds of PING, in seconds, to the server ``pid``."""
    found = []
    for number in range(PINGS):
        watch = Stopwatch(pid)
        raw.say(f"PING {number}")
        raw.expect(f"PONG {number}")
        found.append(watch.seconds)
        time.sleep(max(0.0, 0.01 - found[-1]))  # the pace of the questions, nothing is awaited
    return sorted(found)[PINGS * 99 // 100]


def test_flood_of_wrong_keys_holds_nobody_up(tmp_path: Path) -> None:
    arguments = ("--set", "rate=0", "--set", "wrong-keys=60")
    with (
        ServerProcess(tmp_path / "server", *arguments) as server,
        Raw(server.port, name="ani") as ani,
        Raw(0, unix=server.unix, name="op") as op,
    ):
        for number in range(FLOODERS):
            assert ani.answer(f"JOIN #r{number} k")[-1] == "OK"
        assert op.answer("LIMIT rate 2") == ["OK"]
        flood = [Raw(server.port, name=f"f{number}") for number in range(FLOODERS)]
        for peer in flood:
            peer.say(*(f"JOIN #r{n % FLOODERS} wrong{n}" for n in range(200)))
        found: list[float] = []
        while len(found) < ROUNDS and not (found and found[-1] < PING_SECONDS):
            found.append(slow_ping(ani, server.pid))
        assert min(found) < PING_SECONDS, found
        told = []
        for peer in flood:
            peer.sock.settimeout(0)
            told += [line.split()[1] for line in peer.sock.recv(MIB).decode().splitlines()]
            peer.close()
        assert told.count("bad-key") >= 20  # it was a flood: about ten a second were looked at
        assert told.count("slow-down") > told.count("bad-key")
