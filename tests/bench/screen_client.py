"""The client, with its turns, keys and redraws counted: ``python3 -m … REPORT NAME …``.

F12 writes what was counted since the last time into the file REPORT.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Final

from curses_client import start
from curses_client.app import App
from curses_client.picture import Picture
from curses_client.screen import Screen
from reactor.loop import Loop

REPORT_KEY: Final = b"\x1b[24~"


class Counters:
    """What was counted since the last report; seconds of CPU."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.began = time.process_time()
        self.draws = self.keys = self.lines = 0
        self.key_cpu = self.worst_key = self.worst = self.last_turn = 0.0

    def write(self, path: Path) -> None:
        """Put it into a file that appears complete."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        told = {
            "cpu": time.process_time() - self.began,
            "draws": self.draws,
            "keys": self.keys,
            "key_cpu": self.key_cpu,
            "worst_key": self.worst_key,
            "worst": self.worst,
            "lines": self.lines,
            "memory": pages * resource.getpagesize(),
        }
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(told))
        fresh.rename(path)
        self.reset()


class Watch:
    """Stands between the client and what it calls, and counts."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._counters = Counters()
        self._wanted = False
        self._pressed = False
        self._read, self._draw = os.read, Screen.draw
        self._on_ready, self._run_once = App.on_ready, Loop.run_once

    def begin(self) -> None:
        """Take the places of what is counted."""
        os.read = self.read
        Screen.draw = lambda screen, picture: self.draw(screen, picture)  # type: ignore[assignment, method-assign]
        App.on_ready = lambda app, mask: self.on_ready(app, mask)  # type: ignore[assignment, method-assign]
        Loop.run_once = lambda loop: self.run_once(loop)  # type: ignore[assignment, method-assign]

    def read(self, fd: int, count: int, /) -> bytes:
        """``os.read``: keys come from descriptor 0."""
        data = self._read(fd, count)
        if fd == 0:
            self._wanted = REPORT_KEY in data
            self._pressed = not self._wanted
        return data

    def draw(self, screen: Screen, picture: Picture) -> None:
        """One redraw."""
        self._counters.draws += 1
        self._draw(screen, picture)

    def on_ready(self, app: App, mask: int) -> None:
        """One read of the keyboard."""
        self._on_ready(app, mask)
        if self._wanted:
            lines = app._state.current.lines
            self._counters.lines = sum(1 for line in lines if line.id)

    def run_once(self, loop: Loop) -> None:
        """One turn."""
        counters = self._counters
        self._pressed = False
        began = time.process_time()
        self._run_once(loop)
        took = time.process_time() - began
        if self._wanted:  # what the report itself costs is none of the client's
            self._wanted = False
            counters.write(self._report)
            return
        counters.worst = max(counters.worst, took + counters.last_turn)
        counters.last_turn = took
        if self._pressed:
            counters.keys += 1
            counters.key_cpu += took
            counters.worst_key = max(counters.worst_key, took)


def main() -> int:
    """Run the client with everything counted."""
    report, *words = sys.argv[1:]
    Watch(Path(report)).begin()
    return start.main(words)


if __name__ == "__main__":
    sys.exit(main())
