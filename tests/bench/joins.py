"""A thousand come into one room, and each one is told of those who come later.

Once all together, once one after another, each waiting for its answer. That is half a million
notices, whatever a server does; all of them are counted.
"""

import time
from typing import Final

from tests.bench import talk
from tests.bench.load import Crowd, LostError
from tests.bench.options import Options
from tests.bench.systems.system import System
from tests.bench.turns import Figures, Outcome, in_turn, stage

MEMBERS: Final = 1000


def compare(options: Options) -> Outcome:
    """The figures of :func:`measure` of those systems whose members hear who comes."""
    systems = [system for system in options.systems if system.joined.pattern]

    def once(system: System) -> Figures:
        return measure(system, MEMBERS // options.part, options)

    return in_turn(systems, options.runs, once)


def measure(system: System, members: int, options: Options) -> Figures:
    """One run of each way; raises :class:`LostError` when a notice is missing or too many.

    ``together`` and ``apart``: seconds until everybody had everything, with ``-cpu`` those of the
    server's CPU.
    """
    figures: Figures = {}
    for name, at_once in (("together", members), ("apart", 1)):
        with stage(system, members, pin=options.pin) as (server, crowd):
            room = system.room(0)
            fds = crowd.enter((system.login(f"m{n}") for n in range(members)), system.at_once)
            crowd.enter_talker(system.speaker("talker", room))
            crowd.read_for(system.quiet_after)
            crowd.kept = {fd: bytearray() for fd in fds}
            cpu, started = server.cpu_seconds(), time.perf_counter()
            crowd.go({fd: system.join(room) for fd in fds}, at_once)
            crowd.send(system.say(room, talk.MARK))
            crowd.wait_for(talk.MARK + system.end)
            figures[name] = time.perf_counter() - started
            figures[f"{name}-cpu"] = server.cpu_seconds() - cpu
            check(crowd, system)
    return figures


def check(crowd: Crowd, system: System) -> None:
    """Raise :class:`LostError` unless each was told of itself, and one of any two of the other."""
    members = len(crowd.kept)
    wanted = members + members * (members - 1) // 2
    told = sum(len(system.joined.findall(heard)) for heard in crowd.kept.values())
    if told != wanted:
        raise LostError(f"{told} of {wanted} notices of who comes")
