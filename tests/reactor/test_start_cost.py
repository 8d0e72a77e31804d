"""What the two programs have loaded when they are there: as Python itself tells, until then.

``tests/test_house.py`` looks at imports alone; here is all that runs up to ``ready`` or a picture.
"""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.server import ROOT
from tests.support.terminal import Terminal
from tests.test_house import LATE

LOADED = re.compile(r"import time:.*\| +(\S+)\n")
BY_ARGPARSE = {"bz2"}
"""With shutil, which argparse asks for the width of the terminal."""
NAME = "rizky"


def too_early(told: Path) -> list[str]:
    """Which modules are loaded already, and need not be."""
    loaded = set(LOADED.findall(told.read_text()))
    assert {"argparse", "reactor.loop"} <= loaded
    return sorted((LATE - BY_ARGPARSE) & loaded)


def test_server_until_it_is_ready(tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = [sys.executable, "-X", "importtime", "-m", "reactor", "--port", "0", "--unix", "off",
               "--data", str(tmp_path / "data")]  # fmt: skip
    with told.open("w") as errors:
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert child.stdout is not None
    with child.stdout:
        ready = any(line == "ready\n" for line in child.stdout)
        found = too_early(told)
        child.terminate()
        child.wait()
    assert ready
    assert found == []


def test_client_until_its_first_paint(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = f"exec {sys.executable} -X importtime -m curses_client"
    words = f"{NAME} --host 127.0.0.1 --port 1 --data {tmp_path} --config {tmp_path / 'none'}"
    with Terminal(["sh", "-c", f"{program} {words} 2> {told}"]) as terminal:
        terminal.wait_for(NAME)
        found = too_early(told)
    assert found == []
