"""How fast somebody may talk: a token bucket, as the manuals of traffic shaping call it."""

from typing import Final

_NEVER: Final = 0.0


class Bucket:
    """Holds up to ``burst`` tokens, gains ``rate`` of them a second; a rate of 0 never delays."""

    __slots__ = ("_at", "_tokens")

    def __init__(self) -> None:
        self._tokens: float | None = None  # None: full, whatever the burst is
        self._at = 0.0

    def charge(self, now: float, rate: float, burst: float) -> None:
        """Take one token; the bucket may go into debt, which :meth:`delay` tells."""
        self._fill(now, rate, burst)
        self._tokens = (burst if self._tokens is None else self._tokens) - 1

    def take(self, now: float, rate: float, burst: float) -> float:
        """Take one token; the seconds until there is one for the next."""
        self.charge(now, rate, burst)
        return self.delay(now, rate, burst)

    def delay(self, now: float, rate: float, burst: float) -> float:
        """Seconds until a token is there."""
        if rate <= 0:
            return _NEVER
        self._fill(now, rate, burst)
        if self._tokens is None or self._tokens >= 1:
            return _NEVER
        return (1 - self._tokens) / rate

    def _fill(self, now: float, rate: float, burst: float) -> None:
        if self._tokens is not None:
            self._tokens += (now - self._at) * rate
            if self._tokens >= burst:
                self._tokens = None
        self._at = now
