"""Where commands are typed, without a screen: what they say to the server and to the user."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from curses_client import actions
from curses_client.chat import Chat
from curses_client.desk import Twice
from curses_client.front import Stored
from curses_client.help import Row
from curses_client.link import Address, Link
from curses_client.settings import Settings
from curses_client.store import Store
from curses_client.texts import Texts
from curses_client.transfers import Transfers
from reactor.loop import Loop
from tests.curses_client.fakes import SESSION, BriefSelector, FakeClock, Recorder, Wire
from wire.parser import Frame


class Panes:
    """The windows of a desk that has a screen: what is done to them is written down.

    There are three windows; ``whisperer`` wrote to me alone last.
    """

    def __init__(self, moves: list[tuple[str, object]], shown: str) -> None:
        self.shown = shown
        self.whisperer = ""
        self.traced = True
        self._moves = moves

    def go_to_number(self, number: int) -> bool:
        self._moves.append(("window", number))
        return 1 <= number <= 3

    def last_whisperer(self) -> str:
        return self.whisperer

    def close(self) -> None:
        self._moves.append(("close", self.shown))

    def mark(self) -> None:
        self._moves.append(("mark", self.shown))

    def clear(self) -> None:
        self._moves.append(("clear", self.shown))

    def edit(self) -> None:
        self._moves.append(("edit", self.shown))

    def run(self, command: str, *, say: bool) -> None:
        self._moves.append(("say what it prints" if say else "run", command))

    def log(self, *, on: bool) -> bool:
        self._moves.append(("log", on))
        return True

    def trace(self, *, on: bool) -> bool:
        """It is watched already."""
        self._moves.append(("trace", on))
        return self.traced

    def sheet(self) -> None:
        self._moves.append(("sheet", None))

    def redraw(self) -> None:
        self._moves.append(("redraw", None))

    def restyle(self) -> None:
        self._moves.append(("restyle", None))


class Typing:
    """A desk with a chat whose server writes down what it is told.

    Without ``windows`` it is a desk of the line mode. What is set is kept in ``file``.
    """

    def __init__(
        self, folder: Path, target: str = "#lab", *, online: bool = True, windows: bool = True
    ) -> None:
        self.texts = Texts("en")
        self.target = target
        self.file = folder / "config" / "config.toml"
        self.settings = Settings.load(self.file)
        self.now = 0.0
        self.twice = Twice()
        self.people: list[str] = []
        self.moves: list[tuple[str, object]] = []
        self.panes = Panes(self.moves, target)
        self.screen = self.panes if windows else None
        self.loop = Loop(BriefSelector(), FakeClock())
        self.front = Recorder()
        store = Store(folder / "client", "server", "rizky")
        nowhere = [Address(0, "", "")]
        self.chat = self.front.chat = Chat(self.loop, nowhere, store, self.front, "rizky", 100)
        self.wire = Wire()
        self.chat.link = cast("Link", self.wire)
        self.notices: list[str] = []
        self.errors: list[str] = []
        self.transfers = Transfers(
            self.chat, self.loop, folder / "terima", lambda _: None, lambda *_: None
        )
        self.rows: list[Row] = []
        self.finds: list[tuple[str, list[Stored]]] = []
        self.chat.join("#lab")
        if online:
            self.chat.link_up()
            self.answer(f"WELCOME rizky {SESSION} h1 0 -")
            self.wire.take()

    def answer(self, *lines: str, end: str = "OK") -> None:
        """The server answers the last line."""
        tag = self.wire.lines[-1].tag
        for line in (*lines, end):
            verb, *args = line.split(" ")
            self.chat.link_frame(Frame(verb, tuple(args), tag, line.encode()))

    def type(self, line: str) -> bool:
        """Press Enter behind ``line``."""
        return actions.run(self, line)

    def here(self) -> "Typing":
        return self

    def met(self, names: Sequence[str]) -> None:
        self.people += names

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def error(self, text: str) -> None:
        self.errors.append(text)

    def tell(self, rows: Sequence[Row]) -> None:
        self.rows += rows

    def found(self, what: str, events: Sequence[Stored]) -> None:
        self.finds.append((what, list(events)))

    def go_to(self, target: str) -> None:
        self.moves.append(("go", target))

    def leave(self, target: str) -> None:
        self.moves.append(("leave", target))

    def older(self, count: int) -> None:
        self.moves.append(("older", count))

    def kept(self) -> Settings:
        """The settings as the next start will read them."""
        kept = Settings.load(self.file)
        assert kept.problems == []
        return kept

    def leave_obrol(self, reason: str) -> None:
        self.moves.append(("quit", reason))
