"""Many programs and clients at once for some seconds, and the judge that says what went wrong."""

import pytest

from tests.students_load import measure
from tests.support.crowd import Report
from tests.support.hearing import Hearing, judge

SAID = ["a: 1", "b: 1", "a: 2", "b: 2"]
RIGHT = Hearing()


def whom(line: str) -> str:
    return line[0]


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (SAID, RIGHT),
        ([], Hearing(missing=tuple(SAID))),
        (["a: 1", "b: 1", "b: 2"], Hearing(missing=("a: 2",))),
        ([*SAID, "b: 1"], Hearing(doubled=("b: 1",))),
        (["a: 1", "a: 2", "b: 1", "b: 2"], Hearing(disordered=("b: 1",))),
        (["b: 2", "a: 1", "b: 1", "a: 2"], Hearing(disordered=("a: 1", "b: 1", "a: 2"))),
        ([*SAID, "a: 1b: 1"], Hearing(unexpected=("a: 1b: 1",))),
    ],
    ids=["right", "nothing", "a hole", "a double", "two changed", "the last first", "run together"],
)
def test_the_judge_sees_what_is_wrong(heard: list[str], found: Hearing) -> None:
    assert judge(heard, SAID) == found


def test_lanes_are_judged_each_for_itself() -> None:
    assert judge(["b: 1", "b: 2", "a: 1", "a: 2"], SAID, lane=whom) == RIGHT
    assert judge(["b: 2", "b: 1", "a: 1", "a: 2"], SAID, lane=whom).disordered == ("b: 1",)


def report(
    source: Hearing = RIGHT,
    lost_in: tuple[str, ...] = (),
    stream: Hearing = RIGHT,
    datagram: Hearing = RIGHT,
    ended: tuple[str, ...] = (),
) -> Report:
    return Report(
        told=4, heard=8, source=source, lost_in=lost_in, ended=ended,
        streams={"tamu0": stream}, datagrams={"udp0": datagram},
    )  # fmt: skip


def test_datagrams_may_be_lost_and_overtaken_and_nothing_else() -> None:
    lost = Hearing(missing=("a: 1",))
    assert report(source=lost, lost_in=("a: 1",)).faults == []
    assert report(source=lost).faults == ["the server, missing: a: 1"]
    assert report(datagram=lost).faults == []
    assert report(datagram=lost).lost_out == 1
    assert report(datagram=Hearing(disordered=("a: 1",))).faults == []
    assert report(datagram=Hearing(doubled=("a: 1",))).faults == ["udp0, doubled: a: 1"]
    assert report(stream=lost).faults == ["tamu0, missing: a: 1"]
    assert report(stream=Hearing(disordered=("a: 1",))).faults == ["tamu0, disordered: a: 1"]
    assert report(ended=("tamu0",)).faults == ["tamu0 ended"]


def test_programs_of_every_kind_and_natives_miss_nothing() -> None:
    run = measure(seconds=5, each=2, natives=4, pause=0.5)
    assert run.report.faults == []
    assert run.report.told > 100
    assert run.report.heard > 10 * run.report.told
