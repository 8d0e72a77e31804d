"""A draft of the last run, and a command that is typed behind it without looking."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.drafts import Behind, typed_behind
from curses_client.texts import Texts
from tests.curses_client.asking import asked
from tests.curses_client.line_client import stored
from tests.curses_client.typist import Typist
from tests.support.server import ServerProcess
from tests.support.terminal import client


@pytest.mark.parametrize(
    ("draft", "line", "command"),
    [
        ("halo", "halo/quit", "/quit"),
        ("halo ", "halo /quit sudah malam", "/quit sudah malam"),
        ("halo", "halo /selesai", "/selesai"),
        ("halo", "halo/keluar", "/keluar"),  # there is one that is nearly called so
        ("/msg fatur ya", "/msg fatur ya/QUIT", "/QUIT"),
        ("", "halo/quit", ""),
        ("halo", "halo", ""),
        ("halo", "hai/quit", ""),
        ("halo", "halo//quit", ""),
        ("halo", "halo/", ""),
        ("https:", "https://server/quit", ""),
        ("dan", "dan/7zzq", ""),
    ],
)
def test_what_counts_as_a_command_behind_a_draft(draft: str, line: str, command: str) -> None:
    assert typed_behind(draft, line) == command


def test_a_secret_behind_a_draft_is_not_shown() -> None:
    question = Behind("/join #uas kunci", "#lab", lambda: None, lambda: None)
    assert "kunci" not in asked(question, Texts("id"))


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    """In #lab, where the last run left ``halo``."""
    typist = Typist(tmp_path)
    typist.state.show(typist.state.open("#lab"))
    typist.desk.target = "#lab"
    typist.state.current.draft = "halo"
    typist.editor.set_text("halo")
    yield typist
    typist.loop.close()


@pytest.mark.parametrize(
    ("key", "left", "said", "line"),
    [("enter", [""], [], "halo"), ("s", [], [("#lab", "halo/quit")], ""),
     ("esc", [], [], "halo/quit"), ("x", [], [], "halo/quit")],
)  # fmt: skip
def test_it_is_asked_about(
    typist: Typist, key: str, left: list[str], said: list[tuple[str, str]], line: str
) -> None:
    typist.type(*"/quit", "enter")
    assert (typist.desk.left, typist.desk.said) == ([], [])
    question = typist.hands.question()
    assert question is not None
    assert question.forms[0].startswith("/quit stands behind a draft. [Enter] do it  [s] send all")
    typist.type(key)
    assert (typist.desk.left, typist.desk.said) == (left, said)
    assert (typist.editor.text, typist.hands.mode) == (line, None)


def test_once_it_was_said_nobody_asks_again(typist: Typist) -> None:
    typist.type("enter")
    typist.type(*"halo/quit", "enter")
    assert typist.desk.said == [("#lab", "halo"), ("#lab", "halo/quit")]


def test_the_bar_tells_of_a_draft_where_one_comes_to_it(typist: Typist) -> None:
    typist.hands.tell_of_draft()
    assert typist.hands.hint[0].startswith("left in the input line by the last run")
    typist.type("left")
    assert typist.hands.hint == ()
    typist.state.show(typist.state.open("#uas"))
    typist.hands.tell_of_draft()
    assert typist.hands.hint == ()
    typist.type("alt-/")  # the window before
    assert typist.state.current.target == "#lab"
    assert typist.hands.hint != ()


def test_quit_behind_a_draft_leaves_and_the_draft_stays(
    server: ServerProcess, tmp_path: Path
) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        rizky.press("halo")
        rizky.wait_for("[#lab] halo")
        rizky.press("\x1b1/quit\r")
        assert rizky.wait_end() == 0
    for _ in range(2):
        with client("rizky", server.port, tmp_path / "rizky") as rizky:
            rizky.wait_for("1 here")
            rizky.wait_for("[#lab] halo")
            rizky.wait_for("left in the input line by the last run")
            rizky.press("/quit\r")
            rizky.wait_for("/quit stands behind a draft")
            rizky.press("\r")
            assert rizky.wait_end() == 0
    assert stored(server) == []
