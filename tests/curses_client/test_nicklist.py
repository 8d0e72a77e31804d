"""The list of names at the right, text alone for copying, and the picture in ASCII."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curses_client import cells
from curses_client.picture import Picture, Style, nick_style
from curses_client.state import Anchor, Connection, Kind, Line, State
from curses_client.view import NAMES_COLUMNS, NAMES_FROM_COLUMNS, Look
from tests.curses_client.pictures import (
    HOSTILE,
    LONG_NAME,
    SATURDAY,
    draw,
    filled,
    hostile_state,
    lab,
    small_state,
    talk,
    text_of,
    texts_of,
)

ON, OFF, AUTO = Look("on"), Look("off"), Look("auto")
BARE, ASCII = Look(bare=True), Look(ascii=True)
LEAST = 58
"""Columns from which 40 are left for the talk."""


def room(*names: str) -> State:
    """In #lab with ``names``."""
    state = small_state()
    state.current.people = {name.lower(): name for name in names}
    return state


def names_of(picture: Picture) -> list[str]:
    """What stands at the right of the line between."""
    rows = [texts.split("│", 1)[1] for texts in texts_of(picture)[1:-2] if "│" in texts]
    return [row for row in rows if row]


# The list of names.


def test_the_pane_with_the_list_beside_it() -> None:
    state = room("rizky", "fatur", "Aguel")
    state.current.signs = {"rizky": "+", "aguel": "+*"}
    state.current.add(talk("satu dua tiga empat lima enam tujuh"), SATURDAY, "")
    picture = draw(state, 60, 9, look=ON)
    assert texts_of(picture) == [
        " #lab │ belum ada topik                             3 orang",
        " " * 42 + "│Aguel✓*",
        " " * 42 + "│fatur",
        " " * 42 + "│rizky✓",
        " " * 42 + "│",
        "08:00 <fatur> satu dua tiga empat lima    │",
        "              enam tujuh                  │",
        " [08:09] [rizky] 2:#lab",
        "[#lab]",
    ]
    assert [row[-1].style for row in picture.rows[1:4]] == [
        nick_style("Aguel"), nick_style("fatur"), nick_style("rizky")
    ]  # fmt: skip
    assert [row[-2].style for row in picture.rows[1:7]] == [Style.DIM] * 6


@pytest.mark.parametrize(
    ("look", "first"),
    [(ON, LEAST), (AUTO, NAMES_FROM_COLUMNS), (OFF, None)],
    ids=["on", "a", "off"],
)
def test_from_which_width_on_it_is_shown(look: Look, first: int | None) -> None:
    state = room("fatur")
    for columns in range(20, 200):
        shown = names_of(draw(state, columns, 10, look=look)) == ["fatur"]
        assert shown is (first is not None and columns >= first), columns


def test_at_80_columns_it_is_shown_only_when_it_is_wanted() -> None:
    assert names_of(draw(lab(), 80, 24)) == names_of(draw(lab(), 80, 24, look=AUTO)) == []
    assert names_of(draw(lab(), 80, 24, look=ON)) == ["aguel", "fatur", "rizky"]
    assert names_of(draw(lab(), 132, 43, look=AUTO)) == ["aguel", "fatur", "rizky"]


def test_where_nobody_is_there_is_no_list() -> None:
    state = room()
    assert "│" not in "".join(texts_of(draw(state, 132, 24, look=ON))[1:])
    state.show(state.windows[0])
    assert "│" not in "".join(texts_of(draw(state, 132, 24, look=ON)))


def test_more_names_than_rows() -> None:
    names = [f"n{n:03}" for n in range(250)]
    for count in (19, 20, 21, 22, 250):
        shown = names_of(draw(room(*names[:count]), 100, 24, look=ON))
        if count <= 21:
            assert shown == names[:count]
        else:
            assert shown == [*names[:20], f"+{count - 20}"]


def test_a_name_that_is_too_long_is_cut_with_its_badge() -> None:
    state = room(LONG_NAME, "b" * 17, "c" * 16)
    state.current.signs = {"c" * 16: "+"}
    assert names_of(draw(state, 100, 24, look=ON)) == [
        "a" * 16 + "…",
        "b" * 17,
        "c" * 16 + "✓",
    ]


def test_wide_characters_leave_the_line_between_straight() -> None:
    state = room("日" * 20, "e\u0301a", "👨\u200d👩")
    for text in ("日本語のテキスト" * 9, "e\u0301" * 60, "a", "👨\u200d👩" * 30, "\u200b\x1b[2J"):
        state.current.add(talk(text), SATURDAY, "")
    for columns in range(LEAST, LEAST + 6):
        picture = draw(state, columns, 30, look=ON)
        for row in picture.rows[1:-2]:
            assert row[-2].text == "│"
            assert cells.width("".join(span.text for span in row[:-2])) == columns - NAMES_COLUMNS
    # Eight wide ones and the sign of a cut; joiners are not sent.
    assert names_of(picture) == ["e\u0301a", "日" * 8 + "…", "👨👩"]


def test_the_mark_and_the_day_are_as_wide_as_what_is_left() -> None:
    state = room("fatur")
    state.current.add(talk("x"), SATURDAY, "")
    state.current.left()
    state.current.add(talk("y"), SATURDAY, "", unseen=True)
    rows = texts_of(draw(state, 60, 8, look=ON))
    assert rows[4] == "─" * 13 + " 1 belum dibaca " + "─" * 13 + "│"


