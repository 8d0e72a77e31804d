"""The way of an upload to the disk: begun as it comes, waited for later, bounded (C16 C25)."""

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.spool import Spool, SyncError, Upload, writeback
from reactor.spool.writeback import BEHIND_BYTES, PART_BYTES, WriteBack, sync_file_range
from tests.reactor.spools import begun, content, meta, sha256

BEGIN, WAIT = 2, 7
PARTS_BEHIND = BEHIND_BYTES // PART_BYTES


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """(flags, start, end) of each call, in parts; nothing is done."""
    calls: list[tuple[int, int, int]] = []

    def note(_fd: int, offset: int, length: int, flags: int) -> None:
        calls.append((flags, offset // PART_BYTES, (offset + length) // PART_BYTES))

    monkeypatch.setattr(writeback, "sync_file_range", lambda: note)
    return calls


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def test_a_part_is_begun_when_it_is_here_and_waited_for_later(
    said: list[tuple[int, int, int]],
) -> None:
    way = WriteBack(0)
    step = PART_BYTES // 4
    for offset in range(step, (PARTS_BEHIND + 2) * PART_BYTES + 1, step):
        way.advance(0, offset)
    begins = [(BEGIN, part, part + 1) for part in range(PARTS_BEHIND)]
    assert said[:PARTS_BEHIND] == begins
    assert said[PARTS_BEHIND:] == [
        (BEGIN, PARTS_BEHIND, PARTS_BEHIND + 1), (WAIT, 0, 1),
        (BEGIN, PARTS_BEHIND + 1, PARTS_BEHIND + 2), (WAIT, 1, 2),
    ]  # fmt: skip


def test_what_comes_at_once_is_handed_over_at_once(said: list[tuple[int, int, int]]) -> None:
    """``turn-read`` may be larger than a part: what waits for the disk must not grow."""
    way = WriteBack(0)
    for number in range(1, 5):
        way.advance(0, number * 4 * PART_BYTES)
    assert [call for call in said if call[0] == BEGIN] == [
        (BEGIN, at, at + 4) for at in (0, 4, 8, 12)
    ]
    assert [call for call in said if call[0] == WAIT] == [(WAIT, 0, 4), (WAIT, 4, 8)]


def test_a_small_file_is_left_to_the_last_sync(said: list[tuple[int, int, int]]) -> None:
    WriteBack(0).advance(0, PART_BYTES - 1)
    assert said == []


def test_what_an_earlier_process_wrote_is_caught_up_with_part_by_part(
    said: list[tuple[int, int, int]],
) -> None:
    way, offset = WriteBack(100 * PART_BYTES), 100 * PART_BYTES
    for _ in range(3):
        offset += 1000
        way.advance(0, offset)
    assert said == [(BEGIN, 0, 1), (BEGIN, 1, 2), (BEGIN, 2, 3)]
    while way.begun < offset - PART_BYTES:
        before = way.begun
        offset += 1000
        way.advance(0, offset)
        assert way.begun == before + PART_BYTES


def test_bytes_that_come_a_second_time_are_begun_again(said: list[tuple[int, int, int]]) -> None:
    way = WriteBack(0)
    way.advance(0, PART_BYTES)
    way.go_back(0)
    way.advance(0, PART_BYTES)
    assert said == [(BEGIN, 0, 1), (BEGIN, 0, 1)]


def test_the_call_of_the_c_library(file: int) -> None:
    """The real one: taken from a file, refused for a descriptor that is closed."""
    os.pwrite(file, content(PART_BYTES), 0)
    sync_file_range()(file, 0, PART_BYTES, WAIT)
    gone = os.dup(file)
    os.close(gone)
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        sync_file_range()(gone, 0, PART_BYTES, WAIT)
    assert caught.value.errno == errno.EBADF


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, errno.EINVAL])
def test_where_the_kernel_does_not_take_it_the_old_call_stands_in(
    monkeypatch: pytest.MonkeyPatch, file: int, number: int
) -> None:
    synced: list[int] = []

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(writeback, "sync_file_range", lambda: refuse)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    way = WriteBack(0)
    for part in range(1, PARTS_BEHIND + 1):
        way.advance(file, part * PART_BYTES)
    assert synced == []
    way.advance(file, (PARTS_BEHIND + 1) * PART_BYTES)
    assert synced == [file]


def test_a_c_library_without_it(monkeypatch: pytest.MonkeyPatch, file: int) -> None:
    import ctypes  # noqa: PLC0415

    synced: list[int] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    monkeypatch.setattr(os, "fdatasync", synced.append)
    sync_file_range.cache_clear()
    try:
        sync_file_range()(file, 0, PART_BYTES, BEGIN)
        assert synced == []
        sync_file_range()(file, 0, PART_BYTES, WAIT)
        assert synced == [file]
    finally:
        sync_file_range.cache_clear()


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_part_that_the_disk_did_not_take_is_a_failed_sync(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "planted")

    monkeypatch.setattr(writeback, "sync_file_range", lambda: fail)
    upload = Spool(tmp_path, time.time()).begin(meta(PART_BYTES), time.time())
    with pytest.raises(SyncError, match="planted") as caught:
        upload.write(bytes(PART_BYTES), time.time())
    assert caught.value.errno == number


def test_a_big_file_is_right_whatever_the_parts(tmp_path: Path) -> None:
    """With the real call, in writes that fit no part, taken up by another process in between."""
    data = content((PARTS_BEHIND + 3) * PART_BYTES + 12_345)
    half = len(data) // 2
    first = Spool(tmp_path, time.time()).begin(meta(len(data)), time.time())
    _write(first, data[:half])
    first.close()
    spool = Spool(tmp_path, time.time())
    (upload,) = spool.uploads.values()
    _write(upload, data[half:])
    while not upload.rehash_some():
        pass
    assert spool.store(upload) == sha256(data)
    assert (tmp_path / "files" / sha256(data)).read_bytes() == data


def test_the_last_sync_is_of_the_whole_file(
    monkeypatch: pytest.MonkeyPatch, said: list[tuple[int, int, int]], tmp_path: Path
) -> None:
    """What was waited for on the way is not durable by that: no length, no place on the disk."""
    synced: list[int] = []
    spool = Spool(tmp_path, time.time())
    upload = begun(spool, content(PART_BYTES))
    assert said == [(BEGIN, 0, 1)]
    monkeypatch.setattr(os, "fdatasync", synced.append)
    spool.store(upload)
    assert len(synced) == 1


def _write(upload: Upload, data: bytes) -> None:
    for at in range(0, len(data), 300_001):
        upload.write(data[at : at + 300_001], time.time())
