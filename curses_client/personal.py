"""The commands of this client alone: help, settings, windows, the wire, other programs, the end."""

from collections.abc import Callable, Mapping
from typing import Final

from curses_client import commands, help, options, reading  # noqa: A004 - `help` says what it is
from curses_client.desk import Desk, Windows, ask
from curses_client.texts import LANGUAGES
from wire.grammar import fold, is_target, sendable

_MILLISECONDS: Final = 1000
_SWITCHES: Final = {"on": True, "off": False}


def _help(desk: Desk, rest: str) -> bool:
    name = rest.removeprefix("/").lower()
    command = commands.BY_NAME.get(name)
    if name and command is None:
        near = commands.closest(name)
        hint = desk.texts("did-you-mean", name="/" + near) if near else ""
        desk.error(desk.texts("no-such-command", name="/" + name, hint=hint))
        return False
    desk.tell(help.of_command(command, desk.texts) if command else help.first_evening(desk.texts))
    return True


def _win(desk: Desk, rest: str) -> bool:
    if desk.screen is not None and rest.isdecimal() and desk.screen.go_to_number(int(rest)):
        return True
    desk.error(desk.texts("no-window", number=rest))
    return False


def _close(desk: Desk, rest: str) -> None:
    del rest
    if desk.screen is not None and not is_target(desk.screen.shown):
        desk.screen.close()
    else:
        target = desk.target
        desk.chat.leave(target)
        desk.leave(target)


def _set(desk: Desk, rest: str) -> bool:
    name, _, value = rest.partition(" ")
    if value:
        return reading.change(desk, name, value.strip())
    rows = [
        row
        for row in desk.settings.show()
        if fold(row.name).startswith(fold(name))
        and (name or not row.name.startswith(options.COLOURS_TABLE))
    ]
    # A room of which nothing was set is in no list, and stands all the same.
    row = desk.settings.row(name)
    rows = rows or ([row] if row is not None else [])
    if not rows:
        desk.error(options.unknown(name).say(desk.texts.language))
        return False
    desk.tell([help.of_setting(row, desk.texts) for row in rows])
    return True


def _lang(desk: Desk, rest: str) -> bool:
    if rest not in LANGUAGES:
        desk.error(desk.texts("usage", usage=commands.usage("lang", desk.texts.language)))
        return False
    return reading.change(desk, "lang", rest)


def _ping(desk: Desk, rest: str) -> bool:
    del rest
    asked = desk.now

    def show(_: object) -> None:
        desk.notice(desk.texts("pong", ms=round((desk.now - asked) * _MILLISECONDS)))

    return ask(desk, "/ping", show, "PING", "lag")


def _exec(screen: Windows, rest: str) -> bool:
    say = rest.split()[0] == "-o"
    command = rest.partition("-o")[2].strip() if say else rest
    if not command:
        return False
    screen.run(command, say=say)
    return True


def _trace(desk: Desk, rest: str) -> bool:
    """Watch the wire, or stop; told where there is nothing to stop."""
    if desk.screen is not None and rest in _SWITCHES:
        if desk.screen.trace(on=_SWITCHES[rest]):
            return True
        desk.error(desk.texts("not-traced"))
        return False
    return _on_screen("trace", lambda *_: False)(desk, rest)


def _do(act: Callable[[Windows], object]) -> Callable[[Windows, str], bool]:
    """What takes no words."""

    def do(screen: Windows, rest: str) -> bool:
        del rest
        act(screen)
        return True

    return do


def _on_screen(name: str, do: Callable[[Windows, str], bool]) -> Callable[[Desk, str], bool]:
    """A command for which there must be a screen; its usage is told where ``do`` says False."""

    def act(desk: Desk, rest: str) -> bool:
        if desk.screen is None:
            desk.error(desk.texts("screen-only"))
            return False
        if not do(desk.screen, rest):
            desk.error(desk.texts("usage", usage=commands.usage(name, desk.texts.language)))
            return False
        return True

    return act


def _reconnect(desk: Desk, rest: str) -> None:
    del rest
    desk.chat.link.renew()


ACTIONS: Final[Mapping[str, Callable[[Desk, str], bool | None]]] = {
    "help": _help,
    "win": _win,
    "close": _close,
    "set": _set,
    "lang": _lang,
    "ping": _ping,
    "exec": _on_screen("exec", _exec),
    "trace": _trace,
    "edit": _on_screen("edit", _do(lambda screen: screen.edit())),
    "redraw": _on_screen("redraw", _do(lambda screen: screen.redraw())),
    "mark": _on_screen("mark", _do(lambda screen: screen.mark())),
    "clear": _on_screen("clear", _do(lambda screen: screen.clear())),
    "reconnect": _reconnect,
    "quit": lambda desk, rest: desk.leave_obrol(sendable(rest)),
}
"""What each of these commands does."""
