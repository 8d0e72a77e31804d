"""P1: no byte that tells of an event leaves before it is committed, on real sockets (aof.tcl)."""

import random
import re
import resource
import select
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.reactor.held import Client, Held
from tests.support.raw import Raw
from tests.support.server import ServerProcess

ROUNDS = 20
PROBE_SECONDS = 0.05


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)  # the server takes all that it may have
    held = Held(tmp_path / "data")
    yield held
    held.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, files)


def everybody_waits(held: Held) -> None:
    """While the commit is held up, no socket has anything to read."""
    readable, _, _ = select.select([c.sock for c in held.clients], [], [], PROBE_SECONDS)
    assert readable == []


def test_nobody_hears_of_it_while_the_commit_is_held_up(held: Held) -> None:
    members = [held.client(name) for name in ("ani", "budi", "cici", "dodi")]
    held.during = lambda: everybody_waits(held)
    held.commits = 0
    for number in range(ROUNDS):
        talker = members[number % len(members)]
        talker.say(f"=t{number} SAY #lab word-{number}.")
        talker.say("NAMES #lab")  # no answer overtakes the event of the same turn either
        wanted = f"word-{number}.\n".encode()
        held.until(lambda wanted=wanted: all(wanted in member.got for member in members))  # type: ignore[misc]
        held.until(lambda: talker.got.endswith(b"\n") and f"=t{number} OK ".encode() in talker.got)  # noqa: B023 - called at once
    assert held.commits == ROUNDS


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("SAY #lab x", b"MSG "),
        ("SAY @budi x", b"MSG "),
        ("TOPIC #lab x", b"TOPIC "),
        ("NICK ana", b"RENAMED "),
        ("JOIN #new", b"JOINED "),
        ("QUIT", b"LEFT "),
    ],
)
def test_whatever_is_stored_is_stored_first(held: Held, line: str, told: bytes) -> None:
    ani, budi = held.client("ani"), held.client("budi")
    held.until(lambda: b" budi\n" in ani.got)
    held.commits = 0
    held.during = lambda: everybody_waits(held)
    ani.say("=t " + line)
    who = budi if line == "QUIT" else ani
    who.got = b""
    held.until(lambda: told in who.got)
    assert held.commits == 1


def test_session_is_stored_before_its_welcome(held: Held) -> None:
    held.during = lambda: everybody_waits(held)
    client = Client(held.port)
    held.clients.append(client)
    client.say("HELLO ani")
    held.until(lambda: client.got.startswith(b"WELCOME ani "))
    assert held.commits == 1


def test_large_reply_still_draining_carries_nothing_of_a_new_event(held: Held) -> None:
    """The bug that the barrier of redis had: an older reply takes the new one along."""
    # Accepted sockets inherit it: a page of history does not fit into the kernel's buffers.
    held.server.doors._listeners[0]._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    talker, reader = held.client("ani"), held.client("budi", 4096)
    held.until(lambda: b" budi\n" in talker.got)
    for number in range(20):
        talker.say(f"SAY #lab {number:02d}{'x' * 3000}")
    held.until(lambda: reader.got.count(b"\n") >= 22)
    peer = next(p for p in held.server.doors.native._peers if p._name == "budi")
    chance = random.Random(1)
    draining = 0
    for number in range(ROUNDS):
        wanted = f"word-{number}.".encode()
        reader.got = b""
        reader.say(f"=h{number} HISTORY #lab after 0 18")
        while not peer._stream.queued:
            held.server.loop.run_once()
        for _ in range(chance.randrange(4)):  # its bytes flow in later turns, as it reads
            reader.drain()
            held.server.loop.run_once()

        def probe(wanted: bytes = wanted) -> None:
            nonlocal draining
            draining += peer._stream.queued > 0
            end = time.monotonic() + PROBE_SECONDS
            while (left := end - time.monotonic()) > 0:
                select.select([reader.sock, talker.sock], [], [], left)
                for client in (reader, talker):
                    client.drain()
                    assert wanted not in client.got
                time.sleep(0.001)

        held.during = probe
        talker.say(f"SAY #lab {wanted.decode()}")
        held.until(lambda wanted=wanted: wanted in reader.got and wanted in talker.got)  # type: ignore[misc]
        held.during = lambda: None
        end_of_page = b"=h%d OK " % number
        held.until(lambda end=end_of_page: end in reader.got)  # type: ignore[misc]
        assert reader.got.index(end_of_page) < reader.got.index(wanted)
    assert draining == ROUNDS


# The same from outside: another process holds the database locked.


def test_nothing_arrives_while_another_process_holds_the_lock(server: ServerProcess) -> None:
    with ExitStack() as room:
        ani, budi = (room.enter_context(Raw(server.port, name=name)) for name in ("ani", "budi"))
        for raw in (ani, budi):
            raw.say("JOIN #lab")
            raw.sync()
        ani.sync()
        stranger = room.enter_context(Raw(server.port))
        with closing(sqlite3.connect(server.data / "log.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ani.say("=a SAY #lab held", "=p PING x")
            stranger.say("HELLO cici")
            sockets = [raw.sock for raw in (ani, budi, stranger)]
            assert select.select(sockets, [], [], 0.5)[0] == []
            other.execute("ROLLBACK")
        assert ani.expect("MSG ").endswith(" #lab ani held")
        assert [ani.line() for _ in range(3)] == ["=a OK 1", "=p PONG x", "=p OK"]
        assert budi.expect("MSG ").endswith(" #lab ani held")
        assert stranger.expect("WELCOME cici ")


def test_reader_in_another_process_sees_what_was_acknowledged(server: ServerProcess) -> None:
    """The moment the OK arrives, the row is there for a second process."""
    name = f"file:{server.data}/log.sqlite?mode=ro"
    with (
        closing(sqlite3.connect(name, uri=True, isolation_level=None)) as other,
        Raw(server.port, name="ani") as ani,
    ):
        ani.say("JOIN #lab")
        for number in range(200):
            ani.say(f"=t{number} SAY #lab {number}")
            found = int(ani.expect(f"=t{number} OK ").split()[2])
            row = other.execute("SELECT body FROM event WHERE id = ?", (found,)).fetchone()
            assert row == (str(number),)


def test_every_acknowledgement_follows_its_fdatasync(server: ServerProcess, tmp_path: Path) -> None:
    """What a power cut would ask: the kernel was told to write before the words were sent."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here")
    trace = tmp_path / "trace"
    command = [strace, "-qq", "-s", "4000", "-e", "trace=fdatasync,fsync,sendto,sendmsg",
               "-o", str(trace), "-p", str(server.pid)]  # fmt: skip
    with Raw(server.port, name="ani") as ani, subprocess.Popen(command) as tracer:
        ani.say("JOIN #lab")
        ani.sync()
        while not trace.exists() or b"probe" not in trace.read_bytes():
            if tracer.poll() is not None:
                pytest.skip("nobody may be traced here")
            assert ani.answer("PING probe") == ["PONG probe", "OK"]
        for number in range(ROUNDS):
            assert ani.answer(f"SAY #lab {number}", f"s{number}") == [f"OK {number + 1}"]
        server.kill()
        tracer.wait(60)
    calls = re.findall(r"^(fdatasync)|^send.*(=s\d+ OK)", trace.read_text(), re.MULTILINE)
    order = ["sync" if sync else "ok" for sync, _ in calls]
    assert order.count("ok") == ROUNDS
    for at, what in enumerate(order):
        if what == "ok":
            assert order[at - 1] == "sync"
