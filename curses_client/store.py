"""What the client keeps between runs: the secrets that prove its sessions.

They stand in a :class:`curses_client.jsonfile.JsonFile` of their own, forced to the disk: whoever
loses his secret is a stranger to the server.
"""

from pathlib import Path
from typing import Final, NamedTuple

from curses_client.jsonfile import JsonFile
from curses_client.places import SESSIONS_FILE, state_folder
from wire.grammar import KINDS, Refusal, fold

__all__ = ["Kept", "Store", "state_folder"]


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
        """Keep it; raises OSError where the folder cannot be written."""
        with self._file.changing() as everything:
            everything.setdefault(self.server, {})[self._name] = kept._asdict()
