"""The help: one screen for a first evening, the sheet of everything, both in both languages."""

from pathlib import Path

import pytest

from curses_client import bindings, commands, help  # noqa: A004 - it is what is tested
from curses_client.cells import width
from curses_client.settings import Settings
from curses_client.state import SHEET, Anchor, Kind, Line
from curses_client.texts import Texts
from tests.curses_client.pictures import SATURDAY, draw, small_state, texts_of

COLUMNS = 80
PANE_ROWS = 21
"""What the title, the bar and the prompt leave of 24 rows."""
LANGUAGES = ("id", "en")


def told(rows: list[help.Row]) -> str:
    """The rows, one below the other."""
    return "\n".join(row.text for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_evening_fits_one_screen(language: str) -> None:
    rows = help.first_evening(Texts(language))
    assert len(rows) <= PANE_ROWS
    assert [row.text for row in rows if width(row.text) > COLUMNS] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_evening_as_it_is_drawn(language: str) -> None:
    """After ``/help`` in a room where much was said, all of it is seen at once."""
    state = small_state()
    rows = help.first_evening(Texts(language))
    for n in range(30):
        state.current.add(Line(Kind.TALK, "08:00", "fatur", str(n)), SATURDAY, "")
    for row in rows:
        kind = Kind.HEADING if row.heading else Kind.PLAIN
        state.current.add(Line(kind, "", "", row.text), SATURDAY, "")
    pane = texts_of(draw(state, COLUMNS, 24, language))[1:-2]
    assert pane[-len(rows) :] == [row.text.rstrip() for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_first_evening_needs(language: str) -> None:
    """Say something, change rooms, talk to one, send and fetch, come back, look further, leave."""
    text = told(help.first_evening(Texts(language)))
    for piece in (
        "Enter", "/join", "/rooms", "/who", "/msg", "/nick", "/send", "/get", "/search", "/part",
        "/quit", "/help", "/set", "F1", "Tab", "Alt+Enter", "PgUp", "Alt+a", "Alt+u", "Alt+1",
        "Ctrl+C",
    ):  # fmt: skip
        assert piece in text, piece
    for command in commands.COMMANDS:
        if command.first:
            assert command.help.say(language) in text
    for binding in (b for group in bindings.GROUPS for b in group.bindings if b.first):
        assert binding.help.say(language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_neither_of_the_two_calls_the_other_this_one(language: str) -> None:
    for rows in (help.first_evening(Texts(language)), help.sheet(Texts(language))):
        assert "this sheet" not in told(rows)
        assert "lembar ini" not in told(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_fits_80_columns(language: str) -> None:
    rows = help.sheet(Texts(language))
    assert [row.text for row in rows if width(row.text) > COLUMNS] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_in_the_sheet(language: str) -> None:
    rows = [row.text for row in help.sheet(Texts(language))]
    for group in commands.GROUPS:
        assert f"── {group.heading.say(language)} ──" in rows
        for command in group.commands:
            usage = commands.usage(command.name, language)
            [row] = [row for row in rows if row.startswith(f"  {usage} ")]
            assert row.endswith(" " + command.help.say(language))
            assert not command.aliases or f" /{command.aliases[0]} " in row
    for keys in bindings.GROUPS:
        assert f"── {keys.heading.say(language)} ──" in rows
        for binding in keys.bindings:
            names = " · ".join(bindings.spoken(key, language) for key in binding.keys)
            assert any(
                row.startswith(f"  {names} ") and row.endswith(" " + binding.help.say(language))
                for row in rows
            ), names
    assert any("Alt+1" in row for row in rows)
    tables = len(commands.GROUPS) + len(bindings.GROUPS) + len(commands.COMMANDS)
    assert len(rows) == tables + sum(len(group.bindings) for group in bindings.GROUPS) + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_columns_of_the_sheet_stand_one_below_the_other(language: str) -> None:
    texts = Texts(language)
    for group in commands.GROUPS:
        for command in group.commands:
            [row] = [r.text for r in help.sheet(texts) if r.text.startswith(
                f"  {commands.usage(command.name, language)} ")]  # fmt: skip
            assert row.rindex(command.help.say(language)) == 44, row


def test_headings_are_marked_as_such() -> None:
    for row in (*help.sheet(Texts("en")), *help.first_evening(Texts("en"))[1:-1]):
        assert row.heading is row.text.startswith("──"), row
    first = help.first_evening(Texts("en"))
    assert first[0].heading
    assert first[-1].heading


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_command_with_all_its_names(language: str) -> None:
    for command in commands.COMMANDS:
        [row] = help.of_command(command, Texts(language))
        assert commands.usage(command.name, language) in row.text
        assert command.help.say(language) in row.text
        for alias in command.aliases:
            assert f"/{alias}" in row.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_settings_as_they_are_at_first_fit_80_columns(language: str, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "config.toml")
    rows = [help.of_setting(row, Texts(language)).text for row in settings.show()]
    assert [row for row in rows if width(row) > COLUMNS] == []
    assert all(row.startswith("  ") for row in rows)


def test_a_setting_that_was_changed_has_a_sign(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "config.toml")
    settings.set("bell", "off")
    changed = [row.name for row in settings.show()
               if help.of_setting(row, Texts("en")).text.startswith("* ")]  # fmt: skip
    assert changed == ["bell"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_is_read_from_its_top(language: str) -> None:
    state = small_state()
    window = state.open(SHEET)
    state.show(window)
    rows = help.sheet(Texts(language))
    for row in rows:
        kind = Kind.HEADING if row.heading else Kind.PLAIN
        window.add(Line(kind, "", "", row.text), SATURDAY, "")
    window.anchor = Anchor(0, 0)
    pane = texts_of(draw(state, COLUMNS, 24, language))[1:-2]
    assert pane == [row.text.rstrip() for row in rows[:PANE_ROWS]]
