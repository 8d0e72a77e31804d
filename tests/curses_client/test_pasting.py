"""Several lines at once: pasted beside what was typed, or printed by a program that was run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.state import Anchor
from tests.curses_client.typist import Typist

CODE = "def f():\n    return 1\n"
PASTED = f"\x1b[200~{CODE}\x1b[201~"
WHOLE = CODE.rstrip().replace("\n", "\u2028")


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    """Somebody in #lab."""
    typist = Typist(tmp_path)
    typist.state.show(typist.state.open("#lab"))
    typist.desk.target = "#lab"
    yield typist
    typist.loop.close()


def question(typist: Typist) -> str:
    """What is asked, in full."""
    asked = typist.hands.question()
    assert asked is not None
    return asked.forms[0]


def test_what_was_typed_and_what_was_pasted_are_one_message(typist: Typist) -> None:
    typist.type("kodeku:", "alt-enter", PASTED)
    assert question(typist).startswith("Paste 2 lines (22 B) to #lab?")
    typist.type("enter")
    assert typist.desk.said == [("#lab", f"kodeku:\u2028{WHOLE}")]
    assert typist.editor.text == ""
    typist.type("up")
    assert typist.editor.text == f"kodeku:\n{CODE.rstrip()}"


def test_it_goes_where_the_cursor_is(typist: Typist) -> None:
    typist.type("<>", "left", PASTED, "enter")
    assert typist.desk.said == [("#lab", "<" + WHOLE + "\u2028>")]


@pytest.mark.parametrize(("key", "text"), [("esc", "kodeku: "), ("e", f"kodeku: {CODE}")])
def test_the_other_answers_leave_what_was_typed(typist: Typist, key: str, text: str) -> None:
    typist.type("kodeku: ", PASTED, key)
    assert (typist.editor.text, typist.desk.said) == (text, [])


def test_a_command_that_was_typed_is_one_with_a_paste_behind_it(typist: Typist) -> None:
    """A private word does not go to the room because it has two lines."""
    typist.type("/msg fatur ", PASTED)
    assert question(typist).startswith("Paste 2 lines (22 B) to /msg fatur?")
    typist.type("enter")
    assert typist.desk.said == [("@fatur", WHOLE)]


def test_a_paste_that_begins_with_a_slash_is_no_command(typist: Typist) -> None:
    typist.type("\x1b[200~/etc/hosts\n/etc/passwd\n\x1b[201~", "enter")
    assert typist.desk.said == [("#lab", "/etc/hosts\u2028/etc/passwd")]


def test_where_nobody_hears_it_stays_in_the_line(typist: Typist) -> None:
    typist.state.show(typist.state.windows[0])
    typist.desk.target = ""
    typist.type("a ", PASTED)
    assert question(typist).startswith("Paste 2 lines (22 B) to obrol?")
    typist.type("enter")
    assert typist.desk.said == []
    assert (typist.editor.text, typist.editor.selected) == (f"a {CODE.rstrip()}", True)
    assert len(typist.desk.errors) == 1


# A line that is refused.


def test_a_refused_line_stays_and_is_typed_over(typist: Typist) -> None:
    for line in ("/jion #x", "/msg fatur", "/whox"):
        typist.type(line, "enter")
        assert (typist.editor.text, typist.editor.selected) == (line, True)
        assert typist.hands.hint[0].startswith("still in the input line")
        typist.type("h")
        assert (typist.editor.text, typist.hands.hint) == ("h", ())
        typist.type("alo", "enter")
        assert typist.desk.said.pop() == ("#lab", "halo")
    typist.type("up", "up")
    assert typist.editor.text == "/whox"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("home", "right", "delete"), "/ion"),
        (("backspace",), "/jio"),
        ((" ", "#", "x"), "/jion #x"),
        (("ctrl-u",), ""),
        (("x", "ctrl-_"), "/jion"),
        (("\x1b[200~satu\x1b[201~",), "satu"),
        (("alt-enter", "x"), "/jion\nx"),
    ],
)
def test_other_keys_edit_it(typist: Typist, keys: tuple[str, ...], text: str) -> None:
    typist.type("/jion", "enter", *keys)
    assert typist.editor.text == text
    assert not typist.editor.selected


def test_enter_tries_it_again(typist: Typist) -> None:
    typist.type("/jion", "enter", "enter")
    assert len(typist.desk.errors) == 2
    assert (typist.editor.text, typist.editor.selected) == ("/jion", True)


def test_a_draft_of_several_lines_is_cleared_as_one(typist: Typist) -> None:
    typist.type("/jion", "alt-enter", "b", "enter", "ctrl-u")
    assert typist.editor.text == ""
    typist.type("ctrl-y")
    assert typist.editor.text == "/jion\nb"


def test_the_bar_forgets_it_after_a_while(typist: Typist) -> None:
    typist.type("/jion", "enter")
    typist.clock.at += 10
    typist.loop.run_once()
    assert typist.hands.hint == ()
    assert typist.editor.selected


def test_why_is_seen_where_one_had_scrolled_up(typist: Typist) -> None:
    state = typist.state
    state.show(state.open(":help"))
    typist.desk.target = ""
    state.current.anchor = Anchor(0, 0)
    typist.type("halo", "enter")
    assert typist.state.current.anchor is None
    assert len(typist.desk.errors) == 1
    assert typist.editor.text == "halo"


def test_a_slash_behind_blanks_is_asked_about_with_who_reads_it(typist: Typist) -> None:
    typist.type(" /quit", "enter")
    assert "[Enter] send it to #lab" in question(typist)


# What a program printed.

OUTPUT = "\n".join(f"baris {n}" for n in range(12))


def test_a_long_output_is_asked_about(typist: Typist) -> None:
    assert typist.desk.ask_first(OUTPUT, "#uas")
    assert question(typist).startswith("Say 12 lines (97 B) to #uas?")
    typist.type("enter")
    assert typist.desk.said == [("#uas", OUTPUT.replace("\n", "\u2028"))]


@pytest.mark.parametrize("key", ["esc", "e"])
def test_a_long_output_that_is_not_said(typist: Typist, key: str) -> None:
    assert typist.desk.ask_first(OUTPUT, "#lab")
    typist.type(key)
    assert typist.desk.said == []
    assert typist.editor.text == (OUTPUT if key == "e" else "")


def test_it_never_asks_who_is_typing(typist: Typist) -> None:
    typist.type("aku sedang menget")
    assert not typist.desk.ask_first(OUTPUT, "#lab")
    typist.type("ik", "enter")
    assert typist.desk.said == [("#lab", "aku sedang mengetik")]
    typist.type(PASTED)
    assert not typist.desk.ask_first(OUTPUT, "#lab")
