"""The unread mark: where it is put, what it counts, what keeps it in its place.

That all of a window holds together whatever happens to it is in ``test_window_model``.
"""

import pytest

from curses_client.state import SCROLLBACK_LINES, STATUS, Anchor, Kind, Line, Window, moment
from tests.curses_client.fakes import TIME
from tests.curses_client.pictures import MARK, SATURDAY, shown, talk
from tests.curses_client.tellers import Teller


@pytest.fixture
def teller() -> Teller:
    """In #lab, where one line was read; #uas is there to go to."""
    teller = Teller()
    teller.state.open("#uas")
    teller.state.show(teller.state.open("#lab"))
    teller.event("dibaca")
    return teller


def leave(teller: Teller) -> None:
    teller.state.show(teller.window("#uas"))


def look(teller: Teller) -> None:
    teller.state.show(teller.window("#lab"))


def test_what_comes_while_one_looks_has_no_mark(teller: Teller) -> None:
    teller.event("dua")
    assert shown(teller.window("#lab")) == ["dibaca", "dua"]
    assert teller.window("#lab").mark is None


def test_the_mark_stands_above_the_first_line_that_came_after_leaving(teller: Teller) -> None:
    window = teller.window("#lab")
    leave(teller)
    assert window.mark is None  # nothing came yet
    teller.event("satu")
    assert shown(window) == ["dibaca", MARK + "1", "satu"]
    assert teller.window("#lab").mark == 1
    teller.event("dua")
    teller.event("tiga")
    assert shown(window) == ["dibaca", MARK + "3", "satu", "dua", "tiga"]
    assert window.unread == 3


def test_the_mark_is_kept_until_the_room_is_left_again(teller: Teller) -> None:
    window = teller.window("#lab")
    leave(teller)
    teller.event("satu")
    look(teller)
    teller.event("dua")
    assert shown(window) == ["dibaca", MARK + "1", "satu", "dua"]
    look(teller)  # going where one is, is no leaving
    assert window.mark == 1
    leave(teller)
    assert shown(window) == ["dibaca", "satu", "dua"]
    look(teller)
    assert window.mark is None
    leave(teller)
    teller.event("tiga")
    assert shown(window) == ["dibaca", "satu", "dua", MARK + "1", "tiga"]


def test_a_terminal_that_loses_the_focus_is_left(teller: Teller) -> None:
    window = teller.window("#lab")
    teller.state.focus(gained=False)
    teller.event("satu")
    teller.state.focus(gained=False)  # told twice
    teller.event("dua")
    assert shown(window) == ["dibaca", MARK + "2", "satu", "dua"]
    teller.state.focus(gained=True)
    assert (window.unread, window.mark) == (0, 1)
    teller.event("tiga")
    assert shown(window)[-1] == "tiga"
    teller.state.focus(gained=True)
    assert window.mark == 1
    teller.state.focus(gained=False)
    assert window.mark is None


def test_going_about_on_a_terminal_without_focus_moves_no_mark(teller: Teller) -> None:
    """A command that shows another window there leaves nothing that somebody looked at."""
    window = teller.window("#lab")
    teller.state.focus(gained=False)
    teller.event("satu")
    leave(teller)
    look(teller)
    teller.event("dua")
    assert shown(window) == ["dibaca", MARK + "2", "satu", "dua"]


@pytest.mark.parametrize(
    ("read", "lines", "missed"),
    [
        (0, ["lama 1", "lama 2", "lama 3"], 0),  # the first run ever
        (1, ["lama 1", MARK + "2", "lama 2", "lama 3"], 2),
        (2, ["lama 1", "lama 2", MARK + "1", "lama 3"], 1),
        (3, ["lama 1", "lama 2", "lama 3"], 0),
        (99, ["lama 1", "lama 2", "lama 3"], 0),
    ],
)
def test_where_the_last_run_stopped_reading(read: int, lines: list[str], missed: int) -> None:
    for looking in (True, False):
        teller = Teller()
        window = teller.state.open("#lab")
        window.known = window.read = read
        if looking:
            teller.state.show(window)
        teller.past(3)
        assert shown(window) == lines
        assert window.unread == (0 if looking else missed)
        assert teller.stage.bells == 0


