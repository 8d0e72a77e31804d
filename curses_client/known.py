"""The servers whose certificates the client has seen, as ssh has its ``known_hosts``.

One line a server: ``host:port`` and the SHA-256 fingerprint of its certificate. People edit it: who
accepts a new certificate deletes the line of the old one. Mode 0600, beside the session secrets.
"""

import os
from pathlib import Path
from typing import NamedTuple


class Known(NamedTuple):
    """What is remembered of a server, and in which line of the file; the first is 1."""

    line: int
    fingerprint: str


class KnownServers:
    """The file at ``path``; it need not be there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, server: str) -> Known | None:
        """What is remembered of ``server``; its first line counts.

        Raises OSError where there is a file that cannot be read: whoever is in it is not unknown.
        """
        for number, line in enumerate(self._text().splitlines(), start=1):
            name, _, rest = line.strip().partition(" ")
            if name == server:
                return Known(number, rest.strip())
        return None

    def remember(self, server: str, fingerprint: str) -> None:
        """Add a line; raises OSError where it cannot be written."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = self._text()
        apart = "" if not text or text.endswith("\n") else "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o600), "w") as file:
            file.write(f"{apart}{server} {fingerprint}\n")

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
