"""Files on a real server whose database is locked, or whose disk is full (C24)."""

import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reactor.house import KIB, content, sha256
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess


def test_a_database_that_is_locked(server: ServerProcess) -> None:
    """C24 with a real server: it waits for a while, says not-saved, and works again after that."""
    with member(server.port, "ani") as ani:
        ani.answer("SEND #lab t1 0 5 10 x", payload=b"01234")
        db = sqlite3.connect(server.data / "log.sqlite", isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        ani.send(b"=last SEND #lab t1 5 5 10 x\n56789")
        assert ani.expect("=last ", 15).startswith("=last ERR not-saved ")
        assert list((server.data / "spool" / "files").iterdir()) == []
        db.execute("ROLLBACK")
        db.close()
        (answer,) = ani.answer("SEND #lab t1 5 5 10 x", "last", b"56789")
        assert answer == f"OK 1 {sha256(b'0123456789')}"
        assert ani.fetch(1) == b"0123456789"


def check_full_disk(ani: Raw, data: bytes, make_space: Callable[[], object]) -> None:
    """SEND to a disk that is full half way; talk goes on, and the rest goes when there is space."""
    line = f"SEND #lab t1 {{0}} {{1}} {len(data)} x"
    (answer,) = ani.answer(line.format(0, len(data)), "one", data)
    assert answer.startswith("ERR no-space ")
    here = int(ani.answer("PARTIAL t1")[0].split()[1])
    assert 0 < here < len(data)
    assert ani.answer("SAY #lab still here", "say")[-1].startswith("OK ")
    assert ani.answer(line.format(here, len(data) - here), "two", data[here:])[0].startswith("ERR")
    make_space()
    here = int(ani.answer("PARTIAL t1")[0].split()[1])
    (answer,) = ani.answer(line.format(here, len(data) - here), "three", data[here:])
    assert answer.endswith(sha256(data))
    assert ani.fetch(int(answer.split()[1])) == data


def test_a_file_that_the_system_refuses_to_grow(server: ServerProcess) -> None:
    former = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (500 * KIB, former[1]))
    with member(server.port, "ani") as ani:
        check_full_disk(
            ani,
            content(900 * KIB),
            lambda: resource.prlimit(server.pid, resource.RLIMIT_FSIZE, former),
        )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    disk = tmp_path / "s" / "spool"
    disk.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk(tmp_path: Path, small_disk: Path) -> None:
    """ENOSPC itself; the log is on another disk."""
    settings = ("--set", "rate=0", "--set", "disk-free=0")
    with ServerProcess(tmp_path / "s", *settings) as server, member(server.port, "ani") as ani:
        data = content(700 * KIB)
        # It was taken: the disk was not full then.
        assert ani.answer(f"SEND #lab t1 0 1 {len(data)} x", "ask", data[:1]) == ["OK 1"]
        assert ani.answer("STOP t1") == ["OK"]
        (answer,) = ani.answer(f"SEND #lab big 0 1 {1000 * KIB} x", payload=b"1")
        assert answer == "OK 1"
        filler = small_disk / "filler"
        filler.write_bytes(bytes(500 * KIB))
        at = 1
        while at < 900 * KIB:
            line = f"SEND #lab big {at} {64 * KIB} {1000 * KIB} x"
            (answer,) = ani.answer(line, f"p{at}", bytes(64 * KIB))
            if answer.startswith("ERR"):
                break
            at = int(answer.split()[1])
        assert answer.startswith("ERR no-space ")
        assert ani.answer("SAY #lab still here", "say")[-1].startswith("OK ")
        here = int(ani.answer("PARTIAL big")[0].split()[1])
        assert at <= here < 600 * KIB
        filler.unlink()
        rest = bytes(1000 * KIB - here)
        (answer,) = ani.answer(f"SEND #lab big {here} {len(rest)} {1000 * KIB} x", "rest", rest)
        assert answer.endswith(sha256(b"1" + bytes(1000 * KIB - 1)))
