"""What is known: windows and their numbers, unread and mentions, day lines, who is where."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client import scrollback
from curses_client.state import (
    FOUND,
    SHEET,
    STATUS,
    TRACE,
    Anchor,
    Day,
    Kind,
    Level,
    Line,
    State,
    Window,
    moment,
)

FRIDAY = (2026, 11, 20, 4)
SATURDAY = (2026, 11, 21, 5)


@pytest.fixture
def state() -> State:
    """A client that has just started."""
    return State("rizky")


def numbers(state: State) -> dict[str, int]:
    return {window.target: window.number for window in state.windows}


def line(text: str = "halo") -> Line:
    return Line(Kind.TALK, "14:02", "fatur", text, day=FRIDAY)


def test_it_begins_with_window_one(state: State) -> None:
    assert numbers(state) == {STATUS: 1}
    assert state.current is state.previous is state.windows[0]


def test_windows_are_numbered_as_they_open_and_keep_their_numbers(state: State) -> None:
    for target in ("#lab", "@fatur", "#uas"):
        state.open(target)
    assert numbers(state) == {"": 1, "#lab": 2, "@fatur": 3, "#uas": 4}
    lab = state.find("#lab")
    assert lab is not None
    state.close(lab)
    assert numbers(state) == {"": 1, "@fatur": 3, "#uas": 4}
    # The number that became free is the next one's; the list stays in order of numbers.
    state.open("#baru")
    assert numbers(state) == {"": 1, "#baru": 2, "@fatur": 3, "#uas": 4}
    assert [window.number for window in state.windows] == [1, 2, 3, 4]


def test_a_window_is_found_without_case_and_opened_once(state: State) -> None:
    window = state.open("#Lab")
    assert state.open("#lAB") is window
    assert state.find("#lab") is window
    assert window.target == "#Lab"
    assert state.find("#uas") is None
    assert state.find("@lab") is None


def test_the_previous_window(state: State) -> None:
    lab, uas = state.open("#lab"), state.open("#uas")
    state.show(lab)
    state.show(uas)
    assert (state.current, state.previous) == (uas, lab)
    state.show(uas)  # going where one is changes nothing
    assert (state.current, state.previous) == (uas, lab)
    state.show(state.previous)
    assert (state.current, state.previous) == (lab, uas)


def test_closing_what_is_shown_goes_to_the_previous_one(state: State) -> None:
    lab, uas = state.open("#lab"), state.open("#uas")
    state.show(lab)
    state.show(uas)
    state.close(uas)
    assert state.current is lab
    assert state.previous is state.windows[0]
    state.close(lab)
    assert state.current is state.previous is state.windows[0]


def test_closing_the_previous_one(state: State) -> None:
    lab, uas = state.open("#lab"), state.open("#uas")
    state.show(lab)
    state.show(uas)
    state.close(lab)
    assert state.current is uas
    assert state.previous is state.windows[0]


def test_window_one_stays(state: State) -> None:
    state.close(state.windows[0])
    assert numbers(state) == {STATUS: 1}


def test_going_round(state: State) -> None:
    lab, uas = state.open("#lab"), state.open("#uas")
    seen = []
    for by in (1, 1, 1, -1, -1):
        state.step(by)
        seen.append(state.current)
    assert seen == [lab, uas, state.windows[0], uas, lab]


def test_unread_lines_count_where_nobody_looks(state: State) -> None:
    lab, uas = state.open("#lab"), state.open("#uas")
    state.show(lab)
    state.touch(lab, Level.MENTION)
    assert (lab.unread, lab.mentions, lab.level) == (0, 0, Level.NONE)
    for level in (Level.TALK, Level.MENTION, Level.FILE, Level.MENTION):
        state.touch(uas, level)
    assert (uas.unread, uas.mentions, uas.level) == (4, 2, Level.MENTION)
    state.show(uas)
    assert (uas.unread, uas.mentions, uas.level) == (0, 0, Level.NONE)


def test_nobody_looks_at_a_terminal_that_lost_the_focus(state: State) -> None:
    lab, uas = state.open("#lab"), state.open("#uas")
    state.show(lab)
    state.focus(gained=False)
    state.touch(lab, Level.TALK)
    assert (lab.unread, state.attended(lab)) == (1, False)
    # A window that is shown meanwhile, by a command say, is not looked at either.
    state.show(uas)
    state.touch(uas, Level.TALK)
    state.focus(gained=True)
    assert (lab.unread, uas.unread) == (1, 0)
    assert state.attended(uas)
    assert not state.attended(lab)


def test_reading_goes_up_to_the_newest_event(state: State) -> None:
    lab = state.open("#lab")
    lab.add(Line(Kind.TALK, "14:02", "fatur", "halo", 7), FRIDAY, "")
    lab.add(line("from here"), FRIDAY, "")
    assert (lab.read, lab.newest) == (0, 7)
    state.show(lab)
    assert lab.read == 7
    lab.read = 9  # an earlier run had read further than this one has heard
    state.show(lab)
    assert lab.read == 9


def test_whoever_opens_windows_is_told(state: State) -> None:
    opened: list[str] = []
    state.on_open = lambda window: opened.append(window.target)
    state.open("#lab")
    state.open("#LAB")
    state.open("@fatur")
    assert opened == ["#lab", "@fatur"]


def test_who_can_be_heard(state: State) -> None:
    heard = [state.open(target).heard for target in (STATUS, "#lab", "@fatur", SHEET, FOUND, TRACE)]
    assert heard == [False, True, True, False, False, False]


def test_the_busiest_window(state: State) -> None:
    assert state.busiest() is None
    windows = [state.open(f"#r{n}") for n in range(4)]
    state.touch(windows[2], Level.TALK)
    assert state.busiest() is windows[2]
    state.touch(windows[1], Level.TALK)
    assert state.busiest() is windows[1]
    state.touch(windows[3], Level.MENTION)
    assert state.busiest() is windows[3]
    state.touch(windows[0], Level.FILE)
    seen = []
    while (busy := state.busiest()) is not None:
        seen.append(busy.target)
        state.show(busy)
    assert seen == ["#r3", "#r1", "#r2", "#r0"]


def test_a_day_line_where_a_day_begins(state: State) -> None:
    window = state.windows[0]
    for day in (FRIDAY, FRIDAY, SATURDAY, SATURDAY, FRIDAY):
        window.add(line(), day, f"hari {day[2]}")
    assert [entry.text for entry in window.lines] == [
        "halo", "halo", "hari 21", "halo", "halo", "hari 20", "halo"
    ]  # fmt: skip
    assert [entry.kind for entry in window.lines if entry.text != "halo"] == [Kind.DAY] * 2


def test_lines_that_come_while_one_reads_above_are_counted(state: State) -> None:
    window = state.windows[0]
    window.add(line(), FRIDAY, "")
    assert window.below == 0
    window.anchor = Anchor(0, 0)
    window.add(line(), FRIDAY, "")
    window.add(line(), SATURDAY, "hari")
    assert window.anchor == Anchor(0, 0)
    assert window.below == 2


def test_back_at_the_bottom_nothing_is_below() -> None:
    window = Window(1, STATUS)
    window.anchor, window.below = Anchor(0, 0), 2
    window.to_bottom()
    assert window.anchor is None
    assert window.below == 0


def test_older_lines_in_front_leave_what_is_shown_where_it_is(state: State) -> None:
    window = state.windows[0]
    for text in ("a", "b", "c"):
        window.add(line(text), FRIDAY, "")
    window.anchor = Anchor(1, 2)
    shown = window.lines[1]
    window.put_before([line("x"), line("y")], str)
    assert window.lines[window.anchor.line] is shown
    assert window.anchor == Anchor(3, 2)
    assert [entry.text for entry in window.lines] == ["x", "y", "a", "b", "c"]
    assert window.below == 0
    window.anchor = None
    window.put_before([line("w")], str)
    assert window.anchor is None


def test_a_line_for_each_day_among_older_lines(state: State) -> None:
    window = state.windows[0]

    def put(*entries: tuple[str, Day]) -> list[str]:
        older = [Line(Kind.TALK, "", "", text, day=day) for text, day in entries]
        window.put_before(older, lambda day: f"-- {day[2]} --")
        return [entry.text for entry in window.lines]

    window.add(line("a"), FRIDAY, "-- 20 --")
    window.add(line("b"), SATURDAY, "-- 21 --")
    assert put() == ["a", "-- 21 --", "b"]
    assert put(("z", FRIDAY)) == ["z", "a", "-- 21 --", "b"]
    thursday = (2026, 11, 19, 3)
    assert put(("w", (2026, 11, 18, 2)), ("x", thursday), ("y", thursday)) == [
        "w", "-- 19 --", "x", "y", "-- 20 --", "z", "a", "-- 21 --", "b"
    ]  # fmt: skip
    assert window.lines[1].kind is Kind.DAY
    window.anchor = Anchor(2, 0)  # where one reads, day lines push nothing
    assert put(("v", (2026, 11, 17, 1)))[:3] == ["v", "-- 18 --", "w"]
    assert window.lines[window.anchor.line].text == "x"


def test_days_of_a_window_that_was_emptied(state: State) -> None:
    window = state.windows[0]
    window.add(line("a"), FRIDAY, "-- 20 --")
    window.clear()
    window.put_before([line("tua")], str)
    window.add(line("b"), SATURDAY, "-- 21 --")
    assert [entry.text for entry in window.lines] == ["tua", "-- 21 --", "b"]


def test_a_day_that_has_its_line_gets_no_second_one(state: State) -> None:
    window = state.windows[0]
    window.put_before([Line(Kind.DAY, "", "", "-- 21 --", day=SATURDAY)], str)
    window.put_before([line("tua")], str)
    assert [entry.text for entry in window.lines] == ["tua", "-- 21 --"]


def test_speakers_the_latest_last(state: State) -> None:
    window = state.windows[0]
    for who in ("fatur", "aguel", "fatur", "tamtama"):
        window.spoke(who)
    assert list(window.speakers) == ["aguel", "fatur", "tamtama"]


def people(state: State, target: str, *names: str) -> Window:
    window = state.open(target)
    window.people = {name.lower(): name for name in names}
    return window


def test_a_new_name_in_rooms_and_in_private_talk(state: State) -> None:
    lab = people(state, "#lab", "Fatur", "rizky")
    uas = people(state, "#uas", "rizky")
    lab.spoke("Fatur")
    private = state.open("@fatur")
    state.renamed("Fatur", "fatih")
    assert lab.people == {"rizky": "rizky", "fatih": "fatih"}
    assert uas.people == {"rizky": "rizky"}
    assert list(lab.speakers) == ["fatih"]
    assert private.target == "@fatih"
    assert state.find("@fatur") is None


def test_a_new_name_for_which_there_is_a_window_already(state: State) -> None:
    """Two talks are not made one: their histories are those of two persons."""
    old, new = state.open("@fatur"), state.open("@fatih")
    state.renamed("fatur", "fatih")
    assert (old.target, new.target) == ("@fatur", "@fatih")


def test_the_same_name_in_another_case(state: State) -> None:
    lab = people(state, "#lab", "fatur")
    private = state.open("@fatur")
    state.renamed("fatur", "FATUR")
    assert lab.people == {"fatur": "FATUR"}
    assert private.target == "@FATUR"


def test_the_signs_of_a_name_go_with_it_and_do_not_come_to_another(state: State) -> None:
    lab = people(state, "#lab", "fatur", "aguel")
    lab.signs = {"fatur": "+", "aguel": ""}
    state.renamed("fatur", "fatih")
    state.renamed("aguel", "fatur")
    assert lab.people == {"fatih": "fatih", "fatur": "fatur"}
    assert lab.signs.get("fatur", "") == ""


def test_a_new_name_of_somebody_unknown(state: State) -> None:
    lab = people(state, "#lab", "fatur")
    state.renamed("hantu", "setan")
    assert lab.people == {"fatur": "fatur"}


@pytest.fixture
def jakarta(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine seven hours east of Greenwich."""
    monkeypatch.setenv("TZ", "WIB-7")
    time.tzset()
    scrollback._local.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    scrollback._local.cache_clear()


