"""Another account answers where our server was: the secret is not sent before the user says so.

The real client on a real terminal and without one. As root the impostor really has another uid;
for everybody, a server is remembered under a uid that it does not have.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curses_client.store import ACCOUNTS_MOST, Kept, Store
from curses_client.texts import Texts
from curses_client.trusting import called
from reactor.sockdiag import UNKNOWN
from tests.curses_client.line_client import MODULE
from tests.support.accounts import OTHER, as_root
from tests.support.home import environment
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.terminal import Terminal

PATIENCE = 30.0
FORMER = 54_321
"""A uid under which the server never ran."""


def say(
    data: Path, port: int, *words: str, text: str = "halo\n", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the line mode."""
    command = [*MODULE, "rizky", "--port", str(port), "--data", str(data), *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment(data.parent, **more), input=text,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def entry(data: Path) -> dict[str, Any]:
    """What is kept of rizky on the one server."""
    (names,) = json.loads((data / "sessions.json").read_text()).values()
    found: dict[str, Any] = names["rizky"]
    return found


def remember(data: Path, port: int, *accounts: int) -> None:
    """The server was run by ``accounts``, as far as the client knows."""
    store = Store(data, f"local:{port}", "rizky")
    kept = store.load()
    assert kept is not None
    store.save(kept._replace(accounts=accounts))


@pytest.fixture
def data(server: ServerProcess, tmp_path: Path) -> Path:
    """The folder of somebody who was here once, when another account ran the server."""
    folder = tmp_path / "rizky"
    assert say(folder, server.port).returncode == 0
    assert entry(folder)["accounts"] == [os.getuid()]
    remember(folder, server.port, FORMER)
    return folder


@pytest.mark.parametrize("door", [[], ["--host", "127.0.0.1"]], ids=["unix", "tcp"])
def test_line_mode_refuses_and_says_which_option_allows_it(
    server: ServerProcess, data: Path, door: list[str]
) -> None:
    ended = say(data, server.port, *door, "--lang", "en")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"the account with uid {FORMER} ran this server" in ended.stderr
    assert "--trust" in ended.stderr
    assert "Traceback" not in ended.stderr
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        assert [line.split(" ", 5)[5] for line in fatur.answer("HISTORY #lab after 0 9")[:-1]] == [
            "halo"
        ]


def test_in_indonesian(server: ServerProcess, data: Path) -> None:
    ended = say(data, server.port, LANG="id_ID.UTF-8")
    assert ended.returncode == 1
    assert f"dulu server ini milik akun dengan uid {FORMER}" in ended.stderr


def test_trust_is_said_once(server: ServerProcess, data: Path) -> None:
    secret = entry(data)["session"]
    for words in (["--trust"], []):
        assert say(data, server.port, *words).returncode == 0
        assert entry(data)["session"] == secret
        assert entry(data)["accounts"] == [FORMER, os.getuid()]


def test_a_file_of_an_older_client_knows_no_account(server: ServerProcess, data: Path) -> None:
    remember(data, server.port)
    kept = entry(data)
    del kept["accounts"]
    (data / "sessions.json").write_text(json.dumps({f"local:{server.port}": {"rizky": kept}}))
    assert say(data, server.port).returncode == 0
    assert entry(data) == {**kept, "accounts": [os.getuid()]}


def test_the_server_of_another_machine_has_no_account_here() -> None:
    kept = Kept("A" * 16, "h", ("rizky",), (FORMER,))
    assert kept.trusts(None)
    assert kept.met(None) == kept
    assert not kept.trusts(UNKNOWN)  # whose it is cannot be told: then it is not the same


def test_not_without_bound() -> None:
    kept = Kept("A" * 16, "h", ("rizky",))
    for uid in range(ACCOUNTS_MOST + 2):
        kept = kept.met(uid)
    assert kept.accounts == tuple(range(2, ACCOUNTS_MOST + 2))
    assert kept.met(ACCOUNTS_MOST) == kept


@pytest.mark.parametrize("accounts", [["0"], [True], [None], 7, {"0": 0}])
def test_accounts_that_make_no_sense(tmp_path: Path, accounts: object) -> None:
    store = Store(tmp_path, "local:1", "rizky")
    store.save(Kept("A" * 16, "h", ("rizky",)))
    path = tmp_path / "sessions.json"
    everything = json.loads(path.read_text())
    everything["local:1"]["rizky"]["accounts"] = accounts
    path.write_text(json.dumps(everything))
    assert store.load() is None


def test_what_accounts_are_called() -> None:
    texts = Texts("en")
    assert called(0, texts) == "the account root"
    assert called(FORMER, texts) == f"the account with uid {FORMER}"
    assert called(UNKNOWN, texts) == "an account that cannot be told"


# On the terminal.


def terminal(data: Path, port: int, *words: str) -> Terminal:
    command = [*MODULE, "rizky", "--port", str(port), "--data", str(data), "--lang", "en", *words]
    return Terminal(command, home=data.parent)


@pytest.mark.parametrize("typed", ["y\r", "YA\r"])
def test_the_user_is_asked_before_the_screen(server: ServerProcess, data: Path, typed: str) -> None:
    with terminal(data, server.port) as rizky:
        rizky.wait_for("[Enter] no:")
        assert entry(data)["accounts"] == [FORMER]
        rizky.press(typed)
        rizky.wait_for("1 here")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0
    assert entry(data)["accounts"] == [FORMER, os.getuid()]


@pytest.mark.parametrize("typed", ["\r", "n\r", "yx\r", "\x04"])
def test_nothing_but_yes_is_yes(server: ServerProcess, data: Path, typed: str) -> None:
    with terminal(data, server.port) as rizky:
        rizky.wait_for("[Enter] no:")
        rizky.press(typed)
        assert rizky.wait_end() == 1
    assert entry(data)["accounts"] == [FORMER]


# Somebody takes the place of a server that is down.

IMPOSTOR = """
import encodings.idna, os, socket, sys
uid, port = int(sys.argv[1]), int(sys.argv[2])
os.setgid(uid)
os.setuid(uid)
if sys.argv[3:]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\\0obrol-%d" % port)
else:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
listener.listen()
print("ready", flush=True)
while True:
    sock, _ = listener.accept()
    print("came", flush=True)
    while data := sock.recv(4096):
        print("got", data, flush=True)
    sock.close()
    print("went", flush=True)
"""


class Impostor:
    """Listens in the place of a server, as uid OTHER."""

    def __init__(self, port: int, *, unix: bool) -> None:
        words = [str(OTHER), str(port), *(["unix"] if unix else [])]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", IMPOSTOR, *words], stdout=subprocess.PIPE, text=True
        )
        assert self.line() == "ready"

    def line(self) -> str:
        """What happened next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def close(self) -> list[str]:
        """End it; all that happened since the last look."""
        if self.process.poll() is not None:
            return []
        self.process.kill()
        return self.process.communicate()[0].splitlines()


@pytest.fixture(params=[True, False], ids=["unix", "tcp"])
def impostor(
    request: pytest.FixtureRequest, server: ServerProcess, data: Path
) -> Iterator[Impostor]:
    """It took the place of the server, that the client knows under its true account."""
    remember(data, server.port, os.getuid())
    server.stop()
    found = Impostor(server.port, unix=request.param)
    yield found
    found.close()


@as_root
def test_the_port_is_taken_while_the_server_is_down(
    server: ServerProcess, data: Path, impostor: Impostor
) -> None:
    ended = say(data, server.port, "--lang", "en")
    assert ended.returncode == 1
    assert f"now the account with uid {OTHER} answers" in ended.stderr
    assert impostor.line() == "came"
    assert set(impostor.close()) <= {"came", "went"}
    server.start()
    assert say(data, server.port).returncode == 0


@as_root
def test_the_port_is_taken_while_the_client_runs(server: ServerProcess, data: Path) -> None:
    """It comes back by itself, and says nothing to a server that is not its own."""
    remember(data, server.port, os.getuid())
    with terminal(data, server.port) as rizky:
        rizky.wait_for("1 here")
        server.stop()
        impostor = Impostor(server.port, unix=False)
        rizky.wait_for("another account answers there")
        assert impostor.line() == "came"
        assert set(impostor.close()) <= {"came", "went"}
        server.start()
        rizky.wait_for("1 here")
        rizky.press("halo lagi\r")
        rizky.wait_for("<rizky> halo lagi")
        rizky.press("/quit\r")
        assert rizky.wait_end() == 0


def test_a_line_client_that_waits_gives_up(server: ServerProcess, data: Path) -> None:
    """The link itself looks as well: the account may change between the question and HELLO."""
    command = [
        sys.executable, "-c",
        "import sys; from curses_client import trusting, start; "
        "trusting.check = lambda *_, **__: ''; sys.exit(start.main(sys.argv[1:]))",
        "rizky", "--port", str(server.port), "--data", str(data), "--lang", "en",
    ]  # fmt: skip
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(data.parent), input="rahasia\n",
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "another account answers there" in ended.stderr
    assert "--trust" in ended.stderr
    assert "rahasia" not in server.journal.read_text()


def test_nobody_answers(data: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        remember_port = sock.getsockname()[1]
        Store(data, f"local:{remember_port}", "rizky").save(
            Kept("A" * 16, "h", ("rizky",), (FORMER,))
        )
        assert say(data, remember_port).returncode == 3
