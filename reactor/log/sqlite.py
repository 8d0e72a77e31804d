"""The log on SQLite: one connection, one transaction a turn, nothing acknowledged before its fsync.

WAL with ``synchronous=FULL`` (set and read back): in WAL, NORMAL may lose commits at power loss
(sqlite.org, PRAGMA synchronous). Checkpoints are ours (``wal_autocheckpoint=0``), between turns, so
that no COMMIT ever carries one. Exactly one connection writes; other processes open read-only.
"""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from reactor.log import changes, schema
from reactor.log.files import Files
from reactor.log.lookup import Lookup, Scope
from reactor.log.records import (
    Ban,
    Batch,
    NameRow,
    NewRoom,
    NewTalk,
    Page,
    Password,
    Place,
    RoomRow,
    SessionRow,
    Silence,
    event_line,
    stamp,
)
from reactor.log.search import SearchIndex
from reactor.log.words import Words
from wire.grammar import PAGE_BYTES, fold

BUSY_MILLISECONDS: Final = 5000
"""So long a commit waits for another process that holds the database locked."""
CHECKPOINT_BYTES: Final = 4 * 1024 * 1024
"""When about so much is in the write-ahead log it is written back at once, not only when idle."""
WAL_BYTES: Final = 2 * CHECKPOINT_BYTES
"""The file of the write-ahead log keeps its length up to this: to write over what is there is
quicker to bring to the disk than to make a file longer, by a third on ext4."""
_COMMIT_BYTES: Final = 12 * 1024
"""What a commit writes at least: the last page of a table and those of its indices."""
_EVENT_BYTES: Final = 128
"""What an event takes beside its body."""
_LOOKS: Final = 8
"""From this part of CHECKPOINT_BYTES on the length of the file is looked at too: a commit that
touches many pages writes more than is reckoned."""
_SECRET_BYTES: Final = 32
_PROCESS_BYTES: Final = 16
_HISTORY_BYTES: Final = 6

