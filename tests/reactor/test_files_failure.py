"""Files when something fails: the commit, a sync, a handler, the disk, the process (C24 C25 C31).

Most of it runs the server in this process, turn by turn, so that a failure falls where it is meant
to; what the operating system does is tried with a real one.
"""

import contextlib
import errno
import hashlib
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reactor.hub import hub as hub_module
from reactor.log import Batch, LogError, LogUnusableError
from reactor.server import Options, Server
from reactor.spool import Upload
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from wire.limits import Settings

KIB = 1024
MIB = 1024 * KIB
PATIENCE = 10.0


def content(size: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def piece(tag: str, word: str, data: bytes, start: int = 0, end: int | None = None) -> bytes:
    """The bytes of one tagged SEND."""
    part = data[start:end]
    line = f"={tag} SEND #lab {word} {start} {len(part)} {len(data)} {word}.bin\n"
    return line.encode() + part


class House:
    """A server in this process; :meth:`crash` leaves its folder as a killed one would."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.sockets: list[socket.socket] = []
        self.open()

    def open(self) -> None:
        """Start on the folder, whatever is in it."""
        settings = Settings([("rate", 0), ("disk-free", 0)])
        self.server = Server(Options("127.0.0.1", 0, "off", self.data, "en", settings))
        (door,) = self.server.open()
        self.port = int(door.rpartition(":")[2])

    def turns_until(self, done: Callable[[], bool]) -> None:
        """Turn after turn until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, "it did not happen"
            self.server.loop.run_once()

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port))
        self.sockets.append(sock)
        return sock

    def crash(self) -> None:
        """End without a word: nothing more is stored, only descriptors are given back."""
        for listener in self.server._listeners:
            listener.close()
        for peer in list(self.server._native._peers):
            peer.abort("crash")
        for sock in self.sockets:
            sock.close()
        self.server.close()

    def fail_commits(self, count: int, error: type[Exception] = LogError) -> list[Batch]:
        """Have the next ``count`` commits fail; gives the batches that were not stored."""
        log, real = self.server.log, self.server.log.commit
        failed: list[Batch] = []

        def commit(batch: Batch) -> None:
            if len(failed) < count:
                failed.append(batch)
                raise error("planted")
            real(batch)

        log.commit = commit  # type: ignore[method-assign]
        return failed

    @property
    def stored(self) -> list[str]:
        return sorted(path.name for path in (self.data / "spool" / "files").iterdir())

    @property
    def events(self) -> list[tuple[int, str]]:
        """Each file that the log tells of."""
        return self.server.log.files.after(0, 100)


class Guest:
    """A connection to a house, which runs while this one waits."""

    def __init__(self, house: House, name: str = "", session: str = "") -> None:
        self.house = house
        self.sock = house.connect()
        self.sock.settimeout(0)
        self.buffer = b""
        self.lines: list[str] = []
        if name:
            self.send(f"HELLO {name} {f'session={session}' if session else ''}".rstrip())
            self.session = self.wait("WELCOME ").split()[2]
            self.send("=j JOIN #lab")
            self.wait("=j OK")

    def send(self, data: str | bytes) -> None:
        self.sock.settimeout(10)
        self.sock.sendall(data if isinstance(data, bytes) else data.encode() + b"\n")
        self.sock.settimeout(0)

    def wait(self, start: str) -> str:
        """Let the house run until a line that starts so is here; lines before it stay."""

        def come() -> bool:
            with contextlib.suppress(BlockingIOError):
                self.buffer += self.sock.recv(MIB)
            *lines, self.buffer = self.buffer.split(b"\n")
            self.lines += [line.decode() for line in lines]
            return any(line.startswith(start) for line in self.lines)

        self.house.turns_until(come)
        at = next(at for at, line in enumerate(self.lines) if line.startswith(start))
        line = self.lines[at]
        del self.lines[at]
        return line

    def fetch(self, event: int) -> bytes:
        """A file of one piece; what came before it is dropped."""
        self.send(f"=g GET {event}")

        def come() -> bool:
            with contextlib.suppress(BlockingIOError):
                self.buffer += self.sock.recv(MIB)
            return self.buffer.endswith(b"=g OK\n")

        self.house.turns_until(come)
        self.lines, buffer, self.buffer = [], self.buffer, b""
        line, _, rest = buffer.partition(b"=g SEND ")[2].partition(b"\n")
        length = int(line.split()[3])
        assert rest[length:] == b"=g OK\n"
        return rest[:length]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "data")
    yield house
    house.crash()


