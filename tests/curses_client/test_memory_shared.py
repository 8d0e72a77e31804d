"""Several clients and one memory: real processes, side by side, one after another, and killed.

A line that was not acknowledged belongs to one process at a time, and to somebody for good.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from curses_client import process
from curses_client.memory import Memory
from curses_client.remembered import Remembered, appended
from curses_client.unfinished import LeftDownload, LeftUpload
from tests.support.server import ROOT

SERVER = "local:59000"
CLIENTS = 6
ROUNDS = 30
PROGRAM = """
import json, sys
from pathlib import Path
from curses_client.front import Pending
from curses_client.memory import Memory
folder, server, name = sys.argv[1:]
memory = Memory(Path(folder), server, name)
print("ready", flush=True)
for line in sys.stdin:
    verb, *words = line.split()
    if verb == "load":
        memory.load()
    elif verb == "say":
        memory.outbox += [Pending(word, "SAY", "#lab", word) for word in words]
    elif verb == "acknowledged":
        memory.outbox = [pending for pending in memory.outbox if pending.tag not in words]
    elif verb == "history":
        memory.of_history(*words)
    elif verb == "read":
        memory.has_read(words[0], int(words[1]))
    elif verb == "draft":
        memory.drafts[words[0]] = " ".join(words[1:])
    elif verb == "sent":
        memory.recent.setdefault(words[0], []).append(" ".join(words[1:]))
    memory.save_now()
    print(" ".join(pending.tag for pending in memory.outbox), flush=True)
