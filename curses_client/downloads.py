"""Fetching files: into a part, hashed while it comes, going on after a break, named at the end."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from curses_client.folder import Folder, Part
from curses_client.front import Failure
from curses_client.unfinished import LeftDownload
from curses_client.uploads import HASH_BYTES, Line
from wire.parser import Frame

SYNC_BYTES: Final = 4 * 1024 * 1024
"""So much is synced at once while it comes: no sync at the end stops the screen."""


class Download:
    """The file of one event on its way here; raises OSError and ``PartTakenError`` at the start.

    ``state`` is "" while it goes on, "done" (then ``path`` is where it is), or what went wrong: a
    code of ERR, ``broken`` (not the bytes that were announced) or ``disk``.
    """

    def __init__(
        self,
        line: Line,
        folder: Folder,
        event: int,
        size: int,
        sha256: str,
        name: str,
        changed: Callable[["Download"], object],
    ) -> None:
        self.event = event
        self.size = size
        self.name = name
        self.state = ""
        self.path: Path | None = None
        self.offset = 0
        self._line = line
        self._folder = str(folder.path.absolute())
        self._sha256 = sha256
        self._changed = changed
        self._part: Part = folder.part(name)
        self._hash = hashlib.sha256()
        self._here = min(self._part.size(), size)  # what an earlier try left, to be hashed first
        self._synced = 0
        self._wanted = False  # the server was asked, and sends
        self._again = True  # a part that proves wrong is fetched anew, once

    @property
    def done_bytes(self) -> int:
        """Bytes that are here and hashed."""
        return self.offset

    @property
    def left(self) -> LeftDownload:
        """What the next run must know."""
        return LeftDownload(self.event, self.size, self._sha256, self.name, self._folder)

    def go_on(self) -> None:
        """The link is there (again), or at first: hash what is here, then ask for the rest."""
        self._wanted = False
        if not self.state:
            self._catch_up()

    def piece(self, frame: Frame) -> bool:
        """A piece is announced; whether its bytes are wanted."""
        return not self.state and self._wanted and int(frame.args[2]) == self.offset

    def feed(self, data: bytes) -> None:
        """Bytes of the announced piece."""
        if self.state:
            return
        try:
            self._write(data)
        except OSError:
            self._end("disk")
            self._line.ask(_nothing, "STOP", str(self.event))

    def stop(self) -> None:
        """Give it up; what is here goes."""
        if not self.state:
            self._part.discard()
            self.state = "stopped"
            self._changed(self)
            if self._line.online and self._wanted:
                self._line.ask(_nothing, "STOP", str(self.event))

    def _catch_up(self) -> None:
        """Hash a piece of what is here; when that is done, ask for what is not."""
        if self.state:
            return
        if self.offset < self._here:
            data = os.pread(self._part.fd, min(HASH_BYTES, self._here - self.offset), self.offset)
            self._hash.update(data)
            self.offset += len(data)
            self._line.later(0, self._catch_up)
        elif not self._wanted and self._line.online:
            self._wanted = True
            os.ftruncate(self._part.fd, self.offset)
            self._line.ask(self._answered, "GET", str(self.event), str(self.offset))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._part.fd, view, self.offset)
            self._hash.update(view[:written])
            self.offset += written
            view = view[written:]
        self._here = self.offset
        if self.offset - self._synced >= SYNC_BYTES:
            os.fdatasync(self._part.fd)
            self._synced = self.offset
        self._changed(self)

    def _answered(self, frames: list[Frame], failure: Failure | None) -> None:
        del frames
        if self.state:
            return
        self._wanted = False
        if failure is not None:
            if failure.code:
                self._end(failure.code)
            return
        if self.offset == self.size and self._hash.hexdigest() == self._sha256:
            self._finish()
        elif self._again:
            self._again = False
            self._hash = hashlib.sha256()
            self.offset = self._here = self._synced = 0
            self._catch_up()
        else:
            self._part.discard()
            self.state = "broken"
            self._changed(self)

    def _finish(self) -> None:
        try:
            self.path = self._part.finish()
        except OSError:
            self._end("disk")
            return
        self.state = "done"
        self._changed(self)

    def _end(self, state: str) -> None:
        """It goes no further; what is here stays for another try."""
        self._part.close()
        self.state = state
        self._changed(self)


def _nothing(frames: list[Frame], failure: Failure | None) -> None:
    del frames, failure
