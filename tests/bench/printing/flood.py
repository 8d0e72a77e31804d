"""What a flood at the UDP door costs those who talk over TCP."""

from typing import Final

from tests.bench import flood
from tests.bench.options import Options

FLOODS: Final = (0.0, 10.0)
MIB: Final = 1024 * 1024
MILLISECONDS: Final = 1000


def report(options: Options) -> None:
    """Print what a flood at the UDP door costs those who talk over TCP."""
    part = options.part
    print("\nflood at the UDP door; milliseconds of an answer over TCP, one line in flight")
    for seconds in FLOODS:
        result = flood.measure(seconds / part)
        print(
            f"{result.sent:,} datagrams from {flood.SOURCES} addresses in {result.seconds:.2f} s:"
            f" {result.told} told, {result.known} known, +{result.growth / MIB:.1f} MiB,"
            f" {result.cpu:.2f} s of CPU"
        )
        print(
            f"{'':>12}" + "".join(f"{verb:>8} 50 % {'99 %':>7} {'max':>7}" for verb in flood.VERBS)
        )
        for phase in flood.PHASES:
            figures = [
                result.quantile(phase, verb, q) * MILLISECONDS
                for verb in flood.VERBS
                for q in (0.5, 0.99, 1)
            ]
            print(f"{phase:>12}" + "{:>13.2f} {:>7.2f} {:>7.2f}".format(*figures[:3])
                  + "{:>13.2f} {:>7.2f} {:>7.2f}".format(*figures[3:]), flush=True)  # fmt: skip
