"""Much of everything at once costs the others little: connections, rooms, downloads, trickles."""

import hashlib
import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from tests.support.timing import Stopwatch

KIB = 1024
MIB = 1024 * KIB
ANSWER_SECONDS = 0.1
"""What half of the answers take at the most while others are greedy, on a busy machine."""


@contextmanager
def answered_meanwhile(server: ServerProcess) -> Iterator[list[float]]:
    """How long somebody who is already in waits for each answer while the body runs.

    It is asked at least once, however soon the body is done.
    """
    waits: list[float] = []
    over = threading.Event()
    asker = Raw(server.port, name="asker")

    def ask() -> None:
        while True:
            watch = Stopwatch(server.pid)
            assert asker.answer("PING x")[-1] == "OK"
            waits.append(watch.seconds)
            if over.is_set():
                return

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
        asker.close()


def test_a_thousand_connects_at_once(server: ServerProcess) -> None:
    """C27: connections that come and go as fast as one machine makes them."""
    with answered_meanwhile(server) as waits:
        for _ in range(1000):
            with socket.create_connection(("127.0.0.1", server.port)):
                pass
    assert median(waits) < ANSWER_SECONDS
    with Raw(server.port, name="ani") as ani:
        assert ani.answer("PING x")[-1] == "OK"


def test_ten_thousand_rooms_of_one_person(server: ServerProcess) -> None:
    """C27: it is in as many as one may be in, and is told so for each of the others."""
    before = server.rss_bytes()
    with Raw(server.port, name="ani") as ani, answered_meanwhile(server) as waits:
        ani.send(b"".join(b"=r%d JOIN #r%d\n" % (n, n) for n in range(10_000)))
        for number in range(10_000):
            answer = ani.expect(f"=r{number} ")
            while answer.split()[1] not in {"OK", "ERR"}:
                answer = ani.expect(f"=r{number} ")
            assert answer.split()[1:3] == (["OK"] if number < 50 else ["ERR", "full"])
            ani.seen.clear()
    assert median(waits) < ANSWER_SECONDS
    assert server.rss_bytes() - before < 8 * MIB


DOWNLOADS = 100


def test_a_hundred_downloads_of_one_file(server: ServerProcess) -> None:
    """C16: the others talk on, and each gets all of it, though it goes from the spool meanwhile."""
    data = hashlib.shake_128(b"file").digest(2 * MIB)
    with member(server.port, "ani") as ani, ExitStack() as crowd:
        answer = ani.answer(f"SEND #lab t1 0 {len(data)} {len(data)} x", "f", data)[-1]
        event = answer.split()[1]
        readers = [crowd.enter_context(member(server.port, f"n{n}")) for n in range(DOWNLOADS)]
        with answered_meanwhile(server) as waits:
            for raw in readers:
                raw.say(f"=g GET {event}")
            for raw in readers:
                assert raw.expect("=g SEND ")
            for path in (server.data / "spool" / "files").iterdir():
                path.unlink()
            for raw in readers:
                found = bytearray()
                line = raw.seen[-1]
                while line != "=g OK":
                    if line.startswith("=g SEND "):
                        found += raw.payload(int(line.split()[5]))
                    line = raw.line()
                assert found == data
    assert median(waits) < ANSWER_SECONDS


def test_gets_of_somebody_who_is_gone_cost_nothing(server: ServerProcess) -> None:
    """C9: the answer in front of them meets a closed socket; no file is begun any longer."""
    data = b"x" * (16 * MIB)
    with member(server.port, "ani") as ani:
        answer = ani.answer(f"SEND #lab t1 0 {len(data)} {len(data)} x", "f", data)[-1]
        before = server.cpu_seconds()
        with Raw(0, unix=server.unix, name="budi") as budi:
            budi.say("JOIN #lab")
            budi.sync()
            os.kill(server.pid, signal.SIGSTOP)  # all of it is there before it is read
            budi.send(b"=p PING x\n" + f"GET {answer.split()[1]}\n".encode() * 8000)
        os.kill(server.pid, signal.SIGCONT)
        ani.expect("LEFT ")
        assert ani.answer("PING x")[-1] == "OK"
        assert server.cpu_seconds() - before < 0.8


def test_long_answers_again_and_again(server: ServerProcess) -> None:
    """C27: they are made one a turn, and no further ones for somebody who does not read them."""
    with ExitStack() as crowd:
        for number in range(100):
            crowd.enter_context(member(server.port, f"n{number}"))
        before = server.rss_bytes()
        with answered_meanwhile(server) as waits, member(server.port, "ani") as ani:
            for verb in (b"WHO #lab\n", b"NAMES #lab\n"):
                ani.send(verb * 3000)
                assert ani.answer("PING x")[-1] == "OK"
    assert max(waits) < 10 * ANSWER_SECONDS
    assert server.rss_bytes() - before < 16 * MIB


def test_a_reader_of_a_few_bytes_a_second_is_a_slow_reader(tmp_path: Path) -> None:
    """C17: it makes progress for ever, and never comes under the soft mark."""
    words = ("rate=0", "send-hard=67108864", "send-progress=3600", "send-soft-time=1")
    arguments = [word for pair in words for word in ("--set", pair)]
    with (
        ServerProcess(tmp_path / "server", *arguments) as server,
        member(server.port, "ani") as ani,
        Raw(0, unix=server.unix, name="lazy") as lazy,
    ):
        lazy.say("JOIN #lab")
        lazy.sync()
        ani.sync()
        watch = Stopwatch(server.pid)
        ani.send(b"".join(b"SAY #lab %s\n" % (b"x" * 1000) for _ in range(1000)))
        ani.sync()
        while not select.select([ani.sock], [], [], 0.05)[0]:
            assert lazy.sock.recv(1)
            assert watch.seconds < 5
        assert ani.line().endswith(" #lab lazy slow-reader")
        assert watch.wall > 0.7


def test_who_is_closed_by_another_in_the_same_turn_is_heard_no_more(server: ServerProcess) -> None:
    """C9: an operator's KICK and the victim's own line are ready together, in both orders."""
    with Raw(0, unix=server.unix, name="op") as op, member(server.port, "ani") as ani:
        assert op.answer("JOIN #lab")[-1] == "OK"
        for number in range(20):
            with member(server.port, f"victim{number}") as victim:
                os.kill(server.pid, signal.SIGSTOP)
                kick = f"=k{number} KICK victim{number}"
                first, second = (op, victim) if number % 2 else (victim, op)
                lines = {op: kick, victim: f"SAY #lab last-{number}"}
                for raw in (first, second):
                    raw.say(lines[raw])
                late = Raw(server.port)  # its descriptor may be the victim's, but not in this turn
                late.say(f"HELLO late{number}")
                os.kill(server.pid, signal.SIGCONT)
                assert op.expect(f"=k{number} ") == f"=k{number} OK"
                assert victim.rest()[-1].startswith("BYE kicked ")
                assert late.expect("WELCOME ").split()[1] == f"late{number}"
                late.answer("QUIT")
                late.close()
        left = [line for line in ani.sync() if line.startswith("LEFT ")]
        assert len(left) == 20
    assert "defect" not in server.journal.read_text()
