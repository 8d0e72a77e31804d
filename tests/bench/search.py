"""Search in a large log: what it takes to find words, with the index and while there is none.

The log is written straight into its file: a million lines of talk, in fifty rooms.
"""

import itertools
import random
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reactor.log import Log, Place
from reactor.log.lookup import Scope
from reactor.log.words import Words
from wire.grammar import PAGE_EVENTS, UNBOUNDED_ID

ROOMS: Final = 50
PEOPLE: Final = 30
WORDS_A_LINE: Final = 8
VOCABULARY: Final = 20_000
BATCH: Final = 10_000
RARE_EVERY: Final = 250_000
QUESTIONS: Final = {
    "a rare word": "langka",
    "a very common word": "w0",
    "a common and a rare word": "w0 langka",
    "two common words": "w0 w1",
    "two that never meet": "genap ganjil",
    "a phrase": "w0-w1",
    "somebody's lines": "from:u7",
    "a word nobody said": "takada",
}


@dataclass
class Result:
    """Times in seconds. ``slices``: of filling; ``found``: for each question, all its slices."""

    build: float = 0.0
    slices: list[float] = field(default_factory=list)
    index_bytes: int = 0
    log_bytes: int = 0
    found: dict[str, tuple[int, list[float]]] = field(default_factory=dict)


def make_log(folder: Path, events: int) -> None:
    """A log with ``events`` lines of talk; every second one is even, and says so."""
    Log(folder).close()
    chance = random.Random(2026)
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
    vocabulary = [f"w{rank}" for rank in range(VOCABULARY)]

    def line(number: int) -> tuple[int, int, str, int, str, str, str]:
        words = chance.choices(vocabulary, cum_weights=weights, k=WORDS_A_LINE)
        words.append("ganjil" if number % 2 else "genap")
        if number % RARE_EVERY == 1:
            words.append("langka")
        place = number % ROOMS
        target = f"#r{place}" if place else "*"
        text = " ".join(words)
        return number, place, "MSG", number * 1000, target, f"u{number % PEOPLE}", text

    with sqlite3.connect(folder / "log.sqlite") as db:
        for first in range(1, events + 1, BATCH):
            last = min(events + 1, first + BATCH)
            db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
                           map(line, range(first, last)))  # fmt: skip
            db.commit()
    db.close()


def measure(folder: Path, events: int) -> tuple[Result, Result]:
    """Build a log and its index in ``folder``; what it gives with the index, and without one."""
    make_log(folder, events)
    log = Log(folder)
    without = Result(found=ask(log))
    result = Result()
    start = time.perf_counter()
    while True:
        at = time.perf_counter()
        if log.index.fill(log.tip) is None:
            break
        result.slices.append(time.perf_counter() - at)
    result.build = time.perf_counter() - start
    result.found = ask(log)
    log.close()
    result.index_bytes = (folder / "search.sqlite").stat().st_size
    result.log_bytes = (folder / "log.sqlite").stat().st_size
    return result, without


def ask(log: Log) -> dict[str, tuple[int, list[float]]]:
    """For each question, everywhere: how many events its page has, what its slices took."""
    everywhere = Scope(tuple(Place(number) for number in range(ROOMS)), 1)
    found = {}
    for name, text in QUESTIONS.items():
        lookup = log.search(
            Words.of(text), everywhere, number=UNBOUNDED_ID, count=PAGE_EVENTS, upto=log.tip
        )
        page, slices = None, []
        while page is None:
            at = time.perf_counter()
            page = lookup.step()
            slices.append(time.perf_counter() - at)
        found[name] = len(page.lines), slices
    return found
