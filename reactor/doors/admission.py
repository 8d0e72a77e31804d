"""Who may come in: connections counted by account and by address. It knows no socket.

On this machine a person is an account, and the kernel says which; beyond it there is only the
address. There a connection counts against its address for as long as it is open, against the
arrivals of the last ten minutes, and, until its HELLO, against the strangers.
"""

import ipaddress
from collections import Counter, deque
from collections.abc import Callable
from typing import Final, TypeVar

from wire.limits import Settings

WINDOW_SECONDS: Final = 600
"""The arrivals of so long count against ``address-arrivals``."""
ADDRESSES_KEPT: Final = 4096
"""So many addresses whose connections have ended are remembered with their arrivals."""
Key = TypeVar("Key", int, str)
_IPV6_PREFIX: Final = 64
"""Whoever has one IPv6 address has the 2^64 of its network: they count as one."""


class Visit:
    """One connection that was let in. ``host`` is "" on this machine."""

    __slots__ = ("host", "stranger", "uid")

    def __init__(self, host: str, uid: int | None) -> None:
        self.host = host
        self.uid = uid
        self.stranger = True


class Admission:
    """Counts who is in. ``now``: seconds that never jump."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._accounts: Counter[int] = Counter()
        self._open: Counter[str] = Counter()
        self._strangers: Counter[str] = Counter()
        self._arrivals: dict[str, deque[float]] = {}  # those who came last stand last

    def enter(self, host: str, uid: int | None, *, exempt: bool = False) -> Visit | None:
        """Let somebody in, or None where a limit says no.

        ``host``: the address, "" on this machine. Operators are ``exempt``: they must get in to
        mend things, but count all the same.
        """
        visit = Visit(source(host), uid)
        if not exempt and not self._fits(visit):
            return None
        if uid is not None:
            self._accounts[uid] += 1
        if visit.host:
            self._open[visit.host] += 1
            self._strangers[visit.host] += 1
            self._note_arrival(visit.host)
        return visit

    def known(self, visit: Visit) -> None:
        """It has said HELLO: no stranger any longer."""
        if visit.stranger:
            visit.stranger = False
            _take_one(self._strangers, visit.host)

    def leave(self, visit: Visit) -> None:
        """It is gone; called once."""
        self.known(visit)
        _take_one(self._open, visit.host)
        if visit.uid is not None:
            _take_one(self._accounts, visit.uid)

    def _fits(self, visit: Visit) -> bool:
        limit = self._settings.count
        most = limit("uid-connections")
        if visit.uid is not None and most and self._accounts[visit.uid] >= most:
            return False
        host = visit.host
        return not host or (
            self._open[host] < limit("address-connections")
            and self._recent(host) < limit("address-arrivals")
            and self._strangers[host] < limit("address-strangers")
            and self._strangers.total() < limit("strangers")
        )

    def _recent(self, host: str) -> int:
        arrivals = self._arrivals.get(host, ())
        return sum(at > self._now() - WINDOW_SECONDS for at in arrivals)

    def _note_arrival(self, host: str) -> None:
        """Remember that ``host`` came, and forget whose arrivals count no longer."""
        most = self._settings.count("address-arrivals")
        self._arrivals[host] = deque((*self._arrivals.pop(host, ()), self._now()), maxlen=most)
        while self._arrivals:
            oldest = next(iter(self._arrivals))
            ended = self._arrivals[oldest][-1] <= self._now() - WINDOW_SECONDS
            if not ended and len(self._arrivals) <= ADDRESSES_KEPT:
                return
            del self._arrivals[oldest]


def source(host: str) -> str:
    """What counts as one address: IPv4 as it is, of IPv6 the network; "" stays "".

    What is no address (a UNIX socket's path) is on this machine too.
    """
    try:
        network = ipaddress.ip_network(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(network, ipaddress.IPv6Network):
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return str(mapped)
        return str(network.supernet(new_prefix=_IPV6_PREFIX))
    return str(network.network_address)


def _take_one(counts: Counter[Key], key: Key) -> None:
    """One less; what is at nothing is forgotten, so that a table holds only who is in."""
    left = counts[key] - 1
    if left > 0:
        counts[key] = left
    else:
        counts.pop(key, None)
