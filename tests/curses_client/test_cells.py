"""Text in cells: nothing drives the terminal, nothing is wider than it says, nothing gets lost."""

from __future__ import annotations

import sys
import time
import timeit
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curses_client import cells
from curses_client.cells import (
    CUT_MARK,
    LINE_BREAKS,
    MARKS_KEPT,
    WIDEST,
    Glyph,
    attaches,
    boundaries,
    boundary_after,
    boundary_before,
    boundary_from,
    clip,
    fit,
    glyphs,
    pad,
    safe,
    width,
    wrap,
)

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
MARK = "\u0301"
THUMB, TONE, JOINER, EMOJI_STYLE = "👍", "\U0001f3fd", "\u200d", "\ufe0f"

# Any character, and those that make trouble more often.
TRICKY = st.sampled_from(
    [
        " ",
        "  ",
        "a",
        "kata",
        "中",
        THUMB,
        TONE,
        MARK,
        JOINER,
        EMOJI_STYLE,
        "\u0e33",
        "\u1161",
        "\x00",
        "\x1b[2J",
        "\x9b",
        "\t",
        "\u202e",
        "\xad",
        "\ue000",
        "🇮🇩",
        "\u3000",
        *LINE_BREAKS,
    ]
)
TEXTS = st.lists(TRICKY | st.characters(), max_size=30).map("".join)
LINES = TEXTS.map(lambda text: text.translate({ord(char): None for char in LINE_BREAKS}))


def drawn(text: str) -> str:
    return "".join(glyph.text for glyph in glyphs(text))


# safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("halo 中 é👍", "halo 中 é👍"),
        ("\x1b[31m", "^[[31m"),
        ("\x00\r\n\x7f", "^@^M^J^?"),
        ("a\tb", "a b"),
        ("\x9b2J\x85", "\\x9b2J\\x85"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\u200b\u2060\ufeff\xad\u200e\U000e0041b", "ab"),
        ("👨\u200d👩\u200c", "👨👩"),
        ("\ud800\ue000\uffff\U0001fffe", "\ufffd" * 4),
        ("a\xa0b\u3000c", "a\xa0b\u3000c"),
    ],
)
def test_safe_shows_what_it_may_not_send(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_no_character_gets_through_safe_that_drives_or_hides() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = safe(everything)
    assert not {unicodedata.category(char) for char in shown} & FORBIDDEN
    assert safe(shown) == shown


@settings(deadline=None)
@given(TEXTS)
def test_what_is_drawn_is_safe_and_stays_what_it_is(text: str) -> None:
    shown = drawn(text)
    assert safe(shown) == shown
    assert drawn(shown) == shown
    assert glyphs(safe(text)) == glyphs(text)


# glyphs and widths


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("ab", [("a", 1), ("b", 1)]),
        ("e" + MARK, [("e" + MARK, 1)]),
        ("中" + MARK, [("中" + MARK, 2)]),
        (MARK, [("◌" + MARK, 1)]),
        ("a" + MARK * (MARKS_KEPT + 3), [("a" + MARK * MARKS_KEPT, 1)]),
        ("ｶﾞ", [("ｶ", 1), ("ﾞ", 1)]),
        ("Ａ\u3000", [("Ａ", 2), ("\u3000", 2)]),
        ("❤" + EMOJI_STYLE, [("❤", 1)]),
        (THUMB + TONE, [(THUMB, 2)]),
        (THUMB + JOINER + TONE, [(THUMB, 2)]),
        (TONE, [(TONE, 2)]),
        ("a" + TONE + TONE, [("a", 1), (TONE, 2)]),
        ("🇮🇩", [("🇮", 1), ("🇩", 1)]),
        ("👨\u200d👩", [("👨", 2), ("👩", 2)]),
        ("가", [("가", 2)]),
        ("\u1100\u1161\u11a8", [("\u1100\u1161\u11a8", 2)]),
        ("\x1b", [("^", 1), ("[", 1)]),
        ("\u4dc0\u3248", [("\u4dc0", 2), ("\u3248", 2)]),
        ("1\u20e3", [("1\u20e3", 1)]),
    ],
)
def test_glyphs(text: str, clusters: list[tuple[str, int]]) -> None:
    assert glyphs(text) == [Glyph(*cluster) for cluster in clusters]
    assert width(text) == sum(cluster[1] for cluster in clusters)


