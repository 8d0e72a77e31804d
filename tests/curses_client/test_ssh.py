"""A real ssh session on this machine: start, talk, be cut off, come back. Runs where sshd is."""

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.terminal import PATIENCE, Terminal, without_times

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
SSH = shutil.which("ssh")
PRIVILEGE_FOLDER = Path("/run/sshd")
"""Without it an sshd that is started by root refuses to run."""
GONE_SECONDS = 1.0

pytestmark = pytest.mark.skipif(
    SSHD is None or SSH is None or shutil.which("ssh-keygen") is None
    or (os.geteuid() == 0 and not PRIVILEGE_FOLDER.is_dir() and not os.access("/run", os.W_OK)),
    reason="there is no sshd here that this user could run",
)  # fmt: skip


class Sshd:
    """An sshd of the test's own, on a free port of loopback, that lets in one key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for key in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True
            )
        (folder / "allowed").write_text((folder / "user.pub").read_text())
        (folder / "allowed").chmod(0o600)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = folder / "config"
        config.write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {folder / 'host'}\n"
            f"AuthorizedKeysFile {folder / 'allowed'}\nStrictModes no\nUsePAM no\n"
            f"PasswordAuthentication no\nPidFile none\nPermitRootLogin yes\n"
        )
        if os.geteuid() == 0:
            PRIVILEGE_FOLDER.mkdir(mode=0o755, exist_ok=True)
        with (folder / "journal").open("w") as journal:
            self.process = subprocess.Popen(
                [str(SSHD), "-D", "-e", "-f", str(config)], stderr=journal
            )
        self._wait()

    def command(self, *words: str) -> list[str]:
        """The ssh command that runs ``words`` there in a terminal."""
        options = {
            "IdentityFile": self.folder / "user", "IdentitiesOnly": "yes", "BatchMode": "yes",
            "StrictHostKeyChecking": "no", "UserKnownHostsFile": self.folder / "known",
            "LogLevel": "ERROR",
        }  # fmt: skip
        given = [f"-o{name}={value}" for name, value in options.items()]
        return [str(SSH), "-F", "none", "-tt", "-p", str(self.port), *given,
                f"{getpass.getuser()}@127.0.0.1", shlex.join(words)]  # fmt: skip

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
            except ConnectionRefusedError:
                assert self.process.poll() is None, (self.folder / "journal").read_text()
                assert time.monotonic() < deadline, "sshd does not answer"
                time.sleep(0.01)
            else:
                return


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """The daemon of the test."""
    folder = tmp_path / "sshd"
    folder.mkdir(mode=0o700)
    daemon = Sshd(folder)
    yield daemon
    daemon.close()


def login(sshd: Sshd, server: ServerProcess, home: Path) -> Terminal:
    """Rizky's terminal: ssh, and the client in it, as ``make client NAME=rizky`` starts it."""
    inside = [
        "env", "-C", str(ROOT), f"HOME={home}", f"XDG_STATE_HOME={home}/state",
        f"XDG_CONFIG_HOME={home}/config", "LANG=C.UTF-8", sys.executable, "-m", "curses_client",
        "rizky", "--port", str(server.port), "--lang", "en",
    ]  # fmt: skip
    return Terminal(sshd.command(*inside), home=home)


def hears(person: Raw, text: str) -> None:
    """Wait until ``person`` gets a message with ``text``."""
    while text not in person.expect("MSG "):
        pass


def clients(home: Path) -> list[int]:
    """The processes on this machine whose home is ``home`` and that run the client."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"curses_client" in words and f"HOME={home}".encode() in environment:
                found.append(int(folder.name))
    return found


def test_cut_off_and_back(sshd: Sshd, server: ServerProcess, tmp_path: Path) -> None:
    home = tmp_path / "rizky"
    home.mkdir()
    with Raw(server.port, name="fatur") as fatur:
        fatur.say("JOIN #lab")
        with login(sshd, server, home) as rizky:
            rizky.wait_for("2 here")
            rizky.press("halo dari ssh\r")
            hears(fatur, "halo dari ssh")
            fatur.say("SAY #lab sudah kubaca")
            rizky.wait_for("<fatur> sudah kubaca")
            rizky.press("belum selesai")
            rizky.wait_for("belum selesai")
            assert clients(home)
            rizky.process.kill()  # as a laptop that is shut: no goodbye from ssh
            deadline = time.monotonic() + GONE_SECONDS
            while clients(home):
                assert time.monotonic() < deadline, "the client outlives its ssh connection"
                time.sleep(0.01)
        fatur.expect("LEFT ")
        for number in range(5):
            fatur.say(f"SAY #lab terlewat {number}")
        hears(fatur, "terlewat 4")
        with login(sshd, server, home) as rizky:
            rizky.wait_for("terlewat 4")
            rizky.wait_for("belum selesai")
            shown = without_times(rizky.settle())
            first = next(at for at, row in enumerate(shown) if "terlewat 0" in row)
            assert "5 not read" in shown[first - 1], shown
            assert [row for row in shown if "terlewat" in row] == [
                f"HH:MM <fatur> terlewat {number}" for number in range(5)
            ]
            assert any("<rizky> halo dari ssh" in row for row in shown[:first])
