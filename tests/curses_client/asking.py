"""Somebody who answers what stands in place of the input line, and what is read there."""

from curses_client.keys import Key
from curses_client.modes import Mode
from curses_client.texts import Texts

ENGLISH, INDONESIAN = Texts("en"), Texts("id")
LEAVING = ("esc", "ctrl-q", "ctrl-c", "ctrl-g")


def asked(mode: Mode, texts: Texts) -> str:
    """The question in full, with what is typed."""
    question = mode.question(texts)
    return (question.forms[0] + (question.typed or "")).replace("\u00a0", " ")


def press(mode: Mode, *keys: str) -> bool:
    """Press keys by their names, or type a text; whether the mode is over."""
    over = False
    for key in keys:
        assert not over, "it was over before"
        name = key if key in {*LEAVING, "enter", "up", "down", "f3", "backspace", "tab"} else ""
        name = name or (key if key.startswith("ctrl-") else "")
        over = mode.press(Key(name) if name else Key("text", key))
    return over
