"""When the index for searches is filled: while nobody is to be served, a slice at a time.

Under load it lags, and a search reads what it lacks. Once it has everything, nothing runs.
"""

from typing import Final

from reactor.log import Log
from reactor.loop import Loop, Timer

WAIT_SECONDS: Final = 0.5
"""So long after something was stored: what is said in quick succession goes in together."""
BUSY_SECONDS: Final = 0.05
"""So long until the next try when a turn had somebody to serve."""


class Indexer:
    """Fills the index of ``log``; :meth:`notice` is to be called each turn, after the commit."""

    def __init__(self, loop: Loop, log: Log) -> None:
        self._loop = loop
        self._log = log
        self._timer: Timer | None = None

    def notice(self) -> None:
        """Begin when there is something to take in."""
        if self._timer is None and self._log.index.lacks(self._log.tip):
            self._arm(WAIT_SECONDS)

    def _step(self) -> None:
        self._timer = None
        if not self._loop.quiet:
            self._arm(BUSY_SECONDS)
            return
        pause = self._log.index.fill(self._log.tip)
        if pause is not None:
            self._arm(pause)

    def _arm(self, seconds: float) -> None:
        self._timer = self._loop.later(seconds, self._step)
