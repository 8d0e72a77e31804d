"""The four layers on one loop: keys in, state changed, one picture out at the end of the turn.

Standard input, the socket and the signals are descriptors like any other. Nothing draws but
:meth:`App._draw`, once a turn, and at most twenty times a second while lines pour in.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Final

from curses_client import actions, pasting, sending
from curses_client.chat import Chat
from curses_client.completion import Completion
from curses_client.folder import PartTakenError
from curses_client.front import Failure, Stored
from curses_client.keys import Key, Keyboard
from curses_client.screen import Screen
from curses_client.state import STATUS, Anchor, Connection, State, Window
from curses_client.story import Story
from curses_client.texts import Texts
from curses_client.transfers import Transfer, Transfers
from curses_client.view import View
from reactor.loop import Loop, Signals, Timer

STDIN: Final = 0
READ_BYTES: Final = 64 * 1024
ESCAPE_SECONDS: Final = 0.025
"""So long an ESC waits for what would make it a longer key."""
REDRAW_SECONDS: Final = 0.05
"""Lines that pour in are shown twenty times a second; a key is shown at once."""
CTRL_C_SECONDS: Final = 2.0
AUTOGET_BYTES: Final = 16 * 1024 * 1024
"""Files up to this size are fetched by themselves, unless ``/set autoget`` says otherwise."""
GOODBYE_SECONDS: Final = 0.5
TICK_SECONDS: Final = 1.0
MINUTE_SECONDS: Final = 60.0
_PAGE_OVERLAP: Final = 2
_FRAME_ROWS: Final = 3
_SMALL_SCROLL: Final = 3


class App:
    """The curses client; :meth:`run` returns when it has ended, the terminal given back."""

    def __init__(self, loop: Loop, screen: Screen, texts: Texts, state: State) -> None:
        self.texts = texts
        self.autoget = AUTOGET_BYTES
        self.error_after = ""  # told on the plain terminal when the screen is gone
        self._loop = loop
        self._screen = screen
        self._state = state
        self._view = View(state, texts)
        self._keyboard = Keyboard()
        self._completion = Completion()
        self._escape: Timer | None = None
        self._paste = pasting.Paste()
        self._ctrl_c_at = -CTRL_C_SECONDS
        self._dirty = True
        self._hurry = True  # a key was pressed: show it in this turn
        self._drawn_at = -REDRAW_SECONDS
        self._redraw: Timer | None = None
        self._quitting = False
        self._clock = ""
        self._ticking: Timer | None = None

    @property
    def target(self) -> str:
        """See :class:`actions.Desk`."""
        return self._state.current.target

    @property
    def now(self) -> float:
        """See :class:`actions.Desk`."""
        return self._loop.now

    def run(self, chat: Chat, story: Story, downloads: Path) -> None:
        """Run until the user leaves, or the terminal is gone."""
        self.chat = chat
        self._story = story
        self.transfers = Transfers(
            chat, self._loop, downloads, self._transfer_told, self._cannot_read
        )
        signals = Signals(
            self._loop,
            {
                signal.SIGWINCH: self._resized,
                signal.SIGHUP: self._loop.stop,
                signal.SIGTERM: self._loop.stop,
                signal.SIGINT: self._loop.stop,
                signal.SIGCONT: self._continued,
            },
        )
        self._loop.watch(STDIN, self)
        self._loop.hooks.append(self._end_of_turn)
        self._tick()
        self._end_of_turn()
        chat.start()
        try:
            self._loop.run()
        finally:
            signals.close()

    def on_ready(self, mask: int) -> None:
        """The keyboard has something (the loop calls this); its end is the terminal's end."""
        del mask
        try:
            data = os.read(STDIN, READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._loop.stop()
            return
        self._press(self._keyboard.feed(data))
        if self._escape is not None:
            self._escape.cancel()
            self._escape = None
        if self._keyboard.pending:
            self._escape = self._loop.later(ESCAPE_SECONDS, self._settle_escape)

    def changed(self) -> None:
        """What is shown is not true any longer."""
        self._dirty = True

    def link_changed(self) -> None:
        """The connection came or went: a countdown begins or ends."""
        if self._ticking is not None:
            self._ticking.cancel()
        self._tick()
        self.changed()

    def bell(self) -> None:
        """Call the user."""
        self._screen.bell()

    def notice(self, text: str) -> None:
        """See :class:`actions.Desk`."""
        self._story.notice(text)

    def error(self, text: str) -> None:
        """See :class:`actions.Desk`."""
        self._story.error(text)

    def go_to(self, target: str) -> None:
        """See :class:`actions.Desk`."""
        self._state.show(self._state.open(target))
        self.changed()

    def leave(self, target: str) -> None:
        """See :class:`actions.Desk`."""
        window = self._state.find(target)
        if window is not None:
            self._state.close(window)
        self.changed()

    def go_to_number(self, number: int) -> bool:
        """See :class:`actions.Desk`."""
        window = next((w for w in self._state.windows if w.number == number), None)
        if window is not None:
            self._state.show(window)
            self.changed()
        return window is not None

    def older(self, count: int) -> None:
        """See :class:`actions.Desk`."""
        window = self._state.current
        if window.target == STATUS:
            self.error(self.texts("no-target"))
        else:
            self.chat.older(
                window.target, count, lambda events: self._story.put_before(window, events)
            )

    def leave_obrol(self, reason: str) -> None:
        """See :class:`actions.Desk`: the goodbye gets a moment to leave."""
        self._quitting = True
        self.chat.quit(reason)
        self._loop.later(GOODBYE_SECONDS, self._loop.stop)
        self._loop.restless()

    def offered(self, event: Stored) -> None:
        """Somebody sent a file: a small new one is fetched by itself."""
        offer = self.transfers.offered(event)
        if (
            event.fresh
            and event.sender != self.chat.name
            and offer.size <= self.autoget
            and not self.transfers.already_here(offer)
        ):
            with contextlib.suppress(PartTakenError, OSError):
                self.transfers.fetch(offer)

    def refused(self, failure: Failure) -> None:
        """The server does not take this name: there is nothing to show but why."""
        why = self.texts.error(failure.code, failure.text)
        self.error_after = self.texts("name-refused", name=self.chat.name, why=why)
        self.leave_obrol("")

    def _transfer_told(self, transfer: Transfer) -> None:
        """A transfer moved or ended."""
        tell = self._story.notice if transfer.state in {"", "done"} else self._story.error
        if transfer.state:
            tell(sending.outcome(self, transfer))
        self.changed()

    def _cannot_read(self, path: Path, error: OSError) -> None:
        why = error.strerror or str(error)
        self.error(self.texts("cannot-read", path=path, why=why))

    def _press(self, keys: list[Key]) -> None:
        for key in keys:
            self._dirty = self._hurry = True
            if self._paste.text:
                self._answer_paste(key)
            elif key.name == "paste":
                self._state.current.editor.insert(self._paste.begin(key.text))
            elif key.name in self._KEYS:
                self._KEYS[key.name](self)
            elif key.name.startswith("alt-") and key.name[4:].isdecimal():
                self.go_to_number(int(key.name[4:]) or 10)
            else:
                self._state.current.editor.press(key)

    def _settle_escape(self) -> None:
        self._escape = None
        self._press(self._keyboard.flush())
        self._loop.restless()

    def _enter(self) -> None:
        """Send or obey the input line; what could not be done stays in it."""
        window = self._state.current
        text = window.editor.take()
        if not text:
            return
        window.history.add(text)
        if actions.run(self, text):
            if not text.startswith("/"):
                window.to_bottom()
        elif self._state.current is window:
            window.editor.set_text(text)

    def _answer_paste(self, key: Key) -> None:
        """Send a paste as one message, or put it into the input line, or forget it."""
        what, text = self._paste.answer(key)
        sent = what == pasting.SEND and actions.say(self, text.rstrip("\n"))
        if what in {pasting.SEND, pasting.EDIT} and not sent:
            self._state.current.editor.insert(text)

    def _interrupt(self) -> None:
        """Ctrl+C clears the line, and keeps it in the history; twice on an empty line leaves."""
        window = self._state.current
        text = window.editor.clear()
        if text:
            window.history.add(text)
        elif self._loop.now - self._ctrl_c_at <= CTRL_C_SECONDS:
            self.leave_obrol("")
        else:
            self._ctrl_c_at = self._loop.now
            self.notice(self.texts("ctrl-c"))

    def _end_of_file(self) -> None:
        if self._state.current.editor.text:
            self._state.current.editor.delete()
        else:
            self.notice(self.texts("ctrl-d"))

    def _complete(self, by: int) -> None:
        window = self._state.current
        rooms = [w.target for w in self._state.windows if w.target.startswith("#")]
        self._completion.press(window.editor, window, rooms, by)

    def _recall(self, step: Callable[[Window], str | None]) -> None:
        window = self._state.current
        text = step(window)
        if text is not None:
            window.editor.set_text(text)

    def _scroll(self, rows: int) -> None:
        window = self._state.current
        columns, _ = self._screen.size()
        anchor = self._view.scrolled(columns, rows)
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

    def _to_bottom(self) -> None:
        self._state.current.to_bottom()

    def _end_key(self) -> None:
        window = self._state.current
        if window.editor.text:
            window.editor.end()
        else:
            window.to_bottom()

    def _next_activity(self) -> None:
        busy = self._state.busiest()
        if busy is not None:
            self._state.show(busy)

    def _suspend(self) -> None:
        self._screen.suspend()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _continued(self) -> None:
        self._screen.resume()
        self.changed()

    def _resized(self) -> None:
        try:
            self._screen.resize()
        except OSError:  # the terminal went away between the signal and now
            self._loop.stop()
        self._dirty = self._hurry = True

    def _tick(self) -> None:
        """The clock and the countdown of the bar."""
        lost = self._state.connection is Connection.LOST
        if lost or time.strftime("%H:%M") != self._clock:
            self.changed()
            self._loop.restless()
        wait = TICK_SECONDS if lost else MINUTE_SECONDS - self._loop.clock.wall() % MINUTE_SECONDS
        self._ticking = self._loop.later(wait, self._tick)

    def _end_of_turn(self) -> None:
        if self._quitting and self.chat.link.closed:
            self._loop.stop()
        if not self._dirty:
            return
        wait = self._drawn_at + REDRAW_SECONDS - self._loop.now
        if self._hurry or wait <= 0:
            self._draw()
        elif self._redraw is None:
            self._redraw = self._loop.later(wait, self._draw)

    def _draw(self) -> None:
        if self._redraw is not None:
            self._redraw.cancel()
            self._redraw = None
        self._dirty = self._hurry = False
        self._drawn_at = self._loop.now
        self._clock = time.strftime("%H:%M")
        columns, rows = self._screen.size()
        self._state.progress = [
            sending.short_progress(self, running) for running in self.transfers.running
        ]
        self._screen.draw(
            self._view.picture(
                columns,
                rows,
                self._clock,
                self._loop.now,
                self._story.pending(),
                self._paste.question(self.texts),
            )
        )

    _KEYS: ClassVar[Mapping[str, Callable[["App"], object]]] = {
        "enter": _enter,
        "tab": lambda self: self._complete(1),
        "shift-tab": lambda self: self._complete(-1),
        "up": lambda self: self._recall(lambda w: w.history.older(w.editor.text)),
        "down": lambda self: self._recall(lambda w: w.history.newer(w.editor.text)),
        "pgup": lambda self: self._scroll(self._page()),
        "pgdn": lambda self: self._scroll(-self._page()),
        "alt-pgup": lambda self: self._scroll(_SMALL_SCROLL),
        "alt-pgdn": lambda self: self._scroll(-_SMALL_SCROLL),
        "alt-home": _to_top,
        "ctrl-home": _to_top,
        "alt-end": _to_bottom,
        "ctrl-end": _to_bottom,
        "end": _end_key,
        "ctrl-n": lambda self: self._state.step(1),
        "alt-right": lambda self: self._state.step(1),
        "f6": lambda self: self._state.step(1),
        "ctrl-p": lambda self: self._state.step(-1),
        "alt-left": lambda self: self._state.step(-1),
        "f5": lambda self: self._state.step(-1),
        "alt-/": lambda self: self._state.show(self._state.previous),
        "alt-a": _next_activity,
        "ctrl-c": _interrupt,
        "ctrl-d": _end_of_file,
        "ctrl-l": lambda self: self._screen.redraw(),
        "ctrl-z": _suspend,
        "f1": lambda self: actions.run(self, "/help"),
    }
    """What each key does; the others are the input line's (``editor.EDIT_KEYS``)."""
