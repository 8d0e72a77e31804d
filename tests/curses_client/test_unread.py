"""``obrol unread``: what a prompt or a status bar is told, by a process as they start it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from curses_client.memory import Memory
from curses_client.unread import COUNT_MOST, VERSION, Counts, counts_of
from tests.support.server import ROOT
from wire.grammar import fold

PORT = ["--port", "59123"]
QUICK = 0.7
"""Of what the loading of the client alone costs; 0.5 was measured."""
TOO_SLOW = {"curses", "socket", "selectors", "inspect", "dataclasses", "datetime", "subprocess",
            "wire.grammar", "wire.parser", "reactor.loop", "curses_client.chat"}  # fmt: skip


def keep(folder: Path, server: str, name: str, messages: int, mentions: int) -> None:
    memory = Memory(folder, server, name)
    memory.load()
    memory.counts = memory.unread = Counts(messages, mentions)
    memory.save_now()  # and this process still runs


def unread(folder: Path, *words: str) -> tuple[int, str]:
    """The exit code, and what is printed."""
    done = subprocess.run(
        [sys.executable, "-m", "curses_client", "unread", "--data", str(folder), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_of_somebody(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "Rizky", 3, 1)
    keep(tmp_path, "local:59123", "fatur", 10, 0)
    keep(tmp_path, "kelas.example:59123", "rizky", 7, 7)
    assert unread(tmp_path, *PORT, "rizky") == (0, "3 1\n")
    assert unread(tmp_path, "FATUR", *PORT) == (0, "10 0\n")
    assert unread(tmp_path, *PORT, "--host", "localhost", "rizky") == (0, "3 1\n")
    assert unread(tmp_path, *PORT, "--host", "kelas.example", "rizky") == (0, "7 7\n")


def test_of_everybody_who_talked_from_here(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    assert unread(tmp_path, *PORT) == (0, "3 1\n")
    keep(tmp_path, "local:59123", "fatur", 10, 4)
    keep(tmp_path, "elsewhere:1", "fatur", 100, 100)
    assert unread(tmp_path, *PORT) == (0, "13 5\n")


def test_nothing_unread_is_no_failure(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "rizky", 1, 0)
    keep(tmp_path, "local:59123", "rizky", 0, 0)
    assert unread(tmp_path, *PORT, "rizky") == (0, "0 0\n")


@pytest.mark.parametrize("words", [["aguel"], ["--port", "1"], ["--host", "x", "rizky"]])
def test_nothing_known(tmp_path: Path, words: list[str]) -> None:
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    assert unread(tmp_path, *PORT, *words) == (1, "-\n")
    assert unread(tmp_path / "nowhere", *words) == (1, "-\n")
    assert not (tmp_path / "nowhere").exists()


def test_what_a_client_that_ended_knew_is_not_told(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    memory = Memory(tmp_path, "local:59123", "rizky")
    memory.load()
    memory.unread = Counts(4, 1)
    memory.save_now()
    memory.unread = None
    memory.save_now()
    assert unread(tmp_path, *PORT, "rizky") == (1, "-\n")
    child = (
        "import sys; from pathlib import Path; from curses_client.memory import Memory;"
        "from curses_client.unread import Counts; folder = Path(sys.argv[1]);"
        "memory = Memory(folder, 'local:59123', 'rizky'); memory.load();"
        "memory.unread = Counts(5, 0); memory.save_now()"
    )
    subprocess.run([sys.executable, "-c", child, str(tmp_path)], cwd=ROOT, check=True)
    assert unread(tmp_path, *PORT, "rizky") == (1, "-\n")  # it was killed before it could say so


def test_of_several_terminals_the_one_that_wrote_last(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    path = tmp_path / "memory.json"
    found = json.loads(path.read_text())
    running = found["local:59123"]["rizky"]["running"]
    running["0-0-gone"] = [9, 9]
    path.write_text(json.dumps(found))
    assert unread(tmp_path, *PORT, "rizky") == (0, "3 1\n")


@pytest.mark.parametrize("text", ["", "[", '{"local:59123": {"rizky": 3}}', "[" * 100_000])
def test_a_damaged_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "memory.json").write_text(text)
    assert unread(tmp_path, *PORT) == (1, "-\n")
    assert unread(tmp_path, *PORT, "rizky") == (1, "-\n")


@pytest.mark.parametrize(
    "counts",
    [None, 3, "3", [], [1], [1, 2, 3], ["1", "2"], [1.0, 2], [True, False], [-1, 0], [0, -1],
     [COUNT_MOST + 1, 0], [10**400, 0], {"0": 1, "1": 2}, [None, None]],
)  # fmt: skip
def test_counts_that_make_no_sense(counts: object) -> None:
    assert counts_of({"version": VERSION, "counts": counts}) is None


def test_counts_of_an_entry() -> None:
    entry = {"version": VERSION, "counts": [COUNT_MOST, 0]}
    assert counts_of(entry) == Counts(COUNT_MOST, 0)
    assert counts_of({**entry, "version": VERSION + 1}) is None
    others: tuple[object, ...] = (None, [], 3, "x", {"counts": [1, 2]})
    assert [counts_of(other) for other in others] == [None] * len(others)


def test_it_reads_while_a_client_has_the_lock_and_writes_nothing(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    before = {tmp_path, *tmp_path.iterdir()}
    with Memory(tmp_path, "local:59123", "rizky")._file.changing():
        assert unread(tmp_path, *PORT, "rizky") == (0, "3 1\n")
    # The change above replaced the file, and that alone.
    assert {tmp_path, *tmp_path.iterdir()} == before
    path = tmp_path / "memory.json"
    was = path.stat().st_mtime_ns
    unread(tmp_path, *PORT, "rizky")
    assert path.stat().st_mtime_ns == was


def test_names_are_compared_as_the_wire_does() -> None:
    for name in ("Rizky", "a.B-C_9", "Z~"):
        assert name.lower() == fold(name)


def test_whoever_is_called_unread_can_still_talk(tmp_path: Path) -> None:
    words = ["--", "unread"]
    done = subprocess.run(
        [sys.executable, "-m", "curses_client", "--host", "no-such-host.invalid", "--lang", "en",
         "--data", str(tmp_path), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "cannot find no-such-host.invalid" in done.stderr


def test_it_is_quick(tmp_path: Path) -> None:
    """For a prompt: what makes a start slow is not loaded."""
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    code = (
        "import sys; from curses_client.__main__ import main;"
        f"main(['unread', '--data', {str(tmp_path)!r}, '--port', '59123']);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        capture_output=True, text=True, check=True, env={**os.environ, "LANG": "C"},
    )  # fmt: skip
    assert done.stdout.startswith("3 1\n")
    assert TOO_SLOW & set(done.stdout.split()) == set()


def test_the_form_in_the_file(tmp_path: Path) -> None:
    """A status bar of somebody else may read the file itself."""
    keep(tmp_path, "local:59123", "Rizky", 3, 1)
    entry = json.loads((tmp_path / "memory.json").read_text())["local:59123"]["rizky"]
    assert entry["counts"] == [3, 1]


def best_of(count: int, *words: str) -> float:
    """CPU seconds of the quickest start."""
    found = []
    for _ in range(count):
        before = os.times()
        subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        found.append(sum(after[2:4]) - sum(before[2:4]))
    return min(found)


def test_the_clock_agrees(tmp_path: Path) -> None:
    keep(tmp_path, "local:59123", "rizky", 3, 1)
    words = ("-m", "curses_client", "unread", *PORT, "--data", str(tmp_path), "rizky")
    whole = best_of(7, "-c", "import curses_client.chat, curses_client.lines")
    assert best_of(7, *words) < QUICK * whole
