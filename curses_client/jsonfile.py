"""One small JSON file that several processes of one person may write at once.

It is a table of servers, and in each a table of names: whoever writes changes one entry of it and
leaves the others as they are. The file is read, changed and replaced (temporary file and rename)
under a lock, so that a reader never sees half of it and no writer undoes another. Only its owner
may read it: mode 0600, in a folder of mode 0700. A damaged file counts as an empty one.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

FILE_BYTES: Final = 32 * 1024 * 1024
"""A longer file was not written by us: it counts as damaged."""
_LOCK_FILE: Final = "lock"
"""One lock for all files of the folder: it is held for some milliseconds."""
_TRY_SECONDS: Final = 0.01

Everything = dict[str, dict[str, Any]]
"""server -> name -> entry; what stands in an entry is not judged here."""


class JsonFile:
    """The file at ``path``.

    ``quick`` is for what is written often and may lose its last moments in a power cut: it is not
    forced to the disk, and has no line breaks for people. A killed process loses nothing by it.
    """

    def __init__(self, path: Path, *, quick: bool = False) -> None:
        self._path = path
        self._quick = quick

    def read(self) -> Everything:
        """What stands in it now; nothing when there is no file, or no sense in it."""
        try:
            with self._path.open("rb") as file:
                data = file.read(FILE_BYTES + 1)
            found = json.loads(data.decode()) if len(data) <= FILE_BYTES else None
        # A text of a million brackets is no sense either, and ends in a RecursionError.
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {server: names for server, names in found.items() if isinstance(names, dict)}

    @contextlib.contextmanager
    def changing(self, patience: float | None = None) -> Iterator[Everything]:
        """What stands in it, to be changed: at the end of the ``with`` the file is replaced.

        Waits for the lock, but at most ``patience`` seconds where that is given: then it raises
        BlockingIOError. Raises OSError where the folder cannot be written. After any exception the
        file is what it was.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked(patience):
            everything = self.read()
            yield everything
            self._replace(everything)

    def _replace(self, everything: Everything) -> None:
        text = json.dumps(everything, indent=None if self._quick else 1)
        fresh = self._path.with_suffix(f".{os.getpid()}")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(file, "w") as out:
                out.write(text)
                out.flush()
                if not self._quick:
                    os.fsync(out.fileno())
            fresh.rename(self._path)
        except OSError:  # a full disk: half a file shall not stay and fill it further
            fresh.unlink()
            raise

    @contextlib.contextmanager
    def _locked(self, patience: float | None) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        lock = os.open(self._path.parent / _LOCK_FILE, flags, 0o600)
        try:
            if patience is None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            else:
                _lock_within(lock, patience)
            yield
        finally:
            os.close(lock)


def _lock_within(lock: int, seconds: float) -> None:
    """Take the lock; raises BlockingIOError when another process holds it for so long.

    One that was stopped (Ctrl+Z) in the wrong moment holds it until it goes on.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_TRY_SECONDS)
        else:
            return
