"""Small files: read without hanging on anything, and never half written."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from curses_client import plain_files
from tests.curses_client.children import descriptors


@contextmanager
def nearly_full(size: int) -> Iterator[None]:
    """No file may become larger than ``size`` bytes, as on a full disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_what_cannot_be_written_whole_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    plain_files.replace(file, b"old")
    with nearly_full(10), pytest.raises(OSError, match="too large"):
        plain_files.replace(file, b"n" * 11)
    assert file.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [file]


def test_a_file_has_a_largest_size(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert plain_files.read(file, 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        plain_files.read(file, 4)


def test_nothing_but_a_file_is_read_or_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = descriptors()
    for path in (tmp_path, pipe, Path(os.devnull)):
        with pytest.raises(OSError, match="not a plain file"):
            plain_files.read(path, 9)
        with pytest.raises(OSError, match="not a plain file"):
            plain_files.replace(path, b"x")
    assert descriptors() == before
    assert pipe.is_fifo()
