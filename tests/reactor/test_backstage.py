"""Operators and the process: reload, SIGHUP, the live journal, shutdown with a countdown (C28)."""

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.backstage import time_left
from reactor.configuration import Configuration
from reactor.doors.opening import Options
from reactor.loop import Loop
from reactor.server import Server
from tests.reactor.fakes import FakeClock, FakeSelector, turn
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from wire.limits import LIMITS, BadSettingError

PATIENCE = 30.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text("[limits]\nrooms = 3\nuploads = 2\n")
    return path


@pytest.fixture
def configured(tmp_path: Path, file: Path) -> Iterator[ServerProcess]:
    """A server with a file of limits, and one --set that beats it."""
    words = ("--config", str(file), "--set", "rate=0", "--set", "uploads=5")
    with ServerProcess(tmp_path / "server", *words) as running:
        yield running


@pytest.fixture
def op(configured: ServerProcess) -> Iterator[Raw]:
    with Raw(0, unix=configured.unix, name="op") as op:
        yield op


def limit(op: Raw, name: str) -> str:
    """A limit as LIMITS shows it."""
    (line,) = [line for line in op.answer("LIMITS") if line.startswith(f"LIMIT {name} ")]
    return line.split()[2]


def journal(server: ServerProcess, words: str) -> str:
    """Wait for a line of the journal with these words."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for line in server.journal.read_text().splitlines():
            if words in line:
                return line
        assert time.monotonic() < deadline, server.journal.read_text()
        time.sleep(0.01)


def ended(server: ServerProcess) -> int:
    """Wait until the server has ended by itself; its exit code."""
    assert server.process is not None
    server.process.wait(PATIENCE)
    return server.stop()


# Where the limits come from.


def test_file_then_pairs(file: Path) -> None:
    settings = Configuration(file, ("uploads=5", "guests=listen")).read()
    assert [settings.text(name) for name in ("rooms", "uploads", "guests")] == ["3", "5", "listen"]
    assert settings["rate"] == LIMITS["rate"].default
    file.write_text("[other]\nx = 1\n")
    assert Configuration(file).read()["rooms"] == LIMITS["rooms"].default


@pytest.mark.parametrize(
    "text",
    ["rooms = 3", "[limits]\nrooms = 'x'", "[limits]\nrooms = true", "[limits]\nno-such = 1",
     "[limits]\nrooms = 0", "[limits]\nrooms = [1]", "limits = 3", "[limits",
     "[limits]\nrooms = nan", "[limits]\nrooms = 1" + "0" * 400, "[limits]\nguests = 1", "\udcff"],
)  # fmt: skip
def test_file_that_cannot_be_obeyed(file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    if text == "rooms = 3":
        assert Configuration(file).read()["rooms"] == LIMITS["rooms"].default
        return
    with pytest.raises(BadSettingError):
        Configuration(file).read()


def test_no_file_and_no_pair(tmp_path: Path) -> None:
    with pytest.raises(BadSettingError, match=r"no\.toml"):
        Configuration(tmp_path / "no.toml").read()
    with pytest.raises(BadSettingError, match="NAME=VALUE"):
        Configuration(None, ("rate",)).read()


# RELOAD and SIGHUP.


def test_reload_reads_the_file_again(configured: ServerProcess, op: Raw, file: Path) -> None:
    assert [limit(op, name) for name in ("rooms", "uploads")] == ["3", "5"]
    assert op.answer("LIMIT linger 2") == ["OK"]
    file.write_text("[limits]\nrooms = 1\nuploads = 9\n")
    with Raw(configured.port, name="ani") as ani:
        assert ani.answer("JOIN #a")[-1] == "OK"
        assert op.answer("RELOAD") == ["OK"]
        assert ani.answer("JOIN #b")[-1].startswith("ERR full ")  # a connection that was there
    assert [limit(op, name) for name in ("rooms", "uploads", "linger")] == ["1", "5", "5"]
    assert journal(configured, " limit name=rooms ").endswith(" value=1 former=3")
    assert journal(configured, " limit name=linger ").endswith(" value=5 former=2")
    assert " name=op line=RELOAD" in journal(configured, " operator name=op line=R")


@pytest.mark.parametrize("text", ["[limits]\nrooms = 1\nuploads = 'x'", "[limits"])
def test_broken_file_changes_nothing(
    configured: ServerProcess, op: Raw, file: Path, text: str
) -> None:
    """C28: not the half of it that could be read either; RELOAD and SIGHUP alike."""
    file.write_text(text)
    (answer,) = op.answer("RELOAD")
    assert answer.startswith("ERR bad-line ")
    assert "uploads=x" in answer or "limits.toml" in answer
    os.kill(configured.pid, signal.SIGHUP)
    journal(configured, " reload-failed why=")
    assert [limit(op, name) for name in ("rooms", "uploads")] == ["3", "5"]
    file.unlink()
    assert "limits.toml" in op.answer("RELOAD")[0]
    assert limit(op, "rooms") == "3"


def test_hangup_reloads(configured: ServerProcess, op: Raw, file: Path) -> None:
    file.write_text("[limits]\nrooms = 7\nguests = 'listen'\n")
    os.kill(configured.pid, signal.SIGHUP)
    assert journal(configured, " limit name=guests ").endswith(" value=listen former=speak")
    assert [limit(op, name) for name in ("rooms", "guests")] == ["7", "listen"]


def test_reload_without_a_descriptor(configured: ServerProcess, op: Raw, file: Path) -> None:
    """C28: then the file cannot even be opened; afterwards it can."""
    file.write_text("[limits]\nrooms = 7\n")
    former = resource.prlimit(configured.pid, resource.RLIMIT_NOFILE)
    taken = len(list(Path(f"/proc/{configured.pid}/fd").iterdir()))
    resource.prlimit(configured.pid, resource.RLIMIT_NOFILE, (taken, former[1]))
    assert op.answer("RELOAD")[0].startswith("ERR bad-line ")
    assert limit(op, "rooms") == "3"
    resource.prlimit(configured.pid, resource.RLIMIT_NOFILE, former)
    assert op.answer("RELOAD") == ["OK"]
    assert limit(op, "rooms") == "7"


def test_shorter_patience_counts_for_who_is_here(configured: ServerProcess, op: Raw) -> None:
    """The timer of a connection that is there was set from the former value."""
    with Raw(configured.port, name="ani") as ani:
        op.answer("LIMIT ping-after 0.2")
        op.answer("LIMIT drop-after 0.4")
        assert ani.expect("BYE ").startswith("BYE timeout ")


# The live journal.


def test_journal_lines_come_live(configured: ServerProcess, op: Raw) -> None:
    assert op.answer("LOG on") == ["OK"]
    assert op.answer("LOG on") == ["OK"]
    with Raw(configured.port, name="ani"):
        assert " came name=ani door=tcp " in op.expect("LOG ")
    assert " went name=ani " in op.expect("LOG ")
    op.say("MOTD " + "x" * 3500)
    line = op.expect("LOG ")
    assert line.endswith("x" * 100)
    assert len(line.encode()) <= 4 + 3500
    assert op.answer("LOG off") == ["OK"]
    op.seen.clear()
    with Raw(configured.port, name="budi"):
        pass
    journal(configured, " went name=budi")
    assert op.answer("PING x") == ["PONG x", "OK"]
    assert op.seen == []


def test_every_line_once_and_no_line_about_lines(configured: ServerProcess, op: Raw) -> None:
    """Two who follow: the end of one is told to the other, and then there is one."""
    op.answer("LOG on")
    with Raw(0, unix=configured.unix, name="boss") as boss:
        boss.answer("LOG on")
        boss.answer("QUIT")
        assert boss.rest()[-1].startswith("BYE quit ")
    while " went name=boss " not in op.expect("LOG "):
        pass
    op.answer("LIMIT linger 1")
    op.expect("LOG ")
    op.answer("LOG off")
    told = [line.removeprefix("LOG ") for line in op.seen if line.startswith("LOG ")]
    assert [line.split()[1:3] for line in told] == [
        ["came", "name=boss"], ["went", "name=boss"], ["operator", "name=op"],
    ]  # fmt: skip
    assert configured.journal.read_text().splitlines()[-len(told) :] == told


# SHUTDOWN.


def test_shutdown_now(configured: ServerProcess, op: Raw) -> None:
    with Raw(configured.port, name="ani") as ani:
        assert op.answer("SHUTDOWN") == ["OK"]
        assert [raw.rest()[-1].split()[:2] for raw in (op, ani)] == [["BYE", "shutdown"]] * 2
    assert ended(configured) == 0


def test_countdown_is_seen_by_everybody(configured: ServerProcess, op: Raw) -> None:
    with Raw(configured.port, name="ani") as ani:
        assert op.answer("SHUTDOWN 600") == ["OK"]
        assert op.answer("SHUTDOWN 1") == ["OK"]  # in place of the first
        told = [line.split(" ", 3)[3] for line in ani.rest() if line.startswith("MSG ")]
    assert told == [
        "* op the server goes down in 10 min",
        "* op sooner than was said: the server goes down in 1 s",
    ]
    assert ended(configured) == 0
    configured.start()
    with Raw(configured.port, name="budi") as budi:
        assert len(budi.answer("HISTORY * after 0 9")) == 3  # and stored


class Countdown:
    """A server whose seconds are a turn each: what everybody is told, when, and when it ends."""

    def __init__(self, data: Path) -> None:
        self.clock = FakeClock()
        self.loop = Loop(FakeSelector(self.clock), self.clock)
        options = Options("127.0.0.1", 0, "off", data, "id", Configuration().read())
        self.server = Server(options, self.loop)
        self.server._backstage._end = lambda: self.ended.append(self.clock.now - self.start)
        self.start = self.clock.now
        self.ended: list[float] = []
        self.told: list[tuple[float, str]] = []

    def ask(self, seconds: int, name: str = "op") -> None:
        """An operator says SHUTDOWN."""
        self.server._backstage.shut_down(seconds, self.server.hub.people.new(name, None))

    def go(self, seconds: int) -> None:
        """Let so many seconds go by."""
        server = self.server
        for _ in range(seconds):
            tip = server.log.tip
            turn(self.loop)
            page = server.log.page(server.hub.everybody.place, after=True, number=tip, count=9,
                                   upto=server.log.tip)  # fmt: skip
            at = self.clock.now - self.start
            self.told += [(at, line.decode()[:-1].split(" ", 4)[4]) for line in page.lines]
            self.clock.advance(1)

    def words(self) -> list[str]:
        """What was told, without the words that every notice has."""
        return [text.replace("server akan dimatikan dalam ", "") for _, text in self.told]


@pytest.fixture
def countdown(tmp_path: Path) -> Iterator[Countdown]:
    countdown = Countdown(tmp_path / "data")
    yield countdown
    countdown.server.close()


def test_reminders(countdown: Countdown) -> None:
    countdown.ask(700)
    countdown.go(720)
    assert countdown.words() == [
        "op 700 detik", "op 10 menit", "op 5 menit", "op 1 menit", "op 30 detik", "op 10 detik",
        "op 5 detik",
    ]  # fmt: skip
    times = [at for at, _ in countdown.told]
    assert times == pytest.approx([0, 100, 400, 640, 670, 690, 695], abs=1)
    assert countdown.ended == pytest.approx([700], abs=1)


def test_countdown_that_is_put_off(countdown: Countdown) -> None:
    """Everybody is told that it is later now, and hears no reminder of the first one."""
    countdown.ask(60)
    countdown.go(35)
    countdown.ask(120, "boss")
    countdown.go(200)
    assert countdown.words() == [
        "op 1 menit", "op 30 detik", "boss ditunda: 2 menit", "boss 1 menit", "boss 30 detik",
        "boss 10 detik", "boss 5 detik",
    ]  # fmt: skip
    times = [at for at, _ in countdown.told]
    assert times == pytest.approx([0, 30, 35, 95, 125, 145, 150], abs=1)
    assert countdown.ended == pytest.approx([155], abs=1)


def test_countdown_that_is_cut_short(countdown: Countdown) -> None:
    countdown.ask(600)
    countdown.go(100)
    countdown.ask(20)
    countdown.go(1)
    countdown.ask(0)
    countdown.go(600)
    assert countdown.words() == ["op 10 menit", "op lebih cepat dari rencana: 20 detik"]
    assert countdown.ended == pytest.approx([101], abs=1)


def test_words_of_a_countdown() -> None:
    assert time_left(60, "en") == "the server goes down in 1 min"
    assert time_left(61, "en") == "the server goes down in 61 s"
    assert time_left(3600, "id") == "server akan dimatikan dalam 60 menit"
