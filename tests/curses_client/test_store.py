"""What is kept between runs: one file that only its owner may read, and that is never half written.

Secrets of sessions stand in it: modes, symbolic links and two writers at once are the dangers.
"""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curses_client.store import Kept, Store, state_folder
from tests.support.server import ROOT

SESSION = "A-z_0123456789ab"
KEPT = Kept(SESSION, "h1", ("rizki", "rizky"))
WRITERS = 4
NAMES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet, under one that is not there either."""
    return tmp_path / "state" / "obrol-client"


@pytest.fixture
def careless() -> Iterator[None]:
    """Somebody whose umask lets everybody read and write."""
    former = os.umask(0)
    yield
    os.umask(former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_was_saved_is_loaded(folder: Path) -> None:
    store = Store(folder, "local:59000", "Rizky")
    assert store.load() is None
    store.save(KEPT)
    assert store.load() == KEPT
    assert Store(folder, "local:59000", "RIZKY").load() == KEPT
    store.save(KEPT._replace(session="B" * 16))
    assert store.load() == Kept("B" * 16, "h1", ("rizki", "rizky"))


def test_servers_and_names_are_apart(folder: Path) -> None:
    for server in ("local:59000", "local:59001"):
        for name in ("rizky", "fatur"):
            Store(folder, server, name).save(Kept(SESSION, f"{server}/{name}", ()))
    for server in ("local:59000", "local:59001"):
        for name in ("rizky", "fatur"):
            kept = Store(folder, server, name).load()
            assert kept is not None
            assert kept.history == f"{server}/{name}"
    assert Store(folder, "local:59002", "rizky").load() is None
    assert Store(folder, "local:59000", "aguel").load() is None


@pytest.mark.usefixtures("careless")
def test_nobody_else_may_read_it_whatever_the_umask(folder: Path) -> None:
    Store(folder, "server", "rizky").save(KEPT)
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "sessions.json": 0o600,
        "lock": 0o600,
    }


@pytest.mark.usefixtures("careless")
def test_a_file_that_others_could_read_is_closed_by_the_next_save(folder: Path) -> None:
    store = Store(folder, "server", "rizky")
    store.save(KEPT)
    (folder / "sessions.json").chmod(0o644)
    store.save(KEPT)
    assert mode(folder / "sessions.json") == 0o600


WRITER = """
import sys
from pathlib import Path
from curses_client.store import Kept, Store
folder, writer, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    Store(folder, "server" + writer[-1:], f"{writer}-{n}").save(Kept("A" * 16, "h", (writer,)))
"""


def test_several_processes_writing_at_once_lose_nothing(folder: Path) -> None:
    writers = [f"w{n}" for n in range(WRITERS)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), writer, str(NAMES)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for writer in writers
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    for writer in writers:
        for n in range(NAMES):
            kept = Store(folder, "server" + writer[-1], f"{writer}-{n}").load()
            assert kept == Kept("A" * 16, "h", (writer,)), (writer, n)
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "sessions.json"]


def test_a_reader_never_sees_half_a_file(folder: Path) -> None:
    """Whoever has the old file open reads the old one to its end."""
    store = Store(folder, "server", "rizky")
    store.save(KEPT)
    with (folder / "sessions.json").open() as reader:
        before = reader.read(10)
        store.save(Kept("C" * 16, "h2", ()))
        assert json.loads(before + reader.read())["server"]["rizky"]["session"] == SESSION
    assert store.load() == Kept("C" * 16, "h2", ())


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "7", '"server"', "\0", '{"server": 3}', '{"server": []}',
        '{"server": "rizky"}', '{"server": {}}', '{"server": {"rizky": null}}',
        '{"server": {"rizky": "secret"}}', '{"server": {"rizky": {}}}',
        '{"server": {"rizky": {"session": "AAAAAAAAAAAAAAAA"}}}',
        '{"server": {"rizky": {"session": "AAAAAAAAAAAAAAAA", "history": "h", "names": 3}}}',
        '{"server": {"rizky": {"session": 7, "history": "h", "names": []}}}',
        '{"server": {"rizky": {"session": "too short", "history": "h", "names": []}}}',
        '{"server": {"rizky": {"session": "A B C D E F G H I J", "history": "h", "names": []}}}',
        '{"server": {"rizky": {"session": "AAAAAAAAAAAAAAAA\\nQUIT", "history": "", "names": []}}}',
    ],
)  # fmt: skip
def test_a_damaged_file_counts_as_none_and_can_be_written_over(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "sessions.json").write_text(text)
    store = Store(folder, "server", "rizky")
    assert store.load() is None
    store.save(KEPT)
    assert store.load() == KEPT


def test_bytes_that_are_no_text_count_as_none(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "sessions.json").write_bytes(b'{"server": "\xff\xfe"}')
    assert Store(folder, "server", "rizky").load() is None


def test_what_is_odd_in_one_entry_is_no_loss_for_the_others(folder: Path) -> None:
    other = Store(folder, "server", "fatur")
    other.save(KEPT)
    found = json.loads((folder / "sessions.json").read_text())
    found["server"]["rizky"] = {"session": []}
    found["elsewhere"] = 5
    (folder / "sessions.json").write_text(json.dumps(found))
    store = Store(folder, "server", "rizky")
    assert store.load() is None
    store.save(KEPT)
    assert other.load() == KEPT


def test_names_that_are_no_text_are_made_text(folder: Path) -> None:
    store = Store(folder, "server", "rizky")
    store.save(KEPT)
    found = json.loads((folder / "sessions.json").read_text())
    found["server"]["rizky"]["names"] = [7, None]
    (folder / "sessions.json").write_text(json.dumps(found))
    assert store.load() == Kept(SESSION, "h1", ("7", "None"))


def test_a_symbolic_link_at_the_name_of_the_new_file_is_not_followed(
    folder: Path, tmp_path: Path
) -> None:
    store = Store(folder, "server", "rizky")
    store.save(KEPT)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / f"sessions.{os.getpid()}").symlink_to(victim)
    with pytest.raises(OSError, match=r"symbolic"):
        store.save(KEPT._replace(history="h2"))
    assert victim.read_text() == "precious"
    assert store.load() == KEPT


def test_a_link_at_the_file_itself_is_replaced_and_not_written_through(
    folder: Path, tmp_path: Path
) -> None:
    folder.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / "sessions.json").symlink_to(victim)
    Store(folder, "server", "rizky").save(KEPT)
    assert victim.read_text() == "precious"
    assert not (folder / "sessions.json").is_symlink()


def test_a_folder_that_cannot_be_made_is_an_error_for_save_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "folder", "server", "rizky")
    assert store.load() is None
    with pytest.raises(OSError, match=r"\S"):
        store.save(KEPT)


def test_a_lock_is_given_back_after_an_error(folder: Path) -> None:
    store = Store(folder, "server", "rizky")
    store.save(KEPT)
    blocked = folder / f"sessions.{os.getpid()}"
    blocked.mkdir()
    with pytest.raises(OSError, match=r"\S"):
        store.save(KEPT)
    blocked.rmdir()
    store.save(KEPT)


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "obrol-client"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/rizky")
    assert state_folder() == Path("/home/rizky/.local/state/obrol-client")


@given(
    entries=st.dictionaries(
        st.tuples(st.text(max_size=8), st.from_regex("[a-z]{1,8}", fullmatch=True)),
        st.tuples(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=3)),
        max_size=5,
    )
)
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    entries: dict[tuple[str, str], tuple[str, list[str]]],
) -> None:
    folder = tmp_path_factory.mktemp("store")
    for (server, name), (history, names) in entries.items():
        Store(folder, server, name).save(Kept(SESSION, history, tuple(names)))
    for (server, name), (history, names) in entries.items():
        assert Store(folder, server, name).load() == Kept(SESSION, history, tuple(names))
