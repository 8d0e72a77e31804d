"""The programs are what they are taken for, seen from the other end of their sockets."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.students import GROUP, KINDS, LOOPBACK, Student, free_group_port, source_port

WAIT_SECONDS = 20.0
NAMED = ("bernama", "awalan")


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A listening socket."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.settimeout(WAIT_SECONDS)
        yield listener


def doors(bound: socket.socket) -> dict[str, str]:
    """Every door is at this socket."""
    host, port = bound.getsockname()
    return dict.fromkeys((kind.door for kind in KINDS.values()), f"{host}:{port}")


def taken(door: socket.socket) -> socket.socket:
    sock, _ = door.accept()
    sock.settimeout(WAIT_SECONDS)
    return sock


@pytest.mark.parametrize("kind", NAMED)
def test_a_named_program_is_asked_and_sends_no_line_end(door: socket.socket, kind: str) -> None:
    with Student(kind, doors(door), "rizky") as student, taken(door) as sock:
        sock.sendall(b"user?")
        assert sock.recv(1024) == b"rizky"
        student.say("halo semua")
        assert sock.recv(1024) == {"bernama": b"halo semua", "awalan": b"rizky: halo semua"}[kind]
        sock.sendall(b"fatur: satu\nfatur: dua\n")
        student.wait_for("dua")
        assert student.heard() == ["fatur: satu", "fatur: dua"]
        assert student.guest == "rizky~"
        assert student.finish() == 0
        assert sock.recv(1024) == b""


def test_the_program_without_a_name_talks_at_once(door: socket.socket) -> None:
    with Student("tamu", doors(door)) as student, taken(door) as sock:
        sock.sendall(b"Selamat datang di Server")
        student.wait_for_prompt("Selamat datang di Server")
        assert student.heard() == []
        student.say("halo")
        assert sock.recv(1024) == b"halo"
        assert student.guest == f"tamu-{sock.getpeername()[1]}~"
        sock.sendall(b"\nfatur: hal")
        sock.sendall(b"o\n")
        student.wait_for("fatur: halo")
        assert student.heard("halo") == ["fatur: halo"]


def test_nc_sends_line_ends(door: socket.socket) -> None:
    with Student("baris", doors(door)) as student, taken(door) as sock:
        sock.sendall(b"user?")
        student.wait_for_prompt("user?")
        student.say("rizky")
        assert sock.recv(1024) == b"rizky\n"


def test_udp_is_one_datagram_a_message_from_one_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK, 0))
        sock.settimeout(WAIT_SECONDS)
        with Student("udp", doors(sock)) as student:
            student.say("satu")
            data, address = sock.recvfrom(1024)
            assert data == b"satu"
            assert student.guest == f"udp-{address[1]}~"
            sock.sendto(b"fatur: halo", address)
            sock.sendto(b"fatur: lagi\n", address)
            student.wait_for("lagi")
            assert student.heard() == ["fatur: halo", "fatur: lagi"]


def test_what_the_multicast_sender_says_comes_to_every_receiver() -> None:
    at = {"multicast": f"{GROUP}:{free_group_port()}"}
    with (
        Student("penerima", at) as one,
        Student("penerima", at) as other,
        Student("pengirim", at) as sender,
    ):
        for receiver in (one, other):
            receiver.wait_for("menunggu pesan")
        for text in ("satu", "dua"):
            sender.say(text)
            for receiver in (one, other):
                receiver.wait_for(text)
        for receiver in (one, other):
            assert receiver.heard()[1:] == ["satu", "dua"]
        assert sender.guest == f"mc-{source_port(sender.process.pid)}~"
        assert sender.finish() == 0
        assert sender.heard() == []


def test_waiting_for_what_does_not_come_ends_with_what_came(door: socket.socket) -> None:
    with Student("tamu", doors(door)) as student, taken(door) as sock:
        sock.sendall(b"hanya ini\n")
        student.wait_for("hanya ini")
        with pytest.raises(AssertionError, match=r"'itu' did not come: .*hanya ini"):
            student.wait_for("itu", patience=0.05)


def test_a_program_that_breaks_tells_how(door: socket.socket) -> None:
    at = doors(door)
    door.close()
    with Student("tamu", at) as student:
        with pytest.raises(AssertionError, match="ConnectionRefusedError"):
            student.wait_for("Selamat datang")
        student.process.wait(WAIT_SECONDS)
        with pytest.raises(AssertionError, match="has ended"):
            student.say("halo")


def test_a_character_in_two_pieces_of_output_is_one_character(door: socket.socket) -> None:
    with Student("baris", doors(door)) as student, taken(door) as sock:
        sock.sendall(b"caf\xc3")
        waiting = threading.Timer(0.05, sock.sendall, (b"\xa9\n",))
        waiting.start()
        student.wait_for("café")
        waiting.join()
        assert student.heard() == ["café"]
