"""What is remembered: it comes back, within bounds, whatever stood in the file before.

``test_memory_shared`` has the other processes, ``test_chat_kept`` the server.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curses_client import remembered
from curses_client.front import Pending
from curses_client.memory import SAVE_SECONDS, Memory
from curses_client.remembered import OUTBOX_LINES, Remembered, outboxes_of
from curses_client.unread import COUNT_MOST, Counts
from reactor.loop import Loop
from tests.curses_client.fakes import BriefSelector, FakeClock
from wire.grammar import TEXT_BYTES, UNBOUNDED_ID

SERVER = "local:59000"
TARGETS = st.sampled_from(["#lab", "#" + "x" * 32, "@a", "@b-9._", "@rizky~", "@" + "y" * 32, "*"])
PLACES = TARGETS | st.just("")
CHARACTERS = st.characters(exclude_categories=["Cs"])
TYPED = st.text(CHARACTERS, min_size=1, max_size=20)
SAID = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
TAGS = st.text("aZ0_.-", min_size=1, max_size=64)
LINES = st.builds(Pending, TAGS, st.sampled_from(["SAY", "ACT"]), TARGETS, SAID)


class Hour:
    """A memory on a loop whose time stands still; it counts the times that the file is written."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.loop = Loop(BriefSelector(), self.clock)
        self.path = folder / "state" / "memory.json"
        self.memory = Memory(folder / "state", SERVER, "rizky", self.loop)
        self.memory.load()

    def wait(self, seconds: float = 0.0) -> None:
        self.clock.at += seconds
        self.loop.run_once()
        self.loop.run_once()

    @property
    def drafts(self) -> dict[str, str]:
        """What the file says."""
        if not self.path.exists():
            return {}
        found: dict[str, str] = json.loads(self.path.read_text())[SERVER]["rizky"]["drafts"]
        return found


@pytest.fixture
def hour(tmp_path: Path) -> Iterator[Hour]:
    """A client that runs."""
    hour = Hour(tmp_path)
    yield hour
    hour.loop.close()


def load(folder: Path, name: str = "rizky") -> Memory:
    memory = Memory(folder, SERVER, name)
    memory.load()
    return memory


def parts(memory: Memory) -> tuple[object, ...]:
    return (memory.history, memory.read, memory.drafts, memory.recent, memory.counts, memory.outbox)


def file_of(folder: Path, entry: object) -> None:
    (folder / "memory.json").write_text(json.dumps({SERVER: {"rizky": entry}}))


SLOW_MACHINE = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@SLOW_MACHINE
@given(
    history=st.text(CHARACTERS, min_size=1, max_size=20),
    read=st.dictionaries(TARGETS, st.integers(1, UNBOUNDED_ID), max_size=5),
    drafts=st.dictionaries(PLACES, TYPED, max_size=5),
    recent=st.dictionaries(PLACES, st.lists(TYPED, min_size=1, max_size=5), max_size=5),
    counts=st.builds(Counts, st.integers(0, COUNT_MOST), st.integers(0, COUNT_MOST)),
    outbox=st.lists(LINES, max_size=5, unique_by=lambda line: line.tag),
)
def test_what_was_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory,
    history: str,
    read: dict[str, int],
    drafts: dict[str, str],
    recent: dict[str, list[str]],
    counts: Counts,
    outbox: list[Pending],
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    memory = load(folder, "Rizky")
    memory.history, memory.read, memory.drafts = history, dict(read), dict(drafts)
    memory.recent = {target: list(lines) for target, lines in recent.items()}
    memory.counts, memory.outbox = counts, list(outbox)
    memory.save_now()
    again = load(folder, "RIZKY")
    assert parts(again) == (history, read, drafts, recent, counts, outbox)
    again.save_now()
    assert parts(load(folder)) == parts(again)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLACES | st.text(), inner),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries(
    {"version": st.just(1) | JSON},
    optional={
        "history": JSON, "counts": JSON, "drafts": JSON, "outboxes": JSON,
        "read": JSON | st.dictionaries(TARGETS, JSON), "recent": st.dictionaries(TARGETS, JSON),
    },
)  # fmt: skip


