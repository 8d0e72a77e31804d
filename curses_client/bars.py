"""The title above the pane and the status bar below it. Pure."""

import math
from collections.abc import Iterable
from enum import Enum
from typing import Final

from curses_client import cells
from curses_client.picture import Row, Span, Style
from curses_client.state import (
    FOUND,
    LOG,
    SHEET,
    STATUS,
    TRACE,
    Connection,
    Level,
    State,
    Window,
)
from curses_client.texts import Texts
from wire.grammar import EVERYBODY

_ALARMS: Final = ("link-lost", "link-lost-narrow", "link-lost-tiny")
"""How the loss of the link is told: the first that fits, for the seconds must be seen."""
_TITLES: Final = {
    STATUS: "status-title", SHEET: "title-help", FOUND: "title-search", TRACE: "title-trace",
    LOG: "title-log", EVERYBODY: "title-everybody",
}  # fmt: skip
_SIGNS: Final = {"verified": "+", "operator": "*"}
"""The badges of WELCOME as NAMES writes them."""
_NAMES: Final = {
    SHEET: "window-help", FOUND: "window-search", TRACE: "window-trace", LOG: "window-log",
    EVERYBODY: "everybody",
}  # fmt: skip
LAG_SHOWN: Final = 0.15
"""Seconds from which the bar tells how far the server is."""


class _Worth(Enum):
    """What the bar drops first, where it is short."""

    LAG = 0
    CLOCK = 1
    NAME = 2
    FILES = 3
    ACTIVITY = 4
    MORE = 5
    TARGET = 6


def window_name(window: Window, texts: Texts) -> str:
    """What a window is called: its target, or what it tells."""
    key = _NAMES.get(window.target)
    return texts(key) if key else window.target.removeprefix(":") or "obrol"


class Bars:
    """Draws the two bars of a state in one language."""

    def __init__(self, state: State, texts: Texts) -> None:
        self._state = state
        self._texts = texts

    def title(self, columns: int) -> Row:
        """What the window is, its topic, how many are there."""
        window = self._state.current
        right = ""
        if window.target.startswith("#"):
            topic = self._texts("topic", text=window.topic) if window.topic else ""
            right = f" {self._texts('people', count=len(window.people))} "
            left = f" {window.target} │ {topic or self._texts('no-topic')}"
        elif window.target.startswith("@"):
            away = self._texts("is-away", text=window.away) if window.away else ""
            left = f" {window.target} │ {away or self._texts('private')}"
        else:
            key = _TITLES[window.target]
            left = " " + self._texts(key, text=window.topic)
        text = cells.pad(cells.safe(left), columns - cells.width(right)) + right
        return (Span(cells.pad(text, columns), Style.BAR),)

    def status(self, columns: int, clock: str, now: float, hint: tuple[str, ...] = ()) -> Row:
        """The bar that always names the target; while the link is down, it says so in red.

        ``hint``: what it tells instead for a moment, the first form that fits.
        """
        lost = self._state.connection is Connection.LOST
        if hint:
            told = next((h for h in hint if cells.width(h) < columns), hint[-1])
            return (Span(cells.pad(f" {told}", columns), Style.ALARM if lost else Style.BAR),)
        if lost:
            return (Span(self._alarm(columns, now), Style.ALARM),)
        # What does not fit goes, the least important first; the target never does.
        parts = self._parts(clock)
        while len(parts) > 1 and _width(parts) > columns:
            parts.remove(min(parts, key=lambda part: part[0].value))
        row = [Span(" ", Style.BAR)]
        for worth, text in parts:
            calls = worth is _Worth.ACTIVITY and "!" in text
            row += [Span(cells.safe(text), Style.BUSY if calls else Style.BAR),
                    Span(" ", Style.BAR)]  # fmt: skip
        if len(parts) == 1:
            return (Span(cells.pad(" " + cells.safe(parts[0][1]), columns), Style.BAR),)
        row.append(Span(" " * (columns - _width(parts)), Style.BAR))
        return tuple(row)

    def _parts(self, clock: str) -> list[tuple[_Worth, str]]:
        state = self._state
        away = f" {self._texts('away')}" if state.away else ""
        name = state.name + badge(_SIGNS[word] for word in state.badges.split(",")
                                  if word in _SIGNS) + away  # fmt: skip
        parts = [
            (_Worth.CLOCK, f"[{clock}]"),
            (_Worth.NAME, f"[{name}]"),
            (_Worth.TARGET, f"{state.current.number}:{self._name(state.current)}"),
            *((_Worth.ACTIVITY, text) for text in self._activity()),
            *((_Worth.FILES, f"[{text}]") for text in state.progress),
        ]
        if state.lag >= LAG_SHOWN:
            parts.append((_Worth.LAG, self._texts("lag", seconds=self._texts.tenths(state.lag))))
        if state.current.below:
            parts.append((_Worth.MORE, self._texts("more-below", count=state.current.below)))
        if state.connection is Connection.TRYING:
            parts.append((_Worth.MORE, "…"))
        return parts

    def _alarm(self, columns: int, now: float) -> str:
        state = self._state
        target = f"{state.current.number}:{self._name(state.current)}"
        seconds = max(0, math.ceil(state.retry_at - now))
        reason = self._texts.lost(state.reason)
        told = [self._texts(key, reason=reason, seconds=seconds) for key in _ALARMS]
        bars = [cells.safe(f" {target} {alarm}") for alarm in told]
        text = next((bar for bar in bars if cells.width(bar) <= columns), bars[-1])
        return cells.pad(text, columns)

    def _activity(self) -> list[str]:
        busy = [
            f"{w.number}:{self._name(w)}({w.unread}{'!' * (w.level is Level.MENTION)})"
            for w in sorted(self._state.windows, key=lambda w: (-w.level.value, w.number))
            if w.level is not Level.NONE and w is not self._state.current
        ]
        return [f"[{self._texts('activity', windows=','.join(busy))}]"] if busy else []

    def _name(self, window: Window) -> str:
        return window_name(window, self._texts)


def badge(signs: Iterable[str]) -> str:
    """The signs of NAMES as the client shows them: verified first, then operator."""
    found = frozenset(signs)
    return ("✓" if "+" in found else "") + ("*" if "*" in found else "")


def _width(parts: list[tuple[_Worth, str]]) -> int:
    return sum(cells.width(cells.safe(text)) + 1 for _, text in parts) + 1
