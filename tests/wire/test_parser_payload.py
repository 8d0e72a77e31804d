"""SEND and the bytes behind it: handed out as they come, or swallowed, and always in step."""

import pytest

from tests.wire.vectors import FEEDS, Vector, bad, bytewise, failures, frame, pull, read
from wire.grammar import SWALLOWED_BYTES
from wire.parser import (
    ENDED,
    HEAD_BYTES,
    NEED_DATA,
    Event,
    Frame,
    Parser,
    Payload,
    Refused,
    Signal,
    State,
)

PING = frame("PING")
LIKE_LINES = b"PING\n=t KICK rizky\nSEND #lab x 0 9 9 y\n\r\n\n\0\xff\nQUIT"
"""A payload in which everything looks like something."""


def sending(length: int, name: str = "See-Saw.mp3", tag: str | None = None) -> tuple[str, Frame]:
    """A good SEND line without LF, and its frame."""
    line = f"SEND #lab t1 0 {length} {length} {name}"
    event = frame(line, "#lab", "t1", "0", str(length), str(length), name, tag=tag, length=length)
    return (line if tag is None else f"={tag} {line}"), event


def good(payload: bytes, *, tag: str | None = None, end: str = "\n") -> Vector:
    """A SEND with ``payload`` that is accepted."""
    line, event = sending(len(payload), tag=tag)
    told: tuple[Event, ...] = (event, Payload(payload, 0)) if payload else (event,)
    return Vector(f"{line}{end}".encode() + payload, told)


def swallowed(line: str, code: str, payload: bytes = b"PING\n", tag: str | None = None) -> Vector:
    """A refused SEND line; its payload, a line by its looks, is no line."""
    return Vector(line.encode() + b"\n" + payload, (bad(code, tag=tag),))


def lost(line: str, code: str, tag: str | None = None) -> Vector:
    """A refused SEND line whose payload cannot be skipped."""
    return Vector(line.encode() + b"\nPING\n", (bad(code, tag=tag, fatal=True),))


def of_length(word: str, code: str = "bad-number") -> Vector:
    """A SEND whose length is ``word``, which nobody can know."""
    return lost(f"SEND #lab t1 0 {word} 5 a", code)


ACCEPTED = {
    "a payload": good(b"hello"),
    "a tag": good(b"hello", tag="a2"),
    "CR LF": good(b"\nhello", end="\r\n"),
    "one LF": good(b"\n"),
    "one CR": good(b"\r"),
    "things that look like lines": good(LIKE_LINES),
    "every byte": good(bytes(range(256))),
    "nothing": good(b""),
    "two in a row": Vector(
        good(b"one").data + good(b"\ntwo\n").data,
        (*good(b"one").events, *good(b"\ntwo\n").events),
    ),
    "lines around it": Vector(b"PING\n" + good(b"x\n").data + b"PING\n",
                              (PING, *good(b"x\n").events, PING)),
    "a piece": Vector(
        b"SEND @rizky~ t 5 2 9 a b\tc\nxy",
        (frame("SEND @rizky~ t 5 2 9 a b\tc", "@rizky~", "t", "5", "2", "9", "a b\tc", length=2),
         Payload(b"xy", 0)),
    ),
    "a question": Vector(
        b"SEND #lab t 0 0 9 a\nPING\n",
        (frame("SEND #lab t 0 0 9 a", "#lab", "t", "0", "0", "9", "a"), PING),
    ),
    "leading zeros": Vector(
        b"SEND #lab t 0 000000000000002 2 a\nhi",
        (frame("SEND #lab t 0 000000000000002 2 a", "#lab", "t", "0", "000000000000002", "2", "a",
               length=2), Payload(b"hi", 0)),
    ),
    "the largest number": Vector(
        b"SEND #lab t 0 999999999999999 999999999999999 a\nhi",
        (frame("SEND #lab t 0 999999999999999 999999999999999 a", "#lab", "t", "0",
               "999999999999999", "999999999999999", "a", length=999_999_999_999_999),
         Payload(b"hi", 999_999_999_999_997)),
        whole=False,
    ),
    "an unfinished payload": Vector(
        sending(9)[0].encode() + b"\nhello", (sending(9)[1], Payload(b"hello", 4)), whole=False
    ),
    "before HELLO": good(b"x" * 5000)._replace(greeted=False),
    "longer than a line may be": good(b"x" * 20_000),
    "from the server": Vector(
        b"=a SEND #lab 7 0 5 5 a.txt\nhe\nlo",
        (frame("SEND #lab 7 0 5 5 a.txt", "#lab", "7", "0", "5", "5", "a.txt", tag="a", length=5),
         Payload(b"he\nlo", 0)),
        server=False,
    ),
}  # fmt: skip

