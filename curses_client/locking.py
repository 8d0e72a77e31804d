"""The commands about who gets in: rooms with a key, invitations, the password of my name.

A new key or password is asked for, twice and unseen, and never taken from the line: what is typed
there can be read over a shoulder.
"""

from collections.abc import Callable, Mapping
from typing import Final

from curses_client import commands
from curses_client.desk import Desk, ask, no_room
from curses_client.store import is_key
from wire.grammar import is_room


def _join(desk: Desk, rest: str) -> bool:
    name, _, key = rest.partition(" ")
    room = name if name.startswith("#") else "#" + name
    if not is_room(room):
        desk.error(desk.texts("bad-own-room", name=room))
        return False
    if key and not is_key(key):
        return _usage(desk, "join")
    desk.chat.join(room, key)
    desk.go_to(room)
    return True


def _key(desk: Desk, rest: str) -> bool:
    room = desk.target
    if not is_room(room):
        return no_room(desk)
    chat = desk.chat

    def change(key: str) -> bool:
        def show(_: object) -> None:
            chat.keys.forget(room, chat.keys.of(room, chat.history), chat.history)
            if key:
                chat.keys.fits(room, key, chat.history)
            desk.notice(desk.texts("key-set" if key else "key-removed", room=room))

        return ask(desk, "/key", show, "KEY", room, *([key] if key else []))

    return _change(desk, "key", rest, room, change)


def _password(desk: Desk, rest: str) -> bool:
    name = desk.chat.name

    def change(password: str) -> bool:
        def show(_: object) -> None:
            desk.notice(desk.texts("password-set" if password else "password-removed", name=name))

        return ask(desk, "/password", show, "PASSWORD", *([password] if password else []))

    return _change(desk, "password", rest, name, change)


def _change(desk: Desk, command: str, rest: str, about: str, change: Callable[[str], bool]) -> bool:
    """Have ``change`` remove a word, or set one that is asked for first."""
    if rest == commands.REMOVES:
        return change("")
    if rest:
        return _usage(desk, command)
    if not desk.chat.online:
        desk.error(desk.texts("offline"))
        return False
    if not desk.chat.asker.new_secret(about, change):
        desk.error(desk.texts("nobody-to-ask"))
        return False
    return True


def _invite(desk: Desk, rest: str) -> bool:
    room, name = desk.target, rest.removeprefix("@")
    if not is_room(room):
        return no_room(desk)
    place = desk.here()

    def show(_: object) -> None:
        place.notice(desk.texts("invited-now", name=name, room=room))

    return ask(desk, "/invite", show, "INVITE", room, name)


def _usage(desk: Desk, command: str) -> bool:
    desk.error(desk.texts("usage", usage=commands.usage(command, desk.texts.language)))
    return False


ACTIONS: Final[Mapping[str, Callable[[Desk, str], bool | None]]] = {
    "join": _join,
    "key": _key,
    "password": _password,
    "invite": _invite,
}
"""What each of these commands does."""
