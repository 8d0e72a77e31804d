"""How a guest of the plain door of a real server ends: by itself, or because it does not read."""

import contextlib
import os
import re
import signal
import socket
import struct
from pathlib import Path

import pytest

from tests.support.guest import CONNECTED, QUESTION, Party, said, to_the_end
from tests.support.raw import Raw
from tests.support.timing import Stopwatch, end_of, within
from wire.errors import BYES, ERRORS

TIMEOUT, SHUTDOWN, QUIT = (f"! {BYES[word].id}" for word in ("timeout", "shutdown", "quit"))
BANNED = f"! {BYES['banned'].id}"
UNTIL = rf"{BANNED}: sampai [0-9T:.-]+Z"
"""The same where the ban has an end, and no reason."""
LINES = 300
SOON = 1.0


def half_close(raw: Raw) -> None:
    """It will send no more."""
    raw.sock.shutdown(socket.SHUT_WR)


def reset(raw: Raw) -> None:
    """Cut the connection with a RST."""
    raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.sock.close()


def test_half_close_is_answered_to_the_last_word(tmp_path: Path) -> None:
    with Party(tmp_path, "--set", "rate=50", "--set", "rate-burst=1") as party:
        fatur = party.native("fatur")
        rizky = party.guest("rizky")
        words = [f"kata {number}" for number in range(20)]
        rizky.send(("\n".join(words) + "\n/join #lain\nsisa").encode())
        half_close(rizky)
        assert said(fatur, 20) == [f"rizky~: {word}" for word in words]
        told = rizky.rest()
        assert told[:20] == [f"rizky~: {word}" for word in words]
        assert told[20:] == [CONNECTED, "Di #lain: rizky~", "rizky~: sisa", QUIT]


def test_half_close_before_the_name(tmp_path: Path) -> None:
    with Party(tmp_path) as party:
        nobody, ani = party.asked(), party.asked()
        half_close(nobody)
        assert to_the_end(nobody) == ["", QUIT]  # not behind the question, on the same line
        ani.send(b"ani")
        half_close(ani)
        assert ani.rest() == [CONNECTED, QUIT]


def test_reset_and_close_are_told_once(tmp_path: Path) -> None:
    with Party(tmp_path) as party:
        fatur = party.native("fatur")
        for end in (reset, Raw.close):
            stranger, rizky, (plain, name) = party.asked(), party.guest("rizky"), party.nameless()
            rizky.send(b"setengah")  # ends with the connection, or with the silence before
            for raw in (stranger, rizky, plain):
                end(raw)
            left = {fatur.expect("LEFT ").split()[3] for _ in range(2)}
            assert left == {"rizky~", name}
        assert not any(line.startswith("LEFT") for line in fatur.sync())
        assert fatur.answer("NAMES #lab")[0] == "NAMES #lab fatur"
        events = [line.split()[1] for line in party.server.journal.read_text().splitlines()]
        assert (events.count("came"), events.count("went"), events.count("closed")) == (5, 4, 2)


@pytest.mark.parametrize("limit", ["send-hard=16384", "send-progress=0.3"])
def test_who_never_reads_hurts_nobody_else(tmp_path: Path, limit: str) -> None:
    with Party(tmp_path, "--set", "rate=0", "--set", limit) as party:
        fatur, ani = party.native("fatur"), party.guest("ani")
        port = int(party.server.doors["plain"].rpartition(":")[2])
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            deaf.connect(("127.0.0.1", port))
            assert deaf.recv(len(QUESTION)) == QUESTION
            deaf.sendall(b"tuli\n")
            fatur.expect("JOINED ")
            text, number, slowest = "x" * 3400, 0, 0.0
            gone = False
            while not gone:
                assert number < 20_000
                watch = Stopwatch(party.server.pid)
                gone = any(line.startswith("LEFT ") for line in _say(fatur, number, text))
                slowest = max(slowest, watch.seconds)
                assert ani.expect("fatur: ") == f"fatur: {number} {text}"
                number += 1
            assert slowest < SOON
            assert fatur.answer("WHO tuli~")[-1].startswith("ERR no-name")
            with contextlib.suppress(ConnectionResetError):
                while deaf.recv(65_536):
                    pass
        journal = party.server.journal.read_text()
        assert "went name=tuli~" in journal
        assert "why=slow-reader" in journal


