"""Whether others can run a program: every folder on the way counts, and every link."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.reachable import closed_to_others, main
from tests.support.server import ROOT

EVERYBODYS = Path("/tmp")  # noqa: S108 - a folder that everybody may enter
SHELL = Path("/bin/sh")
"""Everybody can run it, on every machine."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, with a program and a link to it from beside.

    Not in pytest's own folder: that is closed to others.
    """
    with tempfile.TemporaryDirectory(dir=EVERYBODYS) as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "inner").mkdir(mode=0o755)
        (place / "inner" / "program").write_text("#!/bin/sh\n")
        (place / "inner" / "program").chmod(0o755)
        (place / "link").symlink_to("inner/program")
        yield place


def test_what_everybody_can_run() -> None:
    assert closed_to_others(SHELL) is None


@pytest.mark.parametrize("start", ["inner/program", "link"])
@pytest.mark.parametrize(
    ("closed", "mode"), [("inner", 0o700), ("inner", 0o754), ("inner/program", 0o750)]
)
def test_the_first_that_is_closed(place: Path, start: str, closed: str, mode: int) -> None:
    assert closed_to_others(place / start) is None
    (place / closed).chmod(mode)
    assert closed_to_others(place / start) == place / closed


def test_a_link_that_is_open_to_a_place_that_is_not(place: Path) -> None:
    place.chmod(0o700)
    assert closed_to_others(place / "link") == place


@pytest.mark.parametrize(
    ("language", "words"), [("id_ID.UTF-8", "peringatan: orang lain"), ("C", "warning: other")]
)
def test_it_warns_in_both_languages(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    words: str,
) -> None:
    place.chmod(0o700)
    monkeypatch.setenv("LANG", language)
    monkeypatch.setattr(sys, "executable", str(place / "link"))
    assert main() == 0
    told = capsys.readouterr().err
    assert told.startswith(words)
    assert str(place / "link") in told
    assert "make install PYTHON=" in told


def test_it_says_nothing_where_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reactor.reachable.closed_to_others", lambda _: None)
    assert main() == 0
    assert capsys.readouterr().err == ""


def test_make_install_warns(place: Path) -> None:
    """A Python in a folder of the user's own."""
    own = place / "own"
    own.mkdir(mode=0o700)
    (own / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        ["make", "install", f"DESTDIR={place / 'root'}", f"PYTHON={own / 'python3'}"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert "warning: other people cannot run " in done.stderr or "peringatan" in done.stderr
    assert "installed obrol" in done.stdout
