"""Between the windows and what is remembered of them: drafts, read positions, what was sent."""

import contextlib
import time
from pathlib import Path
from typing import Final

from curses_client.chat import Chat
from curses_client.commands import without_secret
from curses_client.memory import Memory
from curses_client.state import STATUS, State, Window
from curses_client.transfers import Transfers
from curses_client.unread import Counts
from wire.grammar import EVERYBODY, fold

PASTE_SECONDS: Final = 24 * 3600
"""A paste that went as a file is kept so long: its upload may have to go on."""


class Keeper:
    """Fills windows as they open, and gathers what is to be kept of them."""

    def __init__(self, memory: Memory, state: State, folder: Path) -> None:
        self.pastes = folder / "pastes"
        self.chat: Chat | None = None
        self.transfers: Transfers | None = None
        self._memory = memory
        self._state = state
        self.left, self.left_of = list(memory.transfers), memory.history
        """Files that an earlier run left, and in which history of the server."""
        memory.gather = self._gather
        state.on_open = self._opened
        state.on_close = self._keep
        self._opened(state.windows[0])
        self._forget_pastes()

    def touch(self) -> None:
        """Something may have changed."""
        self._memory.touch()

    def check_history(self) -> None:
        """The server told which history it has: positions in another one mean nothing."""
        history = self.chat.history if self.chat is not None else ""
        if not history or history == self._memory.history:
            return
        self._memory.of_history(history)
        for window in self._state.windows:
            window.read = window.known = 0

    def save_at_once(self) -> None:
        """What would be done twice is about to leave."""
        self._memory.save_at_once()

    def end(self) -> None:
        """The client ends: from now on nobody counts what is unread."""
        self._gather()
        self._memory.gather = lambda: None
        self._memory.unread = None
        self._memory.save_now()

    def _opened(self, window: Window) -> None:
        target = fold(window.target)
        window.known = window.read = self._memory.read.get(_read_of(window), 0)
        window.draft = self._memory.drafts.get(target, "")
        window.editor.set_text(window.draft)
        for text in self._memory.recent.get(target, ()):
            window.history.add(text)

    def _gather(self) -> None:
        memory = self._memory
        for window in self._state.windows:
            self._keep(window)
        # What the server's log told was said by nobody.
        windows = [w for w in self._state.windows if not w.target.startswith(":")]
        memory.counts = Counts(sum(w.unread for w in windows), sum(w.mentions for w in windows))
        if self.chat is not None:
            memory.outbox = list(self.chat.outbox.values())
            memory.open = tuple(w.target for w in windows if self._comes_back(w, self.chat))
            memory.unread = memory.counts if self.chat.online else None
        if self.transfers is not None:
            memory.transfers = self.transfers.left

    def _keep(self, window: Window) -> None:
        """Keep what one window holds, also as it is closed."""
        if window.target.startswith(":"):
            return
        memory = self._memory
        if window.read > memory.read.get(_read_of(window), 0):
            memory.read[_read_of(window)] = window.read
        target = fold(window.target)
        memory.drafts.pop(target, None)
        if window.editor.text:
            memory.drafts[target] = without_secret(window.editor.text)
        recent = window.history.keep()
        if recent:
            memory.recent[target] = recent

    @staticmethod
    def _comes_back(window: Window, chat: Chat) -> bool:
        """Whether the next run opens it: a room that I am in, a private talk that waits for me."""
        if window.target.startswith("#"):
            return fold(window.target) in chat.rooms
        return window.heard and bool(window.unread or window.editor.text)

    def _forget_pastes(self) -> None:
        with contextlib.suppress(OSError):
            for folder in self.pastes.iterdir():
                if folder.stat().st_mtime < time.time() - PASTE_SECONDS:
                    import shutil  # noqa: PLC0415 - takes its time to load, and most have none

                    shutil.rmtree(folder, ignore_errors=True)


def _read_of(window: Window) -> str:
    """Under which name the read position of a window is kept: what is said to everybody has one."""
    return EVERYBODY if window.target == STATUS else fold(window.target)