@settings(deadline=None)
@given(TEXTS)
@example("".join(map(chr, range(0x3000))))
def test_a_glyph_has_one_base_and_few_marks(text: str) -> None:
    for glyph in glyphs(text):
        assert glyph.width in (1, WIDEST)
        assert 1 <= len(glyph.text) <= 1 + MARKS_KEPT
        assert glyphs(glyph.text) == [glyph]
    assert width(text) == sum(glyph.width for glyph in glyphs(text))


def test_plain_characters_are_what_the_fast_path_takes_them_for() -> None:
    # By themselves as one text the pattern would decide; with a mark in front it does not.
    plain = [char for char in map(chr, range(0x3000)) if cells._PLAIN.fullmatch(char)]
    assert len(plain) > 500
    assert glyphs(MARK + "".join(plain))[1:] == [Glyph(char, 1) for char in plain]


def test_a_wide_glyph_gives_way_where_it_has_no_room() -> None:
    assert fit(Glyph("中", 2), 2) == Glyph("中", 2)
    assert fit(Glyph("中", 2), 1) == Glyph("?", 1)


# boundaries


@settings(deadline=None, max_examples=300)
@given(LINES)
@example("a" + TONE + TONE + MARK)
@example(JOINER + MARK + TONE + "中" + EMOJI_STYLE + TONE + "\x00" + MARK)
def test_the_glyphs_of_a_line_are_those_of_its_clusters(line: str) -> None:
    clusters = [line[start:end] for start, end in pairwise(boundaries(line))]
    assert [glyph for cluster in clusters for glyph in glyphs(cluster)] == glyphs(line)
    # Only the first may be one without a base, and then nothing of it may be drawn.
    assert all(glyphs(cluster) for cluster in clusters[1:])


@settings(deadline=None)
@given(TEXTS)
def test_steps_agree_with_the_boundaries(text: str) -> None:
    known = boundaries(text)
    assert known[0] == 0
    assert known[-1] == len(text)
    for low, high in pairwise(known):
        assert low < high
        assert boundary_after(text, low) == high
        assert boundary_before(text, high) == low
        assert {boundary_from(text, index) for index in range(low + 1, high + 1)} == {high}
    assert boundary_before(text, 0) == 0
    assert boundary_after(text, len(text)) == len(text)


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_nothing_attaches_to_a_line_break(line_break: str) -> None:
    text = "中" + line_break + MARK + TONE
    assert [attaches(text, index) for index in range(len(text))] == [False, False, False, False]
    assert boundaries(text) == [0, 1, 2, 3, 4]


# clip and pad


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("halo", 4, "halo"),
        ("halo", 3, "ha…"),
        ("halo", 1, "…"),
        ("halo", 0, ""),
        ("halo", -3, ""),
        ("中文字", 6, "中文字"),
        ("中文字", 5, "中文…"),
        ("中文字", 4, "中…"),
        ("中文", 2, "…"),
        ("é" + MARK + "a\x07", 4, "é" + MARK + "a^G"),
        ("", 3, ""),
    ],
)
def test_clip(text: str, columns: int, shown: str) -> None:
    assert clip(text, columns) == shown


@settings(deadline=None)
@given(TEXTS, st.integers(-2, 40))
def test_clip_cuts_only_what_is_too_wide(text: str, columns: int) -> None:
    shown = clip(text, columns)
    assert width(shown) <= max(0, columns)
    if width(text) <= columns:
        assert shown == drawn(text)
    elif columns > 0:
        assert shown.endswith(CUT_MARK)
        assert drawn(text).startswith(shown.removesuffix(CUT_MARK))
        assert width(shown) >= columns - 1


@settings(deadline=None)
@given(TEXTS, st.integers(0, 40))
def test_pad_fills_the_columns(text: str, columns: int) -> None:
    shown = pad(text, columns)
    assert width(shown) == columns
    assert shown.startswith(clip(text, columns))


