"""How rooms are entered: with the key that is known, or when it was asked for, or a while later.

What was said to a room that is not open yet waits in the outbox: the server would refuse it.
"""

from typing import TYPE_CHECKING, Final

from curses_client.catchup import CatchUp
from curses_client.credentials import RoomKeys
from curses_client.front import Failure, Front
from curses_client.store import Store
from wire.grammar import fold
from wire.parser import Frame

if TYPE_CHECKING:
    from curses_client.chat import Chat

RETRY_SECONDS: Final = 3.0
"""After ``not-saved`` or ``slow-down`` the same is tried again so much later."""
TRY_AGAIN: Final = frozenset({"not-saved", "slow-down"})


class Entering:
    """Enters the rooms of ``chat``; ``keys`` are those that it knows of them."""

    def __init__(self, chat: "Chat", store: Store, front: Front, past: CatchUp) -> None:
        self.keys = RoomKeys(store)
        self._chat = chat
        self._front = front
        self._past = past
        self._locked: set[str] = set()  # folded rooms of mine that did not let me in (yet)

    def enter(self, room: str) -> None:
        """Ask the server to let us in, and read what was said."""
        chat = self._chat
        key = self.keys.of(room, chat.history)

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            for frame in frames:
                if frame.verb != "OK":
                    self._front.passing(frame)
            if failure is not None:
                self._kept_out(room, key, failure)
                return
            if key:
                self.keys.fits(room, key, chat.history)
            self.unlock(room)

        chat.ask(answer, "JOIN", room, *([key] if key else []))
        self._past.read(room)

    def is_locked(self, target: str) -> bool:
        """Whether what is said there has to wait."""
        return fold(target) in self._locked

    def unlock(self, room: str) -> None:
        """It is open, or we do not want to get in any longer: what waited is sent."""
        if self.is_locked(room):
            self._locked.discard(fold(room))
            self._chat.send_outbox()

    def _kept_out(self, room: str, key: str, failure: Failure) -> None:
        """A room does not let me in; while that may change, it stays one of mine."""
        mine = fold(room) in self._chat.rooms
        if not failure.code:  # the link was lost
            return
        if mine:
            self._locked.add(fold(room))
        if failure.code in TRY_AGAIN:
            if key and failure.code == "slow-down":
                self._chat.asker.has_to_wait(room)
            self._chat.later(RETRY_SECONDS, lambda: self._again(room))
            return
        if failure.code == "bad-key":
            self.keys.forget(room, key, self._chat.history)
            if not key and self.keys.try_spare(room):
                self._again(room)
                return
            if mine and self._chat.asker.key_wanted(room, wrong=bool(key)):
                return
        self._chat.rooms.pop(fold(room), None)
        self._front.room_failed(room, failure)
        self.unlock(room)

    def _again(self, room: str) -> None:
        if fold(room) in self._chat.rooms:
            self.enter(room)
