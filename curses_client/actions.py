"""What each command does. It works on a *desk*: the screen, or a plain terminal."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from curses_client import commands, sending
from curses_client.chat import Chat
from curses_client.front import Failure
from curses_client.texts import Texts
from curses_client.transfers import Transfers
from wire.grammar import TEXT_BYTES, is_name, is_room, is_target, sendable
from wire.parser import Frame

_HISTORY_COUNT: Final = 100
"""So many older lines ``/history`` fetches when no number is given."""


class Desk(Protocol):
    """Where commands are typed and their answers shown."""

    chat: Chat
    texts: Texts
    transfers: Transfers
    autoget: int

    @property
    def now(self) -> float:
        """Seconds that never jump."""

    @property
    def target(self) -> str:
        """Who hears what is typed now: ``#room``, ``@name`` or "" for nobody."""

    def notice(self, text: str) -> None:
        """Tell something."""

    def error(self, text: str) -> None:
        """Tell that something went wrong."""

    def go_to(self, target: str) -> None:
        """Type to ``target`` from now on."""

    def leave(self, target: str) -> None:
        """``target`` was left."""

    def go_to_number(self, number: int) -> bool:
        """Go to a window; False when there is none of that number."""

    def older(self, count: int) -> None:
        """Fetch and show what was said before."""

    def leave_obrol(self, reason: str) -> None:
        """End the client."""


def run(desk: Desk, line: str) -> bool:
    """Do what a typed line wants: say it, or obey it. False: it should stay in the input line."""
    if line.startswith(sending.TYPED) and line[len(sending.TYPED) :].strip():
        return sending.send(desk, line[len(sending.TYPED) :].strip())
    typed = commands.take_apart(line)
    if typed.command is None:
        return say(desk, typed.rest)
    command = commands.BY_NAME.get(typed.command.lower())
    if command is None:
        near = commands.closest(typed.command)
        hint = desk.texts("did-you-mean", name="/" + near) if near else ""
        desk.error(desk.texts("unknown-command", name="/" + typed.command, hint=hint))
        return False
    if len(typed.rest.split()) < command.least:
        desk.error(desk.texts("usage", usage=commands.usage(command)))
        return False
    return _ACTIONS[command.name](desk, typed.rest) is not False


def say(desk: Desk, text: str, verb: str = "SAY", target: str | None = None) -> bool:
    """Say ``text`` to the current target, or to ``target``."""
    to = desk.target if target is None else target
    if not text.strip():
        return True
    if not to:
        desk.error(desk.texts("no-target"))
        return False
    text = sendable(text, breaks=True)
    size = len(text.encode())
    if size > TEXT_BYTES:
        desk.error(desk.texts("too-long", size=size, limit=TEXT_BYTES))
        return False
    desk.chat.say(to, text, verb)
    return True


def _join(desk: Desk, rest: str) -> bool:
    room = rest.split()[0]
    room = room if room.startswith("#") else "#" + room
    if not is_room(room):
        desk.error(desk.texts("bad-own-room", name=room))
        return False
    desk.chat.join(room)
    desk.go_to(room)
    return True


def _part(desk: Desk, rest: str) -> bool:
    room = rest or desk.target
    if not is_room(room):
        desk.error(desk.texts("usage", usage="/part #room"))
        return False
    desk.chat.leave(room)
    desk.leave(room)
    return True


def _msg(desk: Desk, rest: str) -> bool:
    name, _, text = rest.partition(" ")
    target = name if name.startswith(("@", "#")) else "@" + name
    if not is_target(target):
        desk.error(desk.texts("bad-own-name", name=name))
        return False
    return say(desk, text, target=target)


def _query(desk: Desk, rest: str) -> bool:
    name = rest.split()[0].removeprefix("@")
    if not is_target("@" + name):
        desk.error(desk.texts("bad-own-name", name=name))
        return False
    desk.go_to("@" + name)
    return True


def _nick(desk: Desk, rest: str) -> bool:
    if not is_name(rest):
        desk.error(desk.texts("bad-own-name", name=rest))
        return False
    _order(desk, "/nick", "NICK", rest)
    return True


def _away(desk: Desk, rest: str) -> None:
    _order(desk, "/away", "AWAY", sendable(rest) or "-")


def _back(desk: Desk, rest: str) -> None:
    del rest
    _order(desk, "/back", "AWAY")


