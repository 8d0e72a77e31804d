"""What the client remembers between runs, beside the secrets: one person on one server.

``memory.json`` holds the read positions, the drafts, the sent lines, the windows that were open,
the counts for ``unread``, the lines that the server has not acknowledged and the files that are not
whole. Several clients of one person may run at once, and
several people and servers share the file: each replaces only its own entry, and of that only what
changed here.

**The outbox and the transfers belong to a process.** In the file each process that has any has a
list under its own mark (:mod:`curses_client.process`). :meth:`Memory.load` takes over the lists of
processes that are gone: under the lock it moves them below the mark of this process, so that of two
clients that start at once one gets the lines. There they stay until the server acknowledged them: a
client that is killed in between leaves them to the next one. What is resent although the server has
it already carries its old tag, and the server stores it once.

At most the last second is lost when the client is killed, and a little more in a power cut.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from curses_client.belongings import Belongings, Own
from curses_client.front import Pending
from curses_client.jsonfile import Everything, JsonFile
from curses_client.places import MEMORY_FILE
from curses_client.process import is_gone, this_process
from curses_client.remembered import Remembered
from curses_client.unfinished import Left
from curses_client.unread import Counts
from reactor.loop import Loop, Timer
from wire.grammar import fold

SAVE_SECONDS: Final = 1.0
"""It is saved at most so often while the client runs."""
LOCK_SECONDS: Final = 1.0
"""So long another client is waited for at the start and at the end, never in between."""


class Memory:
    """What is remembered of ``name`` on ``server``, in the file of ``folder``.

    Change the attributes freely (their keys are folded targets, "" for the client's own window),
    then :meth:`touch`. ``gather`` is called before each save: there the owner can bring them up to
    date at once. There is one Memory of a person in a process.
    """

    def __init__(self, folder: Path, server: str, name: str, loop: Loop | None = None) -> None:
        self.history = ""
        """The server's history in which ``read`` counts."""
        self.read: dict[str, int] = {}
        """target -> id of the newest event that the user has read."""
        self.drafts: dict[str, str] = {}
        """target -> what stands in the input line."""
        self.recent: dict[str, list[str]] = {}
        """target -> what was sent there, the newest last."""
        self.counts = Counts(0, 0)
        """What is unread now."""
        self.outbox: list[Pending] = []
        """Lines that are not acknowledged, in the order in which they were said."""
        self.gather: Callable[[], object] = lambda: None
        self.transfers: list[Left] = []
        """Files that are not whole, in the order in which they were begun."""
        self.open: tuple[str, ...] = ()
        """Rooms, and private talks that wait for something, in the order of their windows."""
        self.unread: Counts | None = None
        """What ``unread`` is told of this client; None while it does not know, or has ended."""
        self._file = JsonFile(folder / MEMORY_FILE, quick=True)
        self._server = server
        self._name = fold(name)
        self._loop = loop
        self._mark = this_process()
        self._saved = Remembered()
        self._saved_own = Own()
        self._timer: Timer | None = None
        self._next = 0.0  # not before this moment it is saved again

    def load(self) -> None:
        """Remember; and take over the lines of clients that are gone. Once, at the start."""
        entry = self._file.read().get(self._server, {}).get(self._name)
        found = self._saved = Remembered.of(entry)
        self.history, self.counts = found.history, found.counts
        self.read, self.drafts = dict(found.read), dict(found.drafts)
        self.recent = {target: list(lines) for target, lines in found.recent.items()}
        self.open = found.open
        if not Belongings(entry).is_any_free(self._is_free):
            return
        # Lines that cannot be claimed stay there: else they would be sent again at every start.
        with contextlib.suppress(OSError, RecursionError):
            with self._file.changing(LOCK_SECONDS) as everything:
                own = self._take(everything)
            self.outbox, self.transfers = list(own.outbox), list(own.transfers)
            self._saved_own = own

    def of_history(self, history: str) -> None:
        """The server has this history: read positions of another one are forgotten."""
        if history != self.history:
            self.history = history
            self.read.clear()
            self.touch()

    def has_read(self, target: str, number: int) -> None:
        """The user has read up to event ``number`` there; positions never go back."""
        target = fold(target)
        if number > self.read.get(target, 0):
            self.read[target] = number
            self.touch()

    def touch(self) -> None:
        """Something changed: save it soon, at once if the last time is long ago."""
        if self._loop is not None and self._timer is None:
            self._timer = self._loop.later(max(0.0, self._next - self._loop.now), self._due)

    def save_at_once(self) -> None:
        """Save before anything else is done, unless another client is writing: then soon."""
        if self._timer is not None:
            self._timer.cancel()
        self._due()

    def save_now(self) -> None:
        """Save what changed, at the end of the client. What cannot be written is lost silently."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with contextlib.suppress(OSError, RecursionError):
            self._save(LOCK_SECONDS)

    def _due(self) -> None:
        self._timer = None
        if self._loop is not None:
            self._next = self._loop.now + SAVE_SECONDS
        try:
            self._save(0)
        except BlockingIOError:
            self.touch()  # another client is writing
        except (OSError, RecursionError):
            pass  # the talk goes on; the next change tries again

    def _save(self, patience: float) -> None:
        """Put what changed into the file; raises OSError where that cannot be done."""
        self.gather()
        now = Remembered(
            self.history, self.read, self.drafts, self.recent, self.counts, self.open
        ).bounded()
        own = Own(self.outbox, self.transfers, self.unread).bounded()
        if now == self._saved and own == self._saved_own:
            return
        with self._file.changing(patience) as everything:
            names = everything.setdefault(self._server, {})
            there = names.get(self._name)
            belongings = Belongings(there)
            belongings.put(self._mark, own)
            if own.unread is None or self._saved_own.unread is None:  # it comes or goes
                belongings.forget(is_gone)
            merged = now.over(self._saved, Remembered.of(there))
            names[self._name] = {**merged.entry(), **belongings.entry()}
        # bounded() shares nothing that is changed later but the lists, which it makes anew.
        self._saved, self._saved_own = now, own

    def _is_free(self, mark: str) -> bool:
        return mark == self._mark or is_gone(mark)

    def _take(self, everything: Everything) -> Own:
        """Move what those left who are gone to this process; that."""
        names = everything.setdefault(self._server, {})
        there = names.get(self._name)
        belongings = Belongings(there)
        own = belongings.claim(self._mark, self._is_free)
        names[self._name] = {**Remembered.of(there).entry(), **belongings.entry()}
        return own
