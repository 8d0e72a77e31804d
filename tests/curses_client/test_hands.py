"""The keys that go about: to what happened, to what was not read, to what names me."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.state import Anchor, Level, Window
from tests.curses_client.pictures import SATURDAY, filled, talk
from tests.curses_client.typist import SIZE, Typist

PANE = SIZE[1] - 3
"""Rows between the title and the bar."""


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    """Somebody in #lab, window 2; 3 to 5 are #uas, @fatur and #os."""
    typist = Typist(tmp_path)
    state = typist.state
    state.show(state.open("#lab"))
    for target in ("#uas", "@fatur", "#os"):
        state.open(target)
    yield typist
    typist.loop.close()


def touch(typist: Typist, target: str, level: Level) -> Window:
    window = typist.state.open(target)
    typist.state.touch(window, level)
    return window


def going(typist: Typist, key: str, count: int) -> list[str]:
    """Where ``count`` presses lead, one after another."""
    shown = []
    for _ in range(count):
        typist.type(key)
        shown.append(typist.state.current.target)
    return shown


# Alt+a.


def test_to_what_happened_the_loudest_first_and_back(typist: Typist) -> None:
    touch(typist, "#uas", Level.FILE)
    touch(typist, "#os", Level.TALK)
    touch(typist, "@fatur", Level.MENTION)
    assert going(typist, "alt-a", 4) == ["@fatur", "#os", "#uas", "#lab"]
    assert going(typist, "alt-a", 1) == ["#lab"]  # nothing happened, nothing to go back from


def test_of_two_that_are_as_loud_the_lower_number(typist: Typist) -> None:
    touch(typist, "#os", Level.TALK)
    touch(typist, "#uas", Level.TALK)
    assert going(typist, "alt-a", 3) == ["#uas", "#os", "#lab"]


def test_what_happens_on_the_way_does_not_change_where_one_began(typist: Typist) -> None:
    touch(typist, "#uas", Level.TALK)
    assert going(typist, "alt-a", 1) == ["#uas"]
    touch(typist, "@fatur", Level.MENTION)
    assert going(typist, "alt-a", 2) == ["@fatur", "#lab"]
    # Then a new round begins, and ends where it began.
    typist.state.show(typist.state.open("#os"))
    touch(typist, "#uas", Level.TALK)
    assert going(typist, "alt-a", 2) == ["#uas", "#os"]


def test_there_is_no_way_back_to_a_window_that_was_closed(typist: Typist) -> None:
    touch(typist, "#uas", Level.TALK)
    lab = typist.state.current
    assert going(typist, "alt-a", 1) == ["#uas"]
    typist.state.close(lab)
    assert going(typist, "alt-a", 2) == ["#uas", "#uas"]


# Alt+u.


def unread(typist: Typist, before: int, after: int) -> Window:
    """#lab with lines that were read, and then some that came while nobody looked."""
    lab = filled(typist.state.current, before, "lama {n}")
    typist.state.show(typist.state.open("#uas"))
    for n in range(after):
        lab.add(talk(f"baru {n}"), SATURDAY, "", unseen=True)
    typist.state.show(lab)
    return lab


def test_the_unread_line_becomes_the_topmost_row(typist: Typist) -> None:
    unread(typist, 50, 40)
    assert "baru 39" in typist.rows()[-1]
    typist.type("alt-u")
    rows = typist.rows()
    assert len(rows) == PANE
    assert " 40 not read " in rows[0]
    assert rows[1].endswith("<fatur> baru 0")
    assert rows[-1].endswith(f"<fatur> baru {PANE - 2}")
    typist.type("alt-end")
    assert "baru 39" in typist.rows()[-1]


def test_an_unread_line_that_is_seen_already_needs_no_scrolling(typist: Typist) -> None:
    lab = unread(typist, 50, 3)
    lab.anchor = Anchor(10, 0)
    typist.rows()
    typist.type("alt-u")
    assert lab.anchor is None
    assert "baru 2" in typist.rows()[-1]


def test_without_an_unread_line_one_stays(typist: Typist) -> None:
    lab = filled(typist.state.current, 50)
    for anchor in (None, Anchor(30, 0)):
        lab.anchor = anchor
        typist.rows()
        typist.type("alt-u")
        assert lab.anchor == anchor


def test_the_first_page_down_from_the_top_goes_down(typist: Typist) -> None:
    """As F1 shows its sheet: from its top on, where the first line is the lowest asked for."""
    lab = filled(typist.state.current, 100)
    lab.anchor = Anchor(0, 0)
    assert typist.rows()[0].endswith("baris 0")
    typist.type("pgdn")
    assert typist.rows()[0].endswith(f"baris {PANE - 2}")
    typist.type("pgup")
    assert typist.rows()[0].endswith("baris 0")
    typist.type("alt-home", "alt-pgdn")
    assert typist.rows()[0].endswith("baris 3")


# Alt+p and Alt+n.

MENTIONS = (10, 40, 98)


@pytest.fixture
def named(typist: Typist) -> Typist:
    """In #lab, where three lines of a hundred name me."""
    lab = typist.state.current
    for n in range(100):
        lab.add(talk(f"baris {n}", mention=n in MENTIONS), SATURDAY, "")
    typist.rows()
    return typist


def found(typist: Typist) -> int | None:
    """The line that is shown as found, once it is sure that it is seen."""
    at = typist.hands.found_at
    if at is not None:
        assert any(row.endswith(f"baris {at}") for row in typist.rows())
    return at


def test_from_one_mention_to_the_next(named: Typist) -> None:
    went = []
    for key in ("alt-p", "alt-p", "alt-p", "alt-p", "alt-n", "alt-n", "alt-n"):
        named.type(key)
        went.append(found(named))
    # At both ends one stays.
    assert went == [98, 40, 10, 10, 40, 98, 98]
    assert named.state.current.anchor is None  # the newest lines are seen with the last one


def test_some_lines_below_a_mention_are_seen_too(named: Typist) -> None:
    named.type("alt-p", "alt-p")
    assert named.rows()[-1].endswith("baris 43")


@pytest.mark.parametrize(
    ("lowest", "key", "at"),
    [
        (60, "alt-p", 40), (60, "alt-n", 98), (40, "alt-p", 40), (40, "alt-n", 98),
        (39, "alt-p", 10), (39, "alt-n", 40),
    ],
)  # fmt: skip
def test_it_begins_at_the_lowest_line_that_is_shown(
    named: Typist, lowest: int, key: str, at: int
) -> None:
    named.state.current.anchor = Anchor(lowest, 0)
    named.type(key)
    assert found(named) == at


def test_at_the_bottom_there_is_nothing_after(named: Typist) -> None:
    named.type("alt-n")
    assert (found(named), named.state.current.anchor) == (None, None)


def test_where_nobody_names_me_one_stays(typist: Typist) -> None:
    lab = filled(typist.state.current, 50)
    for window in (lab, typist.state.windows[0]):  # the second one is empty
        typist.state.show(window)
        typist.rows()
        typist.type("alt-p", "alt-n")
        assert (found(typist), window.anchor) == (None, None)


def test_a_find_of_another_window_is_none_of_this_one(named: Typist) -> None:
    named.type("alt-p")
    uas = named.state.open("#uas")
    uas.add(talk("baris 0", mention=True), SATURDAY, "")
    named.state.show(uas)
    named.type("alt-p")
    assert found(named) == 0


def test_escape_forgets_the_find(named: Typist) -> None:
    named.type("alt-p", "alt-p", "esc")
    assert found(named) is None
