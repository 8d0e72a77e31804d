"""The rows below the pane: what is typed, what is asked, what is told for a moment."""

import pytest

from curses_client import cells
from curses_client.picture import Question, Style
from curses_client.state import FOUND, SHEET, TRACE, Connection, Kind, Line
from tests.curses_client.pictures import (
    SATURDAY,
    draw,
    lab,
    small_state,
    talk,
    text_of,
    texts_of,
)


def test_the_input_line_grows_to_four_rows_and_then_scrolls() -> None:
    state = small_state()
    for count in range(1, 7):
        state.current.editor.set_text("\n".join(f"baris {n}" for n in range(count)))
        rows = texts_of(draw(state, 80, 24))
        last = [f"       baris {n}" for n in range(count)][-4:]
        # However far it has scrolled: the topmost row tells who will read it.
        last[0] = last[0].replace(" " * 7, "[#lab] ")
        assert rows[-len(last) :] == last
        assert rows[-len(last) - 1] == " [08:09] [rizky] 2:#lab"


def test_the_cursor_is_where_the_next_letter_goes() -> None:
    state = small_state()
    editor = state.current.editor
    assert draw(state, 80, 24).cursor == (23, 7)
    editor.insert("日本")
    assert draw(state, 80, 24).cursor == (23, 11)
    editor.left()
    assert draw(state, 80, 24).cursor == (23, 9)
    editor.home()
    assert draw(state, 80, 24).cursor == (23, 7)
    editor.set_text("x" * 100)
    assert draw(state, 80, 24).cursor == (23, 7 + 100 % 72)
    editor.home()
    assert draw(state, 80, 24).cursor == (22, 7)


def test_a_long_target_leaves_half_of_the_input_line() -> None:
    state = small_state()
    state.show(state.open("#" + "r" * 32))
    state.current.editor.insert("halo")
    assert texts_of(draw(state, 40, 8))[-1] == "[#" + "r" * 16 + "…halo"


@pytest.mark.parametrize("size", [(20, 5), (19, 4), (10, 3), (4, 2), (3, 1)])
def test_one_row_goes_along_with_the_cursor_and_is_never_blank(size: tuple[int, int]) -> None:
    """What is left of the cursor is seen, at its whole length and where a row would be full."""
    for text in ("x" * 60, "日" * 30, "satu\n" + "y" * 12, "a日" * 20):
        state = small_state()
        editor = state.current.editor
        for char in text:
            editor.insert(char)
            picture = draw(state, *size)
            y, x = picture.cursor
            row = text_of(picture.rows[y])
            assert row.strip(), text
            if size[0] >= 10:
                assert row.startswith("[#l")
                assert char == "\n" or cells.clip(row, x).endswith(char), (text, row)
        editor.home()
        draw(state, *size)


def test_a_row_that_goes_on_to_the_left_has_a_sign() -> None:
    state = small_state()
    state.current.editor.insert("abcdefghijklmnopqrst")
    assert texts_of(draw(state, 20, 5))[-1] == "[#lab] …klmnopqrst"
    state.current.editor.home()
    assert texts_of(draw(state, 20, 5))[-1] == "[#lab] abcdefghijkl"


def test_a_refused_line_stands_out_until_it_is_touched() -> None:
    state = small_state()
    editor = state.current.editor
    editor.insert("/jion #x")
    editor.select()
    assert draw(state, 80, 24).rows[-1][-1] == ("/jion #x", Style.FOUND)
    editor.left()
    assert draw(state, 80, 24).rows[-1][-1] == ("/jion #x", Style.PLAIN)


