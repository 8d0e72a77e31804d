"""The server tells the LAN where it is: to who asks properly, so many a second, and nothing else.

The interface is loopback's; the multicast group is this test process's own (tests.support.home).
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.doors.announce import DATAGRAMS_A_TURN, Announcer
from reactor.doors.sockets import DoorError
from reactor.loop import Loop
from tests.reactor.fakes import FakeClock, turn, until
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.timing import Stopwatch
from wire.discovery import QUESTION_BYTES, TOKEN_BYTES, Answer, parse_answer, place, question
from wire.limits import Settings

HERE = "127.0.0.1"
PATIENCE = 30.0
TOKEN = bytes(range(TOKEN_BYTES))


class Asker:
    """A socket on loopback that asks the group."""

    def __init__(self, source: str = HERE) -> None:
        self.where = place(os.environ["OBROL_GROUP"])
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((source, 0))
        self.sock.settimeout(PATIENCE)
        via = socket.inet_aton(HERE)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, via)

    def send(self, data: bytes, where: tuple[str, int] | None = None) -> None:
        self.sock.sendto(data, where or self.where)

    def ask(self, token: bytes = TOKEN) -> None:
        self.send(question(token))

    def answer(self, token: bytes = TOKEN) -> Answer:
        """The next datagram, which is an answer, no longer than the question."""
        data, _ = self.sock.recvfrom(65536)
        assert len(data) <= QUESTION_BYTES
        told = parse_answer(data, token)
        assert told is not None
        return told

    def rest(self) -> int:
        """How many datagrams are there now."""
        self.sock.settimeout(0)
        count = 0
        try:
            while self.sock.recv(65536):
                count += 1
        except BlockingIOError:
            return count
        raise AssertionError("an empty datagram")


@pytest.fixture
def asker() -> Iterator[Asker]:
    found = Asker()
    yield found
    found.sock.close()


class Announced:
    """An announcer on a loop of its own, whose clock stands still."""

    def __init__(self, host: str = HERE, name: str = "lab", *pairs: tuple[str, float]) -> None:
        self.clock = FakeClock()
        self.loop = Loop(clock=self.clock)
        self.announcer = Announcer(
            self.loop, Settings(pairs), place(os.environ["OBROL_GROUP"]), HERE, host, 59000, name
        )

    def seen(self) -> tuple[int, int, int, int]:
        one = self.announcer
        return one.answered, one.malformed, one.over_rate, one.unsent

    def wait(self, *wanted: int) -> None:
        until(self.loop, lambda: sum(self.seen()) >= sum(wanted))
        assert self.seen() == wanted

    def __enter__(self) -> "Announced":
        return self

    def __exit__(self, *_: object) -> None:
        self.announcer.close()
        self.loop.close()


def test_a_server_answers_with_its_door(tmp_path: Path, asker: Asker) -> None:
    with ServerProcess(tmp_path / "server", "--announce", HERE) as server:
        asker.ask()
        told = asker.answer()
        assert told == Answer(server.port, HERE, socket.gethostname())
        with Raw(told.port, name="rizky"):
            pass
        assert "bound to loopback: others find this server, but cannot connect" in (
            server.journal.read_text()
        )


def test_bound_to_everything_it_names_no_address(tmp_path: Path, asker: Asker) -> None:
    words = ("--host", "0.0.0.0", "--announce", HERE)  # noqa: S104 - that is what is tested
    with ServerProcess(tmp_path / "server", *words) as server:
        asker.ask()
        assert asker.answer()[:2] == (server.port, "")
        assert server.journal.read_text() == ""


def test_two_servers_of_one_machine_answer_both(tmp_path: Path, asker: Asker) -> None:
    words = ("--announce", HERE)
    with ServerProcess(tmp_path / "a", *words) as a, ServerProcess(tmp_path / "b", *words) as b:
        asker.ask()
        assert {asker.answer().port, asker.answer().port} == {a.port, b.port}
        assert a.stop() == 0
        asker.ask()
        assert asker.answer().port == b.port


def test_without_announce_nobody_answers(server: ServerProcess, tmp_path: Path) -> None:
    """The one that announces itself shows that the question was heard."""
    asker = Asker()
    with ServerProcess(tmp_path / "other", "--announce", HERE) as other, asker.sock:
        asker.ask()
        assert asker.answer().port == other.port != server.port
        with Raw(server.port, name="rizky") as raw:
            raw.answer("PING")
        assert asker.rest() == 0


def test_what_it_listens_to_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "reactor", "--port", "0", "--data", str(tmp_path), "--announce",
         HERE],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        process.terminate()
    group, port = place(os.environ["OBROL_GROUP"])
    assert lines[2:] == [f"listening announce {group}:{port}@{HERE}\n", "ready\n"]


@pytest.mark.parametrize(
    ("interface", "group", "told"),
    [
        ("eth0", "", "eth0 is no IPv4 address"),
        ("192.0.2.77", "", "No such device"),
        (HERE, "10.0.0.1", "10.0.0.1 is no multicast group"),
    ],
)
def test_where_it_cannot_announce_the_server_says_so(
    tmp_path: Path, interface: str, group: str, told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reactor", "--port", "0", "--data", str(tmp_path), "--announce",
         interface],
        cwd=ROOT, env={**os.environ, "OBROL_GROUP": group}, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ready" not in done.stdout
    assert done.stderr.startswith("obrol-server: cannot announce")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_link_local_address_of_ipv6_cannot_be_told() -> None:
    with pytest.raises(DoorError, match="cannot announce: fe80::1"):
        Announced("fe80::1%lo")


def test_what_is_no_question_is_dropped_and_counted(asker: Asker) -> None:
    with Announced() as one:
        bad = [b"", b"halo", question(TOKEN)[:-1], question(TOKEN) + b"\0", bytes(QUESTION_BYTES),
               question(TOKEN)[:-1] + b"x", b"x" * 60_000]  # fmt: skip
        for data in bad:
            asker.send(data)
        one.wait(0, len(bad), 0, 0)
        assert asker.rest() == 0
        asker.ask()
        one.wait(1, len(bad), 0, 0)
        assert asker.answer().name == "lab"


def test_a_question_that_was_not_sent_to_the_group_is_not_heard(asker: Asker) -> None:
    with Announced() as one:
        _, port = asker.where
        asker.send(question(TOKEN), (HERE, port))
        asker.ask()
        one.wait(1, 0, 0, 0)
        asker.answer()
        turn(one.loop)
        assert one.seen() == (1, 0, 0, 0)


def test_other_groups_of_the_machine_do_not_get_in(asker: Asker) -> None:
    """Another program joins another group on the same port (IP_MULTICAST_ALL)."""
    _, port = asker.where
    other = "239.255.7.7"
    with Announced() as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((other, port))
        joined = socket.inet_aton(other) + socket.inet_aton(HERE)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        sock.settimeout(PATIENCE)
        asker.send(question(TOKEN), (other, port))
        assert sock.recv(65536) == question(TOKEN)
        asker.ask()
        one.wait(1, 0, 0, 0)


def test_so_many_answers_a_second_and_no_more(asker: Asker) -> None:
    with Announced(HERE, "lab", ("announce-rate", 5)) as one:
        for _ in range(8):
            asker.ask()
        one.wait(5, 0, 3, 0)
        one.clock.advance(0.9)
        asker.ask()
        one.wait(5, 0, 4, 0)
        one.clock.advance(0.2)
        for _ in range(6):
            asker.ask()
        one.wait(10, 0, 5, 0)
        assert asker.rest() == 10


def test_a_turn_takes_a_bounded_number(asker: Asker) -> None:
    with Announced() as one:
        turn(one.loop)
        for _ in range(DATAGRAMS_A_TURN + 10):
            asker.send(b"x")
        turn(one.loop)
        assert one.announcer.malformed == DATAGRAMS_A_TURN
        one.wait(0, DATAGRAMS_A_TURN + 10, 0, 0)


def test_the_name_of_the_machine_is_made_fit(asker: Asker) -> None:
    with Announced(HERE, "\x1b[31mlab" + "é" * 100) as one:
        asker.ask()
        one.wait(1, 0, 0, 0)
        name = asker.answer().name
        assert name.startswith("\ufffd[31mlabé")
        assert len(name.encode()) <= 64


def test_a_flood_from_many_addresses_does_not_hold_up_the_talk(tmp_path: Path) -> None:
    """P13: 10,000 datagrams from 1,000 loopback addresses, half of them questions."""
    with (
        ServerProcess(tmp_path / "server", "--set", "rate=0", "--announce", HERE) as server,
        Raw(server.port, name="rizky") as rizky,
    ):
        rizky.answer("PING")
        before = server.rss_bytes()
        waits, received, whole = [], 0, Stopwatch()
        for block in range(100):
            askers = [Asker(f"127.1.{block}.{n}") for n in range(1, 11)]
            for n in range(100):
                askers[n % 10].send(question(TOKEN) if n % 2 else b"x" * 1000)
            watch = Stopwatch(server.pid)
            rizky.answer("PING")
            waits.append(watch.seconds)
            for asker in askers:
                received += asker.rest()
                asker.sock.close()
        print(f"slowest answer {max(waits) * 1000:.1f} ms, datagrams sent back {received}")
        assert sorted(waits)[98] < 0.2
        seconds = whole.wall + 10  # generous: the rate is 50 a second
        assert 0 < received <= 50 * seconds
        assert server.rss_bytes() - before < 4 * 1024 * 1024
        assert server.process is not None
        assert server.process.poll() is None
