"""Whom I ignore: hidden, not counted, and back again; in a real terminal too."""

from pathlib import Path

from tests.curses_client.tellers import Teller
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import client


def test_whom_i_ignore_is_not_shown_and_not_counted() -> None:
    teller = Teller(ignore="Fatur")
    teller.state.ignore(frozenset({"fatur"}))
    window = teller.state.open("#lab")
    teller.event("rizky!", sender="fatur", number=7)
    teller.event(f"1 {'0' * 64} a.txt", sender="fatur", kind="FILE", number=8)
    assert (teller.texts("#lab"), window.unread, window.newest) == ([], 0, 8)
    assert teller.stage.bells == 0
    assert teller.stage.offers == [8]  # it can be fetched all the same
    teller.event("halo", sender="fatur2")
    assert teller.texts("#lab") == ["halo"]
    # What was hidden is not lost.
    teller.state.ignore(frozenset())
    assert teller.texts("#lab")[::2] == ["rizky!", "halo"]


def test_my_own_lines_are_shown_whatever_the_list_says() -> None:
    teller = Teller(ignore="RIZKY")
    teller.event("halo", sender="rizky")
    assert teller.texts("#lab") == ["halo"]
    assert teller.window("#lab").newest == 1


def test_what_was_hidden_comes_back(server: ServerProcess, tmp_path: Path) -> None:
    with (
        Raw(server.port, name="fatur") as fatur,
        client("rizky", server.port, tmp_path / "rizky") as rizky,
    ):
        rizky.wait_for("1 here")
        fatur.answer("JOIN #lab")
        rizky.press("/ignore RIZKY\r")
        rizky.wait_for("that is you")
        rizky.press("\x15/ignore fatur\r")
        rizky.wait_for("ignore = fatur")
        fatur.answer("SAY #lab tersembunyi", "t1")
        rizky.press("halo\r")
        rizky.wait_for("<rizky> halo")
        assert "tersembunyi" not in "\n".join(rizky.settle())
        rizky.press("/unignore fatur\r")
        rizky.wait_for("<fatur> tersembunyi")
        rows = rizky.rows()
        said = [n for n, row in enumerate(rows) if "<fatur> ters" in row or "<rizky> halo" in row]
        assert ["fatur" in rows[n] for n in said] == [True, False]  # at its own place
