"""The spool when the disk fails: full, a sync that is not confirmed, names left over (C24 C25)."""

import errno
import json
import os
import time
from pathlib import Path

import pytest

from reactor.spool import Spool, SyncError, Upload
from tests.reactor.spools import begun, content, descriptors, meta, names, sha256, stored


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(folder, time.time())


def test_a_full_disk_leaves_the_offset_right(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = content(1000)
    upload = spool.begin(meta(len(data)), time.time())
    real = os.pwrite
    place = [300]

    def write(fd: int, view: bytes, at: int) -> int:
        if not place[0]:
            raise OSError(errno.ENOSPC, "full")
        done = real(fd, view[: place[0]], at)
        place[0] -= done
        return done

    monkeypatch.setattr(os, "pwrite", write)
    with pytest.raises(OSError, match="full") as caught:
        upload.write(data, time.time())
    assert not isinstance(caught.value, SyncError)
    assert (upload.offset, upload.hashed) == (300, 300)
    place[0] = 10_000
    upload.write(data[300:], time.time())
    assert spool.store(upload) == sha256(data)
    assert (folder / "files" / sha256(data)).read_bytes() == data


def planted(*_args: object) -> None:
    raise OSError(errno.EIO, "planted")


def test_a_failed_sync_is_told_apart(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fdatasync", planted)
    short = begun(spool, b"short", "t2")
    with pytest.raises(SyncError):
        spool.store(short)
    assert names(folder / "files") == []
    assert not spool.holds(sha256(b"short"))


def test_a_name_that_is_not_synced_is_not_kept(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begun(spool, b"abc")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", planted)
        with pytest.raises(OSError, match="planted"):
            spool.store(upload)
    assert names(folder / "files") == []
    assert spool.store(upload) == sha256(b"abc")


def test_an_upload_that_cannot_begin_leaves_nothing(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(json, "dumps", lambda _: "x")
        patch.setattr(os, "fdopen", planted_close)
        with pytest.raises(OSError, match="planted"):
            spool.begin(meta(10), time.time())
    assert descriptors() == before
    assert names(folder / "partial") == []
    assert spool.uploads == {}


def planted_close(fd: int, _mode: str) -> None:
    os.close(fd)
    planted()


def test_forgetting_twice_closes_once(spool: Spool) -> None:
    upload = begun(spool, b"abc")
    spool.forget(upload)
    taken = os.open(os.devnull, os.O_RDONLY)  # the number is somebody else's now
    spool.forget(upload)
    os.close(taken)


def test_a_name_that_was_left_over_is_not_written_through(spool: Spool, folder: Path) -> None:
    upload = begun(spool, b"stored")
    name = spool.store(upload)  # both names are one file until it is forgotten
    Upload.begin(folder / "partial", upload.meta, time.time()).write(b"other!", time.time())
    assert (folder / "files" / name).read_bytes() == b"stored"


def test_an_open_file_is_read_to_its_end(spool: Spool) -> None:
    name = stored(spool, b"abc")
    before = descriptors()
    file = spool.open(name)
    file.keep()
    spool.remove(name)
    with pytest.raises(FileNotFoundError):
        spool.open(name)
    file.release()
    assert os.pread(file.fd, 10, 0) == b"abc"
    file.release()
    assert descriptors() == before
