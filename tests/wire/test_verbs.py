"""What stands behind each verb, both ways: good lines and refused ones, each fed in every way."""

import re

import pytest

from tests.wire.vectors import FEEDS, Vector, bad, failures
from wire.grammar import KINDS, LINE_BREAK, Refusal
from wire.parser import Frame
from wire.verbs import CLIENT_VERBS, SERVER_VERBS, Phase, compiled

TIME = "2026-11-21T07:40:00.123Z"
SHA = "5f70" * 16
SESSION = "6yQ_-abcdefghijk"

CLIENT_LINES = [
    ("HELLO", "rizky"),
    ("HELLO", "a"),
    ("HELLO", "Aa0_.-" + "x" * 26),
    ("HELLO", "rizky", f"session={SESSION}", "password=rahasia"),
    ("HELLO", "rizky", "later-version=", "a_b=c=d"),
    ("JOIN", "#lab"),
    ("JOIN", "#" + "r" * 32, "k" * 64),
    ("JOIN", "#lab", "kunçi"),
    ("LEAVE", "#lab"),
    ("NICK", "Rizky"),
    ("SAY", "#lab", "halo selamat siang!"),
    ("SAY", "@rizky", " "),
    ("SAY", "@rizky~", "x" * 3500),
    ("SAY", "*", "é" * 1750),
    ("ACT", "#lab", "\ttertawa"),
    ("PARTIAL", "t1"),
    ("PARTIAL", "T" + "_-9" * 21),
    ("GET", "1043"),
    ("GET", "1043", "0"),
    ("GET", "9" * 15, "000"),
    ("STOP", "t1"),
    ("STOP", "1043"),
    ("HISTORY", "#lab", "before", "9" * 15, "200"),
    ("HISTORY", "@", "after", "0", "1"),
    ("HISTORY", "@rizky~", "after", "0", "1"),
    ("HISTORY", "*", "before", "7", "999"),
    ("FILES", "#lab", "after", "1", "1"),
    ("SEARCH", "*", "before", "9", "9", "from:rizky selamat  siang"),
    ("SEARCH", "@", "before", "9", "9", "x"),
    ("NAMES", "#lab"),
    ("ROOMS",),
    ("ROOMS", "#lab"),
    ("WHO", "rizky"),
    ("WHO", "rizky~"),
    ("WHO", "#lab"),
    ("AWAY",),
    ("AWAY", "makan dulu"),
    ("INVITE", "#lab", "rizky"),
    ("TOPIC", "#lab"),
    ("TOPIC", "#lab", "x" * 255),
    ("TOPIC", "#lab", "é" * 127 + "x"),
    ("KEY", "#lab"),
    ("KEY", "#lab", "kunci"),
    ("PASSWORD",),
    ("PASSWORD", "rahasia"),
    ("PING",),
    ("PING", "x/y"),
    ("PONG",),
    ("PONG", "x"),
    ("QUIT",),
    ("QUIT", "sampai jumpa"),
    ("KICK", "rizky~"),
    ("KICK", "rizky", "too loud"),
    ("BAN", "uid=1000", "0"),
    ("BAN", "10.0.0.0/8", "60", "too loud"),
    ("UNBAN", "rizky"),
    ("BANS",),
    ("SILENCE", "rizky~", "60"),
    ("MOTD",),
    ("MOTD", "selamat datang"),
    ("LIMITS",),
    ("LIMIT", "ping-after", "0.5"),
    ("RELOAD",),
    ("STATS",),
    ("LOG", "on"),
    ("LOG", "off"),
    ("SHUTDOWN",),
    ("SHUTDOWN", "10"),
]
SERVER_LINES = [
    ("WELCOME", "rizky", SESSION, "9f3c", "1041", "-"),
    ("WELCOME", "rizky", "s" * 64, "9f3c", "0", "verified,operator", "later=1"),
    ("MOTD", "selamat datang"),
    ("MSG", "1042", TIME, "#lab", "rizky", "halo  selamat siang!"),
    ("MSG", "1042", TIME, "@fatur", "rizky~", f"dua{LINE_BREAK}baris"),
    ("MSG", "1042", TIME, "*", "rizky", "x"),
    ("ACT", "1042", TIME, "#lab", "rizky", "tertawa"),
    ("FILE", "1043", TIME, "#lab", "rizky", "11534336", SHA, "See-Saw (1).mp3"),
    ("JOINED", TIME, "#lab", "rizky~"),
    ("LEFT", TIME, "#lab", "rizky"),
    ("LEFT", TIME, "#lab", "rizky", "sampai jumpa"),
    ("RENAMED", TIME, "rizky", "Rizky"),
    ("TOPIC", TIME, "#lab", "rizky"),
    ("TOPIC", TIME, "#lab", "rizky", "a topic"),
    ("INVITED", TIME, "#lab", "rizky"),
    ("NAMES", "#lab"),
    ("NAMES", "#lab", "fatur+", "rizky", "root+*", "op*", "guest~"),
    ("ROOM", "#lab", "3"),
    ("ROOM", "#lab", "3", "a topic"),
    ("WHO", "rizky"),
    ("WHO", "rizky~", "door=tcp", "user=", "since=1", "rooms=#a,#b"),
    ("OK",),
    ("OK", "1043", SHA),
    ("ERR", "bad-line"),
    ("ERR", "bad-offset", "100 is the offset wanted"),
    ("PING",),
    ("PING", "obrol"),
    ("PONG", "x"),
    ("BYE", "quit"),
    ("BYE", "a-later-word", "some text"),
    ("BANNED", "10.0.0.0/8", "-", "too loud"),
    ("BANNED", "rizky", TIME),
    ("LIMIT", "ping-after", "60", "60", "s"),
    ("STAT", "turns", "12"),
    ("LOG", "came name=rizky"),
]
REFUSED_LINES = {
    "bad-line": [
        "HELLO", "HELLO ", "HELLO rizky ", "HELLO rizky word", "HELLO rizky =x",
        "HELLO rizky  a=b", "JOIN", "JOIN ", "JOIN #lab ", "JOIN #lab a b",
        f"JOIN #lab {'k' * 65}", f"JOIN #lab {'é' * 33}", "LEAVE", "LEAVE #lab #oss", "NICK",
        "NICK a b", "SAY", "SAY #lab", "ACT #lab", "PARTIAL", "PARTIAL 1a", f"PARTIAL {'t' * 65}",
        "PARTIAL a.b", "GET", "GET 1 2 3", "GET 1 ", "STOP", "STOP 1a", "STOP a.b",
        "HISTORY #lab before 1", "HISTORY #lab around 1 1", "HISTORY #lab BEFORE 1 1",
        "HISTORY #lab before 1 1 1", "FILES #lab", "SEARCH #lab after 1 1 x",
        "SEARCH #lab before 1 1", "NAMES", "NAMES #a #b", "ROOMS #a #b", "ROOMS ", "WHO",
        "INVITE #lab", "TOPIC", "KEY", "KEY #lab a b", "PASSWORD a b", "PING a b", "PONG a b",
        "KICK", "BAN rizky", "UNBAN", "BANS x", "BANS ", "SILENCE rizky", "LIMITS x",
        "LIMIT ping-after", "RELOAD x", "STATS x", "LOG", "LOG maybe", "LOG ON", "SHUTDOWN 1 2",
    ],
    "bad-name": [
        "HELLO 1rizky", "HELLO rizky~", "HELLO _x", "HELLO .x", "HELLO -x", "HELLO é",
        "HELLO #lab", "HELLO ＡＢ", f"HELLO {'x' * 33}", "HELLO a,b", "HELLO *", "HELLO K\u212a",
        "JOIN lab", "JOIN #", "JOIN #1", "JOIN ##lab", "JOIN #lab~", "JOIN @rizky",
        f"JOIN #{'r' * 33}", "LEAVE lab", "NICK a~", "NICK a+", "SAY lab x", "SAY rizky x",
        "SAY @ x", "SAY # x", "SAY ** x", "SAY @#lab x", "SAY #a,#b x", "SAY #lab~ x",
        "HISTORY lab before 1 1", "HISTORY # before 1 1", "NAMES rizky", "ROOMS lab", "WHO *",
        "WHO @rizky", "WHO #", "INVITE lab rizky", "INVITE #lab rizky~", "TOPIC lab", "KEY lab x",
        "KICK #lab", "SILENCE * 1",
    ],
    "bad-number": [
        "GET x", "GET -1", "GET +1", "GET 1_0", "GET 1.0", "GET ١", "GET １", "GET ²", "GET 0x1",
        f"GET {'9' * 16}", f"GET {'0' * 16}", f"GET {'9' * 4000}", "GET 1 x",
        "HISTORY #lab before x 1", "HISTORY #lab before 1 x", "SEARCH #lab before x 1 x",
        "BAN rizky -1", "BAN rizky soon", "SILENCE rizky x", "SHUTDOWN now", "SHUTDOWN -1",
    ],
    "bad-text": ["SAY #lab ", "ACT #lab ", "TOPIC #lab ", "AWAY ", "QUIT ", "MOTD ", "KICK rizky ",
                 "SEARCH #lab before 1 1 "],
    "too-long": [
        f"SAY #lab {'x' * 3501}", f"SAY #lab {'é' * 1751}", f"ACT #lab {'x' * 3501}",
        f"TOPIC #lab {'x' * 256}", f"TOPIC #lab {'é' * 128}", f"AWAY {'x' * 256}",
        f"QUIT {'x' * 256}", f"KICK rizky {'x' * 256}", f"BAN rizky 1 {'x' * 256}",
        f"MOTD {'x' * 3501}", f"SEARCH #lab before 1 1 {'x' * 3501}",
    ],
    "unknown-verb": ["hello rizky", "Say #lab x", "SAYS #lab x", "MSG 1", "OK", "ERR", "BYE quit",
                     "SAY\xa0#lab x"],
}  # fmt: skip
REFUSED_SERVER_LINES = {
    "bad-line": [
        "WELCOME rizky short 9f3c 1 -", "WELCOME rizky", f"MSG 1 {TIME} #lab rizky",
        f"FILE 1 {TIME} #lab rizky 1 {SHA.upper()} a", f"FILE 1 {TIME} #lab rizky 1 {SHA[1:]} a",
        "MSG 1 2026-11-21T07:40:00Z #lab rizky x", "MSG 1 2026-11-21 #lab rizky x",
        "MSG 1 ٢٠٢٦-11-21T07:40:00.123Z #lab rizky x", "OK ", "NAMES", "BYE", "ERR",
        f"JOINED {TIME} #lab", "LIMIT a b c", "STAT a",
    ],
    "bad-name": [f"MSG 1 {TIME} #lab 1x x", "NAMES lab", "NAMES #lab +rizky", "NAMES #lab rizky~~"],
    "bad-number": [f"MSG x {TIME} #lab rizky x", "WELCOME rizky 6yQ_-abcdefghijk 9f3c -1 -"],
    "bad-file": [f"FILE 1 {TIME} #lab rizky 1 {SHA} a/b", f"FILE 1 {TIME} #lab rizky 1 {SHA} .."],
    "unknown-verb": ["SAY #lab x", "HELLO rizky", "LATER x"],
}  # fmt: skip


