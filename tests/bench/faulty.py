"""A line chat that does one thing wrong: ``… PORT FAULT``. It shows that the harness would see it.

The wrong thing happens to message ``NUMBER``, for the member ``VICTIM`` or for everybody.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Final

from tests.bench.systems.streams_server import LOCAL
from tests.bench.talk import DIGITS

NUMBER: Final = 5
VICTIM: Final = 2
"""In the order of coming; the first is 0."""

Change = Callable[[int, bytes], bytes | None]
"""What becomes of the message with that number; None: the connection is closed."""


def _at(number: int, change: Callable[[bytes], bytes | None]) -> Change:
    return lambda at, line: change(line) if at == number else line


def _swapped(at: int, line: bytes) -> bytes:
    """The message before ``NUMBER`` comes behind it."""
    if at == NUMBER - 1:
        return b""
    before = line.replace(b"%0*d" % (DIGITS, NUMBER), b"%0*d" % (DIGITS, NUMBER - 1))
    return line + before if at == NUMBER else line


FAULTS: Final[dict[str, Change]] = {
    "none": lambda _, line: line,
    "lost": _at(NUMBER, lambda _: b""),
    "doubled": _at(NUMBER, lambda line: 2 * line),
    "changed": _at(NUMBER, lambda line: line.replace(b"x", b"y", 1)),
    "cut": _at(NUMBER, lambda line: line.replace(b"xx", b"x", 1)),
    "swapped": _swapped,
    "closed": _at(NUMBER, lambda _: None),
}


class Chat:
    """The room, and who is in it in order of coming."""

    def __init__(self, fault: str) -> None:
        self._fault, _, whom = fault.partition("-")
        self._for_all = whom == "all"
        self._clients: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        name = (await reader.readline()).strip()
        self._clients.append(writer)
        writer.write(b"welcome %b\n" % name)
        while line := await reader.readline():
            for place in range(len(self._clients)):
                self._tell(place, b"%b: %b" % (name, line), line[:DIGITS])

    def _tell(self, place: int, message: bytes, number: bytes) -> None:
        wrong = number.isdigit() and (self._for_all or place == VICTIM)
        changed = FAULTS[self._fault](int(number), message) if wrong else message
        if changed is None:
            self._clients[place].close()
        elif not self._clients[place].is_closing():
            self._clients[place].write(changed)


async def listen(port: int, fault: str) -> None:
    """Serve for ever."""
    async with await asyncio.start_server(Chat(fault).serve, LOCAL, port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(listen(int(sys.argv[1]), sys.argv[2]))
