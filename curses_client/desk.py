"""Where commands are typed and their answers shown: what every action works on.

The screen and the line mode are such desks. What only a screen has is behind ``Desk.screen``.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from curses_client import refusals
from curses_client.chat import Chat
from curses_client.front import Failure, Stored
from curses_client.help import Row
from curses_client.settings import Settings
from curses_client.texts import Texts
from curses_client.transfers import Transfers
from wire.parser import Frame

SURE_SECONDS: Final = 10.0
"""Within so long a command that is said twice counts as meant."""


class Twice:
    """What is only done when it is asked for twice, one time right behind the other."""

    def __init__(self) -> None:
        self._what = ""
        self._at = 0.0

    def asked(self, what: str, now: float) -> bool:
        """Whether ``what`` was asked for a moment ago already; ``now`` in seconds."""
        again = what == self._what and now - self._at <= SURE_SECONDS
        self._what, self._at = "" if again else what, now
        return again


class Place(Protocol):
    """Where the answer to a command is shown."""

    def notice(self, text: str) -> None:
        """Tell something."""

    def error(self, text: str) -> None:
        """Tell that something went wrong."""

    def tell(self, rows: Sequence[Row]) -> None:
        """Tell rows as they are."""


class Desk(Protocol):
    """Where commands are typed and their answers shown."""

    twice: Twice
    chat: Chat
    texts: Texts
    transfers: Transfers
    settings: Settings

    @property
    def now(self) -> float:
        """Seconds that never jump."""

    @property
    def screen(self) -> "Windows | None":
        """The windows, where there are any."""

    @property
    def target(self) -> str:
        """Who hears what is typed now: ``#room``, ``@name``, ``*`` or "" for nobody."""

    def here(self) -> Place:
        """The place of now: what is told there stays there when one goes elsewhere."""

    def met(self, names: Sequence[str]) -> None:
        """The server told of somebody: such names can be completed."""

    def notice(self, text: str) -> None:
        """Tell something."""

    def error(self, text: str) -> None:
        """Tell that something went wrong."""

    def tell(self, rows: Sequence[Row]) -> None:
        """Tell rows as they are."""

    def go_to(self, target: str) -> None:
        """Type to ``target`` from now on."""

    def leave(self, target: str) -> None:
        """``target`` was left."""

    def older(self, count: int) -> None:
        """Fetch and show what was said before."""

    def found(self, what: str, events: Sequence[Stored]) -> None:
        """Show what a search found."""

    def leave_obrol(self, reason: str) -> None:
        """End the client."""


class Windows(Protocol):
    """What a screen has besides."""

    @property
    def shown(self) -> str:
        """The target of the window that is shown, also where nobody hears."""

    def go_to_number(self, number: int) -> bool:
        """Go to a window; False when there is none of that number."""

    def last_whisperer(self) -> str:
        """Who wrote to me alone last; "" when nobody did."""

    def close(self) -> None:
        """Close the window that is shown."""

    def mark(self) -> None:
        """All that is in the window was read."""

    def clear(self) -> None:
        """Empty the window."""

    def edit(self) -> None:
        """Write the input line in an editor."""

    def run(self, command: str, *, say: bool) -> None:
        """Run a program and show, or say, what it prints."""

    def trace(self, *, on: bool) -> bool:
        """Show the wire, or do not any longer; False where it was not shown."""

    def log(self, *, on: bool) -> bool:
        """Follow the server's log, or do not any longer; False, and told, where that cannot be."""

    def sheet(self) -> None:
        """Show every key and command."""

    def redraw(self) -> None:
        """Draw everything again."""

    def restyle(self) -> None:
        """The settings were changed."""


def order(desk: Desk, what: str, verb: str, *args: str) -> bool:
    """Ask the server to do something, and tell only when it does not; see :func:`ask`."""
    return ask(desk, what, len, verb, *args)  # `len`: there is nothing to show


def ask(
    desk: Desk, what: str, show: Callable[[list[Frame]], object], verb: str, *args: str
) -> bool:
    """Ask the server; ``show`` gets the lines of a good answer, ``what`` names a bad one.

    False: it was not even sent.
    """
    refused = False

    def answer(frames: list[Frame], failure: Failure | None) -> None:
        nonlocal refused
        if failure is None:
            show(frames[:-1])
            return
        refused = True
        if failure.code:
            why = refusals.why(desk.texts, failure, verb, *args)
            desk.error(desk.texts("failed", what=what, why=why))
        else:
            desk.error(desk.texts("offline"))

    desk.chat.ask(answer, verb, *args)
    return not refused


def no_room(desk: Desk) -> bool:
    """Tell that a command wants a room."""
    desk.error(desk.texts("no-target"))
    return False
