"""Files when the commit, a sync, a handler or the process fails (C24 C25 C31), turn by turn."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub import hub as hub_module
from reactor.log import LogUnusableError
from reactor.spool import Upload
from tests.reactor.house import KIB, LETTERS, MIB, Guest, House, content, piece, sha256


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "data")
    yield house
    house.crash()


def test_a_commit_that_fails_leaves_the_last_piece_to_be_sent_again(house: House) -> None:
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    ani.send(piece("p", "t1", LETTERS, 0, 30 * KIB))
    assert ani.wait("=p ") == f"=p OK {30 * KIB}"
    for _ in range(3):
        failed = house.fail_commits(1)
        ani.send(piece("last", "t1", LETTERS, 30 * KIB))
        assert ani.wait("=last ").startswith("=last ERR not-saved ")
        assert len(failed) == 1
        assert house.stored == []
        assert house.events == []
        ani.send("=q PARTIAL t1")
        assert ani.wait("=q ") == f"=q OK {30 * KIB}"
    ani.send(piece("last", "t1", LETTERS, 30 * KIB))
    assert ani.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.stored == [sha256(LETTERS)]
    assert house.events == [(1, sha256(LETTERS))]
    assert budi.wait("FILE ").split()[1] == "1"
    assert not [line for line in budi.lines if line.startswith("FILE")]
    assert budi.fetch(1) == LETTERS
    assert list((house.data / "spool" / "partial").iterdir()) == []


def test_two_of_the_same_content_in_a_turn_that_fails(house: House) -> None:
    ani = Guest(house, "ani")
    data = LETTERS[:5000]
    failed = house.fail_commits(1)
    ani.send(piece("a", "t1", data) + piece("b", "t2", data))
    for tag in "ab":
        assert ani.wait(f"={tag} ").startswith(f"={tag} ERR not-saved ")
    assert [len(batch.files) for batch in failed] == [2]
    assert house.stored == []
    assert house.server.spool.used == 2 * len(data)
    ani.send(piece("b", "t2", data) + piece("a", "t1", data))
    assert ani.wait("=b ") == f"=b OK 1 {sha256(data)}"
    assert ani.wait("=a ") == f"=a OK 2 {sha256(data)}"
    assert house.stored == [sha256(data)]
    assert house.server.spool.used == len(data)
    assert ani.fetch(1) == ani.fetch(2) == data


def test_the_next_upload_lives_on_when_the_turn_fails(house: House) -> None:
    """Its first bytes came with the last ones of the other."""
    ani = Guest(house, "ani")
    one, two = LETTERS[:1000], LETTERS[:2000]
    failed = house.fail_commits(1)
    second = piece("b", "t2", two)
    ani.send(piece("a", "t1", one) + second[:-500])
    assert ani.wait("=a ").startswith("=a ERR not-saved ")
    assert len(failed) == 1
    ani.send(second[-500:])
    assert ani.wait("=b ") == f"=b OK 1 {sha256(two)}"
    ani.send(piece("a", "t1", one))
    assert ani.wait("=a ") == f"=a OK 2 {sha256(one)}"


def test_a_line_that_breaks_the_server_spoils_no_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn is undone and done again: the file must still be all of its bytes."""
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    stores: list[int] = []
    real = house.server.spool.store

    def store(upload: Upload) -> str:
        stores.append(upload.offset)
        return real(upload)

    monkeypatch.setattr(house.server.spool, "store", store)

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(hub_module.HANDLERS, "AWAY", defect)
    ani.send(piece("a", "t1", LETTERS) + b"AWAY\n")
    assert budi.wait("FILE ").split()[5:7] == [str(len(LETTERS)), sha256(LETTERS)]
    assert stores == [len(LETTERS)] * 2
    assert house.stored == [sha256(LETTERS)]
    assert house.events == [(1, sha256(LETTERS))]
    assert budi.fetch(1) == LETTERS


