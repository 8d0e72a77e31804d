"""How long a line may be, finished or not, and what it costs to read: counted, not timed."""

import time
from typing import Self, SupportsIndex

import pytest

from tests.wire.vectors import FEEDS, Vector, bad, bytewise, failures, frame, pull, read
from wire import parser as machine
from wire.grammar import LINE_BYTES, UNFINISHED_BYTES, UNFINISHED_BYTES_BEFORE_HELLO
from wire.parser import ENDED, NEED_DATA, Event, Frame, Parser, Refused, State

PING = frame("PING")
TOO_LONG = bad("too-long")
FLOOD = bad("too-long", fatal=True)


def ping(size: int, end: bytes = b"\n") -> tuple[bytes, Frame]:
    """A good line of ``size`` bytes with its ``end``, and its frame."""
    token = "x" * (size - len("PING ") - len(end))
    return f"PING {token}".encode() + end, frame(f"PING {token}", token)


def good(size: int, end: bytes = b"\n", *, greeted: bool = True) -> Vector:
    """A line of ``size`` bytes that is short enough."""
    data, event = ping(size, end)
    return Vector(data, (event,), greeted=greeted)


def long(size: int, end: bytes, *events: Event, greeted: bool = True, whole: bool = True) -> Vector:
    """A line of ``size`` bytes that is too long."""
    return Vector(ping(size, end)[0], events, greeted=greeted, whole=whole)


LENGTHS = {
    "4095": good(4095),
    "4096": good(4096),
    "4097": long(4097, b"\n", TOO_LONG),
    "4095 with CR": good(4095, b"\r\n"),
    "4096 with CR": good(4096, b"\r\n"),
    "4097 with CR": long(4097, b"\r\n", TOO_LONG),
    "4095 without LF": long(4095, b"", whole=False),
    "4096 without LF": long(4096, b"", whole=False),
    "4096 with CR, without LF": long(4096, b"\r", whole=False),
    "4096 before HELLO": good(4096, greeted=False),
    "4096 with CR before HELLO": good(4096, b"\r\n", greeted=False),
    "4095 without LF before HELLO": long(4095, b"", greeted=False, whole=False),
    "4096 without LF before HELLO": long(4096, b"", FLOOD, greeted=False),
    "4097 before HELLO": long(4097, b"\n", FLOOD, greeted=False),
    "16383 without LF": long(16383, b"", whole=False),
    "16384 without LF": long(16384, b"", FLOOD),
    "16384": long(16384, b"\n", TOO_LONG),
    "16384 with CR": long(16384, b"\r\n", TOO_LONG),
    "16385": long(16385, b"\n", FLOOD),
    "16385 with CR": long(16385, b"\r\n", FLOOD),
    "17000": long(17000, b"\n", FLOOD),
}
MORE = {
    "a long line, then a good one": Vector(b"x" * 9000 + b"\nPING\n", (TOO_LONG, PING)),
    "two long lines": Vector(2 * (b"x" * 5000 + b"\n"), (TOO_LONG, TOO_LONG)),
    "the counter starts again": Vector(
        3 * (b"x" * 10_000 + b"\n") + b"PING\n", (TOO_LONG, TOO_LONG, TOO_LONG, PING)
    ),
    "short lines are not counted together": Vector(6 * ping(3000)[0], 6 * (ping(3000)[1],)),
    "the same before HELLO": Vector(
        3 * ping(1500)[0], 3 * (ping(1500)[1],), greeted=False
    ),
    "nothing is read after a flood": Vector(b"x" * 16384 + b"\nPING\n", (FLOOD,)),
    "the flood of a tagged line": Vector(
        b"=t " + b"x" * 16384, (bad("too-long", tag="t", fatal=True),)
    ),
    "a tag before HELLO": Vector(
        b"=t HELLO " + b"x" * 4096, (bad("too-long", tag="t", fatal=True),), greeted=False
    ),
    "a bad tag on a long line": Vector(
        b"=" + b"t" * 65 + b" PING " + b"x" * 5000 + b"\n", (TOO_LONG,)
    ),
    "a long line that is one tag": Vector(b"=" + b"t" * 5000 + b"\n", (TOO_LONG,)),
    "a long line of spaces": Vector(b" " * 5000 + b"\n", (TOO_LONG,)),
    "a long line of bad UTF-8": Vector(b"\xaa" * 5000 + b"\n", (TOO_LONG,)),
    "a long line of NUL": Vector(b"\0" * 5000 + b"\n", (TOO_LONG,)),
    "TLS says hello": Vector(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (), whole=False),
    "600 bytes and silence": Vector(b"A" * 600, (), greeted=False, whole=False),
    "a client is never a stranger": Vector(
        b"LOG " + b"x" * 4092 + b"\n", (TOO_LONG,), server=False, greeted=False
    ),
    "a client's limit": Vector(b"x" * 16384, (FLOOD,), server=False, greeted=False),
}  # fmt: skip
TABLE = {**LENGTHS, **MORE}


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("name", TABLE)
def test_vector(name: str, feed: str) -> None:
    assert failures(TABLE[name], feed) == []


def test_the_limits_of_the_table_are_those_of_the_wire() -> None:
    assert LINE_BYTES == 4096
    assert UNFINISHED_BYTES == 16 * 1024
    assert UNFINISHED_BYTES_BEFORE_HELLO == 4 * 1024


@pytest.mark.parametrize("name", TABLE)
def test_even_the_verb_of_a_refusal_is_the_same_byte_by_byte(name: str) -> None:
    vector = TABLE[name]
    assert read(vector, bytewise(vector.data)) == read(vector, [vector.data])


