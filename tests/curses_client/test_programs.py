"""``/exec``: real commands, all that they can do to hold the client up, and nothing left behind."""

import contextlib
import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client import programs
from curses_client.programs import KEPT_BYTES, Outcome, run
from reactor.loop import Loop
from tests.curses_client.children import is_gone, nothing_left, turn_for, turn_until, wait_for
from tests.support.timing import Stopwatch

SHORT = 0.3


@pytest.fixture(params=["pidfd", "timer"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the end of a child is learnt."""
    if request.param == "timer":
        monkeypatch.delattr(os, "pidfd_open")


@pytest.fixture
def loop() -> Iterator[Loop]:
    with nothing_left() as loop:
        yield loop


def outcome(loop: Loop, command: str, seconds: float = programs.RUN_SECONDS) -> Outcome:
    found: list[Outcome] = []
    run(loop, command, found.append, seconds)
    assert not found, "it is told from the loop, never at once"
    turn_until(loop, lambda: bool(found))
    turn_for(loop, 0)
    assert len(found) == 1
    return found[0]


def pid_in(file: Path) -> int:
    wait_for(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


@pytest.mark.parametrize(
    ("command", "text", "code"),
    [
        ("printf 'halo\\n'; printf aduh >&2; exit 3", "halo\naduh", 3),
        ("true", "", 0),
        ("cat; echo habis", "habis\n", 0),
        ("printf '\\377a\\303'", "\ufffda\ufffd", 0),
        ("echo é; kill -9 $$", "é\n", -9),
        ("exec >&- 2>&-; sleep 0.1; exit 4", "", 4),
        ("exit", "", 0),
        ("(", None, 2),
    ],
)
def test_what_a_command_says_and_how_it_ends(
    loop: Loop, command: str, text: str | None, code: int
) -> None:
    found = outcome(loop, command)
    assert (found.code, found.cut, found.timed_out) == (code, 0, False)
    assert found.text == text if text is not None else "yntax" in found.text


def test_it_has_a_group_and_a_session_of_its_own_and_no_terminal(loop: Loop) -> None:
    found = outcome(loop, "echo $$; cut -d' ' -f5,6 /proc/$$/stat; : </dev/tty")
    leader, group_and_session, *refused = found.text.splitlines()
    assert group_and_session.split() == [leader, leader]
    assert refused
    assert found.code != 0


def test_what_is_too_much_is_counted_and_dropped(loop: Loop) -> None:
    found = outcome(loop, "head -c 100000 /dev/zero | tr '\\0' x; echo 1>&2; exit 5")
    assert found == Outcome("x" * KEPT_BYTES, 5, 100_001 - KEPT_BYTES, timed_out=False)
    exact = outcome(loop, f"head -c {KEPT_BYTES} /dev/zero | tr '\\0' x")
    assert (len(exact.text), exact.cut) == (KEPT_BYTES, 0)


def test_no_character_is_cut_in_two(loop: Loop) -> None:
    found = outcome(loop, f"head -c {KEPT_BYTES - 1} /dev/zero | tr '\\0' x; printf é")
    assert (found.text, found.cut) == ("x" * (KEPT_BYTES - 1), 1)


def test_a_flood_does_not_hold_the_loop_up_and_ends_in_time(loop: Loop) -> None:
    ticks: list[float] = []

    def tick() -> None:
        ticks.append(loop.now)
        loop.later(0.01, tick)

    tick()
    watch = Stopwatch()
    found = outcome(loop, "exec yes", seconds=SHORT)
    assert (found.code, found.timed_out, len(found.text)) == (-signal.SIGTERM, True, KEPT_BYTES)
    assert found.cut > KEPT_BYTES
    assert watch.wall > SHORT / 2
    assert watch.seconds < programs.GRACE_SECONDS
    assert len(ticks) > 5


def test_who_does_not_hear_the_first_signal_gets_the_second(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "GRACE_SECONDS", SHORT)
    found = outcome(loop, "trap '' TERM; echo siap; while :; do sleep 0.05; done", seconds=SHORT)
    assert found == Outcome("siap\n", -signal.SIGKILL, 0, timed_out=True)


def test_the_deaf_rest_of_the_group_goes_too(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "GRACE_SECONDS", SHORT)
    found = outcome(loop, "(trap '' TERM; exec sleep 60) & echo $!; exec sleep 60", seconds=SHORT)
    assert (found.code, found.timed_out) == (-signal.SIGTERM, True)
    wait_for(lambda: is_gone(int(found.text)))


def test_one_that_escaped_from_the_group_cannot_hold_it(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "GRACE_SECONDS", SHORT)
    found = outcome(
        loop, "setsid sleep 60 & echo $!; trap '' TERM; while :; do sleep 0.05; done", SHORT
    )
    assert (found.code, found.timed_out) == (-signal.SIGKILL, True)
    os.kill(int(found.text), signal.SIGKILL)


def test_what_stays_in_the_background_holds_nothing_up_and_lives(loop: Loop) -> None:
    before = time.monotonic()
    found = outcome(loop, "sleep 60 & echo $!")
    assert time.monotonic() - before < 10
    assert (found.code, found.timed_out) == (0, False)
    assert not is_gone(int(found.text))
    os.kill(int(found.text), signal.SIGKILL)


@pytest.mark.parametrize(
    "deaf", ["", "trap '' TERM; "], ids=["it hears SIGTERM", "it hears SIGKILL alone"]
)
def test_stop_ends_all_of_it_without_an_outcome(loop: Loop, tmp_path: Path, deaf: str) -> None:
    found: list[Outcome] = []
    command = f"{deaf}echo $$ >{tmp_path}/leader; sleep 60 & echo $! >{tmp_path}/other; wait"
    running = run(loop, command, found.append)
    pids = [pid_in(tmp_path / "leader"), pid_in(tmp_path / "other")]
    turn_for(loop, 0)
    running.stop()
    wait_for(lambda: all(map(is_gone, pids)))
    running.stop()
    turn_for(loop, programs.DRAIN_SECONDS)
    assert found == []


def test_stop_after_the_end_does_nothing(loop: Loop) -> None:
    found: list[Outcome] = []
    running = run(loop, "true", found.append)
    turn_until(loop, lambda: bool(found))
    running.stop()
    assert len(found) == 1


def test_stop_where_it_has_ended_and_nobody_looked_yet(loop: Loop) -> None:
    found: list[Outcome] = []
    running = run(loop, "true", found.append)
    pid = running._child.pid
    wait_for(lambda: is_gone(pid))
    running.stop()
    turn_for(loop, programs.DRAIN_SECONDS)
    assert found == []


def test_many_at_once(loop: Loop) -> None:
    found: list[Outcome] = []
    for number in range(20):
        run(loop, f"echo {number}", found.append)
    turn_until(loop, lambda: len(found) == 20)
    assert sorted(int(each.text) for each in found) == [*range(20)]


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, former[1]))
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, former)
        for fd in held:
            os.close(fd)


@pytest.mark.parametrize("command", ["a\0b", "\ud800"])
def test_what_cannot_be_a_command_is_an_os_error(loop: Loop, command: str) -> None:
    with pytest.raises(OSError, match=r"."):
        run(loop, command, print)


def test_where_no_descriptor_is_left_it_is_an_os_error(loop: Loop) -> None:
    told: list[Outcome] = []
    with no_descriptors(), pytest.raises(OSError, match="Too many open files"):
        run(loop, "true", told.append)
    assert told == []
