"""The plain door: telnet, nc, and programs for which one ``recv`` is one message.

The named kind is asked ``user?``; the first thing that comes is the name. The other kind is greeted
and has a name made of its port. What follows is talk; a message ends at LF, or when nothing has
come for ``plain-silence`` seconds, because many such programs send no line end. Every message out
ends with LF.
"""

import contextlib
import socket
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from reactor.doors import sockets
from reactor.doors.admission import Admission, Visit
from reactor.doors.guest import GuestPeer, House
from reactor.doors.tongue import UNKNOWN, USER_QUESTION, WELCOME
from reactor.hub import guests
from reactor.hub.banning import why
from reactor.hub.pace import Bucket
from reactor.log.records import Ban
from reactor.loop import Timer
from reactor.stream import Stream
from wire.errors import BYES, ERRORS
from wire.grammar import LINE_BYTES, fold
from wire.parser import Frame

NAMED: Final = "plain"
NAMELESS: Final = "plain-welcome"
"""The two kinds, as WHO shows them."""
KEEPALIVE: Final[Mapping[int, int]] = {
    socket.TCP_KEEPIDLE: 60,
    socket.TCP_KEEPINTVL: 15,
    socket.TCP_KEEPCNT: 4,
}
"""tcp(7): who is gone without a word is noticed by the kernel; such programs answer no PING."""
SLOW: Final = "slow-reader"
_MOVE: Final = "move"
"""The tag of the JOIN by which a guest goes into another room."""


class Stage(Enum):
    """How far a guest has come."""

    ASKED = "the name is awaited"
    IN = "it talks"
    OUT = "it ends"


class Command(NamedTuple):
    """What people on nc may ask for: the line of the wire that it means, and its least words."""

    line: str
    words: int


COMMANDS: Final[Mapping[str, Command]] = {
    "/join": Command(f"={_MOVE} JOIN {{spaced}}", 1),
    "/who": Command("NAMES {room}", 0),
    "/msg": Command("SAY @{rest}", 2),
    "/quit": Command("QUIT {rest}", 0),
}
"""``rest`` is what stands behind the command, ``spaced`` its words with one space between them,
``room`` where the guest is."""
_BLANKS: Final = b" \t\r"


class PlainDoor:
    """One listening port of the plain door; while ``full`` says so, nobody is let in."""

    def __init__(
        self, house: House, kind: str, full: Callable[[], bool], admission: Admission
    ) -> None:
        self.house = house
        self.kind = kind
        self._full = full
        self.admission = admission
        self._peers: set[PlainPeer] = set()

    @property
    def farewell(self) -> bytes:
        """What somebody hears for whom there is no place."""
        return self._goodbye("full")

    @property
    def count(self) -> int:
        """Guests that are here, or going."""
        return len(self._peers)

    def accept(self, sock: socket.socket) -> None:
        """Somebody came."""
        ban = guests.ban_of(self.house.hub, sockets.shown(sock, peer=True))
        visit = None
        if ban is None and not self._full():
            visit = self.admission.enter(sockets.host(sock), None)
        if visit is None:
            self.house.hub.counters.add("turned-away")
            with contextlib.suppress(OSError), sock:
                sock.settimeout(0)
                sock.send(self._goodbye("full") if ban is None else self._banned(ban))
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE.items():
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        self._peers.add(PlainPeer(self, sock, visit))

    def _goodbye(self, word: str, details: str = "") -> bytes:
        words = BYES[word].say(self.house.tongue.language)
        return f"! {words}{details and ': '}{details}\n".encode()

    def _banned(self, ban: Ban) -> bytes:
        return self._goodbye("banned", why(ban, self.house.tongue.language))

    def forget(self, peer: "PlainPeer") -> None:
        """``peer`` is closed."""
        if peer in self._peers:
            self._peers.remove(peer)
            self.admission.leave(peer.visit)

    def close_all(self, word: str) -> None:
        """Say goodbye to everybody."""
        for peer in list(self._peers):
            self.house.hub.bid_farewell(peer, word)

    def cut_all(self) -> None:
        """Close whatever is still open, without a word."""
        for peer in list(self._peers):
            peer.abort("")


