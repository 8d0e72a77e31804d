"""Whether a payload comes fast enough: below ``upload-rate`` for ``upload-rate-time`` it ends.

Any byte counts as a sign of life, so somebody who sends one every minute would hold an upload, its
place in the spool and its descriptor for ever (postfix closes such a sender too). What counts is
the time in which a piece that was announced is on its way; between two pieces nobody is hurried.
"""

from typing import Final

from wire.limits import Settings

_STOPPED: Final = 2
"""After so many times the span it was we who stood still (SIGSTOP), not the sender."""


class UploadPace:
    """The payload of one piece, from ``now`` on, in seconds of the loop."""

    __slots__ = ("_bytes", "_since")

    def __init__(self, now: float) -> None:
        self._bytes = 0
        self._since = now

    def feed(self, count: int) -> None:
        """So many bytes came."""
        self._bytes += count

    def restart(self, now: float) -> None:
        """Begin a new span: the last one is over, or it was we who did not listen."""
        self._bytes = 0
        self._since = now

    def due(self, settings: Settings) -> float:
        """When the span is over."""
        return self._since + settings["upload-rate-time"]

    def too_slow(self, now: float, settings: Settings) -> bool:
        """Whether a span is over in which too little came; when it is over, the next one begins."""
        span = settings["upload-rate-time"]
        if now < self._since + span:
            return False
        enough = self._bytes >= settings["upload-rate"] * span
        stopped = now > self._since + _STOPPED * span
        self.restart(now)
        return not enough and not stopped
