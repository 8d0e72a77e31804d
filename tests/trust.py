"""Which test proves which promise and which fault: the table, read and checked without running.

The table is text in ``trust_table``: a line ``P1 what it says`` for each promise (P1 to P13) and
each fault that is survived (C1 to C50); below it, indented, a test module and the names of its
tests without ``test_``; or ``!`` and what is missing, which is a :class:`Pending`.
"""

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.trust_table import TABLE

TESTS: Final = Path(__file__).resolve().parent
CODES: Final = (*(f"P{n}" for n in range(1, 14)), *(f"C{n}" for n in range(1, 51)))
PENDING: Final[tuple[str, ...]] = ()
"""What may still hold a :class:`Pending`; one that holds none any longer must leave the list."""

_HEAD: Final = re.compile(r"([PC][0-9]+) (\S.*)")
_PLACE: Final = re.compile(r"([a-z_]+/)?test_[a-z_]+")


class Proof(NamedTuple):
    """Tests of one module: its path under ``tests``, their names."""

    module: str
    tests: tuple[str, ...]


class Pending(NamedTuple):
    """What no test can prove yet, and why."""

    missing: str


class Promise(NamedTuple):
    """One promise or case: what it says, and what proves it."""

    says: str
    proofs: tuple[Proof | Pending, ...]

    @property
    def pending(self) -> list[str]:
        """What is missing."""
        return [proof.missing for proof in self.proofs if isinstance(proof, Pending)]


class BadTableError(ValueError):
    """The table cannot be read."""


def read(text: str) -> dict[str, Promise]:
    """The table by code; raises :class:`BadTableError`."""
    found: dict[str, Promise] = {}
    code = ""
    for line in text.strip().splitlines():
        if line.startswith("  "):
            if not code:
                raise BadTableError(f"no code stands above {line!r}")
            former = found[code]
            found[code] = former._replace(proofs=(*former.proofs, _proof(line.split())))
        else:
            head = _HEAD.fullmatch(line)
            if head is None or head[1] in found:
                raise BadTableError(f"{line!r} is no head, or stands there twice")
            code = head[1]
            found[code] = Promise(head[2], ())
    return found


def _proof(words: list[str]) -> Proof | Pending:
    if words[0] == "!" and words[1:]:
        return Pending(" ".join(words[1:]))
    if not _PLACE.fullmatch(words[0]) or not words[1:]:
        raise BadTableError(f"{' '.join(words)!r} names no tests")
    return Proof(words[0], tuple(f"test_{word}" for word in words[1:]))


def promises() -> Mapping[str, Promise]:
    """The table."""
    return read(TABLE)


@functools.cache
def tests_of(module: str) -> frozenset[str]:
    """The names of the tests in a module, from its text alone; none where there is no module."""
    path = TESTS / f"{module}.py"
    if not path.is_file():
        return frozenset()
    return frozenset(_names(ast.parse(path.read_text(encoding="utf-8")).body))


def _names(body: list[ast.stmt]) -> Iterator[str]:
    """Functions that are tests, in classes of tests too."""
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _names(node.body)


def faults(table: Mapping[str, Promise], pending: tuple[str, ...]) -> list[str]:
    """Everything that is wrong with a table, a line each."""
    found = [f"{code} is not in the table" for code in CODES if code not in table]
    found += [f"{code} is no promise and no case" for code in table if code not in CODES]
    for code, promise in table.items():
        if not promise.proofs:
            found.append(f"{code} has no test")
        if promise.pending and code not in pending:
            found.append(f"{code} is pending, and not in PENDING: {'; '.join(promise.pending)}")
        if not promise.pending and code in pending:
            found.append(f"{code} is in PENDING, and nothing of it is pending")
        for proof in promise.proofs:
            if isinstance(proof, Proof):
                there = tests_of(proof.module)
                found += [
                    f"{code}: there is no {proof.module}::{name}"
                    for name in proof.tests
                    if name not in there
                ]
    return found


def rows() -> Iterator[tuple[str, str, str]]:
    """The table for the page: the code, what it says, what proves it."""
    for code, promise in promises().items():
        told = []
        for proof in promise.proofs:
            if isinstance(proof, Pending):
                told.append(f"**pending:** {proof.missing}")
            else:
                told += [f"`{proof.module}::{name}`" for name in proof.tests]
        yield code, promise.says, "<br>".join(told)
