"""What all peers together have not taken of what was sent to them, and who goes for it.

Each peer has a limit of its own (``send-hard``), but hundreds that stay just below it are as heavy
as one that does not. Over ``send-total`` whoever holds most is closed first, until the rest fits
(redis: ``maxmemory-clients``). Only peers whose socket took less than all are counted: what leaves
at the end of the turn is no backlog. A piece that many peers share is counted for each of them, so
the memory in use is never more than what is counted.
"""

from typing import Protocol

from wire.limits import Settings


class Behind(Protocol):
    """A peer that has not taken everything."""

    def close_slow(self) -> object:
        """Close it, with the reason that a slow reader hears; its buffer is let go of at once."""


class Backlog:
    """The bytes that wait, by peer; ``total`` is their sum."""

    def __init__(self, settings: Settings) -> None:
        self.total = 0
        self._settings = settings
        self._waiting: dict[Behind, int] = {}

    def note(self, peer: Behind, waiting: int) -> None:
        """``peer`` has not taken so many bytes; 0: it has taken all, or is gone."""
        self.total += waiting - self._waiting.pop(peer, 0)
        if waiting:
            self._waiting[peer] = waiting
            self._fit()

    def _fit(self) -> None:
        """Close who holds most, one after another, until all together hold no more than they may.

        A peer is let go of before it is closed: whatever it notes on its way out, this ends.
        """
        while self._waiting and self.total > self._settings["send-total"]:
            largest = max(self._waiting, key=self._waiting.__getitem__)
            self.total -= self._waiting.pop(largest)
            largest.close_slow()
