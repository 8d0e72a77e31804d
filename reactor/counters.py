"""What happened since the server started, in numbers."""

from collections import Counter
from collections.abc import Iterable


class Counters:
    """Names and how often each thing happened."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, amount: int = 1) -> None:
        """It happened ``amount`` times more."""
        self._counts[name] += amount

    def rows(self) -> Iterable[tuple[str, str]]:
        """Name and value of each, in order of names."""
        return [(name, str(self._counts[name])) for name in sorted(self._counts)]
