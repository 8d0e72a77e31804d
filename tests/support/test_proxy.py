"""The fault proxy does what it says: a suite whose faults do not happen proves nothing."""

import contextlib
import random
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.proxy import Proxy
from tests.support.timing import Stopwatch
from tests.support.toxics import NOTHING, Toxic

PATIENCE = 30.0
SLICED = 900
"""Bytes in slices: whoever reads late finds several of them together, but never all."""
SOON = 0.15
"""What is not delayed has come by then, on a busy machine too."""


class Pair:
    """Both ends of one connection through a proxy."""

    def __init__(self, proxy: Proxy, listener: socket.socket) -> None:
        self.client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
        self.server, _ = listener.accept()
        self.server.settimeout(PATIENCE)

    def close(self) -> None:
        self.client.close()
        self.server.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def proxy(listener: socket.socket) -> Iterator[Proxy]:
    with Proxy(listener.getsockname()[1]) as proxy:
        yield proxy


@pytest.fixture
def pair(proxy: Proxy, listener: socket.socket) -> Iterator[Pair]:
    with contextlib.closing(Pair(proxy, listener)) as pair:
        yield pair


def take(sock: socket.socket, count: int) -> bytes:
    """So many bytes, or fewer when the stream ends."""
    found = b""
    while len(found) < count and (data := sock.recv(count - len(found))):
        found += data
    return found


def silent(sock: socket.socket, seconds: float = SOON) -> bool:
    """Whether nothing comes for so long."""
    sock.settimeout(seconds)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        sock.settimeout(PATIENCE)
    return False


TOXICS = {
    "nothing": NOTHING,
    "latency and jitter": Toxic(latency=0.02, jitter=0.02),
    "bandwidth": Toxic(rate=2_000_000),
    "slices": Toxic(slices=700),
    "all of them": Toxic(latency=0.01, jitter=0.01, rate=4_000_000, slices=5000, slow_close=0.1),
}


@pytest.mark.parametrize("name", TOXICS)
def test_bytes_are_late_but_whole_and_in_order(proxy: Proxy, pair: Pair, name: str) -> None:
    """More than fits under way, both directions, the end of the stream too."""
    proxy.suffer(TOXICS[name], TOXICS[name])
    data = random.Random(1).randbytes(600_000)
    for source, sink in ((pair.client, pair.server), (pair.server, pair.client)):
        source.settimeout(0)
        sent, found = 0, b""
        sink.settimeout(0.01)
        deadline = time.monotonic() + PATIENCE
        while len(found) < len(data):
            assert time.monotonic() < deadline
            with contextlib.suppress(BlockingIOError):
                sent += source.send(data[sent : sent + 65536])
            with contextlib.suppress(TimeoutError):
                found += sink.recv(65536)
        assert found == data
        source.shutdown(socket.SHUT_WR)
        sink.settimeout(PATIENCE)
        assert sink.recv(1) == b""


def test_latency_is_of_one_direction(proxy: Proxy, pair: Pair) -> None:
    proxy.suffer(to_client=Toxic(latency=0.4))
    watch = Stopwatch()
    pair.client.sendall(b"question")
    assert take(pair.server, 8) == b"question"
    assert watch.seconds < 0.3
    pair.server.sendall(b"answer")
    assert take(pair.client, 6) == b"answer"
    assert watch.wall >= 0.4
    assert watch.seconds < 2


def test_bandwidth_is_a_rate(proxy: Proxy, pair: Pair) -> None:
    proxy.suffer(Toxic(rate=100_000))
    watch = Stopwatch()
    for _ in range(4):
        pair.client.sendall(bytes(10_000))
    assert len(take(pair.server, 40_000)) == 40_000
    assert watch.wall >= 0.3
    assert watch.seconds < 2


def test_slices_come_one_by_one(proxy: Proxy, pair: Pair) -> None:
    proxy.suffer(Toxic(slices=3, rate=3_000))
    pair.client.sendall(bytes(SLICED))
    pieces, left = [], SLICED
    while left:
        pieces.append(len(pair.server.recv(SLICED)))
        left -= pieces[-1]
    assert len(pieces) > 5


def test_a_hole_keeps_what_came_until_it_is_over(proxy: Proxy, pair: Pair) -> None:
    proxy.suffer(Toxic(hole=True), Toxic(hole=True))
    pair.client.sendall(b"to the server")
    pair.server.sendall(b"to the client")
    assert silent(pair.server)
    assert silent(pair.client)
    proxy.suffer()
    assert take(pair.server, 13) == b"to the server"
    assert take(pair.client, 13) == b"to the client"


def test_a_hole_does_not_hold_bytes_without_end(proxy: Proxy, pair: Pair) -> None:
    """Who sends into it is stopped in the end, as by a network."""
    proxy.suffer(Toxic(hole=True))
    pair.client.settimeout(SOON)
    with pytest.raises(TimeoutError):
        pair.client.sendall(bytes(100 * 1024 * 1024))


def test_a_limit_resets_both_sides_behind_the_last_byte(proxy: Proxy, pair: Pair) -> None:
    proxy.suffer(to_client=Toxic(limit=10))
    pair.server.sendall(b"0123456")
    pair.server.sendall(b"789abc")
    assert take(pair.client, 10) == b"0123456789"
    for sock in (pair.client, pair.server):
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_a_limit_counts_for_each_connection(
    proxy: Proxy, listener: socket.socket, pair: Pair
) -> None:
    proxy.suffer(Toxic(limit=10))
    with contextlib.closing(Pair(proxy, listener)) as other:
        for one in (pair, other):
            one.client.sendall(b"012345678")
            assert take(one.server, 9) == b"012345678"


def test_a_slow_close_is_late_and_talk_goes_on(proxy: Proxy, pair: Pair) -> None:
    proxy.suffer(Toxic(slow_close=0.4))
    watch = Stopwatch()
    pair.client.sendall(b"last")
    pair.client.shutdown(socket.SHUT_WR)
    assert take(pair.server, 4) == b"last"
    assert watch.seconds < 0.3
    pair.server.sendall(b"heard")
    assert take(pair.client, 5) == b"heard"
    assert pair.server.recv(1) == b""
    assert watch.wall >= 0.4


@pytest.mark.parametrize("reset", [True, False])
def test_a_cut_is_a_reset_or_a_plain_close(proxy: Proxy, pair: Pair, *, reset: bool) -> None:
    proxy.cut(reset=reset)
    for sock in (pair.client, pair.server):
        if reset:
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        else:
            assert sock.recv(1) == b""


def test_down_refuses_until_it_is_up(proxy: Proxy, listener: socket.socket, pair: Pair) -> None:
    proxy.down()
    with pytest.raises(ConnectionResetError):
        pair.client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
    proxy.accept()
    with contextlib.closing(Pair(proxy, listener)) as again:
        again.client.sendall(b"back")
        assert take(again.server, 4) == b"back"
