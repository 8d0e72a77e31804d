"""The server tells the LAN where it is: it answers who asks a multicast group (wire.discovery).

Not a way in: whoever is told comes through the TCP door. It sends nothing by itself, one datagram
that is no longer than the question to whoever asked, so many a second at most, and with a time to
live of one hop: where a sender's address is forged, the answer ends at the first router.
"""

import ipaddress
import socket
from collections import deque
from typing import Final

from reactor.doors.sockets import DoorError, join_group
from reactor.loop import Loop
from wire.discovery import (
    QUESTION_BYTES,
    TOKEN_BYTES,
    Answer,
    answer,
    fitting_name,
    parse_question,
)
from wire.errors import Words
from wire.limits import Settings

DATAGRAMS_A_TURN: Final = 64
"""So many are looked at before the talk goes on (well below a millisecond)."""
RATE_SECONDS: Final = 1.0
ONLY_HERE: Final = Words(
    "the TCP door is bound to loopback: others find this server, but cannot connect; "
    "say --host 0.0.0.0",
    "pintu TCP hanya di loopback: yang lain menemukan server ini, tetapi tidak bisa tersambung; "
    "pakai --host 0.0.0.0",
)
"""What an operator is told who announces a server that nobody else can reach."""
_HOPS: Final = 1


class Announcer:
    """Answers questions to ``place`` that come through ``interface`` ("": the kernel's choice).

    ``host`` and ``port`` are those that the TCP door is bound to, ``name`` is what people call the
    machine. Raises :class:`DoorError` where it cannot listen, or where ``host`` cannot be told.
    """

    def __init__(
        self,
        loop: Loop,
        settings: Settings,
        place: tuple[str, int],
        interface: str,
        host: str,
        port: int,
        name: str,
    ) -> None:
        bound = ipaddress.ip_address(host)
        self.only_here = bound.is_loopback
        """Whether nobody on the LAN could connect."""
        self.answered = 0
        self.malformed = 0
        """Datagrams that were no question."""
        self.over_rate = 0
        """Questions that ``announce-rate`` left without an answer."""
        self.unsent = 0
        """Answers that the kernel did not take: no route, no room, a source that cannot be."""
        self.shown = "{}:{}".format(*place) + (f"@{interface}" if interface else "")
        self._told = Answer(port, "" if bound.is_unspecified else host, fitting_name(name))
        try:
            answer(bytes(TOKEN_BYTES), self._told)
        except ValueError as error:
            raise DoorError(f"cannot announce: {error}") from error
        self._loop = loop
        self._settings = settings
        self._sent: deque[float] = deque()  # when, within the last RATE_SECONDS
        self._buffer = bytearray(QUESTION_BYTES + 1)  # one more, to notice what is longer
        self._sock = _listen(place, interface)
        self._channel = loop.watch(self._sock.fileno(), self)

    def on_ready(self, mask: int) -> None:
        """Somebody asked (the loop calls this)."""
        del mask
        for _ in range(DATAGRAMS_A_TURN):
            try:
                count, sender = self._sock.recvfrom_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                return
            self._serve(bytes(self._buffer[:count]), sender)

    def close(self) -> None:
        """Answer no more."""
        self._loop.unwatch(self._channel, self._sock.close)

    def _serve(self, data: bytes, sender: tuple[str, int]) -> None:
        token = parse_question(data)
        if token is None:
            self.malformed += 1
        elif not self._within_rate():
            self.over_rate += 1
        else:
            try:
                self._sock.sendto(answer(token, self._told), sender)
            except OSError:
                self.unsent += 1
            else:
                self.answered += 1

    def _within_rate(self) -> bool:
        """Note an answer, if there were not too many in the second before it."""
        now, sent = self._loop.now, self._sent
        while sent and sent[0] <= now - RATE_SECONDS:
            sent.popleft()
        if len(sent) >= self._settings.count("announce-rate"):
            return False
        sent.append(now)
        return True


def _listen(place: tuple[str, int], interface: str) -> socket.socket:
    """A socket that hears this group alone, beside other servers' on the machine."""
    shown = "{}:{}".format(*place)
    try:
        ipaddress.IPv4Address(interface or 0)
    except ValueError as error:
        raise DoorError(
            f"cannot announce: {interface} is no IPv4 address of this machine"
        ) from error
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in (socket.IP_MULTICAST_TTL, socket.IP_TTL):
            sock.setsockopt(socket.IPPROTO_IP, option, _HOPS)
        join_group(sock, place, interface)
    except OSError as error:
        sock.close()
        where = f"{shown}@{interface}" if interface else shown
        raise DoorError(f"cannot announce on {where}: {error.strerror}") from error
    return sock
