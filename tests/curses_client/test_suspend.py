"""Ctrl+Z and SIGTSTP: the terminal is the shell's while we are stopped, and drawn anew after.

The shell is a real one, with job control; what it prints tells who had stopped.
"""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client, home_of

STOPPED = f"stopped with {128 + signal.SIGTSTP}"
CTRL_Z = "\x1a"
OFF = b"\x1b[?1004l\x1b[?2004l"
ON = b"\x1b[?2004h\x1b[?1004h"


def under_a_shell(server: ServerProcess, data: Path, before: str = "") -> Terminal:
    """A shell that waits for Enter when the client stops, then continues it.

    ``before``: what of the same job starts the client.
    """
    words = [sys.executable, "-m", "curses_client", "rizky", "--port", str(server.port), "--data",
             str(data), "--lang", "en"]  # fmt: skip
    line = f"set -m; {before}{shlex.join(words)}; echo stopped with $?; read x; fg; echo ended $?"
    return Terminal(["/bin/sh", "-c", line], home=home_of(data))


def pid_of_the_client(shell: Terminal) -> int:
    """The only child of the shell."""
    pid = shell.process.pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def stop_and_continue(shell: Terminal, server: ServerProcess, how: str) -> None:
    """Stop the client in the middle of a draft, let somebody talk meanwhile, continue."""
    shell.wait_for("1 here")
    shell.press("draf")
    shell.wait_for("[#lab] draf")
    if how == "key":
        shell.press(CTRL_Z)
    else:
        os.kill(pid_of_the_client(shell), signal.SIGTSTP)
    shell.wait_for(STOPPED)
    # The shell finds the terminal as it was: line by line, with an echo.
    assert shell.modes() == shell.before
    assert OFF in shell.raw[shell.raw.rindex(b"draf") :]
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        fatur.answer("SAY #lab sementara itu")
    begun = len(shell.raw)
    shell.press("\r")
    shell.wait_for("<fatur> sementara itu")
    shell.wait_for("[#lab] draf")
    assert ON in shell.raw[begun:]
    assert STOPPED not in "\n".join(shell.settle())
    assert shell.rows()[0].startswith(" #lab")
    shell.press("\x15masih hidup\r")
    shell.wait_for("<rizky> masih hidup")
    shell.press("/quit\r")
    shell.wait_for("ended 0")
    assert shell.modes() == shell.before


@pytest.mark.parametrize("how", ["key", "SIGTSTP"])
def test_stopped_and_continued(server: ServerProcess, tmp_path: Path, how: str) -> None:
    with under_a_shell(server, tmp_path / "rizky") as shell:
        stop_and_continue(shell, server, how)


def test_the_whole_job_stops_so_that_the_shell_comes_back(
    server: ServerProcess, tmp_path: Path
) -> None:
    """``make client``: the shell waits for make, which has to stop as well."""
    waiting = f"{shlex.quote(sys.executable)} -c " + shlex.quote(
        "import subprocess, sys; raise SystemExit(subprocess.call(sys.argv[1:]))"
    )
    with under_a_shell(server, tmp_path / "rizky", waiting + " ") as shell:
        stop_and_continue(shell, server, "key")


def test_where_no_shell_could_continue_us_we_do_not_stop(
    server: ServerProcess, tmp_path: Path
) -> None:
    """In a terminal of its own (tmux new-window obrol) Ctrl+Z would be the end."""
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        rizky.press(CTRL_Z + "masih hidup\r")
        rizky.wait_for("<rizky> masih hidup")
        os.kill(rizky.process.pid, signal.SIGTSTP)
        rizky.press("lagi\r")
        rizky.wait_for("<rizky> lagi")
        assert rizky.settle()[-1] == "[#lab]"
        assert rizky.modes() != rizky.before


def test_after_the_editor_it_stops_as_before(server: ServerProcess, tmp_path: Path) -> None:
    with under_a_shell(server, tmp_path / "rizky", "EDITOR=true ") as shell:
        shell.wait_for("1 here")
        begun = len(shell.raw)
        shell.press("\x0f")
        shell.wait_for(lambda: ON in shell.raw[begun:])
        stop_and_continue(shell, server, "SIGTSTP")
