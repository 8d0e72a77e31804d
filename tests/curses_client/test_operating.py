"""The commands of operators: what they say to the server, and how its answers are told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curses_client.desk import SURE_SECONDS
from curses_client.texts import Texts
from tests.curses_client.typing_desk import Typing


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Typing]:
    """In the window for everybody, on a screen."""
    desk = Typing(tmp_path, "*")
    yield desk
    desk.loop.close()


def told(desk: Typing) -> list[str]:
    """The rows that were told since the last time."""
    rows, desk.rows = desk.rows, []
    return [row.text for row in rows]


@pytest.mark.parametrize(
    ("line", "said", "answer"),
    [
        ("/wall kita mulai", "SAY * kita mulai", ""),
        ("kita mulai", "SAY * kita mulai", ""),
        ("/kick fatur", "KICK fatur", "fatur was sent out"),
        ("/usir @fatur~  terlalu bising", "KICK fatur~ terlalu bising", "fatur~ was sent out"),
        ("/ban fatur", "BAN fatur 0", "fatur is kept out until /unban fatur"),
        ("/ban fatur bising", "BAN fatur 0 bising", "fatur is kept out until /unban fatur"),
        ("/ban fatur 10m", "BAN fatur 600", "fatur is kept out for 10 min"),
        ("/ban uid=1001 2h dua kata", "BAN uid=1001 7200 dua kata",
         "uid=1001 is kept out for 2 h"),
        ("/larang 10.0.0.0/8 1d", "BAN 10.0.0.0/8 86400", "10.0.0.0/8 is kept out for 1 d"),
        ("/unban 10.0.0.0/8", "UNBAN 10.0.0.0/8", "10.0.0.0/8 may come in again"),
        ("/silence fatur", "SILENCE fatur 600", "fatur may not speak for 10 min"),
        ("/silence fatur~ 30s", "SILENCE fatur~ 30", "fatur~ may not speak for 30 s"),
        ("/silence fatur off", "SILENCE fatur 1", "fatur may speak again"),
        ("/motd selamat datang", "MOTD selamat datang",
         "who comes is greeted with: selamat datang"),
        ("/motd -", "MOTD", "nobody is greeted with words of the house"),
        ("/limit send-soft 64k", "LIMIT send-soft 65536", "send-soft = 64k"),
        ("/limit RATE 5", "LIMIT rate 5", "rate = 5"),
        ("/limit name-hold 10m", "LIMIT name-hold 600", "name-hold = 10m"),
        ("/reload", "RELOAD", "the server has read its settings again"),
        ("/shutdown 30s", "SHUTDOWN 30", "the server goes down in 30 s; everybody is told"),
        ("/matikan 5m", "SHUTDOWN 300", "the server goes down in 5 min; everybody is told"),
        ("/shutdown 45", "SHUTDOWN 45", "the server goes down in 45 s; everybody is told"),
        ("/shutdown 0s", "SHUTDOWN", "the server is going down now"),
    ],
)  # fmt: skip
def test_what_a_command_does(desk: Typing, line: str, said: str, answer: str) -> None:
    assert desk.type(line)
    assert desk.wire.lines[-1].line.decode() == said
    desk.answer()
    assert desk.notices == ([answer] if answer else [])
    assert desk.errors == []


@pytest.mark.parametrize(
    "line",
    ["/silence fatur soon", "/silence fatur 0s", "/limit rate", "/limit rate 1 2", "/log maybe",
     "/shutdown soon", "/kick", "/ban", "/ban fatur 10x spam",
     "/unban", "/wall", "/motd " + "x" * 3501],
)  # fmt: skip
def test_what_makes_no_sense_stays_in_the_line(desk: Typing, line: str) -> None:
    assert desk.type(line) is False
    assert len(desk.errors) == 1
    assert desk.wire.take() == []


@pytest.mark.parametrize(
    "line",
    ["/kick a", "/ban a", "/unban a", "/bans", "/silence a", "/motd x", "/limits", "/limit rate 5",
     "/stats", "/reload", "/shutdown 5s"],
)  # fmt: skip
def test_who_is_no_operator_is_told_so(desk: Typing, line: str) -> None:
    desk.type(line)
    desk.answer(end="ERR not-allowed you may not do that")
    assert desk.errors == [f"{line.split()[0]}: you may not do that"]
    assert (desk.notices, told(desk)) == ([], [])


@pytest.mark.parametrize("line", ["/kick Rizky bising", "/ban @rizky 10m"])
def test_nobody_sends_himself_away(desk: Typing, line: str) -> None:
    assert desk.type(line) is False
    assert desk.errors[0].casefold() == "rizky is you; /quit leaves"
    assert desk.wire.take() == []


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("/limit ngawur 5", "bad-line", "/limit: there is no limit ngawur. /limits tells them all"),
        ("/limit rat 5", "bad-line", "/limit: there is no limit rat. Did you mean rate"),
        ("/unban fatur", "no-name", "/unban: fatur is not kept out; /bans tells who is"),
        (
            "/ban 999.1.1.1",
            "bad-name",
            "/ban: 999.1.1.1 is neither a name nor uid=N nor an address",
        ),
        ("/unban 999.1.1.1", "bad-name", "/unban: 999.1.1.1 is neither a name nor uid=N"),
        ("/ban fatur 99999d", "bad-number", "/ban: that is too long a time"),
        ("/shutdown 30d", "bad-number", "/shutdown: that is too long a time"),
    ],
)
def test_a_refusal_in_words_of_the_command(desk: Typing, line: str, code: str, told: str) -> None:
    assert desk.type(line)
    desk.answer(end=f"ERR {code} x")
    assert [error[: len(told)] for error in desk.errors] == [told]


def test_a_usage_is_in_the_users_language_under_the_name_that_was_typed(desk: Typing) -> None:
    desk.texts = Texts("id")
    desk.type("/larang")
    desk.type("/msg fatur")
    desk.type("/batas rate")
    assert desk.errors == ["pakai: /larang siapa [10m] [sebab]", "pakai: /msg nama teks",
                           "pakai: /batas nama nilai"]  # fmt: skip


def test_the_log_in_line_mode_says_what_happened(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "*", windows=False)
    for line, told in (("/log on", "goes by from now on"), ("/log off", "not followed any longer")):
        assert desk.type(line)
        assert desk.notices == []
        desk.answer()
        assert told in desk.notices.pop()
    desk.loop.close()


def test_why_a_limit_was_refused(desk: Typing) -> None:
    desk.type("/limit rate 99999")
    desk.answer(end="ERR bad-number rate=99999 is out of bounds - that is not a number of the wire")
    assert desk.errors == ["/limit: that is not a number of the wire: rate=99999 is out of bounds"]


def test_who_is_kept_out(desk: Typing) -> None:
    desk.type("/bans")
    desk.answer("BANNED rizky - dua kata", "BANNED 10.0.0.0/8 -")
    assert told(desk) == [
        "  who         until   why",
        "  rizky       no end  dua kata",
        "  10.0.0.0/8  no end",
    ]
    desk.type("/bans")
    desk.answer("BANNED rizky 2025-03-01T20:05:00.000Z")
    assert "March" in told(desk)[1]
    desk.texts = Texts("id")
    desk.type("/larangan")
    desk.answer()
    assert desk.notices == ["tidak ada yang dilarang masuk"]


def test_the_limits(desk: Typing) -> None:
    answer = ("LIMIT rate 5 2 lines/s", "LIMIT send-soft 65536 65536 bytes",
              "LIMIT send-hard 2097152 1048576 bytes")  # fmt: skip
    desk.type("/limits")
    desk.answer(*answer)
    assert told(desk) == [
        "    limit      now        at first",
        "  * rate       5 lines/s  2 lines/s",
        "    send-soft  64 KiB     64 KiB",
        "  * send-hard  2 MiB      1 MiB",
    ]
    desk.type("/limits SEND-h")
    desk.answer(*answer)
    assert [row.split()[1] for row in told(desk)[1:]] == ["send-hard"]
    desk.type("/limits zzz")
    desk.answer(*answer)
    assert desk.notices == ["no limit has zzz in its name"]


def test_a_limit_as_the_server_says_that_it_is_now(desk: Typing) -> None:
    desk.type("/limit send-soft 100000")
    desk.answer("LIMIT send-soft 131072 65536 bytes")
    assert desk.notices == ["send-soft = 128 KiB"]


def test_the_counters(desk: Typing) -> None:
    answer = ("STAT people 1234", "STAT memory-bytes 1048576", "STAT connections-unix 7")
    desk.type("/stats")
    desk.answer(*answer)
    assert told(desk) == [
        "  what                      now",
        "  people                  1,234",
        "  memory                 1.0 MB",
        "  connections now, unix       7",
    ]
    desk.texts = Texts("id")
    desk.type("/statistik sambungan")
    desk.answer(*answer)
    assert told(desk)[1:] == ["  sambungan kini, unix     7"]
    desk.type("/stats zzz")
    desk.answer(*answer)
    assert (told(desk), desk.notices) == ([], ["tidak ada angka bernama zzz"])


def test_the_words_of_the_house(tmp_path: Path) -> None:
    desk = Typing(tmp_path, "*", online=False)
    desk.chat.link_up()
    desk.answer(f"WELCOME rizky {'s' * 16} h1 0 operator", "MOTD selamat datang")
    desk.wire.take()
    desk.type("/motd")
    assert told(desk) == ["  selamat datang"]
    assert desk.wire.take() == []
    desk.type("/motd halo semua")
    desk.answer()
    desk.type("/sambutan")
    assert told(desk) == ["  halo semua"]
    desk.type("/motd -")
    desk.answer(end="ERR not-saved x")
    desk.type("/motd")
    assert told(desk) == ["  halo semua"]
    desk.type("/motd -")
    desk.answer()
    desk.type("/motd")
    assert told(desk) == ["nobody is greeted with words of the house"]
    desk.loop.close()


def test_an_end_at_once_is_asked_for_twice(desk: Typing) -> None:
    for _ in range(2):
        desk.type("/shutdown")
        assert desk.wire.take() == []
        assert "again to confirm" in desk.notices[-1]
        desk.now += SURE_SECONDS + 1
    desk.type("/shutdown")
    desk.now += SURE_SECONDS
    desk.type("/shutdown")
    assert desk.wire.take() == ["SHUTDOWN"]
    desk.type("/shutdown")
    assert desk.wire.take() == []  # a third time begins anew


def test_the_log_is_a_window_of_the_screen(desk: Typing) -> None:
    desk.type("/log on")
    desk.type("/catatan off")
    assert desk.moves == [("log", True), ("log", False)]
    assert desk.wire.take() == []


def test_the_log_in_lines(tmp_path: Path) -> None:
    desk = Typing(tmp_path, windows=False)
    assert desk.type("/log on")
    assert desk.wire.lines[-1].line == b"LOG on"
    desk.loop.close()


def test_a_long_reason_is_cut_to_what_the_wire_takes(desk: Typing) -> None:
    desk.type("/kick fatur " + "é" * 300)
    assert desk.wire.take() == ["KICK fatur " + "é" * 127]


@pytest.mark.parametrize("target", ["*", "#lab"])
def test_who_is_a_table_where_the_server_tells_more(tmp_path: Path, target: str) -> None:
    desk = Typing(tmp_path, target)
    desk.type("/who #lab")
    desk.answer(
        "WHO rizky door=unix user=rizky idle=0 uid=1000 queued=0 rooms=#lab,#uas",
        "WHO tamu~ door=udp idle=90 address=10.0.0.7:5123 queued=1536 sparkle=1",
    )
    assert told(desk) == [
        "  name    door  address        uid   quiet        queue  rooms",
        "  rizky✓  unix                 1000  0 s            0 B  #lab #uas",
        "  tamu~   udp   10.0.0.7:5123        1 min 30 s  1.5 KB             sparkle=1",
    ]
    assert desk.notices == []
    assert desk.people == ["rizky", "tamu~"]
    desk.loop.close()


def test_who_wants_somebody_where_everybody_is_meant(desk: Typing) -> None:
    assert desk.type("/who") is False
    assert len(desk.errors) == 1
