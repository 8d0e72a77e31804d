"""The numbers an operator needs: one table of their names, and what they are now.

Who does something countable adds to its name; what is a state (connections, memory) is read where
it is known, at the moment somebody asks. Nothing is counted for each line of a fan-out: the bytes
are counted by the loop, one addition for each write, and read here as a state.
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple

VERSION: Final = "0.1.0"
"""Of the program; that of the protocol is in WELCOME."""

Kind = Literal["counter", "gauge"]
"""A counter only grows, until the server ends; a gauge is a state."""

Number = int | float


class Counter(NamedTuple):
    """One number: its name in STAT, what kind it is, what it says.

    The end of the name is the unit: ``-bytes``, ``-ms`` (milliseconds), ``-seconds``; without one
    it counts things. Where ``label`` is set, the numbers of one ``family`` say the same of several
    things: ``label`` names what tells them apart, ``value`` is which one this is.
    """

    name: str
    kind: Kind
    help: str
    family: str = ""
    label: str = ""
    value: str = ""


def _each(family: str, kind: Kind, text: str, label: str, *values: str) -> list[Counter]:
    """The same number of several things: ``family-value`` for each."""
    return [Counter(f"{family}-{value}", kind, text, family, label, value) for value in values]


_DOORS: Final = ("tcp", "unix", "tls", "plain", "udp", "multicast")
COUNTERS: Final = (
    Counter("uptime-seconds", "gauge", "since the server started"),
    Counter("memory-bytes", "gauge", "resident memory of the process"),
    *_each("connections", "gauge", "open now", "door", *_DOORS),
    *_each("accepted", "counter", "came in", "door", *_DOORS),
    Counter("turned-away", "counter", "connections for which there was no place"),
    Counter("slow-readers", "counter", "connections closed because they did not read"),
    Counter("people", "gauge", "names that belong to somebody now"),
    Counter("rooms", "gauge", "rooms"),
    Counter("lines-refused", "counter", "lines that were answered with ERR"),
    Counter("events-stored", "counter", "events on disk since the start"),
    Counter("commits", "counter", "turns that were stored"),
    Counter("commits-failed", "counter", "turns that could not be stored"),
    Counter("commit-ms", "counter", "time spent storing, the loop standing still"),
    Counter("commit-longest-ms", "gauge", "longest time that a turn took to be stored"),
    Counter("turns", "counter", "turns of the loop"),
    Counter("turn-longest-ms", "gauge", "longest turn since the start, without the wait"),
    Counter("turn-longest-minute-ms", "gauge", "longest turn of the last minute"),
    Counter("in-bytes", "counter", "read from streams"),
    Counter("out-bytes", "counter", "written to streams"),
    Counter("queued-bytes", "gauge", "waiting to be sent, over all connections"),
    Counter("uploads", "gauge", "files that come in now"),
    Counter("downloads", "gauge", "files that go out now"),
    Counter("spool-bytes", "gauge", "files that are stored, or promised to uploads"),
    Counter("guest-bytes-dropped", "counter", "bytes of guests that were not UTF-8"),
    Counter("datagrams-in", "counter", "datagrams that came"),
    Counter("datagrams-out", "counter", "datagrams that were sent"),
    *_each("datagrams-dropped", "counter", "datagrams that were not served", "reason",
           "long", "pace", "flood", "full", "empty", "stranger", "banned", "unsent"),
)  # fmt: skip
"""Every number there is, in the order in which STAT shows them."""


class Counters:
    """The numbers of one server."""

    def __init__(self) -> None:
        self._values: dict[str, Number] = {counter.name: 0 for counter in COUNTERS}
        self._sources: dict[str, list[Callable[[], Number]]] = {}

    def add(self, name: str, amount: Number = 1) -> None:
        """Count; raises KeyError for a name that is not in COUNTERS."""
        self._values[name] += amount

    def raise_to(self, name: str, value: Number) -> None:
        """Keep the largest ``value`` so far."""
        self._values[name] = max(value, self._values[name])

    def gauge(self, name: str, call: Callable[[], Number]) -> None:
        """Read ``call()`` whenever somebody asks for ``name``.

        It is added to what was counted; several sources of one name are added up.
        """
        if name not in self._values:
            raise KeyError(name)
        self._sources.setdefault(name, []).append(call)

    def values(self) -> Iterable[tuple[Counter, Number]]:
        """Every number as it is now, in the order of COUNTERS."""
        for counter in COUNTERS:
            value = self._values[counter.name]
            for call in self._sources.get(counter.name, ()):
                value += call()
            yield counter, value

    def rows(self) -> Iterable[tuple[str, str]]:
        """``STAT name value``: the version first, then every number; no blanks in either."""
        yield "version", VERSION
        for counter, value in self.values():
            yield counter.name, str(value if isinstance(value, int) else round(value, 3))