def test_who_has_said_hello_has_the_wider_limit_at_once() -> None:
    parser = Parser(server=True)
    parser.receive(b"HELLO rizky\n" + b"x" * 5000)
    assert parser.next_event() == frame("HELLO rizky", "rizky")
    parser.greeted = True
    assert parser.next_event() is NEED_DATA
    parser.receive(b"\nPING\n")
    events = list(pull(parser))
    assert [type(event).__name__ for event in events] == ["Refused", "Frame"]


def test_a_long_line_is_not_kept() -> None:
    parser = Parser(server=True)
    parser.greeted = True
    for _ in range(16):
        parser.receive(b"x" * 1000)
        assert parser.next_event() is NEED_DATA
    assert parser.state is State.LONG
    assert parser.waiting == 0
    assert len(parser._head) < 500


def test_a_dead_parser_keeps_nothing_and_says_the_end() -> None:
    parser = Parser(server=True)
    parser.receive(b"x" * 5000)
    assert [type(event) for event in pull(parser)] == [Refused]
    for _ in range(5):
        parser.receive(b"PING\n" * 1000)
        assert parser.next_event() is NEED_DATA
        assert parser.waiting == 0
    parser.receive(b"")
    assert parser.next_event() is ENDED


class Counted(bytes):
    """Bytes that count how many of them were searched for LF, and how many were copied."""

    searched = 0
    copied = 0

    def find(  # type: ignore[override]
        self, sub: bytes, start: SupportsIndex = 0, end: SupportsIndex | None = None
    ) -> int:
        found = super().find(sub, start, end)
        Counted.searched += (len(self) if found < 0 else found + 1) - int(start)
        return found

    def __getitem__(self, key: SupportsIndex | slice) -> Self:  # type: ignore[override]
        part = super().__getitem__(key)
        if isinstance(part, int):
            return part  # type: ignore[return-value]
        Counted.copied += len(part)
        return type(self)(part)

    def __add__(self, other: object) -> Self:
        assert isinstance(other, bytes)
        return type(self)(super().__add__(other))


def cost(data: bytes, piece: int) -> tuple[int, int]:
    """How many bytes are searched and copied to read ``data`` in pieces of ``piece`` bytes."""
    Counted.searched = Counted.copied = 0
    parser = Parser(server=True)
    parser.greeted = True
    for at in range(0, len(data), piece):
        parser.receive(Counted(data[at : at + piece]))
        for _ in pull(parser):
            pass
    return Counted.searched, Counted.copied


def test_a_line_byte_by_byte_is_searched_once() -> None:
    data = ping(4096)[0]
    assert cost(data, 1)[0] == len(data)
    assert cost(data * 3, 1)[0] == len(data) * 3


def test_a_line_that_is_too_long_is_searched_once_and_its_rest_not_copied() -> None:
    data = b"x" * 16_000 + b"\n"
    searched, copied = cost(data, 100)
    assert searched <= len(data) + LINE_BYTES
    assert copied <= LINE_BYTES * LINE_BYTES // 100


def test_lines_that_come_together_are_copied_a_fixed_number_of_times() -> None:
    line = b"SAY #lab halo selamat siang\n"
    searched, copied = cost(line * 2000, 64 * 1024)
    assert searched <= 2 * len(line) * 2000
    assert copied <= 3 * len(line) * 2000


def test_a_large_payload_is_handed_out_without_a_copy() -> None:
    parser = Parser(server=True)
    parser.greeted = True
    parser.receive(b"SEND #lab t 0 300000 300000 x\n")
    next(pull(parser))
    Counted.searched = Counted.copied = 0
    for _ in range(3):
        data = Counted(b"\n" * 100_000)
        parser.receive(data)
        event = parser.next_event()
        assert getattr(event, "data", None) is data
    assert (Counted.searched, Counted.copied) == (0, 0)


def steps(data: bytes, piece: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many calls of its readers the parser makes for ``data``."""
    calls = 0
    readers = machine._READERS

    def counting(state: State) -> object:
        def call(parser: Parser) -> Event | None:
            nonlocal calls
            calls += 1
            return readers[state](parser)

        return call

    monkeypatch.setattr(machine, "_READERS", {state: counting(state) for state in readers})
    parser = Parser(server=True)
    parser.greeted = True
    for at in range(0, len(data), piece):
        parser.receive(data[at : at + piece])
        for _ in pull(parser):
            pass
    monkeypatch.undo()
    return calls


def test_a_megabyte_of_lf_costs_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(b"\n" * 1_000_000, 64 * 1024, monkeypatch) < 1000


def test_the_number_of_steps_grows_with_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    once = steps(b"PING\n\r\n" * 1000, 4096, monkeypatch)
    assert steps(b"PING\n\r\n" * 3000, 4096, monkeypatch) <= 3 * once + 10


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        (b"\n" * 1_000_000, 1000),
        (b"\r\n" * 100_000, 64 * 1024),
        (ping(4096)[0] * 4, 1),
        (b"x" * 10_000_000, 64 * 1024),
        (b"SEND #lab t 0 100000 100000 x\n" + b"\n" * 100_000, 1),
    ],
    ids=["LF", "CR LF", "bytewise", "flood", "payload bytewise"],
)
def test_hostile_bytes_do_not_keep_a_core_busy(data: bytes, piece: int) -> None:
    start = time.process_time()
    cost(data, piece)
    assert time.process_time() - start < 5.0
