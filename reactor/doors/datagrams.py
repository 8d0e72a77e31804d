"""What the UDP and the multicast door share: a bounded table of the addresses that speak.

An address is known from its first datagram on and forgotten after ``guest-forget`` seconds of
silence. Each has a pace, and so has the whole door, because one datagram in is one message to
everybody. What is over it is dropped and counted: UDP promises nothing (RFC 8085).
"""

import errno
import ipaddress
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

from reactor.doors.guest import GuestPeer, House
from reactor.doors.sockets import written
from reactor.doors.tongue import SENDER, TALK, Once
from reactor.hub import Item, guests
from reactor.hub.pace import Bucket
from reactor.loop import READ, Channel
from wire.grammar import LINE_BREAK, cut_text
from wire.parser import Frame

DATAGRAM_BYTES: Final = 1200
"""Longest datagram in and out: it fits every path without being cut (RFC 8085, QUIC)."""
TURN_DATAGRAMS: Final = 32
"""Received in one turn, at most."""
TURN_TOLD: Final = 1
"""Of these, so many may be news to the room: each is staged for every member."""
REST_SECONDS: Final = 0.002
"""After a turn that was full the socket waits so long, thousands of datagrams a second all the
same: what a flood has over that is cheaper for the kernel to drop than for us."""
QUEUE_BYTES: Final = 1024 * 1024
"""Asked of the kernel for what waits; it gives what net.core.rmem_max allows."""
TURN_SENDS: Final = 64
"""Sent in one turn: who waits for an answer over TCP does not wait for all of them."""
SHARE_SENDS: Final = 4
"""When many wait, this part of them is sent in a turn, or talk could outrun it for ever."""
BUSY_SENDS: Final = 256
"""While so many wait to be sent, nothing is received: what comes in makes more of them."""
WAITING_SENDS: Final = 65_536
"""So many may wait to be sent, some megabytes; what is over it is lost."""
_FULL_AGAIN: Final = 1.0
"""A bucket that holds a second's worth is full after a second, and can be forgotten."""
_RECEIVE_BYTES: Final = 2048
_INDENT: Final = "\n  "
"""Stands for a line break in a message, in as many bytes. No line after the first begins like
somebody's talk, and a message of many lines is no longer out than it was in."""
_RESTING: Final = "resting"
_BUSY: Final = "busy"
_LOST_FOR_NOW: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, errno.EINTR})
_SO_MEMINFO: Final = 55
"""socket(7): the kernel's account of a socket, which Python has no name for."""
_MEMINFO: Final = struct.Struct("9I")
_DROPS: Final = 8
"""SK_MEMINFO_DROPS, the last field."""

Address = tuple[str, int]


class Source(GuestPeer):
    """A guest that is known by the address of its datagrams."""

    __slots__ = ("_sources", "at", "bucket", "heard")

    def __init__(self, house: House, door: str, at: Address, sources: "Sources[Any]") -> None:
        super().__init__(house, door, written(*at), hears_itself=False)
        self._sources = sources
        self.at = at
        self.bucket = Bucket()
        self.heard = house.loop.now

    def end(self) -> None:
        """See :class:`GuestPeer`; there is nobody to hang up on."""
        self.abort(self.goodbye)

    def abort(self, reason: str) -> None:
        """Forget it (:class:`reactor.hub.stage.Peer`)."""
        self._sources.forget(self.at, reason)


Kind = TypeVar("Kind", bound=Source)


