"""The tables in the documents, made from the tables in the code.

``python3 -m tests.documents --write`` puts them into the files; the tests compare.
"""

import argparse
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from curses_client.bindings import GROUPS, spoken
from curses_client.commands import COMMANDS, usage
from curses_client.options import SETTINGS, shown
from tests import trust
from tests.support.server import ROOT
from wire.errors import BYES, ERRORS, Words
from wire.limits import KIB, LIMITS, Limit
from wire.parser import TRANSITIONS
from wire.verbs import CLIENT_VERBS, SERVER_VERBS, Verb


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


def _verbs(verbs: Mapping[str, Verb]) -> str:
    return _table(("line", "meaning"), ((f"`{verb.usage}`", verb.help) for verb in verbs.values()))


def _words(words: Mapping[str, Words]) -> str:
    return _table(
        ("code", "English", "Indonesian"), ((f"`{c}`", w.en, w.id) for c, w in words.items())
    )


def _transitions() -> str:
    return _table(
        ("in", "when", "then"),
        ((state.name, by.value, then.name) for (state, by), then in TRANSITIONS.items()),
    )


def _limits() -> str:
    return _table(
        ("limit", "default", "reason"),
        ((f"`{x.name}`", _default(x), x.reason) for x in LIMITS.values()),
    )


def _default(limit: Limit) -> str:
    if limit.choices:
        return f"{limit.choices[int(limit.default)]} ({limit.unit})"
    if limit.unit == "bytes":
        return _bytes(int(limit.default))
    return f"{limit.default:g} {limit.unit}"


def _bytes(size: int) -> str:
    """A number of bytes in the largest binary unit that leaves it whole: ``64 KiB``."""
    for unit in ("bytes", "KiB", "MiB"):
        if size % KIB:
            return f"{size} {unit}"
        size //= KIB
    return f"{size} GiB"


def _commands() -> str:
    return _table(
        ("command", "also", "what it does", "artinya"),
        (
            (f"`{usage(c.name)}`", " ".join(f"`/{alias}`" for alias in c.aliases), *c.help)
            for c in COMMANDS
        ),
    )


def _keys() -> str:
    return _table(
        ("key", "what it does", "artinya"),
        (
            (" ".join(f"`{spoken(key, 'en')}`" for key in b.keys), b.help.en, b.help.id)
            for group in GROUPS
            for b in group.bindings
        ),
    )


def _settings() -> str:
    return _table(
        ("setting", "at first", "meaning"),
        ((f"`{name}`", shown(s.default), s.help.en) for name, s in SETTINGS.items()),
    )


MADE: Final[Mapping[str, Callable[[], str]]] = {
    "client-verbs": lambda: _verbs(CLIENT_VERBS),
    "server-verbs": lambda: _verbs(SERVER_VERBS),
    "transitions": _transitions,
    "errors": lambda: _words(ERRORS),
    "byes": lambda: _words(BYES),
    "limits": _limits,
    "commands": _commands,
    "keys": _keys,
    "settings": _settings,
    "promises": lambda: _table(("", "it says", "proved by"), trust.rows()),
}
"""What may stand between ``<!-- name -->`` and ``<!-- end -->``."""

DOCUMENTS: Final = ("README.md", "wire/README.md", "curses_client/README.md", "tests/README.md")


def renewed(text: str) -> str:
    """``text`` with every table as the code has it now."""

    def replace(match: re.Match[str]) -> str:
        return f"<!-- {match[1]} -->\n{MADE[match[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- ([a-z-]+) -->\n.*?<!-- end -->", replace, text, flags=re.DOTALL)


def main() -> None:
    """Write the documents."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", required=True)
    parser.parse_args()
    for name in DOCUMENTS:
        path: Path = ROOT / name
        path.write_text(renewed(path.read_text()))


if __name__ == "__main__":
    main()
