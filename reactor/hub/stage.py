"""What a turn wants to send and to store, until the log has answered.

A line to a room is not copied to its members. The turn's lines of a room stand in one
:class:`Segment`; each member's list holds a reference to it, put there once, and the segment is
encoded and joined once. So a turn costs members + lines, not members x lines. Where the order
between a passing line (JOINED, LEFT, RENAMED, TOPIC) and somebody's answers matters, the segment is
*cut*: what follows goes into a new one, behind what was put into the lists meanwhile.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from reactor.log import Batch, Event

if TYPE_CHECKING:
    from reactor.hub.answers import Download
    from reactor.hub.filing import Piece
    from reactor.hub.locks import Task
    from reactor.hub.people import Session
    from reactor.hub.rooms import Everybody, Room
    from reactor.hub.searching import SearchAnswer


class Encodable(Protocol):
    """Something that becomes bytes once the turn is on disk."""

    def encode(self) -> bytes:
        """Lines of the wire, each with its LF."""


Item = bytes | Encodable


class Segment:
    """Consecutive lines to one room, or to everybody, in one turn; joined once for all."""

    __slots__ = ("_joined", "items")

    def __init__(self) -> None:
        self.items: list[bytes | Event] = []
        self._joined: bytes | None = None

    def encode(self) -> bytes:
        """All lines in one piece; the same object for everybody."""
        if self._joined is None:
            self._joined = b"".join(
                [item if isinstance(item, bytes) else item.encode() for item in self.items]
            )
        return self._joined


Output = Segment | list[Item]
"""What a turn has for one connection. Nearly always that is one segment, for which a thousand
members need no list each."""


class Peer:
    """One connection as the hub sees it; a door's class adds the socket.

    ``uid`` and ``login`` are the account that the kernel saw at the other end (None and "" where it
    cannot be seen), ``address`` where it comes from, as its door writes addresses. Of an
    ``operator`` the verbs of operators are obeyed. ``since`` is when it came, in milliseconds since
    1970. ``goodbye`` is the word of BYE that was staged: after it the connection ends. ``piece``
    takes the payload that is coming in, ``downloads`` are the files that are going out. While
    ``pending`` is set, the answer to a line is being made and no further line is handled; when it
    is there, :meth:`go_on` is called.
    """

    __slots__ = ("address", "door", "downloads", "goodbye", "login", "operator", "out", "pending",
                 "piece", "rooms", "session", "since", "uid")  # fmt: skip

    def __init__(
        self,
        door: str,
        uid: int | None,
        login: str,
        since: int,
        *,
        address: str = "",
        operator: bool = False,
    ) -> None:
        self.door = door
        self.uid = uid
        self.login = login
        self.since = since
        self.address = address
        self.operator = operator
        self.session: Session | None = None
        self.rooms: dict[Room, None] = {}
        self.out: Output | None = None  # what the turn has for it
        self.goodbye = ""
        self.piece: Piece | None = None
        self.downloads: dict[int, Download] = {}
        self.pending: SearchAnswer | Task | None = None

    @property
    def queued(self) -> int:
        """Bytes that were sent to it and that it has not read yet."""
        return 0

    def deliver(self, items: list[Item]) -> None:
        """Send ``items``, in this order; the turn is on disk."""
        raise NotImplementedError

    def deliver_shared(self, data: bytes) -> None:
        """Send lines that many are sent and nothing else; the turn is on disk."""
        self.deliver([data])

    def go_on(self) -> None:
        """Handle the lines that came meanwhile: what they waited for is answered."""
        raise NotImplementedError

    def abort(self, reason: str) -> None:
        """Cut the connection without a word."""
        raise NotImplementedError


class Stage:
    """One turn's intentions: what to store, what to send to whom, how to take it all back."""

    __slots__ = ("batch", "done", "refused", "segments", "tags", "touched", "undo")

    def __init__(self) -> None:
        self.batch = Batch()
        self.undo: list[Callable[[], object]] = []  # when the turn cannot be stored
        self.done: list[Callable[[], object]] = []  # when it is, or nothing was to be stored
        self.touched: list[Peer] = []
        self.segments: dict[object, Segment] = {}
        self.tags: dict[tuple[int, str], tuple[bytes, Event]] = {}
        self.refused = 0  # lines that are answered with ERR

    def to_peer(self, peer: Peer, item: Item) -> None:
        """Send ``item`` to one connection when the turn is on disk; after a BYE nothing follows."""
        if peer.goodbye:
            return
        if peer.out is None:
            self.touched.append(peer)
            peer.out = [item]
        else:
            _add(peer, peer.out, item)

    def to_room(self, room: "Room | Everybody", item: bytes | Event) -> None:
        """Send ``item`` to every connection in ``room``."""
        segment = self.segments.get(room)
        if segment is None:
            segment = self.segments[room] = Segment()
            touched = self.touched
            for peer in room.peers:  # as to_peer, without a call for each of a thousand
                if not peer.goodbye:
                    if peer.out is None:
                        touched.append(peer)
                        peer.out = segment
                    else:
                        _add(peer, peer.out, segment)
        segment.items.append(item)

    def cut(self, room: "Room | Everybody") -> None:
        """What is said in ``room`` from now on comes behind all that is staged."""
        self.segments.pop(room, None)

    def announce(self, room: "Room", line: bytes) -> None:
        """Send a passing line, whose place among the answers matters, to all in ``room``."""
        self.cut(room)
        self.to_room(room, line)

    def take_output(self) -> list[tuple[Peer, Output | None]]:
        """What is staged for whom; nothing is staged for them then."""
        taken = [(peer, peer.out) for peer in self.touched]
        for peer in self.touched:
            peer.out = None
        self.touched = []
        return taken

    def forget_output(self) -> None:
        """Drop every staged line."""
        for peer in self.touched:
            peer.out = None
        self.touched.clear()
        self.segments.clear()


def _add(peer: Peer, out: Output, item: Item) -> None:
    """Stage ``item`` for a connection for which ``out`` is staged."""
    if isinstance(out, list):
        out.append(item)
    else:
        peer.out = [out, item]


def hand_out(
    taken: list[tuple[Peer, Output | None]], failed: Callable[[object, Exception], object]
) -> None:
    """Deliver what was taken from a stage; ``failed`` hears of whom that was not possible for."""
    for peer, out in taken:
        try:  # as Loop.guard, without its call for each of a thousand
            if isinstance(out, list):
                peer.deliver(out)
            elif out is not None:
                peer.deliver_shared(out.encode())
        except Exception as error:
            failed(peer, error)
