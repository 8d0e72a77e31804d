"""The screen's side of the start: puts the parts together and runs them."""

import gc
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from curses_client.alerts import Alerts
from curses_client.app import App
from curses_client.chat import Before, Chat
from curses_client.keeper import Keeper
from curses_client.memory import Memory
from curses_client.places import DEFAULT_ROOM
from curses_client.screen import Screen
from curses_client.state import State
from curses_client.story import Story
from reactor.loop import Loop
from wire.grammar import EVERYBODY

if TYPE_CHECKING:
    from curses_client.start import Start

_XTERM: Final = "xterm"
_YOUNG_OBJECTS: Final = 10_000
_YOUNG_ROUNDS: Final = 50
_OLD_ROUNDS: Final = 1_000_000
"""The collector looks at young objects alone: a walk through a hundred thousand lines would hold a
key up for longer than the rest of a turn, and lines make no cycles."""


def run(start: "Start", screen: Screen) -> str:
    """Run the client on ``screen``; what is to be told on the plain terminal afterwards, or ""."""
    gc.set_threshold(_YOUNG_OBJECTS, _YOUNG_ROUNDS, _OLD_ROUNDS)
    loop = Loop()
    name = start.words.name
    memory = Memory(start.words.data, start.store.server, name, loop)
    memory.load()
    state = State(name)
    keeper = Keeper(memory, state, start.words.data)
    app = App(loop, screen, start.texts, state, start.settings)
    story = Story(state, start.texts, app, loop.clock, Alerts(start.settings))
    before = Before(list(memory.outbox), memory.history, memory.read)
    backlog = start.settings.number("backlog")
    chat = Chat(loop, start.addresses, start.store, story, name, backlog, before, start.security)
    story.chat = keeper.chat = chat
    start.hand_over(chat)
    chat.on_outbox = memory.touch
    _tell_at_first(start, screen, story)
    story.console = start.room == EVERYBODY
    if story.console:
        state.show(state.open(EVERYBODY))
    else:
        _open_again(memory.open, chat, state, start)
    app.run(chat, story, start.downloads, keeper)
    return app.error_after


def _open_again(targets: Sequence[str], chat: Chat, state: State, start: "Start") -> None:
    """Open what was open when the last run ended, then what was asked for, and show that.

    Where no room was asked for, it is the first one that there is.
    """
    room = start.room or next((t for t in targets if t.startswith("#")), DEFAULT_ROOM)
    to = start.words.to or EVERYBODY
    wanted = [room] if to == EVERYBODY else [room, to]
    for target in (*targets, *wanted):
        if target.startswith("#"):
            chat.join(target)
        state.open(target)
    state.show(state.open(wanted[-1]))


def _tell_at_first(start: "Start", screen: Screen, story: Story) -> None:
    """What is wrong with the settings or the terminal stands in window 1."""
    texts, wanted = start.texts, screen.wanted
    if start.told:
        story.notice(start.told)
    for problem in start.wrong_settings():
        story.error(problem)
    if screen.known_as != wanted:
        story.error(texts("fallback", wanted=wanted, known=screen.known_as))
    elif os.environ.get("TMUX") and wanted.startswith(_XTERM):
        story.error(texts("tmux-term", term=wanted))
