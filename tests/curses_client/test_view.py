"""Whole pictures, compared as text, at every size at which the client must be right or usable.

The pane alone (scrolling, cost) is in ``test_view_pane``, hostile text in ``test_view_safe``.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client import cells
from curses_client.state import Anchor, Connection, Level, State
from curses_client.view import NICKS, Picture, Style, nick_style
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

BARS = {Style.BAR, Style.ALARM}
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
        "dang diketik",
    ],
    (19, 4): ["edang diketik", "", "", ""],
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


def test_a_private_window_has_the_other_one_for_a_title() -> None:
    state = small_state()
    state.show(state.open("@fatur"))
    assert texts_of(draw(state, 40, 7))[0] == " @fatur"


def test_a_room_without_a_topic() -> None:
    assert texts_of(draw(small_state(), 40, 7))[0] == " #lab │ belum ada topik         0 orang"


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
    assert {span.style for span in picture.rows[-2]} == {Style.BAR}


def test_names_have_their_colour_in_any_case() -> None:
    assert nick_style("Fatur") is nick_style("fATUR")
    assert {nick_style(f"n{n}") for n in range(200)} == set(NICKS)


# The status bar.


def bar(picture: Picture) -> str:
    """The status bar: the lowest row in the style of bars."""
    return next(text_of(row) for row in reversed(picture.rows) if row[0].style in BARS)


@pytest.mark.parametrize("connection", list(Connection))
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_bar_names_the_target_at_every_width(connection: Connection, language: str) -> None:
    state = lab()
    state.connection = connection
    state.retry_at = 130.0
    state.progress = ["↑1043 45% 3,1MB/d", "↓1050 5%"]
    filled(state.current, 50)
    state.current.anchor, state.current.below = Anchor(5, 0), 1_000_000
    for n in range(40):
        state.touch(state.open(f"#ruang{n}"), Level.MENTION)
    for columns in range(20, 200):
        picture = draw(state, columns, 24, language)
        shown = bar(picture)
        assert cells.width(shown) == columns
        assert " 2:#lab" in shown, (columns, shown)


def test_what_the_bar_drops_first() -> None:
    state = lab()
    state.progress = ["↑1043 45%"]
    dropped = {
        text: next(c for c in range(150, 19, -1) if text not in bar(draw(state, c, 24)))
        for text in ("08:09", "rizky", "1043", "Akt")
    }
    assert sorted(dropped, key=lambda text: -dropped[text]) == ["08:09", "rizky", "1043", "Akt"]


def test_a_target_that_is_too_long_for_the_bar_is_cut_and_nothing_else_is_shown() -> None:
    state = small_state()
    state.show(state.open("#" + "r" * 32))
    assert bar(draw(state, 20, 8)) == " 3:#" + "r" * 15 + "…"


@pytest.mark.parametrize(
    ("columns", "language", "told"),
    [
        (80, "id", " 2:#lab terputus (kabel lepas); coba lagi dalam 4 d"),
        (80, "en", " 2:#lab connection lost (kabel lepas); trying again in 4 s"),
        (40, "id", " 2:#lab terputus; coba lagi dalam 4 d"),
        (40, "en", " 2:#lab connection lost; again in 4 s"),
        (20, "id", " 2:#lab putus, 4 d"),
        (20, "en", " 2:#lab lost, 4 s"),
    ],
)
def test_the_loss_of_the_link_counts_down_at_every_width(
    columns: int, language: str, told: str
) -> None:
    state = lab()
    state.connection = Connection.LOST
    state.reason = "kabel lepas"
    state.retry_at = 103.2
    picture = draw(state, columns, 24, language)
    assert bar(picture).rstrip() == told
    assert [row[0].style for row in picture.rows if row and row[0].style in BARS] == [
        Style.BAR,
        Style.ALARM,
    ]
    # Typing goes on.
    assert texts_of(picture)[-1].endswith("diketik")


def test_the_countdown_stops_at_nothing() -> None:
    state = small_state()
    state.connection = Connection.LOST
    state.retry_at = 90.0
    assert bar(draw(state, 80, 24)).rstrip().endswith("(ditutup server); coba lagi dalam 0 d")


def test_the_bar_while_it_connects() -> None:
    state = lab()
    state.connection = Connection.TRYING
    assert bar(draw(state, 80, 24)).rstrip().endswith("…")


def test_the_bar_tells_of_new_lines_below() -> None:
    state = small_state()
    window = filled(state.current, 50)
    window.anchor = Anchor(30, 0)
    window.add(talk("baru"), SATURDAY, "")
    assert "-1 baru-" in bar(draw(state, 80, 24))
    assert "-1 new-" in bar(draw(state, 80, 24, "en"))
    window.to_bottom()
    assert "baru" not in bar(draw(state, 80, 24))


# The input line.


def test_the_input_line_grows_to_four_rows_and_then_scrolls() -> None:
    state = small_state()
    for count in range(1, 7):
        state.current.editor.set_text("\n".join(f"baris {n}" for n in range(count)))
        rows = texts_of(draw(state, 80, 24))
        last = [f"baris {n}" for n in range(count)][-4:]
        if count <= 4:
            last[0] = f"[#lab] {last[0]}"
        assert rows[-len(last) :] == last
        assert rows[-len(last) - 1] == " [08:09] [rizky] 2:#lab"


def test_the_cursor_is_where_the_next_letter_goes() -> None:
    state = small_state()
    editor = state.current.editor
    assert draw(state, 80, 24).cursor == (23, 7)
    editor.insert("日本")
    assert draw(state, 80, 24).cursor == (23, 11)
    editor.left()
    assert draw(state, 80, 24).cursor == (23, 9)
    editor.home()
    assert draw(state, 80, 24).cursor == (23, 7)
    editor.set_text("x" * 100)
    assert draw(state, 80, 24).cursor == (23, (7 + 100) % 79)
    editor.home()
    assert draw(state, 80, 24).cursor == (22, 7)


def test_a_long_target_leaves_half_of_the_input_line() -> None:
    state = small_state()
    state.show(state.open("#" + "r" * 32))
    state.current.editor.insert("halo")
    assert texts_of(draw(state, 40, 8))[-1] == "[#" + "r" * 16 + "…halo"


def test_a_question_stands_in_the_place_of_the_input_line() -> None:
    picture = draw(lab(), 30, 8, question="Tempel 12 baris? [Enter] kirim [Esc] batal")
    assert texts_of(picture)[-1] == "Tempel 12 baris? [Enter] kir…"
    assert picture.cursor == (7, 29)


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
