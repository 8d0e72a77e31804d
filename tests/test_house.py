"""The architecture: what each room of the house may import, read from the code itself.

The rules are a table. Each is first shown a planted module that breaks it, in every way an import
can be written, so that a checker that has gone blind is noticed.
"""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("wire", "reactor", "curses_client")
LONGEST_MODULE = 400
INPUT_AND_OUTPUT = (
    "socket", "ssl", "selectors", "select", "time", "datetime", "os", "pathlib", "io", "threading",
    "asyncio", "subprocess", "multiprocessing", "socketserver", "http", "urllib", "sqlite3",
    "shutil", "signal", "fcntl", "tempfile", "glob", "mmap", "sched", "concurrent", "curses",
)  # fmt: skip
CHAT = ("wire", "reactor.hub", "reactor.log", "reactor.doors", "reactor.server", "reactor.journal",
        "curses_client")  # fmt: skip


class Module(NamedTuple):
    """One file of the program."""

    name: str
    is_package: bool
    tree: ast.Module
    lines: int


class Rule(NamedTuple):
    """No module under one of ``rooms``, but those under ``free``, imports one of ``banned``."""

    rooms: tuple[str, ...]
    banned: tuple[str, ...]
    free: tuple[str, ...] = ()


RULES = {
    "wire is pure": Rule(("wire",), INPUT_AND_OUTPUT),
    "wire knows no other room": Rule(("wire",), ("reactor", "curses_client", "tests")),
    "the loop and the streams know nothing of chat": Rule(
        ("reactor.loop", "reactor.stream", "reactor.pieces", "reactor.listener", "reactor.tls"),
        CHAT,
    ),
    "the hub knows no socket and no door": Rule(
        ("reactor.hub",),
        ("socket", "selectors", "select", "ssl", "sqlite3", "reactor.doors", "reactor.stream",
         "reactor.listener", "reactor.server", "curses_client"),
    ),
    "the log knows nobody above it": Rule(
        ("reactor.log",),
        ("socket", "selectors", "ssl", "reactor.hub", "reactor.doors", "reactor.server",
         "reactor.stream", "curses_client"),
    ),
    "ssl is the TLS stream's": Rule(ROOMS, ("ssl", "_ssl"), ("reactor.tls",)),
    "sqlite3 is the log's": Rule(ROOMS, ("sqlite3",), ("reactor.log",)),
    "curses is the screen's": Rule(ROOMS, ("curses", "_curses"), ("curses_client.screen",)),
    "the server does not know the client": Rule(("reactor",), ("curses_client",)),
    "the client shares the loop and the streams alone": Rule(
        ("curses_client",),
        ("reactor.hub", "reactor.log", "reactor.doors", "reactor.server", "reactor.listener",
         "reactor.journal"),
    ),
    "nothing imports the tests": Rule(ROOMS, ("tests",)),
    "no hidden imports": Rule(ROOMS, ("importlib", "runpy", "imp", "pkgutil")),
    "no other loop, no threads": Rule(
        ("wire", "reactor"),
        ("asyncio", "threading", "_thread", "concurrent", "multiprocessing", "socketserver")
    ),
}  # fmt: skip


def module(name: str, text: str, *, is_package: bool = False) -> Module:
    return Module(name, is_package, ast.parse(text, name), len(text.splitlines()))


@functools.cache
def program() -> tuple[Module, ...]:
    """Every module of the three rooms."""
    return tuple(_program())


def _program() -> Iterator[Module]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = list(path.relative_to(ROOT).with_suffix("").parts)
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield module(name, path.read_text(encoding="utf-8"), is_package=is_package)


