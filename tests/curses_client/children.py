"""Help for tests that start real children: waiting on the loop, and nothing left behind."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reactor.loop import Loop

PATIENCE = 60.0


def turn_until(loop: Loop, condition: Callable[[], bool]) -> None:
    """Let the loop turn until ``condition`` holds."""
    late: list[bool] = []
    alarm = loop.later(PATIENCE, lambda: late.append(True))
    while not condition():
        assert not late, "it did not happen"
        loop.run_once()
    alarm.cancel()


def turn_for(loop: Loop, seconds: float) -> None:
    """Let the loop turn for so long: for what must not happen."""
    over: list[bool] = []
    loop.later(seconds, lambda: over.append(True))
    turn_until(loop, lambda: bool(over))


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether the process runs no more; a zombie that init has yet to reap counts as gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return fields[0] in {"Z", "X"}


def children() -> set[int]:
    """The children of this process, zombies too."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return {int(pid) for pid in found.split()}


def descriptors() -> set[str]:
    """The open descriptors of this process, by what they are."""
    folder = Path("/proc/self/fd")
    found = set()
    for entry in folder.iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except FileNotFoundError:  # the one that lists the folder
            continue
    return found


@contextmanager
def nothing_left() -> Iterator[Loop]:
    """A loop for a test that leaves no descriptor and no child behind."""
    before = (descriptors(), children())
    loop = Loop()
    yield loop
    loop.close()
    assert (descriptors(), children()) == before
