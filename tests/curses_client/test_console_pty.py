"""The operator's console in a real terminal against a real server, with people who see it all."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client

LOG_WINDOW = "\x1b3"
EVERYBODY = "\x1b2"


def console(server: ServerProcess, home: Path, *words: str) -> Terminal:
    """The operator's screen, in English; ``boss`` is his name."""
    command = [sys.executable, "-m", "curses_client", "--console", "boss", "--port",
               str(server.port), "--data", str(home / "state"), "--lang", "en"]  # fmt: skip
    return Terminal([*command, *words], columns=100, home=home)


def person(server: ServerProcess, tmp_path: Path) -> Terminal:
    """Somebody over TCP: through the UNIX socket the tests' account would be an operator too."""
    return client("rizky", server.port, tmp_path / "rizky", "--host", "127.0.0.1")


def at_the_end(terminal: Terminal) -> str:
    """What the program said when it had ended, without blanks: the terminal breaks lines."""
    assert terminal.wait_end() == 1
    return "".join(terminal.text().split())


@pytest.fixture
def boss(server: ServerProcess, tmp_path: Path) -> Iterator[Terminal]:
    """The operator's terminal, the log already followed."""
    home = tmp_path / "boss"
    home.mkdir()
    with console(server, home) as terminal:
        terminal.wait_for("[boss*]")
        terminal.press("/log on\r")
        terminal.wait_for("the server's log")
        terminal.press(EVERYBODY)
        terminal.wait_for("2:everybody")
        yield terminal


@pytest.fixture
def rizky(server: ServerProcess, tmp_path: Path) -> Iterator[Terminal]:
    """Somebody in the room."""
    with person(server, tmp_path) as terminal:
        terminal.wait_for("1 here")
        yield terminal


def test_broadcast(boss: Terminal, rizky: Terminal, server: ServerProcess) -> None:
    with Raw(server.port, name="fatur") as fatur:
        rizky.press("sedang menget")
        boss.press("perkuliahan dimulai\r")
        boss.wait_for("<boss> perkuliahan dimulai")
        rizky.wait_for("<boss> [everybody] perkuliahan dimulai")
        assert fatur.expect("MSG").split(" ", 3)[3] == "* boss perkuliahan dimulai"
        rizky.press("ik")
        rizky.wait_for("[#lab] sedang mengetik")
        boss.press("/wall sekali lagi\r")
        rizky.wait_for("<boss> [everybody] sekali lagi")
        assert rizky.text().count("perkuliahan dimulai") == 1


def test_an_announcement_that_was_missed_is_caught_up_once(
    server: ServerProcess, tmp_path: Path
) -> None:
    with person(server, tmp_path) as rizky:
        rizky.wait_for("1 here")
        server.kill()
        rizky.wait_for("again in")
        server.start()
        home = tmp_path / "boss"
        home.mkdir()
        with console(server, home) as boss:
            boss.wait_for("[boss*]")
            boss.press("setelah jeda\r")
            boss.wait_for("<boss> setelah jeda")
            rizky.wait_for("<boss> [everybody] setelah jeda", 40)
            assert rizky.text().count("setelah jeda") == 1
            rizky.press("\x1b1")
            rizky.wait_for("<boss> setelah jeda")
            rizky.settle()
            assert rizky.text().count("setelah jeda") == 1


def test_the_log_is_no_window_for_who_may_not_read_it(rizky: Terminal) -> None:
    rizky.press("/log on\r")
    rizky.wait_for("/log: you may not do that")
    assert "[log]" not in rizky.text()
    assert "2:#lab" in rizky.settle()[-2]
    rizky.press("/log off\r")
    rizky.wait_for("the server's log is not followed now")


def test_the_end_of_the_log_is_told(boss: Terminal) -> None:
    boss.press("/log off\r")
    boss.wait_for("the server's log is not followed any longer")


