"""The terminal: the only importer of curses. Rows come in, the difference goes out.

Raw mode, because Ctrl+S, Ctrl+Q, Ctrl+C and Ctrl+Z are keys here; keys themselves are read by
``keys`` from the same descriptor. The terminal is given back in ``close``, whatever happened.
"""

import contextlib
import curses
import locale
import os
from typing import Final

from curses_client.view import NICKS, Picture, Row, Style

STDOUT: Final = 1
_FALLBACKS: Final = ("xterm-256color", "vt100")
"""Tried in turn where the terminal calls itself something that nobody here knows."""
_ON: Final = b"\x1b[?2004h\x1b[?1004h"
_OFF: Final = b"\x1b[?1004l\x1b[?2004l"
"""Bracketed paste and focus reports (xterm, ctlseqs: DECSET 2004, 1004)."""
_BELL: Final = b"\a"
_SMALLEST: Final = 1

_NICK_COLOURS: Final = (
    curses.COLOR_RED,
    curses.COLOR_GREEN,
    curses.COLOR_MAGENTA,
    curses.COLOR_CYAN,
)
"""Readable on black and on white: no dark blue, no yellow, no white. Bold doubles them."""
_ALARM_PAIR: Final = len(_NICK_COLOURS) + 1
_NOTICE_PAIR: Final = _ALARM_PAIR + 1


class NoScreenError(Exception):
    """The terminal cannot show a screen; line mode can be used."""


class Screen:
    """The terminal of standard output, from construction to :meth:`close`.

    Raises :class:`NoScreenError`; ``known_as`` is the terminal type that was used in the end.
    """

    def __init__(self) -> None:
        _set_locale()
        os.environ.setdefault("ESCDELAY", "25")
        self.known_as = _usable_terminal()
        self._window = curses.initscr()
        self._last: list[Row] = []
        self._attributes: dict[Style, int] = {}
        try:
            self._set_up()
        except curses.error as error:
            self.close()
            raise NoScreenError(str(error)) from error

    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        rows, columns = self._window.getmaxyx()
        return columns, rows

    def resize(self) -> None:
        """The terminal has another size: everything is drawn anew."""
        columns, rows = os.get_terminal_size(STDOUT)
        curses.resizeterm(max(_SMALLEST, rows), max(_SMALLEST, columns))
        self.redraw()

    def redraw(self) -> None:
        """Trust nothing that is on the terminal."""
        self._last = []
        self._window.clear()

    def draw(self, picture: Picture) -> None:
        """Show ``picture``; only rows that changed are touched, and curses sends what differs."""
        columns, height = self.size()
        for y, row in enumerate(picture.rows[:height]):
            if y >= len(self._last) or self._last[y] != row:
                self._draw_row(y, row)
        self._last = picture.rows
        y, x = picture.cursor
        with contextlib.suppress(curses.error):  # a resize is under way: the next one draws right
            self._window.move(min(y, height - 1), min(x, columns - 1))
        self._window.noutrefresh()
        curses.doupdate()

    def bell(self) -> None:
        """Call the user."""
        self._write(_BELL)

    def suspend(self) -> None:
        """Give the terminal back for a while."""
        self._write(_OFF)
        curses.endwin()

    def resume(self) -> None:
        """Take the terminal again."""
        self._window.refresh()
        self._write(_ON)
        self.resize()

    def close(self) -> None:
        """Give the terminal back."""
        self._write(_OFF)
        with contextlib.suppress(curses.error):
            curses.endwin()

    def _set_up(self) -> None:
        curses.raw()
        curses.noecho()
        curses.nonl()
        self._window.leaveok(False)  # noqa: FBT003 - curses' own signature
        self._attributes = dict.fromkeys(Style, curses.A_NORMAL)
        self._attributes |= {
            Style.BAR: curses.A_REVERSE,
            Style.ALARM: curses.A_REVERSE | curses.A_BOLD,
            Style.DIM: curses.A_DIM,
            Style.ERROR: curses.A_BOLD,
            Style.MENTION: curses.A_BOLD,
            Style.MINE: curses.A_BOLD,
            Style.PENDING: curses.A_DIM,
        }
        if curses.has_colors() and not os.environ.get("NO_COLOR"):
            self._set_up_colours()
        self._write(_ON)

    def _set_up_colours(self) -> None:
        curses.start_color()
        curses.use_default_colors()
        for number, colour in enumerate(_NICK_COLOURS, 1):
            curses.init_pair(number, colour, -1)
        curses.init_pair(_ALARM_PAIR, curses.COLOR_WHITE, curses.COLOR_RED)
        curses.init_pair(_NOTICE_PAIR, curses.COLOR_CYAN, -1)
        for number, style in enumerate(NICKS):
            bold = curses.A_BOLD if number >= len(_NICK_COLOURS) else curses.A_NORMAL
            self._attributes[style] = curses.color_pair(number % len(_NICK_COLOURS) + 1) | bold
        self._attributes[Style.ALARM] = curses.color_pair(_ALARM_PAIR) | curses.A_BOLD
        self._attributes[Style.NOTICE] = curses.color_pair(_NOTICE_PAIR)

    def _draw_row(self, y: int, row: Row) -> None:
        """Write one row. The view leaves the last cell of the last row free: it would scroll."""
        with contextlib.suppress(curses.error):  # only when the terminal just became smaller
            self._window.move(y, 0)
            self._window.clrtoeol()
            for text, style in row:
                self._window.addstr(text, self._attributes[style])

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(STDOUT, data)


def _set_locale() -> None:
    """Take the user's locale; ssh often brings one that this machine does not have."""
    for name in ("", "C.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        if locale.nl_langinfo(locale.CODESET) == "UTF-8":
            return


def _usable_terminal() -> str:
    """Set curses up for the terminal, or for one that most terminals understand."""
    wanted = os.environ.get("TERM", "")
    for name in (wanted, *_FALLBACKS):
        try:
            curses.setupterm(name or "unknown", STDOUT)
        except curses.error:
            continue
        if curses.tigetstr("cup"):
            os.environ["TERM"] = name
            return name
    raise NoScreenError(f"TERM={wanted}")
