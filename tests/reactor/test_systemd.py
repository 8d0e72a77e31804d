"""What a service manager hears and hands over, with the real server and real descriptors."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reactor.doors.sockets import DoorError
from reactor.systemd import FIRST_DESCRIPTOR, Manager, passed_sockets
from tests.support.raw import Raw
from tests.support.server import ROOT
from tests.support.timing import within

PATIENCE = 30.0
UNUSUAL = 50
"""Descriptors are moved to where systemd puts them by way of numbers from here on."""


class Ear:
    """The manager's end: a datagram socket at ``address``, in $NOTIFY_SOCKET's way of writing."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind("\0" + address[1:] if address.startswith("@") else address)
        self.sock.settimeout(PATIENCE)

    def hear(self) -> list[str]:
        """The next message, its lines."""
        return self.sock.recv(4096).decode().split("\n")

    def heard_until_silence(self) -> list[list[str]]:
        """All that comes until nothing comes for the socket's timeout."""
        found = []
        with contextlib.suppress(TimeoutError):
            while True:
                found.append(self.hear())
        return found


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    abstract = request.param == "abstract"
    made = Ear(f"@obrol-test-{secrets.token_hex(8)}" if abstract else str(tmp_path / "notify"))
    with made.sock:
        yield made


@contextlib.contextmanager
def service(
    data: Path,
    *arguments: str,
    passed: Sequence[socket.socket] = (),
    pid: str = "$$",
    **environment: str,
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A server started as a manager does it, and what it says up to ``ready``.

    A shell puts the descriptors from 3 on, and its own pid, which exec keeps, into $LISTEN_PID.
    """
    words = [sys.executable, "-m", "reactor", "--data", str(data), "--lang", "en", *arguments]
    moved = [os.dup2(sock.fileno(), UNUSUAL + at) for at, sock in enumerate(passed)]
    moves = "".join(f"{FIRST_DESCRIPTOR + at}<&{fd} " for at, fd in enumerate(moved))
    script = f'LISTEN_PID={pid} exec "$@" {moves}' if passed else 'exec "$@"'
    if passed:
        environment.setdefault("LISTEN_FDS", str(len(passed)))
    process = subprocess.Popen(
        ["bash", "-c", f"export LISTEN_PID; {script}", "sh", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        pass_fds=moved,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for fd in moved:
        os.close(fd)
    with process:
        try:
            assert process.stdout is not None
            yield process, list(iter(process.stdout.readline, "ready\n"))
        finally:
            process.kill()


def test_it_tells_when_it_is_ready_and_when_it_ends(ear: Ear, tmp_path: Path) -> None:
    with service(tmp_path / "data", "--port", "0", NOTIFY_SOCKET=ear.address) as (process, lines):
        port = int(lines[0].rpartition(":")[2])
        ready, status = ear.hear()
        assert ready == "READY=1"
        assert status == f"STATUS=listening on tcp 127.0.0.1:{port}, unix @obrol-{port}"
        with Raw(port, name="ani") as ani:
            process.send_signal(signal.SIGTERM)
            assert ear.hear() == ["STOPPING=1", "STATUS=saying goodbye"]
            assert ani.expect("BYE shutdown ")
        assert process.wait(PATIENCE) == 0


def test_ready_is_not_told_before_the_doors_are_open(ear: Ear, tmp_path: Path) -> None:
    path = tmp_path / "door"
    arguments = ("--port", "0", "--unix", str(path))
    with service(tmp_path / "data", *arguments, NOTIFY_SOCKET=ear.address):
        assert "READY=1" in ear.hear()
        Raw(0, unix=str(path), name="ani").close()


def test_the_watchdog_hears_that_the_loop_turns(ear: Ear, tmp_path: Path) -> None:
    period = 0.6
    data, usec = tmp_path / "data", str(int(period * 1e6))
    with service(data, "--port", "0", NOTIFY_SOCKET=ear.address, WATCHDOG_USEC=usec) as (
        process,
        _,
    ):
        assert "READY=1" in ear.hear()
        started = time.monotonic()
        assert [ear.hear() for _ in range(5)] == [["WATCHDOG=1"]] * 5
        assert time.monotonic() - started > 4 * period / 2 - 0.3
        process.send_signal(signal.SIGSTOP)
        ear.sock.settimeout(2 * period)
        # What was on its way comes, and then nothing for as long as several would take.
        assert all(heard == ["WATCHDOG=1"] for heard in ear.heard_until_silence())
        process.send_signal(signal.SIGCONT)


def test_a_watchdog_that_is_meant_for_another_process_is_not_fed() -> None:
    for environment, fed in (
        ({"WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"}, False),
        ({"WATCHDOG_USEC": "400000", "WATCHDOG_PID": str(os.getpid())}, True),
        ({"WATCHDOG_USEC": "soon"}, False),
        ({}, False),
    ):
        assert bool(Manager(environment)._watchdog) == fed


def test_reloading_tells_when_it_began(tmp_path: Path) -> None:
    ear = Ear(str(tmp_path / "notify"))
    with ear.sock:
        manager = Manager({"NOTIFY_SOCKET": ear.address})
        before = time.monotonic_ns() // 1000
        manager.reloading()
        word, stamp = ear.hear()
        assert word == "RELOADING=1"
        assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
        manager.ready("again")
        assert ear.hear() == ["READY=1", "STATUS=again"]


def test_a_manager_that_is_gone_or_does_not_listen_harms_nobody(tmp_path: Path) -> None:
    Manager({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready("x")
    Manager({"NOTIFY_SOCKET": "x" * 500}).ready("x")
    deaf = Ear(str(tmp_path / "deaf"))
    with deaf.sock:
        manager = Manager({"NOTIFY_SOCKET": deaf.address})
        deaf.sock.settimeout(0)
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with sender, contextlib.suppress(BlockingIOError):
            sender.settimeout(0)
            while True:
                sender.sendto(b"x", deaf.address)
        with within(0.3, 3):
            manager.ready("x")


def listening(family: socket.AddressFamily, address: str) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind((address, 0) if family == socket.AF_INET else address)
    sock.listen()
    return sock


@pytest.mark.parametrize("names", ["", "obrol-tcp:obrol-unix", "obrol.socket:obrol.socket"])
def test_passed_sockets_are_used(tmp_path: Path, names: str) -> None:
    path = tmp_path / "passed"
    with (
        listening(socket.AF_INET, "127.0.0.1") as tcp,
        listening(socket.AF_UNIX, str(path)) as unix,
    ):
        port = tcp.getsockname()[1]
        early = Raw(port)  # somebody who came before the server did
        environment = {"LISTEN_FDNAMES": names} if names else {}
        # --port names one that cannot be bound: nothing else than what was passed may be opened.
        arguments = ("--host", "192.0.2.1")
        data = tmp_path / "data"
        with service(data, *arguments, passed=[tcp, unix], **environment) as (process, lines):
            assert lines == [f"listening tcp 127.0.0.1:{port}\n", f"listening unix {path}\n"]
            early.hello("ani")
            early.close()
            with Raw(0, unix=str(path), name="budi") as budi:
                assert budi.answer("WHO budi")[-1].startswith("OK")
            process.terminate()
            assert process.wait(PATIENCE) == 0
        assert path.exists(), "a socket that was lent is not ours to remove"
        Raw(port).close()  # it still listens: the next server takes the next one


def test_only_unix_is_passed(tmp_path: Path) -> None:
    path = tmp_path / "passed"
    with listening(socket.AF_UNIX, str(path)) as unix:
        arguments = ("--port", "0", "--unix", "off")
        with service(tmp_path / "data", *arguments, passed=[unix]) as (_, lines):
            assert lines[0].startswith("listening tcp 127.0.0.1:")
            assert lines[1:] == [f"listening unix {path}\n"]
            Raw(0, unix=str(path), name="budi").close()


def test_descriptors_for_another_process_are_left_alone(tmp_path: Path) -> None:
    with listening(socket.AF_INET, "127.0.0.1") as tcp:
        port = tcp.getsockname()[1]
        with service(tmp_path / "data", "--port", "0", passed=[tcp], pid="1") as (_, lines):
            assert lines[0] != f"listening tcp 127.0.0.1:{port}\n"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("x", socket.SOCK_DGRAM, "passed descriptor 3 x: no listening stream socket"),
        ("x", socket.SOCK_STREAM, "passed descriptor 3 x: no listening stream socket"),
        ("obrol-tcp", None, "passed socket obrol-tcp: AF_UNIX is not what it says"),
    ],
)
def test_what_no_door_can_use_is_refused(
    tmp_path: Path, name: str, kind: socket.SocketKind | None, words: str
) -> None:
    if kind is None:
        sock = listening(socket.AF_UNIX, str(tmp_path / "passed"))
    else:
        sock = socket.socket(socket.AF_INET, kind)
    with sock:
        command = [sys.executable, "-m", "reactor", "--data", str(tmp_path / "data")]
        script = f'export LISTEN_PID=$$; exec "$@" 3<&{sock.fileno()}'
        done = subprocess.run(
            ["bash", "-c", script, "sh", *command],
            cwd=ROOT,
            env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": name},
            pass_fds=[sock.fileno()],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, f"obrol-server: {words}\n")


def test_nobody_after_us_takes_the_descriptors_for_his() -> None:
    environment = {"LISTEN_PID": "5", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "HOME": "/"}
    assert passed_sockets(environment, 6) == ((), ())
    assert environment == {"HOME": "/"}
    assert passed_sockets({"LISTEN_PID": "6", "LISTEN_FDS": "-1"}, 6) == ((), ())
    assert passed_sockets({"LISTEN_PID": "6", "LISTEN_FDS": "x"}, 6) == ((), ())
    with pytest.raises(DoorError, match=re.escape("passed descriptor 3")), closed(FIRST_DESCRIPTOR):
        passed_sockets({"LISTEN_PID": "6", "LISTEN_FDS": "1"}, 6)


@contextlib.contextmanager
def closed(fd: int) -> Iterator[None]:
    """While this lasts, ``fd`` is nothing."""
    try:
        kept = os.dup(fd)
    except OSError:
        yield
        return
    os.close(fd)
    try:
        yield
    finally:
        os.dup2(kept, fd)
        os.close(kept)
