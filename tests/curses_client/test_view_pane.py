"""The message pane: scrolling goes there and back, stops at both ends, and costs what is shown."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client import cells
from curses_client.picture import Row
from curses_client.state import Anchor, Connection, State, Window
from curses_client.texts import Texts
from curses_client.view import View
from tests.curses_client.pictures import SATURDAY, filled, small_state, talk, text_of

COLUMNS = 40
HEIGHT = 10
Wrap = Callable[..., list[str]]


class Pane:
    """The pane of a window with ``count`` lines, as a reader scrolls in it."""

    def __init__(self, count: int, text: str = "baris {n}") -> None:
        self.state: State = small_state()
        self.window: Window = filled(self.state.current, count, text)
        self.view = View(self.state, Texts("id"))

    def rows(self, columns: int = COLUMNS, height: int = HEIGHT) -> list[str]:
        """What is shown."""
        rows: list[Row] = self.view.pane(columns, height, [])
        return [text_of(row) for row in rows]

    def numbers(self) -> list[int]:
        """The lines that are shown, by their numbers."""
        return [int(row.split()[-1]) for row in self.rows() if row]

    def scroll(self, by: int) -> Anchor | None:
        """Go up ``by`` rows (down, if negative), as the screen does it."""
        anchor = self.view.scrolled(COLUMNS, by)
        if anchor is None or anchor == Anchor(len(self.window.lines) - 1, 0):
            self.window.to_bottom()
        else:
            self.window.anchor = anchor
        return self.window.anchor


def test_it_is_filled_from_the_bottom() -> None:
    pane = Pane(3)
    assert pane.rows() == [""] * 7 + [f"08:00 <fatur> baris {n}" for n in range(3)]
    assert Pane(0).rows()[:-1] == [""] * 9  # the last one is for a first evening


def test_up_and_down_row_by_row() -> None:
    pane = Pane(50)
    pane.rows()
    pane.scroll(1)
    assert pane.numbers() == list(range(39, 49))
    pane.scroll(8)
    assert pane.numbers() == list(range(31, 41))
    pane.scroll(-3)
    assert pane.numbers() == list(range(34, 44))
    assert pane.scroll(-6) is None
    assert pane.numbers() == list(range(40, 50))


def test_at_the_top_the_first_line_is_at_the_top_of_the_pane() -> None:
    pane = Pane(50)
    pane.rows()
    pane.scroll(1000)
    assert pane.numbers() == list(range(10))
    # Nothing was scrolled that is not seen: one row down moves by one row.
    pane.scroll(-1)
    assert pane.numbers() == list(range(1, 11))


def test_a_leap_to_the_first_line_fills_the_pane() -> None:
    pane = Pane(50)
    pane.window.anchor = Anchor(0, 0)
    assert pane.numbers() == list(range(10))


def test_what_fits_does_not_scroll() -> None:
    pane = Pane(5)
    before = pane.rows()
    assert pane.scroll(3) is None
    assert pane.rows() == before
    pane.window.anchor = Anchor(0, 0)
    assert pane.rows() == before


def test_at_the_bottom_down_is_the_bottom() -> None:
    pane = Pane(50)
    pane.rows()
    assert pane.scroll(-5) is None


def test_no_lines_at_all() -> None:
    pane = Pane(0)
    pane.rows()
    assert pane.scroll(5) is None
    assert pane.scroll(-5) is None


def test_a_line_higher_than_the_pane_scrolls_through() -> None:
    pane = Pane(1, " ".join(["kata"] * 100))
    inside = [row for row in pane.rows(height=100) if row]
    over = len(inside) - HEIGHT
    assert over == 10
    seen = [pane.rows()]
    for _ in range(over + 2):
        pane.scroll(1)
        seen.append(pane.rows())
    assert seen == [inside[max(0, at) : max(0, at) + HEIGHT] for at in range(over, -3, -1)]


@pytest.mark.parametrize("columns", [20, 30, 41, 80, 200])
def test_another_width_keeps_the_line_at_the_bottom(columns: int) -> None:
    pane = Pane(60, "baris {n} " + "kata " * 30)
    pane.rows()
    for _ in range(23):
        pane.scroll(1)
    assert pane.window.anchor is not None
    line = pane.window.anchor.line
    shown = pane.rows(columns)
    own = [text_of(row) for row in pane.view._rows(pane.window.lines[line], columns)]
    assert shown[-1] in own
    assert all(cells.width(row) <= columns for row in shown)
    assert "" not in shown


def test_what_comes_does_not_move_what_is_read() -> None:
    pane = Pane(50)
    pane.rows()
    pane.scroll(17)
    before = pane.rows()
    filled(pane.window, 30)
    assert pane.rows() == before
    pane.window.put_before([talk(f"lama {n}") for n in range(40)], str)
    assert pane.rows() == before


TEXTS = st.lists(st.sampled_from(["x", "kata " * 12, "日本語" * 15, "a\u2028b\u2028c", "é" * 90]),
                 min_size=1, max_size=40)  # fmt: skip


@settings(deadline=None)
@given(TEXTS, st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 15))
def test_up_and_then_down_is_where_one_was(texts: list[str], steps: list[int], height: int) -> None:
    state = State("rizky")
    state.connection = Connection.UP
    window = state.windows[0]
    for text in texts:
        window.add(talk(text), SATURDAY, "")
    view = View(state, Texts("id"))
    view.pane(COLUMNS, height, [])
    total = sum(len(view._rows(line, COLUMNS)) for line in window.lines)
    place = 0  # rows below the pane
    for step in steps:
        start = window.anchor
        hit_top = place + step > max(0, total - height)
        window.anchor = view.scrolled(COLUMNS, step)
        place = min(place + step, max(0, total - height))
        shown = [text_of(row) for row in view.pane(COLUMNS, height, [])]
        assert shown == whole(view, height, place)
        if not hit_top:
            there = window.anchor
            window.anchor = view.scrolled(COLUMNS, -step)
            bottom = Anchor(len(window.lines) - 1, 0)
            assert window.anchor == (start or bottom)
            window.anchor = there


def whole(view: View, height: int, place: int) -> list[str]:
    """What a pane of ``height`` shows with ``place`` rows below it, laid out without any skill."""
    lines = view._state.current.lines
    rows = [text_of(row) for line in lines for row in view._rows(line, COLUMNS)]
    end = len(rows) - place
    shown = rows[max(0, end - height) : end]
    return [""] * (height - len(shown)) + shown


@pytest.fixture
def wraps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry a call of ``cells.wrap``."""
    calls: list[int] = []
    real: Wrap = cells.wrap

    def counted(text: str, columns: int, indent: int = 0) -> list[str]:
        calls.append(columns)
        return real(text, columns, indent)

    monkeypatch.setattr(cells, "wrap", counted)
    return calls


