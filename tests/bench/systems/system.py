"""What a chat server or broker has to say of itself to be measured like all the others.

A :class:`System` is a table of facts (its bytes, its Debian package) and one way to start it; a
:class:`Server` is one that runs, in its own process, in a folder of its own, and is ended by its
process id. Nothing here is ever a service of the machine.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.closing import Closing

LOCAL: Final = "127.0.0.1"
LONG_SECONDS: Final = 3600
"""No server asks within it whether a silent member is alive: a line that nobody said."""
LARGE_BYTES: Final = 1024 * 1024 * 1024
"""What a server may hold for one member that reads slowly, where that can be set."""
START_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.01
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
AT_ONCE: Final = 64
"""Connections on their way in together: most servers keep more waiting."""
SYSTEM_FOLDERS: Final = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Where servers are that a person's own PATH does not name."""


class Step(NamedTuple):
    """One step of a way in: send this, then wait until that has come; empty: do not wait."""

    send: bytes
    until: bytes


class Server(Closing):
    """A process that listens on ``port``: what it uses, and its end."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes] | None", pid: int) -> None:
        self.port = port
        self.pid = pid
        self._process = process

    def cpu_seconds(self) -> float:
        """CPU time of it, all its threads, and the children it has waited for."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def rss_bytes(self) -> int:
        """Memory it holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_BYTES

    def close(self) -> None:
        """End it by SIGKILL: it has nothing to keep, and nobody is told of all who leave."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class System:
    """One system. A subclass says what is different in it.

    ``lines``: how often LF stands in one delivered message; ``head``: what stands before its text
    there, ``end``: what stands behind. ``said``: what else who says something hears of it (empty:
    nothing). ``joined``: what members of a room are told of each one who comes into it (empty:
    nothing). ``has_rooms``: not all that are connected hear everything. ``at_once``: how many may
    be on their way in together. ``quiet_after``: seconds after a connect in which lines come that
    nobody said. ``most``: with more members in one room it takes minutes to let them in.
    """

    name = ""
    package = ""
    program = ""
    lines = 1
    head: re.Pattern[bytes] = re.compile(rb"")
    end = b"\r\n"
    said: re.Pattern[bytes] = re.compile(rb"")
    joined: re.Pattern[bytes] = re.compile(rb"")
    quiet_after = 0.0
    most = sys.maxsize
    at_once = AT_ONCE
    hears_itself = False
    has_rooms = True

    def missing(self) -> str:
        """What to install when it is not here; empty when it is."""
        return "" if found(self.program) else self.package

    def version(self) -> str:
        """What it says it is: the first line it prints when asked, empty when it says nothing."""
        asked = [found(self.program), "--version"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        return said.strip().partition("\n")[0]

    def start(self, folder: Path, members: int) -> Server:
        """Start it for so many members, its files in ``folder``; it listens when this returns."""
        raise NotImplementedError

    def room(self, number: int) -> str:
        """The name of one room."""
        return f"#r{number}"

    def login(self, name: str) -> tuple[Step, ...]:
        """The way in, up to where nothing more comes by itself."""
        raise NotImplementedError

    def join(self, room: str) -> tuple[Step, ...]:
        """The way into a room, for one who is logged in."""
        raise NotImplementedError

    def say(self, room: str, text: bytes) -> bytes:
        """The bytes that say ``text`` to the room."""
        raise NotImplementedError

    def speaker(self, name: str, room: str) -> tuple[Step, ...]:
        """The whole way in of one who only speaks; a member unless that is not needed here."""
        return self.login(name) + self.join(room)


def found(program: str) -> str:
    """The path of a program, system folders included; empty when it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    return shutil.which(program, path=path) or ""


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as sock:
        sock.bind((LOCAL, 0))
        return int(sock.getsockname()[1])


def launch(command: Sequence[str], folder: Path, port: int, cwd: Path | None = None) -> Server:
    """Start a server in the foreground, its words in ``folder/output``; wait until it listens.

    Raises AssertionError with what it wrote when it ends, or does not listen in time.
    """
    output = folder / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=cwd or folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    server = Server(port, process, process.pid)
    deadline = time.monotonic() + START_SECONDS
    while not _listens(port):
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            server.close()
            raise AssertionError(f"{command[0]} does not listen: {output.read_text()[-2000:]}")
        time.sleep(POLL_SECONDS)
    return server


def _listens(port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((LOCAL, port)):
        return True
    return False


@contextlib.contextmanager
def on_cpu(number: int | None) -> Iterator[None]:
    """Run on one CPU in this ``with``, and start processes that stay there; None: as it was."""
    before = os.sched_getaffinity(0)
    if number is not None:
        os.sched_setaffinity(0, {number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
