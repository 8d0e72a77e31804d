"""What the screen costs: a key and a message with little and with much scrollback, and a burst.

The client is the real one in a real pseudo-terminal (``screen_client`` counts its turns and its
redraws from the inside), the server is played here: it answers as one that has nothing to tell,
then sends lines without end.
"""

import json
import os
import select
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.played import PlayedServer
from tests.support.terminal import Terminal

PATIENCE: Final = 60.0
KEY_SECONDS: Final = 0.02
PIECE: Final = 256 * 1024


class Cost(NamedTuple):
    """Milliseconds of CPU; ``line_bytes`` is what a line of scrollback takes of memory."""

    lines: int
    key: float
    worst_key: float
    message: float
    line_bytes: float


class Burst(NamedTuple):
    """``worst`` is the most CPU that two turns in a row took: no key waits longer."""

    lines: int
    cpu: float
    seconds: float
    redraws: int
    keys: int
    worst: float


class _Client:
    """The client under measurement."""

    def __init__(self, port: int, folder: Path) -> None:
        self._report = folder / "report.json"
        command = [sys.executable, "-m", "tests.bench.screen_client", str(self._report), "rizky",
                   "--host", "127.0.0.1", "--port", str(port), "--data", str(folder),
                   "--config", str(folder / "none"), "--lang", "id"]  # fmt: skip
        self.terminal = Terminal(command)

    def drain(self) -> None:
        """Take what the client draws, and look at none of it."""
        while select.select([self.terminal._master], [], [], 0)[0]:
            os.read(self.terminal._master, PIECE)

    def report(self) -> dict[str, float]:
        """Press F12, which makes the client write what it has counted since the last time."""
        self._report.unlink(missing_ok=True)
        self.terminal.press("\x1b[24~")
        deadline = time.monotonic() + PATIENCE
        while not self._report.exists():
            assert time.monotonic() < deadline, "the client does not report"
            self.drain()
            select.select([self.terminal._master], [], [], KEY_SECONDS)
        found: dict[str, float] = json.loads(self._report.read_text())
        return found

    def until(self, lines: int) -> dict[str, float]:
        """The report when the client shows so many lines; what was counted on the way is summed."""
        total: dict[str, float] = {}
        while True:
            for key, value in self.report().items():
                old = total.get(key, 0.0)
                summed = key in {"cpu", "draws", "keys", "key_cpu"}
                total[key] = old + value if summed else max(old, value)
            if total["lines"] >= lines:
                return total
            deadline = time.monotonic() + KEY_SECONDS
            while time.monotonic() < deadline:
                self.drain()


def measure_scrollback(lines: int, keys: int = 200, messages: int = 200) -> Cost:
    """The cost of a key and of a message above which ``lines`` stand."""
    with tempfile.TemporaryDirectory() as name:
        server, client = _started(Path(name))
        with client.terminal:
            before = client.report()
            server.talk(lines, client.drain)
            after = client.until(lines)
            client.report()
            for _ in range(keys):
                client.terminal.press("x")
                _wait(client)
            typed = client.report()
            for _ in range(messages):
                server.talk(1, client.drain)
                _wait(client)
            told = client.until(lines + messages)
            grown = after["memory"] - before["memory"]
        server.close()
    return Cost(
        lines,
        typed["key_cpu"] / typed["keys"] * 1e3,
        typed["worst_key"] * 1e3,
        told["cpu"] / messages * 1e3,
        grown / lines,
    )


def measure_burst(lines: int) -> Burst:
    """What it costs that so many lines come at once, while somebody types."""
    with tempfile.TemporaryDirectory() as name:
        server, client = _started(Path(name))
        with client.terminal:
            client.report()
            began = time.monotonic()
            next_key = began

            def drain() -> None:
                nonlocal next_key
                client.drain()
                if time.monotonic() >= next_key:
                    client.terminal.press("x")
                    next_key = time.monotonic() + 5 * KEY_SECONDS

            server.talk(lines, drain)
            told = client.until(lines)
            seconds = time.monotonic() - began
        server.close()
    return Burst(
        lines, told["cpu"], seconds, int(told["draws"]), int(told["keys"]), told["worst"] * 1e3
    )


def _started(folder: Path) -> tuple[PlayedServer, _Client]:
    server = PlayedServer()
    client = _Client(server.port, folder)
    server.greet()
    client.terminal.wait_for("[#lab]")
    client.terminal.settle()
    return server, client


def _wait(client: _Client) -> None:
    """A moment in which the client has nothing else to do: each key has a turn of its own."""
    deadline = time.monotonic() + KEY_SECONDS / 4
    while time.monotonic() < deadline:
        client.drain()
