"""Redis and NATS: brokers that keep a message in memory until it is sent, and name no speaker.

Both are told to store nothing and to be patient with slow readers.
"""

import re
from pathlib import Path
from typing import Final

from tests.bench.systems.system import (
    LARGE_BYTES,
    LOCAL,
    LONG_SECONDS,
    Server,
    Step,
    System,
    found,
    free_port,
    launch,
)

FIRST_PING_SECONDS: Final = 2.6
"""NATS asks each new client once, 2.0 to 2.4 s after its connect; nothing makes it not ask."""


class Redis(System):
    """Pub/sub of redis-server, one thread, as it is by default; RESP2, RESP3 for who speaks too."""

    name = "Redis"
    package = "redis-server (Debian)"
    program = "redis-server"
    lines = 7
    head = re.compile(rb"[*>]3\r\n\$7\r\nmessage\r\n\$\d+\r\n\w+\r\n\$64\r\n")
    said = re.compile(rb":\d+\r\n")
    hears_itself = True

    def start(self, folder: Path, members: int) -> Server:
        """See :class:`System`."""
        port = free_port()
        words = {
            "--port": [str(port)],
            "--bind": [LOCAL],
            "--dir": [str(folder)],
            "--save": [""],
            "--appendonly": ["no"],
            "--maxclients": [str(members + 100)],
            "--timeout": ["0"],
            "--client-output-buffer-limit": ["pubsub", "0", "0", "0"],
            "--daemonize": ["no"],
        }
        command = [found(self.program), *(word for key in words for word in (key, *words[key]))]
        return launch(command, folder, port)

    def room(self, number: int) -> str:
        """See :class:`System`."""
        return f"r{number}"

    def login(self, name: str) -> tuple[Step, ...]:
        """See :class:`System`; a member may publish as well, which RESP3 allows."""
        return (Step(f"HELLO 3 SETNAME {name}\r\nPING\r\n".encode(), b"+PONG\r\n"),)

    def join(self, room: str) -> tuple[Step, ...]:
        """See :class:`System`."""
        return (Step(f"SUBSCRIBE {room}\r\nPING\r\n".encode(), b"+PONG\r\n"),)

    def say(self, room: str, text: bytes) -> bytes:
        """See :class:`System`."""
        return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (
            len(room), room.encode(), len(text), text,
        )  # fmt: skip

    def speaker(self, name: str, room: str) -> tuple[Step, ...]:
        """See :class:`System`: who publishes need not subscribe."""
        del room
        return self.login(name)


class Nats(System):
    """nats-server, core NATS: nothing is stored. It is told to use what CPUs it is given."""

    name = "NATS"
    package = "nats-server (Debian)"
    program = "nats-server"
    lines = 2
    head = re.compile(rb"MSG \w+ 1 64\r\n")
    quiet_after = FIRST_PING_SECONDS
    hears_itself = True

    def start(self, folder: Path, members: int) -> Server:
        """See :class:`System`."""
        port = free_port()
        config = folder / "nats.conf"
        config.write_text(
            f'listen: "{LOCAL}:{port}"\n'
            f"max_connections: {members + 100}\n"
            f"max_pending: {LARGE_BYTES}\n"
            f'ping_interval: "{LONG_SECONDS}s"\n'
            f'write_deadline: "{LONG_SECONDS}s"\n'
        )
        return launch([found(self.program), "--config", str(config)], folder, port)

    def room(self, number: int) -> str:
        """See :class:`System`."""
        return f"r{number}"

    def login(self, name: str) -> tuple[Step, ...]:
        """See :class:`System`."""
        words = f'CONNECT {{"verbose":false,"pedantic":false,"name":"{name}"}}\r\nPING\r\n'
        return (Step(words.encode(), b"PONG\r\n"),)

    def join(self, room: str) -> tuple[Step, ...]:
        """See :class:`System`."""
        return (Step(f"SUB {room} 1\r\nPING\r\n".encode(), b"PONG\r\n"),)

    def say(self, room: str, text: bytes) -> bytes:
        """See :class:`System`."""
        return b"PUB %b %d\r\n%b\r\n" % (room.encode(), len(text), text)

    def speaker(self, name: str, room: str) -> tuple[Step, ...]:
        """See :class:`System`: who publishes need not subscribe."""
        del room
        return self.login(name)
