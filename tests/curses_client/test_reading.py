"""The commands of reading: what ``/search`` asks and shows, and what calls me, kept in the file.

The server's side of SEARCH is the reactor's; here its answers are spoken by hand.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client.reading import FOUND_SHOWN, Wanted, wanted
from tests.curses_client.fakes import NEWEST, TIME, message
from tests.curses_client.typing_desk import Typing
from wire.grammar import TEXT_BYTES

USAGE = "usage: /search [-all] [-nick N] [-since 2d] words"
COUNT = f"{NEWEST} {FOUND_SHOWN}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In #lab."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


# What is looked for.


@pytest.mark.parametrize(
    ("rest", "meant"),
    [
        ("kabel", Wanted("kabel")),
        ("kabel  merah", Wanted("kabel merah")),
        ("-all kabel", Wanted("kabel", everywhere=True)),
        ("-nick fatur kabel", Wanted("kabel from:fatur")),
        ("-nick fatur", Wanted("from:fatur")),
        ("-nick fatur -nick aguel kabel", Wanted("kabel from:aguel")),
        ("-since 2d kabel", Wanted("kabel", since=timedelta(days=2))),
        ("-since 90m kabel", Wanted("kabel", since=timedelta(minutes=90))),
        ("-since 36h kabel", Wanted("kabel", since=timedelta(hours=36))),
        ("-since 1w kabel", Wanted("kabel", since=timedelta(weeks=1))),
        ("-since 0m kabel", Wanted("kabel", since=timedelta())),
        (
            "-since 1w -all -nick fatur kabel merah",
            Wanted("kabel merah from:fatur", everywhere=True, since=timedelta(weeks=1)),
        ),
        ("kabel -all", Wanted("kabel -all")),  # an option stands before the words
        ("", None),
        ("-all", None),
        ("-since 2d", None),
        ("-nick", None),
        ("-since", None),
        ("-since 2 kabel", None),
        ("-since d kabel", None),
        ("-since 2y kabel", None),
        ("-since -2d kabel", None),
        ("-since 2.5d kabel", None),
        ("-since ٢d kabel", None),
        ("-since 1000000d kabel", None),
        ("-warna kabel", None),
        ("- kabel", None),
    ],
)
def test_taking_a_search_apart(rest: str, meant: Wanted | None) -> None:
    assert wanted(rest) == meant


@pytest.mark.parametrize("verb", ["/search", "/cari", "/lastlog"])
@pytest.mark.parametrize(
    ("target", "rest", "place", "words"),
    [
        ("#lab", "kabel merah", "#lab", "kabel merah"),
        ("@fatur", "kabel", "@fatur", "kabel"),
        ("", "kabel", "*", "kabel"),
        ("#lab", "-all kabel", "*", "kabel"),
        ("@fatur", "-all -nick aguel kabel", "*", "kabel from:aguel"),
        ("#lab", "日本 \x1b[2J\u202e", "#lab", "日本 \ufffd[2J\ufffd"),
    ],
)
def test_what_is_asked(
    tmp_path: Path, verb: str, target: str, rest: str, place: str, words: str
) -> None:
    desk = Typing(tmp_path, target)
    assert desk.type(f"{verb} {rest}")
    assert desk.wire.take() == [f"SEARCH {place} {COUNT} {words}"]
    assert (desk.errors, desk.finds) == ([], [])
    desk.loop.close()


@pytest.mark.parametrize("rest", ["-all", "-nick fatur -since soon", "-warna merah", "-since 2d"])
def test_a_search_for_nothing_tells_how_to_say_it(desk: Typing, rest: str) -> None:
    assert desk.type(f"/search {rest}") is False
    assert desk.errors == [USAGE]
    assert desk.wire.take() == []


def test_a_search_for_too_much(desk: Typing) -> None:
    assert desk.type("/search " + "é" * (TEXT_BYTES // 2))
    assert desk.type("/search " + "é" * (TEXT_BYTES // 2) + "x") is False
    assert len(desk.wire.take()) == 1
    assert desk.errors == [USAGE]


@given(st.text(alphabet="-alnicksethwdm0123456789 ", max_size=60))
def test_no_search_breaks_the_parts(rest: str) -> None:
    found = wanted(rest)
    assert found is None or found.words.strip()


def test_a_time_before_all_times_finds_everything(desk: Typing) -> None:
    """What is further back than a calendar goes is no reason to end."""
    for since in ("999999d", "999999w", "740000d"):
        assert desk.type(f"/search -since {since} kabel")
        desk.answer(message(7, text="kabel merah"), end="OK 1 0")
        assert [event.id for event in desk.finds.pop()[1]] == [7]


# What is found.


def test_what_is_found_is_shown_in_its_order(desk: Typing) -> None:
    desk.type("/search -nick fatur kabel")
    desk.answer(
        message(5, text="kabel  merah"),
        f"ACT 7 {TIME} @rizky fatur pasang kabel",
        f"FILE 9 {TIME} * fatur 3 {'0' * 64} kabel merah.txt",
        end="OK 3 1",
    )
    [(what, events)] = desk.finds
    assert what == "kabel from:fatur"
    assert [(e.kind, e.id, e.target, e.sender) for e in events] == [
        ("MSG", 5, "#lab", "fatur"), ("ACT", 7, "@rizky", "fatur"), ("FILE", 9, "*", "fatur")
    ]  # fmt: skip
    assert [e.body for e in events[:2]] == ["kabel  merah", "pasang kabel"]
    # It is of the past: nothing rings, and no file is fetched for it.
    assert not any(e.live or e.fresh for e in events)
    assert (desk.notices, desk.errors) == ([], [])


def test_nothing_is_found(desk: Typing) -> None:
    desk.type("/search kabel")
    desk.answer(end="OK 0 0")
    assert desk.finds == [("kabel", [])]


def test_only_what_is_young_enough_is_shown(desk: Typing) -> None:
    def said(number: int, ago: timedelta) -> str:
        time = f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%S}.123Z"
        return f"MSG {number} {time} #lab fatur kabel {number}"

    desk.type("/search -since 2d kabel")
    desk.answer(
        said(1, timedelta(days=30)),
        said(2, timedelta(days=2, minutes=1)),
        said(3, timedelta(days=1, hours=23, minutes=59)),
        said(4, timedelta(seconds=1)),
        end="OK 4 0",
    )
    [(_, events)] = desk.finds
    assert [event.id for event in events] == [3, 4]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("ERR not-joined for programs", "you are not in that room"),
        ("ERR unknown-verb", "there is no such verb"),
        ("ERR brand-new in the server's words", "in the server's words"),
    ],
)
def test_a_search_that_is_refused(desk: Typing, end: str, told: str) -> None:
    desk.type("/search kabel")
    desk.answer(end=end)
    assert desk.finds == []
    assert desk.errors == [f"/search: {told}"]


def test_a_search_without_a_link(tmp_path: Path) -> None:
    desk = Typing(tmp_path, online=False)
    desk.type("/search kabel")
    assert desk.errors == ["not connected; try again later"]
    assert desk.finds == []
    desk.loop.close()


def test_a_search_through_a_lost_link(desk: Typing) -> None:
    desk.type("/search kabel")
    desk.chat.link_down("gone")
    assert desk.errors == ["not connected; try again later"]
    assert desk.finds == []


# History.


def test_history(desk: Typing) -> None:
    for line in ("/history", "/history 7", "/riwayat 2000"):
        assert desk.type(line)
    assert desk.moves == [("older", 100), ("older", 7), ("older", 2000)]
    for line in ("/history x", "/history -1", "/history 1.5", "/history 1 2"):
        assert desk.type(line) is False
    assert desk.errors == ["usage: /history [count]"] * 4


# What calls me: it holds at once, and after the next start.


def test_words_that_call_me(desk: Typing) -> None:
    assert desk.type("/hl")
    assert desk.notices == ["highlight = none"]
    desk.notices.clear()
    assert desk.type("/hl kabel")
    assert desk.type("/sorot Modem")
    assert desk.notices == ["highlight = kabel", "highlight = kabel Modem"]
    assert desk.settings.words("highlight") == desk.kept().words("highlight") == ("kabel", "Modem")
    desk.notices.clear()
    assert desk.type("/hl")
    assert desk.notices == ["highlight = kabel Modem"]
    desk.notices.clear()
    assert desk.type("/hl KABEL")  # once more changes nothing
    assert desk.type("/hl -KABEL")
    assert desk.type("/hl -modem")
    assert desk.notices == ["highlight = kabel Modem", "highlight = Modem", "highlight = none"]
    assert desk.kept().words("highlight") == ()
    assert desk.errors == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a b", ("uas", "os", "a", "b")),
        ("a, b OS", ("uas", "os", "a", "b")),
        ("a a A", ("uas", "os", "a")),
        ("-uas", ("os",)),
        ("-uas -OS", ()),
        ("-uas a", ("os", "a")),
        ("a -a", ("uas", "os")),
        ("-", ()),
        ("- a", ("a",)),
        ("a-b", ("uas", "os", "a-b")),
    ],
)
def test_several_words_at_once(desk: Typing, typed: str, kept: tuple[str, ...]) -> None:
    desk.settings.set("highlight", "uas os")
    assert desk.type(f"/hl {typed}")
    assert desk.settings.words("highlight") == desk.kept().words("highlight") == kept
    assert desk.errors == []


def test_a_word_that_is_not_there_cannot_be_taken_away(desk: Typing) -> None:
    desk.settings.set("highlight", "uas")
    assert desk.type("/hl -uas -os") is False
    assert desk.errors == ["os is not in the list"]
    assert desk.settings.words("highlight") == ("uas",)


def test_whom_i_do_not_want_to_read(desk: Typing) -> None:
    for line in ("/ignore fatur", "/abaikan tamu~", "/ignore FATUR"):
        assert desk.type(line)
    assert desk.settings.words("ignore") == desk.kept().words("ignore") == ("fatur", "tamu~")
    assert desk.notices[-1] == "ignore = fatur tamu~"
    desk.notices.clear()
    assert desk.type("/ignore")
    assert desk.notices == ["ignore = fatur tamu~"]
    for line in ("/ignore a b", "/ignore 9", "/ignore #lab", "/ignore -", "/ignore fatur~~"):
        assert desk.type(line) is False
    assert len(desk.errors) == 5
    assert desk.type("/unignore Fatur")
    assert desk.kept().words("ignore") == ("tamu~",)
    assert desk.type("/unignore fatur") is False
    assert desk.errors[-1] == "fatur is not ignored"
    assert desk.kept().words("ignore") == ("tamu~",)


def test_nobody_ignores_himself(desk: Typing) -> None:
    for name in ("rizky", "RIZKY"):
        assert desk.type(f"/ignore {name}") is False
    assert desk.errors == ["that is you: your own lines are always shown"] * 2
    assert desk.settings.words("ignore") == ()


def test_what_calls_me_in_a_room_and_everywhere(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "#Lab")
    assert desk.type("/notify all")
    assert desk.kept().notify("#lab") == "all"
    assert desk.kept().notify("#uas") == "mention"
    desk.target = ""
    assert desk.type("/kabari none")
    assert desk.kept().notify("#uas") == "none"
    assert desk.kept().notify("#lab") == "all"
    assert desk.type("/notify sometimes") is False
    assert desk.errors == ["notify: it is one of: all, mention, none"]
    assert desk.kept().notify("#uas") == "none"
    desk.loop.close()


def test_what_calls_me_in_a_private_talk_is_its_own(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "@Tamu.x~")
    assert desk.type("/notify none")
    assert desk.notices == ["@Tamu.x~.notify = none"]
    for settings in (desk.settings, desk.kept()):
        assert settings.notify("@tamu.x~") == "none"
        assert settings.notify("@fatur") == settings.text("notify") == "mention"
    assert desk.type("/set @tamu.x~.notify all")
    assert desk.kept().notify("@Tamu.x~") == "all"
    assert desk.type("/set *.notify all") is False
    desk.loop.close()


def test_a_room_without_calls_and_again(desk: Typing) -> None:
    for line, room, level in (
        ("/mute", "#lab", "none"),
        ("/mute", "#lab", "mention"),
        ("/senyap #uas", "#uas", "none"),
        ("/mute #UAS", "#uas", "mention"),
    ):
        assert desk.type(line)
        assert desk.settings.notify(room) == desk.kept().notify(room) == level
    assert desk.notices == [
        "#lab is muted; /mute #lab ends it",
        "#lab is not muted any longer: mention",
        "#uas is muted, but you are not in it",
        "#UAS is not muted any longer: mention",
    ]
    assert desk.errors == []


@pytest.mark.parametrize("target", ["", "@fatur"])
def test_only_a_room_can_be_mute(tmp_path: Path, target: str) -> None:
    desk = Typing(tmp_path, target)
    assert desk.type("/mute") is False
    assert desk.type("/mute 9") is False
    assert len(desk.errors) == 2
    assert not desk.file.exists()
    desk.loop.close()


def test_the_bell(desk: Typing) -> None:
    for line, on in (
        ("/bell", False), ("/bell", True), ("/bell off", False), ("/bell off", False),
        ("/bel ON", True),
    ):  # fmt: skip
        assert desk.type(line)
        assert desk.settings.on("bell") is desk.kept().on("bell") is on
        assert desk.notices.pop() == f"bell = {'on' if on else 'off'}"
    assert desk.type("/bell perhaps") is False
    assert desk.errors == ["bell: it is on or off (in the file: true or false)"]


@pytest.mark.parametrize("line", ["/bell", "/mute", "/hl kabel", "/ignore fatur", "/notify all"])
def test_the_screen_follows_a_setting(desk: Typing, line: str) -> None:
    assert desk.type(line)
    assert ("restyle", None) in desk.moves


@pytest.mark.parametrize("line", ["/bell", "/mute", "/hl kabel", "/ignore fatur", "/notify all"])
def test_line_mode_keeps_settings_too(tmp_path: Path, line: str) -> None:
    desk = Typing(tmp_path, windows=False)
    assert desk.type(line)
    assert desk.file.exists()
    assert desk.moves == []
    desk.loop.close()


def test_what_its_owner_wrote_stays(desk: Typing) -> None:
    text = '# mine\nmouse = true\n\n[colours]\nmention = "bold red" # loud\n'
    desk.file.parent.mkdir()
    desk.file.write_text(text)
    assert desk.type("/bell off")
    assert desk.type("/mute #uas")
    kept = desk.kept()
    assert (kept.on("bell"), kept.on("mouse"), kept.notify("#uas")) == (False, True, "none")
    for line in text.splitlines():
        assert line in desk.file.read_text().splitlines()


def test_a_setting_that_cannot_be_kept_holds_until_the_end(desk: Typing) -> None:
    desk.file.parent.write_text("a file where the folder should be")
    assert desk.type("/bell off")
    assert desk.settings.on("bell") is False
    assert desk.notices == ["bell = off"]
    [error] = desk.errors
    assert error.startswith(f"not saved in {desk.file}: ")
