"""The terminal that the program finds: ASCII alone, no colours, one that calls itself wrongly.

All that it writes is looked at, byte for byte.
"""

import re
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client, home_of

COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
"""A sequence that asks for a colour other than the terminal's own."""
WINDOW_1 = "\x1b1"
TMUX = {"TMUX": "somewhere,1,0"}


def show_everything(rizky: Terminal, server: ServerProcess) -> None:
    """Have the screen show what it can, with all kinds of characters."""
    said = ("siang 日本語 😀 e\u0301 “é”…", "rizky: ✓ → ü", "\U0001f468\u200d\U0001f469 akhir")
    with Raw(server.port, name="fatur") as fatur:
        rizky.wait_for("1 here")
        fatur.answer("JOIN #lab")
        fatur.answer("TOPIC #lab café 日本 🎉", "t1")
        for n, text in enumerate(said):
            fatur.answer(f"SAY #lab {text}", f"s{n}")
        rizky.wait_for("akhir")
        for keys, shown in (
            ("ketik 日本 é", "[#lab] ketik"),
            ("\r", "<rizky> ketik"),
            ("/help\r", "/quit"),
            ("/names\r", "2 here: "),
            ("/nothing\r", "there is no command"),
            ("\x03\x1bOP", "[help]"),  # Ctrl+C, F1
            ("\x1b", "[#lab]"),
            ("\x1b[200~satu\n“dua”\n\x1b[201~", "Paste 2 lines"),
            ("\x1b", "[#lab]"),
            ("\x1bN", "[#lab]"),  # the list of names
            (WINDOW_1, "[obrol]"),
        ):
            rizky.press(keys)
            rizky.wait_for(shown)
        fatur.answer("SAY #lab rizky: “lagi”", "s9")
        rizky.wait_for("2:#lab(1!)")
        rizky.press("\x1b2")
        rizky.wait_for("not read")  # the line above it
        server.kill()
        rizky.wait_for("connection lost")
        rizky.settle()


@pytest.mark.parametrize("how", ["--ascii", "ascii = true"])
def test_ascii_alone(server: ServerProcess, tmp_path: Path, how: str) -> None:
    words = [how] if how.startswith("--") else []
    if not words:
        config = home_of(tmp_path / "rizky") / ".config" / "obrol" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(how)
    with client("rizky", server.port, tmp_path / "rizky", *words, columns=120) as rizky:
        show_everything(rizky, server)
        assert max(rizky.raw) <= 0x7F, [b for b in rizky.raw.split() if max(b) > 0x7F]


def test_more_than_ascii_where_nobody_asked_for_less(server: ServerProcess, tmp_path: Path) -> None:
    """That the test above can fail; and colours, that the one below can."""
    with client("rizky", server.port, tmp_path / "rizky", columns=120) as rizky:
        show_everything(rizky, server)
        assert "│".encode() in rizky.raw
        assert "日本".encode() in rizky.raw
        assert len(COLOUR.findall(rizky.raw)) > 10


def test_ascii_for_this_run_is_not_kept(server: ServerProcess, tmp_path: Path) -> None:
    data = tmp_path / "rizky"
    with client("rizky", server.port, data, "--ascii") as rizky:
        rizky.wait_for("1 here")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    assert not (home_of(data) / ".config").exists()


def test_no_color(server: ServerProcess, tmp_path: Path) -> None:
    with client(
        "rizky", server.port, tmp_path / "rizky", columns=120, environment={"NO_COLOR": "1"}
    ) as rizky:
        show_everything(rizky, server)
        assert COLOUR.findall(rizky.raw) == []
        assert b"\x1b[7m" in rizky.raw or b";7m" in rizky.raw  # the bars are still seen


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"TERM": "no-such-terminal"},
         "nobody here knows TERM=no-such-terminal; drawing as for xterm-256color"),
        ({"TERM": "no-such-terminal", **TMUX}, "nobody here knows"),
        ({"TERM": "xterm", **TMUX},
         "this is tmux, but TERM=xterm: keys and colours may go wrong; tmux-256color is right"),
        ({"TERM": "xterm-256color", **TMUX}, "this is tmux"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "tmux-256color", **TMUX}, ""),
        ({"TERM": "screen", **TMUX}, ""),
    ],
)  # fmt: skip
def test_a_terminal_that_calls_itself_wrongly(
    server: ServerProcess, tmp_path: Path, environment: dict[str, str], told: str
) -> None:
    with client(
        "rizky", server.port, tmp_path / "rizky", columns=100, environment=environment
    ) as rizky:
        rizky.wait_for("1 here")
        rizky.press(WINDOW_1)
        rizky.wait_for("connected to")
        screen = rizky.text()
        assert told in screen
        assert ("TERM=" in screen) is bool(told)
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0


def test_the_terminal_is_told_about_in_indonesian(server: ServerProcess, tmp_path: Path) -> None:
    with client(
        "rizky", server.port, tmp_path / "rizky", "--lang", "id",
        environment={"TERM": "no-such-terminal"},
    ) as rizky:  # fmt: skip
        rizky.wait_for("1 orang")
        rizky.press(WINDOW_1)
        rizky.wait_for("TERM=no-such-terminal tidak dikenal di sini")
