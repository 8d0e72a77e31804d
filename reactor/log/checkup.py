"""Looking over a log: is the file whole, and do its tables agree with each other.

What must hold is a table of questions: each asks for rows that must not be there, and says in words
what such a row means. Sessions of guests are in memory alone, so a session that is not stored is
no fault.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from reactor.log import schema
from reactor.log.backup import one_line, reading
from reactor.log.sqlite import LogUnusableError

SHOWN: Final = 5
"""So many rows of one kind of fault are told one by one."""
_INTEGRITY_SHOWN: Final = 10
_HEX: Final = re.compile("[0-9a-f]+")
_SHA256: Final = re.compile("[0-9a-f]{64}")


class Question(NamedTuple):
    """SQL whose every row is a fault, and the fault in words. ``since``: the version it is for."""

    sql: str
    words: str
    since: int = 1


QUESTIONS: Final = (
    Question(
        "SELECT id, before FROM (SELECT id, lag(id, 1, 0) OVER (ORDER BY id) AS before FROM event)"
        " WHERE id <> before + 1",
        "events are missing: {0} stands behind {1}",
    ),
    Question(
        "SELECT id, kind FROM event WHERE kind NOT IN ('MSG', 'ACT', 'FILE')",
        "event {0} is of no known kind: {1!r}",
    ),
    Question(
        "SELECT id, place FROM event WHERE place <> 0 AND place NOT IN (SELECT place FROM room)"
        " AND place NOT IN (SELECT place FROM talk)",
        "event {0} belongs to place {1}, which is no room and no talk",
    ),
    Question(
        "SELECT place, before FROM (SELECT place, lag(place, 1, 0) OVER (ORDER BY place) AS before"
        " FROM (SELECT place FROM room UNION ALL SELECT place FROM talk))"
        " WHERE place <> before + 1 AND place <> before",
        "rooms or talks are missing: place {0} stands behind {1}",
    ),
    Question(
        "SELECT place, name FROM room JOIN talk USING (place)",
        "place {0} is both the room {1} and a talk",
    ),
    Question("SELECT place FROM talk WHERE low > high", "talk {0} names its sessions wrongly"),
    Question(
        "SELECT tag, session, event FROM tag WHERE event NOT IN (SELECT id FROM event)",
        "tag {0} of session {1} names event {2}, which is not there",
    ),
    Question(
        "SELECT session, private.event FROM private LEFT JOIN event ON event.id = private.event"
        " LEFT JOIN talk USING (place) WHERE low IS NULL OR session NOT IN (low, high)",
        "session {0} is told to be in the talk of event {1}, and is not",
    ),
    Question(
        "SELECT id, reader FROM (SELECT id, low AS reader FROM event JOIN talk USING (place)"
        " UNION SELECT id, high FROM event JOIN talk USING (place))"
        " WHERE NOT EXISTS (SELECT 1 FROM private WHERE session = reader AND event = id)",
        "private event {0} is hidden from session {1}, which is in its talk",
    ),
    Question(
        "SELECT session, event FROM private_file WHERE NOT EXISTS (SELECT 1 FROM private JOIN event"
        " ON id = private.event WHERE private.session = private_file.session"
        " AND private.event = private_file.event AND kind = 'FILE')",
        "session {0} is told to have been sent the file of event {1}, and was not",
        4,
    ),
    Question(
        "SELECT id, reader FROM (SELECT id, low AS reader FROM event JOIN talk USING (place)"
        " WHERE kind = 'FILE' UNION SELECT id, high FROM event JOIN talk USING (place)"
        " WHERE kind = 'FILE')"
        " WHERE NOT EXISTS (SELECT 1 FROM private_file WHERE session = reader AND event = id)",
        "the private file of event {0} is not listed for session {1}, which is in its talk",
        4,
    ),
    Question(
        "SELECT event FROM file WHERE event NOT IN (SELECT id FROM event WHERE kind = 'FILE')",
        "a file is stored for event {0}, which is no FILE",
    ),
    Question(
        "SELECT event.id FROM file JOIN event ON event.id = file.event WHERE kind = 'FILE'"
        " AND substr(body, 1, length(size || ' ' || sha256) + 1) <> size || ' ' || sha256 || ' '",
        "event {0} tells of another file than the one stored for it",
    ),
    Question(
        "SELECT a.event, b.event FROM file AS a JOIN file AS b USING (sha256)"
        " WHERE a.event < b.event AND a.size <> b.size",
        "events {0} and {1} have the same file in two sizes",
    ),
    Question(
        "SELECT shown FROM name WHERE held NOT IN (0, 1)", "name {0} is neither held nor free"
    ),
    Question("SELECT who FROM ban WHERE until < 0", "the ban of {0} has no end that is a time", 2),
)
"""What must not be."""


class LogState(NamedTuple):
    """What a look over a log found. ``faults``: in words, [] when all is well.

    ``files``: the size of every stored file that an event tells of, by its SHA-256.
    """

    faults: list[str]
    tip: int
    files: dict[str, int]


def look_over(folder: Path) -> LogState:
    """Look over the log in ``folder``, as it stood at one commit; writes nothing.

    What keeps it from being read at all is a fault too; no error is raised for a damaged file.
    """
    state = LogState([], 0, {})
    try:
        with reading(folder) as db:
            state.faults.extend(_integrity(db))
            state.faults.extend(_meta(db))
            (version,) = db.execute("PRAGMA user_version").fetchone()
            for question in QUESTIONS:
                if question.since <= version:
                    state.faults.extend(_asked(db, question))
            (tip,) = db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()
            state.files.update(db.execute("SELECT sha256, size FROM file").fetchall())
    except LogUnusableError as error:
        state.faults.append(str(error))
        return state
    odd = [name for name in state.files if _SHA256.fullmatch(name) is None]
    state.faults.extend(f"a file is called {name!r}, which is no SHA-256" for name in odd)
    return state._replace(tip=tip)


def _integrity(db: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds: damaged pages, indexes that disagree with their tables."""
    for (found,) in db.execute(f"PRAGMA integrity_check({_INTEGRITY_SHOWN})").fetchall():
        if found != "ok":
            yield f"the file is damaged: {one_line(found)}"


def _meta(db: sqlite3.Connection) -> Iterator[str]:
    rows = dict(db.execute("SELECT key, value FROM meta").fetchall())
    for key in ("history", "secret"):
        if _HEX.fullmatch(str(rows.get(key, ""))) is None:
            yield f"the log has no {key}"


def _asked(db: sqlite3.Connection, question: Question) -> Iterator[str]:
    say: Callable[..., str] = question.words.format
    rows = db.execute(question.sql)
    for row in rows.fetchmany(SHOWN):
        yield say(*row)
    more = sum(1 for _ in rows)
    if more:
        yield f"… and {more} more of the last kind"


assert all(question.since <= schema.VERSION for question in QUESTIONS)  # noqa: S101 - of this file