def test_turning_it_on_and_off_wraps_anew() -> None:
    state = lab()
    without = texts_of(draw(state, 80, 24))
    assert texts_of(draw(state, 80, 24, look=ON)) != without
    assert texts_of(draw(state, 80, 24)) == without


# Text alone.


def test_text_alone_for_copying() -> None:
    state = room("fatur", "rizky")
    filled(state.current, 30)
    state.current.add(Line(Kind.PASSING, "08:01", "", "--> aguel bergabung"), SATURDAY, "")
    state.current.add(Line(Kind.DEED, "08:01", "aguel", "pasang {kabel}"), SATURDAY, "")
    state.current.add(Line(Kind.FILE, "08:02", "aguel", ">> #7 a.txt dari aguel"), SATURDAY, "")
    state.current.add(talk("https://contoh.id/" + "x" * 40, "aguel"), SATURDAY, "")
    picture = draw(state, 40, 10, look=BARE)
    assert texts_of(picture) == [
        "fatur: baris 27",
        "fatur: baris 28",
        "fatur: baris 29",
        "--> aguel bergabung",
        "* aguel pasang {kabel}",
        ">> #7 a.txt dari aguel",
        "aguel:",
        "https://contoh.id/" + "x" * 22,
        "x" * 18,
        "",
    ]
    assert picture.cursor == (9, 0)


def test_text_alone_is_without_anything_else() -> None:
    """No list of names, no bars, no prompt, whatever the settings say."""
    look = Look("on", bare=True)
    assert {span.style for row in draw(lab(), 132, 43, look=look).rows for span in row} == {
        Style.PLAIN
    }
    picture = "".join(texts_of(draw(lab(), 132, 43, look=look)))
    assert "│" not in picture
    assert "08:01" not in picture
    assert "teks yang sedang diketik" not in picture


def test_text_alone_where_one_reads_above() -> None:
    state = small_state()
    filled(state.current, 50)
    state.current.anchor = Anchor(20, 0)
    assert texts_of(draw(state, 40, 6, look=BARE)) == [
        f"fatur: baris {n}" for n in range(16, 21)
    ] + [""]


def test_text_alone_of_an_empty_window() -> None:
    assert texts_of(draw(small_state(), 40, 6, look=BARE)) == [""] * 6


def test_text_alone_is_without_the_mark() -> None:
    state = small_state()
    filled(state.current, 2)
    state.current.left()
    state.current.add(talk("baru"), SATURDAY, "", unseen=True)
    assert texts_of(draw(state, 40, 6, look=BARE)) == [
        "", "", "fatur: baris 0", "fatur: baris 1", "fatur: baru", ""
    ]  # fmt: skip


def test_text_alone_where_all_lines_are_hidden() -> None:
    state = small_state()
    state.current.add(Line(Kind.PASSING, "08:01", "", "--> aguel bergabung"), SATURDAY, "")
    state.current.anchor = Anchor(0, 0)  # Alt+Home
    state.show_passing(wanted=False)  # Alt+=
    assert texts_of(draw(state, 40, 6, look=BARE)) == [""] * 6


def test_text_alone_below_the_least_size_is_the_prompt() -> None:
    assert texts_of(draw(lab(), 19, 4, look=BARE))[0].endswith("diketik")


# In ASCII.


def test_the_signs_of_the_picture_in_ascii() -> None:
    state = room("fatur", "rizky")
    state.badges = "verified"
    state.current.signs = {"rizky": "+"}
    state.progress = ["↑1043 45%"]
    state.current.add(talk("日本 → e\u0301 · x…"), SATURDAY, "")
    state.current.left()
    state.current.add(Line(Kind.DAY, "", "", "── Sabtu ──"), SATURDAY, "", unseen=True)
    assert texts_of(draw(state, 60, 8, look=Look("on", ascii=True))) == [
        " #lab | belum ada topik                             2 orang",
        " " * 42 + "|fatur",
        " " * 42 + "|rizky+",
        "08:00 <fatur> ???? > ? - x.               |",
        "------------- 1 belum dibaca -------------|",
        "-- Sabtu --                               |",
        " [08:09] [rizky+] 2:#lab [^1043 45%]",
        "[#lab]",
    ]


HOSTILE_TEXTS = st.sampled_from(list(HOSTILE.values())) | st.text(max_size=60)
LOOKS = st.builds(Look, st.sampled_from(["on", "off", "auto"]), st.just(value=False), st.booleans())


@settings(deadline=None)
@example("a\ud800b", Look(), 58, 5, Connection.TRYING)
@given(HOSTILE_TEXTS, LOOKS, st.integers(1, 130), st.integers(1, 12), st.sampled_from(Connection))
def test_in_ascii_every_cell_is_ascii_and_stands_where_it_stood(
    text: str, look: Look, columns: int, rows: int, connection: Connection
) -> None:
    state = hostile_state(text)
    state.connection = connection
    for window in state.windows:
        state.show(window)
        for question in ("", text):
            usual = draw(state, columns, rows, "id", [text], question, look=look)
            plain = draw(
                state, columns, rows, "id", [text], question, look=look._replace(ascii=True)
            )
            assert plain.cursor == usual.cursor
            for row, before in zip(plain.rows, usual.rows, strict=True):
                assert text_of(row).isascii()
                assert text_of(row).isprintable()
                assert [span.style for span in row] == [span.style for span in before]
                widths = [cells.width(span.text) for span in before]
                assert [len(span.text) for span in row] == widths
