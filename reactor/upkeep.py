"""``--backup`` and ``--check``: what can be done to a server's folder without the server.

Both only read, also while a server writes there, and say in words what they found.
"""

import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from reactor.log import LogUnusableError
from reactor.log.backup import back_up
from reactor.log.checkup import look_over
from reactor.spool import checkup

SETTLE_SECONDS: Final = 1.0
"""A fault between log and spool is looked for again after this: a server may be in between."""
_FAILED: Final = 1


class Verdict(NamedTuple):
    """What a check found: ``faults`` in words, the newest event, how many files and bytes."""

    faults: list[str]
    tip: int
    files: int
    file_bytes: int


def backup(data: Path, target: Path) -> int:
    """Copy the log of the folder ``data`` to ``target`` and tell; the exit code."""
    try:
        copy = back_up(data, target)
    except (LogUnusableError, OSError) as error:
        sys.stderr.write(f"obrol-server: no backup: {error}\n")
        return _FAILED
    sys.stdout.write(
        f"{target}: events up to {copy.tip} of the log {copy.history}, {copy.size} bytes\n"
    )
    if copy.files:
        sys.stdout.write(
            f"not in it: {copy.files} files ({copy.file_bytes} bytes); they never change, copy them"
            f" now from {data / 'spool' / 'files'}\n"
        )
    return 0


def check(data: Path, settle: float = SETTLE_SECONDS) -> int:
    """Look over the folder ``data`` and tell; the exit code is 1 when anything is wrong."""
    verdict = examine(data, settle)
    for fault in verdict.faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(
        f"{data}: {'all is well' if not verdict.faults else 'not well'}: events up to"
        f" {verdict.tip}, {verdict.files} files, {verdict.file_bytes} bytes\n"
    )
    return _FAILED if verdict.faults else 0


def examine(data: Path, settle: float = SETTLE_SECONDS) -> Verdict:
    """Everything that is wrong in ``data``; waits ``settle`` seconds before a second look.

    The log is read at one moment and the spool at another. A server stores a file before its
    event and removes it after its event's row, so what differs for longer than that is a fault.
    """
    log = look_over(data)
    faults = _spool_faults(data, log.files)
    if faults:
        time.sleep(settle)
        again = set(_spool_faults(data, look_over(data).files))
        faults = [fault for fault in faults if fault in again]
    return Verdict(log.faults + faults, log.tip, len(log.files), sum(log.files.values()))


def _spool_faults(data: Path, wanted: dict[str, int]) -> list[str]:
    try:
        return list(checkup.look_over(data / "spool", wanted))
    except OSError as error:
        return [f"the spool cannot be read: {error}"]
