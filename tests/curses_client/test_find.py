"""Ctrl+S: a search in the lines of a window, round and round, a slice a turn."""

from collections.abc import Iterator

import pytest

from curses_client.modes import LINES_AT_ONCE, Find
from curses_client.state import Anchor, Line, Window
from reactor.loop import Loop
from tests.curses_client.asking import ENGLISH, INDONESIAN, LEAVING, asked, press
from tests.curses_client.fakes import BriefSelector, FakeClock, run_until
from tests.curses_client.pictures import filled, small_state

MANY = 30_000


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
    assert asked(small.mode, ENGLISH) == "[search: nothing] tidak ada"
    assert asked(small.mode, INDONESIAN) == "[cari: tidak ada] tidak ada"
    assert (small.number, small.window.anchor) == (None, Anchor(50, 0))
    press(small.mode, "ctrl-u", "baris")
    assert asked(small.mode, ENGLISH) == "[search 1/100: Up Down Enter Esc] baris"


def test_it_goes_round_and_tells_which_one_of_how_many(small: Finding) -> None:
    """The first one is the newest, and the second Ctrl+S goes on where older ones are."""
    press(small.mode, "baris 9")
    assert (small.number, asked(small.mode, ENGLISH)) == (
        99, "[search 1/11: Up Down Enter Esc] baris 9"
    )  # fmt: skip
    seen = []
    for key in ("ctrl-s", "ctrl-s", "up", "up", "up"):
        press(small.mode, key)
        seen.append((small.number, asked(small.mode, INDONESIAN).split(":")[0]))
    assert seen == [
        (9, "[cari 11/11"), (90, "[cari 10/11"), (9, "[cari 11/11"), (99, "[cari 1/11"),
        (98, "[cari 2/11"),
    ]  # fmt: skip


def test_one_find_alone_stays(small: Finding) -> None:
    press(small.mode, "baris 10", "up", "down")
    assert (small.number, small.window.anchor) == (10, Anchor(13, 0))
    assert asked(small.mode, ENGLISH) == "[search 1/1: Up Down Enter Esc] baris 10"


def test_what_came_meanwhile_is_found_and_counted(small: Finding) -> None:
    press(small.mode, "baris 9", "up")
    assert small.number == 98
    filled(small.window, 100)
    press(small.mode, "down")
    assert asked(small.mode, ENGLISH) == "[search 12/22: Up Down Enter Esc] baris 9"


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
    assert "nothing" in asked(small.mode, ENGLISH)


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
    # How many there are is counted in the same way.
    assert asked(large.mode, ENGLISH) == f"[search: Up Down Enter Esc] baris {wanted}"
    large.wait()
    assert asked(large.mode, ENGLISH) == f"[search 1/1: Up Down Enter Esc] baris {wanted}"


def test_the_way_round_is_gone_in_slices_too(large: Finding) -> None:
    press(large.mode, "baris 29999", "down")
    turns = 0
    while len(large.shown) < 2:
        large.loop.run_once()
        turns += 1
    assert (large.number, turns) == (MANY - 1, MANY // LINES_AT_ONCE)


def test_that_nothing_is_there_is_known_at_the_end(large: Finding) -> None:
    press(large.mode, "tidak ada")
    turns = 0
    while large.shown == []:
        assert "nothing" not in asked(large.mode, ENGLISH)
        large.loop.run_once()
        turns += 1
    assert turns == MANY // LINES_AT_ONCE
    assert large.shown == [None]
    assert "nothing" in asked(large.mode, ENGLISH)


def test_another_text_stops_the_search_that_goes_on(large: Finding) -> None:
    press(large.mode, "baris 111", "ctrl-u", "baris 199")
    large.wait()
    for _ in range(3 * MANY // LINES_AT_ONCE):
        large.loop.run_once()
    assert large.number == 19_999
    assert {line.text for line in large.shown if line} == {"baris 19999"}


def test_leaving_stops_the_search_that_goes_on(large: Finding) -> None:
    large.window.anchor = Anchor(20_000, 0)
    large.begin()
    press(large.mode, "baris 111")
    assert press(large.mode, "esc")
    for _ in range(2 * MANY // LINES_AT_ONCE):
        large.loop.run_once()
    assert large.shown == [None]
    assert large.window.anchor == Anchor(20_000, 0)
