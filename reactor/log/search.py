"""The full-text index of the log, on SQLite's FTS5, in a file of its own beside it.

It holds no texts (``content=''``), only where each token stands, and everything in it can be made
again from the log. So whatever is wrong with it, the talk goes on: a search reads in the log what
the index does not have.

- It is filled after the commit, in slices of about SLICE_SECONDS, by whoever knows when the server
  has nothing better to do (:meth:`SearchIndex.fill`). Merging FTS5's segments and writing back the
  write-ahead log are slices of their own; left to themselves, a commit would carry them.
- The events that are in it are those up to ``done``, which is stored in the same transaction: what
  a killed server had taken in is there. Nothing is ever synced (``synchronous=OFF``), because one
  fsync may take as long as a hundred slices. So an index may be torn if the machine went down, and
  one of another boot is not used: it is made anew once after each start of the machine.
- A file that is damaged, of another log, or made by another way of cutting texts is deleted, and
  made anew from the first event on. SQLite notices a bad page, not each bad byte in a page.
- Each SHARD_IDS ids have a table of their own, because nothing can interrupt FTS5: neither a search
  for words that never meet, nor the end of a merge, takes longer when the log is longer.
- Events stand in it under their negative ids. FTS5 leaps ahead in rising order alone, and what is
  wanted is the newest first.
- Places are tokens of it: ``p17``, and ``s42`` for each of the two sessions of a private talk. So a
  search in one room is an intersection of two lists, however often the word was said elsewhere. In
  many rooms at once it is asked for the words first, and for the rooms only where they are common.
"""

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from reactor.log.words import SCHEME, Words, searchable, tokens
from wire.grammar import fold

SLICE_SECONDS: Final = 0.002
"""So long the server may be kept from its talk at a time."""
RETRY_SECONDS: Final = 10.0
"""So long the index is left alone after something went wrong with it."""
WRITE_BACK_BYTES: Final = 1024 * 1024
"""A write-ahead log of this size is written back."""

SHARD_IDS: Final = 65_536
"""So many ids go into one table of the index."""

FEW_PLACES: Final = 3
"""Each place in a question costs FTS5 as much as a word; of more places than these it is asked at
first for the words alone."""
CANDIDATES: Final = 250
CANDIDATES_A_PLACE: Final = 2
"""So many events with the words are looked at in the log, because two cost what a place does; where
there are more, in a table, FTS5 is asked for the places too."""
_STATEMENTS: Final = 1024
"""So many prepared statements are kept: one or two for each table of the index."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_BOOT_BYTES: Final = 16
_MODULE: Final = "fts5"
_FIRST_ROWS: Final = 50
_MOST_ROWS: Final = 500
_LEAST_ROWS: Final = 5
_MERGE_PAGES: Final = 16
_NO_MERGE: Final = 2
"""A merge that changed fewer rows found nothing to do (sqlite.org, FTS5, "merge")."""
_MOST_TERMS: Final = 32
"""So many words, and tokens of a word, are asked of the index; what it finds is looked at again."""

_PRIMARY_CODE: Final = 0xFF
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PASSING: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL})
"""What is in it can be read all the same."""
_NOT_OURS: Final = _DAMAGED | {sqlite3.SQLITE_ERROR}
"""While opening or filling, an error in SQL means tables that are not the ones made here."""

_TOKEN_CHARACTERS: Final = "".join(
    chr(code) for code in range(ord("!"), 0x7F) if not chr(code).isalnum()
)
"""With them, FTS5's ``ascii`` tokenizer cuts at spaces alone: texts come cut by ``tokens``."""

_EVENTS: Final = (
    "SELECT event.id, event.time, place, kind, sender, body, low, high FROM event"
    " LEFT JOIN talk USING (place) WHERE event.id > ? AND event.id <= ? ORDER BY event.id DESC"
)
_Row = tuple[int, int, int, str, str, str, int | None, int | None]


