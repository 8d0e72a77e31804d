"""The start of the client: what its command line says, and which of its two faces it shows."""

import argparse
import os
import pwd
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from curses_client import trusting
from curses_client.addresses import find_addresses, local_addresses
from curses_client.chat import Chat
from curses_client.credentials import BadPasswordError, given_key, given_password
from curses_client.errands import REFUSED, UNREACHABLE, WHOLE_INPUT, Errands, is_typed
from curses_client.lines import Lines
from curses_client.link import Address
from curses_client.places import (
    DEFAULT_PORT,
    DEFAULT_ROOM,
    KNOWN_FILE,
    port,
    server_key,
    state_folder,
)
from curses_client.plain_asking import PlainAsking
from curses_client.settings import Settings, settings_file
from curses_client.store import Store
from curses_client.texts import LANGUAGES, Texts, users_language
from reactor.loop import Loop
from wire.grammar import EVERYBODY, is_name, is_room, is_target

if TYPE_CHECKING:
    from curses_client.secure import Security

OPERATOR: Final = "operator"
"""The operator's name where the account's cannot be one."""
USAGE: Final = 2
_SIGNALLED: Final = 130
_PROBE_SECONDS: Final = 0.5
"""A kernel answers at once; longer is a queue that is full, of a server that is there."""


class _EndError(Exception):
    """The start ends here, with words for people ("": they were told already) and an exit code."""

    def __init__(self, told: str, code: int) -> None:
        super().__init__(told)
        self.code = code


def main(arguments: list[str]) -> int:
    """Run the client until its user leaves; the exit code."""
    parser = _parser()
    words = parser.parse_args(arguments)
    if words.name is None and not words.console:
        parser.error("the following arguments are required: name")
    settings = Settings.load(words.config)
    texts = Texts(users_language())
    texts.use(words.lang or settings.text("lang"))
    plain = words.plain or words.send or words.get or words.once is not None
    on_screen = not plain and os.isatty(0) and os.isatty(1)
    try:
        start = _start(words, settings, texts)
    except _EndError as end:
        return _complain(str(end), end.code) if str(end) else end.code
    wrong = trusting.check(start.store, start.addresses, texts, trust=words.trust, ask=on_screen)
    if wrong:
        return _complain(wrong, REFUSED)
    return _run_screen(start) if on_screen else _run_lines(start)


def _start(words: argparse.Namespace, settings: Settings, texts: Texts) -> "Start":
    """What the command line means; raises _EndError where it means nothing, or nobody is there."""
    if words.console:
        words.name = words.name or login_name()
        room = EVERYBODY
    else:
        room = _room_of(words.room)
    wrong = _wrong_words(words, room, texts)
    if wrong:
        raise _EndError(wrong, USAGE)
    try:
        password = given_password(words.password_file, texts)
    except BadPasswordError as error:
        raise _EndError(str(error), USAGE) from error
    if words.ascii:
        settings.set("ascii", "on")  # for this run: nothing is saved until the user says /set
    told, code = _look_around(words, texts, settings)
    if code is not None:
        raise _EndError(told, code)
    try:
        # Before the screen starts, and never again: a slow name server must not stop the loop.
        addresses = _addresses(words)
    except OSError as error:
        why = texts("unknown-host", host=words.host, reason=texts.why(error))
        raise _EndError(why, UNREACHABLE) from error
    security, wrong = _security(words, texts)
    if wrong:
        raise _EndError(wrong, USAGE)
    return Start(
        words, texts, settings, room, addresses,
        Store(words.data, server_key(words.host, words.port, tls=words.tls), words.name),
        words.downloads or settings.folder("downloads"), told, security, password, given_key(),
    )  # fmt: skip


