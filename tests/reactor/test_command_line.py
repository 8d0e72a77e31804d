"""The words behind ``python3 -m reactor``: what makes no sense is told, and nothing is opened."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT


@pytest.mark.parametrize("port", ["80000", "65536", "-1", "x", "", "1e3", "\u0663"])
def test_what_is_no_port(tmp_path: Path, port: str) -> None:
    data = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-m", "reactor", f"--port={port}", "--data", str(data)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("--port: a port is 1 to 65535, 0 for any that is free\n")
    assert not data.exists()
