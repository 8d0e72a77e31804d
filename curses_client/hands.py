"""What the keys do: each action of ``bindings`` that is not the input line's own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Final

from curses_client import actions, drafts, modes
from curses_client.bindings import ACTIONS
from curses_client.completion import Completion, Vocabulary
from curses_client.keys import Key
from curses_client.options import SETTINGS
from curses_client.pasting import Pasting
from curses_client.picture import Question
from curses_client.screen import Screen
from curses_client.state import SHEET, Anchor, Line, State, Window
from curses_client.view import View
from curses_client.windows import WindowDesk
from reactor.loop import Loop
from wire.limits import LIMITS

CTRL_C_SECONDS: Final = 2.0
_INTERRUPT: Final = "ctrl-c"
KEPT_SECONDS: Final = 6.0
"""So long the bar tells that a refused line stays, unless a key is pressed."""
_PAGE_OVERLAP: Final = 2
_FRAME_ROWS: Final = 3
_SMALL_SCROLL: Final = 3
_WHEEL_ROWS: Final = 3
_OFFERS: Final = 20
"""So many of the newest offers Tab goes through."""


class Hands:
    """The keys of one client; ``mode`` has them first, while there is one."""

    def __init__(
        self, desk: WindowDesk, state: State, view: View, screen: Screen, loop: Loop, pastes: Path
    ) -> None:
        self.mode: modes.Mode | None = None
        self.found: Line | None = None
        self.hint: tuple[str, ...] = ()
        """What the bar tells until the next key, or for a moment; the longest form first."""
        self.on_rest: Callable[[], object] = lambda: None
        """Called behind each key: what waits until nobody is typing may begin now."""
        self._desk = desk
        self._state = state
        self._view = view
        self._screen = screen
        self._loop = loop
        self._pasting = Pasting(desk, state, self, pastes)
        self._completion = Completion()
        self._find: modes.Find | None = None
        self._ctrl_c_at = -CTRL_C_SECONDS
        self._came_from: Window | None = None  # where Alt+a began

    def press(self, keys: list[Key]) -> None:
        """Do what ``keys`` mean."""
        for key in keys:
            if key.name in self._REPORTS:
                self._REPORTS[key.name](self)
                continue
            if key.name != _INTERRUPT:
                self._ctrl_c_at = -CTRL_C_SECONDS  # only two in a row leave
            self.hint = ()
            before = self._state.current
            if self.mode is not None:
                mode = self.mode
                if mode.press(key) and self.mode is mode:
                    self.mode = None
            elif key.name == "paste":
                self._pasting.paste(key.text)
            elif key.name.startswith("alt-") and key.name[4:].isdecimal():
                self._desk.go_to_number(int(key.name[4:]) or 10)
            else:
                act = self._ACTIONS.get(ACTIONS.get(key.name, ""))
                if act is not None:
                    act(self)
                else:
                    self._state.current.editor.press(key)
            if self._state.current is not before:
                self.tell_of_draft()
            self.on_rest()

    @property
    def resting(self) -> bool:
        """Whether nothing is being typed: no question stands there, and no draft."""
        return self.mode is None and not self._state.current.editor.text

    def question(self) -> Question | None:
        """What stands in place of the input line, if anything."""
        return self.mode.question(self._desk.texts) if self.mode is not None else None

    def type(self, text: str) -> None:
        """Put ``text`` into the input line in place of what is there; undo brings that back."""
        self._state.current.editor.set_text(text)

    def _enter(self) -> None:
        """Send or obey the input line; what could not be done stays in it."""
        window = self._state.current
        text = window.editor.text
        if not text:
            return
        command = drafts.typed_behind(window.draft, text)
        if command:
            self.mode = drafts.Behind(
                command,
                self._desk.target,
                lambda: self._obey_behind(window, command),
                lambda: self.send(window, text),
            )
            return
        slash = text[0].isspace() and text.lstrip().startswith("/")
        if slash and self._desk.target and self._desk.guarded:
            self.mode = modes.Guard(
                text, self._desk.target, lambda _: self.send(window, " " + text.strip())
            )
            return
        self.send(window, text)

    def _obey_behind(self, window: Window, command: str) -> None:
        """Obey what was typed behind a draft, which stays."""
        window.editor.set_text(window.draft)
        self.remember(window, command)
        actions.run(self._desk, command)

    def tell_of_draft(self) -> None:
        """Tell for a moment that the last run left what stands in the input line."""
        window = self._state.current
        if window.draft and window.editor.text == window.draft:
            texts = self._desk.texts
            self._tell_briefly(KEPT_SECONDS, texts("draft-back"), texts("draft-back-narrow"))

    def send(self, window: Window, text: str) -> None:
        """Say or obey ``text``, which stands in the input line of ``window``."""
        window.draft = ""
        typed = window.editor.take()
        self.remember(window, typed)
        if actions.run(self._desk, text):
            if not text.startswith("/"):
                window.to_bottom()
        else:
            self.refused(window, typed)

    def remember(self, window: Window, typed: str) -> None:
        """Keep what was sent, for Up and Ctrl+R."""
        window.history.add(typed)
        self._state.history.add(typed)

    def refused(self, window: Window, typed: str) -> None:
        """What was not sent stays to be corrected, or to be typed over; and why is seen."""
        window.to_bottom()
        if self._state.current is window:
            window.editor.set_text(typed)
            window.editor.select()
            texts = self._desk.texts
            self._tell_briefly(KEPT_SECONDS, texts("kept"), texts("kept-narrow"))

    def _tell_briefly(self, seconds: float, *hint: str) -> None:
        """Tell in the bar, which forgets it: no line of the window is spent on it."""
        self.hint = hint

        def over() -> None:
            if self.hint is hint:
                self.hint = ()
                self._desk.changed()

        self._loop.later(seconds, over)

    def _interrupt(self) -> None:
        """Ctrl+C clears the line, and keeps it in the history; twice on an empty line leaves."""
        window = self._state.current
        text = window.editor.clear()
        if text:
            window.history.add(text)
        elif self._loop.now - self._ctrl_c_at <= CTRL_C_SECONDS:
            self._desk.leave_obrol("")
        else:
            self._ctrl_c_at = self._loop.now
            texts = self._desk.texts
            self._tell_briefly(CTRL_C_SECONDS, texts("ctrl-c"), texts("ctrl-c-narrow"))

    def _end_of_file(self) -> None:
        if self._state.current.editor.text:
            self._state.current.editor.delete()
        else:
            self._tell_briefly(CTRL_C_SECONDS, self._desk.texts("ctrl-d"))

    def _complete(self, by: int) -> None:
        window = self._state.current
        vocabulary = Vocabulary(
            [w.target for w in self._state.windows if w.target.startswith("#")],
            sorted(self._desk.transfers.offers, reverse=True)[:_OFFERS],
            list(SETTINGS),
            list(LIMITS),
            [running.number for running in self._desk.transfers.running],
            [w.number for w in self._state.windows],
            self._desk.known_names(),
            self._desk.texts.language,
        )
        self._completion.press(window.editor, window, vocabulary, by)

    def _recall(self, step: Callable[[Window], str | None]) -> None:
        window = self._state.current
        text = step(window)
        if text is not None:
            window.editor.set_text(text)

    def _search_history(self) -> None:
        self.mode = modes.Recall(self._state.current.history, self.type)

    def _search_pane(self) -> None:
        self.mode = self._find = modes.Find(self._state.current, self._loop, self._show_found)

    def _show_found(self, line: Line | None) -> None:
        """A search came to a line, perhaps in a turn in which nothing else happened."""
        self.found = line
        self._desk.changed()

    def _search_on(self) -> None:
        if self._find is None or not self._find.begin_again(self._state.current):
            self._search_pane()
        else:
            self.mode = self._find

    def _scroll(self, rows: int) -> None:
        window = self._state.current
        columns, _ = self._screen.size()
        self._stand(window, self._view.scrolled(columns, rows))

    def _stand(self, window: Window, anchor: Anchor | None) -> None:
        if anchor is None or anchor == Anchor(len(window.lines) - 1, 0):
            window.to_bottom()
        else:
            window.anchor = anchor

    def _page(self) -> int:
        """A page less two lines, of what the title, the bar and the prompt leave."""
        return max(1, self._screen.size()[1] - _FRAME_ROWS - _PAGE_OVERLAP)

    def _to_top(self) -> None:
        if self._state.current.lines:
            self._state.current.anchor = Anchor(0, 0)

    def _end_key(self) -> None:
        window = self._state.current
        if window.editor.text:
            window.editor.end()
        else:
            window.to_bottom()

    def _to_line(self, at: int | None) -> None:
        """Make a line the topmost one of the pane."""
        if at is not None:
            columns, _ = self._screen.size()
            self._stand(self._state.current, self._view.at_top(columns, at))

    def _to_mention(self, by: int) -> None:
        """The next mention from the one that was found, or from the lowest line that is shown."""
        window = self._state.current
        lines = window.lines
        at = self.found_at
        if at is None:
            lowest = window.anchor.line if window.anchor is not None else len(lines) - 1
            at = lowest if by > 0 else lowest + 1  # upwards, the lowest line itself counts
        at += by
        while 0 <= at < len(lines) and not lines[at].mention:
            at += by
        if 0 <= at < len(lines):
            self.found = lines[at]
            below = min(at + _SMALL_SCROLL, len(lines) - 1)
            self._stand(window, Anchor(below, 0))

    @property
    def found_at(self) -> int | None:
        """Where the line that was found is in the window that is shown."""
        lines = self._state.current.lines
        return next((n for n, line in enumerate(lines) if line is self.found), None)

    def _busiest(self) -> None:
        """To where something happened; when nothing is left, back to where that began."""
        busy = self._state.busiest()
        if busy is not None:
            self._came_from = self._came_from or self._state.current
            self._state.show(busy)
        elif self._came_from is not None:
            if self._came_from in self._state.windows:
                self._state.show(self._came_from)
            self._came_from = None

    def _help(self) -> None:
        if self._state.current.target == SHEET:
            self._desk.close()
        else:
            self._desk.sheet()

    def _escape(self) -> None:
        """Esc leaves a window that only tells something; it never takes a draft away."""
        window = self._state.current
        if window.target.startswith(":"):
            self._desk.close()
        self.found = None

    def _bare(self) -> None:
        self._view.look = self._view.look._replace(bare=True)

        def over() -> None:
            self._view.look = self._view.look._replace(bare=False)
            self._screen.redraw()

        self.mode = modes.Bare(over)

    _ACTIONS: ClassVar[Mapping[str, Callable[["Hands"], object]]] = {
        "enter": _enter,
        "complete": lambda self: self._complete(1),
        "complete_back": lambda self: self._complete(-1),
        "edit": lambda self: self._desk.edit(),
        "interrupt": _interrupt,
        "end_of_file": _end_of_file,
        "older": lambda self: self._recall(lambda w: w.history.older(w.editor.text)),
        "newer": lambda self: self._recall(lambda w: w.history.newer(w.editor.text)),
        "older_anywhere": lambda self: self._recall(
            lambda w: self._state.history.older(w.editor.text)
        ),
        "newer_anywhere": lambda self: self._recall(
            lambda w: self._state.history.newer(w.editor.text)
        ),
        "recall": _search_history,
        "page_up": lambda self: self._scroll(self._page()),
        "page_down": lambda self: self._scroll(-self._page()),
        "up_a_little": lambda self: self._scroll(_SMALL_SCROLL),
        "down_a_little": lambda self: self._scroll(-_SMALL_SCROLL),
        "to_top": _to_top,
        "to_bottom": lambda self: self._state.current.to_bottom(),
        "to_mark": lambda self: self._to_line(self._state.current.mark),
        "mark": lambda self: self._desk.mark(),
        "mention_before": lambda self: self._to_mention(-1),
        "mention_after": lambda self: self._to_mention(1),
        "find": _search_pane,
        "find_again": _search_on,
        "next": lambda self: self._state.step(1),
        "before": lambda self: self._state.step(-1),
        "last": lambda self: self._state.show(self._state.previous),
        "busiest": _busiest,
        "nicklist": lambda self: self._desk.toggle_names(),
        "passing": lambda self: self._desk.toggle("joins"),
        "bare": _bare,
        "mouse": lambda self: self._desk.toggle("mouse"),
        "redraw": lambda self: self._desk.redraw(),
        "suspend": lambda self: self._desk.suspend(),
        "help": _help,
        "escape": _escape,
        "end_or_bottom": _end_key,
    }
    """What each action does; the others are the input line's (``editor.EDITS``)."""

    _REPORTS: ClassVar[Mapping[str, Callable[["Hands"], object]]] = {
        "focus-in": lambda self: self._state.focus(gained=True),
        "focus-out": lambda self: self._state.focus(gained=False),
        "wheel-up": lambda self: self._scroll(_WHEEL_ROWS),
        "wheel-down": lambda self: self._scroll(-_WHEEL_ROWS),
    }
    """What the terminal tells by itself, whatever is going on."""
