"""The state machine of the parser: its table is all of it, and no bytes bring it out of step."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.wire import test_parser, test_parser_limits, test_parser_payload
from tests.wire.vectors import Vector, bytewise, merged, pull, read
from wire.errors import ERRORS
from wire.grammar import LINE_BYTES, SWALLOWED_BYTES
from wire.parser import (
    ENDED,
    NEED_DATA,
    TRANSITIONS,
    Event,
    Frame,
    Input,
    Parser,
    Payload,
    Refused,
    Signal,
    State,
)
from wire.verbs import CLIENT_VERBS, SERVER_VERBS

Move = tuple[State, Input]


class Watched(Parser):
    """A parser that notes its moves."""

    def __init__(self, *, server: bool) -> None:
        super().__init__(server=server)
        self.moves: list[tuple[Move, State]] = []

    def _move(self, by: Input) -> None:
        before = self.state
        super()._move(by)
        self.moves.append(((before, by), self.state))


def watched(vector: Vector) -> Watched:
    parser = Watched(server=vector.server)
    parser.greeted = vector.greeted
    return parser


def all_vectors() -> Iterator[Vector]:
    for table in (test_parser.TABLE, test_parser_limits.TABLE, test_parser_payload.TABLE):
        yield from table.values()
    line, event = test_parser_payload.sending(SWALLOWED_BYTES + 1)
    yield Vector(f"{line}\n".encode(), (event,), refuse=True)


def test_every_transition_is_reached_by_a_vector_and_no_other() -> None:
    reached: set[Move] = set()
    for vector in all_vectors():
        for chunks in ([vector.data], bytewise(vector.data)):
            parser = watched(vector)
            read(vector, chunks, parser)
            for move, after in parser.moves:
                assert TRANSITIONS[move] is after
                reached.add(move)
    assert reached == set(TRANSITIONS)


def test_the_table_leads_everywhere_and_out_of_everything_but_death() -> None:
    assert {before for before, _ in TRANSITIONS} == set(State) - {State.DEAD}
    assert set(TRANSITIONS.values()) == set(State)
    assert {by for _, by in TRANSITIONS} == set(Input)


def test_a_pair_that_is_not_in_the_table_cannot_happen() -> None:
    for state in State:
        for by in Input:
            parser = Watched(server=True)
            parser.state = state
            if (state, by) in TRANSITIONS:
                parser._move(by)
                continue
            with pytest.raises(KeyError):
                parser._move(by)
            assert parser.state is state


words = st.sampled_from(
    [b"", b" ", b"  ", b"\n", b"\r\n", b"\r", b"=t ", b"=", b"=a,b ", b"#lab ", b"@rizky ", b"* ",
     b"0 ", b"5 ", b"-1 ", b"9999999999999999 ", b"2000000 ", b"x\n", b"../x\n", b"halo\n", b"\xaa",
     b"\0", "\u2028".encode(), "\u202e".encode(), b"HELLO rizky\n", b"SEND #lab t 0 5 5 x\n",
     b"SEND lab t 0 5 5 x\n", b"=u SEND #lab t 0 0 0 x\n", b"SEND #lab t 0 300000 300000 x\n",
     b"SEND #lab t 0 2000000 2000000 x\n", b"x" * 1000, b"x" * LINE_BYTES, b"t" * 370]
    + [name.encode() + b" " for name in (*CLIENT_VERBS, *SERVER_VERBS)]
)  # fmt: skip
streams = st.lists(st.one_of(words, words, st.binary(max_size=12)), max_size=40).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(ends)]


class Door:
    """How a server uses its parser: HELLO widens its limits, and some payloads are not wanted."""

    def __init__(self, *, server: bool, refuse_every: int) -> None:
        self.parser = Watched(server=server)
        self.events: list[Event] = []
        self._refuse_every = refuse_every
        self._uploads = 0

    def take(self, chunk: bytes) -> None:
        self.parser.receive(chunk)
        for event in pull(self.parser):
            self.events.append(event)
            if isinstance(event, Frame):
                self.parser.greeted |= event.verb == "HELLO"
                if event.verb == "SEND":
                    self._uploads += 1
                    if self._refuse_every and self._uploads % self._refuse_every == 0:
                        self.parser.refuse()


def told(data: bytes, chunks: list[bytes], *, server: bool, refuse_every: int) -> list[Event]:
    door = Door(server=server, refuse_every=refuse_every)
    for chunk in chunks:
        door.take(chunk)
        check(door)
    assert b"".join(chunks) == data
    if data:
        assert door.parser.next_event() is NEED_DATA
    door.take(b"")
    assert door.parser.next_event() is ENDED
    return merged(door.events)


def check(door: Door) -> None:
    """What holds whatever came."""
    parser = door.parser
    for move, after in parser.moves:
        assert TRANSITIONS[move] is after
    assert parser.waiting < LINE_BYTES
    if parser.state is not State.LINE:
        assert parser.waiting == 0
    for event in door.events:
        assert not isinstance(event, Signal)
        if isinstance(event, Refused):
            assert event.code in ERRORS
    fatal = [isinstance(event, Refused) and event.fatal for event in door.events]
    assert not any(fatal[:-1])
    payloads = [event for event in door.events if isinstance(event, Payload)]
    assert all(event.data for event in payloads)
    dead = parser.state is State.DEAD
    assert dead or not any(fatal)


@given(
    data=streams,
    places=st.lists(st.integers(0, 10**6), max_size=12),
    server=st.booleans(),
    refuse_every=st.integers(0, 3),
)
@settings(max_examples=200, deadline=None)
@example(data=b"SEND #lab t 0 2000000 2000000 x\nPING\n", places=[], server=True, refuse_every=1)
@example(data=b"x" * 4095 + b"\r\nPING\n", places=[4095, 4096], server=True, refuse_every=0)
def test_any_bytes_mean_the_same_however_they_are_cut(
    *, data: bytes, places: list[int], server: bool, refuse_every: int
) -> None:
    whole = told(data, [data] if data else [], server=server, refuse_every=refuse_every)
    chunks = cut(data, places)
    assert told(data, chunks, server=server, refuse_every=refuse_every) == whole
    assert told(data, bytewise(data), server=server, refuse_every=refuse_every) == whole


@given(data=st.binary(max_size=300), server=st.booleans())
@settings(max_examples=300, deadline=None)
def test_noise_never_raises(*, data: bytes, server: bool) -> None:
    whole = told(data, [data] if data else [], server=server, refuse_every=0)
    assert told(data, bytewise(data), server=server, refuse_every=0) == whole


@given(
    st.lists(
        st.tuples(
            st.binary(max_size=60),
            st.sampled_from(["#lab", "lab", "@x", "*", "#"]),
            st.sampled_from(["a", "a/b", "..", "\x1b", "", "n" * 256]),
            st.sampled_from(["", "=t ", "=a,b "]),
            st.sampled_from(["5", "x", "-1"]),
        ),
        max_size=5,
    ),
    st.integers(1, 40),
)
@settings(max_examples=150, deadline=None)
def test_no_payload_is_ever_read_as_lines(
    uploads: list[tuple[bytes, str, str, str, str]], piece: int
) -> None:
    """Every payload is full of lines; the PING behind each upload is the only one that is read."""
    data = b""
    for noise, target, name, tag, size in uploads:
        payload = b"\nNICK inside\n" + noise + b"\nNICK inside\n"
        head = f"{tag}SEND {target} t 0 {len(payload)} {size} {name}"
        data += head.encode() + b"\n" + payload + b"PING\n"
    vector = Vector(data, ())
    events = read(vector, [data[at : at + piece] for at in range(0, len(data), piece)])
    verbs = [event.verb for event in events if isinstance(event, Frame)]
    assert "NICK" not in verbs
    assert verbs.count("PING") == len(uploads)
