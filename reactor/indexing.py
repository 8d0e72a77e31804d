"""When the index for searches is filled: while nobody is to be served, a slice at a time.

Under load it lags, and a search reads what it lacks. A server that is never quiet would never fill
it, so when it has lagged for LATE_SECONDS, or by LATE_EVENTS, a slice is taken every so often
whoever waits, until the index has caught up. Once it has everything, nothing runs.
"""

from typing import Final

from reactor.log import Log
from reactor.loop import Loop, Timer

WAIT_SECONDS: Final = 0.5
"""So long after something was stored: what is said in quick succession goes in together."""
BUSY_SECONDS: Final = 0.05
"""So long until the next try when a turn had somebody to serve."""
LATE_SECONDS: Final = 5.0
"""Whoever asks for what was said a moment ago finds it in the log; after this it is late."""
LATE_EVENTS: Final = 2000
"""A search reads so many events in the log without being noticed; more are late."""
PUSH_SECONDS: Final = 0.02
"""So long between two slices that somebody waits for: of about 1 ms each, they take a twentieth of
the time, and take in 2,000 events a second, which is more than a busy server stores."""


class Indexer:
    """Fills the index of ``log``; :meth:`notice` is to be called each turn, after the commit."""

    def __init__(self, loop: Loop, log: Log) -> None:
        self._loop = loop
        self._log = log
        self._timer: Timer | None = None
        self._since: float | None = None
        self._late = False

    def notice(self) -> None:
        """Begin when there is something to take in."""
        if self._timer is None and self._log.index.lacks(self._log.tip):
            self._since = self._loop.now
            self._arm(WAIT_SECONDS)

    def _step(self) -> None:
        self._timer = None
        if not self._loop.quiet and not self._is_late():
            self._arm(BUSY_SECONDS)
            return
        pause = self._log.index.fill(self._log.tip)
        if not self._log.index.lacks(self._log.tip):
            self._since, self._late = None, False
        if pause is not None:
            self._arm(pause if self._loop.quiet else max(pause, PUSH_SECONDS))

    def _is_late(self) -> bool:
        """Whether the talk has to wait for a slice; so it stays until nothing is lacking."""
        index, tip = self._log.index, self._log.tip
        if not self._late and index.lacks(tip):
            if self._since is None:
                self._since = self._loop.now
            self._late = (
                tip - index.done >= LATE_EVENTS or self._loop.now - self._since >= LATE_SECONDS
            )
        return self._late

    def _arm(self, seconds: float) -> None:
        self._timer = self._loop.later(seconds, self._step)
