"""People who come back with their session whenever they lose the server, and keep what is theirs.

Talkers keep what was not acknowledged and send it again; listeners catch up by HISTORY. What they
saw is judged by ``checker``.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from tests.reactor.checker import Event, Observed
from tests.support.raw import Raw
from tests.support.server import ServerProcess

UNACKNOWLEDGED = 20
PATIENCE = 60.0


class LostError(Exception):
    """The server is gone."""


class Client:
    """Somebody who comes back, with the same session, whenever the server does."""

    def __init__(self, port: int, name: str) -> None:
        self.port = port
        self.name = self.first_name = name
        self.session = ""
        self.connections = 0
        self.stop = threading.Event()

    def run(self) -> None:
        """Use a connection until this was all, and a new one whenever one is lost."""
        while True:
            try:
                with self.connected() as raw:
                    if self.use(raw):
                        return
            except (LostError, ConnectionError):
                continue

    def use(self, raw: Raw) -> bool:
        """Do what is to be done over one connection; whether this was all."""
        raise NotImplementedError

    @contextmanager
    def connected(self) -> Iterator[Raw]:
        """A connection in #lab."""
        with self.reached() as raw:
            taken = 0
            while True:
                name = self.name if not taken else f"{self.name}-{taken}"
                raw.say(f"HELLO {name}" + (f" session={self.session}" if self.session else ""))
                words = read(raw).split()
                if words[0] == "WELCOME":
                    break
                # Its session was stored, but the server died before it could tell.
                assert (words[1], self.session) == ("name-taken", "")
                taken += 1
            if self.session:
                assert words[2] == self.session
            self.session = words[2]
            self.name = words[1]
            self.connections += 1
            raw.say("JOIN #lab")
            yield raw

    def reached(self) -> Raw:
        """A connection, as soon as somebody listens."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return Raw(self.port)
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                time.sleep(0.002)  # there is nothing to wait on until it listens


def read(raw: Raw) -> str:
    """The next line, or LostError."""
    line = raw.line()
    if not line:
        raise LostError
    return line


def event(line: str) -> Event:
    """A MSG line."""
    words = line.split(" ", 5)
    return Event(int(words[1]), words[5])


class Talker(Client):
    """Says one word after another, and each again until it is acknowledged."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port, name)
        self.pending: dict[str, None] = {}
        self.said = 0
        self.resent = 0
        self.acknowledged: list[Event] = []

    def use(self, raw: Raw) -> bool:
        """Talk until told to stop and all is acknowledged."""
        raw.say(*[self.line(word) for word in self.pending])
        self.resent += len(self.pending)
        while self.pending or not self.stop.is_set():
            if len(self.pending) < UNACKNOWLEDGED // 2 and not self.stop.is_set():
                fresh = [f"{self.first_name}.{self.said + n}" for n in range(UNACKNOWLEDGED // 2)]
                self.said += len(fresh)
                self.pending.update(dict.fromkeys(fresh))
                raw.say(*map(self.line, fresh))
            words = read(raw).split()
            if words[0].startswith("="):
                assert words[1] == "OK", words
                word = words[0][1:]
                assert word == next(iter(self.pending)), "answers come in the order of the lines"
                del self.pending[word]
                self.acknowledged.append(Event(int(words[2]), word))
        return True

    @staticmethod
    def line(word: str) -> str:
        """A word as its tagged line."""
        return f"={word} SAY #lab {word}"


class Listener(Client):
    """Has everything up to some id, and all that comes live; catches up when it comes back."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port, name)
        self.goal = 0
        self.observed = Observed()
        self.caught_up = 0

    def use(self, raw: Raw) -> bool:
        """First what was missed, in pages; live lines wait meanwhile."""
        have = self.observed.everything
        run: list[Event] = []
        self.observed.live.append(run)
        more = True
        while more:
            raw.say(f"=h HISTORY #lab after {have[-1].id if have else 0} 200")
            page: list[Event] = []
            while not (line := read(raw)).startswith("=h OK "):
                if line.startswith("=h MSG "):
                    page.append(event(line.removeprefix("=h ")))
                elif line.startswith("MSG "):
                    run.append(event(line))
            have += page
            self.caught_up += len(page)
            more = line.endswith(" 1")
        last = have[-1].id if have else 0
        have += [found for found in run if found.id > last]
        while not (self.stop.is_set() and (have[-1].id if have else 0) >= self.goal):
            try:
                line = raw.line(0.05)
            except TimeoutError:
                continue
            if not line:
                raise LostError
            if line.startswith("MSG "):
                run.append(event(line))
                have.append(run[-1])
        return True


def table(server: ServerProcess) -> list[Event]:
    """All that is stored of the room, in pages."""
    found: list[Event] = []
    with Raw(server.port, name="auditor") as raw:
        raw.say("JOIN #lab")
        raw.sync()
        while True:
            *lines, end = raw.answer(f"HISTORY #lab after {found[-1].id if found else 0} 200")
            found += map(event, lines)
            if end.endswith(" 0"):
                return found


def acknowledged(talkers: list[Talker]) -> int:
    """How many words were."""
    return sum(len(talker.acknowledged) for talker in talkers)


def wait_for(what: Callable[[], bool], running: list[Future[None]]) -> None:
    """Until it is so; a client that failed ends the test at once."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        for client in running:
            if client.done():
                client.result()
        assert time.monotonic() < deadline, "nothing goes on any longer"
        time.sleep(0.001)
