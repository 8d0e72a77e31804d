"""200 cuts in the middle of files: resets, killed clients, killed servers (P8 C12 C31).

Whatever is cut where, a file ends with the right SHA-256 or is not there at all; no event tells of
content that is not complete. The cuts fall at seeded bytes of each connection.
"""

import hashlib
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.cutter import Cutter
from tests.support.errands import start
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

CUTS = 200
AT_ONCE = 8
SERVER_KILLS = 8
SEED = 20261121
KINDS = ["reset"] * 7 + ["client"] * 2
"""Of the cuts in this proportion; the server is killed besides."""
PATIENCE = 500.0
TAKEN = "taken"


def content(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(200_000, 800_000))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Job:
    """A file that must get through, however often it is cut: sent, or fetched."""

    def __init__(self, number: int, home: Path, server_port: int, words: list[str]) -> None:
        self.number = number
        self.home = home
        self.words = words
        self.runs = 0
        self.done = False
        self.errors = ""
        self._chance = random.Random(SEED + number)
        self._process: subprocess.Popen[str] | None = None
        self.cutter = Cutter(server_port, self._plan)

    @property
    def name(self) -> str:
        return f"n{self.number}"

    def poll(self) -> None:
        """Start it, or start it again when it ended otherwise than well."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            _, errors = self._process.communicate()
            self.errors += f"{self._process.returncode} {errors}"
            self.done = self._process.returncode == 0
        if not self.done:
            self.runs += 1
            self._process = start(self.name, self.cutter.port, self.home, *self.words)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def _plan(self) -> tuple[int, Callable[[], object]]:
        at = self._chance.choice((500, 5_000, 100_000, 400_000))
        kind = self._chance.choice(KINDS)
        return self._chance.randint(100, at), self._kill if kind == "client" else lambda: None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()


def sent_before(server: ServerProcess, chance: random.Random, count: int) -> dict[int, bytes]:
    """Files to be fetched, by their events."""
    files = {}
    with member(server.port, "source") as source:
        for number in range(count):
            data = content(chance)
            line = f"SEND #lab s{number} 0 {len(data)} {len(data)} get{number}.bin"
            (answer,) = source.answer(line, f"s{number}", data)
            files[int(answer.split()[1])] = data
    return files


def jobs_of(
    server: ServerProcess, folder: Path, fetched: dict[int, bytes], sent: dict[str, bytes]
) -> Iterator[Job]:
    """Turn by turn one to send and one to fetch, as many as are wanted."""
    chance = random.Random(SEED)
    for number in range(1000):
        home = folder / f"home{number}"
        home.mkdir()
        if number % 2:
            name = f"put{number}.bin"
            sent[name] = content(chance)
            (home / name).write_bytes(sent[name])
            words = ["--send", str(home / name)]
        else:
            words = ["--get", str(list(fetched)[number // 2 % len(fetched)])]
        yield Job(number, home, server.port, words)


def run_jobs(server: ServerProcess, jobs: Iterator[Job]) -> tuple[list[Job], int]:
    """Keep AT_ONCE of them running until there were CUTS; all of them, and the server's deaths."""
    running: list[Job] = []
    ended: list[Job] = []
    kills = 0
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    with ExitStack() as stack:
        while True:
            cuts = sum(job.cutter.cuts for job in running + ended)
            if cuts < CUTS and len(running) < AT_ONCE:
                running.append(next(jobs))
                stack.enter_context(running[-1].cutter)
                stack.callback(running[-1].end)
            if not running:
                return ended, kills
            if kills < SERVER_KILLS and cuts > (kills + 1) * CUTS // (SERVER_KILLS + 1):
                kills += 1
                server.kill()
                server.start()
            for job in list(running):
                job.poll()
                if job.done:
                    running.remove(job)
                    ended.append(job)
            left = [(job.words, job.errors) for job in running]
            assert time.monotonic() < deadline, left
            pause.wait(0.01)  # the processes that are waited for are many


def check_folder(folder: Path, expected: bytes) -> None:
    """A finished download is whole; anything else is a part."""
    for path in folder.iterdir():
        if path.suffix != ".part":
            assert path.read_bytes() == expected, path
    assert [path for path in folder.iterdir() if path.suffix != ".part"]


@pytest.mark.timeout(PATIENCE + 60)
def test_two_hundred_cuts(tmp_path: Path) -> None:
    fetched = {}
    sent: dict[str, bytes] = {}
    settings = ("--set", "rate=0", "--set", "name-hold=0")
    with ServerProcess(tmp_path / "s", *settings) as server:
        fetched = sent_before(server, random.Random(SEED - 1), 4)
        jobs, kills = run_jobs(server, jobs_of(server, tmp_path, fetched, sent))
        assert sum(job.cutter.cuts for job in jobs) >= CUTS
        assert kills == SERVER_KILLS
        assert sum(job.runs - 1 for job in jobs) > 10  # some were killed, and came back
        for job in jobs:
            if job.words[0] == "--get":
                check_folder(job.home / "terima", fetched[int(job.words[1])])
        with member(server.port, "judge") as judge:
            seen = check_events(
                judge, sent | {f"get{n}.bin": d for n, d in enumerate(fetched.values())}
            )
        for job in jobs:
            if job.words[0] == "--send":
                assert Path(job.words[1]).name in seen
        stored = {path.name for path in (server.data / "spool" / "files").iterdir()}
        assert stored == {sha256(data) for name, data in sent.items() if name in seen} | {
            sha256(data) for data in fetched.values()
        }


def check_events(judge: Raw, contents: dict[str, bytes]) -> set[str]:
    """Each event tells of the whole content, which is there; the names that were told."""
    seen = set()
    lines = judge.answer("FILES #lab after 0 200")
    assert lines.pop().endswith(" 0")
    for line in lines:
        words = line.split(" ", 7)
        assert words[6] == sha256(contents[words[7]]), line
        assert judge.fetch(int(words[1])) == contents[words[7]], line
        seen.add(words[7])
    return seen
