"""Files against a plain loop, again and again in turn: ``python -m tests.bench.relay``.

One run says little on a machine that others use too, so the server and the loop take turns and what
is printed is the median of the ratios. The talk of two others is measured at rest, and from the
first byte of an upload to the last byte of its downloads.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench import files
from tests.support.raw import Raw
from tests.support.server import ServerProcess

MIB: Final = 1024 * 1024
RECEIVERS: Final = (1, 4)
IDLE_SECONDS: Final = 3.0
MILLISECONDS: Final = 1000
RARE: Final = 0.99
COLUMNS: Final = ("obrol", "plain", "ratio", "synced", "ratio", "obrol CPU", "plain CPU", "ratio")
HEAD: Final = "{:>10}" + "{:>10}" * len(COLUMNS)
LINE: Final = "{:>10}" + "{:>10.2f}" * len(COLUMNS)


class Answers(NamedTuple):
    """How long the answers to a SAY took, in ms."""

    median: float
    p99: float
    slowest: float
    number: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.relay")
    parser.add_argument("--mib", type=int, default=1024, help="size of the file")
    parser.add_argument("--rounds", type=int, default=5)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = files.make_file(Path(folder), words.mib * MIB)
        print(
            f"{words.mib} MiB, medians of {words.rounds}; GB/s over all receivers, and the"
            " processor time in s of the process in the middle"
        )
        print(HEAD.format("receivers", *COLUMNS))
        for receivers in RECEIVERS:
            print_ratios(path, receivers, words.rounds)
        for receivers in RECEIVERS:
            print_talk(path, receivers)


def print_ratios(path: Path, receivers: int, rounds: int) -> None:
    """One line: the server, the loop, and the loop that has the file on disk before it goes on."""
    runs = []
    for _ in range(rounds):
        ours = files.through_server(path, receivers)
        plain = files.through_plain_loop(path, receivers)
        synced = files.through_plain_loop(path, receivers, synced=True).rate
        speeds = ours.rate / 1e9, plain.rate / 1e9, ours.rate / plain.rate
        runs.append((*speeds, synced / 1e9, ours.rate / synced,
                     ours.cpu, plain.cpu, plain.cpu / ours.cpu))  # fmt: skip
    middle = [statistics.median(column) for column in zip(*runs, strict=True)]
    print(LINE.format(receivers, *middle), flush=True)


def print_talk(path: Path, receivers: int) -> None:
    """One line: the answers at rest and while a file comes and goes."""
    idle, busy = talk_while_relaying(path, receivers)
    print(
        f"SAY answered, 1 -> {receivers}: idle median {idle.median:.1f} p99 {idle.p99:.1f} slowest"
        f" {idle.slowest:.1f} ms; busy median {busy.median:.1f} p99 {busy.p99:.1f} slowest"
        f" {busy.slowest:.1f} ms (p99 {busy.p99 / idle.p99:.1f}x, {busy.number} answers)",
        flush=True,
    )


def talk_while_relaying(path: Path, receivers: int) -> tuple[Answers, Answers]:
    """Answers at rest, and while one sends a file that ``receivers`` fetch at once."""
    size = path.stat().st_size
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "server", *files.NO_LIMITS) as server,
        Raw(server.port, name="talker") as talker,
        Raw(server.port, name="other") as other,
    ):
        for peer in (talker, other):
            peer.say("JOIN #talk")
            peer.expect("NAMES ")
        until = time.monotonic() + IDLE_SECONDS
        idle = _answers(talker, lambda: time.monotonic() > until)
        with (
            files.processes(
                receivers, lambda n, ready: files.fetch(server.port, n, size, ready)
            ) as fetched,
            files.processes(1, lambda _, ready: files.upload(server.port, path, ready)),
        ):
            busy = _answers(talker, lambda: fetched(wait=False) >= 0)
    return idle, busy


def _answers(peer: Raw, over: Callable[[], bool]) -> Answers:
    """Say something, wait for its OK, again and again."""
    took: list[float] = []
    while not took or not over():
        started = time.perf_counter()
        assert peer.answer("SAY #talk halo", f"s{time.monotonic_ns()}")[-1].startswith("OK ")
        took.append((time.perf_counter() - started) * MILLISECONDS)
    took.sort()
    return Answers(statistics.median(took), took[int(len(took) * RARE)], took[-1], len(took))


if __name__ == "__main__":
    main()
