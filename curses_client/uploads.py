"""Sending files: pieces between other lines, going on after a break, proof at the end.

The word of a transfer is made from the file and the target, so the same file sent again after a
crash goes on where it was. The last piece has one tag for good, which is remembered before it
leaves: if its OK was lost with the link or with the client, the same line is sent again, and the
server does not store the file twice.
"""

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from curses_client.front import Failure
from curses_client.unfinished import LeftUpload
from wire.grammar import PIECE_BYTES, SHORT_TEXT_BYTES, sendable
from wire.parser import Frame

IN_FLIGHT: Final = 4
"""Pieces that may be unacknowledged: the link is kept busy, and little is sent for nothing."""
LOW_BYTES: Final = 64 * 1024
"""A piece is read when fewer bytes than this wait to be sent: chat lines wait behind that much."""
HASH_BYTES: Final = 1024 * 1024
RETRY_SECONDS: Final = 3.0
_TRY_AGAIN: Final = frozenset({"bad-offset", "not-saved", "slow-down", "stopped"})
_DIGEST_BYTES: Final = 12


class Line(Protocol):
    """What an upload needs of the chat."""

    @property
    def online(self) -> bool:
        """Whether the server listens."""

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent."""

    def ask(self, answer: Callable[..., object], verb: str, *args: str, payload: bytes = b"",
            tag: str | None = None) -> None:  # fmt: skip
        """Send a tagged line; ``answer`` gets the lines of its answer."""

    def new_tag(self) -> str:
        """A tag that was never used."""

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Call after a while."""

    def remember(self) -> None:
        """Keep for the next run, before anything else is done, how far the files are."""


