"""Each system that is installed delivers everything under a small load, by the harness itself."""

import re
from dataclasses import replace

import pytest

from tests.bench import fanout, idle, joins, rooms
from tests.bench.options import Options
from tests.bench.systems import SYSTEMS
from tests.bench.systems.system import System

MEMBERS = 12
CONNECTIONS = 120
"""More than one room of them."""
SMALL = Options(send_seconds=0.05, seconds=0.5, runs=1, pin=False)
BY_NAME = {system.name: system for system in SYSTEMS}


def here(name: str) -> System:
    """A system, if it is installed."""
    system = BY_NAME[name]
    if package := system.missing():
        pytest.skip(f"needs {package}")
    return system


@pytest.mark.parametrize("name", BY_NAME)
def test_everybody_is_told_everything(name: str) -> None:
    figures = fanout.measure(here(name), MEMBERS, (fanout.WINDOW, fanout.SINGLE), SMALL)
    assert figures["deliveries-256"] > 0
    assert figures["deliveries-1"] > 0
    assert 0 < figures["p50-1"] <= figures["p99-1"]


@pytest.mark.parametrize("name", BY_NAME)
def test_it_says_which_version_it_is(name: str) -> None:
    assert re.search(r"\d+\.\d+", here(name).version())


@pytest.mark.parametrize("name", ["obrol", "Redis", "ngIRCd"])
def test_a_message_is_told_to_its_room_alone(name: str) -> None:
    figures = rooms.measure(here(name), 2 * rooms.IN_A_ROOM, SMALL)
    assert figures["messages"] == 2 * rooms.IN_A_ROOM * SMALL.seconds
    assert 0 < figures["p50"] <= figures["p99"]


@pytest.mark.parametrize("name", ["obrol", "ngIRCd"])
def test_each_one_hears_who_comes(name: str) -> None:
    figures = joins.measure(here(name), MEMBERS, SMALL)
    assert set(figures) == {"together", "together-cpu", "apart", "apart-cpu"}


def test_the_operator_reaches_all_who_are_idle() -> None:
    figures = idle.measure(here("obrol"), CONNECTIONS, SMALL)
    assert figures["all"] > 0
    assert figures["kib"] > 0


def test_only_systems_for_so_many_are_compared_idle() -> None:
    streams = replace(SMALL, systems=(BY_NAME["asyncio streams"],))
    assert idle.compare(streams).figures == {}


def test_who_takes_minutes_is_left_out_and_named() -> None:
    few = replace(SMALL, systems=(BY_NAME["ngIRCd"],))
    outcome = fanout.compare(BY_NAME["ngIRCd"].most + 1, (fanout.SINGLE,), few)
    assert outcome.figures == {}
    assert set(outcome.left_out) == {"ngIRCd"}
