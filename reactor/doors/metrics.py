"""The metrics door: the counters over HTTP, in the Prometheus text format 0.0.4.

``GET /metrics`` and nothing else; one request a connection. What a stranger may cost is bounded: a
head of HEAD_BYTES, TOTAL_SECONDS from its coming to its end, CONNECTIONS of them at once.

The names are made from the table: ``accepted-tcp`` becomes ``obrol_accepted_total{door="tcp"}``,
``commit-ms`` becomes ``obrol_commit_seconds_total``, because Prometheus counts in base units.
"""

import contextlib
import re
import socket
from collections.abc import Iterable
from typing import Final

from reactor.counters import VERSION, Counter, Counters, Number
from reactor.log.records import MILLISECONDS
from reactor.loop import Loop
from reactor.stream import Stream

HEAD_BYTES: Final = 4096
"""Of a request, at most, up to and with the empty line."""
TOTAL_SECONDS: Final = 5.0
"""From accept to the end, whatever trickles in or is not read."""
CONNECTIONS: Final = 8
"""At once; a scraper needs one."""
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE: Final = re.compile(rb"([!#-'*+.^-z|~0-9A-Z-]+) ([!-~]+) HTTP/1\.[01]\r?\n")
"""RFC 9112: a token, a target without blanks, the version."""
_TARGET: Final = re.compile(rb"(?:https?://[^/?]*)?/metrics(?:\?.*)?", re.IGNORECASE)
"""The path with or without a query, or as a proxy says it."""
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}
_OK: Final = 200
_BAD: Final = 400
_NOT_FOUND: Final = 404
_NOT_ALLOWED: Final = 405
_FULL: Final = 503


def exposition(values: Iterable[tuple[Counter, Number]]) -> str:
    """All ``values`` as Prometheus reads them; those of one family must follow one another."""
    lines = [
        "# HELP obrol_info Version of the server.",
        "# TYPE obrol_info gauge",
        f'obrol_info{{version="{VERSION}"}} 1',
    ]
    former = ""
    for counter, value in values:
        name, shown = _metric(counter), value
        if counter.name.endswith("-ms"):
            shown = value / MILLISECONDS
        if name != former:
            lines += [f"# HELP {name} {counter.help}", f"# TYPE {name} {counter.kind}"]
            former = name
        labels = f'{{{counter.label}="{counter.value}"}}' if counter.label else ""
        lines.append(f"{name}{labels} {shown}")
    return "\n".join(lines) + "\n"


def _metric(counter: Counter) -> str:
    name = re.sub("-ms$", "-seconds", counter.family or counter.name)
    total = "_total" if counter.kind == "counter" else ""
    return f"obrol_{name.replace('-', '_')}{total}"


def judged(head: bytes) -> int:
    """The status that a request with this head deserves."""
    line = _REQUEST_LINE.match(head)
    if line is None:
        return _BAD
    if _TARGET.fullmatch(line[2]) is None:
        return _NOT_FOUND
    return _OK if line[1] == b"GET" else _NOT_ALLOWED


def response(status: int, body: str = "") -> bytes:
    """A whole answer; without a ``body`` the reason stands for one."""
    kind = CONTENT_TYPE if body else "text/plain; charset=utf-8"
    content = (body or _REASONS[status] + "\n").encode()
    allow = "Allow: GET\r\n" if status == _NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(content)}\r\n{allow}Connection: close\r\n\r\n"
    )
    return head.encode() + content


class _Request:
    """One connection: its head is read, it is answered, and it ends."""

    def __init__(self, door: "MetricsDoor", sock: socket.socket) -> None:
        self._door = door
        self._head = b""
        self._stream = Stream(door.loop, sock, self, HEAD_BYTES)
        self._timer = door.loop.later(TOTAL_SECONDS, self._stream.abort)

    def received(self, data: bytes) -> None:
        """A part of the head (:class:`reactor.stream.Owner`)."""
        self._head += data
        end = _END_OF_HEAD.search(self._head)
        if end is not None and end.end() <= HEAD_BYTES:
            self._answer(judged(self._head))
        elif len(self._head) >= HEAD_BYTES or not data:
            self._answer(_BAD)

    def flushed(self) -> None:
        """Nothing waits for that."""

    def blocked(self) -> None:
        """The timer will end it."""

    def lost(self, reason: str) -> None:
        """It is gone (:class:`reactor.stream.Owner`)."""
        del reason
        self._timer.cancel()
        self._door.forget(self)

    def abort(self, reason: str = "") -> None:
        """Cut it without a word."""
        self._stream.abort(reason)

    def _answer(self, status: int) -> None:
        body = exposition(self._door.counters.values()) if status == _OK else ""
        self._stream.write(response(status, body))
        self._stream.finish(TOTAL_SECONDS)


class MetricsDoor:
    """All that ask for the numbers; hand each connection to :meth:`accept`."""

    farewell: Final = response(_FULL)
    """What somebody hears for whom there is no place."""

    def __init__(self, loop: Loop, counters: Counters) -> None:
        self.loop = loop
        self.counters = counters
        self._requests: set[_Request] = set()

    def accept(self, sock: socket.socket) -> None:
        """Somebody came."""
        if len(self._requests) < CONNECTIONS:
            self._requests.add(_Request(self, sock))
            return
        with sock, contextlib.suppress(OSError):
            sock.settimeout(0)
            sock.send(self.farewell)

    def forget(self, request: _Request) -> None:
        """``request`` is closed."""
        self._requests.discard(request)

    def cut_all(self) -> None:
        """Close whatever is still open, without a word."""
        for request in list(self._requests):
            request.abort()
