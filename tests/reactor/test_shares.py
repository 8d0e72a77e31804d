"""C8: a peer with much input gets its share of a turn and no more, whatever wakes it."""

import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub import Peer
from tests.reactor.held import Held
from wire.parser import Frame

LINES_A_TURN = 20


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)  # the server takes all that it may have
    held = Held(tmp_path / "data")
    yield held
    held.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, files)


@pytest.fixture
def handled(held: Held, monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[Peer, str]]:
    """How many lines of whom and of which verb; to be cleared by the turn."""
    counts: Counter[tuple[Peer, str]] = Counter()
    handle = held.server.hub.handle

    def counted(peer: Peer, frame: Frame) -> None:
        counts[peer, frame.verb] += 1
        handle(peer, frame)

    monkeypatch.setattr(held.server.hub, "handle", counted)
    return counts


def test_lines_of_a_turn_while_others_wait(held: Held, handled: Counter[tuple[Peer, str]]) -> None:
    clients = [held.client(name) for name in ("ani", "budi", "cici")]
    for client in clients:
        client.got = b""
        for number in range(1000):
            client.say(f"PING {number}")
    turns = 0
    while not all(client.got.endswith(b"PONG 999\n") for client in clients):
        handled.clear()
        held.until(lambda: bool(handled))
        assert max(handled.values()) <= LINES_A_TURN
        turns += 1
        for client in clients:
            client.drain()
    assert turns >= 1000 / LINES_A_TURN
    expected = b"".join(b"PONG %d\n" % number for number in range(1000))
    assert all(client.got == expected for client in clients)


def test_one_page_of_history_a_turn(held: Held, handled: Counter[tuple[Peer, str]]) -> None:
    """So that the send buffer is asked before the next one, also of somebody who is alone."""
    ani = held.client("ani")
    for number in range(30):
        ani.say(f"SAY #lab {number}{'x' * 3000}")
    held.until(lambda: b" 29x" in ani.got)
    for number in range(100):
        ani.say(f"=h{number} HISTORY #lab after 0 200")
    while b"=h99 OK " not in ani.got:
        handled.clear()
        held.until(lambda: bool(handled) or b"=h99 OK " in ani.got)
        assert max(handled.values(), default=1) == 1
