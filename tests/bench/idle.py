"""Ten thousand who are there and say nothing: what it costs to let them in, and to keep them.

They join rooms of a hundred. Where somebody may speak to everybody at once, that is timed as well:
from the send until the last of all has it.
"""

import time
from typing import Final

from tests.bench import talk
from tests.bench.fanout import KIB, MILLISECONDS
from tests.bench.load import Crowd
from tests.bench.options import Options
from tests.bench.systems.obrol import Obrol, RunningObrol
from tests.bench.systems.system import Server, System
from tests.bench.turns import Figures, Outcome, in_turn, stage
from tests.support.raw import Raw

CONNECTIONS: Final = 10_000
IN_A_ROOM: Final = 100
NAMES: Final = ("obrol", "Redis", "NATS")
EVERYBODY: Final = "*"


class _Clock:
    """Seconds of wall and of the server's CPU, from when it was made."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._started = time.perf_counter()
        self._cpu = server.cpu_seconds()

    def read(self, name: str) -> Figures:
        """Both, as ``NAME`` and ``NAME-cpu``."""
        return {
            name: time.perf_counter() - self._started,
            f"{name}-cpu": self._server.cpu_seconds() - self._cpu,
        }


def compare(options: Options) -> Outcome:
    """The figures of :func:`measure` of those that are made for so many."""
    systems = [system for system in options.systems if system.name in NAMES]

    def once(system: System) -> Figures:
        return measure(system, CONNECTIONS // options.part, options)

    return in_turn(systems, options.runs, once)


def measure(system: System, connections: int, options: Options) -> Figures:
    """One run; raises :class:`LostError` when somebody did not get in, or was not told.

    ``login`` and ``join``: seconds until all were in, and in their rooms, with ``-cpu`` those of
    the server's CPU; ``kib`` and ``joined-kib``: its memory a connection after each; ``all``:
    milliseconds (and ``all-cpu`` seconds) of one message to everybody, where there is such a thing.
    """
    with stage(system, connections, pin=options.pin) as (server, crowd):
        empty = server.rss_bytes()
        clock = _Clock(server)
        members = crowd.enter((system.login(f"m{n}") for n in range(connections)), system.at_once)
        figures = clock.read("login")
        figures["kib"] = (server.rss_bytes() - empty) / KIB / connections
        clock = _Clock(server)
        crowd.go(
            {fd: system.join(system.room(n // IN_A_ROOM)) for n, fd in enumerate(members)},
            system.at_once,
        )
        figures |= clock.read("join")
        figures["joined-kib"] = (server.rss_bytes() - empty) / KIB / connections
        if isinstance(server, RunningObrol) and isinstance(system, Obrol):
            figures |= _to_everybody(system, server, crowd)
    return figures


def _to_everybody(system: Obrol, server: RunningObrol, crowd: Crowd) -> Figures:
    """One message of the operator's to all of them."""
    with Raw(0, unix=server.unix, name="operator") as operator:
        operator.send(system.say(EVERYBODY, talk.MARK))
        crowd.wait_for(talk.MARK + system.end)
        crowd.begin()
        clock = _Clock(server)
        operator.send(system.say(EVERYBODY, talk.text(0)))
        while not crowd.has_all(system.lines):
            crowd.pump(crowd.patience)
        figures = clock.read("all")
    talk.check(bytes(crowd.stream), system, 1)
    figures["all"] *= MILLISECONDS
    return figures
