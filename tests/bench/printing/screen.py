"""What the client's screen costs."""

from typing import Final

from tests.bench import screen
from tests.bench.options import Options

SCROLLBACKS: Final = (100, 100_000)
BURST_LINES: Final = 50_000


def report(options: Options) -> None:
    """Print what the client's screen costs."""
    part = options.part
    print("\nthe screen, 80x24; milliseconds of the client's CPU")
    print(f"{'scrollback':>11} {'a key':>7} {'worst key':>10} {'a message':>10} {'bytes/line':>11}")
    for lines in (SCROLLBACKS[0], SCROLLBACKS[1] // part):
        cost = screen.measure_scrollback(lines)
        print(
            f"{cost.lines:>11,} {cost.key:>7.2f} {cost.worst_key:>10.2f} {cost.message:>10.2f}"
            f" {cost.line_bytes:>11.0f}",
            flush=True,
        )
    burst = screen.measure_burst(BURST_LINES // part)
    print(
        f"{burst.lines:,} lines at once: {burst.cpu:.2f} s of CPU in {burst.seconds:.1f} s,"
        f" {(burst.redraws - burst.keys) / burst.seconds:.1f} redraws/s and {burst.keys} for keys;"
        f" a key waited {burst.worst:.1f} ms of CPU at most"
    )
