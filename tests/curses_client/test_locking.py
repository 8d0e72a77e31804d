"""What the commands about keys, invitations and passwords say to the server and to the user."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curses_client.front import NobodyAsks
from tests.curses_client.typing_desk import Typing


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """Somebody in #lab, the server listening."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


class Asker(NobodyAsks):
    """Somebody who is asked, and has an answer at once."""

    def __init__(self) -> None:
        self.about: list[str] = []

    def new_secret(self, about: str, done: Callable[[str], object]) -> bool:
        self.about.append(about)
        done("rahasia")
        return True


def test_a_room_with_a_key(desk: Typing) -> None:
    assert desk.type("/join #uas rahasia")
    assert desk.wire.take()[0] == "JOIN #uas rahasia"
    desk.chat.asker = asker = Asker()
    for line, said, told in [
        ("/key", "KEY #lab rahasia", "#lab has a new key: who comes in from now on needs it"),
        ("/key -", "KEY #lab", "#lab has no key now"),
        ("/password", "PASSWORD rahasia",
         "rizky has a password now: elsewhere you are asked for it"),
        ("/password -", "PASSWORD", "rizky has no password now"),
        ("/invite fatur", "INVITE #lab fatur", "fatur may enter #lab once without its key"),
    ]:  # fmt: skip
        assert desk.type(line)
        assert desk.notices == []
        desk.answer()
        assert desk.wire.take() == [said]
        assert desk.notices == [told]
        desk.notices.clear()
        assert desk.chat.keys.of("#lab", "h1") == ("rahasia" if line == "/key" else "")
    assert asker.about == ["#lab", "rizky"]


def test_what_the_server_does_not_allow_is_told_and_no_key_is_kept(desk: Typing) -> None:
    desk.chat.asker = Asker()
    assert desk.type("/key")
    desk.answer(end="ERR not-allowed no")
    assert desk.errors == [
        "/key: only who made #lab, or an operator, may do that; a room for guests takes no key"
    ]
    assert desk.chat.keys.of("#lab", "h1") == ""


def test_nothing_is_asked_while_nobody_would_hear_it(tmp_path: Path) -> None:
    desk = Typing(tmp_path, online=False)
    desk.chat.asker = asker = Asker()
    for line in ("/key", "/password"):
        assert desk.type(line) is False
    assert asker.about == []
    assert desk.errors == ["not connected; try again later"] * 2
    desk.loop.close()
