"""One connection that speaks the line-plus-binary protocol of ``wire``.

A peer's input waits in five cases, and each has its own way to go on: its budget of the turn is
used up (next turn), it talks too fast (a timer), it does not read what is sent to it (when it has
read), a search or a key is looked at (when that is answered), it says goodbye (never). While input
waits, its socket is not read.
"""

import socket
from typing import TYPE_CHECKING, Final

from reactor.doors import sockets
from reactor.doors.admission import Visit
from reactor.doors.outgoing import Outgoing
from reactor.hub import Item, Peer, filing
from reactor.hub.answers import Download, StopDownload
from reactor.hub.pace import Bucket
from reactor.hub.upload_pace import TOO_SLOW
from reactor.log.records import MILLISECONDS
from reactor.loop import Timer
from reactor.stream import State
from wire.errors import BYES
from wire.grammar import LINE_BYTES, PIECE_BYTES
from wire.parser import ENDED, NEED_DATA, Frame, Parser, Payload, Refused
from wire.verbs import CLIENT_VERBS

if TYPE_CHECKING:
    from reactor.doors.native import NativeDoor

_CHARGED: Final = frozenset(verb.name for verb in CLIENT_VERBS.values() if verb.charged)
_HEAVY: Final = frozenset({"HISTORY", "FILES", "SEARCH", "ROOMS"})
"""Verbs with an answer of up to a page: one a turn, so that the send buffer is asked in between."""
_LOW_MARK: Final = 4
"""A peer whose unread bytes went over ``send-soft`` is served again under a fourth of it."""
_SECONDS_A_MINUTE: Final = 60


