"""What a client did and was told, a line each, in a file that outlives its process.

A crew writes what it is going to say before it says it, and what was told before it goes on: so a
crew that is killed is taken up by the next process, and the judge reads nothing but these files.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from tests.reactor.checker import Event, Observed

NOT_TIMED: Final = -1.0
"""In place of the milliseconds of an answer that came after a break."""


class Upload(NamedTuple):
    """A file on its way: the line that is sent, and sent again, follows from this."""

    word: str
    size: int
    attempt: int
    offset: int


@dataclass
class Story:
    """Everything about one client; made of its records, while it lives and afterwards."""

    room: str = ""
    name: str = ""
    session: str = ""
    said: list[str] = field(default_factory=list)
    pending: dict[str, None] = field(default_factory=dict)
    upload: Upload | None = None
    files: int = 0
    acknowledged: list[Event] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    have: list[Event] = field(default_factory=list)
    runs: list[list[Event]] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)
    fetched: int = 0
    faults: list[str] = field(default_factory=list)
    caught_up: bool = False

    @property
    def last(self) -> int:
        """Up to this id nothing is missing."""
        return self.have[-1].id if self.have else 0

    @property
    def observed(self) -> Observed:
        """What the checker judges."""
        return Observed(self.have, self.runs)

    def apply(self, kind: str, *words: str) -> None:
        """Take in one record."""
        getattr(self, f"_{kind}")(*words)

    def _session(self, name: str, session: str) -> None:
        self.name, self.session = name, session

    def _says(self, word: str) -> None:
        self.said.append(word)
        self.pending[word] = None

    def _guest_says(self, word: str) -> None:
        self.said.append(word)

    def _sends(self, word: str, size: str, attempt: str, offset: str) -> None:
        if self.upload is None:
            self.said.append(word)
            self.files += 1
        self.upload = Upload(word, int(size), int(attempt), int(offset))

    def _acknowledged(self, word: str, number: str, milliseconds: str) -> None:
        self.pending.pop(word, None)
        if self.upload is not None and self.upload.word == word:
            self.upload = None
        self.acknowledged.append(Event(int(number), word))
        if float(milliseconds) != NOT_TIMED:
            self.times.append(float(milliseconds))

    def _connected(self) -> None:
        self.runs.append([])
        self.heard.append([])
        self.caught_up = False

    def _past(self, number: str, word: str) -> None:
        self.have.append(Event(int(number), word))

    def _caught_up(self) -> None:
        self.caught_up = True
        last = self.last
        self.have += [event for event in self.runs[-1] if event.id > last]

    def _live(self, number: str, word: str) -> None:
        event = Event(int(number), word)
        self.runs[-1].append(event)
        if self.caught_up:
            self.have.append(event)

    def _hears(self, word: str) -> None:
        self.heard[-1].append(word)

    def _fetched(self) -> None:
        self.fetched += 1

    def _fault(self, *words: str) -> None:
        self.faults.append(" ".join(words))


class Recorder:
    """The records of one crew, appended to ``path``; what a killed one left half is cut off."""

    def __init__(self, path: Path) -> None:
        self.stories: defaultdict[str, Story] = stories(path)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._fd, sum(len(line) for line in _whole_lines(path)))
        self._waiting: list[str] = []

    def note(self, who: str, kind: str, *words: str) -> None:
        """Take it in, and write it down with the next :meth:`flush`."""
        self.stories[who].apply(kind, *words)
        self._waiting.append(" ".join((who, kind, *words)) + "\n")

    def flush(self) -> None:
        """Write it down; nothing is said to the server before that."""
        data = "".join(self._waiting).encode()
        self._waiting.clear()
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def stories(path: Path) -> "defaultdict[str, Story]":
    """Every client that ``path`` tells of."""
    found: defaultdict[str, Story] = defaultdict(Story)
    for line in _whole_lines(path):
        who, kind, *words = line.decode().split()
        found[who].apply(kind, *words)
    return found


def _whole_lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as lines:
            yield from (line for line in lines if line.endswith(b"\n"))
