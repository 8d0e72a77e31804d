"""How each kind of change of a batch is written into the tables; called inside the transaction."""

import functools
import sqlite3

from reactor.log.records import (
    Ban,
    DropBan,
    DropFile,
    DropSilence,
    HoldName,
    NewRoom,
    NewSession,
    NewTalk,
    Password,
    Place,
    ReleaseName,
    SetKey,
    SetMotd,
    SetTopic,
    Silence,
)
from wire.grammar import fold


@functools.singledispatch
def apply(change: object, db: sqlite3.Connection) -> None:
    """Write ``change``; a place that is new gets its number."""
    raise TypeError(f"no change of the log: {change!r} for {db!r}")


@apply.register
def _(change: NewSession, db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO session (id, uid, made) VALUES (?, ?, ?)",
        (change.id, change.uid, change.made),
    )


@apply.register
def _(change: HoldName, db: sqlite3.Connection) -> None:
    if change.former is not None and fold(change.former) != fold(change.shown):
        apply(ReleaseName(change.session, change.former), db)
    db.execute(
        "INSERT INTO name VALUES (?, ?, ?, 1) ON CONFLICT (folded) DO UPDATE"
        " SET shown = excluded.shown, session = excluded.session, held = 1",
        (fold(change.shown), change.shown, change.session),
    )
    db.execute("UPDATE session SET name = ? WHERE id = ?", (change.shown, change.session))


@apply.register
def _(change: ReleaseName, db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE name SET held = 0 WHERE folded = ? AND session = ?",
        (fold(change.shown), change.session),
    )


@apply.register
def _(change: NewRoom, db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO room (place, folded, name, owner, made) VALUES (?, ?, ?, ?, ?)",
        (_number(change.place, db), fold(change.name), change.name, change.owner, change.made),
    )


@apply.register
def _(change: SetTopic, db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE room SET topic = ?, topic_by = ?, topic_time = ? WHERE place = ?",
        (change.text, change.by, change.time, change.place.id),
    )


@apply.register
def _(change: SetKey, db: sqlite3.Connection) -> None:
    db.execute("UPDATE room SET key = ? WHERE place = ?", (change.lock, change.place.id))


@apply.register
def _(change: Password, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM password WHERE session = ?", (change.session,))
    if change.lock:
        db.execute(
            "INSERT INTO password (folded, session, name, lock) VALUES (?, ?, ?, ?)",
            (fold(change.name), *change),
        )


@apply.register
def _(change: NewTalk, db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO talk VALUES (?, ?, ?)", (_number(change.place, db), change.low, change.high)
    )


@apply.register
def _(change: DropFile, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM file WHERE event = ?", (change.event,))


@apply.register
def _(change: Ban, db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT OR REPLACE INTO ban (folded, who, until, reason, session) VALUES (?, ?, ?, ?, ?)",
        (fold(change.who), *change),
    )


@apply.register
def _(change: DropBan, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM ban WHERE folded = ?", (fold(change.who),))


@apply.register
def _(change: Silence, db: sqlite3.Connection) -> None:
    db.execute("INSERT OR REPLACE INTO silence (session, until) VALUES (?, ?)", change)


@apply.register
def _(change: DropSilence, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM silence WHERE session = ?", change)


@apply.register
def _(change: SetMotd, db: sqlite3.Connection) -> None:
    if change.text:
        db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('motd', ?)", change)
    else:
        db.execute("DELETE FROM meta WHERE key = 'motd'")


def _number(place: Place, db: sqlite3.Connection) -> int:
    """Give a new room or talk the next number of their common sequence."""
    (last,) = db.execute(
        "SELECT max(coalesce((SELECT max(place) FROM room), 0),"
        " coalesce((SELECT max(place) FROM talk), 0))"
    ).fetchone()
    place.id = int(last) + 1
    return place.id
