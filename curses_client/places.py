"""Where the client keeps what it knows between runs, and under which name.

Whoever starts in a moment (``unread``, for a prompt) reads these too: nothing heavy is imported.
"""

import argparse
import os
from pathlib import Path
from typing import Final

DEFAULT_PORT: Final = 59000
DEFAULT_ROOM: Final = "#lab"
"""Where somebody comes in who names no room, and was in none before."""
PORT_MOST: Final = 65_535
SESSIONS_FILE: Final = "sessions.json"
"""The secrets of :mod:`curses_client.store`."""
KNOWN_FILE: Final = "known_servers"
"""The certificates of :mod:`curses_client.known`."""
MEMORY_FILE: Final = "memory.json"
"""What :mod:`curses_client.memory` remembers."""


def state_folder() -> Path:
    """Where the client keeps it: ``$XDG_STATE_HOME/obrol-client``, beside the server's folder."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "obrol-client"


def port(text: str) -> int:
    """A port of the command line, 1 to 65535; raises ArgumentTypeError for what is none."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(PORT_MOST)):
        number = int(text)
        if 1 <= number <= PORT_MOST:
            return number
    raise argparse.ArgumentTypeError(f"a port is 1 to {PORT_MOST}")


def server_key(host: str, port: int, *, tls: bool = False) -> str:
    """What a server is called in these files: on this machine its port tells it, by any door.

    Over TLS it is another one: who forgets ``--tls`` once shows nobody the secret in plain text.
    """
    if tls:
        return f"tls:{host}:{port}"
    local = host in {"", "localhost", "127.0.0.1", "::1", f"@obrol-{port}"}
    return f"local:{port}" if local else f"{host}:{port}"
