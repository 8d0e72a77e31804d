"""What the user has set: read from one TOML file, changed by ``/set``, written back.

The file belongs to its owner. What is wrong in it is told and the default holds, what is unknown
stays, and saving changes the lines of the values that were set (see ``toml``) and no others.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from curses_client import plain_files, toml
from curses_client.colours import STYLES, Colour, parse_colour
from curses_client.options import (
    COLOUR_SETTINGS,
    COLOURS_TABLE,
    ROOM_SETTINGS,
    ROOM_TABLE,
    SETTINGS,
    Place,
    Setting,
    folded,
    name_of,
    place_of,
    setting_at,
    shown,
    unknown,
)
from curses_client.picture import Style
from curses_client.texts import read_size
from curses_client.toml import Value
from wire.errors import Words
from wire.grammar import bad_characters, fold

LONGEST_TEXT: Final = 4096
"""Characters of one value as it is typed."""
LARGEST_FILE: Final = 256 * 1024
"""Bytes of the file; nobody writes so many settings."""
_T = TypeVar("_T", bool, int, str, tuple[str, ...])


class SettingError(Exception):
    """A setting that is not taken or not saved; ``words`` say why."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class Problem(NamedTuple):
    """What is wrong with one value of the file, or with the file itself (named by its path)."""

    name: str
    words: Words


class Row(NamedTuple):
    """One line of ``/set``."""

    name: str
    value: str
    is_default: bool
    help: Words


