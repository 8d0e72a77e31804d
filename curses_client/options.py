"""The table of settings: name, kind of value, what holds by default, what it is for.

Pure. A setting has a *name* for people (``bell``, ``colours.mention``, ``#lab.notify``,
``@fatur.notify``) and a *place* in the file (``("room", "#lab", "notify")``). ``/set`` is made from
this table.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from curses_client.colours import LOOKS, STYLES, parse_colour
from curses_client.nearest import nearest
from curses_client.texts import LANGUAGES, read_size
from curses_client.toml import Value
from wire.errors import Words
from wire.grammar import EVERYBODY, fold, is_target

Place = tuple[str, ...]
"""The names of the tables of the file, then the key; a room or ``@name`` is folded."""

OFF: Final = "off"
NOTHING: Final = "-"
"""How an empty list of words is shown and typed."""
BACKLOG_MOST: Final = 2000
MOST_WORDS: Final = 100
COLOURS_TABLE: Final = "colours"
ROOM_TABLE: Final = "room"


class Kind(NamedTuple):
    """What a value may be. Both readers give None for what it may not be.

    ``typed`` reads what a person writes after ``/set``, ``stored`` what the file holds.
    """

    wanted: Words
    typed: Callable[[str], Value | None]
    stored: Callable[[object], Value | None]


class Setting(NamedTuple):
    """One setting: its kind, what holds where it is not set, and what it is for."""

    kind: Kind
    default: Value
    help: Words


def _text_kind(wanted: Words, typed: Callable[[str], str | None]) -> Kind:
    """A kind that the file holds as it is typed."""
    return Kind(wanted, typed, lambda value: typed(value) if isinstance(value, str) else None)


def _choice(*options: str) -> Kind:
    listed = ", ".join(options)
    wanted = Words(f"it is one of: {listed}", f"pilihannya: {listed}")
    return _text_kind(wanted, lambda text: text.lower() if text.lower() in options else None)


def _number(least: int, most: int) -> Kind:
    def stored(value: object) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if least <= value <= most else None

    return Kind(
        Words(f"it is a number, {least} to {most}", f"isinya angka, {least} sampai {most}"),
        lambda text: stored(int(text)) if re.fullmatch("[0-9]{1,9}", text) else None,
        stored,
    )


def _typed_size(text: str) -> str | None:
    if text.lower() == OFF:
        return OFF
    return None if read_size(text) is None else text.strip()


def _stored_size(value: object) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return _typed_size(str(value)) if whole or isinstance(value, str) else None


_WORD: Final = re.compile(r'(-?)"([^"]*)"?|[^\s,]+')
_NEEDS_QUOTES: Final = re.compile(r"[\s,]")


def split_words(text: str) -> list[str]:
    """The words of ``text``, between blanks and commas; ``"two words"`` are one.

    A quote that is not closed reaches to the end.
    """
    found = (
        match[0] if match[2] is None else match[1] + " ".join(match[2].split())
        for match in _WORD.finditer(text)
    )
    return [word for word in found if word]


def _typed_words(text: str) -> tuple[str, ...] | None:
    words = tuple(dict.fromkeys(split_words(text)))
    if words == (NOTHING,):
        return ()
    return words if len(words) <= MOST_WORDS else None


def _stored_words(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return None
    words = _typed_words(shown(tuple(value)))
    # What cannot be typed would come apart into words that nobody asked for.
    return words if words is not None and set(words) == set(value) else None


_SWITCHES: Final[Mapping[str, bool]] = {"on": True, OFF: False}
_SWITCH: Final = Kind(
    Words("it is on or off (in the file: true or false)",
          "isinya on atau off (di berkas: true atau false)"),
    lambda text: _SWITCHES.get(text.lower()),
    lambda value: value if isinstance(value, bool) else None,
)  # fmt: skip
_SIZE: Final = Kind(
    Words('it is a size such as "16M", or "off"', 'isinya ukuran seperti "16M", atau "off"'),
    _typed_size,
    _stored_size,
)
_PATH: Final = _text_kind(
    Words("it is a folder, written from / or ~", "isinya folder, ditulis dari / atau ~"),
    lambda text: text if text.startswith(("/", "~")) else None,
)
_WORDS: Final = Kind(
    Words(f'it is at most {MOST_WORDS} words or "phrases", {NOTHING} for none',
          f'isinya paling banyak {MOST_WORDS} kata atau "frasa", {NOTHING} untuk kosong'),
    _typed_words,
    _stored_words,
)  # fmt: skip
_COLOUR: Final = _text_kind(
    Words('it is a colour such as "bold red" or "cyan on default"',
          'isinya warna seperti "bold red" atau "cyan on default"'),
    lambda text: " ".join(text.split()).lower() if parse_colour(text) else None,
)  # fmt: skip

SETTINGS: Final[Mapping[str, Setting]] = {
    "lang": Setting(_choice("auto", *LANGUAGES), "auto", Words(
        "language; auto: that of the system", "bahasa; auto: bahasa sistem")),
    "autoget": Setting(_SIZE, "16M", Words(
        "files up to this come by themselves", "berkas sampai sebesar ini diambil sendiri")),
    "downloads": Setting(_PATH, "~/terima", Words(
        "where files are put", "tempat menyimpan berkas")),
    "bell": Setting(_SWITCH, default=True, help=Words(
        "ring the terminal's bell", "bunyikan bel terminal")),
    "notify": Setting(_choice("all", "mention", "none"), "mention", Words(
        "what calls you; in one window: #room.notify",
        "yang memanggilmu; satu jendela: #ruang.notify")),
    "joins": Setting(_SWITCH, default=True, help=Words(
        "show who comes and goes", "tampilkan siapa masuk dan keluar")),
    "nicklist": Setting(_choice("auto", "on", OFF), "auto", Words(
        "list of names; auto: where the window is wide", "daftar nama; auto: bila layar lebar")),
    "mouse": Setting(_SWITCH, default=False, help=Words("use the mouse", "pakai tetikus")),
    "ascii": Setting(_SWITCH, default=False, help=Words(
        "draw with ASCII alone", "gambar dengan ASCII saja")),
    "slashguard": Setting(_SWITCH, default=True, help=Words(
        "ask before a line with spaces and / is sent", "tanya dulu bila ada spasi sebelum /")),
    "backlog": Setting(_number(0, BACKLOG_MOST), 100, Words(
        "older lines shown on entering", "baris lama yang tampil saat masuk")),
    "highlight": Setting(_WORDS, (), Words(
        "words that call you like your name", "kata yang memanggilmu seperti namamu")),
    "ignore": Setting(_WORDS, (), Words(
        "names whose lines are not shown", "nama yang barisnya tidak ditampilkan")),
}  # fmt: skip
"""Every setting but colours and rooms."""

COLOUR_SETTINGS: Final[Mapping[str, Setting]] = {
    name: Setting(_COLOUR, LOOKS[style].text, LOOKS[style].help) for name, style in STYLES.items()
}
"""The table ``colours``: every style."""
ROOM_SETTINGS: Final[Mapping[str, Setting]] = {
    "notify": SETTINGS["notify"]._replace(
        help=Words("which lines of this window call you", "baris jendela ini yang memanggilmu")
    )
}
"""The table of a room, or of the private talk with ``@name``."""


def setting_at(place: Place) -> Setting | None:
    """What may be set at ``place``, if anything."""
    match place:
        case (name,):
            return SETTINGS.get(name)
        case (table, name) if table == COLOURS_TABLE:
            return COLOUR_SETTINGS.get(name)
        case (table, room, name) if table == ROOM_TABLE and _has_window(room):
            return ROOM_SETTINGS.get(name)
    return None


def _has_window(target: str) -> bool:
    """Whether ``target`` is a room or a person: what is said to everybody has no window."""
    return is_target(target) and target != EVERYBODY


def place_of(name: str) -> Place:
    """Where the setting called ``name`` stands, if there is one; case does not matter."""
    if name.startswith(("#", "@")):
        room, _, key = name.rpartition(".")  # a name may hold dots
        return (ROOM_TABLE, fold(room), key.lower())
    return tuple(name.lower().split("."))


def name_of(place: Place) -> str:
    """How people call what stands at ``place``."""
    return ".".join(place[1:] if place[0] == ROOM_TABLE and len(place) > 1 else place)


def folded(place: Place) -> Place:
    """``place`` with its room, if it has one, as rooms are compared."""
    if place[0] == ROOM_TABLE and len(place) > 1:
        return (place[0], fold(place[1]), *place[2:])
    return place


def shown(value: Value) -> str:
    """``value`` as it is typed."""
    if isinstance(value, bool):
        return "on" if value else OFF
    if isinstance(value, tuple):
        quoted = (f'"{word}"' if _NEEDS_QUOTES.search(word) else word for word in value)
        return " ".join(quoted) or NOTHING
    return str(value)


def unknown(name: str) -> Words:
    """That there is no setting ``name``, and which one was meant perhaps."""
    names = [*SETTINGS, *(f"{COLOURS_TABLE}.{style}" for style in COLOUR_SETTINGS)]
    found = nearest(name.lower(), names)
    if not found:
        return Words("there is no such setting", "pengaturan itu tidak ada")
    return Words(
        f"there is no such setting; did you mean {found[0]}?",
        f"pengaturan itu tidak ada; maksudmu {found[0]}?",
    )