@SLOW_MACHINE
@given(entry=JSON | ENTRIES)
def test_whatever_stands_there_it_loads_and_can_be_written_over(
    tmp_path_factory: pytest.TempPathFactory, entry: object
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    file_of(folder, entry)
    memory = load(folder)
    found = Remembered(memory.history, memory.read, memory.drafts, memory.recent, memory.counts)
    assert found.bounded() == found
    memory.drafts["#lab"] = "halo"
    memory.save_now()
    assert load(folder).drafts["#lab"] == "halo"


GOOD: dict[str, Any] = {
    "version": 1,
    "history": "h1",
    "read": {"#lab": 7},
    "drafts": {"#lab": "halo"},
    "recent": {"#lab": ["satu"]},
    "counts": [3, 1],
    "outboxes": {"0-0-0": [["t.1", "SAY", "#lab", "dua"]]},
}


@pytest.mark.parametrize(
    ("part", "bad"),
    [
        ("history", 7), ("history", "x" * 1000), ("read", []), ("read", {"#lab": True}),
        ("read", {"#lab": "7"}), ("read", {"#lab": -1}), ("read", {"#lab": 10**400}),
        ("read", {"#LAB": 7}), ("read", {"lab": 7}), ("read", {"#lab\x1b": 7}), ("drafts", "halo"),
        ("drafts", {"#lab": 3}), ("drafts", {"#lab": ""}), ("drafts", {"#" + "x" * 99: "halo"}),
        ("recent", {"#lab": "satu"}), ("recent", {"#lab": [3, None]}), ("recent", {"#lab": []}),
        ("counts", [1]), ("counts", [-1, 0]), ("outboxes", []), ("outboxes", {"0-0-0": "x"}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "#lab"]]}),
        ("outboxes", {"0-0-0": [["t.1", "QUIT", "#lab", "dua"]]}),
        ("outboxes", {"0-0-0": [["t 1", "SAY", "#lab", "dua"]]}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "lab", "dua"]]}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "#lab", ""]]}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "#lab", "dua\nQUIT"]]}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "#lab", "\ud800"]]}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "#lab", "x" * (TEXT_BYTES + 1)]]}),
        ("outboxes", {"0-0-0": [["t.1", "SAY", "#lab", 4]]}),
        ("outboxes", {"0-0-0": [{"tag": "t.1"}]}),
    ],
)  # fmt: skip
def test_a_part_that_makes_no_sense_is_no_loss_for_the_others(
    tmp_path: Path, part: str, bad: object
) -> None:
    file_of(tmp_path, {**GOOD, part: bad})
    expected = {
        "history": "h1", "read": {"#lab": 7}, "drafts": {"#lab": "halo"},
        "recent": {"#lab": ["satu"]}, "counts": Counts(3, 1),
        "outbox": [Pending("t.1", "SAY", "#lab", "dua")],
    }  # fmt: skip
    lost = "outbox" if part == "outboxes" else part
    expected[lost] = type(expected[lost])(*((0, 0) if part == "counts" else ()))
    if part == "history":
        expected["read"] = {}  # of which history, nobody knows
    assert parts(load(tmp_path)) == tuple(expected.values())


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_an_entry_of_another_version_counts_as_none(tmp_path: Path, version: object) -> None:
    file_of(tmp_path, {**GOOD, "version": version})
    assert parts(load(tmp_path)) == ("", {}, {}, {}, (0, 0), [])


