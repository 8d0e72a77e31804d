"""Fan-out: one talker, everybody in one room; deliveries a second, what they cost, and how late.

The server is measured from outside: wall time, its CPU time and its memory as the kernel counts
them. ``load`` is the share of its own CPU that the load needed: near 1 it is what was measured.
"""

import time
from collections.abc import Sequence
from typing import Final

from tests.bench import talk
from tests.bench.options import Options
from tests.bench.systems.system import System
from tests.bench.turns import Figures, Outcome, in_turn, quantile, stage

WINDOW: Final = 256
SINGLE: Final = 1
MEMBERS: Final = (200, 1000)
CURVE: Final = (10, 50, 200, 1000, 2000, 5000)
KIB: Final = 1024
MILLION: Final = 1_000_000
MILLISECONDS: Final = 1000


def compare(members: int, windows: Sequence[int], options: Options) -> Outcome:
    """Every system with so many members; for each window the figures of :func:`measure`.

    Who would take minutes to let so many in is left out, and named.
    """

    def once(system: System) -> Figures:
        return measure(system, members, windows, options)

    able = [system for system in options.systems if members <= system.most]
    outcome = in_turn(able, options.runs, once)
    for system in options.systems:
        if system not in able:
            reason = f"it takes minutes to let more than {system.most:,} into one room"
            outcome.left_out[system.name] = reason
    return outcome


def measure(system: System, members: int, windows: Sequence[int], options: Options) -> Figures:
    """One run of one system; raises :class:`LostError` when not everybody was told everything.

    ``kib``: memory a connection. For each window, with ``-WINDOW`` behind: ``deliveries`` a second,
    ``cpu`` seconds of the server a million of them, ``load``; with one in flight ``p50`` and
    ``p99`` in milliseconds.
    """
    room = system.room(0)
    with stage(system, members, pin=options.pin) as (server, crowd):
        empty = server.rss_bytes()
        ways = (system.login(f"m{number}") + system.join(room) for number in range(members))
        crowd.enter(ways, system.at_once)
        crowd.enter_talker(system.speaker("talker", room))
        talk.settle(crowd, system, room)
        figures = {"kib": (server.rss_bytes() - empty) / KIB / (members + 1)}
        for window in windows:
            cpu, own = server.cpu_seconds(), time.process_time()
            if window == SINGLE:
                told = talk.one_by_one(crowd, system, room, options.send_seconds)
                for name, part in (("p50", 0.5), ("p99", 0.99)):
                    figures[f"{name}-{window}"] = quantile(told.trips, part) * MILLISECONDS
            else:
                told = talk.flow(crowd, system, room, window, options.send_seconds)
            deliveries = members * told.messages
            own = time.process_time() - own
            figures[f"deliveries-{window}"] = deliveries / told.seconds
            figures[f"cpu-{window}"] = (server.cpu_seconds() - cpu) / deliveries * MILLION
            figures[f"load-{window}"] = own / told.seconds
    return figures
