"""Bytes from the terminal become named keys: no curses, no file, no clock.

Whoever reads the terminal calls `Keyboard.feed` with what it read. While `Keyboard.pending` is true
it also runs a timer (25 ms) that calls `Keyboard.flush`: nothing but time tells the Esc key from
the first byte of an arrow key. The bytes of the terminals in use (xterm, rxvt, the Linux console,
the VT100 family, tmux and screen) lie in tables; what no table knows is swallowed whole, so that
an unknown key never types rubbish into a message.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable

PASTE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes kept of one bracketed paste; the rest, up to its end marker, is dropped."""

SEQUENCE_LIMIT: Final = 64
"""Bytes remembered of an unfinished sequence; no known key needs more than 9."""

BURST_NEWLINES: Final = 2
"""Line ends in one read, with text beside them, that no hand types: a paste."""


class Key(NamedTuple):
    """One key press, one run of typed text, one paste, or one change of focus.

    `text` is filled for "text" and "paste" only. Modifiers stand before the name in the order
    ctrl-, alt-, shift-; a letter after alt- keeps its case ("alt-U").
    """

    name: str
    text: str = ""


class _Stroke(NamedTuple):
    """A key apart from its modifiers: a one-character base without modifiers is text."""

    base: str
    modifiers: int = 0


# The bits as xterm counts them: the parameter it sends is 1 + their sum.
_SHIFT: Final = 1
_ALT: Final = 2
_CTRL: Final = 4
_META: Final = 8
_LABELS: Final = ((_CTRL, "ctrl-"), (_ALT | _META, "alt-"), (_SHIFT, "shift-"))
_PREFIXES: Final = tuple(
    "".join(label for bits, label in _LABELS if value & bits) for value in range(2 * _META)
)

_ESC: Final = b"\x1b"
_PASTE_END: Final = b"\x1b[201~"

# Keys whose last byte is a letter: CSI or SS3 before it, modifiers as parameters.
_CURSOR_KEYS: Final = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
_FUNCTION_KEYS: Final = {"P": "f1", "Q": "f2", "R": "f3", "S": "f4"}

# Keys that are a number and a tilde. 1, 4 are the VT220's and Linux' home and end, 7, 8 are rxvt's.
_NUMBERED_KEYS: Final = {
    1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pgup", 6: "pgdn", 7: "home", 8: "end",
    11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9",
    21: "f10", 23: "f11", 24: "f12",
}  # fmt: skip

# rxvt puts the modifiers into the last byte instead of a parameter.
_RXVT_ENDINGS: Final = {"^": _CTRL, "$": _SHIFT, "@": _CTRL | _SHIFT}

# What the terminal reports by itself: Alt has nothing to do with these.
_REPORTS: Final = {"[I": "focus-in", "[O": "focus-out", "[200~": "paste"}
# The wheel in decimal mouse reports (xterm, ctlseqs: SGR 1006); other buttons mean nothing here.
_WHEEL: Final = {b"64": Key("wheel-up"), b"65": Key("wheel-down")}
_MOUSE: Final = re.compile(rb"\x1b\[<([0-9]{1,4});[0-9]{1,5};[0-9]{1,5}M")
_REPORT_NAMES: Final = frozenset(_REPORTS.values())

_SINGLE_KEYS: Final = {
    "[Z": _Stroke("tab", _SHIFT),
    "OM": _Stroke("enter"),
    **{f"[[{letter}": _Stroke(f"f{n}") for n, letter in enumerate("ABCDE", 1)},
    **{f"[{letter.lower()}": _Stroke(_CURSOR_KEYS[letter], _SHIFT) for letter in "ABCD"},
    **{f"O{letter.lower()}": _Stroke(_CURSOR_KEYS[letter], _CTRL) for letter in "ABCD"},
    # The number block in application mode, as PuTTY and the VT100 send it.
    **{f"O{chr(ord(sign) + 0x40)}": _Stroke(sign) for sign in "*+,-./0123456789"},
    **{sequence: _Stroke(name) for sequence, name in _REPORTS.items()},
}


def _lettered() -> dict[str, _Stroke]:
    """All spellings of the keys that end in a letter.

    CSI P to CSI S without a modifier stay unknown: xterm sends SS3 there, and st means Delete by
    CSI P.
    """
    table = {f"[{final}": _Stroke(base) for final, base in _CURSOR_KEYS.items()}
    for final, base in (_CURSOR_KEYS | _FUNCTION_KEYS).items():
        table[f"O{final}"] = _Stroke(base)
        for bits in range(len(_PREFIXES)):
            for opening in ("[1;", "[", "O", "O1;"):
                table[f"{opening}{bits + 1}{final}"] = _Stroke(base, bits)
    return table


