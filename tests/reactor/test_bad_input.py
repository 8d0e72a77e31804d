"""Bad bytes never crash, spin or grow the server; the connection stays in step (P6, C1 to C8)."""

import contextlib
import random
import select
import socket
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.timing import Stopwatch, within

MIB = 1024 * 1024
NUMBERS = count()
TLS_HELLO = bytes.fromhex("16030100f5010000f10303") + bytes(range(11, 256))
HTTP = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/7.88\r\nAccept: */*\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One for all tests here: whatever they did to it, the next one finds it well."""
    folder = tmp_path_factory.mktemp("bad-input")
    with ServerProcess(folder / "server", "--set", "rate=0", "--set", "linger=1") as running:
        yield running
        assert "Traceback" not in running.journal.read_text()
        assert " defect " not in running.journal.read_text()


SECONDS_TO_SETTLE = 5


def come(server: ServerProcess) -> Raw:
    """Somebody who was never here before; names of those who were cut off are still held."""
    return Raw(server.port, name=f"p{next(NUMBERS)}")


@pytest.fixture
def ani(server: ServerProcess) -> Iterator[Raw]:
    with come(server) as ani:
        ani.say("JOIN #lab")
        ani.sync()
        yield ani


def still(server: ServerProcess) -> None:
    """The server does nothing when nothing is to be done; it serves others at once.

    What was sent may still be read for a moment; then a whole second must be idle.
    """
    for _ in range(SECONDS_TO_SETTLE):
        before = server.cpu_seconds()
        time.sleep(1)
        used = server.cpu_seconds() - before
        if used < 0.05:
            break
    assert used < 0.05
    with come(server) as other:
        assert other.answer("PING x") == ["PONG x", "OK"]


def ended(raw: Raw) -> list[str]:
    """The first words of all that comes until the server ends."""
    return [" ".join(line.split()[:2]) for line in raw.rest()]


# Lines of every length (C1, C2, C3).


@pytest.mark.parametrize("length", [4095, 4096])
def test_longest_line(ani: Raw, length: int) -> None:
    word = "x" * (length - len("PING \n"))
    ani.say(f"PING {word}")
    assert ani.line() == f"PONG {word}"


@pytest.mark.parametrize("length", [4097, 4098, 8192, 16_383])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_over_the_limit_is_refused_whole(ani: Raw, length: int, end: bytes) -> None:
    start = b"=t SAY #lab "
    ani.send(start + b"y" * (length - len(start) - len(end)) + end + b"PING in-step\n")
    assert ani.line().startswith("=t ERR too-long ")
    assert ani.line() == "PONG in-step"
    assert ani.answer("HISTORY #lab after 0 9") == ["OK 0 0"]


def test_empty_lines_are_ignored(ani: Raw) -> None:
    ani.send(b"\n" * 5 + b"\r\n" * 5 + b"PING x\n" + b"\n")
    assert ani.sync() == ["PONG x"]


def test_a_mebibyte_of_empty_lines(server: ServerProcess, ani: Raw) -> None:
    before = server.cpu_seconds()
    for end in (b"\n", b"\r\n"):
        ani.send(end * (MIB // len(end)))
        assert ani.sync() == []
    assert server.cpu_seconds() - before < 2


@pytest.mark.parametrize(
    ("greeted", "limit"), [pytest.param(True, 16_384, id="user"), (False, 4096)]
)
def test_too_many_bytes_without_line_end(
    server: ServerProcess, *, greeted: bool, limit: int
) -> None:
    with come(server) if greeted else Raw(server.port) as raw:
        if greeted:
            assert raw.answer("PING before") == ["PONG before", "OK"]
        raw.send(b"=t " + b"A" * (limit - 4))
        with pytest.raises(TimeoutError):  # one byte is missing
            raw.line(0.1)
        raw.send(b"A")
        assert ended(raw) == ["=t ERR", "BYE bad-line"]


def test_what_came_before_a_flood_is_answered(server: ServerProcess) -> None:
    with Raw(server.port) as raw:
        raw.send(b"HELLO flood\nPING x\n" + b"A" * 20_000)
        assert ended(raw) == ["WELCOME flood", "PONG x", "ERR too-long", "BYE bad-line"]


def test_connection_ends_with_a_fin_after_the_last_words(server: ServerProcess) -> None:
    """wire.md 4: it reads on, so that no reset overtakes the words; and it ends in time."""
    with come(server) as raw, within(0.9, 3, server.pid):  # linger is 1 s here
        raw.send(b"B" * 17_000)
        assert ended(raw) == ["ERR too-long", "BYE bad-line"]
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_for(raw, 30)


def send_for(raw: Raw, seconds: float) -> None:
    """Go on sending, slowly."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        raw.send(b"SAY #lab ignored\n" * 100)
        time.sleep(0.01)


# Strangers who speak something else (C2).


@pytest.mark.parametrize("data", [TLS_HELLO, HTTP, b"A" * 600, b"\x00\x01\x02\xff\n", b"\x16\x03"])
def test_strangers_of_other_protocols(server: ServerProcess, data: bytes) -> None:
    with Raw(server.port) as raw:
        raw.send(data)
        raw.send(b"\n=h HELLO p%d\n" % next(NUMBERS))
        while not (line := raw.line()).startswith("=h "):
            assert line.startswith("ERR ")
        assert line.startswith("=h WELCOME ")


def test_silence_after_half_a_line_costs_nothing(server: ServerProcess) -> None:
    """ngircd#343: 600 bytes without newline were 100 % CPU."""
    strangers = []
    for data in (TLS_HELLO, HTTP[:-20], b"A" * 600, b"", b"HELLO", b"=", b"SEND #l t 0 99 99 a\nx"):
        strangers.append(Raw(server.port))
        strangers[-1].send(data)
    with come(server) as half:
        half.send(b"SEND #lab t 0 99 99 a\nhalf of it" + b"SAY #la")
        still(server)
        half.send(b"x" * 100 + b"\n")
    for raw in strangers:
        raw.close()


# Many lines at once (C8).


def test_a_thousand_lines_in_one_packet(ani: Raw) -> None:
    ani.send(b"".join(b"=%d PING %d\n" % (number, number) for number in range(1000)))
    lines = [ani.line() for _ in range(2000)]
    expected = [f"={n} {word}" for n in range(1000) for word in (f"PONG {n}", "OK")]
    assert lines == expected


def test_a_thousand_lines_while_others_talk(server: ServerProcess, ani: Raw) -> None:
    """Fair shares: the others are answered in between, and no line is lost."""
    with come(server) as budi:
        ani.send(b"".join(b"=%d SAY #lab %d\n" % (number, number) for number in range(1000)))
        waited = []
        for _ in range(20):
            watch = Stopwatch(server.pid)
            assert budi.answer("PING x") == ["PONG x", "OK"]
            waited.append(watch.seconds)
        assert sorted(waited)[10] < 0.1
        oks = [line for line in (ani.line() for _ in range(2000)) if line.startswith("=")]
        assert [line.split()[0] for line in oks] == [f"={number}" for number in range(1000)]
        assert all(line.split()[1] == "OK" for line in oks)


def test_two_hundred_pages_at_once_are_no_slow_reader(server: ServerProcess) -> None:
    """Each answer waits for the one before it to be read: the buffer stays small."""
    with come(server) as hana, come(server) as iwan:
        for raw in (hana, iwan):
            raw.say("JOIN #pages")
            raw.sync()
        hana.send(b"".join(b"SAY #pages %s\n" % (b"z" * 3400) for _ in range(25)))
        hana.sync()
        iwan.sync()
        before = server.rss_bytes()
        iwan.send(b"".join(b"=%d HISTORY #pages after 0 200\n" % number for number in range(200)))
        for number in range(200):
            while not (line := iwan.line()).startswith(f"={number} OK "):
                assert line.startswith(f"={number} MSG ")
            assert line == f"={number} OK 19 1"
        assert server.rss_bytes() - before < 8 * MIB


# Floods, and what they leave behind (P6).


def flood(server: ServerProcess, piece: bytes, total: int, *, greeted: bool) -> int:
    """Send until the server has enough of it, or ``total`` bytes went; its answers are read."""
    with come(server) if greeted else Raw(server.port) as raw:
        raw.sock.settimeout(0)
        sent = 0
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while sent < total:
                readable, writable, _ = select.select([raw.sock], [raw.sock], [], 10)
                assert readable or writable, "the server neither reads nor answers"
                if readable and not raw.sock.recv(MIB):
                    break
                if writable:
                    sent += raw.sock.send(memoryview(piece)[sent % len(piece) :])
        return sent


@pytest.mark.parametrize("greeted", [True, False])
def test_memory_is_bounded_in_a_flood(server: ServerProcess, *, greeted: bool) -> None:
    before = server.rss_bytes()
    peak = 0
    floods = (
        (b"A" * MIB, 100 * MIB),  # no LF at all
        ((b"B" * 5000 + b"\n") * 200, 100 * MIB),  # lines that are too long
        (b"SEND #lab t 0 1048576 1048576 a\n" + bytes(MIB), 100 * MIB),  # unwanted payloads
        (b"\xff\n" * 1000, MIB // 2),  # very many bad lines
    )
    for piece, total in floods:
        flood(server, piece, total, greeted=greeted)
        peak = max(peak, server.rss_bytes())
    assert peak - before < 20 * MIB
    still(server)


# Random mutations of good sessions.

GOOD = """HELLO {name}
JOIN #fuzz
=a SAY #fuzz halo é🙂
ACT #fuzz waves
TOPIC #fuzz tea
NAMES #fuzz
=h HISTORY #fuzz after 0 200
WHO {name}
AWAY gone
ROOMS
SAY @{name} me
PING x
SEND #fuzz t 0 5 5 a.txt
halloNICK {name}x
LEAVE #fuzz
QUIT bye
"""
ODD = (b"\n", b"\r", b" ", b"=", b"\xe2\x80\xa8", b"-1", b"9" * 20)


def mutated(chance: random.Random, number: int) -> bytes:
    """A good session with some bytes changed, dropped, doubled or moved."""
    data = bytearray(GOOD.format(name=f"f{number}").encode())
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(data))
        length = chance.randrange(1, 40)
        what = chance.randrange(5)
        if what == 0:
            data[at] = chance.randrange(256)
        elif what == 1:
            del data[at : at + length]
        elif what == 2:
            data[at:at] = data[at : at + length] * chance.choice((1, 1, 1, 200))
        elif what == 3:
            data[at:at] = chance.randbytes(length)
        else:
            data[at:at] = chance.choice(ODD)
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_mutations(server: ServerProcess, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    before = server.rss_bytes()
    with come(server) as watch:
        for number in range(150):
            data = mutated(chance, seed * 1000 + number)
            (tmp_path / "last").write_bytes(data)  # what broke it is found there
            with Raw(server.port) as raw:
                try:
                    raw.send(data)
                    raw.sock.shutdown(socket.SHUT_WR)
                    lines = raw.rest()
                except (BrokenPipeError, ConnectionResetError):
                    continue
                assert lines[-1].split()[:2] in (["BYE", "quit"], ["BYE", "bad-line"]), lines
            assert watch.answer("PING x") == ["PONG x", "OK"]
    assert server.rss_bytes() - before < 20 * MIB
    still(server)
