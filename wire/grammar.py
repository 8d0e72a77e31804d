"""What a name, a number, a text … must look like, as one table of kinds.

A kind judges one field of a line, already decoded. The characters that no field may hold are judged
once for the whole line (:func:`bad_characters`), because that is one scan instead of several.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

LINE_BYTES: Final = 4096
"""Longest line, LF included, in both directions."""
TEXT_BYTES: Final = 3500
"""Longest text of a message: the line that carries it out, with its prefix, still fits."""
SHORT_TEXT_BYTES: Final = 255
"""Longest topic, reason, away text and file name."""
NAME_CHARACTERS: Final = 32
KEY_BYTES: Final = 64
"""Longest key of a room."""
UNFINISHED_BYTES: Final = 16 * 1024
"""So many bytes without LF end a connection."""
UNFINISHED_BYTES_BEFORE_HELLO: Final = 4 * 1024
"""The same for somebody who has not said HELLO."""
SWALLOWED_BYTES: Final = 1024 * 1024
"""Longest refused payload that is read and thrown away; a longer one ends the connection."""
PIECE_BYTES: Final = 64 * 1024
"""Longest piece of a file between two other lines."""
PAGE_EVENTS: Final = 200
"""Most events of one page of history."""
PAGE_BYTES: Final = 64 * 1024
"""A page of history may end when it has so many bytes."""
UNBOUNDED_ID: Final = 999_999_999_999_999
"""The largest Number: ``HISTORY … before`` it means "the newest"."""

LINE_BREAK: Final = "\u2028"
"""A line break inside one message; the only one of its kind that may travel."""
NO_BREAK_SPACE: Final = "\u00a0"
"""Stands for a space in the ``away=`` word of WHO, whose values are single words."""

EVERYBODY: Final = "*"
GUEST_MARK: Final = "~"
"""Ends the name of a guest, who came in by a door that knows nobody; nobody can ask for it."""

_NAME = rf"[A-Za-z][A-Za-z0-9_.-]{{0,{NAME_CHARACTERS - 1}}}"
# Surrogates cannot come in, UTF-8 has none; they stand here for what is to be sent.
_REFUSED = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TAG = re.compile(rb"=([A-Za-z0-9_.-]{1,64})")


class Refusal(Exception):  # noqa: N818 - it is an answer, not a defect
    """A line that is answered with ``ERR code``; ``detail`` goes in front of the code's text."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Kind(NamedTuple):
    """One kind of field. ``check`` raises :class:`Refusal`; ``rest`` takes the rest of the line."""

    check: Callable[[str], object]
    rest: bool = False


def _pattern(pattern: str, code: str) -> Kind:
    """A kind whose values match ``pattern`` whole, and are refused with ``code`` otherwise."""
    fullmatch = re.compile(pattern).fullmatch

    def check(value: str) -> None:
        if fullmatch(value) is None:
            raise Refusal(code)

    return Kind(check)


def _rest(limit: int) -> Kind:
    """Rest-of-line text of 1 to ``limit`` bytes of UTF-8."""

    def check(value: str) -> None:
        if not value:
            raise Refusal("bad-text")
        # Counting characters first spares the hot path an encoding: no character is over 4 bytes.
        if len(value) * 4 > limit and len(value.encode()) > limit:
            raise Refusal("too-long")

    return Kind(check, rest=True)


def _check_key(value: str) -> None:
    if not 1 <= len(value.encode()) <= KEY_BYTES:
        raise Refusal("bad-line")


_short_text = _rest(SHORT_TEXT_BYTES)


def _check_filename(value: str) -> None:
    _short_text.check(value)
    if "/" in value or value in {".", ".."}:
        raise Refusal("bad-file")


