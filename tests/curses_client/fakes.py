"""The client without a screen: a clock that stands still, a front that notes, a server by hand."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from curses_client.chat import Before, Chat
from curses_client.front import Failure, Pending, Stored
from curses_client.link import Address, Status
from curses_client.store import Store
from reactor.loop import Clock, Loop
from tests.support.closing import Closing
from wire.parser import Frame, Parser

PATIENCE = 30.0
SESSION = "s" * 16
TIME = "2026-11-21T07:40:00.123Z"
NEWEST = "before 999999999999999"
"""The end of a HISTORY line that asks for the newest."""
LATER = 999_999
"""The tip of a server that has stored all that a test shows, and more."""


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def wall(self) -> float:
        return 1_700_000_000.0 + self.at


class BriefSelector(selectors.EpollSelector):
    """Never waits long: a turn always ends, and a test can look whether it has what it wants."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0.005 if timeout is None else min(timeout, 0.005))


def run_until(loop: Loop, condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Turn ``loop``, which has a :class:`BriefSelector`, until ``condition`` holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        loop.run_once()


class Recorder:
    """A front that writes down what it is told."""

    chat: Chat

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.events: list[Stored] = []
        self.failures: list[tuple[Pending, Failure]] = []
        self.acknowledged: list[str] = []
        self.losses = 0
        self.on_loss: Callable[[], object] = lambda: None

    def welcome(self) -> None:
        self.told.append(("welcome", self.chat.name))

    def refused(self, failure: Failure) -> None:
        self.told.append(("refused", failure))

    def stored(self, event: Stored) -> None:
        self.told.append(("stored", event.id))
        self.events.append(event)

    def passing(self, frame: Frame) -> None:
        self.told.append((frame.verb, *frame.args))

    def delivered(self, pending: Pending) -> None:
        self.told.append(("delivered", pending.text))
        self.acknowledged.append(pending.text)

    def failed(self, pending: Pending, failure: Failure) -> None:
        self.told.append(("failed", pending.text, failure))
        self.failures.append((pending, failure))

    def room_failed(self, room: str, failure: Failure) -> None:
        self.told.append(("room failed", room, failure))

    def caught_up(self, scope: str) -> None:
        self.told.append(("caught up", scope))

    def link_lost(self, reason: str) -> None:
        self.told.append(("lost", reason))
        self.losses += 1
        self.on_loss()

    def goodbye(self, word: str, text: str) -> None:
        self.told.append(("goodbye", word, text))

    def forgotten(self) -> None:
        self.told.append(("forgotten",))

    def take(self) -> list[tuple[object, ...]]:
        """What was told since the last take."""
        told, self.told = self.told, []
        return told

    @property
    def shown(self) -> list[int]:
        """The ids of the events, in the order in which they were told."""
        return [event.id for event in self.events]


class Wire:
    """Stands in the link's place: what the client says waits here, read as a server reads it."""

    def __init__(self) -> None:
        self.address = Address(socket.AF_INET, "", "here")
        self.account = None
        self.status = Status.UP
        self.retry_at = 0.0
        self.retries = 0
        self.lines: deque[Frame] = deque()
        self._parser = Parser(server=False)

    def send(self, verb: str, *args: str, tag: str | None = None, payload: bytes = b"") -> None:
        assert not payload
        reader = Parser(server=True)
        reader.receive(self._parser.send(verb, *args, tag=tag))
        frame = reader.next_event()
        assert isinstance(frame, Frame)
        self.lines.append(frame)

    def take(self) -> list[str]:
        """What was said since the last take, without tags."""
        lines = [frame.line.decode() for frame in self.lines]
        self.lines.clear()
        return lines

    def greeted(self) -> None:
        """The client is content."""

    def renew(self) -> None:
        """The client does not want to wait."""
        self.retries += 1

    def end(self) -> None:
        """The client comes back no more."""
        self.status = Status.ENDED


class Request(NamedTuple):
    """A line of the client: its tag ("" for none), and what stood behind."""

    tag: str
    line: str


class Peer:
    """The server's end of one connection, spoken by hand."""

    def __init__(self, desk: "Desk", sock: socket.socket) -> None:
        sock.settimeout(0)
        self.sock = sock
        self.ended = False
        self._desk = desk
        self._data = b""
        self._settled = 0

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.sock.send("".join(line + "\n" for line in lines).encode())

    def next(self) -> Request:
        """The next line of the client."""
        self._desk.run_until(lambda: b"\n" in self._look())
        line, _, self._data = self._data.partition(b"\n")
        text = line.decode()
        tag, _, rest = text.partition(" ") if text.startswith("=") else ("", "", text)
        return Request(tag.removeprefix("="), rest)

    def expect(self, line: str) -> str:
        """The next line must be ``line``; its tag."""
        request = self.next()
        assert request.line == line
        return request.tag

    def answer(self, line: str, *lines: str, ok: str = "") -> None:
        """The next line must be ``line``; answer it with ``lines``, then OK."""
        tag = self.expect(line)
        self.say(*(f"={tag} {answer}" for answer in lines), f"={tag} OK {ok}".rstrip())

    def refuse(self, line: str, error: str) -> None:
        """The next line must be ``line``; answer it with ERR."""
        tag = self.expect(line)
        self.say(f"={tag} ERR {error}")

    def settle(self) -> None:
        """Wait until the client has read all that was said to it."""
        self._settled += 1
        self.say(f"PING settled-{self._settled}")
        answer = f"PONG settled-{self._settled}\n".encode()
        self._desk.run_until(lambda: answer in self._look())
        self._data = self._data.replace(answer, b"")

    def silent(self) -> bool:
        """Whether the client says nothing to all that was said to it."""
        if not self.ended:
            self.settle()
        return not self._look()

    def greet(self, tip: int | None = None, history: str = "h1", *, again: bool = False) -> None:
        """Take the client in; ``again``: it must show the secret of its first visit.

        Without a ``tip`` it is 0 at first, and then above all that was ever shown.
        """
        name = self._desk.chat.name
        if tip is None:
            tip = LATER if again else 0
        hello = f"HELLO {name} session={SESSION}" if again else f"HELLO {name}"
        self.answer(hello, f"WELCOME {name} {SESSION} {history} {tip} -")

    def let_in(self, room: str) -> None:
        """Answer JOIN."""
        tag = self.expect(f"JOIN {room}")
        name = self._desk.chat.name
        self.say(f"JOINED {TIME} {room} {name}", f"={tag} NAMES {room} {name}", f"={tag} OK")

    def page(self, line: str, *events: str, more: int = 0) -> None:
        """Answer ``HISTORY`` with events."""
        self.answer(f"HISTORY {line}", *events, ok=f"{len(events)} {more}")

    def wait_end(self) -> None:
        """Wait until the client has closed."""
        self._desk.run_until(lambda: self._look() is not None and self.ended)

    def close(self) -> None:
        self.sock.close()

    def _look(self) -> bytes:
        """What came and was not taken."""
        try:
            data = self.sock.recv(1 << 16)
            self.ended = self.ended or not data
            self._data += data
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.ended = True
        return self._data


class Desk(Closing):
    """A :class:`Chat` at a server whose part the test plays; time stands still."""

    def __init__(
        self,
        folder: Path,
        backlog: int = 100,
        name: str = "rizky",
        clock: Clock | None = None,
        before: Before = Before(),  # noqa: B008 - it cannot be changed
    ) -> None:
        self.clock = FakeClock()
        self.loop = Loop(BriefSelector(), clock or self.clock)
        self.front = Recorder()
        self.store = Store(folder / "client", "server", name)
        self.peers: list[Peer] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        where = self._listener.getsockname()
        self.chat = Chat(
            self.loop,
            [Address(socket.AF_INET, where, "here")],
            self.store,
            self.front,
            name,
            backlog,
            before,
        )
        self.front.chat = self.chat

    def run_until(self, condition: Callable[[], object]) -> None:
        """Turn the loop until ``condition`` holds."""
        run_until(self.loop, condition)

    def accept(self) -> Peer:
        """The next connection of the client."""

        def came() -> bool:
            try:
                sock, _ = self._listener.accept()
            except BlockingIOError:
                return False
            self.peers.append(Peer(self, sock))
            return True

        self.run_until(came)
        return self.peers[-1]

    def start(self, *rooms: str) -> Peer:
        """Have the chat enter ``rooms``; the connection, before HELLO was read."""
        for room in rooms:
            self.chat.join(room)
        self.chat.start()
        return self.accept()

    def come_in(self, *events: str) -> Peer:
        """Enter #lab, whose backlog is ``events``; there is nothing else."""
        peer = self.start("#lab")
        peer.greet()
        peer.let_in("#lab")
        peer.page(f"#lab {NEWEST} 100", *events)
        peer.page(f"@ {NEWEST} 100")
        peer.page(f"* {NEWEST} 100")
        self.run_until(lambda: ("caught up", "*") in self.front.told)
        return peer

    def again(self) -> Peer:
        """The connection after a break; nobody waits for it."""
        self.run_until(lambda: self.front.losses)
        self.front.losses = 0
        self.chat.link.renew()
        return self.accept()

    def lose(self, peer: Peer) -> Peer:
        """Break the connection; the next one."""
        peer.close()
        return self.again()

    def advance(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.at += seconds
        self.loop.run_once()

    def turns(self) -> None:
        """Some turns: time for something that should not happen."""
        for _ in range(5):
            self.loop.run_once()

    def close(self) -> None:
        """Give everything back."""
        for peer in self.peers:
            peer.close()
        self.chat.link.end()
        self.run_until(lambda: self.chat.link.closed)
        self._listener.close()
        self.loop.close()


def message(number: int, target: str = "#lab", sender: str = "fatur", text: str = "") -> str:
    """A MSG line."""
    return f"MSG {number} {TIME} {target} {sender} {text or f'baris {number}'}"
