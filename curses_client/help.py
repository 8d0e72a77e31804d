"""The help, made from the tables of keys and commands: one screen to begin with, and the sheet.

Rows are (heading?, text) pairs ready for an 80-column terminal; nothing in them is wider.
"""

from typing import Final, NamedTuple

from curses_client import bindings, commands, settings
from curses_client.texts import Texts

_USAGE_COLUMNS: Final = 24
_ALIAS_COLUMNS: Final = 16
_KEYS_COLUMNS: Final = 28
_SETTING_COLUMNS: Final = 16
_VALUE_COLUMNS: Final = 12
_FIRST_KEYS_COLUMNS: Final = 17


class Row(NamedTuple):
    """One row of the help."""

    text: str
    heading: bool = False


def first_evening(texts: Texts) -> list[Row]:
    """What somebody needs who is here for the first time: it fits a screen of 80 x 24."""
    rows = [Row(texts("help-head"), heading=True)]
    rows += [_command(command, texts) for command in commands.COMMANDS if command.first]
    rows += [
        _keys(binding, texts, _FIRST_KEYS_COLUMNS)
        for group in bindings.GROUPS
        for binding in group.bindings
        if binding.first
    ]
    windows = Row(f"  {'Alt+1 … Alt+9':<{_FIRST_KEYS_COLUMNS}} {texts('help-windows')}")
    return [*rows, windows, Row(texts("help-more"), heading=True)]


def of_command(command: commands.Command, texts: Texts) -> list[Row]:
    """One command and all its other names."""
    other = " ".join("/" + alias for alias in command.aliases)
    told = f"  {commands.usage(command.name, texts.language)}  {command.help.say(texts.language)}"
    return [Row(f"{told}  [{other}]" if other else told)]


def of_setting(row: settings.Row, texts: Texts) -> Row:
    """One setting: how it stands, a sign where that is not as at first, and what it means."""
    sign = " " if row.is_default else "*"
    return Row(
        f"{sign} {row.name:<{_SETTING_COLUMNS}} {row.value:<{_VALUE_COLUMNS}}"
        f" {row.help.say(texts.language)}"
    )


def sheet(texts: Texts) -> list[Row]:
    """Every command and every key."""
    language = texts.language
    rows: list[Row] = []
    for group in commands.GROUPS:
        rows.append(Row(f"── {group.heading.say(language)} ──", heading=True))
        rows += [_command(command, texts) for command in group.commands]
    for keys in bindings.GROUPS:
        rows.append(Row(f"── {keys.heading.say(language)} ──", heading=True))
        rows += [_keys(binding, texts, _KEYS_COLUMNS) for binding in keys.bindings]
    rows.append(Row(f"  {'Alt+1 … Alt+0':<{_KEYS_COLUMNS}} {texts('help-windows')}"))
    return rows


def _command(command: commands.Command, texts: Texts) -> Row:
    other = ""
    for alias in command.aliases:
        longer = f"{other} /{alias}".lstrip()
        if len(longer) <= _ALIAS_COLUMNS:
            other = longer
    usage = commands.usage(command.name, texts.language)
    return Row(
        f"  {usage:<{_USAGE_COLUMNS}} {other:<{_ALIAS_COLUMNS}} {command.help.say(texts.language)}"
    )


def _keys(binding: bindings.Binding, texts: Texts, columns: int) -> Row:
    keys = " · ".join(bindings.spoken(key, texts.language) for key in binding.keys)
    return Row(f"  {keys:<{columns}} {binding.help.say(texts.language)}")
