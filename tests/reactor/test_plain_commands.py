"""The plain door of a real server: what people on nc ask for, and what a guest is told."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.guest import CONNECTED, QUESTION, Party, said
from wire.errors import BYES, ERRORS

GUESTS = 200
UNKNOWN = "Tidak ada {0} di sini; yang ada: /join #ruang [kunci], /who, /msg nama teks, /quit."


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Party]:
    with Party(tmp_path, "--set", "rate=0") as party:
        yield party


def test_one_order_for_all_kinds(party: Party) -> None:
    fatur = party.native("fatur")
    rizky, (plain, name) = party.guest("rizky"), party.nameless()
    rizky.say("rizky: satu")
    fatur.expect("MSG ")
    plain.send(b"dua")
    fatur.expect("MSG ")
    fatur.answer("SAY #lab tiga")
    rizky.send(b"empat")
    assert rizky.expect("rizky~: empat")
    assert rizky.seen == [
        f"{name} telah bergabung ke dalam chat !", "rizky~: satu", f"{name}: dua", "fatur: tiga",
        "rizky~: empat",
    ]  # fmt: skip
    plain.expect("rizky~: empat")
    assert plain.seen == ["rizky~: satu", "fatur: tiga", "rizky~: empat"]


def test_join_takes_the_talk_behind_it_along(party: Party) -> None:
    fatur, ani = party.native("fatur"), party.native("ani", "#lain")
    ani.answer("TOPIC #lain teh")
    rizky = party.guest("rizky")
    rizky.say("satu", "/join   #LAIN   kunci", "dua", "/who", "/JOIN #lain", "tiga")
    rizky.expect("rizky~: tiga")
    assert rizky.seen == [
        "rizky~: satu", CONNECTED, "Topik #lain: teh", "Di #lain: ani, rizky~", "rizky~: dua",
        "Di #lain: ani, rizky~", "Topik #lain: teh", "Di #lain: ani, rizky~", "rizky~: tiga",
    ]  # fmt: skip
    assert said(ani, 2) == ["rizky~: dua", "rizky~: tiga"]
    assert said(fatur, 1) == ["rizky~: satu"]
    fatur.expect("LEFT ")
    assert fatur.answer("WHO rizky~")[0].endswith(" rooms=#lain")


def test_join_that_is_refused_leaves_the_guest_where_it_is(party: Party) -> None:
    rizky = party.guest("rizky")
    rizky.say("/join lab", "/join #a.b!c", "/join #" + "x" * 40, "/join")
    rizky.say("/join #baru a b", "masih di sini")
    rizky.expect("rizky~: masih di sini")
    bad_name, bad_line = "! " + ERRORS["bad-name"].id, "! " + ERRORS["bad-line"].id
    assert rizky.seen[:-1] == [
        bad_name, bad_name, bad_name, UNKNOWN.format("/join"),
        bad_line,
    ]  # fmt: skip


def test_private_talk_both_ways(party: Party) -> None:
    fatur = party.native("fatur")
    rizky, ani, (plain, name) = party.guest("rizky"), party.guest("ani"), party.nameless()
    for other in (rizky, ani):
        other.expect(f"{name} telah bergabung")
        other.seen.clear()
    rizky.say("/msg fatur halo  kamu", "/msg ani~ hai", f"/msg {name} tes", "/msg siapa x")
    rizky.say("/msg fatur", "/msg", "/msg fatur " + "p" * 3500, "/msg fatur " + "p" * 3501)
    rizky.expect("! " + ERRORS["too-long"].id)
    assert rizky.seen[:-1] == [
        "[kepada fatur] rizky~: halo  kamu", "[kepada ani~] rizky~: hai",
        f"[kepada {name}] rizky~: tes", "! " + ERRORS["no-name"].id, UNKNOWN.format("/msg"),
        UNKNOWN.format("/msg"), "[kepada fatur] rizky~: " + "p" * 3500,
    ]  # fmt: skip
    assert ani.line() == "[pribadi] rizky~: hai"
    assert plain.expect("[pribadi]") == "[pribadi] rizky~: tes"
    assert said(fatur, 2) == ["rizky~: halo  kamu", "rizky~: " + "p" * 3500]
    fatur.answer("SAY @rizky~ dan\u2028kamu?")
    assert [rizky.line(), rizky.line()] == ["[pribadi] fatur: dan", "[pribadi] fatur: kamu?"]
    for place in ("@rizky~", "@"):
        lines = fatur.answer(f"HISTORY {place} after 0 9")
        found = [line.split(" ", 5) for line in lines[:-1]]
        assert [(line[3], line[4]) for line in found] == [
            ("@fatur", "rizky~"), ("@fatur", "rizky~"), ("@rizky~", "fatur"),
        ]  # fmt: skip


def test_a_name_that_comes_again_is_somebody_else(party: Party) -> None:
    fatur = party.native("fatur")
    with party.guest("rizky") as first:
        first.say("/msg fatur rahasia")
        said(fatur, 1)
    fatur.expect("LEFT ")
    assert fatur.answer("SAY @rizky~ hai")[-1].startswith("ERR no-name")
    second = party.guest("rizky")
    assert fatur.answer("HISTORY @rizky~ after 0 9") == ["OK 0 0"]
    assert party.told(second) == []


@pytest.mark.parametrize(
    ("line", "reason"), [("/quit", ""), ("/QUIT  sampai besok ", "sampai besok")]
)
def test_quit(party: Party, line: str, reason: str) -> None:
    fatur, budi = party.native("fatur"), party.guest("budi")
    rizky = party.guest("rizky")
    rizky.say("dah", line, "tidak lagi", "/join #lain")
    assert rizky.rest() == ["rizky~: dah", "! " + BYES["quit"].id]
    left = fatur.expect("LEFT ").split(" ", 4)
    assert left[2:] == ["#lab", "rizky~", *([reason] if reason else [])]
    budi.expect("rizky~ telah meninggalkan chat !" + (f" ({reason})" if reason else ""))
    budi.seen.clear()
    assert party.told(budi) == []
    assert not any("tidak lagi" in line for line in fatur.sync())


def test_unknown_commands_never_go_to_the_room(party: Party) -> None:
    budi, rizky = party.guest("budi"), party.guest("rizky")
    rizky.say("/bla x", "/", "/SAY #lab x", "//", "/nick ani", "/wh\u2028o")
    rizky.send(b"/me")
    lines = [rizky.line() for _ in range(7)]
    words = ["/bla", "/", "/SAY", "//", "/nick", "/wh\u2028o", "/me"]
    assert lines == [UNKNOWN.format(word) for word in words]
    assert party.told(budi) == ["rizky~ telah bergabung ke dalam chat !"]


def test_everything_else_is_told_in_words(party: Party) -> None:
    fatur, rizky = party.native("fatur"), party.guest("rizky")
    (plain, _) = party.nameless()
    rizky.line()
    content = b"halo"
    fatur.send(b"=f SEND #lab t1 0 4 4 See Saw.mp3\n" + content)
    number, sha256 = fatur.expect("=f OK ").split()[2:]
    assert sha256 == hashlib.sha256(content).hexdigest()
    fatur.answer("TOPIC #lab kopi")
    fatur.answer("TOPIC #lab")
    fatur.answer("NICK faturr")
    fatur.answer("ACT #lab tidur")
    fatur.answer("QUIT")
    lines = [
        f"fatur mengirim See Saw.mp3 (4 B); dengan klien obrol: /get {number}",
        "fatur sekarang bernama faturr.", "* faturr tidur", "faturr telah meninggalkan chat !",
    ]  # fmt: skip
    for one in (rizky, plain):
        one.expect(lines[-1])
        assert one.seen[-len(lines) :] == lines


def test_topic_is_told(party: Party) -> None:
    fatur = party.native("fatur", "#teh")
    rizky = party.guest("rizky")
    rizky.say("/join #teh")
    fatur.expect("JOINED ")
    fatur.answer("TOPIC #teh melati")
    fatur.answer("TOPIC #teh")
    rizky.expect("#teh sekarang tanpa topik.")
    assert rizky.seen[-2] == "Topik #teh: melati"


def test_the_same_in_english(tmp_path: Path) -> None:
    with Party(tmp_path, "--lang", "en", "--set", "rate=0") as party:
        rizky = party.asked()
        rizky.say("a b")
        assert [rizky.line(), rizky.line()] == ["You are connected !", "You are called a_b~ here."]
        with party.native("fatur") as fatur:
            fatur.answer("QUIT bye")
        plain = party.knock("plain-welcome")
        assert plain.line() == "Selamat datang di Server"
        name = f"tamu-{plain.sock.getsockname()[1]}~"
        rizky.say("/bla", "/quit")
        assert rizky.rest() == [
            "fatur has joined the chat !", "fatur has left the chat ! (bye)",
            f"{name} has joined the chat !",
            "There is no /bla here; there are /join #room [key], /who, /msg name text, /quit.",
            "! " + BYES["quit"].en,
        ]  # fmt: skip


def test_a_paste_is_paced_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    with Party(tmp_path, "--set", "rate=200", "--set", "rate-burst=10") as party:
        fatur, rizky = party.native("fatur"), party.guest("rizky")
        lines = [f"{number} " + "t" * 300 for number in range(500)]
        rizky.say(*lines)
        assert said(fatur, 500) == [f"rizky~: {line}" for line in lines]
        assert [rizky.line() for _ in lines] == [f"rizky~: {line}" for line in lines]


def test_two_hundred_at_once(party: Party) -> None:
    fatur = party.native("fatur")
    found = [party.knock() for _ in range(GUESTS)]
    assert {raw.payload(len(QUESTION)) for raw in found} == {QUESTION}
    for number, raw in enumerate(found):
        raw.send(b"sama" if number % 2 else f"tamu{number}\n".encode())
    for _ in found:
        fatur.expect("JOINED ")
    for number, raw in enumerate(found):
        raw.send(f"pesan {number}".encode())
    texts = said(fatur, GUESTS)
    assert len({text.partition(":")[0] for text in texts}) == GUESTS
    assert sorted(int(text.split()[-1]) for text in texts) == list(range(GUESTS))
    for raw in found:
        raw.expect(texts[-1])
        assert [line for line in raw.seen if ": pesan " in line] == texts
        raw.close()
    for _ in found:
        fatur.expect("LEFT ")


def test_a_guest_leaves_nothing_in_the_tables_of_people(party: Party) -> None:
    fatur = party.native("fatur")
    rizky = party.guest("rizky")
    rizky.say("halo", "/msg fatur hai", "/join #lain", "di lain", "/quit")
    rizky.rest()
    assert said(fatur, 2) == ["rizky~: halo", "rizky~: hai"]
    fatur.expect("LEFT ")
    database = party.server.data / "log.sqlite"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        assert db.execute("SELECT shown FROM name").fetchall() == [("fatur",)]
        assert len(db.execute("SELECT id FROM session").fetchall()) == 1
        assert db.execute("SELECT sender, target FROM event ORDER BY id").fetchall() == [
            ("rizky~", "#lab"), ("rizky~", "@fatur"), ("rizky~", "#lain"),
        ]  # fmt: skip
