"""A listening socket, and what to do when connections or descriptors run out."""

import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Final

from reactor.loop import READ, Loop, SpareDescriptor

RETRY_SECONDS: Final = 1.0
"""Pause of a listener for whose next connection there is no descriptor at all."""
BACKLOG: Final = 1024
_OUT_OF_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Accepts up to ``per_turn`` connections in a turn and hands each to ``accepted``.

    When descriptors run out, the spare one is lent to take the next connection, say ``farewell``
    and close it; a listener that only ignored it would be ready for ever.
    """

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        accepted: Callable[[socket.socket], None],
        spare: SpareDescriptor,
        farewell: bytes,
        per_turn: int,
    ) -> None:
        sock.settimeout(0)
        self._loop = loop
        self._sock = sock
        self._accepted = accepted
        self._spare = spare
        self._farewell = farewell
        self._per_turn = per_turn
        self._channel = loop.watch(sock.fileno(), self)

    def on_ready(self, mask: int) -> None:
        """Take who is waiting (the loop calls this)."""
        del mask
        for _ in range(self._per_turn):
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    if self._turn_away():
                        continue
                    self._pause()
                    return
                if error.errno == errno.ECONNABORTED:
                    continue
                raise
            self._accepted(sock)

    def close(self) -> None:
        """Listen no more."""
        self._loop.unwatch(self._channel, self._sock.close)

    def _turn_away(self) -> bool:
        """Take one connection with the spare descriptor, only to refuse it."""
        if not self._spare.lend():
            return False
        try:
            with contextlib.suppress(OSError), self._sock.accept()[0] as sock:
                sock.settimeout(0)
                sock.send(self._farewell)
                return True
            return False
        finally:
            self._spare.take_back()

    def _pause(self) -> None:
        self._loop.want(self._channel, 0)
        self._loop.later(RETRY_SECONDS, self._resume)

    def _resume(self) -> None:
        if self._channel.handler is not None:
            self._spare.take_back()
            self._loop.want(self._channel, READ)
