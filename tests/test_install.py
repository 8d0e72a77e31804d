"""``make install`` and ``make uninstall`` into a folder of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ROOT

UNITS = "lib/systemd/system"


def make(target: str, to: Path | str, prefix: str = "/usr/local") -> None:
    subprocess.run(
        ["make", target, f"DESTDIR={to}", f"PREFIX={prefix}", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was installed; for reading and running."""
    to = tmp_path_factory.mktemp("with a blank") / "root"
    make("install", to)
    return to / "usr/local"


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder whose modules must not be taken for ours, nor for Python's."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in ("reactor", "wire", "curses_client", "socket", "argparse"):
        (folder / f"{name}.py").write_text("raise SystemExit('trapped')\n")
    return folder


def bare(**more: str) -> dict[str, str]:
    """An environment without PYTHONPATH, in which nothing of this repository is found."""
    return {"PATH": os.defpath, "HOME": os.environ["HOME"], "LANG": "C.UTF-8", **more}


def test_server_and_client_run_from_anywhere(place: Path, trap: Path, tmp_path: Path) -> None:
    environment = bare(PYTHONPATH=str(trap))
    server = subprocess.Popen(
        [place / "bin/obrol-server", "--port", "0", "--data", tmp_path / "data"],
        cwd=trap,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().rpartition(":")[2])
            assert list(iter(server.stdout.readline, "ready\n"))
            with Raw(port, name="ani") as ani:
                assert ani.answer("JOIN #lab")[-1] == "OK"
                said = subprocess.run(
                    [
                        place / "bin/obrol",
                        "robot",
                        "--port",
                        str(port),
                        "--data",
                        tmp_path / "mine",
                    ],
                    cwd=trap,
                    env=environment,
                    input="selesai\n",
                    capture_output=True,
                    text=True,
                    timeout=30,
                    check=False,
                )
                assert (said.returncode, said.stderr) == (0, "")
                assert ani.expect("MSG ").endswith(" robot selesai")
        finally:
            server.terminate()
    assert server.returncode == 0


def test_everything_is_compiled_and_nothing_is_left_out(place: Path) -> None:
    for room in ("wire", "reactor", "curses_client"):
        ours = {p.relative_to(ROOT) for p in (ROOT / room).rglob("*.py")}
        theirs = {
            p.relative_to(place / "lib/obrol") for p in (place / "lib/obrol" / room).rglob("*.py")
        }
        assert ours == theirs
        for module in theirs:
            path = place / "lib/obrol" / module
            assert list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")), module


def test_everybody_may_read_and_nobody_may_write(place: Path) -> None:
    for path in place.rglob("*"):
        wanted = 0o755 if path.is_dir() or path.parent.name == "bin" else 0o644
        assert path.stat().st_mode & 0o777 == wanted, path


def test_no_path_of_the_building_place_is_left(place: Path) -> None:
    for path in place.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(place).encode() not in data, path
            assert b"@PREFIX@" not in data, path
            assert b"@PYTHON@" not in data, path


def test_the_units_start_what_was_installed(place: Path) -> None:
    unit = (place / UNITS / "obrol.service").read_text()
    assert "ExecStart=/usr/local/bin/obrol-server --data %S/obrol\n" in unit
    assert "Type=notify\n" in unit
    for forbidden in ("PrivateUsers=yes", "PrivateNetwork=yes"):
        assert forbidden not in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    prefix = str(tmp_path / "prefix")  # verify wants the program to be there
    make("install", "", prefix)
    units = [str(Path(prefix) / UNITS / name) for name in ("obrol.service", "obrol.socket")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "obrol" in line]
    assert (done.returncode, ours) == (0, [])


def test_a_second_install_leaves_no_module_of_the_first(tmp_path: Path) -> None:
    make("install", tmp_path)
    former = tmp_path / "usr/local/lib/obrol/reactor/former.py"
    former.write_text("")
    make("install", tmp_path)
    assert not former.exists()


def test_uninstall_leaves_nothing_of_ours_and_all_that_is_others(tmp_path: Path) -> None:
    others = tmp_path / "usr/local" / UNITS / "other.service"
    others.parent.mkdir(parents=True)
    others.write_text("")
    make("install", tmp_path)
    make("uninstall", tmp_path)
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [others]
    others.unlink()
    make("install", tmp_path)
    make("uninstall", tmp_path)
    make("uninstall", tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left <= {"usr", "usr/local", "usr/local/bin", "usr/local/lib"}
