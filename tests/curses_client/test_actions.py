"""What each command says to the server or to the user, and that none of them breaks.

Files have ``test_uploads`` and ``test_downloads``, reading has ``test_reading``, what concerns the
client alone ``test_personal``.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curses_client.commands import BY_NAME
from curses_client.link import Status
from curses_client.texts import Texts
from tests.curses_client.fakes import TIME
from tests.curses_client.typing_desk import Typing


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing to send by accident."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In #lab."""
    desk = Typing(tmp_path)
    yield desk
    desk.loop.close()


@pytest.mark.parametrize(
    ("line", "said", "moves"),
    [
        ("/msg fatur  dua  kata", ["SAY @fatur  dua  kata"], []),
        ("/msg @fatur~ halo", ["SAY @fatur~ halo"], []),
        ("/m #lab halo", ["SAY #lab halo"], []),
        ("/query fatur", [], [("go", "@fatur")]),
        ("/query fatur halo, apa  kabar", ["SAY @fatur halo, apa  kabar"], [("go", "@fatur")]),
        ("/q @fatur", [], [("go", "@fatur")]),
        ("/me  pasang  kabel", ["ACT #lab pasang  kabel"], []),
        ("/nick rizky2", ["NICK rizky2"], []),
        ("/away makan siang", ["AWAY makan siang"], []),
        ("/away", ["AWAY away"], []),
        ("/back", ["AWAY"], []),
        ("/topic kumpul modul 11", ["TOPIC #lab kumpul modul 11"], []),
        ("/topic -", ["TOPIC #lab"], []),
        ("/names", ["NAMES #lab"], []),
        ("/who", ["WHO #lab"], []),
        ("/who fatur", ["WHO fatur"], []),
        ("/who #uas", ["WHO #uas"], []),
        ("/rooms", ["ROOMS"], []),
        ("/list #m", ["ROOMS #m"], []),
        ("/part", ["LEAVE #lab"], [("leave", "#lab")]),
        ("/close", ["LEAVE #lab"], [("leave", "#lab")]),
        ("/part #LAB", ["LEAVE #LAB"], [("leave", "#LAB")]),
        ("/quit", [], [("quit", "")]),
        ("/bye sampai jumpa", [], [("quit", "sampai jumpa")]),
    ],
)
def test_what_a_command_does(
    desk: Typing, line: str, said: list[str], moves: list[tuple[str, object]]
) -> None:
    assert desk.type(line)
    assert desk.wire.take() == said
    assert desk.moves == moves
    assert desk.errors == []


@pytest.mark.parametrize("room", ["#uas", "uas"])
def test_joining(desk: Typing, room: str) -> None:
    assert desk.type(f"/join {room}")
    assert desk.wire.take() == ["JOIN #uas", "HISTORY #uas before 999999999999999 100"]
    assert desk.moves == [("go", "#uas")]


@pytest.mark.parametrize(
    "line",
    [
        "/join #", "/join ##x", "/join 9", "/join #uas kunci and more", "/part #uas",
        "/join #uas " + "k" * 65, "/key kunci", "/password kunci", "/key", "/password",
        "/invite 9", "/invite a b", "/invite",
        "/join #" + "a" * 33, "/part x", "/part #lab #uas",
        "/msg 9 halo", "/msg # halo", "/msg * halo", "/query #lab", "/query 9", "/nick a b",
        "/nick 9", "/nick fatur~", "/nick ",
    ],
)  # fmt: skip
def test_what_makes_no_sense_stays_in_the_line(desk: Typing, line: str) -> None:
    assert desk.type(line) is False
    assert len(desk.errors) == 1
    assert desk.wire.take() == []


@pytest.mark.parametrize("line", ["/topic", "/topic x", "/names", "/key -", "/invite fatur"])
@pytest.mark.parametrize("target", ["", "@fatur"])
def test_what_wants_a_room(tmp_path: Path, line: str, target: str) -> None:
    desk = Typing(tmp_path, target)
    assert desk.type(line) is False
    assert len(desk.errors) == 1
    assert desk.wire.take() == []
    desk.loop.close()


def test_who_in_a_private_window_and_in_window_one(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "@fatur")
    desk.type("/who")
    assert desk.wire.take() == ["WHO fatur"]
    desk.target = ""
    assert desk.type("/who") is False
    desk.loop.close()


