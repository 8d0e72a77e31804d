"""The wire view by itself: everything is explained, nothing secret is told, rows are bounded.

How the link feeds it, and a session with a real server, is in ``test_trace_link``.
"""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client import trace
from curses_client.texts import LANGUAGES
from curses_client.trace import ROW_CHARACTERS, TAGS_KEPT, Trace
from curses_client.tracewords import HEADING, LINES, OK_FIELDS, PHASES, SAID, STATES
from tests.wire.test_parser_send import lines
from wire.errors import BYES, ERRORS, Words
from wire.grammar import LINE_BYTES
from wire.parser import Parser, Refused, State
from wire.verbs import CLIENT_VERBS, SERVER_VERBS, Phase

VERBS = {True: CLIENT_VERBS, False: SERVER_VERBS}
BOTH = [(outgoing, verb) for outgoing, verbs in VERBS.items() for verb in verbs]
TIME = "2026-11-21T07:40:00.123Z"
SESSION = "6yQabcdefghijklmnop"


class View:
    """A trace, and all its rows."""

    def __init__(self, language: str = "en") -> None:
        self.trace = Trace(language)

    def sent(self, text: str) -> list[str]:
        return self.trace.line(text.encode() + b"\n", outgoing=True)

    def came(self, text: str) -> list[str]:
        return self.trace.line(text.encode() + b"\n", outgoing=False)


def marks(fields: str) -> list[str]:
    """The marks of fields: "" where one must be there, ``?`` or ``*``."""
    return [field[-1] if field[-1] in "?*" else "" for field in fields.split()]


def assert_fit(rows: list[str]) -> None:
    for row in rows:
        assert len(row) <= ROW_CHARACTERS
        assert row.isprintable(), row


@pytest.mark.parametrize("outgoing", [True, False])
def test_every_verb_is_explained_and_no_other(outgoing: bool) -> None:  # noqa: FBT001
    assert set(LINES[outgoing]) == set(VERBS[outgoing])


@pytest.mark.parametrize(("outgoing", "verb"), BOTH)
def test_every_field_has_a_name(outgoing: bool, verb: str) -> None:  # noqa: FBT001
    fields = LINES[outgoing][verb].fields
    assert marks(fields) == marks(VERBS[outgoing][verb].fields)
    assert len(set(fields.split())) == len(fields.split())


@pytest.mark.parametrize(("outgoing", "verb"), BOTH)
def test_every_sentence_is_one_in_two_languages(outgoing: bool, verb: str) -> None:  # noqa: FBT001
    words = LINES[outgoing][verb].words
    assert words.en != words.id
    for text in words:
        assert 10 < len(text) < 160
        assert not text.endswith(".")


def test_the_machine_of_the_parser_is_explained_whole() -> None:
    assert set(STATES) == set(State)
    assert set(PHASES) == set(Phase) - {Phase.ANY}


