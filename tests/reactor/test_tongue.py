"""Lines of the wire in the words of people."""

import pytest

from reactor.doors.tongue import Tongue, size_in_words
from wire.verbs import SERVER_VERBS

TIME = "2026-11-21T07:40:00.123Z"
SHA256 = "a" * 64

SAYINGS = [
    (f"MSG 1 {TIME} #lab fatur halo", "fatur: halo", "fatur: halo"),
    (f"MSG 1 {TIME} #lab ani~ a\u2028b", "ani~: a\nani~: b", "ani~: a\nani~: b"),
    (f"MSG 1 {TIME} * op awas", "[kepada semua] op: awas", "[to everybody] op: awas"),
    (f"MSG 1 {TIME} @ani~ fatur x\u2028y", "[pribadi] fatur: x\n[pribadi] fatur: y",
     "[private] fatur: x\n[private] fatur: y"),
    (f"MSG 1 {TIME} @fatur ani~ x", "[kepada fatur] ani~: x", "[to fatur] ani~: x"),
    (f"ACT 1 {TIME} #lab fatur tidur\u2028lama", "* fatur tidur lama", "* fatur tidur lama"),
    (f"ACT 1 {TIME} @ani~ fatur x", "[pribadi] * fatur x", "[private] * fatur x"),
    (f"FILE 7 {TIME} #lab fatur 11534336 {SHA256} See Saw.mp3",
     "fatur mengirim See Saw.mp3 (11.5 MB); dengan klien obrol: /get 7",
     "fatur has sent See Saw.mp3 (11.5 MB); with the obrol client: /get 7"),
    (f"JOINED {TIME} #lab fatur", "fatur telah bergabung ke dalam chat !",
     "fatur has joined the chat !"),
    (f"JOINED {TIME} #lab ani~", "Kamu telah terhubung !", "You are connected !"),
    (f"LEFT {TIME} #lab fatur", "fatur telah meninggalkan chat !", "fatur has left the chat !"),
    (f"LEFT {TIME} #lab fatur mau makan", "fatur telah meninggalkan chat ! (mau makan)",
     "fatur has left the chat ! (mau makan)"),
    (f"LEFT {TIME} #lab ani~", None, None),
    (f"RENAMED {TIME} fatur f", "fatur sekarang bernama f.", "fatur is called f now."),
    (f"RENAMED {TIME} a~ ani~", "Namamu di sini ani~.", "You are called ani~ here."),
    (f"TOPIC {TIME} #lab fatur {{0}}", "Topik #lab: {0}", "Topic of #lab: {0}"),
    (f"TOPIC {TIME} #lab fatur", "#lab sekarang tanpa topik.", "#lab has no topic now."),
    ("NAMES #lab fatur+ ani~", "Di #lab: fatur+, ani~", "In #lab: fatur+, ani~"),
    (f"INVITED {TIME} #lab fatur", "fatur mengundangmu ke #lab.", "fatur lets you into #lab."),
    ("MOTD selamat datang", "selamat datang", "selamat datang"),
    ("ERR no-room tidak ada", "! tidak ada", "! tidak ada"),
    ("BYE quit dah", "! dah", "! dah"),
    ("OK 1", None, None),
    ("PING x", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "indonesian", "english"), SAYINGS)
def test_sayings(line: str, indonesian: str | None, english: str | None) -> None:
    for language, words in (("id", indonesian), ("en", english)):
        tongue = Tongue(language)
        (frame,) = tongue.frames(f"{line}\n".encode())
        assert tongue.say(frame, "ani~") == words


def test_every_verb_of_events_has_words() -> None:
    told = {line.split()[0] for line, words, _ in SAYINGS if words is not None}
    assert told >= {"MSG", "ACT", "FILE", "JOINED", "LEFT", "RENAMED", "TOPIC", "INVITED", "BYE"}
    assert told <= set(SERVER_VERBS)


def test_lines_are_read_once_and_never_mixed_up() -> None:
    tongue = Tongue("id")
    shared = f"MSG 1 {TIME} #lab a x\nMSG 2 {TIME} #lab a y\n".encode()
    first = tongue.frames(shared)
    assert [frame.args[-1] for frame in first] == ["x", "y"]
    for number in range(1000):  # bytes that come and go: an id may be another's before
        assert tongue.frames(f"MOTD {number}\n".encode())[0].args == (str(number),)
    assert tongue.frames(shared) == first


def test_a_line_that_cannot_be_read_stops_no_other() -> None:
    tongue = Tongue("id")
    frames = tongue.frames(b"MOTD satu\nNEWS of tomorrow\n=move OK\nMOTD \x07\nMOTD dua\n")
    assert [(frame.verb, frame.tag) for frame in frames] == [
        ("MOTD", None), ("OK", "move"), ("MOTD", None),
    ]  # fmt: skip
    assert tongue.frames(b"MOTD tiga\n")[0].args == ("tiga",)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (11_534_336, "11.5 MB"), (10**9, "1.0 GB"), (999_999_999_999_999, "1000.0 TB"),
    ],
)  # fmt: skip
def test_sizes(size: int, words: str) -> None:
    assert size_in_words(size) == words
