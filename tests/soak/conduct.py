"""A soak from its first connection to the judgement: server, crews, faults, and what is found.

The faults: connections that are reset or half closed all the time, crews that are killed and
started again, a server that is ended by SIGTERM and, later, by ``kill -9``.
"""

import contextlib
import json
import os
import random
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from tests.reactor.checker import Event, Finding, check_run, judge
from tests.soak.people import STORED
from tests.soak.records import Story, stories
from tests.support.closing import Closing
from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess
from tests.support.students import GROUP, LOOPBACK, free_group_port

GUEST_ROOM: Final = "#lab"
ROOM_SIZE: Final = 50
"""Natives in one room."""
SHARES: Final[Mapping[str, float]] = {
    "tcp": 0.5, "unix": 0.25, "plain": 0.1, "udp": 0.1, "multicast": 0.05,
}  # fmt: skip
"""What part of the connections comes in by which door."""
NATIVE: Final = frozenset({"tcp", "unix"})
TALKERS: Final[Mapping[str, int]] = {"tcp": 5, "unix": 5, "plain": 10, "udp": 10, "multicast": 10}
"""One in so many talks."""
PATIENCE: Final = 120.0
PIPE_BYTES: Final = 4096
SETTINGS: Final = ("disk-free=0", "guest-addresses=4096")
SETTLE_SECONDS: Final = 1.0
"""So long after the end of the talk a guest's last word, which nobody acknowledges, may come in."""
KILLS: Final = 3
"""Crews that are killed."""


class Size(NamedTuple):
    """How much, and for how many ``seconds``; all come within the first ``ramp``.

    ``pause``: seconds between two words of a talker. ``cuts``: connections cut in a second, of each
    crew. ``files``: the part of what talkers say that is files.
    """

    seconds: float = 300.0
    connections: int = 2000
    crews: int = 4
    pause: float = 5.0
    cuts: float = 1.0
    files: float = 0.05
    ramp: float = 10.0
    seed: int = 2026


@dataclass
class Result:
    """What was counted and found; times in milliseconds, memory in bytes, CPU in seconds."""

    clients: Counter[str]
    faults: list[str] = field(default_factory=list)
    said: int = 0
    acknowledged: int = 0
    files: int = 0
    fetched: int = 0
    heard: int = 0
    connects: int = 0
    times: list[float] = field(default_factory=list)
    kills: int = 0
    restarts: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    largest: int = 0

    def quantile(self, part: float) -> float:
        """The time to an acknowledgement that ``part`` (0 to 1) of them do not exceed."""
        times = sorted(self.times) or [0.0]
        return times[min(len(times) - 1, int(len(times) * part))]


