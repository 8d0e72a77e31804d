"""Rooms with a key and names with a password, in real terminals before a real server.

Whatever is typed unseen is looked for in all that the terminal was sent, and in every file of the
home but the one of the secrets.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.curses_client.line_client import LineClient, run, stored
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from tests.support.terminal import Terminal, client, home_of

KEY = "kunci-7.Rahasia"
TCP = ("--host", "127.0.0.1")
"""By the UNIX socket the account that runs the server is its operator, and needs no key."""


@pytest.fixture
def fatur(server: ServerProcess) -> Iterator[Raw]:
    """Who made #lab, and its key."""
    with Raw(server.port, name="fatur") as owner:
        assert owner.answer(f"JOIN #lab {KEY}")[-1] == "OK"
        yield owner


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """What is closed at the end."""
    with ExitStack() as stack:
        yield stack


def come(opened: ExitStack, name: str, server: ServerProcess, data: Path, *more: str) -> Terminal:
    """Somebody's terminal."""
    return opened.enter_context(client(name, server.port, data, *TCP, *more))


def files_with(word: str, *folders: Path) -> list[str]:
    """The names of the files that hold ``word``."""
    return [
        path.name
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    ]


def leave(terminal: Terminal) -> None:
    terminal.press("/quit\r")
    assert terminal.wait_end() == 0


def test_the_owner_sets_a_key_and_the_other_is_asked(
    server: ServerProcess, tmp_path: Path, opened: ExitStack
) -> None:
    rizky = come(opened, "rizky", server, tmp_path / "rizky")
    rizky.wait_for("1 here")
    rizky.press("/trace on\r")
    rizky.wait_for("[trace]")
    rizky.press("\x1b2/key\r")
    rizky.wait_for("New key of #lab:")
    rizky.press("beda\r")
    rizky.wait_for("Once more:")
    rizky.press(KEY + "\r")
    rizky.wait_for("that was not twice the same; nothing was changed")
    rizky.press("/key\r")
    rizky.wait_for("New key of #lab:")
    rizky.press(KEY + "\r")
    rizky.wait_for("Once more:")
    rizky.press(KEY)
    rizky.wait_for("Once more: " + "*" * len(KEY))
    rizky.press("\r")
    rizky.wait_for("#lab has a new key")

    fatur = come(opened, "fatur", server, tmp_path / "fatur")
    fatur.wait_for("Key of #lab:")
    fatur.press("salah\r")
    fatur.wait_for("the key is wrong. Key of #lab:")
    fatur.press(f"\x1b[200~{KEY}\n\x1b[201~\r")
    fatur.wait_for("2 here")
    fatur.press("halo\r")
    rizky.wait_for("<fatur> halo")
    fatur.press("\x1b[A")
    fatur.wait_for("[#lab] halo")
    fatur.press("\x1b[A")
    assert fatur.settle()[-1] == "[#lab] halo"  # nothing older was typed
    fatur.press("\x15")
    rizky.press("\x1b3")
    rizky.wait_for("KEY room=#lab key=…")
    for terminal in (rizky, fatur):
        leave(terminal)
        assert KEY.encode() not in terminal.raw
        assert b"salah" not in terminal.raw
    assert files_with("salah", tmp_path) == []
    assert files_with(KEY, tmp_path) == ["sessions.json"] * 2
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("sessions.json")} == {0o600}


@pytest.mark.usefixtures("fatur")
def test_it_comes_in_by_itself_after_a_restart_and_at_the_next_start(
    server: ServerProcess, tmp_path: Path, opened: ExitStack
) -> None:
    rizky = come(opened, "rizky", server, tmp_path / "rizky")
    rizky.wait_for("Key of #lab:")
    rizky.press(KEY + "\r")
    rizky.wait_for("2 here")
    server.kill()
    rizky.wait_for("connection lost")
    server.start()
    rizky.wait_for("1 here", 30)
    rizky.press("lagi\r")
    rizky.wait_for("<rizky> lagi")
    leave(rizky)
    again = come(opened, "rizky", server, tmp_path / "rizky")
    again.wait_for("1 here")
    leave(again)
    for terminal in (rizky, again):
        assert KEY.encode() not in terminal.raw
    assert "Key of" not in again.raw.decode(errors="replace")
    # A script of the same person needs no key either.
    ended = run("rizky", server.port, tmp_path, None, "--once", "dari skrip")
    assert (ended.code, ended.errors) == (0, "")