def test_an_operator_does_not_send_himself_away(boss: Terminal) -> None:
    boss.press("/kick Boss\r")
    boss.wait_for("Boss is you; /quit leaves")


def test_kick(boss: Terminal, rizky: Terminal) -> None:
    boss.press("/kick rizky terlalu bising\r")
    boss.wait_for("rizky was sent out")
    told = at_the_end(rizky)
    assert "theoperatorsentyouout:terlalubising." in told
    assert "doesnotcomebackbyitself" in told


def test_ban(boss: Terminal, rizky: Terminal, server: ServerProcess, tmp_path: Path) -> None:
    boss.press("/ban rizky 10m bising\r")
    boss.wait_for("rizky is kept out for 10 min")
    assert "youarebannedhere:bising" in at_the_end(rizky)
    with person(server, tmp_path) as again:
        told = at_the_end(again)
        assert "youarebannedhere:bising(until" in told
        assert "Z)" not in told  # by the clock here, not by that of the wire
    boss.press("/bans\r")
    row = boss.wait_for("bising")
    assert "until" in row
    boss.press("/unban rizky\r")
    boss.wait_for("rizky may come in again")
    with person(server, tmp_path) as back:
        back.wait_for("1 here")


def test_silence(boss: Terminal, rizky: Terminal) -> None:
    boss.press("/silence rizky 5m\r")
    boss.wait_for("rizky may not speak for 5 min")
    rizky.press("halo\r")
    rizky.wait_for("not sent to #lab: you may not speak now: halo")


def test_stats_and_who(boss: Terminal, rizky: Terminal) -> None:
    boss.press("/stats connections now\r")
    boss.wait_for("connections now, tcp")
    boss.press("/who #lab\r")
    boss.wait_for("queue")
    [head] = [row for row in boss.settle() if "queue" in row]
    [who] = [row for row in boss.rows() if row.strip().startswith("rizky")]
    assert who[head.index("door") :].startswith(("unix", "tcp"))
    assert rizky.process.poll() is None


def test_limits_are_changed_and_reloaded(tmp_path: Path) -> None:
    settings = tmp_path / "obrol.toml"
    settings.write_text("[limits]\nrate = 7\n")
    with ServerProcess(tmp_path / "server", "--config", str(settings)) as server:
        home = tmp_path / "boss"
        home.mkdir()
        with console(server, home) as boss:
            boss.wait_for("[boss*]")
            boss.press("/limits rate\r")
            boss.wait_for("7 lines/s")
            boss.press("/limit rate 9\r")
            boss.wait_for("rate = 9")
            boss.press("/limits rate\r")
            boss.wait_for("9 lines/s")
            boss.press("/limit rate 99999999\r")
            boss.wait_for("/limit: ")
            boss.press("\x15/clear\r")
            settings.write_text("[limits]\nrate = 3\n")
            boss.press("/reload\r")
            boss.wait_for("the server has read its settings again")
            boss.press("/limits rate\r")
            boss.wait_for("3 lines/s")


def test_the_log_is_live(boss: Terminal, server: ServerProcess) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        boss.press(LOG_WINDOW)
        boss.wait_for("fatur")
        assert "the server's log" in boss.rows()[0]


def test_everybody_sees_the_countdown_and_comes_back(
    boss: Terminal, rizky: Terminal, server: ServerProcess
) -> None:
    boss.press("/shutdown\r")
    boss.wait_for("again to confirm")
    boss.press("/shutdown 2s\r")
    boss.wait_for("goes down in 2 s")
    rizky.wait_for("[everybody]")
    boss.wait_for("connection lost", 30)
    rizky.wait_for("connection lost", 30)
    assert server.process is not None
    assert server.process.wait(60) == 0
    assert server.process.stdout is not None
    server.process.stdout.close()
    server.start()
    rizky.wait_for(lambda: "connection lost" not in rizky.text(), 60)
    boss.wait_for(lambda: "connection lost" not in boss.text(), 60)
