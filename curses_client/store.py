"""What the client keeps between runs: the secrets that prove its sessions, and the keys of rooms.

They stand in a :class:`curses_client.jsonfile.JsonFile` of their own, forced to the disk: whoever
loses his secret is a stranger to the server.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from curses_client.jsonfile import JsonFile
from curses_client.places import SESSIONS_FILE, state_folder
from wire.grammar import KEY_BYTES, KINDS, LINE_BREAK, Refusal, bad_characters, fold, is_room

__all__ = ["Kept", "Store", "is_key", "is_word", "state_folder"]

_WORD_CHARACTERS: Final = 512
_BREAKS: Final = frozenset({" ", LINE_BREAK})


ACCOUNTS_MOST: Final = 8
"""So many accounts that ran one server are kept, the last ones."""


class Kept(NamedTuple):
    """What is kept of one name on one server: its secret, and every name that it has had.

    ``accounts``: the uids that may see the secret, of a server on this machine; none: not known.
    """

    session: str
    history: str
    names: tuple[str, ...]
    accounts: tuple[int, ...] = ()

    def trusts(self, account: int | None) -> bool:
        """Whether ``account`` may see the secret; None is the server of another machine."""
        return account is None or not self.accounts or account in self.accounts

    def met(self, account: int | None) -> "Kept":
        """The same, with ``account`` among those that may see it."""
        if account is None or account in self.accounts:
            return self
        return self._replace(accounts=(*self.accounts, account)[-ACCOUNTS_MOST:])


class Store:
    """The file of ``folder``, as seen by who talks to ``server`` as ``name``."""

    def __init__(self, folder: Path, server: str, name: str) -> None:
        self._file = JsonFile(folder / SESSIONS_FILE)
        self.server = server
        self._name = fold(name)

    def load(self) -> Kept | None:
        """What is kept, if anything; a damaged file counts as none."""
        try:
            entry = self._file.read()[self.server][self._name]
            kept = Kept(entry["session"], str(entry["history"]), tuple(map(str, entry["names"])))
            accounts = entry.get("accounts", ())  # the file of an older client has none
            KINDS["session"].check(kept.session)
            if not all(type(account) is int for account in accounts):
                return None
        except (TypeError, KeyError, Refusal):
            return None
        return kept._replace(accounts=tuple(accounts))

    def trust(self, account: int) -> None:
        """From now on ``account`` may see the secret; raises OSError as :meth:`save` does."""
        kept = self.load()
        if kept is not None:
            self.save(kept.met(account))

    def save(self, kept: Kept) -> None:
        """Keep it, and the keys of the same history; raises OSError where that cannot be done."""
        with self._entry() as entry:
            keys = _keys_in(entry, kept.history)
            entry.clear()
            entry.update(kept._asdict())
            if keys:
                entry["keys"] = keys

    def keys(self, history: str) -> dict[str, str]:
        """Folded room -> its key, of the rooms in this ``history`` of the server."""
        try:
            return _keys_in(self._file.read()[self.server][self._name], history)
        except KeyError:
            return {}

    def keep_key(self, room: str, key: str, history: str) -> None:
        """Keep the key of ``room``; raises OSError. Other rooms are left alone."""
        with self._entry() as entry:
            entry["keys"] = {**_keys_in(entry, history), fold(room): key}

    def forget_key(self, room: str, key: str, history: str) -> None:
        """Forget that key of ``room``, but not one that another client learned; raises OSError."""
        if self.keys(history).get(fold(room)) == key:
            with self._entry() as entry:
                keys = _keys_in(entry, history)
                if keys.get(fold(room)) == key:
                    del keys[fold(room)]
                entry["keys"] = keys

    @contextlib.contextmanager
    def _entry(self) -> Iterator[dict[str, Any]]:
        """What stands in the file for this name, to be changed."""
        with self._file.changing() as everything:
            names = everything.setdefault(self.server, {})
            entry = names.get(self._name)
            names[self._name] = entry = entry if isinstance(entry, dict) else {}
            yield entry


def _keys_in(entry: object, history: str) -> dict[str, str]:
    """The keys in an entry, as far as they can be keys; those of another history are none."""
    if not isinstance(entry, dict) or entry.get("history") != history:
        return {}
    keys = entry.get("keys")
    if not isinstance(keys, dict):
        return {}
    return {room: key for room, key in keys.items() if is_room(room) and is_key(key)}


def is_word(word: object) -> bool:
    """Whether ``word`` can be said as one word of a line, as passwords are."""
    fits = isinstance(word, str) and 1 <= len(word) <= _WORD_CHARACTERS
    return fits and isinstance(word, str) and _BREAKS.isdisjoint(word) and not bad_characters(word)


def is_key(word: object) -> bool:
    """Whether ``word`` can be the key of a room; no new password of ours is longer either."""
    return isinstance(word, str) and is_word(word) and len(word.encode()) <= KEY_BYTES
