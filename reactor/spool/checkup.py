"""Looking over the folder of a spool: is every file there that events tell of, and nothing else.

It writes nothing, and a server may be at work meanwhile: then a fault may be one of a moment, and
only what a second look finds again is one.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from reactor.spool.upload import described

_NAME: Final = re.compile("[0-9a-f]{64}")
_DATA: Final = ".data"
_DESCRIPTION: Final = ".json"


def look_over(folder: Path, wanted: Mapping[str, int]) -> Iterator[str]:
    """The faults of the spool in ``folder``, in words.

    ``wanted``: the size of every file that an event tells of, by its name. Raises OSError where
    the folder cannot be read; one that is not there is an empty one.
    """
    found = {entry.name: entry for entry in _entries(folder / "files")}
    for name, size in wanted.items():
        if name not in found:
            yield f"the file {name} is missing: {size} bytes that an event tells of"
    for name, entry in found.items():
        yield from _stored(entry, wanted.get(name))
    yield from _parts(folder / "partial")


def _stored(entry: "os.DirEntry[str]", size: int | None) -> Iterator[str]:
    """What is wrong with one entry of ``files/``; ``size`` is None when no event tells of it."""
    if not entry.is_file(follow_symlinks=False):
        yield f"files/{entry.name!r} is no file"
    elif _NAME.fullmatch(entry.name) is None:
        yield f"files/{entry.name!r} is not called by a SHA-256"
    else:
        there = _size(entry)
        if size is None and there is not None:
            yield f"no event tells of the file {entry.name}: {there} bytes"
        elif there not in {None, size}:
            yield f"the file {entry.name} has {there} bytes instead of {size}"


def _parts(folder: Path) -> Iterator[str]:
    """What is wrong with the unfinished uploads: each is a description and its bytes."""
    entries = {entry.name: entry for entry in _entries(folder)}
    for name, entry in entries.items():
        path = Path(entry.path)
        if path.suffix not in {_DATA, _DESCRIPTION} or not entry.is_file(follow_symlinks=False):
            yield f"partial/{name!r} is no part of an upload"
        elif path.suffix == _DATA and path.with_suffix(_DESCRIPTION).name not in entries:
            yield f"the upload partial/{name} has no description"
        elif path.suffix == _DESCRIPTION:
            yield from _part(path, entries.get(path.with_suffix(_DATA).name))


def _part(description: Path, data: "os.DirEntry[str] | None") -> Iterator[str]:
    try:
        meta, _ = described(description)
    except (OSError, ValueError):
        yield f"partial/{description.name} does not describe an upload"
        return
    there = None if data is None else _size(data)
    if meta.key != description.stem:
        yield f"partial/{description.name} describes another upload: {meta.key}"
    elif there is None:
        yield f"the upload partial/{description.stem} has no bytes"
    elif there > meta.size:
        yield f"the upload partial/{description.stem} has {there} bytes of {meta.size}"


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def _size(entry: "os.DirEntry[str]") -> int | None:
    """Its bytes; None when it has gone meanwhile."""
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return None
