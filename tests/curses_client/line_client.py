"""The line mode as a process, and servers to set it before: a real one's record, one by hand."""

import contextlib
import queue
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, NamedTuple

from tests.support.closing import Closing
from tests.support.home import environment
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess

PATIENCE = 30.0
MODULE = [sys.executable, "-m", "curses_client"]


class Ended(NamedTuple):
    """How a client ended."""

    code: int
    out: bytes
    errors: str

    @property
    def rows(self) -> list[list[str]]:
        """What it printed: a row of columns an event."""
        assert self.out == b"" or self.out.endswith(b"\n")
        return [line.split("\t") for line in self.out.decode().splitlines()]

    @property
    def texts(self) -> list[str]:
        """The last column of what it printed."""
        return [row[3] for row in self.rows]


def command(name: str, port: int, home: Path, *words: str) -> list[str]:
    """The client over TCP, in English, with its secrets under ``home``."""
    return [name, "--host", "127.0.0.1", "--port", str(port), "--data", str(home / name),
            "--lang", "en", *words]  # fmt: skip


def run(name: str, port: int, home: Path, text: bytes | Path | None, *words: str) -> Ended:
    """Run the client to its end: ``text`` in a pipe, a file as its input, or /dev/null."""
    piped = text if isinstance(text, bytes) else None
    with contextlib.ExitStack() as opened:
        stdin: IO[bytes] | int = subprocess.PIPE if piped is not None else subprocess.DEVNULL
        if isinstance(text, Path):
            stdin = opened.enter_context(text.open("rb"))
        process = opened.enter_context(
            subprocess.Popen(
                [*MODULE, *command(name, port, home, *words)],
                cwd=ROOT,
                env=environment(home),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        out, errors = process.communicate(piped, timeout=PATIENCE)
        return Ended(process.returncode, out, errors.decode())


class LineClient(Closing):
    """The client as a process that stays; what it prints can be waited for.

    ``patched`` is Python that runs in it first.
    """

    def __init__(self, name: str, port: int, home: Path, *words: str, patched: str = "") -> None:
        main = f"{patched}\nfrom curses_client.__main__ import main\nraise SystemExit(main())"
        program = [sys.executable, "-c", main] if patched else MODULE
        self.process = subprocess.Popen(
            [*program, *command(name, port, home, *words)],
            cwd=ROOT,
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.stdin = self.process.stdin
        self._out = _Lines(self.process.stdout)
        self._errors = _Lines(self.process.stderr)

    def put(self, text: str) -> None:
        """Write to its input."""
        self.stdin.write(text.encode())
        self.stdin.flush()

    def row(self) -> list[str]:
        """The columns of the next line that it prints."""
        return self._out.next().split("\t")

    def texts(self, count: int) -> list[str]:
        """The last columns of the next ``count`` lines."""
        return [self.row()[3] for _ in range(count)]

    def error(self) -> str:
        """The next line on standard error."""
        return self._errors.next()

    def finish(self) -> Ended:
        """Close its input and wait for its end."""
        self.stdin.close()
        code = self.process.wait(PATIENCE)
        return Ended(code, self._out.rest().encode(), self._errors.rest())

    def close(self) -> None:
        """Give everything back."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.stdin.close()
        self._out.rest()
        self._errors.rest()


class _Lines:
    """The lines of a pipe, read by a thread, so that they can be waited for."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def next(self) -> str:
        line = self._lines.get(timeout=PATIENCE)
        assert line is not None, "the pipe ended"
        return line

    def rest(self) -> str:
        """All that is left, to the end."""
        self._thread.join(PATIENCE)
        found = []
        while not self._lines.empty():
            line = self._lines.get()
            if line is not None:
                found.append(line + "\n")
        return "".join(found)

    def _read(self) -> None:
        with self._pipe:
            for line in self._pipe:
                self._lines.put(line.decode().removesuffix("\n"))
        self._lines.put(None)


def stored(server: ServerProcess, room: str = "#lab") -> list[str]:
    """Every text of a room, as a stranger reads it."""
    texts: list[str] = []
    after = "0"
    with Raw(server.port, name="saksi") as witness:
        witness.answer(f"JOIN {room}")
        while True:
            *events, end = witness.answer(f"HISTORY {room} after {after} 200")
            texts += [event.split(" ", 5)[5] for event in events]
            if end.split()[2] == "0":
                witness.say("QUIT")
                witness.expect("BYE quit")
                return texts
            after = events[-1].split()[1]


class HandServer(Closing):
    """A server whose part the test plays, for one client at a time."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(PATIENCE)
        self.port: int = self._door.getsockname()[1]
        self._socket: socket.socket | None = None

    def greet(self, *answers: str) -> None:
        """Take a client in; its JOIN is answered by ``answers``, or well."""
        self._socket, _ = self._door.accept()
        self._socket.settimeout(PATIENCE)
        self._file = self._socket.makefile("rb")
        tag, hello = self.next()
        name = hello.split()[1]
        self.say(f"={tag} WELCOME {name} {'s' * 16} h1 0 -", f"={tag} OK")
        tag, _ = self.next()
        self.say(*(f"={tag} {answer}" for answer in answers or ("OK",)))
        for _ in range(3):
            tag, line = self.next()
            assert line.startswith("HISTORY ")
            self.say(f"={tag} OK 0 0")

    def next(self) -> tuple[str, str]:
        """The next line: its tag, and what stands behind it."""
        line = self._file.readline().decode().removesuffix("\n")
        tag, _, rest = line.partition(" ")
        return (tag[1:], rest) if line.startswith("=") else ("", line)

    def say(self, *lines: str) -> None:
        """Send lines."""
        assert self._socket is not None
        self._socket.sendall("".join(line + "\n" for line in lines).encode())

    def hang_up(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._file.close()
            self._socket.close()

    def close(self) -> None:
        """Give everything back."""
        self.hang_up()
        self._door.close()