def test_stop_right_behind_the_last_piece_comes_too_late(house: House) -> None:
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    ani.send(piece("a", "t1", LETTERS[:1000]) + b"=s STOP t1\n=n SEND #lab t1 0 0 9 x\n")
    assert ani.wait("=s ").startswith("=s ERR no-file ")
    assert ani.wait("=a ") == f"=a OK 1 {sha256(LETTERS[:1000])}"
    ani.wait("=n ")
    assert budi.fetch(1) == LETTERS[:1000]


def test_stop_in_a_turn_that_fails_forgets_the_upload(house: House) -> None:
    ani = Guest(house, "ani")
    house.fail_commits(1)
    ani.send(piece("a", "t1", LETTERS[:1000]) + b"=s STOP t1\n")
    assert ani.wait("=s ") == "=s OK"
    assert ani.wait("=a ").startswith("=a ERR not-saved ")
    assert list((house.data / "spool" / "partial").iterdir()) == []
    ani.send(piece("a", "t1", LETTERS[:2000]))
    assert ani.wait("=a ") == f"=a OK 1 {sha256(LETTERS[:2000])}"


def test_a_get_in_a_turn_that_fails_is_answered_once(house: House) -> None:
    ani = Guest(house, "ani")
    ani.send(piece("a", "t1", LETTERS[:1000]))
    ani.wait("=a OK")
    house.fail_commits(1)
    ani.send("=x SAY #lab lost\n=g GET 1 1000")
    assert ani.wait("=x ").startswith("=x ERR not-saved ")
    assert ani.wait("=g SEND ") == "=g SEND #lab 1 1000 0 1000 t1.bin"
    ani.send("=p PING end")
    ani.wait("=p OK")
    assert ani.lines[-2:] == ["=g OK", "=p PONG end"]
    assert ani.fetch(1) == LETTERS[:1000]


def crash_while_finishing(house: House, data: bytes) -> Guest:
    """Kill the server between the store of a file and the commit of its event."""
    ani = Guest(house, "ani")
    house.fail_commits(1, LogUnusableError)
    ani.send(piece("last", "t1", data))
    with pytest.raises(LogUnusableError):
        ani.wait("=last ")
    assert house.stored == sorted({*house.stored, sha256(data)})
    house.crash()
    return ani


def test_a_crash_between_store_and_commit(house: House) -> None:
    """C31: no file without an event, no event without a file, and no byte is sent twice."""
    ani = crash_while_finishing(house, LETTERS)
    assert house.stored == [sha256(LETTERS)]
    house.open()
    house.turns_until(lambda: house.stored == [])
    assert house.events == []
    again = Guest(house, "ani", ani.session)
    again.send("=q PARTIAL t1")
    assert again.wait("=q ") == f"=q OK {len(LETTERS)}"
    again.send(piece("last", "t1", LETTERS))
    assert again.wait("=last ").startswith(f"=last ERR bad-offset {len(LETTERS)} ")
    again.send(piece("last", "t1", LETTERS, len(LETTERS)))
    assert again.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.events == [(1, sha256(LETTERS))]
    assert again.fetch(1) == LETTERS


