"""One non-blocking socket with its counted write buffer. It knows nothing of chat.

Write first, watch later: what is written waits for the end of the turn, the socket is tried once,
and only when it takes less than all does the loop watch for writability. The buffer is a list of
pieces, each piece a unit that is either sent whole or not at all once the stream is cut short; a
piece may be shared by a thousand streams, so it is never changed and never copied here.
"""

import errno
import socket
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Protocol

from reactor.loop import READ, WRITE, Loop
from reactor.pieces import FilePiece, OpenFile, Piece, release

WRITE_BYTES: Final = 256 * 1024
"""Handed to the kernel for one stream in one turn, at most: the others wait meanwhile. Of files it
is the loop's ``share`` too, where that is less, but never less than one piece."""
BULKY: Final = 8
"""So many times ``read_bytes`` are read in a turn of a stream that is ``bulky``, if its share of
the turn has room for them: a file costs its turns more than its bytes."""
VECTOR_PIECES: Final = 64
"""Pieces handed to the kernel in one call."""
DISCARD_BYTES: Final = 64 * 1024

GONE: Final[Mapping[int, str]] = {
    errno.ECONNRESET: "reset by the other side",
    errno.EPIPE: "the other side is gone",
    errno.ETIMEDOUT: "the network lost it",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ECONNREFUSED: "connection refused",
}
"""Errors of a socket that say how the connection ended, in words for people."""


class Owner(Protocol):
    """Who uses a stream."""

    def received(self, data: bytes) -> None:
        """``data`` came; ``b""``: the other side will send no more."""

    def flushed(self) -> None:
        """Some bytes that waited left; ``stream.queued`` tells how many wait."""

    def blocked(self) -> None:
        """The socket took less than all, and did take all before."""

    def lost(self, reason: str) -> None:
        """The stream is closed, by an error or at the end of a goodbye; called once."""


class State(Enum):
    """What a stream still does."""

    OPEN = "reads and writes"
    FINISHING = "writes its last bytes"
    LINGERING = "reads on so that the last bytes arrive, and throws away what comes"
    CLOSED = "nothing"


_OPEN: Final = State.OPEN


