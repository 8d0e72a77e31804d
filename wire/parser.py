"""Bytes -> frames and back, without any input or output: the line/payload state machine.

Three calls: :meth:`Parser.receive` takes what came from the network, :meth:`Parser.next_event`
gives one thing at a time until it says NEED_DATA, :meth:`Parser.send` makes the bytes of a line.
The machine is the table :data:`TRANSITIONS`; a pair that is not in it cannot happen.

A line's length rules over LINE alone. Behind the LF of an accepted ``SEND`` line stand exactly
``length`` bytes in which nothing is looked for: PAYLOAD hands them out as they come, SWALLOW drops
them, and the byte after them starts the next line.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from wire import grammar
from wire.grammar import Refusal
from wire.verbs import CLIENT_VERBS, SERVER_VERBS, Verb, compiled


class Frame(NamedTuple):
    """A line in good order. ``line`` is what stood behind the tag; ``length`` its payload's."""

    verb: str
    args: tuple[str, ...]
    tag: str | None
    line: bytes
    length: int = 0


class Payload(NamedTuple):
    """Bytes behind an accepted SEND line; ``left`` more are to come."""

    data: bytes
    left: int


class Refused(NamedTuple):
    """A line that is answered with ``ERR code``. After a ``fatal`` one nothing can be read."""

    code: str
    tag: str | None
    verb: str
    fatal: bool = False


class Signal(Enum):
    """What :meth:`Parser.next_event` says when there is nothing to hand out."""

    NEED_DATA = "give me more bytes"
    ENDED = "the other side will send no more, and all it sent was handed out"


NEED_DATA: Final = Signal.NEED_DATA
ENDED: Final = Signal.ENDED

Event = Frame | Payload | Refused | Signal


class State(Enum):
    """Where in the stream the next byte stands."""

    LINE = "in a line"
    LONG = "in a line that is too long, waiting for its LF"
    PAYLOAD = "in the payload of an accepted SEND"
    SWALLOW = "in a payload that is thrown away"
    DEAD = "out of step: nothing more is read"


class Input(Enum):
    """What moves the machine."""

    LINE = "a whole line came"
    OVERFLOW = "a line grew over the limit"
    FLOOD = "too many bytes without LF"
    SEND = "an accepted line with a payload came"
    REFUSED_SEND = "a refused line whose payload is known came"
    LOST = "a payload cannot be skipped"
    REFUSE = "the payload is not wanted"
    END = "the payload is over"


TRANSITIONS: Final[Mapping[tuple[State, Input], State]] = {
    (State.LINE, Input.LINE): State.LINE,
    (State.LINE, Input.OVERFLOW): State.LONG,
    (State.LINE, Input.FLOOD): State.DEAD,
    (State.LINE, Input.SEND): State.PAYLOAD,
    (State.LINE, Input.REFUSED_SEND): State.SWALLOW,
    (State.LINE, Input.LOST): State.DEAD,
    (State.LONG, Input.LINE): State.LINE,
    (State.LONG, Input.FLOOD): State.DEAD,
    (State.LONG, Input.REFUSED_SEND): State.SWALLOW,
    (State.LONG, Input.LOST): State.DEAD,
    (State.PAYLOAD, Input.END): State.LINE,
    (State.PAYLOAD, Input.REFUSE): State.SWALLOW,
    (State.PAYLOAD, Input.LOST): State.DEAD,
    (State.SWALLOW, Input.END): State.LINE,
}
"""(state, input) -> state. README.md of this folder draws it."""

HEAD_BYTES: Final = 384
"""So much of an overlong line is kept: its tag, and the four fields of SEND up to the length."""

_LINE: Final = State.LINE
_NUMBER = grammar.KINDS["number"]
_CLIENT_TABLE = compiled(CLIENT_VERBS)
_SERVER_TABLE = compiled(SERVER_VERBS)


