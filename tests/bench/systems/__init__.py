"""The systems that are measured side by side, each an adapter of some facts."""

from typing import Final

from tests.bench.systems.brokers import Nats, Redis
from tests.bench.systems.irc import Inspircd, Ngircd
from tests.bench.systems.obrol import Obrol
from tests.bench.systems.streams import Streams, Uvloop
from tests.bench.systems.system import System

SYSTEMS: Final[tuple[System, ...]] = (
    Obrol(),
    Streams(),
    Uvloop(),
    Redis(),
    Nats(),
    Inspircd(),
    Ngircd(),
)
"""In the order of the tables; ours is the first, and the ratios are to it."""
