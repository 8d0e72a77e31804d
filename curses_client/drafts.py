"""A draft of the last run that stands in the input line again, and what is typed behind it blindly.

Nothing is ever taken from it. But whoever does not look and types ``/quit`` behind ``halo`` would
say ``halo/quit`` to everybody: that is asked about.
"""

from collections.abc import Callable

from curses_client import commands
from curses_client.keys import Key
from curses_client.picture import Question
from curses_client.texts import Texts


def typed_behind(draft: str, line: str) -> str:
    """The command that ``line`` has right behind ``draft``; "" where it has none.

    What is no command, but nearly one, counts too.
    """
    behind = line.removeprefix(draft).lstrip() if draft and line.startswith(draft) else ""
    name = commands.take_apart(behind).command
    known = name and (name.lower() in commands.BY_NAME or commands.closest(name))
    return behind if known else ""


class Behind:
    """The question whether ``command`` is meant, or a text that happens to look so.

    ``obey`` does the command and keeps the draft, ``send`` says the whole line to ``to``.
    """

    def __init__(
        self, command: str, to: str, obey: Callable[[], object], send: Callable[[], object]
    ) -> None:
        self._command = commands.without_secret(command)
        self._to = to
        self._answers = {Key("enter"): obey, Key("text", "s"): send}

    def press(self, key: Key) -> bool:
        """See :class:`modes.Mode`; any other key goes back to the line."""
        answer = self._answers.get(key)
        if answer is not None:
            answer()
        return True

    def question(self, texts: Texts) -> Question:
        """See :class:`modes.Mode`."""
        asked = texts("behind-draft", command=self._command, to=self._to)
        return Question((asked, f"{self._command}? [Enter] [s] [Esc]", "[Enter] [s] [Esc]"))
