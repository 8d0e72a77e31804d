"""Chat against a server played by hand: coming in, and catching up after a break.

Nothing missing, nothing twice, in the order of ids, whatever the moment at which the link breaks.
``test_chat_rooms``, ``_outbox`` and ``_names`` hold the rest; ``_faults`` has a real server.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.front import Stored
from tests.curses_client.fakes import NEWEST, TIME, Desk, message


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody who wants to see the past."""
    with Desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Desk]:
    """Somebody who wants nothing old: line mode."""
    with Desk(tmp_path, backlog=0) as desk:
        yield desk


def test_coming_in_tells_everything_in_the_order_it_holds(desk: Desk) -> None:
    peer = desk.start("#lab")
    tag = peer.expect("HELLO rizky")
    peer.say(
        f"={tag} WELCOME rizky {'s' * 16} h1 41 verified",
        f"={tag} MOTD selamat datang",
        f"={tag} OK",
    )
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(40), message(41))
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    desk.run_until(lambda: ("caught up", "*") in desk.front.told)
    assert desk.front.take() == [
        ("MOTD", "selamat datang"),
        ("welcome", "rizky"),
        ("JOINED", TIME, "#lab", "rizky"),
        ("NAMES", "#lab", "rizky"),
        ("stored", 40),
        ("stored", 41),
        ("caught up", "#lab"),
        ("caught up", "@"),
        ("caught up", "*"),
    ]
    assert desk.chat.badges == "verified"
    assert peer.silent()


def test_events_are_told_whole(desk: Desk) -> None:
    peer = desk.come_in(f"FILE 7 {TIME} #lab fatur 12 {'0' * 64} dua kata.txt")
    peer.say(f"ACT 8 {TIME} #lab aguel  pasang  kabel ")
    desk.run_until(lambda: len(desk.front.events) == 2)
    assert desk.front.events == [
        Stored(
            "FILE", 7, TIME, "#lab", "fatur", f"12 {'0' * 64} dua kata.txt", live=False, fresh=False
        ),
        Stored("ACT", 8, TIME, "#lab", "aguel", " pasang  kabel ", live=True),
    ]


