"""What is remembered of one person on one server, and its form in the file.

The file may hold anything: an older client wrote it, a newer one, a hand. Each part is judged by
itself, and what makes no sense is left out. What is written is bounded, so that the file stays
small whatever was typed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from curses_client.front import Pending
from curses_client.unread import COUNT_MOST, VERSION, Counts, counts_of
from wire.grammar import EVERYBODY, UNBOUNDED_ID, Refusal, cut_text, fold, is_target
from wire.parser import Parser

READ_TARGETS: Final = 1000
"""So many read positions are kept, those with the newest events."""
DRAFT_BYTES: Final = 64 * 1024
"""A longer draft is cut."""
DRAFTS_BYTES: Final = 256 * 1024
"""All drafts together; beyond it the ones that were begun first are dropped."""
RECENT_LINES: Final = 50
"""Sent lines kept of one target, the newest ones."""
RECENT_BYTES: Final = 64 * 1024
"""Sent lines of one target together; beyond it the oldest are dropped."""
RECENT_ALL_BYTES: Final = 256 * 1024
"""All sent lines together; beyond it the targets that came first lose theirs."""
TARGETS: Final = 200
"""So many targets with a draft, and so many with sent lines."""
OUTBOX_LINES: Final = 1000
"""Lines that are not acknowledged, the oldest ones: what follows a gap would be out of order."""
HISTORY_CHARACTERS: Final = 100
_SPOKEN: Final = frozenset({"SAY", "ACT"})

_Value = TypeVar("_Value")


class Remembered(NamedTuple):
    """One person on one server; the keys are folded targets, "" for the client's own window."""

    history: str = ""
    read: Mapping[str, int] = {}
    drafts: Mapping[str, str] = {}
    recent: Mapping[str, list[str]] = {}
    counts: Counts = Counts(0, 0)
    open: tuple[str, ...] = ()
    """Rooms and private talks to open again, as written, in the order of their windows."""

    @classmethod
    def of(cls, entry: object) -> "Remembered":
        """What an entry of the file says, as far as it makes sense."""
        if not isinstance(entry, dict) or entry.get("version") != VERSION:
            return cls()
        history = entry.get("history")
        if not isinstance(history, str) or len(history) > HISTORY_CHARACTERS:
            history = ""
        found = cls(
            history,
            # Ids say nothing where it is not known of which history they are.
            {k: v for k, v in _table(entry.get("read")) if _is_id(v)} if history else {},
            {k: v for k, v in _table(entry.get("drafts")) if isinstance(v, str)},
            {k: list(filter(_is_text, v)) for k, v in _table(entry.get("recent")) if _is_list(v)},
            counts_of(entry) or Counts(0, 0),
            _targets(entry.get("open")),
        )
        return found.bounded()

    def bounded(self) -> "Remembered":
        """The same within the bounds of this file."""
        newest = sorted(self.read.items(), key=lambda item: item[1])[-READ_TARGETS:]
        drafts = {fold(k): _cut(text) for k, text in self.drafts.items() if text}
        recent = {fold(k): _newest(lines) for k, lines in self.recent.items() if any(lines)}
        sizes = {k: sum(map(_size, lines)) for k, lines in recent.items()}
        return Remembered(
            self.history[:HISTORY_CHARACTERS],
            {fold(target): number for target, number in newest},
            _last(drafts, {k: _size(text) for k, text in drafts.items()}, DRAFTS_BYTES),
            _last(recent, sizes, RECENT_ALL_BYTES),
            Counts(*(min(max(count, 0), COUNT_MOST) for count in self.counts)),
            tuple({fold(target): target for target in self.open}.values())[:TARGETS],
        )

    def entry(self) -> dict[str, Any]:
        """The form in the file."""
        return {"version": VERSION, **self._asdict()}

    def over(self, base: "Remembered", there: "Remembered") -> "Remembered":
        """What this client changed since ``base``, put over what others wrote: ``there``.

        Positions go to the newer one; of drafts those that were changed here count; sent lines are
        appended. Counts are those of who writes last. What was opened here is open, and what was
        closed here is closed, whatever else is open elsewhere.
        """
        history = self.history or there.history
        mine = self.read if self.history else {}
        theirs = there.read if there.history == history else {}
        read = {k: max(mine.get(k, 0), theirs.get(k, 0)) for k in (*theirs, *mine)}
        drafts = dict(there.drafts)
        recent = dict(there.recent)
        for target in {*base.drafts, *self.drafts}:
            text = self.drafts.get(target, "")
            if text != base.drafts.get(target, ""):
                drafts.pop(target, None)
                drafts[target] = text
        for target, lines in self.recent.items():
            fresh = appended(base.recent.get(target, []), lines)
            if fresh:
                recent[target] = recent.pop(target, []) + fresh
        windows = _merged(base.open, self.open, there.open)
        return Remembered(history, read, drafts, recent, self.counts, windows).bounded()


