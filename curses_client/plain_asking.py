"""Keys and passwords are asked for on the plain terminal, without echo, where there is no screen.

The loop stands still meanwhile: nothing of what it would print may come between the question and
its answer. Where standard input is no terminal nobody is asked: the words say how a script does it.
"""

import getpass
from collections.abc import Callable

from curses_client.chat import Chat
from curses_client.credentials import KEY_VARIABLE, PASSWORD_VARIABLE
from curses_client.entering import RETRY_SECONDS
from curses_client.plainly import complain
from curses_client.store import is_key, is_word
from curses_client.texts import Texts


class PlainAsking:
    """The line mode's :class:`curses_client.front.Asker`; ``typed``: somebody sits there."""

    def __init__(self, chat: Chat, texts: Texts, *, typed: bool) -> None:
        self._chat = chat
        self._texts = texts
        self._typed = typed

    def key_wanted(self, room: str, *, wrong: bool) -> bool:
        """See :class:`curses_client.front.Asker`."""
        if wrong:
            self._tell(self._texts.error("bad-key"))
        if not self._typed:
            self._tell(self._texts("key-how", room=room, variable=KEY_VARIABLE))
            return False
        key = self._ask("ask-key", room, is_key)
        if key:
            self._chat.join(room, key)
        return bool(key)

    def password_wanted(self, *, wrong: bool) -> bool:
        """See :class:`curses_client.front.Asker`."""
        name = self._chat.name
        if wrong:
            self._tell(self._texts.error("bad-password"))
        if not self._typed:
            self._tell(self._texts("password-how", name=name, variable=PASSWORD_VARIABLE))
            return False
        password = self._ask("ask-password", name, is_word)
        if password:
            self._chat.prove(password)
        return bool(password)

    def has_to_wait(self, room: str) -> None:
        """See :class:`curses_client.front.Asker`."""
        what, seconds = room or self._chat.name, round(RETRY_SECONDS)
        self._tell(self._texts("has-to-wait", what=what, seconds=seconds))

    def new_secret(self, about: str, done: Callable[[str], object]) -> bool:
        """See :class:`curses_client.front.Asker`."""
        if not self._typed:
            return False
        key = "new-key" if about.startswith("#") else "new-password"
        word = self._ask(key, about, is_key)
        if not word:
            self._tell(self._texts("nothing-changed"))
        elif word == _unseen(self._texts("again", what=about)):
            done(word)
        else:
            self._tell(self._texts("not-the-same"))
        return True

    def _ask(self, key: str, what: str, fits: Callable[[str], bool]) -> str:
        """Ask until it can be one; "" where the user gives none."""
        while True:
            word = _unseen(self._texts("leave-plain") + self._texts(key, what=what))
            if not word or fits(word):
                return word
            self._tell(self._texts("no-key"))

    @staticmethod
    def _tell(text: str) -> None:
        complain(f"obrol: {text}")


def _unseen(question: str) -> str:
    """What is typed behind ``question``, without echo; "" at the end of the input."""
    try:
        return getpass.getpass(question)
    except EOFError:
        return ""
