"""A whole server inside the test's process, turn by turn: a failure falls where it is meant to."""

import contextlib
import hashlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

from reactor.doors.opening import Options
from reactor.log import Batch, LogError
from reactor.server import Server
from wire.limits import Settings

KIB = 1024
MIB = 1024 * KIB
PATIENCE = 30.0
LETTERS = (b"abcdefgh" * 8 * KIB)[: 50 * KIB]
"""Without LF: the simple Guest can read it back."""


def content(size: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def piece(tag: str, word: str, data: bytes, start: int = 0, end: int | None = None) -> bytes:
    """The bytes of one tagged SEND."""
    part = data[start:end]
    line = f"={tag} SEND #lab {word} {start} {len(part)} {len(data)} {word}.bin\n"
    return line.encode() + part


class House:
    """A server in this process; :meth:`crash` leaves its folder as a killed one would."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.sockets: list[socket.socket] = []
        self.open()

    def open(self) -> None:
        """Start on the folder, whatever is in it."""
        settings = Settings([("rate", 0), ("disk-free", 0)])
        self.server = Server(Options("127.0.0.1", 0, "off", self.data, "en", settings))
        (door,) = self.server.open()
        self.port = int(door.rpartition(":")[2])

    def turns_until(self, done: Callable[[], bool]) -> None:
        """Turn after turn until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, "it did not happen"
            self.server.loop.run_once()

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port))
        self.sockets.append(sock)
        return sock

    def crash(self) -> None:
        """End without a word: nothing more is stored, only descriptors are given back."""
        for listener in self.server.doors._listeners:
            listener.close()
        for peer in list(self.server.doors.native._peers):
            peer.abort("crash")
        for sock in self.sockets:
            sock.close()
        self.server.close()

    def fail_commits(self, count: int, error: type[Exception] = LogError) -> list[Batch]:
        """Have the next ``count`` commits fail; gives the batches that were not stored."""
        log, real = self.server.log, self.server.log.commit
        failed: list[Batch] = []

        def commit(batch: Batch) -> None:
            if len(failed) < count:
                failed.append(batch)
                raise error("planted")
            real(batch)

        log.commit = commit  # type: ignore[method-assign]
        return failed

    @property
    def stored(self) -> list[str]:
        return sorted(path.name for path in (self.data / "spool" / "files").iterdir())

    @property
    def events(self) -> list[tuple[int, str]]:
        """Each file that the log tells of."""
        return self.server.log.files.after(0, 100)


class Guest:
    """A connection to a house, which runs while this one waits."""

    def __init__(self, house: House, name: str = "", session: str = "") -> None:
        self.house = house
        self.sock = house.connect()
        self.sock.settimeout(0)
        self.buffer = b""
        self.lines: list[str] = []
        if name:
            self.send(f"HELLO {name} {f'session={session}' if session else ''}".rstrip())
            self.session = self.wait("WELCOME ").split()[2]
            self.send("=j JOIN #lab")
            self.wait("=j OK")

    def send(self, data: str | bytes) -> None:
        self.sock.settimeout(10)
        self.sock.sendall(data if isinstance(data, bytes) else data.encode() + b"\n")
        self.sock.settimeout(0)

    def wait(self, start: str) -> str:
        """Let the house run until a line that starts so is here; lines before it stay."""

        def come() -> bool:
            with contextlib.suppress(BlockingIOError):
                self.buffer += self.sock.recv(MIB)
            *lines, self.buffer = self.buffer.split(b"\n")
            self.lines += [line.decode() for line in lines]
            return any(line.startswith(start) for line in self.lines)

        self.house.turns_until(come)
        at = next(at for at, line in enumerate(self.lines) if line.startswith(start))
        line = self.lines[at]
        del self.lines[at]
        return line

    def fetch(self, event: int) -> bytes:
        """A file of one piece; what came before it is dropped."""
        self.send(f"=g GET {event}")

        def come() -> bool:
            with contextlib.suppress(BlockingIOError):
                self.buffer += self.sock.recv(MIB)
            return self.buffer.endswith(b"=g OK\n")

        self.house.turns_until(come)
        self.lines, buffer, self.buffer = [], self.buffer, b""
        line, _, rest = buffer.partition(b"=g SEND ")[2].partition(b"\n")
        length = int(line.split()[3])
        assert rest[length:] == b"=g OK\n"
        return rest[:length]
