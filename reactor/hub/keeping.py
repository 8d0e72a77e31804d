"""How long files are kept: a sweep at the start, and a timer that lets the old ones go.

The sweep brings the log and the spool together again after whatever end the last server had: no
event whose file is missing counts as having one, no file stays of which no event tells. It goes in
pieces, a few a turn.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reactor.hub.filing import DAY_MILLISECONDS
from reactor.log.records import DropFile
from reactor.loop import Loop

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

ROWS: Final = 100
"""So many events are looked at in one turn."""
EXPIRY_SECONDS: Final = 600.0
"""How often old files are looked for; while there are more of them, at once."""


class Keeper:
    """Keeps the spool and the log of one hub together."""

    def __init__(self, hub: "Hub", loop: Loop) -> None:
        self._hub = hub
        self._loop = loop
        self._steps = self._sweep()

    def start(self) -> None:
        """Begin the sweep, and the timer."""
        self._loop.again(self._step)
        self._loop.later(0, self._expire)

    def _step(self) -> None:
        if next(self._steps, self) is not self:
            self._loop.again(self._step)

    def _sweep(self) -> Iterator[None]:
        files, spool = self._hub.log.files, self._hub.spool
        last = 0
        while rows := files.after(last, ROWS):
            last = rows[-1][0]
            for event, sha256 in rows:
                if not spool.holds(sha256):
                    self._drop(event)
            yield
        yield from spool.sweep(files.tells_of)

    def _expire(self) -> None:
        """Let the files go that are kept no longer; their events stay."""
        hub = self._hub
        before = hub.time - int(hub.settings["file-days"] * DAY_MILLISECONDS)
        rows = hub.log.files.older_than(before, ROWS)
        for event, sha256 in rows:
            self._drop(event)
            hub.stage.done.append(lambda name=sha256: self._remove(name))  # type: ignore[misc]
        hub.spool.forget_old(hub.wall)
        wait = 0.0 if len(rows) == ROWS else EXPIRY_SECONDS
        self._loop.later(wait, self._expire)

    def _remove(self, sha256: str) -> None:
        """The events are dropped on disk: the content goes if no other event tells of it."""
        if not self._hub.log.files.tells_of(sha256):
            self._hub.spool.remove(sha256)

    def _drop(self, event: int) -> None:
        change = DropFile(event)
        self._hub.happen(lambda: self._hub.stage.batch.changes.append(change))
