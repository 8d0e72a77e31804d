"""The commands of the client alone: help, settings, language, windows, programs, the connection.

What a setting is, and how the file is written, is in ``test_settings``; here it is what is typed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client import help  # noqa: A004 - it says what it is
from curses_client.cells import width
from curses_client.commands import BY_NAME, COMMANDS, Command, usage
from curses_client.link import Status
from curses_client.options import COLOUR_SETTINGS, SETTINGS
from curses_client.texts import LANGUAGES, Texts
from tests.curses_client.fakes import Desk as Talk
from tests.curses_client.typing_desk import Typing

PANE_ROWS = 21
"""Of 24, what the title, the bar and the prompt leave."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In #lab, on a screen."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Typing]:
    """In #lab, in line mode."""
    desk = Typing(tmp_path, windows=False)
    yield desk
    desk.loop.close()


def told(desk: Typing) -> list[str]:
    """The rows that were told since the last time."""
    rows, desk.rows = desk.rows, []
    return [row.text for row in rows]


# Help.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("line", ["/help", "/bantuan"])
def test_help_is_what_a_first_evening_needs(desk: Typing, language: str, line: str) -> None:
    desk.texts = Texts(language)
    assert desk.type(line)
    rows = told(desk)
    assert rows == [row.text for row in help.first_evening(desk.texts)]
    assert len(rows) <= PANE_ROWS
    assert max(map(width, rows)) <= 80
    text = "\n".join(rows)
    for name in ("join", "msg", "me", "send", "get", "who", "nick", "rooms", "search", "quit"):
        if BY_NAME[name].first:
            assert f"{usage(name, language)} " in text
    for word in ("/help", "F1", "/set", "/quit", "Tab", "PgUp"):
        assert word in text
    assert desk.wire.take() == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_one_command_tells_its_words_and_its_other_names(
    desk: Typing, language: str, command: Command
) -> None:
    desk.texts = Texts(language)
    seen = []
    for name in (command.name, *command.aliases):
        for typed in (name, "/" + name, name.upper()):
            assert desk.type(f"/help {typed}")
            seen.append(told(desk))
    assert all(rows == seen[0] for rows in seen)
    [row] = seen[0]
    assert row.strip().startswith(usage(command.name, language) + " ")
    assert command.help.say(language) in row
    for alias in command.aliases:
        assert f"/{alias}" in row


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_holds_every_command(language: str) -> None:
    text = "\n".join(row.text for row in help.sheet(Texts(language)))
    for command in COMMANDS:
        assert f"  {usage(command.name, language)} " in text
        assert command.help.say(language) in text


# Settings.


def test_set_alone_shows_every_setting_but_colours(desk: Typing) -> None:
    assert desk.type("/set")
    rows = told(desk)
    assert [row.split()[0] for row in rows] == list(SETTINGS)
    assert not any(row.startswith("*") for row in rows)  # nothing was set yet
    assert (desk.notices, desk.errors) == ([], [])
    assert not desk.file.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_setting_is_a_row_of_eighty_columns(desk: Typing, language: str) -> None:
    desk.texts = Texts(language)
    for line in ("/set", "/set colours"):
        assert desk.type(line)
        assert [row for row in told(desk) if width(row) > 80] == []


def test_set_with_the_start_of_a_name(desk: Typing) -> None:
    assert desk.type("/set colours")
    assert [row.split()[0] for row in told(desk)] == [f"colours.{name}" for name in COLOUR_SETTINGS]
    assert desk.type("/atur b")
    assert [row.split()[:2] for row in told(desk)] == [["bell", "on"], ["backlog", "100"]]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("/set bell off", "bell", "off"),
        ("/set bell   off", "bell", "off"),
        ("/set autoget 500k", "autoget", "500k"),
        ("/atur autoget off", "autoget", "off"),
        ("/set backlog 0", "backlog", "0"),
        ("/set highlight kabel, modem", "highlight", "kabel modem"),
        ("/set downloads ~/Unduhan Baru", "downloads", "~/Unduhan Baru"),
        ("/set colours.mention BOLD red", "colours.mention", "bold red"),
        ("/set #Lab.notify none", "#lab.notify", "none"),
    ],
)
def test_set_changes_tells_keeps_and_marks_it(
    desk: Typing, line: str, name: str, value: str
) -> None:
    assert desk.type(line)
    assert len(desk.notices) == 1
    assert desk.notices[0].lower() == f"{name} = {value}".lower()
    assert desk.moves == [("restyle", None)]
    assert {row.name: row.value for row in desk.settings.show()}[name] == value
    assert {row.name: row.value for row in desk.kept().show()}[name] == value
    assert desk.type(f"/set {name}")
    [row] = told(desk)
    assert row.startswith(f"* {name} ")
    assert value in row


