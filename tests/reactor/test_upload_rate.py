"""Who sends a file far too slowly is closed; what came of it stays, and others are not hurried."""

import os
import select
import signal
import time
from pathlib import Path

from reactor.hub.upload_pace import UploadPace
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from tests.support.timing import Stopwatch
from wire.limits import Settings

SPAN = 0.6


def server_of(tmp_path: Path) -> ServerProcess:
    words = ("rate=0", "upload-rate=1000", f"upload-rate-time={SPAN}")
    return ServerProcess(tmp_path / "server", *(w for pair in words for w in ("--set", pair)))


def test_a_trickle_ends_and_what_came_stays(tmp_path: Path) -> None:
    with server_of(tmp_path) as server, member(server.port, "ani") as ani:
        watch = Stopwatch(server.pid)
        ani.send(b"SEND #lab t1 0 10000 10000 x\n")
        sent = 0
        while not select.select([ani.sock], [], [], 0.05)[0]:
            ani.send(b"x")
            sent += 1
        assert watch.wall >= SPAN
        assert watch.seconds < SPAN * 3
        assert ani.rest()[-1] == "BYE timeout the file came too slowly"
        with Raw(server.port) as again:
            again.hello("ani", ani.session)
            assert again.answer("JOIN #lab")[-1] == "OK"
            here = int(again.answer("PARTIAL t1")[0].split()[1])
            assert 0 < here <= sent
            rest = bytes(10_000 - here)
            (answer,) = again.answer(f"SEND #lab t1 {here} {len(rest)} 10000 x", "u", rest)
            assert answer.startswith("OK 1 ")


def test_enough_a_second_stays_and_nobody_is_hurried_between_two_pieces(tmp_path: Path) -> None:
    with server_of(tmp_path) as server, member(server.port, "ani") as ani:
        ani.send(b"=a SEND #lab t1 0 8000 10000 x\n")
        for _ in range(20):
            ani.send(bytes(400))
            time.sleep(0.1)  # at most 4,000 bytes a second, and enough on a busy machine
        assert ani.expect("=a ") == "=a OK 8000"
        time.sleep(SPAN * 2)  # between two pieces
        (answer,) = ani.answer("SEND #lab t1 8000 2000 10000 x", "b", bytes(2000))
        assert answer.startswith("OK 1 ")


def test_a_server_that_was_stopped_blames_nobody(tmp_path: Path) -> None:
    with server_of(tmp_path) as server, member(server.port, "ani") as ani:
        ani.send(b"=a SEND #lab t1 0 3000 3000 x\n" + bytes(900))
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(SPAN * 3)
        os.kill(server.pid, signal.SIGCONT)
        ani.send(bytes(2100))
        assert ani.expect("=a ").startswith("=a OK 1 ")


def test_the_span_is_judged_once_it_is_over() -> None:
    settings = Settings([("upload-rate", 100), ("upload-rate-time", 10)])
    pace = UploadPace(5.0)
    assert pace.due(settings) == 15.0
    assert not pace.too_slow(14.9, settings)
    pace.feed(999)
    assert pace.too_slow(15.0, settings)
    assert not pace.too_slow(15.0, settings)  # the next one has begun
    pace.feed(1000)
    assert not pace.too_slow(25.0, settings)
    assert not pace.too_slow(46.0, settings)  # so late: it was we who stood still
    assert pace.too_slow(56.0, settings)
    pace.restart(60.0)
    assert pace.due(settings) == 70.0


def test_a_rate_of_nothing_is_never_too_slow() -> None:
    settings = Settings([("upload-rate", 0), ("upload-rate-time", 10)])
    assert not UploadPace(0.0).too_slow(10.0, settings)