class Parser:
    """One direction's reader and the other's writer, for one connection.

    ``server`` says which side we are: a server reads the clients' verbs. Before :attr:`greeted` is
    set, a server's limit for bytes without LF is the tighter one of strangers.
    """

    __slots__ = ("_at", "_data", "_ended", "_head", "_left", "_scanned", "_server", "_skipped",
                 "_table", "greeted", "state")  # fmt: skip

    def __init__(self, *, server: bool) -> None:
        self._server = server
        self._table = _CLIENT_TABLE if server else _SERVER_TABLE
        self._data = b""
        self._at = 0  # first byte of _data that was not handed out
        self._scanned = 0  # no LF stands in _data[_at:_scanned]
        self._head = b""  # the start of an overlong line
        self._skipped = 0  # bytes of the overlong line that were dropped
        self._left = 0  # payload bytes still to come
        self._ended = False
        self.state = State.LINE
        self.greeted = False

    def __repr__(self) -> str:
        return (
            f"<Parser {self.state.name} {len(self._data) - self._at} B waiting, {self._left} left>"
        )

    @property
    def waiting(self) -> int:
        """Bytes that were received and not handed out."""
        return len(self._data) - self._at

    def receive(self, data: bytes) -> None:
        """Take what came from the network; ``b""`` says that nothing more will come."""
        if not data:
            self._ended = True
        elif self._at == len(self._data):
            self._data = data
            self._at = self._scanned = 0
        else:
            self._data = self._data[self._at :] + data
            self._scanned -= self._at
            self._at = 0

    def next_event(self) -> Event:
        """The next frame, piece of payload or refusal, or NEED_DATA, or ENDED."""
        while True:
            # Nearly all is lines, and a table with states for keys is slow to look into.
            event = self._read_line() if self.state is _LINE else _READERS[self.state](self)
            if event is not None:
                return event

    def refuse(self, *, limited: bool = True) -> bool:
        """Throw the rest of the payload away; False: it is too long, the stream is lost."""
        if self.state is not State.PAYLOAD:
            return True
        kept = not limited or self._left <= grammar.SWALLOWED_BYTES
        self._move(Input.REFUSE if kept else Input.LOST)
        return kept

    def send(self, verb: str, *args: str, tag: str | None = None) -> bytes:
        """The bytes of one line; raises :class:`Refusal` where the other side would refuse it."""
        _, fields = (_SERVER_TABLE if self._server else _CLIENT_TABLE)[verb]
        text = " ".join((verb, *args))
        if grammar.bad_characters(text):
            raise Refusal("bad-text")
        if tag is not None and not grammar.is_tag(tag):
            raise Refusal("bad-line")
        fields.split(" ".join(args) if args else None)
        line = (f"={tag} {text}\n" if tag is not None else f"{text}\n").encode()
        if len(line) > grammar.LINE_BYTES:
            raise Refusal("too-long")
        return line

    def _move(self, by: Input) -> None:
        self.state = TRANSITIONS[self.state, by]

    def _read_line(self) -> Event | None:
        end = self._data.find(b"\n", self._scanned)
        if end < 0:
            return self._read_unfinished()
        start = self._at
        self._at = self._scanned = end + 1
        if end - start >= grammar.LINE_BYTES:
            self._head = _whole_words(self._data[start : start + HEAD_BYTES])
            self._skipped = end - start
            return self._refuse_long()
        if self._data[end - 1] == _CR and end > start:
            end -= 1
        if end == start:
            self._skip_blank()
            return None
        return self._judge(self._data[start:end])

    def _skip_blank(self) -> None:
        """Pass a run of empty lines at once: a megabyte of LF must not cost a call for each."""
        run = self._data[self._at : self._at + grammar.LINE_BYTES]
        self._at += len(run) - len(run.lstrip(b"\n"))
        self._scanned = self._at

    def _read_unfinished(self) -> Event | None:
        waiting = len(self._data) - self._at
        self._scanned = len(self._data)
        if waiting < grammar.LINE_BYTES:
            return ENDED if self._ended else NEED_DATA
        self._head = _whole_words(self._data[self._at : self._at + HEAD_BYTES])
        self._skipped = waiting
        self._at = self._scanned
        self._move(Input.OVERFLOW)
        return self._check_flood()

    def _read_long(self) -> Event | None:
        end = self._data.find(b"\n", self._at)
        stop = len(self._data) if end < 0 else end
        self._skipped += stop - self._at
        if end < 0:
            self._at = self._scanned = stop
            return self._check_flood() or (ENDED if self._ended else NEED_DATA)
        self._at = self._scanned = end + 1
        return self._refuse_long()

    def _refuse_long(self) -> Refused:
        return self._check_flood() or self._refuse_line(Refusal("too-long"), self._head)

    def _check_flood(self) -> Refused | None:
        limit = grammar.UNFINISHED_BYTES
        if self._server and not self.greeted:
            limit = grammar.UNFINISHED_BYTES_BEFORE_HELLO
        if self._skipped < limit:
            return None
        self._move(Input.FLOOD)
        return Refused("too-long", _tag_of(self._head), "", fatal=True)

    def _read_payload(self) -> Event | None:
        if not self._left:
            self._move(Input.END)
            return None
        data = self._take_payload()
        if not data:
            return ENDED if self._ended else NEED_DATA
        return Payload(data, self._left)

    def _read_swallowed(self) -> Event | None:
        if not self._left:
            self._move(Input.END)
            return None
        if not self._take_payload():
            return ENDED if self._ended else NEED_DATA
        return None

    def _take_payload(self) -> bytes:
        start = self._at
        if start == 0 and len(self._data) <= self._left:
            data = self._data  # the usual case of a large file: no copy
        else:
            data = self._data[start : start + self._left]
        self._at = self._scanned = start + len(data)
        self._left -= len(data)
        return data

    def _read_dead(self) -> Event:
        self._at = self._scanned = len(self._data)
        return ENDED if self._ended else NEED_DATA

    def _judge(self, raw: bytes) -> Event:
        """A whole line without its end, as the frame that it is or the refusal that it earns."""
        tag, line = None, raw
        try:
            if raw[0] == _TAG_START:
                tag, line = grammar.split_tag(raw)
            verb, args = self._parse(line)
        except Refusal as refusal:
            return self._refuse_line(refusal, raw)
        length = 0
        if verb.payload:
            length = self._left = int(args[_LENGTH_INDEX])
            self._move(Input.SEND)
        return Frame(verb.name, args, tag, line, length)

    def _parse(self, line: bytes) -> tuple[Verb, tuple[str, ...]]:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise Refusal("bad-text") from None
        if grammar.bad_characters(text):
            raise Refusal("bad-text")
        word, space, rest = text.partition(" ")
        entry = self._table.get(word)
        if entry is None:
            raise Refusal("unknown-verb" if word else "bad-line")
        verb, fields = entry
        return verb, fields.split(rest if space else None)

    def _refuse_line(self, refusal: Refusal, head: bytes) -> Refused:
        """Answer a bad line, and skip the payload that it announces if it is a SEND."""
        verb, length = _announced(head)
        if length is None:
            self._move(Input.LOST)
        elif verb == "SEND":
            self._left = length
            self._move(Input.REFUSED_SEND)
        else:
            self._move(Input.LINE)
        return Refused(refusal.code, _tag_of(head), verb, fatal=self.state is State.DEAD)


