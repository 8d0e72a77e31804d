"""The client looks for a server: here, on the LAN, and asks which where several answer.

Real servers on the loopback interface, in a multicast group of this test process's own.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.curses_client.test_start import Ended, run
from tests.support.server import ROOT, ServerProcess
from tests.support.terminal import Terminal, client, home_of

HERE = "127.0.0.1"
ASK = ("--interface", HERE)
NOBODY = "1"
"""A port where nobody listens."""


@pytest.fixture
def announced(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that announces itself."""
    with ServerProcess(tmp_path / "announced", "--announce", HERE) as running:
        yield running


@pytest.fixture
def second(tmp_path: Path) -> Iterator[ServerProcess]:
    """Another one, with a door of its own."""
    with ServerProcess(tmp_path / "second", "--announce", HERE) as running:
        yield running


def talk(home: Path, *words: str, text: str = "halo\n") -> Ended:
    """Line mode in English."""
    return run(home, "rizky", "--lang", "en", *ASK, *words, text=text)


# One, or none.


def test_the_only_one_is_taken(announced: ServerProcess, tmp_path: Path) -> None:
    ended = talk(tmp_path, "--port", NOBODY)
    assert ended.code == 0
    assert ended.out.endswith("\t#lab\trizky\thalo\n")
    assert ended.errors.startswith(f"obrol: found obrol on {HERE}:{announced.port}")
    assert ended.errors.count("\n") == 1


def test_none_says_what_to_do(tmp_path: Path) -> None:
    start = time.monotonic()
    ended = talk(tmp_path, "--port", NOBODY)
    assert 1.0 <= time.monotonic() - start < 30.0
    assert (ended.code, ended.out) == (3, "")
    assert "no server on the LAN answered" in ended.errors
    assert "`make server` starts one" in ended.errors
    assert f"there is no server at {HERE}:{NOBODY}" in ended.errors


def test_none_in_indonesian(tmp_path: Path) -> None:
    ended = run(tmp_path, "rizky", "--port", NOBODY, *ASK, LANG="id_ID.UTF-8")
    assert ended.code == 3
    assert "tidak ada server di LAN yang menjawab" in ended.errors


def test_the_screen_shows_which_was_found(announced: ServerProcess, tmp_path: Path) -> None:
    with client("rizky", int(NOBODY), tmp_path / "rizky", *ASK) as rizky:
        rizky.wait_for("looking for a server on the LAN")
        rizky.wait_for("1 here")
        rizky.press("\x1b1")
        rizky.wait_for(f"found obrol on {HERE}:{announced.port}")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0


def test_the_screen_without_any_server_goes_on_trying(tmp_path: Path) -> None:
    with client("rizky", int(NOBODY), tmp_path / "rizky", *ASK, columns=200) as rizky:
        rizky.wait_for(f"there is no server at {HERE}:{NOBODY}")
        rizky.press("\x1b1")
        rizky.wait_for("no server on the LAN answered")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0


# The server of this machine comes first.


@pytest.mark.parametrize("unix", ["auto", "off"])
def test_a_local_server_is_taken_without_a_question(
    announced: ServerProcess, tmp_path: Path, unix: str
) -> None:
    with ServerProcess(tmp_path / "local", "--unix", unix) as local:
        ended = talk(tmp_path, "--port", str(local.port))
        assert (ended.code, ended.errors) == (0, "")
        assert "name=rizky" in local.journal.read_text()
        assert "name=rizky" not in announced.journal.read_text()


