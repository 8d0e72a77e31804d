"""Keys and passwords asked for in the input line: unseen, kept nowhere, never in the way."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from curses_client.alerts import Alerts
from curses_client.asking import Asking
from curses_client.chat import Chat
from curses_client.commands import COMMANDS, without_secret
from curses_client.keeper import Keeper
from curses_client.memory import Memory
from curses_client.modes import Silent
from curses_client.story import Story
from curses_client.texts import Texts
from tests.curses_client.asking import ENGLISH, LEAVING, asked, press
from tests.curses_client.tellers import Stage, settings_of
from tests.curses_client.typist import Typist

KEY = "kunci-Rahasia.7"


class Desk:
    """A typist with somebody who asks; what the chat is told is written down."""

    def __init__(self, folder: Path) -> None:
        self.typist = Typist(folder)
        self.state = self.typist.state
        self.stage = Stage()
        texts = Texts("en")
        self.story = Story(
            self.state, texts, self.stage, self.typist.clock, Alerts(settings_of({}))
        )
        self.told: list[tuple[str, ...]] = []
        self.chat = SimpleNamespace(
            name="rizky",
            rooms={"#lab": "#lab", "#uas": "#uas"},
            online=True,
            outbox={},
            join=lambda room, key: self.told.append(("join", room, key)),
            prove=lambda word: self.told.append(("prove", word)),
            stay_out=lambda room: self.told.append(("out", room)),
        )
        self.story.chat = cast("Chat", self.chat)
        self.asking = Asking(
            self.typist.hands, self.state, self.story, self.story.chat, texts, lambda: None
        )
        self.state.show(self.state.open("#lab"))

    def question(self) -> str:
        """What stands in place of the input line; "" for nothing."""
        question = self.typist.hands.question()
        return "" if question is None else question.forms[-1] + (question.typed or "")

    def lines(self) -> list[str]:
        """What the window that is shown tells."""
        return [line.text for line in self.state.current.lines]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody in #lab."""
    desk = Desk(tmp_path)
    yield desk
    desk.typist.loop.close()


def silent(again: str = "") -> tuple[Silent, list[str]]:
    """A question, and what became of it."""
    told: list[str] = []
    return Silent("Key: ", again, told.append, lambda why: told.append("left " + why)), told


def test_stars_stand_for_what_is_typed() -> None:
    mode, told = silent()
    assert not press(mode, "ab", "c", "backspace", "ctrl-u", "x", "y", "z", "up", "tab")
    assert asked(mode, ENGLISH) == "Key: ***"
    assert press(mode, "enter")
    assert told == ["xyz"]


@pytest.mark.parametrize("key", LEAVING)
def test_it_can_be_left(key: str) -> None:
    mode, told = silent()
    assert press(mode, "abc", key)
    assert told == ["left nothing-changed"]


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [
        (("a", "enter", "a", "enter"), "a"),
        (("a", "enter", "b", "enter"), "left not-the-same"),
        (("a", "enter", "enter"), "left not-the-same"),
        (("a", "enter", "esc"), "left nothing-changed"),
        (("enter",), "left nothing-changed"),
    ],
)
def test_a_new_one_is_typed_twice(keys: tuple[str, ...], outcome: str) -> None:
    mode, told = silent("Again: ")
    assert press(mode, *keys)
    assert told == [outcome]


def test_a_key_that_is_pasted(desk: Desk) -> None:
    desk.asking.key_wanted("#lab", wrong=False)
    desk.typist.type(f"\x1b[200~{KEY}\n\x1b[201~")
    assert desk.question() == "Key of #lab: " + "*" * len(KEY)
    desk.typist.type("enter")
    assert desk.told == [("join", "#lab", KEY)]


def test_what_was_typed_is_nowhere_but_where_it_belongs(desk: Desk, tmp_path: Path) -> None:
    memory = Memory(tmp_path, "server", "rizky")
    keeper = Keeper(memory, desk.state, tmp_path)
    desk.asking.key_wanted("#lab", wrong=False)
    desk.typist.type(*KEY)
    assert KEY not in "\n".join(desk.typist.rows())
    keeper.end()
    desk.typist.type("enter")
    desk.typist.type("up", "ctrl-up", "ctrl-_", "ctrl-y")
    assert desk.typist.editor.text == ""
    memory.save_now()
    assert desk.told == [("join", "#lab", KEY)]
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and KEY in p.read_text()]


def test_who_is_typing_is_not_disturbed(desk: Desk) -> None:
    desk.typist.type("halo")
    desk.asking.key_wanted("#uas", wrong=False)
    assert desk.question() == ""
    assert desk.lines() == [
        "#uas is locked: you are asked as soon as nothing stands in the input line"
    ]
    desk.typist.type("backspace")
    assert desk.question() == ""
    desk.typist.type("ctrl-u")
    assert desk.question() == "Key of #uas: "
    assert desk.told == []


