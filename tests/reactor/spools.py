"""What the tests of the spool share."""

import hashlib
import time
from pathlib import Path

from reactor.spool import Meta, Spool, Upload


def meta(size: int, transfer: str = "t1", session: int = 7, name: str = "x") -> Meta:
    return Meta(session, transfer, "#lab", 0, size, name)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def content(size: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(size)


def begun(spool: Spool, data: bytes, transfer: str = "t1") -> Upload:
    """An upload of ``data`` whose bytes are all here."""
    upload = spool.begin(meta(len(data), transfer), time.time())
    upload.write(data, time.time())
    return upload


def stored(spool: Spool, data: bytes, transfer: str = "t1") -> str:
    upload = begun(spool, data, transfer)
    name = spool.store(upload)
    spool.forget(upload)
    return name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
