"""What the disk does at the worst moment: it ends between two steps, is full, or fails to sync."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.log import Batch, LogUnusableError
from tests.reactor.house import Guest, House
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "data")
    yield house
    house.crash()


def die_at_commit(house: House, *, behind: bool) -> None:
    """The next commit is the server's last: just before it, or just behind it."""
    real = house.server.log.commit

    def commit(batch: Batch) -> None:
        if behind:
            real(batch)
        raise LogUnusableError("planted")

    house.server.log.commit = commit  # type: ignore[method-assign]


@pytest.mark.parametrize("behind", [False, True])
def test_a_line_that_a_crash_took_is_there_once(house: House, *, behind: bool) -> None:
    """C29, C30: before the commit it is not there and not said; behind it, it is; again: once."""
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    ani.wait("JOINED ")
    die_at_commit(house, behind=behind)
    ani.send("=t SAY #lab once")
    with pytest.raises(LogUnusableError):
        ani.wait("=t ")
    for guest in (ani, budi):
        assert b"once" not in guest.buffer
        assert not [line for line in guest.lines if "once" in line]
    house.crash()
    house.open()
    assert house.server.log.tip == int(behind)
    again = Guest(house, "ani", ani.session)
    for _ in range(2):
        again.send("=t SAY #lab once")
        assert again.wait("=t ") == "=t OK 1"
    again.send("=h HISTORY #lab after 0 9")
    assert again.wait("=h OK") == "=h OK 1 0"
    again.send("=t SAY #lab otherwise")
    assert again.wait("=t ").startswith("=t ERR id-reused ")


def pages(house: House, most: int | None = None) -> int:
    """The size of the database in pages, or set how many there may be."""
    what = "page_count" if most is None else f"max_page_count = {most}"
    found: tuple[int] = house.server.log._db.execute(f"PRAGMA {what}").fetchone()
    return found[0]


def test_no_page_left_refuses_every_sender_of_the_turn(house: House) -> None:
    """C24: SQLITE_FULL takes the whole turn back, and whoever was in it is told so."""
    people = [Guest(house, name) for name in ("ani", "budi", "cici")]
    usual = pages(house, 1_000_000)
    pages(house, pages(house))
    large = "x" * 3400
    refused, number = 0, 0
    while refused < 3:  # all of one turn are refused together, whoever used the last page
        answers = []
        for guest in people:
            guest.send(f"=n{number} SAY #lab {large}")
        answers = [guest.wait(f"=n{number} ").split()[1:3] for guest in people]
        refused = answers.count(["ERR", "not-saved"])
        assert refused in (0, 3), answers
        number += 1
        assert number < 100
    assert people[1].house.server.log.tip == 3 * (number - 1)
    people[2].send("=h HISTORY #lab after 0 1")  # reads go on
    assert people[2].wait("=h OK").startswith("=h OK 1 ") or number == 1
    pages(house, usual)
    tip = house.server.log.tip
    for at, guest in enumerate(people):
        guest.send(f"=n{number - 1} SAY #lab {large}")
        assert guest.wait(f"=n{number - 1} ") == f"=n{number - 1} OK {tip + at + 1}"


SYNCS = "trace=fsync,fdatasync,sendto,sendmsg"


def test_a_sync_that_fails_ends_the_server_and_is_not_asked_again(
    server: ServerProcess, tmp_path: Path
) -> None:
    """C25: nobody is told anything of that turn, and the disk is not asked a second time."""
    assert server.process is not None
    with member(server.port, "ani") as ani, member(server.port, "budi") as budi:
        assert ani.answer("SAY #lab before", "a")[-1] == "OK 1"
        trace = tmp_path / "trace"
        words = ("-s", "200", "-e", SYNCS, "-e", "inject=fdatasync,fsync:error=EIO:when=1+")
        tracer = fail_from_now_on(server, trace, words)
        ani.say("=b SAY #lab lost")
        assert server.process.wait(60) == 1
        tracer.wait(60)
        for raw in (ani, budi):
            assert not [line for line in rest(raw) if "lost" in line or "OK" in line]
    asked = re.findall(r"^(?:\d+ +)?(fdatasync|fsync)\(.*EIO", trace.read_text(), re.MULTILINE)
    assert len(asked) == 1
    assert "obrol-server: the log failed: disk I/O error" in server.journal.read_text()
    server.process.communicate()
    server.start()
    with member(server.port, "cici") as cici:
        assert cici.answer("HISTORY #lab after 0 9")[0].endswith(" ani before")


def fail_from_now_on(
    server: ServerProcess, trace: Path, words: tuple[str, ...]
) -> "subprocess.Popen[bytes]":
    """An strace that lets every sync fail; PINGs, which store nothing, tell when it is there."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here")
    with Raw(server.port, name="probe") as probe:
        tracer = subprocess.Popen([strace, "-qq", "-o", str(trace), *words, "-p", str(server.pid)])
        while not trace.exists() or b"probe" not in trace.read_bytes():
            if tracer.poll() is not None:
                pytest.skip("nobody may be traced here")
            assert probe.answer("PING probe") == ["PONG probe", "OK"]
    return tracer


def rest(raw: Raw) -> list[str]:
    """What is still there; a reset is an end too."""
    lines = []
    try:
        while line := raw.line():
            lines.append(line)
    except ConnectionResetError:
        pass
    return lines


def test_a_log_that_fails_in_a_timer_ends_the_server_too(house: House) -> None:
    """C25: a defect of one connection is no end, but what is on disk concerns everybody."""

    def fail() -> None:
        raise LogUnusableError("planted")

    house.server.loop.later(0, fail)
    with pytest.raises(LogUnusableError):
        house.turns_until(lambda: False)