# wrap


@pytest.mark.parametrize(
    ("text", "columns", "indent", "rows"),
    [
        ("", 5, 2, [""]),
        ("halo", 4, 2, ["halo"]),
        ("satu dua tiga", 8, 0, ["satu dua", "tiga"]),
        ("satu dua tiga", 7, 0, ["satu", "dua", "tiga"]),
        ("satu dua tiga", 9, 2, ["satu dua", "  tiga"]),
        ("satu     dua", 6, 0, ["satu", "dua"]),
        ("a  b  c  d", 6, 0, ["a  b", "c  d"]),
        ("abcdefgh", 3, 0, ["abc", "def", "gh"]),
        ("ab cdefgh", 4, 1, ["ab", " cde", " fgh"]),
        ("if x:\n    return 1\u2028\nend", 20, 3, ["if x:", "       return 1", "   ", "   end"]),
        ("    abcdef", 8, 0, ["    abcd", "ef"]),
        ("          x", 4, 0, ["    ", "x"]),
        ("ab   ", 3, 0, ["ab"]),
        ("ab  ", 4, 0, ["ab  "]),
        ("abc   ", 3, 0, ["abc"]),
        ("中文字", 5, 0, ["中文", "字"]),
        ("abcdefgh ij", 8, 9, ["abcdefgh", "    ij"]),
        ("ab cd", 2, 9, ["ab", "cd"]),
        ("中文字", 3, 9, ["中", " 文", " 字"]),
        ("中a", 1, 5, ["?", "a"]),
        ("abc", 0, 0, ["a", "b", "c"]),
        ("ab中", 3, 0, ["ab", "中"]),
        ("a \u0301b", 2, 0, ["a \u0301", "b"]),
        ("\x1b[2J x", 6, 0, ["^[[2J", "x"]),
        ("a\tb", 3, 0, ["a b"]),
    ],
)
def test_wrap(text: str, columns: int, indent: int, rows: list[str]) -> None:
    assert wrap(text, columns, indent) == rows


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.integers(1, 30), st.integers(0, 40))
def test_wrapped_rows_fit_and_hold_all_but_blanks(text: str, columns: int, indent: int) -> None:
    rows = wrap(text, columns, indent)
    lines = text.replace("\u2028", "\n").split("\n")
    wanted = "".join(fit(glyph, columns).text for line in lines for glyph in glyphs(line))
    assert "".join(rows).replace(" ", "") == wanted.replace(" ", "")
    assert all(width(row) <= columns and drawn(row) == row for row in rows)
    assert len(rows) >= len(lines)
    lead = min(indent, columns // 2, max(0, columns - WIDEST))
    assert all(row.startswith(" " * lead) for row in rows[1:])


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.text("ab中", min_size=1, max_size=4), min_size=1, max_size=12),
    st.integers(8, 30),
)
def test_a_word_that_fits_a_row_is_not_cut(words: list[str], columns: int) -> None:
    rows = wrap(" ".join(words), columns)
    assert [word for row in rows for word in row.split(" ")] == words
    # Nor does a row end before it has to.
    for row, following in pairwise(rows):
        assert width(row) + 1 + width(following.split(" ")[0]) > columns


@settings(deadline=None)
@given(st.text(" ab", max_size=30), st.integers(30, 40))
def test_blanks_within_a_row_are_kept(text: str, columns: int) -> None:
    assert wrap(text + "中", columns + WIDEST) == [text + "中"]


def test_wrapping_a_short_line_is_quick() -> None:
    line = "siang! kumpul modul 11 jadi jam berapa?"
    number = 20_000
    cpu = time.process_time
    took = timeit.repeat(lambda: wrap(line, 66, 14), timer=cpu, number=number, repeat=5)
    assert min(took) / number < 3e-6


def test_wrapping_a_long_line_takes_linear_time() -> None:
    def seconds(words: int) -> float:
        text = "kata中 " * words
        return min(
            timeit.repeat(lambda: wrap(text, 40, 7), timer=time.process_time, number=1, repeat=3)
        )

    assert seconds(20_000) < 40 * seconds(2_000)
