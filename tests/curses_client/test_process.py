"""Whether the process that wrote something is still there: real processes in every state."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from curses_client.process import is_gone, this_process
from tests.support.server import ROOT

TELLER = """
import sys
from curses_client.process import this_process
print(this_process(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process, and its mark."""
    process = subprocess.Popen(
        [sys.executable, "-c", TELLER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_this_process_is_there() -> None:
    assert this_process() == this_process()
    assert this_process().startswith(f"{os.getpid()}-")
    assert not is_gone(this_process())


def test_another_one_is_there_until_it_ends(other: tuple[subprocess.Popen[str], str]) -> None:
    process, mark = other
    assert mark != this_process()
    assert not is_gone(mark)
    process.send_signal(signal.SIGSTOP)  # Ctrl+Z is no end
    assert not is_gone(mark)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it ended, and nobody took its code
    assert is_gone(mark)
    process.wait()
    assert is_gone(mark)


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    pid, started, boot = this_process().split("-", 2)
    assert is_gone(f"{pid}-{int(started) - 1}-{boot}")
    assert is_gone(f"{pid}-{started}-{boot[::-1]}")
    assert is_gone(pid)


def test_the_first_process_is_somebody_elses_and_there() -> None:
    mark = this_process().split("-", 2)
    assert is_gone(f"1-{mark[1]}-{mark[2]}")


@pytest.mark.parametrize(
    "mark", ["", "-", "x", "-1-2-3", "0-0-0", "9" * 30 + "-1-2", "²-1-2", "../self-1-2", "1 -2-3"]
)
def test_what_is_no_mark_is_of_nobody(mark: str) -> None:
    assert is_gone(mark)
