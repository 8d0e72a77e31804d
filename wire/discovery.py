"""Who is there on the LAN: the question to a multicast group, and a server's answer, as bytes.

A client sends the question to :data:`GROUP`, UDP port :data:`PORT`; each server that announces
itself answers to the sender alone. Numbers are big-endian::

    question  "obrol" version "?" token zeros                   always QUESTION_BYTES bytes
    answer    "obrol" version "!" token port kind address length name

======== ===== =====================================================================================
version      1 :data:`VERSION`
token       16 random; an answer without the token of our question is nobody's answer
port         2 the server's TCP port, 1 to 65,535
kind         1 bytes of the address: 4 (IPv4), 16 (IPv6), 0: "the address this answer comes from"
address   kind where the server listens
length       1 bytes of the name, at most :data:`NAME_BYTES`
name    length what people call the machine, UTF-8, with nothing that a line may not hold
======== ===== =====================================================================================

The question is padded to more than the longest answer, so that nobody gains by asking in somebody
else's name (RFC 9000, 8.1, has the same reason for its padding). What is not exactly so is refused,
one spare byte included: whoever has more to say raises the version.
"""

import ipaddress
import struct
from typing import Final, NamedTuple

from wire.grammar import LINE_BREAK, bad_characters, cut_text, sendable

GROUP: Final = "239.192.59.59"
"""Of the organisation-local scope of RFC 2365, 6.2, which no router hands on to the world."""
PORT: Final = 61_059
"""UDP; above the ports that Linux gives out by itself, so that no program sits on it by chance."""
VERSION: Final = 1
TOKEN_BYTES: Final = 16
QUESTION_BYTES: Final = 128
NAME_BYTES: Final = 64

_HEAD: Final = struct.Struct(f"!5sBc{TOKEN_BYTES}s")
_MAGIC: Final = b"obrol"
_ASKED: Final = b"?"
_ANSWERED: Final = b"!"
_PORT: Final = struct.Struct("!HB")
_ADDRESS_BYTES: Final = frozenset({0, 4, 16})
_PORT_MOST: Final = 0xFFFF
_PADDING: Final = bytes(QUESTION_BYTES - _HEAD.size)
_SCOPE: Final = ipaddress.IPv4Network("239.0.0.0/8")
"""The groups that stay with those who run them (RFC 2365)."""


class Answer(NamedTuple):
    """Where a server is. ``address``: "" is the one that the answer came from."""

    port: int
    address: str
    name: str


def question(token: bytes) -> bytes:
    """The question; raises ValueError for a token that is not TOKEN_BYTES long."""
    return _head(_ASKED, token) + _PADDING


def parse_question(data: bytes) -> bytes | None:
    """The token of a question, None for whatever is none."""
    if len(data) != QUESTION_BYTES or data[_HEAD.size :] != _PADDING:
        return None
    return _token(data, _ASKED)


def answer(token: bytes, told: Answer) -> bytes:
    """The answer to the question with ``token``; raises ValueError for what cannot be told."""
    packed = _host(told.address).packed if told.address else b""
    name = told.name.encode()
    if not 0 < told.port <= _PORT_MOST:
        raise ValueError(f"{told.port} is no port")
    if len(name) > NAME_BYTES or _unfit(told.name):
        raise ValueError("that name does not fit")
    return b"".join(
        (_head(_ANSWERED, token), _PORT.pack(told.port, len(packed)), packed, bytes([len(name)]),
         name)
    )  # fmt: skip


def parse_answer(data: bytes, token: bytes) -> Answer | None:
    """The answer to the question with ``token``, None for whatever is none."""
    fixed = _HEAD.size + _PORT.size
    if not fixed < len(data) <= QUESTION_BYTES or _token(data, _ANSWERED) != token:
        return None
    port, length = _PORT.unpack_from(data, _HEAD.size)
    packed, rest = data[fixed : fixed + length], data[fixed + length :]
    if not port or length not in _ADDRESS_BYTES or len(rest) != 1 + (rest[0] if rest else 0):
        return None
    try:
        address = str(_host(str(ipaddress.ip_address(packed)))) if packed else ""
        name = rest[1:].decode()
    except ValueError:
        return None
    return None if len(rest) > 1 + NAME_BYTES or _unfit(name) else Answer(port, address, name)


def fitting_name(text: str) -> str:
    """As much of ``text`` as an answer can carry, without what it may not hold."""
    return cut_text(sendable(text), NAME_BYTES)[0]


def place(text: str) -> tuple[str, int]:
    """The group and the port of ``ADDRESS[:PORT]``; "" are the usual ones.

    Raises ValueError for what is none, in words for people.
    """
    group, _, port = (text or GROUP).partition(":")
    try:
        known = ipaddress.IPv4Address(group) in _SCOPE and 0 < int(port or PORT) <= _PORT_MOST
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"{text} is no multicast group: say 239.x.y.z or 239.x.y.z:PORT")
    return group, int(port or PORT)


def _head(kind: bytes, token: bytes) -> bytes:
    if len(token) != TOKEN_BYTES:
        raise ValueError(f"a token has {TOKEN_BYTES} bytes")
    return _HEAD.pack(_MAGIC, VERSION, kind, token)


def _token(data: bytes, kind: bytes) -> bytes | None:
    magic, version, found, token = _HEAD.unpack_from(data)
    return token if (magic, version, found) == (_MAGIC, VERSION, kind) else None


def _host(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address of one machine; raises ValueError for any other.

    A link-local address of IPv6 means nothing without the interface, which differs by machine.
    """
    address = ipaddress.ip_address(text)
    odd = address.is_multicast or address.is_unspecified or address.is_reserved
    if isinstance(address, ipaddress.IPv6Address):
        # ::1 is in a reserved block, and is meant by whoever tries things out.
        odd = (odd and not address.is_loopback) or address.is_link_local
        odd = odd or address.ipv4_mapped is not None
    if odd:
        raise ValueError(f"{text} is no address that others could use")
    return address


def _unfit(name: str) -> bool:
    return bad_characters(name) or LINE_BREAK in name
