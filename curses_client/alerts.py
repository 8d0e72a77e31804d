"""Who calls me, and how loudly: mentions, the bell, what is muted, who is ignored."""

import functools
import re
from datetime import datetime
from typing import Final

from curses_client.settings import Settings
from curses_client.state import Level
from wire.grammar import fold

BELL_SECONDS: Final = 1.0
"""Within so long after a bell no other one rings: a flood of mentions is one call."""
RECENT_SECONDS: Final = 60.0
"""What everybody was told longer ago calls nobody who comes back: a countdown is over by then."""


class Alerts:
    """What the settings say about calling the user."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rang = -BELL_SECONDS

    def names(self, text: str, me: str) -> bool:
        """Whether ``text`` holds my name, or a word that I want to hear of, as a word."""
        return _words((me, *self._settings.words("highlight"))).search(text) is not None

    def ignores(self, sender: str) -> bool:
        """Whether I do not want to read ``sender``."""
        return fold(sender) in map(fold, self._settings.words("ignore"))

    def level(self, target: str, level: Level) -> Level:
        """How much what happened in ``target`` counts: nothing where it is muted."""
        return Level.NONE if self._settings.notify(target) == "none" else level

    def rings(self, target: str, level: Level, now: float) -> bool:
        """Whether the bell rings for what happened in ``target``; it counts as rung then."""
        wanted = {"all": Level.FILE, "mention": Level.MENTION}.get(self._settings.notify(target))
        if wanted is None or level.value < wanted.value or not self._settings.on("bell"):
            return False
        if now - self._rang < BELL_SECONDS:
            return False
        self._rang = now
        return True


def is_recent(time: str, now: float) -> bool:
    """Whether ``time``, one of the wire, is at most a minute before ``now`` (since 1970)."""
    try:
        return now - datetime.fromisoformat(time).timestamp() <= RECENT_SECONDS
    except (ValueError, OverflowError, OSError):  # the form of a time, but no such time
        return False


@functools.lru_cache(maxsize=8)
def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    # A phrase may be broken over two lines.
    either = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words)
    return re.compile(rf"(?<![\w.-])(?:{either})(?![\w-])", re.IGNORECASE)