class CrewProcess:
    """One crew, started again when it was killed."""

    def __init__(self, folder: Path, number: int) -> None:
        self._command = [sys.executable, "-m", "tests.soak.crew", str(folder), str(number)]
        self._heard: set[str] = set()
        self._rest = b""
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def kill_and_start(self) -> None:
        """Kill it as it stands, and let another process go on from its records."""
        self.close()
        self._rest = b""
        self.process = self._start()

    def order(self, line: str) -> None:
        """Tell it something."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait_for(self, word: str, deadline: float) -> None:
        """Until it has said ``word``."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while word not in self._heard:
                left = deadline - time.monotonic()
                assert left > 0, f"a crew does not say {word!r}; it said {self._heard}"
                if selector.select(left):
                    data = os.read(self.process.stdout.fileno(), PIPE_BYTES)
                    assert data, f"a crew ended before {word!r}"
                    *lines, self._rest = (self._rest + data).split(b"\n")
                    self._heard.update(line.decode() for line in lines)

    def close(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


class Soak(Closing):
    """One soak in ``folder``."""

    def __init__(self, folder: Path, size: Size) -> None:
        self._folder = folder
        self._size = size
        self._chance = random.Random(size.seed)
        ports = {kind: free_group_port() for kind in ("plain", "udp", "multicast")}
        settings = [word for pair in SETTINGS for word in ("--set", pair)]
        self.server = ServerProcess(
            folder / "server", *settings, "--plain", f"{LOOPBACK}:{ports['plain']}",
            "--udp", f"{LOOPBACK}:{ports['udp']}",
            "--multicast", f"{GROUP}:{ports['multicast']}@{LOOPBACK}",
        ).start()  # fmt: skip
        self._ways: dict[str, object] = {
            "tcp": (LOOPBACK, self.server.port),
            "unix": "\0" + self.server.unix[1:],
            "plain": (LOOPBACK, ports["plain"]),
            "udp": (LOOPBACK, ports["udp"]),
            "multicast": (GROUP, ports["multicast"]),
        }
        self._clients = list(_clients(size.connections))
        self.rooms = {who: room for _, who, room in self._clients}
        self.result = Result(Counter(kind for kind, _, _ in self._clients))
        self._crews: list[CrewProcess] = []
        for number in range(size.crews):
            self._write_plan(number)
            self._crews.append(CrewProcess(folder, number))

    def run(self) -> Result:
        """All of it."""
        begun = time.monotonic()
        self._wait_for("in")
        for seconds, fault in self._faults():
            time.sleep(max(0.0, begun + seconds - time.monotonic()))
            fault()
        time.sleep(max(0.0, begun + self._size.seconds - time.monotonic()))
        for crew in self._crews:
            crew.order("stop")
        self._wait_for("idle")
        time.sleep(SETTLE_SECONDS)
        tables = self._tables()
        tips = {room: table[-1].id if table else 0 for room, table in tables.items()}
        for crew in self._crews:
            crew.order(f"finish {json.dumps(tips)}")
        self._wait_for("done")
        self._measure()
        self.result.seconds = time.monotonic() - begun
        self._judge(tables)
        return self.result

    def close(self) -> None:
        """End everything."""
        for crew in self._crews:
            crew.close()
        self.server.__exit__(None, None, None)

    def _write_plan(self, number: int) -> None:
        mine = self._clients[number :: self._size.crews]
        pauses = [
            self._size.pause if int(who.lstrip("abcdefghijklmnopqrstuvwxyz")) % TALKERS[kind] == 0
            else 0.0
            for kind, who, _ in mine
        ]  # fmt: skip
        plan = {
            "ways": self._ways, "clients": mine, "pauses": pauses,
            **self._size._asdict(),
        }  # fmt: skip
        (self._folder / f"crew-{number}.json").write_text(json.dumps(plan))

    def _wait_for(self, word: str) -> None:
        deadline = time.monotonic() + PATIENCE
        for crew in self._crews:
            crew.wait_for(word, deadline)

    def _faults(self) -> list[tuple[float, Callable[[], None]]]:
        """When what happens: seconds since the beginning, rising."""
        seconds = self._size.seconds
        planned = [(seconds * 0.35, self._stop_server), (seconds * 0.65, self._kill_server)]
        planned += [
            (seconds * self._chance.uniform(0.15, 0.95), self._kill_crew) for _ in range(KILLS)
        ]
        return sorted(planned, key=lambda fault: fault[0])

    def _stop_server(self) -> None:
        self._measure()
        if self.server.stop() != 0:
            self.result.faults.append("the server did not end in good order")
        self.server.start()
        self.result.restarts += 1

    def _kill_server(self) -> None:
        self._measure()
        self.server.kill()
        self.server.start()
        self.result.restarts += 1

    def _kill_crew(self) -> None:
        self._chance.choice(self._crews).kill_and_start()
        self.result.kills += 1

    def _measure(self) -> None:
        self.result.cpu += self.server.cpu_seconds()
        self.result.memory = self.server.rss_bytes()
        self.result.largest = max(self.result.largest, self.server.peak_bytes())

    def _tables(self) -> dict[str, list[Event]]:
        """All that is stored, room by room."""
        tables: dict[str, list[Event]] = {}
        with Raw(self.server.port, name="auditor") as raw:
            for room in sorted(set(self.rooms.values())):
                assert raw.answer(f"JOIN {room}")[-1] == "OK"
                table: list[Event] = []
                tables[room] = table
                more = True
                while more:
                    after = table[-1].id if table else 0
                    *lines, end = raw.answer(f"HISTORY {room} after {after} 200")
                    table += [_stored(line.split(" ")) for line in lines]
                    more = end.endswith(" 1")
                assert raw.answer(f"LEAVE {room}")[-1] == "OK"
        return tables

    def _judge(self, tables: Mapping[str, Sequence[Event]]) -> None:
        told: dict[str, Story] = {}
        for number in range(self._size.crews):
            told |= stories(self._folder / f"crew-{number}.records")
        if " defect " in self.server.journal.read_text():
            self.result.faults.append("the journal tells of a defect")
        kinds = {who: kind for kind, who, _ in self._clients}
        for room, table in tables.items():
            here = {who: story for who, story in told.items() if self.rooms[who] == room}
            findings = judge_room(here, kinds, table)
            self.result.faults += [f"{room}: {finding}" for finding in findings]
        self._count(told)

    def _count(self, told: Mapping[str, Story]) -> None:
        result = self.result
        for who, story in told.items():
            result.said += len(story.said)
            result.acknowledged += len({event.word for event in story.acknowledged})
            result.files += story.files
            result.fetched += story.fetched
            result.heard += sum(map(len, story.runs)) + sum(map(len, story.heard))
            result.connects += len(story.runs)
            result.times += story.times
            result.faults += [f"{who}: {fault}" for fault in story.faults]
        missing = set(self.rooms) - set(told)
        result.faults += [f"{who} never came" for who in sorted(missing)]


def judge_room(
    here: Mapping[str, Story], kinds: Mapping[str, str], table: Sequence[Event]
) -> list[Finding]:
    """Everything that is wrong in one room."""
    natives = {who: story for who, story in here.items() if kinds[who] in NATIVE}
    found = judge(
        [word for story in here.values() for word in story.said],
        [event for story in natives.values() for event in story.acknowledged],
        table,
        {who: story.observed for who, story in natives.items()},
    )
    stored = {event.word: event for event in table}
    talk = [event for event in table if ".f" not in event.word]
    for who, story in here.items():
        for words in story.heard if who not in natives else []:
            run = [stored[word] for word in words if word in stored]
            found += [Finding("unexpected", who, word) for word in words if word not in stored]
            if kinds[who] == "plain":
                found += check_run(who, run, talk)
            else:
                doubled = [event for event, count in Counter(run).items() if count > 1]
                found += [Finding("double", who, event) for event in doubled]
    return found


def _stored(words: list[str]) -> Event:
    """A stored event's id and word."""
    return Event(int(words[1]), words[STORED[words[0]]])


def _clients(count: int) -> Iterator[tuple[str, str, str]]:
    """Kind, name and room of each; guests are all in one room, with a room of natives."""
    made = 0
    for kind, share in SHARES.items():
        for number in range(round(count * share)):
            room = GUEST_ROOM
            if kind in NATIVE:
                room = f"#r{made // ROOM_SIZE}" if made >= ROOM_SIZE else GUEST_ROOM
            made += 1
            yield kind, f"{kind}{number}", room
