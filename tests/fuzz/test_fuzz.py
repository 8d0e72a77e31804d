"""P6, C2 to C9: 10,000 damaged sessions at every door; the server lives, in step, calm and small.

First the fuzzer itself: the same seed gives the same inputs, and what it should notice it does.
"""

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.fuzzing import (
    CALM_CPU,
    GROWTH,
    FuzzError,
    Fuzzing,
    Witness,
    calm_cpu,
    server_with_doors,
)
from tests.fuzz.mutator import MUTATIONS, Ending, plan
from tests.fuzz.seeds import SEEDS
from tests.reactor.comers import table
from tests.support.raw import Raw
from tests.support.server import ServerProcess

SEED = 20261121
INPUTS = 10_000


@pytest.fixture
def fuzzed(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with all doors."""
    with server_with_doors(tmp_path) as running:
        yield running


def test_a_seed_always_gives_the_same_inputs() -> None:
    first = [plan(SEED, number) for number in range(300)]
    assert [plan(SEED, number) for number in reversed(range(300))] == first[::-1]
    assert [plan(SEED + 1, number) for number in range(300)] != first
    assert len({planned.data for planned in first}) > 280


def test_inputs_are_of_every_kind() -> None:
    plans = [plan(SEED, number) for number in range(2000)]
    assert set(Counter(planned.door for planned in plans)) == set(SEEDS)
    assert {planned.ending for planned in plans} == set(Ending)
    assert sum(len(planned.chunks) > 1 for planned in plans) > 500
    assert sum(bool(planned.pauses) for planned in plans) > 100
    assert all(b"".join(planned.chunks) == planned.data for planned in plans)
    assert not any(b"SHUTDOWN" in planned.data.upper() for planned in plans)
    assert len(MUTATIONS) >= 10


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (b"MSG 5 T #lab ani a\nMSG 5 T #lab ani a\n", "5 after 5"),
        (b"MSG 5 T #lab ani a\nACT 4 T #lab budi a\n", "4 after 5"),
        (b"MSG 5 T #lab ani a\nMSG 5 T * ani a\n", "5 after 0"),
        (b"HALO semua\n", "no line"),
        (b"MSG 1 T #lab ani a\rb\n", "no line"),
        (b"MSG 1 T #lab ani \xff\n", "no line"),
        (b"MSG x T #lab ani a\n", "no line"),
    ],
)
def test_the_witness_notices(server: ServerProcess, lines: bytes, what: str) -> None:
    witness = Witness(server.port)
    lines = lines.replace(b" T ", b" 2026-11-21T07:40:00.123Z ")
    with pytest.raises(FuzzError, match=what):
        witness.take(lines)
    witness.close()


def test_a_defect_names_the_seed_and_the_input(fuzzed: ServerProcess) -> None:
    with Fuzzing(fuzzed, SEED) as fuzzing:
        fuzzing.run(range(5))
        with fuzzed.journal.open("a") as journal:
            journal.write("2026-11-21T07:40:00.123Z defect where=there error=planted\n")
        with pytest.raises(FuzzError) as failed:
            fuzzing.run([7])
    assert f"--seed {SEED} --only 7" in str(failed.value)
    assert repr(plan(SEED, 7).chunks) in str(failed.value)


def test_a_dead_server_is_noticed(fuzzed: ServerProcess) -> None:
    with Fuzzing(fuzzed, SEED) as fuzzing:
        fuzzed.kill()
        with pytest.raises(FuzzError, match=f"--seed {SEED} --only"):
            fuzzing.run(range(50))


def test_half_close_within_a_payload_is_the_end(server: ServerProcess) -> None:
    """Found by fuzzing: whoever stopped half way in a file was never let go."""
    with Raw(server.port, name="ani") as raw:
        raw.say("JOIN #lab", "=a SEND #lab t1 0 100 100 x")
        raw.send(b"half of it")
        raw.sock.shutdown(socket.SHUT_WR)
        assert raw.rest()[-1].startswith("BYE quit")
    assert table(server) == []


def test_unfinished_uploads_hold_no_descriptors(server: ServerProcess) -> None:
    """Found by fuzzing: each was kept open for a day, whoever had left it behind."""
    folder = Path(f"/proc/{server.pid}/fd")
    before = len(list(folder.iterdir()))
    for number in range(10):
        with Raw(server.port, name=f"a{number}") as raw:
            raw.say("JOIN #lab")
            for upload in range(4):
                raw.say(f"=s SEND #lab t{upload} 0 1 2 x")
                raw.send(b"x")
                raw.expect("=s OK 1")
            raw.say("QUIT")
            raw.rest()
    assert len(list(folder.iterdir())) < before + 10
    assert len(list((server.data / "spool" / "partial").iterdir())) == 80


@pytest.mark.timeout(900)
def test_ten_thousand_inputs(fuzzed: ServerProcess) -> None:
    memory = fuzzed.rss_bytes()
    with Fuzzing(fuzzed, SEED) as fuzzing:
        fuzzing.run(range(INPUTS))
        fuzzing.judge()
        assert fuzzing.done == INPUTS
        assert fuzzing.witness.events > INPUTS / 4
    assert calm_cpu(fuzzed) < CALM_CPU
    assert fuzzed.rss_bytes() - memory < GROWTH
    assert " defect " not in fuzzed.journal.read_text()
    assert fuzzed.stop() == 0
