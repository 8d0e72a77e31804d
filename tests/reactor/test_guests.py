"""What guests have in common: names, rooms, and turns that cannot be stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.doors.guest import GuestPeer
from reactor.doors.plain import NAMELESS
from reactor.hub import guests
from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from tests.reactor.plainlab import PlainLab
from wire.errors import ERRORS
from wire.grammar import is_name

CONNECTED = "Kamu telah terhubung !"
NOT_SAVED = "! " + ERRORS["not-saved"].id


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[PlainLab]:
    with PlainLab(tmp_path / "data", rate=0) as lab:
        yield lab


def together(lab: PlainLab, said: dict[object, bytes], fatur: FakePeer, *lines: str) -> None:
    """All of ``said``, and what a native says, in one turn that cannot be stored."""
    for program, data in said.items():
        program.sock.send(data)  # type: ignore[attr-defined]
    failures = lab.failures
    fatur.say(*lines)
    lab.broken = True
    lab.once()
    lab.broken = False
    assert lab.failures == failures + 1
    lab.pump()


def test_a_turn_that_is_not_stored_leaves_nothing_of_the_guests(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    ani, budi, cici = lab.guest("ani"), lab.guest("budi"), lab.guest("cici")
    coming, plain = lab.knock(), lab.knock(NAMELESS)
    assert coming.read() == "user?"
    for program in lab.programs:
        program.read()
    fatur.take()
    tip = lab.log.tip
    together(
        lab,
        {
            ani: b"satu\n/msg fatur dua\n/join #baru\ntiga\n",
            budi: b"empat\n/quit dah\n",
            coming: b"dodi\nlima\n",
            plain: b"enam\n",
        },
        fatur,
        "SAY #lab hilang", "SAY @cici~ hilang",
    )  # fmt: skip
    assert ani.take()[:3] == [NOT_SAVED] * 3
    assert CONNECTED not in ani.take()
    assert budi.take()[0] == NOT_SAVED
    assert coming.take()[:2] == [CONNECTED, NOT_SAVED]
    assert NOT_SAVED in plain.take()
    assert kinds(fatur.take())[:1] == ["ERR"]
    assert cici.take() == [
        "budi~ telah meninggalkan chat ! (dah)", "dodi~ telah bergabung ke dalam chat !",
        "ani~: tiga",
    ]  # fmt: skip
    assert lab.log.tip == tip + 1
    assert lab.hub.rooms.get("#baru") is None
    assert fatur.ask("NAMES #lab")[0].split()[2:4] == ["fatur", "ani~"]
    assert ani.say(b"ada\n") == ["ani~: ada"]


def test_what_a_guest_did_is_undone_in_memory(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    ani = lab.guest("ani")
    before = snapshot(lab)
    together(lab, {ani: b"satu\n/msg fatur dua\n/join #baru\n"}, fatur, "SAY @ani~ x", "NICK y")
    assert snapshot(lab) == before
    assert [row.name for row in lab.log.rooms()] == ["#lab"]


def test_who_comes_and_goes_in_a_turn_that_is_not_stored_is_gone(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    ani, coming = lab.guest("ani"), lab.knock()
    coming.read()
    ani.sock.close()
    together(lab, {coming: b"dodi\nhalo\n/quit\n"}, fatur, "SAY #lab hilang")
    assert fatur.ask("NAMES #lab") == ["NAMES #lab fatur"]
    fatur.ask("SAY #lab lagi")
    lab.wait(3600)
    coming.sock.close()
    lab.programs.clear()
    consistent(lab)  # no name of theirs is held, in memory or in the log
    again = lab.guest("ani")
    assert again.say(b"halo\n") == ["ani~: halo"]


def test_moving_survives_a_turn_that_is_not_stored(lab: PlainLab) -> None:
    """The turn of the JOIN is stored, that in which the old room is left is not."""
    (fatur,) = lab.members("fatur")
    ani, budi = lab.guest("ani"), lab.guest("budi")
    ani.sock.send(b"/join #lain\n")
    while lab.hub.rooms.get("#lain") is None:
        lab.once()
    together(lab, {}, fatur, "SAY #lab hilang")
    fatur.take()
    fatur.ask("SAY #lab hanya budi")
    lab.pump()
    assert budi.take()[-1] == "fatur: hanya budi"
    assert ani.take()[-2:] == [CONNECTED, "Di #lain: ani~"]
    assert ani.say(b"halo\n") == ["ani~: halo"]
    assert fatur.ask("WHO ani~")[0].endswith(" rooms=#lain")
    assert ani.say(b"/join #lab\n")[-1] == "Di #lab: fatur, budi~, ani~"


def test_the_guests_room_may_be_written_otherwise(tmp_path: Path) -> None:
    with Lab(tmp_path / "data") as before:
        before.members("fatur", room="#Lab")
    with PlainLab(tmp_path / "data", rate=0) as lab:
        ani = lab.guest("ani")
        assert ani.say(b"satu\n/join #LAB\ndua\n") == [
            "ani~: satu", "Di #Lab: ani~", "ani~: dua",
        ]  # fmt: skip


def test_a_guest_is_never_a_person_of_tomorrow(lab: PlainLab) -> None:
    ani = lab.guest("ani")
    (peer,) = (peer for room in lab.hub.rooms.sorted_from("") for peer in room.peers)
    assert isinstance(peer, GuestPeer)
    assert peer.session is not None
    assert (peer.session.label, peer.session.badges, peer.uid) == ("ani~", "-", None)
    number = peer.session.id
    ani.say(b"halo\n/msg ani~ hai\n/join #baru\n/quit\n")
    assert lab.hub.people.get(number) is None
    assert lab.log.session(number) is None
    assert lab.log.name("ani~") is None
    assert list(lab.log.held_names()) == []
    assert lab.peer().ask("=1 HELLO ani~")[0].startswith("=1 ERR bad-name")


def test_renaming_a_guest(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    ani, budi = lab.guest("ani"), lab.guest("budi")
    ani.take()
    fatur.take()
    (peer,) = (p for room in lab.hub.rooms.sorted_from("") for p in room.peers
               if p.session is not None and p.session.name == "ani~")  # fmt: skip

    def rename(wanted: str) -> list[str]:
        lab.hub.happen(lambda: guests.rename(lab.hub, peer, wanted))
        lab.pump()
        return ani.take()

    assert rename("ani") == []
    assert rename("Ani") == ["Namamu di sini Ani~."]
    assert rename("budi") == ["Namamu di sini budi-2~."]
    assert rename("Budi") == ["Namamu di sini Budi-2~."]
    assert rename("Budi") == []
    assert budi.take()[0] == "ani~ sekarang bernama Ani~."
    assert ani.say(b"Budi-2: ani: halo\n") == ["Budi-2~: ani: halo"]
    assert kinds(fatur.take())[:3] == ["RENAMED Ani~", "RENAMED budi-2~", "RENAMED Budi-2~"]


def test_the_journal_tells_who_went(lab: PlainLab) -> None:
    lab.guest("ani").say(b"/quit\n")
    lab.knock().sock.close()
    lab.pump()
    lines = [line.split()[1:3] for line in lab.written.getvalue().splitlines()]
    assert lines == [["came", "name=ani~"], ["went", "name=ani~"], ["closed", "door=plain"]]


@pytest.mark.parametrize(
    "wanted", ["", " ", "#", "-", "..", "a" * 99, "\u2028", "9a_", "é", "a~b~"]
)
def test_every_wish_becomes_a_name(wanted: str) -> None:
    assert is_name(guests.fit(wanted))
