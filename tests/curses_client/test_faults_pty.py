"""What a terminal may meet with: a defect, a tiny size, a burst, a server that goes (C47-C50)."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.played import PlayedServer
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client

BURST = 50_000
FRAMES_A_SECOND = 20
FRAME_BYTES = 8 * 1024
"""A whole screen of 80 x 24 with its colours is less than half of it."""

DEFECT = """
import sys
from curses_client.__main__ import main
from curses_client.story import Story

real = Story.stored

def stored(self, event):
    if event.body == "now":
        raise RuntimeError("planted")
    real(self, event)

Story.stored = stored
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def played() -> Iterator[PlayedServer]:
    server = PlayedServer()
    yield server
    server.close()


def test_a_defect_gives_the_terminal_back_and_is_told_behind_it(
    server: ServerProcess, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", DEFECT, "rizky", "--port", str(server.port), "--data",
               str(tmp_path / "rizky"), "--lang", "en"]  # fmt: skip
    with Terminal(command) as rizky, Raw(server.port, name="fatur") as fatur:
        rizky.wait_for("1 here")
        fatur.say("JOIN #lab")
        rizky.wait_for("fatur joined")
        fatur.say("SAY #lab now")
        assert rizky.wait_end() == 1
        assert rizky.modes() == rizky.before
        screen, _, behind = rizky.raw.rpartition(b"\x1b[?2004l")
        assert b"[#lab]" in screen
        assert b"Traceback" in behind
        assert b"RuntimeError: planted" in behind


@pytest.mark.parametrize("size", [(10, 3), (1, 1), (20, 5)])
def test_it_starts_however_small_the_terminal_is(
    server: ServerProcess, tmp_path: Path, size: tuple[int, int]
) -> None:
    columns, rows = size
    with client("rizky", server.port, tmp_path / "r", columns=columns, rows=rows) as rizky:
        with Raw(server.port, name="fatur") as fatur:
            fatur.say("JOIN #lab", "SAY #lab halo 日本")
            fatur.say("SAY #lab lagi")
            rizky.press("kata")
            rizky.settle()
        rizky.resize(80, 24)
        rizky.wait_for("<fatur> lagi")
        rizky.wait_for("[#lab] kata")


def test_a_burst_is_drawn_in_a_few_frames_and_typing_goes_on(
    played: PlayedServer, tmp_path: Path
) -> None:
    with client("rizky", played.port, tmp_path / "rizky", "--host", "127.0.0.1") as rizky:
        played.greet()
        rizky.wait_for("[#lab]")
        before, started = len(rizky.raw), time.monotonic()
        played.talk(BURST, lambda: rizky._read(0))
        rizky.press("masih bisa")
        rizky.wait_for(f"baris {BURST} dengan", 60)
        rizky.wait_for("[#lab] masih bisa")
        frames = (time.monotonic() - started) * FRAMES_A_SECOND + 10
        assert len(rizky.raw) - before < frames * FRAME_BYTES


def test_what_is_typed_stays_while_the_server_goes_and_comes(
    server: ServerProcess, tmp_path: Path
) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        rizky.press("belum se")
        rizky.wait_for("[#lab] belum se")
        server.kill()
        rizky.wait_for("connection lost")
        rizky.press("lesai")
        rizky.wait_for("[#lab] belum selesai")
        server.start()
        rizky.wait_for("1 here", 30)
        rizky.press("\r")
        rizky.wait_for("<rizky> belum selesai")
