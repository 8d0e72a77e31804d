"""Chat against a server played by hand: rooms entered and left, older pages, questions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.front import Failure
from tests.curses_client.fakes import NEWEST, TIME, Desk, message
from wire.parser import Frame


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody in front of a server."""
    with Desk(tmp_path) as desk:
        yield desk


def test_a_room_that_was_left_is_quiet(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.join("#uas")
    peer.let_in("#uas")
    tag = peer.expect(f"HISTORY #uas {NEWEST} 100")
    desk.chat.leave("#UAS")
    assert peer.expect("LEAVE #UAS") == ""
    # Both were on their way when we left.
    peer.say(message(5, "#uas"), f"={tag} {message(4, '#uas')}", f"={tag} OK 1 0", message(6))
    desk.run_until(lambda: desk.front.shown)
    assert desk.front.shown == [6]
    peer = desk.lose(peer)
    peer.greet(again=True)
    peer.let_in("#lab")
    peer.page("#lab after 6 200")
    peer.page("@ after 0 200")
    peer.page("* after 0 200")
    assert peer.silent()


def test_a_room_left_and_entered_again_is_read_anew(desk: Desk) -> None:
    peer = desk.come_in(message(1))
    desk.chat.leave("#lab")
    peer.expect("LEAVE #lab")
    desk.chat.join("#lab")
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(1), message(2))
    desk.run_until(lambda: len(desk.front.shown) == 3)
    assert desk.front.shown == [1, 1, 2]


def test_leaving_a_room_where_i_am_not_says_nothing(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.leave("#uas")
    desk.chat.leave("@fatur")
    assert peer.silent()


def test_a_refused_room_is_told_once_and_not_tried_again(desk: Desk) -> None:
    peer = desk.start("#lab", "#kunci")
    peer.greet()
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100")
    peer.refuse("JOIN #kunci", "bad-key the key is wrong")
    peer.refuse(f"HISTORY #kunci {NEWEST} 100", "not-joined you are not in that room")
    failure = Failure("bad-key", "the key is wrong")
    desk.run_until(lambda: ("room failed", "#kunci", failure) in desk.front.told)
    peer = desk.lose(peer)
    peer.greet(again=True)
    peer.let_in("#lab")
    peer.page("#lab after 0 200")
    peer.expect("HISTORY @ before 999999999999999 100")


def test_a_room_that_could_not_be_saved_is_tried_again(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.greet()
    peer.refuse("JOIN #lab", "not-saved nothing was sent")
    peer.refuse(f"HISTORY #lab {NEWEST} 100", "not-joined you are not in that room")
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    assert peer.silent()
    desk.advance(3)
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(1))
    desk.run_until(lambda: desk.front.shown)
    assert not [entry for entry in desk.front.told if entry[0] == "room failed"]


def test_a_room_left_while_it_waits_is_not_entered(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.greet()
    peer.refuse("JOIN #lab", "not-saved nothing was sent")
    for _ in range(3):
        peer.next()
    peer.settle()
    desk.chat.leave("#lab")
    peer.expect("LEAVE #lab")
    desk.advance(3)
    assert peer.silent()


def test_older_goes_back_page_by_page(desk: Desk) -> None:
    peer = desk.come_in(message(50), message(51))
    got: list[list[int]] = []

    def older(scope: str, count: int) -> None:
        desk.chat.older(scope, count, lambda events: got.append([e.id for e in events]))

    older("#LAB", 2)
    peer.page("#LAB before 50 2", message(48), message(49), more=1)
    older("#lab", 1000)
    peer.page("#lab before 50 200", message(47))  # asked before the first answer was there
    desk.run_until(lambda: len(got) == 2)
    older("#lab", 10)
    peer.page("#lab before 47 10")
    desk.run_until(lambda: len(got) == 3)
    assert got == [[48, 49], [47], []]
    assert desk.front.shown == [50, 51]


def test_older_of_a_private_talk_begins_above_what_was_shown(desk: Desk) -> None:
    peer = desk.come_in()
    peer.say(message(60, "@rizky"), message(61, "@Fatur", "rizky"), message(62, "@rizky", "aguel"))
    desk.run_until(lambda: len(desk.front.shown) == 3)
    desk.chat.older("@fatur", 10, lambda _: None)
    peer.page("@fatur before 60 10", message(55, "@rizky"))
    desk.chat.older("@aguel", 10, lambda _: None)
    peer.page("@aguel before 62 10")
    peer.settle()
    # Called otherwise, he is the same one.
    peer.say(f"RENAMED {TIME} fatur fatur2")
    peer.settle()
    desk.chat.older("@fatur2", 10, lambda _: None)
    peer.page("@fatur2 before 55 10")
    # A window that was closed may be filled again.
    desk.chat.leave("@aguel")
    desk.chat.older("@aguel", 10, lambda _: None)
    peer.page(f"@aguel {NEWEST} 10")


def test_answers_come_whole_and_under_their_own_tag(desk: Desk) -> None:
    peer = desk.come_in()
    got: list[tuple[list[str], Failure | None]] = []

    def answer(frames: list[Frame], failure: Failure | None) -> None:
        got.append(([frame.verb for frame in frames], failure))

    desk.chat.ask(answer, "WHO", "#lab")
    desk.chat.ask(answer, "ROOMS")
    who, rooms = peer.expect("WHO #lab"), peer.expect("ROOMS")
    assert who != rooms
    peer.say(f"={rooms} ROOM #lab 1 topik", f"={who} WHO rizky door=tcp", f"={rooms} OK 1 0")
    peer.say(f"={who} WHO fatur door=tcp", f"={who} ERR not-allowed you may not do that")
    desk.run_until(lambda: len(got) == 2)
    assert got == [
        (["ROOM", "OK"], None),
        (["WHO", "WHO"], Failure("not-allowed", "you may not do that")),
    ]


def test_answers_that_are_lost_with_the_link_fail_without_a_code(desk: Desk) -> None:
    peer = desk.come_in()
    got: list[tuple[list[Frame], Failure | None]] = []
    desk.chat.ask(lambda *answer: got.append(answer), "WHO", "#lab")
    tag = peer.expect("WHO #lab")
    peer.say(f"={tag} WHO rizky door=tcp")
    peer.settle()
    assert got == []
    peer = desk.lose(peer)
    assert [(frames, failure and failure.code) for frames, failure in got] == [([], "")]
    # And so does what is asked while nobody listens.
    desk.chat.ask(lambda *answer: got.append(answer), "ROOMS")
    assert got[1] == ([], Failure("", ""))
    # The answer of the old connection means nothing on the new one.
    peer.greet(again=True)
    peer.say(f"={tag} OK")
    peer.settle()
    assert len(got) == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["TOPIC", "#lab", "x" * 256], "too-long"),
        (["NAMES", ""], "bad-line"),
        (["WHO", "a b"], "bad-line"),
        (["ROOMS", "lab"], "bad-name"),
        (["AWAY", "a\nJOIN #x"], "bad-text"),
    ],
)
def test_what_does_not_fit_the_wire_is_answered_at_once(
    desk: Desk, line: list[str], code: str
) -> None:
    peer = desk.come_in()
    got: list[Failure | None] = []
    desk.chat.ask(lambda _, failure: got.append(failure), *line)
    assert [failure and failure.code for failure in got] == [code]
    assert peer.silent()


