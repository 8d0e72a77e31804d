"""Keys of rooms and passwords of names: how they are kept, and how often somebody may guess.

Of a word only its scrypt (RFC 7914) is kept, with its salt and its cost: a *lock*. One scrypt is
the longest that the loop ever stands still for a single line, so it is done apart from the turn in
which its line came: at most one a turn, ``key-checks`` of them a second for everybody together.

A line that needs one waits for it, and the lines behind it on the same connection too; nobody else
does. When more wait than are done in a second, the next is told ``slow-down``. To refuse at once
would be simpler, but then two people who come back in the same turn, both with the right word,
would have to be told that one of them is too fast.

A word that fitted is known again by a keyed hash in memory. So after a restart a crowd with one key
costs one scrypt, and who guesses elsewhere does not hold up those who know.
"""

import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from reactor.hub.banning import host
from reactor.hub.stage import Peer
from reactor.loop import Loop, Timer
from wire.grammar import Refusal
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub


class Parameter(NamedTuple):
    """One number of scrypt, and why it is so."""

    value: int
    reason: str


SCRYPT: Final[Mapping[str, Parameter]] = {
    "log2-n": Parameter(
        11, "4.5 ms of a 3 GHz core, so under 12 ms where it is two and a half times slower; 12: 10"
    ),
    "r": Parameter(8, "blocks of 1 KiB, as RFC 7914 advises: with n it takes 2 MiB for a moment"),
    "p": Parameter(1, "more of it costs the server time, and a guesser no memory"),
    "salt-bytes": Parameter(16, "the same word twice is two locks, and no table made before helps"),
    "digest-bytes": Parameter(32, "as long as what it stands for can be guessed: never the weak"),
}
"""What a new lock is made with; each lock says what it was made with itself."""

_SCHEME: Final = "scrypt"
_KNOWN: Final = 4096
"""So many words that fitted are known again."""
_MINUTE_SECONDS: Final = 60.0
_Subject = tuple[str, str]
"""The lock that is tried ("" where one is made), and the word."""


def make_lock(word: str) -> str:
    """A new lock for ``word``: scheme, cost, salt and hash, in single words. Takes one scrypt."""
    cost = [str(SCRYPT[name].value) for name in ("log2-n", "r", "p")]
    salt = secrets.token_hex(SCRYPT["salt-bytes"].value)
    head = " ".join((_SCHEME, *cost, salt))
    return f"{head} {_digest(head, word, SCRYPT['digest-bytes'].value).hex()}"


def opens(lock: str, word: str) -> bool:
    """Whether ``lock`` was made for ``word``. Takes one scrypt; ValueError: that is no lock."""
    head, _, digest = lock.rpartition(" ")
    expected = bytes.fromhex(digest)
    return hmac.compare_digest(_digest(head, word, len(expected)), expected)


def _digest(head: str, word: str, length: int) -> bytes:
    scheme, log2_n, r, p, salt = head.split(" ")
    if scheme != _SCHEME:
        raise ValueError(f"no lock of this program: {scheme}")
    return hashlib.scrypt(
        word.encode(),
        salt=bytes.fromhex(salt),
        n=1 << int(log2_n),
        r=int(r),
        p=int(p),
        dklen=length,
    )


class Later(Exception):  # noqa: N818 - it is no defect
    """The line waits for its scrypt, and is handled again when that is done; nothing is staged."""


class Task:
    """A line that waits, and what is to be found out for it."""

    __slots__ = ("_frame", "_locks", "_peer", "_work", "result", "subject")

    def __init__(
        self, locks: "Locks", peer: Peer, frame: Frame, subject: _Subject, work: Callable[[], str]
    ) -> None:
        self._locks = locks
        self._peer = peer
        self._frame = frame
        self._work = work
        self.subject = subject
        self.result = ""

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return self._peer.pending is self and not self._peer.goodbye

    def answers(self, frame: Frame, subject: _Subject) -> bool:
        """Whether this is what ``frame`` asks; its room may have got another key meanwhile."""
        return frame is self._frame and subject == self.subject

    def proceed(self) -> None:
        """Find out, handle the line, and go on with those behind it."""
        self.result = self._work()
        self._peer.pending = None
        self._locks.handle(self._peer, self._frame, self)
        if self._peer.pending is None:
            self._peer.go_on()

    def abort(self, reason: str) -> None:
        """It failed, a defect: its connection ends, as for any other line."""
        self._peer.abort(reason)


