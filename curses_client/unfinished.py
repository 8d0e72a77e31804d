"""Files whose transfer the end of the client broke off: what the next run must know to go on.

An upload goes on under the same word, which is made from the file and the target, so that the
server tells how much of it is there; its last piece keeps its tag and its place, so that a file
whose OK was lost is not sent twice. A download goes on from its part.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from curses_client.unread import VERSION
from wire.grammar import KINDS, UNBOUNDED_ID, Refusal, is_tag, is_target

TRANSFERS: Final = 400
"""So many of one process are remembered, those that began first."""
PATH_CHARACTERS: Final = 4096
NOT_LOOKED: Final = -1
"""The size and the time of a file that waits for its turn: nothing of it was sent."""
_UPLOAD: Final = "send"
_DOWNLOAD: Final = "get"
_TIME: Final = re.compile("-?[0-9]{1,19}")


class LeftUpload(NamedTuple):
    """A file for ``target`` that is not whole on the server.

    ``size`` and ``mtime_ns`` are those of the file when it was begun; ``tag`` and ``offset`` those
    of its last piece, "" while that was not sent.
    """

    path: str
    target: str
    size: int = NOT_LOOKED
    mtime_ns: int = NOT_LOOKED
    tag: str = ""
    offset: int = 0

    @property
    def name(self) -> str:
        """What people call it."""
        return Path(self.path).name


class LeftDownload(NamedTuple):
    """The file of ``event`` that is not whole in ``folder``."""

    event: int
    size: int
    sha256: str
    name: str
    folder: str


Left = LeftUpload | LeftDownload


def form(left: Left) -> list[Any]:
    """The form in the file."""
    return [_UPLOAD if isinstance(left, LeftUpload) else _DOWNLOAD, *left]


def left_of(value: object) -> Left | None:
    """What a part of the file says, None where it makes no sense."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return None
    read = _READERS.get(value[0])
    try:
        return read(value[1:]) if read is not None else None
    except (TypeError, ValueError, Refusal, UnicodeEncodeError):
        return None


def transfers_of(entry: object) -> dict[str, list[Left]]:
    """The unfinished transfers, by the process that began them."""
    if not isinstance(entry, dict) or entry.get("version") != VERSION:
        return {}
    transfers = entry.get("transfers")
    if not isinstance(transfers, dict):
        return {}
    return {
        owner: [found for value in values[:TRANSFERS] if (found := left_of(value)) is not None]
        for owner, values in transfers.items()
        if isinstance(values, list)
    }


def _upload(values: list[Any]) -> LeftUpload | None:
    found = LeftUpload(*values)
    whole = all(type(number) is int for number in (found.size, found.mtime_ns, found.offset))
    good = (
        whole
        and _is_path(found.path)
        and isinstance(found.target, str)
        and is_target(found.target)
        and NOT_LOOKED <= found.size <= UNBOUNDED_ID
        and _TIME.fullmatch(str(found.mtime_ns)) is not None
        and isinstance(found.tag, str)
        and (not found.tag or is_tag(found.tag))
        and 0 <= found.offset <= max(found.size, 0)
    )
    return found if good else None


def _download(values: list[Any]) -> LeftDownload | None:
    found = LeftDownload(*values)
    KINDS["sha256"].check(found.sha256)
    KINDS["filename"].check(found.name)
    found.name.encode()  # half a character has the form of a name, and cannot be one
    whole = type(found.event) is int and type(found.size) is int
    good = (
        whole
        and 0 < found.event <= UNBOUNDED_ID
        and 0 <= found.size <= UNBOUNDED_ID
        and _is_path(found.folder)
    )
    return found if good else None


def _is_path(path: object) -> bool:
    """Whether it is a whole path: the next run may stand in another folder."""
    return (
        isinstance(path, str)
        and path.startswith("/")
        and len(path) <= PATH_CHARACTERS
        and "\0" not in path
    )


_READERS: Final[dict[str, Callable[[list[Any]], Left | None]]] = {
    _UPLOAD: _upload,
    _DOWNLOAD: _download,
}
