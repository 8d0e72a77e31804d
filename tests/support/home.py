"""A home of its own for every program that a test starts.

Nobody's own settings, secrets or downloads are read or written by a test: what a program finds by
``HOME`` and the ``XDG_`` variables is below a folder of the test. What else a developer's shell may
say (a language, tmux, an editor) is taken away too.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FOLDERS: Final[Mapping[str, str]] = {
    "HOME": ".",
    "XDG_CONFIG_HOME": ".config",
    "XDG_STATE_HOME": ".local/state",
}
_TAKEN_AWAY: Final = frozenset(
    {"NO_COLOR", "COLUMNS", "LINES", "TMUX", "STY", "EDITOR", "VISUAL", "LANGUAGE"}
)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a program whose user lives in ``home``, with ``more`` set in it."""
    kept = {name: value for name, value in os.environ.items() if not _is_personal(name)}
    places = {name: str(home / folder) for name, folder in _FOLDERS.items()}
    return {**kept, "LANG": "C.UTF-8", **places, **more}


def isolate(home: Path) -> None:
    """Make ``home`` the home of this process, and of all that it starts.

    They have a multicast group of their own too: no server on the LAN hears of the tests, and no
    test process of another.
    """
    for name in filter(_is_personal, list(os.environ)):
        del os.environ[name]
    os.environ["HOME"] = str(home)
    _, high, low = (os.getpid() & 0xFFFFFF).to_bytes(3)
    os.environ["OBROL_GROUP"] = f"239.193.{high}.{low}"


def _is_personal(name: str) -> bool:
    return name in _TAKEN_AWAY or name.startswith(("XDG_", "LC_"))
