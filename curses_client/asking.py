"""Keys and passwords are asked for in the input line, without echo, when nobody is typing there.

What is being typed when a room turns out to have a key must not go into that question: it waits
until the input line is empty, and a notice says so. Only what the user asked for himself a moment
ago (``/key``) stands there at once.
"""

from collections.abc import Callable

from curses_client.chat import Chat
from curses_client.entering import RETRY_SECONDS
from curses_client.front import Failure
from curses_client.hands import Hands
from curses_client.modes import Silent
from curses_client.state import State
from curses_client.store import is_key, is_word
from curses_client.story import Story
from curses_client.texts import Texts
from wire.grammar import fold, is_room

_NAME = ""  # stands for my name where others are rooms


class Asking:
    """The screen's :class:`curses_client.front.Asker`; ``changed`` has the screen drawn."""

    def __init__(
        self,
        hands: Hands,
        state: State,
        story: Story,
        chat: Chat,
        texts: Texts,
        changed: Callable[[], object],
    ) -> None:
        self._hands = hands
        self._state = state
        self._story = story
        self._chat = chat
        self._texts = texts
        self._changed = changed
        self._wanted: dict[str, tuple[str, bool]] = {}  # folded -> room or "", wrong
        self._standing: Silent | None = None
        self._asked = ""  # about what the question that stands is: a folded room, "" for my name
        self._slow: set[str] = set()  # of what was told that it has to wait
        hands.on_rest = self._begin

    def key_wanted(self, room: str, *, wrong: bool) -> bool:
        """See :class:`curses_client.front.Asker`."""
        self._want(room, wrong=wrong)
        return True

    def password_wanted(self, *, wrong: bool) -> bool:
        """See :class:`curses_client.front.Asker`."""
        self._want(_NAME, wrong=wrong)
        return True

    def has_to_wait(self, room: str) -> None:
        """See :class:`curses_client.front.Asker`; told once for each answer."""
        if fold(room) not in self._slow:
            self._slow.add(fold(room))
            what, seconds = room or self._chat.name, round(RETRY_SECONDS)
            self._story.error(self._texts("has-to-wait", what=what, seconds=seconds))

    def new_secret(self, about: str, done: Callable[[str], object]) -> bool:
        """See :class:`curses_client.front.Asker`."""
        texts = self._texts
        key = "new-key" if is_room(about) else "new-password"

        def left(why: str) -> None:
            self._story.notice(texts(why))

        def check(word: str) -> None:
            if is_key(word):
                done(word)
            else:
                self._story.error(texts("no-key"))

        asked, again = texts(key, what=about), texts("again", what=about)
        self._hands.mode = Silent(asked, again, check, left, texts("leave-new"))
        self._changed()
        return True

    def _want(self, room: str, *, wrong: bool) -> None:
        self._slow.discard(fold(room))
        stands = self._standing is not None and self._hands.mode is self._standing
        if stands and self._asked == fold(room):
            return  # it is wanted again after a reconnect: what is typed stays
        self._wanted[fold(room)] = room, wrong
        self._begin()
        if fold(room) in self._wanted:
            self._story.notice(self._texts("asked-later", what=room or self._chat.name))

    def _begin(self) -> None:
        """Ask what waits, if nobody is typing."""
        while self._wanted and self._hands.resting:
            folded = next(iter(self._wanted))
            room, wrong = self._wanted.pop(folded)
            if folded == _NAME or folded in self._chat.rooms:  # it may have been left meanwhile
                self._ask(room, wrong=wrong)

    def _ask(self, room: str, *, wrong: bool) -> None:
        key = "ask-key" if room else "ask-password"
        asked = self._texts(key, what=room or self._chat.name)
        if wrong:
            asked = f"{self._texts.error('bad-key' if room else 'bad-password')}. {asked}"
        self._asked = fold(room)
        self._standing = self._hands.mode = Silent(
            asked,
            "",
            lambda word: self._given(room, word),
            lambda _: self._left(room),
            self._texts("leave-key" if room else "leave-password"),
        )
        self._changed()

    def _given(self, room: str, word: str) -> None:
        if not (is_key(word) if room else is_word(word)):
            self._wanted[fold(room)] = room, True
        elif room:
            self._chat.join(room, word)
        else:
            self._chat.prove(word)

    def _left(self, room: str) -> None:
        if not room:
            self._story.refused(Failure("bad-password", ""))
            return
        self._chat.stay_out(room)
        self._story.stayed_out(room, self._texts("stayed-out", room=room))
