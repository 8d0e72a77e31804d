"""The wire, explained line by line: what ``/trace on`` shows to somebody who learns protocols.

Pure: lines and numbers of payload bytes go in, rows of text come out. Each line is read again here
by the parser of the side that receives it, so the states told are those of the real machine. What
is secret never enters a row, what could drive a terminal is spelled out, and the pieces of a large
file are summed up: a transfer gives a bounded number of rows, however large it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from curses_client.tracewords import (
    HEADING,
    LINES,
    OK_FIELDS,
    PHASES,
    SAID,
    SECRET,
    STATES,
    Line,
)
from wire.errors import BYES, ERRORS, Words
from wire.grammar import KINDS, PIECE_BYTES
from wire.parser import TRANSITIONS, Frame, Input, Parser, Refused, State
from wire.verbs import CLIENT_VERBS, SERVER_VERBS, Phase

RAW_CHARACTERS: Final = 160
"""So much of a line is shown as it travels."""
VALUE_CHARACTERS: Final = 32
"""So much of one field is shown behind its name."""
VALUES_SHOWN: Final = 12
"""So many fields of one line are shown by name; NAMES may have hundreds."""
ROW_CHARACTERS: Final = 480
"""No row is longer; the window breaks it where it is drawn."""
TAGS_KEPT: Final = 1024
"""Questions that may wait for their answers; of more, the oldest is forgotten."""
TRANSFERS_KEPT: Final = 32
"""Files that are summed up at once in one direction."""
TENTHS: Final = 10
"""A transfer is told of each time so large a part of it has passed."""
SESSION_SHOWN: Final = 3
"""Characters of a session secret that tell one from another."""
SESSION_LEAST: Final = 16
"""No session secret is shorter; of what is shorter nothing is shown."""

_ARROWS: Final = {True: "→", False: "←"}
_CUT: Final = "…"
_INDENT: Final = "   "
_BETWEEN: Final = " · "
_VERBS: Final = {True: CLIENT_VERBS, False: SERVER_VERBS}
_MEANINGS: Final = {"ERR": ERRORS, "BYE": BYES}
# In a line that cannot be taken apart, whatever follows one of these may be secret.
_PERHAPS_SECRET: Final = re.compile(rb"(?i)HELLO|WELCOME|JOIN|KEY|PASSWORD|SESSION=")

_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Asked:
    """A question whose answer is to come; ``quiet``: a piece of a file that was not shown."""

    verb: str
    quiet: bool


@dataclass(slots=True)
class _Transfer:
    """A file on its way in pieces: how far it is, and what no row has told yet."""

    name: str
    size: int
    done: int
    mark: int
    """The next row comes when so much is done."""
    untold: int = 0
    unshown: int = 0


@dataclass(slots=True)
class _Way:
    """One direction of the connection."""

    outgoing: bool
    left: int = 0
    transfer: _Transfer | None = None
    transfers: dict[str, _Transfer] = field(default_factory=dict)
    strange: bool = False
    """The payload of a line that was never seen has been told of."""
    stated: State | None = None
    """The state that was explained last; it is not said twice."""


class Trace:
    """The rows for one connection, in ``language`` (``id`` or ``en``).

    It may begin in the middle: then the first phase is taken to be the one after HELLO.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._phase = Phase.TALK
        self._stated: Phase | None = None  # the phase that was explained last
        self._asked: dict[str, _Asked] = {}
        self._ways = {True: _Way(outgoing=True), False: _Way(outgoing=False)}

    def heading(self) -> list[str]:
        """How to read the window, in a handful of rows."""
        return [self._words(words) for words in HEADING]

    def up(self, address: str) -> list[str]:
        """A connection to ``address`` is there: everything begins anew."""
        self._forget()
        self._phase = Phase.HELLO
        return [_row("● " + self._say("up", address=spelled(address)))]

    def down(self, reason: str) -> list[str]:
        """The connection is gone, or there was none; ``reason`` may be empty."""
        self._forget()
        key = "down-why" if reason else "down"
        return [_row("○ " + self._say(key, reason=spelled(reason)))]

    def line(self, data: bytes, *, outgoing: bool) -> list[str]:
        """The rows for one line, which ends with its LF; none for a piece that is summed up."""
        way = self._ways[outgoing]
        way.left, way.transfer, way.strange = 0, None, False
        body = data.partition(b"\n")[0]  # one line: what stands behind its LF is not looked at
        reader = Parser(server=outgoing)
        reader.greeted = self._phase is Phase.TALK
        reader.receive(body + b"\n")
        event = reader.next_event()
        if isinstance(event, Frame):
            return self._frame(way, event, len(data), reader.state)
        head = self._head(way, len(data), unread(body))
        if isinstance(event, Refused):
            key = "will-refuse" if outgoing else "unread"
            return [head, *self._refusal(way, key, event.code, reader.state)]
        return [head, _row(_INDENT + self._say("blank"))]

    def payload(self, count: int, *, outgoing: bool) -> list[str]:
        """The row for ``count`` bytes of payload, or none where a later one will sum them up."""
        way = self._ways[outgoing]
        transfer = way.transfer
        if transfer is None or not way.left:
            told, way.strange = way.strange, True
            return [] if told else [self._say("unannounced", arrow=_ARROWS[outgoing])]
        count = min(count, way.left)
        way.left -= count
        transfer.done += count
        transfer.untold += count
        # What comes in crumbs is told at the end of its piece, unless the piece is a long one.
        crumb = 0 < way.left <= PIECE_BYTES
        if crumb or transfer.done < min(transfer.mark, transfer.size):
            return []
        after = State.PAYLOAD if way.left else TRANSITIONS[State.PAYLOAD, Input.END]
        state = self._state(way, State.PAYLOAD, after)
        return [_row(self._sum(way, transfer) + _BETWEEN + state)]

    def refused(self, refused: Refused) -> list[str]:
        """The rows for a line of the server that our parser could not read, and did not keep."""
        way = self._ways[False]
        after = State.SWALLOW if refused.verb == "SEND" else State.LINE
        verb = unread(refused.verb.encode("utf-8", "replace"))
        head = _row(f"{_ARROWS[False]} {self._say('no-bytes', verb=_cut(verb, VALUE_CHARACTERS))}")
        after = State.DEAD if refused.fatal else after
        return [head, *self._refusal(way, "unread", refused.code, after)]

    def _forget(self) -> None:
        self._stated = None
        self._asked.clear()
        self._ways = {True: _Way(outgoing=True), False: _Way(outgoing=False)}

    def _frame(self, way: _Way, frame: Frame, count: int, after: State) -> list[str]:
        asked = self._asked.get(frame.tag) if frame.tag is not None and not way.outgoing else None
        self._move_phase(way, frame)
        quiet, rows = self._announce(way, frame)
        if way.outgoing and frame.tag is not None:
            _remember(self._asked, frame.tag, _Asked(frame.verb, quiet), TAGS_KEPT)
        elif asked is not None and frame.verb in {"OK", "ERR"}:
            del self._asked[str(frame.tag)]
            quiet = asked.quiet and frame.verb == "OK" and len(frame.args) == 1
        if quiet:
            return rows
        line = LINES[way.outgoing][frame.verb]
        values = _hidden(line, frame.args)
        tag = f"={frame.tag} " if frame.tag is not None else ""
        raw = spelled(" ".join([tag + frame.verb, *values]))
        fields = self._fields(way, frame, values, _names(line, frame, asked))
        notes = [*self._notes(way, frame, asked), self._state(way, State.LINE, after)]
        return [
            *rows,
            self._head(way, count, raw),
            _row(f"{_INDENT}{fields}{_BETWEEN}{self._words(line.words)}"),
            _row(_INDENT + _BETWEEN.join(notes)),
        ]

    def _move_phase(self, way: _Way, frame: Frame) -> None:
        """HELLO goes back to the beginning (a trace may not have seen it), WELCOME ends it."""
        if way.outgoing and frame.verb == "HELLO":
            self._phase = Phase.HELLO
        elif not way.outgoing and frame.verb == "WELCOME":
            self._phase = Phase.TALK

    def _announce(self, way: _Way, frame: Frame) -> tuple[bool, list[str]]:
        """Expect the payload of ``frame``; whether it is summed up, and what to tell before it."""
        if not frame.length:
            return False, []
        _, word, offset, length, size, name = frame.args
        begin, end, whole = int(offset), int(offset) + int(length), int(size)
        known = way.transfers.get(word)
        goes_on = known is not None and (known.done, known.size) == (begin, whole)
        if known is None or not goes_on:
            whole = max(whole, end)  # a size that cannot be must not make a row of every chunk
            mark = begin + min(int(length), _tenth(whole))
            known = _Transfer(_cut(spelled(name), VALUE_CHARACTERS), whole, begin, mark)
            _remember(way.transfers, word, known, TRANSFERS_KEPT)
        way.left, way.transfer = frame.length, known
        quiet = goes_on and end < whole
        known.unshown += quiet
        if end >= whole:
            del way.transfers[word]
        return quiet, [_row(self._sum(way, known))] if known.untold and not quiet else []

    def _sum(self, way: _Way, transfer: _Transfer) -> str:
        """What passed of a transfer since the last row that told of it."""
        told = self._say(
            "pieces" if transfer.unshown else "payload",
            arrow=_ARROWS[way.outgoing],
            count=self._number(transfer.untold),
            left=self._number(max(0, transfer.size - transfer.done)),
            name=transfer.name,
            pieces=transfer.unshown,
        )
        transfer.untold = transfer.unshown = 0
        transfer.mark = transfer.done + _tenth(transfer.size)
        return told

    def _head(self, way: _Way, count: int, raw: str) -> str:
        arrow = _ARROWS[way.outgoing]
        return _row(f"{arrow} {self._number(count)} B  {_cut(raw, RAW_CHARACTERS)}")

    def _fields(self, way: _Way, frame: Frame, values: list[str], names: list[str]) -> str:
        """The verb and its fields by name; a field that takes the rest of the line in quotes."""
        kinds = _VERBS[way.outgoing][frame.verb].fields.split()
        shown = [frame.verb]
        for index, value in enumerate(values[:VALUES_SHOWN]):
            kind = kinds[min(index, len(kinds) - 1)].rstrip("?*")
            text = _cut(spelled(value), VALUE_CHARACTERS)
            text = f'"{text}"' if KINDS[kind].rest else text
            # An option is written with its own name.
            shown.append(text if kind == "option" else f"{_at(names, index)}={text}")
        if len(values) > VALUES_SHOWN:
            shown.append(f"{_CUT} (+{len(values) - VALUES_SHOWN})")
        return " ".join(shown)

    def _notes(self, way: _Way, frame: Frame, asked: _Asked | None) -> list[str]:
        notes = []
        if frame.verb == "SEND":
            key = "announced" if frame.length else "no-payload"
            notes.append(self._say(key, count=self._number(frame.length)))
        meaning = _MEANINGS[frame.verb].get(frame.args[0]) if frame.verb in _MEANINGS else None
        if meaning is not None:
            notes.append(self._say("means", word=frame.args[0], meaning=self._words(meaning)))
        if frame.tag is not None:
            notes.append(self._tag(way, frame, asked))
        return notes

    def _tag(self, way: _Way, frame: Frame, asked: _Asked | None) -> str:
        if way.outgoing:
            return self._say("asks", tag=frame.tag)
        if asked is None:
            return self._say("stray", tag=frame.tag)
        key = "end" if frame.verb in {"OK", "ERR"} else "part"
        return self._say(key, verb=asked.verb, tag=frame.tag)

    def _refusal(self, way: _Way, key: str, code: str, after: State) -> list[str]:
        told = self._say(key, code=code, meaning=self._words(ERRORS[code]))
        return [_row(_INDENT + told), _row(_INDENT + self._state(way, State.LINE, after))]

    def _state(self, way: _Way, before: State, after: State) -> str:
        """Phase and state; in a sentence too where they are not what they were before."""
        moved = after.name if before is after else f"{before.name} → {after.name}"
        told = [self._say("state", state=f"{self._phase.name}, {moved}")]
        if self._stated is not self._phase:
            told.append(self._words(PHASES[self._phase]))
        if way.stated is not after:
            told.append(self._words(STATES[after]))
        self._stated, way.stated = self._phase, after
        return _BETWEEN.join(told)

    def _say(self, key: str, **places: object) -> str:
        return self._words(SAID[key]).format(**places)

    def _words(self, words: Words) -> str:
        return words.say(self._language)

    def _number(self, number: int) -> str:
        return f"{number:,}".replace(",", "." if self._language == "id" else ",")


