"""Looks for a server on the LAN, and lets the user choose where several answer (wire.discovery).

It runs before the screen and the loop do, on the plain terminal, and takes LISTEN_SECONDS. What the
answers hold is from strangers: an answer counts only with the token of our question, and what is
shown of it goes through ``cells.safe``. Whoever is on the LAN may answer; who must be sure of the
server says its address.
"""

import contextlib
import ipaddress
import os
import secrets
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from curses_client.cells import clip, pad, safe, to_ascii, width
from curses_client.texts import Texts
from wire.discovery import (
    QUESTION_BYTES,
    TOKEN_BYTES,
    Answer,
    parse_answer,
    place,
    question,
)

LISTEN_SECONDS: Final = 1.0
"""So long answers are waited for, all questions together."""
ASK_SECONDS: Final = 0.25
"""Between two questions: UDP may lose one."""
QUESTIONS: Final = 3
SERVERS_MOST: Final = 32
INTERFACES_MOST: Final = 16
"""A machine full of containers has hundreds; the first are those of the hardware."""
NAME_COLUMNS: Final = 40
USAGE: Final = 2
_STDIN: Final = 0
_STDERR: Final = 2
_LOOPBACK: Final = "lo"
_HOPS: Final = 1
_TYPED_BYTES: Final = 256
_BY_INDEX: Final = struct.Struct("8xi")
"""struct ip_mreqn of ip(7) with nothing but the number of the interface."""


class Found(NamedTuple):
    """One server that answered."""

    host: str
    port: int
    name: str

    @property
    def address(self) -> str:
        """Where it is, as people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Outcome(NamedTuple):
    """What came of it. ``code``: the client ends with it, None: it goes on.

    ``server`` is None where nobody answered. ``told`` is for the user, who has not seen it yet.
    """

    server: Found | None
    told: str
    code: int | None = None


def look(texts: Texts, group: str, interface: str, *, draw_ascii: bool) -> Outcome:
    """Ask the LAN, and the user where several servers answered.

    ``group``: see :func:`wire.discovery.place`, ``interface``: an address of this machine, or ""
    for all interfaces but loopback.
    """

    def say(text: str, end: str = "\n") -> None:
        print(to_ascii(text) if draw_ascii else text, end=end, file=sys.stderr, flush=True)  # noqa: T201

    asked_here = os.isatty(_STDIN) and os.isatty(_STDERR)
    if os.isatty(_STDERR):
        say(f"obrol: {texts('asking-lan')}")
    try:
        found = servers(place(group), interface)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return Outcome(None, texts("cannot-ask-lan", why=why), USAGE)
    if not found:
        return Outcome(None, texts("none-on-lan"))
    chosen: Found | None = found[0]
    if len(found) > 1:
        say(texts("several-on-lan"))
        for row in rows(found):
            say(row)
        if not asked_here:
            return Outcome(None, texts("say-host", host=found[0].host, port=found[0].port), USAGE)
        chosen = choose(found, texts, say)
    if chosen is None:
        return Outcome(None, "", 0)
    name = f" ({clip(safe(chosen.name), NAME_COLUMNS)})" if chosen.name else ""
    return Outcome(chosen, texts("found-on-lan", address=chosen.address, name=name))


def servers(where: tuple[str, int], interface: str) -> list[Found]:
    """Who answers, at most SERVERS_MOST, by address; raises OSError for an unusable interface."""
    token = secrets.token_bytes(TOKEN_BYTES)
    found: dict[tuple[str, int], Found] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
        ways = _ways(sock, interface)
        start, asked = time.monotonic(), 0
        while (passed := time.monotonic() - start) < LISTEN_SECONDS and len(found) < SERVERS_MOST:
            due = asked * ASK_SECONDS if asked < QUESTIONS else LISTEN_SECONDS
            if passed >= due:
                asked += 1
                _ask(sock, ways, question(token), where)
                continue
            sock.settimeout(due - passed)
            with contextlib.suppress(TimeoutError):
                data, (sender, _) = sock.recvfrom(QUESTION_BYTES + 1)
                one = _believed(parse_answer(data, token), sender)
                if one is not None:
                    found.setdefault((one.host, one.port), one)
    return sorted(found.values(), key=_by_address)


def rows(found: Sequence[Found]) -> list[str]:
    """The numbered list: address, port and name, one server a line."""
    columns = max(width(one.address) for one in found)
    return [
        f"{number:>3}  {pad(one.address, columns)}  {clip(safe(one.name), NAME_COLUMNS)}".rstrip()
        for number, one in enumerate(found, 1)
    ]


def choose(found: Sequence[Found], texts: Texts, say: Callable[..., None]) -> Found | None:
    """Ask on the terminal which; Enter is the first, None: the user wants to leave."""
    by_word = {"": found[0], **{str(number): one for number, one in enumerate(found, 1)}}
    while True:
        say(texts("which-server", count=len(found)), end="")
        typed = b""
        with contextlib.suppress(OSError):  # EIO: the terminal is gone
            typed = os.read(_STDIN, _TYPED_BYTES)
        word = typed.decode(errors="replace").strip().lower()
        if not typed or word == "q":
            return None
        if word in by_word:
            return by_word[word]


def _ways(sock: socket.socket, interface: str) -> Iterable[bytes]:
    """What IP_MULTICAST_IF shall be, once for each question; raises OSError."""
    if interface:
        try:
            way = ipaddress.IPv4Address(interface).packed
        except ValueError as error:
            raise OSError(f"--interface {interface}: no IPv4 address") from error
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, way)
        return [way]
    indexes = [index for index, name in socket.if_nameindex() if name != _LOOPBACK]
    return [_BY_INDEX.pack(index) for index in indexes[:INTERFACES_MOST]]


def _ask(sock: socket.socket, ways: Iterable[bytes], data: bytes, where: tuple[str, int]) -> None:
    for way in ways:
        with contextlib.suppress(OSError):  # an interface that is down, or has no address
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, way)
            sock.sendto(data, where)


def _believed(told: Answer | None, sender: str) -> Found | None:
    """The server of an answer, None where there is none to go to.

    Another machine that says "loopback" means its own, and must not send us to ours.
    """
    if told is None:
        return None
    host = told.address or sender
    if ipaddress.ip_address(host).is_loopback and not _is_ours(sender):
        return None
    return Found(host, told.port, told.name)


def _is_ours(address: str) -> bool:
    """Whether ``address`` is one of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((address, 0))
        except OSError:
            return False
    return True


def _by_address(one: Found) -> tuple[int, int, int]:
    address = ipaddress.ip_address(one.host)
    return address.version, int(address), one.port