def test_the_topic_is_shown_and_not_removed(desk: Typing) -> None:
    """The wire has no question for it; who is in already hears it as the answer to JOIN."""
    desk.type("/topic")
    assert [frame.line for frame in desk.wire.lines] == [b"JOIN #lab"]
    desk.answer(f"TOPIC {TIME} #lab fatur kumpul modul 11", "NAMES #lab rizky")
    assert desk.notices == ["topic: kumpul modul 11 (by fatur)"]
    desk.type("/topic")
    desk.answer("NAMES #lab rizky")
    assert desk.notices[1:] == ["no topic"]


def test_answers_are_told(desk: Typing) -> None:
    desk.type("/names")
    desk.answer("NAMES #lab rizky+ fatur", "NAMES #lab aguel*")
    desk.type("/who")
    desk.answer("WHO rizky door=unix idle=0", "WHO fatur door=tcp")
    desk.type("/rooms")
    desk.answer("ROOM #lab 3 kumpul modul", "ROOM #uas 0", end="OK 2 0")
    desk.type("/rooms")
    desk.answer(end="OK 0 0")
    assert desk.notices == [
        "3 here: rizky+ fatur aguel*",
        "rizky · by unix",
        "fatur · by tcp",
        "#lab  3 here  kumpul modul",
        "#uas  0 here  ",
        "there are no rooms yet",
    ]


def test_orders_are_told_about_only_when_they_fail(desk: Typing) -> None:
    desk.type("/nick fatur")
    desk.answer()
    assert (desk.notices, desk.errors) == ([], [])
    desk.type("/nick fatur")
    desk.answer(end="ERR name-taken text of the server")
    desk.type("/topic x")
    desk.answer(end="ERR brand-new in the server's words")
    assert desk.errors == ["/nick: that name is taken", "/topic: in the server's words"]


@pytest.mark.parametrize(
    "line",
    ["/names", "/who", "/rooms", "/nick x", "/topic", "/topic x", "/away", "/back", "/ping",
     "/files", "/history", "/search x", "/get 1043"],
)  # fmt: skip
def test_without_a_link_it_says_so_and_the_line_stays(tmp_path: Path, line: str) -> None:
    desk = Typing(tmp_path, online=False)
    assert desk.type(line) is False
    assert desk.errors == ["not connected; try again later"]
    desk.loop.close()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/away " + "x" * 256, "that is too long"),
        ("/topic " + "x" * 256, "that is too long"),
        ("/who two words", "these words are not in order"),
        ("/rooms lab", "a name is a letter, then up to 31 letters, digits, _ . -"),
    ],
)
def test_what_does_not_fit_the_wire_is_told_and_ends_nothing(
    desk: Typing, line: str, why: str
) -> None:
    assert desk.type(line) is False
    assert desk.errors == [f"{line.split()[0]}: {why}"]
    assert desk.wire.take() == []


def test_closing_a_private_window_says_nothing(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "@fatur")
    assert desk.type("/close")
    assert desk.moves == [("leave", "@fatur")]
    assert desk.wire.take() == []
    desk.loop.close()


def test_quitting_through_the_chat(desk: Typing) -> None:
    desk.chat.quit("sampai jumpa")
    assert desk.wire.take() == ["QUIT sampai jumpa"]
    assert desk.wire.status is Status.ENDED


# Who is who.


@pytest.fixture
def jakarta(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user's clock is seven hours ahead."""
    monkeypatch.setenv("TZ", "WIB-7")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("rizky door=unix idle=0", "rizky · by unix"),
        ("rizky user=rizky door=unix", "rizky✓ · by unix"),
        ("budi user=siti door=tcp", "budi(siti) · by tcp"),
        ("tamu~ door=udp", "tamu~ · by udp"),
        ("budi idle=59", "budi"),
        ("budi idle=60", "budi · quiet for 1 min"),
        ("budi idle=3599", "budi · quiet for 59 min"),
        ("budi idle=soon", "budi"),
        ("budi away=makan\xa0siang", "budi · away: makan siang"),
        ("budi away=a=b{c}", "budi · away: a=b{c}"),
        ("budi rooms=#lab,#uas", "budi · in #lab #uas"),
        ("budi sparkle=1 colour=red", "budi · sparkle=1 · colour=red"),
        ("budi since=not-a-time", "budi · here since not-a-time"),
        (
            "budi user=siti door=tcp idle=720 away=rapat rooms=#lab",
            "budi(siti) · by tcp · quiet for 12 min · away: rapat · in #lab",
        ),
        # The server compares names without case, and so it is verified.
        ("Rizky user=rizky", "Rizky✓"),
    ],
)
def test_who_somebody_is(desk: Typing, told: str, shown: str) -> None:
    desk.type("/who budi")
    desk.answer(f"WHO {told}")
    assert desk.notices == [shown]


