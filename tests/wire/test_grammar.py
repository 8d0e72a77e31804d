"""What a name, a number, a text must look like; sendable() and cut_text() make texts so."""

import string
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wire import grammar
from wire.grammar import (
    KINDS,
    LINE_BREAK,
    SHORT_TEXT_BYTES,
    TEXT_BYTES,
    Refusal,
    bad_characters,
    cut_text,
    fold,
    is_name,
    is_room,
    is_tag,
    is_target,
    sendable,
    split_tag,
)
from wire.parser import Frame, Parser

TIME = "2026-11-21T07:40:00.123Z"
GOOD_NAMES = ["a", "Z", "rizky", "R2-D2", "a_b.c", "a" * 32]
BAD_NAMES = ["", "1a", "_a", ".a", "-a", "a" * 33, "a b", "a,b", "é", "aé", "a\u0301", "ａ", "a+",
             "*", "a\n", "\u212aelvin", "аdmin", "ſ"]  # fmt: skip
GOOD_NUMBERS = ["0", "7", "007", "9" * 15, "0" * 15]
BAD_NUMBERS = ["", "-1", "+5", "1_000", "1.0", "1e3", " 1", "1 ", "1\n", "0x1", "9" * 16,
               "9" * 5000, "٣", "３", "²", "Ⅷ", "१"]  # fmt: skip
GOOD_TRANSFERS = ["t", "T1", "a_-9", "t" * 64]
BAD_TRANSFERS = ["", "t" * 65, "a.b", "-a", "_a", "é", "a b"]
SHORT_TEXTS = ["x", " ", "\t", "x" * 255, "é" * 127 + "x"]
LONG_TEXTS = ["x" * 256, "é" * 128, "\U0001f600" * 64]