_UNKNOWN_OUTCOME: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Then nobody knows what is on disk: asking fsync again may lie (PostgreSQL, "fsyncgate")."""
_PRIMARY_CODE: Final = 0xFF
"""The kind of an error without what SQLite adds to it (CORRUPT_INDEX is a CORRUPT)."""


class LogError(Exception):
    """The batch was not stored, nothing of it; the next one may be."""


class LogUnusableError(Exception):
    """Nobody knows what was stored, or the file is not ours; the server must end."""


class LogBusyError(LogUnusableError):
    """Another server has the data folder ``folder``; its ``process``, 0: not known."""

    def __init__(self, folder: Path, process: int) -> None:
        super().__init__(f"another server uses the folder {folder}")
        self.folder = folder
        self.process = process


class Log:
    """The log in ``folder``, which is made when there is none (mode 0700).

    Raises :class:`LogBusyError` when another server uses it, :class:`LogUnusableError` when it is
    no log of a version that is known here.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(folder / "lock")
        self._path = folder / "log.sqlite"
        self._wal = folder / "log.sqlite-wal"
        former = os.umask(0o077)
        try:
            self._db = _open(self._path)
        except LogUnusableError:
            os.close(self._lock)
            raise
        finally:
            os.umask(former)
        self.files = Files(self._db)
        self._ahead = 0  # bytes in the write-ahead log that are not written back, by reckoning
        self.tip = self._number("SELECT max(id) FROM event")
        self.secret = bytes.fromhex(str(self._meta("secret")))
        self.history = str(self._meta("history"))
        self.index = SearchIndex(folder / "search.sqlite", self._db, self.history)

    def close(self) -> None:
        """Write everything back into one file and let go of the folder."""
        self.index.close()
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA busy_timeout = 0")  # a reader must not hold up the end
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
        os.close(self._lock)

    def commit(self, batch: Batch) -> None:
        """Store ``batch``, all of it or nothing, and give its events their ids.

        When this returns, it is on disk. Raises :class:`LogError` when nothing of it was stored,
        and :class:`LogUnusableError` when that cannot be known.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for change in batch.changes:
                changes.apply(change, self._db)
            self._insert(batch)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._take_back(batch)
            _end_if_unknown(error)
            raise LogError(str(error)) from error
        self.tip += len(batch.events)
        bodies = sum([len(event.body) for event in batch.events])
        self._ahead += _COMMIT_BYTES + _EVENT_BYTES * len(batch.events) + bodies

    def checkpoint_due(self) -> bool:
        """Whether so much is in the write-ahead log that it should not wait for an idle moment."""
        if self._ahead < CHECKPOINT_BYTES // _LOOKS:
            return False
        return self._ahead >= CHECKPOINT_BYTES or self._wal.stat().st_size > WAL_BYTES

    def checkpoint(self) -> None:
        """Write the write-ahead log back, if anything is in it; for between turns.

        Raises :class:`LogUnusableError` when nobody knows what was written.
        """
        if self._ahead:
            try:
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.OperationalError as error:
                _end_if_unknown(error)  # otherwise a reader is in the way: next time
            self._ahead = 0

    def rooms(self) -> Iterable[RoomRow]:
        """Every room."""
        return map(
            RoomRow._make,
            self._db.execute(
                "SELECT place, name, owner, topic, topic_by, topic_time, key FROM room"
            ),
        )

    def bans(self) -> Iterable[Ban]:
        """Every ban, ended ones too."""
        return map(Ban._make, self._db.execute("SELECT who, until, reason, session FROM ban"))

    def silences(self) -> Iterable[Silence]:
        """Everybody who may not speak, ended ones too."""
        return map(Silence._make, self._db.execute("SELECT session, until FROM silence"))

    def passwords(self) -> Iterable[Password]:
        """The password of every name that has one."""
        return map(Password._make, self._db.execute("SELECT session, name, lock FROM password"))

    def motd(self) -> str:
        """The words of the house, or ""."""
        return str(self._meta("motd") or "")

    def held_names(self) -> Iterable[NameRow]:
        """The names that belonged to somebody when the server ended."""
        rows = self._db.execute("SELECT shown, session FROM name WHERE held = 1").fetchall()
        return (NameRow(shown, session, held=True) for shown, session in rows)

    def session(self, number: int) -> SessionRow | None:
        """The session with this id."""
        row = self._db.execute(
            "SELECT id, uid, name FROM session WHERE id = ?", (number,)
        ).fetchone()
        return row and SessionRow._make(row)

    def name(self, name: str) -> NameRow | None:
        """Who has, or had last, this name; case does not matter."""
        row = self._db.execute(
            "SELECT shown, session, held FROM name WHERE folded = ?", (fold(name),)
        ).fetchone()
        return row and NameRow(row[0], row[1], held=bool(row[2]))

    def tagged(self, session: int, tag: str) -> tuple[bytes, int] | None:
        """The digest of the line that ``session`` tagged so, and the event that it made."""
        found: tuple[bytes, int] | None = self._db.execute(
            "SELECT digest, event FROM tag WHERE session = ? AND tag = ?", (session, tag)
        ).fetchone()
        return found

    def talk(self, low: int, high: int) -> Place | None:
        """The private talk of two sessions, if they ever had one."""
        row = self._db.execute(
            "SELECT place FROM talk WHERE low = ? AND high = ?", (low, high)
        ).fetchone()
        return row and Place(row[0])

    def page(
        self, place: Place, *, after: bool, number: int, count: int, upto: int, kind: str = ""
    ) -> Page:
        """At most ``count`` events of ``place`` before or after ``number``, none above ``upto``.

        ``before`` gives the newest, ``after`` the oldest; a page ends early at PAGE_BYTES.
        """
        source = "event WHERE place = :place" + (" AND kind = 'FILE'" if kind else "")
        values = {"place": place.id, "number": number, "upto": upto}
        return self._page(source, "id", values, count, after=after)

    def private_page(
        self, session: int, *, after: bool, number: int, count: int, upto: int, kind: str = ""
    ) -> Page:
        """The same of all private talk of ``session``."""
        table = "private_file" if kind else "private"
        source = f"{table} JOIN event ON event.id = {table}.event WHERE session = :place"
        values = {"place": session, "number": number, "upto": upto}
        return self._page(source, f"{table}.event", values, count, after=after)

    def search(self, words: Words, scope: Scope, *, number: int, count: int, upto: int) -> Lookup:
        """A search for the newest ``count`` events before ``number``, none above ``upto``.

        What is stored or indexed while it goes on does not change what it finds.
        """
        return Lookup(self._db, self.index, words, scope, number=number, count=count, upto=upto)

    def _page(
        self, source: str, key: str, values: Mapping[str, int | None], count: int, *, after: bool
    ) -> Page:
        side, order = (">", "ASC") if after else ("<", "DESC")
        rows = self._db.execute(
            f"SELECT id, kind, time, target, sender, body FROM {source}"  # noqa: S608 - no value in it
            f" AND {key} {side} :number AND {key} <= :upto ORDER BY {key} {order} LIMIT :limit",
            {**values, "limit": count + 1},
        )
        lines: list[bytes] = []
        size = 0
        more = False
        for row_id, kind, time, target, sender, body in rows:
            line = event_line(row_id, kind, stamp(time), target, sender, body)
            size += len(line)
            if len(lines) == count or (lines and size > PAGE_BYTES):
                more = True
                break
            lines.append(line)
        rows.close()
        if not after:
            lines.reverse()
        return Page(lines, more)

    def _insert(self, batch: Batch) -> None:
        """Number the events and insert them, their tags and their private readers."""
        rows = []
        number = self.tip
        for event in batch.events:
            number += 1
            event.id = number
            rows.append(
                (number, event.place.id, event.kind, event.time, event.target, event.sender,
                 event.body)
            )  # fmt: skip
        self._db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        if batch.tags:
            self._db.executemany(
                "INSERT INTO tag VALUES (?, ?, ?, ?)",
                [(session, tag, digest, event.id) for session, tag, digest, event in batch.tags],
            )
        if batch.files:
            self._db.executemany(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?)",
                [(f.event.id, f.sha256, f.size, f.session, f.event.time) for f in batch.files],
            )
        if batch.private:
            self._db.executemany(
                "INSERT INTO private VALUES (?, ?)",
                [(session, event.id) for session, event in batch.private],
            )
            self._db.executemany(
                "INSERT INTO private_file VALUES (?, ?)",
                [(session, event.id) for session, event in batch.private if event.kind == "FILE"],
            )

    def _take_back(self, batch: Batch) -> None:
        """Undo on disk and in the objects what a failed commit began."""
        # SQLite rolls back by itself on some errors (SQLITE_FULL) and not on others.
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        for event in batch.events:
            event.id = 0
        for change in batch.changes:
            if isinstance(change, NewRoom | NewTalk):
                change.place.id = None

    def _number(self, question: str) -> int:
        return int(self._db.execute(question).fetchone()[0] or 0)

    def _meta(self, key: str) -> object:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row and row[0]


def _end_if_unknown(error: sqlite3.Error) -> None:
    """Raise :class:`LogUnusableError` when nobody knows what is on disk after ``error``."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _UNKNOWN_OUTCOME or code & _PRIMARY_CODE in _UNKNOWN_OUTCOME:
        raise LogUnusableError(f"the log failed: {error}") from error


