"""What Tab makes of a word: names (the latest speaker first), commands, rooms, paths."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client.commands import BY_NAME, COMMANDS
from curses_client.completion import ENGLISH_ALIASES, Completion, Vocabulary
from curses_client.editor import Editor
from curses_client.state import Window

WORDS = Vocabulary(
    ["#lab", "#Labor", "#uas"],
    [1043, 1040, 99],
    ["bell", "backlog", "highlight", "colours.mention"],
    ["rate", "rate-burst", "rooms"],
    ["u1", "1040"],
    [1, 2, 3],
)


class Tab:
    """A window in which Tab is pressed."""

    def __init__(self, *people: str, speakers: tuple[str, ...] = ()) -> None:
        self.window = Window(2, "#lab")
        self.window.people = {name.lower(): name for name in people}
        for name in speakers:
            self.window.spoke(name)
        self.words = WORDS
        self.editor = Editor()
        self.completion = Completion()

    def type(self, text: str) -> "Tab":
        """Type over everything."""
        self.editor.set_text(text)
        return self

    def press(self, times: int = 1, by: int = 1) -> str:
        """Press Tab (-1: Shift+Tab); the text then."""
        for _ in range(times):
            self.completion.press(self.editor, self.window, self.words, by)
        return self.editor.text

    def seen(self, times: int, by: int = 1) -> list[str]:
        """The texts of so many presses."""
        return [self.press(by=by) for _ in range(times)]


@pytest.fixture
def tab() -> Tab:
    """Four people; aguel spoke last, before that fatur, then fatih, who has left."""
    return Tab("fajar", "fatur", "aguel", "rizky", speakers=("fatih", "fatur", "aguel"))


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("/limit ra", ["/limit rate ", "/limit rate-burst "]),
        ("/batas roo", ["/batas rooms "]),
        ("/limits rate-", ["/limits rate-burst "]),
        ("/log o", ["/log on ", "/log off "]),
        ("/log of", ["/log off "]),
        ("/kick fat", ["/kick fatih ", "/kick fatur "]),
    ],
)
def test_what_operators_type(tab: Tab, typed: str, seen: list[str]) -> None:
    assert sorted(tab.type(typed).seen(len(seen))) == sorted(seen)


def test_names_of_elsewhere_come_after_those_of_here(tab: Tab) -> None:
    words = WORDS._replace(names=["fira~", "fatur"])
    seen = []
    tab.type("/kick f")
    for _ in range(4):
        tab.completion.press(tab.editor, tab.window, words, 1)
        seen.append(tab.editor.text)
    assert seen == ["/kick fatur ", "/kick fatih ", "/kick fajar ", "/kick fira~ "]


def test_guests_are_completed_with_their_sign() -> None:
    tab = Tab("tamu~", "Rizky~", speakers=("Rizky~",))
    assert tab.type("ri").press() == "Rizky~: "
    assert tab.type("/msg tam").press() == "/msg tamu~ "
    assert tab.type("/msg @tam").press() == "/msg @tamu~ "


def test_a_name_at_the_start_of_a_line_is_spoken_to(tab: Tab) -> None:
    assert tab.type("ri").press() == "rizky: "
    assert tab.type("halo ri").press() == "halo rizky "


def test_the_latest_speaker_first_then_those_who_are_silent(tab: Tab) -> None:
    assert tab.type("f").seen(4) == ["fatur: ", "fatih: ", "fajar: ", "fatur: "]


def test_backwards(tab: Tab) -> None:
    assert tab.type("f").seen(4, -1) == ["fajar: ", "fatih: ", "fatur: ", "fajar: "]
    tab.type("f")
    assert [tab.press(), tab.press(by=1), tab.press(by=-1), tab.press(by=-1)] == [
        "fatur: ", "fatih: ", "fatur: ", "fajar: "
    ]  # fmt: skip


@pytest.mark.parametrize("count", range(1, 6))
def test_both_ways_come_by_everybody(count: int) -> None:
    names = [f"a{n}" for n in range(count)]
    forwards = Tab(*names).type("a").seen(count)
    backwards = Tab(*names).type("a").seen(count, -1)
    assert forwards == [f"{name}: " for name in names]
    assert backwards == forwards[::-1]


def test_case_does_not_matter_and_the_name_is_written_as_it_is_shown() -> None:
    tab = Tab("Fatur", speakers=("Fatur",))
    assert tab.type("fA").press() == "Fatur: "
    # One who is there and has spoken is one.
    assert tab.press() == "Fatur: "


def test_a_name_with_its_sign(tab: Tab) -> None:
    assert tab.type("/msg @fat").press() == "/msg @fatur "


def test_commands_only_at_the_start(tab: Tab) -> None:
    found = {f"/{name} " for name in BY_NAME if name.startswith("k")}
    assert len(found) >= 2
    seen = tab.type("/k").seen(len(found) + 1)
    assert (set(seen), seen[-1]) == (found, seen[0])
    assert tab.type("/JO").press() == "/join "
    assert tab.type("halo /jo").press() == "halo /jo"


def test_rooms_anywhere(tab: Tab) -> None:
    assert tab.type("#LA").seen(3) == ["#Labor ", "#lab ", "#Labor "]
    assert tab.type("/join #u").press() == "/join #uas "


def test_nothing_to_complete(tab: Tab) -> None:
    for text in ("", " ", "x", "halo ", "@", "halo @", "#zzz", "/zzz"):
        for by in (1, -1):
            assert tab.type(text).press(3, by) == text
            assert tab.editor.cursor == len(text)


def test_only_the_word_before_the_cursor(tab: Tab) -> None:
    tab.type("ri dan fatur")
    tab.editor.home()
    tab.editor.right()
    tab.editor.right()
    assert tab.press() == "rizky:  dan fatur"
    assert tab.editor.cursor == len("rizky: ")
    # In a line below the first, too.
    assert tab.type("halo\nri").press() == "halo\nrizky "


def test_typing_on_begins_anew(tab: Tab) -> None:
    tab.type("f").press()
    tab.editor.insert("ag")
    assert tab.press() == "fatur: aguel "


def test_moving_away_begins_anew(tab: Tab) -> None:
    """The word that was completed is not put again where the cursor went."""
    tab.type("halo f").press()
    assert tab.editor.text == "halo fatur "
    tab.editor.home()
    assert tab.press(3) == "halo fatur "
    tab.editor.end()
    tab.editor.left()
    assert tab.press() == "halo fatur  "


def test_another_window_begins_anew(tab: Tab) -> None:
    tab.type("f").press()
    other = Editor()
    other.set_text("fatur: ")
    tab.completion.press(other, tab.window, WORDS, 1)
    assert other.text == "fatur: "


def test_undo_takes_a_completion_back(tab: Tab) -> None:
    tab.type("halo f").press()
    tab.editor.undo()
    assert tab.editor.text == "halo f"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two files, a hidden one, and a folder; one stands in it."""
    for name in ("dua kata.txt", "dua.txt", ".rahasia"):
        (tmp_path / name).write_text("")
    (tmp_path / "dalam").mkdir()
    (tmp_path / "dalam" / "sini").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("verb", ["/send", "/kirim", "SEND"])