def test_several_wait_for_each_other_and_one_that_was_left_is_not_asked_for(desk: Desk) -> None:
    desk.chat.rooms["#os"] = "#os"
    for room in ("#lab", "#uas", "#os"):
        desk.asking.key_wanted(room, wrong=False)
    del desk.chat.rooms["#uas"]
    desk.typist.type("a", "enter")
    assert desk.question() == "Key of #os: "
    desk.typist.type("b", "enter")
    assert desk.question() == ""
    assert desk.told == [("join", "#lab", "a"), ("join", "#os", "b")]


def test_a_wrong_one_is_told_and_asked_for_again(desk: Desk) -> None:
    desk.asking.key_wanted("#lab", wrong=True)
    assert desk.question() == "the key is wrong. Key of #lab: "
    desk.typist.type("a b", "enter")  # that cannot be one
    assert desk.question() == "the key is wrong. Key of #lab: "
    assert desk.told == []


def test_a_reconnect_does_not_take_away_what_is_being_typed(desk: Desk) -> None:
    desk.asking.key_wanted("#lab", wrong=False)
    desk.typist.type("ab")
    desk.asking.key_wanted("#lab", wrong=False)
    desk.typist.type("c", "enter")
    assert desk.told == [("join", "#lab", "abc")]


def test_how_to_leave_it_is_told_where_there_is_room(desk: Desk) -> None:
    def asked() -> str:
        question = desk.typist.hands.question()
        assert question is not None
        return question.forms[0]

    desk.asking.key_wanted("#lab", wrong=True)
    assert asked() == "[Esc stays out] the key is wrong. Key of #lab: "
    desk.typist.type("esc")
    desk.asking.new_secret("#lab", lambda _: None)
    assert asked() == "[Esc changes nothing] New key of #lab: "
    desk.typist.type("a", "enter")
    assert asked() == "[Esc changes nothing] Once more: "
    desk.typist.type("esc")
    desk.asking.password_wanted(wrong=False)
    assert asked() == "[Esc leaves obrol] Password of rizky: "


def test_who_has_no_key_stays_out(desk: Desk) -> None:
    desk.state.open("#uas")
    desk.asking.key_wanted("#uas", wrong=False)
    desk.typist.type("ab", "esc")
    assert (desk.question(), desk.told) == ("", [("out", "#uas")])
    assert desk.state.find("#uas") is None
    assert desk.lines()[-1] == "you did not enter #uas; /join #uas asks for its key again"


def test_a_password_is_asked_for_and_who_has_none_is_not_taken(desk: Desk) -> None:
    desk.asking.password_wanted(wrong=False)
    assert desk.question() == "Password of rizky: "
    desk.typist.type("sandi", "enter")
    assert desk.told == [("prove", "sandi")]
    desk.asking.password_wanted(wrong=True)
    assert desk.question() == "the password is wrong. Password of rizky: "
    desk.typist.type("esc")
    assert [failure.code for failure in desk.stage.refusals] == ["bad-password"]


def test_to_wait_is_told_once_for_each_answer(desk: Desk) -> None:
    for _ in range(3):
        desk.asking.has_to_wait("#lab")
    assert desk.lines() == [
        "#lab: too many wrong tries. What you typed last is tried again every 3 s until the server "
        "looks at it, within a minute"
    ]
    desk.asking.key_wanted("#lab", wrong=True)
    desk.asking.has_to_wait("#lab")
    assert len(desk.lines()) == 2


def test_a_new_key_that_cannot_be_one_is_not_set(desk: Desk) -> None:
    told: list[str] = []
    desk.asking.new_secret("#lab", told.append)
    desk.typist.type("a b", "enter", "a b", "enter")
    assert told == []
    assert desk.lines() == ["it is one word of at most 64 bytes"]
    desk.asking.new_secret("rizky", told.append)
    assert desk.question() == "New password of rizky: "
    desk.typist.type("a", "enter", "a", "enter")
    assert told == ["a"]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"/join #uas {KEY}", "/join #uas"),
        (f"/masuk uas {KEY} lagi", "/masuk uas"),
        (f"  /J #uas  {KEY}", "/J #uas"),
        (f"/jion #uas {KEY}", "/jion #uas"),
        (f"/key {KEY}", "/key"),
        (f"/sandi {KEY}", "/sandi"),
        ("/key -", "/key -"),
        ("/join #uas", "/join #uas"),
        ("/join ", "/join "),
        ("//join #uas kunci", "//join #uas kunci"),
        ("halo /join #uas kunci", "halo /join #uas kunci"),
        ("/msg fatur kunci", "/msg fatur kunci"),
    ],
)
def test_a_secret_of_a_line_is_not_kept(desk: Desk, tmp_path: Path, line: str, kept: str) -> None:
    assert without_secret(line) == kept
    memory = Memory(tmp_path, "server", "rizky")
    keeper = Keeper(memory, desk.state, tmp_path)
    desk.typist.editor.set_text(line)
    keeper.end()
    assert memory.drafts == {"#lab": kept}
    desk.typist.type("ctrl-c", "up")
    assert desk.typist.editor.text == kept


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_taken_from_other_commands(command: object) -> None:
    name = getattr(command, "name", "")
    line = f"/{name} satu dua tiga"
    assert (without_secret(line) == line) is (name not in {"join", "key", "password"})
