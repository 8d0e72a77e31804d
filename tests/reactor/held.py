"""A whole server in this process, driven turn by turn, with real sockets."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from reactor.doors.opening import Options
from reactor.log import Batch
from reactor.server import Server
from wire.limits import Settings


class Client:
    """A socket whose bytes are taken without waiting, while the server stands still."""

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(("127.0.0.1", port))
        self.sock.settimeout(0)
        self.got = b""

    def say(self, line: str) -> None:
        """Send one line."""
        self.sock.sendall(line.encode() + b"\n")

    def drain(self) -> None:
        """Take what is there."""
        try:
            while data := self.sock.recv(65536):
                self.got += data
        except BlockingIOError:
            return


class Held:
    """A server in this process, turn by turn; ``during`` is called while a commit is held up."""

    def __init__(self, folder: Path) -> None:
        settings = Settings([("rate", 0)])
        self.server = Server(Options("127.0.0.1", 0, "off", folder, "en", settings))
        self.port = int(self.server.open()[0].rpartition(":")[2])
        self.clients: list[Client] = []
        self.during: Callable[[], object] = lambda: None
        self.commits = 0
        self.commit = self.server.log.commit
        self.server.log.commit = self._commit  # type: ignore[method-assign] # the seam under test

    def _commit(self, batch: Batch) -> None:
        self.during()
        self.commits += 1
        self.commit(batch)

    def client(self, name: str, receive_buffer: int = 0) -> Client:
        """Somebody in #lab who has read everything."""
        client = Client(self.port, receive_buffer)
        self.clients.append(client)
        client.say(f"HELLO {name}")
        self.until(lambda: b"WELCOME " in client.got)
        client.say("JOIN #lab")
        self.until(lambda: b"NAMES " in client.got)
        return client

    def until(self, what: Callable[[], bool]) -> None:
        """Turn after turn, everybody reading, until it is so."""
        deadline = time.monotonic() + 10
        while not what():
            assert time.monotonic() < deadline
            self.server.loop.run_once()
            for client in self.clients:
                client.drain()

    def close(self) -> None:
        """Give everything back."""
        for client in self.clients:
            client.sock.close()
        self.server.close()
