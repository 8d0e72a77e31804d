"""The multicast door of a real server (C46)."""

import contextlib
import errno
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.doors.foreign import Asked
from reactor.doors.sockets import DoorError
from tests.reactor.guesthouse import GuestHouse
from tests.reactor.house import Guest
from tests.reactor.test_udp import names, start_in_vain, talk
from tests.support.datagrams import Datagrams, GroupProgram
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess
from wire.grammar import LINE_BREAK

GROUP = "224.1.1.1"
OTHER = "224.1.1.2"
SOON = 0.2
UNASSIGNED = 20_000, 32_768
"""Below net.ipv4.ip_local_port_range."""


@pytest.fixture
def port() -> int:
    """A UDP port that nobody uses now, and that the kernel gives to nobody who asks for any."""
    while True:
        number = random.randrange(*UNASSIGNED)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.bind(("", number))
            return number


def group_server(folder: Path, port: int, *arguments: str, name: str = "server") -> ServerProcess:
    place = f"{GROUP}:{port}@127.0.0.1"
    return ServerProcess(folder / name, "--set", "rate=0", "--multicast", place, *arguments)


@pytest.fixture
def lab(tmp_path: Path, port: int) -> Iterator[ServerProcess]:
    """A server with a multicast door."""
    with group_server(tmp_path, port) as server:
        yield server


@pytest.fixture
def fatur(lab: ServerProcess) -> Iterator[Raw]:
    """Somebody who came over TCP."""
    with member(lab.port, "fatur") as raw:
        yield raw


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_c46_two_programs_and_the_server_listen_on_one_machine(
    fatur: Raw, port: int, option: int
) -> None:
    """C46: all of them hear what is said to the group, whichever way they share the port."""
    with (
        GroupProgram(GROUP, port, option=option) as one,
        GroupProgram(GROUP, port, option=option, bind=GROUP) as two,
    ):
        one.say("halo")
        two.say("hai")
        fatur.expect("MSG 2")
        fatur.say("SAY #lab semua")
        for program in (one, two):
            assert [program.hear() for _ in range(3)] == ["halo", "hai", "fatur: semua"]
        assert talk(fatur.seen) == [f"mc-{one.port}~: halo", f"mc-{two.port}~: hai"]


def test_c46_what_came_from_the_group_is_not_told_it_again(fatur: Raw, port: int) -> None:
    """C46: own datagrams come back and are dropped; a group's talk is announced to others alone."""
    with GroupProgram(GROUP, port) as program:
        program.say("satu")
        fatur.expect("MSG 1")
        fatur.say("SAY #lab dua", "ACT #lab tiga")
        fatur.expect("ACT 3")
        program.say("empat")
        fatur.expect("MSG 4")
        fatur.say("SAY #lab akhir")
        lines = program.hear_until("fatur: akhir")
        assert sorted(lines) == ["* fatur tiga", "empat", "fatur: dua", "satu"]
        fatur.expect("MSG 5")
        fatur.sync()
        assert fatur.answer("SAY #lab x") == ["OK 6"]  # nothing of all that was said twice


def test_c46_own_datagrams_are_dropped(tmp_path: Path, port: int) -> None:
    """C46: they come in, the kernel gives a group's datagrams to the whole machine, and end."""
    asked = Asked(multicast=(f"{GROUP}:{port}@127.0.0.1",))
    with GuestHouse(tmp_path / "data", asked) as house:
        guest = Guest(house, "fatur")
        guest.send("SAY #lab halo")
        guest.wait("MSG 1")
        house.turns_until(lambda: house.counts("in") == [1])
        house.settle()
        assert house.group.count == 0
        assert house.said() == ["fatur: halo"]


def test_c46_another_group_on_the_same_port_does_not_get_in(fatur: Raw, port: int) -> None:
    """C46: nor does what is sent to the machine itself; it is not told what is of our group."""
    with (
        GroupProgram(OTHER, port, bind=OTHER) as other,
        Datagrams(port) as unicast,
        GroupProgram(GROUP, port, bind=GROUP) as right,
    ):
        other.say("asing")
        assert other.hear() == "asing"
        unicast.say("langsung")
        right.say("benar")
        assert fatur.expect("MSG").endswith(f"mc-{right.port}~ benar")
        assert names(fatur) == ["fatur", f"mc-{right.port}~"]
        fatur.say("SAY #lab akhir")
        assert right.hear_until("fatur: akhir") == ["benar"]
        with pytest.raises(TimeoutError):
            other.hear(SOON)


