"""C37: the operator's log, one event a line, nothing in it that could drive a terminal."""

import io
from pathlib import Path

import pytest

from reactor.journal import Journal, escaped
from tests.reactor.lab import FakeClock


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("halo é🙂", "halo é🙂"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[2J\x9b\x00", r"\x1b[2J\x9b\x00"),
        ("\u2028\u202e\u200b", r"\u2028\u202e\u200b"),
        ("\ud800", r"\ud800"),
    ],
)
def test_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert escaped(text).isprintable()


def test_line() -> None:
    out = io.StringIO()
    journal = Journal(FakeClock(), out)
    journal.say("came", name="ani", door="tcp", user="", why=None, count=0)
    journal.say("went", why="a\nforged line")
    assert out.getvalue() == (
        "2023-11-14T22:30:00.000Z came name=ani door=tcp count=0\n"
        "2023-11-14T22:30:00.000Z went why=a\\nforged line\n"
    )


def test_closed_standard_error_harms_nobody() -> None:
    out = io.StringIO()
    out.close()
    Journal(FakeClock(), out).say("came", name="ani")


def test_full_disk_harms_nobody() -> None:
    out = Path("/dev/full").open("w")  # noqa: SIM115 - closing it is what fails
    Journal(FakeClock(), out).say("came", name="ani")
    with pytest.raises(OSError, match="No space left"):
        out.close()