class SearchIndex:
    """The index in the file ``path`` of the log that ``log`` is connected to.

    ``done``: all events up to this id are in it; 0 while it cannot be used. ``on_trouble`` hears,
    once until it works again, why it cannot. No method raises an error of the index.
    """

    def __init__(self, path: Path, log: sqlite3.Connection, history: str) -> None:
        self.on_trouble: Callable[[str], object] = len
        self._path = path
        self._log = log
        self._made_by = (SCHEME, history, _boot())
        self._db: sqlite3.Connection | None = None
        self._done = 0
        self._tried = False
        self._impossible = False
        self._told = False
        self._rows = _FIRST_ROWS
        self._merging = False
        self._written_back = True

    @property
    def done(self) -> int:
        """See the class; opens the index when nobody has tried to."""
        if not self._tried:
            self._open()
        return self._done

    def lacks(self, tip: int) -> bool:
        """Whether :meth:`fill` has something to take in, ``tip`` being the newest event."""
        return self.done < tip and not self._impossible

    def fill(self, tip: int) -> float | None:
        """One slice of the work that is left, ``tip`` being the newest event of the log.

        Gives the seconds after which the next slice should come, or None: nothing is left to do.
        """
        db = self._db or self._open()
        if db is None:
            return None if self._impossible else RETRY_SECONDS
        # The log is read outside the try: its failure is none of the index.
        fresh = not self._merging and self._done < tip
        end = min(self._done + self._rows, _end_of_shard(self._done + 1), tip)
        rows = self._log.execute(_EVENTS, (self._done, end)).fetchall() if fresh else []
        try:
            if self._must_write_back():
                self._write_back(db)
            elif fresh:
                self._take_in(db, rows, end)
            elif self._merging:
                self._merge(db)
            else:
                return None
        except (sqlite3.Error, OSError) as error:
            self._fail(error, _NOT_OURS)
            return RETRY_SECONDS
        return 0.0

    def find(
        self, words: Words, places: Sequence[str], *, below: int, count: int
    ) -> tuple[list[int], int] | None:
        """The newest ``count`` events or more under ``below``, falling, and how far this looked.

        They are candidates: all that hold every word are among them, and perhaps others, also of
        other places. Only ids from the second number on were looked at. None: the index failed,
        ``done`` has changed.
        """
        if self._db is None:
            return None
        start = (below - 1) // SHARD_IDS * SHARD_IDS
        try:
            if len(places) > FEW_PLACES:
                most = min(CANDIDATES, CANDIDATES_A_PLACE * len(places))
                found = self._match(self._db, words, (), below, most)
                if len(found) < most:
                    return found, start
            found = self._match(self._db, words, places, below, count)
        except sqlite3.Error as error:
            self._fail(error, _DAMAGED, give_up=True)
            return None
        return found, found[-1] if len(found) == count else start

    @staticmethod
    def _match(
        db: sqlite3.Connection, words: Words, places: Sequence[str], below: int, count: int
    ) -> list[int]:
        """The newest ``count`` under ``below`` in its table; no ``places``: of all places."""
        table = _table(below - 1)
        rows = db.execute(
            f"SELECT -rowid FROM {table} WHERE {table} MATCH ? AND rowid > ?"  # noqa: S608 - a name of ours
            " ORDER BY rowid LIMIT ?",
            (_expression(words, places), -below, count),
        )
        return [number for (number,) in rows]

    def close(self) -> None:
        """Write everything back into one file."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._disconnect()

    def _take_in(self, db: sqlite3.Connection, rows: Sequence[_Row], end: int) -> None:
        """Take in the events up to ``end``, the newest first; an operator may have deleted some."""
        start = time.perf_counter()
        when = rows[0][1] if rows and rows[0][0] == end else 0
        db.execute("BEGIN IMMEDIATE")
        if self._done // SHARD_IDS < end // SHARD_IDS:
            _create_shard(db, end)
        db.executemany(
            f"INSERT INTO {_table(end)} (rowid, place, sender, text)"  # noqa: S608
            " VALUES (?, ?, ?, ?)",
            [
                (-number, _place_tokens(place, low, high), fold(sender),
                 " ".join(tokens(searchable(kind, body))))
                for number, _, place, kind, sender, body, low, high in rows
            ],
        )  # fmt: skip
        db.execute("UPDATE state SET done = ?, time = ?", (end, when))
        db.execute("COMMIT")
        self._done = end
        self._merging = True
        self._written_back = False
        self._told = False
        took = time.perf_counter() - start
        if took > SLICE_SECONDS:
            self._rows = max(_LEAST_ROWS, self._rows // 2)
        elif took < SLICE_SECONDS / 2 and len(rows) == self._rows:
            self._rows = min(_MOST_ROWS, self._rows * 2)

    def _merge(self, db: sqlite3.Connection) -> None:
        before = db.total_changes
        table = _table(self._done)
        # A negative number: a full table becomes one segment, which is the quickest to search.
        pages = _MERGE_PAGES if self._done < _end_of_shard(self._done) else -_MERGE_PAGES
        db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))  # noqa: S608
        self._merging = db.total_changes - before >= _NO_MERGE

    def _must_write_back(self) -> bool:
        wal = self._path.with_name(self._path.name + "-wal")
        return not self._written_back and wal.stat().st_size >= WRITE_BACK_BYTES

    def _write_back(self, db: sqlite3.Connection) -> None:
        self._written_back = True  # or what a reader still needs; the rest next time
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _open(self) -> sqlite3.Connection | None:
        """Open the file, or make it anew; None when that cannot be done now."""
        self._tried = True
        if self._impossible:
            return None
        former = os.umask(0o077)
        try:
            if not self._is_ours(self._connect()):
                self._delete()
                self._create(self._connect())
        except (sqlite3.Error, OSError) as error:
            self._impossible = "no such module" in str(error)
            self._fail(error, _NOT_OURS, give_up=True)
        finally:
            os.umask(former)
        return self._db

    def _connect(self) -> sqlite3.Connection:
        # Without a timeout: nobody waits for a program that has the index locked.
        db = self._db = sqlite3.connect(
            self._path, isolation_level=None, timeout=0, cached_statements=_STATEMENTS
        )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute(f"PRAGMA journal_size_limit = {WRITE_BACK_BYTES // 2}")
        return db

    def _is_ours(self, db: sqlite3.Connection) -> bool:
        """Whether this is the index of this log as it would be made today; then takes up ``done``.

        A log that was put back to an older state under the same history is known by the time of
        the newest event that was taken in.
        """
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'state'").fetchone():
            return False
        row = db.execute("SELECT scheme, history, boot, done, time FROM state").fetchone()
        if row is None or row[:3] != self._made_by or not isinstance(row[3], int):
            return False
        done, when = row[3:]
        known = self._log.execute("SELECT time FROM event WHERE id = ?", (done,)).fetchone()
        if (known or (0,)) != (when,):
            return False
        self._done = done
        self._merging = done > 0
        return True

    def _create(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        _create_shard(db, 0)
        db.execute("CREATE TABLE state (scheme, history, boot, done INTEGER, time INTEGER)")
        db.execute("INSERT INTO state VALUES (?, ?, ?, 0, 0)", self._made_by)
        db.execute("COMMIT")

    def _fail(self, error: Exception, hopeless: frozenset[int], *, give_up: bool = False) -> None:
        """Leave nothing half done; a file that is no good any longer is deleted.

        ``give_up``: the connection is no good even if it was a passing failure; :meth:`fill`
        opens a new one.
        """
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        why = str(error)
        if code in hopeless:
            try:
                self._delete()
            except OSError as second:
                why = f"{why}; {second}"
        elif give_up or code not in _PASSING:
            self._disconnect()
        elif self._db is not None and self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        if not self._told:
            self._told = True
            self.on_trouble(why)

    def _delete(self) -> None:
        self._disconnect()
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)

    def _disconnect(self) -> None:
        self._done = 0
        self._merging = False
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def _boot() -> str:
    """What names this start of the machine; where it has no name, this start of the program."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return secrets.token_hex(_BOOT_BYTES)


