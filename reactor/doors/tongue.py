"""What a line of the wire is in the words of a program that does not speak it.

The guests' doors hand every line that the hub delivers to one :class:`Tongue`. A turn's lines of a
room are one object for all members, so they are read once, however many guests there are.
"""

from collections.abc import Callable, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from wire.errors import BYES, Words
from wire.grammar import EVERYBODY, LINE_BREAK
from wire.parser import NEED_DATA, Frame, Parser

USER_QUESTION: Final = b"user?"
"""The whole first word of the named door; programs compare it, so nothing may follow it."""
WELCOME: Final = "Selamat datang di Server"
"""The first word of the door without names."""
TALK: Final = frozenset({"MSG", "ACT", "FILE"})
"""What a door tells that has no way to answer: talk alone."""
SENDER: Final = 3
"""Which field of talk names who said it."""

CONNECTED: Final = Words("You are connected !", "Kamu telah terhubung !")
CALLED: Final = Words("You are called {0} here.", "Namamu di sini {0}.")
UNKNOWN: Final = Words(
    "There is no {0} here; there are /join #room [key], /who, /msg name text, /quit.",
    "Tidak ada {0} di sini; yang ada: /join #ruang [kunci], /who, /msg nama teks, /quit.",
)
_JOINED: Final = Words("{0} has joined the chat !", "{0} telah bergabung ke dalam chat !")
_LEFT: Final = Words("{0} has left the chat !", "{0} telah meninggalkan chat !")
_RENAMED: Final = Words("{0} is called {1} now.", "{0} sekarang bernama {1}.")
_TOPIC: Final = Words("Topic of {0}: {1}", "Topik {0}: {1}")
_NO_TOPIC: Final = Words("{0} has no topic now.", "{0} sekarang tanpa topik.")
_INVITED: Final = Words("{1} lets you into {0}.", "{1} mengundangmu ke {0}.")
_NAMES: Final = Words("In {0}: {1}", "Di {0}: {1}")
_PRIVATE: Final = Words("[private] ", "[pribadi] ")
_PRIVATE_TO: Final = Words("[to {0}] ", "[kepada {0}] ")
_EVERYBODY: Final = Words("[to everybody] ", "[kepada semua] ")
_FILE: Final = Words(
    "{0} has sent {1} ({2}); with the obrol client: /get {3}",
    "{0} mengirim {1} ({2}); dengan klien obrol: /get {3}",
)

_OPERATORS: Final = frozenset({"kicked", "banned"})
"""Words of BYE behind which an operator may have said why."""
_THOUSAND: Final = 1000
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_KEPT: Final = 64


def size_in_words(size: int) -> str:
    """A number of bytes as people say it: ``11.5 MB``."""
    amount, unit = float(size), _UNITS[0]
    for unit in _UNITS:
        if round(amount, 1) < _THOUSAND or unit == _UNITS[-1]:
            break
        amount /= _THOUSAND
    return f"{amount:.0f} {unit}" if unit == _UNITS[0] else f"{amount:.1f} {unit}"


class Told(NamedTuple):
    """The fields of a line of the wire, to be told to ``me``."""

    args: tuple[str, ...]
    me: str
    language: str

    def say(self, words: Words, *fields: str) -> str:
        """``words`` in its language, with ``fields`` where they belong."""
        return words.say(self.language).format(*fields)


Made = TypeVar("Made")


class Once(Generic[Made]):
    """What ``make`` makes of bytes, made once for all who are delivered the same object."""

    def __init__(self, make: Callable[[bytes], Made]) -> None:
        self._make = make
        self._kept: dict[int, tuple[bytes, Made]] = {}

    def of(self, data: bytes) -> Made:
        """What is made of ``data``."""
        found = self._kept.get(id(data))
        if found is not None:
            return found[1]
        made = self._make(data)
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[id(data)] = data, made  # with the bytes, or their id might be another's
        return made


class Tongue:
    """Reads lines of the wire and says them in ``language`` (``id`` or ``en``)."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._parser = Parser(server=False)
        self._read = Once(self._frames)

    def frames(self, data: bytes) -> list[Frame]:
        """The lines in ``data``, which ends with one."""
        return self._read.of(data)

    def _frames(self, data: bytes) -> list[Frame]:
        self._parser.receive(data)
        frames = []
        while (event := self._parser.next_event()) is not NEED_DATA:
            if isinstance(event, Frame):  # a line that cannot be read must not stop the others
                frames.append(event)
        return frames

    def say(self, frame: Frame, me: str) -> str | None:
        """The line for people, to be told to ``me``; None for what they need not know."""
        words = _SAYINGS.get(frame.verb)
        return None if words is None else words(Told(frame.args, me, self.language))


def _talk(told: Told) -> str:
    _, _, target, sender, text = told.args
    head = f"{_mark(told, target, sender)}{sender}: "
    return "\n".join(head + line for line in text.split(LINE_BREAK))


def _act(told: Told) -> str:
    _, _, target, sender, text = told.args
    return f"{_mark(told, target, sender)}* {sender} {text.replace(LINE_BREAK, ' ')}"


def _file(told: Told) -> str:
    number, _, target, sender, size, _, name = told.args
    line = told.say(_FILE, sender, name, size_in_words(int(size)), number)
    return _mark(told, target, sender) + line


def _mark(told: Told, target: str, sender: str) -> str:
    """What stands in front of talk that is not the room's."""
    if target == EVERYBODY:
        return told.say(_EVERYBODY)
    if not target.startswith("@"):
        return ""
    return told.say(_PRIVATE_TO, target[1:]) if sender == told.me else told.say(_PRIVATE)


def _joined(told: Told) -> str:
    name = told.args[2]
    return told.say(CONNECTED) if name == told.me else told.say(_JOINED, name)


def _left(told: Told) -> str | None:
    name, *reason = told.args[2:]
    if name == told.me:
        return None
    # A word of BYE is the server's, and what it means is said to who goes.
    return " ".join([told.say(_LEFT, name), *(f"({why})" for why in reason if why not in BYES)])


def _topic(told: Told) -> str:
    room, _, *text = told.args[1:]
    return told.say(_TOPIC if text else _NO_TOPIC, room, *text)


def _names(told: Told) -> str:
    return told.say(_NAMES, told.args[0], ", ".join(told.args[1:]))


def _renamed(told: Told) -> str:
    former, name = told.args[1:]
    return told.say(CALLED, name) if name == told.me else told.say(_RENAMED, former, name)


def _invited(told: Told) -> str:
    return told.say(_INVITED, *told.args[1:3])


def _words(told: Told) -> str:
    return "! " + " ".join(told.args[1:])


def _bye(told: Told) -> str:
    """Why it ends; an operator's own words stand behind those of the table."""
    word, *said = told.args
    if word in _OPERATORS:
        said.insert(0, BYES[word].say(told.language))
    return "! " + ": ".join(dict.fromkeys(said))


def _motd(told: Told) -> str:
    return told.args[0]


_SAYINGS: Final[Mapping[str, Callable[[Told], str | None]]] = {
    "MSG": _talk,
    "ACT": _act,
    "FILE": _file,
    "JOINED": _joined,
    "LEFT": _left,
    "RENAMED": _renamed,
    "TOPIC": _topic,
    "NAMES": _names,
    "INVITED": _invited,
    "MOTD": _motd,
    "ERR": _words,
    "BYE": _bye,
}
"""How each verb that a guest may hear is said."""
