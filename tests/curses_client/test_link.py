"""One connection at a time: its table of states, the addresses it tries, how it ends.

How long it waits, and how it notices silence, is in ``test_link_time``.
"""

import contextlib
import errno
import os
import random
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from curses_client import link
from curses_client.addresses import find_addresses, local_addresses
from curses_client.link import (
    CONNECT_SECONDS,
    TRANSITIONS,
    Address,
    Status,
    Step,
)
from tests.curses_client.links import Lab
from wire.grammar import Refusal


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Where links are tried."""
    lab = Lab()
    yield lab
    lab.close()


class Watched(dict[tuple[Status, Step], Status]):
    """The table, and which of its rows were used; a row that is not there is an error anyway."""

    def __init__(self, table: Mapping[tuple[Status, Step], Status]) -> None:
        super().__init__(table)
        self.used: set[tuple[Status, Step]] = set()

    def __getitem__(self, row: tuple[Status, Step]) -> Status:
        self.used.add(row)
        return super().__getitem__(row)


class Walk:
    """All that can happen to a link, in an order that chance has chosen."""

    def __init__(self, chance: random.Random) -> None:
        self.lab = Lab()
        self.chance = chance
        address, self.door = self.lab.listen()
        self.door.settimeout(0)
        self.link = self.lab.link(self.lab.refusing(), address)
        self.peers: list[socket.socket] = []
        self.acts: list[Callable[[], object]] = [
            self.link.renew, self.link.greeted, self.wait, self.server_accepts,
            self.server_closes, self.end, lambda: self.link.drop("x"),
            lambda: self.link.send("PING", "x"), lambda: self.link.on_ready(0),
            lambda: self.link.received(b"PONG x\n"),
        ]  # fmt: skip

    def go(self, steps: int) -> None:
        self.link.start()
        for _ in range(steps):
            self.chance.choice(self.acts)()
            if self.chance.random() < 0.7:
                self.lab.loop.run_once()
        self.lab.close()

    def wait(self) -> None:
        self.lab.clock.at += self.chance.choice([0.1, 2, 20, 40])

    def server_accepts(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.peers.append(self.lab.accept(self.door))

    def server_closes(self) -> None:
        if self.peers:
            self.peers.pop().close()

    def end(self) -> None:
        if self.chance.random() < 0.1:
            self.link.end()


def test_a_walk_by_chance_uses_every_row_and_none_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched(TRANSITIONS)
    monkeypatch.setattr(link, "TRANSITIONS", watched)
    chance = random.Random(1)
    for _ in range(30):
        Walk(chance).go(60)
    assert watched.used == set(TRANSITIONS)


def test_the_next_address_where_the_first_refuses(lab: Lab) -> None:
    address, door = lab.listen()
    made = lab.link(lab.refusing(), address)
    made.start()
    lab.until(lambda: made.status is Status.UP)
    assert made.address == address
    assert lab.notes.told == ["up"]
    lab.accept(door)


def test_after_a_loss_it_begins_with_the_first_address_again(lab: Lab) -> None:
    first, second = lab.listen(), lab.listen()
    made = lab.link(first[0], second[0])
    first[1].close()
    made.start()
    lab.until(lambda: made.status is Status.UP)
    again = socket.create_server(first[0].where)
    lab.sockets.append(again)
    lab.accept(second[1]).close()
    lab.until(lambda: made.status is Status.WAITING)
    made.renew()
    lab.until(lambda: made.status is Status.UP)
    assert made.address == first[0]


def test_no_address_answers(lab: Lab) -> None:
    made = lab.link(lab.refusing(), lab.refusing())
    made.start()
    lab.until(lambda: lab.notes.told)
    assert lab.notes.told == [f"down {os.strerror(errno.ECONNREFUSED)}"]
    assert made.status is Status.WAITING


def test_an_address_that_does_not_answer_is_left_after_a_while(lab: Lab) -> None:
    # A full backlog drops what comes: nobody says no.
    silent, door = lab.listen(backlog=0)
    fillers = [socket.socket() for _ in range(3)]
    for filler in fillers:
        filler.settimeout(0)
        filler.connect_ex(door.getsockname())
        lab.sockets.append(filler)
    address, _ = lab.listen()
    made = lab.link(silent, address)
    made.start()
    lab.clock.at += CONNECT_SECONDS - 0.01
    for _ in range(3):
        lab.loop.run_once()
    assert (made.status, made.address) == (Status.CONNECTING, silent)
    lab.clock.at += 0.01
    lab.until(lambda: made.status is Status.UP)
    assert made.address == address


def test_a_unix_socket_with_a_full_backlog_is_no_connection(lab: Lab, tmp_path: Path) -> None:
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(tmp_path / "door"))
    door.listen(0)
    lab.sockets.append(door)
    for _ in range(2):
        filler = socket.socket(socket.AF_UNIX)
        filler.settimeout(0)
        filler.connect_ex(str(tmp_path / "door"))
        lab.sockets.append(filler)
    made = lab.link(Address(socket.AF_UNIX, str(tmp_path / "door"), "door"))
    made.start()
    lab.until(lambda: lab.notes.told)
    assert lab.notes.told == [f"down {os.strerror(errno.EAGAIN)}"]


@pytest.mark.parametrize(
    "bad",
    [
        Address(socket.AF_UNIX, "x" * 200, "a path that is too long"),
        Address(socket.AF_UNIX, "/no/such/folder/door", "no such folder"),
        Address(socket.AF_CAN, ("none",), "a family that not every kernel has"),
    ],
)
def test_an_address_that_cannot_even_be_tried(lab: Lab, bad: Address) -> None:
    address, _ = lab.listen()
    made = lab.link(bad, address)
    made.start()
    lab.until(lambda: made.status is Status.UP)
    assert made.address == address


def test_a_connect_that_meets_itself_is_no_server(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody listens on a port that is given out to clients, TCP may connect to itself."""
    address = lab.refusing()
    lab.sockets[-1].close()

    class Unlucky(socket.socket):
        def connect_ex(self, where: object) -> int:
            self.bind(where)  # type: ignore[arg-type]
            return super().connect_ex(where)  # type: ignore[arg-type]

    monkeypatch.setattr("curses_client.link.socket.socket", Unlucky)
    made = lab.link(address)
    made.start()
    lab.until(lambda: lab.notes.told)
    assert lab.notes.told == [f"down {os.strerror(errno.ECONNREFUSED)}"]
    assert made.status is Status.WAITING


