"""A real server process on a free port, with its own data folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0
END_SECONDS = 30.0


def peak_bytes(pid: int) -> int:
    """The most memory that a process ever held (VmHWM of proc(5)); 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) * 1024 if found else 0


class ServerProcess:
    """``python3 -m reactor`` as its users run it; a restart keeps its port and its data.

    ``doors``: where it listens, as it said itself, by the kind of door.
    """

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        self.data = data
        self.arguments = arguments
        self.port = port
        self.unix = ""
        self.doors: dict[str, str] = {}
        self.journal = data.with_suffix(".journal")
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it, and wait until it says ready."""
        command = [sys.executable, "-m", "reactor", "--port", str(self.port), "--data",
                   str(self.data), "--lang", "en", *self.arguments]  # fmt: skip
        with self.journal.open("a") as journal:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=journal, text=True
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["listening"]:
                self.doors[words[1]] = words[2]
            if words[:2] == ["listening", "tcp"]:
                self.port = int(words[2].rpartition(":")[2])
            elif words[:2] == ["listening", "unix"]:
                self.unix = words[2]
            elif words == ["ready"]:
                return self
        self.process.stdout.close()
        self.process.wait()
        raise AssertionError(f"the server ended: {self.journal.read_text()}")

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """Kill it as a power cut would: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def cpu_seconds(self) -> float:
        """CPU time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_bytes(self) -> int:
        """The most memory it ever held."""
        return peak_bytes(self.pid)

    def rss_bytes(self) -> int:
        """Memory it holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None:
            self.kill()  # one that has ended is waited for alone

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(END_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code