GOOD = {
    "name": GOOD_NAMES,
    "anyname": [*GOOD_NAMES, *(name + "~" for name in GOOD_NAMES)],
    "room": ["#" + name for name in GOOD_NAMES],
    "target": ["#lab", "@rizky", "@rizky~", "*"],
    "place": ["#lab", "@rizky", "@rizky~", "@", "*"],
    "person": ["#lab", "rizky", "rizky~"],
    "member": ["rizky", "rizky+", "rizky*", "rizky+*", "rizky~", "rizky~+"],
    "number": GOOD_NUMBERS,
    "transfer": GOOD_TRANSFERS,
    "download": [*GOOD_TRANSFERS, *GOOD_NUMBERS],
    "key": ["k", "k" * 64, "é" * 32, "a=b", "~"],
    "option": ["a=", "a=b", "a-b_c9=d=e", "session=x"],
    "direction": ["before", "after"],
    "before": ["before"],
    "switch": ["on", "off"],
    "word": ["x", "é", "-", "a=b", "x" * 1000],
    "time": [TIME, "0000-00-00T00:00:00.000Z"],
    "sha256": ["0123456789abcdef" * 4],
    "session": ["s" * 16, "aZ0_-" * 5, "s" * 64],
    "message": ["x", " ", "x" * TEXT_BYTES, "é" * (TEXT_BYTES // 2), f"a{LINE_BREAK}b"],
    "text": ["x", " ", "x" * TEXT_BYTES, "\U0001f600" * (TEXT_BYTES // 4)],
    "topic": SHORT_TEXTS,
    "reason": SHORT_TEXTS,
    "filename": [*SHORT_TEXTS, "See-Saw (1).mp3", "...", ".a", "a.", "-rf", "~", "a\\b"],
}
BAD: dict[str, list[tuple[str, list[str]]]] = {
    "name": [("bad-name", [*BAD_NAMES, "a~"])],
    "anyname": [("bad-name", [*BAD_NAMES, "~", "a~~", "~a"])],
    "room": [("bad-name", [*("#" + name for name in BAD_NAMES), "lab", "##lab", "#lab~", "@lab"])],
    "target": [("bad-name", ["", "#", "@", "**", "lab", "#lab~", "@1", "@#lab", "#a#b", "*lab"])],
    "place": [("bad-name", ["", "#", "@@", "@~", "lab", "#lab~", "**"])],
    "person": [("bad-name", ["", "#", "@rizky", "*", "#lab~", "1a"])],
    "member": [("bad-name", ["", "+", "+rizky", "rizky+~", "rizky~~", "1a"])],
    "number": [("bad-number", BAD_NUMBERS)],
    "transfer": [("bad-line", [*BAD_TRANSFERS, "1t"])],
    "download": [("bad-line", [*BAD_TRANSFERS, "1t", "-1", "9" * 16, "٣"])],
    "key": [("bad-line", ["", "k" * 65, "é" * 33])],
    "option": [("bad-line", ["", "a", "=", "=b", "1=b", "a b=c", "é=c"])],
    "direction": [("bad-line", ["", "Before", "around", "before\n"])],
    "before": [("bad-line", ["", "after", "BEFORE"])],
    "switch": [("bad-line", ["", "ON", "1"])],
    "word": [("bad-line", [""])],
    "time": [("bad-line", ["", TIME[:-1], TIME + "Z", "2026-11-21T07:40:00Z", "٢" + TIME[1:]])],
    "sha256": [("bad-line", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "٣" * 64])],
    "session": [("bad-line", ["", "s" * 15, "s" * 65, "s" * 16 + ".", "é" * 16])],
    "message": [("bad-text", [""]), ("too-long", ["x" * 3501, "é" * 1751, "x" * 3500 + "é"])],
    "text": [("bad-text", [""]), ("too-long", ["x" * 3501, "\U0001f600" * 876])],
    "topic": [("bad-text", [""]), ("too-long", LONG_TEXTS)],
    "reason": [("bad-text", [""]), ("too-long", LONG_TEXTS)],
    "filename": [
        ("bad-text", [""]),
        ("too-long", [*LONG_TEXTS, "/" * 256]),
        ("bad-file", [".", "..", "/", "a/b", "../x", "/etc/passwd", "a/"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_good_values(kind: str) -> None:
    for value in GOOD[kind]:
        KINDS[kind].check(value)


@pytest.mark.parametrize("kind", KINDS)
def test_bad_values(kind: str) -> None:
    for code, values in BAD[kind]:
        for value in values:
            with pytest.raises(Refusal) as refusal:
                KINDS[kind].check(value)
            assert refusal.value.code == code, value


def test_every_kind_is_tested_and_texts_take_the_rest_of_the_line() -> None:
    assert set(GOOD) == set(BAD) == set(KINDS)
    rest = {name for name, kind in KINDS.items() if kind.rest}
    assert rest == {"message", "text", "topic", "reason", "filename"}


def test_the_figures_of_the_wire() -> None:
    assert (grammar.LINE_BYTES, grammar.TEXT_BYTES, grammar.SHORT_TEXT_BYTES) == (4096, 3500, 255)
    assert (grammar.NAME_CHARACTERS, grammar.KEY_BYTES) == (32, 64)
    assert (grammar.SWALLOWED_BYTES, grammar.PIECE_BYTES) == (1 << 20, 1 << 16)
    assert (grammar.PAGE_EVENTS, grammar.PAGE_BYTES) == (200, 1 << 16)
    assert len(str(grammar.UNBOUNDED_ID)) == 15
    KINDS["number"].check(str(grammar.UNBOUNDED_ID))


def test_the_longest_text_fits_with_the_longest_prefix() -> None:
    """Whoever says it, in whatever room, tagged in an answer to HISTORY."""
    line = Parser(server=True).send(
        "MSG", "9" * 15, TIME, "@" + "r" * 32 + "~", "n" * 32 + "~", "x" * 3500, tag="t" * 64
    )
    assert len(line) <= grammar.LINE_BYTES


def test_is_name_room_target_tag() -> None:
    assert [is_name(name) for name in GOOD_NAMES] == [True] * len(GOOD_NAMES)
    assert [is_name(name) for name in BAD_NAMES] == [False] * len(BAD_NAMES)
    assert [is_room(text) for text in ("#lab", "lab", "#", "#lab~")] == [True, False, False, False]
    assert [is_target(text) for text in ("#lab", "@a~", "*", "@", "a")] == [
        *[True] * 3,
        False,
        False,
    ]
    assert [is_tag(text) for text in ("t", "a.b_c-9", "t" * 64)] == [True] * 3
    assert [is_tag(text) for text in ("", "t" * 65, "a b", "=a", "é", "a\n", "\ud800")] == [
        False
    ] * 7


def test_names_are_compared_without_case() -> None:
    assert fold("Rizky") == fold("rIZKY") == "rizky"
    assert fold("#Lab_1") == fold("#lAB_1")
    assert fold("a") != fold("b")


@pytest.mark.parametrize(
    ("line", "tag", "rest"),
    [
        (b"", None, b""),
        (b"PING", None, b"PING"),
        (b"PING =t", None, b"PING =t"),
        (b"=t PING x", "t", b"PING x"),
        (b"=t  PING", "t", b" PING"),
        (b"=t", "t", b""),
        (b"=t ", "t", b""),
        (b"=" + b"t" * 64 + b" \xff", "t" * 64, b"\xff"),
    ],
)
def test_split_tag(line: bytes, tag: str | None, rest: bytes) -> None:
    assert split_tag(line) == (tag, rest)


@pytest.mark.parametrize(
    "line",
    [b"=", b"= PING", b"==t P", b"=a,b P", b"=" + b"t" * 65, b"=\xff P", b"=t\tP", "=٣ P".encode()],
)
def test_split_tag_refuses(line: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        split_tag(line)
    assert refusal.value.code == "bad-line"


def test_every_character_of_unicode_is_judged_as_the_wire_says() -> None:
    refused = {chr(c) for c in (*range(0x20), 0x7F, *range(0x80, 0xA0))} - {"\t"}
    refused |= {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2029)}
    surrogates = {chr(c) for c in range(0xD800, 0xE000)}
    judged = {chr(c) for c in range(0x110000) if bad_characters(f"a{chr(c)}b")}
    assert judged == refused | surrogates
    assert {c for c in judged if unicodedata.category(c) == "Cc"} == {
        chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) == "Cc" and chr(c) != "\t"
    }


def test_sendable_leaves_what_may_travel() -> None:
    text = string.printable.replace("\n", "").replace("\r", "").replace("\v", "").replace("\f", "")
    for good in (text, "é中\U0001f600\u200b\ufeff", "\t", ""):
        assert sendable(good) == good
        assert sendable(good, breaks=True) == good


@pytest.mark.parametrize(
    ("text", "plain", "broken"),
    [
        ("a\nb", "a\ufffdb", f"a{LINE_BREAK}b"),
        ("a\r\nb", "a\ufffd\ufffdb", f"a{LINE_BREAK}b"),
        ("a\rb", "a\ufffdb", f"a{LINE_BREAK}b"),
        ("a\r\n\r\nb", "a" + "\ufffd" * 4 + "b", f"a{LINE_BREAK}{LINE_BREAK}b"),
        (f"a{LINE_BREAK}b", "a\ufffdb", f"a{LINE_BREAK}b"),
        ("a\u2029b", "a\ufffdb", "a\ufffdb"),
        ("\x1b[2J", "\ufffd[2J", "\ufffd[2J"),
        ("\x00\x7f\x85\x9b", "\ufffd" * 4, "\ufffd" * 4),
        ("\u202a\u202e\u2066\u2069", "\ufffd" * 4, "\ufffd" * 4),
        ("\ud800a\udfff", "\ufffda\ufffd", "\ufffda\ufffd"),
        ("\v\f", "\ufffd\ufffd", "\ufffd\ufffd"),
    ],
)
def test_sendable_replaces_what_may_not(text: str, plain: str, broken: str) -> None:
    assert sendable(text) == plain
    assert sendable(text, breaks=True) == broken


anything = st.text(
    st.one_of(
        st.integers(0, 0x10FFFF).map(chr),
        st.sampled_from("ab \t\n\r\0\x1b\x85\u2028\u2029\u202e\u2066\ud800\udfffé中\U0001f600"),
    ),
    max_size=60,
)


def read(line: bytes) -> object:
    parser = Parser(server=True)
    parser.greeted = True
    parser.receive(line)
    return parser.next_event()


@given(anything)
@settings(max_examples=300, deadline=None)
def test_what_is_sendable_is_accepted(text: str) -> None:
    for verb, made in (("SAY", sendable(text, breaks=True)), ("TOPIC", sendable(text))):
        assert sendable(made, breaks=verb == "SAY") == made
        for piece in cut_text(made, SHORT_TEXT_BYTES):
            if not piece:
                assert not text
                continue
            line = Parser(server=False).send(verb, "#lab", piece)
            assert read(line) == Frame(verb, ("#lab", piece), None, line[:-1])


@given(anything, st.integers(4, 40))
@settings(max_examples=300, deadline=None)
@example("\U0001f600" * 4, 4)
@example("aé" * 8, 5)
def test_pieces_are_short_and_together_are_the_text(text: str, limit: int) -> None:
    made = sendable(text, breaks=True)
    pieces = cut_text(made, limit)
    assert "".join(pieces) == made
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert all(pieces) or pieces == [""]
    # Greedy: the next character would not have fitted.
    for piece, after in pairwise(pieces):
        assert len((piece + after[0]).encode()) > limit


@given(st.integers(TEXT_BYTES - 8, 3 * TEXT_BYTES), st.sampled_from(["x", "é", "中", "\U0001f600"]))
@settings(max_examples=30, deadline=None)
def test_a_long_text_is_said_in_pieces_that_are_accepted(size: int, letter: str) -> None:
    text = letter * size
    pieces = cut_text(text)
    assert "".join(pieces) == text
    for piece in pieces:
        line = Parser(server=False).send("SAY", "@" + "n" * 32 + "~", piece, tag="t" * 64)
        assert isinstance(read(line), Frame)


def test_cutting_at_the_limit() -> None:
    assert len(cut_text("x" * 350_000)) == 100
    assert cut_text("") == [""]
    assert cut_text("x" * TEXT_BYTES) == ["x" * TEXT_BYTES]
    assert cut_text("x" * (TEXT_BYTES + 1)) == ["x" * TEXT_BYTES, "x"]
