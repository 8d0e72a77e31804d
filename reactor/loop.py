"""The select loop, written by hand: one thread, one turn after another. It knows nothing of chat.

The order of a turn is the promise that the rest rests on (redis keeps the same one):

1. wanted interest is brought to the selector, then **select**: until the next timer, or not at all
   when somebody still has input that was read but not served;
2. **ready**: each ready handler reads and parses a bounded amount; what it wants to send is staged;
3. **again**: those whose budget ended while input remained, once each;
4. **settle**: the hooks, in order; a server commits here, and only then hands lines to streams,
   each of which tries its socket once, and keeps in its buffer what that does not take;
5. **flush**: the streams that were written to before try theirs;
6. **timers** that are due;
7. **closes**: what was closed during the turn gives its descriptor back. Not before: a number that
   is reused within a turn would receive the events of its former owner.

Whatever a timer stages is settled in the next turn, which then does not wait.
"""

import contextlib
import errno
import heapq
import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE
_SWEEP_ABOVE: Final = 100
"""Cancelled timers are swept when they are so many and more than half of all."""
_WAKEUP_BYTES: Final = 4096
SPACE_BYTES: Final = 64 * 1024
"""Of the space that all streams read into, one after another."""
TURN_BYTES: Final = 1024 * 1024
"""So many bytes of files are moved in one turn, over all who send or fetch one."""


class Clock(Protocol):
    """Where the time comes from; tests bring their own."""

    def monotonic(self) -> float:
        """Seconds that never jump, for timers."""

    def wall(self) -> float:
        """Seconds since 1970, for people."""


class SystemClock:
    """The clocks of the machine."""

    def monotonic(self) -> float:
        """See :class:`Clock`."""
        return time.monotonic()

    def wall(self) -> float:
        """See :class:`Clock`."""
        return time.time()


class Handler(Protocol):
    """Who is called when a descriptor is ready."""

    def on_ready(self, mask: int) -> None:
        """Serve the descriptor: READ, WRITE or both are possible without waiting."""


class Flusher(Protocol):
    """Who is called at the end of the turn, when the hooks have run."""

    def flush(self) -> None:
        """Send what there is to send."""


class Timer:
    """A call in the future; :meth:`cancel` forgets it."""

    __slots__ = ("_loop", "call", "when")

    def __init__(self, loop: "Loop", when: float, call: Callable[[], object]) -> None:
        self._loop: Loop | None = loop
        self.when = when
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        """Never call; harmless when it was called or cancelled already."""
        was_due, self.call = self.call is not None, None
        if was_due and self._loop is not None:
            self._loop.timer_cancelled()
        self._loop = None


class Channel:
    """One descriptor in the loop: the interest that is wanted apart from the one registered.

    A handler may change its mind many times in a turn; the selector hears of the last word alone.
    """

    __slots__ = ("fd", "handler", "listed", "registered", "wanted")

    def __init__(self, fd: int, handler: Handler) -> None:
        self.fd = fd
        self.handler: Handler | None = handler
        self.wanted = 0
        self.registered = 0
        self.listed = False

    def __repr__(self) -> str:
        return f"<Channel fd={self.fd} wanted={self.wanted} registered={self.registered}>"