SWALLOWED = {
    "a bad target": swallowed("SEND lab t1 0 5 5 a", "bad-name"),
    "a bad transfer": swallowed("SEND #lab 1t 0 5 5 a", "bad-line"),
    "a bad offset": swallowed("SEND #lab t1 x 5 5 a", "bad-number"),
    "a bad size": swallowed("SEND #lab t1 0 5 -5 a", "bad-number"),
    "a size of 5,000 nines": swallowed(f"SEND #lab t1 0 5 {'9' * 5000} a", "too-long"),
    "no name": swallowed("SEND #lab t1 0 5 5", "bad-line"),
    "no size": swallowed("SEND #lab t1 0 5", "bad-line"),
    "an empty name": swallowed("SEND #lab t1 0 5 5 ", "bad-text"),
    "a path": swallowed("SEND #lab t1 0 5 5 ../etc/passwd", "bad-file"),
    "an absolute path": swallowed("SEND #lab t1 0 5 5 /etc/passwd", "bad-file"),
    "a dot": swallowed("SEND #lab t1 0 5 5 .", "bad-file"),
    "two dots": swallowed("SEND #lab t1 0 5 5 ..", "bad-file"),
    "a name of 256 bytes": swallowed(f"SEND #lab t1 0 5 5 {'é' * 128}", "too-long"),
    "a control": swallowed("SEND #lab t1 0 5 5 a\x1b[2J", "bad-text"),
    "a bidi override": swallowed("SEND #lab t1 0 5 5 a\u202eb", "bad-text"),
    "NUL": swallowed("SEND #lab t1 0 5 5 a\0", "bad-text"),
    "bad UTF-8": Vector(b"=t SEND #lab t1 0 5 5 \xaa\nPING\n", (bad("bad-text", tag="t"),)),
    "bad UTF-8 in front": Vector(b"SEND \xaa t1 0 5 5 a\nPING\n", (bad("bad-text"),)),
    "a tag": swallowed("=a-1 SEND lab t1 0 5 5 a", "bad-name", tag="a-1"),
    "a bad tag": swallowed("=a,1 SEND #lab t1 0 5 5 a", "bad-line"),
    "a long line": swallowed(f"=t SEND #lab t1 0 5 5 {'n' * 5000}", "too-long", tag="t"),
    "longest words in a long line": swallowed(
        f"={'t' * 64} SEND #{'r' * 32} {'u' * 64} {'9' * 15} {'5':0>15} {'9' * 15} {'n' * 5000}",
        "too-long", tag="t" * 64,
    ),
    "length 0": Vector(b"SEND lab t1 0 0 5 a\nPING\n", (bad("bad-name"), PING)),
    "like lines": swallowed(f"SEND lab t1 0 {len(LIKE_LINES)} 99 a", "bad-name", LIKE_LINES),
    "longer than a line": swallowed("SEND lab t1 0 20000 20000 a", "bad-name", b"x" * 20_000),
    "unfinished": Vector(b"SEND lab t1 0 9 9 a\nhello", (bad("bad-name"),), whole=False),
    "two in a row": Vector(
        2 * b"SEND lab t1 0 5 5 a\nPING\n", (bad("bad-name"), bad("bad-name"))
    ),
    "by us, whole": good(b"PING\n")._replace(refuse=True, events=(sending(5)[1],)),
    "by us, of length 0": good(b"")._replace(refuse=True),
    "by us, like lines": good(LIKE_LINES)._replace(
        refuse=True, events=(sending(len(LIKE_LINES))[1],)
    ),
}  # fmt: skip

