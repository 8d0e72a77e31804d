"""Whole pictures, compared as text, at every size at which the client must be right or usable.

The pane alone (scrolling, cost) is in ``test_view_pane``, the bars in ``test_bars``, the list of
names in ``test_nicklist``, hostile text in ``test_view_safe``.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curses_client.picture import NICKS, Style, nick_style
from curses_client.state import Anchor, Connection, Kind, Line, State
from tests.curses_client.pictures import (
    LONG_NAME,
    SATURDAY,
    draw,
    filled,
    lab,
    small_state,
    talk,
    text_of,
    texts_of,
)

WHOLE_ID = [
    " #lab │ Topik: kumpul modul 11 Jumat                                    3 orang",
    *[""] * 6,
    "14:02 <fatur> siang!",
    "14:03 * rizky pasang kabel",
    "── Sabtu, 21 November 2026 ──",
    "08:00 --> aguel bergabung",
    "08:01 <aguel> rizky: sudah baca modul yang kemarin dibagikan di kelas belum?",
    "              halaman tiga puluh",
    "08:02 >> #1043 kuliah.mp4 115 MB dari fatur",
    "08:03 <fatur> 日本語のテキスト 😀 e\u0301 selesai",
    f"08:04 <{LONG_NAME}>",
    "  nama panjang",
    "08:05 <rizky> def f():",
    "                  return 1",
    "08:06 3 orang: rizky fatur aguel",
    "08:07 tidak terkirim: halo: kamu belum masuk ruang itu",
    "--:-- <rizky> belum sampai",
    " [08:09] [rizky✓] 2:#lab [Akt: 4:@fatur(1!),3:#uas(2)]",
    "[#lab] teks yang sedang diketik",
]


def in_english(rows: list[str]) -> list[str]:
    """What the client itself says is in English; what stands in the lines is as it was."""
    first = " #lab │ Topic: kumpul modul 11 Jumat                                     3 here"
    return [first, *rows[1:-2], rows[-2].replace("Akt:", "Act:"), rows[-1]]


NARROW = {
    (40, 8): [
        " #lab │ Topik: kumpul modul 11… 3 orang",
        "                  return 1",
        "08:06 3 orang: rizky fatur aguel",
        "08:07 tidak terkirim: halo: kamu belum",
        "      masuk ruang itu",
        "--:-- <rizky> belum sampai",
        " 2:#lab [Akt: 4:@fatur(1!),3:#uas(2)]",
        "[#lab] teks yang sedang diketik",
    ],
    (40, 6): [
        "08:06 3 orang: rizky fatur aguel",
        "08:07 tidak terkirim: halo: kamu belum",
        "      masuk ruang itu",
        "--:-- <rizky> belum sampai",
        " 2:#lab [Akt: 4:@fatur(1!),3:#uas(2)]",
        "[#lab] teks yang sedang diketik",
    ],
    (20, 5): [
        "      ruang itu",
        "--:-- <rizky>",
        "  belum sampai",
        " 2:#lab",
        "[#lab] …ng diketik",
    ],
    (19, 4): ["[#lab] …g diketik", "", "", ""],
    (2, 2): ["", ""],  # the cursor stands behind the last letter
    (1, 1): [""],
}


def test_the_usual_terminal_in_indonesian() -> None:
    picture = draw(lab(), 80, 24, pending=["belum sampai"])
    assert texts_of(picture) == WHOLE_ID
    assert picture.cursor == (23, 31)


def test_the_usual_terminal_in_english() -> None:
    picture = draw(lab(), 80, 24, "en", ["belum sampai"])
    assert texts_of(picture) == in_english(WHOLE_ID)
    assert picture.cursor == (23, 31)


@pytest.mark.parametrize(("size", "rows"), NARROW.items(), ids=str)
def test_small_terminals(size: tuple[int, int], rows: list[str]) -> None:
    assert texts_of(draw(lab(), *size, pending=["belum sampai"])) == rows


def test_the_same_state_in_every_size_and_back() -> None:
    """How a line wraps is remembered for one width; another width must not see it."""
    state = lab()
    for columns in (80, 20, 132, 40, 21, 80):
        picture = draw(state, columns, 24, pending=["belum sampai"])
    assert texts_of(picture) == WHOLE_ID


@settings(deadline=None)
@given(st.integers(1, 140), st.integers(1, 50), st.sampled_from(["id", "en"]), st.booleans())
def test_every_size_is_sound(columns: int, rows: int, language: str, asked: bool) -> None:  # noqa: FBT001
    state = lab()
    question = "Tempel 12 baris (1,1 KB)? [Enter] kirim sebagai 1 pesan 日本" if asked else ""
    draw(state, columns, rows, language, ["belum sampai 日本" * 9], question)
    state.current.editor.insert("日本語e\u0301\n" * 20)
    draw(state, columns, rows, language, [], question)
    state.show(state.windows[0])
    draw(state, columns, rows, language, [], question)
    state.connection = Connection.LOST
    draw(state, columns, rows, language, [], question)


def test_window_one() -> None:
    state = State("rizky")
    picture = draw(state, 40, 7)
    assert texts_of(picture) == [
        " obrol: /help untuk bantuan", "", "", "", "", " [08:09] [rizky] 1:obrol …", "[obrol]",
    ]  # fmt: skip
    assert texts_of(draw(state, 40, 7, "en"))[0] == " obrol: /help tells what can be done"


def test_a_name_of_32_characters_at_40_columns() -> None:
    state = small_state()
    state.current.add(talk("satu dua tiga empat lima enam tujuh delapan", LONG_NAME), SATURDAY, "")
    state.current.add(talk("halo"), SATURDAY, "")
    assert texts_of(draw(state, 40, 8))[2:6] == [
        f"08:00 <{'a' * 30}…>",
        "  satu dua tiga empat lima enam tujuh",
        "  delapan",
        "08:00 <fatur> halo",
    ]


def test_continuation_lines_stand_under_the_text_at_80_columns() -> None:
    state = small_state()
    state.current.add(talk("x" * 100), SATURDAY, "")
    assert texts_of(draw(state, 80, 8))[4:6] == [
        "08:00 <fatur> " + "x" * 66,
        " " * 14 + "x" * 34,
    ]


def test_a_wide_character_that_does_not_fit_the_last_column() -> None:
    state = small_state()
    state.current.add(talk("a" + "日" * 20), SATURDAY, "")
    # 14 columns of head, 26 for the text: one letter, twelve wide ones, one column free.
    assert texts_of(draw(state, 40, 8))[4:6] == [
        "08:00 <fatur> a" + "日" * 12,
        " " * 14 + "日" * 8,
    ]


def test_styles_tell_what_a_line_is() -> None:
    picture = draw(lab(), 80, 24, pending=["belum sampai"])
    styles = {text_of(row).strip()[:11]: {span.style for span in row} for row in picture.rows}
    assert Style.MENTION in styles["08:01 <ague"]
    assert Style.NOTICE in styles["08:06 3 ora"]
    assert Style.ERROR in styles["08:07 tidak"]
    assert Style.PENDING in styles["--:-- <rizk"]
    assert Style.MINE in styles["14:03 * riz"]
    assert styles["08:00 --> a"] == {Style.DIM}
    assert nick_style("fatur") in styles["14:02 <fatu"]
    # Somebody calls: that part of the bar is bright.
    bright = [span.text for span in picture.rows[-2] if span.style is not Style.BAR]
    assert bright == ["[Akt: 4:@fatur(1!),3:#uas(2)]"]
    assert {span.style for span in picture.rows[0]} == {Style.BAR}


def test_rows_without_a_time() -> None:
    state = small_state()
    for kind, text in ((Kind.HEADING, "Bicara"), (Kind.PLAIN, "  /me teks   ceritakan")):
        state.current.add(Line(kind, "", "", text), SATURDAY, "")
    picture = draw(state, 80, 8)
    assert texts_of(picture)[3:5] == ["Bicara", "  /me teks   ceritakan"]
    assert picture.rows[3][-1].style is Style.HEADING
    assert picture.rows[4][-1].style is Style.PLAIN


def test_a_row_of_a_sheet_goes_on_under_its_text() -> None:
    state = small_state()
    state.current.add(Line(Kind.PLAIN, "", "", "    " + "kata " * 9), SATURDAY, "")
    pane = texts_of(draw(state, 30, 8))[1:6]
    at = pane.index("    kata kata kata kata kata")
    assert pane[at + 1] == "    kata kata kata kata"


def test_what_a_search_found_is_marked_and_nothing_else() -> None:
    state = small_state()
    filled(state.current, 3, "sama saja " * 9)
    picture = draw(state, 80, 12, found=state.current.lines[1])
    styles = [row[-1].style for row in picture.rows[4:10]]
    assert styles == [Style.PLAIN] * 2 + [Style.FOUND] * 2 + [Style.PLAIN] * 2


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        ("3", "id", "─" * 12 + " 3 belum dibaca " + "─" * 12),
        ("3", "en", "─" * 14 + " 3 not read " + "─" * 14),
        ("", "id", "─" * 40),
        ("9" * 40, "id", "─" * 40),
    ],
)
def test_the_mark_is_a_rule_as_wide_as_the_pane(text: str, language: str, told: str) -> None:
    state = small_state()
    filled(state.current, 1)
    state.current.add(Line(Kind.MARK, "", "", text), SATURDAY, "")
    filled(state.current, 1)
    picture = draw(state, 40, 8, language)
    assert texts_of(picture)[3:6] == ["08:00 <fatur> baris 0", told, "08:00 <fatur> baris 0"]
    assert [span.style for span in picture.rows[4]] == [Style.MARK]


def test_names_have_their_colour_in_any_case() -> None:
    assert nick_style("Fatur") is nick_style("fATUR")
    assert {nick_style(f"n{n}") for n in range(200)} == set(NICKS)


# Lines that are not acknowledged yet.


def test_unacknowledged_lines_stand_at_the_bottom_in_order() -> None:
    state = small_state()
    filled(state.current, 3)
    assert texts_of(draw(state, 80, 8, pending=["satu", "dua"]))[1:6] == [
        "08:00 <fatur> baris 0",
        "08:00 <fatur> baris 1",
        "08:00 <fatur> baris 2",
        "--:-- <rizky> satu",
        "--:-- <rizky> dua",
    ]


def test_more_unacknowledged_lines_than_rows() -> None:
    rows = texts_of(draw(small_state(), 80, 8, pending=[str(n) for n in range(50)]))
    assert rows[1:6] == [f"--:-- <rizky> {n}" for n in range(45, 50)]


def test_whoever_reads_above_does_not_see_them() -> None:
    state = small_state()
    filled(state.current, 50)
    state.current.anchor = Anchor(30, 0)
    rows = texts_of(draw(state, 80, 8, pending=["satu"]))
    assert rows[5] == "08:00 <fatur> baris 30"
