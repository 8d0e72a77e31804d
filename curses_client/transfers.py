"""All files on their way, both ways: who is next, what the bar shows, what goes on."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from curses_client.downloads import Download
from curses_client.folder import Folder, PartTakenError
from curses_client.front import Answer, Stored
from curses_client.unfinished import NOT_LOOKED, Left, LeftDownload, LeftUpload
from curses_client.uploads import Upload, word_of
from reactor.loop import Loop
from wire.grammar import UNBOUNDED_ID
from wire.parser import Frame

if TYPE_CHECKING:
    from curses_client.chat import Chat

AT_ONCE: Final = 4
"""Uploads that run at the same time; the others wait for their turn."""
MOST_OF_A_FOLDER: Final = 200
"""A folder with more files than this is surely a mistake."""
Transfer = Upload | Download


class Offer:
    """What a FILE event tells: its number, size, content and name."""

    __slots__ = ("event", "name", "sender", "sha256", "size", "target")

    def __init__(self, event: Stored) -> None:
        size, self.sha256, self.name = event.body.split(" ", 2)
        self.size = int(size)
        self.event = event.id
        self.sender = event.sender
        self.target = event.target


class Running:
    """One transfer, and since when it runs: what a progress bar wants to know."""

    __slots__ = ("_began", "_began_at", "number", "transfer")

    def __init__(self, transfer: Transfer, number: str, now: float) -> None:
        self.transfer = transfer
        self.number = number
        self._began = transfer.done_bytes
        self._began_at = now

    def percent(self) -> int:
        """How much of it is done."""
        size = self.transfer.size
        return 100 * self.transfer.done_bytes // size if size else 100

    def rate(self, now: float) -> float:
        """Bytes a second since it began to run."""
        return (self.transfer.done_bytes - self._began) / max(now - self._began_at, 0.001)

    def seconds_left(self, now: float) -> float | None:
        """How long it will still take; None while that cannot be said."""
        rate = self.rate(now)
        return (self.transfer.size - self.transfer.done_bytes) / rate if rate > 0 else None


class LostError(Exception):
    """What an earlier run left cannot go on: a code as of :class:`Upload.state`, or plain words."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code, words)
        self.code = code
        self.words = words


class Earlier(NamedTuple):
    """What an earlier run left, and of which history; ``told`` hears which go on and which not."""

    left: Sequence[Left]
    history: str
    told: Callable[[list[str], list[tuple[str, LostError]]], object]


