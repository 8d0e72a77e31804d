"""Small files of the user, read without waiting and replaced in one step.

Whatever stands at a path that a user names, a folder, a pipe, a link, nothing here hangs on it.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

_FRESH_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


def read(path: Path, most: int) -> bytes:
    """The content of a plain file; raises OSError, also for more than ``most`` bytes."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _check_plain(os.fstat(file).st_mode)
        with os.fdopen(file, "rb", closefd=False) as source:
            data = source.read(most + 1)
    finally:
        os.close(file)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"more than {most} bytes")
    return data


def replace(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, or where that links to, in one step; raises OSError.

    The mode of what was there stays; a new file is its owner's alone. Folders are made.
    """
    import tempfile  # noqa: PLC0415 - with shutil, it takes as long to load as half the client

    real = Path(os.path.realpath(path))
    real.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    mode = _FRESH_MODE
    with contextlib.suppress(FileNotFoundError):
        there = real.stat().st_mode
        _check_plain(there)
        mode = stat.S_IMODE(there)
    file, fresh = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(data)
            os.fchmod(file, mode)
            out.flush()
            os.fsync(file)
        Path(fresh).rename(real)
    except OSError:
        Path(fresh).unlink()
        raise


def _check_plain(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a plain file")
