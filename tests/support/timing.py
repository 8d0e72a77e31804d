"""How long something took, on a machine that has other things to do as well.

What is promised in seconds cannot be measured on a clock where ten programs share two processors.
The kernel counts for how long each thread was ready to run and had to wait for a processor
(``schedstat``): that time is no fault of who is tested, and is taken off. A wait that is part of
the program, for a timer or a lock, a disk or another program, is none of it and counts; so does
what it computes.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NANOSECONDS: Final = 1e9


class Stopwatch:
    """It runs from the moment it is made, for this process and the others that take part.

    A process that has ended is to be waited for afterwards (:func:`end_of`): the kernel forgets
    what it counted with the wait.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = (os.getpid(), *pids)
        self._start = time.monotonic()
        self._before = _waits(self._pids)

    @property
    def wall(self) -> float:
        """Seconds on the clock: for what may not be too short."""
        return time.monotonic() - self._start

    @property
    def seconds(self) -> float:
        """Seconds but for those in which others had the processors: for what may not be too long.

        Where several wait at the same time it is too little, never too much.
        """
        wall = self.wall
        waits = _waits(self._pids).items()
        return max(0.0, wall - sum(waited - self._before.get(task, 0.0) for task, waited in waits))


@contextmanager
def within(low: float, high: float, *pids: int) -> Iterator[None]:
    """What happens inside takes so many seconds; see :class:`Stopwatch`."""
    watch = Stopwatch(*pids)
    yield
    wall, seconds = watch.wall, watch.seconds
    assert low <= wall, f"{wall:.3f} s"
    assert seconds <= high, f"{seconds:.3f} s, {wall:.3f} s on the clock"


def end_of(pid: int) -> None:
    """Wait until a child has ended, and leave it to be waited for."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _waits(pids: tuple[int, ...]) -> dict[str, float]:
    """For each thread the seconds in which it was ready and had no processor.

    Empty where the kernel does not count them.
    """
    found = {}
    for pid in pids:
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                waited = (task / "schedstat").read_text(encoding="ascii").split()[1]
                found[task.name] = int(waited) / _NANOSECONDS
        except (OSError, IndexError):
            continue
    return found
