"""What the tests of the log share."""

from reactor.log import EVERYBODY, Batch, Event, Log, Place
from reactor.log.records import Page
from wire.grammar import UNBOUNDED_ID

NEWEST = UNBOUNDED_ID


def talk(text: str, place: Place = EVERYBODY) -> Event:
    """An event that is not stored yet."""
    return Event("MSG", place, 1_700_000_000_123, "*", "ani", text)


def store(log: Log, *texts: str, place: Place = EVERYBODY) -> list[Event]:
    """Commit one batch with these texts."""
    batch = Batch()
    batch.events += [talk(text, place) for text in texts]
    log.commit(batch)
    return batch.events


def bodies(page: Page) -> list[str]:
    """The texts in a page."""
    return [line.decode().rstrip("\n").split(" ", 5)[5] for line in page.lines]


def everything(log: Log) -> list[str]:
    """All texts said to everybody."""
    return bodies(log.page(EVERYBODY, after=True, number=0, count=100_000, upto=NEWEST))
