"""Whole screens out of a real terminal, at every size that counts, and 5,000 hostile strings."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.played import TIME, PlayedServer
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import client, without_times

HOSTILE = 5_000
SENTINEL = "4711"
"""Stands in every planted sequence, and nowhere else."""
PLANTED = (
    f"\x1b[{SENTINEL}J", f"\x1b]0;{SENTINEL}\x07", f"\x1bP{SENTINEL}\x1b\\", f"\x9b{SENTINEL}m",
    f"\x1b[?{SENTINEL}h", f"\x1bc{SENTINEL}", f"\x07{SENTINEL}", f"\x00{SENTINEL}",
    f"\x1b]52;c;{SENTINEL}\x07", f"\x1b(0{SENTINEL}", f"\x0e{SENTINEL}", f"\x1b[{SENTINEL};1H",
    f"\r{SENTINEL}", f"\b{SENTINEL}", f"\x1b^{SENTINEL}\x1b\\", f"\x84{SENTINEL}",
    f"\x7f{SENTINEL}",
)  # fmt: skip
ODD = (
    "\u202e" + SENTINEL, "a" + "\u0301" * 1000,
    "👩\u200d👩\u200d👧\u200d👦", "❤\ufe0f", "🇮🇩", "日本語",
    "\u2028", "\t", "\u200f", "\u034f", "\uffff", "\U000e0041", "ก\u0e33", "각",
)  # fmt: skip
ALLOWED = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z@`]|[()][0B]|[=>78M])")
"""What curses sends on this terminal: CSI, character sets, keypad, cursor."""


@pytest.fixture
def played() -> Iterator[PlayedServer]:
    """A server that says whatever the test wants."""
    server = PlayedServer()
    yield server
    server.close()


def beside(text: str, name: str = "", wide: int = 0) -> str:
    """A row of 132 columns with the list of names, ``wide`` of its characters two cells wide."""
    return f"{text:<{114 - wide}}│{name}"


SCREENS = {
    (80, 24, "id"): [
        " #lab │ Topik: kumpul modul 11 Jumat                                    2 orang",
        *[""] * 10,
        "HH:MM --> fatur bergabung",
        "HH:MM --> aguel bergabung",
        "HH:MM <fatur> siang!",
        "HH:MM * aguel pasang kabel",
        "HH:MM <fatur> 日本語 😀 é ke rizky",
        "HH:MM <aguel> def f():",
        "                  return 1",
        "HH:MM <-- aguel keluar",
        "HH:MM --- rizky mengganti topik: kumpul modul 11 Jumat",
        "HH:MM <rizky> kata kata kata kata kata kata kata kata kata kata kata kata kata",
        "              kata kata",
        " [HH:MM] [rizky*] 2:#lab [Akt: 3:@fatur(1!)]",
        "[#lab] sedang mengetik",
    ],
    (132, 43, "en"): [
        " #lab │ Topic: kumpul modul 11 Jumat" + " " * 89 + "2 here",
        beside("", "fatur"),
        beside("", "rizky*"),
        *[beside("")] * 28,
        beside("HH:MM --> fatur joined"),
        beside("HH:MM --> aguel joined"),
        beside("HH:MM <fatur> siang!"),
        beside("HH:MM * aguel pasang kabel"),
        beside("HH:MM <fatur> 日本語 😀 é ke rizky", wide=4),
        beside("HH:MM <aguel> def f():"),
        beside("                  return 1"),
        beside("HH:MM <-- aguel left"),
        beside("HH:MM --- rizky set the topic: kumpul modul 11 Jumat"),
        beside(
            "HH:MM <rizky> kata kata kata kata kata kata kata kata kata kata kata kata kata kata"
            " kata"
        ),
        " [HH:MM] [rizky*] 2:#lab [Act: 3:@fatur(1!)]",
        "[#lab] sedang mengetik",
    ],
    (40, 8, "en"): [
        " #lab │ Topic: kumpul modul 11 … 2 here",
        "HH:MM --- rizky set the topic: kumpul",
        "      modul 11 Jumat",
        "HH:MM <rizky> kata kata kata kata kata",
        "              kata kata kata kata kata",
        "              kata kata kata kata kata",
        " [rizky*] 2:#lab [Act: 3:@fatur(1!)]",
        "[#lab] sedang mengetik",
    ],
    (20, 5, "id"): [
        "  kata kata kata",
        "  kata kata kata",
        "  kata kata kata",
        " 2:#lab",
        "[#lab] …g mengetik",
    ],
}


@pytest.mark.parametrize(("columns", "rows", "language"), SCREENS)
def test_whole_screens(
    server: ServerProcess, tmp_path: Path, columns: int, rows: int, language: str
) -> None:
    with client("rizky", server.port, tmp_path / "rizky", "--lang", language) as rizky:
        rizky.wait_for("1 orang" if language == "id" else "1 here")
        with Raw(server.port, name="fatur") as fatur, Raw(server.port, name="aguel") as aguel:
            for person, line, seen in (
                (fatur, "JOIN #lab", "--> fatur"),
                (aguel, "JOIN #lab", "--> aguel"),
                (fatur, "SAY #lab siang!", "siang!"),
                (aguel, "ACT #lab pasang kabel", "pasang kabel"),
                (fatur, "SAY #lab 日本語 😀 e\u0301 ke rizky", "ke rizky"),
                (aguel, "SAY #lab def f():\u2028    return 1", "return 1"),
                (aguel, "LEAVE #lab", "<-- aguel"),
                (fatur, "SAY @rizky rahasia", "3:@fatur(1!)"),
            ):
                person.say(line)
                rizky.wait_for(seen)
            rizky.press("/topic kumpul modul 11 Jumat\r")
            rizky.wait_for("kumpul modul 11")
            rizky.press("kata " * 15 + "\r")
            rizky.wait_for("<rizky> kata")
            rizky.press("sedang mengetik")
            rizky.wait_for("sedang mengetik")
            rizky.resize(columns, rows)
            shown = SCREENS[columns, rows, language]
            rizky.wait_for(lambda: rizky.rows()[-1] == shown[-1])
            assert without_times(rizky.settle()) == shown


def hostile(chance: random.Random) -> str:
    """One hostile text."""
    return "".join(
        chance.choice([*PLANTED, *ODD, "kata ", "x"]) for _ in range(chance.randint(1, 6))
    )


def event(number: int, chance: random.Random) -> str:
    """One line of a server that means ill; most of them are not even of the wire's form."""
    text = hostile(chance)
    return chance.choice(
        (
            f"MSG {number} {TIME} #lab fatur {text}",
            f"ACT {number} {TIME} #lab {text} halo",
            f"MSG {number} {TIME} @rizky fatur {text}",
            f"FILE {number} {TIME} #lab fatur 5 {'0' * 64} {text}",
            f"TOPIC {TIME} #lab fatur {text}",
            f"JOINED {TIME} #lab {text}",
            f"LEFT {TIME} #lab fatur {text}",
            f"NAMES #lab {text}",
            f"MOTD {text}",
            text,
        )
    )


