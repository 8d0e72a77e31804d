"""The input line: what each editing key does, and what holds after any number of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curses_client.bindings import ACTIONS
from curses_client.cells import boundaries, boundary_after, fit, glyphs, width
from curses_client.editor import EDITS, HISTORY_DEPTH, UNDO_DEPTH, Editor, History
from curses_client.keys import Key

EDIT_KEYS = [key for key, action in ACTIONS.items() if action in EDITS]
MARK = "\u0301"
E_ACUTE = "e" + MARK
FAMILY = "👨\u200d👩"

TYPED = st.sampled_from(["a", "kata ", "中", E_ACUTE, MARK, FAMILY, "👍", "\U0001f3fd", "\u200d",
                         "\x1b", "\t", "x\u2028y"])  # fmt: skip
PRESSES = st.lists(
    st.sampled_from([Key(name) for name in EDIT_KEYS]) | TYPED.map(lambda text: Key("text", text)),
    max_size=40,
)


def editor_with(marked: str) -> Editor:
    """Make an editor of a text in which "|" shows the cursor."""
    editor = Editor()
    before, _, after = marked.partition("|")
    editor.insert(before + after)
    editor.take()
    editor.set_text(before + after)
    while editor.cursor > len(before):
        editor.left()
    return editor


def shown(editor: Editor) -> str:
    return editor.text[: editor.cursor] + "|" + editor.text[editor.cursor :]


ONE_KEY = [
    ("ab|", "left", "a|b"),
    ("|ab", "left", "|ab"),
    ("ab|", "right", "ab|"),
    ("a" + E_ACUTE + "|b", "left", "a|" + E_ACUTE + "b"),
    ("|" + E_ACUTE + "b", "right", E_ACUTE + "|b"),
    (FAMILY + "|", "ctrl-b", "👨\u200d|👩"),
    ("a\n|b", "left", "a|\nb"),
    ("a" + E_ACUTE + "|", "backspace", "a|"),
    ("|ab", "backspace", "|ab"),
    ("a|" + E_ACUTE + "b", "delete", "a|b"),
    ("a|b", "delete", "a|"),
    ("ab|", "delete", "ab|"),
    ("satu dua, |", "alt-b", "satu |dua, "),
    ("caf" + E_ACUTE + "|", "ctrl-left", "|caf" + E_ACUTE),
    ("satu|, dua!", "alt-f", "satu, dua|!"),
    ("|caf" + E_ACUTE + "!", "ctrl-right", "caf" + E_ACUTE + "|!"),
    ("satu\ndua| x\ntiga", "home", "satu\n|dua x\ntiga"),
    ("satu\ndua| x\ntiga", "ctrl-e", "satu\ndua x|\ntiga"),
    ("a|b", "ctrl-e", "ab|"),
    ("ls /tmp/a.c |x", "ctrl-w", "ls |x"),
    ("ls /tmp/a.c |x", "alt-backspace", "ls /tmp/a.|x"),
    ("|x", "ctrl-w", "|x"),
    ("a |b-c d", "alt-d", "a |-c d"),
    ("satu\ndua| x", "ctrl-u", "satu\n| x"),
    ("satu\n|dua", "ctrl-u", "satu|dua"),
    ("|dua", "ctrl-u", "|dua"),
    ("satu| x\ndua", "ctrl-k", "satu|\ndua"),
    ("satu|\ndua", "ctrl-k", "satu|dua"),
    ("satu|", "ctrl-k", "satu|"),
    ("ab|cd", "ctrl-t", "acb|d"),
    ("abc|", "ctrl-t", "acb|"),
    ("|abc", "ctrl-t", "|abc"),
    ("a|", "ctrl-t", "a|"),
    ("a" + E_ACUTE + "|", "ctrl-t", E_ACUTE + "a|"),
    ("a|b", "alt-enter", "a\n|b"),
]


@pytest.mark.parametrize(("before", "key", "after"), ONE_KEY)
def test_one_key(before: str, key: str, after: str) -> None:
    editor = editor_with(before)
    assert shown(editor) == before
    assert editor.press(Key(key))
    assert shown(editor) == after


def test_every_edit_is_tried_above() -> None:
    tried = {ACTIONS[key] for _, key, _ in ONE_KEY} | {"yank", "undo"}
    assert tried == set(EDITS)


@pytest.mark.parametrize(
    "name", ["enter", "ctrl-c", "ctrl-d", "end", "tab", "up", "esc", "paste", "f1", "alt-x"]
)
def test_other_keys_are_left_to_others(name: str) -> None:
    editor = editor_with("a|b")
    assert not editor.press(Key(name, "text" if name == "paste" else ""))
    assert shown(editor) == "a|b"


def test_text_goes_in_at_the_cursor() -> None:
    editor = editor_with("a|b")
    assert editor.press(Key("text", "中x"))
    assert shown(editor) == "a中x|b"


def test_a_line_break_has_one_form() -> None:
    editor = Editor()
    editor.insert("a\u2028b")
    assert editor.text == "a\nb"


def test_a_cursor_never_stands_inside_a_cluster() -> None:
    editor = editor_with("|" + MARK)
    editor.insert("e")
    assert shown(editor) == E_ACUTE + "|"
    editor = editor_with("中\n|" + MARK)
    editor.backspace()
    assert shown(editor) == "中" + MARK + "|"


def test_replace_is_for_completion() -> None:
    editor = editor_with("hai fa|!")
    editor.replace(4, 6, "fatur: ")
    assert shown(editor) == "hai fatur: |!"


def test_take_and_clear_return_what_was_there() -> None:
    editor = editor_with("ha|lo")
    assert editor.clear() == "halo"
    assert shown(editor) == "|"
    editor.undo()
    assert shown(editor) == "ha|lo"
    assert editor.take() == "halo"
    editor.undo()
    assert shown(editor) == "|"


# Kill and yank.


def press(editor: Editor, *names: str) -> None:
    for name in names:
        assert editor.press(Key(name))


def test_kills_in_a_row_are_yanked_together() -> None:
    editor = editor_with("satu dua| tiga")
    press(editor, "ctrl-w", "ctrl-w", "ctrl-k")
    assert shown(editor) == "|"
    press(editor, "ctrl-y")
    assert shown(editor) == "satu dua tiga|"


def test_a_move_between_two_kills_parts_them() -> None:
    editor = editor_with("satu dua|")
    press(editor, "ctrl-w", "left", "ctrl-u", "ctrl-y")
    assert shown(editor) == "satu| "


def test_a_kill_of_nothing_keeps_what_was_killed() -> None:
    editor = editor_with("satu |")
    press(editor, "ctrl-w", "left", "ctrl-k", "ctrl-y")
    assert shown(editor) == "satu |"


def test_a_kill_of_nothing_does_not_join_old_and_new() -> None:
    editor = editor_with("satu |")
    press(editor, "ctrl-w")
    editor.insert("x y")
    press(editor, "ctrl-k", "alt-backspace", "ctrl-y", "ctrl-y")
    assert shown(editor) == "x yy|"


def test_a_kill_that_was_undone_is_not_joined() -> None:
    editor = editor_with("satu|")
    press(editor, "ctrl-w", "ctrl-_", "ctrl-w", "ctrl-y")
    assert shown(editor) == "satu|"


def test_the_yank_outlives_the_message() -> None:
    editor = editor_with("satu|")
    press(editor, "ctrl-u")
    editor.take()
    press(editor, "ctrl-y")
    assert shown(editor) == "satu|"


# Undo.


def test_undo_goes_back_word_by_word() -> None:
    editor = Editor()
    for char in "satu dua":
        editor.press(Key("text", char))
    editor.undo()
    assert shown(editor) == "satu |"
    editor.undo()
    assert shown(editor) == "|"
    editor.undo()
    assert shown(editor) == "|"


def test_a_move_ends_the_word_for_undo() -> None:
    editor = Editor()
    editor.insert("ab")
    press(editor, "left", "right")
    editor.insert("cd")
    editor.undo()
    assert shown(editor) == "ab|"


def test_a_key_that_changed_nothing_is_not_undone() -> None:
    editor = Editor()
    editor.insert("a")
    press(editor, "delete", "ctrl-t", "ctrl-_")
    assert shown(editor) == "|"


def test_undo_is_bounded() -> None:
    editor = Editor()
    for _ in range(UNDO_DEPTH + 5):
        editor.newline()
    for _ in range(UNDO_DEPTH + 5):
        editor.undo()
    assert editor.text == "\n" * 5


@settings(deadline=None, max_examples=300)
@given(PRESSES)
@example([Key("text", MARK), Key("home"), Key("text", "a")])
@example([Key("text", "a"), Key("text", "\U0001f3fd"), Key("left"), Key("text", "👍")])
def test_the_cursor_is_always_between_clusters(presses: list[Key]) -> None:
    editor = Editor()
    for key in presses:
        assert editor.press(key)
        assert editor.cursor in boundaries(editor.text)
        assert "\u2028" not in editor.text


@settings(deadline=None, max_examples=300)
@given(PRESSES)
@example([Key("text", MARK), Key("home"), Key("text", "a"), Key("text", "b")])
def test_undo_leads_back_through_texts_that_were_there(presses: list[Key]) -> None:
    editor = Editor()
    seen = {(editor.text, editor.cursor)}
    for key in presses:
        editor.press(key)
        seen.add((editor.text, editor.cursor))
    for _ in presses:
        editor.undo()
        assert (editor.text, editor.cursor) in seen
    assert editor.text == ""


# Rows.


@pytest.mark.parametrize(
    ("marked", "columns", "prompt", "rows", "place"),
    [
        ("|", 10, 4, [""], (0, 4)),
        ("halo|", 10, 4, ["halo"], (0, 8)),
        ("abcdef|", 10, 4, ["abcdef", ""], (1, 0)),
        ("abc|def", 10, 4, ["abcdef"], (0, 7)),
        ("abcdef|g", 10, 4, ["abcdef", "g"], (1, 0)),
        ("a|\nb", 10, 4, ["a", "b"], (0, 5)),
        ("a\n|b", 10, 4, ["a", "b"], (1, 0)),
        ("a\n\nb|", 10, 4, ["a", "", "b"], (2, 1)),
        ("ab\n|", 6, 4, ["ab", ""], (1, 0)),
        ("ab|\n", 6, 4, ["ab", "", ""], (1, 0)),
        ("中|文", 5, 2, ["中", "文"], (1, 0)),
        ("中文|", 6, 2, ["中文", ""], (1, 0)),
        ("中|", 1, 0, ["?", ""], (1, 0)),
        ("|a", 3, 3, ["", "a"], (1, 0)),
        ("|a", 3, 9, ["", "a"], (1, 0)),
        (E_ACUTE + "|b", 10, 0, [E_ACUTE + "b"], (0, 1)),
        ("|\x1b[", 2, 0, ["^[", "["], (0, 0)),
        ("\t|", 4, 0, [" "], (0, 1)),
    ],
)
def test_rows(
    marked: str, columns: int, prompt: int, rows: list[str], place: tuple[int, int]
) -> None:
    assert editor_with(marked).rows(columns, prompt) == (rows, *place)


@settings(deadline=None, max_examples=300)
@given(PRESSES, st.integers(1, 12), st.integers(0, 14))
def test_rows_fit_and_hold_the_cursor(presses: list[Key], columns: int, prompt: int) -> None:
    editor = Editor()
    for key in presses:
        editor.press(key)
    rows, row, column = editor.rows(columns, prompt)
    starts = [prompt] + [0] * (len(rows) - 1)
    # A prompt wider than the screen leaves its row no cell for text.
    assert all(
        start + width(text) <= columns or not text for start, text in zip(starts, rows, strict=True)
    )
    assert 0 <= column < columns
    lines = editor.text.split("\n")
    glyphs_of_text = [fit(glyph, columns) for line in lines for glyph in glyphs(line)]
    assert "".join(rows) == "".join(glyph.text for glyph in glyphs_of_text)
    # The cursor is where the text before it ends, unless a wide cluster went on to the next row.
    following = glyphs(editor.text[editor.cursor : boundary_after(editor.text, editor.cursor)])
    if not following or fit(following[0], columns).width == 1:
        head = Editor()
        head.insert(editor.text[: editor.cursor])
        assert head.rows(columns, prompt)[1:] == (row, column)


# History.


def history_of(*texts: str) -> History:
    history = History()
    for text in texts:
        history.add(text)
    return history


def test_history_goes_up_and_down_and_gives_the_draft_back() -> None:
    history = history_of("satu", "dua")
    assert history.newer("draf") is None
    assert history.older("draf") == "dua"
    assert history.older("dua") == "satu"
    assert history.older("satu") is None
    assert history.newer("satu") == "dua"
    assert history.newer("dua") == "draf"
    assert history.newer("draf") is None


def test_an_empty_history_has_nothing_older() -> None:
    assert History().older("draf") is None
    assert list(History().matches("")) == []


def test_a_change_made_on_the_way_is_not_lost() -> None:
    history = history_of("satu", "dua")
    assert history.older("draf") == "dua"
    assert history.older("dua, diubah") == "satu"
    assert history.newer("satu") == "dua, diubah"
    history.add("tiga")
    assert [history.older(""), history.older("tiga")] == ["tiga", "dua"]


def test_blank_and_repeated_texts_are_not_kept() -> None:
    history = history_of("satu", "satu", "", "  \n")
    assert history.older("") == "satu"
    assert history.older("satu") is None


def test_history_is_bounded() -> None:
    history = history_of(*map(str, range(HISTORY_DEPTH + 3)))
    texts = []
    while (text := history.older("")) is not None:
        texts.append(text)
    assert texts == [str(n) for n in range(HISTORY_DEPTH + 2, 2, -1)]


def test_what_was_typed_is_found_by_a_part_the_newest_first() -> None:
    history = history_of("make test", "ls", "Make check", "who")
    assert list(history.matches("make")) == ["Make check", "make test"]
    assert list(history.matches("MAKE T")) == ["make test"]
    assert list(history.matches("rm")) == []
    assert list(history.matches("")) == ["who", "Make check", "ls", "make test"]


def test_looking_for_something_is_no_step_of_the_walk() -> None:
    history = history_of("make test", "ls")
    assert history.older("draf") == "ls"
    assert list(history.matches("make")) == ["make test"]
    assert history.newer("ls") == "draf"


def test_the_next_run_gets_the_texts_as_they_were_sent() -> None:
    history = history_of("satu", "dua")
    history.older("draf")
    history.older("dua, diubah")
    assert history.keep() == ["satu", "dua"]
    history.keep().clear()
    assert history.keep() == ["satu", "dua"]


def test_leaving_gives_the_draft_back() -> None:
    history = history_of("satu", "dua")
    assert history.older("draf") == "dua"
    assert history.leave() == "draf"
    assert history.leave() is None
    assert history.older("") == "dua"