LOST = {
    "-1": of_length("-1"),
    "+5": of_length("+5"),
    "1_000": of_length("1_000"),
    "1.5": of_length("1.5"),
    "0x5": of_length("0x5"),
    "arabic digits": of_length("٥"),
    "fullwidth digits": of_length("５"),
    "superscript digits": of_length("²"),
    "16 digits": of_length("9" * 16),
    "2**63": of_length(str(2**63)),
    "5,000 nines": of_length("9" * 5000, "too-long"),
    "5,000 zeros": of_length("0" * 5000, "too-long"),
    "no length": of_length("", "bad-number")._replace(
        data=b"SEND #lab t1 0\nPING\n", events=(bad("bad-line", fatal=True),)
    ),
    "an empty length": lost("SEND #lab t1 0  5 a", "bad-line"),
    "a blank too many": lost("SEND  #lab t1 0 5 5 a", "bad-line"),
    "a blank too many, where the length was": lost("SEND #lab  0 5 5 5 a", "bad-line"),
    "SEND alone": lost("SEND", "bad-line"),
    "SEND and a space": lost("SEND ", "bad-line"),
    "a tag": lost("=t SEND #lab t1 0 -1 5 a", "bad-number", tag="t"),
    "bad UTF-8": Vector(b"SEND #lab t1 0 \xaa 5 a\nPING\n", (bad("bad-text", fatal=True),)),
    "1 MiB and 1": lost(f"SEND lab t1 0 {SWALLOWED_BYTES + 1} 5 a", "bad-name"),
    "a long line, 1 MiB and 1": lost(
        f"=t SEND #lab t1 0 {SWALLOWED_BYTES + 1} 5 {'n' * 5000}", "too-long", tag="t"
    ),
    "an offset of 5,000 nines": lost(f"SEND #lab t1 {'9' * 5000} 5 5 a", "too-long"),
    "a long line without a length": lost(f"SEND {'x' * 5000}", "too-long"),
    "before HELLO": of_length("-1")._replace(greeted=False),
}
TABLE = {
    **{f"accepted: {name}": vector for name, vector in ACCEPTED.items()},
    **{f"swallowed: {name}": vector for name, vector in SWALLOWED.items()},
    **{f"lost: {name}": vector for name, vector in LOST.items()},
}


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("name", TABLE)
def test_vector(name: str, feed: str) -> None:
    assert failures(TABLE[name], feed) == []


def test_a_payload_is_handed_out_as_it_comes() -> None:
    parser = Parser(server=True)
    line, event = sending(6)
    parser.receive(f"{line}\nab".encode())
    assert [parser.next_event() for _ in range(3)] == [event, Payload(b"ab", 4), NEED_DATA]
    parser.receive(b"\n")
    assert [parser.next_event() for _ in range(2)] == [Payload(b"\n", 3), NEED_DATA]
    parser.receive(b"xyzPI")
    assert [parser.next_event() for _ in range(2)] == [Payload(b"xyz", 0), NEED_DATA]
    parser.receive(b"NG\n")
    assert parser.next_event() == PING


def test_what_is_left_of_a_payload_is_told_byte_by_byte() -> None:
    parser = Parser(server=True)
    data = good(b"hello").data
    told = []
    for byte in bytewise(data):
        parser.receive(byte)
        told += [event.left for event in pull(parser) if isinstance(event, Payload)]
    assert told == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("taken", range(6))