class Stream:
    """A connected socket in the loop; ``read_bytes`` is the most that is read in one turn.

    ``bulky``: a file is coming, so more may be read where the turn has room for it. ``refill`` is
    called when all that waited has left and this turn has room for more: it may write a piece.
    """

    __slots__ = ("_blocked", "_channel", "_dirty", "_ended", "_head", "_loop", "_owner", "_pieces",
                 "_reading", "_sock", "bulky", "progress_at", "queued", "read_bytes", "refill",
                 "state")  # fmt: skip
    _seals = False
    """Whether what is written leaves in another form (TLS)."""

    def __init__(
        self, loop: Loop, sock: socket.socket, owner: Owner, read_bytes: int = DISCARD_BYTES
    ) -> None:
        sock.settimeout(0)
        self._loop = loop
        self._sock = sock
        self._owner = owner
        self._pieces: list[Piece] = []
        self._head = 0  # bytes of the first piece that left already
        self._dirty = False  # the loop will call flush
        self._blocked = False
        self._reading = True
        self._ended = False  # the other side will send no more
        self.queued = 0
        self.bulky = False
        self.refill: Callable[[], object] | None = None
        self.progress_at = 0.0
        self.read_bytes = read_bytes
        self.state = State.OPEN
        self._channel = loop.watch(sock.fileno(), self, READ)

    def __repr__(self) -> str:
        return f"<Stream {self.state.name} {self._channel!r} queued={self.queued}>"

    @property
    def is_blocked(self) -> bool:
        """Whether the socket took less than all since :attr:`progress_at`."""
        return self._blocked

    def write(self, data: bytes) -> None:
        """Send ``data`` at the end of the turn."""
        if data and self.state is _OPEN:
            self._pieces.append(data)
            self.queued += len(data)
            if not self._dirty and not self._blocked:
                self._dirty = True
                self._loop.flush_later(self)

    def write_now(self, data: bytes) -> bool:
        """Send ``data`` at once where nothing waits before it, else like :meth:`write`.

        For who writes once a turn, at its end: this is the step whose price a thousand members pay.
        True: all has left; it was never queued, and the owner does not hear of it.
        """
        if self._pieces or self._blocked or self._seals or self.state is not _OPEN or not data:
            self.write(data)
            return False
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._failed(error)
            return False
        self._loop.sent += sent
        if sent == len(data):
            return True
        self._pieces.append(data)
        self.queued = len(data)
        self._consume(sent)
        self._sent(moved=sent > 0)
        return False

    def write_file(self, header: bytes, file: OpenFile, offset: int, length: int) -> None:
        """Send ``header`` and ``length`` bytes of ``file``, which stays open so long."""
        if self.state is _OPEN:
            piece = FilePiece(header, file, offset, length)
            self._pieces.append(piece)
            self.queued += len(piece)
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._dirty and not self._blocked:
            self._dirty = True
            self._loop.flush_later(self)

    def pause(self) -> None:
        """Read no more for now; the other side will feel it."""
        self._reading = False
        self._want()

    def resume(self) -> None:
        """Read again."""
        self._reading = True
        self._want()

    def drop_unsent(self) -> None:
        """Forget every piece of which no byte has left."""
        kept = 1 if self._head else 0
        release(self._pieces[kept:])
        del self._pieces[kept:]
        self.queued = len(self._pieces[0]) - self._head if self._pieces else 0

    def finish(self, linger: float) -> None:
        """Send what is queued, say that nothing will follow, read on for ``linger`` s, close."""
        if self.state is not State.OPEN:
            return
        self.state = State.FINISHING
        self._loop.later(linger, self.abort)
        if not self.queued:
            self._shut()
        self._want()

    def abort(self, reason: str = "") -> None:
        """Close without another word; ``owner.lost(reason)`` is told."""
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        release(self._pieces)
        self._pieces.clear()
        self.queued = 0
        self._loop.unwatch(self._channel, self._sock.close)
        self._owner.lost(reason)

    def on_ready(self, mask: int) -> None:
        """Serve the socket (the loop calls this)."""
        if mask & WRITE:
            self.flush()
        if mask & READ:
            self._read()

    def flush(self) -> None:
        """Try the socket (the loop calls this)."""
        self._dirty = True  # what refill writes leaves in this call, and is not listed
        before = self._loop.sent
        try:
            self._send_some()
            if self.refill is not None:
                self._send_more(self.refill, before + min(WRITE_BYTES, self._loop.share))
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self._failed(error)
            return
        finally:
            self._dirty = False
        self._sent(moved=self._loop.sent > before)

    def _sent(self, *, moved: bool) -> None:
        """The socket was tried; ``moved``: some bytes left."""
        newly_blocked = self._wants_room() and not self._blocked
        self._blocked = self._wants_room()
        if newly_blocked or moved:
            self.progress_at = self._loop.now
        if self.state is State.FINISHING and not self.queued:
            self._shut()
        self._want()
        if newly_blocked:
            self._owner.blocked()
        if moved and self.state is not State.CLOSED:  # lost() is the last that an owner hears
            self._owner.flushed()

    def _wants_room(self) -> bool:
        """Whether it is the kernel alone that what is queued waits for."""
        return bool(self.queued)

    def _send_some(self) -> None:
        """Hand pieces to the kernel until it takes less than all of them, or WRITE_BYTES went."""
        budget = WRITE_BYTES
        while self._pieces and budget > 0:
            offered, sent = self._send_front()
            self._loop.sent += sent
            self._consume(sent)
            budget -= sent
            if sent < offered:
                return

    def _send_more(self, refill: Callable[[], object], until: int) -> None:
        """Send what the owner still has to give, until the loop has sent so many bytes in all."""
        while not self.queued and self._loop.sent < until and self.state is State.OPEN:
            refill()
            if not self.queued:
                return  # there is no more
            self._send_some()

    def _send_front(self) -> tuple[int, int]:
        """Offer the front of the buffer to the kernel: how much was offered, how much it took."""
        first = self._pieces[0]
        if isinstance(first, FilePiece):
            return first.send(self._sock, self._head)
        front: bytes | memoryview = memoryview(first)[self._head :] if self._head else first
        if len(self._pieces) == 1:
            return len(front), self._sock.send(front)
        vector = [front]
        for piece in self._pieces[1:VECTOR_PIECES]:
            if isinstance(piece, FilePiece):
                break
            vector.append(piece)
        return sum(map(len, vector)), self._sock.sendmsg(vector)

    def _consume(self, sent: int) -> None:
        """Take ``sent`` bytes off the front of the buffer."""
        self.queued -= sent
        left = sent + self._head
        gone = 0
        for piece in self._pieces:
            if left < len(piece):
                break
            left -= len(piece)
            gone += 1
            if isinstance(piece, FilePiece):
                piece.release()
        del self._pieces[:gone]
        self._head = left

    def _read(self) -> None:
        most = self.read_bytes
        if self.bulky:
            most = max(most, min(BULKY * most, self._loop.share))
        space = self._loop.space
        try:
            if most > len(space):
                data = self._sock.recv(most)
            else:
                data = bytes(space[: self._sock.recv_into(space, most)])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._failed(error)
            return
        self._loop.received += len(data)
        self._arrived(data)

    def _arrived(self, data: bytes) -> None:
        """``data`` came; ``b""``: nothing will follow."""
        if not data:
            # Level-triggered: the end of the stream would be ready in every turn from now on.
            self._ended = True
            self._want()
        if self.state is State.OPEN:
            self._owner.received(data)
        elif self.state is State.LINGERING and not data:
            self.abort()

    def _shut(self) -> None:
        """The last byte left: say so, and read on until the other side ends or time is up."""
        self.state = State.LINGERING
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self._failed(error)
            return
        if self._ended:
            self.abort()
        else:
            self.resume()

    def _failed(self, error: OSError) -> None:
        self.abort(GONE.get(error.errno or 0, error.strerror or str(error)))

    def _want(self) -> None:
        if self.state is State.CLOSED:
            return
        # Unread input must be taken while we wait for the end: closing over it would reset the
        # connection, and the reset would overtake our last words.
        reading = not self._ended and (self._reading or self.state is not State.OPEN)
        self._loop.want(self._channel, (READ if reading else 0) | (WRITE if self._blocked else 0))
