"""Lines of the wire as a table, each read whole, byte by byte, cut in two everywhere, and trailed.

Here: the line itself, its tag, its characters, and every ERR code that the parser can give. What
stands behind each verb is in test_verbs, limits in test_parser_limits, SEND in test_parser_payload.
"""

import pytest

from tests.wire.vectors import FEEDS, Vector, bad, failures, frame, read
from wire.errors import ERRORS
from wire.grammar import LINE_BREAK
from wire.parser import ENDED, NEED_DATA, Frame, Parser, Payload, Refused

HALO = frame("SAY #lab halo", "#lab", "halo")
PING = frame("PING")
BAD_TEXT = bad("bad-text")

LINES = {
    "one line": Vector(b"SAY #lab halo\n", (HALO,)),
    "two lines": Vector(b"SAY #lab halo\nPING\n", (HALO, PING)),
    "CR before LF is dropped": Vector(b"SAY #lab halo\r\nPING\r\n", (HALO, PING)),
    "one CR alone is dropped": Vector(b"SAY #lab halo\r\r\n", (BAD_TEXT,)),
    "CR inside": Vector(b"SAY #lab ha\rlo\n", (BAD_TEXT,)),
    "CR at the start": Vector(b"\rPING\n", (BAD_TEXT,)),
    "empty lines": Vector(b"\n\n\r\n\n\r\n\r\nPING\n\n\n", (PING,)),
    "a CR after an empty line": Vector(b"\n\r\r\n", (BAD_TEXT,)),
    "nothing": Vector(b"\n", ()),
    "no LF at the end": Vector(b"PING\nPI", (PING,), whole=False),
    "CR without LF at the end": Vector(b"PING\nPING\r", (PING,), whole=False),
    "a space in front": Vector(b" PING\n", (bad("bad-line"),)),
    "a space alone": Vector(b" \n", (bad("bad-line"),)),
    "a space behind": Vector(b"PING \n", (bad("bad-line"),)),
    "two spaces": Vector(b"JOIN  #lab\n", (bad("bad-line"),)),
    "spaces in the rest": Vector(
        b"SAY #lab  a  b \n", (frame("SAY #lab  a  b ", "#lab", " a  b "),)
    ),
    "lower case": Vector(b"ping\n", (bad("unknown-verb"),)),
    "a TAB is no space": Vector(b"SAY\t#lab halo\n", (bad("unknown-verb"),)),
    "a verb of the other side": Vector(b"WELCOME a b c 1 -\n", (bad("unknown-verb"),)),
    "http": Vector(
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", (bad("bad-number"), bad("unknown-verb"))
    ),
    "refused and good": Vector(b"FOO\nPING\nJOIN\n", (bad("unknown-verb"), PING, bad("bad-line"))),
}  # fmt: skip

TAGS = {
    "a tag": Vector(b"=a1 SAY #lab halo\n", (HALO._replace(tag="a1"),)),
    "every character": Vector(b"=aZ09_.- PING\n", (PING._replace(tag="aZ09_.-"),)),
    "a tag and CR LF": Vector(b"=t PING\r\n", (PING._replace(tag="t"),)),
    "64 characters": Vector(b"=" + b"t" * 64 + b" PING\n", (PING._replace(tag="t" * 64),)),
    "65 characters": Vector(b"=" + b"t" * 65 + b" PING\n", (bad("bad-line"),)),
    "an empty tag": Vector(b"= PING\n", (bad("bad-line"),)),
    "two equal signs": Vector(b"==t PING\n", (bad("bad-line"),)),
    "a strange character": Vector(b"=a,b PING\n", (bad("bad-line"),)),
    "not ASCII": Vector("=é PING\n".encode(), (bad("bad-line"),)),
    "not UTF-8": Vector(b"=\xff PING\n", (bad("bad-line"),)),
    "a tag alone": Vector(b"=t\n", (bad("bad-line", tag="t"),)),
    "a tag and CR LF alone": Vector(b"=t\r\n", (bad("bad-line", tag="t"),)),
    "a tag and a space alone": Vector(b"=t \n", (bad("bad-line", tag="t"),)),
    "two spaces behind": Vector(b"=t  PING\n", (bad("bad-line", tag="t"),)),
    "two tags": Vector(b"=t =u PING\n", (bad("unknown-verb", tag="t"),)),
    "on an unknown verb": Vector(b"=t FOO\n", (bad("unknown-verb", tag="t"),)),
    "on wrong words": Vector(b"=t JOIN\n", (bad("bad-line", tag="t"),)),
    "on a bad name": Vector(b"=t JOIN lab\n", (bad("bad-name", tag="t"),)),
    "on a bad number": Vector(b"=t GET x\n", (bad("bad-number", tag="t"),)),
    "on a control": Vector(b"=t SAY #lab a\x07\n", (bad("bad-text", tag="t"),)),
    "on bad UTF-8": Vector(b"=t SAY #lab \xaa\n", (bad("bad-text", tag="t"),)),
    "on a long text": Vector(b"=t SAY #lab %b\n" % (b"x" * 3501), (bad("too-long", tag="t"),)),
    "on a long line": Vector(b"=t SAY #lab %b\n" % (b"x" * 5000), (bad("too-long", tag="t"),)),
    "on a file name": Vector(b"=t SEND #lab t 0 0 0 a/b\n", (bad("bad-file", tag="t"),)),
}