class Sources(Generic[Kind]):
    """The addresses that a door knows; ``make`` makes a guest of one.

    ``prefix`` begins its name. ``welcome`` says whether an unknown one may speak at all.
    """

    def __init__(
        self,
        house: House,
        make: Callable[[Address], Kind],
        prefix: str,
        welcome: Callable[[Address], bool],
    ) -> None:
        self._house = house
        self._make = make
        self._prefix = prefix
        self._welcome = welcome
        self._all = Bucket()
        self._known: dict[Address, Kind] = {}  # in the order in which they spoke last
        self._resting: dict[Address, Bucket] = {}  # of those that were forgotten a moment ago
        self._sweep()

    def __len__(self) -> int:
        return len(self._known)

    def text(self, data: bytes, at: Address) -> str | None:
        """What ``at`` says with ``data``; None where it counts for nothing."""
        house = self._house
        reason = self._why_not(data, at)
        if reason:
            house.counts[reason] += 1
            return None
        text = house.text(data.rstrip(b"\r\n"), breaks=True)
        if not text.replace(LINE_BREAK, "").strip():
            house.counts["empty"] += 1
            return None
        return text

    def know(self, at: Address) -> Kind:
        """Who speaks from ``at``: a new guest if it was not known."""
        source = self._known.get(at)
        if source is None:
            source = self._known[at] = self._make(at)
            if at in self._resting:
                source.bucket = self._resting.pop(at)
            else:
                self._over(source.bucket, self._house.settings["guest-packets"])
            source.enter(f"{self._prefix}-{at[1]}")
        return source

    def _why_not(self, data: bytes, at: Address) -> str:
        """Why ``data`` is dropped, or "". Who is over its own pace costs nobody else."""
        settings = self._house.settings
        source = self._known.get(at)
        if source is not None:
            source.heard = self._house.loop.now
            self._known[at] = self._known.pop(at)
            bucket: Bucket | None = source.bucket
        elif len(self._known) >= settings.count("guest-addresses"):
            return "full"
        elif not at[1] or not self._welcome(at):  # what is sent to port 0 arrives nowhere
            return "stranger"
        elif guests.ban_of(self._house.hub, written(*at)) is not None:
            return "banned"
        else:
            bucket = self._resting.get(at)
        if bucket is not None and self._over(bucket, settings["guest-packets"]):
            return "pace"
        if len(data) > DATAGRAM_BYTES:
            return "long"
        return "flood" if self._over(self._all, settings["guest-flood"]) else ""

    def forget(self, at: Address, reason: str) -> None:
        """``at`` is unknown from now on; its pace stays, or it would buy a new one with that."""
        source = self._known.pop(at, None)
        if source is not None:
            self._resting[at] = source.bucket
            self._house.loop.later(_FULL_AGAIN, lambda: self._resting.pop(at, None))
            source.leave(reason)

    def forget_all(self, reason: str) -> None:
        """Nobody is known from now on."""
        for at in list(self._known):
            self.forget(at, reason)

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
        """Forget the silent, and come again when the next one may have to be forgotten."""
        limit, now = self._house.settings["guest-forget"], self._house.loop.now
        oldest = next(iter(self._known.values()), None)
        while oldest is not None and now - oldest.heard >= limit:
            self.forget(oldest.at, "silence")
            oldest = next(iter(self._known.values()), None)
        heard = now if oldest is None else oldest.heard
        self._house.loop.later(heard + limit - now, self._sweep)


class Datagrams:
    """A bound datagram socket in the loop.

    ``taken(data, at)`` is called for what comes, and says whether it was news to the room.
    ``failed`` is called when the kernel has an error for us.
    """

    def __init__(
        self,
        house: House,
        sock: socket.socket,
        taken: Callable[[bytes, Address], bool],
        failed: Callable[[], object],
    ) -> None:
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)
        self.sock = sock
        self._house = house
        self._taken = taken
        self._failed = failed
        self._told = 0
        self._pauses: set[str] = set()  # why nothing is received for now
        self._channel: Channel = house.loop.watch(sock.fileno(), self)

    @property
    def lost(self) -> int:
        """Datagrams that the kernel dropped, because so many waited for us already."""
        data = self.sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        return int(_MEMINFO.unpack(data)[_DROPS])

    def on_ready(self, mask: int) -> None:
        """Take a few of what is waiting (the loop calls this)."""
        del mask
        self._told = 0
        for count in range(TURN_DATAGRAMS):
            try:
                data, address = self.sock.recvfrom(_RECEIVE_BYTES)
            except (BlockingIOError, InterruptedError):
                if not count:
                    self._failed()  # ready with nothing to receive: there is an error to take
                return
            except OSError:
                self._failed()
                continue
            self._house.counts["in"] += 1
            self._house.loop.guard(self._take, data, address[:2])
            if self._told >= TURN_TOLD:
                return
        self.pause(_RESTING)
        self._house.loop.later(REST_SECONDS, lambda: self.resume(_RESTING))

    def pause(self, why: str) -> None:
        """Receive nothing for now: the kernel keeps a little, and drops the rest."""
        self._pauses.add(why)
        if self._channel.handler is not None:
            self._house.loop.want(self._channel, 0)

    def resume(self, why: str) -> None:
        """Receive again, unless there is another reason not to."""
        self._pauses.discard(why)
        if not self._pauses and self._channel.handler is not None:
            self._house.loop.want(self._channel, READ)

    def stop(self) -> None:
        """Take no more; the socket stays open for what is still to be sent."""
        self._house.loop.unwatch(self._channel)

    def close(self) -> None:
        """Give the socket back."""
        self._house.loop.unwatch(self._channel, self.sock.close)

    def _take(self, data: bytes, at: Address) -> None:
        self._told += self._taken(data, at)


