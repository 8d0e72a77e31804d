"""``make students``: programs of lab students at every door for a while; what was lost is counted.

The exit code is 1 when anything is missing, doubled, out of order or unexpected where it must not
be: datagrams may get lost, nothing else.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.crowd import Crowd, Report
from tests.support.server import ServerProcess
from tests.support.students import KINDS, door_arguments, free_group_port

SECONDS: Final = 60.0
EACH: Final = 10
NATIVES: Final = 20
PAUSE_SECONDS: Final = 3.0
FAULTS_SHOWN: Final = 20


class Run(NamedTuple):
    """What one run gave, and what it cost the server: CPU time in seconds."""

    report: Report
    cpu: float


def measure(seconds: float, each: int, natives: int, pause: float) -> Run:
    """One server with all doors open, ``each`` programs a kind, for so many seconds of talk."""
    arguments = ["--set", "rate=0", *door_arguments(free_group_port())]
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "server", *arguments) as server,
        Crowd(server, each, natives) as crowd,
    ):
        before = server.cpu_seconds()
        report = crowd.run(seconds, pause)
        return Run(report, server.cpu_seconds() - before)


def main() -> int:
    """Run it and print; the exit code."""
    parser = argparse.ArgumentParser(prog="make students")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of talk (%(default)s)")
    parser.add_argument("--each", type=int, default=EACH, help="programs a kind (%(default)s)")
    parser.add_argument("--natives", type=int, default=NATIVES, help="clients (%(default)s)")
    parser.add_argument(
        "--pause", type=float, default=PAUSE_SECONDS, help="of a speaker, in s (%(default)s)"
    )
    words = parser.parse_args()
    run = measure(words.seconds, words.each, words.natives, words.pause)
    tell(run, words.each * len(KINDS), words.natives, words.seconds)
    return 1 if run.report.faults else 0


def tell(run: Run, programs: int, natives: int, seconds: float) -> None:
    """Print what was counted."""
    report = run.report
    print(
        f"{programs} programs of {len(KINDS)} kinds and {natives} native clients,"
        f" {seconds:g} s: {report.told:,} messages told, heard {report.heard:,} times;"
        f" {run.cpu:.2f} s of the server's CPU"
    )
    print(f"{'listener':>12} {'missing':>8} {'doubled':>8} {'out of order':>13} {'unexpected':>11}")
    for kind in ("saksi", "asli", *(kind for kind, about in KINDS.items() if about.hears)):
        hearings = [
            hearing
            for who, hearing in {**report.streams, **report.datagrams}.items()
            if who.rstrip("0123456789") == kind
        ]
        missing, doubled, disordered, unexpected = (
            sum(map(len, lines)) for lines in zip(*hearings, strict=True)
        )
        print(f"{kind:>12} {missing:>8} {doubled:>8} {disordered:>13} {unexpected:>11}")
    print(
        f"datagrams lost on the way in: {len(report.lost_in)}, on the way out: {report.lost_out};"
        f" faults: {len(report.faults)}"
    )
    for fault in report.faults[:FAULTS_SHOWN]:
        print(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())