def test_what_was_brought_in_one_run_is_nothing_new_in_the_next() -> None:
    """A room that was not looked at: its backlog of the first run is no news in the second."""
    first, second = Teller(), Teller()
    before = first.state.open("#lab")
    first.past(2)
    first.event("rizky: sudah?", live=False, fresh=False)
    assert (before.unread, before.mark) == (0, None)
    after = second.state.open("#lab")
    after.known = before.read
    second.past(2)
    second.event("rizky: sudah?", live=False, fresh=False)
    assert (after.unread, after.mark) == (0, None)


def test_what_comes_after_the_backlog_goes_on_counting_where_nobody_looks() -> None:
    teller = Teller()
    window = teller.state.open("#lab")
    window.known = 2
    teller.past(3)
    teller.event("baru")
    assert shown(window) == ["lama 1", "lama 2", MARK + "2", "lama 3", "baru"]
    teller.state.show(window)
    teller.event("kubaca")
    assert shown(window)[2] == MARK + "2"


def test_after_a_break_the_mark_stands_above_what_was_missed(teller: Teller) -> None:
    """What is fetched anew happened while this client ran: it counts where nobody looked."""
    window = teller.window("#lab")
    teller.event("sebelum putus")
    teller.event("dilihat", live=False)
    assert window.mark is None
    leave(teller)
    teller.event("satu", live=False)
    teller.event("dua", live=False)
    teller.event("tiga")
    assert shown(window)[2:] == ["dilihat", MARK + "3", "satu", "dua", "tiga"]


def test_my_own_lines_are_nothing_to_read(teller: Teller) -> None:
    window = teller.window("#lab")
    leave(teller)
    teller.event("dariku di terminal lain", sender="rizky")
    assert (window.mark, window.unread) == (None, 0)
    teller.event("satu")
    teller.event("dariku lagi", sender="rizky")
    assert shown(window)[1:] == ["dariku di terminal lain", MARK + "1", "satu", "dariku lagi"]


def test_comings_goings_and_notices_are_nothing_to_read(teller: Teller) -> None:
    window = teller.window("#lab")
    leave(teller)
    teller.pass_("JOINED", TIME, "#lab", "aguel")
    teller.story.notice("3 orang", window=window)
    assert window.mark is None
    teller.event("satu")
    teller.pass_("LEFT", TIME, "#lab", "aguel")
    assert shown(window)[-3:] == [MARK + "1", "satu", "<-- aguel keluar"]


def test_all_that_is_here_was_read(teller: Teller) -> None:
    """``/mark``, Alt+Shift+U."""
    window = teller.window("#lab")
    leave(teller)
    teller.event("satu")
    look(teller)
    window.mark_here()
    assert shown(window) == ["dibaca", "satu", MARK]
    teller.event("dua")
    assert shown(window) == ["dibaca", "satu", MARK, "dua"]
    window.mark_here()
    assert shown(window) == ["dibaca", "satu", "dua", MARK]
    leave(teller)
    teller.event("tiga")
    assert shown(window) == ["dibaca", "satu", "dua", MARK + "1", "tiga"]


def test_an_empty_window_may_be_marked() -> None:
    window = Window(1, STATUS)
    window.unmark()
    window.mark_here()
    assert (shown(window), window.mark) == ([MARK], 0)
    window.clear()
    assert (window.lines, window.mark) == ([], None)
    window.left()
    assert window.lines == []


def test_older_lines_in_front_leave_the_mark_where_it_is(teller: Teller) -> None:
    window = teller.window("#lab")
    leave(teller)
    teller.event("satu")
    day = moment(TIME).day
    older = [Line(Kind.TALK, "", "", text, day=day) for text in ("a", "b", "c")]
    window.put_before(older, str)
    assert window.mark == 4
    assert shown(window)[3:] == ["dibaca", MARK + "1", "satu"]


