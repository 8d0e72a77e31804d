"""A talk of several natives through a bad network: nothing lost, doubled or out of order (P2, P3).

Each fault in turn stands between everybody and the server; the same judge as after ``kill -9``.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest

from tests.reactor.checker import judge
from tests.reactor.comers import PATIENCE, Listener, Talker, acknowledged, table, wait_for
from tests.support.proxy import Proxy
from tests.support.server import ServerProcess
from tests.support.toxics import Toxic

TALKERS = 4
LISTENERS = 2
LEAST = 600
"""Lines that are acknowledged before the talk ends, and between two faults that come and go."""
ROUNDS = 3
FAULT_SECONDS = 0.15


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[Proxy]:
    with Proxy(server.port) as proxy:
        yield proxy


def hole(proxy: Proxy) -> None:
    """Nothing passes for a while; then all that was kept comes at once."""
    proxy.suffer(Toxic(hole=True), Toxic(hole=True))
    time.sleep(FAULT_SECONDS)
    proxy.suffer()


def down(proxy: Proxy) -> None:
    """The way is gone for a while."""
    proxy.down()
    time.sleep(FAULT_SECONDS)
    proxy.accept()


def lost_replies(proxy: Proxy) -> None:
    """What the server says is lost, while it hears; then the connections break."""
    proxy.hold_replies()
    time.sleep(FAULT_SECONDS)
    proxy.cut()


STANDING: Final[Mapping[str, tuple[Toxic, Toxic]]] = {
    "latency and jitter": (Toxic(latency=0.02, jitter=0.02), Toxic(latency=0.02, jitter=0.02)),
    "bandwidth": (Toxic(rate=100_000), Toxic(rate=200_000)),
    "slices": (Toxic(slices=40), Toxic(slices=80)),
    "a limit on what is said": (Toxic(limit=1500), Toxic()),
    "a limit on what is heard": (Toxic(), Toxic(limit=20_000)),
}
PASSING: Final[Mapping[str, Callable[[Proxy], object]]] = {
    "reset": Proxy.cut,
    "close": partial(Proxy.cut, reset=False),
    "black hole": hole,
    "down": down,
    "replies lost": lost_replies,
}
SLOW_CLOSE: Final = Toxic(slow_close=0.1)


def talk(
    server: ServerProcess,
    proxy: Proxy,
    faults: Callable[[Callable[[int], None]], None],
    talkers: int = TALKERS,
    listeners: int = LISTENERS,
) -> list[Talker]:
    """Talk until ``faults`` ends, which may wait for so many more lines, and judge what came.

    Listeners come through the proxy as well; the table is read past it.
    """
    talking = [Talker(proxy.port, f"talker{number}") for number in range(talkers)]
    hearing = [Listener(proxy.port, f"listener{number}") for number in range(listeners)]
    clients = (*talking, *hearing)
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run) for client in clients]

        def more(count: int) -> None:
            goal = acknowledged(talking) + count
            wait_for(lambda: acknowledged(talking) >= goal, running)

        try:
            more(1)
            faults(more)
            for talker in talking:
                talker.stop.set()
            wait_for(lambda: not any(talker.pending for talker in talking), [])
            stored = table(server)
            for listener in hearing:
                listener.goal = stored[-1].id
        finally:
            proxy.suffer()
            for client in clients:
                client.stop.set()
        for future in running:
            future.result(PATIENCE)
    said = [f"{talker.first_name}.{n}" for talker in talking for n in range(talker.said)]
    oks = [found for talker in talking for found in talker.acknowledged]
    readers = {client.first_name: client.observed for client in hearing}
    assert judge(said, oks, stored, readers) == []
    assert sorted(event.word for event in stored) == sorted(said)
    return talking


@pytest.mark.parametrize("name", STANDING)
def test_a_fault_that_stands(server: ServerProcess, proxy: Proxy, name: str) -> None:
    def faults(more: Callable[[int], None]) -> None:
        proxy.suffer(*STANDING[name])
        more(LEAST)

    talkers = talk(server, proxy, faults)
    limited = any(toxic.limit for toxic in STANDING[name])
    assert any(talker.connections > 1 for talker in talkers) == limited


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_comes_and_goes(server: ServerProcess, proxy: Proxy, name: str) -> None:
    def faults(more: Callable[[int], None]) -> None:
        proxy.suffer(SLOW_CLOSE, SLOW_CLOSE)
        for _ in range(ROUNDS):
            PASSING[name](proxy)
            more(LEAST // ROUNDS)

    talkers = talk(server, proxy, faults)
    most = max(talker.connections for talker in talkers)
    assert (most > ROUNDS) == (name != "black hole")


ACKNOWLEDGED: Final = 1000
RESTARTS: Final = (300, 700)


def test_a_thousand_lines_whose_answers_are_cut(server: ServerProcess, proxy: Proxy) -> None:
    """P3: each connection is reset behind a few answers, the lines go on; two restarts between."""
    chance = random.Random(3)

    def faults(more: Callable[[int], None]) -> None:
        done = 0
        while done < ACKNOWLEDGED:
            proxy.suffer(to_client=Toxic(limit=chance.randrange(300, 2500)))
            more(10)
            done += 10
            if done in RESTARTS:
                server.kill()
                server.start()

    (talker,) = talk(server, proxy, faults, talkers=1, listeners=0)
    assert len(talker.acknowledged) >= ACKNOWLEDGED
    assert talker.resent > 100
    assert talker.connections > 50
