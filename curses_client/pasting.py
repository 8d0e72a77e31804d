"""Texts of several lines that come at once: pasted, or printed by a program that was run.

Each is one message, and asked about first (``modes.Paste``); a long one may go as a file.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from curses_client import actions, modes
from curses_client.bars import window_name
from curses_client.state import State
from curses_client.windows import WindowDesk

if TYPE_CHECKING:
    from curses_client.hands import Hands

_WORDS_NAMED: Final = 2
"""So many words of a command that was typed stand in the question: ``/msg fatur``."""


class Pasting:
    """Asks about such texts; files of them are made in ``folder``, which is the client's own."""

    def __init__(self, desk: WindowDesk, state: State, hands: "Hands", folder: Path) -> None:
        self._desk = desk
        self._state = state
        self._hands = hands
        self._folder = folder
        desk.ask_first = self.ask_first

    def paste(self, pasted: str) -> None:
        """Insert one line; ask about several: with what was typed they are one message."""
        one_line = pasted.removesuffix("\n")
        window = self._state.current
        editor = window.editor
        if "\n" not in one_line:
            editor.insert(one_line)
            return
        before = "" if editor.selected else editor.text[: editor.cursor]
        after = "" if editor.selected else editor.text[editor.cursor :]

        def send(whole: str) -> None:
            # A command that was typed is one with a paste behind it too; a pasted one never is.
            if before.startswith("/"):
                editor.set_text(whole)
                self._hands.send(window, whole)
                return
            editor.take()
            self._hands.remember(window, whole)
            if actions.say(self._desk, whole):
                window.to_bottom()
            else:
                self._hands.refused(window, whole)

        whole = (before + pasted + after).rstrip("\n")
        to = self._desk.target or window_name(window, self._desk.texts)
        as_file: Callable[[str], object] | None = self._send_as_file
        if before.startswith("/"):  # who reads it is for the command to say; a file knows none
            to, as_file = " ".join(before.split()[:_WORDS_NAMED]), None
        self._hands.mode = modes.Paste(pasted, whole, to, send, editor.insert, as_file)

    def ask_first(self, text: str, target: str) -> bool:
        """Ask before ``text`` is said to ``target``; False where somebody is typing."""
        editor = self._state.current.editor
        if self._hands.mode is not None or editor.text:
            return False

        def send(whole: str) -> None:
            if not actions.say(self._desk, whole, target=target):
                editor.insert(whole)

        self._hands.mode = modes.Paste(
            text, text, target, send, editor.insert,
            lambda whole: self._send_as_file(whole, target), printed=True,
        )  # fmt: skip
        self._desk.changed()
        return True

    def _send_as_file(self, text: str, target: str = "") -> None:
        to = target or self._desk.target
        if not to:
            self._desk.error(self._desk.texts("no-target"))
            self._state.current.editor.insert(text)
            return
        import tempfile  # noqa: PLC0415 - takes its time to load, and few paste so much

        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            path = folder / time.strftime("paste-%Y%m%d-%H%M%S.txt")
            path.write_text(text)
        except OSError as error:
            why = self._desk.texts.why(error)
            self._desk.error(self._desk.texts("cannot-write", path=self._folder, why=why))
            self._state.current.editor.insert(text)
            return
        self._desk.transfers.send([path], to)
