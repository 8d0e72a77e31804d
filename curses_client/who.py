"""Who somebody is: the lines of WHO, for people, and as a table for operators."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from curses_client import figures
from curses_client.help import Row
from curses_client.terms import WHO_WORDS
from curses_client.texts import Texts
from wire.errors import Words
from wire.grammar import NO_BREAK_SPACE, fold
from wire.parser import Frame

IDLE_FROM: Final = 60
"""Seconds of silence from which a line speaks of it; the table always does."""
_OPERATORS: Final = frozenset({"address", "uid", "queued"})
"""What the server tells operators alone: where one of them is, there is a table."""
_HEADINGS: Final[Mapping[str, Words]] = {
    "name": Words("name", "nama"),
    "door": Words("door", "pintu"),
    "address": Words("address", "alamat"),
    "uid": Words("uid", "uid"),
    "idle": Words("quiet", "diam"),
    "queued": Words("queue", "antrean"),
    "since": Words("since", "sejak"),
    "rooms": Words("rooms", "ruang"),
    "away": Words("away", "pergi"),
}
"""The columns of the table; what else is told stands behind them as it came."""
_MORE: Final = ""


def shown(texts: Texts, frames: Sequence[Frame]) -> list[Row]:
    """The lines of an answer to WHO: a table where the server tells what operators may see."""
    told = [_told(frame) for frame in frames]
    if not any(_OPERATORS & words.keys() for words in told):
        return [Row(_line(texts, words)) for words in told]
    heads = [words.say(texts.language) for words in _HEADINGS.values()]
    rows = [[*heads, _MORE], *(_columns(texts, words) for words in told)]
    queue = [*_HEADINGS].index("queued")
    first, *others = figures.table(rows, frozenset({queue}))
    return [Row(first, heading=True), *map(Row, others)]


def _told(frame: Frame) -> dict[str, str]:
    """The words of a WHO line by their keys; the name, with who the kernel says it is, is one."""
    told = dict(word.partition("=")[::2] for word in frame.args[1:])
    name, user = frame.args[0], told.pop("user", "")
    if user:
        name += "✓" if fold(user) == fold(name) else f"({user})"
    return {"name": name, **told}


def _line(texts: Texts, told: Mapping[str, str]) -> str:
    """``budi(siti) · by unix · here since 14:02 · quiet for 12 min``."""
    parts = [told["name"]]
    for key, value in told.items():
        if key == "name":
            continue
        if key == "idle":
            if _number(value) < IDLE_FROM:
                continue
            value = str(_number(value) // figures.MINUTE)  # noqa: PLW2901 - the same, for people
        words = WHO_WORDS.get(key)
        said = _said(texts, key, value)
        parts.append(words.say(texts.language).format(said) if words else f"{key}={said}")
    return " · ".join(parts)


def _columns(texts: Texts, told: Mapping[str, str]) -> list[str]:
    amounts: Mapping[str, Callable[[float], str]] = {
        "idle": lambda number: figures.duration(texts, number),
        "queued": texts.size,
    }
    columns = []
    for key in _HEADINGS:
        value = told.get(key, "")
        amount = amounts.get(key)
        columns.append(
            amount(int(value)) if amount and value.isdecimal() else _said(texts, key, value)
        )
    more = [f"{key}={_said(texts, key, told[key])}" for key in told if key not in _HEADINGS]
    return [*columns, " ".join(more)]


def _said(texts: Texts, key: str, value: str) -> str:
    """The value of one word."""
    if key == "since" and value:
        return texts.clock(value)
    return value.replace(",", " ") if key == "rooms" else value.replace(NO_BREAK_SPACE, " ")


def _number(value: str) -> int:
    return int(value) if value.isdecimal() else 0
