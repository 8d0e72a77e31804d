"""How long files are kept: a sweep at the start, and a timer that lets the old ones go.

The sweep brings the log and the spool together again after whatever end the last server had: no
event whose file is missing counts as having one, no file stays of which no event tells. It goes in
pieces, a few a turn.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reactor.log.records import MILLISECONDS, DropFile
from reactor.loop import Loop

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

ROWS: Final = 100
"""So many events are looked at in one turn."""
DAY_SECONDS: Final = 24 * 3600
EXPIRY_SECONDS: Final = 600.0
"""How often old files are looked for; while there are more of them, at once."""


class Keeper:
    """Keeps the spool and the log of one hub together."""

    def __init__(self, hub: "Hub", loop: Loop) -> None:
        self._hub = hub
        self._loop = loop
        self._steps = self._sweep()
        self._dropped: set[str] = set()  # content of events whose file is dropped, or will be

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
        yield from spool.sweep(self._tells_of)

    def _tells_of(self, sha256: str) -> bool:
        """Whether an event tells of this content, on disk or in this turn."""
        coming = self._hub.stage.batch.files
        return self._hub.log.files.tells_of(sha256) or any(f.sha256 == sha256 for f in coming)

    def _expire(self) -> None:
        """Let the files go that are kept no longer; their events stay."""
        hub = self._hub
        self._remove_dropped()  # their turn may have been stored only at a second try
        now = self._loop.clock.wall()  # a timer: the turn whose time the hub has comes after it
        before = int((now - hub.settings["file-days"] * DAY_SECONDS) * MILLISECONDS)
        rows = hub.log.files.older_than(before, ROWS)
        for event, sha256 in rows:
            self._drop(event)
            self._dropped.add(sha256)
        hub.spool.forget_old(now)
        timer = self._loop.later(EXPIRY_SECONDS, self._expire)

        def stored() -> None:
            self._remove_dropped()
            self._dropped.clear()
            if len(rows) == ROWS:
                timer.cancel()
                self._loop.later(0, self._expire)

        hub.stage.done.append(stored)

    def _remove_dropped(self) -> None:
        """The content of events whose file was dropped goes, if no other event tells of it."""
        for sha256 in list(self._dropped):
            if not self._tells_of(sha256):
                self._hub.spool.remove(sha256)
                self._dropped.discard(sha256)

    def _drop(self, event: int) -> None:
        change = DropFile(event)
        self._hub.happen(lambda: self._hub.stage.batch.changes.append(change))
