"""A server that is played: it takes one client in and then says whatever a test wants."""

import select
import socket
from collections.abc import Callable
from typing import Final

TIME: Final = "2026-11-21T07:40:00.123Z"
PATIENCE: Final = 60.0
POLL_SECONDS: Final = 0.02
PIECE: Final = 256 * 1024


class PlayedServer:
    """A server with one client and nothing behind it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sock: socket.socket | None = None
        self._rest = b""
        self.told = 0

    def greet(self) -> None:
        """Take the client in, and answer all that it asks at first."""
        self._sock, _ = self._listener.accept()
        self._sock.settimeout(PATIENCE)
        asked = 0
        while asked < 4:  # HELLO, JOIN, and HISTORY of the room, of private talk, of everybody
            for line in self._lines():
                asked += line.split()[1] in {"JOIN", "HISTORY"}
                self._answer(line)

    def talk(self, count: int, drain: Callable[[], object]) -> None:
        """Send ``count`` lines of #lab as fast as the client takes them."""
        assert self._sock is not None
        first = self.told + 1
        self.told += count
        self.send(
            b"".join(
                f"MSG {n} {TIME} #lab fatur baris {n} dengan beberapa kata lagi\n".encode()
                for n in range(first, first + count)
            ),
            drain,
        )

    def send(self, lines: bytes, drain: Callable[[], object]) -> None:
        """Send ``lines``, whatever they are; ``drain`` is called while the client is slow."""
        assert self._sock is not None
        data = memoryview(lines)
        self._sock.settimeout(0)
        while data:
            drain()
            if select.select([], [self._sock], [], POLL_SECONDS)[1]:
                data = data[self._sock.send(data[:PIECE]) :]
        self._sock.settimeout(PATIENCE)

    def close(self) -> None:
        """Let go of the client."""
        if self._sock is not None:
            self._sock.close()
        self._listener.close()

    def _lines(self) -> list[str]:
        assert self._sock is not None
        *lines, self._rest = (self._rest + self._sock.recv(65536)).split(b"\n")
        return [line.decode() for line in lines]

    def _answer(self, line: str) -> None:
        tag, verb, *_ = line.split()
        told = {"HELLO": [f"WELCOME rizky {'s' * 16} h1 0 -"], "HISTORY": []}
        told["JOIN"] = [f"JOINED {TIME} #lab rizky", f"{tag} NAMES #lab rizky fatur"]
        end = "OK 0 0" if verb == "HISTORY" else "OK"
        lines = [
            *(f"{tag} {one}" if verb == "HELLO" else one for one in told[verb]),
            f"{tag} {end}",
        ]
        assert self._sock is not None
        self._sock.sendall("".join(one + "\n" for one in lines).encode())
