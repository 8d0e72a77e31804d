"""What the client keeps between runs: the secrets that prove its sessions.

One small JSON file in a folder of mode 0700. Several terminals of one person may write it at once:
each reads, changes and replaces it under a lock, by temporary file and rename.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from wire.grammar import KINDS, Refusal, fold


class Kept(NamedTuple):
    """What is kept of one name on one server: its secret, and every name that it has had."""

    session: str
    history: str
    names: tuple[str, ...]


def state_folder() -> Path:
    """Where the client keeps it: ``$XDG_STATE_HOME/obrol-client``, beside the server's folder."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "obrol-client"


class Store:
    """The file of ``folder``, as seen by who talks to ``server`` as ``name``."""

    def __init__(self, folder: Path, server: str, name: str) -> None:
        self._folder = folder
        self._path = folder / "sessions.json"
        self._server = server
        self._name = fold(name)

    def load(self) -> Kept | None:
        """What is kept, if anything; a damaged file counts as none."""
        try:
            entry = self._read()[self._server][self._name]
            kept = Kept(entry["session"], str(entry["history"]), tuple(map(str, entry["names"])))
            KINDS["session"].check(kept.session)
        except (TypeError, KeyError, Refusal):
            return None
        return kept

    def save(self, kept: Kept) -> None:
        """Keep it; raises OSError where the folder cannot be written."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            everything = self._read()
            everything.setdefault(self._server, {})[self._name] = kept._asdict()
            fresh = self._path.with_suffix(f".{os.getpid()}")
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(file, "w") as out:
                json.dump(everything, out, indent=1)
                out.flush()
                os.fsync(out.fileno())
            fresh.rename(self._path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {server: names for server, names in found.items() if isinstance(names, dict)}
