"""Commands that the client runs for ``/exec``, and how the end of any child is learnt on the loop.

Nothing here waits but ``stop``: the exit of a child is a descriptor of the loop (a pidfd; where the
system has none, a timer looks), and what a command prints comes through one pipe.
"""

import codecs
import contextlib
import errno
import functools
import os
import select
import signal
import subprocess
from collections.abc import Callable
from typing import Final, NamedTuple

from reactor.loop import READ, Channel, Loop, Timer

KEPT_BYTES: Final = 64 * 1024
"""So much of what a command prints is kept."""
RUN_SECONDS: Final = 30.0
"""So long a command may run."""
GRACE_SECONDS: Final = 2.0
"""Between SIGTERM and SIGKILL."""
DRAIN_SECONDS: Final = 0.2
"""So long the pipe is read on when the command has ended and others still hold its end."""
STOP_SECONDS: Final = 0.3
"""Between SIGTERM and SIGKILL where the client itself is leaving, and after SIGKILL."""
POLL_SECONDS: Final = 0.05
"""How often a timer looks whether a child has ended, where no descriptor tells it."""
_READ_BYTES: Final = 64 * 1024
_MILLISECONDS: Final = 1000


class Outcome(NamedTuple):
    """What became of a command.

    ``text`` may hold any character, escape sequences too. ``code`` is the exit code, negative for
    the signal that ended it. ``cut`` bytes were dropped because there were too many.
    """

    text: str
    code: int
    cut: int
    timed_out: bool


class Exit:
    """Calls ``call`` once, when the child ``pid`` has ended; it is not reaped then."""

    def __init__(self, loop: Loop, pid: int, call: Callable[[], object]) -> None:
        self._loop = loop
        self._pid = pid
        self._call = call
        self._channel: Channel | None = None
        self._timer: Timer | None = None
        try:
            self._fd: int | None = os.pidfd_open(pid)
        except (AttributeError, OSError):  # another system, an old kernel, no descriptor left
            self._fd = None
            self._look()
        else:
            self._channel = loop.watch(self._fd, self, READ)

    def on_ready(self, mask: int) -> None:
        """The pidfd is readable: the child has ended."""
        del mask
        self.close()
        self._call()

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._channel is not None and self._fd is not None:
            self._loop.unwatch(self._channel, functools.partial(os.close, self._fd))
        self._channel = self._timer = None

    def wait(self, seconds: float) -> None:
        """Wait for the end of the child, at most so long; without a pidfd not at all."""
        if self._channel is not None and self._fd is not None:
            waiter = select.poll()
            waiter.register(self._fd, select.POLLIN)
            waiter.poll(seconds * _MILLISECONDS)

    def _look(self) -> None:
        with contextlib.suppress(ChildProcessError):  # reaped by whoever started us
            if os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                self._timer = self._loop.later(POLL_SECONDS, self._look)
                return
        self._timer = self._loop.later(0, functools.partial(self.on_ready, READ))


class Running:
    """A command under way. ``done`` is called once, from the loop; never after :meth:`stop`."""

    def __init__(
        self, loop: Loop, command: str, done: Callable[[Outcome], object], seconds: float
    ) -> None:
        self._loop = loop
        self._done = done
        self._kept = bytearray()
        self._cut = 0
        self._ended = self._timed_out = False
        self._child, self._pipe = _start(command)
        self._channel: Channel | None = loop.watch(self._pipe, self, READ)
        self._exit = Exit(loop, self._child.pid, self._exited)
        self._timer = loop.later(seconds, self._time_is_up)

    def on_ready(self, mask: int) -> None:
        """The command printed something, or the last one who could has ended."""
        del mask
        try:
            data = os.read(self._pipe, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._close_pipe()
            if self._ended:
                self._finish()
            return
        room = KEPT_BYTES - len(self._kept)
        self._kept += data[:room]
        self._cut += len(data) - len(data[:room])

    def stop(self) -> None:
        """End the command and all of its group, without an outcome.

        For a client that leaves: it waits, at most twice :data:`STOP_SECONDS`.
        """
        if self._child.returncode is None:
            self._signal(signal.SIGTERM)
            self._exit.wait(STOP_SECONDS)
            self._reap(kill=True)

    def _exited(self) -> None:
        self._ended = True
        if self._channel is None:
            self._finish()
        elif not self._timed_out:
            # What it has left in the background may hold the pipe for ever.
            self._timer.cancel()
            self._timer = self._loop.later(DRAIN_SECONDS, self._finish)
        # Else the rest of the group has until the SIGKILL that is on its way.

    def _time_is_up(self) -> None:
        self._timed_out = True
        self._signal(signal.SIGTERM)
        self._timer = self._loop.later(GRACE_SECONDS, self._grace_is_over)

    def _grace_is_over(self) -> None:
        self._signal(signal.SIGKILL)
        if self._ended:
            self._finish()
        else:
            self._close_pipe()  # who escaped from the group shall not hold it

    def _finish(self) -> None:
        self._reap(kill=self._timed_out)
        # A character that the limit cut in two is left out.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(bytes(self._kept), final=not self._cut)
        self._done(Outcome(text, self._child.returncode, self._cut, self._timed_out))

    def _reap(self, *, kill: bool) -> None:
        """Give everything back. The child must be one whose end is near."""
        self._timer.cancel()
        self._exit.close()
        self._close_pipe()
        if kill:
            # Before it is reaped: until then its number, and that of its group, is its own.
            self._signal(signal.SIGKILL)
        # Bounded: a disk that does not answer can hold even a killed one.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    def _close_pipe(self) -> None:
        if self._channel is not None:
            self._loop.unwatch(self._channel, functools.partial(os.close, self._pipe))
            self._channel = None


def run(
    loop: Loop, command: str, done: Callable[[Outcome], object], seconds: float = RUN_SECONDS
) -> Running:
    """Run ``/bin/sh -c command`` for at most ``seconds``, without input and without the terminal.

    It has a session and a process group of its own. What it leaves in the background lives on, as
    it would in a shell, but is not listened to. Raises OSError where it cannot be started.
    """
    return Running(loop, command, done, seconds)


def _start(command: str) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the end of the pipe that is read."""
    pipe, end = os.pipe()
    try:
        os.set_blocking(pipe, False)
        child = subprocess.Popen(  # noqa: S603 - the user typed it
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=subprocess.STDOUT,
            # Without a terminal of its own it cannot draw on ours, nor ask for a password on it.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(pipe)
        if isinstance(error, OSError):
            raise
        raise OSError(errno.EINVAL, str(error)) from error  # a NUL or half a surrogate pair
    finally:
        os.close(end)
    return child, pipe
