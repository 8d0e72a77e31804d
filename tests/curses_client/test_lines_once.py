"""``--once``: one message, of the command line or all of standard input, and the end."""

from pathlib import Path

import pytest

from curses_client.errands import LONGEST_INPUT
from tests.curses_client.line_client import LineClient, run, stored
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from wire.grammar import LINE_BREAK, TEXT_BYTES

LONGEST = "x" * TEXT_BYTES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("build selesai", "build selesai"),
        ("  /join #lain ", "  /join #lain "),
        ("satu\ndua\n", f"satu{LINE_BREAK}dua"),
        ("\x1b[2Jmerah", "\ufffd[2Jmerah"),
        (LONGEST, LONGEST),
    ],
    ids=["plain", "no command", "lines", "control", "the longest"],
)
def test_a_message_of_the_command_line(
    server: ServerProcess, tmp_path: Path, text: str, said: str
) -> None:
    # What waits in the pipe is for somebody else.
    ended = run("rizky", server.port, tmp_path, b"bukan ini\n", "--once", text)
    assert (ended.code, ended.errors) == (0, "")
    assert stored(server) == [said]
    assert len(ended.rows) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"satu\n dua\n\ntiga\n\n", [LINE_BREAK.join(("satu", " dua", "", "tiga"))]),
        (b"satu\r\ndua", [f"satu{LINE_BREAK}dua"]),
        (b"a\xffb", ["a\ufffdb"]),
        (LONGEST.encode() + b"\n" * 5000, [LONGEST]),
        (b"\n \n\n", []),
        (b"", []),
    ],
    ids=["lines", "CRLF", "bad UTF-8", "the longest", "blanks", "nothing"],
)
@pytest.mark.parametrize("words", [["--once"], ["--once", "-"]], ids=["--once", "--once -"])
def test_all_of_the_input_is_one_message(
    server: ServerProcess, tmp_path: Path, words: list[str], text: bytes, said: list[str]
) -> None:
    ended = run("rizky", server.port, tmp_path, text, *words)
    assert (ended.code, ended.errors) == (0, "")
    assert stored(server) == said


def test_a_file_as_the_input(server: ServerProcess, tmp_path: Path) -> None:
    path = tmp_path / "masuk"
    path.write_bytes(b"satu\ndua\n")
    assert run("rizky", server.port, tmp_path, path, "--once").code == 0
    assert stored(server) == [f"satu{LINE_BREAK}dua"]


def test_nothing_is_said_before_the_input_has_ended(server: ServerProcess, tmp_path: Path) -> None:
    with (
        Raw(server.port, name="fatur") as fatur,
        LineClient("rizky", server.port, tmp_path, "--once") as rizky,
    ):
        fatur.answer("JOIN #lab")
        rizky.put("satu\n")
        assert fatur.expect("JOINED ").endswith(" rizky")
        fatur.say("SAY #lab sudah?")
        # It has read what stood in the pipe when it shows what was said later.
        assert rizky.row()[3] == "sudah?"
        assert stored(server) == ["sudah?"]
        rizky.put("dua\n")
        assert rizky.finish().code == 0
    assert stored(server) == ["sudah?", f"satu{LINE_BREAK}dua"]


def test_to_one_person_and_a_file_beside_it(server: ServerProcess, tmp_path: Path) -> None:
    path = tmp_path / "laporan.txt"
    path.write_text("isi")
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("PING")
        ended = run("rizky", server.port, tmp_path, b"ini dia\n", "--once", "--to", "@fatur",
                    "--send", str(path))  # fmt: skip
        assert ended.code == 0
        # Which of the two is there first is nobody's promise.
        told = sorted(fatur.line().split(" ")[::3][:2] for _ in range(2))
        assert told == [["FILE", "@fatur"], ["MSG", "@fatur"]]
    assert stored(server) == []


@pytest.mark.parametrize("where", ["words", "input"])
def test_what_is_too_long_is_not_said_in_part(
    server: ServerProcess, tmp_path: Path, where: str
) -> None:
    text = LONGEST + "x"
    words = ["--once", text] if where == "words" else ["--once"]
    given = None if where == "words" else text.encode()
    ended = run("rizky", server.port, tmp_path, given, *words)
    assert ended.code == 1
    assert ended.errors == (
        f"obrol: too long for one message ({TEXT_BYTES + 1} of {TEXT_BYTES} bytes);"
        " nothing was sent\n"
    )
    assert stored(server) == []


def test_an_input_without_end_is_not_read_for_ever(server: ServerProcess, tmp_path: Path) -> None:
    with LineClient("rizky", server.port, tmp_path, "--once") as rizky:
        rizky.put("x" * (LONGEST_INPUT + 1))
        assert "too long for one message" in rizky.error()
        assert rizky.process.wait(60) == 1


def test_no_server(server: ServerProcess, tmp_path: Path) -> None:
    server.kill()
    assert run("rizky", server.port, tmp_path, None, "--once", "halo").code == 3
