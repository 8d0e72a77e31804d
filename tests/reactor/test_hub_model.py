"""The hub against a model: random turns of random lines, some of which cannot be stored (P2, C24).

After every turn the hub's objects fit each other and the tables; and what each connection received,
read as a client reads it, is true: NAMES agrees with what was told before it, the order is the same
for all, nothing is missing or doubled between JOINED and LEFT.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reactor.lab import FakePeer, Lab, Snapshot, consistent, snapshot

ROOMS = ("#lab", "#den")
NAMES = ("ani", "budi", "cici", "dodi", "eka", "fifi")
TURNS = 40
SEEDS = 60


class Reader:
    """What a client knows of its rooms from the lines alone."""

    def __init__(self, peer: FakePeer) -> None:
        self.peer = peer
        self.name = ""
        self.views: dict[str, set[str] | None] = {}  # None: joined, NAMES still to come
        self.events: dict[str, list[list[str]]] = {room: [] for room in ROOMS}
        self.pending: dict[str, str] = {}  # my tagged words that were not acknowledged
        self.acknowledged: dict[str, int] = {}
        self.over = False

    def read(self) -> None:
        """Take what came and believe it."""
        for line in self.peer.take():
            assert not self.over, f"after BYE: {line}"
            tag = ""
            words = line.split(" ")
            if words[0].startswith("="):
                tag = words.pop(0)[1:]
            handler = getattr(self, "on_" + words[0].lower(), None)
            if handler is not None:
                handler(tag, words)

    def on_welcome(self, _tag: str, words: list[str]) -> None:
        self.name = words[1]

    def on_joined(self, _tag: str, words: list[str]) -> None:
        _, _, room, name = words
        if room not in self.views:
            assert name == self.name, "the first that is told of a room is my own JOINED"
            self.views[room] = None
            self.events[room].append([])
            return
        view = self.views[room]
        if view is not None:
            assert name not in view
            view.add(name)

    def on_left(self, _tag: str, words: list[str]) -> None:
        room, name = words[2], words[3]
        if name == self.name:
            del self.views[room]
            return
        view = self.views[room]
        if view is not None:
            view.remove(name)

    def on_renamed(self, _tag: str, words: list[str]) -> None:
        _, _, former, name = words
        if former == self.name:
            self.name = name
        for view in self.views.values():
            if view is not None and former in view:
                view.remove(former)
                view.add(name)

    def on_names(self, _tag: str, words: list[str]) -> None:
        room, names = words[1], words[2:]
        assert self.name in names
        assert len(set(names)) == len(names)
        if self.views[room] is None:
            self.views[room] = set(names)
        assert self.views[room] == set(names), "NAMES is true where it stands"

    def on_msg(self, tag: str, words: list[str]) -> None:
        room, text = words[3], words[5]
        if not tag and room in ROOMS:
            assert room in self.views
            self.events[room][-1].append(" ".join(words))
        if not tag and text in self.pending:
            del self.pending[text]  # my event has come; its OK may now

    def on_ok(self, tag: str, words: list[str]) -> None:
        if tag.startswith("say"):
            assert tag not in self.pending, "an event comes before its OK"
            self.acknowledged[tag] = int(words[1])

    def on_err(self, tag: str, _words: list[str]) -> None:
        self.pending.pop(tag, None)

    def on_bye(self, _tag: str, _words: list[str]) -> None:
        self.over = True


class Walk:
    """One random life of a hub."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab = lab
        self.chance = random.Random(seed)
        self.readers: list[Reader] = []
        self.attempted = 0

    def connect(self) -> None:
        """Somebody comes: new, or one more terminal of somebody who is here."""
        peer = self.lab.peer()
        self.readers.append(Reader(peer))
        known = [reader for reader in self.readers if reader.peer.token and reader.name]
        line = f"HELLO {self.chance.choice(NAMES)}"
        if known and self.chance.random() < 0.4:
            friend = self.chance.choice(known)
            name = friend.name if self.chance.random() < 0.8 else self.chance.choice(NAMES)
            line = f"HELLO {name} session={friend.peer.token}"
        peer.say(line)

    def line(self, reader: Reader) -> str:
        """Something to say."""
        room = self.chance.choice(ROOMS)
        what = self.chance.random()
        if what < 0.4:
            self.attempted += 1
            tag = f"say{self.attempted}"
            reader.pending[tag] = tag
            target = room if self.chance.random() < 0.8 else "@" + self.chance.choice(NAMES)
            return f"={tag} SAY {target} {tag}"
        choices = {
            f"JOIN {room}": 18,
            f"=n NAMES {room}": 9,
            f"LEAVE {room}": 3,
            f"NICK {self.chance.choice(NAMES)}": 3,
            f"=h HISTORY {room} after 0 200": 3,
            "=h HISTORY @ after 0 200": 2,
            f"TOPIC {room} x": 1,
            "WHO ani": 1,
            "AWAY": 1,
            "NONSENSE": 1,
            "QUIT bye": 0.3,
        }
        return self.chance.choices(list(choices), list(choices.values()))[0]

    def act(self) -> None:
        """Some say something, somebody comes or is lost."""
        lab, chance = self.lab, self.chance
        alive = [r for r in self.readers if not r.peer.goodbye and not r.peer.ended]
        if len(alive) < 7 and chance.random() < 0.5:
            self.connect()
        for _ in range(chance.randrange(8)):
            if alive:
                reader = chance.choice(alive)
                if not reader.peer.goodbye:
                    reader.peer.say(self.line(reader))
        if alive and chance.random() < 0.1:
            reader = chance.choice(alive)
            if reader.peer.goodbye:
                pass
            elif chance.random() < 0.5:
                lab.hub.bid_farewell(reader.peer, "quit")
            else:
                lab.hub.lost(reader.peer)
                reader.peer.ended, reader.peer.goodbye = True, "quit"
                reader.over = True
        if chance.random() < 0.1:
            lab.clock.at += 700

    def check(self) -> None:
        """Everybody reads, and everything fits."""
        consistent(self.lab)
        for reader in self.readers:
            if not reader.over:
                reader.read()

    def check_order(self) -> None:
        """What each received of a room is a run without holes of what was stored of it."""
        for room in ROOMS:
            page = list(self.stored(room))
            ids = [int(line.split()[1]) for line in page]
            assert ids == sorted(set(ids))
            for reader in self.readers:
                for run in reader.events[room]:
                    if run:
                        start = page.index(run[0])
                        assert run == page[start : start + len(run)]

    def stored(self, room: str) -> Iterator[str]:
        """The events of a room in the table."""
        found = self.lab.hub.rooms.get(room)
        if found is not None:
            upto = self.lab.log.tip
            page = self.lab.log.page(found.place, after=True, number=0, count=100_000, upto=upto)
            assert not page.more
            yield from (line.decode().rstrip("\n") for line in page.lines)


