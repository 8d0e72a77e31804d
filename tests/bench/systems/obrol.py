"""Our own server, started by its real command line: every check on, every message on disk first."""

import platform
import re
import tomllib
from pathlib import Path
from typing import Final

from tests.bench.systems.system import LONG_SECONDS, Server, Step, System
from tests.support.server import ROOT, ServerProcess

SETTINGS: Final = {"rate": 0, "ping-after": LONG_SECONDS, "drop-after": 2 * LONG_SECONDS}
TIMED: Final = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
UNREAD_BYTES: Final = 4 * 1024**3
"""Of all members together: thousands of them, each a window behind, are no slow readers."""


class RunningObrol(Server):
    """The server; ``unix`` is the door where the account that runs it is the operator."""

    def __init__(self, process: ServerProcess) -> None:
        super().__init__(process.port, None, process.pid)
        self.unix = process.unix
        self._ours = process

    def close(self) -> None:
        """See :class:`Server`."""
        if self._ours.process is not None and self._ours.process.poll() is None:
            self._ours.kill()


class Obrol(System):
    """The server of this repository."""

    name = "obrol"
    package = "this repository"
    head = re.compile(rb"MSG \d+ " + TIMED + rb" [#*]\S* \w+ ")
    end = b"\n"
    joined = re.compile(rb"JOINED " + TIMED + rb" #\w+ \w+\n")
    hears_itself = True

    def missing(self) -> str:
        """Nothing: it is here."""
        return ""

    def version(self) -> str:
        """See :class:`System`: that of the project's file."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        return f"{project['version']}, Python {platform.python_version()}"

    def start(self, folder: Path, members: int) -> RunningObrol:
        """See :class:`System`. The speed limit is off; what is stored and checked is not."""
        del members
        settings = {**SETTINGS, "send-total": UNREAD_BYTES}
        words = [word for pair in settings.items() for word in ("--set", "{}={}".format(*pair))]
        return RunningObrol(ServerProcess(folder / "data", *words).start())

    def login(self, name: str) -> tuple[Step, ...]:
        """See :class:`System`."""
        return (Step(f"=h HELLO {name}\n".encode(), b"=h OK\n"),)

    def join(self, room: str) -> tuple[Step, ...]:
        """See :class:`System`."""
        return (Step(f"=j JOIN {room}\n".encode(), b"=j OK\n"),)

    def say(self, room: str, text: bytes) -> bytes:
        """See :class:`System`."""
        return b"SAY %b %b\n" % (room.encode(), text)