@pytest.mark.parametrize("name", ["#lab.notify", "@fatur.notify", "#a.b.NOTIFY"])
def test_set_of_a_room_that_has_nothing_of_its_own(desk: Typing, name: str) -> None:
    """What holds there is shown: what is set for all."""
    assert desk.type(f"/set {name}")
    desk.type("/set notify all")
    assert desk.type(f"/set {name}")
    before, after = (row.text.split()[:2] for row in desk.rows)
    assert (before, after) == ([name.lower(), "mention"], [name.lower(), "all"])
    assert desk.errors == []
    assert not any(row.name == name.lower() for row in desk.settings.show())


@pytest.mark.parametrize("name", ["#lab.bell", "#.notify", "@.notify", "@fatur", "#a+b.notify"])
def test_set_of_what_no_room_has(desk: Typing, name: str) -> None:
    assert desk.type(f"/set {name}") is False
    assert "there is no such setting" in desk.errors[0]


def test_set_of_a_room_is_shown_with_the_others(desk: Typing) -> None:
    desk.type("/set #lab.notify all")
    assert desk.type("/set")
    assert told(desk)[-1].split()[:3] == ["*", "#lab.notify", "all"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/set bel 1", "bel: there is no such setting; did you mean bell?"),
        ("/set zzz 1", "zzz: there is no such setting"),
        ("/set zzz", "there is no such setting"),
        ("/set bel1", "there is no such setting; did you mean bell?"),
        ("/set bell 3", "bell: it is on or off (in the file: true or false)"),
        ("/set autoget x", 'autoget: it is a size such as "16M", or "off"'),
        ("/set backlog 99999", "backlog: it is a number, 0 to 2000"),
        ("/set backlog -1", "backlog: it is a number, 0 to 2000"),
        ("/set downloads terima", "downloads: it is a folder, written from / or ~"),
        ("/set highlight a\x1b[2J",
         'highlight: it is at most 100 words or "phrases", - for none'),
        ("/set colours.mention plaid",
         'colours.mention: it is a colour such as "bold red" or "cyan on default"'),
        ("/set #lab.bell on", "#lab.bell: there is no such setting"),
        ("/set .notify all", ".notify: there is no such setting"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_stays_in_the_line(desk: Typing, line: str, why: str) -> None:
    before = desk.settings.show()
    assert desk.type(line) is False
    assert len(desk.errors) == 1
    assert desk.errors[0].startswith(why)
    assert desk.settings.show() == before
    assert not desk.file.exists()
    assert desk.moves == []


def test_the_case_of_a_setting_does_not_matter(desk: Typing) -> None:
    assert desk.type("/set Bell OFF")
    assert desk.kept().on("bell") is False
    assert desk.type("/set BELL")
    assert [row.split()[:3] for row in told(desk)] == [["*", "bell", "off"]]


def test_settings_in_indonesian(desk: Typing) -> None:
    desk.texts = Texts("id")
    assert desk.type("/atur bell")
    assert told(desk)[0].endswith("bunyikan bel terminal")
    assert desk.type("/atur bell 3") is False
    assert desk.errors == ["bell: isinya on atau off (di berkas: true atau false)"]


# Language.


def test_another_language_holds_at_once_and_after_the_next_start(desk: Typing) -> None:
    for line, language in (("/lang id", "id"), ("/bahasa en", "en"), ("/lang id", "id")):
        assert desk.type(line)
        assert desk.texts.language == desk.kept().text("lang") == language
    assert desk.type("/ping")
    desk.answer("PONG lag")
    assert desk.notices[-1] == "server menjawab dalam 0 ms"


@pytest.mark.parametrize("line", ["/lang xx", "/lang id en", "/lang"])
def test_a_language_that_nobody_speaks_here(desk: Typing, line: str) -> None:
    assert desk.type(line) is False
    assert desk.errors == ["usage: /lang id|en"]
    assert desk.texts.language == "en"
    assert not desk.file.exists()


def test_the_language_through_its_setting(desk: Typing) -> None:
    """``/set lang`` says what ``/lang`` says: the value that is told is the one that holds."""
    assert desk.type("/set lang id")
    assert desk.texts.language == "id"


# How far the server is.


def test_ping(desk: Typing) -> None:
    assert desk.type("/ping")
    assert [frame.line for frame in desk.wire.lines] == [b"PING lag"]
    desk.now += 0.0424
    desk.answer("PONG lag")
    assert desk.notices == ["the server answers in 42 ms"]


def test_ping_without_a_link(tmp_path: Path) -> None:
    desk = Typing(tmp_path, online=False)
    desk.type("/ping")
    assert (desk.notices, desk.errors) == ([], ["not connected; try again later"])
    desk.loop.close()


# Windows, and what only a screen has.


def test_windows_by_number(desk: Typing) -> None:
    for line in ("/win 3", "/w 1", "/jendela 2"):
        assert desk.type(line)
    assert desk.moves == [("window", 3), ("window", 1), ("window", 2)]
    for line in ("/win x", "/win 9", "/win -1", "/win 0", "/win 1 2", "/win 1.0"):
        assert desk.type(line) is False
        assert desk.errors.pop() == f"there is no window {line.partition(' ')[2]}"


def test_there_are_no_windows_in_line_mode(lines: Typing) -> None:
    assert lines.type("/win 1") is False
    assert lines.errors == ["there is no window 1"]


@pytest.mark.parametrize("shown", ["", ":help", ":search", ":trace"])
def test_closing_a_window_where_nobody_hears(tmp_path: Path, shown: str) -> None:
    desk = Typing(tmp_path, "")
    desk.panes.shown = shown
    assert desk.type("/close")
    assert desk.moves == [("close", shown)]
    assert desk.wire.take() == []
    desk.loop.close()


@pytest.mark.parametrize("line", ["/close", "/tutup"])
def test_closing_the_room_of_line_mode(lines: Typing, line: str) -> None:
    assert lines.type(line)
    assert lines.wire.take() == ["LEAVE #lab"]
    assert lines.moves == [("leave", "#lab")]


@pytest.mark.parametrize(
    ("line", "move"),
    [
        ("/mark", ("mark", "#lab")),
        ("/tandai", ("mark", "#lab")),
        ("/clear", ("clear", "#lab")),
        ("/bersihkan", ("clear", "#lab")),
        ("/redraw", ("redraw", None)),
        ("/trace on", ("trace", True)),
        ("/jejak off", ("trace", False)),
        ("/exec ls -l  *", ("run", "ls -l  *")),
        ("/exec -o uptime -o", ("say what it prints", "uptime -o")),
        ("/exec  -o   uptime", ("say what it prints", "uptime")),
        ("/exec -out", ("run", "-out")),
        ("/exec echo -o", ("run", "echo -o")),
    ],
)
def test_what_a_screen_can_do(desk: Typing, line: str, move: tuple[str, object]) -> None:
    assert desk.type(line)
    assert desk.moves == [move]
    assert desk.errors == []
    assert desk.wire.take() == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/exec -o", "usage: /exec [-o] command"),
        ("/exec", "usage: /exec [-o] command"),
        ("/trace", "usage: /trace on|off"),
        ("/trace perhaps", "usage: /trace on|off"),
        ("/trace on off", "usage: /trace on|off"),
    ],
)
def test_its_usage_where_the_words_make_no_sense(desk: Typing, line: str, told: str) -> None:
    assert desk.type(line) is False
    assert desk.errors == [told]
    assert desk.moves == []


