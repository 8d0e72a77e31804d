"""The tap of the link: everything that goes by, in order; a whole session with a real server."""

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client import link
from curses_client.chat import Chat
from curses_client.front import Failure
from curses_client.link import Address, Link
from curses_client.store import Store
from curses_client.tap import Tap, raw_line
from curses_client.trace import Trace, TraceTap
from reactor.loop import Loop
from tests.curses_client.fakes import BriefSelector, Recorder, run_until
from tests.curses_client.links import Lab
from tests.support.server import ServerProcess
from tests.wire.test_parser_send import lines
from wire.parser import Frame, Parser, Refused


class Tapped:
    """A tap that writes down what it hears."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def up(self, address: str) -> None:
        self.told.append(("up", address))

    def line(self, data: bytes, *, outgoing: bool) -> None:
        self.told.append(("→" if outgoing else "←", data))

    def payload(self, count: int, *, outgoing: bool) -> None:
        self.told.append(("→" if outgoing else "←", count))

    def refused(self, refused: Refused) -> None:
        self.told.append(("refused", refused.verb, refused.fatal))

    def down(self, reason: str) -> None:
        self.told.append(("down", reason))


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Where links are tried."""
    lab = Lab()
    yield lab
    lab.close()


def tapped(lab: Lab) -> tuple[Link, Tapped, socket.socket]:
    """A link that is up, its tap, and the server's end of it."""
    address, door = lab.listen()
    made = lab.link(address)
    tap = Tapped()
    made.tap = tap
    made.start()
    server = lab.accept(door)
    lab.until(lambda: tap.told)
    assert tap.told.pop() == ("up", address.shown)
    return made, tap, server


@given(lines(), st.booleans())
@settings(max_examples=500, deadline=None)
def test_a_line_is_rebuilt_byte_for_byte(
    line: tuple[bool, str, tuple[str, ...], str | None], carriage: bool  # noqa: FBT001
) -> None:  # fmt: skip
    client, verb, args, tag = line
    data = Parser(server=not client).send(verb, *args, tag=tag)
    reader = Parser(server=client)
    reader.receive(data[:-1] + b"\r\n" if carriage and len(data) < 4096 else data)
    frame = reader.next_event()
    assert isinstance(frame, Frame)
    assert raw_line(frame) == data


def test_lines_both_ways_in_order(lab: Lab) -> None:
    made, tap, server = tapped(lab)
    server.sendall(b"MOTD halo\n=t OK 1\nPING a\n")
    lab.until(lambda: len(tap.told) == 4)
    made.send("SAY", "#lab", "halo", tag="x.1")
    assert tap.told == [
        ("←", b"MOTD halo\n"),
        ("←", b"=t OK 1\n"),
        # The link answers this one by itself: its listener never hears of it.
        ("←", b"PING a\n"),
        ("→", b"PONG a\n"),
        ("→", b"=x.1 SAY #lab halo\n"),
    ]
    assert lab.notes.told == ["up", "MOTD", "OK"]


def test_payload_both_ways_is_counted(lab: Lab) -> None:
    made, tap, server = tapped(lab)
    head = b"=g SEND #lab 9 0 3 3 a\n"
    server.sendall(head + b"\n\n\nPONG\n")
    lab.until(lambda: len(tap.told) == 3)
    made.send("SEND", "#lab", "t", "0", "5", "5", "b", payload=b"hello")
    made.send("SEND", "#lab", "t", "0", "0", "0", "b")
    assert tap.told == [
        ("←", head),
        ("←", 3),
        ("←", b"PONG\n"),
        ("→", b"SEND #lab t 0 5 5 b\n"),
        ("→", 5),
        ("→", b"SEND #lab t 0 0 0 b\n"),
    ]


def test_lines_that_cannot_be_read_are_told_of(lab: Lab) -> None:
    _, tap, server = tapped(lab)
    server.sendall(b"LATER x\nSEND #lab 9 0 x 3 a\n")
    lab.until(lambda: len(tap.told) == 3)
    assert tap.told[:2] == [("refused", "LATER", False), ("refused", "SEND", True)]
    assert tap.told[2][0] == "down"


def test_losses_and_the_end(lab: Lab) -> None:
    made, tap, server = tapped(lab)
    server.close()
    lab.until(lambda: tap.told)
    made.send("PING", "unheard")
    made.renew()
    lab.accept()
    lab.until(lambda: len(tap.told) == 2)
    made.send("QUIT")
    made.end()
    assert [event[0] for event in tap.told] == ["down", "up", "→", "down"]


