"""``python3 -m reactor.reachable``: whether everybody on this machine can run this Python.

``make install`` asks. What it installs starts with the Python that installed it, and one that lies
in somebody's home starts for nobody else, least of all for the service's own account.
"""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wire.errors import Words

_CLOSED: Final = Words(
    "warning: other people cannot run {python}: {closed} is closed to them.\n"
    "  Neither they nor the service can start obrol. Install it with a Python for everybody:\n"
    "  make install PYTHON=/usr/bin/python3 (3.11 or newer)",
    "peringatan: orang lain tidak dapat menjalankan {python}: {closed} tertutup bagi mereka.\n"
    "  Mereka maupun layanan sistem tidak dapat memulai obrol. Pasang dengan Python untuk semua:\n"
    "  make install PYTHON=/usr/bin/python3 (3.11 atau lebih baru)",
)
_LINKS_MOST: Final = 40
"""The kernel follows no more (path_resolution(7))."""


def closed_to_others(path: Path) -> Path | None:
    """The first folder or file on the way to ``path`` that others may not pass, run or enter.

    None where there is none; links are followed. What access lists allow is not looked at.
    Raises OSError where ``path`` does not exist.
    """
    for hop in _hops(path):
        own: tuple[Path, ...] = () if hop.is_symlink() else (hop,)  # a link has no mode of its own
        for part in (*reversed(hop.parents), *own):
            if not part.stat().st_mode & stat.S_IXOTH:
                return part
    return None


def main() -> int:
    """Warn when somebody is kept out; the exit code is 0: it is installed all the same."""
    # Without its own library a Python does not start either.
    ways = (Path(sys.executable), Path(os.__file__).parent)
    closed = next(filter(None, map(closed_to_others, ways)), None)
    if closed is not None:
        language = "id" if os.environ.get("LANG", "").startswith("id") else "en"
        text = _CLOSED.say(language).format(python=sys.executable, closed=closed)
        sys.stderr.write(f"{text}\n")
    return 0


def _hops(path: Path) -> Iterator[Path]:
    """``path``, and where it leads, link by link."""
    for _ in range(_LINKS_MOST):
        yield path
        if not path.is_symlink():
            break
        path = path.parent / path.readlink()
    yield path.resolve()


if __name__ == "__main__":
    sys.exit(main())
