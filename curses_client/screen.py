"""The terminal: the only importer of curses. Rows come in, the difference goes out.

Raw mode, because Ctrl+S, Ctrl+Q, Ctrl+C and Ctrl+Z are keys here; keys themselves are read by
``keys`` from the same descriptor. The terminal is given back in ``close``, whatever happened.
"""

import contextlib
import curses
import locale
import os
import signal
from collections.abc import Iterator, Mapping
from typing import Final

from curses_client.colours import DEFAULT_COLOUR, Colour
from curses_client.picture import Picture, Row, Style

STDOUT: Final = 1
_FALLBACKS: Final = ("xterm-256color", "vt100")
"""Tried in turn where the terminal calls itself something that nobody here knows."""
_ON: Final = b"\x1b[?2004h\x1b[?1004h"
_OFF: Final = b"\x1b[?1004l\x1b[?2004l"
"""Bracketed paste and focus reports (xterm, ctlseqs: DECSET 2004, 1004)."""
_BELL: Final = b"\a"
_SMALLEST: Final = 1

_MOUSE_ON: Final = b"\x1b[?1000h\x1b[?1006h"
_MOUSE_OFF: Final = b"\x1b[?1006l\x1b[?1000l"
"""Presses of the buttons and the wheel, in decimal (xterm, ctlseqs: DECSET 1000, 1006)."""
_ATTRIBUTES: Final = {
    "bold": curses.A_BOLD,
    "dim": curses.A_DIM,
    "reverse": curses.A_REVERSE,
    "underline": curses.A_UNDERLINE,
}
_LEAST_COLOURS: Final = 8


class NoScreenError(Exception):
    """The terminal cannot show a screen; line mode can be used."""


class Screen:
    """The terminal of standard output, from construction to :meth:`close`.

    Raises :class:`NoScreenError`; ``known_as`` is the terminal type that was used in the end
    where nobody here knew the ``wanted`` one,
    ``unicode`` tells whether it can be sent more than ASCII.
    """

    def __init__(self) -> None:
        self.unicode = _set_locale()
        os.environ.setdefault("ESCDELAY", "25")
        self.wanted = os.environ.get("TERM", "")
        self.known_as = _usable_terminal()
        self._window = curses.initscr()
        self._last: list[Row] = []
        self._attributes: dict[Style, int] = dict.fromkeys(Style, curses.A_NORMAL)
        self._coloured = False
        self._mouse = False
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
        with _stops_wait():
            curses.doupdate()

    def bell(self) -> None:
        """Call the user."""
        self._write(_BELL)

    def use(self, colours: Mapping[Style, Colour], *, mouse: bool) -> None:
        """How every style looks from now on, and whether the wheel is read."""
        pairs: dict[tuple[int, int], int] = {}
        for style, colour in colours.items():
            look = 0
            for name in colour.attributes:
                look |= _ATTRIBUTES[name]
            self._attributes[style] = look | self._pair(colour, pairs)
        if mouse is not self._mouse:
            self._mouse = mouse
            self._write(_MOUSE_ON if mouse else _MOUSE_OFF)

    def _pair(self, colour: Colour, pairs: dict[tuple[int, int], int]) -> int:
        wanted = colour.foreground, colour.background
        if wanted == (DEFAULT_COLOUR, DEFAULT_COLOUR):
            return 0
        if not self._coloured:
            # Without colours, a coloured bar must still be seen as one.
            return curses.A_REVERSE if colour.background != DEFAULT_COLOUR else 0
        if wanted not in pairs:
            pairs[wanted] = len(pairs) + 1
            with contextlib.suppress(curses.error):  # more pairs than this terminal has
                curses.init_pair(pairs[wanted], *wanted)
        return curses.color_pair(pairs[wanted])

    def suspend(self) -> None:
        """Give the terminal back for a while."""
        self._write(_MOUSE_OFF * self._mouse + _OFF)
        curses.endwin()

    def resume(self) -> None:
        """Take the terminal again."""
        with _stops_wait():
            self._window.refresh()
        self._write(_ON + _MOUSE_ON * self._mouse)
        self.resize()

    def close(self) -> None:
        """Give the terminal back."""
        self._write(_MOUSE_OFF * self._mouse + _OFF)
        with contextlib.suppress(curses.error):
            curses.endwin()

    def _set_up(self) -> None:
        curses.raw()
        curses.noecho()
        curses.nonl()
        self._window.leaveok(False)  # noqa: FBT003 - curses' own signature
        if curses.has_colors() and not os.environ.get("NO_COLOR"):
            curses.start_color()
            curses.use_default_colors()
            self._coloured = curses.COLORS >= _LEAST_COLOURS
        self._write(_ON)

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


def _set_locale() -> bool:
    """Take the user's locale; ssh often brings one that this machine does not have."""
    for name in ("", "C.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        if locale.nl_langinfo(locale.CODESET) == "UTF-8":
            return True
    return False


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


@contextlib.contextmanager
def _stops_wait() -> Iterator[None]:
    """A SIGTSTP that comes meanwhile is delivered after it.

    While ncurses writes it has SIGTSTP ignored (its lib_tstp.c), so one that came then would be
    lost. Of a signal that is blocked Linux keeps what is ignored too (kernel/signal.c).
    """
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
