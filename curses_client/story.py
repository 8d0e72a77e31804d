"""What the server tells, made into lines of windows: the front that the screen shows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import ClassVar, Final, Protocol

from curses_client.alerts import Alerts, is_recent
from curses_client.catchup import PRIVATE
from curses_client.chat import Chat
from curses_client.front import Failure, Pending, Stored
from curses_client.state import (
    LOG,
    STATUS,
    Connection,
    Day,
    Kind,
    Level,
    Line,
    Moment,
    State,
    Window,
    moment,
)
from curses_client.texts import Texts
from reactor.loop import Clock
from wire.grammar import EVERYBODY, NO_BREAK_SPACE, fold, is_time
from wire.parser import Frame


class Stage(Protocol):
    """What shows the state, and is told when it changed."""

    def changed(self) -> None:
        """Something is to be drawn."""

    def link_changed(self) -> None:
        """The connection came or went."""

    def bell(self) -> None:
        """Call the user."""

    def refused(self, failure: Failure) -> None:
        """The server does not take us in."""

    def ended(self, why: str) -> None:
        """It is over, and does not come back by itself; ``why`` is told to the user."""

    def offered(self, event: Stored) -> None:
        """Somebody sent a file."""


_WITHOUT_CLOCK: Final = frozenset({Kind.PLAIN, Kind.HEADING})
_KINDS: Final = {"MSG": Kind.TALK, "ACT": Kind.DEED, "FILE": Kind.FILE}


class Story:
    """Tells ``state`` what happens; a :class:`curses_client.front.Front`."""

    chat: Chat

    def __init__(
        self, state: State, texts: Texts, stage: Stage, clock: Clock, alerts: Alerts
    ) -> None:
        self.whisperer = ""  # who wrote to me alone last
        self.console = False  # whether this client is the operator's, or nothing
        self.on_welcome: Callable[[], object] = lambda: None
        self._state = state
        self._texts = texts
        self._stage = stage
        self._clock = clock
        self._alerts = alerts

    def notice(self, text: str, kind: Kind = Kind.NOTICE, window: Window | None = None) -> None:
        """Say something in ``window``, or in the one that is shown."""
        when = moment(self._now())
        if kind in _WITHOUT_CLOCK:
            when = when._replace(clock="")
        self._add(window or self._state.current, when, kind, "", text)

    def error(self, text: str) -> None:
        """Say in the window that is shown that something went wrong."""
        self.notice(text, Kind.ERROR)

    def pending(self) -> list[str]:
        """My lines for the window that is shown which are not acknowledged yet."""
        target = fold(self._state.current.target)
        return [p.text for p in self.chat.outbox.values() if fold(p.target) == target]

    def put_before(self, window: Window, events: list[Stored]) -> None:
        """Older lines were fetched."""
        if events:
            window.put_before([self._line(event) for event in events], self._day_text)
        else:
            key = "history-none" if self.chat.online else "offline"
            self.notice(self._texts(key), window=window)
        self._stage.changed()

    def welcome(self) -> None:
        """See :class:`curses_client.front.Front`."""
        self._state.connection = Connection.UP
        self._state.name, self._state.badges = self.chat.name, self.chat.badges
        for window in self._state.windows:
            window.people.clear()  # who is there is told anew
            window.signs.clear()
        address = self.chat.link.address.shown
        text = self._texts("connected", address=address, name=self.chat.name)
        security = self.chat.link.security
        self.notice(text, window=self._state.windows[0])
        if security is not None:
            self.notice(security.told(), window=self._state.windows[0])
            for warning in security.warnings():
                self.notice(warning)
        self._stage.link_changed()
        if self.console and not self.chat.is_operator:
            self._stage.ended(self._texts("not-operator"))
        else:
            self.on_welcome()

    def refused(self, failure: Failure) -> None:
        """See :class:`curses_client.front.Front`."""
        self._stage.refused(failure)

    def stored(self, event: Stored) -> None:
        """See :class:`curses_client.front.Front`."""
        window = self._window(event)
        if event.kind == "FILE":
            self._stage.offered(event)
        line = self._line(event)
        mine = fold(event.sender) == fold(self.chat.name)
        # What operators say to everybody is no talk: nobody misses it by a setting.
        if not mine and event.target != EVERYBODY and self._alerts.ignores(event.sender):
            # Hidden by the window, which shows it when /unignore says so.
            window.add(line, *self._day(moment(event.time)))
            self._stage.changed()
            return
        repeated = event.fresh and self._is_call(event) and self._repeat(window, event)
        attended = self._state.attended(window) or repeated
        # What came while this client ran was seen if somebody looked; what is older, if the last
        # run had come so far.
        unseen = not attended if event.fresh else 0 < window.known < event.id
        window.add(line, *self._day(moment(event.time)), unseen=unseen and not mine)
        if attended:
            window.read = event.id
        if not mine:
            window.spoke(event.sender)
            if window.target.startswith(PRIVATE):
                self.whisperer = event.sender
            if unseen or line.mention:
                self._call(window, line, event, unseen=unseen)
            if not unseen:
                window.read = event.id
        self._stage.changed()

    def _call(self, window: Window, line: Line, event: Stored, *, unseen: bool) -> None:
        """Count what came unseen, and ring for it where that is wanted."""
        level = Level.FILE if line.kind is Kind.FILE else Level.TALK
        if line.mention or window.target.startswith(PRIVATE):
            level = Level.MENTION
        counted = self._alerts.level(window.target, level)
        if unseen and counted is not Level.NONE:
            self._state.touch(window, counted)
        if event.live and self._alerts.rings(window.target, level, self._clock.monotonic()):
            self._stage.bell()

    def _repeat(self, window: Window, event: Stored) -> bool:
        """Show what everybody is told where one looks too; whether it was seen there."""
        current = self._state.current
        if current is window:
            return False
        self.quote(current, event)
        return self._state.focused and current.anchor is None

    def quote(self, window: Window, event: Stored) -> None:
        """Show an event of anywhere in ``window``, with where it was said."""
        line = self._line(event)
        place = self._texts("everybody") if event.target == EVERYBODY else event.target
        line.text = f"[{place}] {line.text}"
        line.id = 0
        window.add(line, *self._day(moment(event.time)))

    def ask_whether_away(self, target: str) -> None:
        """Ask the server whether the other one of a private talk is there."""
        window = self._state.open(target)

        def answer(frames: list[Frame], failure: Failure | None) -> None:
            if failure is not None:
                return
            told = dict(word.partition("=")[::2] for word in frames[0].args[1:])
            away = told.get("away", "").replace(NO_BREAK_SPACE, " ")
            if away and away != window.away:
                self.notice(self._texts("is-away", text=away), window=window)
            window.away = away
            self._stage.changed()

        self.chat.ask(answer, "WHO", target[1:])

    def passing(self, frame: Frame) -> None:
        """See :class:`curses_client.front.Front`."""
        tell = self._TELL.get(frame.verb)
        if tell is not None:
            tell(self, *frame.args)
        self._stage.changed()

    def delivered(self, pending: Pending) -> None:
        """See :class:`curses_client.front.Front`."""
        del pending
        self._stage.changed()

    def failed(self, pending: Pending, failure: Failure) -> None:
        """See :class:`curses_client.front.Front`: the words are shown, so that none is lost."""
        why = self._texts.error(failure.code, failure.text)
        to = pending.target.removeprefix(PRIVATE)
        text = self._texts("not-sent", to=to, text=pending.text, why=why)
        self.notice(text, Kind.ERROR, self._state.find(pending.target))

    def room_failed(self, room: str, failure: Failure) -> None:
        """See :class:`curses_client.front.Front`."""
        why = self._texts.error(failure.code, failure.text)
        self.stayed_out(room, self._texts("room-failed", room=room, why=why))

    def stayed_out(self, room: str, text: str) -> None:
        """A room was not entered; ``text`` says why."""
        self.error(text)
        window = self._state.find(room)
        # A room of the last time that does not let me in; where I stand, what was said stays.
        if window is not None and window is not self._state.current and not window.everything:
            self._state.close(window)

    def caught_up(self, scope: str) -> None:
        """See :class:`curses_client.front.Front`: what comes to an empty room later is not read."""
        window = self._state.find(scope) if scope.startswith("#") else None
        if window is not None and not window.unread and window.mark is None:
            window.read = max(window.read, self.chat.tip)

    def link_lost(self, reason: str) -> None:
        """See :class:`curses_client.front.Front`."""
        first = self._state.connection is Connection.TRYING
        self._state.connection = Connection.LOST
        self._state.reason = reason
        self._state.retry_at = self.chat.link.retry_at
        address = self.chat.link.address.shown
        if first and self.console:
            why = self._texts.lost(reason)
            self._stage.ended(self._texts("no-console", address=address, reason=why))
        elif first:
            self.error(self._texts.no_server(address, reason))
        self._stage.link_changed()

    def goodbye(self, word: str, text: str) -> None:
        """See :class:`curses_client.front.Front`."""
        self._stage.ended(self._texts.goodbye(word, text))

    def forgotten(self) -> None:
        """See :class:`curses_client.front.Front`."""
        for window in self._state.windows:
            self.notice(self._texts("forgotten"), Kind.ERROR, window)

    def _tell_joined(self, time: str, room: str, who: str) -> None:
        window = self._room(room)
        window.people[fold(who)] = who
        # That I am here I can see; told before the backlog, it would stand at the wrong place.
        if fold(who) != fold(self.chat.name):
            self._pass(window, time, self._texts("joined", who=who), "-->")

    def _tell_left(self, time: str, room: str, who: str, why: str = "") -> None:
        window = self._state.find(room)
        if window is not None:
            window.people.pop(fold(who), None)
            why = self._texts.left_why(why)
            text = self._texts("left-why" if why else "left", who=who, why=why)
            self._pass(window, time, text, "<--")

    def _tell_renamed(self, time: str, old: str, new: str) -> None:
        text = self._texts("renamed", old=old, new=new)
        concerned = [w for w in self._state.windows if fold(old) in w.people]
        self._state.renamed(old, new)
        if fold(new) == fold(self.chat.name):
            self._state.name = new
        for window in concerned or [self._state.current]:
            self._pass(window, time, text, "---")

    def _tell_topic(self, time: str, room: str, who: str, text: str = "") -> None:
        window = self._room(room)
        if window.topic != text:
            window.topic = text
            key = "topic-set" if text else "topic-removed"
            self._pass(window, time, self._texts(key, who=who, text=text), "---")

    def _tell_names(self, room: str, *members: str) -> None:
        window = self._room(room)
        for member in members:
            name = member.rstrip("+*")
            window.people[fold(name)] = name
            window.signs[fold(name)] = member[len(name) :]

    def _tell_invited(self, time: str, room: str, who: str) -> None:
        text = self._texts("invited", who=who, room=room)
        current, first = self._state.current, self._state.windows[0]
        self._pass(first, time, text, "---")
        if current is not first:
            self.notice(text)
        if self._alerts.rings(room, Level.MENTION, self._clock.monotonic()):
            self._stage.bell()

    def _tell_motd(self, text: str) -> None:
        self.notice(text, window=self._state.windows[0])

    def _tell_log(self, text: str) -> None:
        """A line of the server's log: it calls nobody, but it can be seen that there are some."""
        window = self._state.find(LOG)
        if window is None:
            return  # it was closed while this was on its way
        stamp, _, said = text.partition(" ")
        if not said or not is_time(stamp):
            stamp, said = self._now(), text
        when = moment(stamp)
        unseen = not self._state.attended(window)
        window.add(Line(Kind.PLAIN, when.clock, "", said), *self._day(when), unseen=unseen)
        self._state.touch(window, Level.LOG)

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock.wall(), UTC).isoformat()

    def _pass(self, window: Window, time: str, text: str, sign: str) -> None:
        """A passing event: shown, never counted as unread."""
        self._add(window, moment(time), Kind.PASSING, "", f"{sign} {text}")

    def _line(self, event: Stored) -> Line:
        kind = _KINDS[event.kind]
        text = event.body
        if kind is Kind.FILE:
            size, _, name = text.split(" ", 2)
            text = self._texts(
                "file",
                number=event.id,
                name=name,
                size=self._texts.size(int(size)),
                who=event.sender,
            )
        body = event.body
        called = self._is_call(event) or self._alerts.names(body, self.chat.name)
        mention = called and event.sender != self.chat.name
        day, clock = moment(event.time)
        return Line(kind, clock, event.sender, text, event.id, day=day, mention=mention)

    def _is_call(self, event: Stored) -> bool:
        """Whether everybody is called; what is read long after it was said calls nobody."""
        recent = event.live or is_recent(event.time, self._clock.wall())
        return event.target == EVERYBODY and recent

    def _window(self, event: Stored) -> Window:
        if event.target.startswith("#"):
            return self._room(event.target)
        if event.target == EVERYBODY:
            return self._state.find(EVERYBODY) or self._state.windows[0]
        return self._state.open("@" + self.chat.with_whom(event))

    def _room(self, name: str) -> Window:
        """The window of a room; the first one is shown at once: that is where one wants to be."""
        window = self._state.find(name)
        if window is None:
            window = self._state.open(name)
            if self._state.current.target == STATUS:
                self._state.show(window)
        return window

    def _add(self, window: Window, when: Moment, kind: Kind, who: str, text: str) -> None:
        window.add(Line(kind, when.clock, who, text), *self._day(when))
        self._stage.changed()

    def _day(self, when: Moment) -> tuple[Day, str]:
        return when.day, self._day_text(when.day)

    def _day_text(self, day: Day) -> str:
        return f"── {self._texts.day(*day)} ──"

    _TELL: ClassVar[Mapping[str, Callable[..., None]]] = {
        "JOINED": _tell_joined,
        "LEFT": _tell_left,
        "RENAMED": _tell_renamed,
        "TOPIC": _tell_topic,
        "NAMES": _tell_names,
        "INVITED": _tell_invited,
        "MOTD": _tell_motd,
        "LOG": _tell_log,
    }
    """How each passing line is told."""
