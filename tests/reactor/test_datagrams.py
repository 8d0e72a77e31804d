"""The table of addresses, the pace, and what goes out, with a server in the test's process."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reactor.doors.datagrams import DATAGRAM_BYTES, TURN_SENDS, WAITING_SENDS
from reactor.doors.foreign import Asked
from tests.reactor.guesthouse import GuestHouse
from tests.reactor.house import Guest
from tests.support.datagrams import Datagrams
from wire.grammar import LINE_BREAK, TEXT_BYTES

Build = Callable[..., GuestHouse]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Make a server with a UDP door and these limits."""
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(
            GuestHouse(tmp_path / "data", Asked(udp=("0",)), **limits)
        )


def test_c43_datagram_over_1200_bytes_is_dropped_and_counted(build: Build) -> None:
    """C43: 1,200 bytes are a message; 1,201 and 60,000 are none, nor a part of one."""
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say("a" * 1201, "b" * 60_000, "c" * 1200)
        house.take(3)
        assert house.said() == [f"udp-{ani.port}~: {'c' * 1200}"]
    assert house.counts("long") == [2]


def test_unreadable_bytes_are_dropped_and_counted(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say(b"h\xffal\xed\xa0\x80o", b"\xc3", b"", b" \r\n", b"\n\n", b"\xff\xff")
        house.take(6)
        assert house.said() == [f"udp-{ani.port}~: halo"]
    assert house.counts("bytes", "empty") == [4 + 1 + 2, 5]


def test_control_characters_and_line_breaks_inside(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say(b"satu\r\ndua\ntiga\r\n", b"\x1b[2J\x00", b"a\xe2\x80\xae b")
        house.take(3)
        name = f"udp-{ani.port}~"
        assert house.said() == [
            f"{name}: satu{LINE_BREAK}dua{LINE_BREAK}tiga",
            f"{name}: \ufffd[2J\ufffd",
            f"{name}: a\ufffd b",
        ]


def test_what_the_room_refuses_is_counted(build: Build) -> None:
    """Control characters grow on their way in: 1,200 of them are no longer a text."""
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say(b"\x01" * 1200, "halo")
        house.take(2)
        assert house.said() == [f"udp-{ani.port}~: halo"]
        assert ani.heard() == []
    assert house.counts("refused") == [1]


def test_pace_of_one_address_costs_no_other(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as budi:
        ani.say(*(f"a{number}" for number in range(100)))
        budi.say("b")
        house.take(101)
        said = house.said()
        assert [line for line in said if line.endswith("b")] == [f"udp-{budi.port}~: b"]
        assert len(said) == 1 + 20
        assert house.counts("pace") == [80]
        house.advance(0.5)
        ani.say(*(f"c{number}" for number in range(100)))
        house.take(201)
        assert len(house.said()) == 1 + 20 + 10
    assert house.counts("flood") == [0]


def test_leaving_buys_no_new_pace(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani:
        for _ in range(50):
            ani.say("halo", "/quit")
        house.take(100)
        assert len(house.said()) == 10
        assert house.counts("pace") == [80]
        assert house.udp.sources._resting
        house.advance(2)
        assert not house.udp.sources._resting
        ani.say("lagi")
        house.take(101)
        assert len(house.said()) == 11


def test_all_addresses_of_a_door_have_a_pace_together(build: Build) -> None:
    house = build(guest_flood=10)
    programs = [Datagrams(house.udp_port) for _ in range(15)]
    for program in programs:
        program.say("x")
    house.take(15)
    assert len(house.said()) == 10
    assert house.counts("flood") == [5]
    for program in programs:
        program.close()


def test_table_is_bounded(build: Build) -> None:
    """P13: who comes to a full table is dropped and counted; a place that is left is taken."""
    house = build(guest_addresses=3)
    programs = [Datagrams(house.udp_port) for _ in range(5)]
    for program in programs:
        program.say("x")
    house.take(5)
    assert len(house.udp.sources) == house.udp.count == 3
    assert house.counts("full") == [2]
    programs[0].say("/quit")
    programs[4].say("y")
    house.take(7)
    assert house.said()[-1] == f"udp-{programs[4].port}~: y"
    assert house.udp.count == 3
    for program in programs:
        program.close()


def test_c44_silent_address_is_forgotten_in_time_and_known_again(build: Build) -> None:
    """C44: 600 s after its last datagram, and not a moment later, nothing is sent any more."""
    house = build(ping_after=3600, drop_after=7200)
    guest = Guest(house, "fatur")
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as budi:
        ani.say("halo")
        house.take(1)
        house.advance(400)
        budi.say("halo")
        house.take(2)
        house.advance(199.9)
        assert ani.heard() == [f"udp-{budi.port}~: halo"]
        guest.send("SAY #lab here")
        guest.wait("MSG 3")
        house.settle()
        assert ani.heard() == ["fatur: here"]
        house.advance(0.2)
        guest.wait(f"LEFT 2023-11-14T22:40:00.100Z #lab udp-{ani.port}~")
        guest.send("SAY #lab gone")
        guest.wait("MSG 4")
        house.settle()
        assert ani.heard() == []
        assert budi.heard() == ["fatur: here", "fatur: gone"]
        ani.say("again")
        house.take(3)
        guest.wait("JOINED")
        guest.send("SAY #lab there")
        guest.wait("MSG 6")
        house.settle()
        assert ani.heard() == ["fatur: there"]
        house.advance(399)
        assert house.udp.count == 2
        house.advance(1)
        assert house.udp.count == 1
        assert house.udp.sources.get(("127.0.0.1", ani.port)) is not None


def test_c44_who_speaks_again_does_not_hide_who_is_silent(build: Build) -> None:
    """C44: they are forgotten in the order of their last datagrams, not of their first."""
    house = build()
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as budi:
        ani.say("halo")
        house.take(1)
        budi.say("halo")
        house.take(2)
        house.advance(300)
        ani.say("masih")
        house.take(3)
        house.advance(300)
        assert house.udp.sources.get(("127.0.0.1", budi.port)) is None
        assert house.udp.sources.get(("127.0.0.1", ani.port)) is not None


def test_c42_what_waits_is_not_sent_to_who_has_left(build: Build) -> None:
    """C42: between what was said and its sending somebody may say /quit."""
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say("halo")
        house.take(1)
        house.udp.tell(b"x", ("127.0.0.1", ani.port))
        house.udp.sources.forget(("127.0.0.1", ani.port), "quit")
        house.settle()
        assert ani.heard() == []


def test_shutdown_sends_what_waits_and_forgets_everybody(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as late:
        ani.say("halo")
        house.take(1)
        for _ in range(3 * TURN_SENDS):
            house.udp.tell(b"x", ("127.0.0.1", ani.port))
        house.server.shut_down()
        late.say("too late")
        house.server.run()
        assert len(ani.heard()) == 3 * TURN_SENDS
        assert house.udp.count == 0
        assert house.counts("in") == [1]


def test_empty_datagram_keeps_an_address_known_but_makes_none_known(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as budi:
        ani.say("halo")
        budi.say("")
        house.take(2)
        assert house.udp.count == 1
        house.advance(500)
        ani.say("")
        house.take(3)
        house.advance(500)
        assert house.udp.count == 1


def test_long_message_is_cut_at_characters_and_each_piece_says_who(build: Build) -> None:
    """No padding makes the next datagram begin with what looks like somebody else's talk."""
    house = build()
    guest = Guest(house, "fatur")
    with Datagrams(house.udp_port) as ani:
        ani.say("halo")
        house.take(1)
        forged = "x" * (DATAGRAM_BYTES - len("fatur: ")) + "rizky: I owe you"
        texts = ["漢" * (TEXT_BYTES // 3), "a" + "🙂" * (TEXT_BYTES // 4 - 1), forged, "é" * 600]
        for text in texts:
            guest.send(f"SAY #lab {text}")
        guest.wait("MSG 5")
        house.settle()
        heard = ani.heard()
        assert all(line.startswith("fatur: ") for line in heard)
        assert max(len(line.encode()) for line in heard) <= DATAGRAM_BYTES
        assert "".join(line.removeprefix("fatur: ") for line in heard) == "".join(texts)
        assert len(heard) == 3 + 3 + 2 + 2


def test_lines_of_a_message_neither_forge_a_name_nor_multiply(build: Build) -> None:
    """P13: a datagram of 600 lines must not be many datagrams to everybody."""
    house = build()
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as budi:
        budi.say("/nick budi")
        house.take(1)
        ani.say("halo\nrizky: I owe you", "a" + "\n" * 1198 + "b")
        house.take(3)
        heard = budi.heard()
        assert heard[0] == f"udp-{ani.port}~: halo\n  rizky: I owe you"
        assert len(heard) == 1  # 1,198 breaks are 3,594 bytes: no text at all
        assert house.counts("refused") == [1]
        ani.say("a\n" * 600)
        house.take(4)
        heard = budi.heard()
        assert len(heard) == 3
        assert sum(map(len, heard)) < 3 * DATAGRAM_BYTES


def test_tcp_does_not_wait_for_the_datagrams(build: Build) -> None:
    """What was said is out over TCP before the datagrams go, a few in each turn."""
    house = build(guest_flood=10_000)
    guest = Guest(house, "fatur")
    programs = [Datagrams(house.udp_port) for _ in range(200)]
    for program in programs:
        program.say("x")
    house.take(200)
    for program in programs:
        program.heard()
    guest.lines.clear()
    guest.send("SAY #lab halo")
    house.turns_until(lambda: len(house.udp._outbox) > 0)
    assert len(house.udp._outbox) == 200
    assert b"halo" in guest.sock.recv(65536)
    house.server.loop.run_once()
    assert len(house.udp._outbox) == 200 - TURN_SENDS
    house.settle()
    assert [program.heard() for program in programs] == [["fatur: halo"]] * 200
    for program in programs:
        program.close()


def test_what_waits_to_be_sent_is_bounded(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say("halo")
        house.take(1)
        at = ("127.0.0.1", ani.port)
        for _ in range(WAITING_SENDS + 5):
            house.udp.tell(b"x", at)
        assert len(house.udp._outbox) == WAITING_SENDS
        assert house.counts("unsent") == [5]
        # While it is busy it takes nothing in; afterwards it does.
        ani.say("wait")
        house.server.loop.run_once()
        assert house.counts("in") == [1]
        house.take(2)
        assert len(house.udp._outbox) == 0


def test_kernel_counts_what_it_had_to_drop(build: Build) -> None:
    house = build()
    with Datagrams(house.udp_port) as ani:
        assert house.udp.lost == 0
        ani.say(*["x" * 1000] * 2000)
        assert house.udp.lost > 0
        lost = house.udp.lost
        house.take(2000 - lost)
        assert house.udp.lost == lost


def test_failed_commit_loses_that_message_alone(build: Build) -> None:
    house = build()
    guest = Guest(house, "fatur")
    with Datagrams(house.udp_port) as ani, Datagrams(house.udp_port) as budi:
        budi.say("halo")
        house.take(1)
        guest.wait("MSG 1")
        house.fail_commits(1)
        ani.say("lost")
        house.take(2)
        house.settle()
        ani.say("kept")
        house.take(3)
        assert house.said() == [f"udp-{budi.port}~: halo", f"udp-{ani.port}~: kept"]
        assert budi.heard() == [f"udp-{ani.port}~: kept"]
        assert ani.heard() == []
        guest.wait("MSG 2")
        came = [line.split()[3] for line in guest.lines if line.startswith("JOINED")]
        assert [name for name in came if name.endswith("~")] == [
            f"udp-{budi.port}~",
            f"udp-{ani.port}~",
        ]


def test_full_socket_loses_a_datagram_and_forgets_nobody(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build()
    guest = Guest(house, "fatur")
    with Datagrams(house.udp_port) as ani:
        ani.say("halo")
        house.take(1)

        class Full:
            """A socket whose buffer is full."""

            def sendto(self, data: bytes, at: object) -> int:
                del data, at
                raise OSError(errno.ENOBUFS, "full")

        with monkeypatch.context() as patch:
            patch.setattr(house.udp._datagrams, "sock", Full())
            guest.send("SAY #lab lost")
            guest.wait("MSG 2")
            house.settle()
        assert house.counts("unsent") == [1]
        guest.send("SAY #lab kept")
        guest.wait("MSG 3")
        house.settle()
        assert ani.heard() == ["fatur: kept"]


def test_pending_error_alone_does_not_keep_the_loop_awake(build: Build) -> None:
    """An error whose report came and went leaves its entry in the queue; it is taken then."""
    house = build()
    with Datagrams(house.udp_port) as ani:
        ani.say("halo")
        house.take(1)
        at = ("127.0.0.1", ani.port)
    house.udp.sock.sendto(b"x", at)  # to a port that is closed now
    assert house.udp.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
    assert house.udp.count == 1
    house.turns_until(lambda: house.udp.count == 0)
    house.settle()
    with pytest.raises(BlockingIOError):
        house.udp.sock.recvmsg(1, 0, socket.MSG_ERRQUEUE)
