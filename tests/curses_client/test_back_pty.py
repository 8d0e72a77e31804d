"""Coming back: what was open is open again, in real terminals against a real server."""

import signal
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client


def leave(terminal: Terminal, how: str) -> None:
    """End the client: by its command, or as a broken ssh does."""
    if how == "quit":
        terminal.press("/quit\r")
    else:
        terminal.process.send_signal(signal.SIGHUP)
    terminal.wait_end()


# Rooms and private windows.


@pytest.mark.parametrize("how", ["quit", "hup"])
def test_rooms_come_back_with_their_order_drafts_and_unread_lines(
    server: ServerProcess, tmp_path: Path, how: str
) -> None:
    data = tmp_path / "rizky"
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lain")
        fatur.answer("SAY #lain awal", "t0")
        with client("rizky", server.port, data) as rizky:
            for number, room in enumerate(("uas", "os", "net"), 3):
                rizky.press(f"/join {room}\r")
                rizky.wait_for(lambda n=number, r=room: f"{n}:#{r}" in rizky.rows()[-2])  # type: ignore[misc]
            rizky.press("/part\r")  # of #net
            rizky.wait_for(lambda: "#net" not in rizky.rows()[-2])
            rizky.press("/query fatur\r")
            rizky.wait_for(lambda: rizky.rows()[-1] == "[@fatur]")
            rizky.press("untukmu")
            rizky.press("\x1b3")
            rizky.wait_for(lambda: rizky.rows()[-1] == "[#uas]")
            rizky.press("setengah")
            rizky.wait_for(lambda: rizky.rows()[-1] == "[#uas] setengah")
            if how == "quit":
                rizky.press("\x1b2")
                rizky.wait_for(lambda: rizky.rows()[-1] == "[#lab]")
            leave(rizky, how)
        fatur.answer("JOIN #os")
        fatur.answer("SAY #os ketinggalan", "t1")
        with client("rizky", server.port, data) as rizky:
            rizky.wait_for("#os(1)")
            assert rizky.settle()[-1] == "[#lab]"
            assert "2:#lab" in rizky.rows()[-2]
            rizky.press("\x1b3")
            rizky.wait_for(lambda: rizky.rows()[-1] == "[#uas] setengah")
            rizky.press("\x1b4")
            rizky.wait_for("1 not read")
            rizky.wait_for("<fatur> ketinggalan")
            rizky.press("\x1b5")
            rizky.wait_for(lambda: rizky.rows()[-1] == "[@fatur] untukmu")
        assert fatur.answer("JOIN #net")[-1] == "OK"
        assert fatur.answer("NAMES #net")[0] == "NAMES #net fatur"


def test_the_room_that_is_asked_for_is_added_and_shown(
    server: ServerProcess, tmp_path: Path
) -> None:
    data = tmp_path / "rizky"
    with client("rizky", server.port, data) as rizky:
        rizky.wait_for("1 here")
        rizky.press("/join uas\r")
        rizky.wait_for(lambda: rizky.rows()[-1] == "[#uas]")
        rizky.press("/part #lab")
        rizky.wait_for("/part #lab")
        rizky.press("\r")
        rizky.wait_for(lambda: rizky.rows()[-1] == "[#uas]")
        leave(rizky, "quit")
    with client("rizky", server.port, data) as rizky:
        rizky.wait_for("1 here")
        assert rizky.settle()[-1] == "[#uas]"
        leave(rizky, "quit")
    with client("rizky", server.port, data, "--room", "os") as rizky:
        rizky.wait_for("1 here")
        assert rizky.settle()[-1] == "[#os]"
        assert "3:#os" in rizky.rows()[-2]
        leave(rizky, "quit")


def test_a_room_that_does_not_let_me_in_is_told_and_dropped(tmp_path: Path) -> None:
    data = tmp_path / "rizky"
    with ServerProcess(tmp_path / "server") as server, client("rizky", server.port, data) as rizky:
        rizky.wait_for("1 here")
        rizky.press("/join uas\r")
        rizky.wait_for(lambda: rizky.rows()[-1] == "[#uas]")
        rizky.wait_for("1 here")
        leave(rizky, "hup")
        server.kill()
        words = ["--set", "rooms=1"]
        with ServerProcess(tmp_path / "server2", *words, port=server.port):
            with client("rizky", server.port, data) as again:
                again.wait_for("cannot enter #uas")
                assert "#uas" not in again.settle()[-2]
                leave(again, "quit")
            with client("rizky", server.port, data) as again:
                again.wait_for("1 here")
                assert "#uas" not in "\n".join(again.settle())


def test_what_was_typed_to_leave_a_room_is_no_draft(server: ServerProcess, tmp_path: Path) -> None:
    data = tmp_path / "rizky"
    with client("rizky", server.port, data) as rizky:
        rizky.wait_for("1 here")
        rizky.press("/part #lab")
        # Slowly: so that what stands there is remembered before Enter.
        memory = data / "memory.json"
        rizky.wait_for(lambda: bool(rizky.settle()) and "/part #lab" in memory.read_text())
        rizky.press("\r")
        rizky.wait_for(lambda: "#lab" not in rizky.rows()[-2])
        rizky.press("/join lab\r")
        rizky.wait_for("1 here")
        assert rizky.settle()[-1] == "[#lab]"