def imports(of: Module) -> Iterator[str]:
    """The dotted name of everything that a module imports, wherever in it.

    ``from a.b import c`` gives both ``a.b`` and ``a.b.c``, because ``c`` may be a module.
    """
    for node in ast.walk(of.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = of.name.split(".")
                parts = parts[: len(parts) - node.level + of.is_package]
                base = ".".join([*parts, base] if base else parts)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("__import__"):
            yield "importlib"


def under(name: str, places: Iterable[str]) -> bool:
    """Whether ``name`` is one of ``places`` or stands inside one."""
    return any(name == place or name.startswith(place + ".") for place in places)


def breaches(rule: Rule, modules: Iterable[Module]) -> list[str]:
    return [
        f"{of.name} imports {name}"
        for of in modules
        if under(of.name, rule.rooms) and not under(of.name, rule.free)
        for name in imports(of)
        if under(name, rule.banned)
    ]


def strangers(modules: Iterable[Module]) -> list[str]:
    """Imports of what neither Python nor this repository brings along."""
    known = {*sys.stdlib_module_names, *ROOMS}
    return [
        f"{of.name} imports {name}"
        for of in modules
        for name in imports(of)
        if name.partition(".")[0] not in known
    ]


WAYS = (
    "import {whole}",
    "import {whole} as other",
    "import sys, {whole}",
    "from {whole} import thing",
    "from {parent} import {last}",
    "def late() -> None:\n    import {whole}",
    "class Late:\n    from {whole} import thing",
    "try:\n    import {whole}\nexcept ImportError:\n    pass",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {whole} import Thing",
)


@pytest.mark.parametrize("name", RULES)
def test_the_checker_sees_a_planted_import(name: str) -> None:
    rule = RULES[name]
    for room in rule.rooms:
        for banned in rule.banned:
            parent, _, last = banned.rpartition(".")
            for way in WAYS:
                if "{parent}" in way and not parent:
                    continue
                text = way.format(whole=banned, parent=parent, last=last)
                assert breaches(rule, [module(f"{room}.planted", text)]), (room, text)
                assert not breaches(rule, [module("elsewhere.planted", text)])
                for free in rule.free:
                    assert not breaches(rule, [module(free, text)])


def test_the_checker_sees_relative_and_dynamic_imports() -> None:
    def found(name: str, text: str, *, is_package: bool = False) -> set[str]:
        return set(imports(module(name, text, is_package=is_package)))

    assert "reactor.doors" in found("reactor.hub.x", "from ..doors import native")
    assert "reactor.doors.native" in found("reactor.hub.x", "from ..doors import native")
    assert "reactor.doors" in found("reactor.hub", "from .. import doors", is_package=True)
    assert "reactor.hub.doors" in found("reactor.hub", "from . import doors", is_package=True)
    assert "reactor.log" in found("reactor.loop", "from . import log")
    assert "reactor.log.sqlite" in found("reactor.loop", "from .log import sqlite")
    assert "importlib" in found("wire.x", "socket = __import__('socket')")
    assert "importlib" in found("wire.x", "import builtins\nbuiltins.__import__('socket')")


def test_the_checker_does_not_cry_wolf() -> None:
    innocent = (
        "import re\nfrom timeit import default_timer\nfrom wire import osmosis\nsocket = None\n"
    )
    assert breaches(RULES["wire is pure"], [module("wire.x", innocent)]) == []
    assert strangers([module("wire.x", innocent)]) == []


@pytest.mark.parametrize("name", RULES)
def test_rule(name: str) -> None:
    assert breaches(RULES[name], program()) == []


def calls(of: Module, functions: Iterable[str]) -> list[str]:
    return [
        f"{of.name}:{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(of.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in functions
    ]


def test_the_wire_opens_and_prints_nothing() -> None:
    doors = {"open", "input", "print", "exec", "eval", "breakpoint"}
    for name in doors:
        assert calls(module("wire.planted", f"def late():\n    return [{name}('x')]"), doors)
    assert [c for of in program() if under(of.name, ("wire",)) for c in calls(of, doors)] == []


def test_the_rules_speak_of_modules_that_exist() -> None:
    names = {of.name for of in program()}
    for rule in RULES.values():
        for place in (*rule.rooms, *rule.free, *(b for b in rule.banned if under(b, ROOMS))):
            assert place in names or place == "curses_client.screen", place
    assert len(names) >= 25


def test_the_standard_library_is_all_that_is_needed() -> None:
    planted = ("import pytest", "from hypothesis import given", "import wcwidth.table")
    for text in planted:
        assert strangers([module("reactor.planted", text)])
    assert strangers(program()) == []


def test_every_module_says_what_it_is_for() -> None:
    assert ast.get_docstring(module("x", "import re").tree) is None
    silent = [of.name for of in program() if not (ast.get_docstring(of.tree) or "").strip()]
    assert silent == []


def test_no_module_is_too_long() -> None:
    long = [f"{of.name}: {of.lines} lines" for of in program() if of.lines > LONGEST_MODULE]
    assert long == []


def loaded_by(code: str) -> set[str]:
    """The modules that a bare interpreter holds after ``code``."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_the_wire_pulls_in_no_socket_by_a_detour() -> None:
    wire = ", ".join(of.name for of in program() if under(of.name, ("wire",)))
    banned = {"socket", "ssl", "selectors", "select", "sqlite3", "threading", "asyncio", "curses"}
    assert banned & loaded_by("import socket") == {"socket", "selectors", "select"}
    assert not banned & loaded_by(f"import {wire}")


def test_the_loop_and_the_streams_pull_in_no_chat_by_a_detour() -> None:
    loaded = loaded_by("import reactor.loop, reactor.stream, reactor.listener, reactor.tls")
    assert "reactor.loop" in loaded
    assert [name for name in loaded if under(name, CHAT)] == []


def test_who_wants_no_tls_does_not_wait_for_it() -> None:
    """Ssl takes longer to load than all the rest."""
    programs = ("reactor.__main__", "curses_client.start", "curses_client.face")
    assert "ssl" in loaded_by("import reactor.tls")
    assert [name for name in programs if "ssl" in loaded_by(f"import {name}")] == []


LATE = {
    "asyncio", "bz2", "concurrent", "dataclasses", "difflib", "email", "http", "inspect", "logging",
    "multiprocessing", "pydoc", "ssl", "subprocess", "tempfile", "tomllib", "unittest", "xml",
}  # fmt: skip
"""What takes its time to load, and no start needs: only what somebody asks for later does."""


@pytest.mark.parametrize("name", ["reactor.__main__", "curses_client.start", "curses_client.face"])
def test_a_start_does_not_wait_for_what_it_does_not_need(name: str) -> None:
    assert "inspect" in loaded_by("import dataclasses")
    assert sorted(LATE & loaded_by(f"import {name}")) == []


def test_the_hub_pulls_in_no_door_by_a_detour() -> None:
    assert [
        name for name in loaded_by("import reactor.hub") if under(name, ("reactor.doors",))
    ] == []


def test_without_curses_all_but_the_screen_can_be_imported() -> None:
    """A test of the client's logic needs no terminal."""
    client = [of.name for of in program() if under(of.name, ("curses_client",))]
    importers = {
        of.name for of in program() if under(of.name, ROOMS) and {"curses"} & {*imports(of)}
    }
    assert importers <= {"curses_client.screen"}
    logic = [name for name in client if name.rpartition(".")[2] in {"cells", "editor", "keys"}]
    assert logic
    assert "curses" not in loaded_by(f"import {', '.join(logic)}")