def _numbered() -> dict[str, _Stroke]:
    """All spellings of the keys that are a number and a closing sign."""
    table = {}
    for number, base in _NUMBERED_KEYS.items():
        table[f"[{number}~"] = _Stroke(base)
        for bits in range(len(_PREFIXES)):
            table[f"[{number};{bits + 1}~"] = _Stroke(base, bits)
        for ending, bits in _RXVT_ENDINGS.items():
            table[f"[{number}{ending}"] = _Stroke(base, bits)
    return table


_SEQUENCES: Final = {
    sequence.encode(): stroke
    for sequence, stroke in (_lettered() | _numbered() | _SINGLE_KEYS).items()
}

# Control bytes by the key that sends them; some keys of their own come over the general rule.
_CONTROLS: Final = {
    **{bytes([code]): _Stroke(chr(code | 0x60), _CTRL) for code in range(0x01, 0x1B)},
    **{bytes([code]): _Stroke(chr(code | 0x40), _CTRL) for code in range(0x1C, 0x20)},
    b"\x00": _Stroke(" ", _CTRL),
    b"\x08": _Stroke("backspace"),
    b"\x7f": _Stroke("backspace"),
    b"\t": _Stroke("tab"),
    b"\r": _Stroke("enter"),
    b"\n": _Stroke("enter"),
}

# Every byte string begins with one of these. In `sequence` stand, in this order: the Linux
# console's F1 to F5, a mouse report of three raw bytes, rxvt's shifted keys (whose "$" would be in
# the middle of a CSI sequence for everybody else), CSI, SS3. `unfinished` is the longest beginning
# of a sequence; it waits for more only when the data end with it.
_TOKEN: Final = re.compile(
    rb"""
      (?P<text> [^\x00-\x1f\x7f]+ )
    | (?P<control> [^\x1b] )
    | (?P<sequence> \x1b\x1b? (?:
          \[\[ [!-~]
        | \[M [\x20-\xff]{3}
        | \[ [0-9]{1,2} \$
        | \[ (?![\[M]) [\x20-?]* [@-~]
        | O [0-9;]* [!-/:<-~] ))
    | (?P<alt> \x1b (?:
          [^\x1b\[O\x80-\xff]
        | [\xc2-\xdf] [\x80-\xbf]
        | [\xe0-\xef] [\x80-\xbf]{2}
        | [\xf0-\xf4] [\x80-\xbf]{3} ))
    | (?P<unfinished>
          \x1b\x1b? (?: \[M [\x20-\xff]{0,2} | \[\[ | \[ [\x20-?]* | O [0-9;]* )
        | \x1b (?: [\xc2-\xdf] | [\xe0-\xef] [\x80-\xbf]? | [\xf0-\xf4] [\x80-\xbf]{0,2} )
        | \x1b\x1b \Z
        | \x1b )
    """,
    re.VERBOSE,
)

# What an unfinished sequence was after all when nothing follows; others are dropped.
_SETTLED: Final = {
    _ESC: (Key("esc"),),
    _ESC + _ESC: (Key("esc"), Key("esc")),
    _ESC + b"[": (Key("alt-["),),
    _ESC + b"O": (Key("alt-O"),),
}

_PRINTABLE: Final = re.compile(rb"[^\x00-\x1f\x7f]")
_C1: Final = re.compile("[\x7f-\x9f]+")
_LINE_END: Final = re.compile("\r\n?|[\x85\u2028\u2029]")
_CONTROL_IN_PASTE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")


def _key(base: str, modifiers: int) -> Key:
    """Name the key: a character with no modifier is text, the space bar has a name otherwise."""
    if not modifiers and len(base) == 1:
        return Key("text", base)
    return Key(_PREFIXES[modifiers] + ("space" if base == " " else base))


def _pasted(text: str) -> list[Key]:
    """Make a paste of `text`: line ends are line feeds, of the other controls TAB alone stays."""
    text = _CONTROL_IN_PASTE.sub("", _LINE_END.sub("\n", text))
    return [Key("paste", text)] if text else []


