"""One connection at a time: connect, notice silence, come back by itself with back-off.

The states are a table. Host names were looked up before the loop began: a reconnect uses the
addresses found then, because a name server that is slow would stop the screen.
"""

import errno
import os
import random
import socket
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from curses_client.connecting import CUT, is_tls, outcome
from curses_client.reasons import HUNG_UP, SPEAKS_TLS
from curses_client.tap import Tap, raw_line
from reactor.loop import WRITE, Channel, Loop, Timer
from reactor.sockdiag import server_account
from reactor.stream import State as StreamState
from reactor.stream import Stream
from wire.parser import ENDED, NEED_DATA, Frame, Parser, Payload, Refused

if TYPE_CHECKING:
    from curses_client.secure import Security

CONNECT_SECONDS: Final = 5.0
"""So long one address may take to answer before the next is tried."""
PING_SECONDS: Final = 15.0
"""Silence after which the server is asked whether it is there."""
SILENT_SECONDS: Final = 30.0
"""Silence after which the connection counts as lost."""
BACKOFF_FIRST: Final = 1.0
BACKOFF_LAST: Final = 30.0
LINES_A_TURN: Final = 100
"""So many lines are handled before the keyboard is looked at again (about 2 ms)."""
_JITTER: Final = 0.2
"""The wait is up to so much shorter or longer: a thousand clients must not return at once."""
_LINGER: Final = 1.0


class Address(NamedTuple):
    """Where a server may be: a family, what ``connect`` takes, and how people write it."""

    family: int
    where: str | tuple[object, ...]
    shown: str


class Status(Enum):
    """What the link is doing."""

    CONNECTING = "connecting"
    UP = "connected"
    WAITING = "waiting before the next try"
    ENDED = "ended for good"


class Step(Enum):
    """What moves it on."""

    CONNECTED = "an address answered"
    FAILED = "no address answered, or the connection was lost"
    RETRY = "the wait is over"
    END = "it shall not come back"


TRANSITIONS: Final[Mapping[tuple[Status, Step], Status]] = {
    (Status.CONNECTING, Step.CONNECTED): Status.UP,
    (Status.CONNECTING, Step.FAILED): Status.WAITING,
    (Status.CONNECTING, Step.END): Status.ENDED,
    (Status.UP, Step.FAILED): Status.WAITING,
    (Status.UP, Step.END): Status.ENDED,
    (Status.WAITING, Step.RETRY): Status.CONNECTING,
    (Status.WAITING, Step.END): Status.ENDED,
    (Status.ENDED, Step.END): Status.ENDED,
}


class Listener(Protocol):
    """Who uses the link."""

    def link_up(self) -> None:
        """A connection is there; say HELLO."""

    def link_frame(self, frame: Frame) -> None:
        """A line came."""

    def link_payload(self, data: bytes) -> None:
        """Bytes behind a SEND line came."""

    def link_flushed(self) -> None:
        """Bytes left; ``link.queued`` tells how many wait."""

    def link_down(self, reason: str) -> None:
        """The connection is lost, or there was none; ``link.retry_at`` tells what follows."""

    def link_untrusted(self, why: str) -> None:
        """The server's certificate is not accepted; the link has ended."""


