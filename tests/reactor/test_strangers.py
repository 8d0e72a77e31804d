"""P5 and P11: strangers cannot hold the door, the dead are found in time, the living stay."""

import select
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.support.proxy import Proxy
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from tests.support.timing import Stopwatch
from tests.support.toxics import Toxic

LOGIN_SECONDS: Final = 2.0
EACH: Final = 16
HELLO_OF_TLS: Final = bytes.fromhex("16030102000100") + bytes(200)
KINDS: Final = (b"", b"H", b"HELLO some", HELLO_OF_TLS)
"""What a stranger says: nothing, one byte after another, half a line, half a TLS hello."""
TRICKLE_SECONDS: Final = 0.2


def test_sixty_four_strangers_are_gone_in_time_and_people_come_in(tmp_path: Path) -> None:
    settings = ("--set", f"login-timeout={LOGIN_SECONDS}", "--set", "linger=1")
    with ServerProcess(tmp_path / "server", *settings) as server, ExitStack() as crowd:
        came: dict[Raw, Stopwatch] = {}
        for number in range(EACH * len(KINDS)):
            watch = Stopwatch(server.pid)
            raw = crowd.enter_context(Raw(server.port))
            came[raw] = watch
            raw.send(KINDS[number % len(KINDS)])
        trickling = list(came)[1 :: len(KINDS)]
        gone: dict[Raw, tuple[float, float]] = {}
        logins = []
        by_socket = {raw.sock: raw for raw in came}
        while len(gone) < len(came):
            waiting = [raw.sock for raw in came if raw not in gone]
            for sock in select.select(waiting, [], [], TRICKLE_SECONDS)[0]:
                raw = by_socket[sock]
                assert [line.split()[:2] for line in raw.rest()] == [["BYE", "timeout"]]
                gone[raw] = came[raw].wall, came[raw].seconds
            for raw in trickling:
                if raw not in gone:
                    raw.send(b"x")
            watch = Stopwatch(server.pid)
            with Raw(server.port, name="ani") as ani:
                ani.answer("QUIT")
            logins.append(watch.seconds)
        assert min(wall for wall, _ in gone.values()) >= LOGIN_SECONDS
        assert max(seconds for _, seconds in gone.values()) < LOGIN_SECONDS + 1
        assert max(logins) < 1
        assert len(logins) > 5


PING_SECONDS: Final = 2.0
DROP_SECONDS: Final = 4.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    settings = ("rate=0", f"ping-after={PING_SECONDS}", f"drop-after={DROP_SECONDS}")
    words = [word for pair in settings for word in ("--set", pair)]
    with ServerProcess(tmp_path / "server", *words) as server:
        yield server


def test_a_black_hole_is_found_at_the_limit(server: ServerProcess) -> None:
    """Within 5 %: no packet says that it is gone. Who only uploads meanwhile stays."""
    with (
        Proxy(server.port) as proxy,
        member(server.port, "ani") as ani,
        member(proxy.port, "lost") as lost,
        member(proxy.port, "away") as away,
    ):
        ani.sync()
        ani.send(b"=a SEND #lab t1 0 1000 1000 x\n")
        watch = Stopwatch(server.pid)
        away.sync()
        lost.sync()
        proxy.suffer(Toxic(hole=True), Toxic(hole=True))
        found: dict[str, tuple[float, float]] = {}
        sent = 0
        while len(found) < 2:
            if not ani.buffer and not select.select([ani.sock], [], [], 0.05)[0]:
                ani.send(b"x")
                sent += 1
                continue
            words = ani.line().split()
            assert words[0] == "LEFT"  # and no PING: its bytes are signs of life
            assert words[2:] == ["#lab", words[3], "timeout"]
            found[words[3]] = watch.wall, watch.seconds
        for wall, seconds in found.values():
            assert wall >= DROP_SECONDS * 0.95
            assert seconds <= DROP_SECONDS * 1.05 + 0.1
        ani.send(bytes(1000 - sent))
        assert ani.expect("=a ").startswith("=a OK 1 ")
