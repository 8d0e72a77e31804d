"""What ``make bench`` was asked for."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.systems import SYSTEMS
from tests.bench.systems.system import System

RUNS: Final = 3
SEND_SECONDS: Final = 1.0
ROOM_SECONDS: Final = 10.0
QUICK_SEND_SECONDS: Final = 0.3
QUICK: Final = 10
"""A quick measurement has so many times less to do."""


@dataclass(frozen=True)
class Options:
    """``part``: 1, or by how much everything is smaller. ``seconds``: of talk in rooms.

    ``send_seconds``: how long a talker talks. ``pin``: the server and the load have a CPU each.
    ``svg``: where pictures go.
    """

    part: int = 1
    runs: int = RUNS
    seconds: float = ROOM_SECONDS
    send_seconds: float = SEND_SECONDS
    pin: bool = True
    svg: Path | None = None
    systems: tuple[System, ...] = SYSTEMS


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command line that :func:`read` understands."""
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, one run")
    parser.add_argument("--runs", type=int, help=f"of each system, in turn ({RUNS})")
    parser.add_argument("--seconds", type=float, help=f"of talk in rooms ({ROOM_SECONDS:g})")
    parser.add_argument("--no-pin", action="store_true", help="let the kernel choose the CPUs")
    parser.add_argument("--svg", type=Path, metavar="FOLDER", help="draw the fan-out there")
    parser.add_argument(
        "--systems", metavar="NAME,…", help=", ".join(system.name for system in SYSTEMS)
    )


def read(words: argparse.Namespace) -> Options:
    """The options in the words of a command line; raises SystemExit for an unknown system."""
    part = QUICK if words.quick else 1
    names = [name.lower() for name in (words.systems or "").split(",") if name]
    chosen = tuple(one for one in SYSTEMS if not names or one.name.lower() in names)
    if names and len(chosen) != len(set(names)):
        raise SystemExit(f"there are: {', '.join(system.name for system in SYSTEMS)}")
    return Options(
        part=part,
        runs=words.runs or (1 if words.quick else RUNS),
        seconds=words.seconds or ROOM_SECONDS / part,
        send_seconds=QUICK_SEND_SECONDS if words.quick else SEND_SECONDS,
        pin=not words.no_pin,
        svg=words.svg,
        systems=chosen,
    )