REFUSED_CHARACTERS = (
    [chr(c) for c in range(0x20) if chr(c) not in "\t\n"]
    + [chr(c) for c in range(0x7F, 0xA0)]
    + ["\u2029"]
    + [chr(c) for c in [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]]
)
ALLOWED_CHARACTERS = [
    "\t", " ", "~", "\xa0", "\xad", "é", "\u061c", "\u200b", "\u200d", "\u200e", "\u2027", "\u202f",
    "\u2065", "\u206a", "中", "\ue000", "\ufeff", "\ufffd", "\uffff", "\U0001f600", "\U0010ffff",
]  # fmt: skip
NOT_UTF8 = {
    "a continuation alone": b"\xaa",
    "a lone surrogate": b"\xed\xa0\x80",
    "NUL in two bytes": b"\xc0\x80",
    "over U+10FFFF": b"\xf4\x90\x80\x80",
    "half a character": b"\xe2\x80",
    "latin-1": "é".encode("latin-1"),
}
SPLITLINES = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Where str.splitlines cuts, beside LF and CR."""

CHARACTERS = {
    **{
        f"refused {ord(c):#06x}": Vector(f"SAY #lab a{c}b\n".encode(), (BAD_TEXT,))
        for c in REFUSED_CHARACTERS
    },
    **{
        f"allowed {ord(c):#06x}": Vector(
            f"SAY #lab a{c}b\n".encode(), (frame(f"SAY #lab a{c}b", "#lab", f"a{c}b"),)
        )
        for c in ALLOWED_CHARACTERS
    },
    **{name: Vector(b"SAY #lab a%b\n" % data, (BAD_TEXT,)) for name, data in NOT_UTF8.items()},
    "in a verb": Vector(b"FO\x07O\n", (BAD_TEXT,)),
    "in a name": Vector("NICK a\x85\n".encode(), (BAD_TEXT,)),
    "in an option": Vector(b"HELLO rizky key=\x00\n", (BAD_TEXT,)),
    "in a key": Vector("JOIN #lab a\u202eb\n".encode(), (BAD_TEXT,)),
    "a break in SAY": Vector(
        f"SAY #lab a{LINE_BREAK}b{LINE_BREAK}\n".encode(),
        (frame(f"SAY #lab a{LINE_BREAK}b{LINE_BREAK}", "#lab", f"a{LINE_BREAK}b{LINE_BREAK}"),),
    ),
    "a break in ACT": Vector(
        f"ACT @rizky {LINE_BREAK}\n".encode(),
        (frame(f"ACT @rizky {LINE_BREAK}", "@rizky", LINE_BREAK),),
    ),
    "a break in SAY's target": Vector(f"SAY #l{LINE_BREAK} x\n".encode(), (BAD_TEXT,)),
    "a break in TOPIC": Vector(f"TOPIC #lab a{LINE_BREAK}b\n".encode(), (BAD_TEXT,)),
    "a break in SEARCH": Vector(f"SEARCH #lab before 9 9 a{LINE_BREAK}\n".encode(), (BAD_TEXT,)),
    "a break in MOTD": Vector(f"MOTD a{LINE_BREAK}b\n".encode(), (BAD_TEXT,)),
    "a break in AWAY": Vector(f"AWAY a{LINE_BREAK}b\n".encode(), (BAD_TEXT,)),
    "a break in an option": Vector(f"HELLO rizky a={LINE_BREAK}\n".encode(), (BAD_TEXT,)),
    "a break in a key": Vector(f"JOIN #lab {LINE_BREAK}\n".encode(), (BAD_TEXT,)),
    "a break in a file name": Vector(f"SEND #lab t 0 0 0 a{LINE_BREAK}\n".encode(), (BAD_TEXT,)),
    "a break from the server": Vector(
        f"MSG 1 2026-11-21T07:40:00.123Z #lab rizky a{LINE_BREAK}b\n".encode(),
        (
            frame(
                f"MSG 1 2026-11-21T07:40:00.123Z #lab rizky a{LINE_BREAK}b",
                "1", "2026-11-21T07:40:00.123Z", "#lab", "rizky", f"a{LINE_BREAK}b",
            ),
        ),
        server=False,
    ),
}  # fmt: skip

TABLE = {**LINES, **TAGS, **CHARACTERS}


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("name", TABLE)
def test_vector(name: str, feed: str) -> None:
    assert failures(TABLE[name], feed) == []


def test_the_runner_of_the_vectors_notices_what_is_wrong() -> None:
    wrong = Vector(b"SAY #lab halo\n", (HALO._replace(args=("#lab", "hallo")),))
    short = Vector(b"SAY #lab halo\nPI", (HALO, PING), whole=False)
    for feed in FEEDS:
        assert failures(wrong, feed)
    assert failures(short, "whole")
    assert failures(short, "bytewise")
    assert failures(short, "cut-in-two")


@pytest.mark.parametrize("character", SPLITLINES)
def test_no_character_but_lf_splits_a_line(character: str) -> None:
    vector = Vector(f"SAY #lab a{character}PING\nPING\n".encode(), ())
    events = read(vector, [vector.data])
    assert len(events) == 3
    assert events[1:] == [PING, ENDED]


def test_every_code_of_the_parser_is_a_code_of_the_wire_and_is_given() -> None:
    given = {
        event.code
        for vector in TABLE.values()
        for event in vector.events
        if isinstance(event, Refused)
    }
    assert given == {
        "bad-line", "unknown-verb", "bad-number", "bad-name", "bad-text", "too-long", "bad-file",
    }  # fmt: skip
    assert given <= set(ERRORS)


def test_a_refused_line_tells_its_verb() -> None:
    parser = Parser(server=True)
    parser.receive(b"=t JOIN lab\nFOO bar\n=b@d NICK x\nSEND #lab t 0 0 0 .\n =t\n")
    verbs = [
        event.verb for event in iter(parser.next_event, NEED_DATA) if isinstance(event, Refused)
    ]
    assert verbs == ["JOIN", "FOO", "NICK", "SEND", ""]


def test_an_unfinished_last_line_is_dropped() -> None:
    parser = Parser(server=True)
    parser.receive(b"PING\nSAY #lab hal")
    assert parser.next_event() == PING
    assert parser.next_event() is NEED_DATA
    parser.receive(b"")
    assert parser.next_event() is ENDED
    assert parser.next_event() is ENDED


def test_the_end_is_told_after_what_came_before_it() -> None:
    parser = Parser(server=True)
    parser.receive(b"PING\nPING\n")
    parser.receive(b"")
    assert [parser.next_event() for _ in range(3)] == [PING, PING, ENDED]


def test_waiting_counts_what_was_not_handed_out() -> None:
    parser = Parser(server=True)
    parser.receive(b"PING\nPING\nPI")
    assert parser.waiting == 12
    parser.next_event()
    assert parser.waiting == 7
    parser.next_event()
    assert parser.next_event() is NEED_DATA
    assert parser.waiting == 2
    parser.receive(b"NG\n")
    assert parser.next_event() == PING
    assert parser.waiting == 0


def test_the_line_of_a_frame_is_what_the_tag_names() -> None:
    vector = Vector(b"=t SAY #lab  halo \r\n=t SEND #lab u 0 1 1 x\n!", ())
    first, second, payload, _ = read(vector, [vector.data])
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert (first.line, second.line) == (b"SAY #lab  halo ", b"SEND #lab u 0 1 1 x")
    assert payload == Payload(b"!", 0)
