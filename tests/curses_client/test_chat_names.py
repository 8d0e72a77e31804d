"""Chat against a server played by hand: names, secrets, being away, and being sent away."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.front import Failure, Stored
from curses_client.link import Status
from curses_client.store import Kept, Store
from tests.curses_client.fakes import SESSION, TIME, Desk, Peer


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody in front of a server."""
    with Desk(tmp_path) as desk:
        yield desk


def private(sender: str, to: str) -> Stored:
    return Stored("MSG", 1, TIME, f"@{to}", sender, "x", live=True)


def test_the_secret_is_kept_and_shown_by_the_next_run(desk: Desk, tmp_path: Path) -> None:
    desk.come_in()
    assert desk.store.load() == Kept(SESSION, "h1", ("rizky",), (os.getuid(),))
    with Desk(tmp_path) as second:
        peer = second.start()
        peer.expect(f"HELLO rizky session={SESSION}")


def test_a_folder_that_cannot_be_written_costs_no_name_after_a_break(
    tmp_path: Path,
) -> None:
    (tmp_path / "client").write_text("a file stands where the folder should be")
    with Desk(tmp_path) as desk:
        peer = desk.lose(desk.come_in())
        peer.expect(f"HELLO rizky session={SESSION}")


def test_a_name_that_is_taken_is_asked_for_again_with_the_secret_of_the_other_terminal(
    desk: Desk,
) -> None:
    peer = desk.start("#lab")
    peer.refuse("HELLO rizky", "name-taken that name is taken")
    peer.settle()
    # My other terminal was quicker, and has just written what it got.
    desk.store.save(Kept("t" * 16, "h1", ("rizky", "rizki")))
    assert peer.silent()
    desk.advance(0.3)
    tag = peer.expect(f"HELLO rizky session={'t' * 16}")
    peer.say(f"={tag} WELCOME rizky {'t' * 16} h1 0 -", f"={tag} OK")
    peer.expect("JOIN #lab")
    assert desk.chat.my_names == {"rizky", "rizki"}
    assert not [entry for entry in desk.front.told if entry[0] == "refused"]


def test_after_three_tries_the_name_is_somebody_elses(desk: Desk) -> None:
    peer = desk.start("#lab")
    for _ in range(3):
        assert desk.front.told == []
        peer.refuse("HELLO rizky", "name-taken that name is taken")
        peer.settle()
        desk.advance(0.3)
    assert desk.front.told == [("refused", Failure("name-taken", "that name is taken"))]
    assert peer.silent()


def test_a_good_greeting_gives_the_three_tries_back(desk: Desk) -> None:
    peer = desk.start()
    for again in range(3):
        for _ in range(2):
            hello = f"HELLO rizky session={SESSION}" if again else "HELLO rizky"
            peer.refuse(hello, "name-taken that name is taken")
            peer.settle()
            desk.advance(0.3)
        peer.greet(again=bool(again))
        peer = desk.lose(peer)
    assert not [entry for entry in desk.front.told if entry[0] == "refused"]


def test_a_good_greeting_makes_the_next_wait_short_and_a_bad_one_does_not(desk: Desk) -> None:
    peer = desk.start()
    for wait in (1, 2):
        peer.refuse("HELLO rizky", "full no more connections")
        peer.close()
        desk.run_until(lambda: desk.front.losses)
        # A fifth shorter or longer by chance.
        assert 0.8 * wait <= desk.chat.link.retry_at - desk.clock.at <= 1.2 * wait
        peer = desk.again()
    peer.greet()
    desk.run_until(lambda: desk.chat.online)
    peer.close()
    desk.run_until(lambda: desk.front.losses)
    assert 0.8 <= desk.chat.link.retry_at - desk.clock.at <= 1.2


@pytest.mark.parametrize("code", ["name-reserved", "bad-password", "banned", "full"])
def test_other_refusals_are_told_at_once(desk: Desk, code: str) -> None:
    peer = desk.start()
    peer.refuse("HELLO rizky", f"{code} text")
    desk.run_until(lambda: desk.front.told)
    assert desk.front.told == [("refused", Failure(code, "text"))]


