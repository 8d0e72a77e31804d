"""What a service manager is told, and the listening sockets that it hands over; without a library.

sd_notify(3): datagrams of ``NAME=value`` lines to the socket in $NOTIFY_SOCKET. sd_listen_fds(3):
descriptors from 3 on, as many as $LISTEN_FDS says, named in $LISTEN_FDNAMES. Where neither is set,
nothing happens.
"""

import contextlib
import os
import socket
import time
from collections.abc import Mapping, MutableMapping
from typing import Final, NamedTuple

from reactor.doors.sockets import DoorError
from reactor.loop import Loop

FIRST_DESCRIPTOR: Final = 3
"""SD_LISTEN_FDS_START of sd-daemon.h."""
TELL_SECONDS: Final = 0.5
"""So long a manager that does not listen may hold us up."""
_MICROSECONDS: Final = 1_000_000
_NANOSECONDS: Final = 1000
"""In a microsecond."""
_FAMILIES: Final = {
    socket.AF_INET: "tcp",
    socket.AF_INET6: "tcp",
    socket.AF_UNIX: "unix",
}
_NAMES: Final = {"obrol-tcp": "tcp", "obrol-unix": "unix"}
"""A socket with one of these names must be what it says; with another one its family tells."""


class Manager:
    """The service manager that started us, if ``environment`` tells of one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog = _watchdog_seconds(environment)

    def ready(self, status: str) -> None:
        """We serve, or serve again after :meth:`reloading`."""
        self.tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """We take up new settings; :meth:`ready` tells that it is done."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // _NANOSECONDS
        self.tell("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self, status: str) -> None:
        """We are about to end."""
        self.tell("STOPPING=1", f"STATUS={status}")

    def start_watchdog(self, loop: Loop) -> None:
        """Show twice in each of the manager's periods that the loop turns."""
        if self._watchdog:
            self.tell("WATCHDOG=1")
            loop.later(self._watchdog / 2, lambda: self.start_watchdog(loop))

    def tell(self, *lines: str) -> None:
        """Send ``lines`` in one datagram; a manager that is not there harms nobody."""
        if not self._address:
            return
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        ):
            sock.settimeout(TELL_SECONDS)
            sock.sendto("\n".join(lines).encode(), self._address)


class Passed(NamedTuple):
    """Listening sockets that were handed over."""

    tcp: tuple[socket.socket, ...] = ()
    unix: tuple[socket.socket, ...] = ()


def passed_sockets(environment: MutableMapping[str, str], pid: int) -> Passed:
    """Take the sockets that were handed to process ``pid``, and forget that they were.

    Raises :class:`~reactor.doors.sockets.DoorError` for one that no door can use: the
    administrator meant something by it.
    """
    count, names = _offer(environment, pid)
    found: dict[str, list[socket.socket]] = {"tcp": [], "unix": []}
    for number in range(count):
        name = names[number] if number < len(names) else ""
        sock = _adopt(FIRST_DESCRIPTOR + number, name)
        found[_kind(sock, name)].append(sock)
    return Passed(tuple(found["tcp"]), tuple(found["unix"]))


def _offer(environment: MutableMapping[str, str], pid: int) -> tuple[int, list[str]]:
    """How many descriptors are ours, and their names; nobody after us shall take them for his."""
    meant_for = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "")
    if meant_for != str(pid) or not (count.isascii() and count.isdecimal()):
        return 0, []
    return int(count), names.split(":")


def _adopt(fd: int, name: str) -> socket.socket:
    """The socket behind ``fd``; raises DoorError when it is no listening stream socket."""
    try:
        os.set_inheritable(fd, False)  # noqa: FBT003 - positional in the library
        sock = socket.socket(fileno=fd)
    except OSError as error:
        raise DoorError(f"passed descriptor {fd} {name}: {error.strerror}") from error
    if sock.type != socket.SOCK_STREAM or not sock.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        sock.close()
        raise DoorError(f"passed descriptor {fd} {name}: no listening stream socket")
    return sock


def _kind(sock: socket.socket, name: str) -> str:
    """Which door a passed socket is: ``tcp`` or ``unix``."""
    kind = _FAMILIES.get(sock.family)
    if kind is None or _NAMES.get(name, kind) != kind:
        shown = name or "without a name"
        sock.close()
        raise DoorError(f"passed socket {shown}: {sock.family.name} is not what it says")
    return kind


def _watchdog_seconds(environment: Mapping[str, str]) -> float:
    """How long the manager waits for a sign of life; 0: it does not watch us."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    return int(microseconds) / _MICROSECONDS if microseconds.isdecimal() else 0.0
