"""Chat against a server played by hand: rooms with a key, and a name with a password."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curses_client.credentials import (
    PASSWORD_VARIABLE,
    BadPasswordError,
    given_key,
    given_password,
)
from curses_client.front import Failure
from curses_client.store import Kept
from curses_client.texts import Texts
from tests.curses_client.fakes import NEWEST, SESSION, Desk, Peer

KEY = "rahasia"
WRONG = "bad-key the key is wrong"
UNPROVED = "bad-password the password is wrong"


class Asker:
    """Somebody who can be asked, and what for."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def key_wanted(self, room: str, *, wrong: bool) -> bool:
        self.told.append((room, wrong))
        return True

    def password_wanted(self, *, wrong: bool) -> bool:
        self.told.append(("", wrong))
        return True

    def has_to_wait(self, room: str) -> None:
        self.told.append(("wait", room))

    def new_secret(self, about: str, done: Callable[[str], object]) -> bool:
        del about, done
        return False


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody who can be asked, in front of a server."""
    with Desk(tmp_path) as desk:
        desk.chat.asker = Asker()
        yield desk


def told(desk: Desk) -> list[tuple[object, ...]]:
    """What was asked since the last time."""
    asker = desk.chat.asker
    assert isinstance(asker, Asker)
    found, asker.told = asker.told, []
    return found


def knock(peer: Peer, line: str, answer: str = WRONG) -> None:
    """The client tries to enter, and is refused."""
    peer.refuse(line, answer)
    peer.refuse(f"HISTORY #lab {NEWEST} 100", "not-joined you are not in that room")


def rest(peer: Peer) -> None:
    for scope in "@*":
        peer.page(f"{scope} {NEWEST} 100")


def at_the_door(desk: Desk) -> Peer:
    """Somebody before #lab, whose key is asked for."""
    peer = desk.start("#lab")
    peer.greet()
    knock(peer, "JOIN #lab")
    rest(peer)
    desk.run_until(lambda: told(desk) == [("#lab", False)])
    return peer


def inside(desk: Desk) -> Peer:
    """Somebody who gave the key."""
    peer = at_the_door(desk)
    desk.chat.join("#lab", KEY)
    peer.answer(f"JOIN #lab {KEY}", "NAMES #lab rizky")
    peer.page(f"#lab {NEWEST} 100")
    desk.run_until(lambda: desk.store.keys("h1") == {"#lab": KEY})
    return peer


def test_a_key_that_let_me_in_is_kept_and_shown_after_a_break_and_by_the_next_run(
    desk: Desk, tmp_path: Path
) -> None:
    again = desk.lose(inside(desk))
    again.greet(again=True)
    again.expect(f"JOIN #lab {KEY}")
    with Desk(tmp_path) as second:
        peer = second.start("#lab")
        peer.greet(again=True)
        peer.expect(f"JOIN #lab {KEY}")
    assert not [entry for entry in desk.front.told if entry[0] == "room failed"]


def test_a_key_that_is_refused_is_forgotten(desk: Desk) -> None:
    again = desk.lose(inside(desk))
    again.greet(again=True)
    again.refuse(f"JOIN #lab {KEY}", WRONG)
    desk.run_until(lambda: told(desk) == [("#lab", True)])
    assert desk.store.keys("h1") == {}
    assert desk.chat.rooms == {"#lab": "#lab"}  # one of mine, while somebody is asked


def test_who_stays_out_is_not_asked_again_after_a_break(desk: Desk) -> None:
    peer = at_the_door(desk)
    desk.chat.stay_out("#lab")
    assert desk.chat.rooms == {}
    again = desk.lose(peer)
    again.greet(again=True)
    again.page("@ after 0 200")
    assert told(desk) == []


def test_of_another_history_no_key_is_known(desk: Desk) -> None:
    again = desk.lose(inside(desk))
    again.greet(history="h2", again=True)
    again.expect("JOIN #lab")
    assert desk.store.keys("h1") == desk.store.keys("h2") == {}


def test_a_new_secret_of_the_session_does_not_cost_the_keys(desk: Desk) -> None:
    inside(desk)
    desk.store.save(Kept("t" * 16, "h1", ("rizky",)))
    assert desk.store.keys("h1") == {"#lab": KEY}
    desk.store.forget_key("#lab", "another", "h1")  # another client learned a newer one
    assert desk.store.keys("h1") == {"#lab": KEY}


@pytest.mark.parametrize("keys", ["7", "[]", '{"#lab": 7}', '{"lab": "x"}', '{"#lab": "a b"}'])
def test_keys_that_are_none_are_not_shown(desk: Desk, tmp_path: Path, keys: str) -> None:
    inside(desk)
    path = tmp_path / "client" / "sessions.json"
    text = path.read_text().replace('"rahasia"', "7")
    path.write_text(text.replace(text[text.index('"keys": ') + 8 : text.index("}") + 1], keys))
    assert desk.store.keys("h1") == {}
    kept = desk.store.load()
    assert kept is not None
    assert kept[:3] == (SESSION, "h1", ("rizky",))


def test_where_nothing_can_be_kept_this_run_knows_the_key(tmp_path: Path) -> None:
    (tmp_path / "client").write_text("a file stands where the folder should be")
    with Desk(tmp_path) as desk:
        desk.chat.asker = Asker()
        peer = at_the_door(desk)
        desk.chat.join("#lab", KEY)
        peer.answer(f"JOIN #lab {KEY}")
        peer.page(f"#lab {NEWEST} 100")
        peer.settle()
        again = desk.lose(peer)
        again.greet(again=True)
        again.expect(f"JOIN #lab {KEY}")


