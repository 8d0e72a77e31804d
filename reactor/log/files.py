"""The files that events tell of: which content, since when, from whom."""

import sqlite3
from typing import NamedTuple

from reactor.log.records import Place


class FileRow(NamedTuple):
    """The stored file of one event. ``place`` is where the event belongs."""

    event: int
    sha256: str
    size: int
    name: str
    target: str
    place: int


class Files:
    """Questions about files; the answers are those of the last commit."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, event: int) -> FileRow | None:
        """The file of ``event``; None when it never had one, or it is kept no longer."""
        row = self._db.execute(
            "SELECT file.event, sha256, size, body, target, place FROM file"
            " JOIN event ON event.id = file.event WHERE file.event = ?",
            (event,),
        ).fetchone()
        if row is None:
            return None
        number, sha256, size, body, target, place = row
        return FileRow(number, sha256, size, body.split(" ", 2)[2], target, place)

    def sha256_of(self, event: int) -> str | None:
        """The content that a FILE event tells of, kept or not; None for another kind of event."""
        row = self._db.execute(
            "SELECT body FROM event WHERE id = ? AND kind = 'FILE'", (event,)
        ).fetchone()
        return None if row is None else str(row[0]).split(" ", 2)[1]

    def place_of(self, event: int) -> Place | None:
        """Where a FILE event belongs, whether or not its file is still kept."""
        row = self._db.execute(
            "SELECT place FROM event WHERE id = ? AND kind = 'FILE'", (event,)
        ).fetchone()
        return row and Place(row[0])

    def readers(self, place: int) -> tuple[int, int] | None:
        """The two sessions of a private talk."""
        found: tuple[int, int] | None = self._db.execute(
            "SELECT low, high FROM talk WHERE place = ?", (place,)
        ).fetchone()
        return found

    def sent_since(self, session: int, time: int) -> int:
        """How many bytes of files ``session`` has sent since ``time`` (milliseconds since 1970)."""
        row = self._db.execute(
            "SELECT coalesce(sum(size), 0) FROM file WHERE session = ? AND time >= ?",
            (session, time),
        ).fetchone()
        return int(row[0])

    def older_than(self, time: int, count: int) -> list[tuple[int, str]]:
        """At most ``count`` files from before ``time``, with their content's name."""
        return self._db.execute(
            "SELECT event, sha256 FROM file WHERE time < ? ORDER BY time LIMIT ?", (time, count)
        ).fetchall()

    def tells_of(self, sha256: str) -> bool:
        """Whether any event tells of this content."""
        row = self._db.execute("SELECT 1 FROM file WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone()
        return row is not None

    def after(self, event: int, count: int) -> list[tuple[int, str]]:
        """At most ``count`` files of events after ``event``: all of them, page by page."""
        return self._db.execute(
            "SELECT event, sha256 FROM file WHERE event > ? ORDER BY event LIMIT ?", (event, count)
        ).fetchall()
