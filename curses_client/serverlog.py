"""The window in which the server's log goes by, for operators; it outlives the connection."""

from curses_client.chat import Chat
from curses_client.front import Failure
from curses_client.state import LOG, State, Window
from curses_client.story import Story
from curses_client.texts import Texts
from wire.parser import Frame


class ServerLog:
    """Asks for the log while that is wanted: now, and after every break of the connection."""

    def __init__(self, state: State, texts: Texts, story: Story, chat: Chat) -> None:
        self._state = state
        self._texts = texts
        self._story = story
        self._chat = chat
        self._wanted = False
        story.on_welcome = self._ask

    def begin(self) -> Window:
        """Open the window, which is not shown by that, and follow the log."""
        window = self._state.open(LOG)
        if not self._wanted:
            self._wanted = True
            if self._chat.online:
                self._ask()
        return window

    def end(self) -> None:
        """Follow it no longer; what was seen stays."""
        if self._wanted and self._chat.online:
            self._chat.ask(lambda *_: None, "LOG", "off")
        self._wanted = False

    def closed(self, window: Window) -> None:
        """A window was closed: without its own there is nothing to follow the log for."""
        if window.target == LOG:
            self.end()

    def _ask(self) -> None:
        if self._wanted:
            self._chat.ask(self._answered, "LOG", "on")

    def _answered(self, frames: list[Frame], failure: Failure | None) -> None:
        for frame in frames:
            if frame.verb == "LOG":
                self._story.passing(frame)
        # Where the link is lost, the next one asks again.
        if failure is not None and failure.code:
            self._wanted = False
            why = self._texts.error(failure.code, failure.text)
            self._story.error(self._texts("failed", what="/log", why=why))
