"""``obrol unread [NAME]``: how much is unread, for a prompt or a status bar.

It prints two numbers, messages and mentions, as the running client noted them last. It reads that
one file: it connects to nobody and disturbs nobody. A prompt runs it every time, therefore nothing
heavy is imported here, not even the grammar of the wire.

Exit code 0; or 1 with ``-``, where no client runs or none is connected: then nobody here knows.
"""

import argparse
from pathlib import Path
from typing import Final, NamedTuple

from curses_client.jsonfile import JsonFile
from curses_client.places import DEFAULT_PORT, MEMORY_FILE, port, server_key, state_folder
from curses_client.process import is_gone

VERSION: Final = 1
"""The form of an entry (:mod:`curses_client.remembered`); one of another form counts as none."""
COUNT_MOST: Final = 999_999
"""No count is larger: a status bar has no room for more."""
UNKNOWN: Final = 1
"""Exit code where nothing is known."""
NOT_KNOWN: Final = "-"


class Counts(NamedTuple):
    """What was not read yet; a mention counts as a message too."""

    messages: int
    mentions: int


def counts_of(entry: object) -> Counts | None:
    """What an entry of the file says, None where it makes no sense."""
    if not isinstance(entry, dict) or entry.get("version") != VERSION:
        return None
    return _counts(entry.get("counts"))


def running_of(entry: object) -> dict[str, Counts]:
    """What each client counts, by its process (:mod:`curses_client.process`), the latest last."""
    if not isinstance(entry, dict) or entry.get("version") != VERSION:
        return {}
    running = entry.get("running")
    if not isinstance(running, dict):
        return {}
    read = ((mark, _counts(found)) for mark, found in running.items())
    return {mark: counts for mark, counts in read if counts is not None}


def _now(entry: object) -> Counts | None:
    """What the client that wrote last counts, of those that run."""
    for mark, counts in reversed(running_of(entry).items()):
        if not is_gone(mark):
            return counts
    return None


def _counts(found: object) -> Counts | None:
    if not (isinstance(found, list) and list(map(type, found)) == [int, int]):
        return None
    return Counts(*found) if all(0 <= count <= COUNT_MOST for count in found) else None


def main(arguments: list[str]) -> int:
    """Print what is unread for the words behind ``unread``; the exit code."""
    words = _parser().parse_args(arguments)
    entries = JsonFile(words.data / MEMORY_FILE).read().get(_server(words), {})
    # As wire.grammar.fold does.
    names = entries if words.name is None else [words.name.lower()]
    found = [counts for name in names if (counts := _now(entries.get(name))) is not None]
    if not found:
        print(NOT_KNOWN)  # noqa: T201
        return UNKNOWN
    messages = sum(counts.messages for counts in found)
    mentions = sum(counts.mentions for counts in found)
    print(messages, mentions)  # noqa: T201
    return 0


def _server(words: argparse.Namespace) -> str:
    return server_key(words.host, words.port, tls=words.tls)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="obrol unread", description="Print how many messages and mentions are unread."
    )
    parser.add_argument("name", nargs="?", help="whose (everybody's who talked from here)")
    parser.add_argument("--host", default="", help="as for the client")
    parser.add_argument("--port", type=port, default=DEFAULT_PORT, help="its port (%(default)s)")
    parser.add_argument("--tls", action="store_true", help="as for the client")
    parser.add_argument(
        "--data", type=Path, default=state_folder(), help="folder of the secrets (%(default)s)"
    )
    return parser
