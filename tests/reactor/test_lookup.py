"""Searches in the log, by the index and by reading, against a naive model."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.log import EVERYBODY, Batch, Event, Log, Place
from reactor.log import search as search_module
from reactor.log.lookup import Scope
from reactor.log.records import NewRoom, NewTalk, Page
from reactor.log.words import Words
from tests.reactor.logs import NEWEST, bodies, store
from wire.grammar import PAGE_BYTES

TEXTS = ["halo", "Halo!", "siang", "c++", "10.0.0.1", "a_b", "🙂", "café", "世界", '"', "x*", "NOT"]
SENDERS = ["ani", "budi", "cici"]
PLACES = ["*", "#lab", "#den", "ab", "ac", "bb"]
TALKS = {"ab": (1, 2), "ac": (1, 3), "bb": (2, 2)}
SCOPES = {
    "*": ("*",), "#lab": ("#lab",), "ab": ("ab",), "@1": ("@1",), "@2": ("@2",), "@9": ("@9",),
    "all of 1": ("*", "#lab", "@1"), "all of 2": ("*", "#lab", "#den", "@2"), "nothing": (),
}  # fmt: skip

texts = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4).map(" ".join)
said = st.tuples(st.sampled_from(PLACES), st.sampled_from(SENDERS), texts)
words = st.lists(st.sampled_from([*TEXTS, "from:ANI", "from:budi"]), min_size=1, max_size=2)


class Ask(NamedTuple):
    """A search."""

    scope: str
    words: str
    number: int
    most: int
    upto: int


asks = st.builds(Ask, st.sampled_from([*SCOPES]), words.map(" ".join), st.integers(0, 45),
                 st.integers(0, 5), st.integers(0, 45))  # fmt: skip


class Said:
    """A log with rooms and talks, and a list of what is in it."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.places = {name: Place() for name in PLACES} | {"*": EVERYBODY}
        self.events: list[tuple[str, Event]] = []
        batch = Batch()
        batch.changes += [NewRoom(self.places[name], name, 1, 0) for name in ("#lab", "#den")]
        batch.changes += [NewTalk(self.places[name], *pair) for name, pair in TALKS.items()]
        self.log.commit(batch)

    def say(self, lines: list[tuple[str, str, str]]) -> None:
        batch = Batch()
        for place, sender, text in lines:
            event = Event("MSG", self.places[place], 0, "*", sender, text)
            batch.events.append(event)
            batch.private += [(reader, event) for reader in {*TALKS.get(place, ())}]
            self.events.append((place, event))
        if batch:
            self.log.commit(batch)

    def scope(self, name: str) -> Scope:
        sessions = [int(part[1:]) for part in SCOPES[name] if part.startswith("@")]
        places = tuple(self.places[part] for part in SCOPES[name] if not part.startswith("@"))
        return Scope(places, sessions[0] if sessions else None)

    def may_read(self, scope: str, place: str) -> bool:
        return any(
            part == place or (part[0] == "@" and int(part[1:]) in TALKS.get(place, ()))
            for part in SCOPES[scope]
        )

    def wanted(self, ask: Ask) -> Page:
        """The answer by the words of the protocol, and nothing else."""
        found = [
            event.encode()
            for place, event in self.events
            if self.may_read(ask.scope, place)
            and event.id < ask.number
            and event.id <= ask.upto
            and Words.of(ask.words).are_in(event.sender, event.body)
        ]
        return Page(found[max(0, len(found) - ask.most) :], more=len(found) > ask.most)

    def found(self, ask: Ask) -> Page:
        return finish(self.log, Words.of(ask.words), self.scope(ask.scope), ask)


def finish(log: Log, what: Words, scope: Scope, ask: Ask) -> Page:
    """All slices of a search, each as short as can be."""
    lookup = log.search(what, scope, number=ask.number, count=ask.most, upto=ask.upto)
    while True:
        page = lookup.step(0)
        if page is not None:
            return page


