"""A story told by hand: a stage that counts, a chat that only has what a story asks of it."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from curses_client.alerts import Alerts
from curses_client.chat import Chat
from curses_client.front import Failure, Stored
from curses_client.settings import Settings
from curses_client.state import Kind, State, Window
from curses_client.story import Story
from curses_client.texts import Texts
from tests.curses_client.fakes import TIME, FakeClock
from wire.parser import Frame


def settings_of(values: Mapping[str, str]) -> Settings:
    """Settings that are in no file."""
    settings = Settings(Path("/nowhere"))
    for name, value in values.items():
        settings.set(name, value)
    return settings


class Stage:
    """A stage that counts."""

    def __init__(self) -> None:
        self.bells = 0
        self.changes = 0
        self.link_changes = 0
        self.refusals: list[Failure] = []
        self.offers: list[int] = []
        self.ends: list[str] = []

    def changed(self) -> None:
        self.changes += 1

    def link_changed(self) -> None:
        self.link_changes += 1

    def bell(self) -> None:
        self.bells += 1

    def refused(self, failure: Failure) -> None:
        self.refusals.append(failure)

    def ended(self, why: str) -> None:
        self.ends.append(why)

    def offered(self, event: Stored) -> None:
        self.offers.append(event.id)


class Teller:
    """A story with all around it, told by hand."""

    def __init__(self, language: str = "id", **settings: str) -> None:
        self.state = State("rizky")
        self.stage = Stage()
        self.clock = FakeClock()
        self.settings = settings_of(settings)
        alerts = Alerts(self.settings)
        self.story = Story(self.state, Texts(language), self.stage, self.clock, alerts)
        self._number = 0
        self.link = SimpleNamespace(
            address=SimpleNamespace(shown="@obrol-59000"), retry_at=7.5, security=None
        )
        self.chat = SimpleNamespace(
            name="rizky",
            badges="verified",
            is_operator=False,
            online=True,
            tip=0,
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
        fresh: bool = True,
        number: int = 0,
    ) -> None:
        """Somebody says something; without a ``number`` it is the next one."""
        self._number = number or self._number + 1
        self.story.stored(Stored(kind, self._number, time, target, sender, text, live, fresh))

    def past(self, count: int, target: str = "#lab") -> None:
        """A backlog of ``count`` lines, as it comes when a room is entered."""
        for _ in range(count):
            self.event(f"lama {self._number + 1}", target, live=False, fresh=False)

    def pass_(self, verb: str, *args: str) -> None:
        self.story.passing(Frame(verb, args, None, b""))

    def window(self, target: str) -> Window:
        window = self.state.find(target)
        assert window is not None
        return window

    def texts(self, target: str) -> list[str]:
        """What stands in a window, but for the mark."""
        return [line.text for line in self.window(target).lines if line.kind is not Kind.MARK]