class Transfers:
    """The files of one client.

    ``told`` hears of each transfer that changed or ended, ``failed`` of a file that cannot be read.
    """

    def __init__(
        self,
        chat: "Chat",
        loop: Loop,
        folder: Path,
        told: Callable[[Transfer], object],
        failed: Callable[[Path, OSError], object],
    ) -> None:
        self.folder = folder
        self.on_change: Callable[[], object] = lambda: None  # what is to be remembered changed
        self.on_last: Callable[[], object] = (
            lambda: None
        )  # and must be, before the next line leaves
        self.offers: dict[int, Offer] = {}
        self._chat = chat
        self._loop = loop
        self._told = told
        self._failed = failed
        self._running: dict[str, Running] = {}
        self._waiting: list[LeftUpload] = []
        self._before: Earlier | None = None
        self._receiving: Download | None = None
        self._uploads = 0
        chat.files = self

    @property
    def running(self) -> list[Running]:
        """Every transfer that goes on, in order of beginning."""
        return list(self._running.values())

    @property
    def busy(self) -> bool:
        """Whether anything is on its way or waits for its turn."""
        return bool(self._running or self._waiting)

    @property
    def left(self) -> list[Left]:
        """Everything that is not whole, for the next run."""
        earlier = self._before.left if self._before is not None else ()
        return [*earlier, *(r.transfer.left for r in self._running.values()), *self._waiting]

    def take_up(self, earlier: Earlier) -> None:
        """Go on with what an earlier run left, as soon as the server has taken us in."""
        self._before = earlier if earlier.left else None

    def send(self, paths: Iterable[Path], target: str) -> None:
        """Send files to ``target``, each a transfer of its own, a few at a time."""
        self._waiting += [LeftUpload(str(path.absolute()), target) for path in paths]
        self._start_uploads()
        self.on_change()

    def fetch(self, offer: Offer, folder: Path | None = None) -> None:
        """Fetch a file; raises OSError, and PartTakenError while another terminal does."""
        if str(offer.event) in self._running:
            return
        where = Folder(folder or self.folder)
        try:
            download = Download(
                self, where, offer.event, offer.size, offer.sha256, offer.name, self._changed
            )
        except (OSError, PartTakenError):
            where.close()
            raise
        self._run(download, str(offer.event))

    def find(self, number: int, places: list[str], found: Callable[[Offer | None], object]) -> None:
        """Look for the file of event ``number`` among what was seen, then in ``places``."""
        offer = self.offers.get(number)
        if offer is not None or not places:
            found(offer)
            return
        place, *others = places

        def answer(frames: list[Frame], failure: object) -> None:
            del failure
            for frame in frames:
                if frame.verb == "FILE" and int(frame.args[0]) == number:
                    self.offered(Stored.of(frame, live=False, fresh=False))
            self.find(number, others if number not in self.offers else [], found)

        before = min(number + 1, UNBOUNDED_ID)
        self._chat.ask(answer, "FILES", place, "before", str(before), "1")

    def offered(self, event: Stored) -> Offer:
        """Somebody sent a file."""
        offer = self.offers[event.id] = Offer(event)
        return offer

    def stop(self, number: str) -> bool:
        """End a transfer; False when there is none of that number."""
        running = self._running.get(number)
        if running is not None:
            running.transfer.stop()
        return running is not None

    def already_here(self, offer: Offer) -> Path | None:
        """A file of that name and size in the folder, if any: another terminal fetched it."""
        try:
            folder = Folder(self.folder)
        except OSError:
            return None
        try:
            found = (name for name, size in folder.sizes(offer.name) if size == offer.size)
            return next((folder.path / name for name in found), None)
        finally:
            folder.close()

    def go_on(self) -> None:
        """The server took us in (again)."""
        self._receiving = None
        for running in self.running:
            running.transfer.go_on()
        earlier, self._before = self._before, None
        if earlier is not None:
            self._go_on_with(earlier)
        self._start_uploads()

    def _go_on_with(self, earlier: Earlier) -> None:
        """Begin where an earlier run was; what cannot go on is told with its reason."""
        going, lost = [], []
        for left in earlier.left:
            try:
                if isinstance(left, LeftUpload):
                    self._send_on(left)
                else:
                    self._fetch_on(left, earlier.history)
            except LostError as error:
                lost.append((left.name, error))
            except PartTakenError:
                lost.append((left.name, LostError("taken")))
            except OSError as error:
                lost.append((left.name, LostError("", error.strerror or str(error))))
            else:
                going.append(left.name)
        earlier.told(going, lost)
        self.on_change()

    def _send_on(self, left: LeftUpload) -> None:
        """Send the rest of a file; raises OSError, and LostError where it is not the same file."""
        found = Path(left.path).stat()
        if left.size != NOT_LOOKED and (found.st_size, found.st_mtime_ns) != left[2:4]:
            self._chat.ask(lambda *_: None, "STOP", word_of(left))
            raise LostError("changed")
        self._waiting.append(left)

    def _fetch_on(self, left: LeftDownload, history: str) -> None:
        """Fetch the rest of a file; raises OSError, PartTakenError, and LostError as above."""
        if history != self._chat.history:
            raise LostError("no-file")  # its number means nothing there
        size_and_name = f"{left.size} {left.sha256} {left.name}"
        event = Stored("FILE", left.event, "", "", "", size_and_name, live=False)
        self.fetch(Offer(event), Path(left.folder))

    def pump(self) -> None:
        """Bytes left: there is place for more."""
        for running in self.running:
            if isinstance(running.transfer, Upload):
                running.transfer.pump()

    def announce(self, frame: Frame) -> None:
        """A piece of a file comes."""
        running = self._running.get(frame.args[1])
        download = running.transfer if running is not None else None
        wanted = isinstance(download, Download) and download.piece(frame)
        self._receiving = download if wanted and isinstance(download, Download) else None

    def feed(self, data: bytes) -> None:
        """Bytes of the announced piece."""
        if self._receiving is not None:
            self._receiving.feed(data)

    @property
    def online(self) -> bool:
        """See :class:`curses_client.uploads.Line`."""
        return self._chat.online

    @property
    def queued(self) -> int:
        """See :class:`curses_client.uploads.Line`."""
        return self._chat.link.queued

    def ask(
        self, answer: Answer, verb: str, *args: str, payload: bytes = b"", tag: str | None = None
    ) -> None:
        """See :class:`curses_client.uploads.Line`."""
        self._chat.ask(answer, verb, *args, payload=payload, tag=tag)

    def new_tag(self) -> str:
        """See :class:`curses_client.uploads.Line`."""
        return self._chat.new_tag()

    def remember(self) -> None:
        """See :class:`curses_client.uploads.Line`."""
        self.on_last()

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """See :class:`curses_client.uploads.Line`."""
        if seconds:
            self._loop.later(seconds, call)
        else:
            self._loop.again(call)

    def _start_uploads(self) -> None:
        while self._waiting and len(self._running) < AT_ONCE:
            left = self._waiting.pop(0)
            path = Path(left.path)
            last = (left.tag, left.offset) if left.tag else None
            try:
                upload = Upload(self, path, left.target, self._changed, last)
            except OSError as error:
                self._failed(path, error)
                continue
            self._uploads += 1
            self._run(upload, f"u{self._uploads}")

    def _run(self, transfer: Transfer, number: str) -> None:
        self._running[number] = Running(transfer, number, self._loop.now)
        if self.online or isinstance(transfer, Download):
            transfer.go_on()
        self._told(transfer)
        self.on_change()

    def _changed(self, transfer: Transfer) -> None:
        if transfer.state:
            for number, running in list(self._running.items()):
                if running.transfer is transfer:
                    del self._running[number]
            if self._receiving is transfer:
                self._receiving = None
        self._told(transfer)
        if transfer.state:
            self._start_uploads()
            self.on_change()


def files_of(path: Path) -> list[Path]:
    """The files that ``path`` means: itself, or all visible ones in a folder and below.

    Raises OSError where there is nothing, or far too much.
    """
    if not path.is_dir():
        path.stat()
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if not name.startswith(".")]
        if len(found) > MOST_OF_A_FOLDER:
            raise OSError(0, f"more than {MOST_OF_A_FOLDER} files", str(path))
    return [file for file in found if file.is_file() and not file.is_symlink()]
