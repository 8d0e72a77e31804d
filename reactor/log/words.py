"""What a search looks for, and how a text is cut into what can be found.

Index and scan use the same function, so it does not matter to an answer which of them found it.

- Case is ignored as Unicode says (casefold), accents are not: ``café`` is not ``cafe``. What looks
  the same is the same: composed and decomposed accents are one (canonical caseless matching).
- A token is a run of letters and digits. Every other character that can be seen is a token of its
  own, and so is each character of the scripts that put no spaces between words.
- A word of the search is found where its tokens stand one behind the other: ``c++``, ``10.0.0.1``
  and ``a_b`` as they are. Sentence signs around a word do not count (``halo!``, ``(halo)``) unless
  the word has nothing else.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from wire.grammar import fold, is_name

SCHEME: Final = f"1 {unicodedata.unidata_version}"
"""How texts are cut; an index that was made in another way is of no use."""

_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, Han
)
_UNSEEN = "\0-\x1f\x7f\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff"
"""Controls, soft hyphens, joiners, and what only chooses how the character before it looks."""
_TOKEN = re.compile(rf"[^\W_{_UNSPACED}]+|[^\s{_UNSEEN}]")

_SENTENCE_SIGNS: Final = frozenset(".,:;!?…'\"*¿¡。、！？")
_SENTENCE_CATEGORIES: Final = frozenset({"Ps", "Pe", "Pi", "Pf", "Pd", "Pc"})
"""Brackets, quotation marks, dashes, low lines."""


def folded(text: str) -> str:
    """``text`` as it is compared."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def tokens(text: str) -> list[str]:
    """What can be found in ``text``, in its order; no token holds a space."""
    return _TOKEN.findall(folded(text))


def searchable(kind: str, body: str) -> str:
    """What of an event's body is searched: the text, of a FILE its name alone."""
    return body.split(" ", 2)[2] if kind == "FILE" else body


class Words(NamedTuple):
    """What a search asks for; all of it must be there.

    ``phrases``: each the tokens of a word, joined by a space. ``senders``: folded names; more than
    one find nothing, because an event has one sender.
    """

    phrases: tuple[str, ...]
    senders: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """The words in ``text``; empty (False) when nothing in it can be searched for."""
        phrases, senders = [], []
        for word in text.split():
            head, _, name = word.partition(":")
            if fold(head) == "from" and is_name(name.removesuffix("~")):
                senders.append(fold(name))
            elif found := _trimmed(tokens(word)):
                phrases.append(" ".join(found))
        return cls(tuple(dict.fromkeys(phrases)), tuple(dict.fromkeys(senders)))

    def __bool__(self) -> bool:
        return bool(self.phrases or self.senders)

    def are_in(self, sender: str, text: str) -> bool:
        """Whether an event of ``sender`` with ``text`` holds every word."""
        if any(name != fold(sender) for name in self.senders):
            return False
        text = folded(text)
        # Most texts hold not even the characters of a word: spares cutting them.
        if not all(phrase.partition(" ")[0] in text for phrase in self.phrases):
            return False
        line = f" {' '.join(_TOKEN.findall(text))} "
        return all(f" {phrase} " in line for phrase in self.phrases)


def _trimmed(found: list[str]) -> Iterable[str]:
    """``found`` without the sentence signs at both ends, if anything else is in it."""
    seen = [at for at, token in enumerate(found) if not _is_sentence_sign(token)]
    return found[seen[0] : seen[-1] + 1] if seen else found


def _is_sentence_sign(token: str) -> bool:
    return len(token) == 1 and (
        token in _SENTENCE_SIGNS or unicodedata.category(token) in _SENTENCE_CATEGORIES
    )
