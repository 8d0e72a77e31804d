"""How the line mode ends: the code, and the line on standard error that tells why.

0: everything is on the server's disk. 1: the server refused something. 2: wrong words on the
command line. 3: there is no server, or it went away. Never a traceback.
"""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.curses_client.line_client import (
    MODULE,
    PATIENCE,
    HandServer,
    LineClient,
    command,
    run,
    stored,
)
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess

PATCHED = (
    "from curses_client import lines, link; link.BACKOFF_FIRST = 0.3; lines.GIVE_UP_SECONDS = {}"
)


def test_wrong_words(tmp_path: Path) -> None:
    for name in ("9", "a b", "a" * 33, "fatur~", ""):
        ended = run(name, 1, tmp_path, None)
        assert ended.code == 2
        assert ended.errors.startswith(f"obrol: {name} cannot be a name: ")
    ended = run("rizky", 1, tmp_path, None, "--room", "a b")
    assert ended == (2, b"", "obrol: a b cannot be a room\n")
    ended = run("rizky", 1, tmp_path, None, "--no-such-option")
    assert ended.code == 2
    assert "--no-such-option" in ended.errors


def test_no_server(server: ServerProcess, tmp_path: Path) -> None:
    server.kill()
    ended = run("rizky", server.port, tmp_path, b"halo")
    assert ended.code == 3
    assert ended.errors == (
        f"obrol: there is no server at 127.0.0.1:{server.port}: Connection refused."
        " `make server` starts one.\n"
    )


