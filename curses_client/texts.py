"""How the client says its sentences, in Indonesian or English.

``Texts("id")("joined", who="rizky")`` fills the named places. What a stranger wrote goes through
``cells.safe`` where it is drawn, not here.
"""

import os
import re
from datetime import UTC, datetime
from typing import Final

from curses_client.reasons import HUNG_UP, NO_HANDSHAKE, NO_TLS, SPEAKS_TLS, reason
from curses_client.sentences import TEXTS
from curses_client.terms import LEFT_WORDS, MONTHS, WEEKDAYS
from wire.errors import BYES, ERRORS, UNTIL, Words

LANGUAGES: Final = ("id", "en")
DETAILS_END: Final = " - "
"""Stands behind the details that the server puts before its own words for a code of ERR."""
OTHER_ACCOUNT: Final = "reason-account"
"""A reason of a lost link that :meth:`Texts.lost` puts into words."""
UNIT: Final = 1024
TENTHS_BELOW: Final = 100
UNTRUSTED: Final = "untrusted"
"""Beside the server's codes, our own: we do not accept its certificate; the text says why."""
_TLS_HINTS: Final = {
    SPEAKS_TLS: "speaks-tls",
    HUNG_UP: "hung-up",
    NO_TLS: "speaks-no-tls",
    NO_HANDSHAKE: "no-handshake",
}
"""What is told instead of that there is no server, where the reason says that there is one."""
_END: Final = re.compile(
    f"(?:{'|'.join(re.escape(words.format(time='')) for words in UNTIL)})([0-9T:.-]+Z)"
)
"""When a ban ends, in the server's words."""


def users_language() -> str:
    """The language of the environment (``LC_ALL``, ``LC_MESSAGES``, ``LANG``): ``id`` or ``en``."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "id" if value.startswith("id") else "en"
    return "en"


class Texts:
    """The sentences in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def use(self, language: str) -> None:
        """Speak ``language``; one that is none means that of the environment."""
        self.language = language if language in LANGUAGES else users_language()

    def __call__(self, key: str, **places: object) -> str:
        """Say the sentence ``key`` with its places filled."""
        return TEXTS[key].say(self.language).format(**places)

    def error(self, code: str, text: str = "") -> str:
        """What an ERR code means; an unknown one is told in the server's own words."""
        words = ERRORS.get(code)
        return words.say(self.language) if words else text or code

    def reason(self, told: str) -> str:
        """Why the system or the network refused something, as far as it is known here."""
        return reason(told, self.language)

    def why(self, error: OSError) -> str:
        """What went wrong with the system."""
        return self.reason(error.strerror or str(error))

    def bye(self, word: str, text: str = "") -> str:
        """What a word of BYE means, with the reason that the server gives besides."""
        return self._reasoned(BYES.get(word), text) or word

    def goodbye(self, word: str, text: str = "") -> str:
        """That it is over; who was sent away is told that one has to come back oneself."""
        key = "goodbye" if word == "quit" else "sent-away"
        return self(key, why=self.bye(word, text))

    def turned_away(self, name: str, code: str, text: str = "") -> str:
        """Why the server does not take ``name`` in; another name helps only where it is that."""
        if code == UNTRUSTED:
            return text
        if code == "banned":
            return self("turned-away", name=name, why=self._reasoned(ERRORS.get(code), text))
        if code == "bad-password":
            return self("name-kept", name=name)
        return self("name-refused", name=name, why=self.error(code, text))

    def no_server(self, address: str, reason: str) -> str:
        """That there is no server at ``address``, or one that wants, or does not want, TLS."""
        key = _TLS_HINTS.get(reason, "no-server")
        return self(key, address=address, reason=self.lost(reason))

    def left_why(self, told: str) -> str:
        """Why somebody else left: a word of BYE, or what somebody wrote."""
        words = LEFT_WORDS.get(told)
        return words.say(self.language) if words else told

    def lost(self, reason: str) -> str:
        """Why a link was lost."""
        return (
            self(reason)
            if reason == OTHER_ACCOUNT
            else self.reason(reason) or self("reason-closed")
        )

    def _reasoned(self, words: Words | None, text: str) -> str:
        """``words`` with ``text`` behind them, where that is not the same in other words.

        Of a text that ends in the words themselves the details alone; a time is told as a clock.
        """
        details, dash, said = text.rpartition(DETAILS_END)
        if words is not None and dash and said in words:
            text = details
        text = _END.sub(lambda end: self("until", time=self.clock(end[1])), text)
        if words is None or not text or text in words:
            return words.say(self.language) if words else text
        return f"{words.say(self.language)}: {text}"

    def day(self, year: int, month: int, day: int, weekday: int) -> str:
        """A day, written out: ``Jumat, 21 November 2025``; ``weekday`` 0 is Monday."""
        return self(
            "day",
            weekday=WEEKDAYS[self.language][weekday],
            day=day,
            month=MONTHS[self.language][month - 1],
            year=year,
        )

    def clock(self, time: str) -> str:
        """A time of the wire for people: the clock, with the day where that is not today."""
        try:
            local = datetime.fromisoformat(time).astimezone()
        except (ValueError, OverflowError, OSError):  # no time, or none that a clock here can show
            return time
        if local.date() == datetime.now(UTC).astimezone().date():
            return f"{local:%H:%M}"
        month = MONTHS[self.language][local.month - 1]
        return f"{local.day} {month} {local:%H:%M}"

    def tenths(self, number: float) -> str:
        """A number with one decimal, as it is written in this language."""
        shown = f"{number:.1f}"
        return shown.replace(".", ",") if self.language == "id" else shown

    def size(self, count: float) -> str:
        """A number of bytes for people: ``11.5 MB``, in Indonesian ``11,5 MB``."""
        unit = "B"
        for larger in ("KB", "MB", "GB"):
            if count < UNIT:
                break
            count, unit = count / UNIT, larger
        whole = unit == "B" or count >= TENTHS_BELOW
        return f"{f'{count:.0f}' if whole else self.tenths(count)} {unit}"


def read_size(text: str) -> int | None:
    """A size as people write it (``16M``, ``500k``, ``2000``) in bytes; None: it is none."""
    match = re.fullmatch(r"([0-9]{1,12})([kmg]?)b?", text.strip().lower())
    if match is None:
        return None
    power: int = UNIT ** " kmg".index(match[2] or " ")
    return int(match[1]) * power
