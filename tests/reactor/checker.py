"""What many clients saw of one room, judged against the table (P2, P3): Jepsen's way, pure.

Words are what was said, each different from all others. ``judge`` gives a list of findings; an
empty one means: nothing acknowledged is lost, nothing is there twice, everybody saw the same order
without holes.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Event(NamedTuple):
    """One event: its id and its word."""

    id: int
    word: str


class Finding(NamedTuple):
    """Something that must not be: its kind, who saw it, and what."""

    kind: str
    who: str
    what: object


@dataclass
class Observed:
    """One reader: what it held at the end, and what came live, one run a connection."""

    everything: list[Event] = field(default_factory=list)
    live: list[list[Event]] = field(default_factory=list)


def judge(
    attempted: Iterable[str],
    acknowledged: Iterable[Event],
    table: Sequence[Event],
    readers: dict[str, Observed],
) -> list[Finding]:
    """Everything that is wrong; ``acknowledged`` may hold a word as often as it got an OK."""
    found = [*check_table(set(attempted), table), *check_acknowledged(acknowledged, table)]
    for who, reader in readers.items():
        found += check_complete(who, reader.everything, table)
        for run in reader.live:
            found += check_run(who, run, table)
    return found


def check_table(attempted: set[str], table: Sequence[Event]) -> list[Finding]:
    """The table itself: each word once, each of them said by somebody, ids rising."""
    found = [
        Finding("double", "table", word)
        for word, count in Counter(event.word for event in table).items()
        if count > 1
    ]
    found += [Finding("unexpected", "table", e) for e in table if e.word not in attempted]
    return found + check_rising("table", table)


def check_acknowledged(acknowledged: Iterable[Event], table: Sequence[Event]) -> list[Finding]:
    """Whoever got an OK finds the word in the table, under the id that the OK told."""
    stored = set(table)
    return [Finding("lost", "table", event) for event in acknowledged if event not in stored]


def check_rising(who: str, events: Sequence[Event]) -> list[Finding]:
    """Ids rise, so that nothing is there twice and nothing is out of order."""
    found = []
    for earlier, later in itertools.pairwise(events):
        if later.id == earlier.id:
            found.append(Finding("double", who, later))
        elif later.id < earlier.id:
            found.append(Finding("order", who, (earlier, later)))
    return found


def check_complete(who: str, events: Sequence[Event], table: Sequence[Event]) -> list[Finding]:
    """A reader that caught up holds what the table holds."""
    found = check_rising(who, events)
    seen, stored = set(events), set(table)
    found += [Finding("hole", who, event) for event in table if event not in seen]
    found += [Finding("unexpected", who, event) for event in events if event not in stored]
    return found


def check_run(who: str, run: Sequence[Event], table: Sequence[Event]) -> list[Finding]:
    """What came live over one connection is a part of the table without holes."""
    if not run:
        return []
    found = check_rising(who, run)
    low, high = min(run).id, max(run).id
    part = [event for event in table if low <= event.id <= high]
    seen, stored = set(run), set(part)
    found += [Finding("hole", who, event) for event in part if event not in seen]
    found += [Finding("unexpected", who, event) for event in run if event not in stored]
    return found
