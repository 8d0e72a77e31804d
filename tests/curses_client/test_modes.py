"""What stands in place of the input line: a paste, a guarded slash, two searches, bare text."""

from collections.abc import Iterator

import pytest

from curses_client.editor import History
from curses_client.keys import Key
from curses_client.modes import LINES_AT_ONCE, MANY_LINES, Bare, Find, Guard, Mode, Paste, Recall
from curses_client.state import Anchor, Line, Window
from curses_client.texts import Texts
from reactor.loop import Loop
from tests.curses_client.fakes import BriefSelector, FakeClock, run_until
from tests.curses_client.pictures import filled, small_state
from wire.grammar import TEXT_BYTES

ENGLISH, INDONESIAN = Texts("en"), Texts("id")
MANY = 30_000
LEAVING = ("esc", "ctrl-q", "ctrl-c", "ctrl-g")


def press(mode: Mode, *keys: str) -> bool:
    """Press keys by their names, or type a text; whether the mode is over."""
    over = False
    for key in keys:
        assert not over, "it was over before"
        name = key if key in {*LEAVING, "enter", "up", "down", "f3", "backspace", "tab"} else ""
        name = name or (key if key.startswith("ctrl-") else "")
        over = mode.press(Key(name) if name else Key("text", key))
    return over


# A paste of several lines.


class Pasting:
    """A paste, and what became of it."""

    def __init__(self, text: str) -> None:
        self.sent: list[str] = []
        self.edited: list[str] = []
        self.files: list[str] = []
        self.mode = Paste(text, self.sent.append, self.edited.append, self.files.append)

    @property
    def done(self) -> tuple[list[str], list[str], list[str]]:
        """What was sent as a message, put into the line, sent as a file."""
        return self.sent, self.edited, self.files


CODE = "def f():\n    return 1\n"


def test_a_paste_is_asked_about_in_both_languages() -> None:
    paste = Pasting("x" * 80 + "\n" + "satu\n" * 11).mode
    assert paste.question(INDONESIAN) == (
        "Tempel 12 baris (136 B)?  [Enter] kirim sebagai 1 pesan  [e] ubah  [Esc] batal"
    )
    assert paste.question(ENGLISH) == (
        "Paste 12 lines (136 B)?  [Enter] send as 1 message  [e] edit  [Esc] cancel"
    )


@pytest.mark.parametrize(
    ("key", "done"),
    [
        ("enter", ([CODE], [], [])),
        ("e", ([], [CODE], [])),
        ("esc", ([], [], [])),
        ("ctrl-c", ([], [], [])),
    ],
)
def test_the_answers_to_a_paste(key: str, done: tuple[list[str], ...]) -> None:
    pasting = Pasting(CODE)
    assert press(pasting.mode, key)
    assert pasting.done == done


@pytest.mark.parametrize("key", ["x", "f", "E", "tab", "up", "ctrl-a", " "])
def test_another_key_is_no_answer(key: str) -> None:
    pasting = Pasting(CODE)
    assert not press(pasting.mode, key)
    assert pasting.done == ([], [], [])
    assert press(pasting.mode, "enter")


def test_another_paste_is_no_answer() -> None:
    """A paste that begins with an "e", or holds an Enter, decides nothing."""
    pasting = Pasting(CODE)
    for text in ("e", "\n", "f"):
        assert not pasting.mode.press(Key("paste", text))
    assert not pasting.mode.press(Key("text", "ee"))
    assert pasting.done == ([], [], [])


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("a\nb", {"enter", "e"}),
        ("a\n" * MANY_LINES, {"enter", "e"}),
        ("a\n" * (MANY_LINES + 1), {"enter", "e", "f"}),
        ("a\n" + "x" * (TEXT_BYTES - 4), {"enter", "e"}),
        ("a\n" + "x" * (TEXT_BYTES - 3), {"e", "f"}),  # a line break has three bytes on the wire
        ("a\n" + "x" * (TEXT_BYTES - 1), {"e", "f"}),
        ("a\n" + "é" * (TEXT_BYTES // 2), {"e", "f"}),
    ],
    ids=["short", "50 lines", "51 lines", "all bytes", "1 more", "3 more", "4 more"],
)
def test_what_is_offered(text: str, offers: set[str]) -> None:
    taken = {key for key in ("enter", "e", "f") if press(Pasting(text).mode, key)}
    assert taken == offers
    question = Pasting(text).mode.question(ENGLISH)
    shown = {"enter": "[Enter]", "e": "[e]", "f": "[f] send as a file"}
    assert {key for key, told in shown.items() if told in question} == offers
    assert question.endswith("[Esc] cancel")


def test_the_lines_of_a_paste_are_those_that_hold_something_at_the_end() -> None:
    counts = [Pasting(text).mode.question(ENGLISH).split()[1] for text in ("a\nb", "a\nb\n\n\n")]
    assert counts == ["2", "2"]


# A slash behind blanks.


