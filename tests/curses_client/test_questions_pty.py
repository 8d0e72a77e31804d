"""What a first user met in a real terminal: questions, a refused line, small screens, silence."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.home import environment
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.terminal import Terminal, client, home_of

FIRST = "Enter sends · /help explains · /quit leaves"


@pytest.fixture
def rizky(server: ServerProcess, tmp_path: Path) -> Iterator[Terminal]:
    """One user's terminal, in the room."""
    with client("rizky", server.port, tmp_path / "rizky") as terminal:
        terminal.wait_for("1 here")
        yield terminal


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        ((80, 24), ["Paste 2 lines (22 B) to #lab?  [Enter] send as 1 message  [e] edit",
                    "[Esc] cancel"]),
        ((20, 5), ["#lab? [Enter] [e]", "[Esc]"]),
        ((10, 3), ["#lab?", "[Enter]", "[e] [Esc]"]),
    ],
)  # fmt: skip
def test_a_paste_behind_what_was_typed(
    rizky: Terminal, server: ServerProcess, size: tuple[int, int], asked: list[str]
) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        rizky.resize(*size)
        rizky.press("kodeku:")
        rizky.wait_for("ku:")
        rizky.press("\x1b\r")
        rizky.press("\x1b[200~def f():\n    return 1\n\x1b[201~")
        rizky.wait_for("[Enter]")
        assert [row.replace("\u00a0", " ") for row in rizky.settle()[-len(asked) :]] == asked
        rizky.press("\r")
        assert fatur.expect("MSG ").endswith("rizky kodeku:\u2028def f():\u2028    return 1")


def test_a_refused_command_is_kept_and_typed_over(rizky: Terminal, server: ServerProcess) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        rizky.press("/jion #x\r")
        rizky.wait_for("still in the input line: typing replaces it, Ctrl+U clears it")
        assert rizky.settle()[-1] == "[#lab] /jion #x"
        rizky.press("halo\r")
        assert fatur.expect("MSG ").endswith(" #lab rizky halo")
        rizky.wait_for("<rizky> halo")
        assert "still in the input line" not in rizky.text()
        rizky.press("/msg nobody x\r")
        rizky.wait_for("not sent to nobody: there is nobody of that name: x")


@pytest.mark.parametrize("size", [(20, 5), (19, 4), (10, 3)])
def test_the_row_of_the_cursor_is_never_blank(rizky: Terminal, size: tuple[int, int]) -> None:
    def row() -> str:
        y = rizky.screen.cursor.y
        return rizky.rows()[y] if y < len(rizky.rows()) else ""

    rizky.resize(*size)
    for n in range(40):
        letter = chr(ord("a") + n % 26)
        rizky.press(letter)
        rizky.wait_for(lambda end=letter: row().startswith("[#l") and row().endswith(end))  # type: ignore[misc]


def test_a_first_evening(rizky: Terminal, server: ServerProcess, tmp_path: Path) -> None:
    rizky.wait_for(FIRST)
    rizky.press("\x1bOP")
    rizky.wait_for("[help]")
    top = rizky.settle()[1]
    rizky.press("\x1b[6~")
    rizky.wait_for(lambda: rizky.rows()[1] not in {top, ""})
    rizky.press("halo\r")
    rizky.wait_for("nobody hears you here")
    rizky.press("\x15\x1b")
    rizky.wait_for("[#lab]")
    rizky.press("halo\r")
    rizky.wait_for("<rizky> halo")
    assert FIRST not in rizky.text()
    with client("fatur", server.port, tmp_path / "fatur") as fatur:
        fatur.wait_for("<rizky> halo")
        assert FIRST not in fatur.text()


def test_leaving_by_a_slip_leaves_nothing_behind(rizky: Terminal) -> None:
    rizky.press("\x03")
    rizky.wait_for("Ctrl+C again leaves obrol")
    rizky.wait_for(lambda: "Ctrl+C again" not in rizky.text())
    assert "2:#lab" in rizky.text()


def test_a_long_output_is_asked_about_and_a_short_one_is_said(
    rizky: Terminal, server: ServerProcess
) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        rizky.press("/exec -o seq 30\r")
        rizky.wait_for("Say 30 lines (80 B) to #lab?")
        rizky.press("\x1b")
        rizky.wait_for("[#lab]")
        rizky.press("/exec -o seq 2\r")
        assert fatur.expect("MSG ").endswith(" rizky 1\u20282")


def test_a_file_that_is_here_already_is_told(
    rizky: Terminal, server: ServerProcess, tmp_path: Path
) -> None:
    folder = home_of(tmp_path / "rizky") / "terima"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"12345")
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        fatur.answer("SEND #lab t1 0 5 5 a.txt", payload=b"12345")
        rizky.wait_for("is here already:")
        rows = rizky.settle()
        offered, told = (next(n for n, row in enumerate(rows) if part in row)
                         for part in (">> #1", "is here already:"))  # fmt: skip
        assert offered < told
        assert [path.name for path in folder.iterdir()] == ["a.txt"]


def test_somebody_who_is_called_unread(server: ServerProcess, tmp_path: Path) -> None:
    command = ["make", "--no-print-directory", "client", "NAME=unread", f"PORT={server.port}",
               f"ARGS=--once halo --data {tmp_path}"]  # fmt: skip
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        fatur.sync()
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
            env=environment(tmp_path, PATH=os.environ["PATH"]),
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert fatur.expect("MSG ").endswith(" #lab unread halo")


def test_no_server_in_indonesian(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    with server:
        server.kill()
        with client("rizky", server.port, tmp_path / "rizky", "--lang", "id") as rizky:
            rizky.wait_for("tidak ada server di 127.0.0.1")
            rizky.wait_for(lambda: "sambungan ditolak" in " ".join(rizky.text().split()))
            assert "refused" not in rizky.text()
