"""Chat servers on asyncio's streams, on its own loop and on uvloop: what one would write oneself.

They have one room, store nothing and check nothing.
"""

import importlib.metadata
import importlib.util
import platform
import re
import sys
from pathlib import Path

from tests.bench.systems import streams_server
from tests.bench.systems.system import Server, Step, System, free_port, launch
from tests.support.server import ROOT


class Streams(System):
    """``streams_server`` on the loop of the standard library."""

    name = "asyncio streams"
    package = "python3"
    head = re.compile(rb"\w+: ")
    end = b"\n"
    hears_itself = True
    has_rooms = False
    loop: tuple[str, ...] = ()

    def missing(self) -> str:
        """See :class:`System`: nothing, it comes with Python."""
        return ""

    def version(self) -> str:
        """See :class:`System`."""
        return f"Python {platform.python_version()}"

    def start(self, folder: Path, members: int) -> Server:
        """See :class:`System`."""
        del members
        port = free_port()
        command = [sys.executable, "-m", streams_server.__name__, str(port), *self.loop]
        return launch(command, folder, port, cwd=ROOT)

    def login(self, name: str) -> tuple[Step, ...]:
        """See :class:`System`."""
        return (Step(f"{name}\n".encode(), f"welcome {name}\n".encode()),)

    def join(self, room: str) -> tuple[Step, ...]:
        """See :class:`System`: there is one room, and everybody is in."""
        del room
        return ()

    def say(self, room: str, text: bytes) -> bytes:
        """See :class:`System`."""
        del room
        return text + b"\n"


class Uvloop(Streams):
    """The same server on uvloop."""

    name = "uvloop streams"
    package = "uvloop (PyPI), python3-uvloop (Debian)"
    loop = ("uvloop",)

    def missing(self) -> str:
        """See :class:`System`."""
        return "" if importlib.util.find_spec("uvloop") else self.package

    def version(self) -> str:
        """See :class:`System`."""
        return f"uvloop {importlib.metadata.version('uvloop')}, {super().version()}"
