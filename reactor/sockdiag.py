"""Which account is at the other end of a connection on this machine: the kernel is asked.

A UNIX socket knows it by itself (unix(7)). For TCP, sock_diag(7) answers about one socket, named by
its two ends, in some 50 µs; /proc/net/tcp lists all of them and is too slow for each accept. The
layouts are those of <linux/netlink.h> and <linux/inet_diag.h>. Client and server share this module,
so it knows nothing of chat.

What could give another account's uid is shut out:

- A socket that no process has (its owner closed it, or nobody has accepted it yet) has uid 0 in
  older kernels, and inode 0 in all: without an inode nobody is known.
- Where the connection is not found the kernel answers with the listening socket of that port: the
  answer must name both ends.
- The port may have been used again meanwhile, for somebody else's connection: our own end must
  still be connected after the answer. While it is, its two addresses are no other connection's.
"""

import contextlib
import ipaddress
import socket
import struct
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final, NamedTuple

NETLINK_SOCK_DIAG: Final = 4
SOCK_DIAG_BY_FAMILY: Final = 20
NLMSG_HEADER: Final = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence number, port id."""
_REQUEST: Final = struct.Struct("=BBBxI")
"""struct inet_diag_req_v2 up to its id: family, protocol, extensions, padding, states."""
_ENDS: Final = struct.Struct("!HH16s16s")
"""struct inet_diag_sockid up to its interface: ports and addresses, the sought socket's own first,
all in network order; an IPv4 address fills the first four bytes."""
_NO_INTERFACE: Final = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
"""The rest of it: any interface, and INET_DIAG_NOCOOKIE twice."""
_ANSWER: Final = struct.Struct("=BBxx")
"""struct inet_diag_msg up to its id: family, state, timer, retransmits."""
_OWNER: Final = struct.Struct("=12xII")
"""What stands behind the id: expires, rqueue and wqueue are skipped; uid, inode."""
_ID_BYTES: Final = 48
_UCRED: Final = struct.Struct("3i")
"""struct ucred of unix(7): pid, uid, gid."""
_NLM_F_REQUEST: Final = 1
_ALL_STATES: Final = 0xFFFFFFFF
_LISTEN: Final = 10
_IPV4_BYTES: Final = 4

OPEN_STATES: Final = frozenset({1, 4, 5})
"""TCP_ESTABLISHED, and TCP_FIN_WAIT1 and 2: who shut its sending side early still has the socket.
Of <linux/tcp_states.h>; any other end than that of a live connection (SYN_SENT) is not here."""
ANSWER_BYTES: Final = 8192
DEADLINE: Final = 0.005
"""Seconds; the kernel answers within the call that asks, so this is never waited for."""
_STALE_ANSWERS: Final = 4
UNKNOWN: Final = -1
"""No uid: the kernel does not tell whose it is."""
NOBODY: Final = 65_534
"""The account of those that have none (nfsnobody, daemons), and the kernel's default overflow."""
_OVERFLOW: Final = Path("/proc/sys/kernel/overflowuid")


class End(NamedTuple):
    """One end of a connection: a packed address, IPv4 wherever it is one, and a port."""

    address: bytes
    port: int


_NOWHERE: Final = End(b"", 0)


class Found(NamedTuple):
    """A socket that the kernel told of; ``inode`` is 0 where no process has it."""

    state: int
    uid: int
    inode: int


def nobodies() -> AbstractSet[int]:
    """The uids that mean nobody: 65534, and what a uid of another user namespace is shown as."""
    try:
        return {NOBODY, int(_OVERFLOW.read_text(encoding="ascii"))}
    except (OSError, ValueError):
        return {NOBODY}


def unix_account(sock: socket.socket) -> int:
    """The uid of who connected over a UNIX socket, or listens there: as it was then (SO_PEERCRED).

    Whoever has the socket now, and whatever the process became, does not matter.
    """
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(data)
    return int(uid)


def unix_process(sock: socket.socket) -> int:
    """The process that listens where the UNIX socket ``sock`` is connected to (SO_PEERCRED).

    0: one that cannot be seen from here. It is the one that began to listen.
    """
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, _, _ = _UCRED.unpack(data)
    return int(pid)


def server_account(sock: socket.socket) -> int | None:
    """The uid of the server that ``sock``, TCP or UNIX, is connected to.

    UNKNOWN where the kernel does not tell; None where the server is on another machine.
    """
    if sock.family == socket.AF_UNIX:
        return unix_account(sock)
    diag = SockDiag()
    try:
        return diag.server_account(sock)
    finally:
        diag.close()


def listening_account(host: str, port: int) -> int:
    """The uid that listens at a TCP address of loopback, without a word to it; else UNKNOWN."""
    diag = SockDiag()
    try:
        return diag.listener(host, port)
    finally:
        diag.close()


def ends(sock: socket.socket) -> tuple[End, End] | None:
    """Our end and the other one of a TCP connection; None when it is none any longer."""
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return None
    try:
        return _end(sock.getsockname()), _end(sock.getpeername())
    except (OSError, ValueError):
        return None


