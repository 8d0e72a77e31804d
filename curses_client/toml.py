"""One value of a TOML file changed, all else left as its owner wrote it.

``tomllib`` reads and does not write. So the file is taken as *statements*, a header or a
``key = value`` with all of its lines; where each part of one ends is asked of tomllib itself, never
guessed. What comes out is read again: it must hold the new value, and nothing else may differ.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Path = tuple[str, ...]
"""Where a value stands: the names of its tables, then its key."""
Value = bool | int | str | tuple[str, ...]
"""What is written; a tuple becomes an array."""

LONGEST_STATEMENT: Final = 200
"""Lines of one statement. Finding its end costs their square, so there is an end to it."""

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_TEXT_OR_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|(#[^\r\n]*)')
_BLANKS: Final = " \t\r\n"


class NotEditableError(Exception):
    """The value stands where it cannot be changed without touching something else."""


class _Statement(NamedTuple):
    """Lines ``start`` to ``end`` (exclusive), under the header of ``table``.

    ``table`` is None in an array of tables; ``key`` is None where the statement is a header.
    """

    start: int
    end: int
    table: Path | None
    key: Path | None

    @property
    def path(self) -> Path | None:
        """The whole path of the value, if it is one."""
        return None if self.table is None or self.key is None else (*self.table, *self.key)


def read(text: str) -> dict[str, Any]:
    """What ``text`` says; raises ValueError where it is no TOML, or too deep for this reader."""
    import tomllib  # noqa: PLC0415 - many have no file of settings

    try:
        # A number with a fraction stays text: NaN would differ from itself when compared.
        return tomllib.loads(text, parse_float=str)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def put(text: str, path: Path, value: Value) -> str:
    """``text`` with ``value`` at ``path``, its comments, order and unknown keys kept.

    Raises ValueError where ``text`` is no TOML, and :class:`NotEditableError`.
    """
    plain = list(value) if isinstance(value, tuple) else value
    held = read(text)
    wanted = _with(held, path, plain)
    if repr(wanted) == repr(held):
        return text
    for candidate in _candidates(_LINE.findall(text), path, _written(value)):
        try:
            if read(candidate) == wanted:
                return candidate
        except ValueError:
            continue
    raise NotEditableError


def _with(held: Mapping[str, Any], path: Path, value: object) -> dict[str, Any]:
    """A copy of ``held`` with ``value`` at ``path``."""
    first, *rest = path
    if not rest:
        return {**held, first: value}
    inner = held.get(first, {})
    if not isinstance(inner, dict):
        raise NotEditableError
    return {**held, first: _with(inner, tuple(rest), value)}


def _written(value: Value) -> str:
    """``value`` in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # The escapes of JSON are escapes of TOML; JSON leaves DEL bare, which TOML forbids.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(map(_written, value))}]"


def _key(path: Path) -> str:
    """A key or the name of a table, dotted, its parts quoted where they must be."""
    return ".".join(part if _BARE_KEY.fullmatch(part) else _written(part) for part in path)


def _candidates(lines: Sequence[str], path: Path, new: str) -> Iterator[str]:
    """The ways to write it, best first; not all of them are TOML in every file."""
    statements = list(_statements(lines))
    for statement in statements:
        if statement.path == path:
            whole = "".join(lines[statement.start : statement.end])
            yield _spliced(lines, statement.start, statement.end, [_replaced(whole, new)])
    eol = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    table, key = path[:-1], path[-1]
    at = _end_of_table(lines, statements, table)
    if at is not None:
        yield _spliced(lines, at, at, [f"{_key((key,))} = {new}{eol}"])
    if table:
        gap = [eol] if lines and lines[-1].strip() else []
        fresh = [*gap, f"[{_key(table)}]{eol}", f"{_key((key,))} = {new}{eol}"]
        yield _spliced(lines, len(lines), len(lines), fresh)
    elif at is None:
        at = _above_first_header(lines, statements)
        yield _spliced(lines, at, at, [f"{_key((key,))} = {new}{eol}", eol])
    for statement in reversed(statements):
        # Where a table is made of dotted keys, another one goes beside them.
        own = statement.table or ()
        if statement.path and statement.path[: len(own) + 1] == path[: len(own) + 1]:
            line = f"{_key(path[len(own) :])} = {new}{eol}"
            yield _spliced(lines, statement.end, statement.end, [line])


def _statements(lines: Sequence[str]) -> Iterator[_Statement]:
    """The statements of a file that is known to be TOML."""
    table: Path | None = ()
    end = 0
    for at, line in enumerate(lines):
        if at < end or not line.strip() or line.lstrip().startswith("#"):
            continue
        end = at + 1
        if line.lstrip().startswith("["):
            table = _path_of(line)
            yield _Statement(at, end, table, None)
            continue
        while not _is_toml("".join(lines[at:end])):
            end += 1
            if end > len(lines) or end - at > LONGEST_STATEMENT:
                raise NotEditableError
        whole = "".join(lines[at:end])
        yield _Statement(at, end, table, _path_of(whole[: _equals(whole)] + "= 0"))


def _is_toml(text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _path_of(statement: str) -> Path | None:
    """The one path that a statement opens; None for an array of tables."""
    path = []
    inner: object = read(statement)
    while isinstance(inner, dict) and inner:
        ((name, inner),) = inner.items()
        path.append(name)
    return None if isinstance(inner, list) else tuple(path)


def _equals(statement: str) -> int:
    """Where the ``=`` stands that ends the key; one inside a quoted key does not."""
    places = (match.start() for match in re.finditer("=", statement))
    return next(at for at in places if _is_toml(statement[:at] + "= 0"))


def _replaced(statement: str, new: str) -> str:
    """``key = value # comment`` with another value; comments inside the old one go above it."""
    at = _equals(statement) + 1
    left, right = statement[:at], statement[at:]
    hashes = (match.start() for match in re.finditer("#", right))
    end = next((at for at in hashes if _is_toml("x =" + right[:at])), len(right))
    old = right[:end].rstrip(_BLANKS)
    inside = [match[1] for match in _TEXT_OR_COMMENT.finditer(old) if match[1]] * ("\n" in old)
    eol = "\r\n" if "\r\n" in old else "\n"
    blank = right[: len(right) - len(right.lstrip(" \t"))]
    return "".join(line + eol for line in inside) + left + blank + new + right[len(old) :]


def _end_of_table(
    lines: Sequence[str], statements: Sequence[_Statement], table: Path
) -> int | None:
    """The line below the last statement of ``table``; None: it has neither header nor statement."""
    found = [
        statement.end
        for statement in statements
        if statement.table == table and (statement.key is not None or table)
    ]
    if found or table or any(statement.key is None for statement in statements):
        return max(found, default=None)
    return len(lines)


def _above_first_header(lines: Sequence[str], statements: Sequence[_Statement]) -> int:
    """Where a first value without a table goes: above the header and the comment upon it."""
    at = next(statement.start for statement in statements if statement.key is None)
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


def _spliced(lines: Sequence[str], start: int, end: int, fresh: Sequence[str]) -> str:
    """The text with ``fresh`` in place of the lines ``start`` to ``end``."""
    above = "".join(lines[:start])
    if above and not above.endswith("\n"):
        above += "\r\n" if "\r\n" in above else "\n"
    return above + "".join(fresh) + "".join(lines[end:])
