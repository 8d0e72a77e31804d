"""The start of the real program: its words, its settings, its language; and ``unread``.

Each test has a home of its own (``tests.support.home``): no developer's settings are read. The
terminals that it may find are in ``test_start_terminal``.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.curses_client.line_client import MODULE
from tests.support.home import environment
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.terminal import Terminal, client, home_of

PATIENCE = 30.0
WINDOW_1 = "\x1b1"


class Ended(NamedTuple):
    """How a program ended, and what it said."""

    code: int
    out: str
    errors: str


def run(home: Path, *words: str, text: str = "", **more: str) -> Ended:
    """Run the client with ``text`` as its input, in an environment with ``more``."""
    done = subprocess.run(
        [*MODULE, *words], cwd=ROOT, env=environment(home, **more), input=text,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def nobody() -> Iterator[str]:
    """A port of this machine where nobody listens, and nobody will."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield str(sock.getsockname()[1])


def settings(home: Path, text: str) -> Path:
    """Write the settings where the client looks for them."""
    path = home / ".config" / "obrol" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# Its words.


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["9"], "obrol: 9 cannot be a name: "),
        (["a b"], "obrol: a b cannot be a name: "),
        (["fatur~"], "obrol: fatur~ cannot be a name: "),
        (["rizky", "--room", "a b"], "obrol: a b cannot be a room"),
        (["rizky", "--room", ""], "obrol:  cannot be a room"),
        (["rizky", "--to", "9"], "obrol: 9 "),
        (["rizky", "--to", "fatur"], "obrol: fatur "),
        (["rizky", "--to", ""], "obrol: "),
    ],
)
def test_wrong_words(tmp_path: Path, words: list[str], told: str) -> None:
    ended = run(tmp_path, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.errors.startswith(told)
    assert ended.errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []  # nothing was begun


def test_a_person_without_a_sign_is_no_bad_name(tmp_path: Path) -> None:
    ended = run(tmp_path, "rizky", "--to", "fatur")
    assert ended.code == 2
    assert "fatur cannot be a name: a letter, then" not in ended.errors


def test_wrong_words_in_indonesian(tmp_path: Path) -> None:
    ended = run(tmp_path, "9", LANG="id_ID.UTF-8")
    assert ended.code == 2
    assert ended.errors.startswith("obrol: 9 tidak bisa jadi nama: ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name"),
        (["rizky", "--lang", "xx"], "--lang"),
        (["rizky", "--port", "x"], "--port: a port is 1 to 65535"),
        (["rizky", "--port", "0"], "--port: a port is 1 to 65535"),
        (["rizky", "--port", "99999"], "--port: a port is 1 to 65535"),
        (["unread", "--port", "-1"], "--port"),
        (["rizky", "--get", "x"], "--get"),
        (["rizky", "--config"], "--config"),
        (["rizky", "--warna"], "--warna"),
        (["rizky", "fatur"], "fatur"),
    ],
)
def test_words_that_there_are_not(tmp_path: Path, words: list[str], told: str) -> None:
    ended = run(tmp_path, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.errors.startswith("usage: obrol ")
    assert told in ended.errors.splitlines()[-1]
    assert "Traceback" not in ended.errors


def test_help(tmp_path: Path) -> None:
    ended = run(tmp_path, "--help")
    assert (ended.code, ended.errors) == (0, "")
    for option in ("--host", "--port", "--room", "--data", "--config", "--lang", "--ascii",
                   "--downloads", "--send", "--to", "--get", "--once", "--plain", "--listen",
                   "--find", "--interface", "--trust"):  # fmt: skip
        assert f"\n  {option}" in ended.out
    assert "obrol unread [NAME]" in ended.out
    # Where it would look: in the home of whoever asks, and nowhere else.
    shown = "".join(ended.out.split())  # paths may be broken over lines
    assert str(tmp_path / ".config" / "obrol" / "config.toml") in shown
    assert str(tmp_path / ".local" / "state" / "obrol-client") in shown
    assert run(tmp_path, "unread", "--help").out.startswith("usage: obrol unread ")


# Its settings.


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bell = [", "cannot be read, the defaults hold"),
        ("bell = 3", "bell: it is on or off"),
        ("colours = 'red'", "colours: there is no such setting"),
        ("zzz = 1", "there is no such setting"),
        ("\0", "cannot be read, the defaults hold"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told_and_it_starts(
    server: ServerProcess, tmp_path: Path, text: str, told: str
) -> None:
    config = tmp_path / "mine.toml"
    config.write_text(text)
    with client(
        "rizky", server.port, tmp_path / "rizky", "--config", str(config), columns=250
    ) as rizky:
        rizky.wait_for("1 here")
        rizky.press("halo\r")
        rizky.wait_for("<rizky> halo")
        rizky.press(WINDOW_1)
        rizky.wait_for(told)
        assert rizky.text().count("mine.toml") == 1
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    assert config.read_text() == text


@pytest.mark.parametrize("what", ["a folder", "no file"])
def test_settings_that_are_no_file(server: ServerProcess, tmp_path: Path, what: str) -> None:
    config = tmp_path / "setelan"
    if what == "a folder":
        config.mkdir()
    with client("rizky", server.port, tmp_path / "rizky", "--config", str(config)) as rizky:
        rizky.wait_for("1 here")
        rizky.press(WINDOW_1)
        rizky.wait_for("connected to")
        assert ("cannot be read" in rizky.text()) is (what == "a folder")


def test_line_mode_starts_with_broken_settings(server: ServerProcess, tmp_path: Path) -> None:
    settings(tmp_path, "bell = [")
    port = str(server.port)
    ended = run(tmp_path, "rizky", "--port", port, "--lang", "en", text="halo\n")
    assert ended.code == 0
    assert ended.out.endswith("\t#lab\trizky\thalo\n")
    # Whoever set something must hear that it does not hold.
    assert "config.toml" in ended.errors
    assert "the defaults hold" in ended.errors


def test_settings_are_read_from_the_home_and_written_there(
    server: ServerProcess, tmp_path: Path
) -> None:
    data = tmp_path / "rizky"
    file = settings(home_of(data), '# mine\ndownloads = "~/unduhan"\n')
    for value in ("~/unduhan", "~/lain"):
        with client("rizky", server.port, data) as rizky:
            rizky.wait_for("1 here")
            rizky.press("/set downloads\r")
            rizky.wait_for(value)
            rizky.press("/set downloads ~/lain\r")
            rizky.wait_for("downloads = ~/lain")
            rizky.press("/quit\r")
            assert rizky.wait_end() == 0
    assert file.read_text() == '# mine\ndownloads = "~/lain"\n'


# Its language.


@pytest.mark.parametrize(
    ("language", "setting", "words", "told"),
    [
        ("id_ID.UTF-8", "", [], "tidak ada server"),
        ("en_US.UTF-8", "", [], "there is no server"),
        ("C.UTF-8", "", [], "there is no server"),
        ("en_US.UTF-8", 'lang = "id"', [], "tidak ada server"),
        ("id_ID.UTF-8", 'lang = "en"', [], "there is no server"),
        ("id_ID.UTF-8", 'lang = "auto"', [], "tidak ada server"),
        ("id_ID.UTF-8", 'lang = "xx"', [], "tidak ada server"),
        ("en_US.UTF-8", 'lang = "en"', ["--lang", "id"], "tidak ada server"),
        ("id_ID.UTF-8", 'lang = "id"', ["--lang", "en"], "there is no server"),
    ],
)
def test_the_language_is_that_of_the_words_the_settings_the_system(
    tmp_path: Path, nobody: str, language: str, setting: str, words: list[str], told: str
) -> None:
    settings(tmp_path, setting)
    ended = run(tmp_path, "rizky", "--port", nobody, *words, LANG=language)
    assert (ended.code, ended.out) == (3, "")
    assert f"obrol: {told}" in ended.errors


def test_the_screen_in_the_language_of_the_system_and_of_lang(
    server: ServerProcess, tmp_path: Path
) -> None:
    home = home_of(tmp_path / "rizky")
    words = [*MODULE, "rizky", "--port", str(server.port)]
    with Terminal(words, environment={"LANG": "id_ID.UTF-8"}, home=home) as rizky:
        rizky.wait_for("belum ada topik")
        rizky.wait_for("1 orang")
        rizky.press("/lang en\r")
        rizky.wait_for("1 here")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    with Terminal(words, environment={"LANG": "id_ID.UTF-8"}, home=home) as rizky:
        rizky.wait_for("1 here")


# What is unread.


def unread(data: Path, port: int, *words: str) -> tuple[int, str]:
    ended = run(data.parent, "unread", *words, "--port", str(port), "--data", str(data))
    assert ended.errors == ""
    return ended.code, ended.out


def wait_unread(data: Path, port: int, wanted: str, *words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := unread(data, port, *words)) != (0, wanted):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)  # between two looks at the file


def test_unread_counts_while_the_client_runs(server: ServerProcess, tmp_path: Path) -> None:
    data = tmp_path / "rizky"
    assert unread(data, server.port) == (1, "-\n")
    with client("rizky", server.port, data) as rizky, Raw(server.port, name="fatur") as fatur:
        rizky.wait_for("1 here")
        rizky.press(WINDOW_1)
        rizky.wait_for("connected to")
        fatur.answer("JOIN #lab")
        for n, text in enumerate(("halo", "rizky: di mana?", "baik")):
            fatur.answer(f"SAY #lab {text}", f"t{n}")
        wait_unread(data, server.port, "3 1\n")
        assert unread(data, server.port, "RIZKY") == (0, "3 1\n")
        assert unread(data, server.port, "fatur") == (1, "-\n")
        rizky.wait_for("2:#lab(3!)")
        rizky.press("\x1b2")
        wait_unread(data, server.port, "0 0\n", "rizky")
        rizky.press(WINDOW_1)
        rizky.wait_for(lambda: rizky.rows()[-1] == "[obrol]")
        fatur.answer("SAY #lab lagi", "t4")
        rizky.wait_for("2:#lab(1)")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    assert unread(data, server.port) == (1, "-\n")  # while nobody looks, nobody knows


def test_somebody_may_be_called_unread(tmp_path: Path, nobody: str) -> None:
    ended = run(tmp_path, "--lang", "en", "--port", nobody, "--", "unread")
    assert ended.code == 3
    assert "there is no server" in ended.errors
