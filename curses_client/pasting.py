"""A paste of several lines is one message, and is asked about first."""

from typing import Final

from curses_client.keys import Key
from curses_client.texts import Texts

SEND: Final = "send"
EDIT: Final = "edit"
CANCEL: Final = "cancel"
_ANSWERS: Final = {
    Key("enter"): SEND,
    Key("text", "e"): EDIT,
    Key("esc"): CANCEL,
    Key("ctrl-c"): CANCEL,
}


class Paste:
    """The pasted text that waits for an answer; "" when there is none."""

    def __init__(self) -> None:
        self.text = ""

    def begin(self, pasted: str) -> str:
        """Take a paste: what of it is typed at once, because there is nothing to ask about."""
        one_line = pasted.removesuffix("\n")
        if "\n" not in one_line:
            return one_line
        self.text = pasted
        return ""

    def answer(self, key: Key) -> tuple[str, str]:
        """What ``key`` decides (SEND, EDIT, CANCEL, "" for nothing), and about which text."""
        text, what = self.text, _ANSWERS.get(key, "")
        if what:
            self.text = ""
        return what, text

    def question(self, texts: Texts) -> str:
        """What is asked in place of the input line; "" when nothing is."""
        if not self.text:
            return ""
        lines = self.text.rstrip("\n").count("\n") + 1
        return texts("paste", lines=lines, size=texts.size(len(self.text.encode())))
