"""The draft in a real editor: what comes back, what is left behind, and who gets the signals."""

import os
import shlex
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curses_client.external_editor import LARGEST_DRAFT, Edited, edit
from reactor.loop import Loop
from tests.curses_client.children import is_gone, nothing_left, turn_for, turn_until, wait_for
from tests.support.terminal import Terminal


@pytest.fixture(params=["pidfd", "timer"])
def loop(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Loop]:
    """A loop; whatever the editor did, no file and no handler of a signal is left behind."""
    if request.param == "timer":
        monkeypatch.delattr(os, "pidfd_open")
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(drafts))
    monkeypatch.delenv("VISUAL", raising=False)
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
    before = [signal.getsignal(number) for number in numbers]
    with nothing_left() as loop:
        yield loop
    assert [*drafts.iterdir()] == []
    assert [signal.getsignal(number) for number in numbers] == before


def editor(folder: Path, script: str) -> Path:
    """An editor: a shell script whose first argument is the draft."""
    path = folder / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return path


def edited(loop: Loop, text: str) -> Edited:
    found: list[Edited] = []
    edit(loop, text, found.append)
    assert not found, "it is told from the loop, never at once"
    turn_until(loop, lambda: bool(found))
    turn_for(loop, 0)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("printf 'dua\\nbaris\\n' >\"$1\"", "dua\nbaris"),
        ("printf 'dua\\r\\nbaris' >\"$1\"", "dua\nbaris"),
        ("printf 'kosong\\n\\n' >\"$1\"", "kosong\n"),
        ('echo lagi >>"$1"', "konsep é\nlagi"),
        (': >"$1"', ""),
        ("printf '\\377' >\"$1\"", "\ufffd"),
        ('cp "$1" "$1~"; mv "$1~" "$1"', "konsep é"),
        ("true", "konsep é"),
    ],
)
def test_what_the_editor_leaves_comes_back(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, text: str
) -> None:
    monkeypatch.setenv("EDITOR", shlex.quote(str(editor(tmp_path, script))))
    assert edited(loop, "konsep é") == Edited(text)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ('echo baru >"$1"; exit 3', "ended with 3"),
        ("kill -9 $$", "ended with -9"),
        ('rm "$1"', "No such file"),
        ('rm "$1"; mkdir "$1"', "not a plain file"),
        ('rm "$1"; mkfifo "$1"', "not a plain file"),
        (f'head -c {LARGEST_DRAFT + 1} /dev/zero >"$1"', "more than"),
        ('rm -r "$(dirname "$1")"', "No such file"),
    ],
)
def test_what_cannot_come_back_is_told(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    monkeypatch.setenv("EDITOR", shlex.quote(str(editor(tmp_path, script))))
    text, reason = edited(loop, "konsep")
    assert text is None
    assert reason is not None
    assert why in reason.en
    assert reason.id


@pytest.mark.parametrize(
    ("named", "why"),
    [("'", "No closing quotation"), ("/nowhere/vi -u", "/nowhere/vi"), ('""', "($EDITOR)")],
)
def test_an_editor_that_is_not_there_is_told(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, named: str, why: str
) -> None:
    monkeypatch.setenv("EDITOR", named)
    text, reason = edited(loop, "konsep")
    assert text is None
    assert reason is not None
    assert why in reason.en


def test_where_no_draft_can_be_written_it_is_told(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    text, reason = edited(loop, "konsep")
    assert text is None
    assert reason is not None
    assert "No such file" in reason.en


def test_visual_goes_first_and_both_may_hold_arguments(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = editor(tmp_path, 'printf %s "$1|$2|${3##*.}" >"$3"')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", f"'~/{script.name}' -x 'a  b'")
    assert edited(loop, "") == Edited("-x|a  b|txt")


@pytest.mark.parametrize(("there", "chosen"), [("vi nano", "vi"), ("nano", "nano"), ("", None)])
def test_without_a_name_the_usual_editors_are_tried(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, chosen: str | None
) -> None:
    for name in there.split():
        editor(tmp_path, f'echo {name} >"$1"').rename(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("EDITOR", " ")
    text, reason = edited(loop, "")
    assert text == chosen
    assert (reason is None) == (chosen is not None)


def test_the_draft_is_its_owners_alone_and_the_loop_goes_on(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, go_on = tmp_path / "shown", tmp_path / "go on"
    script = f'echo "$1" >"{shown}.0"; mv "{shown}.0" "{shown}"; cat "{go_on}"'
    monkeypatch.setenv("EDITOR", shlex.quote(str(editor(tmp_path, script))))
    os.mkfifo(go_on)
    found: list[Edited] = []
    former = os.umask(0)
    edit(loop, "rahasia", found.append)
    os.umask(former)
    turns: list[None] = []

    def tick() -> None:
        turns.append(None)
        loop.later(0.01, tick)

    tick()
    turn_until(loop, lambda: shown.exists() and len(turns) > 5)
    draft = Path(shown.read_text().strip())
    assert draft.read_text() == "rahasia\n"
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert stat.S_IMODE(draft.parent.stat().st_mode) == 0o700
    assert draft.name.endswith(".txt")
    assert not found
    go_on.write_text("")
    turn_until(loop, lambda: bool(found))


@pytest.mark.parametrize("deaf", ["", "trap '' TERM HUP; "])
def test_stop_ends_the_editor_and_removes_the_draft(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: str
) -> None:
    file = tmp_path / "pid"
    script = f'{deaf}echo $$ >"{file}"; while :; do sleep 0.05; done'
    monkeypatch.setenv("EDITOR", shlex.quote(str(editor(tmp_path, script))))
    found: list[Edited] = []
    editing = edit(loop, "konsep", found.append)
    wait_for(lambda: file.exists() and file.read_text().endswith("\n"))
    editing.stop()
    assert is_gone(int(file.read_text()))
    editing.stop()
    turn_for(loop, 0.1)
    assert found == []


def test_stop_before_a_failure_was_told(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "/nowhere/vi")
    found: list[Edited] = []
    edit(loop, "konsep", found.append).stop()
    turn_for(loop, 0.1)
    assert found == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_any_draft_comes_back_as_it_was(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    assert edited(loop, text) == Edited(text)


def desk(tmp_path: Path, script: str, *, job_control: bool = False) -> Terminal:
    """The small client in a terminal, as a shell starts it."""
    command = [sys.executable, "-m", "tests.curses_client.editor_desk", str(tmp_path / "turns")]
    if job_control:
        shell = f"set -m; {shlex.join(command)}; echo stopped with $?; read x; fg; echo ended $?"
        command = ["/bin/sh", "-c", shell]
    return Terminal(command, environment={"EDITOR": shlex.quote(str(editor(tmp_path, script)))})


def turns(tmp_path: Path) -> int:
    counted = tmp_path / "turns"  # it is not there before the first turn, and empty for a moment
    return int(counted.read_text() or 0) if counted.exists() else 0


def test_the_editor_has_the_terminal_and_control_c_is_its_own(tmp_path: Path) -> None:
    script = (
        'test -t 0 && test -t 1 && test -t 2 && trap "echo dapat int" INT\n'
        'echo siap\nread a || read a\necho "$a" >"$1"'
    )
    with desk(tmp_path, script) as terminal:
        terminal.wait_for("siap")
        before = turns(tmp_path)
        wait_for(lambda: turns(tmp_path) > before + 3)
        terminal.press("\x03")
        terminal.wait_for("dapat int")
        terminal.press("baru\r")
        terminal.wait_for("back: 'baru' None")
        terminal.wait_for("signals as before: True")
        assert terminal.wait_end() == 0


def test_an_editor_that_control_c_ends_leaves_the_client_alive(tmp_path: Path) -> None:
    with desk(tmp_path, "echo siap; read a") as terminal:
        terminal.wait_for("siap")
        terminal.press("\x03")
        terminal.wait_for("back: None")
        assert "ended with" in terminal.text()
        assert terminal.wait_end() == 0


def test_control_z_stops_both_and_fg_continues_both(tmp_path: Path) -> None:
    script = 'echo siap; read a; echo "$a" >"$1"'
    with desk(tmp_path, script, job_control=True) as terminal:
        terminal.wait_for("siap")
        terminal.press("\x1a")
        terminal.wait_for(f"stopped with {128 + signal.SIGTSTP}")
        before = turns(tmp_path)
        terminal.settle()
        assert turns(tmp_path) == before
        terminal.press("\r")
        wait_for(lambda: turns(tmp_path) > before)
        terminal.press("lanjut\r")
        terminal.wait_for("back: 'lanjut' None")
        terminal.wait_for("ended 0")
