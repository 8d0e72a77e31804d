"""Programs that do not speak the protocol, at the plain door of a server process."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

CONNECTED = "Kamu telah terhubung !"
WELCOME = "Selamat datang di Server"
PLAIN = ("--plain", "127.0.0.1:0", "--plain", "127.0.0.1:0,welcome", "--lang", "id")
QUESTION = b"user?"
_MARKER = "penanda"


class Party:
    """A running server with both kinds of the plain door, and everybody who came to it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.server = ServerProcess(folder / "server", *PLAIN, *arguments)
        self._open = contextlib.ExitStack()

    def knock(self, kind: str = "plain") -> Raw:
        """Somebody who has connected and has read nothing."""
        port = int(self.server.doors[kind].rpartition(":")[2])
        return self._open.enter_context(Raw(port))

    def asked(self) -> Raw:
        """Somebody who was asked for the name."""
        guest = self.knock()
        assert guest.payload(len(QUESTION)) == QUESTION
        return guest

    def guest(self, name: str) -> Raw:
        """A guest of the named kind who has come in."""
        guest = self.asked()
        guest.send(name.encode() + b"\n")
        assert guest.line() == CONNECTED
        return guest

    def nameless(self) -> tuple[Raw, str]:
        """A guest of the welcome kind who has come in, and its name."""
        guest = self.knock("plain-welcome")
        assert [guest.line(), guest.line()] == [WELCOME, CONNECTED]
        return guest, f"tamu-{guest.sock.getsockname()[1]}~"

    def native(self, name: str, room: str = "#lab") -> Raw:
        """Somebody in a room who speaks the protocol."""
        return self._open.enter_context(member(self.server.port, name, room))

    def told(self, guest: Raw) -> list[str]:
        """What somebody in the lab has been told so far and has not read."""
        with member(self.server.port, _MARKER) as native:
            native.answer("SAY #lab sekarang")
            guest.expect(f"{_MARKER}: sekarang")
            native.answer("QUIT")
            guest.expect(f"{_MARKER} telah meninggalkan chat !")
        seen, guest.seen = guest.seen, []
        return [line for line in seen if _MARKER not in line]

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()
        self.server.__exit__(kind, error, trace)


def said(raw: Raw, count: int) -> list[str]:
    """Who said what in the next ``count`` messages that a native gets: ``name: text``."""
    lines = [raw.expect("MSG ").split(" ", 5) for _ in range(count)]
    return [f"{line[4]}: {line[5]}" for line in lines]


def to_the_end(raw: Raw) -> list[str]:
    """Every line until the other side ends, empty ones too."""
    found = raw.buffer
    while data := raw.sock.recv(65_536):
        found += data
    assert found.endswith(b"\n"), found
    return found.decode().split("\n")[:-1]
