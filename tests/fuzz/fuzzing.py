"""Many damaged sessions at once against a real server, a witness in the room, and what must hold.

While it runs: the server lives, its journal tells of no defect, every line that comes back is one
of the wire, the witness is told of rising ids, and who says that it sends no more is answered to
the end and closed. A failure names the inputs that were under way.
"""

import contextlib
import itertools
import os
import selectors
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.fuzz.mutator import Ending, Plan, plan
from tests.support.closing import Closing
from tests.support.raw import member
from tests.support.server import ServerProcess
from tests.support.students import GROUP, LOOPBACK, door_arguments, free_group_port
from wire.parser import NEED_DATA, Frame, Parser, Refused

WIDTH: Final = 40
"""Connections at once."""
PATIENCE: Final = 20.0
"""Seconds without a byte after which an input that is not over never will be.

Not seconds in all: fifty searches in one input rightly take long when the index lags. Somebody who
is stuck hears the others' talk, and is found when the last of them has ended.
"""
PAUSE_SECONDS: Final = 0.004
READ_SECONDS: Final = 0.01
TURN_SECONDS: Final = 0.002
BLOCK: Final = 64 * 1024
TALKERS: Final = 8
"""Source addresses of datagrams, at each of their doors."""
STORED: Final = frozenset({"MSG", "ACT", "FILE"})
SETTINGS: Final = {
    "rate": "0", "name-hold": "0", "plain-silence": "0.002", "linger": "0.2", "disk-free": "0",
    "spool-size": "4194304", "file-size": "1048576", "guest-packets": "1000",
    "guest-flood": "10000",
}  # fmt: skip
DEFECT: Final = " defect "
CALM_CPU: Final = 0.02
CALM_SECONDS: Final = 1.0
CALM_WINDOWS: Final = 60
GROWTH: Final = 20 * 1024 * 1024
"""Bytes of memory that the server may have taken for good."""


def arguments(group_port: int) -> list[str]:
    """The server's arguments: every door, and limits that a fuzzer does not run into at once."""
    settings = [word for pair in SETTINGS.items() for word in ("--set", "=".join(pair))]
    return [*settings, *door_arguments(group_port)]


def server_with_doors(folder: Path) -> ServerProcess:
    """A server to be fuzzed, not started yet."""
    port = free_group_port()
    server = ServerProcess(folder / "server", *arguments(port))
    server.doors["multicast"] = f"{GROUP}:{port}"
    return server


def calm_cpu(server: ServerProcess) -> float:
    """The part of a core that the idle server uses: the least of some seconds.

    It may have work left at first: the search index is filled when nobody waits.
    """
    least = 1.0
    for _ in range(CALM_WINDOWS):
        before = server.cpu_seconds()
        time.sleep(CALM_SECONDS)
        least = min(least, (server.cpu_seconds() - before) / CALM_SECONDS)
        if least < CALM_CPU:
            break
    return least


class FuzzError(AssertionError):
    """Something that must not be; its text names the inputs that may have done it."""


