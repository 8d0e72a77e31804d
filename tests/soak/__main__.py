"""``make soak``: very many clients over all doors, with faults; the exit code is 1 at any fault."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.soak.conduct import Result, Size, Soak

FAULTS_SHOWN: Final = 20
MIB: Final = 1024 * 1024


def main() -> int:
    """Run it and print; the exit code."""
    usual = Size()
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="(%(default)s)")
    parser.add_argument("--connections", type=int, default=usual.connections, help="(%(default)s)")
    parser.add_argument("--crews", type=int, default=usual.crews, help="processes (%(default)s)")
    parser.add_argument("--seed", type=int, default=usual.seed, help="(%(default)s)")
    words = parser.parse_args()
    size = usual._replace(**vars(words))
    with tempfile.TemporaryDirectory() as folder, Soak(Path(folder), size) as soak:
        result = soak.run()
    tell(result)
    return 1 if result.faults else 0


def tell(result: Result) -> None:
    """Print what was counted, as a table of the README's form."""
    doors = ", ".join(f"{count} {kind}" for kind, count in result.clients.items())
    rows = {
        "clients": f"{result.clients.total():,} ({doors})",
        "seconds": f"{result.seconds:.0f}",
        "connections made": f"{result.connects:,}",
        "server restarts, client processes killed": f"{result.restarts}, {result.kills}",
        "messages said, acknowledged to natives": f"{result.said:,}, {result.acknowledged:,}",
        "files sent, fetched and compared": f"{result.files:,}, {result.fetched:,}",
        "events told": f"{result.heard:,}",
        "acknowledged after (p50, p99, longest)": " / ".join(
            f"{result.quantile(part):.1f} ms" for part in (0.5, 0.99, 1)
        ),
        "server CPU": f"{result.cpu:.1f} s",
        "server memory (end, largest)": " / ".join(
            f"{size / MIB:.0f} MiB" for size in (result.memory, result.largest)
        ),
        "faults (lost, doubled, out of order, others)": str(len(result.faults)),
    }
    print("| what | how much |\n| --- | --- |")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    for fault in result.faults[:FAULTS_SHOWN]:
        print(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())
