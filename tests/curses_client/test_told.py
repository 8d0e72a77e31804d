"""Where a word is needed: what cannot be done is told, what was set is told as it will work."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.alerts import Alerts
from curses_client.reasons import REASONS, reason
from curses_client.texts import Texts
from tests.curses_client.tellers import Teller
from tests.curses_client.typing_desk import Typing


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In #lab, on a screen."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/help nonsense", "there is no command /nonsense. /help alone tells the first ones"),
        ("/help /jion", "there is no command /jion. Did you mean /join? /help alone tells the "
                        "first ones"),
    ],
)  # fmt: skip
def test_help_of_what_is_no_command(desk: Typing, line: str, why: str) -> None:
    assert desk.type(line) is False
    assert (desk.errors, desk.rows) == ([why], [])


def test_the_wire_is_not_watched(desk: Typing) -> None:
    desk.panes.traced = False
    assert desk.type("/trace off") is False
    assert desk.errors == ["the wire is not watched now"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/part #nope", "you are not in #nope"),
        ("/nick rizky", "you are rizky already"),
        ("/join #bad name here", "usage: /join #room [key]"),
        ("/get abc", "usage: /get number [folder]"),
    ],
)
def test_what_cannot_be_done_is_told(desk: Typing, line: str, told: str) -> None:
    assert desk.type(line) is False
    assert desk.errors == [told]


def test_my_name_in_another_case_is_another_name(desk: Typing) -> None:
    assert desk.type("/nick Rizky")
    assert desk.wire.take() == ["NICK Rizky"]


def test_a_room_that_could_not_be_entered_can_be_left(desk: Typing) -> None:
    desk.target = "#kunci"
    assert desk.type("/part")
    assert desk.moves == [("leave", "#kunci")]


def test_a_phrase_calls_me_too(desk: Typing) -> None:
    assert desk.type('/hl "dua  kata" modem')
    assert desk.notices == ['highlight = "dua kata" modem']
    for settings in (desk.settings, desk.kept()):
        assert settings.words("highlight") == ("dua kata", "modem")
    assert Alerts(desk.settings).names("ada Dua kata di sini", "rizky")
    assert Alerts(desk.settings).names("dua\u2028kata", "rizky")
    assert not Alerts(desk.settings).names("dua hal, satu kata", "rizky")
    assert desk.type('/hl -"DUA KATA" "tidak ditutup')
    assert desk.kept().words("highlight") == ("modem", "tidak ditutup")
    assert desk.type("/hl")
    assert desk.notices[-1] == 'highlight = modem "tidak ditutup"'


def test_where_files_go_is_looked_at(desk: Typing, tmp_path: Path) -> None:
    assert desk.type(f"/set downloads {tmp_path / 'baru' / 'sekali'}")
    assert desk.errors == []
    assert desk.transfers.folder == tmp_path / "baru" / "sekali"
    assert desk.type("/set downloads /dev/null/x")
    assert desk.errors == ["cannot write in /dev/null/x: Not a directory"]
    desk.texts = Texts("id")
    assert desk.type("/set downloads /proc/nope")
    assert desk.errors[1:] in ([], ["tidak bisa menulis di /proc/nope: tidak diizinkan"])


# What the system says, in the language of the user.


def test_reasons_are_in_indonesian_too() -> None:
    for number in (2, 13, 110, 111):
        told = os.strerror(number)
        assert reason(told, "en") == told
        assert reason(told, "id") != told
    assert reason("brand new", "id") == "brand new"
    assert all(words == words.strip() != "" for words in REASONS.values())
    error = FileNotFoundError(2, os.strerror(2))
    assert Texts("id").why(error) == "berkas atau folder tidak ada"
    assert Texts("id").why(OSError("apa pun")) == "apa pun"


def test_a_lost_link_is_told_in_indonesian() -> None:
    teller = Teller()
    teller.story.link_lost("Connection refused")
    assert teller.texts("") == [
        "tidak ada server di @obrol-59000: sambungan ditolak. Jalankan dengan `make server`."
    ]
