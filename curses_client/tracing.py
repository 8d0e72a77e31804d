"""The window in which the wire goes by: what the link's tap tells, explained by ``trace``."""

from curses_client.link import Link
from curses_client.state import TRACE, Kind, State, Window
from curses_client.story import Story
from curses_client.tap import Tap
from curses_client.texts import Texts


class Tracing:
    """Opens the window, and taps the link while that is wanted."""

    def __init__(self, state: State, texts: Texts, story: Story, link: Link) -> None:
        self._state = state
        self._texts = texts
        self._story = story
        self._link = link
        self._tap: Tap | None = None

    def begin(self) -> None:
        """Show the window, with how to read it, and watch."""
        self._state.show(self._state.open(TRACE))
        if self._tap is None:
            # What explains the wire takes its time to load, and few ask for it.
            from curses_client.trace import Trace, TraceTap  # noqa: PLC0415

            trace = Trace(self._texts.language)
            for row in trace.heading():
                self._tell(row)
            self._tap = self._link.tap = TraceTap(trace, self._tell)

    def end(self) -> bool:
        """Watch no longer; what was seen stays. False where nobody was watching."""
        watching = self._tap is not None
        self._tap = self._link.tap = None
        return watching

    def closed(self, window: Window) -> None:
        """A window was closed: without its own there is nothing to watch for."""
        if window.target == TRACE:
            self.end()

    def _tell(self, row: str) -> None:
        """The row of the wire stands out, what explains it is indented below it."""
        window = self._state.find(TRACE)
        if window is not None:
            kind = Kind.PLAIN if row.startswith(" ") else Kind.HEADING
            self._story.notice(row, kind, window)
