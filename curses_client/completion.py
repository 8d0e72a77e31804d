"""What Tab completes: a command, a room, a name (who spoke last comes first), a path to send."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from curses_client.commands import BY_NAME, COMMANDS
from curses_client.editor import Editor
from curses_client.state import Window
from wire.grammar import fold

_AT_LINE_START: Final = ": "
_NUMBER: Final = re.compile(r"/(?:get|ambil|reject|tolak) (#?[0-9]*)")
_TRANSFER: Final = re.compile(r"/(?:stop|batal|cancel) (#?[u0-9]*)")
_WINDOW: Final = re.compile(r"/(?:win|w|jendela) ([0-9]*)")
_SETTING: Final = re.compile(r"/(?:set|atur) (\S*)")
_LIMIT: Final = re.compile(r"/(?:limits?|batas|batasan) (\S*)")
_CHOICE: Final = re.compile(r"/([a-z-]+) ([a-z]*)")
_CHOICES: Final = re.compile(r"\[?([a-z]+(?:\|[a-z]+)+)\]?")
"""The words of a command that takes one of a few."""
_PATH: Final = re.compile(r"(?:/send|/kirim|SEND) (.*)", re.DOTALL)
"""Behind these words stands a path, blanks and all."""
PATHS_LOOKED_AT: Final = 10_000
ENGLISH_ALIASES: Final = frozenset(
    {"m", "q", "r", "j", "w", "list", "whois", "cancel", "lastlog", "exit", "bye"}
)
"""The other names of commands that are English; all the rest are Indonesian."""
_ALIASES: Final = frozenset(BY_NAME) - {command.name for command in COMMANDS}


class Vocabulary(NamedTuple):
    """What may be completed besides commands and the names of a window.

    ``names`` are people of elsewhere, for where there are none or few.
    """

    rooms: Sequence[str] = ()
    offers: Sequence[int] = ()
    settings: Sequence[str] = ()
    limits: Sequence[str] = ()
    transfers: Sequence[str] = ()
    windows: Sequence[int] = ()
    names: Sequence[str] = ()
    language: str = "en"


class Completion:
    """One round of Tab: the word that was there, and what it may become."""

    def __init__(self) -> None:
        self._editor: Editor | None = None
        self._left = "", 0  # text and cursor as this round left them: any others end the round
        self._start = 0
        self._found: list[str] = []
        self._at = 0

    def press(self, editor: Editor, window: Window, words: Vocabulary, by: int) -> None:
        """Complete the word before the cursor, or show the next (-1: previous) possibility."""
        if editor is not self._editor or (editor.text, editor.cursor) != self._left:
            self._begin(editor, window, words)
            self._at = -1 if by > 0 else 0
        if not self._found:
            return
        self._at = (self._at + by) % len(self._found)
        editor.replace(self._start, editor.cursor, self._found[self._at])
        self._left = editor.text, editor.cursor

    def _begin(self, editor: Editor, window: Window, words: Vocabulary) -> None:
        before = editor.text[: editor.cursor]
        self._editor = editor
        for pattern, found in (
            (_PATH, _paths),
            (_NUMBER, lambda typed: _beginning(typed.lstrip("#"), map(str, words.offers))),
            (_TRANSFER, lambda typed: _beginning(typed.lstrip("#"), words.transfers)),
            (_WINDOW, lambda typed: _beginning(typed, map(str, words.windows))),
            (_SETTING, lambda typed: _beginning(typed, words.settings)),
            (_LIMIT, lambda typed: _beginning(typed, words.limits)),
        ):
            typed = pattern.fullmatch(before)
            if typed is not None:
                self._left = editor.text, editor.cursor
                self._start = typed.start(1)
                self._found = found(typed[1])
                return
        self._left = editor.text, editor.cursor
        self._start = max(before.rfind(" "), before.rfind("\n")) + 1
        word = before[self._start :]
        choices = _choices(before)
        if choices is not None:
            self._found = _beginning(word, choices)
        elif self._start == 0 and word.startswith("/"):
            self._found = _commands(fold(word[1:]), words.language)
        else:
            self._found = _possible(word, window, words, at_start=self._start == 0)


def _beginning(typed: str, words: Iterable[str]) -> list[str]:
    return [word + " " for word in words if word.startswith(typed)]


def _paths(typed: str) -> list[str]:
    """The files and folders whose path begins as ``typed``; hidden ones when that is asked for."""
    folder, _, start = typed.rpartition("/")
    folder = folder + "/" if "/" in typed else ""
    try:
        entries = sorted(os.scandir(Path(folder).expanduser()), key=lambda entry: entry.name)
    except (OSError, ValueError, RuntimeError):  # a NUL; `~somebody` whom nobody knows
        return []
    return [
        folder + entry.name + ("/" if entry.is_dir() else "")
        for entry in entries[:PATHS_LOOKED_AT]
        if entry.name.startswith(start) and (start or not entry.name.startswith("."))
    ]


def _choices(before: str) -> list[str] | None:
    """What the command that was typed takes, one of a few words; None: anything else."""
    typed = _CHOICE.fullmatch(before)
    command = BY_NAME.get(typed[1]) if typed else None
    words = _CHOICES.fullmatch(command.words) if command else None
    return words[1].split("|") if words else None


def _commands(start: str, language: str) -> list[str]:
    """The commands that begin so; other names in the other language come last."""
    other = _ALIASES & ENGLISH_ALIASES if language == "id" else _ALIASES - ENGLISH_ALIASES
    found = sorted((name for name in BY_NAME if name.startswith(start)),
                   key=lambda name: (name in other, name))  # fmt: skip
    return [f"/{name} " for name in found]


def _possible(word: str, window: Window, words: Vocabulary, *, at_start: bool) -> list[str]:
    """What ``word`` may become, the likeliest first."""
    wanted = fold(word)
    if word.startswith("#"):
        return [room + " " for room in sorted(words.rooms) if fold(room).startswith(wanted)]
    end = _AT_LINE_START if at_start else " "
    sign = "@" if word.startswith("@") else ""
    wanted = wanted.removeprefix("@")
    if not wanted:
        return []
    latest = [*reversed(window.speakers), *window.people.values(), *words.names]
    names = {fold(name): name for name in reversed(latest)}
    order = dict.fromkeys(fold(name) for name in latest)
    return [sign + names[name] + end for name in order if name.startswith(wanted)]
