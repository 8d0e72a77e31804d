"""Settings: what a user types holds and is kept, and what he wrote by hand is never lost."""

import os
import stat
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client.colours import ATTRIBUTES, COLOURS, LOOKS, STYLES, Colour
from curses_client.options import BACKLOG_MOST, MOST_WORDS, SETTINGS
from curses_client.picture import Style
from curses_client.settings import LARGEST_FILE, SettingError, Settings, settings_file
from tests.curses_client.children import descriptors

BY_HAND = """\
# obrol, as I like it
bell = false     # not in the library
theme = "dark"   # of another version

[colours]
mention = "bold red"  # seen from afar

[room."#Lab"]
notify = "none"

[mine]
note = 1
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not there yet, in a folder that is not there either."""
    return tmp_path / "config" / "obrol" / "config.toml"


def written(file: Path, text: str) -> Settings:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return Settings.load(file)


def told(settings: Settings) -> dict[str, str]:
    return {problem.name: problem.words.en for problem in settings.problems}


def refusal(settings: Settings, name: str, text: str) -> str:
    with pytest.raises(SettingError) as refused:
        settings.set(name, text)
    assert refused.value.words.id
    return refused.value.words.en


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    settings = Settings.load(file)
    assert settings.problems == []
    assert (settings.on("bell"), settings.on("mouse")) == (True, False)
    assert (settings.text("lang"), settings.number("backlog")) == ("auto", 100)
    assert settings.size("autoget") == 16 * 1024 * 1024
    assert settings.folder("downloads") == Path.home() / "terima"
    assert settings.words("ignore") == ()
    assert settings.notify("#lab") == "mention"
    assert settings.colours()[Style.ALARM] == Colour(7, 1, frozenset({"bold"}))
    settings.save()
    assert not file.exists()


def test_the_file_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/rizky")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/etc/rizky")
    assert settings_file() == Path("/etc/rizky/obrol/config.toml")
    for nowhere in ("", "here"):
        monkeypatch.setenv("XDG_CONFIG_HOME", nowhere)
        assert settings_file() == Path("/home/rizky/.config/obrol/config.toml")


def test_what_stands_in_the_file_holds(file: Path) -> None:
    settings = written(
        file,
        'lang = "id"\nautoget = "off"\nbacklog = 0\nhighlight = ["uas", "os"]\n' + BY_HAND,
    )
    assert (settings.text("lang"), settings.size("autoget")) == ("id", None)
    assert (settings.number("backlog"), settings.words("highlight")) == (0, ("uas", "os"))
    assert not settings.on("bell")
    assert settings.colours()[Style.MENTION] == Colour(1, -1, frozenset({"bold"}))
    assert settings.notify("#lab") == settings.notify("#LAB") == "none"
    assert settings.notify("#os") == "mention"
    assert told(settings).keys() == {"theme", "mine"}


def test_setting_changes_one_line_of_a_file_written_by_hand(file: Path) -> None:
    settings = written(file, BY_HAND)
    for name, text in (("bell", "on"), ("#lab.notify", "all"), ("colours.mention", "dim")):
        settings.set(name, text)
    settings.save()
    assert file.read_text() == BY_HAND.replace("bell = false", "bell = true").replace(
        '"none"', '"all"'
    ).replace('"bold red"', '"dim"')
    settings.set("#os.notify", "all")
    settings.set("backlog", "5")
    settings.save()
    lines = file.read_text().splitlines()
    assert set(lines) >= set(BY_HAND.splitlines()) - {
        "bell = false     # not in the library",
        'mention = "bold red"  # seen from afar',
        'notify = "none"',
    }
    again = Settings.load(file)
    assert (again.notify("#os"), again.notify("#lab"), again.number("backlog")) == ("all", "all", 5)


def test_what_somebody_wrote_meanwhile_stays(file: Path) -> None:
    one, other = written(file, "# ours\n"), Settings.load(file)
    one.set("bell", "off")
    one.save()
    other.set("mouse", "on")
    other.save()
    assert file.read_text() == "# ours\nbell = false\nmouse = true\n"
    one.save()
    assert file.read_text() == "# ours\nbell = false\nmouse = true\n"


