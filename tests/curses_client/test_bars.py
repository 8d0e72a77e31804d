"""The title and the status bar: what they tell, and what goes first where they are short."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client import cells
from curses_client.bars import LAG_SHOWN, Bars
from curses_client.picture import Picture, Style
from curses_client.state import FOUND, SHEET, TRACE, Anchor, Connection, Level, State
from curses_client.texts import Texts
from tests.curses_client.pictures import (
    BARS,
    HOSTILE,
    NOW,
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

LANGUAGES = ("id", "en")


def status(state: State, columns: int = 80, language: str = "id") -> str:
    """The status bar without the blanks at its end."""
    return text_of(Bars(state, Texts(language)).status(columns, "08:09", NOW)).rstrip()


def title(state: State, columns: int = 80, language: str = "id") -> str:
    """The title without the blanks at its end."""
    return text_of(Bars(state, Texts(language)).title(columns)).rstrip()


def full() -> State:
    """A state of which the bar could tell everything at once."""
    state = lab()
    state.progress = ["↑1043 45%", "↓1050 5%"]
    state.lag = 0.25
    state.away = True
    filled(state.current, 50)
    state.current.anchor, state.current.below = Anchor(5, 0), 17
    return state


FULL = {
    "id": " [08:09] [rizky✓ pergi] 2:#lab [Akt: 4:@fatur(1!),3:#uas(2)] [↑1043 45%] [↓1050 5%]"
    " Lag 0,2 -17 baru-",
    "en": " [08:09] [rizky✓ away] 2:#lab [Act: 4:@fatur(1!),3:#uas(2)] [↑1043 45%] [↓1050 5%]"
    " Lag 0.2 -17 new-",
}


# The title.


@pytest.mark.parametrize(
    ("target", "language", "told"),
    [
        ("", "id", " obrol: /help untuk bantuan"),
        ("", "en", " obrol: /help tells what can be done"),
        ("@fatur", "id", " @fatur │ hanya kalian berdua"),
        ("@fatur", "en", " @fatur │ the two of you alone"),
        (SHEET, "id", " bantuan · PgUp PgDn gulir · Esc menutup"),
        (SHEET, "en", " help · PgUp PgDn scroll · Esc closes"),
        (TRACE, "id", " isi kabel · /trace off berhenti · Esc menutup"),
        (TRACE, "en", " the wire · /trace off stops · Esc closes"),
    ],
)
def test_what_a_window_is(target: str, language: str, told: str) -> None:
    state = small_state()
    state.show(state.open(target))
    assert title(state, 80, language) == told


def test_a_search_tells_what_was_looked_for() -> None:
    state = small_state()
    window = state.open(FOUND)
    window.topic = "modul {11}"
    state.show(window)
    assert title(state) == " cari: modul {11} · Esc menutup"
    assert title(state, 80, "en") == " search: modul {11} · Esc closes"


def test_a_room_tells_its_topic_and_how_many_are_there() -> None:
    state = small_state()
    assert title(state, 40) == " #lab │ belum ada topik         0 orang"
    assert title(state, 40, "en") == " #lab │ no topic                 0 here"
    state.current.topic = "kumpul modul 11 Jumat"
    state.current.people = {"rizky": "rizky", "fatur": "fatur"}
    assert title(state, 60) == " #lab │ Topik: kumpul modul 11 Jumat" + " " * 16 + "2 orang"
    # How many they are stays, whatever the topic is.
    assert title(state, 30) == " #lab │ Topik: kumpu… 2 orang"


def test_whoever_is_away_is_told_where_one_talks_to_them() -> None:
    state = small_state()
    state.show(state.open("@fatur"))
    state.current.away = "makan siang"
    assert title(state) == " @fatur │ sedang pergi: makan siang"
    assert title(state, 80, "en") == " @fatur │ away: makan siang"
    state.current.away = ""
    assert title(state) == " @fatur │ hanya kalian berdua"


# The status bar.


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_at_once(language: str) -> None:
    assert status(full(), 120, language) == FULL[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_first_where_the_bar_is_short(language: str) -> None:
    """Lag, clock, my name, files, activity, more below; the target never."""
    state = full()
    away = {"id": "pergi", "en": "away"}[language]
    below = {"id": "-17", "en": "-17"}[language]
    pieces = ("Lag", "08:09", away, "↑1043", "↓1050", "@fatur", below, "2:#lab")
    gone: list[str] = []
    for columns in range(130, 7, -1):
        shown = status(state, columns, language)
        missing = [piece for piece in pieces if piece not in shown]
        assert missing[: len(gone)] == gone, columns
        gone = missing
    assert gone == list(pieces[:-1])
    # One that fits is not dropped: the bar is full to the last cell before it.
    assert status(state, len(FULL[language]) + 1, language) == FULL[language]
    assert "Lag" not in status(state, len(FULL[language]), language)


def test_lag_is_told_from_a_noticeable_one_on() -> None:
    state = small_state()
    for lag, told in ((0.0, ""), (LAG_SHOWN - 0.001, ""), (LAG_SHOWN, "Lag 0,1"), (12.34, "12,3")):
        state.lag = lag
        assert ("Lag" in status(state)) is bool(told)
        assert told in status(state)
    assert "Lag 12.3" in status(state, 80, "en")


def test_who_i_am_and_whether_that_is_sure() -> None:
    state = small_state()
    assert status(state) == " [08:09] [rizky] 2:#lab"
    state.badges = "verified,operator"
    assert status(state) == " [08:09] [rizky✓*] 2:#lab"
    state.away = True
    assert status(state) == " [08:09] [rizky✓* pergi] 2:#lab"
    assert status(state, 80, "en") == " [08:09] [rizky✓* away] 2:#lab"


def test_the_busiest_windows_stand_first_and_the_shown_one_not_at_all() -> None:
    state = small_state()
    for n, level in enumerate([Level.FILE, Level.TALK, Level.MENTION, Level.TALK], 1):
        state.touch(state.open(f"#r{n}"), level)
    state.touch(state.windows[0], Level.TALK)
    state.touch(state.current, Level.MENTION)
    assert status(state) == (
        " [08:09] [rizky] 2:#lab [Akt: 5:#r3(1!),1:obrol(1),4:#r2(1),6:#r4(1),3:#r1(1)]"
    )


def test_a_count_is_of_all_lines_and_its_sign_of_a_call() -> None:
    state = small_state()
    uas = state.open("#uas")
    for level in (Level.MENTION, Level.TALK, Level.FILE):
        state.touch(uas, level)
    assert "3:#uas(3!)" in status(state)
    state.show(uas)
    assert "Akt" not in status(state)


def styles(state: State) -> dict[Style, str]:
    """What stands in the status bar in each style."""
    found: dict[Style, str] = {}
    for span in Bars(state, Texts("id")).status(80, "08:09", NOW):
        found[span.style] = found.get(span.style, "") + span.text
    return found


def test_the_bar_is_bright_where_somebody_calls() -> None:
    state = small_state()
    uas = state.open("#uas")
    state.touch(uas, Level.TALK)
    assert list(styles(state)) == [Style.BAR]
    state.touch(uas, Level.MENTION)
    assert styles(state)[Style.BUSY] == "[Akt: 3:#uas(2!)]"
    assert "#lab" in styles(state)[Style.BAR]
    # A sign of the user's own making calls nobody.
    state.show(uas)
    state.progress = ["↑1! 5%"]
    assert list(styles(state)) == [Style.BAR]


@settings(deadline=None)
@given(
    st.integers(1, 140),
    st.sampled_from(LANGUAGES),
    st.sampled_from(list(Connection)),
    st.sampled_from(list(HOSTILE.values())) | st.text(max_size=40),
)
def test_both_bars_are_as_wide_as_the_screen(
    columns: int, language: str, connection: Connection, text: str
) -> None:
    state = hostile_state(text)
    state.connection = connection
    state.lag, state.away = 3.0, True
    bars = Bars(state, Texts(language))
    for window in state.windows:
        state.show(window)
        for row in (bars.title(columns), bars.status(columns, "08:09", NOW)):
            assert cells.width(text_of(row)) == columns
            assert {span.style for span in row} <= BARS


# In the whole picture.


def bar(picture: Picture) -> str:
    """The status bar: the lowest row in the style of bars."""
    return next(text_of(row) for row in reversed(picture.rows) if row[0].style in BARS)


@pytest.mark.parametrize("connection", list(Connection))
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_bar_names_the_target_at_every_width(connection: Connection, language: str) -> None:
    state = lab()
    state.connection = connection
    state.retry_at = 130.0
    state.progress = ["↑1043 45% 3,1MB/d", "↓1050 5%"]
    filled(state.current, 50)
    state.current.anchor, state.current.below = Anchor(5, 0), 1_000_000
    for n in range(40):
        state.touch(state.open(f"#ruang{n}"), Level.MENTION)
    for columns in range(20, 200):
        picture = draw(state, columns, 24, language)
        shown = bar(picture)
        assert cells.width(shown) == columns
        assert " 2:#lab" in shown, (columns, shown)


def test_a_target_that_is_too_long_for_the_bar_is_cut_and_nothing_else_is_shown() -> None:
    state = small_state()
    state.show(state.open("#" + "r" * 32))
    assert bar(draw(state, 20, 8)) == " 3:#" + "r" * 15 + "…"


@pytest.mark.parametrize(
    ("columns", "language", "told"),
    [
        (80, "id", " 2:#lab terputus (kabel lepas); coba lagi dalam 4 d"),
        (80, "en", " 2:#lab connection lost (kabel lepas); trying again in 4 s"),
        (40, "id", " 2:#lab terputus; coba lagi dalam 4 d"),
        (40, "en", " 2:#lab connection lost; again in 4 s"),
        (20, "id", " 2:#lab putus, 4 d"),
        (20, "en", " 2:#lab lost, 4 s"),
    ],
)
def test_the_loss_of_the_link_counts_down_at_every_width(
    columns: int, language: str, told: str
) -> None:
    state = lab()
    state.connection = Connection.LOST
    state.reason = "kabel lepas"
    state.retry_at = 103.2
    picture = draw(state, columns, 24, language)
    assert bar(picture).rstrip() == told
    assert [row[0].style for row in picture.rows if row and row[0].style in BARS] == [
        Style.BAR,
        Style.ALARM,
    ]
    # Typing goes on.
    assert any(row.endswith("diketik") for row in texts_of(picture)[-2:])


def test_the_countdown_stops_at_nothing() -> None:
    state = small_state()
    state.connection = Connection.LOST
    state.retry_at = 90.0
    assert bar(draw(state, 80, 24)).rstrip().endswith("(ditutup server); coba lagi dalam 0 d")


def test_the_bar_while_it_connects() -> None:
    state = lab()
    state.connection = Connection.TRYING
    assert bar(draw(state, 80, 24)).rstrip().endswith("…")


def test_the_bar_tells_of_new_lines_below() -> None:
    state = small_state()
    window = filled(state.current, 50)
    window.anchor = Anchor(30, 0)
    window.add(talk("baru"), SATURDAY, "")
    assert "-1 baru-" in bar(draw(state, 80, 24))
    assert "-1 new-" in bar(draw(state, 80, 24, "en"))
    window.to_bottom()
    assert "baru" not in bar(draw(state, 80, 24))
