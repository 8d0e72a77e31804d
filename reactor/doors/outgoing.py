"""Files on their way out of one connection: a piece at a time, between its other lines.

A piece is taken only when the write buffer is low, so a chat line waits behind at most one piece of
each file; several files take turns.
"""

from collections.abc import Iterable
from typing import Final

from reactor.hub.answers import Download, StopDownload, prefix
from reactor.stream import State, Stream
from wire.errors import ERRORS
from wire.grammar import PIECE_BYTES

LOW_BYTES: Final = 16 * 1024
"""The next piece is taken when fewer bytes than this wait to be sent."""


class Outgoing:
    """The downloads of one connection.

    ``downloads`` is the hub's: what was asked for, from its line on; what has ended goes there too.
    """

    __slots__ = ("_downloads", "_language", "_running", "_stream")

    def __init__(self, downloads: dict[int, Download], stream: Stream, language: str) -> None:
        self._downloads = downloads
        self._running: dict[int, Download] = {}
        self._stream = stream
        self._language = language

    def direct(self, asked: Iterable[Download | StopDownload]) -> None:
        """Start and stop what was asked for, in this order."""
        for item in asked:
            if isinstance(item, Download):
                self.start(item)
            else:
                self.stop(item.event)
            self.pump()

    def start(self, download: Download) -> None:
        """Send a file; a former download of the same event is replaced."""
        event = download.row.event
        self.stop(event)
        try:
            download.file = download.spool.open(download.row.sha256)
        except OSError:
            self._forget(download)
            self._refuse(download, "no-file")
            return
        self._running[event] = download

    def stop(self, event: int) -> None:
        """End a download; its GET, if tagged, ends with ERR stopped."""
        download = self._running.pop(event, None)
        if download is not None:
            self._let_go(download)
            self._refuse(download, "stopped")

    def pump(self) -> None:
        """Take pieces while the buffer is low."""
        stream = self._stream
        while self._running and stream.queued < LOW_BYTES and stream.state is State.OPEN:
            event, download = next(iter(self._running.items()))
            self._send_piece(download)
            if download.offset >= download.row.size or len(self._running) > 1:
                del self._running[event]
            if download.offset < download.row.size:
                self._running[event] = download  # behind the others: they take turns
            else:
                self._let_go(download)
                if download.tag is not None:
                    self._stream.write(f"{prefix(download.tag)}OK\n".encode())

    def close(self) -> None:
        """The connection is over."""
        for download in self._running.values():
            self._let_go(download)
        self._running.clear()
        self._downloads.clear()

    def _send_piece(self, download: Download) -> None:
        length = min(PIECE_BYTES, download.row.size - download.offset)
        if download.file is not None:
            header = download.header(length)
            self._stream.write_file(header, download.file, download.offset, length)
        download.offset += length

    def _let_go(self, download: Download) -> None:
        self._forget(download)
        if download.file is not None:
            download.file.release()
            download.file = None

    def _forget(self, download: Download) -> None:
        event = download.row.event
        if self._downloads.get(event) is download:  # the same file may have been asked for again
            del self._downloads[event]

    def _refuse(self, download: Download, code: str) -> None:
        if download.tag is not None:
            words = ERRORS[code].say(self._language)
            self._stream.write(f"{prefix(download.tag)}ERR {code} {words}\n".encode())
        elif code != "stopped":
            self._stream.write(f"ERR {code} {ERRORS[code].say(self._language)}\n".encode())
