"""Where commands are typed, without a screen: what they say to the server and to the user."""

from pathlib import Path
from typing import cast

from curses_client import actions
from curses_client.chat import Chat
from curses_client.link import Address, Link
from curses_client.store import Store
from curses_client.texts import Texts
from curses_client.transfers import Transfers
from reactor.loop import Loop
from tests.curses_client.fakes import SESSION, BriefSelector, FakeClock, Recorder, Wire
from wire.parser import Frame


class Typing:
    """A desk with a chat whose server writes down what it is told."""

    def __init__(self, folder: Path, target: str = "#lab", *, online: bool = True) -> None:
        self.texts = Texts("en")
        self.target = target
        self.autoget = 0
        self.now = 0.0
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
        self.moves: list[tuple[str, object]] = []
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

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def error(self, text: str) -> None:
        self.errors.append(text)

    def go_to(self, target: str) -> None:
        self.moves.append(("go", target))

    def leave(self, target: str) -> None:
        self.moves.append(("leave", target))

    def go_to_number(self, number: int) -> bool:
        self.moves.append(("window", number))
        return number < 4

    def older(self, count: int) -> None:
        self.moves.append(("older", count))

    def leave_obrol(self, reason: str) -> None:
        self.moves.append(("quit", reason))
