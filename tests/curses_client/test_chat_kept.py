"""A client that is killed and comes back, before a real server: each line once, nothing missed."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curses_client.chat import WINDOW
from tests.curses_client.line_client import PATIENCE, _Lines, stored
from tests.support.proxy import Proxy
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess

LINES = WINDOW + 15
AWAY = 900
"""More than four pages."""


class Client:
    """The process of ``remembering``."""

    def __init__(self, port: int, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.curses_client.remembering", str(port), str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self._out = _Lines(self.process.stdout)
        self._folder = folder

    def say(self, *texts: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(text + "\n" for text in texts).encode())
        self.process.stdin.flush()

    def shown(self, until: str) -> list[str]:
        """The texts that it shows, up to the line ``until``."""
        found = []
        while (line := self._out.next()) != until:
            found.append(line.partition(" ")[2])
        return found

    def outbox(self) -> list[str]:
        """The texts of the unacknowledged lines, as they stand in the file."""
        path = self._folder / "memory.json"
        if not path.exists():
            return []
        outboxes = json.loads(path.read_text())["server"]["rizky"]["outboxes"]
        assert len(outboxes) <= 1
        return [text for lines in outboxes.values() for _, _, _, text in lines]

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.kill()
        self._end()

    def finish(self) -> list[str]:
        """End its input, wait for its end; the rest of what it shows."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0
        return [line.partition(" ")[2] for line in self._out.rest().splitlines()]

    def _end(self) -> None:
        assert self.process.stdin is not None
        self.process.wait(PATIENCE)
        self.process.stdin.close()
        self._out.rest()


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[Proxy]:
    """The way to the server."""
    with Proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def start(proxy: Proxy, tmp_path: Path) -> Iterator[Callable[[], Client]]:
    """Starts the client again and again."""
    clients: list[Client] = []

    def start() -> Client:
        clients.append(Client(proxy.port, tmp_path / "client"))
        return clients[-1]

    yield start
    for client in clients:
        client.kill()


def wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def test_killed_with_lines_that_were_not_acknowledged(
    server: ServerProcess, proxy: Proxy, start: Callable[[], Client]
) -> None:
    texts = [f"{n} {'é' * n}" for n in range(LINES)]
    client = start()
    client.shown("here")
    proxy.hold_replies()
    client.say(*texts)
    # A window of them is stored, and nobody said so; the others never left.
    wait(lambda: stored(server) == texts[:WINDOW])
    wait(lambda: client.outbox() == texts)
    client.kill()
    proxy.cut()
    client = start()
    client.say("baru 1", "baru 2")
    texts += ["baru 1", "baru 2"]
    wait(lambda: stored(server) == texts)
    wait(lambda: client.outbox() == [])
    client.finish()
    assert stored(server) == texts


def test_killed_again_and_again(
    server: ServerProcess, proxy: Proxy, start: Callable[[], Client]
) -> None:
    """Each time it is killed while what was kept is on its way again, and something new is said."""
    texts: list[str] = []
    for number in range(4):
        client = start()
        client.shown("here")
        proxy.hold_replies()
        fresh = [f"{number}.{n}" for n in range(9)]
        client.say(*fresh)
        texts += fresh
        wait(lambda: client.outbox()[-9:] == fresh)  # noqa: B023 - waited for in this round
        client.kill()
        proxy.cut()
    client = start()
    client.shown("here")
    client.finish()
    assert stored(server) == texts
    assert client.outbox() == []


def test_killed_before_there_was_a_server(
    server: ServerProcess, proxy: Proxy, start: Callable[[], Client]
) -> None:
    proxy.refuse()
    client = start()
    client.say("satu", "dua")
    wait(lambda: client.outbox() == ["satu", "dua"])
    client.kill()
    proxy.accept()
    client = start()
    client.shown("here")
    client.finish()
    assert stored(server) == ["satu", "dua"]


def test_whoever_was_away_for_long_finds_everything(
    server: ServerProcess, proxy: Proxy, start: Callable[[], Client]
) -> None:
    del proxy
    client = start()
    client.shown("here")
    with Raw(server.port, name="fatur") as fatur:
        fatur.answer("JOIN #lab")
        fatur.answer("SAY #lab sebelum", "b")
        assert client._out.next().endswith(" sebelum")
        client.finish()
        for n in range(AWAY):
            fatur.answer(f"SAY #lab {n} {'x' * (n % 300)}", f"t{n}")
        client = start()
        shown = client.shown("here") + client.finish()
        texts = [f"{n} {'x' * (n % 300)}" for n in range(AWAY)]
        assert shown[-AWAY:] == texts
        assert shown[:-AWAY] in ([], ["sebelum"])
        # All was read: the next time a backlog is enough.
        client = start()
        shown = client.shown("here") + client.finish()
        assert shown == texts[-100:]
