"""What belongs to one process in the file of memory, under its own mark.

Lines that were not acknowledged and files that are not whole have one owner, so that of several
clients of a person each sends its own. What the owner left when it ended, the next client takes.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from curses_client.front import Pending
from curses_client.remembered import OUTBOX_LINES, outboxes_of
from curses_client.unfinished import TRANSFERS, Left, form, transfers_of
from curses_client.unread import Counts, running_of


class Own(NamedTuple):
    """What one process has: its lines, its files, and what is unread while it knows that."""

    outbox: Sequence[Pending] = ()
    transfers: Sequence[Left] = ()
    unread: Counts | None = None

    def bounded(self) -> "Own":
        """The same within the bounds of the file, and unchanged when its lists change."""
        return Own(tuple(self.outbox[:OUTBOX_LINES]), tuple(self.transfers[:TRANSFERS]),
                   self.unread)  # fmt: skip


class Belongings:
    """What all processes have, read from an entry of the file."""

    def __init__(self, entry: object) -> None:
        self._outboxes: dict[str, Sequence[Pending]] = {**outboxes_of(entry)}
        self._transfers: dict[str, Sequence[Left]] = {**transfers_of(entry)}
        self._running = running_of(entry)

    def is_any_free(self, is_free: Callable[[str], bool]) -> bool:
        """Whether somebody who is gone left anything."""
        return any(map(is_free, {*self._outboxes, *self._transfers}))

    def claim(self, mark: str, is_free: Callable[[str], bool]) -> Own:
        """Give to ``mark`` what those left who are gone, as far as one may have it; that."""
        lines: dict[str, Pending] = {}
        for owner in filter(is_free, list(self._outboxes)):
            more = {pending.tag: pending for pending in self._outboxes[owner]}
            if len(lines) + len(more) <= OUTBOX_LINES:  # else the next client takes them
                lines |= more
                del self._outboxes[owner]
        files: dict[Left, None] = {}
        for owner in filter(is_free, list(self._transfers)):
            left = dict.fromkeys(self._transfers[owner])
            if len(files) + len(left) <= TRANSFERS:
                files |= left
                del self._transfers[owner]
        own = Own(tuple(lines.values()), tuple(files))
        self.put(mark, own)
        return own

    def put(self, mark: str, own: Own) -> None:
        """Note what ``mark`` has now; whoever writes last stands last."""
        self._outboxes[mark] = own.outbox
        self._transfers[mark] = own.transfers
        self._running.pop(mark, None)
        if own.unread is not None:
            self._running[mark] = own.unread

    def forget(self, is_free: Callable[[str], bool]) -> None:
        """Those who are gone are not running any longer."""
        for owner in filter(is_free, list(self._running)):
            del self._running[owner]

    def entry(self) -> dict[str, Any]:
        """The form in the file."""
        return {
            "outboxes": {k: list(map(list, lines)) for k, lines in self._outboxes.items() if lines},
            "transfers": {k: list(map(form, left)) for k, left in self._transfers.items() if left},
            "running": {k: list(counts) for k, counts in self._running.items()},
        }
