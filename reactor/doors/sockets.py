"""Listening sockets, and what the kernel knows of who connects to them."""

import contextlib
import errno
import functools
import ipaddress
import os
import pwd
import socket
import stat
from pathlib import Path
from typing import Final

from reactor import sockdiag
from reactor.listener import BACKLOG

_LAST_PORT: Final = 65_535
_NO_PORT: Final = _LAST_PORT + 1
_IP_MULTICAST_ALL: Final = 49
"""ip(7), not named in Python: 0 keeps out the groups that other programs here have joined."""
_ANY: Final = "0.0.0.0"  # noqa: S104 - the kernel's choice for a group
_SOCKET_MODE: Final = 0o666
"""Everybody on the machine may come in; who they are is asked of the kernel."""


class DoorError(Exception):
    """A door cannot be opened, in words for people."""


class DoorTakenError(DoorError):
    """Somebody listens there already.

    ``port``: where, 0 for a UNIX socket. ``process``: that of the server there, 0: not known.
    """

    def __init__(self, why: str, port: int, process: int) -> None:
        super().__init__(why)
        self.port = port
        self.process = process


def host_and_port(text: str, host: str) -> tuple[str, int]:
    """``[HOST:]PORT`` as a host (``host`` where none is said) and a port.

    An IPv6 host stands in brackets. Raises :class:`DoorError`.
    """
    said, _, number = text.rpartition(":")
    port = int(number) if number.isascii() and number.isdecimal() else _NO_PORT
    if port > _LAST_PORT or (said.startswith("[") != said.endswith("]")):
        raise DoorError(f"{text}: say [HOST:]PORT, PORT from 0 to {_LAST_PORT}")
    return said.strip("[]") or host, port


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 lets the kernel choose.

    Raises :class:`DoorTakenError` where somebody else listens, else :class:`DoorError`.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise DoorError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        # A server that was killed must be able to come back while old connections fade away.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        why = f"cannot listen on {host}:{port}: {error.strerror}"
        if error.errno == errno.EADDRINUSE:
            raise DoorTakenError(why, port, _process_at(door_beside(port))) from error
        raise DoorError(why) from error
    return sock


def door_beside(port: int) -> str:
    """What the UNIX door of a server is called whose TCP port is ``port``, where nobody says."""
    return f"@obrol-{port}"


def listen_unix(name: str) -> socket.socket:
    """A listening UNIX socket: ``@name`` in the abstract name space, else a path.

    A socket file that nobody listens on is replaced; any other file is left alone. Raises
    :class:`DoorTakenError` where somebody else listens, else :class:`DoorError`.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if name.startswith("@"):
            sock.bind(_address(name))
        else:
            _remove_stale(Path(name))
            sock.bind(name)
            Path(name).chmod(_SOCKET_MODE)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        why = f"cannot listen on {name}: {error.strerror or error}"
        if error.errno == errno.EADDRINUSE:
            raise DoorTakenError(why, 0, _process_at(name)) from error
        raise DoorError(why) from error
    return sock


def host(sock: socket.socket) -> str:
    """The address of who connected over TCP; "" for somebody on this machine, or gone already."""
    both = sockdiag.ends(sock)
    if both is None or sockdiag.is_here(*both):
        return ""
    return str(ipaddress.ip_address(both[1].address))


@functools.lru_cache(maxsize=1024)
def login_name(uid: int) -> str:
    """The login name of an account, or "" for one that has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def join_group(sock: socket.socket, place: tuple[str, int], interface: str) -> None:
    """Bind a datagram socket to a multicast group, through the address ``interface``.

    "" is the kernel's choice. Nothing that is sent to the machine's own addresses, or to a group
    of other programs, gets there. Raises OSError.
    """
    sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    sock.bind(place)
    member = socket.inet_aton(place[0]) + socket.inet_aton(interface or _ANY)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)


def written(host: str, port: int) -> str:
    """An address as people write it; an IPv6 host stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def shown(sock: socket.socket, *, peer: bool = False) -> str:
    """The address of a socket, or of its other end, as people write it."""
    with contextlib.suppress(OSError):
        address = sock.getpeername() if peer else sock.getsockname()
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            return written(*address[:2])
        if isinstance(address, bytes):
            return "@" + os.fsdecode(address[1:])
        return str(address)
    return ""


def _address(name: str) -> str:
    """What the kernel calls a UNIX socket that people call ``name``."""
    return "\0" + name[1:] if name.startswith("@") else name


def _process_at(name: str) -> int:
    """The process that listens on a UNIX socket, 0 where nobody does, or it cannot be known."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0)
        try:
            probe.connect(_address(name))
            return sockdiag.unix_process(probe)
        except OSError:
            return 0


def _remove_stale(path: Path) -> None:
    """Remove the socket file of a server that is gone; raises OSError when it is not one."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(0, "there is a file that is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, "another server listens there")