def _say(raw: Raw, number: int, text: str) -> list[str]:
    """Say it; what came before its OK."""
    raw.seen.clear()
    answer = raw.answer(f"SAY #lab {number} {text}", tag=str(number))
    assert answer[-1].startswith("OK ")
    return raw.seen


def test_much_at_once_is_no_slow_reader(tmp_path: Path) -> None:
    """More than send-hard in one turn is not yet unread: the socket has not been asked."""
    with Party(tmp_path, "--set", "rate=0", "--set", "send-hard=16384") as party:
        fatur, ani = party.native("fatur"), party.guest("ani")
        text = "y" * 1000
        fatur.say(*[f"SAY #lab {number} {text}" for number in range(60)])  # in one packet
        for number in range(60):
            assert ani.expect("fatur: ") == f"fatur: {number} {text}"
        ani.seen.clear()
        assert party.told(ani) == []


def test_login_timeout(tmp_path: Path) -> None:
    with Party(tmp_path, "--set", "login-timeout=1.5", "--set", "linger=1") as party:
        rizky, (plain, _) = party.guest("rizky"), party.nameless()
        silent, trickling = party.asked(), party.asked()
        watch = Stopwatch(party.server.pid)
        trickling.sock.settimeout(0.02)
        found = b""
        while TIMEOUT not in found.decode():
            assert watch.seconds < 15 * SOON
            trickling.send(b"x")
            with contextlib.suppress(TimeoutError):
                found += trickling.sock.recv(1024)
        assert found.decode() == f"\n{TIMEOUT}\n"
        assert to_the_end(silent) == ["", TIMEOUT]
        rizky.say("masih")
        plain.expect("rizky~: masih")


def test_shutdown_says_goodbye_to_all(tmp_path: Path) -> None:
    with Party(tmp_path, "--set", "rate=0.1", "--set", "rate-burst=1") as party:
        asked, rizky, (plain, _) = party.asked(), party.guest("rizky"), party.nameless()
        busy = party.guest("sibuk")
        busy.say(*map(str, range(LINES)))
        rizky.expect("sibuk~: 0")
        with within(0, 2 * SOON, party.server.pid):
            os.kill(party.server.pid, signal.SIGTERM)
            end_of(party.server.pid)
        assert party.server.stop() == 0
        assert to_the_end(asked) == ["", SHUTDOWN]
        for raw in (rizky, plain, busy):
            assert raw.rest()[-1] == SHUTDOWN


def test_who_is_banned_is_told_and_kept_out(tmp_path: Path) -> None:
    with Party(tmp_path) as party, Raw(0, unix=party.server.unix, name="bos") as boss:
        guest = party.guest("rizky")
        boss.answer("BAN rizky 0 ribut")
        knocking = party.asked()
        knocking.send(b"Rizky\n")
        assert to_the_end(knocking) == [f"{BANNED}: ribut"]
        other = party.guest("fatur")
        boss.answer("KICK fatur~ ribut")
        assert to_the_end(other)[-1] == f"! {BYES['kicked'].id}: ribut"
        boss.answer("BAN 127.0.0.0/8 60")
        assert re.fullmatch(UNTIL, to_the_end(guest)[-1])
        [told] = to_the_end(party.knock())
        assert re.fullmatch(UNTIL, told)


def test_guests_may_be_made_to_listen(tmp_path: Path) -> None:
    with Party(tmp_path) as party, Raw(0, unix=party.server.unix, name="bos") as boss:
        boss.answer("JOIN #lab")
        guest = party.guest("rizky")
        boss.answer("LIMIT guests listen")
        guest.send(b"halo\n")
        assert guest.line() == f"! {ERRORS['silenced'].id}"
        boss.answer("LIMIT guests speak")
        guest.send(b"halo lagi\n")
        assert boss.expect("MSG ").endswith("rizky~ halo lagi")


def test_a_guest_is_banned_by_the_name_that_it_has(tmp_path: Path) -> None:
    with Party(tmp_path) as party, Raw(0, unix=party.server.unix, name="bos") as boss:
        guest = party.guest("budi")
        boss.answer("BAN budi~ 60")
        assert re.fullmatch(UNTIL, to_the_end(guest)[-1])
        back = party.asked()
        back.send(b"budi\n")
        [told] = to_the_end(back)
        assert re.fullmatch(UNTIL, told)
