"""A hub without sockets: a real log, a loop whose clock stands still, peers that write down."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from reactor.hub import Hub, Item, Peer
from reactor.hub.people import Session
from reactor.hub.rooms import Room
from reactor.hub.stage import Segment
from reactor.log import Batch, Log, LogError, Place
from reactor.loop import Loop
from reactor.spool import Spool
from tests.support.closing import Closing
from wire.limits import LIMITS, Settings
from wire.parser import ENDED, NEED_DATA, Frame, Parser, Payload, Refused

START = 1_700_000_000.0
"""2023-11-14T22:13:20Z"""


def kinds(lines: list[str]) -> list[str]:
    """The verbs of lines, tags left out, with the name that JOINED, LEFT and RENAMED tell of."""
    found = []
    for line in lines:
        words = [word for word in line.split() if not word.startswith("=")]
        shown = {"JOINED": 3, "LEFT": 3, "RENAMED": 3, "MSG": 5}.get(words[0])
        found.append(words[0] if shown is None else f"{words[0]} {words[shown]}")
    return found


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.skew = 0.0  # how wrong the clock on the wall is

    def monotonic(self) -> float:
        return self.at

    def wall(self) -> float:
        return START + self.at + self.skew


class FakePeer(Peer):
    """A connection that writes down what is delivered; like a door's, it ends after a BYE."""

    def __init__(
        self, lab: "Lab", label: str, uid: int | None, login: str, *, operator: bool
    ) -> None:
        super().__init__(
            *("tcp" if uid is None else "unix", uid, login, 0),
            address=f"10.0.0.{len(lab.peers) + 1}:4000",
            operator=operator,
        )
        self.lab = lab
        self.label = label
        self.parser = Parser(server=True)
        self.shared: list[bytes] = []
        self.lines: list[str] = []
        self.ended = False
        self.token = ""

    def __repr__(self) -> str:
        return f"<FakePeer {self.label}>"

    def deliver(self, items: list[Item]) -> None:
        self.lab.trace.append(f"deliver {self.label}")
        if self.ended:
            return
        self.shared += [item.encode() for item in items if isinstance(item, Segment)]
        data = b"".join(item if isinstance(item, bytes) else item.encode() for item in items)
        if not data:
            return  # all of it comes later, as a search does
        assert data.endswith(b"\n")
        for line in data.decode()[:-1].split("\n"):
            self.lines.append(line)
            if line.startswith("WELCOME "):
                self.token = line.split()[2]
        if self.goodbye:
            assert self.lines[-1].startswith(f"BYE {self.goodbye} ")
            self.ended = True
            self.lab.hub.lost(self, self.goodbye)

    def deliver_shared(self, data: bytes) -> None:
        if not self.ended:
            self.shared.append(data)
        super().deliver_shared(data)

    def say(self, *lines: str) -> None:
        """Have the lines handled in the turn that goes on."""
        self.parser.receive("".join(line + "\n" for line in lines).encode())
        self.go_on()

    def go_on(self) -> None:
        """Handle what was said, up to one whose answer is being made."""
        while not self.goodbye and self.pending is None:
            event = self.parser.next_event()
            if event in {NEED_DATA, ENDED}:
                return
            if isinstance(event, Frame):
                self.lab.hub.handle(self, event)
                self.parser.greeted = self.parser.greeted or self.session is not None
                if event.verb == "SEND" and self.piece is None:
                    self.parser.refuse()
            elif isinstance(event, Payload) and self.piece is not None:
                assert self.piece.feed(event.data)
                if not event.left:
                    self.piece.end()
            elif isinstance(event, Refused):
                self.lab.hub.refuse(self, event)

    def take(self) -> list[str]:
        """What came since the last take."""
        lines, self.lines = self.lines, []
        self.shared.clear()
        return lines

    def segments(self) -> list[bytes]:
        """The shared pieces among what came since the last take, as they were encoded."""
        return [*self.shared]

    def ask(self, *lines: str) -> list[str]:
        """A turn with these lines alone; what comes of it here."""
        self.take()
        self.say(*lines)
        self.lab.turn()
        return self.take()


