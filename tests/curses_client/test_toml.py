"""One value changed, the rest of the file untouched: in every way that people write TOML."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client import toml

EVERYTHING = """\
# my settings, do not lose them
bell = true   # rings
  'quoted = key' = "a # b" # two signs
highlight = [
  "os",   # the course
  # commented out
  "lab # 2",
]
text = \"\"\"
bell = false
# no comment
\"\"\"
mine.own.key = nan

[colours] # looks
mention = "bold red"
# bar = "reverse"

[room."#lab"]
notify = "none"

[[plugin]]
bell = 3

[unknown]
day = 1979-05-27
"""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and the lines that came."""
    old, new = before.splitlines(), after.splitlines()
    gone = [line for line in old if line not in new]
    return gone, [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("path", "value", "gone", "came"),
    [
        (("bell",), False, ["bell = true   # rings"], ["bell = false   # rings"]),
        (
            ("quoted = key",),
            3,
            ["  'quoted = key' = \"a # b\" # two signs"],
            ["  'quoted = key' = 3 # two signs"],
        ),
        (
            ("colours", "mention"),
            "dim",
            ['mention = "bold red"'],
            ['mention = "dim"'],
        ),
        (("colours", "bar"), "dim", [], ['bar = "dim"']),
        (("room", "#lab", "notify"), "all", ['notify = "none"'], ['notify = "all"']),
        (("room", "#os", "notify"), "all", [], ['[room."#os"]', 'notify = "all"']),
        (("backlog",), 7, [], ["backlog = 7"]),
        (("mine", "own", "other"), 7, [], ["mine.own.other = 7"]),
    ],
)
def test_only_the_line_of_the_key_changes(
    path: toml.Path, value: toml.Value, gone: list[str], came: list[str]
) -> None:
    after = toml.put(EVERYTHING, path, value)
    assert changed(EVERYTHING, after) == (gone, came)
    found: Any = tomllib.loads(after)
    for name in path:
        found = found[name]
    assert found == value


def test_comments_inside_a_replaced_array_go_above_it() -> None:
    after = toml.put(EVERYTHING, ("highlight",), ("uas", 'a"b\\'))
    assert '# the course\n# commented out\nhighlight = ["uas", "a\\"b\\\\"]\ntext' in after
    assert "# 2" not in after


def test_a_value_that_is_there_already_changes_nothing() -> None:
    assert toml.put(EVERYTHING, ("highlight",), ("os", "lab # 2")) == EVERYTHING
    assert toml.put("bell = 1\n", ("bell",), value=True) == "bell = true\n"


def test_a_first_value_goes_where_it_belongs_to_no_table() -> None:
    assert toml.put("", ("bell",), value=True) == "bell = true\n"
    assert toml.put("# only words", ("bell",), value=True) == "# only words\nbell = true\n"
    headed = "# about me\n\n# looks\n[colours]\n"
    assert toml.put(headed, ("bell",), value=True) == (
        "# about me\n\nbell = true\n\n# looks\n[colours]\n"
    )
    assert toml.put("a = 1\n\n[b]\n", ("c",), 2) == "a = 1\nc = 2\n\n[b]\n"
    assert toml.put("a = 1", ("b", "c"), "x") == 'a = 1\n\n[b]\nc = "x"\n'


def test_the_line_ends_of_the_file_are_kept() -> None:
    text = 'a = [\r\n 1, # one\r\n]\r\n[b]\r\nc = "x"\r\n'
    after = toml.put(toml.put(text, ("a",), 2), ("b", "d"), 3)
    assert after == '# one\r\na = 2\r\n[b]\r\nc = "x"\r\nd = 3\r\n'


@pytest.mark.parametrize(
    "text",
    [
        'room = { "#lab" = { notify = "none" } }\n',
        'room."#lab" = { notify = "none" }\n',
        "room = 3\n",
        "[[room]]\n",
        'room."#lab" = 3\n',
        '[room."#lab".notify]\nx = 1\n',
        "long = [\n" + "1,\n" * toml.LONGEST_STATEMENT + "]\n",
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str) -> None:
    tomllib.loads(text)
    with pytest.raises(toml.NotEditableError):
        toml.put(text, ("room", "#lab", "notify"), "all")


@pytest.mark.parametrize("text", ["bell = ", "a = 1\na = 2\n", "x = " + "[" * 5000, "\ufeffa = 1"])
def test_what_is_no_toml_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        toml.put(text, ("bell",), value=True)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.one_of(st.booleans(), st.integers(-9, 9), texts, st.lists(texts, max_size=3).map(tuple))
names = st.sampled_from(["a", "b", "#lab", "a.b", "q=#", "ä"])
paths = st.lists(names, min_size=1, max_size=3).map(tuple)
fillers = st.sampled_from(["", "# c = 1", "  # ä", "x = 'a#b' # c", "[t]", "[[u]]", "y=[#z\n1]"])


@given(st.lists(fillers, max_size=6), st.lists(st.tuples(paths, values), max_size=6))
def test_whatever_is_put_is_found_and_disturbs_nothing(
    filler: list[str], edits: list[tuple[toml.Path, toml.Value]]
) -> None:
    text = "\n".join(filler)
    try:
        held = toml.read(text)
    except ValueError:  # the same key twice
        return
    for path, value in edits:
        before = text
        try:
            text = toml.put(text, path, value)
        except toml.NotEditableError:
            assert text == before
            continue
        inner: dict[str, Any] = held
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = list(value) if isinstance(value, tuple) else value
        assert toml.read(text) == held
        assert [line for line in before.splitlines() if line.startswith("#")] == [
            line for line in text.splitlines() if line.startswith("#") and line != "#z"
        ]
