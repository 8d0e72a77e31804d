"""The programs of ``tests/students`` as processes: started, told what to say, listened to.

``KINDS`` says of each kind which door it uses, under which name others see it, and what a program
of its kind never shows.
"""

import contextlib
import os
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.closing import Closing
from tests.support.server import ROOT

PATIENCE: Final = 60.0
READ_BYTES: Final = 64 * 1024
PROGRAMS: Final = ROOT / "tests" / "students"
GROUP: Final = "224.1.1.1"
LOOPBACK: Final = "127.0.0.1"
PORTS_NOBODY_IS_GIVEN: Final = range(20_000, 32_000)
"""Below the range for sockets that ask the kernel for any port: none of them takes it meanwhile."""


class Talk(NamedTuple):
    """One message as the natives saw it: the name on the wire, and the text."""

    who: str
    text: str

    @property
    def line(self) -> str:
        """How a foreign program is shown it."""
        return f"{self.who}: {self.text}"


class Kind(NamedTuple):
    """One kind of program."""

    program: str
    door: str
    arguments: tuple[str, ...] = ()
    guest: str = "{name}~"
    """Its name on the wire, made of its own name or its source port."""
    hears: bool = True
    hears_itself: bool = False
    speaks: bool = True
    is_stream: bool = True
    ready: str = ""
    """What it prints when it can be used; the user answers ``user?`` by typing a name."""


KINDS: Final[Mapping[str, Kind]] = {
    "bernama": Kind("chat_bernama.py", "plain", ("{name}",), hears_itself=True),
    "awalan": Kind("chat_awalan.py", "plain", ("{name}",), hears_itself=True),
    "baris": Kind("nc_baris.py", "plain", hears_itself=True, ready="user?"),
    "tamu": Kind(
        "chat_tamu.py", "plain-welcome", guest="tamu-{port}~", ready="Selamat datang di Server"
    ),
    "udp": Kind("chat_udp.py", "udp", ("0",), guest="udp-{port}~", is_stream=False),
    "pengirim": Kind(
        "kirim_multicast.py", "multicast", (LOOPBACK,), guest="mc-{port}~", hears=False,
        is_stream=False,
    ),
    "penerima": Kind(
        "terima_multicast.py", "multicast", (LOOPBACK,), guest="", speaks=False, is_stream=False,
        ready="menunggu pesan",
    ),
}  # fmt: skip


def door_arguments(group_port: int) -> list[str]:
    """The server's arguments for one door of each kind, all on the loopback interface."""
    return [
        "--plain", f"{LOOPBACK}:0",
        "--plain", f"{LOOPBACK}:0,welcome",
        "--udp", f"{LOOPBACK}:0",
        "--multicast", f"{GROUP}:{group_port}@{LOOPBACK}",
    ]  # fmt: skip


def free_group_port() -> int:
    """A UDP port that nobody is bound to, and that nobody is given by chance."""
    chance = random.SystemRandom()
    while True:
        port = chance.choice(PORTS_NOBODY_IS_GIVEN)
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port


def source_port(pid: int) -> int:
    """The local port of the one socket of a process; 0 when it has none, or no port yet."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            link = str(entry.readlink())
            if link.startswith("socket:["):
                inodes.add(link.removeprefix("socket:[").removesuffix("]"))
    for table in ("tcp", "udp"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[9] in inodes:
                return int(fields[1].rpartition(":")[2], 16)
    return 0


def shown(kind: Kind, talk: Talk) -> str:
    """How ``talk`` of somebody else looks in a program of this kind.

    A receiver at the group hears the group's senders themselves, not through the server.
    """
    direct = kind.door == "multicast" and talk.who.startswith("mc-")
    return talk.text if direct else talk.line


class Student(Closing):
    """One program, run as its author runs it.

    ``doors`` tells where the server listens, as in ``ServerProcess.doors``.
    """

    def __init__(self, kind: str, doors: Mapping[str, str], name: str = "") -> None:
        self.kind = KINDS[kind]
        self.name = name
        self._lines: list[str] = []
        self._rest = b""
        self._port = 0
        host, _, port = doors[self.kind.door].rpartition(":")
        arguments = [word.format(name=name) for word in self.kind.arguments]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / self.kind.program), host, port, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin = self.process.stdin
        self._stdout = self.process.stdout
        os.set_blocking(self._stdout.fileno(), False)

    @property
    def guest(self) -> str:
        """Its name on the wire; it must have been connected, or have sent something, before."""
        if not self._port and "{port}" in self.kind.guest:
            self._port = source_port(self.process.pid)
            assert self._port, f"{self.kind.program} has no port yet"
        return self.kind.guest.format(name=self.name, port=self._port)

    def fileno(self) -> int:
        """What becomes readable when it prints."""
        return self._stdout.fileno()

    def enter(self) -> None:
        """Wait until it can be used; where its user is asked for a name, type it."""
        if self.kind.ready:
            self.wait_for_prompt(self.kind.ready)
        if self.kind.ready == "user?":
            self.say(self.name)

    def say(self, text: str) -> None:
        """Type a line."""
        try:
            self._stdin.write(text.encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError:
            raise AssertionError(f"{self.kind.program} has ended: {self.errors()}") from None

    def read(self) -> bool:
        """Take what it has printed, without waiting; False when it will print no more."""
        while True:
            try:
                data = os.read(self.fileno(), READ_BYTES)
            except BlockingIOError:
                return True
            if not data:
                return False
            # A character may come in two pieces: what is behind the last line end waits.
            *whole, self._rest = (self._rest + data).split(b"\n")
            self._lines += [line.decode() for line in whole]

    def heard(self, mark: str = "") -> list[str]:
        """The lines that it has printed so far, but for empty ones and those without ``mark``."""
        self.read()
        return [line for line in self._lines if line and mark in line]

    def wait_for(self, what: str, patience: float = PATIENCE) -> None:
        """Wait until it has printed a line with ``what`` in it, its end too."""
        self._wait(what, lambda: any(what in line for line in self._lines), patience)

    def wait_for_prompt(self, what: str, patience: float = PATIENCE) -> None:
        """Wait until it has printed ``what``, whether a line end follows or not."""
        self._wait(
            what,
            lambda: what.encode() in self._rest or any(what in line for line in self._lines),
            patience,
        )

    def errors(self) -> str:
        """What it complained about, tracebacks too."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def finish(self) -> int:
        """Close its keyboard and wait for its end; its exit code."""
        self._stdin.close()
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._stdout.close()
        self._errors.close()

    def _wait(self, what: str, has_come: Callable[[], bool], patience: float) -> None:
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            lives = self.read()
            while not has_come():
                left = deadline - time.monotonic()
                assert lives, f"it ended before {what!r}: {self._state()}"
                assert left > 0, f"{what!r} did not come: {self._state()}"
                selector.select(left)
                lives = self.read()

    def _state(self) -> str:
        return f"{self.kind.program} printed {self._lines} {self._rest!r}; {self.errors()}"