def test_nothing_that_others_say_reaches_the_terminal_unescaped(
    played: PlayedServer, tmp_path: Path
) -> None:
    chance = random.Random(4)
    with client("rizky", played.port, tmp_path, "--host", "127.0.0.1") as rizky:
        played.greet()
        rizky.wait_for("[#lab]")
        lines = [event(n, chance).replace("\n", " ") for n in range(1, HOSTILE + 1)]
        data = "".join(line + "\n" for line in lines).encode("utf-8", "replace")
        played.send(data, lambda: rizky._read(0))
        last = f"MSG {HOSTILE + 1} {TIME} #lab fatur selesai\n"
        played.send(last.encode(), lambda: rizky._read(0))
        rizky.wait_for("<fatur> selesai")
        for _ in range(60):  # by all of it, a page at a time
            rizky.press("\x1b[5~")
            rizky._read(0.02)
        rizky.settle()
        left = ALLOWED.sub(b"", rizky.raw)
        assert b"\x1b" not in left
        assert not re.search(rb"[\x00-\x06\x0b\x0c\x10-\x1a\x1c-\x1f\x7f]", left)
        assert not re.search(rb"\xc2[\x80-\x9f]", left)
        assert not re.search(rb"(?:\x1b\[\??|\x07|\x08|\r|\x0e)" + SENTINEL.encode(), rizky.raw)
        assert "日本語".encode() in rizky.raw  # what does no harm was shown
        rizky.press("masih hidup")
        rizky.wait_for("masih hidup")