class Lab(Closing):
    """A hub with its log and loop. ``broken``: commits fail, and nothing of them is stored."""

    def __init__(self, folder: Path, **settings: float) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = FakeClock()
        self.trace: list[str] = []
        self.peers: list[FakePeer] = []
        self.broken = False
        self.failures = 0
        self.before_commit: Callable[[], object] = lambda: None
        self.start()

    def start(self) -> None:
        """Open the log and put a hub on it."""
        self.loop = Loop(clock=self.clock)
        self.log = Log(self.folder)
        self.real_commit = self.log.commit
        self.log.commit = self._commit  # type: ignore[method-assign] # the seam under test
        pairs = [(name.replace("_", "-"), value) for name, value in self.settings.items()]
        self.spool = Spool(self.folder / "spool", self.clock.wall())
        self.hub = Hub(self.loop, self.log, self.spool, Settings(pairs), "en")
        self.loop.hooks.append(self.hub.settle)

    def restart(self) -> None:
        """End as a kill would, and start again: everybody is gone, what was stored is there."""
        self.close()
        self.peers.clear()
        self.start()

    def close(self) -> None:
        """Give everything back."""
        self.loop.close()
        self.spool.close()
        self.log.close()

    def peer(
        self, name: str = "", uid: int | None = None, login: str = "", *, operator: bool = False
    ) -> FakePeer:
        """A new connection; with a name, it has said HELLO and taken the answer."""
        peer = FakePeer(self, name or f"p{len(self.peers)}", uid, login, operator=operator)
        self.peers.append(peer)
        if name:
            welcome = peer.ask(f"HELLO {name}")
            assert welcome[0].startswith(f"WELCOME {name} "), welcome
        return peer

    def again(self, peer: FakePeer) -> FakePeer:
        """One more connection of the same person."""
        other = self.peer()
        assert peer.session is not None
        other.label = peer.label + "'"
        other.ask(f"HELLO {peer.session.name} session={peer.token}")
        assert other.session is peer.session
        return other

    def members(self, *names: str, room: str = "#lab") -> list[FakePeer]:
        """People in a room, with nothing left to take."""
        peers = [self.peer(name) for name in names]
        for peer in peers:
            peer.say(f"JOIN {room}")
        self.turn()
        for peer in peers:
            peer.take()
        return peers

    def turn(self) -> None:
        """One turn of the loop, and those that it asks for."""
        self.once()
        while self.hub.stage.touched or self.hub.stage.batch or self.hub.searches.waiting:
            self.once()
        while self.hub.locks.waiting:
            self.clock.at += 0.1
            self.turn()

    def once(self) -> None:
        """One turn of the loop, which does not wait."""
        self.loop.restless()
        self.loop.run_once()

    def advance(self, seconds: float) -> None:
        """Let time go by, and have what is due settled."""
        self.clock.at += seconds
        self.turn()

    def _commit(self, batch: Batch) -> None:
        self.before_commit()
        if self.broken:
            self.failures += 1
            raise LogError("planted")
        self.real_commit(batch)
        self.trace.append("commit")


def consistent(lab: Lab) -> None:
    """What must hold between the hub's objects after every turn."""
    hub = lab.hub
    people = hub.people
    assert {session.id: session for session in people._sessions.values()} == people._sessions
    assert {s.name.lower(): s for s in people._sessions.values()} == people._names
    for session in people._sessions.values():
        # A name is held by a connection, or by a timer.
        assert (session.hold is None) == bool(session.peers), session
    for peer in lab.peers:
        if peer.session is not None:
            assert peer.session.peers.count(peer) == 1
            assert people.get(peer.session.id) is peer.session
        else:
            assert not peer.rooms
        assert not peer.out
        assert bool(peer.goodbye) == peer.ended
    assert set(hub.everybody.peers) == {peer for peer in lab.peers if peer.session is not None}
    assert sorted(lab.log.bans()) == sorted(hub.bans._rows.values())
    assert sorted(lab.log.silences()) == sorted(hub.silences._rows.values())
    assert lab.log.motd() == hub.motd
    for room in hub.rooms.sorted_from(""):
        assert room.place.id is not None
        assert set(room.peers) == {peer for peer in lab.peers if room in peer.rooms}
        counts: dict[object, int] = {}
        for member in room.peers:
            assert member.session is not None
            counts[member.session] = counts.get(member.session, 0) + 1
        assert counts == room.people
    stored = {row.place: (row.name, row.owner, row.topic, row.key) for row in lab.log.rooms()}
    assert stored == {
        room.place.id: (room.name, room.owner, room.topic.text, room.key)
        for room in hub.rooms.sorted_from("")
    }
    passwords = {row.session: row for row in lab.log.passwords()}
    assert passwords == hub.passwords._by_session
    assert {row.name.lower(): row for row in passwords.values()} == hub.passwords._by_name
    for session in people._sessions.values():
        row = lab.log.name(session.name)
        assert row is not None
        assert (row.shown, row.session, row.held) == (session.name, session.id, True)
    for pair, place in hub.talks.items():
        kept = lab.log.talk(*pair)
        assert kept is not None
        assert kept.id == place.id


class Snapshot(NamedTuple):
    """All that a turn may change in memory, to be compared."""

    people: dict[int, tuple[str, str, str, frozenset[Peer]]]
    rooms: dict[str, tuple[int, str, str, frozenset[int], frozenset[Peer], dict[Session, int]]]
    peers: dict[str, tuple[Session | None, frozenset[Room], str]]
    talks: dict[tuple[int, int], Place]
    moderation: tuple[object, ...]


def snapshot(lab: Lab) -> Snapshot:
    """What is in memory now."""
    hub = lab.hub
    return Snapshot(
        {
            session.id: (session.name, session.label, session.away, frozenset(session.peers))
            for session in hub.people._sessions.values()
        },
        {
            room.name: (room.owner, room.topic.text, room.key, room.invited,
                        frozenset(room.peers), dict(room.people))
            for room in hub.rooms.sorted_from("")
        },
        {peer.label: (peer.session, frozenset(peer.rooms), peer.goodbye) for peer in lab.peers},
        dict(hub.talks),
        (set(hub.everybody.peers), hub.bans._rows, hub.silences._rows, hub.motd,
         dict(hub.passwords._by_session), dict(hub.locks._wrong),
         [hub.settings.text(name) for name in LIMITS]),
    )  # fmt: skip
