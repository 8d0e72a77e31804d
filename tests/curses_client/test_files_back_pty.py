"""Files that leaving broke off go on at the next start: real terminals, a real server."""

import contextlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cutter import Cutter
from tests.support.raw import member
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client, home_of

SIZE = 3_000_000
CUT_AFTER = 1_000_000
LAST = re.compile(rb"=([A-Za-z0-9_.-]+) SEND #lab f[0-9a-f]+ ([0-9]+) [1-9][0-9]* ")


class Way:
    """A way to the server that breaks after a while, and stays broken until it is mended."""

    def __init__(self, server: ServerProcess) -> None:
        self.cutter = Cutter(server.port, self._next)
        self._cut_after = 0

    def break_after(self, count: int) -> None:
        """Cut the next connection after so many bytes, and those that follow at once."""
        self._cut_after = count

    def mend(self) -> None:
        """Let everything pass from now on."""
        self._cut_after = 0

    def _next(self) -> tuple[int, Callable[[], object]] | None:
        count, self._cut_after = self._cut_after, min(self._cut_after, 1)
        return (count, lambda: None) if count else None


@pytest.fixture
def way(server: ServerProcess) -> Iterator[Way]:
    way = Way(server)
    with way.cutter:
        yield way


def at(way: Way, folder: Path) -> Terminal:
    """Somebody at a terminal, over TCP."""
    return client("rizky", way.cutter.port, folder / "rizky", "--host", "127.0.0.1")


def file_of(folder: Path) -> Path:
    path = folder / "x.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def leave(terminal: Terminal, how: str) -> None:
    """Leave while files are on their way; the command is asked about, once."""
    if how == "quit":
        terminal.press("/quit\r")
        terminal.wait_for("they go on when you are back")
        assert terminal.process.poll() is None
        terminal.press("/quit\r")
    else:
        terminal.process.send_signal(signal.SIGHUP if how == "hup" else signal.SIGKILL)
    terminal.wait_end()


def half_sent(way: Way, folder: Path, path: Path, how: str) -> None:
    """Leave when the server has a part of the file."""
    way.break_after(CUT_AFTER)
    with at(way, folder) as rizky:
        rizky.wait_for("1 here")
        rizky.press(f"SEND {path}\r")
        rizky.wait_for("connection lost")
        memory = folder / "rizky" / "memory.json"
        rizky.wait_for(lambda: bool(rizky.settle()) and str(path) in memory.read_text())
        leave(rizky, how)
    way.mend()


@pytest.mark.parametrize("how", ["quit", "hup", "kill"])
def test_an_upload_goes_on(server: ServerProcess, tmp_path: Path, way: Way, how: str) -> None:
    path = file_of(tmp_path)
    half_sent(way, tmp_path, path, how)
    with member(server.port, "fatur") as fatur:
        assert fatur.answer("FILES #lab after 0 9") == ["OK 0 0"]
        before = way.cutter.forwarded
        with at(way, tmp_path) as rizky:
            rizky.wait_for("going on with what was broken off: x.bin")
            rizky.wait_for("x.bin (2.9 MB) is on the server, #1")
            assert way.cutter.forwarded - before < SIZE - CUT_AFTER / 2
            leave_now(rizky)
        assert fatur.fetch(1) == path.read_bytes()
        with at(way, tmp_path) as rizky:  # and that was all
            rizky.wait_for("x.bin 2.9 MB from rizky")
            assert "going on" not in "\n".join(rizky.settle())
            leave_now(rizky)
        assert fatur.answer("FILES #lab after 0 9")[-1] == "OK 1 0"


def leave_now(terminal: Terminal) -> None:
    """Leave when nothing is on its way: nothing is asked."""
    terminal.press("/quit\r")
    terminal.wait_end()