def test_bounds(tmp_path: Path) -> None:
    memory = load(tmp_path)
    memory.history = "h1"
    memory.read = {f"@n{n}": n for n in range(1, remembered.READ_TARGETS + 11)}
    memory.drafts = {f"#r{n}": f"{n}" for n in range(remembered.TARGETS + 5)}
    memory.drafts["#lab"] = "é" * remembered.DRAFT_BYTES
    memory.recent = {"#lab": [f"{n}" for n in range(60)], "#uas": ["x" * 30_000] * 9}
    memory.counts = Counts(10**9, -5)
    memory.outbox = [Pending(f"t.{n}", "SAY", "#lab", f"{n}") for n in range(OUTBOX_LINES + 9)]
    memory.save_now()
    again = load(tmp_path)
    assert min(again.read.values()) == 11
    assert len(again.read) == remembered.READ_TARGETS
    assert len(again.drafts) == remembered.TARGETS
    assert again.drafts["#lab"] == "é" * (remembered.DRAFT_BYTES // 2)
    assert again.recent["#lab"] == [f"{n}" for n in range(10, 60)]
    assert again.recent["#uas"] == ["x" * 30_000] * 2
    assert again.counts == (COUNT_MOST, 0)
    assert again.outbox == memory.outbox[:OUTBOX_LINES]


def test_the_largest_memory_is_small(tmp_path: Path) -> None:
    memory = load(tmp_path)
    memory.history = "h1"
    memory.read = {f"@{'n' * 20}{n}": n for n in range(1, 3000)}
    memory.drafts = {f"#r{n}": "x" * 50_000 for n in range(300)}
    memory.recent = {f"#r{n}": ["x" * 5000] * 60 for n in range(300)}
    memory.outbox = [
        Pending(f"t.{n}", "SAY", "#lab", "x" * TEXT_BYTES) for n in range(OUTBOX_LINES + 1)
    ]
    memory.save_now()
    texts = remembered.DRAFTS_BYTES + remembered.RECENT_ALL_BYTES + OUTBOX_LINES * TEXT_BYTES
    assert (tmp_path / "memory.json").stat().st_size < texts + 200_000


def test_keys_are_folded_and_the_newer_position_wins(tmp_path: Path) -> None:
    memory = load(tmp_path)
    memory.of_history("h1")
    memory.read = {"#Lab": 9, "#lab": 7}
    memory.drafts = {"@Fatur": "halo"}
    memory.recent = {"@Fatur": ["satu"]}
    memory.save_now()
    again = load(tmp_path)
    assert again.read == {"#lab": 9}
    assert again.drafts == {"@fatur": "halo"}
    assert again.recent == {"@fatur": ["satu"]}


def test_another_history_forgets_the_positions_and_keeps_the_drafts(tmp_path: Path) -> None:
    memory = load(tmp_path)
    memory.of_history("h1")
    memory.has_read("#LAB", 500)
    memory.has_read("#lab", 20)
    memory.drafts["#lab"] = "halo"
    memory.save_now()
    again = load(tmp_path)
    assert again.read == {"#lab": 500}
    again.of_history("h1")
    assert again.read == {"#lab": 500}
    again.of_history("h2")
    assert again.read == {}
    again.has_read("#lab", 3)
    again.save_now()
    last = load(tmp_path)
    assert (last.history, last.read, last.drafts) == ("h2", {"#lab": 3}, {"#lab": "halo"})


def test_it_is_saved_at_once_then_at_most_once_a_second(hour: Hour) -> None:
    assert not hour.path.parent.exists()
    hour.memory.drafts["#lab"] = "h"
    hour.memory.touch()
    hour.wait()
    assert hour.drafts == {"#lab": "h"}
    for text in ("ha", "hal", "halo"):
        hour.memory.drafts["#lab"] = text
        hour.memory.touch()
        hour.wait(0.2)
    assert hour.drafts == {"#lab": "h"}
    hour.wait(SAVE_SECONDS - 0.6)
    assert hour.drafts == {"#lab": "halo"}


def test_with_nothing_changed_no_timer_runs_and_nothing_is_written(hour: Hour) -> None:
    assert hour.loop._timeout() is None
    hour.memory.touch()
    assert hour.loop._timeout() is not None
    hour.wait(SAVE_SECONDS)
    assert hour.loop._timeout() is None
    assert not hour.path.exists()
    hour.memory.save_now()
    assert not hour.path.exists()
    hour.memory.drafts["#lab"] = "halo"
    hour.memory.touch()
    hour.memory.save_now()
    assert hour.loop._timeout() is None
    assert hour.drafts == {"#lab": "halo"}
    written = hour.path.stat().st_ino
    hour.memory.touch()
    hour.wait(SAVE_SECONDS)
    hour.memory.save_now()
    assert hour.path.stat().st_ino == written


def test_what_is_gathered_is_saved(hour: Hour) -> None:
    def gather() -> None:
        hour.memory.drafts["#lab"] = "dari layar"

    hour.memory.gather = gather
    hour.memory.touch()
    hour.wait()
    assert hour.drafts == {"#lab": "dari layar"}


def test_while_another_client_writes_nobody_waits_and_nothing_is_lost(hour: Hour) -> None:
    hour.memory.drafts["#lab"] = "halo"
    hour.memory.touch()
    with Memory(hour.path.parent, SERVER, "fatur")._file.changing():
        hour.wait()
        hour.wait(SAVE_SECONDS)
        assert hour.drafts == {}
        assert hour.loop._timeout() is not None
    hour.wait(SAVE_SECONDS)
    assert hour.drafts == {"#lab": "halo"}
    assert hour.loop._timeout() is None


def test_a_folder_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, no folder")
    hour = Hour(tmp_path)
    for _ in range(3):
        hour.memory.drafts["#lab"] = "halo"
        hour.memory.touch()
        hour.wait(SAVE_SECONDS)
        assert hour.loop._timeout() is None
    hour.memory.save_now()
    (tmp_path / "state").unlink()
    hour.memory.touch()
    hour.wait(SAVE_SECONDS)
    assert hour.drafts == {"#lab": "halo"}
    hour.loop.close()


def test_lines_that_cannot_be_claimed_stay_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_of(tmp_path, GOOD)
    before = (tmp_path / "memory.json").read_bytes()
    monkeypatch.setattr("curses_client.memory.LOCK_SECONDS", 0)
    with Memory(tmp_path, SERVER, "fatur")._file.changing():
        memory = load(tmp_path)
        assert memory.outbox == []
        assert memory.drafts == {"#lab": "halo"}
        assert (tmp_path / "memory.json").read_bytes() == before
    assert load(tmp_path).outbox == [Pending("t.1", "SAY", "#lab", "dua")]


def test_what_is_sent_again_is_never_more_than_the_bound(tmp_path: Path) -> None:
    def lines(mark: str, count: int) -> list[list[str]]:
        return [[f"{mark}.{n}", "SAY", "#lab", f"{n}"] for n in range(count)]

    big = {"0-0-0": lines("a", OUTBOX_LINES + 5), "0-0-1": lines("b", 3), "0-0-2": lines("b", 3)}
    file_of(tmp_path, {**GOOD, "outboxes": big})
    memory = load(tmp_path)
    assert [line.tag for line in memory.outbox] == [f"a.{n}" for n in range(OUTBOX_LINES)]
    entry = json.loads((tmp_path / "memory.json").read_text())[SERVER]["rizky"]
    assert list(outboxes_of(entry)) == ["0-0-1", "0-0-2", memory._mark]
    memory.outbox = []
    memory.save_now()
    assert [line.tag for line in load(tmp_path).outbox] == ["b.0", "b.1", "b.2"]