@pytest.mark.parametrize("key", SAID)
def test_both_languages_have_the_same_places(key: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    words = SAID[key]
    assert places(words.en) == places(words.id)


@given(lines(), st.sampled_from(LANGUAGES))
@settings(max_examples=300, deadline=None)
def test_any_good_line_in_three_rows(
    line: tuple[bool, str, tuple[str, ...], str | None], language: str
) -> None:
    outgoing, verb, args, tag = line
    data = Parser(server=not outgoing).send(verb, *args, tag=tag)
    head, told, notes = rows = Trace(language).line(data, outgoing=outgoing)
    assert_fit(rows)
    size = f"{len(data):,}".replace(",", "." if language == "id" else ",")
    assert head.startswith(f"{'→' if outgoing else '←'} {size} B  ")
    assert told.startswith(f"   {verb}")
    assert told.endswith(LINES[outgoing][verb].words.say(language))
    assert "TALK, LINE" in notes or "HELLO, LINE" in notes
    if tag is not None:
        assert tag in notes
    for name in LINES[outgoing][verb].fields.split()[: len(args)]:
        if not name.endswith("*"):
            assert f" {name.rstrip('?')}=" in told


@given(st.binary(max_size=6000), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_bytes_in_three_rows(data: bytes, outgoing: bool, fresh: bool) -> None:  # noqa: FBT001
    view = Trace("id")
    if fresh:
        view.up("127.0.0.1:1")
    rows = view.line(data + b"\n", outgoing=outgoing)
    assert 2 <= len(rows) <= 3
    assert_fit(rows)


def test_the_sum_of_it() -> None:
    view = View()
    assert view.sent("=x1.4 SAY #lab halo selamat siang!") == [
        "→ 35 B  =x1.4 SAY #lab halo selamat siang!",
        '   SAY target=#lab text="halo selamat siang!" · says a text to the target: the server '
        "stores it, sends it as MSG to all there (to us too), then answers OK",
        "   tag x1.4: the answer will carry it too · state: TALK, LINE · the server knows us: "
        "every verb may come, in any order · the receiver reads a line: all bytes up to the next "
        "LF",
    ]
    assert view.came("=x1.4 OK 1042") == [
        "← 14 B  =x1.4 OK 1042",
        "   OK id=1042 · it went well; this is the last line of an answer",
        "   ends the answer to our SAY (tag x1.4) · state: TALK, LINE · the receiver reads a line: "
        "all bytes up to the next LF",
    ]
    # What was explained once is not explained again.
    assert view.came("PING a")[2] == "   state: TALK, LINE"


def test_control_characters_are_spelled_out() -> None:
    rows = Trace("en").line(b"MSG \xff\x1b[2J\r\x07\xe2\x80\xae\n", outgoing=False)
    assert rows[0] == "← 15 B  MSG \\xff\\x1b[2J\\r\\x07\\u202e"
    assert "bad-text" in rows[1]
    assert View().sent("SAY #lab a\tb\u2028c")[0].endswith("a\\tb\\u2028c")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("verb", "table"), [("ERR", ERRORS), ("BYE", BYES)])
def test_codes_are_told_in_words(language: str, verb: str, table: dict[str, Words]) -> None:
    view = View(language)
    for code, words in table.items():
        assert f"{code}: {words.say(language)}" in view.came(f"{verb} {code} text")[2]
    # A later server may have others: its own words stand in the line.
    assert 'text="own words"' in view.came(f"{verb} brand-new own words")[1]


@pytest.mark.parametrize(("question", "count"), OK_FIELDS)
def test_the_words_behind_ok_are_named_after_the_question(question: str, count: int) -> None:
    view = View()
    sample = {
        "SAY": "#a x", "ACT": "#a x", "SEND": "#a t 0 0 9 n", "PARTIAL": "t", "ROOMS": "",
        "HISTORY": "#a after 0 9", "FILES": "#a after 0 9", "SEARCH": "#a before 9 9 x",
    }  # fmt: skip
    view.sent(f"=q {question} {sample[question]}".rstrip())
    rows = view.came("=q OK " + " ".join("77"[:count]))
    for name in OK_FIELDS[question, count].split():
        assert f" {name}=7" in rows[1]
    assert f"ends the answer to our {question} (tag q)" in rows[2]


def test_each_line_of_an_answer_says_whose_it_is() -> None:
    view = View()
    view.sent("=a HISTORY #lab after 3 2")
    view.sent("=b NICK x")
    assert "part of the answer to our HISTORY" in view.came(f"=a MSG 4 {TIME} #lab fatur halo")[2]
    assert "answer" not in view.came(f"MSG 5 {TIME} #lab fatur halo")[2]
    assert "ends the answer to our NICK" in view.came("=b ERR name-taken x")[2]
    assert "ends the answer to our HISTORY" in view.came("=a OK 1 0")[2]
    assert "before this trace began" in view.came("=a OK 1 0")[2]
    assert "before this trace began" in view.came("=never OK")[2]


def test_only_so_many_questions_are_kept() -> None:
    view = View()
    for number in range(TAGS_KEPT + 1):
        view.sent(f"=t{number} PING")
    assert "before this trace" in view.came("=t0 PONG")[2]
    assert "our PING" in view.came("=t1 PONG")[2]


def test_a_new_connection_has_no_old_questions() -> None:
    view = View()
    view.sent("=t SAY #lab x")
    assert view.trace.down("reset by peer") == ["○ no connection: reset by peer"]
    assert "before this trace" in view.came("=t OK 1")[2]


def test_the_phases() -> None:
    view = View()
    assert view.trace.up("@obrol-1\x1b") == [
        "● connected to @obrol-1\\x1b: a stream of bytes, both ways at once"
    ]
    assert "state: HELLO, LINE · the server does not know us" in view.sent("HELLO rizky")[2]
    assert "state: TALK, LINE · the server knows us" in view.came(f"WELCOME a {SESSION} h 0 -")[2]
    assert view.sent("SAY #a x")[2].startswith("   state: TALK, LINE")


def test_what_the_other_side_will_refuse() -> None:
    view = View()
    assert "the server answers ERR bad-line" in view.sent("SAY #lab")[1]
    assert "unknown-verb" in view.came("BRAND-NEW x")[1]
    assert "empty line" in view.sent("")[1]
    assert "too-long" in view.sent("SAY #lab " + "x" * LINE_BYTES)[1]
    assert "LINE → SWALLOW" in view.sent("SEND #lab t 0 5 9 a/b")[2]
    assert "LINE → DEAD" in view.sent("SEND #lab t 0 x 9 a")[2]


def test_a_stranger_is_given_less_patience() -> None:
    view = View()
    assert "TALK, LINE ·" in view.sent("x" * LINE_BYTES)[2]
    view.trace.up("here")
    assert "HELLO, LINE → DEAD" in view.sent("x" * LINE_BYTES)[2]


def test_a_line_whose_bytes_were_not_kept() -> None:
    view = View()
    rows = view.trace.refused(Refused("unknown-verb", None, "NEW\x1b"))
    assert rows[0] == "← (a line that could not be read: NEW\\x1b)"
    assert "unknown-verb" in rows[1]
    assert "TALK, LINE" in rows[2]
    assert "LINE → SWALLOW" in view.trace.refused(Refused("bad-file", None, "SEND"))[2]
    assert "LINE → DEAD" in view.trace.refused(Refused("bad-line", None, "x", fatal=True))[2]
    secret = view.trace.refused(Refused("bad-text", None, f"WELCOME\0{SESSION}"))
    assert SESSION not in "".join(secret)


SECRET_LINES = (
    (True, "HELLO rizky session={}"), (True, "HELLO rizky password={}"),
    (True, "HELLO rizky later={} session={}"), (True, "JOIN #lab {}"), (True, "KEY #lab {}"),
    (True, "PASSWORD {}"), (False, "WELCOME rizky {} 9f3c 4 -"),
)  # fmt: skip
secrets = st.from_regex(r"[qxz]{16,64}", fullmatch=True)


@given(st.sampled_from(SECRET_LINES), secrets, st.booleans(), st.sampled_from(LANGUAGES))
@settings(max_examples=200, deadline=None)
def test_secrets_are_not_told(
    line: tuple[bool, str], secret: str, tagged: bool, language: str  # noqa: FBT001
) -> None:  # fmt: skip
    outgoing, text = line
    data = ("=tag " * tagged + text.replace("{}", secret) + "\n").encode()
    told = "\n".join(Trace(language).line(data, outgoing=outgoing))
    kept = re.findall("[qxz]{2,}", told)
    # Of a session its beginning stays, in the line and behind its name; of others nothing.
    shown = 2 if "session=" in text or "WELCOME" in text else 0
    assert kept == [secret[: trace.SESSION_SHOWN]] * shown


@given(
    st.sampled_from(SECRET_LINES), secrets, st.binary(max_size=5), st.integers(0, 100),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_secrets_are_not_told_of_broken_lines_either(
    line: tuple[bool, str], secret: str, dirt: bytes, at: int, lower: bool  # noqa: FBT001
) -> None:  # fmt: skip
    outgoing, text = line
    data = text.replace("{}", secret).encode()
    verb = len(text.split()[0])
    at = min(len(data), max(verb, at))
    data = data[:at] + dirt + data[at:]
    data = (data[:verb].lower() if lower else data[:verb]) + data[verb:] + b"\n"
    for told in Trace("en").line(data, outgoing=outgoing):
        assert not re.search("[qxz]{4}", told), told


@pytest.mark.parametrize("value", ["x", "qzq", "q" * 15])
def test_nothing_of_a_short_secret_is_told(value: str) -> None:
    view = View()
    for line in (f"HELLO rizk session={value}", f"JOIN #lab {value}", f"PASSWORD {value}"):
        head, told, _ = view.sent(line)
        assert head.endswith("…")
        assert value not in head
        assert f"={value}" not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heading(language: str) -> None:
    rows = Trace(language).heading()
    assert rows == [words.say(language) for words in HEADING]
    assert 3 <= len(rows) <= 6
    assert_fit(rows)