def test_paths_behind_send(tab: Tab, verb: str) -> None:
    tab.type(f"{verb} d")
    assert tab.seen(4) == [
        f"{verb} dalam/", f"{verb} dua kata.txt", f"{verb} dua.txt", f"{verb} dalam/"
    ]  # fmt: skip
    assert tab.type(f"{verb} dua k").press() == f"{verb} dua kata.txt"
    assert tab.type(f"{verb} ~/dalam/").press() == f"{verb} ~/dalam/sini"
    assert tab.type(f"{verb} .r").press() == f"{verb} .rahasia"
    assert tab.type(f"{verb} ").press() == f"{verb} dalam/"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "path", ["~nobody-has-this-name/", "/no/such/folder/", "a\0b/", "dua.txt/"]
)
def test_paths_that_are_none(tab: Tab, path: str) -> None:
    assert tab.type(f"/send {path}").press() == f"/send {path}"


@pytest.mark.parametrize("verb", ["/get", "/ambil", "/reject", "/tolak"])
def test_numbers_of_offers_the_newest_first(tab: Tab, verb: str) -> None:
    assert tab.type(f"{verb} ").seen(4) == [
        f"{verb} 1043 ", f"{verb} 1040 ", f"{verb} 99 ", f"{verb} 1043 "
    ]  # fmt: skip
    assert tab.type(f"{verb} 10").seen(2, -1) == [f"{verb} 1040 ", f"{verb} 1043 "]
    assert tab.type(f"{verb} #9").press() == f"{verb} 99 "
    for none in (f"{verb} 7", f"{verb} x", f"{verb} 1043 "):
        assert tab.type(none).press(2) == none