def test_the_second_try_of_an_old_connection_is_not_made_on_the_next(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.refuse("HELLO rizky", "name-taken that name is taken")
    peer.settle()
    peer = desk.lose(peer)
    peer.expect("HELLO rizky")
    desk.advance(0.3)
    assert peer.silent()


def test_i_am_called_otherwise_and_stay_so_after_a_break(desk: Desk) -> None:
    peer = desk.come_in()
    peer.say(f"RENAMED {TIME} fatur fatur2", f"RENAMED {TIME} Rizky rizky2")
    desk.run_until(lambda: desk.chat.name == "rizky2")
    kept = desk.store.load()
    assert kept == Kept(SESSION, "h1", ("rizky", "rizky2"), (os.getuid(),))
    assert desk.front.told[-1] == ("RENAMED", TIME, "Rizky", "rizky2")
    peer = desk.lose(peer)
    peer.expect(f"HELLO rizky2 session={SESSION}")


def test_the_server_may_write_my_name_in_its_own_way(desk: Desk) -> None:
    peer = desk.start()
    peer.answer("HELLO rizky", f"WELCOME Rizky {SESSION} h1 0 -")
    desk.run_until(lambda: desk.front.told)
    assert desk.front.told == [("welcome", "Rizky")]


@pytest.mark.parametrize(
    ("sender", "to", "other"),
    [
        ("fatur", "rizky2", "fatur"),
        ("rizky2", "fatur", "fatur"),
        ("Rizky2", "Fatur", "Fatur"),
        ("fatur", "rizky", "fatur"),  # from before I was called rizky2
        ("rizky", "fatur", "fatur"),
        ("rizky2", "rizky", "rizky"),  # the name that I gave up is somebody else's now
        ("rizky", "rizky2", "rizky"),
        ("rizky2", "rizky2", "rizky2"),
    ],
)
def test_with_whom_a_private_word_was(desk: Desk, sender: str, to: str, other: str) -> None:
    desk.chat.name = "rizky2"
    desk.chat.my_names = {"rizky", "rizky2"}
    assert desk.chat.with_whom(private(sender, to)) == other


@pytest.mark.parametrize("word", ["kicked", "banned", "quit"])
def test_who_is_sent_away_does_not_come_back(desk: Desk, word: str) -> None:
    peer = desk.come_in()
    peer.say(f"BYE {word} karena bising")
    peer.wait_end()
    assert desk.front.told[-1] == ("goodbye", word, "karena bising")
    assert desk.chat.link.status is Status.ENDED
    peer.close()
    desk.advance(60)
    desk.chat.link.renew()
    desk.turns()
    assert len(desk.peers) == 1
    assert desk.chat.link.closed


@pytest.mark.parametrize("word", ["shutdown", "timeout", "slow-reader", "full", "bad-line", "new"])
def test_after_other_goodbyes_it_comes_back(desk: Desk, word: str) -> None:
    peer = desk.come_in()
    peer.say(f"BYE {word} sebab")
    peer.wait_end()
    assert desk.front.told[-1] == ("lost", "sebab")
    desk.again().expect(f"HELLO rizky session={SESSION}")


def test_what_follows_a_goodbye_is_not_read(desk: Desk) -> None:
    peer = desk.come_in()
    peer.say("BYE kicked pergi", f"MSG 5 {TIME} #lab fatur masih di sini?")
    peer.wait_end()
    assert desk.front.shown == []


def test_a_damaged_secret_is_no_secret(tmp_path: Path) -> None:
    store = Store(tmp_path / "client", "server", "rizky")
    store.save(Kept("not a session", "h1", ("rizky",)))
    with Desk(tmp_path) as desk:
        desk.start().expect("HELLO rizky")


def back_in_the_room(desk: Desk, peer: Peer) -> Peer:
    """The connection after a break, all that was missed read."""
    peer = desk.lose(peer)
    peer.greet(again=True)
    peer.let_in("#lab")
    for scope in ("#lab", "@", "*"):
        peer.page(f"{scope} after 0 200")
    return peer


def test_who_was_away_is_away_again_after_a_break(desk: Desk) -> None:
    """A server that was started anew has forgotten it."""
    peer = desk.come_in()
    desk.chat.away = "makan siang"
    for _ in range(2):
        peer = back_in_the_room(desk, peer)
        peer.answer("AWAY makan siang")
        assert peer.silent()
    assert desk.chat.away == "makan siang"
    desk.chat.away = ""
    assert back_in_the_room(desk, peer).silent()


def test_nobody_is_away_whom_the_server_did_not_hear(desk: Desk) -> None:
    peer = desk.come_in()
    desk.chat.away = "makan siang"
    peer = back_in_the_room(desk, peer)
    peer.expect("AWAY makan siang")  # the link breaks before the answer: it is said once more
    peer = back_in_the_room(desk, peer)
    assert desk.chat.away == "makan siang"
    peer.refuse("AWAY makan siang", "slow-down not so fast")
    desk.run_until(lambda: not desk.chat.away)
    assert peer.silent()