def as_vector(words: tuple[str, ...], *, server: bool) -> Vector:
    line = " ".join(words).encode()
    return Vector(line + b"\n", (Frame(words[0], words[1:], None, line),), server=server)


GOOD = [
    *(as_vector(words, server=True) for words in CLIENT_LINES),
    *(as_vector(words, server=False) for words in SERVER_LINES),
]
REFUSED = [
    Vector(f"=t {line}\n".encode(), (bad(code, tag="t"),), server=server)
    for table, server in ((REFUSED_LINES, True), (REFUSED_SERVER_LINES, False))
    for code, lines in table.items()
    for line in lines
]


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("vector", GOOD + REFUSED, ids=lambda vector: repr(vector.data[:40]))
def test_vector(vector: Vector, feed: str) -> None:
    assert failures(vector, feed) == []


def test_every_verb_has_a_good_line_and_none_has_a_payload_but_send() -> None:
    assert {words[0] for words in CLIENT_LINES} == set(CLIENT_VERBS) - {"SEND"}
    assert {words[0] for words in SERVER_LINES} == set(SERVER_VERBS) - {"SEND"}
    verbs = [*CLIENT_VERBS.values(), *SERVER_VERBS.values()]
    assert {verb.name for verb in verbs if verb.payload} == {"SEND"}