def login_name() -> str:
    """What the operator is called who gives no name: the account's name, if that can be one."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = ""
    return name if is_name(name) else OPERATOR


def _addresses(words: argparse.Namespace) -> list[Address]:
    """Where the server may be; raises OSError where its host is not found."""
    if words.console and not words.host:
        return [a for a in local_addresses(words.port) if a.family == socket.AF_UNIX]
    return find_addresses(words.host, words.port) if words.host else local_addresses(words.port)


class Start(NamedTuple):
    """What the two faces begin with; ``told``: what the search on the LAN found, or "".

    ``room``: the one that was asked for, "" where none was. ``password`` and ``key`` are what a
    file or the environment gave, or "".
    """

    words: argparse.Namespace
    texts: Texts
    settings: Settings
    room: str
    addresses: list[Address]
    store: Store
    downloads: Path
    told: str
    security: "Security | None"
    password: str
    key: str

    def hand_over(self, chat: Chat) -> None:
        """Give ``chat`` what it is to show where the server wants it."""
        chat.greeting.password, chat.keys.spare = self.password, self.key

    def wrong_settings(self) -> list[str]:
        """What is wrong with the settings, a line each; nothing where nothing is."""
        path, problems = str(self.words.config), self.settings.problems
        told = [self.texts("bad-settings", path=path)] if problems else []
        for name, words in problems:
            why = words.say(self.texts.language)
            told.append(why if name == path else self.texts("failed", what=name, why=why))
        return told


def _room_of(said: str | None) -> str:
    """The room that was asked for, with its sign; "" where none was."""
    return "" if said is None else "#" + said.removeprefix("#")


def _wrong_words(words: argparse.Namespace, room: str, texts: Texts) -> str:
    """What is wrong with a name, a room or a target on the command line; "" if nothing is."""
    if not is_name(words.name):
        return texts("bad-own-name", name=words.name)
    if words.console and words.host and not words.host.startswith(("@", "/")):
        return texts("console-here", host=words.host)
    if room and room != EVERYBODY and not is_room(room):
        return texts("bad-own-room", name=words.room)
    if words.to is not None and not is_target(words.to):
        return texts("bad-target", name=words.to)
    return _wrong_tls(words, texts)


def _wrong_tls(words: argparse.Namespace, texts: Texts) -> str:
    """What is wrong with the words for TLS; and ``--tls-port`` becomes the port."""
    if words.tls and (words.console or not words.host or words.host.startswith(("@", "/"))):
        return texts("tls-host")
    if not words.tls and (words.ca is not None or words.tls_port is not None):
        return texts("tls-only")
    words.port = words.port if words.tls_port is None else words.tls_port
    return ""


def _security(words: argparse.Namespace, texts: Texts) -> tuple["Security | None", str]:
    """How the link is encrypted, None: not at all; and what is wrong with what was said of it."""
    if not words.tls:
        return None, ""
    # ssl takes its time to load, and most do without.
    from curses_client.known import KnownServers  # noqa: PLC0415
    from curses_client.secure import Security  # noqa: PLC0415
    from reactor.tls import TlsError  # noqa: PLC0415

    known = KnownServers(words.data / KNOWN_FILE)
    try:
        return Security(words.host, words.port, words.ca, known, texts), ""
    except TlsError as error:
        where, _, why = str(error).rpartition(": ")
        return None, f"--ca {where}: {texts.reason(why)}"


def _look_around(
    words: argparse.Namespace, texts: Texts, settings: Settings
) -> tuple[str, int | None]:
    """Where nobody said which server, and none is here, ask the LAN, and put it into ``words``.

    Gives what is to be told, and the exit code where the client shall not go on.
    """
    if not words.find and (words.host or _answers_here(words.port)):
        return "", None
    # Loads only when it is wanted, as most starts know their server.
    from curses_client.finding import look  # noqa: PLC0415

    group, draw_ascii = os.environ.get("OBROL_GROUP", ""), settings.on("ascii")
    try:
        outcome = look(texts, group, words.interface, draw_ascii=draw_ascii)
    except KeyboardInterrupt:
        return "", _SIGNALLED
    if outcome.server is not None:
        words.host, words.port, _ = outcome.server
    return outcome.told, outcome.code


def _answers_here(port: int) -> bool:
    """Whether a server listens on this machine; it is left again without a word."""
    for address in local_addresses(port):
        with socket.socket(address.family, socket.SOCK_STREAM) as probe:
            probe.settimeout(_PROBE_SECONDS)
            try:
                probe.connect(address.where)
                # A connect that met itself met nobody (see link).
                if probe.getsockname() != probe.getpeername():
                    return True
            except (TimeoutError, BlockingIOError):
                return True
            except OSError:
                continue
    return False


def _run_lines(start: Start) -> int:
    words = start.words
    loop = Loop()
    errands = Errands(
        words.send, words.to or "", words.get, start.downloads, words.once, words.raw
    )  # fmt: skip
    for line in [start.told, *start.wrong_settings()]:
        if line:
            _complain(line, 0)
    lines = Lines(
        loop, start.texts, start.settings, start.room or DEFAULT_ROOM, errands, listen=words.listen
    )
    try:
        chat = Chat(loop, start.addresses, start.store, lines, words.name, backlog=0,
                    security=start.security)  # fmt: skip
        chat.asker = PlainAsking(chat, start.texts, typed=is_typed())
        start.hand_over(chat)
        lines.begin(chat)
        loop.run()
    except KeyboardInterrupt:
        return _SIGNALLED
    return lines.code


def _run_screen(start: Start) -> int:
    # curses and what stands on it load only where a screen is wanted.
    from curses_client.face import run  # noqa: PLC0415
    from curses_client.screen import NoScreenError, Screen  # noqa: PLC0415

    try:
        screen = Screen()
    except NoScreenError as error:
        _complain(start.texts("no-screen", why=error), 0)
        return _run_lines(start)
    try:
        error_after = run(start, screen)
    finally:
        screen.close()
    return _complain(error_after, 1) if error_after else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="obrol",
        description="Talk with the people on a server.",
        epilog="obrol unread [NAME]: how many messages and mentions are unread, for a prompt or a "
        "status bar; obrol unread --help tells more.",
    )
    parser.add_argument("name", nargs="?", help="the name that others see")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--host", default="", help="the server's machine, or @NAME or a path of a UNIX socket"
    )
    where.add_argument(
        "--find", action="store_true",
        help="ask the LAN for servers, also when there is one on this machine",
    )  # fmt: skip
    parser.add_argument(
        "--interface", default="", metavar="ADDRESS",
        help="ask through the interface of this address alone (through all but loopback)",
    )  # fmt: skip
    parser.add_argument("--port", type=port, default=DEFAULT_PORT, help="its port (%(default)s)")
    parser.add_argument("--tls", action="store_true", help="encrypt, with --host")
    parser.add_argument(
        "--ca", type=Path, metavar="FILE",
        help="with --tls: certificates that must vouch for the server's (without: the server's "
        "certificate is remembered the first time, and another one refused)",
    )  # fmt: skip
    parser.add_argument(
        "--tls-port", type=port, metavar="PORT", help="with --tls: the port (that of --port)"
    )
    parser.add_argument(
        "--room",
        help=f"the room to enter and show (those of the last time, or {DEFAULT_ROOM})",
    )  # fmt: skip
    parser.add_argument(
        "--data", type=Path, default=state_folder(), help="folder of the secrets (%(default)s)"
    )
    parser.add_argument(
        "--config", type=Path, default=settings_file(), help="file of the settings (%(default)s)"
    )
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE",
        help="the password of the name, in a file of mode 0600 (or in OBROL_PASSWORD)",
    )  # fmt: skip
    parser.add_argument("--lang", choices=LANGUAGES, help="language (the settings', or LANG's)")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII alone")
    parser.add_argument(
        "--downloads", type=Path, metavar="DIR",
        help="folder for files that are fetched (the settings', at first ~/terima)",
    )  # fmt: skip
    parser.add_argument(
        "--send", action="append", default=[], type=Path, metavar="FILE",
        help="line mode: send a file, then leave",
    )  # fmt: skip
    parser.add_argument("--to", metavar="TARGET", help="who hears it, #room or @name (the room)")
    parser.add_argument(
        "--get", action="append", default=[], type=int, metavar="N",
        help="line mode: fetch the file of event N, then leave",
    )  # fmt: skip
    parser.add_argument(
        "--once", nargs="?", const=WHOLE_INPUT, metavar="TEXT",
        help="line mode: say one message, TEXT or all of standard input, then leave",
    )  # fmt: skip
    parser.add_argument(
        "--console", action="store_true",
        help="the operator's: through the UNIX socket, what is typed goes to everybody",
    )  # fmt: skip
    parser.add_argument(
        "--trust", action="store_true",
        help="the account that runs the server now may see the secret: it has changed, rightly",
    )  # fmt: skip
    parser.add_argument("--plain", action="store_true", help="lines only, no screen")
    parser.add_argument(
        "--raw", action="store_true",
        help="line mode: say each line of the input as it stands, what begins with / too",
    )  # fmt: skip
    parser.add_argument(
        "--listen", action="store_true", help="line mode: stay when the input has ended"
    )
    return parser


def _complain(text: str, code: int) -> int:
    print(f"obrol: {text}", file=sys.stderr)  # noqa: T201
    return code
