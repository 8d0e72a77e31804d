"""One process that plays many clients of the soak: ``python -m tests.soak.crew FOLDER NUMBER``.

It reads ``FOLDER/crew-NUMBER.json`` and writes its records beside it. It says ``in`` when all of
its clients have come. ``stop`` on its standard input ends the talk: ``idle``, when all that was
said is acknowledged. ``finish TIPS`` then wants every client to have all of its room: ``done``.
"""

import heapq
import itertools
import json
import os
import random
import resource
import selectors
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.soak.guests import Datagrams, Plain
from tests.soak.people import Client, Native, Way
from tests.soak.records import Recorder

TURN_SECONDS: Final = 0.05
CHECK_SECONDS: Final = 0.2
AGAIN_SECONDS: Final = 1.0
"""In so many seconds the clients of a crew that was killed come back."""
LOOPBACK: Final = "127.0.0.1"


class Crew:
    """The clients of one process."""

    def __init__(self, folder: Path, number: int) -> None:
        self.plan = json.loads((folder / f"crew-{number}.json").read_text())
        self.chance = random.Random(f"{self.plan['seed']}/{number}/{os.getpid()}")
        self.files: float = self.plan["files"]
        self.recorder = Recorder(folder / f"crew-{number}.records")
        self.selector = selectors.DefaultSelector()
        self.dirty: set[Client] = set()
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self.stopped = False
        self._tips: dict[str, int] | None = None
        self._said: set[str] = set()
        self.clients = [self._client(*words) for words in self.plan["clients"]]
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        os.set_blocking(sys.stdin.fileno(), False)

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Have ``call`` made then."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), call))

    def run(self) -> None:
        """Play until all is done."""
        for client in self.clients:
            ramp = AGAIN_SECONDS if client.story.runs else self.plan["ramp"]
            self.later(self.chance.uniform(0, ramp), client.connect)
        for client, pause in zip(self.clients, self.plan["pauses"], strict=True):
            if pause:
                self._act(client, pause)
        if self.plan["cuts"]:
            self._cut()
        self._check()
        while "done" not in self._said:
            self._turn()
        self.recorder.close()

    def _turn(self) -> None:
        for key, mask in self.selector.select(TURN_SECONDS):
            if key.data is None:
                self._obey()
            else:
                key.data.ready(mask)
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()
        self.recorder.flush()
        dirty, self.dirty = self.dirty, set()
        for client in dirty:
            client.flush()

    def _obey(self) -> None:
        for line in os.read(sys.stdin.fileno(), 65536).decode().splitlines():
            order, _, tips = line.partition(" ")
            self.stopped = True
            if order == "finish":
                self._tips = json.loads(tips)

    def _act(self, client: Client, pause: float, *, first: bool = True) -> None:
        if self.stopped:
            return
        if not first:
            client.act()
        wait = self.chance.uniform(0, 2 * pause)
        self.later(wait, lambda: self._act(client, pause, first=False))

    def _cut(self) -> None:
        if not self.stopped:
            self.chance.choice(self.clients).cut(reset=self.chance.random() < 1 / 2)
            self.later(self.chance.expovariate(self.plan["cuts"]), self._cut)

    def _check(self) -> None:
        """Say how far they are."""
        self.later(CHECK_SECONDS, self._check)
        if all(client.story.runs for client in self.clients):
            self._say("in")
        if self.stopped and all(client.settled(None) for client in self.clients):
            self._say("idle")
        if self._tips is not None and all(client.settled(self._tips) for client in self.clients):
            self._say("done")

    def _say(self, word: str) -> None:
        if word not in self._said:
            self.recorder.flush()
            self._said.add(word)
            print(word, flush=True)

    def _client(self, kind: str, who: str, room: str) -> Client:
        ways = self.plan["ways"]
        if kind == "unix":
            return Native(self, who, Way(socket.AF_UNIX, ways[kind]), room)
        way = Way(socket.AF_INET, (ways[kind][0], ways[kind][1]))
        if kind == "tcp":
            return Native(self, who, way, room)
        return Plain(self, who, way) if kind == "plain" else Datagrams(self, who, way)


def main() -> None:
    """Play."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Crew(Path(sys.argv[1]), int(sys.argv[2])).run()


if __name__ == "__main__":
    main()
