"""A client as a process that remembers: chat and memory on one loop, without a screen.

``python3 -m tests.curses_client.remembering PORT FOLDER``. Each line of its input is said in #lab;
the end of the input ends it when all is acknowledged. It prints the ids and texts that it shows,
and ``here`` when nothing of the room is missing.
"""

import os
import socket
import sys
from pathlib import Path

from curses_client.chat import Before, Chat
from curses_client.front import Stored
from curses_client.link import Address
from curses_client.memory import Memory
from curses_client.store import Store
from reactor.loop import Loop
from tests.curses_client.fakes import Recorder

SERVER = "server"
NAME = "rizky"
ROOM = "#lab"


class Person(Recorder):
    """Tells what it is told; has read what it was shown."""

    memory: Memory

    def welcome(self) -> None:
        self.memory.of_history(self.chat.history)

    def stored(self, event: Stored) -> None:
        self.memory.has_read(event.target, event.id)
        print(event.id, event.body, flush=True)

    def caught_up(self, scope: str) -> None:
        if scope == ROOM:
            print("here", flush=True)


class Input:
    """Standard input."""

    def __init__(self, loop: Loop, chat: Chat) -> None:
        self._loop = loop
        self._chat = chat
        self._rest = b""
        self._channel = loop.watch(0, self)

    def on_ready(self, mask: int) -> None:
        del mask
        data = os.read(0, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._chat.say(ROOM, line.decode())
        if not data:
            self._loop.unwatch(self._channel)
            self._loop.hooks.append(self._leave)

    def _leave(self) -> None:
        if not self._chat.outbox:
            self._chat.quit()
        if self._chat.link.closed:
            self._loop.stop()


def main(port: int, folder: Path) -> None:
    loop = Loop()
    memory = Memory(folder, SERVER, NAME, loop)
    memory.load()
    front = Person()
    front.memory = memory
    address = Address(socket.AF_INET, ("127.0.0.1", port), "proxy")
    before = Before(list(memory.outbox), memory.history, memory.read)
    chat = Chat(loop, [address], Store(folder, SERVER, NAME), front, NAME, 100, before)
    front.chat = chat

    def gather() -> None:
        memory.outbox = list(chat.outbox.values())

    memory.gather = gather
    chat.on_outbox = memory.touch
    chat.join(ROOM)
    chat.start()
    Input(loop, chat)
    loop.run()
    memory.save_now()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
