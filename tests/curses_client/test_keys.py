"""Bytes of real terminals in, named keys out; where the reads are cut makes no difference."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from curses_client.keys import BURST_NEWLINES, PASTE_LIMIT, SEQUENCE_LIMIT, Key, Keyboard

PASTE = b"\x1b[200~"
END = b"\x1b[201~"

ONE_KEY = {
    # one byte
    b"\r": "enter",
    b"\n": "enter",
    b"\t": "tab",
    b"\x7f": "backspace",
    b"\x08": "backspace",
    b"\x01": "ctrl-a",
    b"\x11": "ctrl-q",
    b"\x1a": "ctrl-z",
    b"\x1f": "ctrl-_",
    b"\x00": "ctrl-space",
    b"\x1d": "ctrl-]",
    # Alt
    b"\x1ba": "alt-a",
    b"\x1bN": "alt-N",
    b"\x1bU": "alt-U",
    b"\x1b1": "alt-1",
    b"\x1b=": "alt-=",
    b"\x1b/": "alt-/",
    b"\x1b ": "alt-space",
    b"\x1b\r": "alt-enter",
    b"\x1b\n": "alt-enter",
    b"\x1b\x7f": "alt-backspace",
    b"\x1b\x08": "alt-backspace",
    b"\x1b\x01": "ctrl-alt-a",
    b"\x1b\xc3\xa9": "alt-é",
    b"\x1b\xe4\xb8\xad": "alt-中",
    # xterm
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"\x1b[D": "left",
    b"\x1b[H": "home",
    b"\x1bOF": "end",
    b"\x1b[Z": "shift-tab",
    b"\x1b[2~": "insert",
    b"\x1b[3~": "delete",
    b"\x1b[5~": "pgup",
    b"\x1b[6~": "pgdn",
    b"\x1bOP": "f1",
    b"\x1bOS": "f4",
    b"\x1b[15~": "f5",
    b"\x1b[17~": "f6",
    b"\x1b[21~": "f10",
    b"\x1b[24~": "f12",
    b"\x1b[1;5A": "ctrl-up",
    b"\x1b[1;5D": "ctrl-left",
    b"\x1b[1;3H": "alt-home",
    b"\x1b[1;2C": "shift-right",
    b"\x1b[1;6B": "ctrl-shift-down",
    b"\x1b[1;7D": "ctrl-alt-left",
    b"\x1b[1;9D": "alt-left",
    b"\x1b[1;2P": "shift-f1",
    b"\x1b[5;3~": "alt-pgup",
    b"\x1b[3;5~": "ctrl-delete",
    b"\x1b[5A": "ctrl-up",
    b"\x1bO5A": "ctrl-up",
    # rxvt, also with Alt as a second escape
    b"\x1b[7~": "home",
    b"\x1b[8~": "end",
    b"\x1b[11~": "f1",
    b"\x1b[14~": "f4",
    b"\x1bOa": "ctrl-up",
    b"\x1b[d": "shift-left",
    b"\x1b[5^": "ctrl-pgup",
    b"\x1b[3$": "shift-delete",
    b"\x1b[6@": "ctrl-shift-pgdn",
    b"\x1b\x1b[A": "alt-up",
    b"\x1b\x1bOD": "alt-left",
    b"\x1b\x1b[5~": "alt-pgup",
    b"\x1b\x1b[1;5A": "ctrl-alt-up",
    # Linux console, VT220, PuTTY
    b"\x1b[1~": "home",
    b"\x1b[4~": "end",
    b"\x1b[[A": "f1",
    b"\x1b[[E": "f5",
    b"\x1bOM": "enter",
    # reports
    b"\x1b[I": "focus-in",
    b"\x1b[O": "focus-out",
    b"\x1b[<64;10;5M": "wheel-up",
    b"\x1b[<65;132;43M": "wheel-down",
}

UNKNOWN = [
    b"\x1b[99~",
    b"\x1b[1;99A",
    b"\x1b[P",
    b"\x1b[?64;1;2;6;22c",
    b"\x1b[24;80R",
    b"\x1b[?2026;1$y",
    b"\x1b[<35;10;5M",
    b"\x1b[<0;10;5M",
    b"\x1b[<64;10;5m",
    b"\x1b[<64;10M",
    b"\x1b[M !\xff",
    b"\x1b[[Q",
    b"\x1b[97;5u",
    b"\x1b[201~",
    b"\x1bOz",
    b"\x1bO1;99Z",
    b"\x1b[" + b"1;" * SEQUENCE_LIMIT + b"A",
    b"\x1bO" + b"1;" * SEQUENCE_LIMIT + b"A",
    b"\x1b\xc2\x9b",
    b"\x1b\xe0\x80\x80",
]

# Pieces that make trouble side by side more often than random bytes do.
PIECES = st.one_of(
    st.sampled_from([*ONE_KEY, *UNKNOWN, PASTE, END, PASTE + b"a\r\nb" + END]),
    st.sampled_from(
        [b"\x1b", b"[", b"O", b"5", b";", b"M", b"$", b"~", b"\xf0\x9f", b"\xc3", b"\x80"]
    ),
    st.text(min_size=1, max_size=5).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(min_size=1, max_size=4),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


def keys_of(*reads: bytes, flush: bool = True) -> list[Key]:
    """Feed the reads one after the other; join runs of text, which a cut may divide."""
    keyboard = Keyboard()
    keys = [key for read in reads for key in keyboard.feed(read)]
    if flush:
        keys += keyboard.flush()
    joined: list[Key] = []
    for key in keys:
        if key.name == "text" and joined and joined[-1].name == "text":
            joined[-1] = Key("text", joined[-1].text + key.text)
        else:
            joined.append(key)
    return joined


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize(("data", "name"), ONE_KEY.items(), ids=repr)
def test_a_key_is_named_at_once_and_leaves_nothing_behind(data: bytes, name: str) -> None:
    keyboard = Keyboard()
    assert keyboard.feed(data) == [Key(name)]
    assert not keyboard.pending
    assert keyboard.feed(b"x") == [Key("text", "x")]


@pytest.mark.parametrize("data", UNKNOWN, ids=repr)
def test_an_unknown_sequence_is_swallowed_whole(data: bytes) -> None:
    assert keys_of(b"a" + data + b"b") == [Key("text", "ab")]
    assert keys_of(*one_by_one(b"a" + data + b"b")) == [Key("text", "ab")]


@pytest.mark.parametrize("opening", [b"\x1b[", b"\x1bO", b"\x1b\x1b["])
def test_an_endless_sequence_is_bounded_and_stays_unknown(opening: bytes) -> None:
    for length in range(3 * SEQUENCE_LIMIT):
        keyboard = Keyboard()
        for byte in one_by_one(opening + b"1" * (SEQUENCE_LIMIT + length)):
            assert keyboard.feed(byte) == []
            assert len(keyboard._waiting) <= SEQUENCE_LIMIT
        assert keyboard.feed(b"A") == []
        assert not keyboard.pending


@pytest.mark.parametrize("digit", "0123456789+-*/.,")
def test_the_number_block_in_application_mode_types(digit: str) -> None:
    assert keys_of(b"\x1bO" + bytes([ord(digit) + 0x40])) == [Key("text", digit)]


def test_a_run_of_text_is_one_key() -> None:
    assert Keyboard().feed("halo, 中文 é".encode()) == [Key("text", "halo, 中文 é")]


def test_keys_between_text_keep_their_place() -> None:
    assert Keyboard().feed(b"ab\x1b[Dc\r") == [
        Key("text", "ab"),
        Key("left"),
        Key("text", "c"),
        Key("enter"),
    ]


def test_escape_waits_for_the_timer() -> None:
    keyboard = Keyboard()
    assert keyboard.feed(b"\x1b") == []
    assert keyboard.pending
    assert keyboard.flush() == [Key("esc")]
    assert not keyboard.pending
    assert keyboard.flush() == []


@pytest.mark.parametrize(
    ("data", "settled"),
    [
        (b"\x1b\x1b", ["esc", "esc"]),
        (b"\x1b[", ["alt-["]),
        (b"\x1bO", ["alt-O"]),
        (b"\x1b[1;5", []),
        (b"\x1b\x1b[", []),
        (b"\x1b\xf0\x9f", []),
        (b"\x1b[M !", []),
    ],
)
def test_the_timer_settles_what_is_unfinished(data: bytes, settled: list[str]) -> None:
    keyboard = Keyboard()
    assert keyboard.feed(data) == []
    assert keyboard.pending
    assert [key.name for key in keyboard.flush()] == settled
    assert keyboard.feed(b"x") == [Key("text", "x")]


def test_a_sequence_broken_off_by_another_key_is_dropped() -> None:
    assert keys_of(b"\x1b[1;\x1b[A") == [Key("up")]
    assert keys_of(b"\x1b[1;\rx") == [Key("enter"), Key("text", "x")]
    assert keys_of(b"\x1b[\r") == [Key("alt-["), Key("enter")]
    assert keys_of(b"\x1b\x1b\x1b[A") == [Key("esc"), Key("alt-up")]


def test_a_character_cut_in_two_survives_the_timer() -> None:
    keyboard = Keyboard()
    assert keyboard.feed(b"a\xe4\xb8") == [Key("text", "a")]
    assert not keyboard.pending
    assert keyboard.flush() == []
    assert keyboard.feed(b"\xad") == [Key("text", "中")]


def test_invalid_bytes_are_shown_as_such() -> None:
    assert keys_of(b"a\xff\xc3\r") == [Key("text", "a\ufffd\ufffd"), Key("enter")]
    assert keys_of(b"\xc3", b"\r") == [Key("text", "\ufffd"), Key("enter")]


def test_c1_controls_are_not_typed() -> None:
    assert keys_of(b"a\xc2\x9b31mb") == [Key("text", "a31mb")]


# Paste.


def test_a_bracketed_paste_is_one_key_without_controls() -> None:
    body = b"def f():\r\n\treturn\r1\n\x1b[31m\x07\xc2\x85\xe2\x80\xa8end"
    assert keys_of(b"x" + PASTE + body + END + b"y") == [
        Key("text", "x"),
        Key("paste", "def f():\n\treturn\n1\n[31m\n\nend"),
        Key("text", "y"),
    ]


def test_an_empty_paste_is_nothing() -> None:
    assert keys_of(PASTE + END + PASTE + b"\x07" + END) == []


def test_a_paste_does_not_wait_for_the_timer() -> None:
    keyboard = Keyboard()
    assert keyboard.feed(PASTE + b"abc\x1b[20") == []
    assert not keyboard.pending
    assert keyboard.flush() == []
    assert keyboard.feed(b"1~") == [Key("paste", "abc")]


def test_escape_right_before_a_report_stays_escape() -> None:
    assert keys_of(b"\x1b" + PASTE + b"a\nb\n" + END) == [Key("esc"), Key("paste", "a\nb\n")]
    assert keys_of(b"\x1b\x1b[O") == [Key("esc"), Key("focus-out")]


@pytest.mark.parametrize("excess", [0, 1, 100_000])
def test_a_paste_is_bounded(excess: int) -> None:
    keyboard = Keyboard()
    keys = keyboard.feed(PASTE)
    left = PASTE_LIMIT + excess
    while left:
        size = min(left, 65_536)
        keys += keyboard.feed(b"x" * size)
        left -= size
    keys += keyboard.feed(END + b"y")
    assert [key.name for key in keys] == ["paste", "text"]
    assert len(keys[0].text) == PASTE_LIMIT


def test_many_lines_in_one_read_are_a_paste() -> None:
    data = b"one\r" * BURST_NEWLINES
    assert Keyboard().feed(data) == [Key("paste", "one\n" * BURST_NEWLINES)]
    assert Keyboard().feed(b"a\r\nb\r\nc") == [Key("paste", "a\nb\nc")]


@pytest.mark.parametrize("data", [b"one\r", b"a\r\n", b"\r\r\r", b"\r\n\r\n\t", b"up\r\x1b[A\r"])
def test_what_a_hand_types_is_no_paste(data: bytes) -> None:
    assert "paste" not in {key.name for key in Keyboard().feed(data)}


def test_what_was_begun_before_is_no_burst() -> None:
    assert keys_of(b"\x1b", b"a\rb\r") == [
        Key("alt-a"),
        Key("enter"),
        Key("text", "b"),
        Key("enter"),
    ]
    assert keys_of(PASTE, b"a\nb\n", b"c" + END) == [Key("paste", "a\nb\nc")]


def test_a_burst_goes_on_with_a_character_begun_before() -> None:
    assert keys_of(b"\xe4\xb8", b"\xad\nb\nc") == [Key("paste", "中\nb\nc")]


def test_a_large_paste_takes_linear_time() -> None:
    # Ten times the text may take ten times as long; a quadratic path takes a hundred times.
    def seconds(lines: int) -> float:
        data = PASTE + b"hello world, this is code\r\n" * lines + END
        keyboard = Keyboard()
        begun = time.process_time()
        for at in range(0, len(data), 4096):
            keyboard.feed(data[at : at + 4096])
        return time.process_time() - begun

    small = min(seconds(20_000) for _ in range(3))
    assert min(seconds(200_000) for _ in range(2)) < 40 * small


# What holds for every stream of bytes.


@settings(deadline=None, max_examples=400)
@given(STREAMS)
@example(b"\x1b[5$a")
@example(b"\x1bO12")
@example(b"\x1b[[")
@example(b"\x1b\x1b\xc3")
@example(PASTE + b"\x1b[20" + END)
def test_the_cuts_between_reads_make_no_difference(data: bytes) -> None:
    newlines = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
    assume(b"\x1b" in data or newlines < BURST_NEWLINES)
    assert keys_of(*one_by_one(data)) == keys_of(data)


@settings(deadline=None, max_examples=200)
@given(STREAMS, st.integers(0, 40))
def test_two_reads_are_as_good_as_many(data: bytes, cut: int) -> None:
    # An escape first: no read of these is a burst, except a second one that holds none.
    first, second = b"\x1b[A" + data[:cut], data[cut:]
    newlines = second.count(b"\n") + second.count(b"\r")
    assume(b"\x1b" in second or newlines < BURST_NEWLINES)
    assert keys_of(first, second) == keys_of(*one_by_one(first + second))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(STREAMS, st.booleans()), max_size=4))
def test_no_control_character_gets_into_a_text(reads: list[tuple[bytes, bool]]) -> None:
    keyboard = Keyboard()
    for data, flush in reads:
        for key in keyboard.feed(data) + (keyboard.flush() if flush else []):
            assert bool(key.text) == (key.name in ("text", "paste"))
            allowed = "\n\t" if key.name == "paste" else ""
            controls = {char for char in key.text if unicodedata.category(char) == "Cc"}
            assert controls <= set(allowed)
            assert key.name.isprintable()


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_typed_text_comes_out_as_it_went_in(text: str) -> None:
    assert keys_of(*one_by_one(text.encode()), flush=False) == [Key("text", text)]
