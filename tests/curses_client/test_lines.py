"""Line mode as real processes against a real server: what goes in is said, what is said comes out.

How it ends, and with which code, is in ``test_lines_end``.
"""

import os
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.curses_client.line_client import (
    MODULE,
    LineClient,
    command,
    run,
    stored,
)
from tests.support.proxy import Proxy
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.terminal import Terminal
from wire.grammar import LINE_BREAK, TEXT_BYTES

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.mark.parametrize("how", ["pipe", "file"])
def test_each_line_is_said_and_comes_out(server: ServerProcess, tmp_path: Path, how: str) -> None:
    text = b"satu\n dua  kata \n//tiga\n/say /empat\nSEND lima\n"
    path = tmp_path / "masuk"
    path.write_bytes(text)
    ended = run("rizky", server.port, tmp_path, text if how == "pipe" else path)
    said = ["satu", " dua  kata ", "/tiga", "/empat", "SEND lima"]
    assert (ended.code, ended.errors) == (0, "")
    assert stored(server) == said
    assert ended.texts == said
    for row in ended.rows:
        assert TIME.fullmatch(row[0])
        assert row[1:3] == ["#lab", "rizky"]


@pytest.mark.parametrize("what", ["/dev/null", "file", "pipe"])
def test_nothing_in_is_nothing_said(server: ServerProcess, tmp_path: Path, what: str) -> None:
    path = tmp_path / "masuk"
    path.write_bytes(b"")
    given = {"/dev/null": None, "file": path, "pipe": b""}[what]
    assert run("rizky", server.port, tmp_path, given) == (0, b"", "")
    assert stored(server) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"satu\ndua", ["satu", "dua"]),
        (b"satu\r\ndua\r\n", ["satu", "dua"]),
        (b"satu\r\ndua\r", ["satu", "dua"]),
        (b"\n\n  \n\t\nsatu\n\n", ["satu"]),
        (b"a\xffb\xc3\nd\xe6\x97\xa5", ["a\ufffdb\ufffd", "d日"]),
        ("日本語 😀 e\u0301\n".encode(), ["日本語 😀 e\u0301"]),
        (b"\x1b[31mmerah\x07 a\tb \x00 \x7f", ["\ufffd[31mmerah\ufffd a\tb \ufffd \ufffd"]),
        ("a\x85b \u202ec \u2066d\u2069\n".encode(), ["a\ufffdb \ufffdc \ufffdd\ufffd"]),
        (b"satu\rdua\n", ["satu\ufffddua"]),
    ],
    ids=["no last newline", "CRLF", "CR at the end", "empty lines", "bad UTF-8", "wide", "control",
         "C1 and bidi", "CR inside"],
)  # fmt: skip
def test_odd_input(server: ServerProcess, tmp_path: Path, text: bytes, said: list[str]) -> None:
    ended = run("rizky", server.port, tmp_path, text)
    assert (ended.code, ended.errors) == (0, "")
    assert stored(server) == said
    assert ["\t".join(row[3:]) for row in ended.rows] == said


@pytest.mark.parametrize("letter", ["x", "é", "日", "😀"])
def test_a_line_too_long_for_one_message_is_cut_and_nothing_is_lost(
    server: ServerProcess, tmp_path: Path, letter: str
) -> None:
    line = letter * (3 * TEXT_BYTES) + " ujung"
    assert run("rizky", server.port, tmp_path, f"awal\n{line}\nakhir".encode()).code == 0
    first, *pieces, last = stored(server)
    assert (first, "".join(pieces), last) == ("awal", line, "akhir")
    sizes = [len(piece.encode()) for piece in pieces]
    assert max(sizes) <= TEXT_BYTES
    assert min(sizes[:-1]) > TEXT_BYTES - len(letter.encode())  # no more pieces than must be


