"""A shell script can talk and send a file, without our client: README and wire.md promise it."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.support.raw import member
from tests.support.server import ServerProcess

README = (Path(__file__).parents[1] / "README.md").read_text()
SCRIPT = README.split("```bash\n", 1)[1].split("```", 1)[0]
DATA = b"\r\n\0SAY #lab not a line\n\xff" + hashlib.shake_128(b"shell").digest(500_000)


def run(script: Path, server: ServerProcess, file: Path, path: str = "") -> list[str]:
    """What the script prints: all that the server said."""
    done = subprocess.run(
        ["bash", str(script), "127.0.0.1", str(server.port), "robot", "lab", str(file)],
        capture_output=True,
        timeout=30,
        check=True,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
    )
    return done.stdout.decode().splitlines()


def test_a_shell_script_sends_a_file(server: ServerProcess, tmp_path: Path) -> None:
    script, file = tmp_path / "obrol-send", tmp_path / "hasil build.tar"
    script.write_text(SCRIPT)
    file.write_bytes(DATA)
    digest = hashlib.sha256(DATA).hexdigest()
    with member(server.port, "budi") as budi:
        for number in (1, 2):
            lines = run(script, server, file)
            assert lines[0].startswith("WELCOME robot ")
            assert lines[-2].endswith(f" OK {number} {digest}")
            assert lines[-1].startswith("BYE quit ")
            told = budi.expect("FILE ").split(" ", 7)
            assert told[3:] == ["#lab", "robot", str(len(DATA)), digest, "hasil build.tar"]
            assert budi.fetch(number) == DATA
        assert budi.answer("HISTORY #lab after 0 9")[-1] == "OK 2 0"
    assert [path.name for path in (server.data / "spool" / "files").iterdir()] == [digest]


def test_it_needs_no_nc(server: ServerProcess, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "stat", "cat", "basename"):
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)
    script, file = tmp_path / "obrol-send", tmp_path / "x"
    script.write_text(SCRIPT)
    file.write_bytes(DATA)
    assert " OK 1 " in run(script, server, file, str(tools))[-2]
