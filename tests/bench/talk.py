"""One talker and one room: messages with running numbers, and the proof that all came to all.

``window`` messages are in flight: how many have come back is told by the first member. With a
window of one the next message leaves when *everybody* has the one before, so that its time is that
of the last member. After the clock has stopped the stream that everybody was told (see ``load``)
is read message by message.
"""

import re
import time
from dataclasses import dataclass
from typing import Final

from tests.bench.load import Crowd, LostError
from tests.bench.systems.system import System

TEXT_BYTES: Final = 64
DIGITS: Final = 12
FILLER: Final = b"x" * (TEXT_BYTES - DIGITS)
MARK: Final = b"m" * TEXT_BYTES
"""What is said once before anything is measured: who has it as the last has all that was before."""
RETRY_SECONDS: Final = 0.001
"""How soon a talker whose socket is full tries again."""


@dataclass(frozen=True)
class Talk:
    """What one talk gave: seconds of wall time, and each message's time to its last member."""

    messages: int
    seconds: float
    trips: tuple[float, ...] = ()


def text(number: int) -> bytes:
    """The words of a message: 64 bytes."""
    return b"%0*d%b" % (DIGITS, number, FILLER)


def settle(crowd: Crowd, system: System, room: str) -> None:
    """Wait until everybody is in the room and has been told all that was before."""
    crowd.read_for(system.quiet_after)
    crowd.send(system.say(room, MARK))
    crowd.wait_for(MARK + system.end)


def flow(crowd: Crowd, system: System, room: str, window: int, seconds: float) -> Talk:
    """Keep ``window`` messages in flight for so long, then wait until everybody has them all."""
    crowd.begin()
    sent = 0
    out = b""
    started = time.perf_counter()
    end = started + seconds
    while time.perf_counter() < end or out:
        wanted = crowd.first_lines // system.lines + window - sent
        if wanted > 0 and not out:
            out = b"".join(system.say(room, text(sent + n)) for n in range(wanted))
            sent += wanted
        if out:
            out = out[crowd.send(out) :]
        crowd.pump(RETRY_SECONDS if out else crowd.patience, must=not out)
    while not crowd.has_all(sent * system.lines):
        crowd.pump(crowd.patience)
    talk = Talk(sent, time.perf_counter() - started)
    _finish(crowd, system, room, sent)
    return talk


def one_by_one(crowd: Crowd, system: System, room: str, seconds: float) -> Talk:
    """One message in flight for so long: its time, from the send until the last member has it."""
    crowd.begin()
    trips: list[float] = []
    started = at = time.perf_counter()
    while at < started + seconds:
        out = system.say(room, text(len(trips)))
        while out := out[crowd.send(out) :]:
            crowd.pump(RETRY_SECONDS, must=False)
        while not crowd.has_all((len(trips) + 1) * system.lines):
            crowd.pump(crowd.patience)
        now = time.perf_counter()
        trips.append(now - at)
        at = now
    talk = Talk(len(trips), at - started, tuple(trips))
    _finish(crowd, system, room, len(trips))
    return talk


def _finish(crowd: Crowd, system: System, room: str, messages: int) -> None:
    """Say one more, behind which nothing may come, and read all; :class:`LostError` if not so."""
    crowd.send(system.say(room, text(messages)))
    while not crowd.has_all((messages + 1) * system.lines):
        crowd.pump(crowd.patience)
    check(bytes(crowd.stream), system, messages + 1)


def check(stream: bytes, system: System, messages: int) -> None:
    """Raise :class:`LostError` unless ``stream`` is these messages, whole, in order, no more."""
    *told, rest = stream.split(FILLER + system.end)
    whole = re.compile(b"(?:" + system.head.pattern + b")([0-9]{%d})" % DIGITS)
    for number, piece in enumerate(told):
        match = whole.fullmatch(piece)
        if match is None:
            raise LostError(f"instead of message {number} there was {piece!r}")
        if int(match[1]) != number:
            raise LostError(f"message {int(match[1])} came where {number} was due")
    if rest or len(told) != messages:
        raise LostError(f"{len(told)} of {messages} messages came, and behind them {rest!r}")
