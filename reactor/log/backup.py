"""Reading a log without a server, also while one writes it: the way in, and a copy of all of it.

The way in is a connection that can only read, in one transaction: it sees the log as it stood at
one commit, and in WAL it holds up nobody who writes. A copy is made through it by SQLite's backup,
page by page, checked, synced, and only then given its name.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from reactor.log import schema
from reactor.log.sqlite import BUSY_MILLISECONDS, LogUnusableError

LOG_NAME: Final = "log.sqlite"
_PART: Final = ".part"
_MODE: Final = 0o600


class Copy(NamedTuple):
    """What a backup of ``size`` bytes holds: all events up to ``tip`` of the log ``history``.

    ``files``: how many different files its events tell of, ``file_bytes`` together. They are in
    the spool, and not in the copy.
    """

    history: str
    tip: int
    size: int
    files: int
    file_bytes: int


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """The log in ``folder`` as it stands now, for reading alone.

    Where no server runs, SQLite may put its two empty side files (``-wal``, ``-shm``) beside it.

    Raises :class:`LogUnusableError` where there is none, or it is no log of a known version.
    """
    path = folder / LOG_NAME
    if not path.is_file():
        raise LogUnusableError(f"there is no log in {folder}")
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(
            sqlite3.connect(
                address, uri=True, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000
            )
        ) as db:
            db.execute("BEGIN")
            _know(db, path)
            yield db
    except sqlite3.Error as error:
        raise LogUnusableError(f"{path}: {error}") from error


def back_up(folder: Path, target: Path) -> Copy:
    """Write a copy of the log in ``folder`` to the new file ``target`` (mode 0600), and sync it.

    Every event that was acknowledged before the call is in it. Raises OSError where ``target``
    is there already or cannot be written, and :class:`LogUnusableError` as :func:`reading`, or
    where what was copied is damaged; nothing is left of ``target`` then.
    """
    os.close(_new_file(target))  # the name is ours from now on: no other file is ever replaced
    part = target.with_name(target.name + _PART)
    try:
        part.unlink(missing_ok=True)  # of a backup that was killed
        fd = _new_file(part)
        try:
            with reading(folder) as db:
                copy = _copied(db, part)
            os.fsync(fd)
        finally:
            os.close(fd)
        part.replace(target)
        _sync_folder(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise
    return copy


def one_line(verdict: str) -> str:
    """What SQLite's check of a file says, without the heading that it may put above."""
    return "; ".join(line for line in verdict.splitlines() if not line.startswith("***"))


def _know(db: sqlite3.Connection, path: Path) -> None:
    """See that it is a log, of a version that is known here."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if application != schema.APPLICATION_ID:
        raise LogUnusableError(f"{path} is no log of obrol")
    if not 0 < version <= schema.VERSION:
        raise LogUnusableError(
            f"{path} has version {version}, this program knows version {schema.VERSION}"
        )


def _copied(db: sqlite3.Connection, part: Path) -> Copy:
    """The same as :func:`_copy`, with the errors of the copy told apart from those of the log."""
    try:
        return _copy(db, part)
    except sqlite3.Error as error:
        raise LogUnusableError(f"copying to {part}: {error}") from error


def _copy(db: sqlite3.Connection, part: Path) -> Copy:
    """Copy the log into the empty file ``part`` and see that the copy is whole."""
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # it is synced once, at the end
        copy.execute("PRAGMA journal_mode = OFF")
        db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a write-ahead log
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise LogUnusableError(f"the log is damaged, and not copied: {one_line(verdict)}")
        (history,) = copy.execute("SELECT value FROM meta WHERE key = 'history'").fetchone()
        (tip,) = copy.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()
        files, file_bytes = copy.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM (SELECT DISTINCT sha256, size FROM file)"
        ).fetchone()
    return Copy(history, tip, part.stat().st_size, files, file_bytes)


def _new_file(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, _MODE)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
