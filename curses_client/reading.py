"""The commands of reading: search, history, the mark, and what calls me."""

import contextlib
import errno
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from curses_client import commands
from curses_client.desk import Desk, ask, no_room
from curses_client.front import Stored
from curses_client.options import NOTHING, shown, split_words
from curses_client.settings import SettingError
from wire.grammar import EVERYBODY, TEXT_BYTES, UNBOUNDED_ID, fold, is_room, is_target, sendable
from wire.parser import Frame

HISTORY_COUNT: Final = 100
"""So many older lines ``/history`` fetches when no number is given."""
EMPTY: Final = NOTHING
FOUND_SHOWN: Final = 100
"""So many of the newest lines a search shows."""
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SINCE: Final = re.compile(r"([0-9]{1,6})([mhdw])")


class Wanted(NamedTuple):
    """What ``/search`` looks for."""

    words: str
    everywhere: bool = False
    since: timedelta | None = None


def wanted(rest: str) -> Wanted | None:
    """Take ``[-all] [-nick N] [-since 2d] words`` apart; None where it makes no sense."""
    words = rest.split()
    found = Wanted("")
    sender = ""
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "-all":
            found = found._replace(everywhere=True)
        elif option == "-nick" and words:
            sender = words.pop(0)
        elif option == "-since" and words:
            match = _SINCE.fullmatch(words.pop(0))
            if match is None:
                return None
            found = found._replace(since=timedelta(**{_UNITS[match[2]]: int(match[1])}))
        else:
            return None
    if sender:
        words.append("from:" + sender)
    return found._replace(words=" ".join(words)) if words else None


def search(desk: Desk, rest: str) -> bool:
    """Ask the server for the newest lines that hold every word."""
    what = wanted(sendable(rest))
    if what is None or len(what.words.encode()) > TEXT_BYTES:
        words = commands.usage("search", desk.texts.language).split()[-1]
        usage = f"/search [-all] [-nick N] [-since 2d] {words}"
        desk.error(desk.texts("usage", usage=usage))
        return False
    target = EVERYBODY if what.everywhere or not desk.target else desk.target
    oldest = ""
    if what.since is not None:
        with contextlib.suppress(OverflowError):  # before the first year is everything
            oldest = (datetime.now(UTC) - what.since).isoformat()

    def show(frames: list[Frame]) -> None:
        events = [Stored.of(frame, live=False, fresh=False) for frame in frames]
        desk.found(what.words, [event for event in events if event.time >= oldest])

    number = str(UNBOUNDED_ID)
    return ask(
        desk, "/search", show, "SEARCH", target, "before", number, str(FOUND_SHOWN), what.words
    )


def _history(desk: Desk, rest: str) -> bool:
    if rest and not rest.isdecimal():
        desk.error(desk.texts("usage", usage=commands.usage("history", desk.texts.language)))
        return False
    if not desk.chat.online:
        desk.error(desk.texts("offline"))
        return False
    desk.older(int(rest) if rest else HISTORY_COUNT)
    return True


def _show_words(desk: Desk, name: str) -> bool:
    value = desk.settings.words(name)
    desk.notice(
        desk.texts("setting", name=name, value=shown(value) if value else desk.texts("none"))
    )
    return True


def _without(words: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(known for known in words if known.casefold() != word.casefold())


def _highlight(desk: Desk, rest: str) -> bool:
    """Words are put into the list, ``-word`` is taken out, ``-`` empties it; nothing shows it."""
    if not rest:
        return _show_words(desk, "highlight")
    words = desk.settings.words("highlight")
    for given in split_words(rest):
        word = given.removeprefix(EMPTY)
        others = _without(words, word)
        if given == EMPTY:
            words = ()
        elif given == word:
            words = words if others != words else (*words, word)
        elif others != words:
            words = others
        else:
            desk.error(desk.texts("not-listed", word=word))
            return False
    return change(desk, "highlight", shown(words))


def _ignore(desk: Desk, rest: str) -> bool:
    if rest and not is_target("@" + rest):
        desk.error(desk.texts("bad-own-name", name=rest))
        return False
    if fold(rest) == fold(desk.chat.name):
        desk.error(desk.texts("ignore-self"))
        return False
    words = desk.settings.words("ignore")
    if not rest or _without(words, rest) != words:
        return _show_words(desk, "ignore")
    return change(desk, "ignore", " ".join([*words, rest]))


def _unignore(desk: Desk, rest: str) -> bool:
    words = desk.settings.words("ignore")
    others = _without(words, rest)
    if others == words:
        desk.error(desk.texts("not-ignored", name=rest))
        return False
    return change(desk, "ignore", " ".join(others) or EMPTY)


def _notify(desk: Desk, rest: str) -> bool:
    """In a room and in a private talk it is set for that window, elsewhere for all."""
    return change(desk, f"{desk.target}.notify" if desk.target else "notify", rest)


def _mute(desk: Desk, rest: str) -> bool:
    room = rest or desk.target
    if not is_room(room):
        return no_room(desk)
    muted = desk.settings.notify(room) == "none"
    level = desk.settings.text("notify") if muted else "none"
    # One may be muted before it is entered; that it is no room of mine may be a slip.
    if level == "none":
        told = desk.texts(
            "muted" if fold(room) in desk.chat.rooms else "muted-elsewhere", room=room
        )
    else:
        told = desk.texts("unmuted", room=room, level=level)
    return change(desk, f"{room}.notify", level, told)


def _bell(desk: Desk, rest: str) -> bool:
    return change(desk, "bell", rest or ("off" if desk.settings.on("bell") else "on"))


def change(desk: Desk, name: str, value: str, told: str = "") -> bool:
    """Set a setting, keep it, and tell how it stands; False where there is no such value.

    ``told``: say it in these words.
    """
    try:
        now = desk.settings.set(name, value)
    except SettingError as error:
        why = error.words.say(desk.texts.language)
        desk.error(desk.texts("failed", what=name, why=why))
        return False
    if fold(name) == "lang":
        desk.texts.use(desk.settings.text("lang"))
    now = desk.texts("none") if now == EMPTY else now
    desk.notice(told or desk.texts("setting", name=name, value=now))
    if fold(name) == "downloads":
        _use_folder(desk)
    try:
        desk.settings.save()
    except SettingError as error:  # it holds until the end, and that it is not kept is told
        desk.error(error.words.say(desk.texts.language))
    if desk.screen is not None:
        desk.screen.restyle()
    return True


def _use_folder(desk: Desk) -> None:
    """Files go to another folder from now on; it is told where that will not go well."""
    folder = desk.transfers.folder = desk.settings.folder("downloads")
    there = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), Path())
    why = 0 if there.is_dir() else errno.ENOTDIR
    if not why and not (folder.is_absolute() and os.access(there, os.W_OK | os.X_OK)):
        why = errno.EACCES
    if why:
        reason = desk.texts.reason(os.strerror(why))
        desk.error(desk.texts("cannot-write", path=folder, why=reason))


ACTIONS: Final[Mapping[str, Callable[[Desk, str], bool | None]]] = {
    "search": search,
    "history": _history,
    "hl": _highlight,
    "ignore": _ignore,
    "unignore": _unignore,
    "notify": _notify,
    "mute": _mute,
    "bell": _bell,
}
"""What each of these commands does."""
