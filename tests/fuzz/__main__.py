"""``make fuzz``: damaged sessions at every door for a while; what goes wrong is printed.

The exit code is 1 when anything did. Each input follows from a seed and its number: what is printed
runs it again.
"""

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reactor.trimming import PERIOD_SECONDS
from tests.fuzz.fuzzing import CALM_CPU, GROWTH, FuzzError, Fuzzing, calm_cpu, server_with_doors

SECONDS: Final = 300.0
ROUND: Final = 1000
"""Inputs between two looks at the clock, and at the server's memory."""
MIB: Final = 1024 * 1024


def main() -> int:
    """Fuzz and print; the exit code."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="(%(default)s)")
    parser.add_argument("--seed", default="", help="(a random one)")
    parser.add_argument("--only", default="", metavar="N,N", help="these inputs of the seed alone")
    words = parser.parse_args()
    seed = int(words.seed) if words.seed else random.SystemRandom().randrange(10**9)
    with tempfile.TemporaryDirectory() as folder, server_with_doors(Path(folder)) as server:
        memory = server.rss_bytes()
        with Fuzzing(server, seed) as fuzzing:
            try:
                for numbers in _rounds(words.only, words.seconds):
                    fuzzing.run(numbers)
                    tell(fuzzing, memory)
                fuzzing.judge()
            except (FuzzError, AssertionError) as error:
                print(f"seed {seed}: {error}")
                print(server.journal.read_text()[-MIB:])
                return 1
        cpu = calm_cpu(server)
        # What is free is given back in a quiet moment, which comes within two periods.
        deadline = time.monotonic() + 2 * PERIOD_SECONDS
        while server.rss_bytes() - memory >= GROWTH and time.monotonic() < deadline:
            time.sleep(0.1)
        growth = server.rss_bytes() - memory
    print(f"seed {seed}: alive and in step; idle at {cpu:.1%} of a core, +{growth / MIB:.1f} MiB")
    faults = ["it is not calm"] * (cpu >= CALM_CPU)
    faults += [f"it grew by more than {GROWTH // MIB} MiB"] * (growth >= GROWTH)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def tell(fuzzing: Fuzzing, memory: int) -> None:
    """Print how far it is."""
    server = fuzzing.server
    print(
        f"{fuzzing.done:,} inputs, {fuzzing.witness.events:,} events told;"
        f" {server.cpu_seconds():.1f} s of the server's CPU,"
        f" +{(server.rss_bytes() - memory) / MIB:.1f} MiB",
        flush=True,
    )


def _rounds(only: str, seconds: float) -> Iterator[list[int]]:
    if only:
        yield [int(word) for word in only.split(",")]
        return
    end = time.monotonic() + seconds
    for start in itertools.count(0, ROUND):
        if time.monotonic() >= end:
            return
        yield list(range(start, start + ROUND))


if __name__ == "__main__":
    sys.exit(main())