LETTERS = (b"abcdefgh" * 8 * KIB)[: 50 * KIB]
"""Without LF: the simple Guest can read it back."""


def test_a_commit_that_fails_leaves_the_last_piece_to_be_sent_again(house: House) -> None:
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    ani.send(piece("p", "t1", LETTERS, 0, 30 * KIB))
    assert ani.wait("=p ") == f"=p OK {30 * KIB}"
    for _ in range(3):
        failed = house.fail_commits(1)
        ani.send(piece("last", "t1", LETTERS, 30 * KIB))
        assert ani.wait("=last ").startswith("=last ERR not-saved ")
        assert len(failed) == 1
        assert house.stored == []
        assert house.events == []
        ani.send("=q PARTIAL t1")
        assert ani.wait("=q ") == f"=q OK {30 * KIB}"
    ani.send(piece("last", "t1", LETTERS, 30 * KIB))
    assert ani.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.stored == [sha256(LETTERS)]
    assert house.events == [(1, sha256(LETTERS))]
    assert budi.wait("FILE ").split()[1] == "1"
    assert not [line for line in budi.lines if line.startswith("FILE")]
    assert budi.fetch(1) == LETTERS
    assert list((house.data / "spool" / "partial").iterdir()) == []


def test_two_of_the_same_content_in_a_turn_that_fails(house: House) -> None:
    ani = Guest(house, "ani")
    data = LETTERS[:5000]
    failed = house.fail_commits(1)
    ani.send(piece("a", "t1", data) + piece("b", "t2", data))
    for tag in "ab":
        assert ani.wait(f"={tag} ").startswith(f"={tag} ERR not-saved ")
    assert [len(batch.files) for batch in failed] == [2]
    assert house.stored == []
    assert house.server.spool.used == 2 * len(data)
    ani.send(piece("b", "t2", data) + piece("a", "t1", data))
    assert ani.wait("=b ") == f"=b OK 1 {sha256(data)}"
    assert ani.wait("=a ") == f"=a OK 2 {sha256(data)}"
    assert house.stored == [sha256(data)]
    assert house.server.spool.used == len(data)
    assert ani.fetch(1) == ani.fetch(2) == data


def test_the_next_upload_lives_on_when_the_turn_fails(house: House) -> None:
    """Its first bytes came with the last ones of the other."""
    ani = Guest(house, "ani")
    one, two = LETTERS[:1000], LETTERS[:2000]
    failed = house.fail_commits(1)
    second = piece("b", "t2", two)
    ani.send(piece("a", "t1", one) + second[:-500])
    assert ani.wait("=a ").startswith("=a ERR not-saved ")
    assert len(failed) == 1
    ani.send(second[-500:])
    assert ani.wait("=b ") == f"=b OK 1 {sha256(two)}"
    ani.send(piece("a", "t1", one))
    assert ani.wait("=a ") == f"=a OK 2 {sha256(one)}"


