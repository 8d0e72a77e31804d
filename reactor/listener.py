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
    and close it; a listener that only ignored it would be ready for ever. ``turned_away`` counts
    those.
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
        self.turned_away = 0
        self._loop = loop
        self._sock = sock
        self._accepted = accepted
        self._spare = spare
        self._farewell = farewell
        self.per_turn = per_turn
        self._channel = loop.watch(sock.fileno(), self)

    def on_ready(self, mask: int) -> None:
        """Take who is waiting (the loop calls this)."""
        del mask
        for _ in range(self.per_turn):
            try:
                sock = self._next()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    self._pause()
                    return
                if error.errno == errno.ECONNABORTED:
                    continue
                raise
            if sock is not None:
                self._accepted(sock)

    def close(self) -> None:
        """Listen no more."""
        self._loop.unwatch(self._channel, self._sock.close)

    def _next(self) -> socket.socket | None:
        """Who waits longest; None when it was turned away. Raises OSError, as accept(2) does.

        Without a free descriptor Linux says EMFILE even when nobody waits; with the spare one lent
        it says EAGAIN, and there is no need for a pause.
        """
        try:
            return self._sock.accept()[0]
        except OSError as error:
            if error.errno not in _OUT_OF_DESCRIPTORS or not self._spare.lend():
                raise
        try:
            with self._sock.accept()[0] as sock, contextlib.suppress(OSError):
                self.turned_away += 1
                sock.settimeout(0)
                sock.send(self._farewell)
        finally:
            self._spare.take_back()
        return None

    def _pause(self) -> None:
        self._loop.want(self._channel, 0)
        self._loop.later(RETRY_SECONDS, self._resume)

    def _resume(self) -> None:
        if self._channel.handler is not None:
            self._spare.take_back()
            self._loop.want(self._channel, READ)
