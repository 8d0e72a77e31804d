"""A flood at the UDP door, and what somebody who talks over TCP notices of it.

The flood is a process of its own. The talker has one line in flight, a PING and a SAY in turn, and
says how long each answer took: before; during the same flood at a port of nobody's (what it costs
to share the machine with it); during the flood; and after it, with the table still full.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.raw import Raw, member
from tests.support.server import ROOT, ServerProcess
from tests.support.timing import Stopwatch

SOURCES: Final = 1000
DATAGRAMS: Final = 10_000
QUIET_SECONDS: Final = 2.0
FLOOD_SECONDS: Final = 1.0
"""The flood itself may be over sooner; what it left to do is then done too."""
PHASES: Final = ("before", "elsewhere", "during", "after")
VERBS: Final = ("PING", "SAY")
END_SECONDS: Final = 10.0


@dataclass
class Result:
    """Round trips in seconds, by phase and verb.

    ``sent`` datagrams in ``seconds``; ``told``: how many the room heard; ``known``: guests
    afterwards; ``growth`` of the server's memory in bytes, and its ``cpu`` seconds for the flood.
    """

    trips: dict[tuple[str, str], list[float]]
    sent: int
    seconds: float
    told: int
    known: int
    growth: int
    cpu: float

    def quantile(self, phase: str, verb: str, part: float) -> float:
        """The round trip that ``part`` of them (0 to 1) do not exceed."""
        times = sorted(self.trips[phase, verb])
        return times[min(len(times) - 1, int(len(times) * part))]


@contextmanager
def flood(port: int, seconds: float) -> Iterator["subprocess.Popen[str]"]:
    """A flood that begins when it is sent a line."""
    command = [sys.executable, "-m", "tests.support.flooder", "127.0.0.1", str(port),
               str(SOURCES), str(DATAGRAMS), str(seconds)]  # fmt: skip
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()
        process.wait(END_SECONDS)


def trip(raw: Raw, verb: str, number: int, pid: int = 0) -> float:
    """How long one answer took; with ``pid``, that of the server, without what others took."""
    line, answer = {
        "PING": (f"PING p{number}", f"PONG p{number}"),
        "SAY": (f"=s{number} SAY #lab hai {number}", f"=s{number} OK"),
    }[verb]
    watch = Stopwatch(pid) if pid else None
    start = time.perf_counter()
    raw.say(line)
    while not raw.line().startswith(answer):
        pass
    return time.perf_counter() - start if watch is None else watch.seconds


class Talker:
    """Somebody who talks over TCP while the phases go by."""

    def __init__(self, raw: Raw, pid: int = 0) -> None:
        self.raw = raw
        self.pid = pid
        self.trips: dict[tuple[str, str], list[float]] = {
            (phase, verb): [] for phase in PHASES for verb in VERBS
        }
        self._number = 0

    def talk(self, phase: str, seconds: float = QUIET_SECONDS) -> None:
        """Talk for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for verb in VERBS:
                self._number += 1
                self.trips[phase, verb].append(trip(self.raw, verb, self._number, self.pid))

    @contextmanager
    def during(self, phase: str, port: int, seconds: float) -> Iterator[tuple[int, float]]:
        """Talk during a flood at ``port``; the datagrams it sent, and in how many seconds.

        Its sockets stay open meanwhile.
        """
        with flood(port, seconds) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            self.talk(phase, max(seconds, FLOOD_SECONDS))
            sent, took = process.stdout.readline().split()
            yield int(sent), float(took)

    @property
    def said(self) -> int:
        """How often it talked."""
        return sum(len(self.trips[phase, "SAY"]) for phase in PHASES)


def measure(seconds: float = 0.0, *, alone: bool = False) -> Result:
    """Flood a server with DATAGRAMS, or for so many seconds if that takes longer.

    ``alone``: round trips are told as if nobody else used this machine, the flooder neither.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "server", "--set", "rate=0", "--udp", "0") as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody,
        member(server.port, "fatur") as raw,
    ):
        nobody.bind(("127.0.0.1", 0))
        talker = Talker(raw, server.pid if alone else 0)
        talker.talk("before")
        with talker.during("elsewhere", nobody.getsockname()[1], seconds):
            pass
        memory, cpu = server.rss_bytes(), server.cpu_seconds()
        port = int(server.doors["udp"].rpartition(":")[2])
        with talker.during("during", port, seconds) as (sent, took):
            cpu = server.cpu_seconds() - cpu
            talker.talk("after")
            names = [name for line in raw.answer("NAMES #lab")[:-1] for name in line.split()[2:]]
        last = int(raw.answer("SAY #lab end")[-1].split()[1])
        return Result(
            talker.trips,
            sent=sent,
            seconds=took,
            told=last - 1 - talker.said,
            known=sum(name.startswith("udp-") for name in names),
            growth=server.peak_bytes() - memory,
            cpu=cpu,
        )
