"""Login names of this machine's accounts, and to whom each belongs.

A name is reserved for an account that somebody can log into. The others (``mail``, ``games``,
``news``: no login shell) will never come to claim theirs, and theirs are words that people like to
be called by. ``root`` can be logged into, and is the last name that a stranger should have.
"""

import contextlib
import pwd
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Final

from reactor.sockdiag import nobodies
from wire.grammar import fold

KEPT: Final = 4096
"""Names whose answer is remembered; who makes names up pushes out the oldest."""
FRESH_SECONDS: Final = 600
"""So long an answer holds: an account that is made meanwhile has its name after that."""
_PASSWD: Final = Path("/etc/passwd")
_FIELDS: Final = 7
_NO_LOGIN: Final = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown"})
"""Programs in the place of a shell that let nobody in."""


class Logins:
    """Answers whose a name is. ``now``: seconds that never jump.

    The system's database (passwd, LDAP) is asked at most once for a name in FRESH_SECONDS, for it
    may be slow and the loop waits for it. It compares case; so the local file is read as well, in
    which a login may be written with capitals.
    """

    def __init__(self, now: Callable[[], float], passwd: Path = _PASSWD) -> None:
        self._now = now
        self._passwd = passwd
        self._answers: OrderedDict[str, tuple[float, int | None]] = OrderedDict()

    def owner(self, name: str) -> int | None:
        """The uid to which ``name`` belongs, whatever its case; None: to no account."""
        key = fold(name)
        kept = self._answers.get(key)
        if kept is not None and self._now() < kept[0] + FRESH_SECONDS:
            return kept[1]
        found = self._look_up(name)
        self._answers.pop(key, None)
        self._answers[key] = self._now(), found
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        return found

    def _look_up(self, name: str) -> int | None:
        for word in dict.fromkeys((fold(name), name)):
            with contextlib.suppress(KeyError, OSError):
                account = pwd.getpwnam(word)
                return _usable(account.pw_uid, account.pw_shell)
        with contextlib.suppress(OSError):
            for line in self._passwd.read_text(errors="replace").splitlines():
                fields = line.split(":")
                if fold(fields[0]) == fold(name) and len(fields) == _FIELDS:
                    return _usable(int(fields[2]), fields[6]) if fields[2].isdecimal() else None
        return None


def _usable(uid: int, shell: str) -> int | None:
    """``uid``, if somebody can log in as it; no shell means the usual one."""
    return None if PurePath(shell).name in _NO_LOGIN or uid in nobodies() else uid