class Locks:
    """All that is tried and made, one scrypt after the other, and who guessed wrong lately."""

    def __init__(self, hub: "Hub", loop: Loop) -> None:
        self._hub = hub
        self._loop = loop
        self._waiting: deque[Task] = deque()
        self._timer: Timer | None = None
        self._free_at = 0.0
        self._done: Task | None = None
        self._key = secrets.token_bytes()
        self._known: dict[bytes, None] = {}
        self._wrong: dict[tuple[str, str], tuple[float, ...]] = {}

    @property
    def waiting(self) -> int:
        """How many lines wait."""
        return len(self._waiting)

    def open(self, peer: Peer, frame: Frame, what: str, lock: str, word: str, code: str) -> None:
        """Return if ``word`` fits ``lock``, that of ``what``; :class:`Refusal` ``code`` if not.

        ``slow-down`` for who guessed wrong too often, whatever the word: the fourth guess must
        learn nothing. :class:`Later` where it has to wait.
        """
        marks = [(mark, what) for mark in _marks(peer)]
        self._forget_old()
        limit = self._hub.settings.count("wrong-keys")
        if any(len(self._wrong.get(mark, ())) >= limit for mark in marks):
            raise Refusal("slow-down")
        known = self._mark(lock, word)
        if known in self._known:
            return
        if not self._ask(peer, frame, (lock, word), lambda: lock if opens(lock, word) else ""):
            self._note_wrong(marks)
            raise Refusal(code)
        self._remember(known)

    def make(self, peer: Peer, frame: Frame, word: str) -> str:
        """A new lock for ``word``; :class:`Later` where it has to wait."""
        lock = self._ask(peer, frame, ("", word), lambda: make_lock(word))
        self._remember(self._mark(lock, word))
        return lock

    def handle(self, peer: Peer, frame: Frame, done: Task) -> None:
        """Handle a line that waited, now that its answer is there."""
        self._done = done
        self._loop.restless()
        try:
            self._hub.handle(peer, frame)
        finally:
            self._done = None

    def _ask(self, peer: Peer, frame: Frame, subject: _Subject, work: Callable[[], str]) -> str:
        """What ``work`` gives, if it was done for this line; else the line waits for it."""
        if self._done is not None and self._done.answers(frame, subject):
            return self._done.result
        if self.waiting >= self._hub.settings.count("key-checks"):
            raise Refusal("slow-down")
        task = Task(self, peer, frame, subject, work)
        peer.pending = task
        self._waiting.append(task)
        self._arm()
        raise Later

    def _step(self) -> None:
        self._timer = None
        while self._waiting:
            task = self._waiting.popleft()
            if task.wanted:
                self._free_at = self._loop.now + 1 / self._hub.settings["key-checks"]
                self._loop.guard(task.proceed)
                break
        self._arm()

    def _arm(self) -> None:
        if self._waiting and self._timer is None:
            self._timer = self._loop.later(max(0.0, self._free_at - self._loop.now), self._step)

    def _mark(self, lock: str, word: str) -> bytes:
        return hashlib.blake2b(f"{lock} {word}".encode(), key=self._key).digest()

    def _remember(self, known: bytes) -> None:
        self._known[known] = None
        if len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]

    def _note_wrong(self, marks: list[tuple[str, str]]) -> None:
        """One more wrong guess; it counts only if its turn is stored, for only then it is told."""
        former = self._wrong
        self._wrong = dict(former)
        for mark in marks:
            self._wrong[mark] = (*former.get(mark, ()), self._loop.now)
        self._hub.stage.undo.append(lambda: setattr(self, "_wrong", former))

    def _forget_old(self) -> None:
        since = self._loop.now - _MINUTE_SECONDS
        fresh = {
            mark: tuple(at for at in times if at > since) for mark, times in self._wrong.items()
        }
        self._wrong = {mark: times for mark, times in fresh.items() if times}


def _marks(peer: Peer) -> list[str]:
    """Who somebody is for the count: the session, and the account or else the address.

    The session alone would not do, a new one is had for a HELLO; where the kernel says which
    account it is, nobody else pays for what is done from the same address.
    """
    place = host(peer.address) or peer.address
    origin = f"uid {peer.uid}" if peer.uid is not None else f"from {place}"
    return [origin] if peer.session is None else [origin, f"session {peer.session.id}"]
