"""Sessions and the names that belong to them.

A session is a person: proved by its secret, or by the account that the kernel sees. A name is its
session's while it has a connection and for ``name-hold`` seconds after the last one was lost.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from reactor.hub.pace import Bucket
from reactor.hub.stage import Peer
from reactor.log import Log
from reactor.log.records import NameRow, SessionRow
from reactor.loop import Timer
from wire.grammar import GUEST_MARK, fold

_ID_BYTES: Final = 8
_ID_BITS: Final = 63  # SQLite's integers are signed
_PROOF_BYTES: Final = 25  # with the id 33 bytes: base64 without padding


class Session:
    """A person who was here since the server started, or whose name is still held."""

    __slots__ = ("away", "badges", "bucket", "heard", "hold", "id", "label", "login", "name",
                 "peers", "uid")  # fmt: skip

    def __init__(self, number: int, uid: int | None, name: str) -> None:
        self.id = number
        self.uid = uid
        self.name = name
        self.login = ""
        self.label = name
        self.badges = "-"
        self.away = ""
        self.heard = 0.0
        self.peers: list[Peer] = []
        self.bucket = Bucket()
        self.hold: Timer | None = None

    def __repr__(self) -> str:
        return f"<Session {self.name} {len(self.peers)} connections>"

    @property
    def guest(self) -> bool:
        """Whether this is a guest: in memory alone, never verified, and nobody's tomorrow."""
        return self.name.endswith(GUEST_MARK)

    def call(self, name: str, login: str) -> None:
        """Take a name; ``login``, the account that the kernel saw, makes it a verified one."""
        self.name = name
        self.login = login
        self._mark()

    def attach(self, peer: Peer) -> None:
        """One more connection."""
        self.peers.append(peer)
        self._mark()

    def detach(self, peer: Peer) -> None:
        """One connection less."""
        self.peers.remove(peer)
        self._mark()

    def _mark(self) -> None:
        """Set ``label``, the name as NAMES shows it, and ``badges``, those of WELCOME."""
        marks = {
            "verified": ("+", fold(self.login) == fold(self.name)),
            "operator": ("*", any(peer.operator for peer in self.peers)),
        }
        found = {badge: sign for badge, (sign, holds) in marks.items() if holds}
        self.label = self.name + "".join(found.values())
        self.badges = ",".join(found) or "-"


class Secrets:
    """The secrets of sessions: the id and a keyed hash of it, so that none has to be stored.

    HMAC-SHA-256 (RFC 2104) under the log's own key; only who was given a secret can show it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @staticmethod
    def new_id() -> int:
        """A random session id, 63 bits."""
        return secrets.randbits(_ID_BITS)

    def token(self, number: int) -> str:
        """The secret of session ``number``, as WELCOME gives it."""
        head = number.to_bytes(_ID_BYTES, "big")
        return base64.urlsafe_b64encode(head + self._proof(head)).decode()

    def read(self, token: str) -> int | None:
        """The session that ``token`` proves, or None."""
        try:
            data = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            return None
        head, proof = data[:_ID_BYTES], data[_ID_BYTES:]
        return (
            int.from_bytes(head, "big") if hmac.compare_digest(proof, self._proof(head)) else None
        )

    def _proof(self, head: bytes) -> bytes:
        return hmac.new(self._key, head, hashlib.sha256).digest()[:_PROOF_BYTES]


class People:
    """All sessions that hold a name now, and the way to those that do not."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._secrets = Secrets(log.secret)
        self._sessions: dict[int, Session] = {}
        self._names: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def restore(self) -> Iterable[Session]:
        """Take up the names that were held when the server ended; gives their sessions."""
        for row in self._log.held_names():
            stored = self._log.session(row.session)
            if stored is not None:
                session = Session(stored.id, stored.uid, row.shown)
                self.add(session)
                yield session

    def token(self, session: Session) -> str:
        """The secret that proves ``session`` next time."""
        return self._secrets.token(session.id)

    def proved(self, token: str | None, name: str, uid: int | None) -> Session | None:
        """The session that ``token`` proves, or that of ``name`` if account ``uid`` made it.

        It may be one that holds no name now; then it is not among the sessions until :meth:`add`.
        Without a token, who is here under another name is not renamed: one account may be two.
        """
        number = self._secrets.read(token) if token else None
        if number is not None:
            found = self.load(number)
            if found is not None:
                return found
        if uid is None:
            return None
        row = self.name(name)
        owner = self.load(row.session) if row else None
        if owner is None or owner.uid != uid:
            return None
        elsewhere = self.get(owner.id) is not None and fold(owner.name) != fold(name)
        return None if elsewhere else owner

    def new(self, name: str, uid: int | None) -> Session:
        """A session that was never here before; it is not among the sessions until :meth:`add`."""
        return Session(self._secrets.new_id(), uid, name)

    def holder(self, name: str) -> Session | None:
        """Whose name ``name`` is now."""
        return self._names.get(fold(name))

    def name(self, name: str) -> NameRow | None:
        """Whose name ``name`` is or was last."""
        holder = self.holder(name)
        if holder is not None:
            return NameRow(holder.name, holder.id, held=True)
        return self._log.name(name)

    def get(self, number: int) -> Session | None:
        """The session with this id, if it holds a name now."""
        return self._sessions.get(number)

    def add(self, session: Session) -> None:
        """``session`` holds its name from now on."""
        self._sessions[session.id] = session
        self._names[fold(session.name)] = session

    def remove(self, session: Session) -> None:
        """``session`` holds no name any longer."""
        if self._sessions.get(session.id) is session:
            del self._sessions[session.id]
        if self._names.get(fold(session.name)) is session:
            del self._names[fold(session.name)]

    def rename(self, session: Session, name: str) -> None:
        """``session`` is called ``name`` from now on; its former name is free."""
        self.remove(session)
        session.call(name, session.login)
        self.add(session)

    def load(self, number: int) -> Session | None:
        """The session with this id, though it may hold no name now."""
        session = self._sessions.get(number)
        if session is not None:
            return session
        row: SessionRow | None = self._log.session(number)
        return Session(row.id, row.uid, row.name) if row else None
