"""P6: one recorded session, sent whole, byte by byte, and cut at every offset: the same answers."""

import re
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess

SESSION = (
    b"PING too-early\r\n"
    b"HELLO 1bad\n=h HELLO nNNNN colour=green\nHELLO nNNNN\n\n\r\n"
    b"=j JOIN #rNNNN\n"
    b"SAY #rNNNN halo \xc3\xa9\xf0\x9f\x99\x82 a\xe2\x80\xa8b\r\n"
    b"=s SAY #rNNNN one\n=s SAY #rNNNN one\n=s SAY #rNNNN two\nACT #rNNNN  waves \n"
    b"=\xff PING x\n=t SAY #rNNNN \xff\nSAY #rNNNN a\rb\nSAY #rNNNN\n"
    b"=p SEND #rNNNN t1 0 24 24 a.txt\n=no SAY #rNNNN payload\n\n"
    b"=q SEND #rNNNN t2 0 7 7 a/b\nQUIT x\n"
    b"=o SAY #rNNNN " + b"y" * 4200 + b"\n"
    b"TOPIC #rNNNN tea \n=n NAMES #rNNNN\nNICK mNNNN\nSAY @mNNNN note\n"
    b"=H HISTORY #rNNNN after 0 9\n=i HISTORY @ before 999999999999999 9\n"
    b"NONSENSE\nLEAVE #rNNNN\nPING last\n=z QUIT bye\nSAY #rNNNN never\n"
)
LONG = SESSION.index(b"y" * 4200)
EVENT = re.compile("(JOINED|LEFT|RENAMED|TOPIC|MSG|ACT) ")
NUMBERS = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("replay")
    settings = ("--set", "rate=0", "--set", "spool-size=0")
    with ServerProcess(folder / "server", *settings) as running:
        yield running


@pytest.fixture(scope="module")
def probe(server: ServerProcess) -> Iterator[Raw]:
    """Another connection: when it is answered, what was sent before it has been read."""
    with Raw(server.port, name="probe") as probe:
        yield probe


class Answers(NamedTuple):
    """What came back: the direct answers in their order, and the events in theirs.

    How the two interleave is left open by the wire ("One order").
    """

    direct: list[str]
    events: list[str]


def play(server: ServerProcess, probe: Raw, *cuts: int) -> Answers:
    """The answers to the session, cut there, without what differs each time."""
    number = f"{next(NUMBERS):04d}"
    data = SESSION.replace(b"NNNN", number.encode())
    with Raw(server.port) as raw:
        for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
            raw.send(data[start:end])
            if start < LONG or end > LONG + 4200:  # within the long line: as fast as they go
                assert probe.sync() == []
        lines = normal(raw.rest(), number)
    events = [line for line in lines if EVENT.match(line)]
    return Answers([line for line in lines if line not in events], events)


def normal(lines: list[str], number: str) -> list[str]:
    """The lines with their times, secrets and ids as if each session were the first."""
    welcome = next(line.split() for line in lines if " WELCOME " in line)
    tip = int(welcome[5])

    def relative(hit: re.Match[str]) -> str:
        return f"{hit[1]}tip+{int(hit[2]) - tip}"

    found = []
    for line in lines:
        words = line.replace(welcome[3], "SECRET").replace(f" {tip} ", " TIP ")
        words = re.sub(r"\d{4}-\d\d-\d\dT\S+Z", "TIME", words)
        words = re.sub(f"([nmr]){number}", r"\1NNNN", words)
        found.append(re.sub(r"(MSG |ACT |=s OK )(\d+)", relative, words))
    return found


@pytest.fixture(scope="module")
def whole(server: ServerProcess, probe: Raw) -> Answers:
    return play(server, probe)


def test_the_whole_session_says_what_it_should(whole: Answers) -> None:
    assert [line.replace(" TIME #rNNNN", "") for line in whole.events] == [
        "JOINED nNNNN",
        "MSG tip+1 nNNNN halo é🙂 a\u2028b",
        "MSG tip+2 nNNNN one",
        "ACT tip+3 nNNNN  waves ",
        "TOPIC nNNNN tea ",
        "RENAMED TIME nNNNN mNNNN",
        "MSG tip+4 TIME @mNNNN mNNNN note",
        "LEFT mNNNN",
    ]
    codes = [line.split()[2 if line[0] == "=" else 1] for line in whole.direct if "ERR " in line]
    assert codes == [
        *("not-yet", "bad-name", "bad-line", "id-reused", "bad-line", "bad-text", "bad-text"),
        *("bad-line", "no-space", "bad-file", "too-long", "unknown-verb"),
    ]
    rest = [line.partition(" the")[0] for line in whole.direct if "ERR " not in line]
    history = ["ACT" if line.startswith("ACT") else "MSG" for line in whole.events[1:4]]
    assert [re.sub(r"(WELCOME|MSG|ACT|BYE) .*", r"\1", line) for line in rest] == [
        *("=h WELCOME", "=h OK", "=j NAMES #rNNNN nNNNN", "=j OK"),
        *("=s OK tip+2", "=s OK tip+2", "=n NAMES #rNNNN nNNNN", "=n OK"),
        *(*[f"=H {kind}" for kind in history], "=H OK 3 0", "=i MSG", "=i OK 1 0"),
        *("PONG last", "=z OK", "BYE"),
    ]


def test_byte_by_byte(server: ServerProcess, probe: Raw, whole: Answers) -> None:
    assert play(server, probe, *range(1, len(SESSION))) == whole


@pytest.mark.parametrize("part", range(4))
def test_cut_at_every_offset(server: ServerProcess, probe: Raw, whole: Answers, part: int) -> None:
    """Every offset, but of the 4,200 bytes in the long line every 211th."""
    dull = range(LONG + 2, LONG + 4190)
    offsets = [at for at in range(1, len(SESSION)) if at not in dull or at % 211 == 0]
    for offset in offsets[part::4]:
        assert play(server, probe, offset) == whole, offset