def fill(log: Log, slices: int = 1_000_000) -> None:
    """So many slices of the index, or all that there are."""
    while slices and log.index.fill(log.tip) is not None:
        slices -= 1


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few events fill several shards, windows and slices."""
    monkeypatch.setattr("reactor.log.search.SHARD_IDS", 8)
    monkeypatch.setattr("reactor.log.search._FIRST_ROWS", 3)
    monkeypatch.setattr("reactor.log.lookup.READ_IDS", 3)
    monkeypatch.setattr("reactor.log.search.FEW_PLACES", 1)
    monkeypatch.setattr("reactor.log.search.CANDIDATES", 3)


@settings(max_examples=120, deadline=None)
@given(st.lists(said, max_size=25), st.lists(said, max_size=15), st.integers(0, 12),
       st.lists(asks, min_size=1, max_size=8), st.booleans())  # fmt: skip
def test_against_a_model(
    first: list[tuple[str, str, str]],
    then: list[tuple[str, str, str]],
    slices: int,
    questions: list[Ask],
    restarts: bool,  # noqa: FBT001 - a drawn value
) -> None:
    """However far the index is, before and after a restart, the answer is the same."""
    with tempfile.TemporaryDirectory() as folder:
        world = Said(Path(folder) / "data")
        world.say(first)
        fill(world.log)
        world.say(then)
        fill(world.log, slices)
        if restarts:
            world.log.close()
            world.log = Log(Path(folder) / "data")
        for ask in questions:
            assert world.found(ask) == world.wanted(ask), ask
        fill(world.log)
        assert world.log.index.done == world.log.tip
        for ask in questions:
            assert world.found(ask) == world.wanted(ask), ask
        world.log.close()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "data")


def every(log: Log, text: str, number: int = NEWEST, count: int = 200) -> Page:
    """A search in what was said to everybody."""
    return finish(log, Words.of(text), Scope((EVERYBODY,)), Ask("", "", number, count, log.tip))


def test_page_ends_at_64_kib(log: Log) -> None:
    texts = [f"{number:02d} kata {'x' * 3400}" for number in range(50)]
    store(log, *texts)
    for _ in range(2):
        seen: list[str] = []
        number, pages, more = NEWEST, 0, True
        while more:
            page = every(log, "kata", number)
            more = page.more
            assert sum(map(len, page.lines)) <= PAGE_BYTES
            seen = bodies(page) + seen
            number = int(page.lines[0].split()[1])
            pages += 1
        assert (seen, pages) == (texts, 3)
        fill(log)
    log.close()


def test_the_index_is_asked_and_not_the_log(log: Log) -> None:
    """Once all is in it, nothing is read but what was found."""
    store(log, *[f"kata {number}" for number in range(20)], "langka", "kata")
    fill(log)
    statements: list[str] = []
    log._db.set_trace_callback(statements.append)
    assert bodies(every(log, "langka")) == ["langka"]
    assert len(statements) == 1
    assert "FROM event WHERE id IN (21,NULL," in statements[0]
    log.close()


@pytest.mark.parametrize("candidates", [1, 2, 3, 250])
def test_many_places(log: Log, monkeypatch: pytest.MonkeyPatch, candidates: int) -> None:
    """However common the words are elsewhere, what is said in my places is found, and no more."""
    monkeypatch.setattr("reactor.log.search.CANDIDATES", candidates)
    mine, theirs = [Place() for _ in range(4)], [Place() for _ in range(4)]
    batch = Batch()
    for number, place in enumerate([*mine, *theirs]):
        batch.changes.append(NewRoom(place, f"#r{number}", 1, 0))
    log.commit(batch)
    for number, place in enumerate([*theirs, mine[0], *theirs, *theirs, mine[2], *theirs] * 3):
        store(log, f"kata {number}", place=place)
    fill(log)
    wanted = [f"kata {number}" for number in (4, 13, 22, 31, 40, 49)]
    for count in (1, 2, 9):
        page = finish(log, Words.of("kata"), Scope((*mine,)), Ask("", "", NEWEST, count, log.tip))
        assert (bodies(page), page.more) == (wanted[-count:], count < len(wanted))
    log.close()


def test_syntax_of_the_index_means_nothing(log: Log) -> None:
    strange = ['"', '""', "NOT", "a AND", "NEAR(a b)", "a*", "^a", "text:a", "{text}:a", "-a", "(",
               ") OR (place:p1", "'", "';--", "\\", "%", "a+b", "\t", "x" * 3000]  # fmt: skip
    store(log, *strange)
    for filled in (False, True):
        for text in strange:
            page = every(log, text) if Words.of(text) else Page([], more=False)
            model = [t for t in strange if Words.of(text) and Words.of(text).are_in("ani", t)]
            assert bodies(page) == model, (filled, text)
        fill(log)
    assert log.index.done == log.tip
    log.close()


@pytest.mark.parametrize("text", [
    " ".join(f"w{number}" for number in range(600)),
    ".".join("ab" * 300),
    " ".join(["halo"] * 500),
])  # fmt: skip
def test_many_words(log: Log, text: str) -> None:
    store(log, text, "halo", text.rpartition(" ")[0] or "halo")
    fill(log)
    wanted = 3 if text.startswith("halo") else 1
    assert len(every(log, text).lines) == wanted
    log.close()


def test_a_thousand_rooms(log: Log) -> None:
    store(log, "halo")
    fill(log)
    scope = Scope(tuple(Place(number) for number in range(1000)), 1)
    page = finish(log, Words.of("halo"), scope, Ask("", "", NEWEST, 5, log.tip))
    assert bodies(page) == ["halo"]
    log.close()


def test_without_fts5(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every SQLite has it: then the log itself is read, and no file is left."""
    monkeypatch.setattr(search_module, "_MODULE", "no_such_module")
    told: list[str] = []
    log.index.on_trouble = told.append
    store(log, *[f"kata {number}" for number in range(20)])
    assert log.index.fill(log.tip) is None
    assert not log.index.lacks(log.tip)
    assert bodies(every(log, "kata 7")) == ["kata 7"]
    assert told == ["no such module: no_such_module"]
    assert [path.name for path in log._path.parent.glob("search*")] == []
    log.close()
