"""How a connect went, and what the first bytes of the other side betray. Pure but for the socket.

A client that forgot ``--tls`` gets an alert of TLS for its HELLO, or nothing at all; both look like
a broken server to whoever is not told.
"""

import contextlib
import errno
import socket
from typing import Final

from reactor.stream import GONE

_TLS_RECORDS: Final = (b"\x15\x03", b"\x16\x03")
"""How an alert and a handshake begin (RFC 8446, 5.1); no line of ours does."""


CUT: Final = frozenset({"", GONE[errno.ECONNRESET], GONE[errno.EPIPE]})
"""Reasons of an end for which the network need not be blamed."""


def outcome(sock: socket.socket) -> int:
    """The error of a connect that is over; 0: it went well."""
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    with contextlib.suppress(OSError):  # gone again already: the stream will notice
        # Where nobody listens on a port that the kernel gives out, a connect may meet itself
        # (RFC 9293, 3.5: simultaneous open), and would keep the port from the server.
        if not error and sock.getsockname() == sock.getpeername():
            return errno.ECONNREFUSED
    return error


def is_tls(first: bytes) -> bool:
    """Whether the ``first`` bytes of a connection are TLS."""
    return first.startswith(_TLS_RECORDS)
