"""What the guests' doors have in common: a guest speaks in lines of the wire made by its door.

A door makes text of what its programs send, and text of what the hub delivers. Between the two a
guest is like anybody: its words are lines of the wire, judged, staged, stored and refused as such.
"""

from collections import Counter
from typing import NamedTuple

from reactor.doors.backlog import Backlog
from reactor.doors.tongue import CALLED, SENDER, TALK, Tongue
from reactor.hub import Hub, Item, Peer, guests
from reactor.journal import Journal
from reactor.log.records import MILLISECONDS
from reactor.loop import Loop
from wire.errors import BYES
from wire.grammar import GUEST_MARK, LINE_BREAK, LINE_BYTES, sendable
from wire.limits import Settings
from wire.parser import Frame, Parser, Refused


class House:
    """What every guests' door is given.

    ``counts``: what came, what was sent and, by reason, what was thrown away.
    """

    def __init__(
        self, loop: Loop, hub: Hub, settings: Settings, journal: Journal, tongue: Tongue, room: str
    ) -> None:
        self.loop = loop
        self.hub = hub
        self.settings = settings
        self.journal = journal
        self.tongue = tongue
        self.room = room
        self.counts: Counter[str] = Counter()
        self.parser = Parser(server=True)
        self.parser.greeted = True
        self.backlog = Backlog(settings)

    def text(self, data: bytes, *, breaks: bool = False) -> str:
        """What a guest sent, fit for the wire: unreadable bytes are dropped and counted.

        With ``breaks`` LF, CR LF and CR in it become U+2028, the line break inside a message; else
        they become U+FFFD, and only a U+2028 that was sent as such is one.
        """
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("utf-8", "ignore")
            self.counts["bytes"] += len(data) - len(text.encode())
        if breaks:
            return sendable(text, breaks=True)
        return LINE_BREAK.join(map(sendable, text.split(LINE_BREAK)))


class Remark(NamedTuple):
    """Words of a door itself, staged so that they stand between the answers where they belong."""

    words: str

    def encode(self) -> bytes:
        """Not a line of the wire (:class:`reactor.hub.stage.Encodable`)."""
        return b""


class GuestPeer(Peer):
    """A guest. A door's class says how it is told something and how it ends.

    ``hears_itself``: its kind of program shows what its own user says only when it comes back.
    """

    __slots__ = ("_asked", "_called", "_gone", "_greeted", "hears_itself", "house")

    def __init__(self, house: House, door: str, address: str, *, hears_itself: bool) -> None:
        super().__init__(door, None, "", int(house.loop.clock.wall() * MILLISECONDS))
        self.address = address
        self.house = house
        self.hears_itself = hears_itself
        self._asked = ""  # the name that it wanted
        self._called = ""  # for the journal: the session is gone when the guest is
        self._greeted = False
        self._gone = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.address} {self.session!r}>"

    @property
    def room(self) -> str:
        """Where what it says belongs."""
        return self.house.room

    @property
    def name(self) -> str:
        """What it is called now; "" for nobody."""
        return self.session.name if self.session is not None else ""

    def tell(self, line: str) -> None:
        """Send one line for people, which may hold LFs, when the turn is on disk."""
        raise NotImplementedError

    def end(self) -> None:
        """Its BYE was told: nothing follows."""
        raise NotImplementedError

    def enter(self, wanted: str) -> None:
        """Come in under a name near to ``wanted``."""
        house = self.house
        self._asked = wanted
        house.hub.happen(lambda: guests.enter(house.hub, self, wanted, house.room))
        house.hub.counters.add(f"accepted-{self.door.partition('-')[0]}")
        self._called = self.name
        house.journal.say("came", name=self.name, door=self.door, address=self.address)

    def say(self, text: str) -> bool:
        """Say ``text`` in the room, or what of it is left; False when it was refused."""
        text = self._without_name(text)
        return not text.strip() or self.speak(f"SAY {self.room} {text}")

    def speak(self, line: str) -> bool:
        """Do what a line of the wire says; False when it was refused."""
        house = self.house
        data = line.encode() + b"\n"
        if len(data) > LINE_BYTES:  # the parser is everybody's: nobody may get it out of step
            event: object = Refused("too-long", None, "")
        else:
            house.parser.receive(data)
            event = house.parser.next_event()
        house.loop.restless()
        if isinstance(event, Frame):
            return house.hub.handle(self, event)
        if isinstance(event, Refused):
            house.hub.refuse(self, event)
        return False

    def remark(self, words: str) -> None:
        """Tell ``words`` behind all that is staged for it."""
        hub = self.house.hub
        hub.happen(lambda: hub.stage.to_peer(self, Remark(words)))

    def leave(self, reason: str) -> None:
        """It is gone; harmless when it was gone already."""
        if not self._gone:
            self._gone = True
            name = self.name or self._called
            event = "went" if name else "closed"
            self.house.journal.say(
                event, name=name, door=self.door, address=self.address, why=reason
            )
            self.house.hub.lost(self, reason if reason in BYES else "")

    def deliver(self, items: list[Item]) -> None:
        """Tell what the hub staged (:class:`reactor.hub.stage.Peer`)."""
        for item in items:
            if isinstance(item, Remark):
                self.tell(item.words)
                continue
            data = item if isinstance(item, bytes) else item.encode()
            for frame in self.house.tongue.frames(data):
                self.hear(frame)
        if self.goodbye:
            self.end()

    def hear(self, frame: Frame) -> None:
        """Tell one line of the wire in the words of people."""
        me = self.name
        if not self.hears_itself and frame.verb in TALK and frame.args[SENDER] == me:
            return
        line = self.house.tongue.say(frame, me)
        if line is not None:
            self.tell(line)
        if frame.verb == "JOINED" and not self._greeted:
            self._greeted = True
            taken = self.house.hub.people.holder(self._asked) is not None
            if taken or me != self._asked + GUEST_MARK:
                self.tell(CALLED.say(self.house.tongue.language).format(me))

    def go_on(self) -> None:
        """Its door waits itself for what ``/join`` gives (:class:`reactor.hub.stage.Peer`)."""

    def _without_name(self, text: str) -> str:
        """``text`` without the name that its program puts in front of everything."""
        head, colon, rest = text.partition(":")
        said = head.strip(" ").lower()
        mine = {self.name.lower(), self.name.removesuffix(GUEST_MARK).lower(), self._asked.lower()}
        return rest.strip(" ") if colon and said and said in mine else text