@pytest.mark.parametrize(
    "line", ["/mark", "/clear", "/redraw", "/edit", "/trace on", "/exec ls", "/exec -o ls"]
)
def test_what_line_mode_cannot_do(lines: Typing, line: str) -> None:
    assert lines.type(line) is False
    assert lines.errors == ["only on the full screen"]
    assert (lines.moves, lines.wire.take()) == ([], [])


# The connection.


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A chat over real sockets, whose server is played by hand; time stands still."""
    with Talk(tmp_path / "talk") as talk:
        yield talk


def test_reconnecting_while_up(desk: Typing, talk: Talk) -> None:
    peer = talk.come_in()
    desk.chat = talk.chat
    assert desk.type("/reconnect")
    second = talk.accept()
    peer.wait_end()
    second.greet(again=True)
    talk.run_until(lambda: talk.chat.online)
    second.let_in("#lab")
    assert talk.chat.link.status is Status.UP
    assert (desk.notices, desk.errors) == ([], [])


def test_reconnecting_instead_of_waiting(desk: Typing, talk: Talk) -> None:
    peer = talk.come_in()
    desk.chat = talk.chat
    peer.close()
    talk.run_until(lambda: talk.front.losses)
    talk.turns()
    assert talk.chat.link.status is Status.WAITING
    assert desk.type("kata yang menunggu")
    assert desk.type("/sambung")
    second = talk.accept()
    second.greet(again=True)
    second.let_in("#lab")
    said = [second.next().line for _ in range(4)]
    assert "SAY #lab kata yang menunggu" in said


def test_reconnecting_while_a_connect_is_on_its_way_changes_nothing(
    desk: Typing, talk: Talk
) -> None:
    desk.chat = talk.chat
    talk.chat.start()
    assert talk.chat.link.status is Status.CONNECTING
    assert desk.type("/reconnect")
    talk.accept().greet()
    talk.run_until(lambda: talk.chat.online)
    assert talk.front.losses == 0
