"""What ``--metrics`` of a server tells, as a scraper reads it."""

import re
import socket

PATIENCE = 30.0
SAMPLE = re.compile(r'([a-z_]+)(\{[a-z]+="[^"\\\n]*"\})? ([0-9.e+-]+)')


def http(port: int, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body of the answer, which ends with the connection."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        sock.sendall(request)
        found = b""
        while data := sock.recv(65536):
            found += data
    head, _, body = found.partition(b"\r\n\r\n")
    return head, body


def scrape(port: int) -> dict[str, float]:
    """Every sample by its name and labels, as ``name{label="value"}``."""
    head, body = http(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    return samples(body.decode())


def samples(text: str) -> dict[str, float]:
    """The samples of an exposition; every other line must be a comment."""
    assert text.endswith("\n")
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found