CLIENT_WORDS = """
HELLO JOIN LEAVE NICK SAY ACT SEND PARTIAL GET STOP HISTORY FILES SEARCH NAMES ROOMS WHO AWAY INVITE
TOPIC KEY PASSWORD PING PONG QUIT KICK BAN UNBAN BANS SILENCE MOTD LIMITS LIMIT RELOAD STATS LOG
SHUTDOWN
"""
SERVER_WORDS = """
MSG ACT FILE JOINED LEFT RENAMED TOPIC INVITED WELCOME MOTD NAMES ROOM WHO SEND OK ERR PING PONG BYE
BANNED LIMIT STAT LOG
"""


def test_the_verbs_are_those_of_the_wire() -> None:
    assert set(CLIENT_VERBS) == set(CLIENT_WORDS.split())
    assert set(SERVER_VERBS) == set(SERVER_WORDS.split())


def test_the_tables_are_keyed_by_verb_and_every_verb_is_explained() -> None:
    for table in (CLIENT_VERBS, SERVER_VERBS):
        for name, verb in table.items():
            assert verb.name == name == name.upper()
            assert verb.help.strip()
            assert verb.usage == f"{name} {verb.fields}".strip()


def test_optional_and_repeated_fields_stand_last() -> None:
    for verb in [*CLIENT_VERBS.values(), *SERVER_VERBS.values()]:
        words = verb.fields.split()
        assert all(word.rstrip("?*") in KINDS for word in words)
        assert re.fullmatch(r"-*\??\*?", "".join(re.sub(r"[a-z0-9]+", "-", word) for word in words))
        rests = [at for at, word in enumerate(words) if KINDS[word.rstrip("?*")].rest]
        assert rests in ([], [len(words) - 1])


def test_hello_alone_comes_before_hello_and_only_quit_at_any_time() -> None:
    phases = {verb.name: verb.phase for verb in CLIENT_VERBS.values()}
    assert [name for name, phase in phases.items() if phase is Phase.HELLO] == ["HELLO"]
    assert [name for name, phase in phases.items() if phase is Phase.ANY] == ["QUIT"]


def test_what_the_rate_is_charged_for() -> None:
    charged = {verb.name for verb in CLIENT_VERBS.values() if verb.charged}
    assert charged == {"SAY", "ACT", "TOPIC", "NICK", "JOIN", "KEY", "INVITE", "PASSWORD"}


def test_an_empty_word_in_the_middle_is_no_field() -> None:
    judge = compiled(CLIENT_VERBS)["HISTORY"][1]
    with pytest.raises(Refusal):
        judge.split("#lab before  1 1")
    assert judge.split("#lab before 1 1") == ("#lab", "before", "1", "1")
