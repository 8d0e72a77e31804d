"""What operators may do with the process: reload, counters, the live journal, the end of it.

See :class:`reactor.hub.operating.Backstage` for what the hub asks of this.
"""

from collections.abc import Callable, Iterable
from typing import Final

from reactor.configuration import Configuration
from reactor.counters import Counters
from reactor.hub import Hub, Peer
from reactor.hub.operating import Notice
from reactor.hub.people import Session
from reactor.journal import Journal
from reactor.loop import Loop, Timer
from wire.errors import Words
from wire.grammar import cut_text, sendable
from wire.limits import BadSettingError, Settings

REMINDERS: Final = (600, 300, 60, 30, 10, 5)
"""So many seconds before the end everybody is told of it again."""
ENDING: Final = Words(
    "the server goes down in {count} {unit}", "server akan dimatikan dalam {count} {unit}"
)
PUT_OFF: Final = Words("put off: {ending}", "ditunda: {ending}")
SOONER: Final = Words("sooner than was said: {ending}", "lebih cepat dari rencana: {ending}")
MINUTE: Final = 60
MINUTES: Final = Words("min", "menit")
SECONDS: Final = Words("s", "detik")


class Backstage:
    """The process, as operators see it; ``end`` is what SIGTERM does.

    ``renew`` reads what else stands in files; it raises BadSettingError, and then changes nothing.
    """

    def __init__(
        self,
        loop: Loop,
        hub: Hub,
        configuration: Configuration,
        settings: Settings,
        journal: Journal,
        counters: Counters,
        end: Callable[[], object],
        renew: Callable[[], object],
    ) -> None:
        self._loop = loop
        self._hub = hub
        self._configuration = configuration
        self._settings = settings
        self._journal = journal
        self._counters = counters
        self._end = end
        self._renew = renew
        self._followers: dict[Peer, None] = {}
        self._lines: list[str] = []
        self._countdown: Timer | None = None
        self._ends_at: float | None = None
        journal.readers.append(self._heard)

    def reload(self) -> None:
        """Read the configuration again, all or nothing, and tell the journal what changed."""
        former = self._settings.copy()
        fresh = self._configuration.read()
        self._renew()
        changed = self._settings.take(fresh)
        self._journal.say("reload", changed=len(changed))
        for name in changed:
            self._journal.say(
                "limit", name=name, value=self._settings.text(name), former=former.text(name)
            )

    def reload_on_signal(self) -> None:
        """The same when nobody waits for an answer."""
        try:
            self.reload()
        except BadSettingError as error:
            self._journal.say("reload-failed", why=error)

    def stats(self) -> Iterable[tuple[str, str]]:
        """The counters."""
        return self._counters.rows()

    def follow(self, peer: Peer, *, on: bool) -> None:
        """Send each line of the journal to ``peer`` until it is gone, or no longer."""
        if on:
            self._followers[peer] = None
        else:
            self._followers.pop(peer, None)

    def note(self, by: Session, line: str) -> None:
        """Tell the journal what an operator did."""
        self._journal.say("operator", name=by.name, line=line)

    def shut_down(self, seconds: int, by: Session) -> None:
        """End now, or tell everybody and end later.

        A countdown that was under way is replaced, and the first notice says so: nothing calls it
        off, a later one puts it off.
        """
        if self._countdown is not None:
            self._countdown.cancel()
        former, self._ends_at = self._ends_at, self._loop.now + seconds
        change = None
        if former is not None:
            change = PUT_OFF if self._ends_at > former else SOONER
        self._count_down(seconds, by, change)

    def _count_down(self, seconds: int, by: Session, change: Words | None = None) -> None:
        """Say how long it is until the end, and wait for the next reminder or the end."""
        if not seconds:
            self._end()
            return
        text = time_left(seconds, self._hub.language)
        if change is not None:
            text = change.say(self._hub.language).format(ending=text)
        self._hub.happen(Notice(self._hub, by, text))
        after = max((left for left in REMINDERS if left < seconds), default=0)
        self._countdown = self._loop.later(seconds - after, lambda: self._count_down(after, by))

    def _heard(self, line: str) -> None:
        """A line of the journal: sent in the next turn, whatever it was said in the middle of."""
        if self._followers:
            if not self._lines:
                self._hub.soon(self._send_lines)
            self._lines.append(sendable(cut_text(line)[0]))

    def _send_lines(self) -> None:
        lines, self._lines = self._lines, []
        self._followers = {
            peer: None for peer in self._followers if peer.session is not None and not peer.goodbye
        }
        data = "".join(f"LOG {line}\n" for line in lines).encode()
        followers = list(self._followers)

        def send() -> None:
            for peer in followers:
                self._hub.stage.to_peer(peer, data)

        self._hub.happen(send)


def time_left(seconds: int, language: str) -> str:
    """The words that everybody hears: whole minutes as minutes, anything else as seconds."""
    minutes, rest = divmod(seconds, MINUTE)
    count, unit = (seconds, SECONDS) if rest else (minutes, MINUTES)
    return ENDING.say(language).format(count=count, unit=unit.say(language))