@pytest.mark.parametrize("feed", [1, 2, 100])
def test_a_payload_is_refused_in_the_middle(taken: int, feed: int) -> None:
    """Refused when ``taken`` bytes were handed out; it comes in pieces of ``feed``."""
    parser = Parser(server=True)
    line, _ = sending(5)
    parser.receive(f"{line}\n".encode())
    parser.next_event()
    for at in range(taken):
        parser.receive(b"PING\n"[at : at + 1])
        assert parser.next_event() == Payload(b"PING\n"[at : at + 1], 4 - at)
    assert parser.refuse()
    assert parser.state is State.SWALLOW
    rest = b"PING\n"[taken:] + b"PING\n"
    events: list[Event] = []
    for at in range(0, len(rest), feed):
        parser.receive(rest[at : at + feed])
        events += pull(parser)
    assert events == [PING]


def test_refusing_when_there_is_nothing_to_refuse_changes_nothing() -> None:
    parser = Parser(server=True)
    assert parser.refuse()
    parser.receive(b"SEND lab t 0 5 5 a\nPI")
    assert isinstance(parser.next_event(), Refused)
    assert parser.refuse()  # swallowed already
    assert parser.next_event() is NEED_DATA
    assert parser.refuse()
    parser.receive(b"NG\nPING\n")
    assert parser.next_event() == PING
    assert parser.refuse()
    assert parser.state is State.LINE


@pytest.mark.parametrize("size", [SWALLOWED_BYTES - 1, SWALLOWED_BYTES])
def test_up_to_1_mib_is_swallowed(size: int) -> None:
    for line, refuse in ((f"SEND lab t 0 {size} {size} a", False), (sending(size)[0], True)):
        vector = Vector(line.encode() + b"\n" + b"\n" * size + b"PING\n", (), refuse=refuse)
        for piece in (len(vector.data), 4096, 65_537):
            chunks = [vector.data[at : at + piece] for at in range(0, len(vector.data), piece)]
            first, *others = read(vector, chunks)
            assert isinstance(first, Frame if refuse else Refused)
            assert others == [PING, ENDED]


def test_more_than_1_mib_is_not_swallowed() -> None:
    parser = Parser(server=True)
    parser.receive(f"{sending(SWALLOWED_BYTES + 1)[0]}\nPING\n".encode())
    assert isinstance(parser.next_event(), Frame)
    assert not parser.refuse()
    assert parser.state is State.DEAD
    assert parser.next_event() is NEED_DATA
    assert parser.waiting == 0


def test_an_accepted_payload_may_be_longer_than_1_mib() -> None:
    size = 3 * SWALLOWED_BYTES
    vector = Vector(f"{sending(size)[0]}\n".encode() + b"\n" * size, (sending(size)[1],))
    chunks = [vector.data[at : at + 65_536] for at in range(0, len(vector.data), 65_536)]
    assert read(vector, chunks) == [sending(size)[1], Payload(b"\n" * size, 0), ENDED]


@pytest.mark.parametrize("at", range(HEAD_BYTES - 24, HEAD_BYTES + 4))
def test_half_a_length_is_not_taken_for_the_length(at: int) -> None:
    """The start of a long line is kept, and the length of a SEND may lie across its end."""
    line = b"SEND #lab ".ljust(at, b"t") + b" 0 123456 123456 "
    data = line + b"n" * 5000 + b"\n" + b"PING\n" * 30_000
    for piece in (len(data), 999):
        chunks = [data[start : start + piece] for start in range(0, len(data), piece)]
        refused, *others = read(Vector(data, ()), chunks)
        assert isinstance(refused, Refused)
        if refused.fatal:
            assert others == [ENDED]
        else:
            # "PING\n" is 5 bytes: 123456 bytes swallow 24691 of them and a byte more.
            assert [type(event) for event in others] == [Refused, *[Frame] * 5308, Signal]


def test_the_length_in_a_long_line_is_known_while_it_stands_at_its_start() -> None:
    known = []
    for pad in (100, HEAD_BYTES):
        parser = Parser(server=True)
        parser.greeted = True
        parser.receive(b"SEND #lab ".ljust(pad, b"t") + b" 0 5 5 " + b"n" * 5000 + b"\n")
        refused = parser.next_event()
        assert isinstance(refused, Refused)
        known.append(not refused.fatal)
    assert known == [True, False]
