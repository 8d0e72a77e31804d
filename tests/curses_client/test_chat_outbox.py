"""Chat against a server played by hand: the outbox.

A line that was said is on the server's disk, or is told to have failed; never twice, in order.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.chat import WINDOW
from curses_client.entering import RETRY_SECONDS
from curses_client.front import Failure
from tests.curses_client.fakes import NEWEST, Desk, Peer, message
from wire.grammar import is_tag


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody in front of a server."""
    with Desk(tmp_path) as desk:
        yield desk


def said(peer: Peer, *texts: str) -> list[str]:
    """The next lines must be SAY of ``texts``; their tags."""
    return [peer.expect(f"SAY #lab {text}") for text in texts]


def back_in(desk: Desk, peer: Peer) -> Peer:
    """Break the connection, and come in again up to where the outbox begins."""
    peer = desk.lose(peer)
    peer.greet(again=True)
    peer.let_in("#lab")
    for _ in range(3):
        request = peer.next()
        assert request.line.startswith("HISTORY ")
        peer.say(f"={request.tag} OK 0 0")
    return peer


def test_a_line_stays_in_the_outbox_until_the_server_says_ok(desk: Desk) -> None:
    peer = desk.come_in()
    pending = desk.chat.say("#lab", "  halo  selamat siang ")
    tag = peer.expect("SAY #lab   halo  selamat siang ")
    assert tag == pending.tag
    # The event is no acknowledgement.
    peer.say(message(1, sender="rizky"))
    desk.run_until(lambda: desk.front.shown)
    assert list(desk.chat.outbox.values()) == [pending]
    peer.say(f"={tag} OK 1")
    desk.run_until(lambda: desk.front.acknowledged)
    assert desk.chat.outbox == {}