def test_a_question_stands_in_the_place_of_the_input_line() -> None:
    question = "Tempel 12 baris? [Enter] kirim [Esc] batal"
    picture = draw(lab(), 30, 8, question=question)
    assert texts_of(picture)[-2:] == ["Tempel 12 baris? [Enter]", "kirim [Esc] batal"]
    assert picture.cursor == (7, 17)
    # The draft is still there.
    assert texts_of(draw(lab(), 80, 8))[-1] == "[#lab] teks yang sedang diketik"
    # On a small screen too.
    assert texts_of(draw(lab(), 30, 5, question=question))[-1] == "kirim [Esc] batal"


def test_what_is_typed_into_a_question_is_seen_to_its_end() -> None:
    question = Question(("[cari: Atas Bawah Enter Esc] ", "[cari] "), "kata " * 9 + "akhir")
    assert texts_of(draw(lab(), 30, 5, question=question))[-1].endswith("akhir")
    assert texts_of(draw(lab(), 80, 24, question=question))[-1].startswith("[cari: Atas")


# For a moment, in the bar.

HINT = ("Ctrl+C again leaves obrol; /quit does too", "Ctrl+C again: leave")


@pytest.mark.parametrize(("columns", "told"), [(80, HINT[0]), (40, HINT[1]), (20, HINT[1])])
def test_a_hint_is_in_the_bar_and_takes_no_line(columns: int, told: str) -> None:
    state = lab()
    before = texts_of(draw(state, columns, 24))
    after = texts_of(draw(state, columns, 24, hint=HINT))
    changed = [n for n, row in enumerate(before) if row != after[n]]
    assert len(changed) == 1
    assert after[changed[0]] == f" {told}"
    state.connection = Connection.LOST
    picture = draw(state, columns, 24, hint=HINT)
    assert picture.rows[changed[0]][0].style is Style.ALARM


# A first evening.

FIRST = "Enter sends · /help explains · /quit leaves"


def test_one_line_for_a_first_evening_until_something_was_said() -> None:
    state = small_state()
    picture = draw(state, 80, 24, "en")
    assert texts_of(picture)[-3] == FIRST
    assert {span.style for span in picture.rows[-3]} == {Style.DIM}
    state.current.add(Line(Kind.PASSING, "08:00", "", "--> aguel joined"), SATURDAY, "")
    assert texts_of(draw(state, 80, 24, "en"))[-4:-2] == ["08:00 --> aguel joined", FIRST]
    assert FIRST not in texts_of(draw(state, 80, 24, "en", ["belum sampai"]))
    state.current.add(talk("halo"), SATURDAY, "")
    assert texts_of(draw(state, 80, 24, "en"))[-3] == "08:00 <fatur> halo"
    # In another room one is not new any longer.
    state.show(state.open("#uas"))
    assert FIRST not in texts_of(draw(state, 80, 24, "en"))


def test_it_is_in_no_window_of_the_clients_own_and_in_nobodys_way() -> None:
    state = small_state()
    for n in range(21):
        state.current.add(Line(Kind.PLAIN, "", "", f"bantuan {n}"), SATURDAY, "")
    assert texts_of(draw(state, 80, 24, "en"))[1:-2] == [f"bantuan {n}" for n in range(21)]
    state.show(state.windows[0])
    assert FIRST not in texts_of(draw(state, 80, 24, "en"))
    state.connection = Connection.LOST
    state.show(state.open("#uas"))
    assert FIRST not in texts_of(draw(state, 80, 24, "en"))


@pytest.mark.parametrize(
    ("target", "english", "indonesian"),
    [(SHEET, "help", "bantuan"), (FOUND, "search", "cari"), (TRACE, "trace", "kabel"),
     ("", "obrol", "obrol"), ("@fatur", "@fatur", "@fatur")],
)  # fmt: skip
def test_windows_have_names_in_both_languages(target: str, english: str, indonesian: str) -> None:
    state = small_state()
    state.show(state.open(target))
    for language, name in (("en", english), ("id", indonesian)):
        bar, prompt = texts_of(draw(state, 80, 24, language))[-2:]
        assert prompt == f"[{name}]"
        assert bar.endswith(f"{state.current.number}:{name}")
