"""One connection as the clock and the buffers see it: who is silent, slow, or far behind.

Whatever may be due of a connection (its login, a ping, the end of a peer that does not read or
sends too slowly) is one timer, set to the next such moment and set anew when that changes. What the
other side says is none of this module's business (:mod:`reactor.doors.peer`).
"""

import socket
from typing import TYPE_CHECKING, NamedTuple

from reactor.doors import sockets
from reactor.doors.admission import Visit
from reactor.hub import Peer
from reactor.log.records import MILLISECONDS
from reactor.loop import Timer
from reactor.stream import State
from wire.errors import BYES, TOO_SLOW
from wire.grammar import LINE_BYTES, PIECE_BYTES

if TYPE_CHECKING:
    from reactor.doors.native import NativeDoor


class Comer(NamedTuple):
    """Who was let in. ``kind``: ``tcp``, ``unix`` or ``tls``; ``address``: where from."""

    sock: socket.socket
    kind: str
    visit: Visit
    address: str
    operator: bool


class Connection(Peer):
    """A connection that is watched over.

    ``listening``: we read what it sends; while we do not, its silence is no fault of its own.
    """

    __slots__ = ("_behind", "_came", "_door", "_heard", "_lost", "_name", "_pinged",
                 "_soft_since", "_spoke", "_stream", "_timer", "listening", "visit")  # fmt: skip

    def __init__(self, door: "NativeDoor", comer: Comer) -> None:
        sock, kind, visit, address, operator = comer
        uid = visit.uid
        login = "" if uid is None else sockets.login_name(uid)
        since = int(door.loop.clock.wall() * MILLISECONDS)
        super().__init__(kind, uid, login, since, address=address, operator=operator)
        self.visit = visit
        self.listening = True
        self._door = door
        self._came = self._heard = door.loop.now
        self._name = ""  # for the journal: the session is gone when the connection ends
        self._behind = False  # the backlog knows of bytes that it did not take
        self._pinged: float | None = None  # when we asked whether it is there
        self._soft_since: float | None = None
        self._lost = False
        self._spoke = False
        self._timer: Timer | None = None
        self._stream = door.stream(kind)(door.loop, sock, self, door.settings.count("turn-read"))
        self._arm()

    def settings_changed(self) -> None:
        """A limit has another value: what was set from the former one is set anew."""
        self._stream.read_bytes = self._door.settings.count("turn-read")
        if self._stream.state is State.OPEN:
            self._arm()

    def received(self, data: bytes) -> None:
        """Bytes came (:class:`reactor.stream.Owner`)."""
        raise NotImplementedError

    def flushed(self) -> None:
        """Some bytes left (:class:`reactor.stream.Owner`)."""
        raise NotImplementedError

    @property
    def queued(self) -> int:
        """See :class:`reactor.hub.stage.Peer`."""
        return self._stream.queued

    def blocked(self) -> None:
        """The socket is full (:class:`reactor.stream.Owner`)."""
        self._judge_buffer()
        self._arm()

    def lost(self, reason: str) -> None:
        """The socket is closed (:class:`reactor.stream.Owner`)."""
        self._leave(reason)
        self._door.forget(self)

    def abort(self, reason: str) -> None:
        """Cut the connection without a word."""
        self._stream.abort(reason)

    def close_slow(self) -> None:
        """A slow reader: it gets what has begun to leave, and the reason, and no more."""
        if self._stream.state is State.OPEN:
            self.goodbye = "slow-reader"
            self._door.hub.counters.add("slow-readers")
            self._stream.drop_unsent()
            words = BYES["slow-reader"].say(self._door.language)
            self._stream.write(f"BYE slow-reader {words}\n".encode())
            self._end()

    def _unread_lines(self) -> int:
        """Bytes that this peer has not taken, but for the one piece of a file that always waits.

        Who fetches a file would otherwise count as somebody who does not read.
        """
        piece = PIECE_BYTES + LINE_BYTES if self.downloads else 0
        return max(0, self._stream.queued - piece)

    def _judge_buffer(self) -> None:
        """Keep watch over the bytes that this peer does not read."""
        if self._stream.queued > self._door.settings["send-hard"]:
            self.close_slow()
            return
        unread = self._unread_lines()
        if unread > self._door.settings["send-soft"] and self._soft_since is None:
            self._soft_since = self._door.loop.now
            self._arm()
        self._note_backlog(unread)

    def _note_backlog(self, unread: int) -> None:
        if self._stream.state is State.OPEN:
            behind = unread if self._stream.is_blocked else 0
            self._behind = behind > 0
            self._door.backlog.note(self, behind)

    def _end(self) -> None:
        """What was written is the last; the connection ends when it has left."""
        self._stream.finish(self._door.settings["linger"])
        self._leave(self.goodbye)

    def _leave(self, reason: str) -> None:
        """Tell the hub, once, that nobody is here any longer."""
        if self._lost:
            return
        self._lost = True
        self._door.backlog.note(self, 0)
        if self.piece is not None:
            self.piece.let_go()
        if self._timer is not None:
            self._timer.cancel()
        # Who only looks whether a server is there, as clients do, is not worth a line.
        if self._spoke or reason != "quit":
            name = self.session.name if self.session is not None else self._name
            event = "went" if name else "closed"
            self._door.journal.say(event, name=name, door=self.door, address=self.address,
                                   why=reason)  # fmt: skip
        self._door.hub.lost(self, reason if reason in BYES else "")

    def _tick(self) -> None:
        """Something may be due: the login, a ping, the end of a silent or a slow peer."""
        self._timer = None
        settings, now = self._door.settings, self._door.loop.now
        if not self.listening:
            self._alive()  # it was we who did not listen
            if self.piece is not None:
                self.piece.pace.restart(now)
        if self._stream.is_blocked and (
            now >= self._stream.progress_at + settings["send-progress"]
            or (
                self._soft_since is not None
                and now >= self._soft_since + settings["send-soft-time"]
            )
        ):
            self.close_slow()
        elif self.piece is not None and self.piece.pace.too_slow(now, settings):
            self._door.hub.bid_farewell(self, "timeout", TOO_SLOW.say(self._door.language))
        elif (self._pinged is not None and now >= self._silent_too_long()) or (
            self.session is None and now >= self._came + self._door.login_patience
        ):
            self._door.hub.bid_farewell(self, "timeout")
        else:
            if self._pinged is None and now >= self._silent_too_long():
                self._pinged = now
                self._door.hub.ask(self)
            self._arm()

    def _alive(self) -> None:
        """A sign of life came."""
        self._heard = self._door.loop.now
        if self._pinged is not None:
            self._pinged = None
            self._arm()

    def _silent_too_long(self) -> float:
        """When to ask or, once asked, to give up.

        Nobody is dropped unasked, not even by a server that was stopped (SIGSTOP) for so long.
        """
        settings = self._door.settings
        ask_after = min(settings["ping-after"], settings["drop-after"] / 2)
        if self._pinged is None:
            return self._heard + ask_after
        return self._pinged + settings["drop-after"] - ask_after

    def _arm(self) -> None:
        """Set the one timer of this peer to the next moment at which something may be due."""
        if self._lost:
            return
        settings = self._door.settings
        due = self._silent_too_long()
        if self.session is None:
            due = min(due, self._door.login_due(self._came))
        if self._stream.is_blocked:
            due = min(due, self._stream.progress_at + settings["send-progress"])
        if self._soft_since is not None:
            due = min(due, self._soft_since + settings["send-soft-time"])
        if self.piece is not None:
            due = min(due, self.piece.pace.due(settings))
        if self._timer is None or due < self._timer.when:
            if self._timer is not None:
                self._timer.cancel()
            now = self._door.loop.now
            self._timer = self._door.loop.later(max(0.0, due - now), self._tick)