def settings_file() -> Path:
    """Where the settings are: ``$XDG_CONFIG_HOME/obrol/config.toml``."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(home) if home.startswith("/") else Path.home() / ".config"
    return folder / "obrol" / "config.toml"


class Settings:
    """The values that hold. ``problems`` are those of the file, to be shown once.

    The readers of single values raise KeyError for a name that is no setting, and TypeError for
    one of another kind: both are mistakes in the program, not of the user.
    """

    def __init__(self, path: Path) -> None:
        self.problems: list[Problem] = []
        self._file = path
        self._values: dict[Place, Value] = {}
        self._unsaved: dict[Place, None] = {}

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """The settings of the file ``path``; never raises, and a missing file is no problem."""
        settings = cls(path)
        try:
            held = toml.read(plain_files.read(path, LARGEST_FILE).decode())
        except FileNotFoundError:
            return settings
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            words = Words(
                f"cannot be read, the defaults hold: {why}",
                f"tidak bisa dibaca, dipakai nilai bawaan: {why}",
            )
            settings.problems.append(Problem(str(path), words))
            return settings
        for place, value in _leaves(held):
            settings._take(place, value)
        return settings

    def on(self, name: str) -> bool:
        """A switch."""
        return _typed_as(bool, self._value(name))

    def text(self, name: str) -> str:
        """A choice, as its option is written."""
        return _typed_as(str, self._value(name))

    def number(self, name: str) -> int:
        """A number, within the bounds of its kind."""
        return _typed_as(int, self._value(name))

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words; no word stands in it twice."""
        return _typed_as(tuple, self._value(name))

    def size(self, name: str) -> int | None:
        """A size in bytes; None: off."""
        return read_size(self.text(name))

    def folder(self, name: str) -> Path:
        """A path, ``~`` replaced by the home folder where that is known."""
        return Path(os.path.expanduser(self.text(name)))  # noqa: PTH111 - Path's raises

    def notify(self, target: str) -> str:
        """``all``, ``mention`` or ``none``: what holds in the window of ``target``."""
        own = self._values.get((ROOM_TABLE, fold(target), "notify"))
        return self.text("notify") if own is None else str(own)

    def colours(self) -> dict[Style, Colour]:
        """How every style looks."""
        looks = {style: self.text(f"{COLOURS_TABLE}.{name}") for name, style in STYLES.items()}
        return {style: parse_colour(text) or Colour() for style, text in looks.items()}

    def set(self, name: str, text: str) -> str:
        """Set ``name`` to what ``text`` says, and give the value as it is shown.

        ``name`` is a setting, ``colours.STYLE``, ``#room.notify`` or ``@name.notify``. It holds at
        once; :meth:`save` keeps it. Raises :class:`SettingError`.
        """
        place = place_of(name)
        setting = setting_at(place)
        if setting is None:
            raise SettingError(unknown(name))
        text = text.strip()
        unfit = len(text) > LONGEST_TEXT or bad_characters(text)
        value = None if unfit else setting.kind.typed(text)
        if value is None:
            raise SettingError(setting.kind.wanted)
        self._values[place] = value
        self._unsaved[place] = None
        return shown(value)

    def save(self) -> None:
        """Write what was set into the file; raises :class:`SettingError` where that is impossible.

        The file is read again first: what its owner or another client wrote meanwhile stays. There
        is no lock: a folder that others can open is one that they could keep locked.
        A file that cannot be read or replaced stays as it is, and the next call tries again. A
        value that cannot be written where it stands is left out, and not tried again.
        """
        refused = []
        if not self._unsaved:
            return
        try:
            text = before = self._text_to_edit()
            for place in self._unsaved:
                try:
                    text = toml.put(text, _spelled(text, place), self._values[place])
                except toml.NotEditableError:
                    refused.append(name_of(place))
            if text != before:
                plain_files.replace(self._file, text.encode())
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise SettingError(
                Words(
                    f"not saved in {self._file}: {why}", f"tidak tersimpan di {self._file}: {why}"
                )
            ) from error
        self._unsaved.clear()
        if refused:
            names = ", ".join(refused)
            raise SettingError(
                Words(
                    f"{names}: not saved, the file writes it in a way that only you can change",
                    f"{names}: tidak tersimpan, bentuknya di berkas hanya bisa kamu ubah sendiri",
                )
            )

    def show(self) -> list[Row]:
        """Every setting and every colour in the order of their tables, then single windows."""
        rooms = sorted(place for place in self._values if place[0] == ROOM_TABLE)
        everything: list[tuple[Place, Setting]] = [
            *(((name,), setting) for name, setting in SETTINGS.items()),
            *(((COLOURS_TABLE, name), setting) for name, setting in COLOUR_SETTINGS.items()),
            *((place, ROOM_SETTINGS[place[-1]]) for place in rooms),
        ]
        return [self._row(place, setting) for place, setting in everything]

    def row(self, name: str) -> Row | None:
        """How ``name`` stands, also in a room that has nothing of its own; None: no such thing."""
        place = place_of(name)
        setting = setting_at(place)
        return None if setting is None else self._row(place, setting)

    def _row(self, place: Place, setting: Setting) -> Row:
        if place[0] != ROOM_TABLE:
            value = self._values.get(place, setting.default)
            return Row(name_of(place), shown(value), value == setting.default, setting.help)
        # What a room has of its own is no default, even where it says the same; without it, what
        # is set for all of them holds.
        value = self._values.get(place, self._value(place[-1]))
        return Row(name_of(place), shown(value), place not in self._values, setting.help)

    def _value(self, name: str) -> Value:
        place = place_of(name)
        setting = setting_at(place)
        if setting is None:
            raise KeyError(name)
        return self._values.get(place, setting.default)

    def _take(self, path: Place, value: object) -> None:
        """A value of the file."""
        place = folded(path)
        setting = setting_at(place)
        if setting is None:
            self.problems.append(Problem(name_of(path), unknown(name_of(path))))
            return
        taken = setting.kind.stored(value)
        if taken is None or bad_characters(shown(taken)):
            self.problems.append(Problem(name_of(path), setting.kind.wanted))
        else:
            self._values[place] = taken

    def _text_to_edit(self) -> str:
        try:
            return plain_files.read(self._file, LARGEST_FILE).decode()
        except FileNotFoundError:
            return ""


def _typed_as(kind: type[_T], value: Value) -> _T:
    # A bool is an int for Python, and no number for people.
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _leaves(held: Mapping[str, Any]) -> Iterator[tuple[Place, object]]:
    """Every value that could be a setting, with its place."""
    depths = {COLOURS_TABLE: 1, ROOM_TABLE: 2}

    def below(place: Place, value: object, depth: int) -> Iterator[tuple[Place, object]]:
        if depth and isinstance(value, dict):
            for key, inner in value.items():
                yield from below((*place, key), inner, depth - 1)
        else:
            yield place, value

    for key, value in held.items():
        yield from below((key,), value, depths.get(key, 0))


def _spelled(text: str, place: Place) -> Place:
    """``place`` with its room as the file spells it, whose last spelling is the one that holds."""
    rooms = toml.read(text).get(ROOM_TABLE)
    if place[0] != ROOM_TABLE or not isinstance(rooms, dict):
        return place
    found = [room for room in rooms if fold(room) == place[1]]
    return (place[0], found[-1], *place[2:]) if found else place
