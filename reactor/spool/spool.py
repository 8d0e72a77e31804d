"""The folder of the spool: what is stored, how much of it, what may go."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from reactor.spool.shared import SharedFile
from reactor.spool.upload import Meta, Upload

SWEEP_ENTRIES: Final = 100
"""So many files are looked at in one step of a sweep: it is never one long turn."""
UPLOAD_SECONDS: Final = 24 * 3600.0
"""An upload that nobody touched for so long is forgotten."""
_SHA256_CHARACTERS: Final = 64


class Spool:
    """The spool in ``folder``; raises OSError where the disk does."""

    def __init__(self, folder: Path, now: float) -> None:
        self.files = folder / "files"
        self._partial = folder / "partial"
        for made in (folder, self.files, self._partial):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.uploads: dict[tuple[int, str], Upload] = {}
        self._sizes: dict[str, int] = {}
        self._restore(now)
        for entry in os.scandir(self.files):
            self._sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        self._stored = sum(self._sizes.values())

    @property
    def used(self) -> int:
        """Bytes of what is stored, and of what the unfinished uploads will be."""
        return self._stored + sum(upload.meta.size for upload in self.uploads.values())

    @property
    def free(self) -> int:
        """Bytes that the disk has left for us."""
        disk = os.statvfs(self.files)
        return disk.f_bavail * disk.f_frsize

    def begin(self, meta: Meta, now: float) -> Upload:
        """Start an upload."""
        upload = Upload.begin(self._partial, meta, now)
        self.uploads[meta.session, meta.transfer] = upload
        return upload

    def store(self, upload: Upload) -> str:
        """All bytes of ``upload`` are here and hashed: make it a stored file; its SHA-256."""
        name = upload.store(self.files)
        if name not in self._sizes:
            self._sizes[name] = upload.meta.size
            self._stored += upload.meta.size
        return name

    def recount(self, name: str) -> None:
        """A store was taken back: the file may be gone."""
        if not (self.files / name).exists():
            self._stored -= self._sizes.pop(name, 0)

    def forget(self, upload: Upload) -> None:
        """An upload is finished, stopped or too old."""
        self.uploads.pop((upload.meta.session, upload.meta.transfer), None)
        upload.forget()

    def open(self, name: str) -> SharedFile:
        """A stored file, for reading; raises OSError when it is gone."""
        return SharedFile(self.files / name)

    def remove(self, name: str) -> None:
        """Nobody wants a stored file any longer."""
        self._stored -= self._sizes.pop(name, 0)
        (self.files / name).unlink(missing_ok=True)

    def holds(self, name: str) -> bool:
        """Whether a stored file is here."""
        return name in self._sizes

    def forget_old(self, now: float) -> None:
        """Forget the uploads that nobody touched for a day."""
        for upload in list(self.uploads.values()):
            if now - upload.touched > UPLOAD_SECONDS:
                self.forget(upload)

    def sweep(self, wanted: Callable[[str], bool]) -> Iterator[None]:
        """Remove the files of which no event tells; a step looks at SWEEP_ENTRIES of them."""
        for number, name in enumerate(list(self._sizes), 1):
            if not wanted(name):
                self.remove(name)
            if number % SWEEP_ENTRIES == 0:
                yield

    def close(self) -> None:
        """Let go of everything; it stays for the next start."""
        for upload in self.uploads.values():
            upload.close()

    def _restore(self, now: float) -> None:
        """Take up the unfinished uploads; what cannot be one goes."""
        kept = set()
        for description in self._partial.glob("*.json"):
            upload = Upload.restore(description)
            if upload is None:
                continue
            if now - upload.touched > UPLOAD_SECONDS:
                upload.forget()
                continue
            self.uploads[upload.meta.session, upload.meta.transfer] = upload
            kept |= {description.name, description.with_suffix(".data").name}
        for entry in os.scandir(self._partial):
            if entry.name not in kept:
                Path(entry.path).unlink(missing_ok=True)
