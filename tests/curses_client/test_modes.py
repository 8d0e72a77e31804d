"""What stands in place of the input line: a paste, a guarded slash, what was typed, bare text."""

import pytest

from curses_client.cells import width, wrap
from curses_client.editor import History
from curses_client.keys import Key
from curses_client.modes import MANY_LINES, Bare, Guard, Paste, Recall
from tests.curses_client.asking import ENGLISH, INDONESIAN, asked, press
from tests.curses_client.pictures import draw, small_state, texts_of
from wire.grammar import TEXT_BYTES

# A paste of several lines.


class Pasting:
    """A paste, and what became of it."""

    def __init__(self, text: str, before: str = "", to: str = "#lab") -> None:
        self.sent: list[str] = []
        self.edited: list[str] = []
        self.files: list[str] = []
        self.mode = Paste(
            text, before + text, to, self.sent.append, self.edited.append, self.files.append
        )

    @property
    def done(self) -> tuple[list[str], list[str], list[str]]:
        """What was sent as a message, put into the line, sent as a file."""
        return self.sent, self.edited, self.files


CODE = "def f():\n    return 1\n"


def test_a_paste_is_asked_about_in_both_languages() -> None:
    paste = Pasting("x" * 80 + "\n" + "satu\n" * 11).mode
    assert asked(paste, INDONESIAN) == (
        "Tempel 12 baris (136 B) ke #lab?  [Enter] kirim sebagai 1 pesan  [e] ubah  [Esc] batal"
    )
    assert asked(paste, ENGLISH) == (
        "Paste 12 lines (136 B) to #lab?  [Enter] send as 1 message  [e] edit  [Esc] cancel"
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
    question = asked(Pasting(text).mode, ENGLISH)
    shown = {"enter": "[Enter]", "e": "[e]", "f": "[f] send as a file"}
    assert {key for key, told in shown.items() if told in question} == offers
    assert question.endswith("[Esc] cancel")


def test_the_lines_of_a_paste_are_those_that_hold_something_at_the_end() -> None:
    counts = [asked(Pasting(text).mode, ENGLISH).split()[1] for text in ("a\nb", "a\nb\n\n\n")]
    assert counts == ["2", "2"]


def test_what_was_typed_counts_for_what_fits_and_goes_along() -> None:
    pasting = Pasting(CODE, "kodeku:\n")
    assert asked(pasting.mode, ENGLISH).startswith("Paste 2 lines (22 B) to #lab?")
    assert press(pasting.mode, "enter")
    assert pasting.sent == ["kodeku:\n" + CODE]
    # Two that fit are too long together; as a file goes what was pasted alone.
    pasting = Pasting(CODE, "x" * TEXT_BYTES)
    assert not press(pasting.mode, "enter")
    assert press(pasting.mode, "f")
    assert pasting.done == ([], [], [CODE])


@pytest.mark.parametrize(
    ("columns", "rows", "seen"),
    [
        (100, 24, ["Paste 2 lines (22 B) to #lab?  [Enter] send as 1 message  [e] edit  "
                   "[Esc] cancel"]),
        (80, 24, ["Paste 2 lines (22 B) to #lab?  [Enter] send as 1 message  [e] edit",
                  "[Esc] cancel"]),
        (40, 8, ["Paste 2 lines (22 B) to #lab?", "[Enter] send as 1 message  [e] edit",
                 "[Esc] cancel"]),
        (20, 5, ["#lab? [Enter] [e]", "[Esc]"]),
        (10, 3, ["#lab?", "[Enter]", "[e] [Esc]"]),
        (10, 2, ["[Enter]", "[e] [Esc]"]),
        (10, 1, ["[Enter]"]),
    ],
)  # fmt: skip
def test_the_first_answer_is_seen_at_every_size(columns: int, rows: int, seen: list[str]) -> None:
    question = Pasting(CODE).mode.question(ENGLISH)
    picture = [row.replace("\u00a0", " ") for row in texts_of(
        draw(small_state(), columns, rows, "en", question=question))]  # fmt: skip
    at = picture.index(seen[0])
    assert picture[at : at + len(seen)] == seen
    assert [row for row in picture[at + len(seen) :] if row] == []


def test_a_long_room_and_a_file_leave_the_first_answer_in_sight() -> None:
    question = Pasting("a\n" * (MANY_LINES + 1), to="#" + "r" * 32).mode.question(INDONESIAN)
    shortest = wrap(question.forms[-1], 19)
    assert shortest[0].startswith("[Enter] [f]")
    assert [form for form in question.forms if "[Enter]" not in form] == []
    assert sorted(question.forms, key=width, reverse=True) == list(question.forms)


# A slash behind blanks.


def test_a_slash_behind_blanks_is_asked_about() -> None:
    sent: list[str] = []
    guard = Guard("  /quit ", "#lab", sent.append)
    assert asked(guard, ENGLISH) == (
        "/quit after a blank is no command. [Enter] send it to #lab  [Esc] back"
    )
    assert asked(guard, INDONESIAN).startswith("/quit setelah spasi bukan perintah.")
    assert press(guard, "enter")
    assert sent == ["  /quit "]


@pytest.mark.parametrize("key", ["esc", "x", "tab", "up", "ctrl-c"])
def test_any_other_key_goes_back_to_the_line(key: str) -> None:
    sent: list[str] = []
    assert press(Guard("  /quit", "#lab", sent.append), key)
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
    return asked(mode, ENGLISH).split(") ", 1)[1]


def test_a_part_finds_the_newest_and_again_the_next_older(
    recall: tuple[Recall, list[str]],
) -> None:
    mode, taken = recall
    assert asked(mode, ENGLISH) == "(typed before: ) "
    press(mode, "m", "ak")
    assert asked(mode, ENGLISH) == "(typed before: mak) make check"
    press(mode, "ctrl-r")
    assert asked(mode, INDONESIAN) == "(pernah diketik: mak) make test"
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


# Text alone.


@pytest.mark.parametrize("key", ["x", "esc", "enter", "up"])
def test_any_key_comes_back_from_bare_text(key: str) -> None:
    backs: list[bool] = []
    mode = Bare(lambda: backs.append(True))
    assert asked(mode, ENGLISH) == "any key comes back"
    assert asked(mode, INDONESIAN) == "tombol apa saja untuk kembali"
    assert press(mode, key)
    assert backs == [True]
