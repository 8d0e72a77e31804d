"""The rough network does what it says: it loses, doubles and reorders, the same for a seed."""

from collections import Counter
from itertools import pairwise

from tests.support.datagrams import Datagrams, RoughNetwork

COUNT = 200


def carried(seed: int) -> list[str]:
    """What of so many datagrams arrives, in its order."""
    with Datagrams(0) as server, RoughNetwork(server.port, seed) as network:
        with Datagrams(network.port) as client:
            for number in range(COUNT):
                client.say(f"{number:03d}")
                if number % 2:
                    network.carry(1)
            network.carry(COUNT // 2)
        found = [server.hear() for _ in network.passed]
        assert found == network.passed
        assert server.heard() == []
    return found


def test_datagrams_are_lost_doubled_and_overtaken() -> None:
    found = carried(1)
    times = Counter(found)
    assert set(times) < {f"{number:03d}" for number in range(COUNT)}
    assert set(times.values()) == {1, 2}
    assert COUNT / 8 < COUNT - len(times) < COUNT / 2
    assert any(earlier > later for earlier, later in pairwise(found))


def test_a_seed_is_a_network() -> None:
    assert carried(2) == carried(2) != carried(3)
