"""One connection that speaks the line-plus-binary protocol of ``wire``.

A peer's input waits in five cases, and each has its own way to go on: its budget of the turn is
used up (next turn), it talks too fast (a timer), it does not read what is sent to it (when it has
read), a search or a key is looked at (when that is answered), it says goodbye (never). While input
waits, its socket is not read.
"""

from typing import TYPE_CHECKING, Final

from reactor.doors.connection import Comer, Connection
from reactor.doors.outgoing import Outgoing
from reactor.hub import Item, filing
from reactor.hub.answers import Download, StopDownload
from reactor.hub.pace import Bucket
from reactor.loop import Timer
from reactor.stream import State
from wire.parser import ENDED, NEED_DATA, Frame, Parser, Payload, Refused
from wire.verbs import CLIENT_VERBS

if TYPE_CHECKING:
    from reactor.doors.native import NativeDoor

_CHARGED: Final = frozenset(verb.name for verb in CLIENT_VERBS.values() if verb.charged)
_HEAVY: Final = frozenset({"HISTORY", "FILES", "SEARCH", "ROOMS", "WHO", "NAMES"})
"""Verbs with a long answer: one a turn, so that the send buffer is asked in between."""
_ALONE: Final = 50
"""So many times ``turn-lines`` are handled of a peer in whose turn nobody else waits: others may
come meanwhile."""
_LOW_MARK: Final = 4
"""A peer whose unread bytes went over ``send-soft`` is served again under a fourth of it."""
_SECONDS_A_MINUTE: Final = 60


class NativePeer(Connection):
    """One connection that speaks the protocol."""

    __slots__ = ("_bad", "_bad_lines", "_delay", "_listed", "_outgoing", "_parser")

    def __init__(self, door: "NativeDoor", comer: Comer) -> None:
        self._parser = Parser(server=True)
        self._outgoing: Outgoing | None = None
        self._bad: Bucket | None = None
        self._bad_lines = 0  # that were refused under pressure
        self._delay: Timer | None = None
        self._listed = False  # the loop will call _go_on
        super().__init__(door, comer)

    def __repr__(self) -> str:
        return f"<NativePeer {self.address} {self.session!r} {self._stream!r} {self._parser!r}>"

    def received(self, data: bytes) -> None:
        """Bytes came (:class:`reactor.stream.Owner`)."""
        self._alive()
        self._spoke |= bool(data)
        self._parser.receive(data)
        self._serve()

    def flushed(self) -> None:
        """Some bytes left (:class:`reactor.stream.Owner`)."""
        if not (self._behind or self._outgoing or not self.listening):
            return  # nothing waited for this
        unread = self._unread_lines()
        self._note_backlog(unread)
        if unread <= self._door.settings["send-soft"]:
            self._soft_since = None
        if not self.listening and unread * _LOW_MARK <= self._door.settings["send-soft"]:
            self._serve_again()
        self._pump()

    def _pump(self) -> None:
        if self._outgoing is not None and not self.goodbye:
            self._outgoing.pump()

    def deliver(self, items: list[Item]) -> None:
        """Send what the hub staged for this connection; the turn is on disk."""
        if self._stream.state is not State.OPEN:
            return
        data = b"".join([i if isinstance(i, bytes) else i.encode() for i in items])
        if self.goodbye:
            self._stream.write(data)
            self._end()  # nothing may follow a BYE: no file is begun any longer
            return
        self._stream.write_now(data)
        if self._stream.is_blocked:
            self._judge_buffer()
        if self._stream.state is State.OPEN:  # it may have broken on the way
            self._direct_files(items)

    def deliver_shared(self, data: bytes) -> None:
        """The same of lines that many are sent: all of what is said here goes this way."""
        stream = self._stream
        if not stream.write_now(data) and stream.is_blocked:
            self._judge_buffer()

    def _direct_files(self, items: list[Item]) -> None:
        """Start and stop the downloads that were asked for in this turn."""
        asked = [item for item in items if isinstance(item, Download | StopDownload)]
        if asked:
            if self._outgoing is None:
                self._outgoing = Outgoing(self.downloads, self._stream, self._door.language)
                self._stream.refill = self._pump
            self._outgoing.direct(asked)

    def go_on(self) -> None:
        """Handle the lines that came while one was waiting for its answer."""
        self._note_hello()  # it may have been that one
        self._serve_again()

    def _serve(self) -> None:
        """Handle lines until the input ends, or the turn of this peer."""
        budget = self._door.settings.count("turn-lines")
        if not self._door.loop.crowded:
            budget *= _ALONE
        # What is staged meanwhile leaves at the end of the turn: the buffer does not grow here.
        taken = self._unread_lines() <= self._door.settings["send-soft"]
        while taken and self._may_go_on():
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
            if heavy or budget <= 0:
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
            self._delay is None
            and not self.goodbye
            and self.pending is None
            and self._stream.state is State.OPEN
        )

    def _note_hello(self) -> None:
        """Somebody who was a stranger may have become a person."""
        if self.session is not None and not self._parser.greeted:
            self._parser.greeted = True
            self._name = self.session.name
            self._door.admission.known(self.visit)
            self._door.journal.say("came", name=self._name, door=self.door, address=self.address,
                                   user=self.login)  # fmt: skip

    def _wait(self, *, waiting: bool) -> None:
        """Stop reading the socket while there is input that waits, or read it again."""
        self._stream.bulky = self.piece is not None
        if waiting == self.listening:
            self.listening = not waiting
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
        if not self._parser.greeted:
            self._note_hello()
        if frame.verb == "SEND":
            if self.piece is None:
                # A good one that wants no payload was answered before: however long, it goes.
                self._drop_payload(limited=not well)
            else:
                self._arm()
        if frame.verb in _CHARGED and self.session is not None:
            rate = door.settings["rate"]
            if rate:
                self._charge(self.session.bucket, rate, door.settings["rate-burst"])

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

    def _leave(self, reason: str) -> None:
        """No file goes out any longer, and no line waits."""
        if self._outgoing is not None:
            self._outgoing.close()
        if self._delay is not None:
            self._delay.cancel()
        super()._leave(reason)