def test_what_was_said_to_a_closed_room_waits_for_its_key(desk: Desk) -> None:
    peer = desk.start("#lab")
    peer.greet()
    line = desk.chat.say("#lab", "satu")
    tag = peer.expect("JOIN #lab")
    peer.expect(f"HISTORY #lab {NEWEST} 100")
    rest(peer)
    peer.expect("SAY #lab satu")
    peer.say(f"={tag} ERR {WRONG}", f"={line.tag} ERR not-joined you are not in that room")
    desk.run_until(lambda: told(desk) == [("#lab", False)])
    desk.chat.say("#lab", "dua")
    assert peer.silent()
    desk.chat.join("#lab", KEY)
    peer.answer(f"JOIN #lab {KEY}")
    peer.page(f"#lab {NEWEST} 100")
    for number, said in enumerate(["satu", "dua"], 1):
        peer.answer(f"SAY #lab {said}", ok=str(number))
    desk.run_until(lambda: desk.front.acknowledged == ["satu", "dua"])
    assert desk.front.failures == []


def test_what_was_said_to_a_room_that_stays_closed_is_told(desk: Desk) -> None:
    peer = at_the_door(desk)
    desk.chat.say("#lab", "satu")
    assert peer.silent()
    desk.chat.stay_out("#lab")
    peer.refuse("SAY #lab satu", "not-joined you are not in that room")
    desk.run_until(lambda: desk.front.failures)


def test_after_too_many_wrong_keys_it_is_tried_again(desk: Desk) -> None:
    peer = at_the_door(desk)
    desk.chat.join("#lab", KEY)
    knock(peer, f"JOIN #lab {KEY}", "slow-down too much at once")
    desk.run_until(lambda: told(desk) == [("wait", "#lab")])
    desk.advance(3)
    peer.answer(f"JOIN #lab {KEY}")


def test_a_key_of_the_environment_is_for_the_first_room_that_wants_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBROL_KEY", KEY)
    desk.chat.keys.spare = given_key()
    assert given_key() == ""  # what other programs we start get to see
    peer = desk.start("#lab")
    peer.greet()
    knock(peer, "JOIN #lab")
    rest(peer)
    knock(peer, f"JOIN #lab {KEY}")
    desk.run_until(lambda: told(desk) == [("#lab", True)])


def test_a_password_is_said_only_where_it_is_wanted(desk: Desk) -> None:
    desk.chat.greeting.password = KEY
    peer = desk.start()
    peer.refuse("HELLO rizky", UNPROVED)
    peer.answer(f"HELLO rizky password={KEY}", f"WELCOME rizky {SESSION} h1 0 -")
    desk.run_until(lambda: desk.chat.online)
    assert told(desk) == []
    again = desk.lose(peer)
    again.greet(again=True)
    desk.run_until(lambda: desk.chat.online)


def test_a_password_is_asked_for_until_it_is_right(desk: Desk) -> None:
    peer = desk.start()
    peer.refuse("HELLO rizky", UNPROVED)
    desk.run_until(lambda: told(desk) == [("", False)])
    desk.chat.prove("salah")
    peer.refuse("HELLO rizky password=salah", UNPROVED)
    desk.run_until(lambda: told(desk) == [("", True)])
    desk.chat.prove(KEY)
    peer.refuse(f"HELLO rizky password={KEY}", "slow-down too much at once")
    desk.run_until(lambda: told(desk) == [("wait", "")])
    desk.advance(3)
    peer.answer(f"HELLO rizky password={KEY}", f"WELCOME rizky {SESSION} h1 0 -")
    desk.run_until(lambda: desk.chat.online)
    assert desk.front.told == [("welcome", "rizky")]


def test_an_answer_that_comes_after_the_connection_has_gone(desk: Desk) -> None:
    peer = desk.start()
    peer.refuse("HELLO rizky", UNPROVED)
    desk.run_until(lambda: told(desk) == [("", False)])
    peer.close()
    desk.run_until(lambda: desk.front.losses)
    desk.chat.prove(KEY)
    peer = desk.accept()
    peer.refuse("HELLO rizky", UNPROVED)
    peer.expect(f"HELLO rizky password={KEY}")


def test_where_nobody_can_be_asked_the_name_is_refused(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        peer = desk.start()
        peer.refuse("HELLO rizky", UNPROVED)
        failure = Failure("bad-password", "the password is wrong")
        desk.run_until(lambda: desk.front.told == [("refused", failure)])
        assert peer.silent()


# Where a password comes from.


def test_the_environment_and_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Texts("en")
    monkeypatch.setenv(PASSWORD_VARIABLE, "lingkungan")
    assert given_password(None, texts) == "lingkungan"
    assert given_password(None, texts) == ""
    path = tmp_path / "sandi"
    path.write_bytes(b"berkas\r\nselebihnya\n")
    path.chmod(0o600)
    monkeypatch.setenv(PASSWORD_VARIABLE, "lingkungan")
    assert given_password(path, texts) == "berkas"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "sandi"
    path.write_text("berkas\n")
    path.chmod(mode)
    with pytest.raises(BadPasswordError, match=r"others may read it; chmod 600 .*sandi closes"):
        given_password(path, Texts("en"))


@pytest.mark.parametrize("text", [b"", b"\n", b"a b\n", b"\xff\x00\n", b"x" * 5000])
def test_what_is_no_password(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "sandi"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(BadPasswordError, match="a password is one word"):
        given_password(path, Texts("en"))


def test_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadPasswordError, match=str(path)):
            given_password(path, Texts("en"))
