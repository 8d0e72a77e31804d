"""What somebody may have meant who typed a word that there is not: the words that look like it."""

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str], count: int = 1) -> list[str]:
    """At most ``count`` of ``words`` that look most like ``word``, the best first; often none."""
    import difflib  # noqa: PLC0415 - for a slip of the fingers, and slow to load

    return difflib.get_close_matches(word, list(words), count)
