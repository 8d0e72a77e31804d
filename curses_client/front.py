"""What ``chat`` tells to whoever shows it: the screen, or plain lines."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, Self

from wire.parser import Frame


class Stored(NamedTuple):
    """A stored event.

    ``live``: it came as it happened, not out of history. ``fresh``: it happened while this client
    ran, even if the link was broken then.
    """

    kind: str
    id: int
    time: str
    target: str
    sender: str
    body: str
    live: bool
    fresh: bool = True

    @classmethod
    def of(cls, frame: Frame, *, live: bool, fresh: bool) -> Self:
        """The event that a MSG, ACT or FILE line tells of."""
        number, time, target, sender, *rest = frame.args
        return cls(frame.verb, int(number), time, target, sender, " ".join(rest), live, fresh)


class Pending(NamedTuple):
    """A line of mine that is not acknowledged yet."""

    tag: str
    verb: str
    target: str
    text: str


class Failure(NamedTuple):
    """Why something did not go well: a code of ERR, and its text as the server said it."""

    code: str
    text: str


Answer = Callable[[list[Frame], Failure | None], object]
"""Called with the lines of an answer; with a failure when it was ERR or the link was lost."""


class Front(Protocol):
    """Who shows it: the screen, or plain lines."""

    def welcome(self) -> None:
        """The server took us in, for the first time or again; ``chat.name`` is our name."""

    def refused(self, failure: Failure) -> None:
        """The server does not take us in under this name, or we do not trust its certificate."""

    def stored(self, event: Stored) -> None:
        """An event, in order within its scope, and never twice."""

    def passing(self, frame: Frame) -> None:
        """JOINED LEFT RENAMED TOPIC NAMES INVITED MOTD."""

    def delivered(self, pending: Pending) -> None:
        """A line of mine is on the server's disk."""

    def failed(self, pending: Pending, failure: Failure) -> None:
        """A line of mine was refused; it is not in the outbox any longer."""

    def room_failed(self, room: str, failure: Failure) -> None:
        """A room could not be entered."""

    def caught_up(self, scope: str) -> None:
        """Nothing of ``scope`` is missing now."""

    def link_lost(self, reason: str) -> None:
        """The connection is lost."""

    def goodbye(self, word: str, text: str) -> None:
        """The server closed the connection with BYE, and we do not come back."""

    def forgotten(self) -> None:
        """The server has another history than before: what is shown is of the old one."""


class Asker(Protocol):
    """Who asks the user for what nobody else may read. False: nobody can be asked here."""

    def key_wanted(self, room: str, *, wrong: bool) -> bool:
        """``room`` has a key; ``wrong``: the one that was given is not it.

        The answer is :meth:`Chat.join` with the key, or :meth:`Chat.stay_out`.
        """

    def password_wanted(self, *, wrong: bool) -> bool:
        """My name has a password; the answer is :meth:`Chat.prove`, or the end."""

    def has_to_wait(self, room: str) -> None:
        """A key, or for "" the password, is tried again later: too many were wrong lately."""

    def new_secret(self, about: str, done: Callable[[str], object]) -> bool:
        """Ask twice for a new key or password; ``done`` gets it. ``about``: whose it will be."""


class NobodyAsks:
    """There is nobody who could be asked."""

    def key_wanted(self, room: str, *, wrong: bool) -> bool:
        """See :class:`Asker`."""
        del room, wrong
        return False

    def password_wanted(self, *, wrong: bool) -> bool:
        """See :class:`Asker`."""
        del wrong
        return False

    def has_to_wait(self, room: str) -> None:
        """See :class:`Asker`."""

    def new_secret(self, about: str, done: Callable[[str], object]) -> bool:
        """See :class:`Asker`."""
        del about, done
        return False


class FileTraffic(Protocol):
    """Who moves files: ``transfers``."""

    def go_on(self) -> None:
        """The server took us in (again)."""

    def pump(self) -> None:
        """Bytes left."""

    def announce(self, frame: Frame) -> None:
        """A piece of a file comes."""

    def feed(self, data: bytes) -> None:
        """Bytes of the announced piece."""


class NoFiles:
    """Nobody moves files."""

    def go_on(self) -> None:
        """See :class:`FileTraffic`."""

    def pump(self) -> None:
        """See :class:`FileTraffic`."""

    def announce(self, frame: Frame) -> None:
        """See :class:`FileTraffic`."""

    def feed(self, data: bytes) -> None:
        """See :class:`FileTraffic`."""
