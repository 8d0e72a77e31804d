"""A raw connection that speaks the wire by hand, as somebody else's program would."""

import socket
import time

from tests.support.closing import Closing

PATIENCE = 30.0
"""Seconds after which a silent server is a failure, on a busy machine too."""
PIECE_BYTES = 64 * 1024
"""Longest piece of a file that a server may send."""


class Raw(Closing):
    """Bytes out, lines in. ``expect`` waits for a line; what came before it is kept in ``seen``."""

    def __init__(self, port: int, *, unix: str = "", name: str = "") -> None:
        if unix:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.connect("\0" + unix[1:] if unix.startswith("@") else unix)
        else:
            self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.settimeout(PATIENCE)
        self.buffer = b""
        self.seen: list[str] = []
        self.session = ""
        if name:
            self.hello(name)

    def hello(self, name: str, session: str = "") -> str:
        """Say HELLO; the WELCOME line."""
        self.say(f"HELLO {name}" + (f" session={session}" if session else ""))
        welcome = self.expect("WELCOME ")
        self.session = welcome.split()[2]
        return welcome

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.send("".join(line + "\n" for line in lines).encode())

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def line(self, patience: float = PATIENCE) -> str:
        """The next line, without its LF; "" at the end of the stream."""
        deadline = time.monotonic() + patience
        while b"\n" not in self.buffer:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = self.sock.recv(65536)
            if not data:
                return ""
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def expect(self, start: str, patience: float = PATIENCE) -> str:
        """The next line that starts so; those before it go to ``seen``."""
        while True:
            line = self.line(patience)
            self.seen.append(line)
            if line.startswith(start):
                return line
            assert line, f"the stream ended before {start!r}; seen: {self.seen}"

    def answer(self, line: str, tag: str = "t", payload: bytes = b"") -> list[str]:
        """Send a tagged line; its answer, the last line is OK or ERR. The tag is taken off."""
        self.send(f"={tag} {line}\n".encode() + payload)
        found = []
        while True:
            reply = self.line()
            assert reply, f"the stream ended in the answer to {line!r}"
            if reply.startswith(f"={tag} "):
                found.append(reply.removeprefix(f"={tag} "))
                if found[-1].split()[0] in {"OK", "ERR"}:
                    return found
            else:
                self.seen.append(reply)

    def payload(self, count: int) -> bytes:
        """Exactly ``count`` raw bytes."""
        self.sock.settimeout(PATIENCE)
        found = bytearray(self.buffer[:count])
        self.buffer = self.buffer[count:]
        while len(found) < count:
            data = self.sock.recv(count - len(found))
            assert data, f"the stream ended {count - len(found)} bytes before the end of a piece"
            found += data
        return bytes(found)

    def fetch(self, event: int, offset: int = 0, tag: str = "g") -> bytes:
        """GET a file, piece by piece until its OK; other lines go to ``seen``.

        An ERR is an AssertionError whose text is that line.
        """
        self.say(f"={tag} GET {event} {offset}")
        found = bytearray()
        while True:
            line = self.line()
            words = line.split(" ", 7)
            if words[0] != f"={tag}":
                assert line, f"the stream ended in file {event}"
                self.seen.append(line)
            elif words[1] == "SEND":
                number, at, length, size = map(int, words[3:7])
                assert (number, at) == (event, offset + len(found)), line
                assert length <= min(PIECE_BYTES, size - at), line
                assert length or size == at, f"an empty piece that is not the rest: {line}"
                found += self.payload(length)
            else:
                assert words[1:] == ["OK"], line
                return bytes(found)

    def rest(self) -> list[str]:
        """Every line until the other side ends."""
        lines = []
        while line := self.line():
            lines.append(line)
        return lines

    def sync(self) -> list[str]:
        """Everything that came before the answer to a PING sent now."""
        self.say("PING sync")
        lines = []
        while (line := self.line()) != "PONG sync":
            assert line, "the stream ended"
            lines.append(line)
        return lines

    def close(self) -> None:
        """Close without a word."""
        self.sock.close()


def member(port: int, name: str, room: str = "#lab") -> Raw:
    """Somebody who is in ``room``, everything that came on the way read."""
    raw = Raw(port, name=name)
    assert raw.answer(f"JOIN {room}")[-1] == "OK"
    return raw