def test_other_names_in_the_other_language_come_last(tab: Tab) -> None:
    assert tab.type("/se").seen(5) == ["/search ", "/send ", "/set ", "/selesai ", "/senyap "]
    assert tab.type("/lis").seen(2) == ["/list ", "/list "]
    tab.words = WORDS._replace(language="id")
    assert tab.type("/se").seen(5) == ["/search ", "/selesai ", "/send ", "/senyap ", "/set "]
    assert tab.type("/ba").seen(5) == ["/back ", "/bahasa ", "/balas ", "/ban ", "/bans "]
    assert tab.type("/la").seen(3) == ["/lang ", "/larang ", "/larangan "]


def test_every_other_name_that_is_called_english_is_one() -> None:
    aliases = {alias for command in COMMANDS for alias in command.aliases}
    assert aliases >= ENGLISH_ALIASES


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/stop ", ["/stop u1 ", "/stop 1040 "]),
        ("/batal #10", ["/batal 1040 "]),
        ("/cancel u", ["/cancel u1 "]),
        ("/win ", ["/win 1 ", "/win 2 ", "/win 3 "]),
        ("/w 2", ["/w 2 "]),
        ("/lang ", ["/lang id ", "/lang en "]),
        ("/bahasa i", ["/bahasa id "]),
        ("/notify ", ["/notify all ", "/notify mention ", "/notify none "]),
        ("/bell o", ["/bell on ", "/bell off "]),
        ("/trace of", ["/trace off "]),
    ],
)
def test_what_a_command_takes_one_of(tab: Tab, text: str, seen: list[str]) -> None:
    assert tab.type(text).seen(len(seen) + 1) == [*seen, seen[0]]


@pytest.mark.parametrize("verb", ["/set", "/atur"])
def test_names_of_settings(tab: Tab, verb: str) -> None:
    assert tab.type(f"{verb} b").seen(3) == [f"{verb} bell ", f"{verb} backlog ", f"{verb} bell "]
    assert tab.type(f"{verb} colours.m").press() == f"{verb} colours.mention "
    assert tab.type(f"{verb} ").seen(2) == [f"{verb} bell ", f"{verb} backlog "]
    for none in (f"{verb} zzz", f"{verb} bell o", f"halo {verb} b"):
        assert tab.type(none).press(2) == none


def test_only_behind_their_commands(tab: Tab) -> None:
    for text in ("10", "halo 10", "/win 10", "b", "/me b", "/me on", "halo /lang i", "/hl w"):
        assert tab.type(text).press(2) == text


@given(st.text(alphabet="rfa@#/ \n:~.é日", max_size=12),
       st.lists(st.sampled_from(["tab", "back", "left", "home", "end", "x", "delete"]),
                max_size=12))  # fmt: skip
def test_tab_never_takes_away_what_was_typed(text: str, keys: list[str]) -> None:
    """Whatever comes between: what stands behind the cursor stays, and so does the line's start."""
    tab = Tab("fajar", "fatur", "aguel", "rizky", speakers=("fatih", "fatur"))
    tab.type(text)
    for key in keys:
        if key in {"tab", "back"}:
            before, after = (
                tab.editor.text[: tab.editor.cursor],
                tab.editor.text[tab.editor.cursor :],
            )
            start = before[: max(before.rfind(" "), before.rfind("\n")) + 1]
            first = (tab.editor.text, tab.editor.cursor) != tab.completion._left
            tab.press(by=1 if key == "tab" else -1)
            assert tab.editor.text.endswith(after)
            if first:
                assert tab.editor.text.startswith(start)
        elif key == "x":
            tab.editor.insert("x")
        else:
            getattr(tab.editor, key)()
        assert 0 <= tab.editor.cursor <= len(tab.editor.text)