class Keyboard:
    """What the terminal sends, cut into keys; the cuts between reads make no difference.

    The one exception is meant: a single read that holds text and `BURST_NEWLINES` line ends, and no
    escape sequence, is a paste from a terminal without bracketed paste.
    """

    __slots__ = ("_decoder", "_paste", "_waiting")

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = b""
        self._paste: bytearray | None = None

    @property
    def pending(self) -> bool:
        """Whether an unfinished sequence waits for more bytes or for `flush`."""
        return bool(self._waiting) and self._paste is None

    def feed(self, data: bytes) -> list[Key]:
        """Take the bytes of one read and return the keys they complete, in order.

        Time and memory are linear in `data`. No text of a key holds an escape character.
        """
        if self._is_burst(data):
            return _pasted(self._decoder.decode(data))
        data = self._waiting + data
        self._waiting = b""
        keys: list[Key] = []
        at = 0
        while at < len(data):
            at = self._next(data, at, keys) if self._paste is None else self._hold(data, at, keys)
        return keys

    def flush(self) -> list[Key]:
        """Settle what waits: a lone escape is the Esc key, half a sequence is dropped.

        A paste goes on, and so does a character of which some bytes came: no time limit makes the
        rest of it mean anything else, and a slow line may well cut it in two.
        """
        if not self.pending:
            return []
        waiting, self._waiting = self._waiting, b""
        return self._on_unfinished(waiting)

    def _is_burst(self, data: bytes) -> bool:
        if self._waiting or self._paste is not None or _ESC in data:
            return False
        newlines = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
        return newlines >= BURST_NEWLINES and _PRINTABLE.search(data) is not None

    def _next(self, data: bytes, at: int, keys: list[Key]) -> int:
        """Add the keys of the token at `at`; return where the next one begins."""
        token = cast("re.Match[bytes]", _TOKEN.match(data, at))
        kind, raw = cast("str", token.lastgroup), token.group()
        if kind != "text":
            keys += self._text(b"", final=True)
        if kind == "unfinished" and token.end() == len(data):
            self._wait(raw)
        else:
            keys += self._HANDLERS[kind](self, raw)
        return token.end()

    def _wait(self, raw: bytes) -> None:
        if len(raw) > SEQUENCE_LIMIT:
            # What it was does not matter any more, only that it goes on: no key begins like this.
            raw = _ESC + raw.lstrip(_ESC)[:1] + b";"
        self._waiting = raw

    def _hold(self, data: bytes, at: int, keys: list[Key]) -> int:
        """Keep the part of the paste that begins at `at`; return where the keys go on."""
        paste = cast("bytearray", self._paste)
        end = data.find(_PASTE_END, at)
        # Without an end marker the last bytes wait: they may be the first of it.
        stop = end if end >= 0 else max(at, len(data) + 1 - len(_PASTE_END))
        paste += data[at : min(stop, at + PASTE_LIMIT - len(paste))]
        if end < 0:
            self._waiting = data[stop:]
            return len(data)
        self._paste = None
        keys += _pasted(paste.decode("utf-8", "replace"))
        return end + len(_PASTE_END)

    def _text(self, raw: bytes, *, final: bool = False) -> list[Key]:
        text = _C1.sub("", self._decoder.decode(raw, final))
        return [Key("text", text)] if text else []

    def _on_control(self, raw: bytes) -> list[Key]:
        return [_key(*_CONTROLS[raw])]

    def _on_alt(self, raw: bytes) -> list[Key]:
        base, modifiers = _CONTROLS.get(raw[1:]) or _Stroke(raw[1:].decode("utf-8", "ignore"))
        # Bytes that only looked like UTF-8, and the control characters above DEL, are no keys.
        return [_key(base, modifiers | _ALT)] if base.isprintable() and base else []

    def _on_sequence(self, raw: bytes) -> list[Key]:
        mouse = _MOUSE.fullmatch(raw)
        if mouse is not None:
            return [_WHEEL[mouse[1]]] if mouse[1] in _WHEEL else []
        stroke = _SEQUENCES.get(raw.lstrip(_ESC))
        doubled = raw.startswith(_ESC + _ESC)
        if stroke is None:
            return []
        if stroke.base not in _REPORT_NAMES:
            return [_key(stroke.base, stroke.modifiers | (_ALT if doubled else 0))]
        keys = [Key("esc")] if doubled else []
        if stroke.base == "paste":
            self._paste = bytearray()
            return keys
        return [*keys, Key(stroke.base)]

    def _on_unfinished(self, raw: bytes) -> list[Key]:
        return list(_SETTLED.get(raw, ()))

    _HANDLERS: ClassVar[dict[str, Callable[[Keyboard, bytes], list[Key]]]] = {
        "text": _text,
        "control": _on_control,
        "sequence": _on_sequence,
        "alt": _on_alt,
        "unfinished": _on_unfinished,
    }
