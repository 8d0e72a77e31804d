"""Running out of descriptors, a second server, and how a server ends (P7, C23, C33, C34, P11)."""

import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.timing import Stopwatch, end_of, within


def come(server: ServerProcess, name: str) -> Raw:
    """Somebody in #lab, with nothing left to read."""
    raw = Raw(server.port, name=name)
    raw.say("JOIN #lab")
    raw.sync()
    return raw


# Descriptors (P7, C23).


@pytest.fixture
def few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[ServerProcess]:
    """A server under ``ulimit -n``, soft and hard, with so many descriptors kept back."""
    limit, reserved = request.param
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nulimit -n {limit}\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o700)
    server = ServerProcess(
        tmp_path / "server", "--set", "rate=0", "--set", f"reserved-files={reserved}",
        "--set", "linger=1",
    )  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(python))
        server.start()
    try:
        yield server
    finally:
        server.kill()


def refused(raw: Raw) -> bool:
    """Whether there was no place for it; if so, with these words or a clean close."""
    raw.say("HELLO somebody", "QUIT")
    try:
        lines = [" ".join(line.split()[:2]) for line in raw.rest()]
    except (ConnectionResetError, BrokenPipeError):
        return True
    assert lines in ([], ["ERR full"], ["ERR full", "BYE full"], ["WELCOME somebody", "BYE quit"])
    return "WELCOME somebody" not in lines


@pytest.mark.parametrize("few_files", [(80, 40)], indirect=True)
def test_no_more_connections_than_there_is_place_for(few_files: ServerProcess) -> None:
    server = few_files
    with ExitStack() as crowd:
        people = [crowd.enter_context(come(server, f"n{number}")) for number in range(40)]
        for _ in range(16):
            with Raw(server.port) as extra:
                assert [line.split()[:2] for line in extra.rest()] == [
                    *(["ERR", "full"], ["BYE", "full"]),
                ]
        waiting = [crowd.enter_context(Raw(server.port)) for _ in range(40)]
        before = server.cpu_seconds()
        with within(0, 2, server.pid):
            assert people[0].answer("SAY #lab still here") == ["OK 1"]
            assert people[39].expect("MSG ").endswith(" n0 still here")
        assert all(refused(raw) for raw in waiting)
        assert server.cpu_seconds() - before < 0.3
        people[7].answer("QUIT")
        people[7].close()
        with Raw(server.port, name="next") as late:
            assert late.answer("PING x")[-1] == "OK"


@pytest.mark.parametrize("few_files", [(64, 16)], indirect=True)
def test_server_out_of_descriptors_neither_spins_nor_forgets(few_files: ServerProcess) -> None:
    """EMFILE itself: more is let in than there are descriptors."""
    server = few_files
    with ExitStack() as crowd:
        ani, budi = (crowd.enter_context(come(server, name)) for name in ("ani", "budi"))
        raws = [crowd.enter_context(Raw(server.port)) for _ in range(200)]
        assert ani.answer("SAY #lab the log still works") == ["OK 1"]
        assert budi.expect("MSG ").endswith(" ani the log still works")
        before = server.cpu_seconds()
        time.sleep(1)
        assert server.cpu_seconds() - before < 0.05
        for raw in raws:
            refused(raw)
            raw.close()
        watch = Stopwatch(server.pid)
        while True:
            with Raw(server.port) as late:
                if not refused(late):
                    break
            assert watch.seconds < 1
        assert budi.answer("SAY #lab bye", "u") == ["OK 2"]


def test_listener_comes_back_when_the_kernel_gives_descriptors_again(
    server: ServerProcess,
) -> None:
    """The limit falls while it runs: not even the spare one can be taken back."""
    with come(server, "ani") as ani, ExitStack() as crowd:
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (1, before[1]))
        for _ in range(5):
            crowd.enter_context(Raw(server.port))
        assert ani.answer("SAY #lab x") == ["OK 1"]
        cpu = server.cpu_seconds()
        time.sleep(1)
        assert server.cpu_seconds() - cpu < 0.05
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        with within(0, 2.5, server.pid), Raw(server.port, name="budi") as budi:
            assert budi.answer("PING x")[-1] == "OK"