def test_a_hundred_thousand_lines_cost_as_much_as_forty(wraps: list[int]) -> None:
    pane = Pane(100_000)
    pane.rows(80, 24)
    assert len(wraps) <= 24
    # A second picture of the same width wraps nothing again.
    wraps.clear()
    pane.rows(80, 24)
    assert wraps == []
    # Another width wraps what is shown.
    pane.rows(40, 24)
    assert len(wraps) <= 24


def test_scrolling_costs_what_is_passed(wraps: list[int]) -> None:
    pane = Pane(100_000)
    pane.rows(COLUMNS, 24)
    wraps.clear()
    pane.scroll(22)
    pane.rows(COLUMNS, 24)
    assert len(wraps) <= 3 * 24
    pane.window.anchor = Anchor(50_000, 0)
    wraps.clear()
    pane.rows(COLUMNS, 24)
    pane.scroll(-22)
    pane.rows(COLUMNS, 24)
    assert len(wraps) <= 5 * 24


def test_older_lines_in_front_cost_nothing_until_they_are_seen(wraps: list[int]) -> None:
    pane = Pane(100)
    pane.window.anchor = Anchor(60, 0)
    pane.rows()
    wraps.clear()
    pane.window.put_before([talk("lama") for _ in range(10_000)], str)
    pane.rows()
    assert wraps == []
