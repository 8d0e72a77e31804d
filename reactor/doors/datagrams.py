"""What the UDP and the multicast door share: a bounded table of the addresses that speak.

An address is known from its first datagram on and forgotten after ``guest-forget`` seconds of
silence. Each has a pace, and so has the whole door, because one datagram in is one message to
everybody. What is over it is dropped and counted: UDP promises nothing (RFC 8085).
"""

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from reactor.doors.guest import GuestPeer, House
from reactor.hub.pace import Bucket
from reactor.loop import Channel
from wire.grammar import LINE_BREAK, cut_text

DATAGRAM_BYTES: Final = 1200
"""Longest datagram in and out: it fits every path without being cut (RFC 8085, QUIC)."""
TURN_DATAGRAMS: Final = 8
"""Taken from a door in one turn, at most: each may go out to hundreds of addresses."""
_SWEEPS: Final = 4
"""The table is swept so many times in ``guest-forget`` seconds."""
_RECEIVE_BYTES: Final = 2048
_LOST_FOR_NOW: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.EINTR})

Address = tuple[str, int]


class Source(GuestPeer):
    """A guest that is known by the address of its datagrams."""

    __slots__ = ("at", "bucket", "heard")

    def __init__(self, house: House, door: str, at: Address) -> None:
        super().__init__(house, door, shown(at), hears_itself=False)
        self.at = at
        self.bucket = Bucket()
        self.heard = house.loop.now

    def end(self) -> None:
        """See :class:`GuestPeer`; there is nobody to hang up on."""
        self.abort(self.goodbye)

    def abort(self, reason: str) -> None:
        """Forget it (:class:`reactor.hub.stage.Peer`)."""
        self.leave(reason)


Kind = TypeVar("Kind", bound=Source)


class Sources(Generic[Kind]):
    """The addresses that a door knows; ``make`` makes a guest of one, under a wanted name."""

    def __init__(self, house: House, make: Callable[[Address], Kind], prefix: str) -> None:
        self._house = house
        self._make = make
        self._prefix = prefix
        self._all = Bucket()
        self._known: dict[Address, Kind] = {}
        self._sweep()

    def __len__(self) -> int:
        return len(self._known)

    def everybody(self) -> list[Kind]:
        """Those who are known now."""
        return list(self._known.values())

    def names(self) -> set[str]:
        """What they are called."""
        return {source.name for source in self._known.values()}

    def heard(self, data: bytes, at: Address) -> tuple[Kind, str] | None:
        """Who sent ``data``, and its text; None where it counts for nothing."""
        house = self._house
        source = self._known.get(at)
        reason = self._why_not(data, source)
        if reason:
            house.dropped[reason] += 1
            return None
        text = house.text(data.rstrip(b"\r\n"), breaks=True)
        if not text.replace(LINE_BREAK, "").strip():
            house.dropped["empty"] += 1
            return None
        if source is None:
            source = self._known[at] = self._make(at)
            source.enter(f"{self._prefix}-{at[1]}")
        return source, text

    def _why_not(self, data: bytes, source: Kind | None) -> str:
        """Why ``data`` is dropped, or "". Who is over its own pace costs nobody else."""
        settings = self._house.settings
        if source is not None:
            source.heard = self._house.loop.now
            if self._over(source.bucket, settings["guest-packets"]):
                return "pace"
        elif len(self._known) >= settings.count("guest-addresses"):
            return "full"
        if len(data) > DATAGRAM_BYTES:
            return "long"
        return "flood" if self._over(self._all, settings["guest-flood"]) else ""

    def forget(self, at: Address, reason: str) -> None:
        """``at`` is unknown from now on."""
        source = self._known.pop(at, None)
        if source is not None:
            source.leave(reason)

    def get(self, at: Address) -> Kind | None:
        """Who speaks from ``at``."""
        return self._known.get(at)

    def _over(self, bucket: Bucket, rate: float) -> bool:
        """Take a token of a second's worth; whether there was none."""
        now = self._house.loop.now
        if bucket.delay(now, rate, rate) > 0:
            return True
        bucket.charge(now, rate, rate)
        return False

    def _sweep(self) -> None:
        limit = self._house.settings["guest-forget"]
        for at, source in list(self._known.items()):
            if self._house.loop.now - source.heard >= limit:
                self.forget(at, "silence")
        self._house.loop.later(limit / _SWEEPS, self._sweep)


class Datagrams:
    """A bound datagram socket in the loop; ``taken(data, at)`` is called for what comes.

    ``failed`` is called when the kernel has an error for us, before anything else is tried.
    """

    def __init__(
        self,
        house: House,
        sock: socket.socket,
        taken: Callable[[bytes, Address], object],
        failed: Callable[[], object],
    ) -> None:
        sock.settimeout(0)
        self.sock = sock
        self._house = house
        self._taken = taken
        self._failed = failed
        self._channel: Channel = house.loop.watch(sock.fileno(), self)

    def on_ready(self, mask: int) -> None:
        """Take a few of what is waiting (the loop calls this)."""
        del mask
        for _ in range(TURN_DATAGRAMS):
            try:
                data, address = self.sock.recvfrom(_RECEIVE_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._failed()
                continue
            self._house.dropped["in"] += 1
            self._house.loop.guard(self._taken, data, address[:2])

    def close(self) -> None:
        """Take no more."""
        self._house.loop.unwatch(self._channel, self.sock.close)


def send(house: House, sock: socket.socket, data: bytes, at: Address | None) -> OSError | None:
    """Send one datagram, to ``at`` or where ``sock`` is connected; the error that says no.

    A full socket buffer loses it, as any router on the way might.
    """
    try:
        if at is None:
            sock.send(data)
        else:
            sock.sendto(data, at)
    except OSError as error:
        if error.errno in _LOST_FOR_NOW:
            house.dropped["unsent"] += 1
            return None
        return error
    house.dropped["out"] += 1
    return None


def pieces(line: str) -> list[bytes]:
    """``line`` in datagrams; the later ones of a long line stand without its head."""
    return [piece.encode() for piece in cut_text(line, DATAGRAM_BYTES)]


def shown(at: Address) -> str:
    """An address as people write it."""
    return f"[{at[0]}]:{at[1]}" if ":" in at[0] else f"{at[0]}:{at[1]}"


def is_loopback(host: str) -> bool:
    """Whether ``host``, an address, is of this machine alone."""
    return ipaddress.ip_address(host).is_loopback
