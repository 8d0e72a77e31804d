"""The plain door: the first words, names, where a message ends, what may be in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.doors.plain import NAMELESS
from tests.reactor.plainlab import SILENCE, PlainLab, in_flight
from wire.errors import ERRORS

CONNECTED = "Kamu telah terhubung !"
TOO_LONG = "! " + ERRORS["too-long"].id
LINE_SEPARATOR = "\u2028"
REPLACED = "\ufffd"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[PlainLab]:
    with PlainLab(tmp_path / "data", rate=0) as lab:
        yield lab


def test_the_question_is_five_bytes_and_nothing_follows_it(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    program = lab.knock()
    assert program.read() == "user?"
    fatur.say("SAY #lab is anybody there?")
    lab.wait(10 * SILENCE)
    assert program.read() == ""
    assert fatur.ask("NAMES #lab") == ["NAMES #lab fatur"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_name_may_end_in_any_way(lab: PlainLab, ending: bytes) -> None:
    program = lab.knock()
    program.read()
    program.send(b"rizky" + ending)
    if not ending:
        lab.wait(SILENCE / 2)
        assert program.read() == ""
        lab.wait(SILENCE)
    assert program.read() == CONNECTED + "\n"


def test_a_name_may_come_byte_by_byte(lab: PlainLab) -> None:
    program = lab.knock()
    program.read()
    for byte in b"rizky":
        program.send(bytes([byte]))
        lab.wait(SILENCE * 0.9)
    assert program.read() == ""
    lab.wait(SILENCE)
    assert program.take() == [CONNECTED]
    assert program.say(b"halo\n") == ["rizky~: halo"]


def test_the_first_message_may_come_with_the_name(lab: PlainLab) -> None:
    program = lab.knock()
    program.read()
    program.send(b"rizky\nhalo\nlagi")
    assert program.take() == [CONNECTED, "rizky~: halo"]
    lab.wait(SILENCE)
    assert program.take() == ["rizky~: lagi"]


def test_a_line_end_that_comes_late_is_no_message(lab: PlainLab) -> None:
    program = lab.knock()
    program.read()
    program.send(b"rizky")
    lab.wait(SILENCE)
    program.send(b"\n")
    program.send(b"halo")
    lab.wait(SILENCE)
    program.send(b"\r\n")
    lab.wait(SILENCE)
    assert program.take() == [CONNECTED, "rizky~: halo"]


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("", "tamu~"), ("   ", "tamu~"), ("#", "tamu~"), ("\U0001f600\U0001f680", "tamu~"),
        ("!?*$", "tamu~"), ("123", "tamu~"), ("\ufeff", "tamu~"), ("rizky~", "rizky~"),
        ("a" * 300, "a" * 32 + "~"), ("rizky santoso", "rizky_santoso~"), ("#rizky", "rizky~"),
        ("José", "Jos~"), ("\t\x1b[31mani\x07", "mani~"), ("..x", "x~"),
    ],
)  # fmt: skip
def test_a_bad_name_gets_a_free_one_and_is_told(lab: PlainLab, wanted: str, given: str) -> None:
    program = lab.knock()
    program.read()
    program.send(wanted.encode() + b"\n")
    assert program.take() == [CONNECTED, f"Namamu di sini {given}."]
    assert program.say(b"halo\n") == [f"{given}: halo"]


def test_a_taken_name_gets_a_free_one_and_is_told(lab: PlainLab) -> None:
    (native,) = lab.members("rizky")
    first, second = lab.knock(), lab.knock()
    first.read()
    second.read()
    first.sock.send(b"Rizky\n")  # both in one turn
    second.send(b"rizky\n")
    lab.pump()
    told = sorted([first.take()[:2], second.take()[:2]], key=str)
    assert sorted(line[1] for line in told) == [
        "Namamu di sini Rizky~.", "Namamu di sini rizky-2~.",
    ]  # fmt: skip
    assert sorted(native.ask("NAMES #lab")[0].split()[2:]) == ["Rizky~", "rizky", "rizky-2~"]
    long = [lab.guest("x" * 32) for _ in range(3)]
    assert [guest.say(b"a\n")[-1] for guest in long] == [
        "x" * 32 + "~: a", "x" * 30 + "-2~: a", "x" * 30 + "-3~: a",
    ]  # fmt: skip


def test_a_name_is_free_when_its_guest_is_gone(lab: PlainLab) -> None:
    lab.guest("ani").sock.close()
    lab.pump()
    assert lab.guest("ani").say(b"halo\n") == ["ani~: halo"]


def test_messages_end_at_lf_or_in_silence(lab: PlainLab) -> None:
    program = lab.guest("ani")
    assert program.say(b"satu\ndua\r\n\n\r\n  \ntiga\nempa") == [
        f"ani~: {word}" for word in ("satu", "dua", "tiga")
    ]
    lab.wait(SILENCE * 0.9)
    program.send(b"t ")
    lab.wait(SILENCE * 0.9)
    assert program.take() == []
    program.send(b"kali\xc3")  # half a character, the rest comes in time
    program.send(b"\xa9")
    lab.wait(SILENCE)
    assert program.take() == ["ani~: empat kalié"]


def test_a_paced_message_is_not_cut_where_a_read_ended(tmp_path: Path) -> None:
    """While lines wait for their pace we do not listen, so that silence is ours."""
    with PlainLab(tmp_path / "data", rate=10, rate_burst=1) as lab:
        program = lab.guest("ani")
        lines = [f"{number:04d} " + "x" * 3000 for number in range(25)]
        for_all = "".join(line + "\n" for line in lines).encode()
        while for_all:
            try:
                for_all = for_all[program.sock.send(for_all) :]
            except BlockingIOError:
                lab.wait(SILENCE)
        told: list[str] = []
        for _ in range(600):
            lab.wait(SILENCE)
            told += program.take()
            if len(told) >= len(lines):
                break
        assert told == [f"ani~: {line}" for line in lines]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("rizky: halo", "halo"), ("Rizky : halo", "halo"), (" RIZKY:halo", "halo"),
        ("rizky~: halo", "halo"), ("rizky: a: b", "a: b"), ("catatan: halo", "catatan: halo"),
        (":) halo", ":) halo"), (": halo", ": halo"), ("rizky halo", "rizky halo"),
        ("rizkyx: halo", "rizkyx: halo"), ("halo rizky: apa", "halo rizky: apa"),
    ],
)  # fmt: skip
def test_the_own_name_in_front_is_not_doubled(lab: PlainLab, sent: str, told: str) -> None:
    assert lab.guest("rizky").say(sent.encode() + b"\n") == [f"rizky~: {told}"]


def test_a_name_that_was_taken_or_bad_is_not_doubled_either(lab: PlainLab) -> None:
    lab.guest("rizky")
    second = lab.guest("rizky")
    assert second.say(b"rizky: satu\nrizky-2: dua\nrizky-2~: tiga\nrizky:\n") == [
        "rizky-2~: satu", "rizky-2~: dua", "rizky-2~: tiga",
    ]  # fmt: skip
    spaced = lab.guest("ani budi")
    assert spaced.say(b"ani budi: halo\n") == ["ani_budi~: halo"]
    blank = lab.guest("")
    assert blank.say(b":) halo\n") == ["tamu~: :) halo"]


def test_what_cannot_be_read_is_dropped_and_counted(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    program = lab.guest("ani")
    text = "a\tb\x00\x1b[31m\x7f\u009b\u202ec\rd"
    assert program.say(b"\xff\xfeha\xc3lo\xf0\x9f\n" + b"\xff\xff\n" + text.encode() + b"\n") == [
        "ani~: halo", "ani~: a\tb\ufffd\ufffd[31m\ufffd\ufffd\ufffdc\ufffdd",
    ]  # fmt: skip
    assert lab.house.counts["bytes"] == 7
    assert [line.split(" ", 5)[5] for line in fatur.take()[1:]] == [
        "halo", "a\tb\ufffd\ufffd[31m\ufffd\ufffd\ufffdc\ufffdd",
    ]  # fmt: skip


def test_a_line_break_in_a_message_travels_both_ways(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    program = lab.guest("ani")
    assert program.say("satu\u2028dua\n".encode()) == ["ani~: satu", "ani~: dua"]
    assert fatur.take()[-1].endswith(" ani~ satu\u2028dua")
    fatur.ask("SAY #lab tiga\u2028ani~: empat", "ACT #lab lima\u2028enam")
    lab.pump()
    assert program.take() == ["fatur: tiga", "fatur: ani~: empat", "* fatur lima enam"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_message_may_have_3500_bytes(lab: PlainLab, ending: bytes) -> None:
    program = lab.guest("ani")
    for size, told in ((3500, "ani~: " + "y" * 3500), (3501, TOO_LONG), (4096, TOO_LONG)):
        program.send(b"y" * size + ending)
        lab.wait(SILENCE)
        assert program.take() == [told]
    umlauts = "é" * 1750
    assert program.say(umlauts.encode() + b"\n") == [f"ani~: {umlauts}"]
    assert program.say(umlauts.encode() + b"y\n") == [TOO_LONG]
    assert program.say(b"masih\n") == ["ani~: masih"]


@pytest.mark.parametrize("size", [4097, 16_384, 20_000, 65_536, 70_001, 1_000_003])
@pytest.mark.parametrize("ending", [b"\n", b""])
def test_what_is_far_too_long_is_refused_once_and_whole(
    lab: PlainLab, size: int, ending: bytes
) -> None:
    (fatur,) = lab.members("fatur")
    program = lab.guest("ani")
    program.send(b"z" * size + ending)
    lab.wait(SILENCE)
    program.send(b"halo\n")
    assert program.take() == [TOO_LONG, "ani~: halo"]
    assert [line.split(" ")[0] for line in fatur.take()] == ["JOINED", "MSG"]


def test_a_flood_in_place_of_a_name_is_told_on_a_line_of_its_own(lab: PlainLab) -> None:
    program = lab.knock()
    program.send(b"z" * 200_000 + b"\nani\n")
    assert program.read().split("\n") == ["user?", TOO_LONG, CONNECTED, ""]


def test_a_megabyte_of_line_ends_is_nothing(lab: PlainLab) -> None:
    program = lab.guest("ani")
    other = lab.guest("budi")
    program.take()
    turns = 0

    def counted() -> None:
        nonlocal turns
        turns += 1
        other.sock.send(b"x\n")  # so that several are served in a turn

    lab.loop.hooks.append(counted)
    left = b"\n" * 1_000_000
    while left:
        try:
            left = left[program.sock.send(left) :]
        except BlockingIOError:
            lab.once()
            other.read()
            program.read()
    program.sock.send(b"habis\n")
    while "ani~: habis" not in program.read():
        assert turns < 200
        lab.once()
        other.read()
    lab.loop.hooks.remove(counted)


def test_the_welcome_kind_has_no_names_and_no_commands(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    program = lab.knock(NAMELESS)
    name = f"tamu-{program.sock.getsockname()[1]}~"
    assert program.take() == ["Selamat datang di Server", CONNECTED]
    assert program.say(b"halo\n/who\n/quit") == []
    lab.wait(SILENCE)
    assert program.take() == []
    heard = [line.split(" ", 5)[4:] for line in fatur.take() if line.startswith("MSG")]
    assert heard == [[name, "halo"], [name, "/who"], [name, "/quit"]]
    fatur.ask("SAY #lab hai")
    named = lab.guest("ani")
    named.send(b"semua\n")
    assert program.take() == [
        "fatur: hai", "ani~ telah bergabung ke dalam chat !", "ani~: semua",
    ]  # fmt: skip


def test_who_finds_no_place_is_told(lab: PlainLab) -> None:
    program = lab.knock(full=True)
    assert program.take() == ["! sambungan sudah penuh"]
    assert program.ended


def test_every_message_has_its_pace(tmp_path: Path) -> None:
    with PlainLab(tmp_path / "data", rate=1, rate_burst=1) as lab:
        program = lab.guest("ani")
        assert len(program.say(b"satu\n/bla\n/who\ndua\n")) == 1
        for word in ("Tidak", "Di", "ani~:"):
            assert program.take() == []
            lab.wait(1)
            assert [line.split()[0] for line in program.take()] == [word]


def test_behind_a_goodbye_nothing_is_said(lab: PlainLab) -> None:
    (fatur,) = lab.members("fatur")
    program = lab.guest("ani")
    (peer,) = (peer for room in lab.hub.rooms.sorted_from("") for peer in room.peers
               if peer.door == "plain")  # fmt: skip
    program.sock.send(b"halo\n")
    while in_flight(program.sock, program.far):
        pass
    lab.hub.bid_farewell(peer, "shutdown")
    lab.pump()
    assert program.take() == ["! server dimatikan"]
    assert not any(line.startswith("MSG") for line in fatur.take())


def test_one_turn_that_is_far_too_much_ends_a_guest_at_once(tmp_path: Path) -> None:
    """Its memory does not wait for the next word in the room."""
    with PlainLab(tmp_path / "data", rate=0, send_hard=65_536) as lab:
        (fatur,) = lab.members("fatur")
        lab.guest("ani")
        fatur.say(*[f"SAY #lab {number} " + "x" * 3400 for number in range(500)])
        lab.once()
        assert "why=slow-reader" in lab.written.getvalue()