def test_with_a_local_server_the_search_is_not_even_loaded(
    server: ServerProcess, tmp_path: Path
) -> None:
    code = (
        "import sys; from curses_client.start import main\n"
        f"code = main(['rizky', '--port', '{server.port}', '--data', {str(tmp_path)!r}])\n"
        "print(sorted({'curses_client.finding', 'wire.discovery'} & {*sys.modules}), code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input="", capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "[] 0\n"


def test_find_asks_all_the_same(
    announced: ServerProcess, server: ServerProcess, tmp_path: Path
) -> None:
    ended = talk(tmp_path, "--port", str(server.port), "--find")
    assert ended.code == 0
    assert f"found obrol on {HERE}:{announced.port}" in ended.errors
    assert "name=rizky" not in server.journal.read_text()


def test_a_host_is_never_doubted(announced: ServerProcess, tmp_path: Path) -> None:
    ended = talk(tmp_path, "--host", HERE, "--port", NOBODY)
    assert ended.code == 3
    assert ended.errors.startswith("obrol: there is no server at")
    assert "name=rizky" not in announced.journal.read_text()


def test_host_and_find_exclude_each_other(tmp_path: Path) -> None:
    ended = talk(tmp_path, "--host", HERE, "--find")
    assert ended.code == 2
    assert "not allowed with" in ended.errors


# Words that are none.


@pytest.mark.parametrize("interface", ["eth0", "192.0.2.77", "::1"])
def test_an_interface_that_is_none(tmp_path: Path, interface: str) -> None:
    ended = run(tmp_path, "rizky", "--port", NOBODY, "--lang", "en", "--interface", interface)
    assert (ended.code, ended.out) == (2, "")
    assert ended.errors.startswith("obrol: cannot ask the LAN: ")
    assert ended.errors.count("\n") == 1


def test_a_group_that_is_none(tmp_path: Path) -> None:
    ended = run(tmp_path, "rizky", "--port", NOBODY, "--lang", "en", OBROL_GROUP="10.1.1.1")
    assert ended.code == 2
    assert "10.1.1.1 is no multicast group" in ended.errors


# Several.


def in_order(*servers: ServerProcess) -> list[ServerProcess]:
    """As the list shows them."""
    return sorted(servers, key=lambda one: one.port)


def test_several_without_a_terminal(
    announced: ServerProcess, second: ServerProcess, tmp_path: Path
) -> None:
    ended = talk(tmp_path, "--port", NOBODY)
    assert (ended.code, ended.out) == (2, "")
    first, last = in_order(announced, second)
    name = re.escape(os.uname().nodename)
    assert re.fullmatch(
        "several servers answer:\n"
        rf"  1  127.0.0.1:{first.port} +{name}\n  2  127.0.0.1:{last.port} +{name}\n"
        rf"obrol: say which one: --host 127.0.0.1 --port {first.port}\n",
        ended.errors,
    )


def asked(tmp_path: Path, *words: str) -> Terminal:
    return client("rizky", int(NOBODY), tmp_path / "rizky", *ASK, *words)


@pytest.mark.parametrize(
    ("typed", "place"), [("\r", 0), ("1\r", 0), ("2\r", 1), ("3\rx\r 2 \r", 1)]
)
def test_several_and_the_user_says_which(
    announced: ServerProcess, second: ServerProcess, tmp_path: Path, typed: str, place: int
) -> None:
    wanted = in_order(announced, second)[place]
    with asked(tmp_path) as rizky:
        rizky.wait_for("Which? [Enter] 1  [1-2]  [q] leave:")
        for other in (announced, second):
            assert f"127.0.0.1:{other.port}" in rizky.text()
        rizky.press(typed)
        rizky.wait_for("1 here")
        rizky.press("\x1b1")
        rizky.wait_for(f"found obrol on {HERE}:{wanted.port}")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    assert "name=rizky" in wanted.journal.read_text()


@pytest.mark.parametrize(("typed", "code"), [("q\r", 0), ("Q\r", 0), ("\x04", 0), ("\x03", 130)])
def test_several_and_the_user_leaves(
    announced: ServerProcess, second: ServerProcess, tmp_path: Path, typed: str, code: int
) -> None:
    with asked(tmp_path) as rizky:
        rizky.wait_for("Which?")
        before = rizky.before
        rizky.press(typed)
        assert rizky.wait_end() == code
        assert "Traceback" not in rizky.text()
        assert rizky.modes() == before
    assert "name=rizky" not in announced.journal.read_text() + second.journal.read_text()


def test_the_question_in_indonesian_and_in_line_mode(
    announced: ServerProcess, second: ServerProcess, tmp_path: Path
) -> None:
    home = home_of(tmp_path / "rizky")
    words = [sys.executable, "-m", "curses_client", "rizky", "--port", NOBODY, "--lang", "id",
             "--plain", *ASK]  # fmt: skip
    with Terminal(words, columns=120, home=home) as rizky:
        rizky.wait_for("Yang mana? [Enter] 1  [1-2]  [q] keluar:")
        rizky.press("2\r")
        last = in_order(announced, second)[1]
        rizky.wait_for(f"obrol ada di {HERE}:{last.port}")
        rizky.press("halo\r")
        rizky.wait_for("#lab")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