@pytest.mark.parametrize("first", range(0, SEEDS, 10))
def test_random_lives(first: int) -> None:
    failures = acknowledged = 0
    for seed in range(first, first + 10):
        with tempfile.TemporaryDirectory() as folder, Lab(Path(folder) / "data") as lab:
            walk = Walk(lab, seed)
            for _ in range(TURNS):
                turn(lab, walk)
                walk.check()
            walk.check_order()
            failures += lab.failures
            acknowledged += sum(len(reader.acknowledged) for reader in walk.readers)
    assert failures > 10
    assert acknowledged > 100


def turn(lab: Lab, walk: Walk) -> None:
    """One random turn; sometimes it cannot be stored."""
    lab.broken = walk.chance.random() < 0.15
    failures, tip = lab.failures, lab.log.tip
    before = snapshot(lab)
    walk.act()
    lab.once()
    failed = lab.failures > failures
    lab.broken = False
    if failed:
        assert lab.log.tip == tip
        assert_nothing_new(before, snapshot(lab))
    while walk.chance.random() < 0.5:
        walk.act()  # together with what was staged while the last turn was delivered
        lab.once()
    lab.turn()
    if failed:
        # Names that became free are written with the next turn that can be stored.
        ghost = lab.peer("ghost")
        ghost.ask("QUIT")


def assert_nothing_new(before: Snapshot, after: Snapshot) -> None:
    """A turn that was not stored: people may have gone, no more."""
    for number, person in after.people.items():
        assert before.people[number][:3] == person[:3]
        assert person[3] <= before.people[number][3]
    assert after.rooms.keys() == before.rooms.keys()
    for name, room in after.rooms.items():
        assert before.rooms[name][:4] == room[:4]
        assert room[4] <= before.rooms[name][4]
    for label, (session, rooms, _) in before.peers.items():
        assert after.peers[label][0] in {None, session}
        assert after.peers[label][1] <= rooms
    assert after.talks == before.talks
