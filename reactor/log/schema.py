"""The tables of the log, their version, and the steps from each version to the next.

A new log is made as the first version and taken through all steps, so that it cannot differ from
one that was upgraded. A step that was released is never changed.

``place`` ids are given to rooms and private talks from one sequence; 0 is everybody. An index
entry of SQLite carries the row's id, so the index on ``place`` alone is an index on (place, id): a
page of history is one range of it. ``private_file`` has the files of ``private`` alone: who has
talked for years may have sent few, and they would be looked for among all that was said.
"""

from collections.abc import Mapping
from typing import Final

VERSION: Final = 4
"""Stored as ``user_version``; a newer one is refused, an older one upgraded in a transaction."""
APPLICATION_ID: Final = 0x6F62726C
"""``obrl``: says whose file this is (sqlite.org, PRAGMA application_id)."""

FIRST: Final = """
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    place  INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    time   INTEGER NOT NULL,
    target TEXT NOT NULL,
    sender TEXT NOT NULL,
    body   TEXT NOT NULL
);
CREATE INDEX event_by_place ON event (place);
CREATE INDEX file_by_place ON event (place) WHERE kind = 'FILE';

CREATE TABLE private (
    session INTEGER NOT NULL,
    event   INTEGER NOT NULL,
    PRIMARY KEY (session, event)
) WITHOUT ROWID;

CREATE TABLE tag (
    session INTEGER NOT NULL,
    tag     TEXT NOT NULL,
    digest  BLOB NOT NULL,
    event   INTEGER NOT NULL,
    PRIMARY KEY (session, tag)
) WITHOUT ROWID;

CREATE TABLE file (
    event   INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL,
    size    INTEGER NOT NULL,
    session INTEGER NOT NULL,
    time    INTEGER NOT NULL
);
CREATE INDEX file_by_content ON file (sha256);
CREATE INDEX file_by_time ON file (time);
CREATE INDEX file_by_sender ON file (session, time);

CREATE TABLE session (
    id   INTEGER PRIMARY KEY,
    uid  INTEGER,
    made INTEGER NOT NULL,
    name TEXT NOT NULL DEFAULT ''
);

CREATE TABLE name (
    folded  TEXT PRIMARY KEY,
    shown   TEXT NOT NULL,
    session INTEGER NOT NULL,
    held    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX held_name ON name (held) WHERE held = 1;

CREATE TABLE room (
    place      INTEGER PRIMARY KEY,
    folded     TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    owner      INTEGER NOT NULL,
    made       INTEGER NOT NULL,
    topic      TEXT NOT NULL DEFAULT '',
    topic_by   TEXT NOT NULL DEFAULT '',
    topic_time INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE talk (
    place INTEGER PRIMARY KEY,
    low   INTEGER NOT NULL,
    high  INTEGER NOT NULL,
    UNIQUE (low, high)
);
"""
"""The tables of version 1. ``meta`` holds the log's ``history`` and ``secret``, later ``motd``."""

UPGRADES: Final[Mapping[int, str]] = {
    2: """
CREATE TABLE ban (
    folded  TEXT PRIMARY KEY,
    who     TEXT NOT NULL,
    until   INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    session INTEGER
) WITHOUT ROWID;

CREATE TABLE silence (
    session INTEGER PRIMARY KEY,
    until   INTEGER NOT NULL
);
""",
    3: """
ALTER TABLE room ADD COLUMN key TEXT NOT NULL DEFAULT '';

CREATE TABLE password (
    session INTEGER PRIMARY KEY,
    folded  TEXT NOT NULL UNIQUE,
    name    TEXT NOT NULL,
    lock    TEXT NOT NULL
);
""",
    4: """
CREATE TABLE private_file (
    session INTEGER NOT NULL,
    event   INTEGER NOT NULL,
    PRIMARY KEY (session, event)
) WITHOUT ROWID;
INSERT INTO private_file
    SELECT low, id FROM event JOIN talk USING (place) WHERE kind = 'FILE'
    UNION
    SELECT high, id FROM event JOIN talk USING (place) WHERE kind = 'FILE';
""",
}
"""What makes each version of the one before it."""


def steps(version: int) -> str:
    """The SQL that makes the newest version of ``version`` (0: of nothing); no transaction."""
    pending = [UPGRADES[number] for number in range(max(version, 1) + 1, VERSION + 1)]
    return "".join([FIRST] * (version == 0) + pending) + f"PRAGMA user_version = {VERSION};"
