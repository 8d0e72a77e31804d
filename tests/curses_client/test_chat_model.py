"""Chat against a model of the server, in every order of events that Hypothesis thinks of.

Lines wait in two queues, one each way; a cut loses some of the one and all of the other. Whatever
happened: each scope is shown in rising ids without a hole, and what I said is stored once.
"""

import tempfile
from collections import deque
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from curses_client.chat import Before, Chat
from curses_client.entering import RETRY_SECONDS
from curses_client.link import Address, Link
from curses_client.store import Store
from reactor.loop import Loop
from tests.curses_client.fakes import SESSION, TIME, BriefSelector, FakeClock, Recorder, Wire
from wire.parser import NEED_DATA, Frame, Parser

PAGE = 3
"""Pages of the model end early, as pages may."""


def scope_of(target: str) -> str:
    """Where events to ``target`` have one order."""
    return target[0] if target[0] in "@*" else target


class Event(NamedTuple):
    """A stored event."""

    id: int
    target: str
    sender: str
    text: str

    @property
    def scope(self) -> str:
        return scope_of(self.target)

    @property
    def line(self) -> str:
        return f"MSG {self.id} {TIME} {self.target} {self.sender} {self.text}"


class Server:
    """What wire.md promises, for one client."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.tags: dict[str, Event] = {}
        self.joined = False
        self.greeted = False
        self.full_disk = False
        self.out: deque[str] = deque()

    def store(self, target: str, sender: str, text: str) -> Event:
        event = Event(len(self.events) + 1, target, sender, text)
        self.events.append(event)
        if self.greeted and (event.scope != "#lab" or self.joined):
            self.out.append(event.line)
        return event

    def hang_up(self) -> None:
        self.joined = self.greeted = False
        self.out.clear()

    def handle(self, frame: Frame) -> None:
        lines, end = self._answer(frame)
        self.out.extend(f"={frame.tag} {line}" for line in (*lines, end))

    def _answer(self, frame: Frame) -> tuple[list[str], str]:
        if frame.verb == "HELLO":
            self.greeted = True
            return [f"WELCOME rizky {SESSION} h1 {len(self.events)} -"], "OK"
        if frame.verb == "HISTORY":
            return self._page(*frame.args)
        return [], self._change(frame)

    def _change(self, frame: Frame) -> str:
        tag = frame.tag or ""
        if tag not in self.tags:
            if self.full_disk:
                return "ERR not-saved nothing was sent"
            if frame.verb == "JOIN":
                self.joined = True
                self.out.append(f"JOINED {TIME} #lab rizky")
                return "OK"
            if not self.joined:
                return "ERR not-joined you are not in that room"
            self.tags[tag] = self.store(frame.args[0], "rizky", frame.args[1])
        return f"OK {self.tags[tag].id}"

    def _page(self, scope: str, direction: str, number: str, count: str) -> tuple[list[str], str]:
        if scope == "#lab" and not self.joined:
            return [], "ERR not-joined you are not in that room"
        found = [event for event in self.events if event.scope == scope]
        size = min(PAGE, int(count))
        if direction == "after":
            found = [event for event in found if event.id > int(number)]
            page = found[:size]
        else:
            found = [event for event in found if event.id < int(number)]
            page = found[-size:]
        more = int(len(page) < len(found))
        return [event.line for event in page], f"OK {len(page)} {more}"


class ChatMachine(RuleBasedStateMachine):
    """One client, one server, and all that may happen between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.loop = Loop(BriefSelector(), self.clock)
        self.server = Server()
        self.wire = Wire()
        self.front = Recorder()
        self.said: list[str] = []
        self.was_full = False
        self.tip = 0  # the newest id when the client was first taken in
        self.taken_in = False

    @initialize(
        backlog=st.sampled_from([0, 100]),
        past=st.lists(st.sampled_from(["#lab", "#lab", "@rizky"]), max_size=15),
        read=st.dictionaries(st.sampled_from(["#lab", "@fatur", "@aguel"]), st.integers(1, 15)),
    )
    def come(self, backlog: int, past: list[str], read: dict[str, int]) -> None:
        for to in past:
            self.server.store(to, "fatur", "dahulu")
        self.backlog = backlog
        self.read = {"#lab": read.get("#lab"), "*": None}
        self.read["@"] = max((n for to, n in read.items() if to[0] == "@"), default=None)
        store = Store(Path(self.folder.name), "server", "rizky")
        nowhere = [Address(0, "", "")]
        self.chat = Chat(
            self.loop, nowhere, store, self.front, "rizky", backlog, Before((), "h1", read)
        )
        self.front.chat = self.chat
        self.chat.link = cast("Link", self.wire)
        self.chat.join("#lab")
        self.chat.link_up()

    @rule(count=st.integers(1, 25))
    def say(self, count: int) -> None:
        for _ in range(count):
            self.said.append(f"kata {len(self.said)}")
            self.chat.say("#lab", self.said[-1])

    @rule(count=st.integers(1, 4), to=st.sampled_from(["#lab", "#lab", "@rizky", "*"]))
    def others_say(self, count: int, to: str) -> None:
        for _ in range(count):
            self.server.store(to, "fatur", "apa?")

    @rule(count=st.integers(1, 30))
    def server_reads(self, count: int) -> None:
        for _ in range(min(count, len(self.wire.lines))):
            self.server.handle(self.wire.lines.popleft())

    @rule(count=st.integers(1, 30))
    def client_reads(self, count: int) -> None:
        for _ in range(min(count, len(self.server.out))):
            parser = Parser(server=False)
            parser.receive(self.server.out.popleft().encode() + b"\n")
            frame = parser.next_event()
            assert isinstance(frame, Frame)
            assert parser.next_event() is NEED_DATA
            if frame.verb == "WELCOME" and not self.taken_in:
                self.tip = int(frame.args[3])
            self.chat.link_frame(frame)
            self.taken_in = self.taken_in or self.chat.online

    @rule(still_read=st.integers(0, 30))
    def cut(self, still_read: int) -> None:
        """The server hears some more of what was said; its answers are lost."""
        self.server_reads(still_read)
        self.wire.lines.clear()
        self.server.hang_up()
        self.chat.link_down("cut")
        self.chat.link_up()

    @rule(is_full=st.booleans())
    def the_disk_fills(self, is_full: bool) -> None:  # noqa: FBT001 - Hypothesis calls by name
        self.server.full_disk = is_full
        self.was_full = self.was_full or is_full

    @precondition(lambda self: self.was_full)
    @rule()
    def time_passes(self) -> None:
        self.clock.at += RETRY_SECONDS
        self.loop.restless()
        self.loop.run_once()

    @invariant()
    def nothing_is_shown_twice_or_in_disorder(self) -> None:
        for scope in ("#lab", "@", "*"):
            ids = self.shown(scope)
            assert all(a < b for a, b in pairwise(ids)), (scope, ids)

    def shown(self, scope: str) -> list[int]:
        return [event.id for event in self.front.events if scope_of(event.target) == scope]

    def teardown(self) -> None:
        try:
            if hasattr(self, "chat"):
                self.come_to_rest()
                self.all_is_right()
        finally:
            self.loop.close()
            self.folder.cleanup()

    def come_to_rest(self) -> None:
        """No more faults: everything that is on its way arrives."""
        self.server.full_disk = False
        for _ in range(3):
            while self.wire.lines or self.server.out:
                self.server_reads(1000)
                self.client_reads(1000)
            self.time_passes()

    def all_is_right(self) -> None:
        assert self.server.joined
        for scope in ("#lab", "@", "*"):
            shown = self.shown(scope)
            stored = [event.id for event in self.server.events if event.scope == scope]
            if not self.backlog:
                assert shown == [number for number in stored if number > self.tip], scope
            else:
                assert shown == stored[len(stored) - len(shown) :], scope
                assert len(shown) >= min(PAGE, len(stored)), scope
                read = self.read[scope]
                unread = [] if read is None else [n for n in stored if n > read]
                assert shown[len(shown) - len(unread) :] == unread, scope
        mine = [event.text for event in self.server.events if event.sender == "rizky"]
        failed = [pending.text for pending, _ in self.front.failures]
        # A line for a room that could not be entered fails, and says so; otherwise none does.
        assert sorted(mine + failed) == sorted(self.said)
        assert not self.chat.outbox
        if not self.was_full:
            assert mine == self.said
        assert sorted(self.front.acknowledged) == sorted(mine)


TestChat = ChatMachine.TestCase
TestChat.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
