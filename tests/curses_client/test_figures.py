"""The server's numbers for people: what is typed, what is shown, and rows of them."""

import pytest

from curses_client import cells, figures
from curses_client.texts import Texts
from reactor.counters import COUNTERS
from wire.limits import LIMITS


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1w", 604_800), ("0s", 0),
        ("10M", 600), ("2jam", 7200), ("3hari", 259_200), ("30detik", 30), ("5menit", 300),
        ("10", None), ("", None), ("m", None), ("1.5h", None), ("-1m", None), ("10 m", None),
        ("1y", None), ("٣m", None), ("9999999999s", None),
    ],
)  # fmt: skip
def test_times_as_people_type_them(typed: str, seconds: int | None) -> None:
    assert figures.read_seconds(typed) == seconds


@pytest.mark.parametrize(
    ("seconds", "en", "id_"),
    [
        (0, "0 s", "0 detik"),
        (0.1, "0.1 s", "0,1 detik"),
        (59, "59 s", "59 detik"),
        (60, "1 min", "1 menit"),
        (90, "1 min 30 s", "1 menit 30 detik"),
        (5400, "1 h 30 min", "1 jam 30 menit"),
        (86_400, "1 d", "1 hari"),
        (86_400 + 7261, "1 d 2 h", "1 hari 2 jam"),
        (86_400 + 5, "1 d 5 s", "1 hari 5 detik"),
    ],
)
def test_times_as_people_read_them(seconds: float, en: str, id_: str) -> None:
    assert figures.duration(Texts("en"), seconds) == en
    assert figures.duration(Texts("id"), seconds) == id_


@pytest.mark.parametrize(
    ("value", "unit", "en", "id_"),
    [
        ("65536", "bytes", "64 KiB", "64 KiB"),
        ("1000", "bytes", "1,000 bytes", "1.000 bytes"),
        ("0", "bytes", "0 bytes", "0 bytes"),
        (str(8 * 1024**3), "bytes", "8 GiB", "8 GiB"),
        ("600", "s", "10 min", "10 menit"),
        ("0.5", "s", "0.5 s", "0,5 detik"),
        ("2", "lines/s", "2 lines/s", "2 baris/d"),
        ("10000", "sparks", "10,000 sparks", "10.000 sparks"),
        ("speak", "speak|listen", "speak", "speak"),
    ],
)
def test_limits_as_people_read_them(value: str, unit: str, en: str, id_: str) -> None:
    assert figures.limit(Texts("en"), value, unit) == en
    assert figures.limit(Texts("id"), value, unit) == id_


@pytest.mark.parametrize(
    ("name", "typed", "sent"),
    [
        ("send-soft", "64k", "65536"), ("send-soft", "1M", "1048576"), ("name-hold", "10m", "600"),
        ("name-hold", "5", "5"), ("rate", "0.5", "0.5"), ("rate", "x", "x"), ("new", "10m", "10m"),
    ],
)  # fmt: skip
def test_limits_as_people_type_them(name: str, typed: str, sent: str) -> None:
    assert figures.limit_typed(name, typed) == sent
    assert name == "new" or name in LIMITS


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("connections-unix", "12", ("connections now, unix", "12")),
        ("datagrams-dropped-too-long", "1234567", ("datagrams dropped: too-long", "1,234,567")),
        ("uptime-seconds", "5400.5", ("running for", "1 h 30 min")),
        ("memory-bytes", "1572864", ("memory", "1.5 MB")),
        ("turn-longest-ms", "1.25", ("longest turn", "1.25 ms")),
        ("version", "0.1.0", ("version", "0.1.0")),
        ("brand-new-ms", "7", ("brand-new-ms", "7 ms")),
        ("people", "nan", ("people", "nan")),
    ],
)
def test_counters(name: str, value: str, shown: tuple[str, str]) -> None:
    assert figures.stat(Texts("en"), name, value) == shown


def test_no_row_of_the_counters_looks_like_the_sum_of_those_above() -> None:
    families = [family for family, words in figures.STATS.items() if "{}" in words.en]
    assert not {counter.name for counter in COUNTERS} & set(families)


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_reason_for_a_lost_datagram_has_words(language: str) -> None:
    prefix = "datagrams-dropped-"
    names = [c.name for c in COUNTERS if c.name.startswith(prefix)]
    assert {name.removeprefix(prefix) for name in names} == figures.DROPPED.keys()
    told = [figures.stat(Texts(language), name, "0")[0] for name in names]
    assert len(set(told)) == len(names)
    assert figures.stat(Texts("id"), names[0], "7") == ("datagram dibuang: terlalu panjang", "7")


def test_every_counter_has_words_of_its_own_in_both_languages() -> None:
    for language in ("id", "en"):
        told = [words.say(language) for words in figures.STATS.values()]
        assert len(told) == len(set(told))
    for words in figures.STATS.values():
        assert words.en.count("{}") == words.id.count("{}") <= 1


def test_a_table_stands_straight_whatever_is_in_it() -> None:
    rows = [["who", "n", "", "why"], ["日本", "7", "", "a\x1b[2J"], ["fatur~", "12,345", "", ""]]
    lines = figures.table(rows, frozenset({1}))
    assert lines == [
        "  who          n  why",
        "  日本         7  a^[[2J",
        "  fatur~  12,345",
    ]
    assert {cells.width(line[: line.rindex(end)]) + len(end)
            for line, end in zip(lines, ("n", "7", "5"), strict=True)} == {16}  # fmt: skip