def test_a_line_that_breaks_the_server_spoils_no_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn is undone and done again: the file must still be all of its bytes."""
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    stores: list[int] = []
    real = house.server.spool.store

    def store(upload: Upload) -> str:
        stores.append(upload.offset)
        return real(upload)

    monkeypatch.setattr(house.server.spool, "store", store)

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(hub_module.HANDLERS, "AWAY", defect)
    ani.send(piece("a", "t1", LETTERS) + b"AWAY\n")
    assert budi.wait("FILE ").split()[5:7] == [str(len(LETTERS)), sha256(LETTERS)]
    assert stores == [len(LETTERS)] * 2
    assert house.stored == [sha256(LETTERS)]
    assert house.events == [(1, sha256(LETTERS))]
    assert budi.fetch(1) == LETTERS


def test_stop_right_behind_the_last_piece_comes_too_late(house: House) -> None:
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    ani.send(piece("a", "t1", LETTERS[:1000]) + b"=s STOP t1\n=n SEND #lab t1 0 0 9 x\n")
    assert ani.wait("=s ").startswith("=s ERR no-file ")
    assert ani.wait("=a ") == f"=a OK 1 {sha256(LETTERS[:1000])}"
    ani.wait("=n ")
    assert budi.fetch(1) == LETTERS[:1000]


def test_stop_in_a_turn_that_fails_forgets_the_upload(house: House) -> None:
    ani = Guest(house, "ani")
    house.fail_commits(1)
    ani.send(piece("a", "t1", LETTERS[:1000]) + b"=s STOP t1\n")
    assert ani.wait("=s ") == "=s OK"
    assert ani.wait("=a ").startswith("=a ERR not-saved ")
    assert list((house.data / "spool" / "partial").iterdir()) == []
    ani.send(piece("a", "t1", LETTERS[:2000]))
    assert ani.wait("=a ") == f"=a OK 1 {sha256(LETTERS[:2000])}"


def test_a_get_in_a_turn_that_fails_is_answered_once(house: House) -> None:
    ani = Guest(house, "ani")
    ani.send(piece("a", "t1", LETTERS[:1000]))
    ani.wait("=a OK")
    house.fail_commits(1)
    ani.send("=x SAY #lab lost\n=g GET 1 1000")
    assert ani.wait("=x ").startswith("=x ERR not-saved ")
    assert ani.wait("=g SEND ") == "=g SEND #lab 1 1000 0 1000 t1.bin"
    ani.send("=p PING end")
    ani.wait("=p OK")
    assert ani.lines[-2:] == ["=g OK", "=p PONG end"]
    assert ani.fetch(1) == LETTERS[:1000]


def crash_while_finishing(house: House, data: bytes) -> Guest:
    """Kill the server between the store of a file and the commit of its event."""
    ani = Guest(house, "ani")
    house.fail_commits(1, LogUnusableError)
    ani.send(piece("last", "t1", data))
    with pytest.raises(LogUnusableError):
        ani.wait("=last ")
    assert house.stored == sorted({*house.stored, sha256(data)})
    house.crash()
    return ani


def test_a_crash_between_store_and_commit(house: House) -> None:
    """C31: no file without an event, no event without a file, and no byte is sent twice."""
    ani = crash_while_finishing(house, LETTERS)
    assert house.stored == [sha256(LETTERS)]
    house.open()
    house.turns_until(lambda: house.stored == [])
    assert house.events == []
    again = Guest(house, "ani", ani.session)
    again.send("=q PARTIAL t1")
    assert again.wait("=q ") == f"=q OK {len(LETTERS)}"
    again.send(piece("last", "t1", LETTERS))
    assert again.wait("=last ").startswith(f"=last ERR bad-offset {len(LETTERS)} ")
    again.send(piece("last", "t1", LETTERS, len(LETTERS)))
    assert again.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.events == [(1, sha256(LETTERS))]
    assert again.fetch(1) == LETTERS


def test_a_crash_behind_the_commit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is stored, its OK was never said: the same line again gets it."""

    def end(*_: object) -> None:
        raise LogUnusableError("planted")

    ani = Guest(house, "ani")
    monkeypatch.setattr(house.server.spool, "forget", end)
    ani.send(piece("last", "t1", LETTERS))
    with pytest.raises(LogUnusableError):
        ani.wait("=last ")
    house.crash()
    house.open()
    again = Guest(house, "ani", ani.session)
    again.send(piece("last", "t1", LETTERS))
    assert again.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.events == [(1, sha256(LETTERS))]
    assert house.stored == [sha256(LETTERS)]
    assert again.fetch(1) == LETTERS


