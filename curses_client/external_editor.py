r"""A draft written in the user's own editor (``$VISUAL``, ``$EDITOR``), while the loop goes on.

The editor has the terminal, the client has the connection. What the caller owes while it runs:

- give the terminal back first (``Screen.suspend``) and stop reading standard input;
- draw nothing, ring no bell, and leave SIGWINCH and SIGCONT without an answer: Ctrl+Z in the editor
  stops the client with it, as one job of the shell, and ``fg`` continues both;
- when ``done`` is called, take the terminal again and draw everything anew;
- on leaving, call ``stop`` before the handlers of signals are put back.

SIGINT and SIGQUIT, which Ctrl+C and Ctrl+\ in the editor send to the client as well, are ignored
here meanwhile; SIGTSTP has its default, which is to stop.
"""

import contextlib
import functools
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from curses_client import plain_files
from curses_client.programs import STOP_SECONDS, Exit
from reactor.loop import Loop, Timer
from wire.errors import Words

EDITORS: Final = ("editor", "vi", "nano")
"""Tried in turn where the environment names none."""
LARGEST_DRAFT: Final = 1024 * 1024
"""Bytes of a draft that are read back."""
_VARIABLES: Final = ("VISUAL", "EDITOR")
_PRIVATE: Final = 0o600
_MEANWHILE: Final = {
    signal.SIGINT: signal.SIG_IGN,
    signal.SIGQUIT: signal.SIG_IGN,
    signal.SIGTSTP: signal.SIG_DFL,
}


class Edited(NamedTuple):
    """What came back: the text, or None and the reason why the draft stays as it was."""

    text: str | None
    reason: Words | None = None


class _UnusableError(Exception):
    """There is nothing to come back; ``words`` say why."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class Editing:
    """A draft in the editor. ``done`` is called once, from the loop; never after :meth:`stop`."""

    def __init__(self, loop: Loop, text: str, done: Callable[[Edited], object]) -> None:
        self._done = done
        self._folder: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._exit: Exit | None = None
        self._failed: Timer | None = None
        self._former: dict[signal.Signals, Any] = {}
        try:
            self._start(loop, text)
        except (OSError, _UnusableError) as error:
            self._tidy()
            outcome = Edited(None, _reason(error))
            self._failed = loop.later(0, functools.partial(done, outcome))

    def stop(self) -> None:
        """End the editor, the draft as it was; for a client that leaves.

        It waits, at most twice ``STOP_SECONDS``. What the editor itself has started may live on.
        """
        if self._failed is not None:
            self._failed.cancel()
        if self._child is not None and self._exit is not None:
            self._child.terminate()
            self._exit.wait(STOP_SECONDS)
            self._child.kill()
            self._exit.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(STOP_SECONDS)
            self._tidy()

    def _start(self, loop: Loop, text: str) -> None:
        editor = _editor(os.environ)
        self._folder = Path(tempfile.mkdtemp(prefix="obrol-"))
        draft = self._folder / "draft.txt"
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
        with os.fdopen(file, "wb") as out:
            # Editors want the last line to end, and end it; in what comes back it does not count.
            out.write((text + "\n" if text else "").encode("utf-8", "replace"))
        child = self._child = self._run([*editor, str(draft)])
        self._exit = Exit(loop, child.pid, functools.partial(self._exited, child, draft))

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start the editor; from its first moment on its signals are not ours.

        What is ignored would be inherited, so they are held back until the editor has its own.
        """
        unheld = signal.pthread_sigmask(signal.SIG_BLOCK, _MEANWHILE)
        free = functools.partial(signal.pthread_sigmask, signal.SIG_SETMASK, unheld)
        try:
            child = subprocess.Popen(command, preexec_fn=free)  # noqa: S603, PLW1509 - the user named it; one thread
            self._former = {number: signal.signal(number, do) for number, do in _MEANWHILE.items()}
        finally:
            free()
        return child

    def _exited(self, child: subprocess.Popen[bytes], draft: Path) -> None:
        try:
            outcome = Edited(_written(draft, child.wait()))
        except (OSError, _UnusableError) as error:
            outcome = Edited(None, _reason(error))
        self._tidy()
        self._done(outcome)

    def _tidy(self) -> None:
        """Remove the draft, and what the editor put beside it; put the signals back."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        for number, former in self._former.items():
            # None: it was not set from Python.
            signal.signal(number, signal.SIG_DFL if former is None else former)
        self._child = self._exit = self._folder = None
        self._former = {}


def edit(loop: Loop, text: str, done: Callable[[Edited], object]) -> Editing:
    """Let the user write ``text`` anew in an editor; see the head of this file.

    An editor that cannot be started, or ends with another code than 0, is told as a reason.
    """
    return Editing(loop, text, done)


def _editor(environment: Mapping[str, str]) -> list[str]:
    """The editor and its arguments; raises _UnusableError."""
    for variable in _VARIABLES:
        named = environment.get(variable, "").strip()
        if not named:
            continue
        try:
            program, *arguments = shlex.split(named)
        except ValueError as error:  # a quote that does not end
            raise _UnusableError(Words(f"${variable}: {error}", f"${variable}: {error}")) from error
        program = os.path.expanduser(program)  # noqa: PTH111 - Path's raises
        if shutil.which(program) is None:
            raise _UnusableError(
                Words(f"there is no {program} (${variable})", f"{program} (${variable}) tidak ada")
            )
        return [program, *arguments]
    found = next(filter(shutil.which, EDITORS), None)
    if found is None:
        raise _UnusableError(
            Words("there is no editor; name one in $EDITOR", "tidak ada editor; tulis di $EDITOR")
        )
    return [found]


def _written(draft: Path, code: int) -> str:
    """What the editor has left; raises OSError and _UnusableError."""
    if code:
        raise _UnusableError(
            Words(
                f"the editor ended with {code}; the draft is as it was",
                f"editor berakhir dengan {code}; konsep tidak berubah",
            )
        )
    data = plain_files.read(draft, LARGEST_DRAFT)
    return data.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n")


def _reason(error: OSError | _UnusableError) -> Words:
    if isinstance(error, _UnusableError):
        return error.words
    why = error.strerror or str(error)
    return Words(f"the editor did not work out: {why}", f"editor gagal: {why}")
