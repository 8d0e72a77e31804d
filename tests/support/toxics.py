"""What a network does to the bytes of one direction (toxiproxy's toxics), on the proxy's loop."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reactor.loop import Loop, Timer

FULL_BYTES: Final = 256 * 1024
"""So much may be under way in one direction; then the sender is not read any longer."""


@dataclass(frozen=True)
class Toxic:
    """The faults of one direction; any of them together. Times in seconds, sizes in bytes."""

    latency: float = 0.0
    """Each byte comes so much later,"""
    jitter: float = 0.0
    """give or take so much; bytes never overtake one another."""
    rate: float = 0.0
    """So many bytes a second; 0: as many as come."""
    slices: int = 0
    """Handed on in pieces of 1 to so many bytes, each in a turn of its own; 0: as they come."""
    limit: int | None = None
    """After so many bytes of a connection it is reset."""
    slow_close: float = 0.0
    """The end of the stream is handed on so much later."""
    hole: bool = False
    """Nothing is handed on; what came is kept until the fault is over, as TCP would keep it."""


NOTHING: Final = Toxic()


class Way:
    """The bytes that are under way in one direction of one connection, in their order.

    ``hand_on`` is given bytes, and ``b""`` at the end of the stream; ``cut`` is called when the
    limit is reached, behind the last bytes.
    """

    def __init__(
        self, loop: Loop, hand_on: Callable[[bytes], object], cut: Callable[[], object], seed: int
    ) -> None:
        self.queued = 0
        self._loop = loop
        self._hand_on = hand_on
        self._cut = cut
        self._toxic = NOTHING
        self._chance = random.Random(seed)
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0  # when the line has carried what was put on it (rate)
        self._last_due = 0.0
        self._passed = 0
        self._timer: Timer | None = None

    @property
    def full(self) -> bool:
        """Whether no more should be read."""
        return self.queued > FULL_BYTES

    def become(self, toxic: Toxic) -> None:
        """From now on another fault; what is under way goes on in its new time."""
        self._toxic = toxic
        waiting, self._waiting = self._waiting, deque()
        self.queued = 0
        self._last_due = self._free_at = 0.0
        for _, data in waiting:
            self._put(data)
        self._arm()

    def take(self, data: bytes) -> None:
        """Bytes came; ``b""``: the end of the stream."""
        left = memoryview(data)
        while left and self._toxic.slices:
            count = self._chance.randint(1, self._toxic.slices)
            self._put(bytes(left[:count]))
            left = left[count:]
        if left or not data:
            self._put(bytes(left))
        self._arm()

    def _put(self, data: bytes) -> None:
        toxic, now = self._toxic, self._loop.now
        late = toxic.latency + toxic.jitter * self._chance.uniform(-1, 1)
        if toxic.rate:
            self._free_at = max(self._free_at, now) + len(data) / toxic.rate
            late += self._free_at - now
        if not data:
            late += toxic.slow_close
        self._last_due = max(self._last_due, now + late)
        self._waiting.append((self._last_due, data))
        self.queued += len(data)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and not self._toxic.hole:
            self._timer = self._loop.later(self._waiting[0][0] - self._loop.now, self._due)

    def _due(self) -> None:
        """Hand on what is due; of slices one a turn, or the other side would see one piece."""
        self._timer = None
        now = self._loop.clock.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            data = self._waiting.popleft()[1]
            self.queued -= len(data)
            limit = self._toxic.limit
            if limit is not None and self._passed + len(data) >= limit:
                self._hand_on(data[: limit - self._passed])
                self._waiting.clear()
                self._loop.later(0, self._cut)  # behind the bytes before it
                return
            self._passed += len(data)
            self._hand_on(data)
            if self._toxic.slices:
                break
        self._arm()
