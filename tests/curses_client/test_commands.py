"""What is typed behind ``/``: the table of commands, and what is said when it is none of them.

What is no known command never goes to a room. What each of them does is in ``test_actions``.
"""

import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client import actions, commands
from curses_client.commands import BY_NAME, COMMANDS, Typed, closest, take_apart, usage
from curses_client.texts import LANGUAGES
from tests.curses_client.typing_desk import Typing
from wire.grammar import LINE_BREAK, TEXT_BYTES


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In #lab."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


# The table.


def test_every_name_and_alias_is_there_once() -> None:
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert all(set(name) <= set(string.ascii_lowercase + "-") for name in names)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_an_action_a_help_and_a_usage(command: commands.Command) -> None:
    assert command.name in actions.ACTIONS
    for language in LANGUAGES:
        assert command.help.say(language).strip()
    assert usage(command.name).startswith(f"/{command.name}")
    # What must be there is written without brackets.
    words = command.words.split()
    assert command.least == sum(not word.startswith("[") and word[-1] != "]" for word in words)


def test_every_action_has_a_command() -> None:
    assert set(actions.ACTIONS) == {command.name for command in COMMANDS}


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("halo", Typed(None, "halo")),
        ("", Typed(None, "")),
        ("//etc/passwd", Typed(None, "/etc/passwd")),
        ("///", Typed(None, "//")),
        ("/join #lab", Typed("join", "#lab")),
        ("/me  dua  kata ", Typed("me", "dua  kata")),
        ("/", Typed("", "")),
        ("/quit", Typed("quit", "")),
        ("a /join", Typed(None, "a /join")),
    ],
)
def test_taking_a_line_apart(line: str, typed: Typed) -> None:
    assert take_apart(line) == typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("jion", "join"), ("masuk", "masuk"), ("QIUT", "quit"), ("bantuna", "bantuan"), ("x9z", None)],
)
def test_the_command_that_looks_most_like_it(typed: str, meant: str | None) -> None:
    assert closest(typed) == meant


# What is said.


def test_a_line_is_said_as_it_stands(desk: Typing) -> None:
    for line in ("halo", " dua  kata ", "//sl", "/say /slash", "a /b"):
        assert desk.type(line)
    assert desk.wire.take() == [
        "SAY #lab halo", "SAY #lab  dua  kata ", "SAY #lab /sl", "SAY #lab /slash", "SAY #lab a /b"
    ]  # fmt: skip


def test_breaks_and_bad_characters_are_made_fit_to_travel(desk: Typing) -> None:
    desk.type("satu\ndua\x1b[2J\u202e")
    assert desk.wire.take() == [f"SAY #lab satu{LINE_BREAK}dua\ufffd[2J\ufffd"]


def test_nothing_but_blanks_says_nothing(desk: Typing) -> None:
    for line in ("", "   ", "\n\n", "\t"):
        assert desk.type(line)
    assert desk.wire.take() == []


@pytest.mark.parametrize(
    "line",
    [
        "/jion #lab",
        "/nickserv identify RAHASIA",
        "/",
        "/ halo",
        "/JION",
        "/\x1b[2J",
        "/ /",
        "/join\nx",
    ],
)
def test_an_unknown_command_is_never_sent_and_stays_in_the_line(desk: Typing, line: str) -> None:
    assert desk.type(line) is False
    assert desk.wire.take() == []
    assert len(desk.errors) == 1
    assert "nothing was sent" in desk.errors[0]


def test_did_you_mean(desk: Typing) -> None:
    desk.type("/jion #lab")
    assert "Did you mean /join?" in desk.errors[0]
    desk.type("/zzzzzz")
    assert "Did you mean" not in desk.errors[1]


def test_commands_are_known_in_any_case_and_by_their_aliases(desk: Typing) -> None:
    assert desk.type("/ME pasang kabel")
    assert desk.type("/Bisik fatur halo")
    assert desk.wire.take() == ["ACT #lab pasang kabel", "SAY @fatur halo"]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.least], ids=lambda c: c.name)
def test_a_command_without_its_words_tells_how_to_say_it(
    desk: Typing, command: commands.Command
) -> None:
    line = f"/{command.name} " + " ".join(["x"] * (command.least - 1))
    assert desk.type(line) is False
    assert desk.errors == [f"usage: {usage(command.name)}"]
    assert desk.wire.take() == []


def test_too_long_for_one_message(desk: Typing) -> None:
    assert desk.type("é" * (TEXT_BYTES // 2))
    assert desk.type("é" * (TEXT_BYTES // 2) + "x") is False
    assert desk.errors == ["too long for one message (3501 of 3500 bytes); nothing was sent"]
    assert len(desk.wire.take()) == 1


def test_where_nobody_hears(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "")
    assert desk.type("halo") is False
    assert desk.type("/me x") is False
    assert desk.wire.take() == []
    assert len(desk.errors) == 2
    assert desk.type("/msg fatur halo")
    assert desk.wire.take() == ["SAY @fatur halo"]
    desk.loop.close()
