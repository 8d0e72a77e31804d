"""What stands in place of the input line for a while: a question, a search.

A mode gets every key until it is over. None of them ever throws a draft away: what was being typed
waits in the editor meanwhile.
"""

from collections.abc import Callable
from itertools import islice
from typing import Final, Protocol

from curses_client.editor import History
from curses_client.keys import Key
from curses_client.picture import Question
from curses_client.state import Anchor, Line, Window
from curses_client.texts import Texts
from reactor.loop import Loop
from wire.grammar import NO_BREAK_SPACE, TEXT_BYTES, sendable

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

    def question(self, texts: Texts) -> Question:
        """What stands in place of the input line; the cursor stands behind it."""


class Paste:
    """A text of several lines is one message, and is asked about first.

    ``whole`` is what Enter would send: the text, with what was typed around it. ``to`` is who will
    read it; ``printed``: a program did, nobody pasted it. ``as_file`` is None where no file can be
    sent instead.
    """

    def __init__(
        self,
        text: str,
        whole: str,
        to: str,
        send: Callable[[str], object],
        edit: Callable[[str], object],
        as_file: Callable[[str], object] | None,
        *,
        printed: bool = False,
    ) -> None:
        self._text = text
        self._to = to
        self._printed = printed
        self._size = len(text.encode())
        on_wire = len(sendable(whole.rstrip("\n"), breaks=True).encode())
        self._lines = text.rstrip("\n").count("\n") + 1
        self._answers: dict[Key, Callable[[], object]] = {}
        if on_wire <= TEXT_BYTES:
            self._answers[Key("enter")] = lambda: send(whole)
        if as_file is not None and (on_wire > TEXT_BYTES or self._lines > MANY_LINES):
            self._answers[Key("text", "f")] = lambda: as_file(text)
        self._answers[Key("text", "e")] = lambda: edit(text)

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        if key in self._answers:
            self._answers[key]()
            return True
        return key.name in _LEAVING

    def question(self, texts: Texts) -> Question:
        """See :class:`Mode`."""
        key = "say-output" if self._printed else "paste"
        asked = texts(key, lines=self._lines, size=texts.size(self._size), to=self._to)
        words = [word for answer, word in _OFFERS.items() if answer in self._answers]
        # A key and what it does stay in one row.
        offers = [texts(word).replace(" ", NO_BREAK_SPACE) for word in (*words, "paste-cancel")]
        keys = " ".join(offer.partition(NO_BREAK_SPACE)[0] for offer in offers)
        return Question(("  ".join([asked, *offers]), f"{self._to}? {keys}", keys))


_OFFERS: Final = {
    Key("enter"): "paste-send",
    Key("text", "f"): "paste-file",
    Key("text", "e"): "paste-edit",
}


class Guard:
    """A line of blanks and a slash is hardly meant for everybody: it is asked about."""

    def __init__(self, text: str, to: str, send: Callable[[str], object]) -> None:
        self._text = text
        self._to = to
        self._send = send

    def press(self, key: Key) -> bool:
        """See :class:`Mode`; only Enter sends, anything else goes back to the line."""
        if key.name == "enter":
            self._send(self._text)
        return True

    def question(self, texts: Texts) -> Question:
        """See :class:`Mode`."""
        asked = texts("slash-guard", text=self._text.strip(), to=self._to)
        return Question((asked, f"{self._to}? [Enter] [Esc]", "[Enter] [Esc]"))


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


class Silent:
    """A word that others shall not read over a shoulder: stars stand for it.

    With ``again``, a second question, it must be typed twice. ``done`` gets the word, and is the
    only one who does: no history, no draft and no undo has it. ``left`` is called where there is
    none, with the sentence that says why nothing will be changed; ``leaving`` tells how, where
    there is room for it.
    """

    def __init__(
        self,
        asked: str,
        again: str,
        done: Callable[[str], object],
        left: Callable[[str], object],
        leaving: str = "",
    ) -> None:
        self._asked = asked
        self._leaving = leaving
        self._again = again
        self._done = done
        self._left = left
        self._first: str | None = None
        self._query = _Query()

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        if key.name in _LEAVING:
            self._left("nothing-changed")
            return True
        if key.name == "paste":
            self._query.text += key.text.strip("\n")
        elif key.name != "enter":
            self._query.press(key)
        else:
            return self._enter(self._query.text)
        return False

    def question(self, texts: Texts) -> Question:
        """See :class:`Mode`."""
        del texts
        asked = self._asked if self._first is None else self._again
        return Question((self._leaving + asked, asked), "*" * len(self._query.text))

    def _enter(self, word: str) -> bool:
        if word and self._again and self._first is None:
            self._first, self._query = word, _Query()
            return False
        if self._first not in {None, word}:
            self._left("not-the-same")
        elif word:
            self._done(word)
        else:
            self._left("nothing-changed")
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

    def question(self, texts: Texts) -> Question:
        """See :class:`Mode`."""
        found = self._found if self._found is not None else texts("none")
        shown = texts("recall", found=" ".join(found.split()), words=self._query.text)
        return Question(("",), shown)