class TraceTap:
    """A :class:`curses_client.tap.Tap` that gives every row of ``trace`` to ``show``."""

    def __init__(self, trace: Trace, show: Callable[[str], object]) -> None:
        self._trace = trace
        self._show = show

    def up(self, address: str) -> None:
        """See :class:`curses_client.tap.Tap`."""
        self._tell(self._trace.up(address))

    def line(self, data: bytes, *, outgoing: bool) -> None:
        """See :class:`curses_client.tap.Tap`."""
        self._tell(self._trace.line(data, outgoing=outgoing))

    def payload(self, count: int, *, outgoing: bool) -> None:
        """See :class:`curses_client.tap.Tap`."""
        self._tell(self._trace.payload(count, outgoing=outgoing))

    def refused(self, refused: Refused) -> None:
        """See :class:`curses_client.tap.Tap`."""
        self._tell(self._trace.refused(refused))

    def down(self, reason: str) -> None:
        """See :class:`curses_client.tap.Tap`."""
        self._tell(self._trace.down(reason))

    def _tell(self, rows: list[str]) -> None:
        for row in rows:
            self._show(row)


def spelled(text: str) -> str:
    r"""``text`` with everything that is no picture written out: ``\x1b``, ``\t``, ``\u2028``."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def unread(body: bytes) -> str:
    """A line that could not be taken apart, up to where something secret may begin."""
    found = _PERHAPS_SECRET.search(body)
    text = (body if found is None else body[: found.end()]).decode("utf-8", "backslashreplace")
    return spelled(text) + (_CUT if found is not None and found.end() < len(body) else "")


def _hidden(line: Line, args: tuple[str, ...]) -> list[str]:
    """``args`` with what is secret left out; of a session its first characters stay."""
    names = line.fields.split()
    return [_hide(_at(names, index), arg) for index, arg in enumerate(args)]


def _hide(name: str, value: str) -> str:
    if name == "proof":
        option, _, secret = value.partition("=")
        return f"{option}={_hide(option if option == 'session' else 'password', secret)}"
    if name not in SECRET:
        return value
    # A key or a password may be so short that its start would give it away.
    long = name == "session" and len(value) >= SESSION_LEAST
    return (value[:SESSION_SHOWN] if long else "") + _CUT


def _names(line: Line, frame: Frame, asked: _Asked | None) -> list[str]:
    """The names of the fields; those of OK depend on the question."""
    known = OK_FIELDS.get((asked.verb, len(frame.args))) if asked and frame.verb == "OK" else None
    return (known or line.fields).split()


def _at(names: list[str], index: int) -> str:
    """The name of the field at ``index``: the last one stands for all that follow."""
    return names[min(index, len(names) - 1)].rstrip("?*")


def _tenth(size: int) -> int:
    return max(1, -(-size // TENTHS))


def _remember(kept: dict[str, _Value], key: str, value: _Value, limit: int) -> None:
    """Keep ``value``, and of more than ``limit`` values forget the oldest."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > limit:
        del kept[next(iter(kept))]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + _CUT


def _row(text: str) -> str:
    return _cut(text, ROW_CHARACTERS)
