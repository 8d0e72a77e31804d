"""Parser.send: what one side sends the other reads, and what it would refuse is not sent."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wire.grammar import KINDS, LINE_BREAK, LINE_BYTES, Refusal
from wire.parser import ENDED, NEED_DATA, Frame, Parser, Payload
from wire.verbs import CLIENT_VERBS, SERVER_VERBS

TIME = "2026-11-21T07:40:00.123Z"
SHA = "5f70" * 16

name = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,31}", fullmatch=True)
anyname = st.one_of(name, name.map(lambda word: word + "~"))
room = name.map(lambda word: "#" + word)
target = st.one_of(room, anyname.map(lambda word: "@" + word), st.just("*"))
number = st.integers(0, 10**15 - 1).map(str)
LETTERS = [*"aZ0 ~#@=*\té中\U0001f600\ufeff\u200b\xa0\xad", "\u2027", "\u202f"]
word = st.text([letter for letter in LETTERS if letter != " "], min_size=1, max_size=16)
transfer = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,63}", fullmatch=True)


def text(limit: int, extra: str = "") -> st.SearchStrategy[str]:
    """Text that is never over ``limit`` bytes; every letter has at most four."""
    return st.text([*LETTERS, *extra], min_size=1, max_size=min(40, limit // 4))


BY_KIND: dict[str, st.SearchStrategy[str]] = {
    "name": name,
    "anyname": anyname,
    "room": room,
    "target": target,
    "place": st.one_of(target, st.just("@")),
    "person": st.one_of(room, anyname),
    "member": st.builds(str.__add__, anyname, st.sampled_from(["", "+", "*", "+*"])),
    "number": number,
    "transfer": transfer,
    "download": st.one_of(number, transfer),
    "key": word,
    "option": st.builds("{}={}".format, st.sampled_from(["a", "x-y"]), word | st.just("")),
    "direction": st.sampled_from(["before", "after"]),
    "before": st.just("before"),
    "switch": st.sampled_from(["on", "off"]),
    "word": word,
    "time": st.just(TIME),
    "sha256": st.just(SHA),
    "session": st.from_regex(r"[A-Za-z0-9_-]{16,64}", fullmatch=True),
    "message": text(3500, LINE_BREAK),
    "text": text(3500),
    "topic": text(255),
    "reason": text(255),
    "filename": text(255).filter(lambda name: name not in {".", ".."}),
}  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> tuple[bool, str, tuple[str, ...], str | None]:
    """Any good line of either side: is it a client's, its verb, its fields, its tag."""
    client = draw(st.booleans())
    verb = draw(st.sampled_from(list((CLIENT_VERBS if client else SERVER_VERBS).values())))
    args: list[str] = []
    for field in verb.fields.split():
        kind = BY_KIND[field.rstrip("?*")]
        if field.endswith("*"):
            args += draw(st.lists(kind, max_size=5))
        elif field.endswith("?") and draw(st.booleans()):
            break
        else:
            args.append(draw(kind))
    tag = draw(st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)))
    if verb.payload:
        args[3] = str(draw(st.integers(0, 50)))
    return client, verb.name, tuple(args), tag


@given(lines(), st.lists(st.integers(1, 50), max_size=4))
@settings(max_examples=300, deadline=None)
@example((True, "SAY", ("*", "x" * 3500), "t" * 64), [])
def test_what_one_side_sends_the_other_reads(
    line: tuple[bool, str, tuple[str, ...], str | None], cuts: list[int]
) -> None:
    client, verb, args, tag = line
    data = Parser(server=not client).send(verb, *args, tag=tag)
    assert len(data) <= LINE_BYTES
    length = int(args[3]) if verb == "SEND" else 0
    reader = Parser(server=client)
    for at in cuts:
        if at < len(data):
            reader.receive(data[:at])
            data = data[at:]
            assert reader.next_event() is NEED_DATA
    reader.receive(data)
    frame = reader.next_event()
    text = " ".join((verb, *args)).encode()
    assert frame == Frame(verb, args, tag, text, length)
    if length:
        reader.receive(b"\n" * length)
        assert reader.next_event() == Payload(b"\n" * length, 0)
    reader.receive(b"")
    assert reader.next_event() is ENDED


def test_every_kind_is_drawn() -> None:
    assert set(BY_KIND) == set(KINDS)


@pytest.mark.parametrize(
    ("words", "tag", "code"),
    [
        (("SAY", "#lab", "a\nKICK rizky"), None, "bad-text"),
        (("SAY", "#lab", "a\r"), None, "bad-text"),
        (("SAY", "#lab", "a\ud800"), None, "bad-text"),
        (("SAY", "#lab", ""), None, "bad-text"),
        (("SAY", "#lab", "x" * 3501), None, "too-long"),
        (("TOPIC", "#lab", f"a{LINE_BREAK}b"), None, "bad-text"),
        (("JOIN", "lab"), None, "bad-name"),
        (("JOIN",), None, "bad-line"),
        (("GET", "-1"), None, "bad-number"),
        (("SEND", "#lab", "t", "0", "0", "0", "a/b"), None, "bad-file"),
        (("HELLO", "a", *["k=" + "v" * 500] * 9), None, "too-long"),
        (("PING",), "", "bad-line"),
        (("PING",), "t" * 65, "bad-line"),
        (("PING",), "a b", "bad-line"),
        (("PING",), "a\nQUIT", "bad-line"),
        (("PING",), "\ud800", "bad-line"),
    ],
)
def test_what_the_other_side_would_refuse_is_not_sent(
    words: tuple[str, ...], tag: str | None, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        Parser(server=False).send(*words, tag=tag)
    assert refusal.value.code == code


def test_a_line_that_fits_exactly_is_sent_and_one_byte_more_is_not() -> None:
    client = Parser(server=False)
    assert len(client.send("PING", "x" * 4090)) == LINE_BYTES
    with pytest.raises(Refusal):
        client.send("PING", "x" * 4091)
    assert len(client.send("PING", "x" * 4087, tag="t")) == LINE_BYTES
    with pytest.raises(Refusal):
        client.send("PING", "x" * 4088, tag="t")


def test_a_side_cannot_send_what_is_the_other_sides() -> None:
    with pytest.raises(KeyError):
        Parser(server=True).send("SAY", "#lab", "halo")
    with pytest.raises(KeyError):
        Parser(server=False).send("MSG", "1")
