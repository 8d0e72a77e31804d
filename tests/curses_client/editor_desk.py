"""A small client for a terminal: one draft goes to the editor, what comes back is printed.

It counts while the editor runs, as the connection would go on, and writes the count to a file.
"""

import signal
import sys
from pathlib import Path

from curses_client.external_editor import Edited, edit
from reactor.loop import Loop

TICK_SECONDS = 0.02


def main() -> None:
    loop = Loop()
    turns = 0

    def tick() -> None:
        nonlocal turns
        turns += 1
        Path(sys.argv[1]).write_text(f"{turns}\n")
        loop.later(TICK_SECONDS, tick)

    def done(edited: Edited) -> None:
        print(f"back: {edited.text!r} {edited.reason}", flush=True)
        handled = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)]
        print(f"signals as before: {handled == before}", flush=True)
        loop.stop()

    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)]
    edit(loop, "konsep", done)
    tick()
    loop.run()


if __name__ == "__main__":
    main()
