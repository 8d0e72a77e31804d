"""The downloads folder: names made harmless, nothing overwritten, no link followed.

A file is written as ``name.part`` and gets its own name when it is whole and on disk. Every name is
opened relative to the folder's descriptor, so nothing outside it can be touched. A lock on the part
keeps two terminals of one person out of each other's way.
"""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from curses_client import cells

NAME_BYTES: Final = 200
"""Longest name given to a file: with ``.part`` or `` (99)`` it still fits the usual 255."""
TRIES: Final = 1000
_MODE: Final = 0o600
_NAMELESS: Final = "file"
_PART: Final = ".part"
_PART_TRIES: Final = 5


def harmless(name: str) -> str:
    """``name``, from a stranger, as the name of a visible file in a folder.

    Never empty, never hidden, no ``/``, no control or bidi character, at most NAME_BYTES bytes of
    UTF-8, the extension kept.
    """
    shown = cells.safe(name).replace("/", "_").replace("\\", "_").strip()
    while shown.startswith((".", "~", "-")):
        shown = shown[1:].strip()
    stem, dot, extension = shown.rpartition(".")
    if not dot:
        stem, extension = shown, ""
    if extension == _PART[1:]:
        extension += "_"  # a part belongs to us: no file that is whole may look like one
    room = NAME_BYTES - len((dot + extension).encode())
    if room < len(_NAMELESS):
        return _cut(shown, NAME_BYTES) or _NAMELESS
    return (_cut(stem, room) or _NAMELESS) + dot + extension


def numbered(name: str) -> Iterator[str]:
    """Give ``name``, then ``name (1).ext``, ``name (2).ext`` and so on."""
    yield name
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    for number in range(1, TRIES):
        yield f"{stem} ({number}){dot}{extension}"


class PartTakenError(Exception):
    """Another terminal is fetching a file of this name now."""


class Part:
    """A file that is not whole yet; raises OSError where the disk does.

    It closes its folder with itself.
    """

    def __init__(self, folder: "Folder", name: str, fd: int) -> None:
        self.fd = fd
        self._folder = folder
        self._name = name

    def size(self) -> int:
        """Bytes that are here."""
        return os.fstat(self.fd).st_size

    def finish(self) -> Path:
        """It is whole: sync it, give it its name, which nothing else has; the path."""
        os.fsync(self.fd)
        where = self._folder.fd
        for name in numbered(self._name):
            try:
                # link(2) refuses a name that is taken, by a link too; rename would overwrite it.
                os.link(self._name + _PART, name, src_dir_fd=where, dst_dir_fd=where,
                        follow_symlinks=False)  # fmt: skip
            except FileExistsError:
                continue
            os.unlink(self._name + _PART, dir_fd=where)
            os.fsync(where)
            self.close()
            return self._folder.path / name
        raise FileExistsError(0, "too many files of that name", self._name)

    def close(self) -> None:
        """Let go of it; what is here stays for another time."""
        os.close(self.fd)
        self._folder.close()

    def discard(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            os.unlink(self._name + _PART, dir_fd=self._folder.fd)
        self.close()


class Folder:
    """The folder ``path``, which is made when there is none; raises OSError."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def part(self, name: str) -> Part:
        """Open the part of ``name`` (made harmless), with what an earlier try left in it.

        Raises :class:`PartTakenError` when another process writes it, OSError where the disk does
        or when something that is no file of mine has that name.
        """
        name = harmless(name)
        for _ in range(_PART_TRIES):
            fd = self._open_part(name + _PART)
            try:
                if self._is_alone(name + _PART, fd):
                    return Part(self, name, fd)
            except BlockingIOError:
                os.close(fd)
                break
            except OSError:
                os.close(fd)
                raise
            os.close(fd)
        raise PartTakenError(name)

    def close(self) -> None:
        """Let go of it."""
        os.close(self.fd)

    def sizes(self, name: str) -> Iterator[tuple[str, int]]:
        """The files that a download of ``name`` may already have become, with their sizes."""
        for candidate in numbered(harmless(name)):
            try:
                found = os.stat(candidate, dir_fd=self.fd, follow_symlinks=False)
            except OSError:
                return
            if stat.S_ISREG(found.st_mode):
                yield candidate, found.st_size

    def open(self, name: str) -> int:
        """A descriptor of a file in the folder, for reading."""
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.fd)

    def _open_part(self, name: str) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        return os.open(name, flags, _MODE, dir_fd=self.fd)

    def _is_alone(self, name: str, fd: int) -> bool:
        """Lock ``fd``; whether it is still the part, and nothing but the part.

        Between open and lock another terminal may have finished it, and one that was killed while
        it finished leaves both names: to write there would be to write over the finished file.
        """
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise PermissionError(0, "not a file of mine", name)
        if found.st_nlink > 1:
            os.unlink(name, dir_fd=self.fd)
            return False
        try:
            named = os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(found, named)


def _cut(text: str, limit: int) -> str:
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore").strip()