def test_lines_of_the_server_are_told_in_order_and_pings_answered(lab: Lab) -> None:
    made, server = lab.connect()
    server.sendall(b"MOTD a\nPING tok\nSPARKLE\nMOTD b")
    lab.until(lambda: "MOTD" in lab.notes.told)
    server.sendall(b"\nPONG x\n")
    lab.until(lambda: "PONG" in lab.notes.told)
    assert lab.notes.told == ["up", "MOTD", "MOTD", "PONG"]
    assert server.recv(100) == b"PONG tok\n"
    assert made.status is Status.UP


def test_the_end_of_the_stream_is_a_loss(lab: Lab) -> None:
    made, server = lab.connect()
    server.sendall(b"MOTD a\nhalf a li")
    server.close()
    lab.until(lambda: made.status is Status.WAITING)
    assert lab.notes.told == ["up", "MOTD", "down "]


def test_out_of_step_is_a_loss(lab: Lab) -> None:
    """After that nothing can be understood: to stay would be to be deaf."""
    made, server = lab.connect()
    server.sendall(b"MOTD a\nSEND x\nMOTD b\n")
    lab.until(lambda: made.status is Status.WAITING)
    assert lab.notes.told == ["up", "MOTD", f"down {os.strerror(errno.EPROTO)}"]


def test_half_a_line_of_the_old_connection_is_no_start_of_the_next(lab: Lab) -> None:
    made, server = lab.connect()
    server.sendall(b"MOTD a\nMO")
    lab.until(lambda: "MOTD" in lab.notes.told)
    made.drop("")
    made.renew()
    lab.until(lambda: made.status is Status.UP)
    door = lab.sockets[0]
    lab.accept(door).sendall(b"PONG x\n")
    lab.until(lambda: lab.notes.told[-1] == "PONG")


