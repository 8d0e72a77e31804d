"""The curses client in a real terminal against a real server: what its user sees."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client, without_times
from tests.support.timing import end_of, within


@pytest.fixture
def rizky(server: ServerProcess, tmp_path: Path) -> Iterator[Terminal]:
    """One user's terminal, in the room."""
    with client("rizky", server.port, tmp_path / "rizky") as terminal:
        terminal.wait_for("1 here")
        yield terminal


def test_two_people_talk_and_both_screens_are_right(
    rizky: Terminal, server: ServerProcess, tmp_path: Path
) -> None:
    with client("fatur", server.port, tmp_path / "fatur", "--lang", "id") as fatur:
        rizky.wait_for("fatur joined")
        fatur.wait_for("2 orang")
        rizky.press("halo selamat siang!\r")
        fatur.wait_for("<rizky> halo selamat siang!")
        fatur.press("siang 日本 😀 é\r")
        rizky.wait_for("<fatur> siang")
        assert without_times(rizky.settle()) == [
            " #lab │ no topic                                                         2 here",
            *[""] * 18,
            "HH:MM --> fatur joined",
            "HH:MM <rizky> halo selamat siang!",
            "HH:MM <fatur> siang 日本 😀 é",
            " [HH:MM] [rizky*] 2:#lab",
            "[#lab]",
        ]
        assert without_times(fatur.settle()) == [
            " #lab │ belum ada topik                                                 2 orang",
            *[""] * 19,
            "HH:MM <rizky> halo selamat siang!",
            "HH:MM <fatur> siang 日本 😀 é",
            " [HH:MM] [fatur*] 2:#lab",
            "[#lab]",
        ]


def test_what_comes_in_never_touches_what_i_am_typing(
    rizky: Terminal, server: ServerProcess
) -> None:
    rizky.press("aku sedang menget")
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab", *(f"SAY #lab baris {n}" for n in range(60)))
        rizky.wait_for("baris 59")
    rizky.press("ik")
    rizky.wait_for("[#lab] aku sedang mengetik")
    assert rizky.settle()[-1] == "[#lab] aku sedang mengetik"


def test_killed_server_comes_back_and_nothing_is_lost_or_doubled(
    rizky: Terminal, server: ServerProcess, tmp_path: Path
) -> None:
    with client("fatur", server.port, tmp_path / "fatur") as fatur:
        fatur.wait_for("2 here")
        rizky.press("sebelum\r")
        fatur.wait_for("<rizky> sebelum")
        server.kill()
        rizky.wait_for("connection lost")
        fatur.wait_for("connection lost")
        rizky.press("saat mati\r")
        rizky.wait_for("--:-- <rizky> saat mati")
        rizky.press("draf")
        server.start()
        for terminal in (rizky, fatur):
            terminal.wait_for(lambda t=terminal: "connection lost" not in t.text())  # type: ignore[misc]
            terminal.wait_for("<rizky> saat mati")
        fatur.press("sesudah\r")
        rizky.wait_for("<fatur> sesudah")
        for terminal in (rizky, fatur):
            screen = "\n".join(terminal.settle())
            talk = [line[6:] for line in screen.splitlines() if "<" in line and ">" in line]
            talk = [line for line in talk if line.startswith("<") and not line.startswith("<--")]
            assert talk == ["<rizky> sebelum", "<rizky> saat mati", "<fatur> sesudah"]
        assert rizky.rows()[-1] == "[#lab] draf"


def test_coming_in_shows_what_was_said_before(server: ServerProcess, tmp_path: Path) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab", *(f"SAY #lab dahulu {n}" for n in range(150)))
        fatur.sync()
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("dahulu 149")
        rizky.press("\x1b[5~" * 5)
        rizky.wait_for("dahulu 50")
        assert "dahulu 49" not in rizky.text()
        rizky.press("/history 30\r")
        while "dahulu 20" not in rizky.text():
            rizky.press("\x1b[5~")  # the older lines come when they come
            rizky.settle()


def test_same_person_in_two_terminals(
    rizky: Terminal, server: ServerProcess, tmp_path: Path
) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as second:
        second.wait_for("1 here")
        rizky.press("dari satu\r")
        second.wait_for("<rizky> dari satu")
        with Raw(server.port, name="fatur") as fatur:
            fatur.say("SAY @rizky bisik")
            for terminal in (rizky, second):
                terminal.wait_for("3:@fatur(1!)")
                terminal.press("\x1b3")
                terminal.wait_for("<fatur> bisik")


@pytest.mark.parametrize("size", [(132, 43), (40, 8), (20, 5), (19, 4), (1, 1), (80, 24)])
def test_resize(rizky: Terminal, size: tuple[int, int]) -> None:
    rizky.press("kata " * 30 + "\r")
    rizky.wait_for("<rizky> kata")
    rizky.resize(*size)
    rizky.settle()
    rizky.resize(80, 24)
    rizky.wait_for(lambda: rizky.rows()[0].startswith(" #lab") and rizky.rows()[-1] == "[#lab]")
    rows = without_times(rizky.settle())
    assert rows[-5:] == [
        "HH:MM <rizky> " + " ".join(["kata"] * 13),
        " " * 14 + " ".join(["kata"] * 13),
        " " * 14 + " ".join(["kata"] * 4),
        " [HH:MM] [rizky*] 2:#lab",
        "[#lab]",
    ]


