"""Chat against a server played by hand: what an earlier run left, its lines and read positions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curses_client import catchup
from curses_client.chat import Before
from curses_client.front import Pending
from tests.curses_client.fakes import NEWEST, Desk, Peer, message

Come = Callable[..., Desk]


@pytest.fixture
def come(tmp_path: Path) -> Iterator[Come]:
    """Somebody who was here before."""
    desks: list[Desk] = []

    def come(*, backlog: int = 100, history: str = "h1", **before: object) -> Desk:
        made = Before(history=history, **before)  # type: ignore[arg-type]
        desks.append(Desk(tmp_path, backlog, before=made).__enter__())
        return desks[-1]

    yield come
    for desk in desks:
        desk.__exit__(None, None, None)


def enter(desk: Desk, history: str = "h1") -> Peer:
    peer = desk.start("#lab")
    peer.greet(history=history)
    peer.let_in("#lab")
    return peer


def messages(first: int, last: int, target: str = "#lab") -> list[str]:
    return [message(n, target) for n in range(first, last + 1)]


def test_pages_are_read_back_to_the_position_and_shown_in_rising_order(come: Come) -> None:
    desk = come(read={"#lab": 10, "#uas": 300})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    peer.say(message(360))  # live, while pages are missing
    peer.page("#lab before 251 200", *messages(60, 250), more=1)
    peer.settle()
    assert desk.front.shown == []
    assert ("caught up", "#lab") not in desk.front.told
    peer.page("#lab before 60 200", *messages(5, 59), more=1)
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    assert desk.front.shown == [*range(5, 351), 360]
    assert [event.live for event in desk.front.events] == [False] * 346 + [True]
    assert not any(event.fresh for event in desk.front.events[:-1])
    peer.say(message(361))
    desk.run_until(lambda: desk.front.shown[-1] == 361)
    assert peer.silent()


@pytest.mark.parametrize("position", [250, 251, 300, 350, 10**9])
def test_a_page_that_reaches_the_position_is_enough(come: Come, position: int) -> None:
    desk = come(read={"#lab": position})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    assert peer.silent()
    assert desk.front.shown == list(range(251, 351))


def test_a_scope_without_a_position_is_read_as_ever(come: Come) -> None:
    desk = come(read={"#uas": 1})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    peer.page(f"@ {NEWEST} 100", message(9, "@rizky"), more=1)
    peer.page(f"* {NEWEST} 100", message(8, "*"), more=1)
    assert peer.silent()
    assert desk.front.shown == [*range(251, 351), 9, 8]


def test_it_ends_where_there_is_no_more(come: Come) -> None:
    desk = come(read={"#lab": 1, "*": 1})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350))
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100", message(700, "*"), more=1)
    peer.page("* before 700 200")
    desk.run_until(lambda: ("caught up", "*") in desk.front.told)
    assert peer.silent()
    assert desk.front.shown == [*range(251, 351), 700]


def test_private_talk_is_read_back_to_the_newest_of_its_positions(come: Come) -> None:
    desk = come(read={"@fatur": 10, "@aguel": 40, "#lab": 500, "*": 500})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100")
    peer.page(f"@ {NEWEST} 100", *messages(50, 60, "@rizky"), more=1)
    peer.page(f"* {NEWEST} 100")
    peer.page("@ before 50 200", *messages(30, 49, "@rizky"), more=1)
    desk.run_until(lambda: ("caught up", "@") in desk.front.told)
    assert peer.silent()
    assert desk.front.shown == list(range(30, 61))
    desk.chat.older("@fatur", 10, lambda _: None)
    peer.page("@fatur before 30 10")


def test_there_is_an_end_to_reading_back(come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catchup, "CATCHUP_EVENTS", 250)
    desk = come(read={"#lab": 1})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(9901, 10000), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    peer.page("#lab before 9901 150", *messages(9751, 9900), more=1)
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    assert peer.silent()
    assert desk.front.shown == list(range(9751, 10001))


def test_a_break_between_two_pages_begins_anew(come: Come) -> None:
    desk = come(read={"#lab": 10})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    tag = peer.expect("HISTORY #lab before 251 200")
    peer.say(message(351), f"={tag} {message(250)}")
    peer.settle()
    peer = desk.lose(peer)
    assert desk.front.shown == []
    peer.greet(again=True)
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", *messages(252, 351), more=1)
    peer.page("@ after 0 200")
    peer.page("* after 0 200")
    peer.page("#lab before 252 200", *messages(8, 251), more=1)
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    assert desk.front.shown == list(range(8, 352))
    peer = desk.lose(peer)
    peer.greet(again=True)
    peer.let_in("#lab")
    peer.page("#lab after 351 200")


def test_a_refused_page_ends_it_with_what_is_there(come: Come) -> None:
    desk = come(read={"#lab": 10})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    peer.refuse("HISTORY #lab before 251 200", "slow-down too much at once")
    peer.say(message(351))
    desk.run_until(lambda: desk.front.shown and desk.front.shown[-1] == 351)
    assert desk.front.shown == list(range(251, 352))
    assert ("caught up", "#lab") not in desk.front.told


def test_a_room_left_between_two_pages_is_quiet(come: Come) -> None:
    desk = come(read={"#lab": 10})
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    tag = peer.expect("HISTORY #lab before 251 200")
    desk.chat.leave("#lab")
    peer.expect("LEAVE #lab")
    peer.say(f"={tag} {message(5)}", f"={tag} OK 1 1")
    assert peer.silent()
    assert desk.front.shown == []


def test_events_of_a_later_version_do_not_lead_astray(come: Come) -> None:
    desk = come(read={"#lab": 1, "*": 1})
    peer = enter(desk)
    poll = "POLL 19 2026-11-21T07:40:00.123Z #lab fatur makan apa?"
    peer.page(f"#lab {NEWEST} 100", poll, message(20), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100", poll, more=1)
    # What this client cannot read, it cannot go back from; nor does it ask for ever.
    peer.page("#lab before 20 200", poll, poll, more=1)
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    assert peer.silent()
    assert desk.front.shown == [20]


@pytest.mark.parametrize("history", ["h0", ""])
def test_positions_of_another_history_say_nothing(come: Come, history: str) -> None:
    desk = come(read={"#lab": 10}, history=history)
    peer = enter(desk)
    peer.page(f"#lab {NEWEST} 100", *messages(251, 350), more=1)
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    assert peer.silent()
    assert desk.front.shown == list(range(251, 351))
    assert desk.chat.history == "h1"
    # Nothing was shown that is of the other one.
    assert ("forgotten",) not in desk.front.told


def test_a_position_of_now_holds_for_a_room_that_is_entered_later(come: Come) -> None:
    read = {"#lab": 10, "#uas": 10}
    desk = come(read=read)
    peer = enter(desk)
    for scope in ("#lab", "@", "*"):
        peer.page(f"{scope} {NEWEST} 100")
    read["#uas"] = 60
    desk.chat.join("#UAS")
    peer.let_in("#UAS")
    peer.page(f"#UAS {NEWEST} 100", *messages(61, 70, "#UAS"), more=1)
    assert peer.silent()


def test_line_mode_looks_at_no_position(come: Come) -> None:
    desk = come(backlog=0, read={"#lab": 10, "*": 3})
    peer = desk.start("#lab")
    peer.greet(tip=41)
    peer.let_in("#lab")
    peer.page("#lab after 41 200")
    peer.page("@ after 41 200")
    peer.page("* after 41 200")
    desk.chat.join("#uas")
    peer.let_in("#uas")
    peer.page(f"#uas {NEWEST} 1", message(90, "#uas"), more=1)
    assert peer.silent()
    assert desk.front.shown == []


KEPT = [
    Pending("old.1", "SAY", "#lab", "satu"),
    Pending("old.2", "ACT", "#UAS", "dua"),
    Pending("old.3", "SAY", "@fatur", "tiga"),
]


def test_kept_lines_go_out_first_with_their_tags_and_in_order(come: Come) -> None:
    desk = come(outbox=KEPT)
    changes: list[list[str]] = []
    desk.chat.on_outbox = lambda: changes.append(list(desk.chat.outbox))
    assert list(desk.chat.outbox.values()) == KEPT
    new = desk.chat.say("#lab", "empat").tag
    peer = desk.start("#lab")
    peer.greet()
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100")
    peer.let_in("#UAS")  # nobody can speak where he is not
    peer.page(f"#UAS {NEWEST} 100")
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    lines = [peer.next() for _ in range(4)]
    assert lines == [
        ("old.1", "SAY #lab satu"),
        ("old.2", "ACT #UAS dua"),
        ("old.3", "SAY @fatur tiga"),
        (new, "SAY #lab empat"),
    ]
    peer.say("=old.1 OK 7", "=old.2 ERR silenced you may not speak now", "=old.3 OK 8")
    desk.run_until(lambda: list(desk.chat.outbox) == [new])
    assert desk.front.acknowledged == ["satu", "tiga"]
    assert [pending.tag for pending, _ in desk.front.failures] == ["old.2"]
    olds = ["old.1", "old.2", "old.3"]
    assert changes == [[*olds, new], [*olds[1:], new], [olds[2], new], [new]]


def test_with_another_session_and_another_history_they_are_sent_all_the_same(come: Come) -> None:
    desk = come(outbox=KEPT[:1], history="h0")
    peer = enter(desk, "h9")
    for scope in ("#lab", "@", "*"):
        peer.page(f"{scope} {NEWEST} 100")
    assert peer.next() == ("old.1", "SAY #lab satu")
