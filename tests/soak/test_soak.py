"""P1 to P3, P12 in miniature: a soak of 50 clients; and its judge finds what is planted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reactor.checker import Event
from tests.soak.conduct import Size, Soak, judge_room
from tests.soak.records import Recorder, Story, Upload, stories

MINIATURE = Size(
    seconds=10, connections=50, crews=2, pause=0.3, cuts=2, files=0.15, ramp=0.5, seed=7
)


@pytest.mark.timeout(600)
def test_miniature(tmp_path: Path) -> None:
    with Soak(tmp_path, MINIATURE) as soak:
        result = soak.run()
    assert result.faults == []
    assert (result.restarts, result.kills) == (2, 3)
    assert result.clients.total() >= 49
    assert result.acknowledged > 50
    assert result.files > 3
    assert result.fetched > 0
    # Everybody came back from two restarts; and the faults hit while there was something to lose.
    assert result.connects > 2 * result.clients.total()
    assert len(result.times) < result.acknowledged


TABLE = [Event(3, "tcp0.0"), Event(4, "plain0.0"), Event(7, "tcp0.f1"), Event(9, "udp0.0")]
KINDS = {"tcp0": "tcp", "unix0": "unix", "plain0": "plain", "udp0": "udp"}


def well() -> dict[str, Story]:
    """Four clients who saw what they should."""
    found = {who: Story(room="#lab") for who in KINDS}
    for who, words in {
        "tcp0": ["tcp0.0", "tcp0.f1"],
        "plain0": ["plain0.0"],
        "udp0": ["udp0.0"],
    }.items():
        found[who].said += words
    found["tcp0"].acknowledged += [TABLE[0], TABLE[2]]
    for who in ("tcp0", "unix0"):
        found[who].have += TABLE
        found[who].runs += [TABLE[:2], TABLE[1:]]
    found["plain0"].heard += [["tcp0.0", "plain0.0"], ["plain0.0", "udp0.0"]]
    found["udp0"].heard += [["plain0.0"]]
    return found


PLANTED: dict[str, tuple[Callable[[dict[str, Story]], object], tuple[str, str]]] = {
    "lost": (lambda s: s["tcp0"].acknowledged.append(Event(8, "tcp0.0")), ("lost", "table")),
    "hole": (lambda s: s["unix0"].have.pop(1), ("hole", "unix0")),
    "hole live": (lambda s: s["tcp0"].runs.append([TABLE[0], TABLE[3]]), ("hole", "tcp0")),
    "order": (lambda s: s["unix0"].have.reverse(), ("order", "unix0")),
    "double": (lambda s: s["unix0"].have.append(TABLE[3]), ("double", "unix0")),
    "nobody's": (lambda s: s["udp0"].said.clear(), ("unexpected", "table")),
    "plain double": (
        lambda s: s["plain0"].heard.append(["udp0.0", "udp0.0"]), ("double", "plain0"),
    ),
    "plain hole": (lambda s: s["plain0"].heard.append(["tcp0.0", "udp0.0"]), ("hole", "plain0")),
    "plain order": (lambda s: s["plain0"].heard[0].reverse(), ("order", "plain0")),
    "datagram double": (lambda s: s["udp0"].heard[0].append("plain0.0"), ("double", "udp0")),
    "datagram of nobody": (lambda s: s["udp0"].heard[0].append("x0.9"), ("unexpected", "udp0")),
}  # fmt: skip


def test_what_is_well_is_well() -> None:
    assert judge_room(well(), KINDS, TABLE) == []


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(what: str) -> None:
    plant, expected = PLANTED[what]
    here = well()
    plant(here)
    assert expected in {(found.kind, found.who) for found in judge_room(here, KINDS, TABLE)}


def test_a_killed_crew_is_taken_up_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "records"
    recorder = Recorder(path)
    recorder.note("tcp0", "connected")
    recorder.note("tcp0", "session", "tcp0", "SECRET")
    for number in (4, 7):
        recorder.note("tcp0", "past", str(number), f"w{number}")
    recorder.note("tcp0", "live", "9", "w9")
    assert recorder.stories["tcp0"].last == 7  # what is between may be missing
    recorder.note("tcp0", "caught_up")
    recorder.note("tcp0", "live", "12", "w12")
    for word in ("tcp0.0", "tcp0.1"):
        recorder.note("tcp0", "says", word)
    recorder.note("tcp0", "acknowledged", "tcp0.0", "13", "1.50")
    recorder.note("tcp0", "sends", "tcp0.f0", "100", "1", "0")
    recorder.note("tcp0", "sends", "tcp0.f0", "100", "2", "40")
    recorder.flush()
    recorder.close()
    with path.open("ab") as file:
        file.write(b"tcp0 live 14 half a li")
    again = Recorder(path)
    story = again.stories["tcp0"]
    assert (story.session, story.last, list(story.pending)) == ("SECRET", 12, ["tcp0.1"])
    assert [event.id for event in story.have] == [4, 7, 9, 12]
    assert story.runs == [[Event(9, "w9"), Event(12, "w12")]]
    assert story.upload == Upload("tcp0.f0", 100, 2, 40)
    assert (story.files, story.said) == (1, ["tcp0.0", "tcp0.1", "tcp0.f0"])
    again.note("tcp0", "acknowledged", "tcp0.f0", "15", "-1")
    again.flush()
    again.close()
    final = stories(path)["tcp0"]
    assert (final.upload, final.times) == (None, [1.5])
    assert len(final.acknowledged) == 2