def test_hiding_who_comes_and_goes_leaves_the_mark_where_it_is(teller: Teller) -> None:
    window = teller.window("#lab")
    teller.pass_("JOINED", TIME, "#lab", "aguel")
    leave(teller)
    teller.event("satu")
    teller.pass_("LEFT", TIME, "#lab", "aguel")
    teller.event("dua")
    whole = ["dibaca", "--> aguel bergabung", MARK + "2", "satu", "<-- aguel keluar", "dua"]
    assert (shown(window), window.mark) == (whole, 2)
    teller.state.show_passing(wanted=False)
    assert (shown(window), window.mark) == (["dibaca", MARK + "2", "satu", "dua"], 1)
    teller.pass_("JOINED", TIME, "#lab", "tamtama")
    assert len(window.lines) == 4
    # Windows that are opened later hold to it too.
    teller.pass_("JOINED", TIME, "#baru", "fatur")
    assert shown(teller.window("#baru")) == []
    teller.state.show_passing(wanted=True)
    assert shown(window) == [*whole, "--> tamtama bergabung"]
    look(teller)
    leave(teller)
    assert MARK + "2" not in shown(window)
    assert len(window.everything) == len(window.lines) == 6


def test_hiding_all_that_there_is_and_showing_it_again(teller: Teller) -> None:
    window = teller.state.open("#sepi")
    teller.pass_("JOINED", TIME, "#sepi", "aguel")
    window.anchor = Anchor(0, 0)  # Alt+Home
    teller.state.show_passing(wanted=False)
    teller.state.show_passing(wanted=True)
    assert shown(window) == ["--> aguel bergabung"]


def test_hidden_lines_are_no_new_ones_below(teller: Teller) -> None:
    window = teller.window("#lab")
    teller.state.show_passing(wanted=False)
    window.anchor = Anchor(0, 0)
    teller.pass_("JOINED", TIME, "#lab", "aguel")
    assert window.below == 0
    teller.event("satu")
    assert window.below == 1


def test_whoever_reads_above_stays_where_they_are_while_the_mark_moves(teller: Teller) -> None:
    window = teller.window("#lab")
    leave(teller)
    teller.event("satu")
    teller.event("dua")
    reading = window.lines[2]
    window.anchor = Anchor(2, 1)
    look(teller)
    assert window.lines[window.anchor.line] is reading
    leave(teller)
    assert window.anchor is not None
    assert window.lines[window.anchor.line] is reading
    # Whoever stands on the mark itself stands on the line above it when it goes.
    teller.event("tiga")
    window.anchor = Anchor(window.lines.index(window.lines[-2]), 0)
    leave(teller)
    look(teller)
    leave(teller)
    assert shown(window)[window.anchor.line] == "dua"


def test_a_window_keeps_the_newest_lines() -> None:
    window = Window(2, "#lab")
    window.left()
    window.add(talk("pertama"), SATURDAY, "", unseen=True)
    lines = [talk(str(n)) for n in range(2 * SCROLLBACK_LINES)]
    for line in lines[:SCROLLBACK_LINES]:
        window.add(line, SATURDAY, "")
    assert (window.mark, len(window.lines)) == (0, SCROLLBACK_LINES + 2)
    reading = lines[SCROLLBACK_LINES // 2]
    window.anchor = Anchor(window.lines.index(reading), 0)
    most = 0
    for line in lines[SCROLLBACK_LINES : SCROLLBACK_LINES + SCROLLBACK_LINES // 4]:
        window.add(line, SATURDAY, "")
        most = max(most, len(window.everything))
    assert SCROLLBACK_LINES <= len(window.lines) == len(window.everything) <= most
    assert most < 1.11 * SCROLLBACK_LINES
    # The mark stays above what is left, and what was read stays where it is.
    assert window.mark == 0
    assert window.lines[window.anchor.line] is reading
    for line in lines[SCROLLBACK_LINES + SCROLLBACK_LINES // 4 :]:
        window.add(line, SATURDAY, "")
    assert window.anchor == Anchor(0, 0)
    assert window.lines[-1] is lines[-1]


def test_where_more_came_than_a_window_keeps_all_that_is_left_is_unread() -> None:
    window = Window(2, "#lab")
    window.left()
    for n in range(2 * SCROLLBACK_LINES):
        window.add(talk(str(n)), SATURDAY, "", unseen=True)
    assert window.mark in {None, 0}