def test_a_file_that_changed_is_told_and_not_sent(
    server: ServerProcess, tmp_path: Path, way: Way
) -> None:
    path = file_of(tmp_path)
    half_sent(way, tmp_path, path, "hup")
    path.write_bytes(b"lain")
    with at(way, tmp_path) as rizky:
        rizky.wait_for("x.bin: the file changed while it was sent; send it again")
        leave_now(rizky)
    with member(server.port, "fatur") as fatur:
        assert fatur.answer("FILES #lab after 0 9") == ["OK 0 0"]
    half_sent(way, tmp_path, path := file_of(tmp_path), "hup")
    path.unlink()
    with at(way, tmp_path) as rizky:
        rizky.wait_for("x.bin: No such file or directory")
        leave_now(rizky)
    with at(way, tmp_path) as rizky:  # it is told once
        rizky.wait_for("1 here")
        assert "x.bin" not in "\n".join(rizky.settle())


def test_a_file_whose_ok_was_lost_is_not_sent_twice(
    server: ServerProcess, tmp_path: Path, way: Way
) -> None:
    path = file_of(tmp_path)
    with at(way, tmp_path) as rizky:
        rizky.wait_for("1 here")
        rizky.press(f"SEND {path}\r")
        rizky.wait_for("x.bin (2.9 MB) is on the server, #1")
        leave_now(rizky)
    tag, offset = LAST.findall(bytes(way.cutter.said))[-1]
    # As it stands in the file of a client that was killed before the OK came.
    memory = tmp_path / "rizky" / "memory.json"
    found = json.loads(memory.read_text())
    left = ["send", str(path), "#lab", SIZE, path.stat().st_mtime_ns, tag.decode(), int(offset)]
    next(iter(found.values()))["rizky"]["transfers"] = {"0-0-0": [left]}
    memory.write_text(json.dumps(found))
    with at(way, tmp_path) as rizky:
        rizky.wait_for("going on with what was broken off: x.bin")
        rizky.wait_for("x.bin (2.9 MB) is on the server, #1")
        leave_now(rizky)
    with member(server.port, "fatur") as fatur:
        assert fatur.answer("FILES #lab after 0 9")[-1] == "OK 1 0"


def test_of_two_terminals_one_takes_it_up(server: ServerProcess, tmp_path: Path, way: Way) -> None:
    path = file_of(tmp_path)
    half_sent(way, tmp_path, path, "hup")
    memory = tmp_path / "rizky" / "memory.json"
    # The second one comes straight, under the name that the server has in the file.
    found = json.loads(memory.read_text())
    found[f"local:{server.port}"] = next(iter(found.values()))
    del found[f"local:{way.cutter.port}"]
    memory.write_text(json.dumps(found))
    sessions = tmp_path / "rizky" / "sessions.json"
    sessions.write_text(sessions.read_text().replace(str(way.cutter.port), str(server.port)))
    with contextlib.ExitStack() as both:
        words = ("rizky", server.port, tmp_path / "rizky")
        terminals = [both.enter_context(client(*words)) for _ in range(2)]
        for terminal in terminals:
            terminal.wait_for("x.bin 2.9 MB from rizky")
        told = ["going on with" in "\n".join(terminal.settle()) for terminal in terminals]
        assert sorted(told) == [False, True]
    with member(server.port, "fatur") as fatur:
        assert fatur.answer("FILES #lab after 0 9")[-1] == "OK 1 0"


@pytest.mark.parametrize("how", ["quit", "hup"])
def test_a_download_goes_on(server: ServerProcess, tmp_path: Path, way: Way, how: str) -> None:
    data = os.urandom(SIZE)
    with member(server.port, "fatur") as fatur:
        fatur.answer(f"SEND #lab t1 0 {SIZE} {SIZE} x.bin", "t", data)
        terima = home_of(tmp_path / "rizky") / "terima"
        way.break_after(CUT_AFTER)
        with at(way, tmp_path) as rizky:
            rizky.wait_for("x.bin 2.9 MB from fatur")
            rizky.press("/get 1\r")
            rizky.wait_for("connection lost")
            memory = tmp_path / "rizky" / "memory.json"
            rizky.wait_for(lambda: bool(rizky.settle()) and str(terima) in memory.read_text())
            leave(rizky, how)
        assert 0 < (terima / "x.bin.part").stat().st_size < SIZE
        way.mend()
        with at(way, tmp_path) as rizky:
            rizky.wait_for("going on with what was broken off: x.bin")
            rizky.wait_for("#1 is in")
            leave_now(rizky)
        assert [path.name for path in terima.iterdir()] == ["x.bin"]
        assert (terima / "x.bin").read_bytes() == data
