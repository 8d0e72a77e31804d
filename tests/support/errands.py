"""The line-mode client as a process that sends or fetches files, then leaves."""

import subprocess
import sys
from pathlib import Path

from tests.support.home import environment
from tests.support.server import ROOT

PATIENCE = 60.0


def start(name: str, port: int, home: Path, *words: str) -> subprocess.Popen[str]:
    """The client over TCP, with its secrets and its downloads under ``home``."""
    command = [sys.executable, "-m", "curses_client", name, "--host", "127.0.0.1",
               "--port", str(port), "--data", str(home / "state"), "--lang", "en",
               "--downloads", str(home / "terima"), *words]  # fmt: skip
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(name: str, port: int, home: Path, *words: str) -> tuple[int, str]:
    """Its exit code, and what it said on standard error."""
    with start(name, port, home, *words) as process:
        _, errors = process.communicate(timeout=PATIENCE)
        return process.returncode, errors