def test_what_does_not_fit_the_wire_is_refused_and_harmless(lab: Lab) -> None:
    made, server = lab.connect()
    with pytest.raises(Refusal):
        made.send("SAY", "#lab", "a\nQUIT")
    made.send("PING", "x")
    lab.loop.run_once()
    assert server.recv(100) == b"PING x\n"


def test_nothing_is_sent_without_a_connection(lab: Lab) -> None:
    address, door = lab.listen()
    made = lab.link(address)
    made.send("PING", "before")
    made.start()
    made.send("PING", "between")
    server = lab.accept(door)
    lab.until(lambda: made.status is Status.UP)
    made.send("PING", "after")
    lab.loop.run_once()
    assert server.recv(100) == b"PING after\n"


def test_the_end_sends_what_is_queued_first(lab: Lab) -> None:
    made, server = lab.connect()
    for n in range(3000):  # more than the socket takes at once
        made.send("SAY", "#lab", f"{n} {'x' * 1000}")
    made.send("QUIT")
    made.end()
    made.end()
    assert made.status is Status.ENDED
    assert not made.closed
    server.settimeout(0)
    data = b""

    def read() -> bool:
        nonlocal data
        try:
            piece = server.recv(1 << 20)
        except BlockingIOError:
            return False
        data += piece
        return not piece

    lab.until(read)
    lines = data.decode().splitlines()
    assert [line.split()[2] for line in lines[:-1]] == [str(n) for n in range(3000)]
    assert lines[-1] == "QUIT"
    server.close()
    lab.until(lambda: made.closed)
    assert lab.notes.told == ["up"]


def test_after_the_end_nothing_is_heard(lab: Lab) -> None:
    made, server = lab.connect()
    made.end()
    server.sendall(b"MOTD late\n")
    lab.loop.run_once()
    server.close()
    lab.until(lambda: made.closed)
    lab.clock.at += 100
    lab.loop.run_once()
    assert lab.notes.told == ["up"]


def test_the_end_of_a_link_that_broke_just_now(lab: Lab) -> None:
    made, server = lab.connect()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.close()
    made.end()
    lab.until(lambda: made.closed)
    assert lab.notes.told == ["up"]


def test_the_end_does_not_wait_for_a_server_that_does_not_read(lab: Lab) -> None:
    made, _ = lab.connect()
    for _ in range(5000):
        made.send("SAY", "#lab", "x" * 3000)
    made.end()
    lab.loop.run_once()
    assert not made.closed
    lab.clock.at += 1
    lab.loop.run_once()
    assert made.closed


@pytest.mark.parametrize("when", ["connecting", "waiting"])
def test_the_end_before_a_connection(lab: Lab, when: str) -> None:
    made = lab.link(lab.refusing() if when == "waiting" else lab.listen()[0])
    made.start()
    if when == "waiting":
        lab.until(lambda: made.status is Status.WAITING)
    made.end()
    assert made.closed
    lab.notes.told.clear()
    lab.clock.at += 100
    for _ in range(3):
        lab.loop.run_once()
    assert lab.notes.told == []


def test_the_addresses_of_this_machine_begin_with_the_unix_socket() -> None:
    assert local_addresses(59000) == [
        Address(socket.AF_UNIX, "\0obrol-59000", "@obrol-59000"),
        Address(socket.AF_INET, ("127.0.0.1", 59000), "127.0.0.1:59000"),
    ]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("@obrol-7", Address(socket.AF_UNIX, "\0obrol-7", "@obrol-7")),
        ("/run/obrol", Address(socket.AF_UNIX, "/run/obrol", "/run/obrol")),
        ("127.0.0.1", Address(socket.AF_INET, ("127.0.0.1", 7), "127.0.0.1:7")),
        ("::1", Address(socket.AF_INET6, ("::1", 7, 0, 0), "::1:7")),
    ],
)
def test_addresses_as_they_are_written(host: str, address: Address) -> None:
    assert find_addresses(host, 7) == [address]


def test_a_host_that_nobody_knows() -> None:
    with pytest.raises(OSError, match=r"\S"):
        find_addresses("no-such-host.invalid", 7)