class Find:
    """Ctrl+S: a search in the lines of a window, in slices so that it never holds a key up.

    It goes round: past the oldest line comes the newest. ``shown`` is told the line that was found,
    None when there is none, and again when it is known how many there are.
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
        self._hits: list[Line] = []  # the newest first, once all are counted
        self._counted = "", 0  # the words that they hold, and in how many lines
        self._place = 0  # of the line that was found among them; 0: not known yet
        self._entered = False

    def begin_again(self, window: Window) -> bool:
        """Look on in ``window``; False where something else was looked for, or nothing."""
        if window is not self._window or not self._query.text:
            return False
        self._before = window.anchor, window.below
        self._entered = False
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
            self._entered = True
            return True
        if key.name in {"up", "ctrl-r", "f3"}:
            self.go(-1)
        elif key.name in {"down", "ctrl-s"}:
            self.go(1)
        elif self._query.press(key):
            self._line = None
            self.go(-1)
        return False

    def question(self, texts: Texts) -> Question:
        """See :class:`Mode`; which one it is counts from the newest, as the search goes."""
        if self._missed:
            return Question((texts("find-none"),), self._query.text)
        count = f" {self._place}/{len(self._hits)}" if self._place else ""
        forms = texts("find", count=count), texts("find-narrow", count=count)
        return Question(forms, self._query.text)

    def go(self, by: int) -> None:
        """Look for the next older (-1) or newer (1) line."""
        self._run += 1
        self._missed = False
        words, lines = self._query.text.casefold(), self._window.lines
        if self._counted != (words, len(lines)):
            self._hits = []
        if words:
            self._look(self._run, words, self._start(by), by, len(lines))

    def _start(self, by: int) -> int:
        lines = self._window.lines
        if self._line is not None and self._line in lines:
            return lines.index(self._line) + by
        return len(lines) - 1

    def _look(self, run: int, words: str, at: int, by: int, left: int) -> None:
        """Look at the next lines from ``at`` on, ``left`` at most until all were seen."""
        lines = self._window.lines
        for _ in range(min(left, LINES_AT_ONCE, len(lines))):
            at %= len(lines)
            if _holds(lines[at], words):
                self._come_to(at)
                if not self._hits:
                    self._count(run, words, len(lines) - 1, [])
                return
            at += by
        left -= LINES_AT_ONCE
        if left > 0 and lines:
            self._later(run, lambda: self._look(run, words, at, by, left))
        else:
            self._missed = True
            self._shown(self._line)

    def _count(self, run: int, words: str, at: int, hits: list[Line]) -> None:
        """Count what holds the words, from line ``at`` upwards."""
        lines = self._window.lines
        first = max(-1, at - LINES_AT_ONCE)
        hits += [line for line in reversed(lines[first + 1 : at + 1]) if _holds(line, words)]
        if first >= 0:
            self._later(run, lambda: self._count(run, words, first, hits))
            return
        self._hits, self._counted = hits, (words, len(lines))
        self._find_place()
        if not self._entered:
            self._shown(self._line)

    def _later(self, run: int, call: Callable[[], object]) -> None:
        """Go on in the next turn, unless another search has begun."""
        self._loop.later(0, lambda: run == self._run and call())

    def _come_to(self, at: int) -> None:
        window = self._window
        self._line = window.lines[at]
        below = min(at + _CONTEXT_LINES, len(window.lines) - 1)
        if below == len(window.lines) - 1:
            window.to_bottom()
        else:
            window.anchor = Anchor(below, 0)
        self._find_place()
        self._shown(self._line)

    def _find_place(self) -> None:
        line = self._line
        self._place = self._hits.index(line) + 1 if line is not None and line in self._hits else 0


def _holds(line: Line, words: str) -> bool:
    return words in line.text.casefold() or words in line.who.casefold()


class Bare:
    """Alt+l: nothing but text on the screen, until a key is pressed."""

    def __init__(self, over: Callable[[], object]) -> None:
        self._over = over

    def press(self, key: Key) -> bool:
        """See :class:`Mode`."""
        del key
        self._over()
        return True

    def question(self, texts: Texts) -> Question:
        """See :class:`Mode`."""
        return Question((texts("bare"),))