class Link:
    """The connection to one server at any of ``addresses``; ``security``: over TLS."""

    def __init__(
        self,
        loop: Loop,
        addresses: Sequence[Address],
        listener: Listener,
        chance: Callable[[], float] = random.random,
        security: "Security | None" = None,
    ) -> None:
        self.status = Status.CONNECTING
        self.retry_at = 0.0
        self.address = addresses[0]
        self.tap: Tap | None = None
        self.account: int | None = None  # see server_account
        self.lag = 0.0  # seconds that the server took to give a sign when it was asked last
        self._loop = loop
        self._addresses = addresses
        self._listener = listener
        self._chance = chance
        self.security = security
        self._untried = list(addresses)
        self._socket: socket.socket | None = None
        self._channel: Channel | None = None
        self._stream: Stream | None = None
        self._ending: Stream | None = None
        self._parser = Parser(server=False)
        self._timer: Timer | None = None
        self._heard = 0.0
        self._dumb = True  # nothing came on this connection yet
        self._asked: float | None = None  # when we asked whether the server is there
        self._backoff = BACKOFF_FIRST

    def start(self) -> None:
        """Begin to connect."""
        self._untried = list(self._addresses)
        self._try_next("")

    def send(self, verb: str, *args: str, tag: str | None = None, payload: bytes = b"") -> None:
        """Send one line; raises :class:`wire.grammar.Refusal` when it does not fit the wire."""
        data = self._parser.send(verb, *args, tag=tag)
        if self._stream is not None:
            if self.tap is not None:
                self.tap.line(data, outgoing=True)
                if payload:
                    self.tap.payload(len(payload), outgoing=True)
            self._stream.write(data)
            self._stream.write(payload)

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent."""
        return self._stream.queued if self._stream is not None else 0

    def greeted(self) -> None:
        """The server took us in: the next wait begins small again."""
        self._backoff = BACKOFF_FIRST

    def renew(self) -> None:
        """Do not wait any longer; a connection that is there is given up for a new one."""
        if self.status is Status.UP:
            self.drop("")
        if self.status is Status.WAITING:
            self._retry()

    def drop(self, reason: str) -> None:
        """Give this connection up, and come back after a while."""
        if self.status in {Status.CONNECTING, Status.UP}:
            self._let_go()
            self._wait(reason)

    def end(self) -> None:
        """Send what is queued, and come back no more."""
        self._move(Step.END)
        self._set_timer(None)
        if self._stream is not None:
            if self.tap is not None:
                self.tap.down("")
            self._ending, self._stream = self._stream, None
            self._ending.finish(_LINGER)  # where the link is broken already, this ends it at once
        self._close_socket()

    @property
    def closed(self) -> bool:
        """Whether it has ended, and all that was said before has left."""
        gone = self._ending is None or self._ending.state is StreamState.CLOSED
        return self.status is Status.ENDED and gone

    def received(self, data: bytes) -> None:
        """Bytes came (:class:`reactor.stream.Owner`)."""
        self._heard = self._loop.now
        if self._asked is not None:
            self.lag = self._heard - self._asked
            self._asked = None
        if data:
            first, self._dumb = self._dumb, False
            if first and self.security is None and is_tls(data):
                self.drop(SPEAKS_TLS)
                return
        self._parser.receive(data)
        self._serve()

    def _serve(self) -> None:
        """Handle what came, at most LINES_A_TURN lines of it: a key must not wait for the rest."""
        lines = 0
        while self._stream is not None:
            if lines >= LINES_A_TURN:
                self._stream.pause()
                self._loop.again(self._go_on)
                return
            event = self._parser.next_event()
            if event is NEED_DATA:
                return
            lines += 1
            if event is ENDED:
                self.drop(self._why_ended(""))
            elif isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Payload):
                if self.tap is not None:
                    self.tap.payload(len(event.data), outgoing=False)
                self._listener.link_payload(event.data)
            elif isinstance(event, Refused):
                self._refuse(event)

    def _go_on(self) -> None:
        if self._stream is not None:
            self._stream.resume()
            self._serve()

    def flushed(self) -> None:
        """Bytes left (:class:`reactor.stream.Owner`)."""
        self._listener.link_flushed()

    def blocked(self) -> None:
        """The server reads slowly (:class:`reactor.stream.Owner`): silence will tell more."""

    def lost(self, reason: str) -> None:
        """The socket is closed (:class:`reactor.stream.Owner`)."""
        if self._stream is not None:
            self._stream = None
            if self.status is Status.UP:
                self._wait(self._why_ended(reason))
            elif not self._distrusted():
                self._try_next(reason)

    def on_ready(self, mask: int) -> None:
        """A connect is over, well or badly (the loop calls this)."""
        del mask
        sock = self._socket
        if sock is not None:
            error = outcome(sock)
            if error:
                self._close_socket()
                self._try_next(os.strerror(error))
            else:
                self._connected(sock)

    def _refuse(self, refused: Refused) -> None:
        if self.tap is not None:
            self.tap.refused(refused)
        if refused.fatal:
            # No server of ours says that, and after it nothing can be understood.
            self.drop(os.strerror(errno.EPROTO))

    def _take(self, frame: Frame) -> None:
        if self.tap is not None:
            self.tap.line(raw_line(frame), outgoing=False)
        if frame.verb == "PING":
            self.send("PONG", *frame.args)
        else:
            self._listener.link_frame(frame)

    def _why_ended(self, reason: str) -> str:
        """``reason``, or that a network port heard our HELLO and said nothing, as TLS may do."""
        plain = self.security is None and self.address.family != socket.AF_UNIX
        return HUNG_UP if plain and self._dumb and reason in CUT else reason

    def _try_next(self, reason: str) -> None:
        """Try the next address, or wait when none is left."""
        if not self._untried:
            self._wait(reason)
            return
        self.address = self._untried.pop(0)
        try:
            self._begin_connect()
        except OSError as error:
            self._close_socket()
            self._try_next(error.strerror or str(error))

    def _begin_connect(self) -> None:
        """Begin to connect to :attr:`address`; raises OSError where even that cannot be done."""
        self._socket = sock = socket.socket(self.address.family, socket.SOCK_STREAM)
        sock.settimeout(0)
        error = sock.connect_ex(self.address.where)
        # EAGAIN is a failure: unlike EINPROGRESS, a UNIX socket that says it is not connecting.
        if error not in {0, errno.EINPROGRESS}:
            raise OSError(error, os.strerror(error))
        self._channel = self._loop.watch(sock.fileno(), self, WRITE)
        self._set_timer(CONNECT_SECONDS, self._connect_timed_out)

    def _connect_timed_out(self) -> None:
        self._close_socket()
        self._try_next(os.strerror(errno.ETIMEDOUT))

    def _connected(self, sock: socket.socket) -> None:
        if self._channel is not None:
            self._loop.unwatch(self._channel)
        self._channel = self._socket = None
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._set_timer(None)
        self.account = server_account(sock)
        if self.security is None:
            self._stream = Stream(self._loop, sock, self)
            self._up()
        else:
            self._stream = self.security.stream(self._loop, sock, self, self._secured)

    def _secured(self) -> None:
        """The TLS handshake is done: nothing was said yet."""
        if self._stream is not None and not self._distrusted():
            self._up()

    def _distrusted(self) -> bool:
        """Whether the server's certificate is not accepted; if so, this is the end."""
        why = self.security.refusal() if self.security is not None else ""
        if why:
            self._let_go()
            self.end()
            self._listener.link_untrusted(why)
        return bool(why)

    def _up(self) -> None:
        self._parser = Parser(server=False)
        self._dumb = True
        self._heard = self._loop.now
        self._asked = None
        self._move(Step.CONNECTED)
        self._set_timer(PING_SECONDS, self._watch_silence)
        if self.tap is not None:
            self.tap.up(self.address.shown)
        self._listener.link_up()

    def _watch_silence(self) -> None:
        """The timer belongs to this connection: the next one starts its own.

        Nobody is given up unasked, not even when we were stopped ourselves (Ctrl+Z) for so long.
        """
        now = self._loop.now
        patience = SILENT_SECONDS - PING_SECONDS
        due = self._heard + PING_SECONDS if self._asked is None else self._asked + patience
        if due <= now and self._asked is not None:
            self.drop(os.strerror(errno.ETIMEDOUT))
            return
        if due <= now:
            self._asked = now
            self.send("PING", "client")
            due = now + patience
        self._set_timer(due - now, self._watch_silence)

    def _wait(self, reason: str) -> None:
        wait = self._backoff * (1 + _JITTER * (2 * self._chance() - 1))
        self._backoff = min(BACKOFF_LAST, 2 * self._backoff)
        self.retry_at = self._loop.now + wait
        self._move(Step.FAILED)
        self._set_timer(wait, self._retry)
        if self.tap is not None:
            self.tap.down(reason)
        self._listener.link_down(reason)

    def _retry(self) -> None:
        self._set_timer(None)
        self._move(Step.RETRY)
        self.start()

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
        self._close_socket()

    def _close_socket(self) -> None:
        if self._socket is not None:
            if self._channel is not None:
                self._loop.unwatch(self._channel, self._socket.close)
            else:
                self._socket.close()
        self._channel = self._socket = None

    def _set_timer(self, delay: float | None, call: Callable[[], object] | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if delay is None or call is None else self._loop.later(delay, call)

    def _move(self, step: Step) -> None:
        self.status = TRANSITIONS[self.status, step]