def test_a_slash_behind_blanks_is_asked_about() -> None:
    sent: list[str] = []
    guard = Guard("  /quit ", sent.append)
    assert guard.question(ENGLISH) == (
        "/quit after a blank is no command. [Enter] send it to everybody  [Esc] back"
    )
    assert guard.question(INDONESIAN).startswith("/quit setelah spasi bukan perintah.")
    assert press(guard, "enter")
    assert sent == ["  /quit "]


@pytest.mark.parametrize("key", ["esc", "x", "tab", "up", "ctrl-c"])
def test_any_other_key_goes_back_to_the_line(key: str) -> None:
    sent: list[str] = []
    assert press(Guard("  /quit", sent.append), key)
    assert sent == []


# What was typed before.


@pytest.fixture
def recall() -> tuple[Recall, list[str]]:
    """A search in what was typed, and what was taken from it."""
    history = History()
    for text in ("make test", "ls", "make check", "who", "dua\nbaris"):
        history.add(text)
    taken: list[str] = []
    return Recall(history, taken.append), taken


def found(mode: Recall) -> str:
    """What it shows."""
    return mode.question(ENGLISH).split(") ", 1)[1]


def test_a_part_finds_the_newest_and_again_the_next_older(
    recall: tuple[Recall, list[str]],
) -> None:
    mode, taken = recall
    assert mode.question(ENGLISH) == "(typed before: ) "
    press(mode, "m", "ak")
    assert mode.question(ENGLISH) == "(typed before: mak) make check"
    press(mode, "ctrl-r")
    assert mode.question(INDONESIAN) == "(pernah diketik: mak) make test"
    press(mode, "up")
    assert found(mode) == "none"
    press(mode, "up", "up")  # at the end there is nothing to go past
    press(mode, "down")
    assert found(mode) == "make test"
    press(mode, "ctrl-s")
    assert found(mode) == "make check"
    press(mode, "down")
    assert found(mode) == "make check"
    assert press(mode, "enter")
    assert taken == ["make check"]


def test_what_is_looked_for_can_be_corrected(recall: tuple[Recall, list[str]]) -> None:
    mode, taken = recall
    press(mode, "lsx")
    assert found(mode) == "none"
    press(mode, "backspace")
    assert found(mode) == "ls"
    press(mode, "ctrl-r", "ctrl-u", "WHO")  # another text begins at the newest again
    assert found(mode) == "who"
    press(mode, "ctrl-u", "baris")
    assert found(mode) == "dua baris"  # one row, whatever it holds
    assert press(mode, "enter")
    assert taken == ["dua\nbaris"]


@pytest.mark.parametrize("keys", ["make esc", "make ctrl-c", "zzz enter", "enter"])
def test_without_a_find_the_draft_stays(recall: tuple[Recall, list[str]], keys: str) -> None:
    mode, taken = recall
    assert press(mode, *keys.split())
    assert taken == []


# A search in the pane.


class Finding:
    """A search in a window of numbered lines, and the line that it shows."""

    def __init__(self, count: int) -> None:
        self.loop = Loop(BriefSelector(), FakeClock())
        self.window: Window = filled(small_state().current, count)
        self.shown: list[Line | None] = []
        self.begin()

    def begin(self) -> None:
        """Begin to search."""
        self.mode = Find(self.window, self.loop, self.shown.append)

    @property
    def number(self) -> int | None:
        """Which line is shown as found."""
        line = self.shown[-1] if self.shown else None
        return None if line is None else int(line.text.split()[1])

    def wait(self) -> None:
        """Until the search has found something, or nothing."""
        told = len(self.shown)
        run_until(self.loop, lambda: len(self.shown) > told)


@pytest.fixture
def small() -> Iterator[Finding]:
    """A search in a window of 100 lines."""
    finding = Finding(100)
    yield finding
    finding.loop.close()


@pytest.fixture
def large() -> Iterator[Finding]:
    """A search in a window of 30,000 lines."""
    finding = Finding(MANY)
    yield finding
    finding.loop.close()


def test_older_and_newer_finds(small: Finding) -> None:
    press(small.mode, "baris 5")
    assert small.number == 59
    assert small.window.anchor == Anchor(62, 0)  # some lines below are seen too
    press(small.mode, "up", "ctrl-r", "f3")
    assert small.number == 56
    press(small.mode, "down", "ctrl-s")
    assert small.number == 58
    assert press(small.mode, "enter")
    assert small.window.anchor == Anchor(61, 0)


def test_the_search_goes_along_with_the_typing(small: Finding) -> None:
    seen = []
    for text in ("b", "aris 4", "2", "backspace", "backspace", "ctrl-u"):
        press(small.mode, text)
        seen.append(small.number)
    assert seen == [99, 49, 42, 49, 99, 99]


def test_names_are_found_and_case_does_not_matter(small: Finding) -> None:
    small.window.lines[7].who = "Aguel"
    press(small.mode, "aGUEL")
    assert small.number == 7