class PlainPeer(GuestPeer):
    """One program at the plain door."""

    __slots__ = ("_bucket", "_delay", "_door", "_ended", "_lines", "_listed", "_moving", "_rest",
                 "_room", "_silence", "_skipping", "_stage", "_stream", "_watch",
                 "visit")  # fmt: skip

    def __init__(self, door: PlainDoor, sock: socket.socket, visit: Visit) -> None:
        address = sockets.shown(sock, peer=True)
        super().__init__(door.house, door.kind, address, hears_itself=door.kind == NAMED)
        self.visit = visit
        self._door = door
        self._bucket = Bucket()
        self._room = door.house.room
        self._rest = b""  # of a message that has not ended
        self._skipping = False  # the message that comes is too long
        self._lines: deque[bytes] = deque()  # messages that wait
        self._ended = False  # it will send no more
        self._listed = False  # the loop will call _go_on
        self._moving = False  # between /join and its answer
        self._delay: Timer | None = None
        self._silence: Timer | None = None
        self._watch: Timer | None = None
        self._stage = Stage.ASKED
        self._stream = Stream(door.house.loop, sock, self)
        if door.kind == NAMED:
            self._stream.write(USER_QUESTION)
            self._watch = self._later("login-timeout", self._too_late)
        else:
            self.tell(WELCOME)
            self._come_in(f"tamu-{address.rpartition(':')[2]}")

    @property
    def room(self) -> str:
        """See :class:`GuestPeer`; ``/join`` goes into another one."""
        return self._room

    @property
    def queued(self) -> int:
        """Bytes that it has not taken (:class:`reactor.hub.stage.Peer`)."""
        return self._stream.queued

    def received(self, data: bytes) -> None:
        """Bytes came (:class:`reactor.stream.Owner`)."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        self._ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines and self._skipping:
            self._skipping = False
            del lines[0]
        self._queue(lines)
        if self._skipping:
            self._rest = b""
        elif len(self._rest) > LINE_BYTES:
            self._rest = b""
            self._skipping = True
            words = "! " + ERRORS["too-long"].say(self.house.tongue.language)
            (self.tell if self._stage is Stage.ASKED else self.remark)(words)
        if self._ended:
            self._cut_message()
        self._serve()

    def _queue(self, lines: list[bytes]) -> None:
        """Let messages wait. An empty one is nothing, but in the place of a name it is a bad one.

        They are sorted out here: a megabyte of LFs must not cost a turn for every few of them.
        """
        if self._stage is Stage.ASKED and lines and not self._lines:
            self._lines.append(lines.pop(0))
        self._lines.extend(line for line in lines if line.strip(_BLANKS))

    def flushed(self) -> None:
        """Some bytes left (:class:`reactor.stream.Owner`)."""
        self._judge_buffer()

    def blocked(self) -> None:
        """It does not read: watch it (:class:`reactor.stream.Owner`)."""
        self._judge_buffer()
        if self._watch is None and self._stage is not Stage.OUT:
            self._watch = self._later("send-progress", self._slow)

    def lost(self, reason: str) -> None:
        """The socket is closed (:class:`reactor.stream.Owner`)."""
        for timer in (self._delay, self._silence, self._watch):
            if timer is not None:
                timer.cancel()
        self.house.backlog.note(self, 0)
        self._stage = Stage.OUT
        self.leave(reason or self.goodbye)
        self._door.forget(self)

    def tell(self, line: str) -> None:
        """See :class:`GuestPeer`."""
        # Behind the question, which has no LF, nothing stands on the same line.
        glued = self._stage is Stage.ASKED and self._door.kind == NAMED
        self._stream.write((f"\n{line}\n" if glued else f"{line}\n").encode())
        self._judge_buffer()

    def end(self) -> None:
        """See :class:`GuestPeer`."""
        self._stage = Stage.OUT
        self._stream.finish(self.house.settings["linger"])
        self.leave(self.goodbye)

    def abort(self, reason: str) -> None:
        """Cut the connection (:class:`reactor.hub.stage.Peer`)."""
        self._stream.abort(reason)

    def hear(self, frame: Frame) -> None:
        """See :class:`GuestPeer`; the answer to ``/join`` moves it."""
        super().hear(frame)
        if frame.tag != _MOVE:
            return
        if frame.verb == "NAMES":
            former, self._room = self._room, frame.args[0]
            if fold(former) != fold(self._room):
                self.house.hub.happen(lambda: guests.go_out(self.house.hub, self, former))
        elif frame.verb in {"OK", "ERR"}:
            self._moving = False
            self._serve_again()

    def _serve(self) -> None:
        """Handle the messages that wait, as many as a turn and its pace allow."""
        budget = self.house.settings.count("turn-lines")
        while self._lines and self._may_go_on():
            if not budget and self.house.loop.crowded:
                self._serve_again()
                break
            budget -= 1
            self._take(self._lines.popleft())
        if self._stage is Stage.OUT:
            return
        if self._lines:
            self._stream.pause()
            return
        self._stream.resume()
        if self._ended and not self.goodbye:
            self.house.hub.bid_farewell(self, "quit")
        elif (self._rest or self._skipping) and self._silence is None:
            # Silence counts only while we listen: what is unread may be the rest of the message.
            self._silence = self._later("plain-silence", self._silent)

    def _may_go_on(self) -> bool:
        """Whether the next message may be taken: not while it goes into another room."""
        free = self._delay is None and not self._moving
        return free and self._stage is not Stage.OUT and not self.goodbye

    def _serve_again(self) -> None:
        if not self._listed:
            self._listed = True
            self.house.loop.again(self._go_on)

    def _go_on(self) -> None:
        self._listed = False
        self._serve()

    def _take(self, line: bytes) -> None:
        """One message."""
        text = self.house.text(line.removesuffix(b"\r"))
        if self._stage is Stage.ASKED:
            self._come_in(text.strip())
        elif not text.strip():
            return
        elif self._door.kind == NAMED and text.startswith("/"):
            self._command(text.strip())
        else:
            self._charge()
            self.say(text)

    def _come_in(self, wanted: str) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._stage = Stage.IN
        self._door.admission.known(self.visit)
        ban = guests.ban_of(self.house.hub, "", wanted)
        if ban is not None:
            self.house.hub.bid_farewell(self, "banned", why(ban, self.house.hub.language))
        else:
            self.enter(wanted)

    def _command(self, text: str) -> None:
        self._charge()
        word, _, rest = text.partition(" ")
        words = rest.split()
        command = COMMANDS.get(word.lower())
        if command is None or len(words) < command.words:
            self.remark(UNKNOWN.say(self.house.tongue.language).format(word))
            return
        line = command.line.format(rest=rest.strip(), spaced=" ".join(words), room=self._room)
        went_well = self.speak(line.rstrip(" "))
        self._moving = went_well and command.line.startswith(f"={_MOVE} ")

    def _charge(self) -> None:
        """Take a token; without one the next message waits until there is one."""
        rate, burst = self.house.settings["rate"], self.house.settings["rate-burst"]
        if rate:
            wait = self._bucket.take(self.house.loop.now, rate, burst)
            if wait > 0 and self._delay is None:
                self._delay = self.house.loop.later(wait, self._delay_over)

    def _delay_over(self) -> None:
        self._delay = None
        self._serve_again()

    def _silent(self) -> None:
        """Nothing came for a while: what is here is a message."""
        self._silence = None
        self._cut_message()
        self._serve_again()

    def _cut_message(self) -> None:
        if self._rest:
            self._lines.append(self._rest)
        self._rest = b""
        self._skipping = False

    def _judge_buffer(self) -> None:
        """Close over what it does not read; much at once is not yet a slow reader."""
        waiting = self._stream.queued if self._stream.is_blocked else 0
        if waiting > self.house.settings["send-hard"]:
            self.abort(SLOW)
        else:
            self.house.backlog.note(self, waiting)

    def close_slow(self) -> None:
        """See :class:`reactor.doors.backlog.Behind`."""
        self.abort(SLOW)

    def _slow(self) -> None:
        self._watch = None
        progress = self._stream.progress_at + self.house.settings["send-progress"]
        if self._stream.is_blocked and self.house.loop.now >= progress:
            self.abort(SLOW)
        elif self._stream.is_blocked:
            self._watch = self.house.loop.later(progress - self.house.loop.now, self._slow)

    def _too_late(self) -> None:
        self._watch = None
        self.tell("! " + BYES["timeout"].say(self.house.tongue.language))
        self._stage = Stage.OUT
        self._stream.finish(self.house.settings["linger"])

    def _later(self, limit: str, call: Callable[[], object]) -> Timer:
        return self.house.loop.later(self.house.settings[limit], call)
