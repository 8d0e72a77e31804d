"""``make bench``: print what this machine gives."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from tests.bench import fanout, files, flood, screen, search

MEMBERS: Final = (50, 200, 1000)
WINDOW: Final = 256
DELIVERIES: Final = 8_000_000
"""So many deliveries a run: long enough to be steady, short enough to be repeated."""
ONE_AT_A_TIME: Final = 300
MIB: Final = 1024 * 1024
FILE_BYTES: Final = 1024 * MIB
FETCHED_BYTES: Final = 50 * MIB
RECEIVERS: Final = (1, 4, 10)
FETCHERS: Final = 10
SCROLLBACKS: Final = (100, 100_000)
BURST_LINES: Final = 50_000
IDLE_SECONDS: Final = 2.0
EVENTS: Final = 1_000_000
MILLISECONDS: Final = 1000
FLOODS: Final = (0.0, 10.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    parser.add_argument("--only", choices=sorted(PARTS), help="one part of it")
    words = parser.parse_args()
    for name, measure in PARTS.items():
        if words.only in {None, name}:
            measure(10 if words.quick else 1)


def measure_fanout(part: int) -> None:
    """Print how many deliveries a second there are."""
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


def measure_screen(part: int) -> None:
    """Print what the client's screen costs."""
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


def measure_files(part: int) -> None:
    """Print what files cost, and what the talk notices of them."""
    with tempfile.TemporaryDirectory() as folder:
        size = FILE_BYTES // part
        path = files.make_file(Path(folder), size)
        print(f"\nfiles of {size // MIB} MiB, one sender; all rates over all receivers")
        print(
            f"{'receivers':>10} {'obrol GB/s':>11} {'plain loop':>11} {'ratio':>6}"
            f" {'server +MiB':>12}"
        )
        for receivers in RECEIVERS:
            ours = files.through_server(path, receivers)
            plain = files.through_plain_loop(path, receivers)
            print(
                f"{receivers:>10} {ours.rate / 1e9:>11.2f} {plain.rate / 1e9:>11.2f}"
                f" {ours.rate / plain.rate:>6.2f} {ours.growth / MIB:>12.1f}",
                flush=True,
            )
        copied = files.through_scp(path)
        print("scp: " + (f"{copied.rate / 1e9:.2f} GB/s" if copied else "not to be had here"))
        sending, fetching, idle_client = files.clients_memory(path)
        print(
            f"memory over an idle client: sending +{(sending - idle_client) / MIB:.1f} MiB,"
            f" fetching +{(fetching - idle_client) / MIB:.1f} MiB"
        )
        path = files.make_file(Path(folder), FETCHED_BYTES // part)
        idle, busy, rate = files.chat_while_fetching(path, FETCHERS, IDLE_SECONDS)
        print(
            f"slowest answer to a SAY: idle {idle:.1f} ms, while {FETCHERS} fetch"
            f" {FETCHED_BYTES // part // MIB} MiB each {busy:.1f} ms ({rate / 1e9:.2f} GB/s)"
        )


def measure_search(part: int) -> None:
    """Print what a search takes, all of it and its longest slice."""
    with tempfile.TemporaryDirectory() as folder:
        events = EVENTS // part
        indexed, read = search.measure(Path(folder) / "data", events)
    slices = sorted(indexed.slices)
    print(
        f"\nsearch in {events:,} events ({indexed.log_bytes / MIB:.0f} MiB); the index took"
        f" {indexed.build:.1f} s and {indexed.index_bytes / MIB:.0f} MiB, its slices"
        f" {slices[len(slices) // 2] * MILLISECONDS:.1f} ms (median)"
        f" {slices[len(slices) * 99 // 100] * MILLISECONDS:.1f} (99 %)"
        f" {slices[-1] * MILLISECONDS:.1f} (longest)"
    )
    print(f"{'':>26} {'events':>7} {'ms':>8} {'slice':>7} {'no index: ms':>13} {'slice':>7}")
    for name, (found, times) in indexed.found.items():
        _, others = read.found[name]
        figures = [x * MILLISECONDS for x in (sum(times), max(times), sum(others), max(others))]
        print(
            f"{name:>26} {found:>7} {figures[0]:>8.1f} {figures[1]:>7.1f}"
            f" {figures[2]:>13.1f} {figures[3]:>7.1f}"
        )


def measure_flood(part: int) -> None:
    """Print what a flood at the UDP door costs those who talk over TCP."""
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


PARTS: Final = {
    "fanout": measure_fanout,
    "files": measure_files,
    "flood": measure_flood,
    "screen": measure_screen,
    "search": measure_search,
}

if __name__ == "__main__":
    main()