@pytest.mark.usefixtures("jakarta")
def test_times_are_those_of_the_users_clock() -> None:
    assert moment("2026-11-20T07:40:59.999Z") == (FRIDAY, "14:40")
    assert moment("2026-11-20T17:00:00.000Z") == (SATURDAY, "00:00")
    assert moment("2026-11-20T16:59:59.000Z") == (FRIDAY, "23:59")


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",
                     fullmatch=True))  # fmt: skip
def test_no_time_that_the_wire_lets_through_is_too_odd(text: str) -> None:
    day, clock = moment(text)
    assert 1 <= day[1] <= 12
    assert 0 <= day[3] <= 6
    assert len(clock) == 5


@pytest.mark.parametrize(
    "text",
    [
        "0000-00-00T00:00:00.000Z",
        "0001-01-01T00:00:00.000Z",
        "2026-13-40T25:61:61.000Z",
        "9999-12-31T23:59:00.000Z",
    ],
)
@pytest.mark.usefixtures("jakarta")
def test_days_that_do_not_exist(text: str) -> None:
    assert moment(text).clock


@given(st.lists(st.tuples(
    st.sampled_from(["open", "close", "show", "step", "touch", "gain", "lose"]), st.integers(0, 7)
)))  # fmt: skip
def test_whatever_is_opened_and_closed_the_windows_hold_together(
    acts: list[tuple[str, int]],
) -> None:
    state = State("rizky")
    for act, n in acts:
        window = state.windows[n % len(state.windows)]
        if act == "open":
            state.open(f"#r{n}")
        elif act == "close":
            state.close(window)
        elif act == "show":
            state.show(window)
        elif act == "step":
            state.step(1 if n % 2 else -1)
        elif act in {"gain", "lose"}:
            state.focus(gained=act == "gain")
        else:
            state.touch(window, Level.TALK)
        shown = [window.number for window in state.windows]
        assert shown == sorted(set(shown))
        assert state.windows[0].target == STATUS
        assert state.current in state.windows
        assert state.previous in state.windows
        assert not (state.focused and state.current.unread)
        assert state.busiest() is not state.current
        assert len({window.target for window in state.windows}) == len(state.windows)
