"""What the client keeps between runs: the secrets that prove its sessions.

They stand in a :class:`curses_client.jsonfile.JsonFile` of their own, forced to the disk: whoever
loses his secret is a stranger to the server.
"""

from pathlib import Path
from typing import NamedTuple

from curses_client.jsonfile import JsonFile
from curses_client.places import SESSIONS_FILE, state_folder
from wire.grammar import KINDS, Refusal, fold

__all__ = ["Kept", "Store", "state_folder"]


class Kept(NamedTuple):
    """What is kept of one name on one server: its secret, and every name that it has had."""

    session: str
    history: str
    names: tuple[str, ...]


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
            KINDS["session"].check(kept.session)
        except (TypeError, KeyError, Refusal):
            return None
        return kept

    def save(self, kept: Kept) -> None:
        """Keep it; raises OSError where the folder cannot be written."""
        with self._file.changing() as everything:
            everything.setdefault(self.server, {})[self._name] = kept._asdict()