def test_at_the_bottom_the_window_is_at_its_bottom(small: Finding) -> None:
    small.window.anchor, small.window.below = Anchor(50, 0), 4
    press(small.mode, "baris 98")
    window = small.window
    assert (window.anchor, window.below) == (None, 0)


@pytest.mark.parametrize("key", LEAVING)
def test_leaving_goes_back_to_where_one_was(small: Finding, key: str) -> None:
    small.window.anchor, small.window.below = Anchor(50, 1), 4
    small.begin()
    press(small.mode, "baris 7")
    assert small.window.anchor == Anchor(82, 0)
    assert press(small.mode, key)
    assert (small.window.anchor, small.window.below) == (Anchor(50, 1), 4)
    assert small.shown[-1] is None


def test_nothing_found_is_told_and_moves_nothing(small: Finding) -> None:
    small.window.anchor = Anchor(50, 0)
    press(small.mode, "tidak ada")
    assert small.mode.question(ENGLISH) == "[search: nothing] tidak ada"
    assert small.mode.question(INDONESIAN) == "[cari: tidak ada] tidak ada"
    assert (small.number, small.window.anchor) == (None, Anchor(50, 0))
    press(small.mode, "ctrl-u", "baris")
    assert small.mode.question(ENGLISH) == "[search: Up Down Enter Esc] baris"


def test_past_the_oldest_find_the_last_one_stays(small: Finding) -> None:
    press(small.mode, "baris 0", "up")
    assert (small.number, small.window.anchor) == (0, Anchor(3, 0))
    assert "nothing" in small.mode.question(ENGLISH)
    press(small.mode, "down")
    assert small.number == 0


def test_looking_on_later_goes_on_from_the_last_find(small: Finding) -> None:
    assert not small.mode.begin_again(small.window)  # nothing was looked for yet
    press(small.mode, "baris 3")
    assert press(small.mode, "enter")
    assert small.number == 39
    small.window.to_bottom()
    assert small.mode.begin_again(small.window)
    assert small.number == 38
    assert not small.mode.begin_again(Window(9, "#lain"))
    # Esc leads back to where this second search began.
    assert press(small.mode, "esc")
    assert small.window.anchor is None


def test_a_window_that_is_emptied_meanwhile(small: Finding) -> None:
    press(small.mode, "baris 5")
    small.window.clear()
    press(small.mode, "up")
    assert "nothing" in small.mode.question(ENGLISH)


def test_what_is_near_is_found_at_once(large: Finding) -> None:
    press(large.mode, f"baris {MANY - LINES_AT_ONCE}")
    assert large.number == MANY - LINES_AT_ONCE


def test_what_is_far_is_found_a_slice_a_turn(large: Finding) -> None:
    """Between two slices a key or a message gets its turn."""
    wanted = MANY - 2 * LINES_AT_ONCE - 1
    press(large.mode, f"baris {wanted}")
    for _ in range(2):
        assert large.shown == []
        assert large.window.anchor is None
        large.loop.run_once()
    assert (large.number, large.shown) == (wanted, [large.window.lines[wanted]])
    # On the way back down it is the same.
    press(large.mode, "ctrl-u", f"baris {MANY - 1}", "up")
    assert large.number == MANY - 1
    large.wait()
    assert "nothing" in large.mode.question(ENGLISH)


def test_that_nothing_is_there_is_known_at_the_end(large: Finding) -> None:
    press(large.mode, "tidak ada")
    turns = 0
    while large.shown == []:
        assert "nothing" not in large.mode.question(ENGLISH)
        large.loop.run_once()
        turns += 1
    assert turns == MANY // LINES_AT_ONCE
    assert large.shown == [None]
    assert "nothing" in large.mode.question(ENGLISH)


def test_another_text_stops_the_search_that_goes_on(large: Finding) -> None:
    press(large.mode, "baris 111", "ctrl-u", "baris 199")
    large.wait()
    for _ in range(2 * MANY // LINES_AT_ONCE):
        large.loop.run_once()
    assert large.number == 19_999
    assert len(large.shown) == 1


def test_leaving_stops_the_search_that_goes_on(large: Finding) -> None:
    large.window.anchor = Anchor(20_000, 0)
    large.begin()
    press(large.mode, "baris 111")
    assert press(large.mode, "esc")
    for _ in range(2 * MANY // LINES_AT_ONCE):
        large.loop.run_once()
    assert large.shown == [None]
    assert large.window.anchor == Anchor(20_000, 0)


# Text alone.


@pytest.mark.parametrize("key", ["x", "esc", "enter", "up"])
def test_any_key_comes_back_from_bare_text(key: str) -> None:
    backs: list[bool] = []
    mode = Bare(lambda: backs.append(True))
    assert mode.question(ENGLISH) == "any key comes back"
    assert mode.question(INDONESIAN) == "tombol apa saja untuk kembali"
    assert press(mode, key)
    assert backs == [True]
