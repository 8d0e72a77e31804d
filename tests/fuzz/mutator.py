"""One input made of a seed and a number: always the same one, so that it can be run again. Pure."""

import random
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from tests.fuzz.seeds import NUMBER, ROOM, SEEDS, WEIGHTS

MOST_MUTATIONS: Final = 5
LONGEST: Final = 20_000
"""Bytes of one input: more than a line without end may have."""
NUMBERS: Final = (
    b"0", b"-1", b"+5", b"1_000", b"00", b"255", b"1048576", b"1048577", b"2147483648",
    b"18446744073709551616", b"999999999999999", b"1000000000000000", b"9" * 400,
    "\u0663".encode(), b"1e9", b"0x10",
)  # fmt: skip
BAD_UTF8: Final = (
    b"\xaa",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf5\x80\x80\x80",
    b"\xe2\x80",
    b"\xff\xfe",
)
CONTROLS: Final = (
    b"\0", b"\r", b"\x1b]0;x\x07", b"\x0b", b"\x7f", b"\t", "\u0085".encode(), "\u2028".encode(),
    "\u2029".encode(), "\u202e".encode(), "\u2066".encode(), b"\n", b"\r\n", b"\n\n",
)  # fmt: skip
ROOMS: Final = 50
"""So many rooms of their own the inputs share: a room is kept for ever."""
_FORBIDDEN: Final = re.compile(rb"SHUTDOWN|(KICK|BAN|SILENCE) (?=saksi|uid=|[0-9])", re.IGNORECASE)
"""What rightly ends the server, or the witness; an operator must not come upon it by chance."""


class Ending(Enum):
    """How a connection ends."""

    HALF = "it sends no more, and reads to the end"
    READ = "it reads for a moment, and closes"
    CLOSE = "it closes at once"
    RESET = "it resets"


class Plan(NamedTuple):
    """One input: its bytes as they are written, where a pause is made before, and the end."""

    number: int
    door: str
    chunks: tuple[bytes, ...]
    pauses: frozenset[int]
    ending: Ending

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(self.chunks)


Mutation = Callable[[bytearray, random.Random, bytes], None]


def flip(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Some bits of some bytes."""
    del other
    for _ in range(chance.randint(1, 8)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def insert(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Random bytes."""
    del other
    at = chance.randint(0, len(data))
    data[at:at] = chance.randbytes(chance.choice((1, 2, 7, 64, 700)))


def delete(data: bytearray, chance: random.Random, other: bytes) -> None:
    """A piece goes."""
    del other
    start, end = _piece(data, chance)
    del data[start:end]


def duplicate(data: bytearray, chance: random.Random, other: bytes) -> None:
    """A piece comes again, once or many times, there or elsewhere."""
    del other
    start, end = _piece(data, chance)
    at = chance.choice((end, chance.randint(0, len(data))))
    data[at:at] = bytes(data[start:end]) * chance.choice((1, 1, 2, 50))


def splice(data: bytearray, chance: random.Random, other: bytes) -> None:
    """It goes on as another session does."""
    del data[chance.randint(0, len(data)) :]
    data += other[chance.randint(0, len(other)) :]


def truncate(data: bytearray, chance: random.Random, other: bytes) -> None:
    """It ends too early."""
    del other
    del data[chance.randint(0, len(data)) :]


def swap_lines(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Lines change their places, or lose the LF between them."""
    del other
    lines = data.split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    data[:] = chance.choice((b"\n", b"\n", b"\n", b"\r", b" ")).join(lines)


def swap_words(data: bytearray, chance: random.Random, other: bytes) -> None:
    """A word stands where another one should, from here or another session."""
    words = bytes(data).split(b" ")
    words[chance.randrange(len(words))] = chance.choice(other.split(b" ") + words)
    data[:] = b" ".join(words)


def number(data: bytearray, chance: random.Random, other: bytes) -> None:
    """A number that is none, or too large."""
    del other
    digits = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    if digits:
        start = end = chance.choice(digits)
        while end < len(data) and 0x30 <= data[end] <= 0x39:
            end += 1
        data[start:end] = chance.choice(NUMBERS)


def bad_text(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Bytes that are no UTF-8, or characters that no text may hold."""
    del other
    at = chance.randint(0, len(data))
    data[at:at] = chance.choice(BAD_UTF8 + CONTROLS)


def lengthen(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Too much of one byte: a line, a word, a name without end."""
    del other
    at = chance.randint(0, len(data))
    data[at:at] = chance.choice((b"A", b" ", b"\n", b"=", b"\xc3\xa9")) * chance.choice(
        (33, 256, 3501, 4096, 9000)
    )


MUTATIONS: Final[Mapping[Mutation, int]] = {
    flip: 4, insert: 3, delete: 3, duplicate: 3, splice: 2, truncate: 1, swap_lines: 3,
    swap_words: 3, number: 4, bad_text: 3, lengthen: 1,
}  # fmt: skip
"""What may be done to an input, and how often."""


def plan(seed: int, run: int) -> Plan:
    """The input ``run`` of the fuzzing called ``seed``."""
    chance = random.Random(f"{seed}/{run}")
    door = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    data = bytearray(chance.choice(SEEDS[door]))
    for _ in range(chance.randint(0, MOST_MUTATIONS)):
        mutate = chance.choices(list(MUTATIONS), list(MUTATIONS.values()))[0]
        mutate(data, chance, chance.choice(SEEDS[door]))
    whole = bytes(data[:LONGEST]).replace(NUMBER, b"%d" % run).replace(ROOM, b"%d" % (run % ROOMS))
    while _FORBIDDEN.search(whole):
        whole = _FORBIDDEN.sub(b"", whole)
    chunks = _cut(whole, chance)
    pauses = frozenset(at for at in range(len(chunks)) if chance.random() < 1 / len(chunks) / 2)
    ending = chance.choices(list(Ending), (5, 2, 1, 2))[0]
    return Plan(run, door, chunks, pauses, ending)


def _piece(data: bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((1, 3, 20, 200, 1500)))


def _cut(data: bytes, chance: random.Random) -> tuple[bytes, ...]:
    """As it is written: whole, in a few pieces, or for a while byte by byte."""
    way = chance.random()
    if way < 0.4 or len(data) < 2:
        return (data,)
    if way < 0.9:
        cuts = sorted({chance.randrange(1, len(data)) for _ in range(chance.randint(1, 6))})
    else:
        start = chance.randrange(1, len(data))
        cuts = list(range(start, min(len(data), start + 60)))
    return tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))
