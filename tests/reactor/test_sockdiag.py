"""Whose connection it is: the kernel is asked about real sockets, and never answers for another.

Where another account is wanted, a child takes its uid; only root can do that.
"""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from reactor import sockdiag
from reactor.sockdiag import UNKNOWN, End, Found, SockDiag, ends, is_here, listening_account
from tests.support.server import ROOT

OTHER = 12_345
FAMILIES = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def diag() -> Iterator[SockDiag]:
    """Somebody who asks."""
    found = SockDiag()
    yield found
    found.close()


@pytest.fixture(params=FAMILIES, ids=["ipv4", "ipv6"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A listening socket on loopback."""
    family, host = request.param
    with socket.create_server((host, 0), family=family) as sock:
        yield sock


def connect(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A connection: its client's end and ours."""
    client = socket.create_connection(listener.getsockname()[:2])
    return client, listener.accept()[0]


def test_a_connection_of_mine_is_mine(listener: socket.socket, diag: SockDiag) -> None:
    client, ours = connect(listener)
    with client, ours:
        assert diag.other_account(ours) == os.getuid()
        assert diag.other_account(client) == os.getuid()


def test_ipv4_that_comes_in_by_an_ipv6_socket(diag: SockDiag) -> None:
    family = socket.AF_INET6
    with socket.create_server(("::", 0), family=family, dualstack_ipv6=True) as listener:
        client = socket.create_connection(("127.0.0.1", listener.getsockname()[1]))
        with client, listener.accept()[0] as ours:
            assert ours.getpeername()[0] == "::ffff:127.0.0.1"
            assert diag.other_account(ours) == os.getuid()
            assert diag.server_account(client) == os.getuid()


CHILD = """
import encodings.idna, os, socket, sys
os.setuid(int(sys.argv[1]))
sock = socket.create_connection((sys.argv[2], int(sys.argv[3])))
print("there", flush=True)
sys.stdin.readline()
"""


@as_root
@pytest.mark.parametrize("uid", [OTHER, 65_534])
def test_a_connection_of_another_account(listener: socket.socket, diag: SockDiag, uid: int) -> None:
    """C39: what counts is the uid of who connects; the kernel says it, nobody else."""
    host, port = listener.getsockname()[:2]
    command = [sys.executable, "-I", "-c", CHILD, str(uid), host, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        with listener.accept()[0] as ours:
            assert diag.other_account(ours) == uid
        child.communicate(b"\n")


def test_who_has_closed_is_nobody(listener: socket.socket, diag: SockDiag) -> None:
    """Such a socket has no owner, and older kernels show uid 0 for it: root, of all."""
    client, ours = connect(listener)
    with ours:
        client.close()
        assert ours.recv(1) == b""
        assert diag.other_account(ours) is None


def test_who_shut_its_sending_side_is_still_there(listener: socket.socket, diag: SockDiag) -> None:
    client, ours = connect(listener)
    with client, ours:
        client.shutdown(socket.SHUT_WR)
        assert ours.recv(1) == b""
        assert diag.other_account(ours) == os.getuid()


def test_a_connection_that_was_reset_is_nobodys_though_the_port_is_used_again(
    listener: socket.socket, diag: SockDiag
) -> None:
    """The race: we still hold the dead end while somebody else has its addresses."""
    client = socket.socket(listener.family)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind((listener.getsockname()[0], 0))  # a port that connect() chose may be shared
    place = client.getsockname()
    client.connect(listener.getsockname())
    ours = listener.accept()[0]
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    with ours, socket.socket(listener.family) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(place)
        other.connect(listener.getsockname())
        with listener.accept()[0] as theirs:
            assert diag.other_account(theirs) == os.getuid()
            assert diag.other_account(ours) is None


@pytest.mark.parametrize(
    "found",
    [None, Found(1, 0, 0), Found(2, 0, 77), Found(10, 0, 77), Found(6, 0, 77), Found(8, 0, 77)],
)
def test_an_answer_that_proves_nothing(
    listener: socket.socket,
    diag: SockDiag,
    monkeypatch: pytest.MonkeyPatch,
    found: Found | None,
) -> None:
    """No socket, none that a process has, one that connects, listens, or has ended."""
    monkeypatch.setattr(diag, "_find", lambda *_: found)
    client, ours = connect(listener)
    with client, ours:
        assert diag.other_account(ours) is None
        if found is None or not found.inode:
            assert diag.server_account(client) == UNKNOWN


def test_our_end_is_looked_at_after_the_answer(
    listener: socket.socket, diag: SockDiag, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, ours = connect(listener)

    def late(end: End, other: End | None) -> Found:
        del end, other
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        return Found(1, 0, 77)

    monkeypatch.setattr(diag, "_find", late)
    with ours:
        assert diag.other_account(ours) is None


def _no_family(*words: object) -> socket.socket:
    raise PermissionError(*words)


class _Mute:
    """A kernel that does not answer."""

    def sendto(self, data: bytes, where: object) -> None:
        """Nothing comes of it."""

    def recvfrom(self, size: int) -> tuple[bytes, tuple[int, int]]:
        raise TimeoutError(size)

    def settimeout(self, seconds: float) -> None:
        assert 0 < seconds < 0.1

    def close(self) -> None:
        """There is nothing to give back."""


@pytest.mark.parametrize("way", [_no_family, lambda *_: _Mute()], ids=["refused", "silent"])
def test_where_the_kernel_does_not_tell_nobody_is_known(
    listener: socket.socket,
    diag: SockDiag,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[..., socket.socket],
) -> None:
    client, ours = connect(listener)
    diag.close()
    with client, ours:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", way)
            assert diag.other_account(ours) is None
        assert diag.other_account(ours) == os.getuid()  # it is asked again


def test_who_is_on_this_machine() -> None:
    def end(address: str) -> End:
        return End(
            socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address), 9
        )

    assert is_here(end("127.0.0.1"), end("127.8.9.10"))
    assert is_here(end("192.0.2.1"), end("192.0.2.1"))
    assert is_here(end("::1"), end("::1"))
    assert not is_here(end("192.0.2.1"), end("192.0.2.2"))
    assert not is_here(end("2001:db8::1"), end("2001:db8::2"))
    left, right = socket.socketpair()
    with left, right:
        assert ends(left) is None
        assert sockdiag.server_account(left) == os.getuid()


# The server, as a client sees it.


def test_the_server_is_known_before_and_after_it_accepts(
    listener: socket.socket, diag: SockDiag
) -> None:
    with socket.create_connection(listener.getsockname()[:2]) as client:
        assert diag.server_account(client) == os.getuid()
        with listener.accept()[0]:
            assert diag.server_account(client) == os.getuid()


def test_who_listens_is_known_without_a_connection(listener: socket.socket) -> None:
    host, port, *_ = listener.getsockname()
    assert listening_account(host, port) == os.getuid()
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()
    assert listening_account(host, port) == UNKNOWN


def test_a_port_of_ours_says_nothing_of_another_machines() -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere:  # noqa: S104 - that is the point
        port = everywhere.getsockname()[1]
        assert listening_account("127.0.0.1", port) == os.getuid()
        assert listening_account("192.0.2.7", port) == UNKNOWN


SERVER = """
import encodings.idna, os, socket, sys
os.setuid(int(sys.argv[1]))
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.readline()
sock, _ = listener.accept()
print("accepted", flush=True)
sys.stdin.readline()
"""


@as_root
def test_a_server_of_another_account(diag: SockDiag) -> None:
    command = [sys.executable, "-I", "-c", SERVER, str(OTHER)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        port = int(child.stdout.readline())
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert diag.server_account(client) == OTHER
            print(file=child.stdin, flush=True)
            assert child.stdout.readline() == "accepted\n"
            assert diag.server_account(client) == OTHER
        child.communicate("\n")
