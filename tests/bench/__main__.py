"""``make bench``: print what this machine gives."""

import argparse
from typing import Final

from tests.bench import fanout

MEMBERS: Final = (50, 200, 1000)
WINDOW: Final = 256
DELIVERIES: Final = 8_000_000
"""So many deliveries a run: long enough to be steady, short enough to be repeated."""
ONE_AT_A_TIME: Final = 300


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    part = 10 if parser.parse_args().quick else 1
    print("fan-out, 64-byte messages, every message on disk before it leaves")
    print(f"{'members':>8} {'window':>7} {'messages':>9} {'deliveries/s':>13} {'server CPU':>11}")
    for members in MEMBERS:
        for window, messages in (
            (WINDOW, DELIVERIES // members // part),
            (1, ONE_AT_A_TIME // part),
        ):
            result = fanout.measure(members, messages, window)
            print(
                f"{result.members:>8} {result.window:>7} {result.messages:>9}"
                f" {result.deliveries:>13,.0f} {result.server_cpu:>10.2f}s",
                flush=True,
            )


if __name__ == "__main__":
    main()
