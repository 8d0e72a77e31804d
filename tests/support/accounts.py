"""Somebody with another uid: a child that gave up root, and speaks lines over TCP or UNIX."""

import os
import subprocess
import sys
from types import TracebackType
from typing import Final, Self

import pytest

OTHER: Final = 12_345
"""A uid without an account."""
NOBODY: Final = 65_534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")

_SPEAKER = """
import encodings.idna, os, socket, sys
uid, where = int(sys.argv[1]), sys.argv[2]
os.setgid(uid)
os.setuid(uid)
if where.startswith("@"):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect("\\0" + where[1:])
else:
    sock = socket.create_connection(("127.0.0.1", int(where)))
lines = sock.makefile("rwb")
for line in sys.stdin.buffer:
    lines.write(line)
    lines.flush()
    sys.stdout.buffer.write(lines.readline())
    sys.stdout.flush()
"""


class Speaker:
    """One connection of account ``uid`` to ``where``: a port, or ``@name`` of a UNIX socket."""

    def __init__(self, uid: int, where: int | str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-c", _SPEAKER, str(uid), str(where)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, line: str) -> str:
        """Say one line; the one line that answers it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        print(line, file=self._child.stdin, flush=True)
        return self._child.stdout.readline().removesuffix("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.communicate()