class Loop:
    """The loop. ``now`` is the time of this turn.

    ``crowded``: several are to be served in it; ``quiet``: nobody is; ``share``: the part of
    TURN_BYTES that falls to each of them.
    ``on_error(handler, exception)`` hears of a handler that failed; the others go on.

    ``space`` is what streams read into: memory for the most that may come, taken anew for each read
    and then cut to what came, would riddle the heap with holes.

    For whoever measures: ``turns`` so far, ``received`` and ``sent`` bytes of all streams, and
    ``longest_turn`` in seconds, without the wait of select; its one reader may set it back to 0.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector | None = None,
        clock: Clock | None = None,
        on_error: Callable[[object, Exception], None] | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.now = self.clock.monotonic()
        self.hooks: list[Callable[[], object]] = []
        self.running = False
        self.crowded = False
        self.quiet = True
        self.share = TURN_BYTES
        self.turns = 0
        self.longest_turn = 0.0
        self.received = 0
        self.sent = 0
        self.space = memoryview(bytearray(SPACE_BYTES))
        self._selector = selector or selectors.DefaultSelector()
        self._on_error = on_error
        self._changed: list[Channel] = []
        self._again: deque[Callable[[], object]] = deque()
        self._flushes: list[Flusher] = []
        self._closes: list[Callable[[], object]] = []
        self._timers: list[tuple[float, int, Timer]] = []
        self._sequence = 0
        self._cancelled = 0
        self._restless = False

    def watch(self, fd: int, handler: Handler, interest: int = READ) -> Channel:
        """Call ``handler`` when ``fd`` is ready for ``interest`` (READ, WRITE, both, or 0)."""
        channel = Channel(fd, handler)
        self.want(channel, interest)
        return channel

    def want(self, channel: Channel, interest: int) -> None:
        """From the next select on, be told of ``interest``."""
        channel.wanted = interest
        if not channel.listed and interest != channel.registered:
            channel.listed = True
            self._changed.append(channel)

    def unwatch(self, channel: Channel, close: Callable[[], object] | None = None) -> None:
        """Forget ``channel`` at once, and ``close`` its descriptor at the end of the turn."""
        channel.handler = None
        if channel.registered:
            self._selector.unregister(channel.fd)
            channel.registered = 0
        if close is not None:
            self._closes.append(close)

    def later(self, delay: float, call: Callable[[], object]) -> Timer:
        """Call once, ``delay`` seconds after the start of this turn."""
        timer = Timer(self, self.now + delay, call)
        self._sequence += 1
        heapq.heappush(self._timers, (timer.when, self._sequence, timer))
        return timer

    def again(self, call: Callable[[], object]) -> None:
        """Call in the next turn, which does not wait: for input that was read but not served."""
        self._again.append(call)

    def restless(self) -> None:
        """Do not wait in the next select, if this is said after this turn's hooks.

        What is staged before them is settled by them, and needs no further turn.
        """
        self._restless = True

    def flush_later(self, flusher: Flusher) -> None:
        """Call ``flusher.flush()`` after this turn's hooks."""
        self._flushes.append(flusher)

    def timer_cancelled(self) -> None:
        """Count a dead timer, and sweep them when most are dead (:class:`Timer` calls this)."""
        self._cancelled += 1
        if self._cancelled > _SWEEP_ABOVE and self._cancelled * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if entry[2].call is not None]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def guard(self, call: Callable[..., object], *args: object) -> None:
        """Call, and tell ``on_error`` of an exception: one peer's failure is no other's."""
        try:
            call(*args)
        except Exception as error:
            self.failed(getattr(call, "__self__", call), error)

    def failed(self, handler: object, error: Exception) -> None:
        """Tell ``on_error`` that ``handler`` failed; where there is none, raise ``error`` again."""
        if self._on_error is None:
            raise error
        self._on_error(handler, error)

    def run(self) -> None:
        """Turn after turn until :meth:`stop`."""
        self.running = True
        while self.running:
            self.run_once()

    def stop(self) -> None:
        """End :meth:`run` after this turn."""
        self.running = False

    def run_once(self) -> None:
        """One turn, in the order of the head of this file."""
        self._reconcile()
        ready = self._selector.select(self._timeout())
        self.now = self.clock.monotonic()
        again = len(self._again)
        self.crowded = len(ready) + again > 1
        self.quiet = not ready and not again
        self.share = TURN_BYTES // max(1, len(ready) + again)
        for key, mask in ready:
            channel: Channel = key.data
            # Somebody served before in this turn may have closed this one.
            if channel.handler is not None:
                self.guard(channel.handler.on_ready, mask & channel.wanted)
        for _ in range(again):
            self.guard(self._again.popleft())
        self._restless = False
        for hook in self.hooks:
            hook()
        self._flush()
        self._run_timers()
        self._run_closes()
        self.turns += 1
        self.longest_turn = max(self.longest_turn, self.clock.monotonic() - self.now)

    def close(self) -> None:
        """Give back what the loop itself holds."""
        self._flush()
        self._run_closes()
        self._selector.close()

    def _reconcile(self) -> None:
        changed, self._changed = self._changed, []
        for channel in changed:
            channel.listed = False
            if channel.handler is None or channel.wanted == channel.registered:
                continue
            # selectors refuses an empty interest, so a paused channel is not registered at all.
            if not channel.registered:
                self._selector.register(channel.fd, channel.wanted, channel)
            elif not channel.wanted:
                self._selector.unregister(channel.fd)
            else:
                self._selector.modify(channel.fd, channel.wanted, channel)
            channel.registered = channel.wanted

    def _timeout(self) -> float | None:
        if self._again or self._flushes or self._closes or self._restless:
            return 0
        while self._timers and self._timers[0][2].call is None:
            heapq.heappop(self._timers)
            self._cancelled -= 1
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - self.clock.monotonic())

    def _flush(self) -> None:
        flushes, self._flushes = self._flushes, []
        self.share = min(self.share, TURN_BYTES // max(1, len(flushes)))
        for flusher in flushes:
            try:  # as guard, without its call for each of a thousand
                flusher.flush()
            except Exception as error:
                self.failed(flusher, error)

    def _run_timers(self) -> None:
        newest = self._sequence  # one that is set from here on waits for its turn, due or not
        while self._timers and self._timers[0][0] <= self.now and self._timers[0][1] <= newest:
            timer = heapq.heappop(self._timers)[2]
            call, timer.call = timer.call, None
            if call is None:
                self._cancelled -= 1
            else:
                self.guard(call)

    def _run_closes(self) -> None:
        closes, self._closes = self._closes, []
        for close in closes:
            self.guard(close)


class Signals:
    """Signals as one more descriptor (PEP 475 would restart a wait that a handler interrupts)."""

    def __init__(self, loop: Loop, calls: dict[signal.Signals, Callable[[], object]]) -> None:
        self._calls = calls
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.settimeout(0)
        self._former_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        # Python writes the number only for signals that have a handler; it has nothing to do.
        self._former = {number: signal.signal(number, _noted) for number in calls}
        self._channel = loop.watch(self._reader.fileno(), self)
        self._loop = loop

    def on_ready(self, mask: int) -> None:
        """Make the calls of the signals that came."""
        del mask
        for number in dict.fromkeys(self._numbers()):
            call = self._calls.get(signal.Signals(number))
            if call is not None:
                call()

    def close(self) -> None:
        """Put back what was there before."""
        signal.set_wakeup_fd(self._former_fd)
        for number, former in self._former.items():
            signal.signal(number, former)
        self._loop.unwatch(self._channel)
        self._reader.close()
        self._writer.close()

    def _numbers(self) -> Iterator[int]:
        with contextlib.suppress(BlockingIOError):
            yield from self._reader.recv(_WAKEUP_BYTES)


def _noted(number: int, frame: object) -> None:
    """Do nothing: the number travels through the wake-up descriptor."""
    del number, frame


class SpareDescriptor:
    """A descriptor kept back for the moment when there is no other one left.

    Without it a listener whose accept fails with EMFILE is ready for ever, and the loop spins.
    """

    def __init__(self) -> None:
        self._fd: int | None = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def lend(self) -> bool:
        """Free the spare one; False when it is out already."""
        if self._fd is None:
            return False
        os.close(self._fd)
        self._fd = None
        return True

    def take_back(self) -> None:
        """Keep one back again, if there is one."""
        if self._fd is None:
            try:
                self._fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                if error.errno not in {errno.EMFILE, errno.ENFILE}:
                    raise

    def close(self) -> None:
        """Give it back for good."""
        self.lend()
