"""Colours as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client.colours import ATTRIBUTES, COLOURS, LOOKS, STYLES, Colour, parse_colour
from curses_client.picture import Style


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("default", Colour()),
        ("reverse", Colour(attributes=frozenset({"reverse"}))),
        ("bold red", Colour(1, -1, frozenset({"bold"}))),
        ("RED  Bold", Colour(1, -1, frozenset({"bold"}))),
        ("cyan on default", Colour(6)),
        ("dim underline white on blue", Colour(7, 4, frozenset({"dim", "underline"}))),
        ("bold on red", Colour(-1, 1, frozenset({"bold"}))),
    ],
)
def test_what_is_a_colour(text: str, colour: Colour) -> None:
    assert parse_colour(text) == colour


@pytest.mark.parametrize(
    "text",
    ["", " ", "pink", "bold pink", "red green", "red on", "on red", "red on pink",
     "red on blue bold", "red on blue on green", "red, bold", "31"],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert parse_colour(text) is None


@given(
    st.sampled_from([*COLOURS]),
    st.sampled_from([*COLOURS]),
    st.lists(st.sampled_from(ATTRIBUTES)),
)
def test_every_combination_is_understood(front: str, back: str, attributes: list[str]) -> None:
    expected = Colour(COLOURS[front], COLOURS[back], frozenset(attributes))
    assert parse_colour(f"{' '.join([*attributes, front])} on {back}") == expected


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    parse_colour(text)


def test_every_style_has_a_look_and_a_name() -> None:
    assert {*LOOKS} == {*STYLES.values()} == {*Style}
    assert all(parse_colour(look.text) for look in LOOKS.values())
    assert STYLES["mention"] is Style.MENTION
