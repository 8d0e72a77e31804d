"""What one listener heard, judged against what it should have heard. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Hearing(NamedTuple):
    """What is wrong with what one listener heard."""

    missing: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    disordered: tuple[str, ...] = ()
    """What came after something that should have come later."""
    unexpected: tuple[str, ...] = ()


def one_lane(line: str) -> str:
    """All that is heard has one order."""
    del line
    return ""


def judge(
    heard: Sequence[str], expected: Sequence[str], lane: Callable[[str], str] = one_lane
) -> Hearing:
    """Compare; ``expected`` holds each line once, and order counts within one ``lane``."""
    rank = {line: number for number, line in enumerate(expected)}
    counted = Counter(heard)
    newest: defaultdict[str, int] = defaultdict(lambda: -1)
    disordered = []
    for line in dict.fromkeys(heard):
        if line in rank:
            way = lane(line)
            if rank[line] < newest[way]:
                disordered.append(line)
            newest[way] = max(newest[way], rank[line])
    return Hearing(
        missing=tuple(line for line in expected if line not in counted),
        doubled=tuple(line for line, count in counted.items() if count > 1),
        disordered=tuple(disordered),
        unexpected=tuple(line for line in counted if line not in rank),
    )
