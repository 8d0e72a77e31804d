"""The desk of the screen: what commands and keys do to the windows."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from curses_client import actions, help, reading  # noqa: A004
from curses_client.chat import Chat
from curses_client.desk import Place, Twice
from curses_client.front import Stored
from curses_client.screen import Screen
from curses_client.serverlog import ServerLog
from curses_client.settings import Settings
from curses_client.state import FOUND, SHEET, Anchor, Kind, State, Window
from curses_client.story import Story
from curses_client.texts import Texts
from curses_client.tracing import Tracing
from curses_client.transfers import Transfers
from curses_client.view import NAMES_FROM_COLUMNS
from reactor.loop import Loop

if TYPE_CHECKING:
    from curses_client.external_editor import Edited, Editing
    from curses_client.programs import Outcome, Running

OUTPUT_LINES: Final = 10
"""An output of more lines than these is asked about before it is said: it may be a whole disk."""


class House(Protocol):
    """What the desk stands in: the client."""

    def changed(self) -> None:
        """What is shown is not true any longer."""

    def restyle(self) -> None:
        """The settings were changed."""

    def away_from_keyboard(self, *, away: bool) -> None:
        """Another program has the terminal, or it is ours again."""

    def suspend(self, *, job: bool) -> None:
        """Give the terminal back and stop; ``job``: with all that the shell started with us."""

    def leave(self, reason: str) -> None:
        """End the client."""


_NAMES_KEPT: Final = 1000
"""So many names from answers to ``/who`` are remembered for completion."""


class _Pane:
    """A :class:`desk.Place`: the window that was shown when it was made, while it is open."""

    def __init__(self, state: State, story: Story) -> None:
        self._state = state
        self._story = story
        self._window = state.current

    def notice(self, text: str) -> None:
        self._story.notice(text, window=self._open())

    def error(self, text: str) -> None:
        self._story.notice(text, Kind.ERROR, self._open())

    def tell(self, rows: Sequence[help.Row]) -> None:
        window = self._open()
        for row in rows:
            self._story.notice(row.text, Kind.HEADING if row.heading else Kind.PLAIN, window)
        window.to_bottom()

    def _open(self) -> Window:
        return self._window if self._window in self._state.windows else self._state.current


class WindowDesk:
    """See :class:`desk.Desk` and :class:`desk.Windows`; it is both."""

    def __init__(
        self,
        house: House,
        loop: Loop,
        state: State,
        texts: Texts,
        settings: Settings,
        screen: Screen,
        story: Story,
        chat: Chat,
        transfers: Transfers,
    ) -> None:
        self.chat = chat
        self.texts = texts
        self.settings = settings
        self.transfers = transfers
        self.ask_first: Callable[[str, str], bool] = lambda *_: False
        """Ask whether a text shall be said to a target; False where that cannot be asked now."""
        self._house = house
        self._loop = loop
        self._state = state
        self._terminal = screen
        self._story = story
        self.twice = Twice()
        self._tracing = Tracing(state, texts, story, chat.link)
        self._log = ServerLog(state, texts, story, chat)
        self._met: dict[str, None] = {}  # who the server told of, besides those in the windows
        self._running: list[Running] = []
        self._warned: set[str] = set()  # files of which was told that they are on their way
        self._editing: Editing | None = None

    @property
    def screen(self) -> "WindowDesk":
        """See :class:`desk.Desk`."""
        return self

    @property
    def now(self) -> float:
        """See :class:`desk.Desk`."""
        return self._loop.now

    @property
    def target(self) -> str:
        """See :class:`desk.Desk`."""
        return self._state.current.target if self._state.current.heard else ""

    @property
    def shown(self) -> str:
        """See :class:`desk.Windows`."""
        return self._state.current.target

    @property
    def guarded(self) -> bool:
        """Whether a line of blanks and a slash is asked about."""
        return self.settings.on("slashguard")

    def here(self) -> Place:
        """See :class:`desk.Desk`."""
        return _Pane(self._state, self._story)

    def met(self, names: Sequence[str]) -> None:
        """See :class:`desk.Desk`; the oldest of very many are forgotten."""
        for name in names:
            self._met.pop(name, None)
            self._met[name] = None
        while len(self._met) > _NAMES_KEPT:
            del self._met[next(iter(self._met))]

    def notice(self, text: str) -> None:
        """See :class:`desk.Desk`."""
        self._story.notice(text)

    def error(self, text: str) -> None:
        """See :class:`desk.Desk`."""
        self._story.error(text)

    def tell(self, rows: Sequence[help.Row]) -> None:
        """See :class:`desk.Desk`."""
        self.here().tell(rows)

    def go_to(self, target: str) -> None:
        """See :class:`desk.Desk`."""
        self._state.show(self._state.open(target))
        if target.startswith("@"):
            self._story.ask_whether_away(target)
        self._house.changed()

    def leave(self, target: str) -> None:
        """See :class:`desk.Desk`."""
        window = self._state.find(target)
        if window is not None:
            self._state.close(window)
        self._house.changed()

    def older(self, count: int) -> None:
        """See :class:`desk.Desk`."""
        window = self._state.current
        if not window.heard:
            self.error(self.texts("no-target"))
        else:
            self.chat.older(
                window.target, count, lambda events: self._story.put_before(window, events)
            )

    def found(self, what: str, events: Sequence[Stored]) -> None:
        """See :class:`desk.Desk`: a window of its own, so that no talk is interrupted."""
        window = self._state.open(FOUND)
        window.clear()
        window.topic = what
        self._state.show(window)
        for event in events:
            self._story.quote(window, event)
        count = self.texts("found", count=len(events), words=what)
        self._story.notice(count if events else self.texts("found-none", words=what))

    def leave_obrol(self, reason: str) -> None:
        """See :class:`desk.Desk`; while files are on their way, the second time counts."""
        going = {transfer.name: None for transfer in self.transfers.left}
        if going.keys() - self._warned:
            self._warned |= going.keys()
            self.notice(self.texts("leave-files", names=", ".join(going)))
            return
        self.stop_programs()
        self._house.leave(reason)

    def go_to_number(self, number: int) -> bool:
        """See :class:`desk.Windows`."""
        window = next((w for w in self._state.windows if w.number == number), None)
        if window is not None:
            self._state.show(window)
            self._house.changed()
        return window is not None

    def last_whisperer(self) -> str:
        """See :class:`desk.Windows`."""
        return self._story.whisperer

    def close(self) -> None:
        """See :class:`desk.Windows`."""
        self._tracing.closed(self._state.current)
        self._log.closed(self._state.current)
        self._state.close(self._state.current)
        self._house.changed()

    def mark(self) -> None:
        """See :class:`desk.Windows`."""
        self._state.current.mark_here()
        self._state.current.looked_at()

    def clear(self) -> None:
        """See :class:`desk.Windows`."""
        self._state.current.clear()

    def edit(self) -> None:
        """See :class:`desk.Windows`: the talk goes on meanwhile, only nothing is drawn."""
        # Programs take their time to load; the first paint does not wait for them.
        from curses_client import external_editor  # noqa: PLC0415

        editor = self._state.current.editor

        def done(edited: "Edited") -> None:
            self._editing = None
            self._house.away_from_keyboard(away=False)
            if edited.text is not None:
                editor.set_text(edited.text.rstrip("\n"))
            if edited.reason is not None:
                why = edited.reason.say(self.texts.language)
                self.error(self.texts("no-editor", why=why))

        if self._editing is None:
            self._house.away_from_keyboard(away=True)
            self._editing = external_editor.edit(self._loop, editor.text, done)

    def run(self, command: str, *, say: bool) -> None:
        """See :class:`desk.Windows`."""
        from curses_client import programs  # noqa: PLC0415 - as above

        target = self.target if say else ""

        def done(outcome: "Outcome") -> None:
            self._running.remove(running)
            self._ran(command, outcome, target)

        running = programs.run(self._loop, command, done)
        self._running.append(running)

    def _ran(self, command: str, outcome: "Outcome", target: str) -> None:
        """Show what a program printed, or say it as one message."""
        text = outcome.text.rstrip("\n")
        count = text.count("\n") + 1
        if target and count > OUTPUT_LINES:
            if not self.ask_first(text, target):
                self.error(self.texts("ran-unsaid", command=command, count=count))
                target = ""
        elif target and not actions.say(self, text, target=target):
            target = ""
        if not target:
            self.tell([help.Row(line) for line in text.split("\n") if text])
        if outcome.cut:
            self.notice(self.texts("ran-cut", command=command))
        if outcome.timed_out:
            self.error(self.texts("ran-out", command=command))
        elif outcome.code or not text:
            self.notice(self.texts("ran", command=command, code=outcome.code))

    def changed(self) -> None:
        """What is shown is not true any longer, and nobody else may say so in this turn."""
        self._house.changed()
        self._loop.restless()

    def stop_programs(self) -> None:
        """End what still runs: nothing outlives the client."""
        for running in self._running:
            running.stop()
        if self._editing is not None:
            self._editing.stop()

    def trace(self, *, on: bool) -> bool:
        """See :class:`desk.Windows`."""
        self._house.changed()
        if not on:
            return self._tracing.end()
        self._tracing.begin()
        return True

    def log(self, *, on: bool) -> bool:
        """See :class:`desk.Windows`: its window is shown when the server has said yes."""
        if on and not self.chat.online:
            self.error(self.texts("offline"))
        elif on:
            self._log.begin(self._state.show)
        elif not self._log.end(self.notice):
            self.error(self.texts("not-followed"))
            return False
        self._house.changed()
        return not on or self.chat.online

    def follow_log(self) -> None:
        """Follow the server's log in a window of its own, and stay in this one."""
        self._log.begin()

    def known_names(self) -> list[str]:
        """Who can be meant in a window in which nobody is: all who are known of.

        In a room they are those of the room alone, lest a slip calls somebody of another one.
        """
        if self._state.current.people:
            return []
        there = [name for window in self._state.windows for name in window.people.values()]
        return list(dict.fromkeys([*there, *self._met]))

    def sheet(self) -> None:
        """See :class:`desk.Windows`: from its top on, in a window of its own."""
        window = self._state.open(SHEET)
        window.clear()
        self._state.show(window)
        self.tell(help.sheet(self.texts))
        window.anchor = Anchor(0, 0)
        self._house.changed()

    def redraw(self) -> None:
        """See :class:`desk.Windows`."""
        self._terminal.redraw()

    def restyle(self) -> None:
        """See :class:`desk.Windows`."""
        self._house.restyle()

    def toggle(self, name: str) -> None:
        """Turn a switch of the settings over, and keep it so."""
        reading.change(self, name, "off" if self.settings.on(name) else "on")

    def toggle_names(self) -> None:
        """The list of names, on or off."""
        wanted = self.settings.text("nicklist")
        shown = wanted == "on" or (
            wanted == "auto" and self._terminal.size()[0] >= NAMES_FROM_COLUMNS
        )
        reading.change(self, "nicklist", "off" if shown else "on")

    def suspend(self) -> None:
        """Ctrl+Z: back to the shell until it continues us."""
        self._house.suspend(job=True)