def test_lines_of_later_versions_are_passed_over(desk: Desk) -> None:
    peer = desk.come_in()
    desk.front.take()
    peer.say("SPARKLE 1 2 3", "=nobody OK", "OK", "PONG x", "ERR bad-line text", message(7))
    desk.run_until(lambda: desk.front.shown)
    assert desk.front.take() == [("stored", 7)]


def test_passing_lines_are_told_as_they_stand(desk: Desk) -> None:
    peer = desk.come_in()
    desk.front.take()
    lines = [
        f"LEFT {TIME} #lab fatur sampai jumpa",
        f"TOPIC {TIME} #lab fatur kumpul modul 11",
        f"INVITED {TIME} #uas fatur",
        f"RENAMED {TIME} fatur fatur2",
    ]
    peer.say(*lines)
    desk.run_until(lambda: len(desk.front.told) == 4)
    assert desk.front.take() == [
        ("LEFT", TIME, "#lab", "fatur", "sampai jumpa"),
        ("TOPIC", TIME, "#lab", "fatur", "kumpul modul 11"),
        ("INVITED", TIME, "#uas", "fatur"),
        ("RENAMED", TIME, "fatur", "fatur2"),
    ]


def test_older_after_another_history_is_older_than_what_is_shown_of_that(desk: Desk) -> None:
    peer = desk.lose(desk.come_in(message(50)))
    peer.greet(9, "h2", again=True)
    peer.let_in("#lab")
    peer.page(f"#lab {NEWEST} 100", message(8), message(9))
    peer.page(f"@ {NEWEST} 100")
    peer.page(f"* {NEWEST} 100")
    desk.run_until(lambda: desk.front.shown[-1] == 9)
    desk.chat.older("#lab", 10, lambda _: None)
    peer.page("#lab before 8 10")