class Outbox:
    """Datagrams on their way out, a few a turn; ``send`` sends one.

    They go in the turn after the one that told them, when the lines of TCP are out already. While
    BUSY_SENDS or more wait, ``source`` is paused.
    """

    def __init__(
        self, house: House, send: Callable[[bytes, Address], object], source: Datagrams
    ) -> None:
        self._house = house
        self._send = send
        self._source = source
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._going = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, data: bytes, at: Address) -> None:
        """Send ``data`` to ``at`` soon."""
        if len(self._waiting) >= WAITING_SENDS:
            self._house.counts["unsent"] += 1
            return
        self._waiting.append((data, at))
        if not self._going:
            self._going = True
            self._house.loop.again(self._go_on)
        if len(self._waiting) == BUSY_SENDS:
            self._source.pause(_BUSY)

    def drain(self) -> None:
        """Send all of it now."""
        while self._waiting:
            self._house.loop.guard(self._send, *self._waiting.popleft())

    def _go_on(self) -> None:
        waiting = len(self._waiting)
        for _ in range(min(waiting, max(TURN_SENDS, waiting // SHARE_SENDS))):
            self._house.loop.guard(self._send, *self._waiting.popleft())
        if waiting >= BUSY_SENDS > len(self._waiting):
            self._source.resume(_BUSY)
        self._going = bool(self._waiting)
        if self._going:
            self._house.loop.again(self._go_on)


class Speech(NamedTuple):
    """What somebody said, as datagrams."""

    sender: str
    datagrams: list[bytes]


class Speaker:
    """Makes datagrams of what the hub delivers, once for all who are told the same."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._made = Once(self._speeches)

    def speeches(self, item: Item) -> list[Speech]:
        """The talk in ``item``; whoever said it must not be told."""
        return self._made.of(item if isinstance(item, bytes) else item.encode())

    def _speeches(self, data: bytes) -> list[Speech]:
        frames = self._house.tongue.frames(data)
        return [Speech(f.args[SENDER], self._said(f)) for f in frames if f.verb in TALK]

    def _said(self, frame: Frame) -> list[bytes]:
        """One line of the wire; each piece of a long one begins with who said it.

        Without that, a piece could be made to look like the talk of somebody else.
        """
        *fields, text = frame.args
        room = DATAGRAM_BYTES - len(self._line(frame, [*fields, ""]))
        pieces = cut_text(text.replace(LINE_BREAK, _INDENT), room)
        return [self._line(frame, [*fields, piece]) for piece in pieces]

    def _line(self, frame: Frame, args: list[str]) -> bytes:
        line = self._house.tongue.say(frame._replace(args=tuple(args)), "")
        return (line or "").encode()


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
            house.counts["unsent"] += 1
            return None
        return error
    house.counts["out"] += 1
    return None


def is_loopback(host: str) -> bool:
    """Whether ``host``, an address, is of this machine alone."""
    return ipaddress.ip_address(host).is_loopback
