"""Who calls me, and how loudly: names and words, the bell, muted rooms, ignored people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client.alerts import BELL_SECONDS, Alerts
from curses_client.state import Level
from tests.curses_client.fakes import TIME
from tests.curses_client.tellers import Teller, settings_of

LATER = 2 * BELL_SECONDS


def alerts(**settings: str) -> Alerts:
    return Alerts(settings_of(settings))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rizky", True), ("halo Rizky!", True), ("rizky: ayo", True), ("@rizky", True),
        ("rizky, fatur", True), ("kata rizky.", True), ("rizky?", True), ("(rizky)", True),
        ("rizkya", False), ("arizky", False), ("rizky-x", False), ("x-rizky", False),
        ("a.rizky", False), ("rizky_2", False), ("riz ky", False), ("日rizky", False),
    ],
)  # fmt: skip
def test_what_names_me(text: str, named: bool) -> None:  # noqa: FBT001
    assert alerts().names(text, "rizky") is named


def test_a_name_with_signs_of_patterns_is_taken_as_it_is() -> None:
    assert [alerts().names(text, "r.z") for text in ("riz", "r.z", "r.z.")] == [False, True, True]


def test_my_new_name_counts_from_now_on() -> None:
    mine = alerts()
    assert mine.names("halo rizky", "rizky")
    assert not mine.names("halo rizky", "budi")
    assert mine.names("halo budi", "budi")


def test_words_of_my_choice_call_me_like_my_name() -> None:
    settings = settings_of({"highlight": "modul c++ (uas)"})
    mine = Alerts(settings)
    texts = ("Modul 11", "modular", "belajar c++ yuk", "cc", "(UAS) besok", "uas besok")
    assert [mine.names(text, "rizky") for text in texts] == [True, False, True, False, True, False]
    settings.set("highlight", "-")
    assert not mine.names("modul", "rizky")
    assert mine.names("rizky", "rizky")


SIGNS = st.text(alphabet="ab.*+?()[]{}|^$é日#_-:\\", min_size=1, max_size=6)


@given(SIGNS.filter(lambda word: word != "-"), SIGNS)
def test_no_word_of_mine_is_a_pattern(word: str, text: str) -> None:
    mine = alerts(highlight=word)
    assert mine.names(f"kata {word} itu", "rizky")
    if word not in text:
        assert not mine.names(text, "rizky")


def test_whom_i_ignore_in_any_case() -> None:
    settings = settings_of({"ignore": "Fatur aguel"})
    mine = Alerts(settings)
    assert [mine.ignores(who) for who in ("fATUR", "aguel", "faturx", "fatu")] == [
        True, True, False, False
    ]  # fmt: skip
    settings.set("ignore", "-")
    assert not mine.ignores("fatur")


RINGS = {
    "all": {Level.FILE, Level.TALK, Level.MENTION},
    "mention": {Level.MENTION},
    "none": set(),
}


@pytest.mark.parametrize("wanted", RINGS)
def test_what_rings(wanted: str) -> None:
    for level in Level:
        if level is not Level.NONE:
            assert alerts(notify=wanted).rings("#lab", level, 0.0) is (level in RINGS[wanted])


def test_one_room_may_be_louder_or_quieter_than_the_others() -> None:
    settings = settings_of({})
    settings.set("#lab.notify", "all")
    settings.set("#uas.notify", "none")
    mine = Alerts(settings)
    assert mine.rings("#LAB", Level.TALK, 0.0)
    assert not mine.rings("#uas", Level.MENTION, LATER)
    assert not mine.rings("#lain", Level.TALK, LATER)
    assert mine.rings("#lain", Level.MENTION, LATER)
    assert mine.level("#UAS", Level.MENTION) is Level.NONE
    assert [mine.level("#lab", level) for level in Level] == list(Level)


def test_without_a_bell_nothing_rings_and_all_counts() -> None:
    mine = alerts(bell="off")
    assert not mine.rings("@fatur", Level.MENTION, 0.0)
    assert mine.level("@fatur", Level.MENTION) is Level.MENTION


def test_a_flood_of_calls_is_one_call() -> None:
    mine = alerts()
    times = [100.0, 100.1, 100.9, 100.0 + BELL_SECONDS, 101.5, 200.0]
    assert [mine.rings("#lab", Level.MENTION, at) for at in times] == [
        True, False, False, True, False, True
    ]  # fmt: skip


def test_what_does_not_ring_does_not_keep_the_bell_from_the_next() -> None:
    settings = settings_of({"bell": "off"})
    mine = Alerts(settings)
    assert not mine.rings("#lab", Level.MENTION, 100.0)
    assert not mine.rings("#lab", Level.TALK, 100.0)
    settings.set("bell", "on")
    assert mine.rings("#lab", Level.MENTION, 100.0)


# As a story uses them.


def test_a_muted_room_counts_nothing_rings_nothing_and_has_its_mark() -> None:
    teller = Teller()
    teller.settings.set("#lab.notify", "none")
    teller.event("rizky!")
    window = teller.window("#lab")
    teller.state.show(teller.state.windows[0])
    teller.event("rizky!")
    assert (window.unread, window.mentions, window.level) == (0, 0, Level.NONE)
    assert teller.stage.bells == 0
    assert window.mark == 1
    assert window.lines[-1].mention


def test_a_call_rings_where_i_look_too() -> None:
    teller = Teller()
    teller.state.show(teller.state.open("#lab"))
    teller.event("halo rizky")
    assert (teller.stage.bells, teller.window("#lab").unread) == (1, 0)
    teller.clock.at += LATER
    teller.event("halo")
    assert teller.stage.bells == 1


def test_private_talk_calls_only_who_does_not_look() -> None:
    teller = Teller()
    teller.event("bisik", "@rizky")
    assert teller.stage.bells == 1
    teller.state.show(teller.window("@fatur"))
    teller.clock.at += LATER
    teller.event("bisik", "@rizky")
    assert teller.stage.bells == 1


def test_a_file_rings_only_where_all_is_wanted() -> None:
    for wanted, bells in (("mention", 0), ("all", 1)):
        teller = Teller(notify=wanted)
        teller.state.show(teller.state.open("#uas"))
        teller.event(f"1 {'0' * 64} a.txt", kind="FILE")
        assert teller.window("#lab").level is Level.FILE
        assert teller.stage.bells == bells


def test_what_was_missed_does_not_ring_when_it_is_fetched() -> None:
    teller = Teller(notify="all")
    for _ in range(3):
        teller.event("rizky!", live=False)
        teller.clock.at += LATER
    assert teller.stage.bells == 0


def test_an_invitation_to_a_muted_room_does_not_ring() -> None:
    teller = Teller()
    teller.settings.set("#lab.notify", "none")
    teller.pass_("INVITED", TIME, "#lab", "fatur")
    assert teller.stage.bells == 0
    teller.pass_("INVITED", TIME, "#uas", "fatur")
    assert teller.stage.bells == 1