def test_live_events_wait_for_the_page_before_them(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.greet()
    peer.let_in("#lab")
    tag = peer.expect(f"HISTORY #lab {NEWEST} 100")
    # 12 was stored before HISTORY was handled, so that it is in the page too; 14 is no neighbour.
    peer.say(message(12), message(14), f"={tag} {message(10)}")
    peer.settle()
    assert desk.front.shown == []
    peer.say(f"={tag} {message(12)}", f"={tag} OK 2 0", message(15))
    desk.run_until(lambda: len(desk.front.shown) == 4)
    assert desk.front.shown == [10, 12, 14, 15]
    assert [event.live for event in desk.front.events] == [False, False, True, True]
    assert [event.body for event in desk.front.events] == [f"baris {n}" for n in (10, 12, 14, 15)]


def test_a_scope_that_waits_holds_nobody_else_back(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.greet()
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100")
    private = peer.expect(f"HISTORY @ {NEWEST} 100")
    everybody = peer.expect(f"HISTORY * {NEWEST} 100")
    peer.say(message(5, "@rizky"), message(6), message(7, "*"))
    desk.run_until(lambda: desk.front.shown)
    assert desk.front.shown == [6]
    peer.say(f"={everybody} {message(3, '*')}", f"={everybody} OK 1 0")
    desk.run_until(lambda: len(desk.front.shown) == 3)
    assert desk.front.shown == [6, 3, 7]
    peer.say(f"={private} {message(4, '@rizky')}", f"={private} OK 1 0")
    desk.run_until(lambda: len(desk.front.shown) == 5)
    assert desk.front.shown == [6, 3, 7, 4, 5]


def test_after_a_break_every_page_after_the_cursor(desk: Desk) -> None:
    peer = desk.lose(desk.come_in(message(9), message(10)))
    desk.front.take()
    peer.greet(60, again=True)
    peer.let_in("#lab")
    first = peer.expect("HISTORY #lab after 10 200")
    peer.answer("HISTORY @ after 0 200", message(11, "@rizky"), ok="1 0")
    peer.page("* after 0 200", message(12, "*"))
    peer.say(message(31))  # live, from behind all pages
    peer.say(f"={first} {message(13)}", f"={first} {message(14)}", f"={first} OK 2 1")
    peer.page("#lab after 14 200", message(20), more=1)
    # The page may end early, and what is live by now may be in it.
    peer.page("#lab after 20 200", message(30), message(31))
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    assert [e.id for e in desk.front.events if e.target == "#lab"] == [9, 10, 13, 14, 20, 30, 31]
    assert [e.id for e in desk.front.events if e.target != "#lab"] == [11, 12]
    # "caught up" is told once, and only when nothing is missing.
    assert desk.front.told.count(("caught up", "#lab")) == 1
    peer.say(message(32))
    desk.run_until(lambda: desk.front.shown[-1] == 32)
    assert peer.silent()


def test_a_break_between_two_pages_goes_on_where_it_stopped(desk: Desk) -> None:
    peer = desk.lose(desk.come_in(message(10)))
    peer.greet(60, again=True)
    peer.let_in("#lab")
    peer.page("#lab after 10 200", message(11), more=1)
    peer.expect("HISTORY @ after 0 200")
    peer.expect("HISTORY * after 0 200")
    tag = peer.expect("HISTORY #lab after 11 200")
    # Half a page and a live event come, then the link breaks: neither may move the cursor.
    peer.say(f"={tag} {message(12)}", message(50))
    peer.settle()
    peer = desk.lose(peer)
    peer.greet(60, again=True)
    peer.let_in("#lab")
    peer.page("#lab after 11 200", *(message(n) for n in (12, 13, 50)))
    desk.run_until(lambda: desk.front.shown[-1] == 50)
    assert desk.front.shown == [10, 11, 12, 13, 50]


def test_a_page_with_events_of_a_later_version_has_a_next_one(desk: Desk) -> None:
    peer = desk.lose(desk.come_in(message(10)))
    peer.greet(60, again=True)
    peer.let_in("#lab")
    poll = f"POLL 12 {TIME} #lab fatur makan apa?"
    peer.page("#lab after 10 200", message(11), poll, more=1)
    peer.page("@ after 0 200")
    peer.page("* after 0 200")
    peer.page("#lab after 11 200", message(13))
    desk.run_until(lambda: desk.front.shown[-1] == 13)
    assert desk.front.shown == [10, 11, 13]


def test_a_first_visit_that_broke_is_a_first_visit_again(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.greet()
    peer.let_in("#lab")
    tag = peer.expect(f"HISTORY #lab {NEWEST} 100")
    peer.say(f"={tag} {message(1)}", message(3))
    peer.settle()
    peer = desk.lose(peer)
    peer.greet(again=True)
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(1), message(2), message(3))
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    assert desk.front.shown == [1, 2, 3]


def test_line_mode_shows_nothing_old_and_then_exactly_what_it_missed(pipe: Desk) -> None:
    peer = pipe.start("#lab")
    peer.greet(tip=41)
    peer.let_in("#lab")
    peer.page("#lab after 41 200")
    peer.page("@ after 41 200")
    peer.page("* after 41 200")
    peer.say(message(42))
    pipe.run_until(lambda: pipe.front.shown)
    peer = pipe.lose(peer)
    peer.greet(50, again=True)
    peer.let_in("#lab")
    peer.page("#lab after 42 200", message(43), message(47))
    peer.page("@ after 41 200", message(45, "@rizky"))
    peer.page("* after 41 200", message(44, "*"))
    pipe.run_until(lambda: len(pipe.front.shown) == 5)
    assert pipe.front.shown == [42, 43, 47, 45, 44]


def test_line_mode_in_a_room_entered_later_shows_nothing_old_after_a_break(pipe: Desk) -> None:
    peer = pipe.start()
    peer.greet(tip=41)
    peer.page("@ after 41 200")
    peer.page("* after 41 200")
    peer.settle()
    # The client cannot know what was said there meanwhile: it asks where the room stands.
    pipe.chat.join("#lab")
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 1", message(90))
    peer.settle()
    assert pipe.front.shown == []
    peer = pipe.lose(peer)
    peer.greet(99, again=True)
    peer.let_in("#lab")
    peer.page("#lab after 90 200", message(95))
    pipe.run_until(lambda: pipe.front.shown)
    assert pipe.front.shown == [95]


def test_an_empty_room_in_line_mode_starts_at_its_start(pipe: Desk) -> None:
    peer = pipe.start()
    peer.greet(tip=41)
    peer.page("@ after 41 200")
    peer.page("* after 41 200")
    peer.settle()
    pipe.chat.join("#lab")
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 1")
    peer.settle()
    peer = pipe.lose(peer)
    peer.greet(99, again=True)
    peer.let_in("#lab")
    peer.page("#lab after 0 200", message(95))
    pipe.run_until(lambda: pipe.front.shown)


def test_another_history_is_told_and_read_from_its_start(desk: Desk) -> None:
    peer = desk.lose(desk.come_in(message(500)))
    desk.front.take()
    peer.greet(3, "h2", again=True)
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(2), message(3))
    desk.run_until(lambda: ("caught up", "#lab") in desk.front.told)
    told = [entry for entry in desk.front.take() if entry[0] != "NAMES"]
    assert told == [
        ("forgotten",),
        ("welcome", "rizky"),
        ("JOINED", TIME, "#lab", "rizky"),
        ("stored", 2),
        ("stored", 3),
        ("caught up", "#lab"),
    ]


def test_an_older_copy_of_the_same_log_is_another_history(desk: Desk) -> None:
    """C32: its next events have ids that were shown already; passing over them would be silence."""
    peer = desk.lose(desk.come_in(message(500)))
    peer.greet(499, again=True)
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(499))
    peer.say(message(500))
    desk.run_until(lambda: desk.front.shown[-2:] == [499, 500])
    assert ("forgotten",) in desk.front.told


def test_the_same_history_is_not_forgotten(desk: Desk) -> None:
    peer = desk.lose(desk.come_in())
    peer.greet(again=True)
    peer.settle()
    assert ("forgotten",) not in desk.front.told
