"""The counters: the table, and that each number is what happened."""

import contextlib
import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.counters import COUNTERS, VERSION, Counters
from reactor.gauges import PERIOD_SECONDS, PERIODS, LongestTurn, memory_bytes
from reactor.loop import Loop
from tests.reactor.fakes import FakeClock, FakeSelector, turn
from tests.reactor.house import MIB, Guest, House
from tests.support.server import ROOT


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "house")
    yield made
    made.crash()


def stats(house: House) -> dict[str, str]:
    return dict(house.server.hub.counters.rows())


def test_names_are_words_of_the_wire_and_of_nobody_else() -> None:
    names = [counter.name for counter in COUNTERS]
    assert len(set(names)) == len(names)
    for counter in COUNTERS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", counter.name)
        assert counter.help
        assert "\n" not in counter.help
        assert "\\" not in counter.help
        assert bool(counter.label) == bool(counter.family) == bool(counter.value)


def test_a_family_stands_together_and_is_of_one_kind() -> None:
    """Prometheus refuses a family that is told of in two places."""
    families = [counter.family or counter.name for counter in COUNTERS]
    starts = [name for at, name in enumerate(families) if at == 0 or families[at - 1] != name]
    assert len(set(starts)) == len(starts)
    for name in starts:
        assert len({c.kind for c in COUNTERS if name in {c.family, c.name}}) == 1


def test_values_have_no_blanks() -> None:
    counters = Counters()
    counters.add("commit-ms", 1.23456)
    rows = dict(counters.rows())
    assert rows["version"] == VERSION
    assert rows["commit-ms"] == "1.235"
    assert rows["people"] == "0"
    assert list(rows)[1:] == [counter.name for counter in COUNTERS]
    assert not any(" " in name + value or not value for name, value in rows.items())


def test_a_name_that_is_not_in_the_table_is_a_defect() -> None:
    counters = Counters()
    with pytest.raises(KeyError):
        counters.add("conections-tcp")
    with pytest.raises(KeyError):
        counters.gauge("conections-tcp", lambda: 1)


def test_sources_are_read_when_somebody_asks_and_are_added_up() -> None:
    counters, queued = Counters(), [1]
    counters.gauge("queued-bytes", lambda: queued[0])
    counters.gauge("queued-bytes", lambda: 100)
    assert dict(counters.rows())["queued-bytes"] == "101"
    queued[0] = 5
    counters.add("queued-bytes", 1000)
    assert dict(counters.rows())["queued-bytes"] == "1105"


def test_the_longest_is_kept() -> None:
    counters = Counters()
    for value in (2.0, 7.5, 3.0):
        counters.raise_to("commit-longest-ms", value)
    assert dict(counters.rows())["commit-longest-ms"] == "7.5"


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_memory_is_what_the_kernel_says() -> None:
    status = Path("/proc/self/status").read_text()
    kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    assert abs(memory_bytes() - kib * 1024) < 8 * MIB


def test_a_turn_is_measured_without_its_wait() -> None:
    clock, selector = FakeClock(), FakeSelector()
    loop = Loop(selector, clock)
    longest = LongestTurn(loop)
    clock.advance(100)  # as if select had waited
    turn(loop)
    assert (loop.turns, longest.ever()) == (1, 0)
    loop.again(lambda: clock.advance(0.25))
    turn(loop)
    assert (loop.turns, longest.ever(), longest.of_the_last_minute()) == (2, 250, 250)


def test_a_long_turn_is_forgotten_after_a_minute_but_not_for_good() -> None:
    clock = FakeClock()
    loop = Loop(FakeSelector(), clock)
    longest = LongestTurn(loop)
    loop.again(lambda: clock.advance(0.25))
    turn(loop)
    seen = []
    for _ in range(PERIODS + 1):
        seen.append(longest.of_the_last_minute())
        clock.advance(PERIOD_SECONDS)
        turn(loop)
    assert seen == [250] * (PERIODS + 1)
    assert (longest.of_the_last_minute(), longest.ever()) == (0, 250)


