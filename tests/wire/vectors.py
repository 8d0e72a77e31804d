"""Wire vectors: bytes as somebody sends them, and the events that the parser must make of them.

A vector is read in four ways, :data:`FEEDS`, and means the same in each. The tables are in the
tests.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from wire.parser import ENDED, Event, Frame, Parser, Payload, Refused, Signal

AFTER: Final = b"PING after\n"
"""A line put behind a vector: it is understood when the parser is still in step."""
MANY_CUTS: Final = 17_500
"""Vectors up to this size are cut at every byte, larger ones now and then and at the ends."""


class Vector(NamedTuple):
    """What is sent, what it means, and which parser reads it.

    ``refuse``: the payload of an accepted SEND is not wanted. ``whole``: the bytes end where a line
    or a payload ends, so that another line may follow.
    """

    data: bytes
    events: tuple[Event, ...]
    server: bool = True
    greeted: bool = True
    refuse: bool = False
    whole: bool = True

    @property
    def fatal(self) -> bool:
        """Whether nothing can be read behind it."""
        return any(isinstance(event, Refused) and event.fatal for event in self.events)

    def parser(self) -> Parser:
        """A new parser to read it."""
        parser = Parser(server=self.server)
        parser.greeted = self.greeted
        return parser


def frame(line: str, *args: str, tag: str | None = None, length: int = 0) -> Frame:
    """The frame of ``line``, which has no tag, and ``args``."""
    return Frame(line.split(" ")[0], args, tag, line.encode(), length)


def bad(code: str, *, tag: str | None = None, fatal: bool = False) -> Refused:
    """A refusal. Its verb is left out, see :func:`comparable`."""
    return Refused(code, tag, "", fatal=fatal)


def comparable(events: Iterable[Event]) -> list[Event]:
    """``events`` without the verb of refused lines, which is not worth a column in every table."""
    return [e._replace(verb="") if isinstance(e, Refused) else e for e in events]


def merged(events: Iterable[Event]) -> list[Event]:
    """``events`` with the pieces of one payload put together: how it is cut is nobody's promise."""
    found: list[Event] = []
    for event in events:
        before = found[-1] if found else None
        if isinstance(event, Payload) and isinstance(before, Payload):
            found[-1] = Payload(before.data + event.data, event.left)
        else:
            found.append(event)
    return found


def pull(parser: Parser, *, refuse: bool = False) -> Iterator[Event]:
    """Every event that ``parser`` has now, without the signal at their end; refuses payloads."""
    while not isinstance(event := parser.next_event(), Signal):
        yield event
        if refuse and isinstance(event, Frame):
            parser.refuse()


def read(vector: Vector, chunks: Iterable[bytes], parser: Parser | None = None) -> list[Event]:
    """The events of ``chunks``, asked for after each of them; ENDED at the end when it is said."""
    if parser is None:
        parser = vector.parser()
    events: list[Event] = []
    for chunk in chunks:
        parser.receive(chunk)
        events += pull(parser, refuse=vector.refuse)
    parser.receive(b"")
    events += pull(parser, refuse=vector.refuse)
    events.append(parser.next_event())
    return merged(events)


def expected(vector: Vector) -> list[Event]:
    """What :func:`read` gives for ``vector``."""
    return [*vector.events, ENDED]


Run = tuple[list[bytes], list[Event]]


def bytewise(data: bytes) -> list[bytes]:
    """``data`` byte by byte."""
    return [data[at : at + 1] for at in range(len(data))]


def _whole(vector: Vector) -> Iterator[Run]:
    yield [vector.data], expected(vector)


def _bytewise(vector: Vector) -> Iterator[Run]:
    yield bytewise(vector.data), expected(vector)


def _cut_in_two(vector: Vector) -> Iterator[Run]:
    size = len(vector.data)
    ends = {*range(1, min(size, 50)), *range(max(1, size - 50), size)}
    for at in range(1, size) if size <= MANY_CUTS else sorted({*ends, *range(1000, size, 1000)}):
        yield [vector.data[:at], vector.data[at:]], expected(vector)


def _trailed(vector: Vector) -> Iterator[Run]:
    """With something behind it: the next line is understood, or, after a fatal one, ignored."""
    if not vector.whole:
        return
    more = AFTER if vector.server else b"PONG after\n"
    behind = [] if vector.fatal else [frame(more.decode().strip(), "after")]
    events = [*vector.events, *behind, ENDED]
    yield [vector.data + more], events
    yield [vector.data, more], events
    yield bytewise(vector.data + more), events


FEEDS: Final[Mapping[str, Callable[[Vector], Iterator[Run]]]] = {
    "whole": _whole,
    "bytewise": _bytewise,
    "cut-in-two": _cut_in_two,
    "trailed": _trailed,
}
"""The four ways to read a vector."""


def failures(vector: Vector, feed: str) -> list[str]:
    """What goes wrong when ``vector`` is read in the way ``feed``; an empty list is good."""
    found = []
    for chunks, events in FEEDS[feed](vector):
        told = comparable(read(vector, chunks))
        if told != events:
            sizes = [len(chunk) for chunk in chunks[:2]]
            found.append(f"cut as {sizes}…: {told} instead of {events}")
    return found