class Person:
    """A chat at a real server, watched."""

    def __init__(self, server: ServerProcess, folder: Path, name: str) -> None:
        self.loop = Loop(BriefSelector())
        self.front = Recorder()
        address = Address(socket.AF_INET, ("127.0.0.1", server.port), "server")
        store = Store(folder / name, "server", name)
        self.chat = Chat(self.loop, [address], store, self.front, name, backlog=10)
        self.front.chat = self.chat
        self.rows: list[str] = []
        self.tap: Tap = TraceTap(Trace("en"), self.rows.append)
        self.chat.link.tap = self.tap
        self.chat.join("#lab")
        self.chat.start()
        run_until(self.loop, lambda: ("caught up", "*") in self.front.told)

    def ask(self, verb: str, *args: str, payload: bytes = b"") -> list[Frame]:
        """Ask the server, and wait for its answer."""
        answers: list[list[Frame]] = []

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            assert failure is None
            answers.append(frames)

        self.chat.ask(answer, verb, *args, payload=payload)
        run_until(self.loop, lambda: answers)
        return answers[0]

    def close(self) -> None:
        self.chat.quit()
        run_until(self.loop, lambda: self.chat.link.closed)
        self.loop.close()

    def went_by(self) -> list[str]:
        """Direction and verb of each line, payload as its bytes."""
        found = []
        for row in self.rows:
            line = re.match(r"([→←]) [0-9,]+ B  (?:=\S+ )?([A-Z]+)", row)
            match = line or re.match(r"([→←]) ([0-9,]+) B payload", row)
            if match is not None:
                found.append(f"{match[1]} {match[2]}")
            elif not row.startswith(" "):
                found.append(row.split()[0])
        return found


def test_a_whole_session_with_a_real_server(server: ServerProcess, tmp_path: Path) -> None:
    rizky = Person(server, tmp_path, "rizky")
    content = os.urandom(100_000)
    rizky.chat.say("#lab", "halo selamat siang!")
    run_until(rizky.loop, lambda: rizky.front.acknowledged)
    sent = rizky.ask("SEND", "#lab", "t1", "0", "100000", "100000", "a.bin", payload=content)
    rizky.ask("GET", sent[-1].args[0])
    rizky.close()
    went = rizky.went_by()
    begin = went.index("→ SAY")
    assert went[:5] == ["●", "→ HELLO", "← WELCOME", "← OK", "→ JOIN"]
    assert went.index("→ JOIN") < went.index("← JOINED") < went.index("← NAMES") < begin
    assert went[begin:] == [
        "→ SAY", "← MSG", "← OK", "→ SEND", "→ 100,000", "← FILE", "← OK", "→ GET", "← SEND",
        "← 65,536", "← SEND", "← 34,464", "← OK", "→ QUIT", "○",
    ]  # fmt: skip
    told = "\n".join(rizky.rows)
    assert "before this trace began" not in told
    assert "payload of a SEND line" not in told
    for verb in ("HELLO", "JOIN", "SAY", "SEND", "GET"):
        assert f"ends the answer to our {verb} " in told
    kept = Store(tmp_path / "rizky", "server", "rizky").load()
    assert kept is not None
    assert kept.session not in told
    assert f"session={kept.session[:3]}…" in told


def test_a_window_may_be_opened_in_the_middle(server: ServerProcess, tmp_path: Path) -> None:
    rizky = Person(server, tmp_path, "rizky")
    rizky.chat.link.tap = None
    before = list(rizky.rows)
    rizky.ask("PING", "unseen")
    assert rizky.rows == before
    rizky.chat.link.tap = rizky.tap
    rizky.ask("NAMES", "#lab")
    rizky.close()
    assert rizky.went_by()[-5:] == ["→ NAMES", "← NAMES", "← OK", "→ QUIT", "○"]


def test_without_a_tap_no_line_is_rebuilt(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def rebuilt(frame: Frame) -> bytes:
        raise AssertionError(frame)

    monkeypatch.setattr(link, "raw_line", rebuilt)
    made, server = lab.connect()
    server.sendall(b"MOTD halo\nPING a\nLATER\nSEND #lab 9 0 3 3 a\nabc")
    made.send("PING", "x")
    lab.until(lambda: "payload b'abc'" in lab.notes.told)
