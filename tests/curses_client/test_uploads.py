"""Sending files: the upload by itself, and the line-mode client against a real server (C12 C13)."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from curses_client.front import Failure
from curses_client.uploads import IN_FLIGHT, LOW_BYTES, RETRY_SECONDS, Upload, wire_name, word_of
from tests.support.cutter import Cutter
from tests.support.errands import run, start
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from wire.grammar import PIECE_BYTES, Refusal
from wire.parser import Frame, Parser


def content(size: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Asked(NamedTuple):
    """A line that an upload sent."""

    answer: Callable[..., object]
    words: tuple[str, ...]
    payload: bytes
    tag: str


class FakeLine:
    """Writes down what is asked; the test answers."""

    def __init__(self) -> None:
        self.online = True
        self.queued = 0
        self.asked: list[Asked] = []
        self.timers: list[tuple[float, Callable[[], object]]] = []
        self.remembered: list[int] = []
        """How many lines waited for their answer at each time."""
        self._tags = 0

    def ask(self, answer: Callable[..., object], verb: str, *args: str, payload: bytes = b"",
            tag: str | None = None) -> None:  # fmt: skip
        tag = tag or self.new_tag()
        Parser(server=False).send(verb, *args, tag=tag)
        self.asked.append(Asked(answer, (verb, *args), payload, tag))

    def new_tag(self) -> str:
        self._tags += 1
        return f"tag{self._tags}"

    def remember(self) -> None:
        self.remembered.append(len(self.asked))

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        self.timers.append((seconds, call))

    def take(self) -> list[Asked]:
        asked, self.asked = self.asked, []
        return asked

    def run_timers(self) -> list[float]:
        timers, self.timers = self.timers, []
        for _, call in timers:
            call()
        return [seconds for seconds, _ in timers]


def say_ok(asked: Asked, *args: str) -> None:
    asked.answer([Frame("OK", args, asked.tag, b"")], None)


def say_error(asked: Asked, code: str, text: str = "") -> None:
    asked.answer([], Failure(code, text))


@pytest.fixture
def line() -> FakeLine:
    return FakeLine()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.bin"
    path.write_bytes(content(10 * PIECE_BYTES))
    return path


@pytest.fixture
def upload(line: FakeLine, path: Path) -> Iterator[Upload]:
    upload = Upload(line, path, "#lab", lambda _: None)
    yield upload
    if not upload.state:
        os.close(upload._fd)


def begun(upload: Upload, line: FakeLine, here: int = 0) -> list[Asked]:
    """Start it; the pieces that it sends at first."""
    upload.go_on()
    (partial,) = line.take()
    assert partial.words == ("PARTIAL", upload.transfer)
    say_ok(partial, str(here))
    if not here:
        (asked,) = line.take()
        assert asked.words[:5] == ("SEND", "#lab", upload.transfer, "0", "0")
        assert line.asked == []  # no byte before it is taken
        say_ok(asked, "0")
    return line.take()


def test_pieces_go_in_order_a_few_at_once(upload: Upload, line: FakeLine, path: Path) -> None:
    pieces = begun(upload, line)
    data = path.read_bytes()
    sent = b""
    while pieces:
        assert len(pieces) <= IN_FLIGHT
        piece = pieces.pop(0)
        assert piece.words[3:5] == (str(len(sent)), str(len(piece.payload)))
        sent += piece.payload
        done = len(sent) == len(data)
        say_ok(piece, *(("7", sha256(data)) if done else (str(len(sent)),)))
        pieces += line.take()
    while not upload.state:
        line.run_timers()
    assert (sent, upload.state, upload.event) == (data, "done", 7)


def test_talk_does_not_wait_behind_a_file(upload: Upload, line: FakeLine) -> None:
    line.queued = LOW_BYTES
    assert begun(upload, line) == []
    upload.pump()
    assert line.asked == []
    line.queued = LOW_BYTES - 1
    upload.pump()
    assert len(line.asked) == IN_FLIGHT


def test_a_refusal_is_the_end(upload: Upload, line: FakeLine) -> None:
    upload.go_on()
    say_ok(line.take()[0], "0")
    say_error(line.take()[0], "too-big")
    assert upload.state == "too-big"
    line.run_timers()
    assert line.asked == []


def test_it_goes_on_from_what_is_there(upload: Upload, line: FakeLine) -> None:
    pieces = begun(upload, line, 3 * PIECE_BYTES + 5)
    assert [int(piece.words[3]) for piece in pieces] == [
        (3 + number) * PIECE_BYTES + 5 for number in range(IN_FLIGHT)
    ]


def test_the_last_piece_is_the_same_line_after_a_break(upload: Upload, line: FakeLine) -> None:
    (last,) = begun(upload, line, 9 * PIECE_BYTES + 7)
    for _ in range(3):
        say_error(last, "")  # the link is lost, its answer with it
        upload.go_on()
        (again,) = line.take()
        assert again[1:] == last[1:]
        last = again
    say_error(last, "not-saved")
    assert line.run_timers()[-1] == RETRY_SECONDS
    (again,) = line.take()
    assert again[1:] == last[1:]


def test_the_last_piece_is_remembered_before_it_leaves(upload: Upload, line: FakeLine) -> None:
    assert upload.left[4:] == ("", 0)
    (last,) = begun(upload, line, 9 * PIECE_BYTES + 7)
    assert line.remembered == [0]
    assert upload.left[4:] == (last.tag, 9 * PIECE_BYTES + 7)
    assert upload.transfer == word_of(upload.left)


def test_the_last_piece_is_the_same_line_in_the_next_run(
    upload: Upload, line: FakeLine, path: Path
) -> None:
    (last,) = begun(upload, line, 9 * PIECE_BYTES + 7)
    left = upload.left
    again = Upload(line, Path(left.path), left.target, lambda _: None, (left.tag, left.offset))
    again.go_on()
    (asked,) = line.take()
    assert asked[1:] == last[1:]
    say_ok(asked, "7", sha256(path.read_bytes()))
    while not again.state:
        line.run_timers()
    assert (again.state, again.event) == ("done", 7)


def test_a_server_that_lost_the_bytes_gets_them_again(upload: Upload, line: FakeLine) -> None:
    (last,) = begun(upload, line, 9 * PIECE_BYTES)
    say_error(last, "bad-offset", "0 is the offset wanted")
    line.run_timers()
    assert line.take()[0].words == ("PARTIAL", upload.transfer)


def test_a_server_that_has_all_but_the_event(upload: Upload, line: FakeLine, path: Path) -> None:
    (last,) = begun(upload, line, upload.size)
    assert last.words[3:5] == (str(upload.size), "0")
    say_ok(last, "7", sha256(path.read_bytes()))
    while not upload.state:
        line.run_timers()
    assert upload.state == "done"


def test_what_must_wait_waits(upload: Upload, line: FakeLine) -> None:
    """The pieces behind one that must wait are refused as well; they do not hurry it."""
    first, *behind = begun(upload, line)
    say_error(first, "slow-down")
    for piece in behind:
        say_error(piece, "bad-offset")
    assert line.asked == []
    assert max(line.run_timers()) == RETRY_SECONDS
    assert [asked.words[0] for asked in line.take()] == ["PARTIAL"]


def test_a_file_that_changes_is_given_up(upload: Upload, line: FakeLine, path: Path) -> None:
    first, *_ = begun(upload, line)
    with path.open("ab") as file:
        file.write(b"more")
    say_ok(first, str(PIECE_BYTES))
    assert upload.state == "changed"
    (stop,) = line.take()  # no piece of the changed file
    assert stop.words == ("STOP", upload.transfer)


def test_a_file_that_becomes_shorter_is_given_up(
    upload: Upload, line: FakeLine, path: Path
) -> None:
    first, *_ = begun(upload, line)
    os.truncate(path, 5 * PIECE_BYTES - 1)
    say_ok(first, str(PIECE_BYTES))
    assert upload.state == "changed"
    assert [asked.words[0] for asked in line.take()] == ["STOP"]


def test_what_arrived_wrong_is_told(upload: Upload, line: FakeLine) -> None:
    """C13: the OK proves which bytes are there."""
    (last,) = begun(upload, line, 9 * PIECE_BYTES)
    say_ok(last, "7", sha256(b"other"))
    while not upload.state:
        line.run_timers()
    assert upload.state == "broken"


def test_stopping_tells_the_server(upload: Upload, line: FakeLine) -> None:
    pieces = begun(upload, line)
    upload.stop()
    assert [asked.words[0] for asked in line.take()] == ["STOP"]
    for piece in pieces:
        say_error(piece, "stopped")
    line.run_timers()
    assert (line.asked, upload.state) == ([], "stopped")


@pytest.mark.parametrize(
    "name",
    ["x\x1b[2J.txt", "a\nb", "\u202ecod.exe", "é" * 127, "\udcff", "\u2028", "ok – fine.pdf"],
)
def test_every_name_can_travel(name: str) -> None:
    made = wire_name(name)
    try:
        Parser(server=False).send("SEND", "#lab", "t1", "0", "0", "0", made)
    except Refusal as refusal:
        pytest.fail(f"{made!r}: {refusal}")
    assert made == name or "\ufffd" in made or "?" in made


def test_files_are_sent_and_told(server: ServerProcess, tmp_path: Path) -> None:
    files = {"a b.bin": content(300_000, 1), "empty": b"", "ünï.txt": b"x", "e\x1bsc": b"y"}
    words = []
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        words += ["--send", str(tmp_path / name)]
    with member(server.port, "budi") as budi:
        code, errors = run("ani", server.port, tmp_path, *words)
        assert (code, errors.count("is on the server, #")) == (0, 4), errors
        lines = [line.split(" ", 7) for line in budi.sync() if line.startswith("FILE")]
        found = {line[7]: budi.fetch(int(line[1])) for line in lines}
    assert found == {**{n: d for n, d in files.items() if "\x1b" not in n}, "e\ufffdsc": b"y"}


def test_where_files_go(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    send = ("--send", str(tmp_path / "x"))
    with Raw(server.port, name="budi") as budi:
        assert run("ani", server.port, tmp_path, *send, "--to", "@budi")[0] == 0
        assert budi.expect("FILE ").split()[3:5] == ["@budi", "ani"]
        assert run("ani", server.port, tmp_path, *send, "--to", "#den")[0] == 0
        assert run("ani", server.port, tmp_path, *send, "--room", "uas")[0] == 0
        for room in ("#den", "#uas"):
            assert budi.answer(f"JOIN {room}")[-1] == "OK"
            assert budi.answer(f"FILES {room} after 0 9")[-1] == "OK 1 0"
        code, errors = run("ani", server.port, tmp_path, *send, "--to", "@nobody")
        assert (code, errors) == (1, "obrol: x: there is nobody of that name\n")


def test_what_cannot_be_sent(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "s", "--set", "file-size=10") as server:
        (tmp_path / "big").write_bytes(bytes(11))
        os.mkfifo(tmp_path / "fifo")
        for name, why in (
            ("big", "the file is too big"),
            ("none", "No such file or directory"),
            ("fifo", "not a file"),
            (".", "not a file"),
        ):
            code, errors = run("ani", server.port, tmp_path, "--send", str(tmp_path / name))
            assert code == 1
            assert errors.endswith(f": {why}\n")
        with member(server.port, "budi") as budi:
            assert budi.answer("FILES #lab after 0 9") == ["OK 0 0"]
    code, errors = run("ani", server.port, tmp_path, "--send", str(tmp_path / "big"))
    assert code == 3
    assert "there is no server" in errors


def test_an_upload_goes_on_with_the_next_run(server: ServerProcess, tmp_path: Path) -> None:
    """C12: the client is killed half way; the same file again sends the rest."""
    data = content(3_000_000)
    (tmp_path / "x").write_bytes(data)
    words = ("--send", str(tmp_path / "x"))
    started: list[subprocess.Popen[str]] = []
    plans = [(2_000_000, lambda: started[0].kill()), None]
    with Cutter(server.port, lambda: plans.pop(0)) as cutter:
        with start("ani", cutter.port, tmp_path, *words) as process:
            started.append(process)
            assert process.wait(60) == -9
        assert cutter.forwarded == 2_000_000
        with member(server.port, "budi") as budi:
            assert budi.answer("FILES #lab after 0 9") == ["OK 0 0"]  # the room was told nothing
            assert run("ani", cutter.port, tmp_path, *words)[0] == 0
            assert cutter.forwarded < 2_000_000 + 1_500_000
            assert budi.answer("FILES #lab after 0 9")[-1] == "OK 1 0"
            assert budi.fetch(1) == data
