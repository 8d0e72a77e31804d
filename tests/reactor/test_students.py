"""Everything at one table: students' programs at every door, the curses client and line mode.

Each listener sees all talk but what its own kind of program never shows, once, in one order.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.curses_client.line_client import LineClient
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from tests.support.students import (
    Student,
    Talk,
    door_arguments,
    free_group_port,
    shown,
)
from tests.support.terminal import Terminal, client

MARK = "kata-"
"""In every text that counts: what else a program prints (greetings, who came) has none of it."""
ROUNDS = 3
COLUMNS, ROWS = 80, 60
"""A screen on which all of it has its place."""
ROW = re.compile(rf"<(\S+)> (\S*{MARK}.*)")
NAMES = {"bernama": "rizky", "awalan": "budi", "baris": "siti"}


class Lab:
    """One server with all its doors open, and somebody at each of them.

    ``talk`` is the reference: what a native connection in the room was told, in its order.
    """

    def __init__(self, server: ServerProcess, home: Path, stack: contextlib.ExitStack) -> None:
        self.talk: list[Talk] = []
        self._doors = server.doors
        self._stack = stack
        self.witness: Raw = stack.enter_context(member(server.port, "saksi"))
        self.receivers = [self._enter("penerima") for _ in range(2)]
        self.curses: Terminal = stack.enter_context(
            client("fatur", server.port, home / "fatur", columns=COLUMNS, rows=ROWS)
        )
        self.curses.wait_for("here")
        self.lines: LineClient = stack.enter_context(LineClient("sari", server.port, home))
        self.witness.expect("JOINED")
        while "sari" not in self.witness.seen[-1]:
            self.witness.expect("JOINED")
        self.named = {kind: self._enter(kind, name) for kind, name in NAMES.items()}
        self.guest = self._enter("tamu")
        self.udp = self._enter("udp")
        self.sender = self._enter("pengirim")
        for student in (self.udp, self.sender):  # nobody knows them before they have spoken
            self.say(student.say, f"{MARK}hadir")
            assert self.talk[-1].who == student.guest

    @property
    def students(self) -> list[Student]:
        """The programs that listen."""
        return [*self.named.values(), self.guest, self.udp, *self.receivers]

    def say(self, speak: Callable[[str], object], text: str) -> None:
        """Let somebody speak; the witness has been told of it then."""
        speak(text)
        _, _, _, room, who, told = self.witness.expect("MSG ").split(" ", 5)
        assert (room, told) == ("#lab", text)
        self.talk.append(Talk(who, told))

    def speakers(self) -> dict[str, Callable[[str], object]]:
        """How each of them speaks, by the name that others see."""
        students = [*self.named.values(), self.guest, self.udp, self.sender]
        return {
            **{student.guest: student.say for student in students},
            "saksi": lambda text: self.witness.say(f"SAY #lab {text}"),
            "sari": lambda text: self.lines.put(text + "\n"),
            "fatur": lambda text: self.curses.press(text + "\r"),
        }

    def all_receivers_have(self, talk: Talk) -> None:
        """Wait for it: what goes around the server has no order but the clock's."""
        for receiver in self.receivers:
            receiver.wait_for(shown(receiver.kind, talk))

    def _enter(self, kind: str, name: str = "") -> Student:
        student = self._stack.enter_context(Student(kind, self._doors, name))
        student.enter()
        if student.kind.is_stream:
            assert self.witness.expect("JOINED ").split(" ")[2:] == ["#lab", student.guest]
        return student


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Everybody is in #lab, and known to the server."""
    arguments = ["--set", "rate=0", *door_arguments(free_group_port())]
    with (
        ServerProcess(tmp_path / "server", *arguments) as server,
        contextlib.ExitStack() as stack,
    ):
        yield Lab(server, tmp_path, stack)


def heard_in_line_mode(lines: LineClient, last: Talk) -> list[Talk]:
    """What it printed, up to ``last``."""
    found: list[Talk] = []
    while last not in found:
        row = lines.row()
        if MARK in row[-1]:
            found.append(Talk(*row[2:4]))
    return found


def expected(student: Student, talk: list[Talk]) -> list[str]:
    """What this program shows of ``talk``; of UDP only what came after its own first datagram."""
    if student.guest.startswith("udp-"):
        first = next(n for n, said in enumerate(talk) if said.who == student.guest)
        talk = talk[first:]
    others = [t for t in talk if t.who != student.guest or student.kind.hears_itself]
    return [shown(student.kind, said) for said in others]


def test_everybody_sees_all_talk_once_and_in_one_order(lab: Lab) -> None:
    for number in range(ROUNDS):
        for who, speak in lab.speakers().items():
            if who == lab.sender.guest:
                lab.all_receivers_have(lab.talk[-1])
            lab.say(speak, f"{MARK}{number} dari {who}")
            assert lab.talk[-1].who == who
    last = lab.talk[-1]
    assert last.who == "fatur"
    assert len(lab.talk) == ROUNDS * len(lab.speakers()) + 2

    for student in lab.students:
        student.wait_for(last.line)
        assert student.heard(MARK) == expected(student, lab.talk), student.kind.program
    assert lab.sender.heard() == []
    assert heard_in_line_mode(lab.lines, last) == lab.talk
    lab.curses.wait_for(f"<{last.who}> {last.text}")
    on_screen = [Talk(*row.groups()) for row in map(ROW.search, lab.curses.settle()) if row]
    assert on_screen == lab.talk


def test_programs_on_a_stream_see_who_comes_and_goes(lab: Lab) -> None:
    budi = lab.named["awalan"]
    assert budi.finish() == 0
    assert lab.witness.expect("LEFT ").split(" ")[2:4] == ["#lab", budi.guest]
    lab.say(lab.speakers()["fatur"], f"{MARK}masih ada")
    before_him, after_him = lab.named["bernama"], (lab.named["baris"], lab.guest)
    for student, notices in ((before_him, 2), *((one, 1) for one in after_him)):
        student.wait_for(f"fatur: {MARK}masih ada")
        assert len([line for line in student.heard() if budi.name in line]) == notices
