"""The table of keys, held together with who does the actions, what terminals send, what is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.bindings import ACTIONS, GROUPS, spoken
from curses_client.editor import EDITS
from curses_client.hands import Hands
from curses_client.keys import Key
from tests.curses_client.typist import SENT, Typist, keys_of

BINDINGS = [binding for group in GROUPS for binding in group.bindings]

EXPECTED = {
    "enter": "enter", "newline": "alt-enter", "complete": "tab", "complete_back": "shift-tab",
    "older": "up", "newer": "down", "older_anywhere": "ctrl-up", "newer_anywhere": "ctrl-down",
    "recall": "ctrl-r", "page_up": "pgup", "page_down": "pgdn", "up_a_little": "alt-pgup",
    "down_a_little": "alt-pgdn", "to_top": "alt-home ctrl-home", "to_bottom": "alt-end ctrl-end",
    "end_or_bottom": "end", "next": "ctrl-n alt-right f6", "before": "ctrl-p alt-left f5",
    "last": "alt-/", "busiest": "alt-a", "to_mark": "alt-u", "mark": "alt-U",
    "mention_before": "alt-p", "mention_after": "alt-n", "find": "ctrl-s", "find_again": "f3",
    "home": "ctrl-a home", "end": "ctrl-e", "left": "ctrl-b left", "right": "ctrl-f right",
    "word_left": "alt-b ctrl-left", "word_right": "alt-f ctrl-right", "kill_word_left": "ctrl-w",
    "delete_word_left": "alt-backspace", "kill_word_right": "alt-d", "kill_to_start": "ctrl-u",
    "kill_to_end": "ctrl-k", "yank": "ctrl-y", "transpose": "ctrl-t", "undo": "ctrl-_",
    "delete": "delete", "end_of_file": "ctrl-d", "interrupt": "ctrl-c", "redraw": "ctrl-l",
    "suspend": "ctrl-z", "bare": "alt-l", "mouse": "alt-m", "nicklist": "alt-N",
    "passing": "alt-=", "edit": "ctrl-o", "help": "f1", "escape": "esc", "backspace": "backspace",
}  # fmt: skip
"""What hands know from weechat, irssi and readline, by what it does."""


def test_every_action_is_done_by_exactly_one_and_has_a_key() -> None:
    bound = {binding.action for binding in BINDINGS}
    assert set(EDITS) | set(Hands._ACTIONS) == bound
    assert set(EDITS) & set(Hands._ACTIONS) == set()


def test_no_key_and_no_action_twice() -> None:
    keys = [key for binding in BINDINGS for key in binding.keys]
    assert len(keys) == len(set(keys)) == len(ACTIONS)
    actions = [binding.action for binding in BINDINGS]
    assert len(actions) == len(set(actions))


def test_the_keys_that_hands_know() -> None:
    assert {b.action: set(b.keys) for b in BINDINGS} == {
        action: set(keys.split()) for action, keys in EXPECTED.items()
    }


@pytest.mark.parametrize("key", ACTIONS)
def test_the_bytes_of_a_terminal_come_to_the_action(key: str) -> None:
    assert keys_of(SENT[key]) == [Key(key)]


@pytest.mark.parametrize("number", range(10))
def test_the_numbers_of_windows_are_keys_of_their_own(number: int) -> None:
    assert keys_of(b"\x1b%d" % number) == [Key(f"alt-{number}")]
    assert f"alt-{number}" not in ACTIONS


@pytest.mark.parametrize(
    ("key", "english", "indonesian"),
    [
        ("ctrl-w", "Ctrl+W", "Ctrl+W"),
        ("ctrl-_", "Ctrl+_", "Ctrl+_"),
        ("alt-a", "Alt+a", "Alt+a"),
        ("alt-U", "Alt+Shift+U", "Alt+Shift+U"),
        ("alt-N", "Alt+Shift+N", "Alt+Shift+N"),
        ("alt-=", "Alt+=", "Alt+="),
        ("alt-/", "Alt+/", "Alt+/"),
        ("alt-left", "Alt+Left", "Alt+Kiri"),
        ("ctrl-right", "Ctrl+Right", "Ctrl+Kanan"),
        ("up", "Up", "Atas"),
        ("ctrl-down", "Ctrl+Down", "Ctrl+Bawah"),
        ("shift-tab", "Shift+Tab", "Shift+Tab"),
        ("alt-backspace", "Alt+Backspace", "Alt+Backspace"),
        ("alt-pgup", "Alt+PgUp", "Alt+PgUp"),
        ("pgdn", "PgDn", "PgDn"),
        ("delete", "Del", "Del"),
        ("f1", "F1", "F1"),
        ("esc", "Esc", "Esc"),
    ],
)
def test_how_a_key_is_spoken_of(key: str, english: str, indonesian: str) -> None:
    assert (spoken(key, "en"), spoken(key, "id")) == (english, indonesian)


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_two_keys_are_spoken_of_in_the_same_way(language: str) -> None:
    said = [spoken(key, language) for key in ACTIONS]
    assert len(said) == len(set(said))
    assert all(part for name in said for part in name.split("+"))


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_key_is_explained(language: str) -> None:
    for group in GROUPS:
        told = [binding.help.say(language) for binding in group.bindings]
        assert all(told)
        assert len(told) == len(set(told)), group.heading.say(language)


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    """Somebody at window 1."""
    typist = Typist(tmp_path)
    yield typist
    typist.loop.close()


def test_keys_with_a_meaning_of_their_own_on_an_empty_line(typist: Typist) -> None:
    typist.type("abc", "home", "ctrl-d")
    assert (typist.editor.text, typist.desk.notices) == ("bc", [])
    typist.type("end")
    assert typist.editor.cursor == 2
    typist.type("ctrl-u", "ctrl-d")
    assert (typist.hands.hint, typist.desk.notices) == (("type /quit to leave",), [])


def test_leaving_takes_two_presses_on_an_empty_line_within_two_seconds(typist: Typist) -> None:
    typist.type("draf", "ctrl-c")
    assert (typist.editor.text, typist.desk.notices) == ("", [])
    typist.type("up")
    assert typist.editor.text == "draf"
    typist.type("ctrl-c", "ctrl-c")
    assert typist.desk.left == []
    # It is told in the bar, which forgets it: no line of the window is spent on it.
    assert typist.hands.hint[0] == "Ctrl+C again leaves obrol; /quit does too"
    assert typist.desk.notices == []
    typist.clock.at += 2.5
    typist.loop.run_once()
    assert typist.hands.hint == ()
    typist.type("ctrl-c")
    assert typist.desk.left == []
    typist.type("ctrl-c")
    assert typist.desk.left == [""]


@pytest.mark.parametrize("between", ["up", "alt-a", "x ctrl-c", "x backspace", "esc", "pgup"])
def test_any_other_key_between_them_keeps_one_here(typist: Typist, between: str) -> None:
    typist.type("ctrl-c", *between.split(), "ctrl-c")
    assert typist.desk.left == []
    typist.type("\x1b[O", "\x1b[I", "ctrl-c")  # what the terminal tells is no key
    assert typist.desk.left == [""]


def test_the_number_keys(typist: Typist) -> None:
    typist.type("\x1b1", "\x1b9", "\x1b0")
    assert typist.desk.numbers == [1, 9, 10]


def test_a_key_without_a_meaning_types_nothing(typist: Typist) -> None:
    typist.type("a", "\x1bx", "\x1b[20~", "\x07", "b")
    assert typist.editor.text == "ab"


CHANGING = {*EDITS, "enter", "interrupt", "end_of_file", "complete", "complete_back", "older",
            "older_anywhere"}  # fmt: skip


@pytest.mark.parametrize("key", [key for key, action in ACTIONS.items() if action not in CHANGING])
def test_no_other_key_touches_a_draft(typist: Typist, key: str) -> None:
    """Esc, scrolling, going about: what was typed is there when one comes back."""
    for name in ("sheet", "edit", "mark", "toggle", "toggle_names", "redraw", "suspend"):
        setattr(typist.desk, name, lambda *_: None)
    typist.type("draf")
    window = typist.state.current
    typist.type(key)
    assert window.editor.text == "draf"
