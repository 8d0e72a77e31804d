"""One upload: bytes in, hash while they come, to the disk piecewise, rename at the end.

The hash may lag behind the bytes: after a restart what is here is hashed again in pieces, while new
pieces are already written. After a power cut nobody knows which of the written bytes are on disk,
so an upload of another boot of the machine starts again from nothing.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Final, NamedTuple, Self

from reactor.spool.writeback import WriteBack

REHASH_BYTES: Final = 1024 * 1024
"""So much of an earlier part is hashed in one turn."""
_MODE: Final = 0o600
_CLOSED: Final = -1
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Meta(NamedTuple):
    """What an upload is: in it all pieces must agree. ``to`` is the session of ``@name``, or 0."""

    session: int
    transfer: str
    target: str
    to: int
    size: int
    name: str

    @property
    def key(self) -> str:
        """The name of its files: harmless characters alone, by the form of a transfer."""
        return f"{self.session:016x}-{self.transfer}"


class SyncError(OSError):
    """The disk did not confirm what was written: nobody knows what of it is there."""


class Mark(NamedTuple):
    """Where an upload stood."""

    offset: int
    hashed: int
    hash: "hashlib._Hash"


class Upload:
    """An upload whose first ``offset`` bytes are here; raises OSError where the disk does."""

    __slots__ = ("_data", "_description", "_fd", "_hash", "_linked", "_write_back", "busy",
                 "gone", "hashed", "meta", "offset", "stored", "touched")  # fmt: skip

    def __init__(self, folder: Path, meta: Meta, offset: int, touched: float) -> None:
        self.meta = meta
        self.offset = offset
        self.hashed = 0
        self.touched = touched
        self.busy = False  # a piece is on its way, or the last one is being finished
        self.stored = False  # it is a stored file, if the turn can be stored
        self.gone = False  # it was stopped
        self._data = folder / f"{meta.key}.data"
        self._description = folder / f"{meta.key}.json"
        self._hash = hashlib.sha256()
        self._write_back = WriteBack(offset)
        self._linked: Path | None = None  # the name that store() gave it
        self._fd = _CLOSED

    @classmethod
    def begin(cls, folder: Path, meta: Meta, now: float) -> Self:
        """Start an upload."""
        # Were such a name left over, it might be that of a stored file too: never truncate it.
        (folder / f"{meta.key}.data").unlink(missing_ok=True)
        upload = cls(folder, meta, 0, now)
        upload._open(os.O_CREAT)
        description = json.dumps({**meta._asdict(), "boot": _boot()})
        try:
            fd = os.open(upload._description, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
            with os.fdopen(fd, "w") as out:
                out.write(description)
        except OSError:
            upload.forget()
            raise
        return upload

    @classmethod
    def restore(cls, description: Path) -> Self | None:
        """Take up the upload that ``description`` tells of; None when nothing can be made of it."""
        try:
            meta, boot = described(description)
            stat = description.with_suffix(".data").stat()
            if (boot, meta.key) != (_boot(), description.stem) or stat.st_size > meta.size:
                return None
        except (OSError, ValueError):
            return None
        return cls(description.parent, meta, stat.st_size, stat.st_mtime)

    @property
    def complete(self) -> bool:
        """Whether all bytes are here."""
        return self.offset == self.meta.size

    def write(self, data: bytes, now: float) -> None:
        """Append ``data``, which must not go over the size.

        After a :class:`SyncError` it can only be forgotten; otherwise ``offset`` bytes are here.
        """
        self.touched = now
        view = memoryview(data)
        fd = self._open()
        while view:
            written = os.pwrite(fd, view, self.offset)
            if self.hashed == self.offset:
                self._hash.update(view[:written])
                self.hashed += written
            self.offset += written
            view = view[written:]
        try:
            self._write_back.advance(fd, self.offset)
        except OSError as error:
            raise SyncError(error.errno, error.strerror) from error

    def rehash_some(self) -> bool:
        """Hash a piece of what came before this process; whether the hash has caught up."""
        if self.hashed < self.offset:
            data = os.pread(self._open(), min(REHASH_BYTES, self.offset - self.hashed), self.hashed)
            if not data:
                raise OSError(0, "an upload became shorter by itself")
            self._hash.update(data)
            self.hashed += len(data)
        return self.hashed == self.offset

    def mark(self) -> Mark:
        """Where it stands now, for :meth:`go_back`."""
        return Mark(self.offset, self.hashed, self._hash.copy())

    def store(self, files: Path) -> str:
        """Make it a stored file, on disk in every respect; its SHA-256.

        The bytes get a second name rather than another one, so that :meth:`take_back` is cheap. The
        same content twice is the same file.
        """
        self._sync()
        name = self._hash.hexdigest()
        try:
            os.link(self._data, files / name)
        except FileExistsError:
            self._linked = None
        else:
            self._linked = files / name
            try:
                _sync_folder(files)
            except OSError:
                self.take_back()
                raise
        self.stored = True
        return name

    def take_back(self) -> None:
        """Undo :meth:`store`; all bytes are still here, and it may be stored again."""
        self.stored = False
        if self._linked is not None:
            self._linked.unlink(missing_ok=True)
            self._linked = None

    def go_back(self, mark: Mark) -> None:
        """Drop the bytes of a piece, after :meth:`take_back`: the same piece will come again."""
        self.offset, self.hashed, self._hash = mark
        self._hash = self._hash.copy()  # it may go back there again
        self._write_back.go_back(self.offset)
        os.ftruncate(self._open(), self.offset)

    def close(self) -> None:
        """Let go of the file; what is here stays for another time.

        It is opened again when it is needed: an upload that waits for its next piece, for a day
        perhaps, holds no descriptor.
        """
        if self._fd != _CLOSED:
            os.close(self._fd)
            self._fd = _CLOSED

    def forget(self) -> None:
        """It is finished, stopped or too old: nothing of it stays in ``partial/``."""
        if not self.gone:
            self.gone = True
            self.close()
            self._data.unlink(missing_ok=True)
            self._description.unlink(missing_ok=True)

    def _open(self, create: int = 0) -> int:
        """Its file, open."""
        if self._fd == _CLOSED:
            flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | create
            self._fd = os.open(self._data, flags, _MODE)
        return self._fd

    def _sync(self) -> None:
        try:
            os.fdatasync(self._open())
        except OSError as error:
            raise SyncError(error.errno, error.strerror) from error


def described(description: Path) -> tuple[Meta, str]:
    """The upload that the file ``description`` tells of, and the boot of the machine it is of.

    Raises OSError, or ValueError where it tells of none.
    """
    try:
        found = json.loads(description.read_text())
        boot = found.pop("boot")
        meta = Meta(**found)
        fits = all(
            isinstance(value, kind)
            for value, kind in zip(meta, (int, str, str, int, int, str), strict=True)
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{description}: no upload") from error
    if not fits:
        raise ValueError(f"{description}: no upload")
    return meta, boot


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
