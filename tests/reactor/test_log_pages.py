"""What the log gives back: pages of history, private talk, files, tags, sessions and names."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.log import EVERYBODY, Batch, Event, Log, LogError, Place
from reactor.log.records import (
    Change,
    HoldName,
    NewRoom,
    NewSession,
    NewTalk,
    Page,
    ReleaseName,
    SetTopic,
    Tagged,
)
from tests.reactor.logs import NEWEST, bodies, store, talk
from wire.grammar import PAGE_BYTES


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "data")
    yield log
    log.close()


def test_places_have_one_sequence_and_pages_of_their_own(log: Log) -> None:
    batch = Batch()
    lab, pair, den = Place(), Place(), Place()
    batch.changes += [
        NewRoom(lab, "#Lab", 1, 5),
        NewTalk(pair, 1, 2),
        NewRoom(den, "#den", 1, 6),
        SetTopic(lab, "hi there", "ani", 9),
    ]
    batch.events += [talk("l1", lab), talk("p1", pair), talk("d1", den), talk("l2", lab)]
    log.commit(batch)
    assert [lab.id, pair.id, den.id] == [1, 2, 3]

    def read(place: Place) -> list[str]:
        return bodies(log.page(place, after=True, number=0, count=10, upto=NEWEST))

    assert [read(place) for place in (lab, pair, den, EVERYBODY)] == [
        ["l1", "l2"],
        ["p1"],
        ["d1"],
        [],
    ]
    assert read(Place()) == []  # one that is not stored
    found = log.talk(1, 2)
    assert found is not None
    assert found.id == 2
    assert sorted(log.rooms()) == [
        (1, "#Lab", 1, "hi there", "ani", 9, ""),
        (3, "#den", 1, "", "", 0, ""),
    ]


def test_every_page_against_a_model(log: Log) -> None:
    """Every combination of direction, number, count and upper end, over 7 events of a place."""
    other = Place()
    batch = Batch()
    batch.changes.append(NewRoom(other, "#other", 1, 0))
    for number in range(7):
        batch.events += [talk(f"e{number}"), talk("elsewhere", other)]
    log.commit(batch)
    mine = [event for event in batch.events if event.place is EVERYBODY]
    for after, number, count, upto in itertools.product(
        (True, False), range(16), range(9), (0, 1, 6, 7, 13, NEWEST)
    ):
        inside = [e for e in mine if e.id <= upto and (e.id > number if after else e.id < number)]
        wanted = inside[:count] if after else inside[max(0, len(inside) - count) :]
        page = log.page(EVERYBODY, after=after, number=number, count=count, upto=upto)
        assert page.lines == [event.encode() for event in wanted]
        assert page.more == (len(inside) > len(wanted)), (after, number, count, upto)


@pytest.mark.parametrize("after", [True, False])
def test_page_ends_at_64_kib(log: Log, after: bool) -> None:  # noqa: FBT001 - a parameter
    texts = [f"{number:02d}" + "x" * 3498 for number in range(50)]
    store(log, *texts)
    seen: list[str] = []
    number = 0 if after else NEWEST
    sizes = []
    while True:
        page = log.page(EVERYBODY, after=after, number=number, count=200, upto=NEWEST)
        sizes.append(sum(map(len, page.lines)))
        got = bodies(page)
        seen = seen + got if after else got + seen
        if not page.more:
            break
        number = int(page.lines[-1 if after else 0].split()[1])
    assert seen == texts
    assert len(sizes) == 3
    assert PAGE_BYTES - 3600 < max(sizes) <= PAGE_BYTES


def test_private_pages_hold_all_talk_of_one_session(log: Log) -> None:
    batch = Batch()
    ab, ac = Place(), Place()
    batch.changes += [NewTalk(ab, 1, 2), NewTalk(ac, 1, 3)]
    batch.events += [talk("ab", ab), talk("all"), talk("ac", ac), talk("ba", ab)]
    for event, readers in zip(batch.events, [(1, 2), (), (1, 3), (1, 2)], strict=True):
        batch.private.extend((reader, event) for reader in readers)
    log.commit(batch)

    def read(session: int, number: int = 0, upto: int = NEWEST) -> list[str]:
        return bodies(log.private_page(session, after=True, number=number, count=10, upto=upto))

    assert [read(session) for session in (1, 2, 3, 4)] == [
        ["ab", "ac", "ba"],
        ["ab", "ba"],
        ["ac"],
        [],
    ]
    assert read(1, number=1) == ["ac", "ba"]
    assert read(1, upto=3) == ["ab", "ac"]
    page = log.private_page(1, after=False, number=4, count=1, upto=NEWEST)
    assert (bodies(page), page.more) == (["ac"], True)


def test_files_alone(log: Log) -> None:
    file = Event("FILE", EVERYBODY, 0, "*", "ani", f"3 {'0' * 64} a b.txt")
    batch = Batch()
    batch.events += [talk("a"), file, talk("b")]
    batch.private.extend((1, event) for event in batch.events)
    log.commit(batch)
    pages = (
        log.page(EVERYBODY, after=True, number=0, count=9, upto=NEWEST, kind="FILE"),
        log.private_page(1, after=True, number=0, count=9, upto=NEWEST, kind="FILE"),
    )
    assert pages == (Page([file.encode()], more=False),) * 2


def test_live_and_stored_are_the_same_bytes(log: Log) -> None:
    texts = ["halo", " leading", "tab\tand\u2028break", "🙂" * 800, "ends "]
    events = store(log, *texts)
    page = log.page(EVERYBODY, after=True, number=0, count=9, upto=NEWEST)
    assert page.lines == [event.encode() for event in events]
    assert page.lines[0] == b"MSG 1 2023-11-14T22:13:20.123Z * ani halo\n"


# Tags, sessions, names.


def test_tags_are_of_a_session_and_for_good(log: Log) -> None:
    batch = Batch()
    batch.events += [talk("a"), talk("b")]
    batch.tags += [Tagged(1, "t", b"one", batch.events[0]), Tagged(2, "t", b"two", batch.events[1])]
    log.commit(batch)
    assert [log.tagged(1, "t"), log.tagged(2, "t")] == [(b"one", 1), (b"two", 2)]
    assert [log.tagged(3, "t"), log.tagged(1, "T")] == [None, None]
    batch = Batch()
    batch.events.append(talk("c"))
    batch.tags.append(Tagged(1, "t", b"other", batch.events[0]))
    with pytest.raises(LogError):
        log.commit(batch)
    assert log.tagged(1, "t") == (b"one", 1)


def change(log: Log, *changes: Change) -> None:
    """Commit changes alone."""
    batch = Batch()
    batch.changes += changes
    log.commit(batch)


def test_names_are_held_released_and_remembered(log: Log) -> None:
    change(log, NewSession(1, 1000, 0), HoldName(1, "Ani", None), NewSession(2, None, 0))
    assert log.name("aNI") == ("Ani", 1, True)
    assert log.session(1) == (1, 1000, "Ani")
    assert log.session(2) == (2, None, "")
    change(log, HoldName(1, "Budi", "Ani"))
    assert log.name("ani") == ("Ani", 1, False)
    assert sorted(log.held_names()) == [("Budi", 1, True)]
    change(log, HoldName(2, "ani", None), ReleaseName(1, "Budi"))
    assert sorted(log.held_names()) == [("ani", 2, True)]
    assert log.session(1) == (1, 1000, "Budi")
    change(log, ReleaseName(1, "Ani"))  # of somebody who has it no longer: nothing happens
    assert sorted(log.held_names()) == [("ani", 2, True)]


def test_another_case_of_my_name_stays_held(log: Log) -> None:
    change(log, NewSession(1, None, 0), HoldName(1, "ani", None))
    change(log, HoldName(1, "ANI", "ani"))
    assert sorted(log.held_names()) == [("ANI", 1, True)]
