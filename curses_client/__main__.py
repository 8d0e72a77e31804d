"""``python3 -m curses_client NAME``: the client."""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from curses_client.chat import Chat
from curses_client.lines import UNREACHABLE, Errands, Lines
from curses_client.link import Address, find_addresses, local_addresses
from curses_client.store import Store, state_folder
from curses_client.texts import LANGUAGES, Texts, users_language
from reactor.loop import Loop
from wire.grammar import is_name, is_room, is_target

DEFAULT_PORT: Final = 59000
DEFAULT_ROOM: Final = "lab"
BACKLOG: Final = 100
"""Events of the past that are shown on entering."""
USAGE: Final = 2
_SIGNALLED: Final = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the client until its user leaves; the exit code."""
    words = _parser().parse_args(arguments)
    texts = Texts(words.lang)
    room = words.room if words.room.startswith("#") else "#" + words.room
    if not is_name(words.name):
        return _complain(texts("bad-own-name", name=words.name), USAGE)
    if not is_room(room):
        return _complain(texts("bad-own-room", name=words.room), USAGE)
    if words.to is not None and not is_target(words.to):
        return _complain(texts("bad-own-name", name=words.to), USAGE)
    try:
        # Before the screen starts, and never again: a slow name server must not stop the loop.
        addresses = find_addresses(words.host, words.port) if words.host else []
    except OSError as error:
        why = error.strerror or str(error)
        return _complain(texts("unknown-host", host=words.host, reason=why), UNREACHABLE)
    addresses = addresses or local_addresses(words.port)
    store = Store(words.data, _server_key(words.host, words.port), words.name)
    plain = words.plain or words.send or words.get
    if plain or not (os.isatty(0) and os.isatty(1)):
        return _run_lines(words, texts, room, addresses, store)
    return _run_screen(words, texts, room, addresses, store)


def _run_lines(
    words: argparse.Namespace, texts: Texts, room: str, addresses: list[Address], store: Store
) -> int:
    loop = Loop()
    errands = Errands(words.send, words.to or "", words.get, words.downloads)
    lines = Lines(loop, texts, room, errands, listen=words.listen)
    try:
        lines.begin(Chat(loop, addresses, store, lines, words.name, backlog=0))
        loop.run()
    except KeyboardInterrupt:
        return _SIGNALLED
    return lines.code


def _run_screen(
    words: argparse.Namespace, texts: Texts, room: str, addresses: list[Address], store: Store
) -> int:
    # curses and what stands on it load only where a screen is wanted.
    from curses_client.app import App  # noqa: PLC0415
    from curses_client.screen import NoScreenError, Screen  # noqa: PLC0415
    from curses_client.state import State  # noqa: PLC0415
    from curses_client.story import Story  # noqa: PLC0415

    try:
        screen = Screen()
    except NoScreenError as error:
        _complain(texts("no-screen", why=error), 0)
        return _run_lines(words, texts, room, addresses, store)
    loop = Loop()
    state = State(words.name)
    try:
        app = App(loop, screen, texts, state)
        story = Story(state, texts, app, loop.clock)
        story.chat = Chat(loop, addresses, store, story, words.name, BACKLOG)
        story.chat.join(room)
        state.show(state.open(room))
        app.run(story.chat, story, words.downloads)
    finally:
        screen.close()
    if app.error_after:
        return _complain(app.error_after, 1)
    return 0


def _server_key(host: str, port: int) -> str:
    """What a server is called in the store: on this machine its port tells it, by any door."""
    local = host in {"", "localhost", "127.0.0.1", "::1", f"@obrol-{port}"}
    return f"local:{port}" if local else f"{host}:{port}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="obrol", description="Talk with the people on a server.")
    parser.add_argument("name", help="the name that others see")
    parser.add_argument(
        "--host", default="", help="the server's machine, or @NAME or a path of a UNIX socket"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="its port (%(default)s)")
    parser.add_argument("--room", default=DEFAULT_ROOM, help="the room to enter (%(default)s)")
    parser.add_argument(
        "--data", type=Path, default=state_folder(), help="folder of the secrets (%(default)s)"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default=users_language())
    parser.add_argument(
        "--downloads", type=Path, default=Path.home() / "terima", metavar="DIR",
        help="folder for files that are fetched (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--send", action="append", default=[], type=Path, metavar="FILE",
        help="line mode: send a file, then leave",
    )  # fmt: skip
    parser.add_argument("--to", metavar="TARGET", help="to whom: #room or @name (the room)")
    parser.add_argument(
        "--get", action="append", default=[], type=int, metavar="N",
        help="line mode: fetch the file of event N, then leave",
    )  # fmt: skip
    parser.add_argument("--plain", action="store_true", help="lines only, no screen")
    parser.add_argument(
        "--listen", action="store_true", help="line mode: stay when the input has ended"
    )
    return parser


def _complain(text: str, code: int) -> int:
    print(f"obrol: {text}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
