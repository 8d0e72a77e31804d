"""Passwords of names: a name that has one is never free, and whoever knows it is its session.

A session has at most one, for one name; so nobody can keep a heap of names to himself. A PASSWORD
under another name moves it there, and the former name is as free as any.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reactor.hub.people import Session
from reactor.hub.stage import Peer
from reactor.log.records import Password
from wire.grammar import Refusal, fold
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub


class Passwords:
    """Every password, as it is on disk and as this turn changes it."""

    def __init__(self) -> None:
        self._by_session: dict[int, Password] = {}
        self._by_name: dict[str, Password] = {}

    def load(self, rows: Iterable[Password]) -> None:
        """Take up what is stored."""
        for row in rows:
            self._set(row.session, row)

    def of(self, name: str) -> Password | None:
        """The password of ``name``, if it has one; case does not matter."""
        return self._by_name.get(fold(name))

    def keeps(self, name: str, me: Session) -> bool:
        """Whether ``name`` has a password and is not mine."""
        row = self.of(name)
        return row is not None and row.session != me.id

    def change(self, hub: "Hub", me: Session, lock: str) -> None:
        """My name has this lock from now on, and no other name of mine; "": none has."""
        former, row = self._by_session.get(me.id), Password(me.id, me.name, lock)
        hub.stage.undo.append(lambda: self._set(me.id, former))
        hub.stage.batch.changes.append(row)
        self._set(me.id, row if lock else None)

    def _set(self, session: int, row: Password | None) -> None:
        former = self._by_session.pop(session, None)
        if former is not None:
            del self._by_name[fold(former.name)]
        if row is not None:
            self._by_session[session] = self._by_name[fold(row.name)] = row


def password(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """PASSWORD: my name has this one from now on; without a word, none of my names has one."""
    hub.passwords.change(hub, me, hub.locks.make(peer, frame, frame.args[0]) if frame.args else "")
    return ""


def let_in(
    hub: "Hub", peer: Peer, frame: Frame, me: Session | None, name: str, word: str
) -> Session | None:
    """Who it is that says HELLO ``name``: ``me``, who was proved, or who has the name's password.

    The token of the name's session, or the account that made it, is proof enough. Everybody else
    has to know the password; who says none hears ``bad-password`` all the same, not ``name-taken``.
    Such a name is never free (wire.md, rule 5), so waiting ten minutes for it would be in vain,
    and the code tells the client the one thing that helps: ask for the password.
    """
    row = hub.passwords.of(name)
    if row is None or (me is not None and me.id == row.session):
        return me
    if not word:
        raise Refusal("bad-password")
    hub.locks.open(peer, frame, fold(name), row.lock, word, "bad-password")
    return hub.people.load(row.session)
