"""Where a server may be, looked up before the loop begins."""

import socket

from curses_client.link import Address


def local_addresses(port: int) -> list[Address]:
    """The addresses of a server on this machine: its UNIX socket, then loopback."""
    name = f"@obrol-{port}"
    return [
        Address(socket.AF_UNIX, "\0" + name[1:], name),
        Address(socket.AF_INET, ("127.0.0.1", port), f"127.0.0.1:{port}"),
    ]


def find_addresses(host: str, port: int) -> list[Address]:
    """The addresses of ``host``, a UNIX socket (``@name`` or a path) or a name; raises OSError."""
    if host.startswith(("@", "/")):
        return [Address(socket.AF_UNIX, "\0" + host[1:] if host[0] == "@" else host, host)]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [
        Address(family, where, f"{where[0]!s}:{where[1]!s}") for family, _, _, _, where in found
    ]