def test_who_somebody_is_in_indonesian(desk: Typing) -> None:
    desk.texts = Texts("id")
    desk.type("/siapa budi")
    desk.answer("WHO budi door=tcp idle=720 away=rapat rooms=#lab")
    assert desk.notices == ["budi · lewat tcp · diam 12 menit · pergi: rapat · di #lab"]


@pytest.mark.usefixtures("jakarta")
def test_since_when_somebody_is_here(desk: Typing) -> None:
    now = datetime.now(UTC)
    desk.type("/who #lab")
    desk.answer(
        "WHO budi since=2025-03-01T20:05:00.000Z",
        f"WHO siti since={now:%Y-%m-%dT%H:%M}:00.000Z",
    )
    hour = (now.hour + 7) % 24
    assert desk.notices == [
        "budi · here since 2 March 03:05",
        f"siti · here since {hour:02d}:{now.minute:02d}",
    ]


# Private talk, and being away.


@pytest.mark.parametrize("line", ["/reply halo  juga", "/r halo  juga"])
def test_a_reply_goes_to_who_wrote_to_me_alone_last(desk: Typing, line: str) -> None:
    desk.panes.whisperer = "fatur"
    assert desk.type(line)
    assert desk.wire.take() == ["SAY @fatur halo  juga"]
    desk.panes.whisperer = "tamu~"
    assert desk.type(line)
    assert desk.wire.take() == ["SAY @tamu~ halo  juga"]
    assert desk.moves == []  # one stays where one is


@pytest.mark.parametrize("windows", [True, False])
def test_a_reply_to_nobody_stays_in_the_line(tmp_path: Path, *, windows: bool) -> None:
    desk = Typing(tmp_path, windows=windows)
    assert desk.type("/reply halo") is False
    assert desk.errors == ["nobody wrote to you alone yet"]
    assert desk.wire.take() == []
    desk.loop.close()


def test_going_away_and_coming_back(desk: Typing) -> None:
    for line, end, away in (
        ("/away makan siang", "OK", "makan siang"),
        ("/back", "ERR slow-down", "makan siang"),
        ("/back", "OK", ""),
        ("/pergi", "ERR not-saved", ""),
        ("/pergi", "OK", "away"),
        ("/kembali", "OK", ""),
    ):
        assert desk.type(line)
        desk.answer(end=end)
        assert desk.chat.away == away
    assert desk.notices == [
        "you are away now; /back when you return", "welcome back",
        "you are away now; /back when you return", "welcome back",
    ]  # fmt: skip
    assert [error.split(":")[0] for error in desk.errors] == ["/back", "/away"]


# Whatever is typed.


TALK = {"say", "me", "msg", "reply"}
NAMES = st.sampled_from(sorted(BY_NAME))
LETTERS = st.sampled_from("#@~/\\ \t\0\"'[]x9-.")
# No shell patterns: `/send /*/*` would look at the whole machine.
WORDS = st.text(
    alphabet=st.one_of(LETTERS, st.characters(codec="utf-8", exclude_characters="*?")), max_size=40
)


@settings(max_examples=400, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(name=NAMES, rest=WORDS, target=st.sampled_from(["#lab", "@fatur", ""]))
def test_no_command_breaks_whatever_its_words(
    tmp_path: Path, name: str, rest: str, target: str
) -> None:
    desk = Typing(tmp_path, target)
    done = desk.type(f"/{name} {rest}")
    assert done or desk.errors
    desk.loop.close()


@pytest.mark.parametrize(
    "line",
    [
        "/send ~nobody-has-this-name/x", "/send a\0b", "/send '", "/send [", "/send /no/such/file",
        "/get 5 ~nobody-has-this-name", "/get 99999999999999999999999", "/get x", "/get #",
        "/stop x", "/reject x", "/set x", "/set autoget x",
    ],
)  # fmt: skip
def test_words_of_files_that_make_no_sense(desk: Typing, line: str) -> None:
    desk.type(line)
    for _ in range(3):  # a number is looked for in three places
        if desk.wire.lines:
            desk.answer(end="OK 0 0")
    assert desk.errors


@given(text=WORDS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_what_is_no_command_reaches_a_room(tmp_path: Path, text: str) -> None:
    desk = Typing(tmp_path)
    desk.panes.whisperer = "fatur"
    desk.type("/" + text)
    told = [line for line in desk.wire.take() if line.startswith(("SAY ", "ACT "))]
    name = text.split(" ")[0].lower()
    if not text.startswith("/") and name not in {
        "say",
        "me",
        "msg",
        "m",
        "bisik",
        "reply",
        "r",
        "balas",
    }:
        assert told == []
    desk.loop.close()