def test_no_server_on_this_machine_in_indonesian(server: ServerProcess, tmp_path: Path) -> None:
    server.kill()
    words = ["rizky", "--port", str(server.port), "--data", str(tmp_path), "--lang", "id"]
    done = subprocess.run([*MODULE, *words], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 3
    # Behind what the search on the LAN told.
    told = f"obrol: tidak ada server di 127.0.0.1:{server.port}: sambungan ditolak. "
    assert done.stderr.splitlines()[-1].startswith(told)


def test_a_host_that_nobody_knows(tmp_path: Path) -> None:
    words = ["rizky", "--host", "no-such-host.invalid", "--data", str(tmp_path), "--lang", "en"]
    done = subprocess.run([*MODULE, *words], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("obrol: cannot find no-such-host.invalid: ")
    assert done.stderr.count("\n") == 1


def test_a_server_that_hangs_up_before_its_greeting(tmp_path: Path) -> None:
    with HandServer() as server, LineClient("rizky", server.port, tmp_path) as client:
        server._door.accept()[0].close()
        ended = client.finish()
    assert ended.code == 3
    assert "hung up without a word. If that is a TLS port, come with --tls" in ended.errors


def test_a_name_that_is_taken(strangers: ServerProcess, tmp_path: Path) -> None:
    with Raw(strangers.port, name="rizky"):
        ended = run("rizky", strangers.port, tmp_path, b"halo")
    assert ended == (
        1,
        b"",
        "obrol: the server does not take rizky: that name is taken. Choose another name.\n",
    )


def test_a_room_that_is_refused(tmp_path: Path) -> None:
    with HandServer() as server, LineClient("rizky", server.port, tmp_path) as client:
        server.greet("ERR bad-key text of the server")
        assert server.next() == ("", "QUIT")
        server.hang_up()
        ended = client.finish()
    assert (ended.code, ended.out) == (1, b"")
    assert ended.errors == (
        "obrol: #lab has a key: OBROL_KEY in the environment gives it, or /join #lab KEY\n"
        "obrol: cannot enter #lab: the key is wrong\n"
    )


def test_a_line_that_is_refused_is_told_and_the_others_are_said(tmp_path: Path) -> None:
    with HandServer() as server, LineClient("rizky", server.port, tmp_path) as client:
        server.greet()
        client.put("satu\ndua\ntiga\n")
        for n in range(3):
            tag, line = server.next()
            assert line == f"SAY #lab {['satu', 'dua', 'tiga'][n]}"
            server.say(f"={tag} " + ("ERR silenced text" if n == 1 else f"OK {n}"))
        client.stdin.close()
        assert server.next() == ("", "QUIT")
        server.hang_up()
        ended = client.finish()
    assert ended == (1, b"", "obrol: not sent to #lab: you may not speak now: dua\n")


def test_it_does_not_end_before_everything_is_acknowledged(tmp_path: Path) -> None:
    with HandServer() as server, LineClient("rizky", server.port, tmp_path) as client:
        server.greet()
        client.put("satu\ndua\n")
        client.stdin.close()
        tags = [server.next()[0] for _ in range(2)]
        server.say(f"={tags[0]} OK 1", "PING ada")
        assert server.next() == ("", "PONG ada")
        assert client.process.poll() is None
        server.say(f"={tags[1]} OK 2")
        assert server.next() == ("", "QUIT")
        server.hang_up()
        assert client.finish() == (0, b"", "")


@pytest.mark.parametrize(
    ("bye", "told"),
    [
        ("kicked bising", "the operator sent you out: bising. obrol does not come back by itself."),
        ("banned selamanya", "you are banned here: selamanya. obrol does not come back by itself."),
    ],
)
def test_sent_away(tmp_path: Path, bye: str, told: str) -> None:
    with HandServer() as server, LineClient("rizky", server.port, tmp_path, "--listen") as client:
        server.greet()
        server.say(f"BYE {bye}")
        server.hang_up()
        ended = client.finish()
    assert ended == (1, b"", f"obrol: {told}\n")


def test_a_server_that_is_gone_for_good(tmp_path: Path) -> None:
    with HandServer() as server:
        client = LineClient("rizky", server.port, tmp_path, patched=PATCHED.format(0.5))
        server.greet()
        client.put("satu\ndua\n")
        client.stdin.close()
        server.next()
        server.next()
    with client:
        ended = client.finish()
    assert ended.code == 3
    assert ended.errors.splitlines()[0] == "obrol: connection lost, trying again"
    assert ended.errors.splitlines()[-1] == (
        "obrol: the server is gone and 2 lines are not acknowledged"
    )


def test_the_patience_for_one_loss_is_not_used_up_by_the_one_before(tmp_path: Path) -> None:
    patched = PATCHED.format(1.5)
    with (
        HandServer() as server,
        LineClient("rizky", server.port, tmp_path, patched=patched) as client,
    ):
        server.greet()
        client.put("satu\n")
        client.stdin.close()
        for _ in range(7):  # about 0.3 s each: together they are longer than the patience
            tag, line = server.next()
            assert line == "SAY #lab satu"
            server.hang_up()
            server.greet()
        tag, line = server.next()
        server.say(f"={tag} OK 1")
        assert server.next() == ("", "QUIT")
        server.hang_up()
        assert client.finish().code == 0


# Who reads us is gone.


def test_head_takes_one_line_and_nobody_complains(server: ServerProcess, tmp_path: Path) -> None:
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        with subprocess.Popen(
            [*MODULE, *command("rizky", server.port, tmp_path, "--listen")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            fatur.expect("JOINED ")
            fatur.answer("SAY #lab satu", "t1")
            assert process.stdout.readline().endswith(b"\tsatu\n")
            process.stdout.close()  # as `head -1` does
            fatur.answer("SAY #lab dua", "t2")
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == b""


def test_head_while_lines_are_said(server: ServerProcess, tmp_path: Path) -> None:
    text = "".join(f"baris {n}\n" for n in range(3000))
    path = tmp_path / "masuk"
    path.write_text(text)
    line = f"{' '.join([*MODULE, *command('rizky', server.port, tmp_path)])} < {path} | head -1"
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, timeout=PATIENCE,
                          text=True, check=False)  # fmt: skip
    assert done.stdout.endswith("\tbaris 0\n")
    assert done.stderr == ""
    said = stored(server)
    assert said == [f"baris {n}" for n in range(len(said))]


def test_an_output_that_is_full(server: ServerProcess, tmp_path: Path) -> None:
    """/dev/full refuses every byte: what was said is said, and no traceback comes."""
    with Path("/dev/full").open("wb") as full, subprocess.Popen(
        [*MODULE, *command("rizky", server.port, tmp_path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        _, errors = process.communicate(b"satu\n", timeout=PATIENCE)
    assert errors == b""
    assert process.returncode in {0, 1}
    assert stored(server) == ["satu"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_signals(server: ServerProcess, tmp_path: Path, number: signal.Signals, code: int) -> None:
    with LineClient("rizky", server.port, tmp_path) as client:
        client.put("siap\n")
        assert client.row()[3] == "siap"
        client.process.send_signal(number)
        assert client.process.wait(60) == code
        client.stdin.close()
        assert client._errors.rest() == ""