WRONG = {
    "bell": '"loud"',
    "mouse": "1",
    "backlog": str(BACKLOG_MOST + 1),
    "joins": "[]",
    "lang": '"jv"',
    "notify": "true",
    "autoget": '"much"',
    "downloads": '"here"',
    "highlight": '["a \\" quote"]',
    "ignore": '"rizky"',
    "nicklist": "1979-05-27",
    "ascii": "{ on = true }",
    "slashguard": "nan",
}


def test_a_wrong_value_is_told_and_the_default_holds(file: Path) -> None:
    assert WRONG.keys() == SETTINGS.keys()
    text = "".join(f"{name} = {value}\n" for name, value in WRONG.items())
    settings = written(
        file, text + '[colours]\nbar = "pink"\nbarr = "red"\n[room."#os"]\nnotify = 1\n[room.os]\n'
    )
    problems = told(settings)
    assert problems.keys() == {*WRONG, "colours.bar", "colours.barr", "#os.notify"}
    assert problems["bell"] == SETTINGS["bell"].kind.wanted.en
    assert "did you mean colours.bar?" in problems["colours.barr"]
    assert all(row.is_default for row in settings.show())


def test_wrong_values_can_be_set_right(file: Path) -> None:
    settings = written(file, "".join(f"{name} = {value} # x\n" for name, value in WRONG.items()))
    for row in settings.show():
        settings.set(row.name, row.value)
    settings.save()
    assert Settings.load(file).problems == []
    assert file.read_text().count(" # x\n") == len(WRONG)


@pytest.mark.parametrize(
    "content",
    [b"bell = yes", b'a = "\xff"', b"\0", b"a = 1\na = 2", b"#" * (LARGEST_FILE + 1),
     b"x=" + b"[" * 9999],
)  # fmt: skip
def test_a_broken_file_is_told_and_not_touched(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    settings = Settings.load(file)
    assert [*told(settings)] == [str(file)]
    assert settings.set("bell", "off") == "off"
    assert not settings.on("bell")
    with pytest.raises(SettingError, match="not saved"):
        settings.save()
    assert file.read_bytes() == content
    file.write_text("mouse = true\n")  # repaired: what was set is not forgotten
    settings.save()
    assert file.read_text() == "mouse = true\nbell = false\n"


def test_what_cannot_be_edited_keeps_nothing_else_from_being_saved(file: Path) -> None:
    settings = written(file, 'colours = { bar = "red" }\n')
    settings.set("colours.bar", "dim")
    settings.set("bell", "off")
    with pytest.raises(SettingError, match=r"colours\.bar"):
        settings.save()
    assert file.read_text() == 'colours = { bar = "red" }\nbell = false\n'
    settings.save()


def test_a_fresh_file_is_its_owners_alone_and_an_old_one_keeps_its_mode(file: Path) -> None:
    former = os.umask(0)
    try:
        settings = Settings.load(file)
        settings.set("bell", "off")
        settings.save()
    finally:
        os.umask(former)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o644)
    settings.set("bell", "on")
    settings.save()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_written_through(tmp_path: Path, file: Path, *, there: bool) -> None:
    real = tmp_path / "dotfiles" / "obrol.toml"
    if there:
        written(real, "# mine\n")
    file.parent.mkdir(parents=True)
    file.symlink_to(Path("..", "..", "dotfiles", "obrol.toml"))
    settings = Settings.load(file)
    settings.set("bell", "off")
    settings.save()
    assert file.is_symlink()
    assert real.read_text() == "# mine\n" * there + "bell = false\n"
    assert not Settings.load(file).on("bell")


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path, file: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    under_a_file = tmp_path / "plain" / "config.toml"
    under_a_file.parent.write_text("")
    file.mkdir(parents=True)
    before = (sorted(tmp_path.rglob("*")), descriptors())
    for path in (Path("/proc/obrol/config.toml"), loop, pipe, under_a_file, file):
        settings = Settings.load(path)
        settings.set("bell", "off")
        with pytest.raises(SettingError, match="not saved in"):
            settings.save()
        assert not settings.on("bell")
    assert (sorted(tmp_path.rglob("*")), descriptors()) == before


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("bel", "on", "did you mean bell?"),
        ("zzz", "on", "no such setting"),
        ("", "on", "no such setting"),
        ("colours", "red", "no such setting"),
        ("colours.mentions", "red", "did you mean colours.mention?"),
        ("#lab", "all", "no such setting"),
        ("#1.notify", "all", "no such setting"),
        ("bell", "", "on or off"),
        ("backlog", "-1", "0 to 2000"),
        ("backlog", "٣", "0 to 2000"),
        ("notify", "some", "all, mention, none"),
        ("downloads", "/a\x1b[2J", "a folder"),
        ("downloads", "/\ud800", "a folder"),
        ("downloads", "/" * 5000, "a folder"),
        ("highlight", " ".join(map(str, range(MOST_WORDS + 1))), "at most 100 words"),
    ],
)
def test_what_is_typed_wrong_is_refused_with_a_reason(
    file: Path, name: str, text: str, why: str
) -> None:
    settings = Settings.load(file)
    assert why in refusal(settings, name, text)
    assert all(row.is_default for row in settings.show())


