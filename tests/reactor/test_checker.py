"""First prove the checker: one planted loss, double or swap each, and it is found."""

import random

import pytest

from tests.reactor.checker import Event, Finding, Observed, check_run, judge

TABLE = [Event(10 + 3 * number, f"w{number}") for number in range(20)]
WORDS = [event.word for event in TABLE]


def verdict(
    table: list[Event] | None = None,
    everything: list[Event] | None = None,
    live: list[list[Event]] | None = None,
    acknowledged: list[Event] | None = None,
) -> set[tuple[str, str]]:
    """Kinds of findings and who saw them, for a run in which one thing may be other than good."""
    odd = Observed(list(everything or TABLE), [TABLE[5:6]] if live is None else live)
    readers = {"good": Observed(list(TABLE), [TABLE[3:9], [], TABLE[12:]]), "odd": odd}
    if table is not None:
        readers.clear()
    found = judge(
        WORDS,
        TABLE[:15] if acknowledged is None else acknowledged,
        TABLE if table is None else table,
        readers,
    )
    return {(finding.kind, finding.who) for finding in found}


def changed(at: int, *events: Event) -> list[Event]:
    """The table with other events in the place of one."""
    return [*TABLE[:at], *events, *TABLE[at + 1 :]]


def test_good_run_is_good() -> None:
    assert verdict() == set()
    assert judge([], [], [], {"nobody": Observed()}) == []
    # What was attempted and not acknowledged may be there or not.
    assert verdict(table=TABLE[:15]) == verdict(table=TABLE) == set()


@pytest.mark.parametrize("at", [0, 7, 14])
def test_planted_loss(at: int) -> None:
    """Of an acknowledged word in the table; of any word at a reader."""
    assert verdict(table=changed(at)) == {("lost", "table")}
    assert verdict(everything=changed(at)) == {("hole", "odd")}
    assert verdict(live=[changed(at)[1:-1]]) == ({("hole", "odd")} if at else set())


def test_planted_loss_of_a_prefix_and_of_the_end() -> None:
    assert verdict(everything=TABLE[1:]) == verdict(everything=TABLE[:-1]) == {("hole", "odd")}
    assert verdict(table=[]) == {("lost", "table")}


@pytest.mark.parametrize("at", [0, 7, 19])
def test_planted_double(at: int) -> None:
    again = Event(1000, TABLE[at].word)
    assert verdict(table=[*TABLE, again]) == {("double", "table")}
    assert verdict(table=changed(at, TABLE[at], TABLE[at])) == {("double", "table")}
    assert verdict(everything=changed(at, TABLE[at], TABLE[at])) == {("double", "odd")}
    assert verdict(live=[changed(at, TABLE[at], TABLE[at])]) == {("double", "odd")}
    assert verdict(everything=[*TABLE, TABLE[at - 1]]) != set()


@pytest.mark.parametrize("at", [0, 7, 18])
def test_planted_swap(at: int) -> None:
    swapped = list(TABLE)
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    assert verdict(table=swapped) == {("order", "table")}
    assert verdict(everything=swapped) == {("order", "odd")}
    assert verdict(live=[swapped]) == {("order", "odd")}
    assert ("unexpected", "odd") in verdict(
        everything=changed(at, Event(TABLE[at].id, TABLE[at + 1].word))
    )


def test_planted_words_of_nobody() -> None:
    ghost = Event(500, "boo")
    assert verdict(table=[*TABLE, ghost]) == {("unexpected", "table")}
    assert verdict(everything=[*TABLE, ghost]) == {("unexpected", "odd")}
    assert verdict(live=[[TABLE[3], Event(20, "boo"), TABLE[4]]]) == {("unexpected", "odd")}


def test_planted_ok_with_another_id() -> None:
    assert verdict(acknowledged=[Event(11, "w0")]) == {("lost", "table")}
    assert verdict(acknowledged=[TABLE[0], TABLE[0]]) == set()  # sent again: the old OK


def test_finding_tells_what_is_missing() -> None:
    assert check_run("ani", [TABLE[2], TABLE[4]], TABLE) == [Finding("hole", "ani", TABLE[3])]


@pytest.mark.parametrize("seed", range(50))
def test_any_single_change_at_a_reader_is_found(seed: int) -> None:
    chance = random.Random(seed)
    at = chance.randrange(len(TABLE))
    what = chance.choice(("drop", "double", "move", "alter"))
    events = list(TABLE)
    event = events.pop(at)
    if what == "double":
        events[at:at] = [event, event]
    elif what == "move":
        events.insert((at + chance.randrange(1, len(TABLE))) % len(TABLE), event)
    elif what == "alter":
        events.insert(at, Event(event.id, event.word + "x"))
    assert verdict(everything=events) != set()
