"""The verb SEARCH. An answer that takes longer than a slice is made over several turns.

The first slice is taken where a page of history would be read: when the turn is stored. What is
left is done by slices, one a turn for all searches together, so that nobody else waits for them.
Until its answer is there, no further line of that connection is handled: answers keep their order.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from reactor.hub.answers import page_bytes, prefix
from reactor.hub.people import Session
from reactor.hub.rooming import joined
from reactor.hub.stage import Peer
from reactor.hub.talking import talk_with
from reactor.log import EVERYBODY
from reactor.log.lookup import Lookup, Scope
from reactor.log.words import Words
from reactor.loop import Loop, Timer
from wire.grammar import EVERYBODY as EVERYBODY_TARGET
from wire.grammar import PAGE_EVENTS, Refusal
from wire.parser import Frame

if TYPE_CHECKING:
    from reactor.hub.hub import Hub


def search(hub: "Hub", peer: Peer, me: Session, frame: Frame) -> "SearchAnswer":
    """SEARCH: the newest events with every word, of a place that I may read or of all of them."""
    target, _, number, count, text = frame.args
    scope = _scope(hub, peer, me, target)
    words = Words.of(text)
    if not words:
        raise Refusal("bad-text")
    tip, staged = hub.log.tip, hub.stage.batch.events
    last = staged[-1] if staged else None

    def start() -> Lookup:
        return hub.log.search(
            words,
            scope,
            number=int(number),
            count=min(int(count), PAGE_EVENTS),
            upto=tip if last is None else last.id,
        )

    answer = SearchAnswer(hub.searches, peer, frame.tag, start)
    peer.pending = answer
    hub.stage.undo.append(lambda: setattr(peer, "pending", None))
    return answer


def _scope(hub: "Hub", peer: Peer, me: Session, target: str) -> Scope:
    """What ``target`` means to ``me``; :class:`Refusal` for those who may not read it."""
    if target.startswith("#"):
        return Scope((joined(hub, peer, target).place,))
    if target == "@":
        return Scope((), me.id)
    if target == EVERYBODY_TARGET:
        return Scope((EVERYBODY, *(room.place for room in peer.rooms)), me.id)
    return Scope((talk_with(hub, me, target[1:]),))


class SearchAnswer:
    """The answer to one SEARCH, encoded when its turn is stored, or when all is found."""

    __slots__ = ("_lookup", "_peer", "_searches", "_start", "_tag")

    def __init__(
        self, searches: "Searches", peer: Peer, tag: str | None, start: Callable[[], Lookup]
    ) -> None:
        self._searches = searches
        self._peer = peer
        self._tag = tag
        self._start = start
        self._lookup: Lookup | None = None

    def encode(self) -> bytes:
        """The answer if one slice is enough; see :class:`reactor.hub.stage.Encodable`."""
        data = self._look()
        if data is None:
            self._searches.add(self)
            return b""
        self._end()
        return data

    def proceed(self) -> None:
        """One slice more, and the answer if it was the last; nothing when nobody waits for it."""
        if self._peer.session is None or self._peer.goodbye:
            return
        data = self._look()
        if data is None:
            self._searches.add(self)
        else:
            self._searches.answer(self._peer, data)
            self._end()

    def abort(self, reason: str) -> None:
        """The search failed, a defect: its connection ends, as for any other line."""
        self._peer.abort(reason)

    def _look(self) -> bytes | None:
        """One slice; the whole answer when it was the last."""
        if self._lookup is None:
            self._lookup = self._start()
        page = self._lookup.step()
        return None if page is None else page_bytes(page, prefix(self._tag))

    def _end(self) -> None:
        self._peer.pending = None
        self._peer.go_on()


class Searches:
    """The searches that take more than a slice, in turn: one slice of one of them a turn."""

    def __init__(self, hub: "Hub", loop: Loop) -> None:
        self._hub = hub
        self._loop = loop
        self._waiting: deque[SearchAnswer] = deque()
        self._timer: Timer | None = None

    @property
    def waiting(self) -> int:
        """How many there are."""
        return len(self._waiting)

    def add(self, answer: SearchAnswer) -> None:
        """Go on with ``answer`` when it is its turn."""
        self._waiting.append(answer)
        self._arm()

    def answer(self, peer: Peer, data: bytes) -> None:
        """Stage an answer whose line's turn is long over."""
        self._hub.happen(lambda: self._hub.stage.to_peer(peer, data))

    def _step(self) -> None:
        self._timer = None
        self._loop.guard(self._waiting.popleft().proceed)
        self._arm()

    def _arm(self) -> None:
        # A timer, not Loop.again: who only searches leaves the turn quiet, and the index is filled.
        if self._waiting and self._timer is None:
            self._timer = self._loop.later(0, self._step)