def _topic(desk: Desk, rest: str) -> bool:
    room = desk.target
    if not is_room(room):
        return _no_room(desk)
    if rest:
        _order(desk, "/topic", "TOPIC", room, *([] if rest == "-" else [sendable(rest)]))
        return True

    def show(frames: list[Frame]) -> None:
        told = next((frame.args for frame in frames if frame.verb == "TOPIC"), None)
        if told:
            desk.notice(desk.texts("topic-is", who=told[2], text=" ".join(told[3:])))
        else:
            desk.notice(desk.texts("no-topic"))

    # Who is in already hears of a JOIN what a newcomer hears; nobody else does.
    _ask(desk, "/topic", show, "JOIN", room)
    return True


def _names(desk: Desk, rest: str) -> bool:
    del rest
    if not is_room(desk.target):
        return _no_room(desk)

    def show(frames: list[Frame]) -> None:
        names = [name for frame in frames for name in frame.args[1:]]
        desk.notice(desk.texts("names", count=len(names), names=" ".join(names)))

    _ask(desk, "/names", show, "NAMES", desk.target)
    return True


def _who(desk: Desk, rest: str) -> bool:
    whom = rest or desk.target.removeprefix("@")
    if not whom:
        return _no_room(desk)

    def show(frames: list[Frame]) -> None:
        for frame in frames:
            details = "  ".join(frame.args[1:])
            desk.notice(desk.texts("who", name=frame.args[0], details=details))

    _ask(desk, "/who", show, "WHO", whom)
    return True


def _rooms(desk: Desk, rest: str) -> None:
    def show(frames: list[Frame]) -> None:
        for frame in frames:
            name, count, *topic = frame.args
            desk.notice(desk.texts("room", name=name, count=count, topic=" ".join(topic)))
        if not frames:
            desk.notice(desk.texts("no-rooms"))

    _ask(desk, "/rooms", show, "ROOMS", *([rest] if rest else []))


def _history(desk: Desk, rest: str) -> bool:
    if rest and not rest.isdecimal():
        desk.error(desk.texts("usage", usage="/history 50"))
        return False
    desk.older(int(rest) if rest else _HISTORY_COUNT)
    return True


def _win(desk: Desk, rest: str) -> bool:
    if rest.isdecimal() and desk.go_to_number(int(rest)):
        return True
    desk.error(desk.texts("no-window", number=rest))
    return False


def _close(desk: Desk, rest: str) -> None:
    del rest
    desk.chat.leave(desk.target)
    desk.leave(desk.target)


def _reconnect(desk: Desk, rest: str) -> None:
    del rest
    desk.chat.link.retry_now()


def _help(desk: Desk, rest: str) -> None:
    language = desk.texts.language
    wanted = commands.BY_NAME.get(rest.removeprefix("/").lower())
    if wanted is None:
        desk.notice(desk.texts("help-head"))
    for command in [wanted] if wanted else commands.COMMANDS:
        other = " ".join("/" + alias for alias in command.aliases)
        words = f"{commands.usage(command):<22} {command.help.say(language)}"
        desk.notice(f"{words}  [{other}]" if other else words)
    if wanted is None:
        desk.notice(desk.texts("help-keys"))


def _no_room(desk: Desk) -> bool:
    """Tell that a command wants a room."""
    desk.error(desk.texts("no-target"))
    return False


def _order(desk: Desk, what: str, verb: str, *args: str) -> None:
    """Ask the server to do something, and tell only when it does not."""
    _ask(desk, what, len, verb, *args)  # `len`: there is nothing to show


def _ask(
    desk: Desk, what: str, show: Callable[[list[Frame]], object], verb: str, *args: str
) -> None:
    """Ask the server; ``show`` gets the lines of a good answer, ``what`` names a bad one."""

    def answer(frames: list[Frame], failure: Failure | None) -> None:
        if failure is None:
            show(frames[:-1])
        elif failure.code:
            why = desk.texts.error(failure.code, failure.text)
            desk.error(desk.texts("failed", what=what, why=why))
        else:
            desk.error(desk.texts("offline"))

    desk.chat.ask(answer, verb, *args)


_ACTIONS: Final[Mapping[str, Callable[[Desk, str], bool | None]]] = {
    **sending.ACTIONS,
    "join": _join,
    "part": _part,
    "msg": _msg,
    "query": _query,
    "me": lambda desk, rest: say(desk, rest, "ACT"),
    "say": say,
    "nick": _nick,
    "away": _away,
    "back": _back,
    "topic": _topic,
    "names": _names,
    "who": _who,
    "rooms": _rooms,
    "history": _history,
    "win": _win,
    "close": _close,
    "reconnect": _reconnect,
    "help": _help,
    "quit": lambda desk, rest: desk.leave_obrol(sendable(rest)),
}
