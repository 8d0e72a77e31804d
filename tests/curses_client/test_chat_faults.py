"""Chat against a real server whose answers get lost on the way: nothing lost, nothing twice.

P3 of the faults: the proxy takes the lines to the server and cuts the link before the answers come
back; the client says the same lines again. All moments come from a seed.
"""

import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curses_client.chat import Chat
from curses_client.link import Address
from curses_client.store import Store
from reactor.loop import Loop
from tests.curses_client.fakes import BriefSelector, Recorder, run_until
from tests.curses_client.line_client import stored
from tests.support.proxy import Proxy
from tests.support.raw import Raw
from tests.support.server import ServerProcess

LINES = 320
PATIENCE = 60.0


class Room:
    """People on one loop who come to the server through a proxy, and never wait to come back."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        self.loop = Loop(BriefSelector())
        self._folder = folder
        self._proxy = proxy
        self._chats: list[Chat] = []

    def person(self, name: str, backlog: int = 100) -> tuple[Chat, Recorder]:
        """Somebody in #lab."""
        front = Recorder()
        store = Store(self._folder / name, "server", name)
        address = Address(socket.AF_INET, ("127.0.0.1", self._proxy.port), "proxy")
        chat = front.chat = Chat(self.loop, [address], store, front, name, backlog)
        front.on_loss = lambda: self.loop.later(0.01, chat.link.renew)
        chat.join("#lab")
        chat.start()
        self._chats.append(chat)
        run_until(self.loop, lambda: ("caught up", "*") in front.told)
        return chat, front

    def until(self, condition: Callable[[], object]) -> None:
        """Go on until ``condition`` holds."""
        run_until(self.loop, condition, PATIENCE)

    def close(self) -> None:
        """Everybody leaves."""
        for chat in self._chats:
            chat.quit()
        self.until(lambda: all(chat.link.closed for chat in self._chats))
        self.loop.close()


@pytest.fixture(params=[64 * 1024, 3], ids=["whole", "3 bytes at a time"])
def proxy(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    """The way to the server; in slices, an answer may be cut in its middle."""
    with Proxy(server.port, request.param) as proxy:
        yield proxy


@pytest.fixture
def room(proxy: Proxy, tmp_path: Path) -> Iterator[Room]:
    """People behind the proxy."""
    room = Room(tmp_path, proxy)
    yield room
    room.close()


def talk(
    room: Room, chat: Chat, chance: random.Random, fault: Callable[[], object], chances: float
) -> list[str]:
    """Say LINES lines in bursts with a fault now and then; what was said."""
    texts = [f"{n} {'é' * chance.randrange(200)}" for n in range(LINES)]
    left = list(texts)
    while left:
        for _ in range(min(len(left), chance.randrange(1, 25))):
            chat.say("#lab", left.pop(0))
        if chance.random() < chances:
            fault()
        for _ in range(chance.randrange(6)):
            room.loop.run_once()
    room.until(lambda: not chat.outbox)
    return texts


@pytest.mark.parametrize("seed", range(4))
def test_answers_that_are_lost_double_nothing_and_lose_nothing(
    server: ServerProcess, proxy: Proxy, room: Room, seed: int
) -> None:
    chance = random.Random(seed)
    chat, mine = room.person("rizky")
    _, other = room.person("fatur")

    def fault() -> None:
        proxy.hold_replies()
        for _ in range(chance.randrange(1, 8)):  # so long the server still hears us
            room.loop.run_once()
        proxy.cut(reset=chance.random() < 0.5)

    texts = talk(room, chat, chance, fault, 0.4)
    room.until(lambda: all(len(front.events) >= LINES for front in (mine, other)))
    assert mine.losses >= 3
    assert stored(server) == texts
    for front in (mine, other):
        assert [event.body for event in front.events] == texts
        assert front.shown == sorted(set(front.shown))
    assert mine.acknowledged == texts
    assert not mine.failures


def test_no_cut_is_no_loss(proxy: Proxy, room: Room) -> None:
    """That the test above counts losses and lines rightly."""
    chat, mine = room.person("rizky")
    assert proxy.accepted == 1
    texts = talk(room, chat, random.Random(0), lambda: None, 0)
    room.until(lambda: len(mine.events) >= LINES)
    assert mine.losses == 0
    assert [event.body for event in mine.events] == texts


def test_answers_were_really_lost(server: ServerProcess, proxy: Proxy, room: Room) -> None:
    """That a held reply means: on the server's disk, and unknown to the client."""
    chat, mine = room.person("rizky")
    proxy.hold_replies()
    chat.say("#lab", "satu")
    room.until(lambda: stored(server) == ["satu"])
    assert chat.outbox
    assert not mine.events
    proxy.cut()
    room.until(lambda: not chat.outbox)
    room.until(lambda: mine.events)
    assert stored(server) == ["satu"]
    assert [event.body for event in mine.events] == ["satu"]


def test_a_killed_server_comes_back_and_has_every_line_once(
    server: ServerProcess, proxy: Proxy, room: Room
) -> None:
    chance = random.Random(5)
    chat, mine = room.person("rizky")
    _, other = room.person("fatur")

    def fault() -> None:
        server.kill()
        for _ in range(chance.randrange(4)):
            room.loop.run_once()
        server.start()

    texts = talk(room, chat, chance, fault, 0.2)
    room.until(lambda: all(len(front.events) >= LINES for front in (mine, other)))
    assert mine.losses >= 2
    assert stored(server) == texts
    for front in (mine, other):
        assert [event.body for event in front.events] == texts
    assert proxy.accepted > 2


def test_a_reader_who_wants_nothing_old_gets_exactly_what_it_missed(
    server: ServerProcess, proxy: Proxy, room: Room
) -> None:
    with Raw(server.port, name="aguel") as aguel:
        aguel.answer("JOIN #lab")
        for n in range(10):
            aguel.answer(f"SAY #lab lama {n}", f"l{n}")
        _, reader = room.person("rizky", backlog=0)
        for n in range(5):
            aguel.answer(f"SAY #lab baru {n}", f"b{n}")
        room.until(lambda: len(reader.events) == 5)
        proxy.refuse()
        proxy.cut()
        for n in range(5, 455):  # three pages
            aguel.answer(f"SAY #lab baru {n}", f"b{n}")
        proxy.accept()
        room.until(lambda: len(reader.events) >= 400)
        aguel.answer("SAY #lab habis", "last")
        room.until(lambda: reader.events[-1].body == "habis")
    assert [e.body for e in reader.events] == [*(f"baru {n}" for n in range(455)), "habis"]


def test_private_talk_survives_the_same_faults(
    server: ServerProcess, proxy: Proxy, room: Room
) -> None:
    chance = random.Random(11)
    chat, mine = room.person("rizky")
    _, other = room.person("fatur")
    texts = [f"bisik {n}" for n in range(100)]
    for n, text in enumerate(texts):
        chat.say("@fatur", text)
        if n % 20 == 10:
            proxy.hold_replies()
            for _ in range(chance.randrange(1, 6)):
                room.loop.run_once()
            proxy.cut()
        room.loop.run_once()
    room.until(lambda: not chat.outbox)
    room.until(lambda: all(len(front.events) >= len(texts) for front in (mine, other)))
    assert [event.body for event in mine.events] == texts
    assert [event.body for event in other.events] == texts
    assert stored(server) == []
