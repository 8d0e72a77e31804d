"""One client of the soak over a stream, and the native one: it talks, sends files, and comes back.

A client writes nothing itself: what it says waits in ``out`` until the crew has written down its
records.
"""

import contextlib
import hashlib
import selectors
import socket
import struct
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.soak.records import NOT_TIMED, Story, Upload

if TYPE_CHECKING:
    from tests.soak.crew import Crew

BLOCK: Final = 64 * 1024
BACK_SECONDS: Final = (0.1, 1.5)
"""So long one waits before coming back."""
UNACKNOWLEDGED: Final = 20
FETCHED_ONE_IN: Final = 20
"""One in so many members of a room fetches a file that is sent there."""
FILE_BYTES: Final = (1, 100_000)
RETRY_SECONDS: Final = 0.5
STORED: Final = {"MSG": 5, "FILE": 7}
"""Where the word stands in a stored event."""


class Way(NamedTuple):
    """Where a client connects to: an address of TCP, or a UNIX socket."""

    family: socket.AddressFamily
    address: tuple[str, int] | str


def content(word: str, size: int) -> bytes:
    """The bytes of the file called ``word``."""
    return hashlib.shake_128(word.encode()).digest(size)


class Client:
    """Somebody at a stream door; ``feed`` is given what comes, ``greet`` called first."""

    def __init__(self, crew: "Crew", who: str, way: Way) -> None:
        self.crew = crew
        self.who = who
        self.way = way
        self.sock: socket.socket | None = None
        self.out = bytearray()
        self.finishing = False
        self._mask = 0

    @property
    def story(self) -> Story:
        """What was written down about it."""
        return self.crew.recorder.stories[self.who]

    def note(self, kind: str, *words: str) -> None:
        """Write it down."""
        self.crew.recorder.note(self.who, kind, *words)

    def connect(self) -> None:
        """Come, or try again a little later."""
        if self.sock is not None:
            return
        sock = socket.socket(self.way.family, socket.SOCK_STREAM)
        sock.setblocking(False)  # noqa: FBT003 - that is its signature
        try:
            with contextlib.suppress(BlockingIOError):
                sock.connect(self.way.address)
                # A UNIX socket that is not connected at once is not on its way either.
            sock.getpeername() if self.way.family == socket.AF_UNIX else None
        except OSError:
            sock.close()
            self.crew.later(self.crew.chance.uniform(*BACK_SECONDS), self.connect)
            return
        self.sock = sock
        self.out.clear()
        self._mask = selectors.EVENT_READ
        self.crew.selector.register(sock, self._mask, self)
        self.note("connected")
        self.greet()

    def say(self, data: bytes) -> None:
        """Say it when the records are written."""
        self.out += data
        self.crew.dirty.add(self)

    def ready(self, mask: int) -> None:
        """The socket has something, or takes something."""
        if mask & selectors.EVENT_WRITE:
            self.crew.dirty.add(self)
        if mask & selectors.EVENT_READ and self.sock is not None:
            try:
                data = self.sock.recv(BLOCK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self.feed(data)
            else:
                self.lost()

    def flush(self) -> None:
        """Write what waits, as much as goes."""
        if self.sock is None:
            return
        try:
            while self.out:
                del self.out[: self.sock.send(self.out[:BLOCK])]
        except BlockingIOError:
            pass
        except OSError:
            self.lost()
            return
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.out else 0)
        if mask != self._mask:
            self._mask = mask
            self.crew.selector.modify(self.sock, mask, self)

    def cut(self, *, reset: bool) -> None:
        """A network fails: a reset, or a connection that only one side has closed."""
        if self.sock is None:
            return
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.lost()
        else:
            self.out.clear()
            self.finishing = True
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)

    def lost(self) -> None:
        """The connection is over; come back."""
        if self.sock is not None:
            self.crew.selector.unregister(self.sock)
            self.sock.close()
            self.sock = None
            self.finishing = False
            self.crew.later(self.crew.chance.uniform(*BACK_SECONDS), self.connect)

    def greet(self) -> None:
        """Say the first words."""

    def feed(self, data: bytes) -> None:
        """Take what came."""

    def act(self) -> None:
        """It is its turn to say something."""

    def settled(self, tips: dict[str, int] | None) -> bool:
        """Whether nothing of it is under way, and (``tips``) it has all that its room has."""
        del tips
        return True