class NativePeer(Peer):
    """One connection that speaks the protocol."""

    __slots__ = ("_bad", "_bad_lines", "_came", "_delay", "_door", "_heard", "_listed", "_lost",
                 "_name", "_outgoing", "_parser", "_pinged", "_soft_since", "_spoke", "_stream",
                 "_timer", "_waiting", "visit")  # fmt: skip

    def __init__(
        self,
        door: "NativeDoor",
        sock: socket.socket,
        kind: str,
        visit: Visit,
        address: str,
        *,
        operator: bool,
    ) -> None:
        uid = visit.uid
        login = "" if uid is None else sockets.login_name(uid)
        since = int(door.loop.clock.wall() * MILLISECONDS)
        super().__init__(kind, uid, login, since, address=address, operator=operator)
        self.visit = visit
        self._door = door
        self._parser = Parser(server=True)
        self._came = self._heard = door.loop.now
        self._name = ""  # for the journal: the session is gone when the connection ends
        self._outgoing: Outgoing | None = None
        self._bad: Bucket | None = None
        self._bad_lines = 0  # that were refused under pressure
        self._delay: Timer | None = None
        self._waiting = False  # input waits: the socket is not read
        self._listed = False  # the loop will call _go_on
        self._pinged: float | None = None  # when we asked whether it is there
        self._soft_since: float | None = None
        self._lost = False
        self._spoke = False
        self._timer: Timer | None = None
        self._stream = door.stream(kind)(door.loop, sock, self, door.settings.count("turn-read"))
        self._arm()

    def __repr__(self) -> str:
        return f"<NativePeer {self.address} {self.session!r} {self._stream!r} {self._parser!r}>"

    @property
    def queued(self) -> int:
        """See :class:`reactor.hub.stage.Peer`."""
        return self._stream.queued

    def settings_changed(self) -> None:
        """A limit has another value: what was set from the former one is set anew."""
        self._stream.read_bytes = self._door.settings.count("turn-read")
        if self._stream.state is State.OPEN:
            self._arm()

    def received(self, data: bytes) -> None:
        """Bytes came (:class:`reactor.stream.Owner`)."""
        self._alive()
        self._spoke |= bool(data)
        self._parser.receive(data)
        self._serve()

    def flushed(self) -> None:
        """Some bytes left (:class:`reactor.stream.Owner`)."""
        unread = self._unread_lines()
        self._note_backlog(unread)
        if unread <= self._door.settings["send-soft"]:
            self._soft_since = None
        if self._waiting and unread * _LOW_MARK <= self._door.settings["send-soft"]:
            self._serve_again()
        if self._outgoing is not None and not self.goodbye:
            self._outgoing.pump()

    def blocked(self) -> None:
        """The socket is full (:class:`reactor.stream.Owner`)."""
        self._judge_buffer()
        self._arm()

    def lost(self, reason: str) -> None:
        """The socket is closed (:class:`reactor.stream.Owner`)."""
        self._leave(reason)
        self._door.forget(self)

    def deliver(self, items: list[Item]) -> None:
        """Send what the hub staged for this connection; the turn is on disk."""
        if self._stream.state is not State.OPEN:
            return
        if len(items) == 1 and isinstance(items[0], bytes):
            data = items[0]
        else:
            data = b"".join([i if isinstance(i, bytes) else i.encode() for i in items])
        self._stream.write(data)
        if self.goodbye:
            self._end()  # nothing may follow a BYE: no file is begun any longer
            return
        self._direct_files(items)
        if self._stream.is_blocked:
            self._judge_buffer()

    def _direct_files(self, items: list[Item]) -> None:
        """Start and stop the downloads that were asked for in this turn."""
        asked = [item for item in items if isinstance(item, Download | StopDownload)]
        if asked:
            if self._outgoing is None:
                self._outgoing = Outgoing(self.downloads, self._stream, self._door.language)
            self._outgoing.direct(asked)

    def abort(self, reason: str) -> None:
        """Cut the connection without a word."""
        self._stream.abort(reason)

    def go_on(self) -> None:
        """Handle the lines that came while one was waiting for its answer."""
        self._note_hello()  # it may have been that one
        self._serve_again()

    def _serve(self) -> None:
        """Handle lines until the input ends, or the turn of this peer."""
        budget = self._door.settings.count("turn-lines")
        while self._may_go_on():
            event = self._parser.next_event()
            if event is NEED_DATA:
                self._wait(waiting=False)
                return
            if event is ENDED:
                if self.piece is not None:
                    self.piece.let_go()  # the rest of its payload will never come
                if self.session is not None and filing.is_storing(self._door.hub, self.session):
                    self._serve_again()
                    break
                if self.downloads:
                    break  # asked again whenever something of it has left
                self._door.hub.bid_farewell(self, "quit")
                return
            heavy = self._take(event)
            budget -= 1
            if heavy or (budget <= 0 and self._door.loop.crowded):
                self._serve_again()
                break
        self._wait(waiting=True)

    def _serve_again(self) -> None:
        """Go on in the next turn; once, for however many reasons, or the budget would grow."""
        if not self._listed:
            self._listed = True
            self._door.loop.again(self._go_on)

    def _go_on(self) -> None:
        self._listed = False
        self._serve()

    def _may_go_on(self) -> bool:
        return (
            self._stream.state is State.OPEN
            and not self.goodbye
            and self._delay is None
            and self.pending is None
            and self._unread_lines() <= self._door.settings["send-soft"]
        )

    def _note_hello(self) -> None:
        """Somebody who was a stranger may have become a person."""
        if self.session is not None and not self._parser.greeted:
            self._parser.greeted = True
            self._name = self.session.name
            self._door.admission.known(self.visit)
            self._door.journal.say("came", name=self._name, door=self.door, address=self.address,
                                   user=self.login)  # fmt: skip

    def _unread_lines(self) -> int:
        """Bytes that this peer has not taken, but for the one piece of a file that always waits.

        Who fetches a file would otherwise count as somebody who does not read.
        """
        piece = PIECE_BYTES + LINE_BYTES if self.downloads else 0
        return max(0, self._stream.queued - piece)

    def _wait(self, *, waiting: bool) -> None:
        """Stop reading the socket while there is input that waits, or read it again."""
        if waiting != self._waiting:
            self._waiting = waiting
            if waiting:
                self._stream.pause()
            else:
                self._stream.resume()

    def _take(self, event: object) -> bool:
        """Handle one thing that the parser found; whether this peer's turn ends with it."""
        if isinstance(event, Frame):
            self._handle(event)
            return event.verb in _HEAVY
        if isinstance(event, Payload):
            self._take_payload(event)
        elif isinstance(event, Refused):
            self._door.hub.refuse(self, event)
            self._charge_bad()
        return False

    def _take_payload(self, payload: Payload) -> None:
        """Bytes of a piece; when they are not wanted any longer, the rest is thrown away."""
        if self.piece is None:
            return
        if not self.piece.feed(payload.data):
            self._drop_payload(limited=True)
        elif not payload.left:
            self.piece.end()

    def _drop_payload(self, *, limited: bool) -> None:
        if not self._parser.refuse(limited=limited):
            self._door.hub.bid_farewell(self, "bad-line")

    def _handle(self, frame: Frame) -> None:
        door = self._door
        well = door.hub.handle(self, frame)
        self._note_hello()
        if frame.verb == "SEND" and self.piece is None:
            # A line that went well and wants no payload was answered before: however long, it goes.
            self._drop_payload(limited=not well)
        elif frame.verb == "SEND":
            self._arm()
        if frame.verb in _CHARGED and self.session is not None:
            rate, burst = door.settings["rate"], door.settings["rate-burst"]
            if rate:
                self._charge(self.session.bucket, rate, burst)

    def _charge_bad(self) -> None:
        """Lines that are refused cost: who sends many is slowed, and closed only under pressure."""
        if self._door.pressed:
            self._bad_lines += 1
            if self._bad_lines >= self._door.settings["pressure-bad-lines"]:
                self._door.hub.bid_farewell(self, "full")
        if self._door.settings["rate"]:
            if self._bad is None:
                self._bad = Bucket()
            burst = self._door.settings["bad-lines"]
            self._charge(self._bad, burst / _SECONDS_A_MINUTE, burst)

    def _charge(self, bucket: Bucket, rate: float, burst: float) -> None:
        """Take a token; without one, this connection's next line waits until there is one."""
        delay = bucket.take(self._door.loop.now, rate, burst)
        if delay > 0 and self._delay is None:
            self._delay = self._door.loop.later(delay, self._delay_over)

    def _delay_over(self) -> None:
        self._delay = None
        self._alive()  # it was we who did not listen
        self._serve_again()

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
            self._door.backlog.note(self, unread if self._stream.is_blocked else 0)

    def close_slow(self) -> None:
        """A slow reader: it gets what has begun to leave, and the reason, and no more."""
        if self._stream.state is State.OPEN:
            self.goodbye = "slow-reader"
            self._door.hub.counters.add("slow-readers")
            self._stream.drop_unsent()
            words = BYES["slow-reader"].say(self._door.language)
            self._stream.write(f"BYE slow-reader {words}\n".encode())
            self._end()

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
        if self._outgoing is not None:
            self._outgoing.close()
        if self.piece is not None:
            self.piece.let_go()
        for timer in (self._timer, self._delay):
            if timer is not None:
                timer.cancel()
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
        if self._delay is not None or self._waiting:
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
