"""Whatever happens to a window, it is what a window written without any thought of speed is.

Lines, the mark and what it counts, hidden lines, trimming, and where one who reads above stands.
"""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client import state as known
from curses_client.state import Anchor, Kind, Line, Window
from tests.curses_client.pictures import MARK, SATURDAY, shown

KEPT, AT_ONCE = 12, 4


class Naive:
    """A window as one would write it without any thought of speed."""

    def __init__(self) -> None:
        self.entries: list[Line] = []
        self.unseen: set[Line] = set()
        self.mark: Line | None = None
        self.due = False
        self.passing = True
        self.lowest: Line | None = None
        self.lost = False  # the mark was among what is not kept any longer

    @property
    def lines(self) -> list[Line]:
        """Those that are shown."""
        return [line for line in self.entries if self.passing or line.kind is not Kind.PASSING]

    @property
    def text(self) -> list[str]:
        """The lines as :func:`shown` tells them."""
        return [self.count() if line is self.mark else line.text for line in self.lines]

    def count(self) -> str:
        """The mark with how many unseen lines are below it."""
        assert self.mark is not None
        below = self.entries[self.entries.index(self.mark) :]
        return MARK + str(sum(line in self.unseen for line in below) or "")

    def step_off(self, gone: Callable[[Line], bool]) -> None:
        """The line at the bottom goes: the one above it is the lowest, or else the first."""
        if self.lowest is not None:
            at = self.entries.index(self.lowest)
            above = [line for line in self.entries[: at + 1] if line in self.lines]
            stays = [line for line in above if not gone(line)]
            first = [line for line in self.lines if not gone(line)]
            left: list[Line | None] = [*stays[-1:], *first[:1], None]
            self.lowest = left[0]

    def unmark(self) -> None:
        self.step_off(lambda line: line is self.mark)
        self.entries = [line for line in self.entries if line is not self.mark]
        self.mark = None

    def set_mark(self) -> None:
        self.unmark()
        self.due = False
        self.mark = Line(Kind.MARK, "", "", "")
        self.entries.append(self.mark)

    def add(self, line: Line, *, unseen: bool) -> None:
        if unseen:
            self.unseen.add(line)
            if self.mark is None or self.due:
                self.set_mark()
        self.entries.append(line)
        if len(self.entries) >= KEPT + AT_ONCE:
            gone = self.entries[:AT_ONCE]
            self.step_off(lambda line: line in gone)
            self.lost = self.mark in gone
            if self.lost:
                self.mark = None
            self.entries = self.entries[AT_ONCE:]

    def show_passing(self, *, wanted: bool) -> None:
        if wanted is not self.passing:
            hidden = Kind.PASSING if self.passing else None
            self.step_off(lambda line: line.kind is hidden)
            self.passing = wanted


Act = Callable[[Naive, Window, int], object]


def both(name: str, **words: bool) -> Act:
    """The same thing done to both."""
    names = {"mark_here": "set_mark"}

    def act(naive: Naive, window: Window, _: int) -> None:
        getattr(naive, names.get(name, name))(**words)
        getattr(window, name)(**words)

    return act


def add(kind: Kind, *, unseen: bool = False) -> Act:
    def act(naive: Naive, window: Window, n: int) -> None:
        line = Line(kind, "", "", f"baris {n}")
        naive.add(line, unseen=unseen)
        window.add(line, SATURDAY, "", unseen=unseen)

    return act


def leave_it(naive: Naive, window: Window, _: int) -> None:
    naive.unmark()
    naive.due = True
    window.left()


def look_at_it(naive: Naive, window: Window, _: int) -> None:
    naive.due = False
    window.looked_at()


def fetch_older(naive: Naive, window: Window, n: int) -> None:
    kinds = (Kind.TALK, Kind.PASSING, Kind.TALK)
    older = [Line(kind, "", "", f"lama {n}", day=SATURDAY) for kind in kinds]
    naive.entries[:0] = older
    window.put_before(older, str)


def scroll(naive: Naive, window: Window, n: int) -> None:
    if window.lines:
        at = n % len(window.lines)
        naive.lowest = naive.lines[at]
        window.anchor = Anchor(at, 0)


ACTS: dict[str, Act] = {
    "talk": add(Kind.TALK),
    "unseen": add(Kind.TALK, unseen=True),
    "passing": add(Kind.PASSING),
    "mark": both("mark_here"),
    "unmark": both("unmark"),
    "hide": both("show_passing", wanted=False),
    "show": both("show_passing", wanted=True),
    "leave": leave_it,
    "look": look_at_it,
    "older": fetch_older,
    "scroll": scroll,
}


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(list(ACTS)), st.integers(0, 30)), max_size=60))
def test_it_is_what_a_naive_window_is(acts: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "SCROLLBACK_LINES", KEPT)
        patch.setattr(known, "_TRIMMED_AT_ONCE", AT_ONCE)
        naive, window = Naive(), Window(2, "#lab")
        for name, n in acts:
            ACTS[name](naive, window, n)
            if naive.lost:
                leave_it(naive, window, n)
                naive.lost = False
            assert shown(window) == naive.text
            assert window.mark == (naive.lines.index(naive.mark) if naive.mark else None)
            assert len(window.everything) == len(naive.entries)
            if not window.lines:
                naive.lowest = None
                window.to_bottom()
            lowest = window.anchor and window.lines[window.anchor.line]
            if naive.lowest is not None and naive.lowest is naive.mark:
                assert lowest is not None
                assert lowest.kind is Kind.MARK
            else:
                assert lowest is naive.lowest
