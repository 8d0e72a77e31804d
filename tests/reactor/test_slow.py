"""Who is slow, silent or too fast hurts only itself (P4, P11, C17, C18, C27)."""

import itertools
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.timing import Stopwatch, within

MIB = 1024 * 1024
BLOCK = 50
"""Lines that are sent before an answer is read: their answers stay below every mark."""
Start = Callable[..., ServerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server with these settings; underscores stand for hyphens."""
    with ExitStack() as running:

        def start(**settings: float) -> ServerProcess:
            words = [f"{name.replace('_', '-')}={value}" for name, value in settings.items()]
            arguments = [word for pair in words for word in ("--set", pair)]
            server = ServerProcess(tmp_path / "server", *arguments)
            return running.enter_context(server)

        yield start


def come(server: ServerProcess, name: str, room: str = "#lab") -> Raw:
    """Somebody in a room, with nothing left to read."""
    raw = Raw(server.port, name=name)
    raw.say(f"JOIN {room}")
    raw.sync()
    return raw


class Lazy(Raw):
    """A connection whose kernel takes as little as it can."""

    def __init__(self, server: ServerProcess, name: str, *, unix: bool = False) -> None:
        self.sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self.sock.connect("\0" + server.unix[1:] if unix else ("127.0.0.1", server.port))
        self.sock.settimeout(30)
        self.buffer = b""
        self.seen = []
        self.hello(name)
        self.say("JOIN #lab")
        self.sync()


def readable(raw: Raw, seconds: float = 0.05) -> bool:
    """Whether something comes, or has come, within so many seconds."""
    return bool(select.select([raw.sock], [], [], seconds)[0])


# Silence.


@pytest.mark.parametrize("data", [b"", b"HELL", b"A" * 40, bytes.fromhex("1603010200"), b"\n" * 40,
                                  b"HELLO 1\n" * 6])  # fmt: skip
def test_stranger_has_so_long_to_say_hello(start: Start, data: bytes) -> None:
    """P5: from accept on; trickling bytes and refused lines do not extend it."""
    server = start(login_timeout=0.6, rate=0)
    with within(0.6, 1.3, server.pid), Raw(server.port) as raw:
        for at in range(len(data)):
            raw.send(data[at : at + 1])
            if readable(raw) and raw.sock.recv(4096, socket.MSG_PEEK).find(b"BYE") >= 0:
                break
        words = [line.split()[:2] for line in raw.rest()]
        assert words[-1] == ["BYE", "timeout"]
        assert all(word == ["ERR", "bad-name"] for word in words[:-1])


def test_others_come_in_meanwhile_and_stay(start: Start) -> None:
    server = start(login_timeout=1.5, rate=0)
    with ExitStack() as strangers:
        silent = [strangers.enter_context(Raw(server.port)) for _ in range(30)]
        with within(0, 0.4, server.pid), come(server, "ani") as ani:
            assert ani.answer("PING x") == ["PONG x", "OK"]
        with Raw(server.port, name="budi") as budi:
            for raw in silent:
                assert raw.expect("BYE ").startswith("BYE timeout ")
            assert budi.answer("PING x") == ["PONG x", "OK"]


def test_silent_connection_is_asked_and_then_dropped(start: Start) -> None:
    server = start(ping_after=0.4, drop_after=1.2)
    with come(server, "ani") as ani, Raw(server.port, name="budi") as budi:
        budi.say("JOIN #lab")
        budi.sync()
        watch = Stopwatch(server.pid)
        budi.sync()
        assert budi.line() == "PING obrol"
        assert watch.wall >= 0.4
        assert watch.seconds < 0.8
        while not readable(budi):
            ani.answer("PING x")
        assert watch.wall >= 1.2
        assert watch.seconds < 2
        assert [line.split()[:2] for line in budi.rest()] == [["BYE", "timeout"]]
        assert ani.expect("LEFT ").split()[2:] == ["#lab", "budi", "timeout"]


def test_who_answers_stays(start: Start) -> None:
    server = start(ping_after=0.4, drop_after=1.6)
    with Raw(server.port, name="ani") as ani:
        with within(1.4, 3, server.pid):
            for _ in range(4):
                assert ani.line() == "PING obrol"
                ani.say("PONG obrol")
        ani.say("PING still-here")
        assert ani.expect("PONG ") == "PONG still-here"


@pytest.mark.parametrize("head", [b"", b"SEND #lab t 0 1000 1000 a\n"])
def test_any_byte_counts_as_life(start: Start, head: bytes) -> None:
    """P11: somebody who only uploads, or types half a line, is not asked and not dropped."""
    server = start(ping_after=1.2, drop_after=2.4)
    with Raw(server.port, name="ani") as ani:
        ani.send(head)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            ani.send(b"x")
            time.sleep(0.1)  # what is tested is that time goes by
        ani.send(b"y" * (1000 if head else 0) + b"\nPING x\n")
        came = [ani.line()]
        while came[-1] != "PONG x":
            came.append(ani.line())
        assert [line.split()[0] for line in came] == ["ERR", *["ERR"] * bool(head), "PONG"]


def test_drop_after_alone_is_enough(start: Start) -> None:
    """Asked at half of it, when that comes before ping-after."""
    server = start(drop_after=0.8)
    with within(0.8, 1.6, server.pid), Raw(server.port, name="ani") as ani:
        assert ani.line() == "PING obrol"
        assert ani.line().startswith("BYE timeout ")


# Slow readers.


def burst(talker: Raw, number: int, size: int) -> None:
    """So many tagged lines, until all were acknowledged; the talker reads what it is told."""
    for first in range(0, number, BLOCK):
        lines = range(first, min(first + BLOCK, number))
        talker.send(b"".join(b"=b%d SAY #lab %06d%s\n" % (n, n, b"x" * size) for n in lines))
        talker.expect(f"=b{lines[-1]} OK ")


def test_slow_reader_is_closed_and_nobody_else_is_hurt(start: Start) -> None:
    server = start(rate=0, linger=60)  # so long its last words wait for it
    with ExitStack() as room:
        others = [room.enter_context(come(server, f"o{number}")) for number in range(20)]
        talker = room.enter_context(come(server, "talker"))
        lazy = room.enter_context(Lazy(server, "lazy"))
        for raw in (*others, talker):
            raw.sync()
        before = server.rss_bytes()
        total = 6000
        told: list[list[str]] = [[] for _ in others]
        took = []
        for first in range(0, total, 200):
            watch = Stopwatch(server.pid)
            numbers = range(first, first + 200)
            talker.send(b"".join(b"=b%d SAY #lab %06d%s\n" % (n, n, b"x" * 1000) for n in numbers))
            talker.expect(f"=b{first + 199} OK ")
            for raw, lines in zip(others, told, strict=True):
                lines.extend(raw.sync())
            took.append(watch.seconds)
        assert max(took) < 1.5
        assert median(took[10:]) < 2 * median(took[:10]) + 0.05  # its buffer is full, and cut
        assert server.rss_bytes() - before < 8 * MIB
        for lines in told:
            texts = [int(line.split(" ", 5)[5][:6]) for line in lines if line.startswith("MSG")]
            assert texts == list(range(total))
            left = [line.split()[2:] for line in lines if line.startswith("LEFT")]
            assert left == [["#lab", "lazy", "slow-reader"]]
        got = lazy.rest()
        assert got[-1].startswith("BYE slow-reader ")
        events = [line for line in got if line.startswith("MSG")]
        assert events == told[0][: len(events)]  # whole lines, none lost before the end
        # What had not begun to leave was forgotten: the hard mark's worth of it.
        left_at = next(at for at, line in enumerate(told[0]) if line.startswith("LEFT"))
        assert 0 < len(events) < left_at - 800
        # On return HISTORY gives all that it missed.
        with come(server, "lazy2") as again:
            last = int(events[-1].split()[1])
            while True:
                *page, end = again.answer(f"HISTORY #lab after {last} 200")
                events += page
                last = int(page[-1].split()[1])
                if end.endswith(" 0"):
                    break
        assert events == [line for line in told[0] if line.startswith("MSG")]


def test_commands_wait_while_answers_are_not_read(start: Start) -> None:
    """Over the soft mark its own lines are not served; they are, when it reads again."""
    server = start(rate=0)
    with come(server, "ani") as ani, Lazy(server, "lazy") as lazy:
        burst(ani, 40, 3000)
        ani.sync()
        before = server.rss_bytes()
        asked = 300
        lazy.say(*[f"=h{number} HISTORY #lab after 0 200" for number in range(asked)])
        lazy.say("SAY #lab served")
        with pytest.raises(TimeoutError):  # 18 MB of pages stand before it
            ani.line(0.5)
        assert server.rss_bytes() - before < 4 * MIB
        assert ani.answer("PING x")[-1] == "OK"
        for number in range(asked):
            lazy.expect(f"=h{number} OK ")
            lazy.seen.clear()
        assert ani.expect("MSG ").endswith(" lazy served")


@pytest.mark.parametrize("setting", ["send_progress", "send_soft_time"])
def test_time_without_reading_is_limited(start: Start, setting: str) -> None:
    """C17: under the hard mark, but for too long."""
    limits = {"send_progress": 3600.0, "send_soft_time": 3600.0, setting: 0.7}
    server = start(rate=0, send_hard=64 * MIB, **limits)
    with come(server, "ani") as ani, Lazy(server, "lazy") as lazy:
        ani.sync()
        with within(0.6, 4, server.pid):
            burst(ani, 5000, 1000)
            if not any(line.startswith("LEFT ") for line in ani.seen):  # it may have come already
                ani.expect("LEFT ")
        assert lazy.rest()[-1].startswith("BYE slow-reader ")


def test_slow_reader_within_all_limits_stays(start: Start) -> None:
    server = start(rate=0, send_hard=64 * MIB)
    with come(server, "ani") as ani, Lazy(server, "lazy") as lazy:
        ani.sync()
        burst(ani, 5000, 1000)
        ani.seen.clear()
        with pytest.raises(TimeoutError):
            ani.line(1.0)
        texts = [int(lazy.expect("MSG ").split(" ", 5)[5][:6]) for _ in range(5000)]
        assert texts == list(range(5000))
        assert lazy.answer("PING x")[-1] == "OK"


def test_unix_reader_that_is_gone_is_noticed_while_we_wait_for_it(start: Start) -> None:
    """C18: its lines wait because it does not read; then it closes."""
    server = start(rate=0)
    with come(server, "ani") as ani:
        burst(ani, 40, 3000)
        with Lazy(server, "lazy", unix=True) as lazy:
            lazy.say(*["HISTORY #lab after 0 200"] * 300)
            ani.expect("JOINED ")
            assert ani.answer("PING x")[-1] == "OK"
        with within(0, 1, server.pid):
            ani.expect("LEFT ")


# Too fast (C27): delayed, never refused, never lost.


def test_rate_is_a_delay(start: Start) -> None:
    server = start(rate=20, rate_burst=6)
    with Raw(server.port, name="ani") as ani, Raw(server.port, name="budi") as budi:
        ani.say("JOIN #lab")
        ani.sync()
        watch = Stopwatch(server.pid)
        ani.say(*[f"=s{number} SAY #lab {number}" for number in range(15)], "=p PING behind")
        oks = []
        for number in range(15):
            assert ani.expect(f"=s{number} ").startswith(f"=s{number} OK ")
            oks.append(watch.seconds)
            if number == 8:
                with within(0, 0.3, server.pid):  # the others are not delayed
                    assert budi.answer("PING x") == ["PONG x", "OK"]
        assert ani.line() == "=p PONG behind"  # order is kept
        assert oks[4] < 0.2  # the burst: JOIN and five more
        assert watch.wall >= 10 / 20 - 0.02
        assert oks[-1] < 3
        gaps = [later - earlier for earlier, later in itertools.pairwise(oks[5:])]
        assert max(gaps) < 1


def test_reading_is_not_charged(start: Start) -> None:
    server = start(rate=0.5, rate_burst=2)
    with Raw(server.port, name="ani") as ani, within(0, 1, server.pid):
        ani.say("JOIN #lab")
        ani.say(
            *["PING x", "HISTORY #lab after 0 9", "NAMES #lab", "ROOMS", "WHO ani", "AWAY"] * 30
        )
        ani.sync()


@pytest.mark.parametrize(
    "line",
    ["JOIN #a", "NICK b", "SAY #lab x", "ACT #lab x", "TOPIC #lab x", "KEY #lab",
     "INVITE #lab ani", "PASSWORD"],
)  # fmt: skip
def test_what_is_charged(start: Start, line: str) -> None:
    server = start(rate=4, rate_burst=2)
    with Raw(server.port, name="ani") as ani, within(0.4, 2, server.pid):
        ani.say("JOIN #lab", line, line)  # the first two at once, half a second for two more
        ani.sync()


def test_bad_lines_are_slowed_and_not_closed(start: Start) -> None:
    """120 a minute: so many at once, then two a second."""
    server = start(bad_lines=120)
    with Raw(server.port, name="ani") as ani:
        with within(0.4, 3, server.pid):
            ani.say(*["NONSENSE"] * 121, "PING x")
            lines = ani.sync()
        assert [line.split()[1] for line in lines[:-1]] == ["unknown-verb"] * 121
        assert lines[-1] == "PONG x"


def test_strangers_bad_lines_are_slowed_too(start: Start) -> None:
    server = start(bad_lines=5)
    with Raw(server.port) as raw:
        raw.say(*["NONSENSE"] * 5, "HELLO ani")
        for _ in range(5):
            assert raw.line().startswith("ERR unknown-verb ")
        with pytest.raises(TimeoutError):
            raw.line(0.4)
        with Raw(server.port, name="budi"):
            pass


def test_delayed_lines_survive_a_half_close(start: Start) -> None:
    server = start(rate=10, rate_burst=2)
    with Raw(server.port, name="ani") as ani:
        ani.say("JOIN #lab", *[f"SAY #lab {number}" for number in range(6)])
        ani.sock.shutdown(socket.SHUT_WR)
        lines = ani.rest()
        assert [line.split(" ", 5)[5] for line in lines if line.startswith("MSG")] == list("012345")
        assert lines[-1].startswith("BYE quit ")