class Native(Client):
    """A native client in one room."""

    def __init__(self, crew: "Crew", who: str, way: Way, room: str) -> None:
        super().__init__(crew, who, way)
        self.room = room
        self.story.room = room
        self._rest = b""
        self._payload = 0
        self._digest = hashlib.sha256()
        self._wanted: dict[str, str] = {}
        """SHA-256 of the files that are being fetched, by tag."""
        self._since: dict[str, float] = {}
        """When a word was said over this connection."""
        self._answers = {
            "hello": self._welcomed,
            "join": self._joined,
            "past": self._told_of_past,
        }

    def greet(self) -> None:
        """HELLO, with the session if there is one."""
        self._rest, self._payload = b"", 0
        self._wanted.clear()
        self._since.clear()
        session = self.story.session
        name = self.story.name or self.who
        self._ask("hello", f"HELLO {name}" + (f" session={session}" if session else ""))

    def feed(self, data: bytes) -> None:
        """Lines, and the bytes of files between them."""
        data = self._rest + data
        at = 0
        while at < len(data) and self.sock is not None:
            if self._payload:
                piece = data[at : at + self._payload]
                self._digest.update(piece)
                self._payload -= len(piece)
                at += len(piece)
                continue
            end = data.find(b"\n", at)
            if end < 0:
                break
            self._line(data[at:end].decode())
            at = end + 1
        self._rest = data[at:]

    def act(self) -> None:
        """Say a word, or now and then send a file."""
        story = self.story
        if self.sock is None or self.finishing or not story.caught_up:
            return
        if story.upload is None and self.crew.chance.random() < self.crew.files:
            word = f"{self.who}.f{story.files}"
            self.note("sends", word, str(self.crew.chance.randint(*FILE_BYTES)), "1", "0")
            self._send_file()
        elif len(story.pending) < UNACKNOWLEDGED:
            word = f"{self.who}.{len(story.said)}"
            self.note("says", word)
            self._since[word] = time.monotonic()
            self._ask(word, f"SAY {self.room} {word}")

    def settled(self, tips: dict[str, int] | None) -> bool:
        """See :class:`Client`."""
        story = self.story
        if story.pending or story.upload is not None:
            return False
        return tips is None or (story.caught_up and story.last >= tips[self.room])

    def _ask(self, tag: str, line: str, payload: bytes = b"") -> None:
        self.say(f"={tag} {line}\n".encode() + payload)

    def _line(self, line: str) -> None:
        words = line.split(" ")
        if words[0] in STORED:
            if words[3] == self.room:
                self.note("live", words[1], words[STORED[words[0]]])
                if words[0] == "FILE":
                    self._may_fetch(words)
        elif words[0] == "PING":
            self.say(f"PONG {' '.join(words[1:])}\n".encode())
        elif words[0].startswith("="):
            tag, *words = words
            tag = tag[1:]
            if tag in self._answers:
                self._answers[tag](words)
            elif tag in self._wanted:
                self._fetch(tag, words)
            else:
                self._answered(tag, words)

    def _welcomed(self, words: list[str]) -> None:
        if words[0] == "WELCOME":
            if self.story.session not in {"", words[2]}:
                self.note("fault", "another session")
            self.note("session", words[1], words[2])
        elif words[0] == "OK":
            self._ask("join", f"JOIN {self.room}")
        elif words[:2] == ["ERR", "name-taken"] and not self.story.session:
            # It has a session that it was never told of: the server or this crew was killed.
            self.story.name = f"{self.story.name or self.who}-"
            self.greet()
        elif words[0] == "ERR":
            self.note("fault", "HELLO", *words)

    def _joined(self, words: list[str]) -> None:
        if words[0] == "OK":
            self._ask_past()
        elif words[0] == "ERR":
            self.note("fault", "JOIN", *words)

    def _ask_past(self) -> None:
        self._ask("past", f"HISTORY {self.room} after {self.story.last} 200")

    def _told_of_past(self, words: list[str]) -> None:
        if words[0] in STORED:
            self.note("past", words[1], words[STORED[words[0]]])
        elif words[0] == "ERR":
            self.note("fault", "HISTORY", *words)
        elif words[2] == "1":
            self._ask_past()
        else:
            self.note("caught_up")
            for word in self.story.pending:
                self._ask(word, f"SAY {self.room} {word}")
            self._send_file()

    def _answered(self, tag: str, words: list[str]) -> None:
        """The answer to a word or a file."""
        upload = self.story.upload
        word = tag.partition("_")[0]  # behind it stands which line about a file it was
        if words[0] == "OK":
            since = self._since.pop(word, None)
            took = NOT_TIMED if since is None else (time.monotonic() - since) * 1000
            self.note("acknowledged", word, words[1], f"{took:.2f}")
        elif words[1] == "not-saved":
            self.crew.later(RETRY_SECONDS, lambda: self._say_again(word))
        elif upload is not None and word == upload.word and words[1] in {"bad-offset", "slow-down"}:
            self._go_on(upload, words)
        else:
            self.note("fault", tag, *words)

    def _say_again(self, word: str) -> None:
        if self.sock is not None and word in self.story.pending:
            self._ask(word, f"SAY {self.room} {word}")

    def _go_on(self, upload: Upload, words: list[str]) -> None:
        """A part of the file is there: a new line, with a tag of its own, sends the rest."""
        if words[1] == "slow-down":
            self.crew.later(RETRY_SECONDS, self._send_file)
            return
        self.note("sends", upload.word, str(upload.size), str(upload.attempt + 1), words[2])
        self._send_file()

    def _send_file(self) -> None:
        upload = self.story.upload
        if upload is None or self.sock is None or not self.story.caught_up:
            return
        rest = content(upload.word, upload.size)[upload.offset :]
        transfer = "t" + upload.word.replace(".", "-")
        self._ask(
            f"{upload.word}_{upload.attempt}",
            f"SEND {self.room} {transfer} {upload.offset} {len(rest)} {upload.size} {upload.word}",
            rest,
        )

    def _may_fetch(self, words: list[str]) -> None:
        if not self._wanted and self.crew.chance.random() < 1 / FETCHED_ONE_IN:
            tag = f"get{words[1]}"
            self._wanted[tag] = words[6]
            self._digest = hashlib.sha256()
            self._ask(tag, f"GET {words[1]}")

    def _fetch(self, tag: str, words: list[str]) -> None:
        if words[0] == "SEND":
            self._payload = int(words[4])
            return
        if words[0] == "OK" and self._digest.hexdigest() == self._wanted[tag]:
            self.note("fetched")
        else:
            self.note("fault", "GET", *words)
        del self._wanted[tag]