class Upload:
    """One file on its way to the server; raises OSError when it cannot be opened.

    ``changed`` is called when there is something to show; ``state`` is "" while it goes on, "done",
    or what went wrong: a code of ERR, ``changed`` (the file did) or ``broken`` (what arrived did).
    ``last``: tag and offset of the last piece, where an earlier run sent it.
    """

    def __init__(
        self,
        line: Line,
        path: Path,
        target: str,
        changed: Callable[["Upload"], object],
        last: tuple[str, int] | None = None,
    ) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self._fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._fd)
            raise OSError(0, "not a file", str(path))
        self._final = last  # tag and offset of the last piece
        self.target = target
        self.size = found.st_size
        self.name = wire_name(path.name)
        self.acknowledged = 0
        self.state = ""
        self.event = 0
        self._line = line
        self._changed = changed
        self._path = str(path.absolute())
        self._stamp = (found.st_size, found.st_mtime_ns)
        self.transfer = word_of(self.left)
        self._hash = hashlib.sha256()
        self._hashed = 0
        self._sent = 0
        self._in_flight = 0
        self._stalled = True  # nothing is sent until the server said where to begin
        self._asking = False
        self._wait = 0.0  # before the next try: the longest that a refused piece calls for
        self._proof = ""

    @property
    def done_bytes(self) -> int:
        """Bytes that the server has."""
        return self.acknowledged

    @property
    def left(self) -> LeftUpload:
        """What the next run must know."""
        return LeftUpload(self._path, self.target, *self._stamp, *(self._final or ("", 0)))

    def go_on(self) -> None:
        """The link is there (again): ask what of it the server has."""
        self._in_flight = 0
        self._stalled = True
        self._asking = False
        self._wait = 0.0
        if self.state:
            return
        if self._final is not None:
            self._send_piece(self._final[1], tag=self._final[0])
        else:
            self._ask_place()

    def pump(self) -> None:
        """Send what may be sent now, and hash a little."""
        while (
            not self.state
            and not self._stalled
            and self._line.online
            and self._in_flight < IN_FLIGHT
            and self._line.queued < LOW_BYTES
            and self._sent < self.size
        ):
            self._send_piece(self._sent)
        if not self.state:
            self._hash_some()

    def stop(self) -> None:
        """Give it up."""
        if not self.state:
            self._give_up("stopped")

    def _ask_place(self) -> None:
        """Whether it would be taken, and from where: said before any of its bytes leaves."""
        if not self._asking:
            self._asking = True
            self._line.ask(self._partial, "PARTIAL", self.transfer)

    def _partial(self, frames: list[Frame], failure: Failure | None) -> None:
        self._asking = False
        if self.state or failure is not None:
            return
        self._sent = self.acknowledged = int(frames[-1].args[0])
        if self._sent == 0 and self.size:
            self._line.ask(self._taken, "SEND", *self._words(0, 0))
        elif self._sent >= self.size:
            self._send_piece(self.size)  # all is there: only the event is missing
        else:
            self._start()

    def _taken(self, frames: list[Frame], failure: Failure | None) -> None:
        if failure is None and frames:
            self._start()
        elif failure is not None and failure.code:
            self._failed(failure)

    def _start(self) -> None:
        self._stalled = False
        self.pump()

    def _send_piece(self, offset: int, tag: str | None = None) -> None:
        data = os.pread(self._fd, PIECE_BYTES, offset)
        found = os.fstat(self._fd)
        if (found.st_size, found.st_mtime_ns) != self._stamp:
            self._give_up("changed")
            return
        last = offset + len(data) == self.size
        if last:
            tag = tag or (self._final[0] if self._final else self._line.new_tag())
            if self._final != (tag, offset):
                self._final = (tag, offset)
                self._line.remember()
        self._sent = offset + len(data)
        self._in_flight += 1
        words = self._words(offset, len(data))
        self._line.ask(self._answered, "SEND", *words, payload=data, tag=tag)

    def _answered(self, frames: list[Frame], failure: Failure | None) -> None:
        if self.state:
            return
        self._in_flight -= 1
        if failure is not None:
            self._failed(failure)
        elif len(frames[-1].args) > 1:
            self.event, self._proof = int(frames[-1].args[0]), frames[-1].args[1]
            self.acknowledged = self.size
            self._hash_some()
        else:
            self.acknowledged = int(frames[-1].args[0])
        if not self.state:
            self._changed(self)
            self.pump()

    def _failed(self, failure: Failure) -> None:
        """Ask again where to go on, once nothing is on its way; or give up."""
        if not failure.code:
            return  # the link was lost: go_on() will be called
        if failure.code not in _TRY_AGAIN:
            self._end(failure.code)
            return
        self._stalled = True
        # The pieces behind one that must wait are refused too: bad-offset, which alone need not.
        self._wait = max(self._wait, 0.0 if failure.code == "bad-offset" else RETRY_SECONDS)
        if not self._in_flight:
            wait, self._wait = self._wait, 0.0
            # After bad-offset the last piece may be another one; otherwise it has its tag for good.
            self._line.later(wait, lambda: self._try_again(self.go_on if wait else self._ask_place))

    def _try_again(self, how: Callable[[], object]) -> None:
        waiting = self._stalled and not self._asking and not self._in_flight
        if not self.state and self._line.online and waiting:
            how()

    def _hash_some(self) -> None:
        """Hash up to what was sent; when all is sent and proved, compare."""
        end = self.size if self._proof else self._sent
        if self._hashed < end:
            data = os.pread(self._fd, min(HASH_BYTES, end - self._hashed), self._hashed)
            if not data:
                self._end("changed")
                return
            self._hash.update(data)
            self._hashed += len(data)
        if self._proof and self._hashed == self.size:
            self._end("done" if self._hash.hexdigest() == self._proof else "broken")
        elif self._hashed < end:
            self._line.later(0, self.pump)

    def _words(self, offset: int, length: int) -> tuple[str, ...]:
        return (self.target, self.transfer, str(offset), str(length), str(self.size), self.name)

    def _give_up(self, state: str) -> None:
        """The server need not keep what it has of it."""
        self._end(state)
        if self._line.online:
            self._line.ask(_nothing, "STOP", self.transfer)

    def _end(self, state: str) -> None:
        self.state = state
        os.close(self._fd)
        self._changed(self)


def word_of(left: LeftUpload) -> str:
    """The word of the transfer: of another file, or of one that was changed, it is another one."""
    stamp = (left.size, left.mtime_ns)
    identity = f"{left.path}\0{stamp}\0{left.target}".encode(errors="surrogateescape")
    return "f" + hashlib.blake2b(identity, digest_size=_DIGEST_BYTES).hexdigest()


def wire_name(name: str) -> str:
    """The label under which a file travels: 1 to 255 bytes, nothing that the wire refuses."""
    text = sendable(name)
    return text.encode("utf-8", "replace")[:SHORT_TEXT_BYTES].decode("utf-8", "ignore") or "_"


def _nothing(frames: list[Frame], failure: Failure | None) -> None:
    del frames, failure
