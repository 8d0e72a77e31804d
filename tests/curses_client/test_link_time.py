"""How long a link waits: the back-off between tries, and silence that is a loss.

The clock stands still but for what a test lets pass.
"""

import errno
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.link import (
    BACKOFF_FIRST,
    BACKOFF_LAST,
    PING_SECONDS,
    SILENT_SECONDS,
    Link,
    Status,
)
from tests.curses_client.links import Lab

TIMED_OUT = f"down {os.strerror(errno.ETIMEDOUT)}"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Where links are tried."""
    lab = Lab()
    yield lab
    lab.close()


def waits(lab: Lab, made: Link, count: int) -> list[float]:
    """How long the next tries are waited for; each of them fails."""
    found = []
    for _ in range(count):
        lab.until(lambda: made.status is Status.WAITING)
        found.append(made.retry_at - lab.clock.at)
        # Not a moment earlier than was told ...
        lab.clock.at = made.retry_at - 0.001
        lab.loop.run_once()
        assert made.status is Status.WAITING
        # ... and not later.
        lab.clock.at = made.retry_at
        lab.loop.run_once()
        assert made.status is not Status.WAITING or made.retry_at > lab.clock.at
    return found


def test_the_wait_doubles_up_to_its_limit(lab: Lab) -> None:
    made = lab.link(lab.refusing())
    made.start()
    assert waits(lab, made, 8) == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30])
    assert (BACKOFF_FIRST, BACKOFF_LAST) == (1, 30)


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_the_wait_is_a_fifth_shorter_or_longer_by_chance(
    lab: Lab, chance: float, factor: float
) -> None:
    made = lab.link(lab.refusing(), chance=chance)
    made.start()
    expected = [factor * wait for wait in (1, 2, 4, 8, 16, 30, 30)]
    assert waits(lab, made, 7) == pytest.approx(expected)


def test_a_whole_night_without_a_server(lab: Lab) -> None:
    made = lab.link(lab.refusing())
    made.start()
    assert waits(lab, made, 1100)[-1] == pytest.approx(BACKOFF_LAST)


def test_a_greeting_makes_the_next_wait_short_and_a_mere_connection_does_not(lab: Lab) -> None:
    made, server = lab.connect()
    server.close()
    lab.until(lambda: made.status is Status.WAITING)
    made.renew()
    lab.until(lambda: made.status is Status.UP)
    lab.accept().close()
    lab.until(lambda: made.status is Status.WAITING)
    assert made.retry_at - lab.clock.at == pytest.approx(2)
    made.renew()
    lab.until(lambda: made.status is Status.UP)
    made.greeted()
    lab.accept().close()
    lab.until(lambda: made.status is Status.WAITING)
    assert made.retry_at - lab.clock.at == pytest.approx(1)


def test_who_does_not_want_to_wait(lab: Lab) -> None:
    made = lab.link(lab.refusing())
    made.renew()  # not waiting: nothing to cut short
    made.start()
    lab.until(lambda: made.status is Status.WAITING)
    due = made.retry_at
    made.renew()
    lab.until(lambda: len(lab.notes.told) == 2)
    # The wait that was cut short does not come due in the middle of the next one.
    assert made.retry_at - lab.clock.at == pytest.approx(2)
    lab.clock.at = due
    lab.loop.run_once()
    assert made.status is Status.WAITING


def test_silence_is_asked_about_and_then_a_loss(lab: Lab) -> None:
    assert (PING_SECONDS, SILENT_SECONDS) == (15, 30)
    made, server = lab.connect()
    lab.notes.told.clear()
    lab.wait(PING_SECONDS - 0.01)
    assert lab.read(server) == b""
    lab.wait(0.01)
    assert lab.read(server) == b"PING client\n"
    lab.wait(SILENT_SECONDS - PING_SECONDS - 0.01)
    assert lab.read(server) == b""
    assert lab.notes.told == []
    lab.wait(0.01)
    assert lab.notes.told == [TIMED_OUT]
    assert made.status is Status.WAITING


@pytest.mark.parametrize("sign", [b"PONG client\n", b"MOTD halo\n", b"h", b"\n"])
def test_any_byte_is_a_sign_of_life(lab: Lab, sign: bytes) -> None:
    made, server = lab.connect()
    for _ in range(5):
        lab.wait(PING_SECONDS)
        assert lab.read(server) == b"PING client\n"
        lab.wait(SILENT_SECONDS - PING_SECONDS - 1)
        server.sendall(sign)
        lab.hear(made)
    assert made.status is Status.UP
    assert lab.notes.told.count(TIMED_OUT) == 0


def test_nobody_is_asked_while_the_server_talks(lab: Lab) -> None:
    made, server = lab.connect()
    for _ in range(10):
        lab.wait(PING_SECONDS - 1)
        server.sendall(b"PONG x\n")
        lab.hear(made)
    assert lab.read(server) == b""


def test_nobody_is_given_up_unasked_after_we_were_stopped(lab: Lab) -> None:
    """Ctrl+Z for an hour: the server is well, it only had nothing to say."""
    made, server = lab.connect()
    lab.wait(3600)
    assert made.status is Status.UP
    assert lab.read(server) == b"PING client\n"
    server.sendall(b"PONG client\n")
    lab.hear(made)
    lab.wait(SILENT_SECONDS - PING_SECONDS)
    assert made.status is Status.UP


def test_what_came_while_we_were_stopped_counts(lab: Lab) -> None:
    made, server = lab.connect()
    lab.wait(PING_SECONDS)
    lab.read(server)
    server.sendall(b"PONG client\n")
    assert made._stream is not None
    assert select.select([made._stream._sock], [], [], 5)[0]
    lab.wait(3600)
    assert made.status is Status.UP
    assert lab.read(server) == b""


def test_the_silence_of_an_old_connection_is_none_of_the_next(lab: Lab) -> None:
    made, server = lab.connect()
    lab.wait(PING_SECONDS)
    assert lab.read(server) == b"PING client\n"
    made.drop("x")
    made.renew()
    lab.until(lambda: made.status is Status.UP)
    again = lab.accept()
    # Due on the old connection: the loss. On this one: nothing yet.
    lab.wait(PING_SECONDS - 0.01)
    assert made.status is Status.UP
    assert lab.read(again) == b""
    lab.wait(0.01)
    assert lab.read(again) == b"PING client\n"


def test_the_wait_of_an_old_connect_is_none_of_the_next(lab: Lab) -> None:
    """The five seconds of an address are over when it answered."""
    made, _ = lab.connect()
    lab.wait(6)
    assert made.status is Status.UP
    assert lab.notes.told == ["up"]


def test_one_timer_at_a_time(lab: Lab) -> None:
    """However often it breaks, nothing of the past is left over to come due."""
    made, server = lab.connect()
    for _ in range(20):
        server.close()
        lab.until(lambda: made.status is Status.WAITING)
        made.renew()
        lab.until(lambda: made.status is Status.UP)
        server = lab.accept()
    live = [timer for _, _, timer in lab.loop._timers if timer.call is not None]
    assert len(live) == 1
    made.drop("x")
    assert len([timer for _, _, timer in lab.loop._timers if timer.call is not None]) == 1


def test_the_moment_of_the_next_try_is_told_before_the_loss(lab: Lab) -> None:
    made = lab.link(lab.refusing())
    seen: list[float] = []
    lab.notes.on_down = lambda: seen.append(made.retry_at - lab.clock.at)
    made.start()
    lab.until(lambda: seen)
    assert seen == pytest.approx([1])


def test_the_front_may_try_again_at_once_from_within_the_loss(lab: Lab) -> None:
    made = lab.link(lab.refusing())
    tries: list[Status] = []

    def again() -> None:
        tries.append(made.status)
        if len(tries) < 5:
            made.renew()

    lab.notes.on_down = again
    made.start()
    lab.until(lambda: len(tries) == 5)
    assert tries == [Status.WAITING] * 5


def descriptors() -> int:
    """How many this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_sockets_are_given_back(lab: Lab) -> None:
    made, server = lab.connect()
    before = descriptors()
    for _ in range(10):
        server.close()
        lab.until(lambda: made.status is Status.WAITING)
        made.renew()
        lab.until(lambda: made.status is Status.UP)
        server = lab.accept()
        lab.loop.run_once()
    assert descriptors() <= before
