"""The window in which the server's log goes by, for operators; it outlives the connection."""

from collections.abc import Callable

from curses_client.chat import Chat
from curses_client.front import Failure
from curses_client.state import LOG, State, Window
from curses_client.story import Story
from curses_client.texts import Texts
from wire.parser import Frame


def _nothing(_: object) -> None:
    """Nobody wants to hear of it."""


class ServerLog:
    """Asks for the log while that is wanted: now, and after every break of the connection."""

    def __init__(self, state: State, texts: Texts, story: Story, chat: Chat) -> None:
        self._state = state
        self._texts = texts
        self._story = story
        self._chat = chat
        self._wanted = False
        self._opened: Callable[[Window], object] = _nothing
        story.on_welcome = self._ask

    def begin(self, opened: Callable[[Window], object] = _nothing) -> None:
        """Follow the log; its window is there, and given to ``opened``, once the server agreed."""
        window = self._state.find(LOG)
        if self._wanted and window is not None:
            opened(window)
            return
        self._opened = opened
        if not self._wanted:
            self._wanted = True
            if self._chat.online:
                self._ask()

    def end(self, tell: Callable[[str], object] = _nothing) -> bool:
        """Follow it no longer; what was seen stays. False where it was not followed.

        ``tell`` gets the sentence that says so, once the server has heard it.
        """
        followed, self._wanted = self._wanted, False
        if followed and self._chat.online:
            self._chat.ask(lambda *_: tell(self._texts("log-off")), "LOG", "off")
        elif followed:
            tell(self._texts("log-off"))
        return followed

    def closed(self, window: Window) -> None:
        """A window was closed: without its own there is nothing to follow the log for."""
        if window.target == LOG:
            self.end()

    def _ask(self) -> None:
        if self._wanted:
            self._chat.ask(self._answered, "LOG", "on")

    def _answered(self, frames: list[Frame], failure: Failure | None) -> None:
        if failure is None and self._wanted:
            opened, self._opened = self._opened, _nothing
            opened(self._state.open(LOG))
        for frame in frames:
            if frame.verb == "LOG":
                self._story.passing(frame)
        # Where the link is lost, the next one asks again.
        if failure is not None and failure.code:
            self._wanted = False
            why = self._texts.error(failure.code, failure.text)
            self._story.error(self._texts("failed", what="/log", why=why))
