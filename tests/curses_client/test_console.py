"""``--console`` as a program, on a screen and in lines, against a server played by hand.

What it does with a real server is in ``test_console_pty``.
"""

import os
import pwd
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from curses_client.start import OPERATOR, login_name
from tests.curses_client.console_server import ConsoleServer
from tests.curses_client.line_client import MODULE
from tests.support.home import environment
from tests.support.played import TIME
from tests.support.server import ROOT
from tests.support.terminal import Terminal
from wire.grammar import is_name

PATIENCE = 30.0
LOG_WINDOW = "\x1b3"


def console(server: ConsoleServer, home: Path, *words: str) -> Terminal:
    """The operator's screen; ``boss`` is his name."""
    command = [sys.executable, "-m", "curses_client", "--console", "boss", "--host",
               server.address, "--data", str(home / "boss"), "--lang", "en", *words]  # fmt: skip
    return Terminal(command, home=home)


def lines(home: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The operator's lines, to their end."""
    return subprocess.run(
        [*MODULE, "--console", *words], cwd=ROOT, env=environment(home), input=text,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_what_is_typed_goes_to_everybody(tmp_path: Path) -> None:
    with ConsoleServer() as server, console(server, tmp_path) as boss:
        boss.wait_for("[everybody]")
        server.wait_for("LOG on")
        boss.press("kita mulai\r")
        server.wait_for("SAY * kita mulai")
        boss.wait_for("<boss> kita mulai")
        rows = boss.settle()
        assert rows[0] == " everybody │ what you type here is told in every room"
        assert rows[-1] == "[everybody]"
        assert "[boss✓*] 2:everybody" in rows[-2]
        assert not [line for line in server.heard if line.startswith("JOIN")]


def test_the_log_goes_by_in_a_window_of_its_own(tmp_path: Path) -> None:
    with ConsoleServer() as server, console(server, tmp_path) as boss:
        server.wait_for("LOG on")
        boss.press("sedang menget")
        server.say(*(f"LOG {TIME} joined name=boss number={n}" for n in range(200)))
        boss.wait_for("3:log(200)")
        boss.press("ik")
        boss.wait_for("[everybody] sedang mengetik")
        assert "number=" not in boss.text()
        boss.press(LOG_WINDOW)
        boss.wait_for("joined name=boss number=199")
        assert "the server's log" in boss.rows()[0]
        # After a break it is asked for again, and goes on where it stood.
        server.hang_up()
        server.wait_for("LOG on", 2)
        server.say(f"LOG {TIME} started number=200")
        boss.wait_for("started number=200")
        boss.press("\x1b")
        server.wait_for("LOG off")


def test_it_may_go_into_a_room(tmp_path: Path) -> None:
    with ConsoleServer() as server, console(server, tmp_path) as boss:
        boss.wait_for("[everybody]")
        server.wait_for("LOG on")
        boss.press("/join #lab\r")
        server.wait_for("JOIN #lab")
        boss.wait_for("[#lab]")
        server.announce(900, "perhatian")
        boss.wait_for("<admin> [everybody] perhatian")


def test_who_is_no_operator_is_told_so_on_the_plain_terminal(tmp_path: Path) -> None:
    with ConsoleServer("verified") as server, console(server, tmp_path) as boss:
        assert boss.wait_end() == 1
        assert "you are not the operator of this server" in " ".join(boss.rows())


def test_lines_are_said_to_everybody(tmp_path: Path) -> None:
    with ConsoleServer() as server:
        done = lines(tmp_path, "satu\n//dua\n", "boss", "--host", server.address)
        assert (done.returncode, done.stderr) == (0, "")
        assert [line for line in server.heard if line.startswith(("SAY", "JOIN", "LOG"))] == [
            "SAY * satu",
            "SAY * /dua",
        ]
        assert [row.split("\t") for row in done.stdout.splitlines()] == [
            [TIME, "*", "boss", "satu"],
            [TIME, "*", "boss", "/dua"],
        ]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "you are not the operator of this server"), ("id", "kamu bukan operator server ini")],
)
def test_lines_of_who_is_no_operator_are_not_said(tmp_path: Path, language: str, told: str) -> None:
    with ConsoleServer("-") as server:
        done = lines(tmp_path, "satu\n", "boss", "--host", server.address, "--lang", language)
        assert (done.returncode, done.stdout) == (1, "")
        assert told in done.stderr
        assert not [line for line in server.heard if line.startswith("SAY")]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "there is no UNIX socket @"), ("id", "tidak ada soket UNIX @")],
)
def test_without_a_socket(tmp_path: Path, language: str, told: str) -> None:
    nowhere = f"@obrol-test-{secrets.token_hex(8)}"
    done = lines(tmp_path, "satu\n", "boss", "--host", nowhere, "--lang", language)
    assert (done.returncode, done.stdout) == (3, "")
    assert told in done.stderr
    command = [*MODULE, "--console", "boss", "--host", nowhere, "--lang", language]
    with Terminal(command, home=tmp_path) as boss:
        assert boss.wait_end() == 1
        assert told in boss.text()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.1"])
def test_it_goes_through_the_socket_alone(tmp_path: Path, host: str) -> None:
    done = lines(tmp_path, "", "boss", "--host", host, "--lang", "en")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"obrol: the console goes through the server's UNIX socket alone: no {host}\n"
    )


def test_the_operator_is_called_as_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = pwd.getpwuid(os.getuid())
    assert login_name() == (mine.pw_name if is_name(mine.pw_name) else OPERATOR)
    for name, called in (("_apt", OPERATOR), ("siti", "siti"), ("a b", OPERATOR)):
        entry = pwd.struct_passwd((name, *mine[1:]))
        monkeypatch.setattr(pwd, "getpwuid", lambda _, entry=entry: entry)
        assert login_name() == called


def test_without_the_console_a_name_is_needed(tmp_path: Path) -> None:
    done = subprocess.run(
        MODULE, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.endswith("the following arguments are required: name\n")