class Witness:
    """Somebody in the room who hears everything; judges it."""

    def __init__(self, port: int, name: str = "saksi") -> None:
        self._raw = member(port, name)
        self.sock = self._raw.sock
        self.sock.setblocking(False)  # noqa: FBT003 - that is its signature
        self._parser = Parser(server=False)
        self._parser.receive(self._raw.buffer or b"\n")
        self.newest = 0
        self.events = 0
        self._newest: dict[tuple[str, str], int] = {}
        """By place. Between places of one turn there is no order ("One order" of the wire)."""
        self._told: set[int] = set()

    def read(self) -> None:
        """Take what has come; raises FuzzError at what must not be."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self.sock.recv(BLOCK)
                if not data:
                    raise FuzzError("the witness was closed")
                self.take(data)

    def take(self, data: bytes) -> None:
        """Judge ``data``."""
        self._parser.receive(data)
        while (event := self._parser.next_event()) is not NEED_DATA:
            if isinstance(event, Refused):
                raise FuzzError(f"the witness was told what is no line: {event} in {data!r}")
            if isinstance(event, Frame) and event.verb == "PING":
                self.sock.sendall(f"PONG {' '.join(event.args)}\n".encode())
            if isinstance(event, Frame) and event.verb in STORED:
                self._hear(event)

    def _hear(self, event: Frame) -> None:
        number, _, target, who, *_ = event.args
        place = (target, who if target.startswith("@") else "")
        former = self._newest.get(place, 0)
        if int(number) < former or int(number) in self._told:
            raise FuzzError(f"the witness was told of {number} after {former} in {place}")
        self._newest[place] = int(number)
        self._told.add(int(number))
        self.newest = max(self.newest, int(number))
        self.events += 1

    def close(self) -> None:
        """Go."""
        self._raw.close()


class Flight:
    """One input on its way over a stream door."""

    def __init__(self, planned: Plan, server: ServerProcess) -> None:
        self.plan = planned
        self.deadline = time.monotonic() + PATIENCE
        self._due = 0.0
        self._left = list(reversed(list(enumerate(planned.chunks))))
        self._rest = b""
        self._ended = False
        self._parser = Parser(server=False) if planned.door in {"tcp", "unix"} else None
        if planned.door == "unix":
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            path = server.unix
            self.sock.connect("\0" + path[1:] if path.startswith("@") else path)
        else:
            port = int(server.doors[planned.door].rpartition(":")[2])
            self.sock = socket.create_connection((LOOPBACK, port), PATIENCE)
        self.sock.setblocking(False)  # noqa: FBT003 - that is its signature

    def step(self) -> bool:
        """Go on with it; False when it is over."""
        now = time.monotonic()
        if now > self.deadline:
            raise FuzzError(f"it does not end, and says nothing: {self.plan.ending}")
        try:
            return self._read() and (now < self._due or self._send(now))
        except ConnectionError:
            return False  # the server may close whom it cannot understand

    def close(self, *, reset: bool = False) -> None:
        """Let go of it."""
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _read(self) -> bool:
        """Take what has come; False at its end."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self.sock.recv(BLOCK)
                if not data:
                    return False
                self.deadline = time.monotonic() + PATIENCE
                self._judge(data)
        return True

    def _judge(self, data: bytes) -> None:
        if self._parser is None:
            return
        self._parser.receive(data)
        while (event := self._parser.next_event()) is not NEED_DATA:
            if isinstance(event, Refused):
                raise FuzzError(f"the answer is no line: {event} in {data!r}")

    def _send(self, now: float) -> bool:
        """Write what can be written; False when this connection is to be closed now."""
        while self._rest or self._left:
            if not self._rest:
                at, chunk = self._left[-1]
                if at in self.plan.pauses and not self._due:
                    self._due = now + PAUSE_SECONDS
                    return True
                self._due = 0.0
                self._left.pop()
                self._rest = chunk
            with contextlib.suppress(BlockingIOError):
                self._rest = self._rest[self.sock.send(self._rest) :] if self._rest else b""
            if self._rest:
                return True
        return self._end(now)

    def _end(self, now: float) -> bool:
        ending = self.plan.ending
        if ending is Ending.HALF:
            if not self._ended:
                self.sock.shutdown(socket.SHUT_WR)
            self._ended = True
            return True
        if ending is Ending.READ and not self._ended:
            self._ended = True
            self._due = now + READ_SECONDS
            return True
        return False


