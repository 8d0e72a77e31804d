"""Who is kept out and who may not speak.

Both are rows of the log that end by themselves. They stand in memory as they are on disk and as
this turn changes them; a turn that cannot be stored takes its changes back.
"""

import ipaddress
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from reactor.hub.stage import Peer
from reactor.log.records import Ban, Change, DropBan, DropSilence, Silence, stamp
from wire.errors import UNTIL
from wire.grammar import KINDS, Refusal, fold

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

_UID: Final = "uid="
_MAPPED_BITS: Final = 96
"""In front of an IPv4 address that is written as one of IPv6 (RFC 4291, 2.5.5.2)."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Row = TypeVar("Row", Ban, Silence)


class _Terms(Generic[Row]):
    """Rows with an end, by a key of theirs. ``now`` tells the time in milliseconds since 1970."""

    def __init__(
        self,
        now: Callable[[], int],
        key: Callable[[Row], object],
        dropped: Callable[[Row], Change],
    ) -> None:
        self._now = now
        self._key: Callable[[Row], object] = key
        self._dropped: Callable[[Row], Change] = dropped
        self._rows: dict[object, Row] = {}

    def load(self, rows: Iterable[Row]) -> None:
        """Take up what is stored."""
        self._set({self._key(row): row for row in rows})

    def standing(self) -> list[Row]:
        """The rows that have not ended."""
        return [row for row in self._rows.values() if not self._has_ended(row)]

    def put(self, hub: "Hub", row: Row) -> None:
        """Add ``row``, in place of one with the same key."""
        self._change(hub, {**self._rows, self._key(row): row}, row)

    def drop(self, hub: "Hub", row: Row) -> None:
        """Forget ``row``, which is here."""
        key = self._key(row)
        rows = {other: kept for other, kept in self._rows.items() if other != key}
        self._change(hub, rows, self._dropped(row))

    def forget_ended(self, hub: "Hub") -> None:
        """Let go, on disk too, of what has ended."""
        for row in [row for row in self._rows.values() if self._has_ended(row)]:
            self.drop(hub, row)

    def _has_ended(self, row: Row) -> bool:
        return 0 < row.until <= self._now()

    def _change(self, hub: "Hub", rows: dict[object, Row], change: Change) -> None:
        former = self._rows
        hub.stage.undo.append(lambda: self._set(former))
        hub.stage.batch.changes.append(change)
        self._set(rows)

    def _set(self, rows: dict[object, Row]) -> None:
        self._rows = rows


class Bans(_Terms[Ban]):
    """Everybody who is kept out."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._networks: dict[str, Network] = {}
        super().__init__(now, _ban_key, lambda ban: DropBan(ban.who))

    def keeps_out(
        self, address: str | None, uid: int | None, name: str | None, session: int | None
    ) -> bool:
        """Whether a ban fits what is known of somebody, see :meth:`fitting`."""
        return self.fitting(address, uid, name, session) is not None

    def fitting(
        self, address: str | None, uid: int | None, name: str | None, session: int | None
    ) -> Ban | None:
        """The ban that fits what is known of somebody; None: that is not known, or not asked.

        ``address`` may have its port behind it. Where several fit it is the one that ends last.
        Operators are never kept out: do not ask for them.
        """
        if not self._rows:
            return None
        place = host(address) if address else None
        words = {f"{_UID}{uid}" if uid is not None else None, fold(name) if name else None}
        fitting = (
            ban
            for ban in self.standing()
            if fold(ban.who) in words
            or (session is not None and ban.session == session)
            or (
                place is not None and ban.who in self._networks and place in self._networks[ban.who]
            )
        )
        return max(fitting, key=lambda ban: (not ban.until, ban.until), default=None)

    def of(self, who: str) -> Ban | None:
        """The ban of ``who``, in its one way of writing it, if it has not ended."""
        return next((ban for ban in self.standing() if fold(ban.who) == fold(who)), None)

    def _set(self, rows: dict[object, Ban]) -> None:
        super()._set(rows)
        found = {ban.who: _network(ban.who) for ban in rows.values()}
        self._networks = {who: network for who, network in found.items() if network is not None}


class Silences(_Terms[Silence]):
    """Everybody who may not speak."""

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__(now, _silence_key, lambda row: DropSilence(row.session))

    def holds(self, session: int) -> bool:
        """Whether ``session`` may not speak now."""
        row = self._rows.get(session)
        return row is not None and not 0 < row.until <= self._now()


def ban_of(hub: "Hub", peer: Peer, name: str = "", session: int | None = None) -> Ban | None:
    """The ban that fits ``peer``, as it is or as it wants to be called; None where none does."""
    me = peer.session
    if me is not None:
        name, session = name or me.name, me.id
    return None if peer.operator else hub.bans.fitting(peer.address, peer.uid, name, session)


def why(ban: Ban, language: str) -> str:
    """What whom a ban keeps out hears of it: the reason, and when it ends; "" for neither."""
    until = UNTIL.say(language).format(time=stamp(ban.until)) if ban.until else ""
    return f"{ban.reason} ({until})" if ban.reason and until else ban.reason or until


def _ban_key(ban: Ban) -> object:
    return fold(ban.who)


def _silence_key(row: Silence) -> object:
    return row.session


def normal(who: str) -> str:
    """``who`` of a ban in the one way of writing it; :class:`Refusal` ``bad-name``.

    A name stands as it is; an address has no zeros to spare, a network no bits behind its length,
    and what is IPv4 in IPv6's clothes is IPv4.
    """
    if who.startswith(_UID):
        try:
            KINDS["number"].check(who.removeprefix(_UID))
        except Refusal:
            raise Refusal("bad-name") from None
        return f"{_UID}{int(who.removeprefix(_UID))}"
    network = _network(who)
    if network is None:
        KINDS["anyname"].check(who)
        return who
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def _network(who: str) -> Network | None:
    """The addresses that ``who`` means, if it is an address or a network."""
    if "%" in who:  # a zone of one machine's own: nobody else knows what it means
        return None
    try:
        network = ipaddress.ip_network(who, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS), strict=False)
    return network


def host(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address alone, without port and zone; None where a door knows no addresses."""
    text = address
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    network = _network(text.partition("%")[0])
    return None if network is None else network.network_address
