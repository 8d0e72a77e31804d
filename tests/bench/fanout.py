"""Fan-out: one talker, everybody in one room, deliveries per second of wall time.

The members' sockets are read by an epoll loop of this process, the server is a process of its own.
The talker keeps ``window`` messages in flight. One member reads every line and checks that none is
missing and the order is right; the others must have received exactly as many bytes.
"""

import contextlib
import select
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.raw import Raw
from tests.support.server import ServerProcess

TEXT: Final = "x" * 64
READ_BYTES: Final = 256 * 1024
PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Result:
    """What one run gave."""

    members: int
    messages: int
    window: int
    seconds: float
    server_cpu: float

    @property
    def deliveries(self) -> float:
        """Messages received per second, by all members together."""
        return self.members * self.messages / self.seconds


class _Room:
    """The members of the room, the first one the talker and the checker."""

    def __init__(self, server: ServerProcess, members: int) -> None:
        self.sockets: list[socket.socket] = []
        for number in range(members):
            raw = Raw(server.port, name=f"m{number}")
            raw.say("JOIN #bench")
            raw.expect("NAMES ")
            self.sockets.append(raw.sock)
        self._drain_joins(members)
        self.received = dict.fromkeys((s.fileno() for s in self.sockets), 0)
        self.poll = select.epoll()
        for sock in self.sockets:
            sock.settimeout(0)
            self.poll.register(sock.fileno(), select.EPOLLIN)
        self.talker = self.sockets[0]

    def _drain_joins(self, members: int) -> None:
        """Everybody has read the JOINED of those who came later."""
        for number, sock in enumerate(self.sockets):
            missing = members - 1 - number
            while missing > 0:
                missing -= sock.recv(READ_BYTES).count(b"JOINED ")

    def close(self) -> None:
        """Leave."""
        self.poll.close()
        for sock in self.sockets:
            sock.close()


def measure(members: int, messages: int, window: int) -> Result:
    """Run one server and one load; raises AssertionError when anything was lost or out of order."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "server", "--set", "rate=0") as server,
    ):
        room = _Room(server, members)
        before = server.cpu_seconds()
        started = time.perf_counter()
        _talk(room, messages, window)
        seconds = time.perf_counter() - started
        cpu = server.cpu_seconds() - before
        room.close()
    return Result(members, messages, window, seconds, cpu)


def _talk(room: _Room, messages: int, window: int) -> None:
    by_number = {sock.fileno(): sock for sock in room.sockets}
    line = f"SAY #bench {TEXT}\n".encode()
    talker = room.talker.fileno()
    buffer = bytearray(READ_BYTES)
    lines = b""
    sent = seen = 0
    last = 0
    out = b""
    deadline = time.monotonic() + PATIENCE
    while seen < messages or len(set(room.received.values())) > 1:
        wanted = min(messages, seen + window) - sent
        if wanted > 0:
            out += line * wanted
            sent += wanted
        if out:
            with contextlib.suppress(BlockingIOError):
                out = out[room.talker.send(out) :]
        assert time.monotonic() < deadline, f"{seen} of {messages} came back"
        for number, _ in room.poll.poll(0.01 if out else 1):
            size = by_number[number].recv_into(buffer)
            assert size, "the server closed a connection"
            room.received[number] += size
            if number == talker:
                lines += buffer[:size]
                whole, _, lines = lines.rpartition(b"\n")
                for got in whole.split(b"\n") if whole else ():
                    event = int(got.split(b" ", 2)[1])
                    assert event > last, "out of order"
                    last = event
                    seen += 1
