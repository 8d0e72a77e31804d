"""What the commands of talk, rooms and people do; the other tables of actions are joined here."""

from collections.abc import Callable, Mapping
from typing import Final

from curses_client import commands, locking, operating, personal, reading, sending, who
from curses_client.desk import Desk, ask, no_room, order
from wire.grammar import EVERYBODY, TEXT_BYTES, fold, is_name, is_room, is_target, sendable
from wire.parser import Frame


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
        usage = commands.usage(typed.command.lower(), desk.texts.language)
        desk.error(desk.texts("usage", usage=usage))
        return False
    return ACTIONS[command.name](desk, typed.rest) is not False


def say(desk: Desk, text: str, verb: str = "SAY", target: str | None = None) -> bool:
    """Say ``text`` to the current target, or to ``target``."""
    to = desk.target if target is None else target
    if not text.strip():
        return True
    if not to:
        return no_room(desk)
    text = sendable(text, breaks=True)
    size = len(text.encode())
    if size > TEXT_BYTES:
        desk.error(desk.texts("too-long", size=size, limit=TEXT_BYTES))
        return False
    desk.chat.say(to, text, verb)
    return True


def _part(desk: Desk, rest: str) -> bool:
    room = rest if not rest or rest.startswith("#") else f"#{rest}"
    room = room or desk.target
    if not is_room(room):
        desk.error(desk.texts("usage", usage=commands.usage("part", desk.texts.language)))
        return False
    # The window of a room that could not be entered is left all the same.
    if fold(room) not in desk.chat.rooms and fold(room) != fold(desk.target):
        desk.error(desk.texts("not-in-room", room=room))
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
    """Open the window; with a text, say that to them too."""
    name, _, text = rest.removeprefix("@").partition(" ")
    target = "@" + name
    if not is_target(target):
        desk.error(desk.texts("bad-own-name", name=name))
        return False
    if not say(desk, text, target=target):
        return False
    desk.go_to(target)
    return True


def _reply(desk: Desk, rest: str) -> bool:
    name = desk.screen.last_whisperer() if desk.screen else ""
    if not name:
        desk.error(desk.texts("nobody-wrote"))
        return False
    return say(desk, rest, target="@" + name)


def _nick(desk: Desk, rest: str) -> bool:
    if not is_name(rest):
        desk.error(desk.texts("bad-own-name", name=rest))
        return False
    if rest == desk.chat.name:
        desk.error(desk.texts("own-name", name=rest))
        return False
    return order(desk, "/nick", "NICK", rest)


def _away(desk: Desk, rest: str) -> bool:
    text = sendable(rest) or desk.texts("away")
    return ask(desk, "/away", lambda _: _away_told(desk, text), "AWAY", text)


def _back(desk: Desk, rest: str) -> bool:
    del rest
    return ask(desk, "/back", lambda _: _away_told(desk, ""), "AWAY")


def _away_told(desk: Desk, text: str) -> None:
    desk.chat.away = text
    desk.notice(desk.texts("away-now" if text else "back-now"))


def _topic(desk: Desk, rest: str) -> bool:
    room = desk.target
    if not is_room(room):
        return no_room(desk)
    if rest:
        return order(desk, "/topic", "TOPIC", room, *([] if rest == "-" else [sendable(rest)]))

    def show(frames: list[Frame]) -> None:
        told = next((frame.args for frame in frames if frame.verb == "TOPIC"), None)
        if told:
            desk.notice(desk.texts("topic-is", who=told[2], text=" ".join(told[3:])))
        else:
            desk.notice(desk.texts("no-topic"))

    # Who is in already hears of a JOIN what a newcomer hears; nobody else does.
    return ask(desk, "/topic", show, "JOIN", room)


def _names(desk: Desk, rest: str) -> bool:
    del rest
    if not is_room(desk.target):
        return no_room(desk)

    def show(frames: list[Frame]) -> None:
        names = [name for frame in frames for name in frame.args[1:]]
        desk.notice(desk.texts("names", count=len(names), names=" ".join(names)))

    return ask(desk, "/names", show, "NAMES", desk.target)


def _who(desk: Desk, rest: str) -> bool:
    whom = rest or desk.target.removeprefix("@")
    if not whom or whom == EVERYBODY:
        return no_room(desk)
    place = desk.here()

    def show(frames: list[Frame]) -> None:
        desk.met([frame.args[0] for frame in frames])
        rows = who.shown(desk.texts, frames)
        if rows and rows[0].heading:
            place.tell(rows)
        else:
            for row in rows:
                place.notice(row.text)

    return ask(desk, "/who", show, "WHO", whom)


def _rooms(desk: Desk, rest: str) -> bool:
    def show(frames: list[Frame]) -> None:
        for frame in frames:
            name, count, *topic = frame.args
            desk.notice(desk.texts("room", name=name, count=count, topic=" ".join(topic)))
        if not frames:
            desk.notice(desk.texts("no-rooms"))

    return ask(desk, "/rooms", show, "ROOMS", *([rest] if rest else []))


ACTIONS: Final[Mapping[str, Callable[[Desk, str], bool | None]]] = {
    **sending.ACTIONS,
    **reading.ACTIONS,
    **personal.ACTIONS,
    **operating.ACTIONS,
    **locking.ACTIONS,
    "part": _part,
    "msg": _msg,
    "query": _query,
    "reply": _reply,
    "me": lambda desk, rest: say(desk, rest, "ACT"),
    "say": say,
    "wall": lambda desk, rest: say(desk, rest, target=EVERYBODY),
    "nick": _nick,
    "away": _away,
    "back": _back,
    "topic": _topic,
    "names": _names,
    "who": _who,
    "rooms": _rooms,
}
"""What each command does."""