def test_the_whole_help_is_on_one_screen(server: ServerProcess, tmp_path: Path) -> None:
    for language, first, last in (
        ("en", "Enter sends what you type", "Leave: /quit"),
        ("id", "Enter mengirim ketikanmu", "Keluar: /quit"),
    ):
        with client(f"rizky{language}", server.port, tmp_path / language, "--lang",
                    language) as rizky:  # fmt: skip
            rizky.wait_for("[#lab]")
            rizky.press("/help\r")
            rizky.wait_for(last)
            rows = rizky.settle()
            assert rows[1].startswith(first)
            assert last in rows[21]


def test_a_list_of_names_from_a_hundred_columns_on(server: ServerProcess, tmp_path: Path) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("[#lab]")
        rizky.resize(132, 43)
        rizky.wait_for(lambda: "│rizky" in rizky.rows()[1].replace(" ", ""))
        assert len(rizky.rows()) == 43
        rizky.press("\x1bN")
        rizky.wait_for(lambda: "│rizky" not in rizky.rows()[1].replace(" ", ""))


def test_where_did_i_stop_reading(server: ServerProcess, tmp_path: Path) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        rizky.press("halo\r")
        rizky.wait_for(lambda: "<rizky> halo" in rizky.text() and "--:--" not in rizky.text())
        rizky.press("draf")
        rizky.wait_for("[#lab] draf")
        rizky.hang_up()  # as a cut ssh connection does
        rizky.process.wait(5)
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        for n in range(3):
            fatur.say(f"SAY #lab baris {n}")
    with client("rizky", server.port, tmp_path / "rizky") as again:
        again.wait_for("baris 2")
        again.wait_for("left in the input line by the last run")
        again.wait_for("[rizky*] 2:#lab")  # the bar tells of the draft for a moment alone
        rows = without_times(again.settle())
        assert rows[-7:] == [
            "HH:MM <rizky> halo",
            "─" * 34 + " 3 not read " + "─" * 34,
            "HH:MM <fatur> baris 0",
            "HH:MM <fatur> baris 1",
            "HH:MM <fatur> baris 2",
            " [HH:MM] [rizky*] 2:#lab",
            "[#lab] draf",
        ]


def test_focus_and_the_bell(server: ServerProcess, tmp_path: Path) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        with Raw(server.port, name="fatur") as fatur:
            fatur.answer("JOIN #lab")
            rizky.wait_for("fatur joined")
            rizky.press("\x1b[O")  # the terminal lost the focus
            fatur.say("SAY #lab biasa saja")
            rizky.wait_for("1 not read")
            assert b"\x07" not in rizky.raw
            fatur.say("SAY #lab rizky, lihat ini")
            rizky.wait_for("2 not read")
            rizky.wait_for(lambda: b"\x07" in rizky.raw)


def test_trace_explains_the_wire(server: ServerProcess, tmp_path: Path) -> None:
    with client("rizky", server.port, tmp_path / "rizky") as rizky:
        rizky.wait_for("1 here")
        rizky.press("/trace on\r")
        rizky.wait_for("[trace]")
        rizky.settle()
        rizky.press("/ping\r")
        rizky.wait_for("answers our PING")
        rizky.press("\x1b")
        rizky.wait_for("[#lab]")