_CR: Final = 0x0D
_TAG_START: Final = 0x3D
_LENGTH_INDEX: Final = 3
_READERS: Final = {
    State.LINE: Parser._read_line,  # noqa: SLF001 - the machine's own table
    State.LONG: Parser._read_long,  # noqa: SLF001
    State.PAYLOAD: Parser._read_payload,  # noqa: SLF001
    State.SWALLOW: Parser._read_swallowed,  # noqa: SLF001
    State.DEAD: Parser._read_dead,  # noqa: SLF001
}


def _whole_words(head: bytes) -> bytes:
    """The start of a line without its last word: half a length must not pass for the length."""
    return head.rpartition(b" ")[0] or head


def _tag_of(head: bytes) -> str | None:
    try:
        return grammar.split_tag(head)[0]
    except Refusal:
        return None


def _announced(head: bytes) -> tuple[str, int | None]:
    """The verb of a refused line and its payload's length; None: one that cannot be skipped."""
    words = head.split(b" ")
    if words[0].startswith(b"="):
        words = words[1:]
    if not words or words[0] != b"SEND":
        return words[0].decode("ascii", "replace") if words else "", 0
    try:
        word = words[1 + _LENGTH_INDEX].decode("ascii")
        _NUMBER.check(word)
        if b"" in words[1 : 1 + _LENGTH_INDEX]:  # a blank too many: who knows which field that is
            return "SEND", None
    except (IndexError, UnicodeDecodeError, Refusal):
        return "SEND", None
    length = int(word)
    return "SEND", length if length <= grammar.SWALLOWED_BYTES else None