"""


class Client:
    """A process with a memory."""

    def __init__(self, folder: Path, name: str = "rizky", server: str = SERVER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), server, name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.hear() == "ready"

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, line: str) -> list[str]:
        """Have it done and saved; the tags of its outbox."""
        self.tell(line)
        return self.hear().split()

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()


def entry(folder: Path, name: str = "rizky", server: str = SERVER) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "memory.json").read_text())[server][name]
    return found


def test_lines_of_a_killed_client_go_to_the_next_and_to_no_other(tmp_path: Path) -> None:
    with Client(tmp_path) as first:
        first.do("load")
        assert first.do("say a b c") == ["a", "b", "c"]
        assert first.do("acknowledged a") == ["b", "c"]
        first.kill()
    with Client(tmp_path) as second, Client(tmp_path) as third:
        assert second.do("load") == ["b", "c"]
        assert third.do("load") == []


def test_killed_between_taking_them_and_their_acknowledgement(tmp_path: Path) -> None:
    with Client(tmp_path) as first:
        first.do("say a b c")
        first.kill()
    for _ in range(3):
        with Client(tmp_path) as next_one:
            assert next_one.do("load") == ["a", "b", "c"]
            next_one.kill()
    with Client(tmp_path) as last:
        assert last.do("load") == ["a", "b", "c"]
        assert last.do("acknowledged a b") == ["c"]
        last.kill()
    with Client(tmp_path) as last:
        assert last.do("load") == ["c"]
        assert last.do("say d") == ["c", "d"]
        assert last.do("acknowledged c d") == []
        last.kill()
    with Client(tmp_path) as last:
        assert last.do("load") == []
    assert entry(tmp_path)["outboxes"] == {}


def test_lines_of_a_client_that_runs_are_its_own(tmp_path: Path) -> None:
    with Client(tmp_path) as first, Client(tmp_path) as second:
        first.do("load")
        first.do("say a")
        assert second.do("load") == []
        assert second.do("say b") == ["b"]
        assert len(entry(tmp_path)["outboxes"]) == 2
        first.kill()
        assert second.do("read #lab 1") == ["b"]  # only a client that starts takes over
        second.kill()
    with Client(tmp_path) as third:
        assert third.do("load") == ["a", "b"]


def test_other_names_and_servers_take_nothing(tmp_path: Path) -> None:
    with Client(tmp_path) as first:
        first.do("say a")
        first.kill()
    for name, server in (("fatur", SERVER), ("rizky", "local:1")):
        with Client(tmp_path, name, server) as other:
            assert other.do("load") == []
    with Client(tmp_path) as second:
        assert second.do("load") == ["a"]


def test_of_clients_that_start_at_once_one_gets_the_lines(tmp_path: Path) -> None:
    tags = [f"t{n}" for n in range(20)]
    with Client(tmp_path) as first:
        first.do("say " + " ".join(tags))
        first.kill()
    for _ in range(3):
        clients = [Client(tmp_path) for _ in range(CLIENTS)]
        for client in clients:
            client.tell("load")
        taken = [client.hear().split() for client in clients]
        assert sorted(taken) == [[]] * (CLIENTS - 1) + [tags]
        for client in clients:
            with client:
                client.kill()


def test_writers_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    people = [("rizky", SERVER), ("rizky", SERVER), ("fatur", SERVER), ("rizky", "local:1")]
    clients = [Client(tmp_path, name, server) for name, server in people]
    for number, client in enumerate(clients):
        client.do("load")
        client.tell("history h1")
        for n in range(1, ROUNDS + 1):
            client.tell(f"read #lab {n}")
            client.tell(f"draft #r{number} {n}")
            client.tell(f"sent #lab {number}.{n}")
            client.tell(f"say {number}.{n}")
    for number, client in enumerate(clients):
        for _ in range(4 * ROUNDS + 1):
            told = client.hear()
        assert told.split() == [f"{number}.{n}" for n in range(1, ROUNDS + 1)]
    for client in clients:
        with client:
            client.kill()
    for (name, server), numbers in {people[0]: (0, 1), people[2]: (2,), people[3]: (3,)}.items():
        found = Memory(tmp_path, server, name)
        found.load()
        assert found.read == {"#lab": ROUNDS}
        assert found.drafts == {f"#r{number}": str(ROUNDS) for number in numbers}
        sent = [f"{number}.{n}" for number in numbers for n in range(1, ROUNDS + 1)]
        if len(numbers) == 1:
            assert found.recent["#lab"] == sent
        else:
            assert len(found.recent["#lab"]) == 50
            assert set(found.recent["#lab"]) <= set(sent)
        assert sorted(p.tag for p in found.outbox) == sorted(sent)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "memory.json"]


def two(folder: Path) -> tuple[Memory, Memory]:
    """Two clients of one person that have loaded the same."""
    first, second = Memory(folder, SERVER, "rizky"), Memory(folder, SERVER, "rizky")
    first.of_history("h1")
    first.drafts = {"#lab": "lama", "#uas": "tetap"}
    first.recent = {"#lab": ["satu"]}
    first.save_now()
    second.load()
    return first, second


def loaded(folder: Path) -> Memory:
    memory = Memory(folder, SERVER, "rizky")
    memory.load()
    return memory


def test_a_draft_that_one_client_sent_does_not_come_back_by_the_other(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    del first.drafts["#lab"]
    first.drafts["@fatur"] = "baru"
    first.save_now()
    second.drafts["#uas"] = "lain"
    second.save_now()
    assert loaded(tmp_path).drafts == {"@fatur": "baru", "#uas": "lain"}


def test_sent_lines_of_both_are_kept(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    first.recent["#lab"].append("dua")
    second.recent["#lab"].append("tiga")
    second.recent["#uas"] = ["empat"]
    first.save_now()
    second.save_now()
    first.recent["#lab"].append("lima")
    first.save_now()
    assert loaded(tmp_path).recent == {"#lab": ["satu", "dua", "tiga", "lima"], "#uas": ["empat"]}


def test_positions_go_to_the_newer_one_and_counts_to_the_last(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    first.has_read("#lab", 9)
    first.counts = first.counts._replace(messages=5)
    second.has_read("#lab", 7)
    second.has_read("*", 8)
    first.save_now()
    second.counts = second.counts._replace(messages=2)
    second.save_now()
    found = loaded(tmp_path)
    assert found.read == {"#lab": 9, "*": 8}
    assert found.counts == (2, 0)


def test_what_was_opened_is_open_and_what_was_closed_is_closed(tmp_path: Path) -> None:
    first = loaded(tmp_path)
    first.open = ("#lab", "#Uas", "#os")
    first.save_now()
    second = loaded(tmp_path)
    assert second.open == ("#lab", "#Uas", "#os")
    first.open = ("#lab", "#os", "#net")  # one was left, one entered
    first.save_now()
    second.open = ("#lab", "#uas", "#os", "@fatur")
    second.save_now()
    assert loaded(tmp_path).open == ("#lab", "#os", "#net", "@fatur")
    second.open = ("@fatur", "#lab")
    second.save_now()
    assert loaded(tmp_path).open == ("#lab", "#net", "@fatur")
    first.save_now()  # it changed nothing since
    assert loaded(tmp_path).open == ("#lab", "#net", "@fatur")


def test_alone_the_order_is_that_of_the_windows(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    for windows in (("#lab", "#uas"), ("#uas", "#lab"), ("#uas",), ()):
        memory.open = windows
        memory.save_now()
        assert loaded(tmp_path).open == windows


FILE = LeftUpload("/home/rizky/x.bin", "#lab", 10, 7, "t.1", 4)
PART = LeftDownload(3, 10, "0" * 64, "y.bin", "/home/rizky/terima")


def test_files_stay_with_the_client_that_runs(tmp_path: Path) -> None:
    first = loaded(tmp_path)
    first.transfers = [FILE, PART]
    first.save_now()
    path = tmp_path / "memory.json"
    found = json.loads(path.read_text())
    transfers = found[SERVER]["rizky"]["transfers"]
    # One process that runs, another one than this.
    transfers[mark_of_parent()] = transfers.pop(next(iter(transfers)))
    path.write_text(json.dumps(found))
    assert loaded(tmp_path).transfers == []
    transfers["0-0-gone"] = transfers.pop(mark_of_parent())
    path.write_text(json.dumps(found))
    assert loaded(tmp_path).transfers == [FILE, PART]


def mark_of_parent() -> str:
    """The mark of a process that runs and is not this one."""
    return process._mark(os.getppid())


def test_positions_of_different_histories_are_not_mixed(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    first.has_read("#lab", 500)
    first.save_now()
    second.of_history("h2")
    second.has_read("#lab", 3)
    second.save_now()
    found = loaded(tmp_path)
    assert (found.history, found.read) == ("h2", {"#lab": 3})


def test_a_client_that_never_saw_its_server_leaves_the_positions_alone(tmp_path: Path) -> None:
    two(tmp_path)[0].has_read("#lab", 9)
    first = Remembered("", {"#lab": 10**6}, {"#lab": "halo"})
    merged = first.over(Remembered(), Remembered("h1", {"#lab": 9}))
    assert merged == Remembered("h1", {"#lab": 9}, {"#lab": "halo"})


@pytest.mark.parametrize(
    ("former", "lines", "fresh"),
    [
        ([], [], []), ([], ["a"], ["a"]), (["a"], ["a"], []), (["a"], ["a", "b"], ["b"]),
        (["a", "b", "c"], ["b", "c", "d"], ["d"]), (["a", "b"], ["c", "d"], ["c", "d"]),
        (["a", "b", "a"], ["a", "b", "a", "b"], ["b"]), (["a", "b"], [], []),
    ],
)  # fmt: skip
def test_what_was_appended(former: list[str], lines: list[str], fresh: list[str]) -> None:
    assert appended(former, lines) == fresh
