"""Commands in a pipe, and who hears what is said there: real processes, a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.curses_client.line_client import LineClient, run, stored
from tests.support.raw import Raw
from tests.support.server import ServerProcess


@pytest.fixture
def fatur(server: ServerProcess) -> Iterator[Raw]:
    """Somebody who is in no room: he hears nothing but what is for him."""
    with Raw(server.port, name="fatur") as fatur:
        yield fatur


@pytest.mark.parametrize("more", [[], ["--once"]])
def test_to_somebody_alone(
    server: ServerProcess, tmp_path: Path, fatur: Raw, more: list[str]
) -> None:
    ended = run("robot", server.port, tmp_path, b"rahasia\n", "--to", "@fatur", *more)
    assert (ended.code, ended.errors) == (0, "")
    assert ended.rows[0][1:] == ["@fatur", "robot", "rahasia"]
    assert fatur.expect("MSG ").split(" ", 5)[3:] == ["@fatur", "robot", "rahasia"]
    assert stored(server) == []


def test_to_another_room(server: ServerProcess, tmp_path: Path) -> None:
    ended = run("robot", server.port, tmp_path, b"satu\ndua\n", "--to", "#uas")
    assert (ended.code, ended.texts) == (0, ["satu", "dua"])
    assert (stored(server), stored(server, "#uas")) == ([], ["satu", "dua"])


def test_commands_do_what_they_do_on_a_terminal(
    server: ServerProcess, tmp_path: Path, fatur: Raw
) -> None:
    text = b"/me bangun\n/msg fatur rahasia\n/join #uas\nhalo uas\n/query fatur\nlagi\n"
    ended = run("robot", server.port, tmp_path, text)
    assert (ended.code, ended.errors) == (0, "")
    private = [row[2:] for row in ended.rows if row[1] == "@fatur"]
    assert private == [["robot", "rahasia"], ["robot", "lagi"]]
    assert stored(server) == ["bangun"]
    assert stored(server, "#uas") == ["halo uas"]
    for said in ("rahasia", "lagi"):
        assert fatur.expect("MSG ").endswith(" " + said)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/mgs fatur rahasia", "there is no command /mgs; nothing was sent. Did you mean /msg?"),
        ("/msg nobody rahasia", "not sent to nobody: there is nobody of that name: rahasia"),
        ("/msg", "/msg name text"),
        ("/clear", "only on the full screen"),
        ("/nick fatur", "/nick: "),
    ],
)
@pytest.mark.usefixtures("fatur")
def test_what_is_refused_is_told_not_said_and_the_rest_goes_on(
    server: ServerProcess, tmp_path: Path, line: str, why: str
) -> None:
    ended = run("robot", server.port, tmp_path, f"satu\n{line}\ndua\n".encode())
    assert ended.code == 1
    assert why in ended.errors
    assert len(ended.errors.splitlines()) == 1
    assert stored(server) == ["satu", "dua"]


def test_where_one_could_not_go_nothing_is_said_elsewhere(
    server: ServerProcess, tmp_path: Path
) -> None:
    ended = run("robot", server.port, tmp_path, b"/join #9\nrahasia\n/join #uas\nhalo\n")
    assert ended.code == 1
    assert "nobody hears you here" in ended.errors
    assert (stored(server), stored(server, "#uas")) == ([], ["halo"])


def test_quit_ends_it_when_all_before_is_acknowledged(
    server: ServerProcess, tmp_path: Path
) -> None:
    said = [f"baris {n}" for n in range(100)]
    text = "\n".join([*said, "/quit sampai besok", "tidak lagi"])
    with Raw(server.port, name="aguel") as aguel:
        aguel.answer("JOIN #lab")
        assert run("robot", server.port, tmp_path, text.encode(), "--listen").code == 0
        assert aguel.expect("LEFT ").endswith(" #lab robot sampai besok")
    assert stored(server) == said


def test_raw_says_every_line_as_it_stands(server: ServerProcess, tmp_path: Path) -> None:
    said = ["/quit", "//comment", "/* x */", "/msg nobody x"]
    ended = run("robot", server.port, tmp_path, "\n".join(said).encode(), "--raw")
    assert (ended.code, ended.texts, stored(server)) == (0, said, said)


def test_the_answer_to_a_question_is_waited_for(server: ServerProcess, tmp_path: Path) -> None:
    ended = run("robot", server.port, tmp_path, b"/names\n")
    assert (ended.code, ended.errors) == (0, "obrol: 1 here: robot\n")


def test_a_pipe_that_stays_open_is_obeyed_line_by_line(
    server: ServerProcess, tmp_path: Path
) -> None:
    with LineClient("robot", server.port, tmp_path) as robot:
        robot.put("/nope\n")
        assert robot.error().startswith("obrol: there is no command /nope")
        robot.put("halo\n")
        assert robot.row()[3] == "halo"
        assert robot.finish().code == 1
