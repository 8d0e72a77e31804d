"""What strangers on the LAN answer: escape sequences, other machines' loopback, far too much.

A thread plays the strangers; it hears the question as a server does.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from curses_client import finding
from curses_client.finding import NAME_COLUMNS, SERVERS_MOST, Found, rows, servers
from tests.curses_client.test_start import run
from tests.support.terminal import client
from tests.support.timing import Stopwatch
from wire.discovery import Answer, answer, parse_question, place

HERE = "127.0.0.1"
NOBODY = "1"
Reply = Callable[[bytes], list[bytes]]


def group() -> tuple[str, int]:
    return place(os.environ["OBROL_GROUP"])


@contextmanager
def stranger(reply: Reply, source: str = HERE) -> Iterator[list[bytes]]:
    """Somebody who sends ``reply(token)`` to who asks; gives the questions as they came."""
    heard: list[bytes] = []
    ended = threading.Event()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(group())
    joined = socket.inet_aton(group()[0]) + socket.inet_aton(HERE)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
    sock.settimeout(0.05)
    mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mouth.bind((source, 0))

    def serve() -> None:
        while not ended.is_set():
            try:
                data, sender = sock.recvfrom(65536)
            except TimeoutError:
                continue
            heard.append(data)
            token = parse_question(data)
            assert token is not None
            for each in reply(token):
                mouth.sendto(each, sender)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield heard
    finally:
        ended.set()
        thread.join()
        sock.close()
        mouth.close()


def named(token: bytes, name: bytes, address: str = "10.0.0.9", port: int = 7) -> bytes:
    """An answer with a name that :func:`answer` would refuse."""
    plain = answer(token, Answer(port, address, ""))
    return plain[:-1] + bytes([len(name)]) + name


def good(token: bytes) -> bytes:
    return answer(token, Answer(7, "10.0.0.1", "baik"))


GOOD = Found("10.0.0.1", 7, "baik")


@pytest.mark.parametrize(
    "name", [b"\x1b]0;x\x07", b"\x1b[2J\x1b[31m", b"\xc2\x9b2J", b"a\nb", b"\xff", b"\xe2\x80\xae"]
)
def test_a_name_with_escape_sequences_is_no_answer(name: bytes) -> None:
    with stranger(lambda token: [named(token, name), good(token)]):
        assert servers(group(), HERE) == [GOOD]


def test_what_the_wire_lets_through_is_made_safe() -> None:
    found = [Found("10.0.0.9", 7, "a\u200bb\u00adc" + "x" * 60), GOOD]
    shown = rows(found)
    assert all(row.isprintable() for row in shown)
    assert len(shown[0]) <= 3 + 2 + len("10.0.0.9:7") + 2 + NAME_COLUMNS
    assert shown[1] == "  2  10.0.0.1:7  baik"


def test_nothing_of_a_stranger_drives_the_terminal(tmp_path: Path) -> None:
    def reply(token: bytes) -> list[bytes]:
        return [
            named(token, b"\x1b[2JPWNED", port=5),
            named(token, "satu\u200b\ufeffdua".encode(), port=6),
            named(token, b"tiga"),
        ]

    with (
        stranger(reply),
        client("rizky", int(NOBODY), tmp_path / "rizky", "--interface", HERE) as rizky,
    ):
        rizky.wait_for("[1-2]")
        assert "PWNED" not in rizky.text()
        assert "1  10.0.0.9:6  satudua" in rizky.text()
        assert b"\x1b" not in rizky.raw
        rizky.press("q\r")
        assert rizky.wait_end() == 0


def test_in_ascii_where_that_is_wanted(tmp_path: Path) -> None:
    def reply(token: bytes) -> list[bytes]:
        return [named(token, "Büro 日".encode()), good(token)]

    with stranger(reply):
        ended = run(tmp_path, "rizky", "--port", NOBODY, "--interface", HERE, "--ascii")
    assert ended.code == 2
    assert ended.errors.isascii()
    assert "10.0.0.9:7" in ended.errors


def test_answers_to_nobody_and_noise_are_passed_over() -> None:
    def reply(token: bytes) -> list[bytes]:
        other = bytes(16)
        return [b"", b"x" * 2000, token, good(other), good(token) + b"\0", good(token)[:-1],
                good(token)]  # fmt: skip

    with stranger(reply) as heard:
        assert servers(group(), HERE) == [GOOD]
    assert len(heard) == 3
    assert len(set(heard)) == 1


def test_the_address_that_the_answer_comes_from() -> None:
    with stranger(lambda token: [answer(token, Answer(7, "", "x"))], "127.0.0.5"):
        assert servers(group(), HERE) == [Found("127.0.0.5", 7, "x")]


def test_loopback_of_another_machine_is_not_ours() -> None:
    told = Answer(7, HERE, "x")
    assert finding._believed(told, HERE) == Found(HERE, 7, "x")
    assert finding._believed(told, "192.0.2.77") is None
    assert finding._believed(told._replace(address="10.0.0.1"), "192.0.2.77") is not None
    assert finding._believed(told._replace(address=""), "192.0.2.77") is not None


def test_a_crowd_is_bounded_and_ends_the_wait() -> None:
    def reply(token: bytes) -> list[bytes]:
        return [answer(token, Answer(port, "10.0.0.1", "")) for port in range(1, 100)]

    watch = Stopwatch()
    with stranger(reply):
        found = servers(group(), HERE)
        took = watch.seconds
    assert len(found) == len({one.port for one in found}) == SERVERS_MOST
    assert took < finding.LISTEN_SECONDS


def test_a_flood_does_not_hold_the_user_up() -> None:
    """Noise that never stops: it ends in time, with the answer that was among it."""

    def reply(token: bytes) -> list[bytes]:
        return [b"noise"] * 50 + [good(token)] + [b"noise"] * 5000

    watch = Stopwatch()
    with stranger(reply):
        assert servers(group(), HERE) == [GOOD]
        assert watch.seconds < finding.LISTEN_SECONDS + 1


def test_by_address_and_not_by_who_was_quickest() -> None:
    def reply(token: bytes) -> list[bytes]:
        places = (("fd00::1", 1), ("10.0.0.10", 1), ("10.0.0.9", 2), ("10.0.0.9", 1))
        return [answer(token, Answer(port, address, "")) for address, port in places]

    with stranger(reply):
        shown = [one.address for one in servers(group(), HERE)]
    assert shown == ["10.0.0.9:1", "10.0.0.9:2", "10.0.0.10:1", "[fd00::1]:1"]