def appended(former: list[str], lines: list[str]) -> list[str]:
    """What stands behind ``former`` in ``lines``, whose first ones may have been dropped since."""
    for dropped in range(len(former) + 1):
        rest = former[dropped:]
        if lines[: len(rest)] == rest:
            return lines[len(rest) :]
    return lines


def _merged(
    base: tuple[str, ...], mine: tuple[str, ...], there: tuple[str, ...]
) -> tuple[str, ...]:
    """``there`` with what became of ``base`` in ``mine``."""
    if base == there:
        return mine
    before, now, theirs = ({fold(t): t for t in targets} for targets in (base, mine, there))
    kept = {key: target for key, target in theirs.items() if key in now or key not in before}
    return tuple((kept | {key: now[key] for key in now if key not in before}).values())


def outboxes_of(entry: object) -> dict[str, list[Pending]]:
    """The lines that were not acknowledged, by the process that said them."""
    if not isinstance(entry, dict) or entry.get("version") != VERSION:
        return {}
    outboxes = entry.get("outboxes")
    if not isinstance(outboxes, dict):
        return {}
    return {
        owner: [Pending(*line) for line in lines[:OUTBOX_LINES] if _is_sendable(line)]
        for owner, lines in outboxes.items()
        if isinstance(lines, list)
    }


def _is_sendable(line: object) -> bool:
    """Whether the wire takes it: a line that it refuses would end the client at every start."""
    if not (isinstance(line, list) and list(map(type, line)) == [str] * len(Pending._fields)):
        return False
    tag, verb, target, text = line
    try:
        return verb in _SPOKEN and bool(Parser(server=False).send(verb, target, text, tag=tag))
    except (Refusal, UnicodeEncodeError):
        return False


def _table(value: object) -> Iterable[tuple[str, Any]]:
    """What a table says of targets."""
    if isinstance(value, dict):
        yield from ((k, v) for k, v in value.items() if k == fold(k) and (not k or is_target(k)))


def _targets(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(t for t in value if isinstance(t, str) and is_target(t) and t != EVERYBODY)


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value <= UNBOUNDED_ID


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _size(text: str) -> int:
    return len(text.encode())


def _cut(text: str) -> str:
    """At most ``DRAFT_BYTES``, and nothing that is no character."""
    return cut_text(text, DRAFT_BYTES)[0]


def _newest(lines: Iterable[str]) -> list[str]:
    """The last lines that fit into ``RECENT_BYTES``; one always does."""
    kept = [_cut(line) for line in lines if line][-RECENT_LINES:]
    while sum(map(_size, kept)) > RECENT_BYTES:
        del kept[0]
    return kept


def _last(found: Mapping[str, _Value], sizes: Mapping[str, int], limit: int) -> dict[str, _Value]:
    """The last ``TARGETS`` of ``found``, or fewer that are no larger than ``limit`` together."""
    kept = list(found)[-TARGETS:]
    while sum(sizes[target] for target in kept) > limit:
        del kept[0]
    return {target: found[target] for target in kept}
