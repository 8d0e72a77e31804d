"""Hostile strings never reach the terminal as they are (C35, C36), wherever they came from.

Every span of a picture is what ``cells.safe`` makes of it: no character of the categories Cc, Cf,
Cs, Zl, Zp. The server is not trusted to have refused them.
"""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client import cells
from curses_client.picture import Span, Style
from curses_client.state import Connection, Kind, Line, State, Window
from tests.curses_client.pictures import HOSTILE, SATURDAY, draw, hostile_state, sound

DRIVING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SIZES = [(80, 24), (40, 8), (20, 5), (19, 4), (3, 3), (1, 1)]


def check(state: State, text: str) -> None:
    """Every picture of ``state`` is sound and holds nothing that drives a terminal."""
    for columns, rows in SIZES:
        for connection in Connection:
            state.connection = connection
            for window in list(state.windows):
                state.show(window)
                picture = draw(state, columns, rows, "id", [text], "")
                asked = draw(state, columns, rows, "en", [text], text)
                for row in (*picture.rows, *asked.rows):
                    for span in row:
                        assert not {unicodedata.category(char) for char in span.text} & DRIVING


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_known_attacks(text: str) -> None:
    check(hostile_state(text), text)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text(text: str) -> None:
    check(hostile_state(text), text)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("\x1b[]\0\x9b\u202e\u0301日é a\u2028\ud800\U0001f44d"),
               max_size=120))  # fmt: skip
def test_any_text_of_bad_characters(text: str) -> None:
    check(hostile_state(text), text)


def test_the_check_sees_what_is_planted() -> None:
    """That the tests above can fail."""
    state = hostile_state("x")
    picture = draw(state, 80, 24)
    first = Span("a\x1bb", Style.PLAIN)
    planted = picture._replace(rows=[(first,), *picture.rows[1:]])
    with pytest.raises(AssertionError):
        sound(planted, 80, 24)
    too_wide = picture._replace(rows=[*picture.rows[:-1], (*picture.rows[-1], *picture.rows[0])])
    with pytest.raises(AssertionError):
        sound(too_wide, 80, 24)
    with pytest.raises(AssertionError):
        sound(picture._replace(cursor=(23, 80)), 80, 24)


def test_a_thousand_marks_are_a_few() -> None:
    window = Window(2, "#lab")
    state = State("rizky")
    state.windows.append(window)
    state.show(window)
    window.add(Line(Kind.TALK, "08:00", "fatur", "e" + "\u0301" * 1000), SATURDAY, "")
    picture = draw(state, 80, 24)
    for row in picture.rows:
        for span in row:
            assert span.text.count("\u0301") <= cells.MARKS_KEPT
