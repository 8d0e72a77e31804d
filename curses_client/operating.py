"""The commands of operators: who may be here, what the server's limits are, when it ends.

Everybody may type them; the server decides who is an operator, and what it says is told in words.
The answers stand in the window in which the command was typed, wherever one has gone meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from curses_client import commands, figures, refusals
from curses_client.desk import Desk, Place
from curses_client.front import Failure
from curses_client.help import Row
from wire.grammar import SHORT_TEXT_BYTES, TEXT_BYTES, cut_text, fold, sendable
from wire.parser import Frame

SILENCE_SECONDS: Final = 10 * figures.MINUTE
"""How long ``/silence`` lasts where no time is given."""
_FOREVER: Final = 0
_AT_ONCE: Final = 1
"""The shortest silence: it ends the one that holds."""
_OFF: Final = frozenset({"off", "mati"})
_REMOVED: Final = "-"
_SWITCHES: Final[Mapping[str, bool]] = {"on": True, "off": False}
_LIMIT_WORDS: Final = 4
_SIGN_OF_CHANGE: Final = "*"
_NUMBERS_RIGHT: Final = frozenset({1})


def _ask(
    desk: Desk, what: str, show: Callable[[Place, list[Frame]], object], verb: str, *args: str
) -> None:
    """As :func:`desk.ask`, but ``show`` gets the place of now: one may go elsewhere meanwhile."""
    place = desk.here()

    def answer(frames: list[Frame], failure: Failure | None) -> None:
        if failure is None:
            show(place, frames[:-1])
        elif failure.code:
            why = refusals.why(desk.texts, failure, verb, *args)
            place.error(desk.texts("failed", what=what, why=why))
        else:
            place.error(desk.texts("offline"))

    desk.chat.ask(answer, verb, *args)


def _usage(desk: Desk, name: str) -> bool:
    desk.error(desk.texts("usage", usage=commands.usage(name, desk.texts.language)))
    return False


def _reason(text: str) -> list[str]:
    """A reason fit for the wire, if there is one; what is too long is cut."""
    return cut_text(sendable(text), SHORT_TEXT_BYTES)[:1] if text else []


def _told(text: str) -> Callable[[Place, list[Frame]], object]:
    """What tells ``text`` when the server said OK."""
    return lambda place, _: place.notice(text)


def _is_me(desk: Desk, name: str) -> bool:
    """Whether an operator is about to send himself away: told, and not done."""
    mine = fold(name) == fold(desk.chat.name)
    if mine:
        desk.error(desk.texts("that-is-you", name=name))
    return mine


def _kick(desk: Desk, rest: str) -> bool:
    name, _, why = rest.partition(" ")
    name = name.removeprefix("@")
    if _is_me(desk, name):
        return False
    done = _told(desk.texts("kicked", name=name))
    _ask(desk, "/kick", done, "KICK", name, *_reason(why.strip()))
    return True


def _ban(desk: Desk, rest: str) -> bool:
    """``who [time] [reason]``; without a time it has no end. What begins as a number is a time."""
    who, _, more = rest.partition(" ")
    who = who.removeprefix("@")
    if _is_me(desk, who):
        return False
    word, _, after = more.strip().partition(" ")
    seconds = figures.read_seconds(word)
    if seconds is None and word[:1].isdecimal():
        desk.error(desk.texts("bad-time", word=word))
        return False
    why = more.strip() if seconds is None else after.strip()
    key = "banned-for" if seconds else "banned"
    done = _told(desk.texts(key, who=who, time=figures.duration(desk.texts, seconds or 0)))
    _ask(desk, "/ban", done, "BAN", who, str(seconds or _FOREVER), *_reason(why))
    return True


def _unban(desk: Desk, rest: str) -> None:
    who = rest.split()[0].removeprefix("@")
    _ask(desk, "/unban", _told(desk.texts("unbanned", who=who)), "UNBAN", who)


def _bans(desk: Desk, rest: str) -> None:
    del rest

    def show(place: Place, frames: list[Frame]) -> None:
        if not frames:
            place.notice(desk.texts("no-bans"))
            return
        heads = [desk.texts(key) for key in ("ban-who", "ban-until", "ban-why")]
        rows = [[f.args[0], _until(desk, f.args[1]), " ".join(f.args[2:])] for f in frames]
        _show_table(place, [heads, *rows])

    _ask(desk, "/bans", show, "BANS")


def _until(desk: Desk, word: str) -> str:
    """When a ban ends: a time of the wire, or any other word for never."""
    shown = desk.texts.clock(word)
    return desk.texts("no-end") if shown == word else shown


def _silence(desk: Desk, rest: str) -> bool:
    name, _, word = rest.partition(" ")
    name, word = name.removeprefix("@"), word.strip().lower()
    if word in _OFF:
        done = _told(desk.texts("silence-over", name=name))
        _ask(desk, "/silence", done, "SILENCE", name, str(_AT_ONCE))
        return True
    seconds = figures.read_seconds(word) if word else SILENCE_SECONDS
    if not seconds:
        return _usage(desk, "silence")
    done = _told(desk.texts("silenced", name=name, time=figures.duration(desk.texts, seconds)))
    _ask(desk, "/silence", done, "SILENCE", name, str(seconds))
    return True


def _motd(desk: Desk, rest: str) -> bool:
    """Show the words of the house as they were told at HELLO, set or remove them."""
    if not rest:
        desk.tell([Row(f"  {line}") for line in desk.chat.motd] or [Row(desk.texts("no-motd"))])
        return True
    text = "" if rest == _REMOVED else sendable(rest)
    if len(text.encode()) > TEXT_BYTES:
        desk.error(desk.texts("too-long", size=len(text.encode()), limit=TEXT_BYTES))
        return False

    def done(place: Place, frames: list[Frame]) -> None:
        desk.chat.motd = [" ".join(f.args) for f in frames if f.verb == "MOTD"] or [text] * bool(
            text
        )
        place.notice(desk.texts("motd-set", text=text) if text else desk.texts("no-motd"))

    _ask(desk, "/motd", done, "MOTD", *([text] if text else []))
    return True


def _limits(desk: Desk, rest: str) -> None:
    wanted = rest.lower()

    def show(place: Place, frames: list[Frame]) -> None:
        found = [frame.args for frame in frames if len(frame.args) >= _LIMIT_WORDS]
        found = [words for words in found if wanted in words[0]]
        if not found:
            place.notice(desk.texts("no-limit", word=rest))
            return
        heads = [desk.texts(key) for key in ("limit-name", "limit-value", "limit-default")]
        rows = [
            [
                f"{_SIGN_OF_CHANGE if value != default else ' '} {name}",
                figures.limit(desk.texts, value, unit),
                figures.limit(desk.texts, default, unit),
            ]
            for name, value, default, unit, *_ in found
        ]
        _show_table(place, [["  " + heads[0], *heads[1:]], *rows])

    _ask(desk, "/limits", show, "LIMITS")


def _limit(desk: Desk, rest: str) -> bool:
    name, value, *more = rest.split()
    if more:
        return _usage(desk, "limit")
    name = fold(name)
    number = figures.limit_typed(name, value)

    def done(place: Place, frames: list[Frame]) -> None:
        told = next((f.args for f in frames if len(f.args) >= _LIMIT_WORDS), None)
        shown = figures.limit(desk.texts, told[1], told[3]) if told else value
        place.notice(desk.texts("setting", name=name, value=shown))

    _ask(desk, "/limit", done, "LIMIT", name, number)
    return True


def _stats(desk: Desk, rest: str) -> None:
    """The counters; with a word those whose name, or what it means, holds it."""
    wanted = rest.lower()

    def show(place: Place, frames: list[Frame]) -> None:
        rows = []
        for frame in frames:
            name, value = frame.args[0], " ".join(frame.args[1:])
            meaning, shown = figures.stat(desk.texts, name, value)
            if wanted in name or wanted in meaning.lower():
                rows.append([meaning, shown])
        if not rows:
            place.notice(desk.texts("no-stat", word=rest))
            return
        heads = [desk.texts("stat-name"), desk.texts("stat-value")]
        _show_table(place, [heads, *rows], _NUMBERS_RIGHT)

    _ask(desk, "/stats", show, "STATS")


def _reload(desk: Desk, rest: str) -> None:
    del rest

    def done(place: Place, frames: list[Frame]) -> None:
        place.notice(desk.texts("reloaded"))
        for frame in frames:
            place.notice(" ".join(frame.args))

    _ask(desk, "/reload", done, "RELOAD")


def _shutdown(desk: Desk, rest: str) -> bool:
    """End the server, at once or after a while; at once only when it is said twice."""
    seconds = int(rest) if rest.isdecimal() else figures.read_seconds(rest)
    if rest and seconds is None:
        return _usage(desk, "shutdown")
    if not rest and not desk.twice.asked("/shutdown", desk.now):
        desk.notice(desk.texts("shutdown-sure"))
        return True
    time = figures.duration(desk.texts, seconds or 0)
    done = _told(desk.texts("shutdown-in" if seconds else "shutdown-now", time=time))
    _ask(desk, "/shutdown", done, "SHUTDOWN", *([str(seconds)] if seconds else []))
    return True


def _log(desk: Desk, rest: str) -> bool:
    wanted = _SWITCHES.get(rest.lower())
    if wanted is None:
        return _usage(desk, "log")
    if desk.screen is not None:
        return desk.screen.log(on=wanted)
    told = desk.texts("log-on" if wanted else "log-off")

    def show(place: Place, frames: list[Frame]) -> None:
        place.notice(told)
        for frame in frames:
            place.notice(" ".join(frame.args))

    _ask(desk, "/log", show, "LOG", rest.lower())
    return True


def _show_table(
    place: Place, rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()
) -> None:
    """Tell ``rows``, of which the first holds the headings."""
    first, *others = figures.table(rows, right)
    place.tell([Row(first, heading=True), *map(Row, others)])


ACTIONS: Final[Mapping[str, Callable[[Desk, str], bool | None]]] = {
    "kick": _kick,
    "ban": _ban,
    "unban": _unban,
    "bans": _bans,
    "silence": _silence,
    "motd": _motd,
    "limits": _limits,
    "limit": _limit,
    "stats": _stats,
    "reload": _reload,
    "shutdown": _shutdown,
    "log": _log,
}
"""What each of these commands does; ``/wall`` is said like everything else that is said."""