def is_here(ours: End, other: End) -> bool:
    """Whether the other end is on this machine."""
    return other.address == ours.address or ipaddress.ip_address(other.address).is_loopback


class SockDiag:
    """A way to ask: one socket, open from the beginning, for descriptors may run out later.

    Where there is none, another is tried at each question; until then nobody is known.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._sequence = 0
        with contextlib.suppress(OSError):
            self._open()

    def other_account(self, sock: socket.socket) -> int | None:
        """The uid that has the other end of ``sock``, or None where that cannot be said.

        None too for somebody beyond this machine, who is not asked for.
        """
        both = ends(sock)
        if both is None or not is_here(*both):
            return None
        ours, other = both
        found = self._find(other, ours)
        if found is None or not found.inode or found.state not in OPEN_STATES:
            return None
        return found.uid if ends(sock) == both else None

    def server_account(self, sock: socket.socket) -> int | None:
        """The uid of the server that ``sock`` is connected to; None: it is on another machine.

        UNKNOWN where the kernel does not say. A server that has not accepted us yet is known by its
        listening socket: this holds us all the while if we are still not accepted afterwards.
        """
        both = ends(sock)
        if both is not None and not is_here(*both):
            return None
        account = self.other_account(sock)
        if account is not None or both is None:
            return UNKNOWN if account is None else account
        listening = self._find(both[1], None)
        account = self.other_account(sock)
        if account is not None:
            return account
        if listening is None or not listening.inode or ends(sock) != both:
            return UNKNOWN
        return listening.uid

    def listener(self, host: str, port: int) -> int:
        """See :func:`listening_account`."""
        end = _end((host, port))
        found = self._find(end, None) if is_here(_NOWHERE, end) else None
        return UNKNOWN if found is None or not found.inode else found.uid

    def close(self) -> None:
        """Give the socket back; the next question would open another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _find(self, end: End, other: End | None) -> Found | None:
        """The socket at ``end`` of a connection with ``other``; None: the one that listens."""
        self._sequence = self._sequence % 0xFFFFFFFF + 1
        to = other or End(bytes(len(end.address)), 0)
        family = socket.AF_INET if len(end.address) == _IPV4_BYTES else socket.AF_INET6
        body = b"".join((
            _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES),
            _ENDS.pack(end.port, to.port, end.address, to.address),
            _NO_INTERFACE,
        ))  # fmt: skip
        size = NLMSG_HEADER.size + len(body)
        head = NLMSG_HEADER.pack(size, SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, self._sequence, 0)
        try:
            answer = self._ask(head + body)
        except OSError:  # a kernel or a sandbox without it, no descriptor, no answer in time
            self.close()
            return None
        return None if answer is None else _read(answer, end, other)

    def _open(self) -> socket.socket:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG
        )
        self._socket.settimeout(DEADLINE)
        return self._socket

    def _ask(self, request: bytes) -> bytes | None:
        """The body of the answer; None where it tells of no socket. Raises OSError."""
        asking = self._socket or self._open()
        asking.sendto(request, (0, 0))
        for _ in range(_STALE_ANSWERS):
            data, sender = asking.recvfrom(ANSWER_BYTES)
            if len(data) < NLMSG_HEADER.size or sender[0]:  # a port id: not the kernel's
                continue
            size, kind, _, sequence, _ = NLMSG_HEADER.unpack_from(data)
            if sequence == self._sequence:
                return data[NLMSG_HEADER.size : size] if kind == SOCK_DIAG_BY_FAMILY else None
        return None


def _read(body: bytes, end: End, other: End | None) -> Found | None:
    """What an answer says, if it is about the socket that was asked for."""
    if len(body) < _ANSWER.size + _ID_BYTES + _OWNER.size:
        return None
    family, state = _ANSWER.unpack_from(body)
    port, other_port, address, other_address = _ENDS.unpack_from(body, _ANSWER.size)
    if other is None:
        fits = state == _LISTEN and port == end.port
    else:
        told = End(_packed(family, address), port), End(_packed(family, other_address), other_port)
        fits = told == (end, other)
    if not fits:
        return None
    uid, inode = _OWNER.unpack_from(body, _ANSWER.size + _ID_BYTES)
    return Found(state, uid, inode)


def _packed(family: int, address: bytes) -> bytes:
    """An address of the kernel's answer; one of IPv4 in IPv6's clothes is one of IPv4."""
    if family == socket.AF_INET:
        return address[:_IPV4_BYTES]
    mapped = ipaddress.IPv6Address(address).ipv4_mapped
    return address if mapped is None else mapped.packed


def _end(address: tuple[str, int]) -> End:
    """An end as Python writes it; a zone (``%eth0``) says nothing of who it is."""
    host = ipaddress.ip_address(address[0].partition("%")[0])
    family = socket.AF_INET if host.version == _IPV4_BYTES else socket.AF_INET6
    return End(_packed(family, host.packed), address[1])
