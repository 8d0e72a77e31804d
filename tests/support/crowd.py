"""Many programs of each kind and many native clients in one room, driven by one select loop.

Each speaker says its numbered messages one at a time: the next one only when the witness, a native
client, has been told of the one before. Otherwise a program that sends no line ends could run two
of its own messages into one, and nobody could be blamed for it. A datagram may be lost on its
way in: it is waited for only so long.
"""

import contextlib
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.support.closing import Closing
from tests.support.hearing import Hearing, judge
from tests.support.raw import member as joined
from tests.support.server import ServerProcess
from tests.support.students import KINDS, PATIENCE, READ_BYTES, Kind, Student, Talk, shown

ROOM: Final = "#lab"
MARK: Final = "kata-"
"""In every message that counts."""
LAST: Final = f"{MARK}selesai-0"
LOST_SECONDS: Final = 2.0
"""A datagram that the witness has not been told of by then is waited for no longer."""
QUIET_SECONDS: Final = 3.0
"""So long after the end a datagram may still be on its way."""
TURN_SECONDS: Final = 0.05
NATIVE: Final = Kind("", "native", guest="{name}", hears_itself=True)


class Native:
    """One native client, with the methods of a :class:`Student`."""

    kind: Final = NATIVE

    def __init__(self, port: int, name: str) -> None:
        self.guest = name
        self._raw = joined(port, name, ROOM)
        self._raw.sock.setblocking(False)  # noqa: FBT003 - that is its signature
        self._rest = self._raw.buffer
        self.joined: set[str] = set()
        self.talk: list[Talk] = []

    def fileno(self) -> int:
        """What becomes readable when it is told something."""
        return self._raw.sock.fileno()

    def say(self, text: str) -> None:
        """Say it in the room."""
        self._raw.say(f"SAY {ROOM} {text}")

    def read(self) -> bool:
        """Take what has come, without waiting; False when the server has closed."""
        try:
            data = self._raw.sock.recv(READ_BYTES)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            words = line.decode().split(" ", 5)
            if words[0] == "MSG":
                self.talk.append(Talk(words[4], words[5]))
            elif words[0] == "JOINED":
                self.joined.add(words[3])
        return bool(data)

    def heard(self, mark: str = "") -> list[str]:
        """The talk that has ``mark`` in it, as foreign programs are shown it."""
        return [talk.line for talk in self.talk if mark in talk.text]

    def close(self) -> None:
        """Go."""
        self._raw.close()


Member = Native | Student


@dataclass
class Speaker:
    """One who speaks: what it waits for, and when it is its turn again (monotonic seconds)."""

    member: Member
    label: str
    due: float
    number: int = 0
    said_at: float = 0.0
    waiting: str = ""

    def is_free(self) -> bool:
        """Whether what it said last has been told, or is waited for no longer."""
        may_be_lost = not self.member.kind.is_stream
        return not self.waiting or (may_be_lost and time.monotonic() > self.said_at + LOST_SECONDS)


@dataclass(frozen=True)
class Report:
    """What a run gave. ``told``: messages that the server gave out; ``heard``: by all together."""

    told: int
    heard: int
    source: Hearing
    """What the witness was told judged against what was said, speaker by speaker."""
    lost_in: tuple[str, ...]
    """What of ``source.missing`` was said by datagram."""
    ended: tuple[str, ...]
    """Whom the server closed, and programs that broke."""
    streams: dict[str, Hearing]
    datagrams: dict[str, Hearing]

    @property
    def lost_out(self) -> int:
        """What was told and did not come to the listeners by UDP and multicast."""
        return sum(len(hearing.missing) for hearing in self.datagrams.values())

    @property
    def faults(self) -> list[str]:
        """What must not be: a datagram may be lost or overtaken, but it does not come twice."""
        missing = tuple(line for line in self.source.missing if line not in self.lost_in)
        judged = {"the server": self.source._replace(missing=missing), **self.streams}
        for who, hearing in self.datagrams.items():
            judged[who] = hearing._replace(missing=(), disordered=())
        return [f"{who} ended" for who in self.ended] + [
            f"{who}, {what}: {line}"
            for who, hearing in judged.items()
            for what, lines in hearing._asdict().items()
            for line in lines
        ]