def test_verbs_and_targets(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.say("@fatur~", "bisik\u2028dua baris")
    desk.chat.say("#lab", "pasang kabel", "ACT")
    assert peer.next().line == "SAY @fatur~ bisik\u2028dua baris"
    assert peer.next().line == "ACT #lab pasang kabel"


def test_tags_are_good_and_never_repeat(desk: Desk, tmp_path: Path) -> None:
    desk.come_in()
    tags = [desk.chat.say("#lab", "x").tag for _ in range(100)]
    assert all(map(is_tag, tags))
    assert len(set(tags)) == 100
    with Desk(tmp_path / "another run") as other:
        assert other.chat.say("#lab", "x").tag.split(".")[0] != tags[0].split(".")[0]


def test_what_is_said_before_the_server_is_there_goes_out_behind_the_entering(desk: Desk) -> None:
    desk.chat.say("#lab", "satu")
    peer = desk.start("#lab")
    desk.chat.say("#lab", "dua")
    peer.settle()
    peer.greet()
    lines = [peer.next().line for _ in range(6)]
    assert lines == [
        "JOIN #lab",
        f"HISTORY #lab {NEWEST} 100",
        f"HISTORY @ {NEWEST} 100",
        f"HISTORY * {NEWEST} 100",
        "SAY #lab satu",
        "SAY #lab dua",
    ]


def test_nothing_is_said_before_the_whole_greeting(desk: Desk) -> None:
    peer = desk.start("#lab")
    desk.chat.say("#lab", "satu")
    tag = peer.expect("HELLO rizky")
    peer.say(f"={tag} WELCOME rizky {'s' * 16} h1 0 -", f"={tag} MOTD halo")
    assert peer.silent()
    peer.say(f"={tag} OK")
    peer.expect("JOIN #lab")


def test_at_most_a_window_of_lines_is_on_its_way(desk: Desk) -> None:
    peer = desk.come_in()
    for n in range(50):
        desk.chat.say("#lab", f"{n}")
    tags = said(peer, *map(str, range(WINDOW)))
    assert peer.silent()
    # Each answer, good or bad, makes place for one more.
    peer.say(f"={tags[0]} OK 1", f"={tags[1]} ERR silenced you may not speak now")
    tags += said(peer, str(WINDOW), str(WINDOW + 1))
    assert peer.silent()
    for n, tag in enumerate(tags[2:]):
        peer.say(f"={tag} OK {n + 2}")
    said(peer, *map(str, range(WINDOW + 2, 2 * WINDOW + 2)))
    assert peer.silent()


def test_after_a_break_the_same_lines_with_the_same_tags_in_the_same_order(desk: Desk) -> None:
    peer = desk.come_in()
    for n in range(30):
        desk.chat.say("#lab", f"{n}")
    tags = said(peer, *map(str, range(WINDOW)))
    peer.say(f"={tags[0]} OK 1", f"={tags[3]} OK 4")
    desk.run_until(lambda: len(desk.front.acknowledged) == 2)
    desk.chat.say("#lab", "30")
    left = [n for n in range(31) if n not in {0, 3}]
    for _ in range(3):
        peer = back_in(desk, peer)
        again = said(peer, *map(str, left[:WINDOW]))
        assert peer.silent()
        assert [tag for tag in again if tag in tags] == [*tags[1:3], *tags[4:20]]
    for n in left[:WINDOW]:
        peer.say(f"={again[left.index(n)]} OK {n + 1}")
    said(peer, *map(str, left[WINDOW:]))
    # The order of the acknowledgements is that of the lines.
    assert desk.front.acknowledged == ["0", "3", *map(str, left[:WINDOW])]


def test_a_refused_line_leaves_the_outbox_and_says_why(desk: Desk) -> None:
    peer = desk.come_in()
    pending = desk.chat.say("#lab", "satu")
    desk.chat.say("#lab", "dua")
    first, second = said(peer, "satu", "dua")
    peer.say(f"={first} ERR silenced you may not speak now", f"={second} OK 5")
    desk.run_until(lambda: desk.front.acknowledged)
    assert desk.front.failures == [(pending, Failure("silenced", "you may not speak now"))]
    assert desk.chat.outbox == {}
    peer = back_in(desk, peer)
    assert peer.silent()


@pytest.mark.parametrize("code", ["not-saved", "slow-down"])
def test_what_could_not_be_saved_is_sent_again_later_and_in_order(desk: Desk, code: str) -> None:
    peer = desk.come_in()
    for text in ("satu", "dua", "tiga"):
        desk.chat.say("#lab", text)
    tags = said(peer, "satu", "dua", "tiga")
    peer.say(f"={tags[0]} OK 1", f"={tags[1]} ERR {code} later", f"={tags[2]} ERR {code} later")
    desk.run_until(lambda: desk.front.acknowledged)
    peer.settle()
    # What is said meanwhile must not overtake them.
    desk.chat.say("#lab", "empat")
    assert peer.silent()
    desk.advance(RETRY_SECONDS - 0.1)
    assert peer.silent()
    desk.advance(0.1)
    again = said(peer, "dua", "tiga", "empat")
    assert again[:2] == tags[1:]
    assert desk.front.failures == []
    peer.say(*(f"={tag} OK {n}" for n, tag in enumerate(again, 2)))
    desk.run_until(lambda: not desk.chat.outbox)
    desk.advance(2 * RETRY_SECONDS)
    assert peer.silent()


def test_the_wait_of_an_old_connection_says_nothing_twice_on_the_next(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.say("#lab", "satu")
    (tag,) = said(peer, "satu")
    peer.say(f"={tag} ERR not-saved nothing was sent")
    peer.settle()
    peer = back_in(desk, peer)
    assert said(peer, "satu") == [tag]
    desk.advance(RETRY_SECONDS)
    assert peer.silent()


def test_a_second_acknowledgement_is_nothing_new(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.say("#lab", "satu")
    (tag,) = said(peer, "satu")
    peer.say(f"={tag} OK 1", f"={tag} OK 1", f"={tag} ERR id-reused x", message(9))
    desk.run_until(lambda: desk.front.shown)
    assert desk.front.acknowledged == ["satu"]
    assert desk.front.failures == []


def test_after_another_history_the_outbox_goes_to_the_new_one(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.say("#lab", "satu")
    (tag,) = said(peer, "satu")
    peer = desk.lose(peer)
    peer.greet(0, "h2", again=True)
    lines = [peer.next() for _ in range(5)]
    assert lines[-1] == (tag, "SAY #lab satu")


def test_goodbye_is_said_behind_the_lines(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.say("#lab", "satu")
    desk.chat.quit("sampai jumpa")
    desk.chat.quit("dua kali")
    said(peer, "satu")
    assert peer.next() == ("", "QUIT sampai jumpa")
    peer.wait_end()
    assert peer.silent()
    peer.close()
    desk.run_until(lambda: desk.chat.link.closed)


def test_a_long_reason_is_cut_rather_than_refused(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.quit("é" * 200)
    assert peer.next().line == "QUIT " + "é" * 127
