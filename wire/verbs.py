"""Every line of the wire, both ways, as two tables of verbs.

A verb's fields are written as on paper: ``target message``, ``room key?``, ``name option*``. The
words are kinds of ``wire.grammar``; ``?`` may be missing, ``*`` may come any number of times, and a
kind that takes the rest of the line stands last.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from wire.grammar import KINDS, LINE_BREAK, Kind, Refusal


class Phase(Enum):
    """When a client may say a verb."""

    HELLO = "before HELLO"
    TALK = "after HELLO"
    ANY = "at any time"


class Verb(NamedTuple):
    """One verb: what follows it, when it may come, and whether it changes what is kept."""

    name: str
    fields: str
    help: str
    phase: Phase = Phase.TALK
    changes: bool = False
    payload: bool = False
    charged: bool = False

    @property
    def usage(self) -> str:
        """The line as a person would write it down."""
        return f"{self.name} {self.fields}".strip()


class _Fields:
    """The fields of one verb, ready to judge the words behind it."""

    __slots__ = ("breaks", "checks", "fixed", "kinds", "minimum", "repeated")

    def __init__(self, fields: str) -> None:
        words = fields.split()
        self.repeated: Kind | None = None
        if words and words[-1].endswith("*"):
            self.repeated = KINDS[words.pop()[:-1]]
        self.minimum = sum(not word.endswith("?") for word in words)
        self.kinds = tuple(KINDS[word.rstrip("?")] for word in words)
        self.checks = [kind.check for kind in self.kinds]
        self.breaks = "message" in words
        # str.split wants the number of cuts: one less than the words, when the last takes the rest.
        rest = bool(self.kinds) and self.kinds[-1].rest
        self.fixed = len(self.kinds) - 1 if rest else -1

    def split(self, text: str | None) -> tuple[str, ...]:
        """The fields in ``text`` (None: nothing came behind the verb), or :class:`Refusal`."""
        words = [] if text is None else text.split(" ", self.fixed)
        if text is not None and LINE_BREAK in text:
            self._check_breaks(words)
        count = len(words)
        if count == len(self.kinds) and "" not in words:  # nearly every line
            for check, word in zip(self.checks, words, strict=True):
                check(word)
            return tuple(words)
        if count < self.minimum or (count > len(self.kinds) and self.repeated is None):
            raise Refusal("bad-line")
        for kind, word in zip(self.kinds, words, strict=False):
            if not word and not kind.rest:
                raise Refusal("bad-line")
            kind.check(word)
        if self.repeated is not None:
            for word in words[len(self.kinds) :]:
                self.repeated.check(word)
        return tuple(words)

    def _check_breaks(self, words: list[str]) -> None:
        """A line break may stand in the message alone."""
        if any(LINE_BREAK in word for word in (words[:-1] if self.breaks else words)):
            raise Refusal("bad-text")


CLIENT_VERBS: Final[Mapping[str, Verb]] = {
    verb.name: verb
    for verb in (
        Verb("HELLO", "name option*", "who I am; session=TOKEN or password=WORD proves it",
             Phase.HELLO, changes=True),
        Verb("JOIN", "room key?", "enter a room, made when there is none",
             changes=True, charged=True),
        Verb("LEAVE", "room", "leave a room", changes=True),
        Verb("NICK", "name", "change my name", changes=True, charged=True),
        Verb("SAY", "target message", "say something", changes=True, charged=True),
        Verb("ACT", "target message", 'do something ("/me")', changes=True, charged=True),
        Verb("SEND", "target transfer number number number filename",
             "offset, length, size: a piece of an upload; length bytes follow",
             changes=True, payload=True),
        Verb("PARTIAL", "transfer", "how much of an upload is here"),
        Verb("GET", "number number?", "fetch the file of an event, from an offset"),
        Verb("STOP", "download", "forget an upload, end a download"),
        Verb("HISTORY", "place direction number number", "past events, before or after an id"),
        Verb("FILES", "place direction number number", "the same, files alone"),
        Verb("SEARCH", "place before number number text", "the newest events with every word"),
        Verb("NAMES", "room", "who is in a room"),
        Verb("ROOMS", "room?", "the rooms, from that name on"),
        Verb("WHO", "person", "about a person, or everybody in a room"),
        Verb("AWAY", "reason?", "I am away; without a text: back", changes=True),
        Verb("INVITE", "room name", "let somebody in once without the key",
             changes=True, charged=True),
        Verb("TOPIC", "room topic?", "set or remove the topic", changes=True, charged=True),
        Verb("KEY", "room key?", "set or remove the key", changes=True, charged=True),
        Verb("PASSWORD", "word?", "set or remove the password of my name",
             changes=True, charged=True),
        Verb("PING", "word?", "are you there?"),
        Verb("PONG", "word?", "I am here"),
        Verb("QUIT", "reason?", "goodbye", Phase.ANY),
        Verb("KICK", "anyname reason?", "operators: close somebody's connections", changes=True),
        Verb("BAN", "word number reason?", "operators: keep out, for seconds", changes=True),
        Verb("UNBAN", "word", "operators: let in again", changes=True),
        Verb("BANS", "", "operators: who is kept out"),
        Verb("SILENCE", "anyname number", "operators: no talk from somebody", changes=True),
        Verb("MOTD", "text?", "operators: the words at HELLO", changes=True),
        Verb("LIMITS", "", "operators: the limits as they stand"),
        Verb("LIMIT", "word word", "operators: set a limit", changes=True),
        Verb("RELOAD", "", "operators: read the configuration again", changes=True),
        Verb("STATS", "", "operators: the server's counters"),
        Verb("LOG", "switch", "operators: the server's log, live"),
        Verb("SHUTDOWN", "number?", "operators: end the server", changes=True),
    )
}  # fmt: skip
"""What a client may say."""

SERVER_VERBS: Final[Mapping[str, Verb]] = {
    verb.name: verb
    for verb in (
        Verb("WELCOME", "name session word number word option*",
             "name, session secret, history, tip, badges"),
        Verb("MOTD", "text", "words of the house"),
        Verb("MSG", "number time target anyname message", "somebody said something"),
        Verb("ACT", "number time target anyname message", "somebody did something"),
        Verb("FILE", "number time target anyname number sha256 filename", "somebody sent a file"),
        Verb("SEND", "target number number number number filename",
             "event, offset, length, size: a piece of a download; length bytes follow",
             payload=True),
        Verb("JOINED", "time room anyname", "somebody came into a room"),
        Verb("LEFT", "time room anyname reason?", "somebody left a room"),
        Verb("RENAMED", "time anyname anyname", "somebody changed the name"),
        Verb("TOPIC", "time room anyname topic?", "the topic, and who set it"),
        Verb("INVITED", "time room anyname", "somebody lets me into a room"),
        Verb("NAMES", "room member*", "who is in a room: + account's own name, * operator"),
        Verb("ROOM", "room number topic?", "a room, its members, its topic"),
        Verb("WHO", "anyname option*", "what is known of somebody"),
        Verb("OK", "word*", "the last line of an answer that went well"),
        Verb("ERR", "word text?", "the last line of an answer that did not"),
        Verb("PING", "word?", "are you there?"),
        Verb("PONG", "word?", "I am here"),
        Verb("BYE", "word text?", "the last line before the server closes"),
        Verb("BANNED", "word word reason?", "operators: who is kept out, until when"),
        Verb("LIMIT", "word word word word", "operators: name, value, default, unit"),
        Verb("STAT", "word word", "operators: one counter"),
        Verb("LOG", "text", "operators: one line of the server's log"),
    )
}  # fmt: skip
"""What a server may say."""


def compiled(verbs: Mapping[str, Verb]) -> Mapping[str, tuple[Verb, _Fields]]:
    """``verbs`` with their fields ready to judge words."""
    return {name: (verb, _Fields(verb.fields)) for name, verb in verbs.items()}
