"""Why a command was refused, in its own words; and why a connection, mine or another's, ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.front import Failure
from curses_client.refusals import why
from curses_client.texts import Texts
from tests.curses_client.tellers import Teller
from tests.curses_client.typing_desk import Typing
from wire.errors import BYES, TOO_SLOW
from wire.limits import LIMITS

END = "2023-11-14T22:31:00.000Z"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In #lab, on a screen."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


@pytest.mark.parametrize("line", ["/key -", "/topic libur"])
def test_who_did_not_make_the_room_is_told_who_may(desk: Typing, line: str) -> None:
    assert desk.type(line)
    desk.answer(end="ERR not-allowed x")
    name = line.split()[0]
    (told,) = desk.errors
    assert told.startswith(f"{name}: only who made #lab, or an operator, may do that")


def test_limits_that_may_have_been_meant() -> None:
    told = why(Texts("id"), Failure("bad-line", "x"), "LIMIT", "namehold", "5")
    assert told == "tidak ada batas namehold. Maksudmu name-hold? /limits menampilkan semua"
    assert "name-hold" in LIMITS
    many = why(Texts("en"), Failure("bad-line", "x"), "LIMIT", "rate", "5")
    assert many.count(",") == 2


def test_what_stands_in_no_table_is_told_in_general_words() -> None:
    texts = Texts("en")
    assert why(texts, Failure("no-name", "x"), "KICK", "ani") == "there is nobody of that name"
    told = why(texts, Failure("bad-number", "too large - x"), "LIMIT", "rate", "5")
    assert told == "that is not a number of the wire: too large"


def test_rooms_may_be_named_without_their_sign(desk: Typing) -> None:
    assert desk.type("/join uas")
    assert desk.wire.take()[0] == "JOIN #uas"
    assert desk.type("/part uas")
    assert desk.wire.take() == ["LEAVE #uas"]
    assert desk.type("/part nirwana") is False
    assert desk.errors == ["you are not in #nirwana"]


# Why it ended.


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_the_server_says_at_the_end_is_told_in_my_language(language: str) -> None:
    texts = Texts(language)
    for words in (*BYES.values(), TOO_SLOW):
        assert {texts.lost(told) for told in words} == {words.say(language)}
    assert texts.lost("apa saja") == "apa saja"


@pytest.mark.parametrize(
    ("why", "told"),
    [("slow-reader", "fatur keluar (membaca terlalu lambat)"),
     ("timeout", "fatur keluar (tidak ada kabar lagi)"),
     ("sampai besok", "fatur keluar (sampai besok)")],
)  # fmt: skip
def test_why_somebody_else_left(why: str, told: str) -> None:
    teller = Teller("id")
    teller.pass_("JOINED", END, "#lab", "fatur")
    teller.pass_("LEFT", END, "#lab", "fatur", why)
    assert teller.texts("#lab")[-1] == f"<-- {told}"


def test_every_word_of_bye_has_words_for_the_others() -> None:
    texts = Texts("id")
    assert [word for word in BYES if word != "quit" and texts.left_why(word) == word] == []


def test_who_is_banned_hears_why_and_until_when() -> None:
    texts, until = Texts("id"), Texts("id").clock(END)
    at_hello = texts.turned_away("rizky", "banned", f"spam (until {END}) - you are banned here")
    assert at_hello.endswith(f"kamu dilarang masuk: spam (sampai {until})")
    at_the_door = Texts("en").goodbye("banned", f"sampai {END}")
    assert at_the_door.startswith(f"you are banned here: until {Texts('en').clock(END)}.")
    forever = texts.turned_away("rizky", "banned", "you are banned here")
    assert forever.endswith(": kamu dilarang masuk")
    # A reason that has such a sign in it is told whole.
    whole = texts.turned_away("rizky", "banned", "a - b - you are banned here")
    assert whole.endswith("kamu dilarang masuk: a - b")
