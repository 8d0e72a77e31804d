"""What stands in place of the input line for a while: a question, a search.

A mode gets every key until it is over. None of them ever throws a draft away: what was being typed
waits in the editor meanwhile.
"""

from collections.abc import Callable
from itertools import islice
from typing import Final, Protocol

from curses_client.editor import History
from curses_client.keys import Key
from curses_client.state import Anchor, Line, Window
from curses_client.texts import Texts
from reactor.loop import Loop
from wire.grammar import TEXT_BYTES, sendable

MANY_LINES: Final = 50
"""A paste of more lines than these is offered as a file too."""
LINES_AT_ONCE: Final = 8_000
"""So many lines are searched before a key or a message gets its turn."""
_CONTEXT_LINES: Final = 3
_LEAVING: Final = frozenset({"esc", "ctrl-q", "ctrl-c", "ctrl-g"})


class Mode(Protocol):
    """What has the keys for a while."""

    def press(self, key: Key) -> bool:
        """Take ``key``; True when the mode is over."""

    def question(self, texts: Texts) -> str:
        """What stands in place of the input line; the cursor stands behind it."""


class Paste:
    """A paste of several lines is one message, and is asked about first."""

    def __init__(
        self,
        text: str,
        send: Callable[[str], object],
        edit: Callable[[str], object],
        as_file: Callable[[str], object],
    ) -> None:
        self._text = text
        self._size = len(text.encode())
        on_wire = len(sendable(text.rstrip("\n"), breaks=True).encode())
        self._lines = text.rstrip("\n").count("\n") + 1
        self._answers = {Key("text", "e"): edit}
        if on_wire <= TEXT_BYTES:
            self._answers[Key("enter")] = send
        if on_wire > TEXT_BYTES or self._lines > MANY_LINES:
            self._answers[Key("text", "f")] = as_file

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        if key in self._answers:
            self._answers[key](self._text)
            return True
        return key.name in _LEAVING

    def question(self, texts: Texts) -> str:
        """See :class:`Mode`."""
        asked = texts("paste", lines=self._lines, size=texts.size(self._size))
        offers = [
            texts(word)
            for key, word in (
                (Key("enter"), "paste-send"),
                (Key("text", "f"), "paste-file"),
                (Key("text", "e"), "paste-edit"),
            )
            if key in self._answers
        ]
        return "  ".join([asked, *offers, texts("paste-cancel")])


class Guard:
    """A line of blanks and a slash is hardly meant for everybody: it is asked about."""

    def __init__(self, text: str, send: Callable[[str], object]) -> None:
        self._text = text
        self._send = send

    def press(self, key: Key) -> bool:
        """See :class:`Mode`; only Enter sends, anything else goes back to the line."""
        if key.name == "enter":
            self._send(self._text)
        return True

    def question(self, texts: Texts) -> str:
        """See :class:`Mode`."""
        return texts("slash-guard", text=self._text.strip())


class _Query:
    """A line of its own that is typed while something is looked for."""

    def __init__(self) -> None:
        self.text = ""

    def press(self, key: Key) -> bool:
        """Type; False when ``key`` types nothing."""
        if key.name == "text":
            self.text += key.text
        elif key.name == "backspace":
            self.text = self.text[:-1]
        elif key.name == "ctrl-u":
            self.text = ""
        else:
            return False
        return True


class Recall:
    """Ctrl+R: what was typed before, by a part of it."""

    def __init__(self, history: History, take: Callable[[str], object]) -> None:
        self._history = history
        self._take = take
        self._query = _Query()
        self._skipped = 0
        self._found: str | None = ""

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        if key.name in _LEAVING:
            return True
        if key.name == "enter":
            if self._found:
                self._take(self._found)
            return True
        if key.name in {"ctrl-r", "up"}:
            self._skipped += self._found is not None
        elif key.name in {"ctrl-s", "down"}:
            self._skipped = max(0, self._skipped - 1)
        elif self._query.press(key):
            self._skipped = 0
        matches = self._history.matches(self._query.text) if self._query.text else iter(())
        self._found = next(islice(matches, self._skipped, None), None)
        return False

    def question(self, texts: Texts) -> str:
        """See :class:`Mode`."""
        found = self._found if self._found is not None else texts("none")
        return texts("recall", found=" ".join(found.split()), words=self._query.text)


class Find:
    """Ctrl+S: a search in the lines of a window, in slices so that it never holds a key up.

    ``shown`` is told the line that was found, None when there is none.
    """

    def __init__(self, window: Window, loop: Loop, shown: Callable[[Line | None], object]) -> None:
        self._window = window
        self._loop = loop
        self._query = _Query()
        self._shown = shown
        self._before = window.anchor, window.below
        self._line: Line | None = None
        self._run = 0  # the number of this search: an older one stops
        self._missed = False

    def begin_again(self, window: Window) -> bool:
        """Look on in ``window``; False where something else was looked for, or nothing."""
        if window is not self._window or not self._query.text:
            return False
        self._before = window.anchor, window.below
        self.go(-1)
        return True

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        if key.name in _LEAVING:
            self._run += 1
            self._window.anchor, self._window.below = self._before
            self._shown(None)
            return True
        if key.name == "enter":
            return True
        if key.name in {"up", "ctrl-r", "f3"}:
            self.go(-1)
        elif key.name in {"down", "ctrl-s"}:
            self.go(1)
        elif self._query.press(key):
            self._line = None
            self.go(-1)
        return False

    def question(self, texts: Texts) -> str:
        """See :class:`Mode`."""
        return texts("find-none" if self._missed else "find", words=self._query.text)

    def go(self, by: int) -> None:
        """Look for the next older (-1) or newer (1) line."""
        self._run += 1
        self._missed = False
        if self._query.text:
            self._look(self._run, self._query.text.casefold(), self._start(by), by)

    def _start(self, by: int) -> int:
        lines = self._window.lines
        if self._line is not None and self._line in lines:
            return lines.index(self._line) + by
        return len(lines) - 1

    def _look(self, run: int, words: str, at: int, by: int) -> None:
        lines = self._window.lines
        end = at + by * LINES_AT_ONCE
        while 0 <= at < len(lines) and at != end:
            if run != self._run:
                return
            if words in lines[at].text.casefold() or words in lines[at].who.casefold():
                self._come_to(at)
                return
            at += by
        if 0 <= at < len(lines):
            self._loop.later(0, lambda: self._look(run, words, at, by))
        else:
            self._missed = True
            self._shown(self._line)

    def _come_to(self, at: int) -> None:
        window = self._window
        self._line = window.lines[at]
        below = min(at + _CONTEXT_LINES, len(window.lines) - 1)
        if below == len(window.lines) - 1:
            window.to_bottom()
        else:
            window.anchor = Anchor(below, 0)
        self._shown(self._line)


class Bare:
    """Alt+l: nothing but text on the screen, until a key is pressed."""

    def __init__(self, over: Callable[[], object]) -> None:
        self._over = over

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        del key
        self._over()
        return True

    def question(self, texts: Texts) -> str:
        """See :class:`Mode`."""
        return texts("bare")
