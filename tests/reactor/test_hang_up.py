"""SIGHUP: the configuration is read again; but a server whose terminal went away ends."""

import sys
from pathlib import Path

from tests.support.terminal import Terminal

SOON = 5.0


def test_a_server_without_its_terminal_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reactor", "--port", "0", "--data", str(tmp_path / "data")]
    with Terminal(command) as terminal:
        terminal.wait_for("ready")
        terminal.hang_up()  # as when the window is closed in which `make server` runs
        assert terminal.process.wait(SOON) == 0