def other_interface() -> str:
    """An address of this machine that is not loopback, or ""."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("203.0.113.9", 9))  # sends nothing
        except OSError:
            return ""
        address: str = sock.getsockname()[0]
        return address


def test_c46_another_interface_does_not_get_in(fatur: Raw, port: int) -> None:
    """C46: the group on the interface that was named, although it is joined on another here."""
    address = other_interface()
    if not address or address.startswith("127."):
        pytest.skip("this machine has no other interface")
    with GroupProgram(GROUP, port) as right, GroupProgram(GROUP, port) as wrong:
        member = socket.inet_aton(GROUP) + socket.inet_aton(address)
        wrong.sock.close()
        wrong.ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        wrong.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wrong.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        wrong.sock.bind((address, 0))
        wrong.say("salah")
        assert wrong.hear() == "salah"
        right.say("benar")
        fatur.expect("MSG 1")
        assert talk(fatur.seen) == [f"mc-{right.port}~: benar"]


def test_c46_forged_multicast_is_a_guests_talk(lab: ServerProcess, port: int) -> None:
    """C46: what the group says is never identity, nor a command."""
    with member(lab.port, "fatur") as fatur, GroupProgram(GROUP, port) as forger:
        texts = ["fatur: aku fatur", "/nick fatur", "/quit", "HELLO fatur", "* fatur pergi",
                 "x\nfatur: aku fatur"]  # fmt: skip
        forger.say(*texts)
        fatur.expect(f"MSG {len(texts)} ")
        name = f"mc-{forger.port}~"
        assert talk(fatur.seen) == [f"{name}: {t.replace(chr(10), LINE_BREAK)}" for t in texts]
        assert names(fatur) == ["fatur", name]


def test_long_message_and_lines_are_announced_with_the_name(fatur: Raw, port: int) -> None:
    """C46: nobody makes the server announce what looks like somebody else's talk."""
    with GroupProgram(GROUP, port) as program:
        padding = "x" * (1200 - len("fatur: "))
        fatur.say(f"SAY #lab {padding}rizky: palsu", f"SAY #lab a{LINE_BREAK}rizky: palsu")
        assert program.hear() == f"fatur: {padding}"
        assert program.hear() == "fatur: rizky: palsu"
        assert program.hear() == "fatur: a\n  rizky: palsu"


def test_c46_two_servers_on_one_group_do_not_loop(tmp_path: Path, port: int) -> None:
    """C46: each takes the other's announcements for talk, and announces them to nobody."""
    with (
        group_server(tmp_path, port) as one,
        group_server(tmp_path, port, name="other") as two,
        member(one.port, "ani") as ani,
        member(two.port, "budi") as budi,
        GroupProgram(GROUP, port) as program,
    ):
        ani.say("SAY #lab halo")
        budi.expect("MSG 1")
        budi.say("SAY #lab hai")
        ani.expect("MSG 2")
        program.say("semua")
        ani.expect("MSG 3")
        budi.expect("MSG 3")
        assert [program.hear() for _ in range(3)] == ["ani: halo", "budi: hai", "semua"]
        with pytest.raises(TimeoutError):
            program.hear(SOON)
        assert ani.answer("SAY #lab x") == ["OK 4"]


def test_c46_the_same_group_twice_is_refused(tmp_path: Path, port: int) -> None:
    """C46: every message would come twice."""
    place = f"{GROUP}:{port}@127.0.0.1"
    with pytest.raises(AssertionError, match="that group is open already"):
        group_server(tmp_path, port, "--multicast", place).start()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("192.168.1.1:5004", "is no multicast group"),
        ("lab.example:5004", "no multicast group"),
        ("5004", "no multicast group"),
        ("[ff02::1]:5004", "no multicast group"),
        ("224.1.1.1", "[HOST:]PORT"),
        ("224.1.1.1:0@127.0.0.1", "port"),
        ("224.1.1.1:99999", "PORT from 0 to 65535"),
        ("224.1.1.1:5004@203.0.113.9", "cannot join 224.1.1.1:5004"),
        ("224.1.1.1:5004@eth77", "cannot join 224.1.1.1:5004"),
    ],
)
def test_c46_clear_words_for_what_cannot_be_joined(tmp_path: Path, place: str, words: str) -> None:
    """C46: a wrong interface, no multicast address: one line, and exit code 1."""
    said = start_in_vain(tmp_path, "--multicast", place)
    assert words in said
    assert said.count("\n") == 1


def test_c46_port_that_another_program_keeps_for_itself(tmp_path: Path, port: int) -> None:
    """C46: who does not share its port does not share it with us."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("", port))
        said = start_in_vain(tmp_path, "--multicast", f"{GROUP}:{port}@127.0.0.1")
        assert "in use" in said


def test_c46_no_route_to_the_group(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C46: a machine without a default route is told to name the interface."""

    def routeless(*place: object) -> socket.socket:
        del place
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr("reactor.doors.multicast._listener", routeless)
    with pytest.raises(DoorError, match="No such device; name an interface: GROUP:PORT@ADDRESS"):
        GuestHouse(tmp_path / "data", Asked(multicast=(f"{GROUP}:{port}",)))