KINDS: Final[Mapping[str, Kind]] = {
    "name": _pattern(_NAME, "bad-name"),
    "anyname": _pattern(f"{_NAME}{GUEST_MARK}?", "bad-name"),
    "room": _pattern("#" + _NAME, "bad-name"),
    "target": _pattern(rf"#{_NAME}|@{_NAME}~?|\*", "bad-name"),
    "place": _pattern(rf"#{_NAME}|@(?:{_NAME}~?)?|\*", "bad-name"),
    "person": _pattern(rf"#{_NAME}|{_NAME}~?", "bad-name"),
    "member": _pattern(_NAME + r"~?[+*]*", "bad-name"),
    "number": _pattern("[0-9]{1,15}", "bad-number"),
    "transfer": _pattern("[A-Za-z][A-Za-z0-9_-]{0,63}", "bad-line"),
    "download": _pattern("[0-9]{1,15}|[A-Za-z][A-Za-z0-9_-]{0,63}", "bad-line"),
    "key": Kind(_check_key),
    "option": _pattern("[A-Za-z][A-Za-z0-9_-]*=.*", "bad-line"),
    "direction": _pattern("before|after", "bad-line"),
    "before": _pattern("before", "bad-line"),
    "switch": _pattern("on|off", "bad-line"),
    "word": _pattern(".+", "bad-line"),
    "time": _pattern(r"(?a:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", "bad-line"),
    "sha256": _pattern("[0-9a-f]{64}", "bad-line"),
    "session": _pattern("[A-Za-z0-9_-]{16,64}", "bad-line"),
    "message": _rest(TEXT_BYTES),
    "text": _rest(TEXT_BYTES),
    "topic": _short_text,
    "reason": _short_text,
    "filename": Kind(_check_filename, rest=True),
}
"""Every kind of field. ``message`` alone may hold :data:`LINE_BREAK`."""


def is_name(text: str) -> bool:
    """Whether somebody may ask for ``text`` as a name."""
    return _matches("name", text)


def is_room(text: str) -> bool:
    """Whether ``text`` is a room with its ``#``."""
    return _matches("room", text)


def is_target(text: str) -> bool:
    """Whether one may SAY to ``text``."""
    return _matches("target", text)


def is_time(text: str) -> bool:
    """Whether ``text`` has the form of a time."""
    return _matches("time", text)


def is_tag(text: str) -> bool:
    """Whether ``text`` may stand behind the ``=`` in front of a line."""
    return _TAG.fullmatch(b"=" + text.encode("utf-8", "replace")) is not None


def _matches(kind: str, text: str) -> bool:
    try:
        KINDS[kind].check(text)
    except Refusal:
        return False
    return True


def fold(name: str) -> str:
    """The form in which names and rooms are compared: without case, ASCII alone."""
    return name.lower()


def bad_characters(line: str) -> bool:
    """Whether ``line`` holds a character that no field of any line may hold."""
    return not line.isprintable() and _REFUSED.search(line) is not None


def sendable(text: str, *, breaks: bool = False) -> str:
    """``text`` made fit for the wire: what the wire refuses becomes U+FFFD.

    With ``breaks`` LF, CR LF and CR become :data:`LINE_BREAK`, as they may in a message.
    """
    if breaks:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", LINE_BREAK)
    else:
        text = text.replace(LINE_BREAK, "\ufffd")
    return _REFUSED.sub("\ufffd", text)


def cut_text(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """``text`` in pieces of at most ``limit`` (4 or more) bytes, no character cut in two."""
    pieces = []
    data = text.encode("utf-8", "replace")
    at = 0
    while len(data) - at > limit:
        piece = data[at : at + limit].decode("utf-8", "ignore")  # drops a half character at the end
        pieces.append(piece)
        at += len(piece.encode())
    pieces.append(data[at:].decode())
    return pieces


def split_tag(line: bytes) -> tuple[str | None, bytes]:
    """The tag in front of ``line``, or None, and what follows it.

    Raises :class:`Refusal` ``bad-line`` where ``=`` starts no proper tag.
    """
    if not line.startswith(b"="):
        return None, line
    head, _, rest = line.partition(b" ")
    match = _TAG.fullmatch(head)
    if match is None:
        raise Refusal("bad-line")
    return match[1].decode(), rest
