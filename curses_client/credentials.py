"""What lets one in: the keys of rooms, and the password of my name.

The key of a room is kept with the session's secret (``store``) once it let me in, so that a
reconnect and the next start enter by themselves; one that is refused is forgotten. A password is
never kept: the session that it opened has a secret of its own, which does from then on. It comes
from a question (``asking``), the environment or a file, and never from the command line, which
everybody on the machine can read.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

from curses_client.store import Store, is_key, is_word
from curses_client.texts import Texts
from wire.grammar import fold

PASSWORD_VARIABLE: Final = "OBROL_PASSWORD"  # noqa: S105 - where it stands, not what it is
KEY_VARIABLE: Final = "OBROL_KEY"
_FILE_BYTES: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class BadPasswordError(Exception):
    """What was given for a password cannot be used; its text tells the user why."""


class RoomKeys:
    """The keys that are known of rooms on one server."""

    def __init__(self, store: Store) -> None:
        self.spare = ""
        """A key that was given without its room: the first room that wants one gets it."""
        self._store = store
        self._given: dict[str, str] = {}  # folded room -> a key that is not in the store (yet)

    def of(self, room: str, history: str) -> str:
        """What is known for ``room`` in this history of the server; "" for nothing."""
        return self._given.get(fold(room)) or self._store.keys(history).get(fold(room), "")

    def give(self, room: str, key: str) -> None:
        """The user says that this is the key."""
        self._given[fold(room)] = key

    def try_spare(self, room: str) -> bool:
        """Give ``room`` the spare one; False where there is none (any longer)."""
        key, self.spare = self.spare, ""
        if key:
            self.give(room, key)
        return bool(key)

    def fits(self, room: str, key: str, history: str) -> None:
        """It let me in: keep it. Where nothing can be kept, this run knows it all the same."""
        self._given[fold(room)] = key
        with contextlib.suppress(OSError):
            if self._store.keys(history).get(fold(room)) != key:
                self._store.keep_key(room, key, history)
            del self._given[fold(room)]

    def forget(self, room: str, key: str, history: str) -> None:
        """It does not let anybody in any longer."""
        if self._given.get(fold(room)) == key:
            del self._given[fold(room)]
        with contextlib.suppress(OSError):
            self._store.forget_key(room, key, history)


def given_password(file: Path | None, texts: Texts) -> str:
    """The password of ``file``, or else of the environment, out of which it is taken; "": none.

    What other programs this one starts have no business with it. Raises :class:`BadPasswordError`.
    """
    password = os.environ.pop(PASSWORD_VARIABLE, "")
    where = PASSWORD_VARIABLE
    if file is not None:
        password, where = _first_line(file, texts), str(file)
    if (password or file is not None) and not is_word(password):
        raise BadPasswordError(texts("bad-password-in", where=where))
    return password


def given_key() -> str:
    """The key of a room that the environment gives, out of which it is taken; "": none."""
    key = os.environ.pop(KEY_VARIABLE, "")
    return key if is_key(key) else ""


def _first_line(path: Path, texts: Texts) -> str:
    """The first line of a file that its owner alone may read."""
    try:
        # Nothing hangs on a pipe, and what is judged is what is read.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            there = os.fstat(file)
            if not stat.S_ISREG(there.st_mode):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            if there.st_mode & _OTHERS:
                raise BadPasswordError(texts("password-open", path=path))
            data = os.read(file, _FILE_BYTES)
        finally:
            os.close(file)
    except OSError as error:
        why = texts.why(error)
        raise BadPasswordError(texts("failed", what=path, why=why)) from error
    return data.decode("utf-8", "replace").partition("\n")[0].removesuffix("\r")
