"""Guests: people who come in by a door that knows nobody.

A guest is a session in memory alone, with a name that ends in ``~``; what it says is stored like
everybody's. Nothing of it is written when it comes or goes.
"""

import itertools
import re
from typing import TYPE_CHECKING, Final

from reactor.hub import entering, rooming
from reactor.hub.people import Session
from reactor.hub.rooms import Room
from reactor.hub.stage import Peer
from reactor.log import Batch, Place
from reactor.log.records import Ban, NewRoom
from wire.errors import ERRORS
from wire.grammar import GUEST_MARK, NAME_CHARACTERS, fold

if TYPE_CHECKING:
    from reactor.hub.hub import Hub

NOBODY: Final = 0
"""The owner of a room that no person made; session ids are random and never 0."""
UNNAMED: Final = "tamu"
"""What a guest is called whose wish holds nothing that a name may have."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
_NO_LETTER = re.compile(r"^[^A-Za-z]+")


def prepare(hub: "Hub", name: str) -> None:
    """Make the guests' room if there is none. Raises LogError where it cannot be stored.

    From now on it gets no key. One that had a key before keeps it, and the guests out, until its
    owner or an operator removes it.
    """
    hub.guest_rooms.add(fold(name))
    if hub.rooms.get(name) is None:
        room = Room(name, Place(), NOBODY)
        batch = Batch()
        batch.changes.append(NewRoom(room.place, name, NOBODY, hub.time))
        hub.log.commit(batch)
        hub.rooms.add(room)


def enter(hub: "Hub", peer: Peer, wanted: str, room: str) -> None:
    """Take in a guest under a name near to ``wanted``, and into ``room`` if that has no key."""
    me = hub.people.new(free_name(hub, wanted), None)
    entering.hold_name(hub, me, me.name)
    entering.attach(hub, peer, me)
    place = hub.rooms.get(room)
    if place is not None and place.key:
        hub.reply(peer, None, f"ERR bad-key {ERRORS['bad-key'].say(hub.language)}")
    elif place is not None:
        rooming.enter(hub, peer, me, place)


def ban_of(hub: "Hub", address: str, wanted: str = "") -> Ban | None:
    """The ban that fits who comes from ``address``, or wants a name that is banned; or None."""
    name = fit(wanted) if wanted else ""
    names = (name, name + GUEST_MARK) if name else (None,)
    found = (hub.bans.fitting(address, None, banned, None) for banned in names)
    return next((ban for ban in found if ban is not None), None)


def listen(hub: "Hub", ear: Peer, room: str) -> None:
    """Let somebody who is nobody hear what is said to all, and in ``room`` if that has no key."""
    place = hub.rooms.get(room)
    if place is not None and not place.key:
        place.peers[ear] = None
    if place is not None:
        hub.everybody.peers[ear] = None


def rename(hub: "Hub", peer: Peer, wanted: str) -> None:
    """Call a guest by a name near to ``wanted``."""
    me = peer.session
    if me is not None:
        name = free_name(hub, wanted, me)
        if name != me.name:
            entering.rename(hub, me, name)


def go_out(hub: "Hub", peer: Peer, name: str) -> None:
    """Take a guest out of one of its rooms.

    No LEAVE, which is refused when its turn cannot be stored: that would leave it in two rooms.
    """
    room = hub.rooms.get(name)
    if room is not None and room in peer.rooms:
        rooming.leave_room(hub, peer, room, "")


def fit(wanted: str) -> str:
    """``wanted`` in the form of a name, without the guests' mark."""
    name = _NO_LETTER.sub("", _UNFIT.sub("_", wanted.strip())).strip("_")
    return name[:NAME_CHARACTERS] or UNNAMED


def free_name(hub: "Hub", wanted: str, me: Session | None = None) -> str:
    """A guest's name that nobody but ``me`` holds: ``rizky~``, or ``rizky-2~`` when it is taken."""
    name = wanted = fit(wanted)
    for number in itertools.count(2):
        if hub.people.holder(name + GUEST_MARK) in {None, me}:
            break
        ending = f"-{number}"
        name = wanted[: NAME_CHARACTERS - len(ending)] + ending
    return name + GUEST_MARK
