"""C26: what all peers together do not read is bounded; whoever holds most goes first.

``make crowd`` has a crowd of the full size.
"""

import os
import random
import resource
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from reactor.doors.backlog import Backlog
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from wire.limits import Settings

KIB = 1024
MIB = 1024 * KIB
LIMIT = 64 * KIB


class Reader:
    """A peer that notes its end; what it notices on its way out goes to the backlog too."""

    def __init__(self, backlog: Backlog) -> None:
        self.backlog = backlog
        self.closed = 0

    def close_slow(self) -> None:
        self.closed += 1
        self.backlog.note(self, 0)


@pytest.fixture
def backlog() -> Backlog:
    return Backlog(Settings([("send-total", LIMIT)]))


def test_the_largest_goes_first_and_no_more_than_needed(backlog: Backlog) -> None:
    readers = [Reader(backlog) for _ in range(4)]
    for reader, waiting in zip(readers, (10, 30, 20, 4), strict=True):
        backlog.note(reader, waiting * KIB)
    assert backlog.total == LIMIT
    assert not any(reader.closed for reader in readers)
    backlog.note(readers[3], 5 * KIB)
    assert [reader.closed for reader in readers] == [0, 1, 0, 0]
    assert backlog.total == 35 * KIB
    backlog.note(readers[0], 60 * KIB)  # it is the largest itself
    assert [reader.closed for reader in readers] == [1, 1, 0, 0]
    assert backlog.total == 25 * KIB


def test_whatever_is_noted_the_sum_is_that_of_who_is_left(backlog: Backlog) -> None:
    chance = random.Random(26)
    readers = [Reader(backlog) for _ in range(12)]
    held: dict[Reader, int] = {}
    for _ in range(3000):
        reader = chance.choice(readers)
        held[reader] = chance.choice((0, chance.randrange(20 * KIB)))
        closed = {reader: reader.closed for reader in readers}
        backlog.note(reader, held[reader])
        for other in readers:
            if other.closed > closed[other]:
                gone = held.pop(other)
                assert gone == max((gone, *held.values()))
        assert backlog.total == sum(held.values()) <= LIMIT
    assert sum(reader.closed for reader in readers) > 100


class Crowd(NamedTuple):
    """``people`` who want a mebibyte each; so much is kept for all, in such a process.

    ``memory``: how much larger its address space may become, ``space``: or how large, in bytes.
    """

    people: int
    total: int
    memory: int
    space: int = 0


PAGES = 16
SMALL = Crowd(48, 8 * MIB, 40 * MIB)
FULL = Crowd(512, 64 * MIB, 160 * MIB, 256 * MIB)
CROWD = FULL if "OBROL_CROWD" in os.environ else SMALL


def vm_bytes(server: ServerProcess) -> int:
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def left(raw: Raw) -> list[str]:
    """Every line up to the answer to a PING, or to a BYE."""
    raw.say("=end PING x")
    lines = []
    while not (line := raw.line()).startswith(("=end OK", "BYE ")):
        assert line
        lines.append(line)
    return [*lines, line]


def test_a_crowd_that_does_not_read_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    """Each stays below its own limit, together they want more than there is to be had."""
    limits = {"rate": 0, "send-total": CROWD.total, "send-hard": 4 * MIB, "send-soft": 4 * MIB}
    arguments = [word for name, value in limits.items() for word in ("--set", f"{name}={value}")]
    with ServerProcess(tmp_path / "server", *arguments) as server, ExitStack() as crowd:
        ani = crowd.enter_context(member(server.port, "ani"))
        ani.send(b"".join(b"=s%d SAY #lab %s\n" % (n, b"x" * 3400) for n in range(20)))
        ani.expect("=s19 OK ")
        readers = []
        for number in range(CROWD.people):  # by UNIX sockets: the kernel holds little for each
            raw = crowd.enter_context(Raw(0, unix=server.unix, name=f"n{number}"))
            raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
            raw.say("JOIN #lab")
            raw.sync()
            readers.append(raw)
        before = server.rss_bytes()
        room = CROWD.space or vm_bytes(server) + CROWD.memory
        resource.prlimit(server.pid, resource.RLIMIT_AS, (room, room))
        for raw in readers:
            raw.say(*[f"=h{number} HISTORY #lab after 0 200" for number in range(PAGES)])
        ani.seen.clear()
        assert ani.answer("SAY #lab still here", "u")[-1].startswith("OK ")
        assert server.rss_bytes() - before < CROWD.memory
        ends = []
        for raw in readers:
            got = [line.split()[0] for line in left(raw)]
            ends.append(got[-1])
            if got[-1] != "BYE":  # who stayed lost nothing
                assert got.count(f"=h{PAGES - 1}") == 20
        assert 0 < ends.count("BYE") < CROWD.people
        assert ani.answer("SAY #lab and still", "v")[-1].startswith("OK ")
        server_peak = server.peak_bytes()
    told = server.journal.read_text()
    assert "defect" not in told
    assert told.count("why=slow-reader") == ends.count("BYE")
    print(
        f"{CROWD.people} people: {ends.count('BYE')} closed as slow readers, the others read all;"
        f" {server_peak / MIB:.0f} MiB at most, {before / MIB:.0f} before"
    )
