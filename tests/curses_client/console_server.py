"""A server with a UNIX socket alone that takes everybody for its operator, or for nobody."""

import contextlib
import secrets
import socket
import threading
import time
from types import TracebackType
from typing import Self

from tests.support.played import TIME

PATIENCE = 60.0


class ConsoleServer:
    """Answers all that it is told with OK; what it was told, without tags, is in ``heard``."""

    def __init__(self, badges: str = "verified,operator") -> None:
        self.address = f"@obrol-test-{secrets.token_hex(8)}"
        self.heard: list[str] = []
        self._badges = badges
        self._number = 0
        self._sock: socket.socket | None = None
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind("\0" + self.address[1:])
        self._door.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, *lines: str) -> None:
        """Send lines."""
        assert self._sock is not None
        self._sock.sendall("".join(line + "\n" for line in lines).encode())

    def announce(self, number: int, text: str, sender: str = "admin") -> None:
        """Tell everybody."""
        self.say(f"MSG {number} {TIME} * {sender} {text}")

    def wait_for(self, line: str, count: int = 1) -> None:
        """Wait until the client has said ``line`` so often."""
        deadline = time.monotonic() + PATIENCE
        while self.heard.count(line) < count:
            assert time.monotonic() < deadline, f"{line!r} did not come: {self.heard}"
            time.sleep(0.01)

    def hang_up(self) -> None:
        """Break the connection; the next one is taken."""
        assert self._sock is not None
        self._sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        if self._sock is not None:
            with contextlib.suppress(OSError):  # the client was first
                self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._door.close()

    def _serve(self) -> None:
        """Serve one client after the other, until the door is shut."""
        while True:
            try:
                sock, _ = self._door.accept()
            except OSError:
                return
            self._sock = sock
            with sock, contextlib.suppress(OSError), sock.makefile("rb") as lines:
                for line in lines:
                    self._answer(line.decode().removesuffix("\n"))

    def _answer(self, line: str) -> None:
        tag, _, said = line.partition(" ") if line.startswith("=") else ("", "", line)
        verb = said.split(" ")[0]
        lines = []
        if verb == "HELLO":
            lines.append(f"{tag} WELCOME {said.split()[1]} {'s' * 16} h1 0 {self._badges}")
        elif verb == "SAY":
            self._number += 1
            lines.append(f"MSG {self._number} {TIME} {said.split(' ')[1]} boss "
                         f"{said.split(' ', 2)[2]}")  # fmt: skip
        if tag:
            lines.append(f"{tag} OK {'0 0' if verb == 'HISTORY' else self._number}")
        self.say(*lines)
        self.heard.append(said)