def test_a_key_that_is_changed_is_asked_for_again_and_esc_stays_out(
    server: ServerProcess, tmp_path: Path, opened: ExitStack, fatur: Raw
) -> None:
    rizky = come(opened, "rizky", server, tmp_path / "rizky")
    rizky.wait_for("Key of #lab:")
    rizky.press(KEY + "\r")
    rizky.wait_for("2 here")
    leave(rizky)
    assert fatur.answer("KEY #lab baru") == ["OK"]
    rizky = come(opened, "rizky", server, tmp_path / "rizky")
    rizky.wait_for("the key is wrong. Key of #lab:")
    assert files_with(KEY, tmp_path / "rizky") == []
    rizky.press("ba\x1b")
    rizky.wait_for("you did not enter #lab; /join #lab asks for its key again")
    rizky.press("/join #lab\r")
    rizky.wait_for("Key of #lab:")
    rizky.press("\x1b")
    rizky.wait_for(lambda: rizky.text().count("you did not enter #lab") == 2)
    rizky.press("/join #lab baru\r")
    rizky.wait_for("2 here")
    rizky.press("\x1b[A")
    rizky.wait_for("[#lab] /join #lab")
    assert rizky.settle()[-1] == "[#lab] /join #lab"
    rizky.press("\x15")
    leave(rizky)
    assert files_with("baru", tmp_path / "rizky") == ["sessions.json"]


def test_who_is_invited_gets_in_without_the_key(
    server: ServerProcess, tmp_path: Path, opened: ExitStack
) -> None:
    with Raw(server.port, name="fatur") as owner:
        assert owner.answer(f"JOIN #rapat {KEY}")[-1] == "OK"
        rizky = come(opened, "rizky", server, tmp_path / "rizky")
        rizky.wait_for("1 here")
        assert owner.answer("INVITE #rapat rizky") == ["OK"]
        rizky.wait_for("fatur invites you: /join #rapat")
        rizky.press("\x1b1")
        rizky.wait_for("fatur invites you: /join #rapat")
        rizky.press("/join #rapat\r")
        rizky.wait_for("2 here")
        owner.expect("JOINED ")
        rizky.press("/invite aguel\r")
        rizky.wait_for("/invite: there is nobody of that name")
        with Raw(server.port, name="aguel") as aguel:
            rizky.press("\x15/invite aguel\r")
            aguel.expect("INVITED ")
            rizky.wait_for("aguel may enter #rapat once without its key")
            assert aguel.answer("JOIN #rapat")[-1] == "OK"


def test_a_password_is_asked_for_from_another_home(
    strangers: ServerProcess, tmp_path: Path, opened: ExitStack
) -> None:
    server = strangers
    rizky = come(opened, "rizky", server, tmp_path / "rizky")
    rizky.wait_for("1 here")
    rizky.press("/password\r")
    rizky.wait_for("New password of rizky:")
    rizky.press(KEY + "\r")
    rizky.wait_for("Once more:")
    rizky.press(KEY + "\r")
    rizky.wait_for("rizky has a password now")
    leave(rizky)

    elsewhere = come(opened, "rizky", server, tmp_path / "lain")
    elsewhere.wait_for("Password of rizky:")
    elsewhere.press("salah\r")
    elsewhere.wait_for("the password is wrong. Password of rizky:")
    elsewhere.press(KEY + "\r")
    elsewhere.wait_for("1 here")
    leave(elsewhere)
    again = come(opened, "rizky", server, tmp_path / "lain")  # now its secret does
    again.wait_for("1 here")
    again.press("/password -\r")
    again.wait_for("rizky has no password now")
    leave(again)
    for terminal in (rizky, elsewhere, again):
        assert KEY.encode() not in terminal.raw
    homes = [home_of(tmp_path / name) for name in ("rizky", "lain")]
    assert files_with(KEY, tmp_path / "rizky", tmp_path / "lain", *homes) == []