def test_five_hundred_resizes_leave_the_screen_right(rizky: Terminal) -> None:
    rizky.press("halo\r")
    rizky.wait_for("<rizky> halo")
    for n in range(500):
        rizky.resize(1 + n * 7 % 120, 1 + n * 3 % 40)
        rizky._read(0)
    rizky.resize(60, 10)
    rizky.wait_for(lambda: rizky.rows()[-1] == "[#lab]" and "<rizky> halo" in rizky.text())
    assert rizky.process.poll() is None


def test_wide_characters_at_the_last_column(rizky: Terminal) -> None:
    rizky.press("a" + "日" * 60 + "\r")
    rizky.wait_for("<rizky> a日")
    rows = [row for row in rizky.settle() if "日" in row]
    assert sum(row.count("日") for row in rows) == 60
    assert rizky.rows()[-1] == "[#lab]"


def test_a_paste_of_several_lines_is_one_message(rizky: Terminal, server: ServerProcess) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        rizky.press("\x1b[200~def f():\n    return 1\n\x1b[201~")
        rizky.wait_for("Paste 2 lines")
        rizky.press("\r")
        message = fatur.expect("MSG ")
        assert message.endswith("rizky def f():\u2028    return 1")
        rizky.wait_for("<rizky> def f():")
        assert without_times(rizky.settle())[-4:-2] == [
            "HH:MM <rizky> def f():",
            " " * 14 + "    return 1",
        ]


def test_an_unknown_command_never_goes_to_the_room(rizky: Terminal, server: ServerProcess) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        rizky.press("/jion #x\r")
        rizky.wait_for("Did you mean /join?")
        assert rizky.settle()[-1] == "[#lab] /jion #x"
        assert not [line for line in fatur.sync() if line.startswith("MSG")]


def test_commands_of_a_first_evening(rizky: Terminal, server: ServerProcess) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        rizky.press("/me pasang kabel\r")
        rizky.wait_for("* rizky pasang kabel")
        rizky.press("/topic kumpul modul 11\r")
        rizky.wait_for("Topic: kumpul modul 11")
        rizky.press("/names\r")
        rizky.wait_for("2 here: rizky* fatur")  # over the UNIX socket: an operator
        rizky.press("/msg fatur rahasia\r")
        assert fatur.expect("MSG ").endswith("@fatur rizky rahasia")
        rizky.press("/join uas\r")
        rizky.wait_for("[#uas]")
        rizky.press("/rooms\r")
        rizky.wait_for("#uas  1 here")
        rizky.press("/nick rizky2\r")
        rizky.wait_for("rizky is now rizky2")
        rizky.press("/who fatur\r")
        rizky.wait_for("tcp   127.0.0.1:")
        rizky.press("/part\r")
        rizky.wait_for("[#lab]")
        rizky.press("/query fatur\r")
        rizky.wait_for("[@fatur]")
        assert "<rizky> rahasia" in rizky.text()
        rizky.press("/quit sampai jumpa\r")
        assert fatur.expect("LEFT ").endswith("#lab rizky2 sampai jumpa")
    assert rizky.wait_end() == 0


@pytest.mark.parametrize("how", ["/quit\r", "\x03\x03", "SIGTERM"])
def test_the_terminal_is_given_back(rizky: Terminal, how: str) -> None:
    if how == "SIGTERM":
        rizky.process.send_signal(signal.SIGTERM)
    else:
        rizky.press(how)
    assert rizky.wait_end() == 0
    assert rizky.modes() == rizky.before
    assert b"\x1b[?2004l" in rizky.raw[-200:]


def test_a_cut_ssh_connection_ends_it_within_a_second(rizky: Terminal) -> None:
    with within(0, 1, rizky.process.pid):
        rizky.hang_up()
        end_of(rizky.process.pid)
    rizky.process.wait(60)


def test_idle_costs_nothing(rizky: Terminal) -> None:
    rizky.settle()
    before = rizky.cpu_seconds()
    time.sleep(2)  # idleness is what is measured
    assert rizky.cpu_seconds() - before <= 0.02


def test_name_taken_is_said_on_the_plain_terminal(strangers: ServerProcess, tmp_path: Path) -> None:
    port = strangers.port
    with client("rizky", port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        with client("rizky", port, tmp_path / "other", "--host", "127.0.0.1") as second:
            assert second.wait_end() == 1
            assert "the server does not take rizky: that name is taken" in second.text()
        assert rizky.process.poll() is None


def test_no_server_says_what_to_do_and_waits_for_it(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    with server:
        server.kill()
        with client("rizky", server.port, tmp_path / "rizky") as rizky:
            rizky.wait_for("there is no server at 127.0.0.1")
            server.start()
            rizky.wait_for("1 here")


def test_an_unknown_terminal_and_a_dumb_one(server: ServerProcess, tmp_path: Path) -> None:
    with client(
        "rizky", server.port, tmp_path / "a", environment={"TERM": "no-such-terminal"}
    ) as rizky:
        rizky.wait_for("1 here")
    with client("fatur", server.port, tmp_path / "b", environment={"TERM": "dumb"}) as fatur:
        fatur.wait_for("going on in lines")
        fatur.press("halo\n")
        fatur.wait_for("#lab    fatur   halo")


def test_a_locale_that_the_machine_does_not_have(server: ServerProcess, tmp_path: Path) -> None:
    with client("rizky", server.port, tmp_path / "a", environment={"LANG": "xx_YY.UTF-8"}) as rizky:
        rizky.press("日本\r")
        rizky.wait_for("<rizky> 日本")
