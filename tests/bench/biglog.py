"""A log as a campus would have it after years: ten million events, made in some minutes.

It goes in by the log's own commit, in batches: sessions and names, rooms that few or many talk in,
private talks, files, answers to tagged lines. Who talks, where, and with which words follows Zipf's
law. Nothing is random twice: the same number of events gives the same log, but for its secrets.
"""

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from reactor.log import EVERYBODY, Batch, Event, Log, Place
from reactor.log.records import HoldName, NewRoom, NewSession, NewTalk, StoredFile, Tagged

PEOPLE: Final = 500
ROOMS: Final = 300
TALKS: Final = 4000
VOCABULARY: Final = 50_000
BATCH: Final = 20_000
FIRST_TIME: Final = 1_600_000_000_000
MILLISECONDS_EACH: Final = 15_000
EVERYBODYS: Final = 0.001
PRIVATE: Final = 0.12
FILES: Final = 0.005
ACTS: Final = 0.02
TAGGED: Final = 0.7
DIGEST_BYTES: Final = 16
WORDS_MOST: Final = 15
RARE_EVERY: Final = 1_000_000
NEVER_MEET_EVERY: Final = 20
QUIET_EVENTS: Final = 250
"""So many events the quiet room has, from the first to the last of the log."""

QUIET: Final = "#sepi"
RARE: Final = "langka"
EVEN, ODD = "genap", "ganjil"
_CACHE_KIB: Final = 400_000
_ONSETS: Final = (*"bcdghjklmnprstwy", "ng", "ny")
_VOWELS: Final = "aeiou"
_CODAS: Final = ("", "n", "k", "ng", "r", "h")


def word(rank: int) -> str:
    """The word of this rank, 0 the most frequent; syllables as Indonesian has them."""
    text, rest = "", rank
    while True:
        for sounds in (_ONSETS, _VOWELS, _CODAS if rest < len(_ONSETS) else ("",)):
            rest, at = divmod(rest, len(sounds))
            text += sounds[at]
        if not rest:
            return f"{text}{rank % 7}" if rank % 50 == 49 else text
        rest -= 1


def person(number: int) -> str:
    """A name."""
    return f"orang{number}"


def room(number: int) -> str:
    """The name of a room; 0 has the most events."""
    return f"#kelas{number}"


def _weights(count: int) -> list[float]:
    return list(itertools.accumulate(1 / (rank + 1) for rank in range(count)))


class Campus:
    """People, rooms and talks, and what is said there."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.chance = random.Random(2026)
        self.words = [word(rank) for rank in range(VOCABULARY)]
        self.rooms = [(Place(), room(number)) for number in range(ROOMS)]
        self.quiet = Place()
        self.talks: list[tuple[Place, int, int]] = []
        pairs = {(a, b) for a, b in itertools.pairwise(self._people(TALKS * 3)) if a < b}
        for low, high in sorted(pairs)[:TALKS]:
            self.talks.append((Place(), low, high))
        self.chance.shuffle(self.talks)
        self.quiet_every = max(1, events // QUIET_EVENTS)

    def founding(self) -> Batch:
        """Everybody comes in, every room and talk is made."""
        batch = Batch()
        for number in range(1, PEOPLE + 1):
            batch.changes += [NewSession(number, None, FIRST_TIME),
                              HoldName(number, person(number), None)]  # fmt: skip
        for place, name in [*self.rooms, (self.quiet, QUIET)]:
            batch.changes.append(NewRoom(place, name, 1, FIRST_TIME))
        batch.changes += [NewTalk(*talk) for talk in self.talks]
        return batch

    def batches(self) -> Iterator[Batch]:
        """All events, in order."""
        for first in range(1, self.events + 1, BATCH):
            yield self._batch(first, min(BATCH, self.events + 1 - first))

    def _batch(self, first: int, count: int) -> Batch:
        batch = Batch()
        chance = self.chance
        senders = self._people(count)
        rooms = chance.choices(self.rooms, cum_weights=_weights(ROOMS), k=count)
        talks = chance.choices(self.talks, cum_weights=_weights(len(self.talks)), k=count)
        lengths = chance.choices(range(1, WORDS_MOST + 1), k=count)
        words = iter(chance.choices(self.words, cum_weights=_weights(VOCABULARY), k=sum(lengths)))
        for number in range(first, first + count):
            at = number - first
            place, target, sender, readers = self._where(number, rooms[at], talks[at], senders[at])
            text = self._text(number, list(itertools.islice(words, lengths[at])))
            event = self._event(batch, number, sender, text)
            event.place, event.target = place, target
            batch.private += [(reader, event) for reader in readers]
            if chance.random() < TAGGED:
                # As clients do: a word of their run, then a number.
                tag = f"{first * sender:012x}{at:05x}"
                batch.tags.append(Tagged(sender, tag, chance.randbytes(DIGEST_BYTES), event))
        return batch

    def _where(
        self, number: int, room: tuple[Place, str], talk: tuple[Place, int, int], sender: int
    ) -> tuple[Place, str, int, tuple[int, ...]]:
        """Its place, its target as the wire has it, its sender, and who may read it in private."""
        where = self.chance.random()
        if number % self.quiet_every == 0:
            return self.quiet, QUIET, sender, ()
        if where < PRIVATE:
            place, low, high = talk
            sender, other = (low, high) if number % 2 else (high, low)
            return place, f"@{person(other)}", sender, (low, high)
        if where < PRIVATE + EVERYBODYS:
            return EVERYBODY, "*", sender, ()
        return *room, sender, ()

    def _event(self, batch: Batch, number: int, sender: int, text: str) -> Event:
        """The event, its file too, in ``batch``; its place is to come."""
        chance = self.chance.random()
        kind = "ACT" if chance < ACTS else "FILE" if chance < ACTS + FILES else "MSG"
        time = FIRST_TIME + number * MILLISECONDS_EACH
        event = Event(kind, EVERYBODY, time, "*", person(sender), text)
        if kind == "FILE":
            sha256 = hashlib.sha256(b"%d" % number).hexdigest()
            event.body = f"{number} {sha256} {text}.pdf"
            batch.files.append(StoredFile(sender, sha256, number, event))
        batch.events.append(event)
        return event

    def _people(self, count: int) -> Sequence[int]:
        return self.chance.choices(range(1, PEOPLE + 1), cum_weights=_weights(PEOPLE), k=count)

    def _text(self, number: int, words: list[str]) -> str:
        if number % RARE_EVERY == 1:
            words.append(RARE)
        if number % NEVER_MEET_EVERY in {0, 1}:
            words.append(ODD if number % 2 else EVEN)
        return " ".join(words)


def make(folder: Path, events: int) -> None:
    """Write a log with so many events into the new folder, and its index for searches."""
    log = Log(folder)
    log._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    campus = Campus(events)
    log.commit(campus.founding())
    for batch in campus.batches():
        log.commit(batch)
        log.checkpoint()
    while log.index.fill(log.tip) is not None:
        pass
    log.close()