class Crowd(Closing):
    """``each`` programs of every kind and ``natives`` native clients, all in the room."""

    def __init__(self, server: ServerProcess, each: int, natives: int) -> None:
        self._server = server
        self._stack = contextlib.ExitStack()
        self._selector = self._stack.enter_context(selectors.DefaultSelector())
        self._members: dict[str, Member] = {}
        self._ended: list[str] = []
        self._said: list[Talk] = []
        self._taken = 0
        self._untold: dict[str, Speaker] = {}
        """Who said what the witness has not been told of."""
        try:
            self._witness = self._native("saksi")
            for number in range(natives):
                self._native(f"asli{number}")
            self._students(each)
        except BaseException:
            self._stack.close()
            raise

    def run(self, seconds: float, pause: float) -> Report:
        """Talk for so long, each speaker every ``pause`` seconds or slower; then judge."""
        begun = time.monotonic()
        speaking = {who: one for who, one in self._members.items() if one.kind.speaks}
        speakers = [
            Speaker(one, who, begun + pause * number / len(speaking))
            for number, (who, one) in enumerate(speaking.items())
        ]
        while time.monotonic() < begun + seconds:
            for speaker in speakers:
                self._let_speak(speaker, pause)
            self._turn()
        self._until(lambda: all(speaker.is_free() for speaker in speakers))
        self._say(self._witness, LAST)
        listeners = {who: one for who, one in self._members.items() if one.kind.hears}
        streams = [one for one in listeners.values() if one.kind.is_stream]
        self._until(lambda: all(one.heard(LAST) for one in streams))
        self._until(lambda: all(one.heard(LAST) for one in listeners.values()), QUIET_SECONDS)
        return self._report(listeners)

    def close(self) -> None:
        """End all of them."""
        self._stack.close()

    def _native(self, name: str) -> Native:
        native = Native(self._server.port, name)
        self._take_in(name, native)
        return native

    def _students(self, each: int) -> None:
        """Start all at once, then wait until the witness knows them."""
        students = []
        for name in (f"{kind}{number}" for number in range(each) for kind in KINDS):
            student = Student(name.rstrip("0123456789"), self._server.doors, name)
            self._take_in(name, student)
            students.append(student)
        for student in students:
            self._make_known(student)

    def _take_in(self, name: str, member: Member) -> None:
        self._stack.callback(member.close)
        self._selector.register(member, selectors.EVENT_READ, name)
        self._members[name] = member

    def _make_known(self, student: Student) -> None:
        student.enter()
        known = True
        if student.kind.is_stream:
            known = self._until(lambda: student.guest in self._witness.joined)
        elif student.kind.speaks:  # without a connection, nobody knows it before it has spoken
            hello = f"hadir {student.name}"
            student.say(hello)
            known = self._until(lambda: bool(self._witness.heard(hello)))
        assert known, f"{student.guest} is not in the room: {student.heard()} {student.errors()}"

    def _let_speak(self, speaker: Speaker, pause: float) -> None:
        now = time.monotonic()
        if now < speaker.due or not speaker.is_free():
            return
        speaker.number += 1
        speaker.waiting = f"{MARK}{speaker.label}-{speaker.number}"
        speaker.said_at, speaker.due = now, now + pause
        self._untold[speaker.waiting] = speaker
        self._say(speaker.member, speaker.waiting)

    def _say(self, member: Member, text: str) -> None:
        self._said.append(Talk(member.guest, text))
        with contextlib.suppress(AssertionError, OSError):  # it has ended: the report tells
            member.say(text)

    def _turn(self) -> None:
        for key, _ in self._selector.select(TURN_SECONDS):
            member: Member = self._members[key.data]
            try:
                lives = member.read()
            except ConnectionError:
                lives = False
            if not lives:
                self._selector.unregister(member)
                self._ended.append(key.data)
        for talk in self._witness.talk[self._taken :]:
            told = self._untold.pop(talk.text, None)
            if told is not None and told.waiting == talk.text:
                told.waiting = ""
        self._taken = len(self._witness.talk)

    def _until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Turn until ``condition`` holds; whether it does."""
        deadline = time.monotonic() + patience
        while not (holds := condition()) and time.monotonic() < deadline:
            self._turn()
        return holds

    def _report(self, listeners: dict[str, Member]) -> Report:
        told = [talk for talk in self._witness.talk if MARK in talk.text]
        said = [talk.line for talk in self._said]
        source = judge([talk.line for talk in told], said, lane=_speaker_of)
        by_datagram = {
            one.guest
            for one in self._members.values()
            if one.kind.speaks and not one.kind.is_stream
        }
        heard = {who: one.heard(MARK) for who, one in listeners.items()}
        judged = {
            who: judge(heard[who], self._expected(one, told), lane=_lane(one))
            for who, one in listeners.items()
        }
        return Report(
            told=len(told),
            heard=sum(map(len, heard.values())),
            source=source,
            lost_in=tuple(x for x in source.missing if x.partition(": ")[0] in by_datagram),
            ended=tuple(self._ended),
            streams={who: x for who, x in judged.items() if listeners[who].kind.is_stream},
            datagrams={who: x for who, x in judged.items() if not listeners[who].kind.is_stream},
        )

    def _expected(self, listener: Member, told: list[Talk]) -> list[str]:
        """What it should have shown; at the group, senders are heard without the server."""
        kind = listener.kind
        others = [t for t in told if kind.hears_itself or t.who != listener.guest]
        if kind.door != "multicast":
            return [shown(kind, talk) for talk in others]
        around = [talk.text for talk in self._said if shown(kind, talk) == talk.text]
        return [line for t in others if (line := shown(kind, t)) != t.text] + around


def _speaker_of(line: str) -> str:
    return line.rpartition("-")[0]


def _lane(listener: Member) -> Callable[[str], str]:
    """Within what there is an order: all, but senders of a group are heard around the server."""
    if listener.kind.door != "multicast":
        return lambda _: ""
    return lambda line: "" if ": " in line else _speaker_of(line)
