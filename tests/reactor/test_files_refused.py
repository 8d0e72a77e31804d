"""SEND lines that are refused, and the stream behind them (rules 3 4 10; C6 C7 C10 C13 C15)."""

import hashlib
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

MIB = 1024 * 1024
REFUSED_CHARACTERS = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""As wire.md has them, of a file name."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def ani(server: ServerProcess) -> Iterator[Raw]:
    with member(server.port, "ani") as raw:
        yield raw


def code(raw: Raw, line: str, payload: bytes = b"", tag: str = "r") -> str:
    """The code of the ERR that a line gets, and that the stream is in step behind it."""
    (answer,) = raw.answer(line, tag, payload)
    assert answer.startswith("ERR "), answer
    assert raw.sync() == []
    return answer.split()[1]


def paths(folder: Path) -> set[str]:
    """Everything in a folder and below."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_wrong_offset_hears_the_right_one(ani: Raw) -> None:
    for line, payload, wanted in (
        ("SEND #lab t1 5 5 20 x", b"12345", 0),
        ("SEND #lab t1 0 10 20 x", b"0123456789", None),
        ("SEND #lab t1 0 10 20 x", b"0123456789", 10),
        ("SEND #lab t1 11 9 20 x", b"123456789", 10),
        ("SEND #lab t1 20 0 20 x", b"", 10),
        ("SEND #lab t1 9 0 20 x", b"", 10),
    ):
        (answer,) = ani.answer(line, payload=payload)
        if wanted is None:
            assert answer == "OK 10"
        else:
            assert answer.startswith(f"ERR bad-offset {wanted} ")
    assert ani.answer("SEND #lab t1 10 10 20 x", payload=bytes(10))[-1].startswith("OK 1 ")


@pytest.mark.parametrize(
    ("offset", "length", "size"),
    [(0, 11, 10), (5, 6, 10), (10, 1, 10), (11, 0, 10), (0, 1, 0), (999_999_999_999_999, 1, 10)],
)
def test_no_piece_goes_over_the_size(ani: Raw, offset: int, length: int, size: int) -> None:
    assert code(ani, f"SEND #lab t1 {offset} {length} {size} x", bytes(length)) == "bad-number"
    assert ani.answer("PARTIAL t1") == ["OK 0"]


HOSTILE_NUMBERS = ["-1", "+5", "1_000", "٣", "9" * 3000, str(2**63), "0x10", "1e3", "５", "1.0"]


@pytest.mark.parametrize("number", HOSTILE_NUMBERS)
def test_a_number_that_is_none(server: ServerProcess, ani: Raw, number: str) -> None:
    """C6: where the length is known the line is refused; else nothing behind it can be read."""
    for line in (f"SEND #lab t1 {number} 3 9 x", f"SEND #lab t1 0 3 {number} x"):
        assert code(ani, line, b"abc") == "bad-number"
    ani.send(f"=bad SEND #lab t1 0 {number} 9 x\nSAY #lab evil\n".encode())
    *errors, bye = ani.rest()
    assert [line.split()[:3] for line in errors] == [["=bad", "ERR", "bad-number"]]
    assert bye.startswith("BYE bad-line ")
    with member(server.port, "budi") as budi:
        assert budi.answer("HISTORY #lab after 0 9") == ["OK 0 0"]


def test_pieces_that_disagree(ani: Raw) -> None:
    assert ani.answer("JOIN #den")[-1] == "OK"
    assert ani.answer("SEND #lab t1 0 4 8 x", payload=b"abcd") == ["OK 4"]
    for target, size, name in (("#den", 8, "x"), ("#lab", 9, "x"), ("#lab", 8, "X"),
                               ("@ani", 8, "x")):  # fmt: skip
        assert code(ani, f"SEND {target} t1 4 4 {size} {name}", b"efgh") == "bad-file"
    assert ani.answer("PARTIAL t1") == ["OK 4"]
    (answer,) = ani.answer("SEND #LAB t1 4 4 8 x", payload=b"efgh")  # compared without case
    assert answer == f"OK 1 {sha256(b'abcdefgh')}"


def test_a_length_of_zero_only_asks(server: ServerProcess, ani: Raw) -> None:
    for _ in range(3):
        assert ani.answer("SEND #lab t1 0 0 9 x") == ["OK 0"]
    assert list((server.data / "spool" / "partial").iterdir()) == []
    assert ani.answer("SEND #lab t1 0 4 9 x", payload=b"abcd") == ["OK 4"]
    assert ani.answer("SEND #lab t1 4 0 9 x") == ["OK 4"]
    assert code(ani, f"SEND #lab t2 0 0 {2**40} x") == "too-big"
    assert ani.answer("SEND #lab t1 4 5 9 x", payload=b"efghi")[0].startswith("OK 1 ")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("file-size=100", "too-big"),
        ("file-day=100", "no-space"),
        ("spool-size=100", "no-space"),
        ("disk-free=70000000000000", "no-space"),
    ],
)
def test_the_first_piece_hears_that_there_is_no_place(
    tmp_path: Path, setting: str, expected: str
) -> None:
    """C15: before any of its bytes, by a question too; what follows is in step."""
    with (
        ServerProcess(tmp_path / "s", "--set", "rate=0", "--set", setting) as server,
        member(server.port, "ani") as ani,
    ):
        assert code(ani, "SEND #lab t1 0 101 101 x", b"SAY #lab evil\n" * 7 + b"abc") == expected
        assert code(ani, "SEND #lab t1 0 0 101 x") == expected
        assert code(ani, "SEND #lab t1 0 10 101 x", bytes(10)) == expected
        assert list((server.data / "spool" / "partial").iterdir()) == []
        if not setting.startswith("disk-free"):
            (answer,) = ani.answer("SEND #lab t1 0 100 100 x", payload=bytes(100))
            assert answer.startswith("OK 1 ")


def test_what_is_coming_counts_as_well(tmp_path: Path) -> None:
    settings = ("rate=0", "file-day=100", "uploads=2")
    words = [word for setting in settings for word in ("--set", setting)]
    with ServerProcess(tmp_path / "s", *words) as server, member(server.port, "ani") as ani:
        assert ani.answer("SEND #lab t1 0 1 60 x", payload=b"a") == ["OK 1"]
        assert code(ani, "SEND #lab t2 0 41 41 x", bytes(41)) == "no-space"
        assert ani.answer("SEND #lab t2 0 1 40 x", payload=b"a") == ["OK 1"]
        assert code(ani, "SEND #lab t3 0 0 0 x") == "full"
        assert ani.answer("STOP t2") == ["OK"]
        assert ani.answer("SEND #lab t1 1 59 60 x", payload=bytes(59))[0].startswith("OK 1 ")
        assert code(ani, "SEND #lab t3 0 41 41 x", bytes(41)) == "no-space"  # of this day
        with member(server.port, "budi") as budi:
            assert budi.answer("SEND #lab t1 0 100 100 x", payload=bytes(100))[0].startswith("OK 2")


def test_a_refused_payload_is_never_read_as_lines(server: ServerProcess, ani: Raw) -> None:
    """C7: up to 1 MiB of it are read and thrown away, whatever they look like."""
    evil = (b"SAY #lab evil\n" * (MIB // 14 + 1))[:MIB]
    with member(server.port, "budi") as budi:
        for line, expected in (
            (f"SEND #no t1 0 {MIB} {MIB} x", "no-room"),
            (f"SEND #lab t1 5 {MIB} {2 * MIB} x", "bad-offset"),
            (f"SEND #lab t1 0 {MIB} {MIB} a/b", "bad-file"),
            (f"SEND #lab 1t 0 {MIB} {MIB} x", "bad-line"),
            (f"SEND #lab t1 0 {MIB} {MIB} {'x' * 256}", "too-long"),
            (f"SEND #lab t1 0 {MIB} {MIB} {'x' * 5000}", "too-long"),
        ):
            assert code(ani, line, evil) == expected
        assert budi.sync() == []


def test_a_refused_payload_that_is_too_long_ends_it(server: ServerProcess, ani: Raw) -> None:
    for number, line in enumerate((
        f"SEND #no t1 0 {MIB + 1} {MIB + 1} x",
        f"SEND #lab t1 0 {MIB + 1} {MIB + 1} a/b",
        f"SEND #lab t1 5 {MIB + 1} {2 * MIB} x",
    )):  # fmt: skip
        with member(server.port, f"budi{number}") as budi:
            budi.send(f"=r {line}\n".encode() + (b"SAY #lab evil\n" * 80_000)[: MIB + 1])
            error, bye = budi.rest()
            assert error.startswith("=r ERR ")
            assert bye.startswith("BYE bad-line ")
    assert not [line for line in ani.sync() if line.startswith("MSG")]


def test_one_byte_more_is_the_next_line(ani: Raw) -> None:
    """C13: never part of the file."""
    ani.send(b"=a SEND #lab t1 0 3 3 x\nabcPING more\n")
    assert ani.expect("=a OK") == f"=a OK 1 {sha256(b'abc')}"
    assert ani.expect("PONG") == "PONG more"
    ani.send(b"=a2 SEND #lab t1 0 3 3 x\nabcX\n=b PING behind\n")
    assert ani.expect("ERR ").startswith("ERR unknown-verb ")
    assert ani.expect("=b OK") == "=b OK"
    assert ani.fetch(2) == b"abc"


def test_a_finished_line_again_gets_the_old_answer(server: ServerProcess, ani: Raw) -> None:
    data = b"first and only" * 150_000  # 2 MiB: a payload of any length is dropped
    size = len(data)
    line = f"SEND #lab t1 0 {size} {size} x"
    first = ani.answer(line, "once", data)
    assert first == [f"OK 1 {sha256(data)}"]
    for payload in (data, bytes(size)):
        assert ani.answer(line, "once", payload) == first
        assert ani.sync() == []
    server.kill()
    server.start()
    with Raw(server.port) as again:
        again.hello("ani", ani.session)
        assert again.answer(line, "once", bytes(size)) == first  # before anything else is checked
        again.answer("JOIN #lab")
        assert again.answer(line, "once", data) == first
        assert again.answer("HISTORY #lab after 0 9")[-1] == "OK 1 0"
        assert again.fetch(1) == data
        assert len(list((server.data / "spool" / "files").iterdir())) == 1


def test_a_last_piece_again_gets_the_old_answer(ani: Raw) -> None:
    assert ani.answer("SEND #lab t1 0 4 8 x", payload=b"abcd") == ["OK 4"]
    first = ani.answer("SEND #lab t1 4 4 8 x", "last", b"efgh")
    assert first == [f"OK 1 {sha256(b'abcdefgh')}"]
    assert ani.answer("SEND #lab t1 4 4 8 x", "last", b"efgh") == first
    assert ani.answer("PARTIAL t1") == ["OK 0"]


def test_a_tag_names_one_line_for_good(ani: Raw) -> None:
    assert ani.answer("SEND #lab t1 0 3 3 x", "one", b"abc")[0].startswith("OK 1 ")
    assert ani.answer("SAY #lab hello", "two")[-1] == "OK 2"
    for line, tag in (
        ("SEND #lab t1 0 3 3 y", "one"),
        ("SEND #lab t2 0 3 3 x", "one"),
        ("SEND #lab t1 0 3 3 x", "two"),
    ):
        assert code(ani, line, b"abc", tag) == "id-reused"
    assert code(ani, "SAY #lab hello", tag="one") == "id-reused"
    assert ani.answer("FILES #lab after 0 9")[-1] == "OK 1 0"


def test_a_refused_line_leaves_its_tag_free(ani: Raw) -> None:
    assert code(ani, "SEND #lab t1 1 3 4 x", b"abc", "one") == "bad-offset"
    assert ani.answer("SEND #lab t1 0 1 4 x", "one", b"x") == ["OK 1"]  # nor does it bind a piece
    assert ani.answer("SEND #lab t1 1 3 4 x", "one", b"abc")[0] == f"OK 1 {sha256(b'xabc')}"


def hostile_names() -> list[bytes]:
    """300 names that nobody means well with."""
    fixed = [
        b"../x", b"/etc/x", b"a/b", b".", b"..", b"", b"...", b"x" * 255, b"x" * 256, b"x" * 300,
        "é".encode() * 127, "é".encode() * 128, b"x\x1b[2J", b"x\x00y", b"\x7f", b"a\rb", b"a\tb",
        "a\u202eb".encode(), "a\u2066b".encode(), "a\u2028b".encode(), "a\u2029b".encode(),
        "a\u0085b".encode(), "\u009b31m".encode(), b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf",
        b".ssh", b"~root", b"-rf", b"$(id)", b"`id`", b"a|b", b"a;b", b"..\\x", b"C:\\x", b"CON",
        b"%2e%2e%2f", b" lead", b"trail ", b"  ", b"a  b", b"*", b"?", b"\"'", b"log.sqlite",
        b"../../../../../../tmp/obrol-evil", b"files/../../x", b"./x", b"x/", b"//", "🙂".encode(),
        "\u200f\u05d0".encode(), "x\u0301".encode() * 50, b"%s%n", b"{0}", b"\\0", b"a.json",
    ]  # fmt: skip
    chance = random.Random(16)
    parts = [b"..", b"/", b"\\", b".", b" ", b"x", b"~", b"\x1b", b"\x00", b"\xc2", b"\x85",
             b"\t", "\u202e".encode(), "é".encode(), "\u3000".encode(), b"-", b"=t", b"$", b"#",
             b"@", b"sqlite"]  # fmt: skip
    made = {b"".join(chance.choices(parts, k=chance.randint(1, 6))) for _ in range(2000)}
    return (fixed + sorted(made - set(fixed)))[:300]


def judged(name: bytes) -> str:
    """The code that wire.md has for a name; "" for one that may travel."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "bad-text"
    if not text or REFUSED_CHARACTERS.search(text):
        return "bad-text"
    if len(name) > 255:
        return "too-long"
    return "bad-file" if "/" in text or text in {".", ".."} else ""


def test_hostile_names(server: ServerProcess, ani: Raw) -> None:
    """C10: refused by code, or carried byte for byte; never a path."""
    with member(server.port, "budi") as budi:
        assert ani.answer("SEND #lab first 0 1 1 x", "first", b"y")[0].startswith("OK ")
        budi.sync()
        before = paths(server.data.parent)
        accepted = []
        names = hostile_names()
        assert len(names) == 300
        for number, name in enumerate(names):
            line = b"=n%d SEND #lab w%d 0 1 1 " % (number, number)
            ani.send(line + name + b"\ny")
            answer = ani.expect(f"=n{number} ").split()
            assert (answer[2] if answer[1] == "ERR" else "") == judged(name), name
            if answer[1] == "OK":
                accepted.append(b"#lab ani 1 " + sha256(b"y").encode() + b" " + name)
        assert 60 < len(accepted) < 240
        lines = [line.encode() for line in budi.sync()]
        assert [line.split(b" ", 3)[3] for line in lines] == accepted
        assert [line.encode() for line in budi.answer("FILES #lab after 1 1")[:1]] == lines[:1]
        assert paths(server.data.parent) == before
        assert sorted(path.name for path in (server.data / "spool" / "files").iterdir()) == [
            sha256(b"y")
        ]
