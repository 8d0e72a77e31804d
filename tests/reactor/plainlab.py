"""The plain door on a hub whose clock stands still: real sockets, one turn at a time."""

import array
import contextlib
import fcntl
import io
import socket
import termios
import time
from pathlib import Path

from reactor.doors.admission import Admission
from reactor.doors.guest import House
from reactor.doors.plain import NAMED, PlainDoor
from reactor.doors.tongue import Tongue
from reactor.hub import guests
from reactor.journal import Journal
from tests.reactor.lab import Lab

SILENCE = 0.05
ROOM = "#lab"
_STUCK_SECONDS = 0.2


def in_flight(*ends: socket.socket) -> int:
    """Bytes that the ends of a connection sent and that have not arrived (SIOCOUTQ of tcp(7))."""
    count = array.array("i", [0])
    found = 0
    for end in ends:
        with contextlib.suppress(OSError, ValueError):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # say at once what arrived
    for end in ends:
        with contextlib.suppress(OSError, ValueError):
            fcntl.ioctl(end.fileno(), termios.TIOCOUTQ, count)
            found += count[0]
    return found


class Program:
    """A program at the plain door; what it sends is handled before ``send`` comes back."""

    def __init__(self, lab: "PlainLab", sock: socket.socket, far: socket.socket) -> None:
        sock.settimeout(0)
        self.lab = lab
        self.sock = sock
        self.far = far  # the server's end
        self.ended = False

    def send(self, data: bytes) -> None:
        """Send ``data`` and let the turns go by that it takes."""
        while data:
            try:
                data = data[self.sock.send(data) :]
            except BlockingIOError:
                self.lab.pump()
        self.lab.pump()

    def read(self) -> str:
        """What came since the last look; :attr:`ended` when nothing more will."""
        found = b""
        while True:
            try:
                data = self.sock.recv(65_536)
            except BlockingIOError:
                return found.decode()
            except ConnectionResetError:
                data = b""
            if not data:
                self.ended = True
                return found.decode()
            found += data

    def take(self) -> list[str]:
        """The lines that came since the last look, each whole."""
        text = self.read()
        assert not text or text.endswith("\n"), text
        return text.split("\n")[:-1]

    def say(self, data: bytes) -> list[str]:
        """Send ``data``, which ends with a line end; what comes of it here."""
        self.take()
        self.send(data)
        return self.take()


class PlainLab(Lab):
    """A hub with a plain door."""

    def __init__(self, folder: Path, language: str = "id", **settings: float) -> None:
        super().__init__(folder, **settings)
        self.hub.language = language
        self.written = io.StringIO()
        journal = Journal(self.clock, self.written)
        self.house = House(self.loop, self.hub, self.hub.settings, journal, Tongue(language), ROOM)
        guests.prepare(self.hub, ROOM)
        self.admission = Admission(self.hub.settings, self.clock.monotonic)
        self.programs: list[Program] = []

    def knock(self, kind: str = NAMED, *, full: bool = False) -> Program:
        """Somebody connects."""
        door = PlainDoor(self.house, kind, lambda: full, self.admission)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            sock = socket.create_connection(listener.getsockname())
            far = listener.accept()[0]
            program = Program(self, sock, far)
            self.programs.append(program)
            door.accept(far)
        self.pump()
        return program

    def guest(self, name: str) -> Program:
        """Somebody of the named kind who has come in and has read everything."""
        program = self.knock()
        program.send(name.encode() + b"\n")
        assert "Kamu telah terhubung !" in program.read()
        return program

    def pump(self) -> None:
        """Turns until nobody has anything to do and all that was sent has arrived.

        The clock stands still. What a full buffer holds back is not waited for.
        """
        flying, since = -1, 0.0
        while True:
            self.once()
            now = time.monotonic()
            former, flying = flying, sum(in_flight(p.sock, p.far) for p in self.programs)
            if flying != former or not self.loop.quiet:
                since = now
            elif not flying or now - since > _STUCK_SECONDS:
                return

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.at += seconds
        self.pump()

    def close(self) -> None:
        """Give everything back."""
        for program in self.programs:
            program.sock.close()
        self.pump()
        super().close()
