"""The commands of files: /send /get /files /transfers /stop /reject."""

import glob
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from curses_client.commands import usage
from curses_client.folder import PartTakenError
from curses_client.front import Failure, Stored
from curses_client.sentences import TEXTS
from curses_client.transfers import LostError, Offer, Running, Transfer, files_of
from curses_client.uploads import Upload
from wire.grammar import EVERYBODY, UNBOUNDED_ID, is_target
from wire.parser import Frame

if TYPE_CHECKING:
    from curses_client.desk import Desk

FILES_SHOWN: Final = 30
TYPED: Final = "SEND "
"""A line that begins just so is a command too: people know the word from the protocol."""


def send(desk: "Desk", rest: str) -> bool:
    """Send files or folders; the last word may say to whom."""
    target = desk.target
    before, _, last = rest.rpartition(" ")
    if before.strip() and is_target(last) and last != EVERYBODY:
        rest, target = before.strip(), last
    if not target:
        desk.error(desk.texts("no-target"))
        return False
    words = _paths(rest)
    found: list[Path] = []
    for word in words:
        path = _path(word)
        # The shell's patterns; Path.glob takes none that is absolute.
        matches = [] if path.exists() else sorted(glob.glob(str(path)))  # noqa: PTH207
        try:
            for match in matches or [str(path)]:
                found += files_of(Path(match))
        except OSError as error:
            desk.error(desk.texts("cannot-read", path=word, why=desk.texts.why(error)))
            return False
    desk.transfers.send(found, target)
    return True


def _paths(text: str) -> list[str]:
    """The paths in ``text``: as a shell would read it, but a name with blanks needs no quotes."""
    if _path(text).exists():
        return [text]
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is not closed belongs to the name
        return [text]


def _path(text: str) -> Path:
    """The path that people mean; ``~somebody`` whom nobody knows is a name like any other."""
    # Path.expanduser raises RuntimeError there; and no path may hold a NUL.
    return Path(os.path.expanduser(text.replace("\0", "\ufffd")))  # noqa: PTH111


def get(desk: "Desk", rest: str) -> bool:
    """Fetch the file of an event, into a folder that may be named."""
    number, _, folder = rest.partition(" ")
    number = number.removeprefix("#")
    if not number.isdecimal():
        desk.error(desk.texts("usage", usage=usage("get", desk.texts.language)))
        return False
    if int(number) not in desk.transfers.offers and not desk.chat.online:
        desk.error(desk.texts("offline"))
        return False
    where = _path(folder) if folder else None
    begun = True

    def found(offer: Offer | None) -> None:
        nonlocal begun
        if offer is None:
            desk.error(desk.texts("no-such-file", number=number))
        else:
            begun = fetch(desk, offer, where)

    desk.transfers.find(int(number), places(desk), found)
    return begun


def fetch(desk: "Desk", offer: Offer, folder: Path | None = None) -> bool:
    """Begin to fetch; tell what is in the way."""
    try:
        desk.transfers.fetch(offer, folder)
    except PartTakenError:
        desk.error(desk.texts("file-failed", name=offer.name, why=desk.texts("file-taken")))
    except OSError as error:
        desk.error(desk.texts("file-failed", name=offer.name, why=desk.texts.why(error)))
    else:
        return True
    return False


def places(desk: "Desk") -> list[str]:
    """Where a file that was never seen may have been sent: here, in private, to everybody."""
    return list(dict.fromkeys([*([desk.target] if desk.target else []), "@", EVERYBODY]))


def files(desk: "Desk", rest: str) -> bool:
    """The newest files of this window; False: it was not even asked for."""
    del rest
    refused = False

    def answer(frames: list[Frame], failure: Failure | None) -> None:
        nonlocal refused
        if failure is not None:
            refused = True
            why = desk.texts.error(failure.code, failure.text) if failure.code else ""
            desk.error(desk.texts("failed", what="/files", why=why) if why else
                       desk.texts("offline"))  # fmt: skip
            return
        for frame in frames[:-1]:
            offer = desk.transfers.offered(Stored.of(frame, live=False, fresh=False))
            desk.notice(offer_text(desk, offer))
        if len(frames) == 1:
            desk.notice(desk.texts("no-files"))

    desk.chat.ask(
        answer, "FILES", desk.target or "@", "before", str(UNBOUNDED_ID), str(FILES_SHOWN)
    )
    return not refused


def offer_text(desk: "Desk", offer: Offer) -> str:
    """A file on offer: number, name, size, from whom, and what to type."""
    return desk.texts(
        "file",
        number=offer.event,
        name=offer.name,
        size=desk.texts.size(offer.size),
        who=offer.sender,
    )


def transfers(desk: "Desk", rest: str) -> None:
    """Everything that is on its way."""
    del rest
    for running in desk.transfers.running:
        desk.notice(progress(desk, running, desk.now))
    if not desk.transfers.busy:
        desk.notice(desk.texts("no-transfers"))


def progress(desk: "Desk", running: Running, now: float) -> str:
    """One transfer: its number, name, how much of it, how fast, how long still."""
    left = running.seconds_left(now)
    minutes, seconds = divmod(int(left or 0), 60)
    return desk.texts(
        "transfer",
        number="#" + running.number,
        name=running.transfer.name,
        percent=running.percent(),
        rate=desk.texts.size(running.rate(now)),
        left="" if left is None else f"{minutes}:{seconds:02d}",
    )


def short_progress(desk: "Desk", running: Running) -> str:
    """One transfer as the status bar shows it."""
    sign = "↑" if isinstance(running.transfer, Upload) else "↓"
    rate = desk.texts.size(running.rate(desk.now))
    left = running.seconds_left(desk.now)
    minutes, seconds = divmod(int(left or 0), 60)
    time = "" if left is None else f" {minutes}:{seconds:02d}"
    return f"{sign}{running.transfer.name} {running.percent()}% {rate}/s{time}"


def outcome(desk: "Desk", transfer: Transfer) -> str:
    """How a transfer ended."""
    if transfer.state != "done":
        return why_lost(desk, transfer.name, LostError(transfer.state))
    if isinstance(transfer, Upload):
        size = desk.texts.size(transfer.size)
        return desk.texts("file-sent", name=transfer.name, size=size, number=transfer.event)
    return desk.texts("file-fetched", number=transfer.event, path=transfer.path)


def why_lost(desk: "Desk", name: str, error: LostError) -> str:
    """Why a transfer does not go on."""
    key = "file-" + error.code
    why = desk.texts(key) if key in TEXTS else error.words or desk.texts.error(error.code)
    return desk.texts("file-failed", name=name, why=why)


def stop(desk: "Desk", rest: str) -> bool:
    """End a transfer."""
    if desk.transfers.stop(rest.removeprefix("#")):
        return True
    desk.error(desk.texts("no-transfer", number=rest))
    return False


def reject(desk: "Desk", rest: str) -> bool:
    """Do not want an offered file: it is not fetched, and not offered again here."""
    number = rest.removeprefix("#")
    stopped = desk.transfers.stop(number)
    offered = number.isdecimal() and desk.transfers.offers.pop(int(number), None) is not None
    if stopped or offered:
        return True
    desk.error(desk.texts("no-such-file", number=number))
    return False


ACTIONS: Final[dict[str, Callable[["Desk", str], bool | None]]] = {
    "send": send,
    "get": get,
    "files": files,
    "transfers": transfers,
    "stop": stop,
    "reject": reject,
}