@pytest.mark.parametrize("how", ["pipe", "file"])
def test_many_lines_keep_their_order(server: ServerProcess, tmp_path: Path, how: str) -> None:
    # More than wait for their acknowledgement at once: reading stops and goes on meanwhile.
    said = [f"baris {n}" for n in range(2500)]
    path = tmp_path / "masuk"
    path.write_text("\n".join(said))
    text = path.read_bytes()
    ended = run("rizky", server.port, tmp_path, text if how == "pipe" else path)
    assert (ended.code, ended.errors) == (0, "")
    assert stored(server) == said
    assert ended.texts == said


def test_two_hundred_lines_slowed_down_keep_their_order(tmp_path: Path) -> None:
    """The server's delay is no loss, and no refusal."""
    said = [f"baris {n}" for n in range(200)]
    settings = ["--set", "rate=200", "--set", "rate-burst=5"]
    with ServerProcess(tmp_path / "server", *settings) as server:
        ended = run("rizky", server.port, tmp_path, "\n".join(said).encode())
        assert (ended.code, ended.errors) == (0, "")
        assert stored(server) == said


def test_text_that_comes_little_by_little(server: ServerProcess, tmp_path: Path) -> None:
    with LineClient("rizky", server.port, tmp_path) as client:
        for piece in ("sa", "tu\nd", "ua"):
            client.put(piece)
        assert client.row()[3] == "satu"
        client.stdin.write("é".encode()[:1])
        client.stdin.flush()
        client.put("x\n")
        assert client.row()[3] == "dua\ufffdx"
        assert client.finish() == (0, b"", "")


