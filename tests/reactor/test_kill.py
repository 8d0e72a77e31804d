"""kill -9 under load, again and again: nothing acknowledged is lost, nothing doubled (P1, P2, P3).

``make kills`` does it for longer. The checker is proved in ``test_checker``.
"""

import os
import random
import socket
import struct
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.reactor.checker import Event, judge
from tests.reactor.comers import (
    PATIENCE,
    Client,
    Listener,
    Talker,
    acknowledged,
    read,
    table,
    wait_for,
)
from tests.support.server import ServerProcess

ROUNDS = int(os.environ.get("OBROL_KILLS", "20"))
ROUND_SECONDS = 30
"""A round takes a tenth of a second where nothing else runs; many times that where much does."""
TALKERS = 5
LISTENERS = 3


def kill_loop(server: ServerProcess, talkers: list[Talker], running: list[Future[None]]) -> None:
    """Kill the server at random moments, each time after all was well again."""
    chance = random.Random(2026)
    for _ in range(ROUNDS):
        goal = acknowledged(talkers) + 50

        def well(goal: int = goal) -> bool:
            return acknowledged(talkers) >= goal

        wait_for(well, running)
        time.sleep(chance.random() * 0.15)
        server.kill()
        server.start()


@pytest.mark.timeout(ROUNDS * ROUND_SECONDS)
def test_kill_loop(server: ServerProcess) -> None:
    talkers = [Talker(server.port, f"talker{number}") for number in range(TALKERS)]
    listeners = [Listener(server.port, f"listener{number}") for number in range(LISTENERS)]
    clients = (*talkers, *listeners)
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run) for client in clients]
        try:
            kill_loop(server, talkers, running)
            for talker in talkers:
                talker.stop.set()
            wait_for(lambda: not any(talker.pending for talker in talkers), [])
            stored = table(server)
            for listener in listeners:
                listener.goal = stored[-1].id
        finally:
            for client in clients:
                client.stop.set()
        for future in running:
            future.result(PATIENCE)

    said = [f"{talker.first_name}.{n}" for talker in talkers for n in range(talker.said)]
    oks = [found for talker in talkers for found in talker.acknowledged]
    readers = {client.name: client.observed for client in listeners}
    assert judge(said, oks, stored, readers) == []
    assert len(stored) == len(said)  # all was acknowledged in the end
    assert [found.id for found in stored] == list(range(1, len(stored) + 1))
    # The kills hit while there was something to lose, and everybody came back.
    assert sum(talker.resent for talker in talkers) > ROUNDS
    assert all(client.connections > ROUNDS / 2 for client in clients)
    assert all(listener.caught_up > 0 for listener in listeners)
    assert len(stored) > ROUNDS * 50
    print(
        f"{ROUNDS} kills: {len(stored):,} lines acknowledged and stored, none lost or doubled;"
        f" {sum(talker.resent for talker in talkers):,} were said again,"
        f" {sum(listener.caught_up for listener in listeners):,} read by HISTORY"
    )


def test_acknowledgement_that_is_cut_off(server: ServerProcess) -> None:
    """P3: the line arrives, the connection is reset before the OK can; sent again it is one."""
    chance = random.Random(3)
    client = Client(server.port, "ani")
    expected = []
    for number in range(200):
        word = f"w{number}"
        with client.connected() as raw:
            raw.say(f"={word} SAY #lab {word}")
            if chance.random() < 0.5:
                read(raw)
            raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with client.connected() as raw:
            raw.say(f"={word} SAY #lab {word}")
            while not (line := read(raw)).startswith("="):
                pass
            assert line.startswith(f"={word} OK ")
            expected.append(Event(int(line.split()[2]), word))
    assert table(server) == expected
