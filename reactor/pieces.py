"""What waits in a stream's write buffer: bytes, or a line and a part of a file behind it.

A piece is sent whole or, where a stream is cut short before its first byte left, not at all.
"""

import errno
import os
import socket
from typing import Final, Protocol

_SHORTER: Final = "a file became shorter while it was sent"


class OpenFile(Protocol):
    """A file open for reading that may have several users."""

    fd: int

    def keep(self) -> None:
        """One more user."""

    def release(self) -> None:
        """One user less."""


class FilePiece:
    """A line and a part of a file behind it, as one piece; the file goes by sendfile(2)."""

    __slots__ = ("_file", "_header", "_length", "_offset", "_size")

    def __init__(self, header: bytes, file: OpenFile, offset: int, length: int) -> None:
        file.keep()
        self._header = header
        self._file = file
        self._offset = offset
        self._length = length
        self._size = len(header) + length

    def __len__(self) -> int:
        return self._size

    def send(self, sock: socket.socket, head: int) -> tuple[int, int]:
        """Send what follows the first ``head`` bytes: how many were offered, how many went."""
        left = self._size - head
        front = 0
        if left > self._length:
            flags = socket.MSG_MORE if self._length else 0
            front = sock.send(self._header[head:], flags)
            if front < left - self._length or not self._length:
                return left, front
        rest = left - front
        place = self._offset + self._length - rest
        try:
            sent = os.sendfile(sock.fileno(), self._file.fd, place, rest)
        except BlockingIOError:
            return left, front  # the line alone found room, if anything did
        if not sent:
            raise OSError(errno.EIO, _SHORTER)
        return left, front + sent

    def read(self, head: int, most: int) -> bytes:
        """What follows the first ``head`` bytes, ``most`` of it at most, for who must change it."""
        front = self._header[head : head + most]
        start = max(0, head - len(self._header))
        count = min(most - len(front), self._length - start)
        data = os.pread(self._file.fd, count, self._offset + start)
        if len(data) < count:
            raise OSError(errno.EIO, _SHORTER)
        return front + data

    def release(self) -> None:
        """It has left, or never will."""
        self._file.release()


Piece = bytes | FilePiece


def release(pieces: list[Piece]) -> None:
    """These pieces will not leave: let go of their files."""
    for piece in pieces:
        if isinstance(piece, FilePiece):
            piece.release()
