"""The verbs of files: SEND PARTIAL GET STOP FILES.

A SEND line is judged when it comes, before any of its bytes; then its payload streams through a
:class:`Piece` into the spool. When the last byte of the last piece is here and hashed, the file is
made whole on disk and its FILE event staged, in whatever turn that is.
"""

from typing import TYPE_CHECKING, Final

from reactor.hub.answers import Download, FileAcknowledged, StopDownload
from reactor.hub.people import Session
from reactor.hub.stage import Peer
from reactor.hub.talking import Destination, destination, page, publish
from reactor.hub.upload_pace import UploadPace
from reactor.log import Event
from reactor.log.files import FileRow
from reactor.log.records import MILLISECONDS, StoredFile, Tagged
from reactor.spool import Meta, SyncError, Upload
from wire.grammar import Refusal, fold
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.answers import PageAnswer
    from reactor.hub.hub import Hub

DAY_MILLISECONDS: Final = 24 * 3600 * MILLISECONDS
DOWNLOADS: Final = 16
"""So many files one connection may fetch at once: each holds a descriptor."""


def send(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str | None:
    """SEND: judge the line; None when its payload is wanted, or the answer comes later."""
    target, transfer, *numbers, name = frame.args
    offset, length, size = map(int, numbers)
    if offset + length > size:
        raise Refusal("bad-number")
    to = destination(hub, peer, me, target)
    upload = _taken_over(hub, peer, me, transfer)
    if upload is None:
        _check_place(hub, me, size)
        if offset:
            raise Refusal("bad-offset", "0")
        if size and not length:
            return "0"
        upload = _begin(hub, me, Meta(me.id, transfer, to.shown, to.session, size, name))
    elif upload.busy:
        raise Refusal("slow-down")
    elif _differs(upload.meta, to, size, name):
        raise Refusal("bad-file")
    elif offset != upload.offset:
        raise Refusal("bad-offset", str(upload.offset))
    elif not length and not upload.complete:
        return str(offset)
    piece = Piece(hub, peer, me, frame, upload, to)
    if length:
        upload.busy = True
        peer.piece = piece
    else:
        piece.end()
    return None


def _taken_over(hub: "Hub", peer: Peer, me: Session, transfer: str) -> Upload | None:
    """The upload of that word, if there is one.

    Who comes back goes on with it, though nobody has noticed yet that the old link is broken.
    """
    upload = hub.spool.uploads.get((me.id, transfer))
    for other in me.peers:
        if other is not peer and other.piece is not None and other.piece.upload is upload:
            other.piece.dismiss()
    return upload


def partial(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> None:
    """PARTIAL: how much of an upload is here; its OK is said without a tag too."""
    upload = hub.spool.uploads.get((me.id, frame.args[0]))
    hub.reply(peer, frame.tag, f"OK {upload.offset if upload is not None else 0}")


def get(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> None:
    """GET: the door sends the file in pieces between other lines, and then the OK."""
    number = int(frame.args[0])
    offset = int(frame.args[1]) if len(frame.args) > 1 else 0
    _check_reader(hub, peer, me, number)
    row: FileRow | None = hub.log.files.get(number)
    if row is None or not hub.spool.holds(row.sha256):
        raise Refusal("no-file")
    if offset > row.size:
        raise Refusal("bad-offset", str(row.size))
    if number not in peer.downloads and len(peer.downloads) >= DOWNLOADS:
        raise Refusal("full")
    download = Download(row, offset, frame.tag, hub.spool)
    _note_download(hub, peer, number, download)
    hub.stage.to_peer(peer, download)


def stop(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> str:
    """STOP: forget an upload, or end a download."""
    word = frame.args[0]
    if word.isdecimal():
        if int(word) not in peer.downloads:
            raise Refusal("no-file")
        _note_download(hub, peer, int(word), None)
        hub.stage.to_peer(peer, StopDownload(int(word)))
        return ""
    upload = hub.spool.uploads.get((me.id, word))
    if upload is None or upload.stored:  # its event is staged: there is nothing left to stop
        raise Refusal("no-file")
    hub.spool.forget(upload)
    return ""


def files(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> "PageAnswer":
    """FILES: a page of history, of files alone."""
    return page(hub, peer, me, frame, kind="FILE")


class Piece:
    """The payload of one accepted SEND line on its way into the spool."""

    __slots__ = ("_dismissed", "_event", "_frame", "_hub", "_mark", "_me", "_peer", "_stored",
                 "_to", "pace", "upload")  # fmt: skip

    def __init__(
        self, hub: "Hub", peer: Peer, me: Session, frame: Frame, upload: Upload, to: Destination
    ) -> None:
        self._hub = hub
        self._peer = peer
        self._me = me
        self._frame = frame
        self._to = to
        self._mark = upload.mark()
        self._stored = ""
        self._dismissed = False  # another connection of the same person goes on with the upload
        self._event: Event | None = None
        self.pace = UploadPace(hub.now)
        self.upload = upload

    def feed(self, data: bytes) -> bool:
        """Take bytes; False when the rest of the payload is not wanted any longer."""
        self.pace.feed(len(data))
        if self.upload.gone or self._dismissed:
            self._refuse("stopped")
            return False
        try:
            self.upload.write(data, self._hub.wall)
        except OSError as error:
            # What is here stays as it is: the sender goes on from there when there is space.
            # After a failed sync nobody knows what is here, and asking again may lie.
            if isinstance(error, SyncError):
                self._hub.spool.forget(self.upload)
            self._refuse("no-space")
            return False
        return True

    def end(self) -> None:
        """The last byte of the piece is here."""
        self.let_go()
        if not self.upload.complete:
            offset = str(self.upload.offset)
            self._hub.happen(lambda: self._acknowledge(offset))
        else:
            self.upload.busy = True  # or the same line, sent again, would make a second event
            self._finish_when_hashed()

    def let_go(self) -> None:
        """The piece ends here, or the connection that brought it did."""
        if not self._dismissed:
            self.upload.busy = False
            self.upload.close()  # strangers who leave uploads behind must not use up descriptors
        if self._peer.piece is self:  # while this one was hashed, the next one may have begun
            self._peer.piece = None

    def dismiss(self) -> None:
        """What is here stays; the rest of this payload is thrown away."""
        self.upload.busy = False
        self._dismissed = True

    def __call__(self) -> None:
        """Make the file whole, and stage its event (a step of the turn: it may be undone)."""
        hub, upload, meta = self._hub, self.upload, self.upload.meta
        try:
            self._stored = hub.spool.store(upload)
        except OSError:
            hub.spool.forget(upload)  # after a failed sync nobody knows what is on disk
            self._refuse("no-space")
            return
        hub.stage.undo.append(self._take_back)
        body = f"{meta.size} {self._stored} {meta.name}"
        event = publish(hub, self._me, "FILE", self._to, body)
        hub.stage.batch.files.append(StoredFile(self._me.id, self._stored, meta.size, event))
        hub.stage.done.append(lambda: hub.spool.forget(upload))
        tag = self._frame.tag
        if tag is not None:
            digest = hub.digest(self._frame)
            hub.stage.tags[self._me.id, tag] = digest, event
            hub.stage.batch.tags.append(Tagged(self._me.id, tag, digest, event))
            hub.stage.to_peer(self._peer, FileAcknowledged(tag, event, self._stored))

    def not_saved(self) -> None:
        """The turn was not stored; the piece may be sent again."""
        self.upload.go_back(self._mark)
        self._refuse("not-saved")

    def _finish_when_hashed(self) -> None:
        """After a restart the hash of what came before it lags behind: a piece of it a turn."""
        try:
            caught_up = self.upload.gone or self.upload.rehash_some()
        except OSError:
            self._refuse("no-space")
            return
        if self.upload.gone:
            self._refuse("stopped")
        elif caught_up:
            self._hub.happen(self)
        else:
            self._hub.soon(self._finish_when_hashed)

    def _take_back(self) -> None:
        self.upload.take_back()
        self._hub.spool.recount(self._stored)

    def _acknowledge(self, offset: str) -> None:
        if self._frame.tag is not None:
            self._hub.reply(self._peer, self._frame.tag, f"OK {offset}")

    def _refuse(self, code: str) -> None:
        self.let_go()
        self._hub.refuse_line(self._peer, self._frame.tag, code)


def _note_download(hub: "Hub", peer: Peer, event: int, download: Download | None) -> None:
    """From this line on ``event`` is on its way to ``peer``, or not; until the turn is undone."""
    former = peer.downloads.pop(event, None)
    if download is not None:
        peer.downloads[event] = download

    def undo() -> None:
        peer.downloads.pop(event, None)
        if former is not None:
            peer.downloads[event] = former

    hub.stage.undo.append(undo)


def _differs(meta: Meta, to: Destination, size: int, name: str) -> bool:
    """Whether a piece disagrees with the pieces before it."""
    return (fold(meta.target), meta.to, meta.size, meta.name) != (
        fold(to.shown),
        to.session,
        size,
        name,
    )


def _check_place(hub: "Hub", me: Session, size: int) -> None:
    """Whether there is place for a file of ``size`` bytes, said before any of them comes."""
    if size > hub.settings["file-size"]:
        raise Refusal("too-big")
    coming = [u.meta.size for u in hub.spool.uploads.values() if u.meta.session == me.id]
    if len(coming) >= hub.settings.count("uploads"):
        raise Refusal("full")
    if hub.pressed():
        raise Refusal("no-space")
    today = hub.log.files.sent_since(me.id, hub.time - DAY_MILLISECONDS) + sum(coming)
    if (
        today + size > hub.settings["file-day"]
        or hub.spool.used + size > hub.settings["spool-size"]
        or hub.spool.free - size < hub.settings["disk-free"]
    ):
        raise Refusal("no-space")


def _begin(hub: "Hub", me: Session, meta: Meta) -> Upload:
    del me
    try:
        return hub.spool.begin(meta, hub.wall)
    except OSError:
        raise Refusal("no-space") from None


def _check_reader(hub: "Hub", peer: Peer, me: Session, number: int) -> None:
    """Whether ``me`` may have the file of this event; :class:`Refusal` otherwise."""
    place = hub.log.files.place_of(number)
    if place is None:
        raise Refusal("no-file")
    if not place.id:  # said to everybody
        return
    room = hub.rooms.at(place.id)
    if room is not None:
        if room not in peer.rooms:
            raise Refusal("not-joined")
        return
    if me.id not in (hub.log.files.readers(place.id) or ()):
        raise Refusal("not-allowed")


def is_storing(hub: "Hub", me: Session) -> bool:
    """Whether a file of ``me`` that came whole is being stored: its answer is yet to be said."""
    coming = [peer.piece.upload for peer in me.peers if peer.piece is not None]
    return any(
        upload.busy and upload.meta.session == me.id and upload not in coming
        for upload in hub.spool.uploads.values()
    )
