"""An open file that several senders read, closed when the last one is done."""

import os
from pathlib import Path


class SharedFile:
    """A file open for reading; raises OSError. Each :meth:`keep` wants one :meth:`release`."""

    __slots__ = ("_users", "fd")

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        self._users = 1

    def keep(self) -> None:
        """One more user."""
        self._users += 1

    def release(self) -> None:
        """One user less; the last one closes it. A file removed meanwhile is read to its end."""
        self._users -= 1
        if not self._users:
            os.close(self.fd)