def test_a_crash_behind_the_commit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is stored, its OK was never said: the same line again gets it."""

    def end(*_: object) -> None:
        raise LogUnusableError("planted")

    ani = Guest(house, "ani")
    monkeypatch.setattr(house.server.spool, "forget", end)
    ani.send(piece("last", "t1", LETTERS))
    with pytest.raises(LogUnusableError):
        ani.wait("=last ")
    house.crash()
    house.open()
    again = Guest(house, "ani", ani.session)
    again.send(piece("last", "t1", LETTERS))
    assert again.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.events == [(1, sha256(LETTERS))]
    assert house.stored == [sha256(LETTERS)]
    assert again.fetch(1) == LETTERS


def test_the_sweep_spares_what_is_stored_in_its_very_turn(house: House) -> None:
    """An orphan of a crash, and the same content sent again while the start is sweeping."""
    first = Guest(house, "budi")
    first.send(piece("a", "t1", LETTERS[:100]))
    first.wait("=a OK")
    crash_while_finishing(house, LETTERS)
    house.open()
    sock = house.connect()  # taken in the first turn
    sock.sendall(b"HELLO cici\nJOIN #lab\n" + piece("same", "t9", LETTERS))
    spool = house.server.spool
    house.turns_until(lambda: len(house.events) == 2)
    for _ in range(3):
        house.server.loop.restless()
        house.server.loop.run_once()
    assert spool.holds(sha256(LETTERS))
    assert Guest(house, "dodi").fetch(2) == LETTERS


@pytest.fixture
def rehashing(house: House, monkeypatch: pytest.MonkeyPatch) -> Guest:
    """After a restart: all bytes of t1 but the last are here, and none of them is hashed."""
    monkeypatch.setattr("reactor.spool.upload.REHASH_BYTES", 64)
    ani = Guest(house, "ani")
    ani.send(piece("p", "t1", LETTERS, 0, len(LETTERS) - 1))
    ani.wait("=p OK")
    house.crash()
    house.open()
    return Guest(house, "ani", ani.session)


def test_while_the_hash_lags_the_same_line_makes_no_second_event(
    house: House, rehashing: Guest
) -> None:
    second = Guest(house, "ani", rehashing.session)
    rehashing.send(piece("last", "t1", LETTERS, len(LETTERS) - 1))
    house.turns_until(lambda: next(iter(house.server.spool.uploads.values())).complete)
    second.send(piece("last", "t1", LETTERS, len(LETTERS) - 1))
    second.send(piece("other", "t1", LETTERS, len(LETTERS)))
    for tag in ("last", "other"):
        assert second.wait(f"={tag} ").startswith(f"={tag} ERR slow-down ")
    assert rehashing.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    second.send(piece("last", "t1", LETTERS, len(LETTERS) - 1))
    assert second.wait("=last ") == f"=last OK 1 {sha256(LETTERS)}"
    assert house.events == [(1, sha256(LETTERS))]


def test_while_the_hash_lags_it_can_be_stopped(house: House, rehashing: Guest) -> None:
    second = Guest(house, "ani", rehashing.session)
    other = piece("next", "t2", LETTERS[:1000])
    rehashing.send(piece("last", "t1", LETTERS, len(LETTERS) - 1) + other[:-10])
    house.turns_until(lambda: len(house.server.spool.uploads) == 2)
    second.send("=s STOP t1")
    assert second.wait("=s ") == "=s OK"
    assert rehashing.wait("=last ").startswith("=last ERR stopped ")
    rehashing.send(other[-10:])  # the piece that came meanwhile is another matter
    assert rehashing.wait("=next ") == f"=next OK 1 {sha256(LETTERS[:1000])}"


def planted(*_: object) -> None:
    raise OSError(errno.EIO, "planted")


@pytest.mark.parametrize("size", [1000, 4 * MIB + 1000])
def test_after_a_failed_sync_an_upload_begins_again(
    house: House, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """C25: what the disk did not confirm is not asked again; nobody else notices."""
    ani = Guest(house, "ani")
    data = content(size)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", planted)
        for at in range(0, size, 64 * KIB):
            ani.send(piece(f"p{at}", "t1", data, at, at + 64 * KIB))
            answer = ani.wait(f"=p{at} ").split()
            if answer[1] == "ERR":
                break
        assert answer[2] == "no-space"
        ani.send("=q PARTIAL t1\n=say SAY #lab on")
        assert ani.wait("=q ") == "=q OK 0"
        assert ani.wait("=say ").startswith("=say OK ")
    assert list((house.data / "spool" / "partial").iterdir()) == []
    assert house.stored == []
    ani.send(piece("again", "t1", data[:1000]))
    assert ani.wait("=again ").endswith(sha256(data[:1000]))