def test_who_does_not_know_the_password_is_told_so(
    strangers: ServerProcess, tmp_path: Path, opened: ExitStack
) -> None:
    server = strangers
    with Raw(server.port, name="rizky") as owner:
        assert owner.answer(f"PASSWORD {KEY}") == ["OK"]
    rizky = come(opened, "rizky", server, tmp_path / "rizky")
    rizky.wait_for("Password of rizky:")
    rizky.press("\x1b")
    assert rizky.wait_end() == 1
    assert "rizky has a password, and without it the server lets nobody in" in " ".join(
        rizky.text().split()
    )


# Line mode.


@pytest.fixture
def locked(strangers: ServerProcess) -> ServerProcess:
    """A server where rizky has a password, and #lab a key."""
    with Raw(strangers.port, name="rizky") as owner:
        assert owner.answer(f"PASSWORD {KEY}") == ["OK"]
        assert owner.answer(f"JOIN #lab {KEY}")[-1] == "OK"
    return strangers


def test_a_script_is_told_how(locked: ServerProcess, tmp_path: Path) -> None:
    ended = run("rizky", locked.port, tmp_path, b"halo\n", "--room", "uas")
    assert (ended.code, ended.out) == (1, b"")
    assert "OBROL_PASSWORD in the environment gives it, or --password-file FILE" in ended.errors
    ended = run("fatur", locked.port, tmp_path, b"halo\n")
    assert (ended.code, ended.out) == (1, b"")
    assert "#lab has a key: OBROL_KEY in the environment gives it" in ended.errors


def test_a_script_that_knows_them(
    locked: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sandi"
    path.write_text(KEY + "\n")
    path.chmod(0o644)
    file = ("--password-file", str(path), "--room", "uas")
    ended = run("rizky", locked.port, tmp_path, b"halo\n", *file)
    assert (ended.code, ended.errors.count("others may read it; chmod 600")) == (2, 1)
    path.chmod(0o600)
    assert run("rizky", locked.port, tmp_path, b"satu\n", *file).code == 0
    monkeypatch.setenv("OBROL_KEY", KEY)
    assert run("fatur", locked.port, tmp_path, b"dua\n").code == 0
    monkeypatch.setenv("OBROL_PASSWORD", KEY)
    assert run("rizky", locked.port, tmp_path / "lain", b"tiga\n", "--room", "uas").code == 0
    assert stored(locked, "#uas") == ["satu", "tiga"]
    assert KEY not in (tmp_path / "server.journal").read_text()


@pytest.mark.usefixtures("locked")
def test_somebody_at_a_plain_terminal_is_asked(
    strangers: ServerProcess, tmp_path: Path, opened: ExitStack
) -> None:
    server = strangers
    fatur = opened.enter_context(Raw(server.port, name="fatur"))
    fatur.answer(f"JOIN #lab {KEY}")
    rizky = come(opened, "rizky", server, tmp_path / "lain", "--plain")
    rizky.wait_for("Password of rizky:")
    rizky.press("salah\n")
    rizky.wait_for("obrol: the password is wrong")
    rizky.wait_for(lambda: rizky.text().count("Password of rizky:") == 2)
    rizky.press(KEY + "\n")
    rizky.wait_for("Key of #lab:")
    rizky.press(KEY + "\n")
    fatur.expect("JOINED ")  # what is typed while a question stands belongs to it
    rizky.press("halo\n")
    rizky.wait_for(lambda: "rizky halo" in " ".join(rizky.text().split()))
    rizky.press("/quit\n")
    assert rizky.wait_end() == 0
    assert KEY.encode() not in rizky.raw


def test_a_key_in_a_pipe(locked: ServerProcess, tmp_path: Path) -> None:
    with LineClient("fatur", locked.port, tmp_path, "--room", "uas") as fatur:
        fatur.put(f"/join #lab {KEY}\nhalo\n")
        assert fatur.row()[1:] == ["#lab", "fatur", "halo"]
        ended = fatur.finish()
    assert (ended.code, ended.errors) == (0, "")
