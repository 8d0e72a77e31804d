"""The harness sees each thing that a server may do wrong with a message, and says so."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import faulty, talk
from tests.bench.load import Crowd, LostError
from tests.bench.printing.table import Column, show
from tests.bench.systems.streams import Streams
from tests.bench.systems.system import Server, System, free_port, launch
from tests.bench.turns import Figures, in_turn
from tests.support.server import ROOT

MEMBERS = 4
SECONDS = 0.05
PATIENCE = 0.5
WRONG = [fault for fault in faulty.FAULTS if fault != "none"]
Way = Callable[[Crowd, System], talk.Talk]
WAYS: dict[str, Way] = {
    "flow": lambda crowd, system: talk.flow(crowd, system, "", 256, SECONDS),
    "one by one": lambda crowd, system: talk.one_by_one(crowd, system, "", SECONDS),
}


class Faulty(Streams):
    """A chat with a fault."""

    def __init__(self, fault: str) -> None:
        self.name = fault
        self._fault = fault

    def start(self, folder: Path, members: int) -> Server:
        del members
        port = free_port()
        command = [sys.executable, "-m", faulty.__name__, str(port), self._fault]
        return launch(command, folder, port, cwd=ROOT)


def told(fault: str, folder: Path, way: str) -> talk.Talk:
    """Let a talker talk to some members of a chat with that fault."""
    system = Faulty(fault)
    with system.start(folder, MEMBERS) as server, Crowd(server.port, PATIENCE) as crowd:
        crowd.enter([system.login(f"m{number}") for number in range(MEMBERS)], 1)
        crowd.enter_talker(system.speaker("talker", ""))
        talk.settle(crowd, system, "")
        return WAYS[way](crowd, system)


@pytest.mark.parametrize("way", WAYS)
def test_without_a_fault_all_is_well(way: str, tmp_path: Path) -> None:
    assert told("none", tmp_path, way).messages > faulty.NUMBER


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("whom", ["one", "all"])
@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_is_seen(fault: str, whom: str, way: str, tmp_path: Path) -> None:
    with pytest.raises(LostError):
        told(f"{fault}-{whom}", tmp_path, way)


def test_it_is_said_who_was_told_what_else(tmp_path: Path) -> None:
    with pytest.raises(LostError, match=r"member \d was told .*y.* others .*x"):
        told("changed-one", tmp_path, "flow")


def test_a_system_that_loses_is_out_of_the_table_and_named_below_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def once(system: System) -> Figures:
        return {"messages": told(system.name, tmp_path, "flow").messages}

    outcome = in_turn([Faulty("none"), Faulty("lost-one")], 2, once)
    assert list(outcome.figures) == ["none"]
    assert list(outcome.failures) == ["lost-one"]
    assert show("title", [Column("messages", "messages", ",.0f")], outcome) == 1
    assert "lost-one          FAILED: " in capsys.readouterr().out


class Missing(Streams):
    """Something that is not installed here."""

    name = "missing"

    def missing(self) -> str:
        return "a-package"


def test_what_is_not_installed_is_named_and_the_rest_goes_on() -> None:
    outcome = in_turn([Missing(), Faulty("none")], 3, lambda _: {"figure": 1.0})
    assert outcome.missing == {"missing": "a-package"}
    assert outcome.figures == {"none": {"figure": 1.0}}


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    with pytest.raises(AssertionError, match="no such thing"):
        launch(command, tmp_path, free_port())


def test_the_median_of_the_runs_counts() -> None:
    figures = iter([5.0, 1.0, 3.0])
    outcome = in_turn([Faulty("none")], 3, lambda _: {"figure": next(figures)})
    assert outcome.figures["none"] == {"figure": 3.0}