# A second server (C33).


def second(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a server that should not come up."""
    command = [sys.executable, "-m", "reactor", "--port", "0", "--lang", "en", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_second_server_on_the_same_data_refuses(server: ServerProcess) -> None:
    with come(server, "ani") as ani:
        done = second("--data", str(server.data))
        assert done.returncode == 1
        assert done.stderr == (
            f"obrol-server: another server uses the folder {server.data}\n"
            f"  a server is running there already: process {server.pid}\n"
            "  to run another one, give it a folder of its own: --data DIR\n"
        )
        assert done.stdout == ""
        assert ani.answer("SAY #lab x") == ["OK 1"]


def test_second_server_on_the_same_port_refuses(server: ServerProcess, tmp_path: Path) -> None:
    """It says which process is there and what to do, in both languages."""
    other, port = ("--data", str(tmp_path / "other")), server.port
    done = second(*other, "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"obrol-server: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        f"  a server is running there already: process {server.pid}\n"
        f"  to use another port: --port {port + 1} (make server PORT={port + 1})\n"
    )
    done = second(*other, "--unix", server.unix, "--lang", "id")
    assert done.returncode == 1
    assert done.stderr == (
        f"obrol-server: cannot listen on {server.unix}: Address already in use\n"
        f"  sudah ada server yang berjalan di situ: proses {server.pid}\n"
        "  untuk memakai soket lain: --unix NAMA\n"
    )


def test_port_of_another_program_is_refused(tmp_path: Path) -> None:
    """Nobody is blamed whom the kernel did not name; each door says what is its own."""
    other = ("--data", str(tmp_path / "other"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = second(*other, "--port", str(port), "--lang", "id")
        assert done.returncode == 1
        assert done.stderr.splitlines()[1:] == [
            "  mungkin sudah ada server yang berjalan di situ, atau program lain",
            f"  untuk memakai port lain: --port {port + 1} (make server PORT={port + 1})",
        ]
        done = second(*other, "--metrics", str(port))
        assert done.returncode == 1
        assert done.stderr.splitlines()[1:] == [
            "  a server may be running there already, or another program",
            "  give this door another port",
        ]


def test_unix_path_stale_living_and_not_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    server = ServerProcess(tmp_path / "server", "--unix", str(path))
    with server:
        assert server.unix == str(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        with Raw(0, unix=str(path), name="ani") as ani:
            done = second("--data", str(tmp_path / "other"), "--unix", str(path))
            assert done.returncode == 1
            assert ": another server listens there\n" in done.stderr
            assert f": process {server.pid}\n" in done.stderr
            assert ani.answer("PING x")[-1] == "OK"
            ani.answer("QUIT")
        assert server.stop() == 0
    assert not path.exists()
    path.write_text("precious")
    done = second("--data", str(tmp_path / "other"), "--unix", str(path))
    assert done.returncode == 1
    assert done.stderr.endswith(": there is a file that is not a socket\n")
    assert path.read_text() == "precious"


def test_log_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_bytes(b"holiday pictures " * 100)
    done = second("--data", str(tmp_path))
    assert done.returncode == 1
    assert "not a database" in done.stderr


# The end (C34).


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everybody_hears_of_the_end(server: ServerProcess, number: signal.Signals) -> None:
    assert server.process is not None
    with come(server, "ani") as ani, come(server, "budi") as budi, Raw(server.port) as stranger:
        ani.say("SAY #lab last words")
        ani.sync()
        with within(0, 1.0, server.pid):
            os.kill(server.pid, number)
            end_of(server.pid)
        assert server.process.wait(60) == 0
        for raw in (ani, budi, stranger):
            lines = raw.rest()
            assert lines[-1].startswith("BYE shutdown ")
            assert sum(line.startswith("BYE") for line in lines) == 1
    server.process.communicate()
    server.start()
    with come(server, "cici") as cici:
        assert cici.answer("HISTORY #lab after 0 9")[0].endswith(" ani last words")


def test_idle_server_ends_at_once(server: ServerProcess) -> None:
    with within(0, 0.5, server.pid):
        os.kill(server.pid, signal.SIGTERM)
        end_of(server.pid)
    assert server.stop() == 0


def test_those_who_do_not_read_hold_up_nothing(server: ServerProcess) -> None:
    with come(server, "ani") as ani, come(server, "deaf") as deaf:
        ani.send(b"".join(b"SAY #lab %s\n" % (b"x" * 3000) for _ in range(40)))
        ani.sync()
        deaf.say(*["HISTORY #lab after 0 200"] * 500)
        assert ani.answer("PING x")[-1] == "OK"
        with within(0, 1.2, server.pid):
            os.kill(server.pid, signal.SIGTERM)
            end_of(server.pid)
        assert server.stop() == 0


def test_lines_of_the_last_moment_are_stored_or_refused(server: ServerProcess) -> None:
    """Whoever was acknowledged before the BYE finds it again; nothing stands behind the BYE."""
    with come(server, "ani") as ani:
        ani.send(b"".join(b"=%d SAY #lab %d\n" % (number, number) for number in range(20_000)))
        ani.expect("=50 OK ")
        os.kill(server.pid, signal.SIGTERM)
        assert server.process is not None
        lines = [*ani.seen, *ani.rest()]
        assert server.process.wait(60) == 0
        server.process.communicate()
    assert lines[-1].startswith("BYE shutdown ")
    oks = [int(line.split()[2]) for line in lines if " OK " in line]
    assert len(oks) > 50
    server.start()
    with come(server, "budi") as budi:
        *_, last = budi.answer(f"HISTORY #lab after {oks[-1] - 1} 200")[0].split()
        assert int(last) == len(oks) - 1


def test_stopped_server_drops_nobody_who_lives(tmp_path: Path) -> None:
    """SIGSTOP for longer than drop-after: it was the server that was silent."""
    server = ServerProcess(tmp_path / "server", "--set", "ping-after=1", "--set", "drop-after=3")
    with server, come(server, "ani") as ani, come(server, "budi") as budi:
        with come(server, "dead") as dead:
            ani.sync()
            budi.sync()
            os.kill(server.pid, signal.SIGSTOP)
            time.sleep(3.5)
            os.kill(server.pid, signal.SIGCONT)
            for raw in (ani, budi):
                assert raw.line() == "PING obrol"
                raw.say("PONG obrol")
            assert dead.line() == "PING obrol"
            assert dead.line().startswith("BYE timeout ")
        for raw in (ani, budi):
            raw.say("PING alive")
            assert raw.expect("PONG ") == "PONG alive"
            assert not [line for line in raw.seen if line.startswith("BYE")]


# The server's own words (C37).


def test_one_event_one_line_in_the_journal(server: ServerProcess) -> None:
    """None for who says nothing, and has only looked whether a server is there."""
    for silent in (Raw(server.port), Raw(0, unix=server.unix)):
        silent.close()
    with come(server, "ani") as ani:
        ani.say("QUIT see  you")
        ani.rest()
    with Raw(server.port) as raw:
        raw.send(b"\x1b]0;title\x07\n\x00\n" + b"A" * 5000)
        raw.rest()
    server.stop()
    lines = server.journal.read_text().splitlines()
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert all(re.fullmatch(rf"{stamp} [a-z]+( [a-z]+=.*)?", line) for line in lines), lines
    assert all(line.isprintable() for line in lines)
    events = [line.split()[1] for line in lines]
    assert events == ["came", "went", "closed", "ending"]