def _lock(path: Path) -> int:
    """Hold ``path`` for this process alone (flock(2)); the kernel lets go when the process ends.

    The number of the process is written into it, for whoever wants to know who holds it.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(lock, _PROCESS_BYTES)
        os.close(lock)
        process = int(holder) if holder.isdigit() else 0  # it may be about to write it
        raise LogBusyError(path.parent, process) from error
    with contextlib.suppress(OSError):  # a full disk is no reason not to run
        os.ftruncate(lock, 0)
        os.write(lock, b"%d" % os.getpid())
    return lock


def _open(path: Path) -> sqlite3.Connection:
    """Open or make the database, with durability set and read back."""
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000)
        with contextlib.ExitStack() as unless_well:
            unless_well.callback(db.close)
            _prepare(db, path)
            unless_well.pop_all()
    except sqlite3.Error as error:
        raise LogUnusableError(f"{path}: {error}") from error
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Set what makes a commit durable, and bring the tables to this program's version."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    durability = (
        db.execute("PRAGMA journal_mode").fetchone()[0],
        db.execute("PRAGMA synchronous").fetchone()[0],
    )
    if durability != ("wal", 2):
        raise LogUnusableError(f"{path}: this file system takes no write-ahead log")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        _create(db)
    elif 0 < version < schema.VERSION:
        # One transaction: a crash in the middle leaves the older version as it was.
        db.executescript(f"BEGIN IMMEDIATE;{schema.steps(version)}COMMIT;")
    elif version != schema.VERSION:
        raise LogUnusableError(
            f"{path} has version {version}, this program knows version {schema.VERSION}"
        )


def _create(db: sqlite3.Connection) -> None:
    """Make the tables of a new log, with a history of its own."""
    db.executescript("BEGIN IMMEDIATE;" + schema.steps(0))
    for key, value in (
        ("history", secrets.token_hex(_HISTORY_BYTES)),
        ("secret", secrets.token_hex(_SECRET_BYTES)),
    ):
        db.execute("INSERT INTO meta VALUES (?, ?)", (key, value))
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("COMMIT")