def test_people_rooms_lines_and_events(house: House) -> None:
    ani = Guest(house, "ani")
    before = stats(house)
    assert [before[n] for n in ("people", "rooms", "connections-tcp", "accepted-tcp")] == ["1"] * 4
    ani.send("=a SAY #lab halo\n=b SAY #lab lagi\n=c NOPE\n=d SAY #none x")
    ani.wait("=d ERR")
    Guest(house, "budi").send("QUIT")
    house.turns_until(lambda: stats(house)["connections-tcp"] == "1")
    after = stats(house)
    assert int(after["events-stored"]) == int(before["events-stored"]) + 2
    assert (after["lines-refused"], after["people"], after["accepted-tcp"]) == ("2", "1", "2")
    assert int(after["commits"]) > int(before["commits"])
    assert 0 < float(after["commit-longest-ms"]) <= float(after["commit-ms"])
    assert float(after["turn-longest-ms"]) >= float(after["commit-longest-ms"])
    assert int(after["turns"]) >= int(after["commits"])


def test_a_turn_that_was_not_stored_counts_once_and_its_lines_as_refused(house: House) -> None:
    ani = Guest(house, "ani")
    before = stats(house)
    house.fail_commits(1)
    ani.send("=a SAY #lab halo\n=b NOPE")
    ani.wait("=a ERR not-saved")
    ani.wait("=b ERR")
    after = stats(house)
    assert (after["commits-failed"], after["events-stored"]) == ("1", before["events-stored"])
    assert after["lines-refused"] == "2", "the line that was handled again was refused once"


def test_bytes_are_those_of_the_sockets(house: House) -> None:
    sock = house.connect()
    sock.sendall(b"HELLO ani\n=p PING x\n")
    heard = b""

    def answered() -> bool:
        nonlocal heard
        with contextlib.suppress(BlockingIOError):
            heard += sock.recv(MIB, socket.MSG_DONTWAIT)
        return b"=p OK" in heard

    house.turns_until(answered)
    assert (int(stats(house)["in-bytes"]), int(stats(house)["out-bytes"])) == (20, len(heard))


def test_unread_bytes_and_files_under_way(house: House) -> None:
    ani, budi = Guest(house, "ani"), Guest(house, "budi")
    size = 8 * MIB
    ani.send(b"=u SEND #lab up 0 60000 8388608 film.mp4\n" + b"x" * 30_000)
    house.turns_until(lambda: stats(house)["uploads"] == "1")
    assert int(stats(house)["spool-bytes"]) == size
    ani.send(b"x" * 30_000 + b"=v SEND #lab up 60000 %d %d film.mp4\n" % (size - 60_000, size))
    rest = memoryview(b"x" * (size - 60_000))
    while rest:  # the house must read while this side sends
        try:
            rest = rest[ani.sock.send(rest, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            house.server.loop.run_once()
    event = ani.wait("=v OK").split()[2]
    assert stats(house)["uploads"] == "0"
    budi.send(f"=g GET {event}")
    house.turns_until(lambda: stats(house)["downloads"] == "1")
    house.turns_until(lambda: int(stats(house)["queued-bytes"]) > 0)
    budi.send(f"=s STOP {event}")
    house.turns_until(lambda: stats(house)["downloads"] == "0")


def test_slow_readers_are_counted(house: House) -> None:
    lazy, ani = Guest(house, "lazy"), Guest(house, "ani")
    lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    house.server._options.settings.set("send-hard", 65536)

    def cut_off() -> bool:
        ani.send("SAY #lab " + "x" * 3000)
        with contextlib.suppress(BlockingIOError):
            ani.sock.recv(MIB)  # ani reads
        return stats(house)["slow-readers"] == "1"

    house.turns_until(cut_off)


def test_who_finds_no_place_is_counted(house: House) -> None:
    house.server.doors.native.capacity = 1
    Guest(house, "ani")
    for number in range(20):  # the first of them may read why, the others are closed at once
        house.connect()
        while stats(house)["turned-away"] != str(number + 1):
            house.server.loop.run_once()
    assert (stats(house)["accepted-tcp"], stats(house)["connections-tcp"]) == ("1", "1")
    for sock in house.sockets[1:]:
        sock.close()
    house.turns_until(lambda: not house.server.doors.native.farewells)
