"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.home import isolate
from tests.support.server import ServerProcess

# How long an example takes on a wall clock says nothing on a busy machine; tests that mean time
# measure it themselves.
settings.register_profile("obrol", deadline=None)
settings.load_profile("obrol")


@pytest.fixture(scope="session", autouse=True)
def elsewhere_at_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a test forgets: nobody's own settings are read, and none are written."""
    isolate(tmp_path_factory.mktemp("home"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server without a rate limit."""
    with ServerProcess(tmp_path / "server", "--set", "rate=0") as running:
        yield running


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[ServerProcess]:
    """The same for people whose account nobody knows over TCP, as on a network.

    All tests run as one account: where it is known, a name that it had needs no secret.
    """
    words = ("--set", "rate=0", "--set", "tcp-accounts=off")
    with ServerProcess(tmp_path / "server", *words) as running:
        yield running