class Datagrams:
    """The sources of datagrams, at the UDP door and in the group."""

    def __init__(self, server: ServerProcess) -> None:
        self._to: dict[str, tuple[str, int]] = {}
        self._socks: dict[str, list[socket.socket]] = {}
        for door in ("udp", "multicast"):
            host, _, port = server.doors[door].partition("@")[0].rpartition(":")
            self._to[door] = host, int(port)
            self._socks[door] = [self._source() for _ in range(TALKERS)]

    def send(self, planned: Plan) -> None:
        """Send an input, one datagram a chunk."""
        sock = self._socks[planned.door][planned.number % TALKERS]
        for chunk in planned.chunks:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                sock.sendto(chunk, self._to[planned.door])
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                sock.recv(BLOCK)

    def close(self) -> None:
        """Give the addresses back."""
        for sock in itertools.chain(*self._socks.values()):
            sock.close()

    @staticmethod
    def _source() -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((LOOPBACK, 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        sock.setblocking(False)  # noqa: FBT003 - that is its signature
        return sock


class Fuzzing(Closing):
    """Runs inputs of ``seed`` against ``server``, WIDTH at a time."""

    def __init__(self, server: ServerProcess, seed: int) -> None:
        self.server = server
        self.seed = seed
        self.done = 0
        self.witness = Witness(server.port)
        self._datagrams = Datagrams(server)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.witness.sock, selectors.EVENT_READ)
        self._flights: dict[Flight, None] = {}
        self._recent: list[Plan] = []
        """What ended in this turn."""
        self._journal = server.journal.open()
        self._journal.seek(0, os.SEEK_END)

    def run(self, numbers: Iterable[int]) -> None:
        """Run these inputs; raises FuzzError, with the inputs that may be to blame."""
        waiting = iter(numbers)
        try:
            while self._fill(waiting) or self._flights:
                self._turn()
        except (FuzzError, OSError) as error:
            raise FuzzError(self._blame(error)) from error

    def judge(self) -> None:
        """All is over: the witness hears all that is left, and a newcomer is talked to in step."""
        with member(self.server.port, "baru") as fresh:
            assert fresh.answer("SAY #lab masih hidup")[-1].startswith("OK ")
            newest = max(int(line.split()[1]) for line in fresh.seen if line.startswith("MSG "))
            fresh.sync()
        deadline = time.monotonic() + PATIENCE
        while self.witness.newest < newest:
            if time.monotonic() > deadline:
                raise FuzzError(f"the witness was not told of {newest}")
            self._selector.select(TURN_SECONDS)
            self.witness.read()

    def close(self) -> None:
        """End all of it."""
        for flight in self._flights:
            flight.close()
        self._selector.close()
        self._datagrams.close()
        self.witness.close()
        self._journal.close()

    def _fill(self, waiting: Iterator[int]) -> bool:
        """Start inputs until WIDTH are under way; False when there are no more."""
        while len(self._flights) + len(self._recent) < WIDTH:
            number = next(waiting, None)
            if number is None:
                return False
            planned = plan(self.seed, number)
            self.done += 1
            if planned.door in {"udp", "multicast"}:
                self._recent.append(planned)
                self._datagrams.send(planned)
            else:
                flight = Flight(planned, self.server)
                self._flights[flight] = None
                self._selector.register(flight.sock, selectors.EVENT_READ)
        return True

    def _turn(self) -> None:
        self._selector.select(TURN_SECONDS)
        self.witness.read()
        for flight in list(self._flights):
            try:
                goes_on = flight.step()
            except FuzzError:
                self._recent = [flight.plan]
                self._flights.clear()  # it is this one
                raise
            if not goes_on:
                self._land(flight)
        self._check_server()
        self._recent.clear()

    def _land(self, flight: Flight) -> None:
        self._selector.unregister(flight.sock)
        flight.close(reset=flight.plan.ending is Ending.RESET)
        del self._flights[flight]
        self._recent.append(flight.plan)

    def _check_server(self) -> None:
        for line in self._journal:
            if DEFECT in line:
                raise FuzzError(f"the journal tells of a defect: {line.rstrip()}")
        process = self.server.process
        if process is None or process.poll() is not None:
            raise FuzzError("the server has ended")

    def _blame(self, error: Exception) -> str:
        suspects = [flight.plan for flight in self._flights] + self._recent
        numbers = ",".join(str(planned.number) for planned in suspects)
        inputs = "\n".join(f"  {planned}" for planned in suspects)
        return (
            f"{error!r}\nagain: python3 -m tests.fuzz --seed {self.seed} --only {numbers}\n{inputs}"
        )
