"""Which process wrote something, and whether that process is still there.

A number alone does not tell: numbers are given out again. Beside it stand the moment at which the
process started and the start of the machine, both as Linux tells them. Where it does not (another
system), the number has to do.
"""

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_BOOT: Final = _PROC / "sys" / "kernel" / "random" / "boot_id"
_STATE, _STARTED = 0, 19  # fields of /proc/PID/stat behind the name, see proc(5)
_ENDED: Final = frozenset("ZXx")
_PID_DIGITS: Final = 10


def this_process() -> str:
    """The mark of this process: no other one has or had it."""
    return _mark(os.getpid())


def is_gone(mark: str) -> bool:
    """Whether the process of ``mark`` has ended.

    One of another machine that shares the home folder, or of another container, counts as gone.
    """
    number = mark.partition("-")[0]
    if not (number.isascii() and number.isdecimal() and len(number) <= _PID_DIGITS):
        return True
    return _mark(int(number)) != mark or not _answers(int(number))


def _mark(pid: int) -> str:
    try:
        boot = _BOOT.read_text().strip()
    except OSError:
        boot = ""
    return f"{pid}-{_started(pid)}-{boot}"


def _started(pid: int) -> str:
    """When it started, in ticks of the machine; "" when it has ended or nobody tells."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[_STATE] in _ENDED else fields[_STARTED]


def _answers(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
