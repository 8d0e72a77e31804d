"""Somebody who presses keys: hands at a desk that notes, with a real state and a real picture."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from curses_client.editor import Editor
from curses_client.hands import Hands
from curses_client.keys import Key, Keyboard
from curses_client.screen import Screen
from curses_client.state import State
from curses_client.texts import Texts
from curses_client.view import Moment, View
from curses_client.windows import WindowDesk
from reactor.loop import Loop
from tests.curses_client.fakes import BriefSelector, FakeClock
from tests.curses_client.pictures import texts_of

SIZE = (80, 24)

SENT = {
    "enter": b"\r", "alt-enter": b"\x1b\r", "tab": b"\t", "shift-tab": b"\x1b[Z", "esc": b"\x1b",
    "backspace": b"\x7f", "alt-backspace": b"\x1b\x7f", "delete": b"\x1b[3~", "ctrl-_": b"\x1f",
    "up": b"\x1b[A", "down": b"\x1b[B", "right": b"\x1b[C", "left": b"\x1b[D",
    "ctrl-up": b"\x1b[1;5A", "ctrl-down": b"\x1b[1;5B", "ctrl-right": b"\x1b[1;5C",
    "ctrl-left": b"\x1b[1;5D", "alt-right": b"\x1b[1;3C", "alt-left": b"\x1b[1;3D",
    "home": b"\x1b[H", "end": b"\x1b[F", "alt-home": b"\x1b[1;3H", "alt-end": b"\x1b[1;3F",
    "ctrl-home": b"\x1b[1;5H", "ctrl-end": b"\x1b[1;5F", "pgup": b"\x1b[5~", "pgdn": b"\x1b[6~",
    "alt-pgup": b"\x1b[5;3~", "alt-pgdn": b"\x1b[6;3~", "f1": b"\x1bOP", "f3": b"\x1bOR",
    "f5": b"\x1b[15~", "f6": b"\x1b[17~",
    **{f"ctrl-{letter}": bytes([ord(letter) & 0x1F]) for letter in "abcdefklnoprstuwyz"},
    **{f"alt-{sign}": b"\x1b" + sign.encode() for sign in "abdflmnpuNU=/"},
}  # fmt: skip
"""What xterm sends for each key, as its manual (ctlseqs) has it: not read from ``keys``."""


def keys_of(data: bytes) -> list[Key]:
    """What the keyboard makes of one read, once nothing follows."""
    keyboard = Keyboard()
    return keyboard.feed(data) + keyboard.flush()


class Desk:
    """A desk that notes."""

    def __init__(self) -> None:
        self.texts = Texts("en")
        self.guarded = True
        self.target = ""
        self.transfers = SimpleNamespace(offers={}, running=[])
        self.notices: list[str] = []
        self.errors: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.chat = SimpleNamespace(say=lambda to, text, _: self.said.append((to, text)))
        self.numbers: list[int] = []
        self.left: list[str] = []
        self.ask_first: Callable[[str, str], bool] = lambda *_: False

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def error(self, text: str) -> None:
        self.errors.append(text)

    def go_to_number(self, number: int) -> bool:
        self.numbers.append(number)
        return True

    def changed(self) -> None:
        """What is shown is not true any longer."""

    def leave_obrol(self, reason: str) -> None:
        self.left.append(reason)


class Typist:
    """Hands at a desk that notes, on a screen of 80 x 24."""

    def __init__(self, path: Path) -> None:
        self.desk = Desk()
        self.state = State("rizky")
        self.clock = FakeClock()
        self.loop = Loop(BriefSelector(), self.clock)
        self._view = View(self.state, self.desk.texts)
        screen = SimpleNamespace(size=lambda: SIZE)
        self.hands = Hands(
            cast("WindowDesk", self.desk),
            self.state,
            self._view,
            cast("Screen", screen),
            self.loop,
            path,
        )

    def type(self, *keys: str) -> None:
        """Press keys by their names, as a terminal sends them."""
        self.hands.press([key for name in keys for key in keys_of(SENT.get(name, name.encode()))])

    def rows(self) -> list[str]:
        """What is shown between the title and the bar, drawn now."""
        columns, rows = SIZE
        moment = Moment("08:09", 0.0, [], None, self.hands.found, self.hands.hint)
        return texts_of(self._view.picture(columns, rows, moment))[1:-2]

    @property
    def editor(self) -> Editor:
        """The input line that is shown."""
        return self.state.current.editor
