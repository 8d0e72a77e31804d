"""The tables of those who are idle, who come, and who talk in small rooms."""

from typing import Final

from tests.bench import idle, joins, rooms
from tests.bench.options import Options
from tests.bench.printing.table import Column, show

IDLE: Final = (
    Column("login s", "login", ".2f"),
    Column("CPU s", "login-cpu", ".2f"),
    Column("KiB each", "kib", ".1f"),
    Column("join s", "join", ".2f"),
    Column("CPU s", "join-cpu", ".2f"),
    Column("KiB each", "joined-kib", ".1f"),
    Column("to all: ms", "all", ".0f"),
    Column("CPU s", "all-cpu", ".2f"),
)
JOINS: Final = (
    Column("together s", "together", ".2f"),
    Column("CPU s", "together-cpu", ".2f"),
    Column("one by one s", "apart", ".2f"),
    Column("CPU s", "apart-cpu", ".2f"),
)
ROOMS: Final = (
    Column("CPU of a core", "cpu", ".1f"),
    Column("messages", "messages", ",.0f"),
    Column("p50 ms", "p50", ".2f"),
    Column("p99 ms", "p99", ".2f"),
)


def report_idle(options: Options) -> int:
    """Print what many silent connections cost; how many systems failed."""
    connections = idle.CONNECTIONS // options.part
    title = f"{connections:,} connections that say nothing, then in rooms of {idle.IN_A_ROOM}"
    return show(title, IDLE, idle.compare(options))


def report_joins(options: Options) -> int:
    """Print what it costs that many come into one room; how many systems failed."""
    title = f"{joins.MEMBERS // options.part:,} come into one room, each notice counted"
    return show(title, JOINS, joins.compare(options))


def report_rooms(options: Options) -> int:
    """Print what talk in small rooms costs and how late it is; how many systems failed."""
    title = (
        f"{rooms.MEMBERS // options.part:,} members in rooms of {rooms.IN_A_ROOM}, a message a"
        f" second each, {options.seconds:g} s; CPU in per cent"
    )
    return show(title, ROOMS, rooms.compare(options))
