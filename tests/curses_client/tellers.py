"""A story told by hand: a stage that counts, a chat that only has what a story asks of it."""

from types import SimpleNamespace
from typing import cast

from curses_client.chat import Chat
from curses_client.front import Failure, Stored
from curses_client.state import State, Window
from curses_client.story import Story
from curses_client.texts import Texts
from tests.curses_client.fakes import TIME, FakeClock
from wire.parser import Frame


class Stage:
    """A stage that counts."""

    def __init__(self) -> None:
        self.bells = 0
        self.changes = 0
        self.link_changes = 0
        self.refusals: list[Failure] = []
        self.offers: list[int] = []

    def changed(self) -> None:
        self.changes += 1

    def link_changed(self) -> None:
        self.link_changes += 1

    def bell(self) -> None:
        self.bells += 1

    def refused(self, failure: Failure) -> None:
        self.refusals.append(failure)

    def offered(self, event: Stored) -> None:
        self.offers.append(event.id)


class Teller:
    """A story with all around it, told by hand."""

    def __init__(self, language: str = "id") -> None:
        self.state = State("rizky")
        self.stage = Stage()
        self.story = Story(self.state, Texts(language), self.stage, FakeClock())
        self.link = SimpleNamespace(address=SimpleNamespace(shown="@obrol-59000"), retry_at=7.5)
        self.chat = SimpleNamespace(
            name="rizky",
            badges="verified",
            online=True,
            outbox={},
            link=self.link,
            with_whom=lambda event: event.sender if event.target == "@rizky" else event.target[1:],
        )
        self.story.chat = cast("Chat", self.chat)

    def event(
        self,
        text: str,
        target: str = "#lab",
        sender: str = "fatur",
        kind: str = "MSG",
        time: str = TIME,
        *,
        live: bool = True,
        number: int = 1,
    ) -> None:
        self.story.stored(Stored(kind, number, time, target, sender, text, live))

    def pass_(self, verb: str, *args: str) -> None:
        self.story.passing(Frame(verb, args, None, b""))

    def window(self, target: str) -> Window:
        window = self.state.find(target)
        assert window is not None
        return window

    def texts(self, target: str) -> list[str]:
        return [line.text for line in self.window(target).lines]
