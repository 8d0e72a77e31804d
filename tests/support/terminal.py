"""A program in a real pseudo-terminal, its screen read back through a terminal emulator."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.support.home import environment as at_home
from tests.support.server import ROOT

PATIENCE = 60.0
QUIET_SECONDS = 0.15
EMULATED = "linux"
"""What pyte emulates; of xterm it lacks CSI S (scroll up), which curses uses there."""


class Terminal:
    """``command`` in a terminal of ``columns`` x ``rows``; ``raw`` is all that it wrote.

    ``home``: the user's; one that lasts as long as the terminal where none is given.
    """

    def __init__(
        self,
        command: list[str],
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        home: Path | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.raw = b""
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._homes = contextlib.ExitStack()
        if home is None:
            brief = tempfile.TemporaryDirectory(prefix="home-", ignore_cleanup_errors=True)
            home = Path(self._homes.enter_context(brief))
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**at_home(home, TERM=EMULATED), **(environment or {})},
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - the child does nothing but one ioctl
        )

    def press(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def rows(self) -> list[str]:
        """The screen now, row by row, without the blanks at the ends."""
        return [row.rstrip() for row in self.screen.display]

    def text(self) -> str:
        """The screen now."""
        return "\n".join(self.rows())

    def wait_for(self, what: str | Callable[[], bool], patience: float = PATIENCE) -> str:
        """Read until the screen shows ``what`` (a text, or a condition); the screen then."""

        def shown() -> bool:
            return what in self.text() if isinstance(what, str) else what()

        deadline = time.monotonic() + patience
        while not shown():
            left = deadline - time.monotonic()
            assert left > 0, f"{what!r} did not come:\n{self.text()}"
            assert self._read(left) or shown(), f"ended before {what!r}:\n{self.text()}"
        return self.text()

    def settle(self) -> list[str]:
        """Read until nothing comes for a moment; the rows then."""
        while self._read(QUIET_SECONDS):
            pass
        return self.rows()

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the kernel sends SIGWINCH."""
        self._set_size(columns, rows)
        self.screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def wait_end(self, patience: float = PATIENCE) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + patience
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it did not end:\n{self.text()}"
            self._read(0.02)
        self.settle()
        return self.process.returncode

    def modes(self) -> list[object]:
        """The terminal's settings, as ``stty`` shows them."""
        return list(termios.tcgetattr(self._slave))

    def hang_up(self) -> None:
        """The other end of the terminal goes away, as when an ssh connection is cut."""
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def cpu_seconds(self) -> float:
        """CPU time that the program has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self._master, self._slave):
            if fd >= 0:
                os.close(fd)
        self._homes.close()

    def _read(self, patience: float) -> bool:
        """Feed the emulator with what comes; False when nothing came, or nothing will."""
        if not select.select([self._master], [], [], max(0, patience))[0]:
            return False
        with contextlib.suppress(OSError):
            data = os.read(self._master, 65536)
            self.raw += data
            self._stream.feed(data)
            return bool(data)
        return False

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def client(
    name: str,
    port: int,
    data: Path,
    *arguments: str,
    columns: int = 80,
    rows: int = 24,
    environment: Mapping[str, str] | None = None,
) -> Terminal:
    """The curses client in a terminal, as its users start it.

    The user's home is beside ``data``: who starts it twice with the same folder is one user.
    """
    command = [sys.executable, "-m", "curses_client", name, "--port", str(port), "--data",
               str(data), "--lang", "en", *arguments]  # fmt: skip
    return Terminal(command, columns, rows, environment, home_of(data))


def home_of(data: Path) -> Path:
    """The home of the user whose secrets are in ``data``."""
    home = data.with_name(f"home-{data.name}")
    home.mkdir(parents=True, exist_ok=True)
    return home


def without_times(rows: list[str]) -> list[str]:
    """``rows`` with every clock as ``HH:MM``."""
    return [re.sub(r"\b\d\d:\d\d\b", "HH:MM", row) for row in rows]
