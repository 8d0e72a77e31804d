"""Every sentence in two languages: with the same places, and none that nobody says."""

import ast
import functools
import string
import time
from pathlib import Path

import pytest

import curses_client
from curses_client.alerts import is_recent
from curses_client.commands import COMMANDS
from curses_client.sentences import TEXTS
from curses_client.terms import MONTHS, WEEKDAYS
from curses_client.texts import LANGUAGES, Texts, read_size, users_language
from tests.support.server import ROOT
from wire.errors import BYES, ERRORS, Words

FOLDER = Path(curses_client.__file__).parent


def places(text: str) -> set[str]:
    """The named places of a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def calls() -> list[tuple[str, ast.Call, str]]:
    """Every call of something named ``texts``, ``_texts``: the file, the call, its first word."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            first = node.args[0]
            if name in {"texts", "_texts"} and isinstance(first, ast.Constant):
                found.append((path.name, node, str(first.value)))
    return found


def constants(node: ast.AST) -> set[str]:
    """Every text that stands in ``node``."""
    return {str(n.value) for n in ast.walk(node) if isinstance(n, ast.Constant)}


def said_in(source: str) -> set[str]:
    """The keys that may be said by ``source``: what stands in the first place of such a call.

    Where a variable stands there, it is every text of the function around, and of the tables of
    the module that the function reads.
    """
    tree = ast.parse(source)
    tables = {
        name.id: constants(node)
        for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)
        for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }  # fmt: skip
    said = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first = node.args[0]
            if ast.unparse(node.func).rpartition(".")[2] in {"texts", "_texts", "self"}:
                said |= constants(first)
                if isinstance(first, ast.Name):
                    said |= constants(function)
                    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
                    said |= {key for name in read & tables.keys() for key in tables[name]}
    return said


@functools.cache
def said() -> set[str]:
    """The keys that may be said by the client, and how a transfer ends: ``"file-" + state``."""
    sources = [path.read_text() for path in FOLDER.glob("*.py")]
    states = {f"file-{text}" for source in sources for text in constants(ast.parse(source))}
    return {key for source in sources for key in said_in(source)} | states


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_places(key: str) -> None:
    words = TEXTS[key]
    assert places(words.en) == places(words.id)
    for text in words:
        assert text.strip(), key


@pytest.mark.parametrize("key", TEXTS)
def test_every_sentence_is_said_somewhere(key: str) -> None:
    assert key in said()


def test_every_sentence_that_is_said_exists_with_its_places() -> None:
    found = calls()
    assert len(found) > 30
    for file, call, key in found:
        assert key in TEXTS, (file, key)
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:  # `**places` tells nothing here
            assert places(TEXTS[key].en) <= given, (file, key)


def test_the_check_sees_a_sentence_that_is_not_there() -> None:
    """That the test above can fail: the calls it reads are really those of the code."""
    assert {"link-lost-plain", "did-you-mean", "people"} <= {key for _, _, key in calls()}


def test_the_check_sees_what_nobody_says() -> None:
    assert "no-such-key" not in said()
    assert "who" not in said()  # a command of that name is no sentence
    assert said_in('def f():\n    key = "a"\n    return {"b": texts("c" if x else "d")}') == {
        "c",
        "d",
    }
    source = (
        'KEYS = ("a",)\nOTHER = ("b",)\ndef f():\n    for key in KEYS:\n        texts(key, "c")'
    )
    assert said_in(source) == {"a", "c"}


@pytest.mark.parametrize("table", [ERRORS, BYES], ids=["ERR", "BYE"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_of_the_wire_have_words(table: dict[str, Words], language: str) -> None:
    texts = Texts(language)
    say = texts.error if table is ERRORS else texts.bye
    told = {say(code, "in the server's words") for code in table}
    assert "in the server's words" not in told
    assert all(told)
    # What a later version says is told in the server's own words, or by its code.
    assert say("brand-new", "in the server's words") == "in the server's words"
    assert say("brand-new") == "brand-new"


def test_the_two_languages_are_two() -> None:
    """Only what has hardly a word of its own is the same in both."""
    for key, words in TEXTS.items():
        if words.en == words.id:
            own = "".join(text for text, *_ in string.Formatter().parse(words.en))
            assert len(own.split()) <= 2, key


@pytest.mark.parametrize(
    ("language", "day"), [("id", "Jumat, 21 November 2025"), ("en", "Friday, 21 November 2025")]
)
def test_a_day_written_out(language: str, day: str) -> None:
    assert Texts(language).day(2025, 11, 21, 4) == day


def test_days_and_months_are_complete() -> None:
    for language in LANGUAGES:
        assert len(set(WEEKDAYS[language])) == 7
        assert len(set(MONTHS[language])) == 12
    for month in range(1, 13):
        assert MONTHS["id"][month - 1] in Texts("id").day(2026, month, 1, 0)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id"}, "id"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE"}, "en"),
        ({"LANG": "id_ID", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "id_ID"}, "id"),
        ({"LANG": "id_ID", "LC_MESSAGES": ""}, "id"),
        ({"LC_ALL": "id_ID", "LC_MESSAGES": "C"}, "id"),
    ],
)
def test_the_language_of_the_user(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert users_language() == language


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KB"), (11_534_336, "11.0 MB"),
        (1 << 30, "1.0 GB"), (5 << 40, "5120 GB"),
    ],
)  # fmt: skip
def test_sizes(count: int, shown: str) -> None:
    assert Texts("en").size(count) == shown
    assert Texts("id").size(count) == shown.replace(".", ",")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("2000", 2000), ("500k", 512_000), ("16M", 16 << 20), ("1 GB", None),
        ("1gb", 1 << 30), (" 3m ", 3 << 20), ("", None), ("-1", None), ("x", None), ("1.5M", None),
        ("٣", None), ("1" * 13, None),
    ],
)  # fmt: skip
def test_sizes_as_people_write_them(text: str, size: int | None) -> None:
    assert read_size(text) == size


def test_every_command_is_told_of_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in COMMANDS:
        assert f"`/{command.name}" in readme


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "America/Lima"])
def test_a_time_that_no_clock_can_show_stands_as_it_is(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """An operator may write one where the server writes until when a ban holds."""
    try:
        with monkeypatch.context() as patched:
            patched.setenv("TZ", zone)
            time.tzset()
            shown = {Texts("id").clock(f"{day}Z") for day in ("0001-01-01T00:00:00",
                                                              "9999-12-31T23:59:59")}  # fmt: skip
            assert shown & {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}
            assert not is_recent("0001-01-01T00:00:00Z", 0.0)
    finally:
        time.tzset()