def test_the_next_run_is_the_same_person(server: ServerProcess, tmp_path: Path) -> None:
    """Over TCP only the secret proves that; the name is held for its owner."""
    for n in range(3):
        assert run("rizky", server.port, tmp_path, f"kali {n}".encode()).code == 0
    assert stored(server) == ["kali 0", "kali 1", "kali 2"]
    kept = tmp_path / "rizky" / "sessions.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_over_the_unix_socket(server: ServerProcess, tmp_path: Path) -> None:
    words = ["rizky", "--port", str(server.port), "--data", str(tmp_path), "--lang", "en"]
    with subprocess.Popen([*MODULE, *words], cwd=ROOT, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:  # fmt: skip
        out, _ = process.communicate(b"lewat soket", timeout=60)
    assert out.endswith(b"\t#lab\trizky\tlewat soket\n")


def test_another_room_with_and_without_its_sign(server: ServerProcess, tmp_path: Path) -> None:
    for room in ("uas", "#uas"):
        assert run("rizky", server.port, tmp_path, b"halo", "--room", room).code == 0
    assert stored(server, "#uas") == ["halo", "halo"]


# Listening.


def test_nothing_old_is_printed_on_entering(server: ServerProcess, tmp_path: Path) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        fatur.answer("SAY #lab lama", "t1")
        fatur.answer("SAY @fatur catatan lama", "t2")
        ended = run("rizky", server.port, tmp_path, b"baru")
    assert ended.texts == ["baru"]


def test_what_others_say_comes_out_in_four_columns(server: ServerProcess, tmp_path: Path) -> None:
    with (
        LineClient("rizky", server.port, tmp_path, "--listen") as rizky,
        Raw(server.port, name="fatur") as fatur,
    ):
        rizky.put("siap\n")
        assert rizky.row()[3] == "siap"
        fatur.answer("JOIN #lab")
        fatur.answer(f"SAY #lab satu{LINE_BREAK}dua", "t1")
        fatur.answer("ACT #lab pasang kabel", "t2")
        fatur.answer("SAY @rizky bisik", "t3")
        fatur.answer("TOPIC #lab bukan kata")
        fatur.answer("SAY #lab tiga", "t4")
        rows = [rizky.row() for _ in range(4)]
        assert all(TIME.fullmatch(row[0]) for row in rows)
        assert [row[1:] for row in rows] == [
            ["#lab", "fatur", "satu ⏎ dua"],
            ["#lab", "fatur", "* pasang kabel"],
            ["@rizky", "fatur", "bisik"],
            ["#lab", "fatur", "tiga"],
        ]


def test_a_listener_stays_when_its_input_has_ended(server: ServerProcess, tmp_path: Path) -> None:
    with (
        LineClient("rizky", server.port, tmp_path, "--listen") as rizky,
        Raw(server.port, name="fatur") as fatur,
    ):
        rizky.put("siap")
        rizky.stdin.close()
        assert rizky.row()[3] == "siap"
        fatur.answer("JOIN #lab")
        for n in range(3):
            fatur.answer(f"SAY #lab {n}", f"t{n}")
        assert rizky.texts(3) == ["0", "1", "2"]
        assert rizky.process.poll() is None
        rizky.process.send_signal(signal.SIGINT)
        assert rizky.process.wait(60) == 130


def test_after_a_restart_a_listener_gets_exactly_what_it_missed(
    server: ServerProcess, tmp_path: Path
) -> None:
    with Proxy(server.port) as proxy, Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        fatur.answer("SAY #lab lama", "t0")
        with LineClient("rizky", proxy.port, tmp_path, "--listen") as rizky:
            rizky.put("siap\n")
            assert rizky.row()[3] == "siap"
            fatur.answer("SAY #lab satu", "t1")
            assert rizky.row()[3] == "satu"
            proxy.refuse()
            server.kill()
            server.start()
            assert "connection lost" in rizky.error()
            with Raw(server.port) as again:
                again.hello("fatur", fatur.session)
                again.answer("JOIN #lab")
                for n in range(250):  # more than a page
                    again.answer(f"SAY #lab {n}", f"r{n}")
                proxy.accept()
                assert rizky.texts(250) == [str(n) for n in range(250)]
                again.answer("SAY #lab lalu", "last")
                assert rizky.row()[3] == "lalu"


def test_a_pipe_through_a_killed_server_loses_and_doubles_nothing(
    server: ServerProcess, tmp_path: Path
) -> None:
    said = [f"baris {n}" for n in range(400)]
    with LineClient("rizky", server.port, tmp_path) as rizky:
        rizky.put("".join(f"{line}\n" for line in said[:100]))
        assert rizky.texts(30) == said[:30]
        server.kill()
        server.start()
        rizky.put("".join(f"{line}\n" for line in said[100:]))
        ended = rizky.finish()
    assert ended.code == 0
    assert stored(server) == said
    assert ended.texts == said[30:]


def test_input_is_not_read_while_nobody_listens(server: ServerProcess, tmp_path: Path) -> None:
    """What was not read is still there for whoever comes after; and nothing fills the memory."""
    with LineClient("rizky", server.port, tmp_path) as rizky:
        rizky.put("satu\n")
        assert rizky.row()[3] == "satu"
        server.kill()
        assert "connection lost" in rizky.error()
        os.set_blocking(rizky.stdin.fileno(), False)
        written = 0
        try:
            for _ in range(100):
                written += os.write(rizky.stdin.fileno(), b"x" * 4095 + b"\n")
        except BlockingIOError:
            pass
        assert written <= 128 * 1024  # a pipe's worth
        server.start()


def test_who_left_every_room_is_told_that_nobody_hears(
    server: ServerProcess, tmp_path: Path
) -> None:
    words = command("rizky", server.port, tmp_path, "--plain")
    with Terminal([*MODULE, *words]) as terminal:
        terminal.press("halo\n")
        terminal.wait_for("rizky   halo")
        terminal.press("/part\n")
        terminal.press("ke mana?\n")
        terminal.wait_for("nobody hears you here")
        terminal.press("/join uas\n")
        terminal.press("di sini\n")
        terminal.wait_for("#uas    rizky   di sini")
        terminal.press("/quit\n")
        assert terminal.wait_end() == 0
    assert stored(server) == ["halo"]
