"""The spool by itself: bytes in, hash, sync, store, take back, restore, sweep (C12 C31)."""

import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from reactor.spool import Spool
from reactor.spool.spool import SWEEP_ENTRIES, UPLOAD_SECONDS
from reactor.spool.upload import REHASH_BYTES
from tests.reactor.spools import begun, content, descriptors, meta, names, sha256, stored


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(folder, time.time())


def test_bytes_become_a_file_named_by_their_content(spool: Spool, folder: Path) -> None:
    data = content(100_000)
    upload = spool.begin(meta(len(data)), time.time())
    for at in range(0, len(data), 30_000):
        assert not upload.complete
        upload.write(data[at : at + 30_000], time.time())
        assert upload.offset == upload.hashed == min(at + 30_000, len(data))
    assert upload.complete
    assert not spool.holds(sha256(data))
    assert spool.store(upload) == sha256(data)
    assert (folder / "files" / sha256(data)).read_bytes() == data
    spool.forget(upload)
    assert names(folder / "partial") == []
    assert names(folder / "files") == [sha256(data)]
    assert spool.uploads == {}
    assert spool.holds(sha256(data))


def test_nobody_else_may_look(spool: Spool, folder: Path) -> None:
    former = os.umask(0)
    try:
        wide = Spool(folder.parent / "wide", time.time())
        name = stored(wide, b"stored")
        begun(wide, b"coming", "t2")
    finally:
        os.umask(former)
    for made in (wide.files.parent, wide.files, wide.files.parent / "partial"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    for file in (wide.files / name, *(wide.files.parent / "partial").iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(list((wide.files.parent / "partial").iterdir())) == 2
    assert spool.uploads == {}


def test_the_bytes_are_synced_before_they_get_their_name(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def noted(name: str) -> Callable[..., None]:
        real = getattr(os, name)

        def call(*args: object, **words: object) -> None:
            calls.append(name)
            real(*args, **words)

        return call

    upload = begun(spool, b"abc")
    for name in ("fdatasync", "link", "fsync"):
        monkeypatch.setattr(os, name, noted(name))
    spool.store(upload)
    assert calls == ["fdatasync", "link", "fsync"]


def test_what_is_taken_back_can_be_sent_again(spool: Spool, folder: Path) -> None:
    data = content(5000)
    upload = spool.begin(meta(len(data)), time.time())
    upload.write(data[:3000], time.time())
    before = spool.used
    mark = upload.mark()
    for _ in range(3):
        upload.write(data[3000:], time.time())
        name = spool.store(upload)
        upload.take_back()
        spool.recount(name)
        upload.go_back(mark)
        assert (upload.offset, upload.hashed, upload.complete) == (3000, 3000, False)
        assert names(folder / "files") == []
        assert not spool.holds(name)
        assert spool.used == before
    upload.write(data[3000:], time.time())
    assert spool.store(upload) == sha256(data)
    assert (folder / "files" / sha256(data)).read_bytes() == data


def test_what_is_taken_back_can_be_stored_again_as_it_is(spool: Spool, folder: Path) -> None:
    """Another line of the turn failed half way: the turn is done again, no byte comes twice."""
    data = content(5000)
    upload = begun(spool, data)
    spool.store(upload)
    upload.take_back()
    spool.recount(sha256(data))
    assert names(folder / "files") == []
    assert spool.store(upload) == sha256(data)
    assert (folder / "files" / sha256(data)).read_bytes() == data


def test_two_of_the_same_content_in_one_turn_are_taken_back(spool: Spool, folder: Path) -> None:
    data = content(5000)
    one, two = begun(spool, data, "t1"), begun(spool, data, "t2")
    for upload in (one, two):
        assert spool.store(upload) == sha256(data)
    for upload in (two, one):
        upload.take_back()
        spool.recount(sha256(data))
    assert names(folder / "files") == []
    assert spool.used == 2 * len(data)
    for upload in (two, one):
        assert spool.store(upload) == sha256(data)
        spool.forget(upload)
    assert spool.used == len(data)
    assert (folder / "files" / sha256(data)).read_bytes() == data


def test_taking_back_leaves_what_was_stored_before(spool: Spool, folder: Path) -> None:
    data = content(5000)
    stored(spool, data, "t1")
    again = begun(spool, data, "t2")
    spool.store(again)
    again.take_back()
    spool.recount(sha256(data))
    assert spool.holds(sha256(data))
    assert (folder / "files" / sha256(data)).read_bytes() == data


def test_an_upload_goes_on_after_a_restart(spool: Spool, folder: Path) -> None:
    data = content(2 * REHASH_BYTES + 5000)
    upload = spool.begin(meta(len(data)), time.time())
    upload.write(data[:-4000], time.time())
    spool.close()
    again = Spool(folder, time.time()).uploads[7, "t1"]
    assert again.meta == upload.meta
    assert (again.offset, again.hashed) == (len(data) - 4000, 0)
    assert not again.rehash_some()
    again.write(data[-4000:], time.time())  # the hash lags behind, the bytes do not wait for it
    assert (again.hashed, again.complete) == (REHASH_BYTES, True)
    assert [again.rehash_some(), again.rehash_some()] == [False, True]
    assert again.store(folder / "files") == sha256(data)


def test_a_piece_can_be_taken_back_while_the_hash_lags(spool: Spool, folder: Path) -> None:
    data = content(REHASH_BYTES + 5000)
    spool.begin(meta(len(data)), time.time()).write(data[:-1000], time.time())
    spool.close()
    spool = Spool(folder, time.time())
    again = spool.uploads[7, "t1"]
    mark = again.mark()
    for _ in range(2):
        again.write(data[-1000:], time.time())
        while not again.rehash_some():
            pass
        assert spool.store(again) == sha256(data)
        again.take_back()
        again.go_back(mark)
        assert (again.offset, again.hashed) == (len(data) - 1000, 0)


def test_after_another_boot_an_upload_begins_again(spool: Spool, folder: Path) -> None:
    begun(spool, content(100))
    spool.close()
    (description,) = (folder / "partial").glob("*.json")
    found = json.loads(description.read_text())
    assert Path("/proc/sys/kernel/random/boot_id").read_text().strip() == found["boot"]
    description.write_text(json.dumps({**found, "boot": "another"}))
    assert Spool(folder, time.time()).uploads == {}
    assert names(folder / "partial") == []


DAMAGE: dict[str, Callable[[dict[str, object]], object]] = {
    "nothing": lambda _: None,
    "a list": lambda found: list(found),
    "no boot": lambda found: {key: value for key, value in found.items() if key != "boot"},
    "no size": lambda found: {key: value for key, value in found.items() if key != "size"},
    "one more": lambda found: {**found, "more": 1},
    "a size of letters": lambda found: {**found, "size": "many"},
    "a session of letters": lambda found: {**found, "session": "somebody"},
    "another transfer": lambda found: {**found, "transfer": "../../x"},
    "more bytes than size": lambda found: {**found, "size": 99},
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_description_goes(spool: Spool, folder: Path, damage: str) -> None:
    begun(spool, content(100))
    whole = begun(spool, content(100, 2), "whole")
    spool.close()
    description = folder / "partial" / f"{meta(0).key}.json"
    found = json.loads(description.read_text())
    description.write_text(json.dumps(DAMAGE[damage](found)))
    again = Spool(folder, time.time())
    assert list(again.uploads) == [(7, "whole")]
    assert names(folder / "partial") == [f"{whole.meta.key}.data", f"{whole.meta.key}.json"]
    assert names(folder.parent) == ["spool"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"boot"'])
def test_a_description_that_is_none_goes(spool: Spool, folder: Path, data: bytes) -> None:
    upload = begun(spool, content(100))
    spool.close()
    (folder / "partial" / f"{upload.meta.key}.json").write_bytes(data)
    (folder / "partial" / "alone.data").write_bytes(b"bytes without a description")
    (folder / "partial" / "stray").write_bytes(b"")
    assert Spool(folder, time.time()).uploads == {}
    assert names(folder / "partial") == []


def test_a_description_without_its_bytes_goes(spool: Spool, folder: Path) -> None:
    upload = begun(spool, content(100))
    spool.close()
    (folder / "partial" / f"{upload.meta.key}.data").unlink()
    assert Spool(folder, time.time()).uploads == {}
    assert names(folder / "partial") == []


def test_the_same_content_is_stored_and_counted_once(spool: Spool, folder: Path) -> None:
    assert spool.used == 0
    one = begun(spool, content(1000), "t1")
    assert spool.used == 1000
    spool.begin(meta(5000, "t2"), time.time())
    assert spool.used == 6000  # what it will be, not what is here
    spool.store(one)
    spool.forget(one)
    assert spool.used == 6000
    stored(spool, content(1000), "t3")
    assert spool.used == 6000
    assert Spool(folder, time.time()).used == 6000  # a restart counts the same
    spool.forget(spool.uploads[7, "t2"])
    assert spool.used == 1000
    spool.remove(sha256(content(1000)))
    assert spool.used == 0
    assert names(folder / "files") == []


def test_free_is_what_the_disk_has_for_us(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(f_bavail=1000, f_bfree=2000, f_frsize=512, f_bsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda _path: disk)
    assert spool.free == 1000 * 512


def test_a_sweep_goes_in_steps_and_leaves_what_is_wanted(folder: Path) -> None:
    spool = Spool(folder, time.time())
    for number in range(250):
        (folder / "files" / sha256(b"%d" % number)).write_bytes(b"ab")
    spool = Spool(folder, time.time())
    wanted = {sha256(b"%d" % number) for number in range(0, 250, 5)}
    steps = spool.sweep(wanted.__contains__)
    next(steps)
    assert 250 - SWEEP_ENTRIES <= len(names(folder / "files")) < 250
    assert len(list(steps)) == 1
    assert set(names(folder / "files")) == wanted
    assert spool.used == 2 * len(wanted)


def test_what_nobody_touched_for_a_day_is_forgotten(spool: Spool, folder: Path) -> None:
    now = time.time()
    for transfer, age in (("old", 1.0), ("young", -1.0)):
        spool.begin(meta(10, transfer), now - UPLOAD_SECONDS - age)
    spool.begin(meta(10, "touched"), now - 2 * UPLOAD_SECONDS).write(b"x", now)
    spool.forget_old(now)
    assert {transfer for _, transfer in spool.uploads} == {"young", "touched"}
    assert len(names(folder / "partial")) == 4


def test_a_start_forgets_what_nobody_touched_for_a_day(spool: Spool, folder: Path) -> None:
    old, young = begun(spool, b"old", "old"), begun(spool, b"young", "young")
    spool.close()
    for upload, age in ((old, 60), (young, -60)):
        at = time.time() - UPLOAD_SECONDS - age
        os.utime(folder / "partial" / f"{upload.meta.key}.data", (at, at))
    before = descriptors()
    again = Spool(folder, time.time())
    assert list(again.uploads) == [(7, "young")]
    assert len(names(folder / "partial")) == 2
    assert descriptors() == before  # the young one is opened when its next piece comes