def _table(number: int) -> str:
    """The table of an event."""
    return f"word_{number // SHARD_IDS}"


def _end_of_shard(number: int) -> int:
    """The last id that goes into the table of an event."""
    return number // SHARD_IDS * SHARD_IDS + SHARD_IDS - 1


def _create_shard(db: sqlite3.Connection, number: int) -> None:
    """Make the table of an event."""
    table = _table(number)
    characters = _TOKEN_CHARACTERS.replace("'", "''").replace('"', '""')
    db.execute(
        f"CREATE VIRTUAL TABLE {table} USING {_MODULE} (place, sender, text, content='',"
        f" columnsize=0, tokenize=\"ascii tokenchars '{characters}'\")"
    )
    db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('automerge', 0)")  # noqa: S608


def place_token(place: int) -> str:
    """What stands in the index for a place."""
    return f"p{place}"


def session_token(session: int) -> str:
    """What stands in the index for the private talk of a session."""
    return f"s{session}"


def _place_tokens(place: int, low: int | None, high: int | None) -> str:
    sessions = dict.fromkeys(number for number in (low, high) if number is not None)
    return " ".join([place_token(place), *map(session_token, sessions)])


def _expression(words: Words, places: Sequence[str]) -> str:
    """The question in FTS5's language; a string in it is cut at spaces and holds no syntax."""
    parts = [f"place : ({' OR '.join(map(_quoted, places))})"] if places else []
    parts += [f"sender : {_quoted(name)}" for name in words.senders[:_MOST_TERMS]]
    for phrase in words.phrases[:_MOST_TERMS]:
        parts.append(f"text : {_quoted(' '.join(phrase.split(' ')[:_MOST_TERMS]))}")
    return " AND ".join(parts)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
