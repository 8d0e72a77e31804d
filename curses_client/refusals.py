"""Why the server refused a command, in words of that command.

The codes of the wire are general: ``no-name`` behind ``/unban`` is no person who is missing but a
ban. What stands in no table here is told in the general words.
"""

from collections.abc import Mapping
from typing import Final

from curses_client.front import Failure
from curses_client.nearest import nearest
from curses_client.texts import DETAILS_END, Texts
from wire.limits import LIMITS

NEAR: Final = 3
"""So many limits are named that may have been meant."""
_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("LIMIT", "bad-line"): "no-such-limit",
    ("UNBAN", "no-name"): "not-banned",
    ("BAN", "bad-name"): "no-such-who",
    ("UNBAN", "bad-name"): "no-such-who",
    ("BAN", "bad-number"): "time-too-long",
    ("SILENCE", "bad-number"): "time-too-long",
    ("SHUTDOWN", "bad-number"): "time-too-long",
    ("KEY", "not-allowed"): "no-key-by-you",
    ("TOPIC", "not-allowed"): "not-owner",
}
"""A verb and a code of ERR -> the sentence; ``name`` in it is the first word behind the verb."""


def why(texts: Texts, failure: Failure, verb: str, *args: str) -> str:
    """Why ``verb`` with ``args`` was refused, with the details that the server puts in front."""
    key = _WORDS.get((verb, failure.code))
    if key is not None:
        name = args[0] if args else ""
        return texts(key, name=name, hint=_near_limits(texts, name))
    told = texts.error(failure.code, failure.text)
    details, dash, _ = failure.text.rpartition(DETAILS_END)
    return f"{told}: {details}" if dash else told


def _near_limits(texts: Texts, name: str) -> str:
    """Which limits may have been meant by ``name``; "" for none."""
    holding = [limit for limit in LIMITS if name in limit]
    near = [*nearest(name, LIMITS, NEAR), *holding]
    names = ", ".join(list(dict.fromkeys(near))[:NEAR])
    return texts("did-you-mean", name=names) if names else ""
