"""What files cost, and what the talk notices of them."""

import tempfile
from pathlib import Path
from typing import Final

from tests.bench import files
from tests.bench.options import Options

MIB: Final = 1024 * 1024
FILE_BYTES: Final = 1024 * MIB
FETCHED_BYTES: Final = 50 * MIB
RECEIVERS: Final = (1, 4, 10)
FETCHERS: Final = 10
IDLE_SECONDS: Final = 2.0


def report(options: Options) -> None:
    """Print what files cost, and what the talk notices of them."""
    part = options.part
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