def test_a_reader_of_another_kind_is_a_mistake_of_the_program(file: Path) -> None:
    settings = Settings.load(file)
    with pytest.raises(TypeError):
        settings.number("bell")
    with pytest.raises(KeyError):
        settings.on("bel")


def test_the_list_shows_every_setting_in_both_languages(file: Path) -> None:
    settings = Settings.load(file)
    settings.set("BELL", "Off")
    settings.set("#Lab.x.notify", "all")
    rows = {row.name: row for row in settings.show()}
    assert [*rows] == [*SETTINGS, *(f"colours.{style}" for style in STYLES), "#lab.x.notify"]
    assert [name for name, row in rows.items() if not row.is_default] == ["bell", "#lab.x.notify"]
    assert (rows["bell"].value, rows["mouse"].value) == ("off", "off")
    assert (rows["ignore"].value, rows["colours.bar"].value) == ("-", LOOKS[Style.BAR].text)
    assert all(row.help.en and row.help.id for row in rows.values())


rooms = st.text(string.ascii_letters + string.digits + "_.-", max_size=9).map("#a{}".format)
colours = st.tuples(
    st.lists(st.sampled_from(ATTRIBUTES)), st.sampled_from([*COLOURS]), st.sampled_from([*COLOURS])
).map(lambda parts: f"{' '.join([*parts[0], parts[1]])} on {parts[2]}")
switches = st.tuples(
    st.sampled_from(["bell", "joins", "mouse", "ascii"]), st.sampled_from(["on", "off", "ON"])
)
anything = st.tuples(
    st.one_of(st.sampled_from([*SETTINGS]), rooms.map("{}.notify".format)),
    st.one_of(st.text(), st.sampled_from(["off", "all", "16M", "12", "id", "-", "~/ä#", '/"\\\t'])),
)
edits = st.lists(
    st.one_of(
        switches,
        anything,
        st.tuples(st.sampled_from(["highlight", "ignore"]), st.text()),
        st.tuples(st.just("downloads"), st.text().map("~/{}".format)),
        st.tuples(st.sampled_from([f"colours.{style}" for style in STYLES]), colours),
        st.tuples(rooms.map("{}.notify".format), st.sampled_from(["all", "mention", "none"])),
    ),
    max_size=8,
)


@given(st.sampled_from(["", BY_HAND, BY_HAND.replace("\n", "\r\n")]), st.lists(edits, max_size=3))
def test_whatever_is_accepted_is_there_after_a_restart(
    text: str, sessions: list[list[tuple[str, str]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_bytes(text.encode())
        settings = Settings.load(file)
        for session in sessions:
            for name, typed in session:
                try:
                    shown = settings.set(name, typed)
                except SettingError:
                    continue
                assert settings.set(name, shown) == shown
            settings.save()
            again = Settings.load(file)
            assert again.show() == settings.show()
            assert told(again).keys() == ({"theme", "mine"} if text else set())
        kept = file.read_bytes().decode()
        for line in text.splitlines():
            assert "#" not in line or line.partition("#")[2] in kept
        assert "[mine]" in kept or not text