def test_the_sweep_spares_what_is_stored_in_its_very_turn(house: House) -> None:
    """An orphan of a crash, and the same content sent again while the start is sweeping."""
    first = Guest(house, "budi")
    first.send(piece("a", "t1", LETTERS[:100]))
    first.wait("=a OK")
    crash_while_finishing(house, LETTERS)
    house.open()
    sock = house.connect()  # taken in the first turn
    sock.sendall(b"HELLO cici\nJOIN #lab\n" + piece("same", "t9", LETTERS))
    spool = house.server.spool
    house.turns_until(lambda: len(house.events) == 2)
    for _ in range(3):
        house.server.loop.restless()
        house.server.loop.run_once()
    assert spool.holds(sha256(LETTERS))
    assert Guest(house, "dodi").fetch(2) == LETTERS


@pytest.fixture
def rehashing(house: House, monkeypatch: pytest.MonkeyPatch) -> Guest:
    """After a restart: all bytes of t1 but the last are here, and none of them is hashed."""
    monkeypatch.setattr("reactor.spool.upload.REHASH_BYTES", 64)
    ani = Guest(house, "ani")
    ani.send(piece("p", "t1", LETTERS, 0, len(LETTERS) - 1))
    ani.wait("=p OK")
    house.crash()
    house.open()
    return Guest(house, "ani", ani.session)


def test_while_the_hash_lags_the_same_line_makes_no_second_event(
    house: House, rehashing: Guest
) -> None:
    second = Guest(house, "ani", rehashing.session)
    rehashing.send(piece("last", "t1", LETTERS, len(LETTERS) - 1))
    house.turns_until(lambda: next(iter(house.server.spool.uploads.values())).complete)
    second.send(piece("last", "t1", LETTERS, len(LETTERS) - 1))
    second.send(piece("other", "t1", LETTERS, len(LETTERS)))
    for tag in ("last", "other"):
        assert second.wait(f"={tag} ").startswith(f"={tag} ERR slow-down ")
    assert rehashing.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    second.send(piece("last", "t1", LETTERS, len(LETTERS) - 1))
    assert second.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.events == [(1, sha256(LETTERS))]


def test_while_the_hash_lags_it_can_be_stopped(house: House, rehashing: Guest) -> None:
    second = Guest(house, "ani", rehashing.session)
    other = piece("next", "t2", LETTERS[:1000])
    rehashing.send(piece("last", "t1", LETTERS, len(LETTERS) - 1) + other[:-10])
    house.turns_until(lambda: len(house.server.spool.uploads) == 2)
    second.send("=s STOP t1")
    assert second.wait("=s ") == "=s OK"
    assert rehashing.wait("=last ").startswith("=last ERR stopped ")
    rehashing.send(other[-10:])  # the piece that came meanwhile is another matter
    assert rehashing.wait("=next ") == f"=next OK 1 {sha256(LETTERS[:1000])}"


def planted(*_: object) -> None:
    raise OSError(errno.EIO, "planted")


@pytest.mark.parametrize("size", [1000, 4 * MIB + 1000])
def test_after_a_failed_sync_an_upload_begins_again(
    house: House, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """C25: what the disk did not confirm is not asked again; nobody else notices."""
    ani = Guest(house, "ani")
    data = content(size)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", planted)
        for at in range(0, size, 64 * KIB):
            ani.send(piece(f"p{at}", "t1", data, at, at + 64 * KIB))
            answer = ani.wait(f"=p{at} ").split()
            if answer[1] == "ERR":
                break
        assert answer[2] == "no-space"
        ani.send("=q PARTIAL t1\n=say SAY #lab on")
        assert ani.wait("=q ") == "=q OK 0"
        assert ani.wait("=say ").startswith("=say OK ")
    assert list((house.data / "spool" / "partial").iterdir()) == []
    assert house.stored == []
    ani.send(piece("again", "t1", data[:1000]))
    assert ani.wait("=again ").endswith(sha256(data[:1000]))


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
