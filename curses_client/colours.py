"""How each style looks, as people write it (``"bold red"``), with what it looks like at first.

Pure: the numbers are those of the ANSI colours, which curses shares.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from curses_client.picture import NICKS, Style
from wire.errors import Words

DEFAULT_COLOUR: Final = -1
"""The terminal's own foreground or background, as curses numbers it."""
COLOURS: Final[Mapping[str, int]] = {
    "default": DEFAULT_COLOUR,
    "black": 0,
    "red": 1,
    "green": 2,
    "yellow": 3,
    "blue": 4,
    "magenta": 5,
    "cyan": 6,
    "white": 7,
}
"""The colours that every terminal has, by name."""
ATTRIBUTES: Final = ("bold", "dim", "reverse", "underline")
_BACKGROUND_FOLLOWS: Final = "on"


class Colour(NamedTuple):
    """A look: numbers of :data:`COLOURS`, and any of :data:`ATTRIBUTES`."""

    foreground: int = DEFAULT_COLOUR
    background: int = DEFAULT_COLOUR
    attributes: frozenset[str] = frozenset()


class Look(NamedTuple):
    """What a style looks like unless the user says otherwise, and what it is the style of."""

    text: str
    help: Words


LOOKS: Final[Mapping[Style, Look]] = {
    Style.PLAIN: Look("default", Words("text", "teks")),
    Style.BAR: Look("reverse", Words("title and status bar", "baris judul dan status")),
    Style.ALARM: Look(
        "bold white on red",
        Words("the bar while the connection is lost", "baris status saat sambungan putus"),
    ),
    Style.DIM: Look("dim", Words("times, comings and goings", "jam, orang masuk dan keluar")),
    Style.NOTICE: Look("cyan", Words("what the client says", "pesan dari program")),
    Style.ERROR: Look("bold", Words("what went wrong", "yang gagal")),
    Style.MENTION: Look("bold", Words("a line that names you", "baris yang menyebut namamu")),
    Style.MINE: Look("bold", Words("your own name", "namamu sendiri")),
    Style.PENDING: Look(
        "dim", Words("a line that is not acknowledged yet", "baris yang belum diakui server")
    ),
    Style.BUSY: Look(
        "bold reverse", Words("the bar, where somebody calls you", "baris status saat dipanggil")
    ),
    Style.MARK: Look(
        "magenta", Words("the line above what was not read", "garis di atas yang belum dibaca")
    ),
    Style.FOUND: Look("reverse", Words("what a search found", "hasil pencarian")),
    Style.HEADING: Look("bold", Words("headings of the help", "judul di bantuan")),
    # Readable on black and on white: no dark blue, no yellow, no white.
    **{
        style: Look(text, Words(f"names, colour {n} of 8", f"nama, warna {n} dari 8"))
        for n, (style, text) in enumerate(
            zip(
                NICKS,
                ("red", "green", "magenta", "cyan",
                 "bold red", "bold green", "bold magenta", "bold cyan"),
                strict=True,
            ),
            1,
        )
    },
}  # fmt: skip
"""Every style."""

STYLES: Final[Mapping[str, Style]] = {style.name.lower(): style for style in LOOKS}
"""The styles by the names that people write."""


def parse_colour(text: str) -> Colour | None:
    """The look that ``text`` asks for; None: it asks for none.

    It has attributes and at most one colour in any order, and after ``on`` a background:
    ``bold red``, ``default``, ``reverse``, ``cyan on default``. Case does not matter.
    """
    front, on, back = text.lower().partition(f" {_BACKGROUND_FOLLOWS} ")
    words = front.split()
    colours = [word for word in words if word in COLOURS]
    attributes = frozenset(words) & frozenset(ATTRIBUTES)
    background = COLOURS.get(back.strip() if on else "default")
    understood = all(word in COLOURS or word in ATTRIBUTES for word in words)
    if not words or not understood or len(colours) > 1 or background is None:
        return None
    foreground = COLOURS[colours[0]] if colours else DEFAULT_COLOUR
    return Colour(foreground, background, attributes)
