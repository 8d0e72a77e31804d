"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server without a rate limit."""
    with ServerProcess(tmp_path / "server", "--set", "rate=0") as running:
        yield running
