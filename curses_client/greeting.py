"""HELLO, and what becomes of it: the secret of the session, a name that is taken, a password.

The secret is shown first. Only where the server wants a password it is said too: a name without one
needs none, and then nobody on the way could read it.
"""

import contextlib
from typing import TYPE_CHECKING, Final

from curses_client.front import Failure, Front
from curses_client.link import Status
from curses_client.store import Kept, Store
from curses_client.texts import OTHER_ACCOUNT
from wire.grammar import fold

if TYPE_CHECKING:
    from curses_client.chat import Chat

_NAME_TRIES: Final = 3
_NAME_RETRY_SECONDS: Final = 0.3
_SLOW_RETRY_SECONDS: Final = 3.0
"""After too many wrong passwords the same one is tried again so often."""


class Greeting:
    """How ``chat`` makes itself known; ``store`` keeps the secret that it gets for that."""

    def __init__(self, chat: "Chat", store: Store, front: Front) -> None:
        self.password = ""
        """What is tried where the server wants one; in this run's memory alone."""
        self.asked = False
        """The user has just given it: whoever was asked is not told that there is no server."""
        self._chat = chat
        self._store = store
        self._front = front
        self._kept: Kept | None = None
        self._accounts: tuple[int, ...] = ()
        self._tries = _NAME_TRIES
        self._shown = False  # the last HELLO of this connection said the password
        self._wanting = False  # this connection waits for a password of the user

    def hello(self) -> None:
        """A connection is there: say who we are."""
        self._shown = self._wanting = False
        self._say(self._kept or self._store.load())

    def taken_in(self) -> None:
        """The server knows us now."""
        self._tries = _NAME_TRIES
        self.asked = False

    def refused(self, failure: Failure) -> None:
        """HELLO was refused. Another terminal of mine may just have been given our secret."""
        self._tries -= 1
        if failure.code == "name-taken" and self._tries > 0:
            self._chat.later(_NAME_RETRY_SECONDS, lambda: self._say(self._store.load()))
        elif failure.code == "bad-password":
            self._prove(failure)
        elif failure.code == "slow-down" and self._shown:
            self._chat.asker.has_to_wait("")
            self._chat.later(_SLOW_RETRY_SECONDS, self._say_all)
        else:
            self._front.refused(failure)

    def prove(self, password: str) -> None:
        """The user says the password of my name."""
        self.password, self.asked = password, True
        status = self._chat.link.status
        if self._wanting and status is Status.UP:
            self._wanting = False
            self._say_all()
        elif status is Status.WAITING:
            self._chat.link.renew()

    def keep(self, session: str | None = None) -> None:
        """Keep the secret of this session, or the same one for another name."""
        session = session or (self._kept.session if self._kept is not None else "")
        if not session:
            return
        chat = self._chat
        chat.my_names.add(fold(chat.name))
        kept = Kept(session, chat.history, tuple(sorted(chat.my_names)), self._accounts)
        self._kept = kept.met(chat.link.account)
        # Where nothing can be kept, the talk goes on; only the next start will be a stranger's.
        with contextlib.suppress(OSError):
            if self._kept != self._store.load():
                self._store.save(self._kept)

    def _prove(self, failure: Failure) -> None:
        wrong, self._shown = self._shown, False
        if wrong:
            self.password = ""
        if self.password:
            self._say_all()
            return
        self._wanting = True
        if not self._chat.asker.password_wanted(wrong=wrong):
            self._front.refused(failure)

    def _say_all(self) -> None:
        self._shown = True
        self._say(self._kept or self._store.load(), f"password={self.password}")

    def _say(self, kept: Kept | None, *options: str) -> None:
        """Say HELLO; secrets are for none but the account that ran the server before."""
        chat = self._chat
        if kept is not None and not kept.trusts(chat.link.account):
            kept = self._store.load()  # the user may have said yes meanwhile
            if kept is None or not kept.trusts(chat.link.account):
                chat.link.drop(OTHER_ACCOUNT)
                return
        self._accounts = kept.accounts if kept is not None else ()
        if kept is not None:
            options = (f"session={kept.session}", *options)
            chat.my_names.update(map(fold, kept.names))
        chat.link.send("HELLO", chat.name, *options, tag="hello")
