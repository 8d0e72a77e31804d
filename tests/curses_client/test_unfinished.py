"""What the file says of broken transfers: what makes no sense is left out."""

from typing import Any

import pytest

from curses_client.unfinished import (
    TRANSFERS,
    LeftDownload,
    LeftUpload,
    form,
    left_of,
    transfers_of,
)
from curses_client.unread import VERSION

UPLOAD = LeftUpload("/home/rizky/a b.bin", "@fatur", 10, -7, "t.1", 4)
WAITING = LeftUpload("/home/rizky/x.bin", "#lab")
DOWNLOAD = LeftDownload(3, 10, "0f" * 32, "y z.bin", "/home/rizky/terima")


@pytest.mark.parametrize("left", [UPLOAD, WAITING, DOWNLOAD])
def test_what_is_written_is_read(left: LeftUpload | LeftDownload) -> None:
    assert left_of(form(left)) == left


@pytest.mark.parametrize(
    ("left", "place", "bad"),
    [
        (UPLOAD, 0, "put"), (UPLOAD, 0, 3), (UPLOAD, 1, "x.bin"), (UPLOAD, 1, "/x\0"),
        (UPLOAD, 1, None), (UPLOAD, 2, "fatur"), (UPLOAD, 2, ["#lab"]), (UPLOAD, 3, "10"),
        (UPLOAD, 3, -2), (UPLOAD, 3, True), (UPLOAD, 4, 1.5), (UPLOAD, 4, 10**40),
        (UPLOAD, 5, "t 1"), (UPLOAD, 5, 1), (UPLOAD, 6, -1), (UPLOAD, 6, 11),
        (DOWNLOAD, 1, 0), (DOWNLOAD, 1, "3"), (DOWNLOAD, 1, 10**20), (DOWNLOAD, 2, -1),
        (DOWNLOAD, 3, "x"), (DOWNLOAD, 3, None), (DOWNLOAD, 4, "a/b"), (DOWNLOAD, 4, ".."),
        (DOWNLOAD, 4, ""), (DOWNLOAD, 4, "\ud800"), (DOWNLOAD, 5, "terima"), (DOWNLOAD, 5, 5),
    ],
)  # fmt: skip
def test_what_makes_no_sense(left: LeftUpload | LeftDownload, place: int, bad: object) -> None:
    value: list[Any] = form(left)
    value[place] = bad
    assert left_of(value) is None
    entry = {"version": VERSION, "transfers": {"0-0-0": [value, form(WAITING)]}}
    assert transfers_of(entry) == {"0-0-0": [WAITING]}


@pytest.mark.parametrize("value", [None, 3, "send", [], {}, ["send"], ["get", 1], [["send"]]])
def test_what_is_nothing(value: object) -> None:
    assert left_of(value) is None


@pytest.mark.parametrize("transfers", [None, [], 3, {"0-0-0": 3}, {"0-0-0": "send"}])
def test_no_lists(transfers: object) -> None:
    assert transfers_of({"version": VERSION, "transfers": transfers}) == {}
    assert transfers_of({"version": VERSION + 1, "transfers": {"0": [form(UPLOAD)]}}) == {}


def test_so_many_at_most() -> None:
    entry = {"version": VERSION, "transfers": {"0": [form(UPLOAD)] * (TRANSFERS + 1)}}
    assert len(transfers_of(entry)["0"]) == TRANSFERS
