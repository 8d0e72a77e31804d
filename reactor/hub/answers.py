"""What is answered once the turn is on disk: it tells of ids, or reads what was stored."""

from collections.abc import Callable

from reactor.log import Event
from reactor.log.files import FileRow
from reactor.log.records import Page
from reactor.spool import SharedFile, Spool


def prefix(tag: str | None) -> str:
    """What every line of an answer to a line with ``tag`` starts with."""
    return "" if tag is None else f"={tag} "


def page_bytes(page: Page, start: str) -> bytes:
    """The events of ``page`` and, where ``start`` (a tag) is not empty, the OK behind them."""
    if not start:
        return b"".join(page.lines)
    end = b"OK %d %d\n" % (len(page.lines), page.more)
    return b"".join([start.encode() + line for line in [*page.lines, end]])


class Acknowledged:
    """``OK id`` of an event that has its id by the time this is encoded."""

    __slots__ = ("_event", "_tag")

    def __init__(self, tag: str, event: Event) -> None:
        self._tag = tag
        self._event = event

    def encode(self) -> bytes:
        """See :class:`reactor.hub.stage.Encodable`."""
        return b"=%b OK %d\n" % (self._tag.encode(), self._event.id)


class FileAcknowledged:
    """``OK id sha256`` of a finished upload."""

    __slots__ = ("_event", "_sha256", "_tag")

    def __init__(self, tag: str, event: Event, sha256: str) -> None:
        self._tag = tag
        self._event = event
        self._sha256 = sha256

    def encode(self) -> bytes:
        """See :class:`reactor.hub.stage.Encodable`."""
        return f"{prefix(self._tag)}OK {self._event.id} {self._sha256}\n".encode()


class Download:
    """A file on its way out; the door sends it in pieces when this is delivered."""

    __slots__ = ("_end", "_start", "file", "offset", "row", "spool", "tag")

    def __init__(self, row: FileRow, offset: int, tag: str | None, spool: Spool) -> None:
        self._start = f"{prefix(tag)}SEND {row.target} {row.event}".encode()
        self._end = f"{row.size} {row.name}\n".encode()
        self.row = row
        self.offset = offset
        self.tag = tag
        self.spool = spool
        self.file: SharedFile | None = None

    def encode(self) -> bytes:
        """Nothing of it is sent with the turn (:class:`reactor.hub.stage.Encodable`)."""
        return b""

    def header(self, length: int) -> bytes:
        """The SEND line of the next piece."""
        return b"%b %d %d %b" % (self._start, self.offset, length, self._end)


class StopDownload:
    """The download of ``event`` is wanted no longer."""

    __slots__ = ("event",)

    def __init__(self, event: int) -> None:
        self.event = event

    def encode(self) -> bytes:
        """See :class:`Download`."""
        return b""


class PageAnswer:
    """A page of history, read when the turn is stored: it holds all that its line could ask for.

    ``last`` is the newest event that was staged when the line was handled (None: ``tip`` was the
    newest stored one), so that nothing shows up here that came after it.
    """

    __slots__ = ("_last", "_read", "_tag", "_tip")

    def __init__(
        self, tag: str | None, tip: int, last: Event | None, read: Callable[[int], Page]
    ) -> None:
        self._tag = tag
        self._tip = tip
        self._last = last
        self._read = read

    def encode(self) -> bytes:
        """See :class:`reactor.hub.stage.Encodable`."""
        page = self._read(self._last.id if self._last is not None else self._tip)
        return page_bytes(page, prefix(self._tag))
