"""Every limit that an operator may set: name, default, unit, bounds and reason, in one table.

``--set NAME=VALUE``, the configuration file and the README's table all read it from here. What is
fixed by the protocol itself (the length of a line, of a text, of a name) is in ``wire.grammar``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


# What float() takes beyond this (1_000, nan, inf, +5, other scripts' digits) is a slip of the hand.
_NUMBER: Final = re.compile(r"-?[0-9]*\.?[0-9]+")


class Limit(NamedTuple):
    """One limit. ``low`` and ``high`` are the hard bounds of what may be set.

    With ``choices`` the limit is one of these words; its number is the word's place among them.
    """

    name: str
    default: float
    unit: str
    low: float
    high: float
    reason: str
    choices: tuple[str, ...] = ()


LIMITS: Final[Mapping[str, Limit]] = {
    limit.name: limit
    for limit in (
        Limit(
            "login-timeout", 30, "s", 0.1, 600,
            "from accept to HELLO, whatever trickles in: a stranger cannot hold the door",
        ),
        Limit(
            "tls-handshake", 10, "s", 0.1, 600,
            "from accept to the end of the TLS handshake, whatever trickles in",
        ),
        Limit("ping-after", 60, "s", 0.1, 3600, "silence after which we ask whether one is there"),
        Limit("drop-after", 120, "s", 0.2, 7200, "silence after which a connection is dead"),
        Limit(
            "name-hold", 600, "s", 0, 86_400,
            "how long a name waits for its owner after the last connection was lost",
        ),
        Limit(
            "rate", 2, "lines/s", 0, 10_000,
            "SAY ACT TOPIC NICK JOIN KEY INVITE PASSWORD; more is delayed; 0: never, nor bad lines",
        ),
        Limit("rate-burst", 10, "lines", 1, 10_000, "so many at once before the delay begins"),
        Limit(
            "bad-lines", 10, "lines/min", 1, 10_000,
            "refused lines a minute before the sender is slowed; it is never closed for them",
        ),
        Limit(
            "wrong-keys", 3, "tries/min", 1, 60,
            "wrong keys or passwords of one person or address for one room or name: no guessing",
        ),
        Limit(
            "key-checks", 10, "checks/s", 1, 20,
            "scrypts for everybody; the loop stands still for each; as many lines wait, no more",
        ),
        Limit(
            "send-soft", 64 * KIB, "bytes", 1 * KIB, 64 * MIB,
            "unread bytes over which a peer's own commands wait",
        ),
        Limit(
            "send-soft-time", 60, "s", 0.1, 3600,
            "so long over send-soft and the peer is a slow reader",
        ),
        Limit(
            "send-hard", 1 * MIB, "bytes", 16 * KIB, 256 * MIB,
            "unread bytes over which a peer is closed: a slow reader hurts only itself",
        ),
        Limit(
            "send-total", 64 * MIB, "bytes", 64 * KIB, 4 * GIB,
            "unread bytes of all peers together; over it whoever holds most is closed first",
        ),
        Limit(
            "send-progress", 20, "s", 0.1, 3600,
            "so long without one byte taken and the peer is a slow reader",
        ),
        Limit(
            "linger", 5, "s", 0, 60,
            "how long the last words wait to be read before the connection is cut",
        ),
        Limit("turn-lines", 20, "lines", 1, 10_000, "of one peer in a turn while others wait"),
        Limit(
            "turn-read", 64 * KIB, "bytes", 512, 4 * MIB,
            "read from one peer in a turn; of a file eight times as much while few others wait",
        ),
        Limit("turn-accepts", 64, "connections", 1, 4096, "taken from one listener in a turn"),
        Limit("reserved-files", 64, "files", 16, 1024, "descriptors kept for the log and files"),
        Limit(
            "address-connections", 16, "connections", 1, 4096,
            "of one address beyond this machine at once; an IPv6 network of 64 bits counts as one",
        ),
        Limit(
            "address-arrivals", 32, "connections", 1, 4096,
            "let in from one address beyond this machine in 10 minutes: coming and going costs too",
        ),
        Limit(
            "strangers", 32, "connections", 1, 4096,
            "that have not said HELLO, from all addresses beyond this machine",
        ),
        Limit("address-strangers", 8, "connections", 1, 4096, "of these, from one address"),
        Limit(
            "uid-connections", 0, "connections", 0, 65_536,
            "of one account of this machine; 0: no limit, for a lab may share one account",
        ),
        Limit(
            "pressure", 80, "%", 1, 100,
            "of all connections that there is place for; over it the two below hold, and no new "
            "upload is taken: it would keep its place for long",
        ),
        Limit("pressure-login", 10, "s", 0.1, 600, "from accept to HELLO under pressure"),
        Limit("pressure-bad-lines", 3, "lines", 1, 10_000, "refused under pressure, then BYE full"),
        Limit(
            "tcp-accounts", 0, "on|off", 0, 1,
            "whether the kernel is asked which account is behind a TCP connection of this machine; "
            "off where people come through a proxy, whose account would be everybody's",
            ("on", "off"),
        ),
        Limit(
            "reserve-logins", 0, "on|off", 0, 1,
            "whether the login name of an account of this machine is that account's alone; "
            "off where everybody is one account",
            ("on", "off"),
        ),
        Limit("session-connections", 8, "connections", 1, 64, "terminals of one person at once"),
        Limit("file-size", 1 * GIB, "bytes", 0, 1024 * GIB, "of one file"),
        Limit("spool-size", 8 * GIB, "bytes", 0, 65_536 * GIB, "of all files, whole or coming"),
        Limit("file-day", 2 * GIB, "bytes", 0, 65_536 * GIB, "of files from one person in a day"),
        Limit("file-days", 7, "days", 0.0001, 3650, "a file is kept; its event stays"),
        Limit(
            "disk-free", 1 * GIB, "bytes", 0, 65_536 * GIB,
            "of the disk that files never take: the log must always find place",
        ),
        Limit("uploads", 8, "uploads", 1, 64, "of one person at once"),
        Limit(
            "upload-rate", 1 * KIB, "bytes/s", 0, 1 * MIB,
            "below it for upload-rate-time an upload's connection is closed; 0: never",
        ),
        Limit(
            "upload-rate-time", 30, "s", 0.1, 3600,
            "so long a file may come more slowly than upload-rate",
        ),
        Limit(
            "plain-silence", 0.05, "s", 0.001, 10,
            "a message at the plain door ends when nothing has come for so long",
        ),
        Limit("guest-addresses", 256, "addresses", 1, 4096, "known to the UDP or multicast door"),
        Limit(
            "guest-packets", 20, "packets/s", 1, 1000,
            "from one address; what is over it is dropped, or one sender could drown the room",
        ),
        Limit(
            "guest-flood", 200, "packets/s", 1, 10_000,
            "from all addresses of a door; each goes out to every member, so the sum counts",
        ),
        Limit(
            "guest-forget", 600, "s", 0.1, 86_400,
            "silence after which an address is forgotten; nothing is sent to it from then on",
        ),
        Limit(
            "announce-rate", 50, "answers/s", 1, 10_000,
            "to who asks on the LAN where the server is; with forged senders it is no weapon",
        ),
        Limit("rooms", 50, "rooms", 1, 1000, "rooms one connection is in at once"),
        Limit(
            "guests", 0, "speak|listen", 0, 1, "whether guests of the other doors may speak",
            ("speak", "listen"),
        ),
    )
}  # fmt: skip
"""Every settable limit, by name."""


class BadSettingError(ValueError):
    """A ``--set`` or a line of the configuration that cannot be obeyed, in words for people."""


class Settings:
    """The limits as they stand now. ``settings["ping-after"]`` is a float, ``count`` an int.

    ``watchers`` are called after a change, for those who keep something that follows from a limit.
    """

    def __init__(self, pairs: Iterable[tuple[str, str | float]] = ()) -> None:
        self._values = {limit.name: limit.default for limit in LIMITS.values()}
        self.watchers: list[Callable[[], object]] = []
        for name, value in pairs:
            self.set(name, value)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def count(self, name: str) -> int:
        """The limit as a whole number, for what is counted."""
        return int(self._values[name])

    def text(self, name: str) -> str:
        """The limit as people write it, and as :meth:`set` takes it."""
        return shown(LIMITS[name], self._values[name])

    def set(self, name: str, value: str | float) -> None:
        """Set one limit; raises :class:`BadSettingError` for a bad name or value."""
        limit = LIMITS.get(name)
        if limit is None:
            raise BadSettingError(f"no limit is called {name!r}; there are: {', '.join(LIMITS)}")
        number = _chosen(limit, value) if limit.choices else _measured(limit, value)
        self._become({**self._values, name: number})

    def copy(self) -> "Settings":
        """The same limits, apart from these; nobody watches them."""
        other = Settings()
        other._become(self._values)
        return other

    def take(self, other: "Settings") -> list[str]:
        """Become equal to ``other``, all at once; gives the names of the limits that changed."""
        former = self._values
        self._become(dict(other._values))  # noqa: SLF001 - one of us
        return [name for name in LIMITS if former[name] != self._values[name]]

    def _become(self, values: dict[str, float]) -> None:
        if values != self._values:
            self._values = values
            for watcher in self.watchers:
                watcher()


def shown(limit: Limit, value: float) -> str:
    """A value of ``limit`` as people write it."""
    if limit.choices:
        return limit.choices[int(value)]
    return str(int(value)) if value == int(value) else f"{value:f}".rstrip("0")


def _chosen(limit: Limit, value: str | float) -> float:
    if value not in limit.choices:
        raise BadSettingError(f"{limit.name}={value} is not one of {limit.unit}")
    return limit.choices.index(str(value))


def _measured(limit: Limit, value: str | float) -> float:
    is_number = (
        _NUMBER.fullmatch(value) is not None
        if isinstance(value, str)
        else isinstance(value, int | float) and not isinstance(value, bool)
    )
    if not is_number:
        raise BadSettingError(f"{limit.name}={value} is not a number of {limit.unit}")
    number = float(value) if isinstance(value, str) else value
    if not limit.low <= number <= limit.high:  # before it becomes a float: TOML's ints are any size
        raise BadSettingError(
            f"{limit.name}={value} is out of bounds: {limit.low:g} to {limit.high:g} {limit.unit}"
        )
    return float(number)
