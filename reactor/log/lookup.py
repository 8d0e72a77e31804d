"""One search in the log, from the newest event down, in slices.

What the index has, it is asked for, shard by shard; what it has not, newer events or all of them,
is read and looked at. Both go in windows of ids, so that a slice ends in time whatever was asked.
The page does not: one that ended early without an event would leave nowhere to go on from.

Every event found is read from the log under the same condition on its place, and looked at again.
An index that is wrong can hide something, but not show what was not asked for, or not allowed.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from reactor.log.records import Page, Place, event_line, stamp
from reactor.log.search import SLICE_SECONDS, SearchIndex, place_token, session_token
from reactor.log.words import Words, searchable
from wire.grammar import PAGE_BYTES

READ_IDS: Final = 250
"""So many ids are read at once where the index has nothing."""
FETCHED: Final = 32
"""So many events of those that the index named are read at once."""

_FOUND: Final = (
    "SELECT id, kind, time, target, sender, body, place,"  # noqa: S608 - question marks alone
    " EXISTS (SELECT 1 FROM private WHERE session = ? AND event = id)"
    f" FROM event WHERE id IN ({','.join('?' * FETCHED)}) ORDER BY id DESC"
)
"""Events, where they belong, and whether they are private talk of a session. One statement for all
places and ids: one with their numbers in it would have to be prepared each time."""

_Row = tuple[int, str, int, str, str, str]


class Scope(NamedTuple):
    """Where to look: in ``places``, and in all private talk of ``session`` (None: in none)."""

    places: tuple[Place, ...]
    session: int | None = None


class Lookup:
    """The newest ``count`` events under ``number``, none above ``upto``, that hold all ``words``.

    ``count`` is 0 or more; the page ends early at PAGE_BYTES.
    """

    def __init__(
        self,
        log: sqlite3.Connection,
        index: SearchIndex,
        words: Words,
        scope: Scope,
        *,
        number: int,
        count: int,
        upto: int,
    ) -> None:
        self._log = log
        self._index = index
        self._words = words
        self._places = {place.id for place in scope.places if place.id is not None}
        self._session = scope.session
        self._below = min(number, upto + 1)
        self._count = count
        self._lines: list[bytes] = []
        self._size = 0

    def step(self, seconds: float = SLICE_SECONDS) -> Page | None:
        """Go on for about ``seconds``; the page, or None: it needs more time."""
        end = time.perf_counter() + seconds
        nowhere = not self._places and self._session is None
        while not nowhere and self._below > 1:
            done = self._index.done
            rows = self._read(done) if self._below - 1 > done else self._ask()
            for row in rows:
                if self._is_wanted(row) and not self._put(row):
                    return self._page(more=True)
            if time.perf_counter() >= end and self._below > 1:
                return None
        return self._page(more=False)

    def _read(self, done: int) -> Iterator[_Row]:
        """The next events that the index does not have."""
        low = max(done + 1, self._below - READ_IDS)
        rows = self._rows(low, self._below)
        self._below = low
        return rows

    def _ask(self) -> Iterator[_Row]:
        """The next events that the index has; nothing when it failed, which is no step forward."""
        names = [place_token(place) for place in self._places]
        if self._session is not None:
            names.append(session_token(self._session))
        answer = self._index.find(self._words, names, below=self._below, count=self._count + 1)
        if answer is None:
            return iter(())
        found, self._below = answer
        return self._shown(found)

    def _shown(self, found: Sequence[int]) -> Iterator[_Row]:
        """The events among ``found`` that may be shown, in falling order."""
        for start in range(0, len(found), FETCHED):
            some = found[start : start + FETCHED]
            none = [None] * (FETCHED - len(some))
            for row in self._log.execute(_FOUND, [self._session, *some, *none]):
                if row[-2] in self._places or row[-1]:
                    yield row[:-2]

    def _rows(self, low: int, below: int) -> Iterator[_Row]:
        """The events from ``low`` to under ``below`` that may be shown, in falling order."""
        # With the plus no index on place is used: the ids are the smaller half of the question.
        mine = f"+place IN ({','.join(map(str, self._places))})"
        if self._session is not None:
            mine += (
                " OR id IN (SELECT event FROM private WHERE session = :session"
                " AND event >= :low AND event < :below)"
            )
        return self._log.execute(
            "SELECT id, kind, time, target, sender, body FROM event"  # noqa: S608 - ids alone
            f" WHERE id >= :low AND id < :below AND ({mine}) ORDER BY id DESC",
            {"low": low, "below": below, "session": self._session},
        )

    def _is_wanted(self, row: _Row) -> bool:
        _, kind, _, _, sender, body = row
        return self._words.are_in(sender, searchable(kind, body))

    def _put(self, row: _Row) -> bool:
        """Add an event to the page; False when it does not fit."""
        number, kind, when, target, sender, body = row
        line = event_line(number, kind, stamp(when), target, sender, body)
        self._size += len(line)
        if len(self._lines) == self._count or (self._lines and self._size > PAGE_BYTES):
            return False
        self._lines.append(line)
        return True

    def _page(self, *, more: bool) -> Page:
        self._lines.reverse()
        return Page(self._lines, more)
