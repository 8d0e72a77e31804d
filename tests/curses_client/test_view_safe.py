"""Hostile strings never reach the terminal as they are (C35, C36), wherever they came from.

Every span of a picture is what ``cells.safe`` makes of it: no character of the categories Cc, Cf,
Cs, Zl, Zp. The server is not trusted to have refused them.
"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client import cells
from curses_client.state import Connection, Kind, Level, Line, State, Window
from curses_client.texts import Texts
from curses_client.view import Span, Style, View
from tests.curses_client.pictures import SATURDAY, draw, sound

DRIVING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
HOSTILE = {
    "NUL": "a\0b",
    "C0": "".join(map(chr, range(0x20))),
    "DEL": "a\x7fb",
    "C1": "".join(map(chr, range(0x80, 0xA0))),
    "clear the screen": "\x1b[2J\x1b[H",
    "title": "\x1b]0;judul\x07",
    "clipboard": "\x1b]52;c;cm0gLXJm\x1b\\",
    "DCS": "\x1bP$q\x1b\\",
    "CSI of one byte": "\x9b2J",
    "bidi": "\u202ekeluar\u202c \u2066x\u2069 \u200f",
    "invisible": "a\u200b\u200d\ufeff\u00ad\u2060b",
    "separators": "a\u2028b\u2029c\u0085d",
    "marks without end": "e" + "\u0301" * 1000,
    "marks alone": "\u0301\u0302\u0303",
    "surrogate": "a\ud800b",
    "tags": "\U000e0041\U000e007f",
    "wide": "日" * 200,
    "emoji": "👩‍👩‍👧‍👦🏽🇮🇩",
    "tab and breaks": "a\tb\nc\rd\x0be\x0cf",
    "private use": "\ue000\U000f0000",
    "nothing": "",
    "blanks": "  \u3000\u00a0 ",
}
SIZES = [(80, 24), (40, 8), (20, 5), (19, 4), (3, 3), (1, 1)]


def hostile_state(text: str) -> State:
    """``text`` in every place to which somebody else's words come."""
    state = State(text)
    state.connection = Connection.UP
    state.reason = text
    state.badges = text
    state.progress = [text]
    room = state.open("#" + text)
    room.topic = text
    room.people = {text: text}
    for kind in Kind:
        room.add(Line(kind, "08:00", text, text), SATURDAY, text)
        room.add(Line(kind, "08:00", text, text, mention=True), SATURDAY, text)
    room.editor.insert(text)
    whisper = state.open("@" + text)
    state.touch(whisper, Level.MENTION)
    state.show(room)
    return state


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


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text(text: str) -> None:
    check(hostile_state(text), text)


@given(st.text(alphabet=st.sampled_from("\x1b[]\0\x9b\u202e\u0301日é a\u2028\ud800\U0001f44d"),
               max_size=120))  # fmt: skip
def test_any_text_of_bad_characters(text: str) -> None:
    check(hostile_state(text), text)


def test_the_check_sees_what_is_planted() -> None:
    """That the tests above can fail."""
    state = hostile_state("x")
    picture = View(state, Texts("id")).picture(80, 24, "08:09", 0.0, [], "")
    sound(picture, 80, 24)
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
