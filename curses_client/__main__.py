"""``python3 -m curses_client NAME``: the client; ``unread [NAME]``: a count for a prompt.

Each loads only when it is wanted: ``unread`` is run before every prompt. Somebody who is called
``unread`` says ``-- unread``.
"""

import sys
from typing import Final

UNREAD: Final = "unread"


def main(arguments: list[str] | None = None) -> int:
    """Run the client until its user leaves, or what else the words ask for; the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == [UNREAD]:
        from curses_client import unread  # noqa: PLC0415 - see above

        return unread.main(given[1:])
    from curses_client import start  # noqa: PLC0415 - see above

    return start.main(given)


if __name__ == "__main__":
    sys.exit(main())
