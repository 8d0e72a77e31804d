"""``python3 -m reactor``: run the server, or look after its folder."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reactor.configuration import Configuration
from reactor.doors.foreign import Asked
from reactor.doors.opening import Options
from reactor.doors.sockets import DoorError, DoorTakenError
from reactor.log import LogBusyError, LogError, LogUnusableError
from reactor.server import Server
from reactor.systemd import Manager, passed_sockets
from wire.errors import Words
from wire.grammar import is_room
from wire.limits import BadSettingError

DEFAULT_PORT: Final = 59000
PORT_MOST: Final = 65_535
GUEST_ROOM: Final = "lab"
_GUESTS: Final = (
    ("--plain", "[HOST:]PORT[,welcome]", "open a door for telnet, nc and simple TCP chat programs;"
     " welcome: for those that know no names"),
    ("--udp", "[HOST:]PORT", "open a door for UDP chat programs (they use port 12345)"),
    ("--udp-allow", "CIDR", "a network beyond this machine that may use the UDP door"),
    ("--multicast", "GROUP:PORT[@INTERFACE]", "open a door to a multicast group"
     " (programs use 224.1.1.1:5004)"),
)  # fmt: skip
_TLS: Final = (
    ("--tls-cert", "FILE", "its certificate, and those that vouch for it, in PEM form", Path),
    ("--tls-key", "FILE", "the certificate's key", Path),
    ("--tls-host", "HOST", "address of the TLS port (that of --host)", str),
)
_SERVER_THERE: Final = Words(
    "a server is running there already: process {process}",
    "sudah ada server yang berjalan di situ: proses {process}",
)
_SOMEBODY_THERE: Final = Words(
    "a server may be running there already, or another program",
    "mungkin sudah ada server yang berjalan di situ, atau program lain",
)
_ANOTHER: Final[Mapping[str, Words]] = {
    "folder": Words(
        "to run another one, give it a folder of its own: --data DIR",
        "untuk menjalankan server lain, beri folder sendiri: --data DIR",
    ),
    "port": Words(
        "to use another port: --port {port} (make server PORT={port})",
        "untuk memakai port lain: --port {port} (make server PORT={port})",
    ),
    "door": Words("give this door another port", "beri pintu ini port lain"),
    "unix": Words("to use another socket: --unix NAME", "untuk memakai soket lain: --unix NAMA"),
}
"""What helps where somebody is there already, by what is taken."""
_FAILED: Final = 1
_USAGE: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the server until it is told to end, or do what was asked instead; the exit code."""
    words = _parser().parse_args(arguments)
    if words.backup is not None or words.check:
        return _look_after(words)
    try:
        server = Server(_options(words), manager=Manager(os.environ))
    except (BadSettingError, OSError) as error:
        return _complain(str(error), _USAGE)
    except (DoorError, LogUnusableError) as error:
        return _complain(_explained(error, words), _FAILED)
    try:
        server.listen_to_signals()  # before anybody is told that we are ready
        opened = server.open()
        for door in opened:
            print("listening", door, flush=True)  # noqa: T201 - scripts wait for these lines
        print("ready", flush=True)  # noqa: T201
        server.ready(opened)
        server.run()
    except LogUnusableError as error:
        # At once: closing the database would ask the disk again, and the second answer may lie.
        os._exit(_complain(str(error), _FAILED))
    except (DoorError, LogError) as error:
        return _complain(_explained(error, words), _FAILED)
    finally:
        server.close()
    return 0


def _look_after(words: argparse.Namespace) -> int:
    """``--backup`` or ``--check``; the exit code."""
    from reactor import upkeep  # noqa: PLC0415 - a server that starts has no use for it

    if words.backup is not None:
        return upkeep.backup(words.data, words.backup)
    return upkeep.check(words.data)


def state_folder() -> Path:
    """Where the server keeps its log: ``$XDG_STATE_HOME/obrol``."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "obrol"


def _port(text: str) -> int:
    """The port of the command line: argparse tells what is wrong, and ends with 2."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(PORT_MOST)):
        number = int(text)
        if number <= PORT_MOST:
            return number
    raise argparse.ArgumentTypeError(f"a port is 1 to {PORT_MOST}, 0 for any that is free")


def _options(words: argparse.Namespace) -> Options:
    if not is_room(f"#{words.guest_room}"):
        raise BadSettingError(f"--guest-room {words.guest_room}: that is no name of a room")
    guests = Asked(tuple(words.plain), tuple(words.udp), tuple(words.udp_allow),
                   tuple(words.multicast), f"#{words.guest_room}")  # fmt: skip
    configuration = Configuration(words.config, tuple(words.set))
    return Options(
        words.host,
        words.port,
        words.unix,
        words.data,
        words.lang,
        configuration.read(),
        configuration=configuration,
        guests=guests,
        announce=words.announce,
        group=os.environ.get("OBROL_GROUP", ""),
        metrics=words.metrics,
        passed=passed_sockets(os.environ, os.getpid()),
        tls_port=words.tls_port,
        tls_host=words.tls_host or "",
        tls_files=(words.tls_cert, words.tls_key),
    )


def _parser() -> argparse.ArgumentParser:
    language = "id" if os.environ.get("LANG", "").startswith("id") else "en"
    parser = argparse.ArgumentParser(prog="obrol-server", description="The server of obrol.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="TCP port, 0: any free one (%(default)s)"
    )
    parser.add_argument(
        "--unix",
        default="auto",
        metavar="auto|off|PATH|@NAME",
        help="UNIX socket; auto: @obrol-PORT in the abstract name space (%(default)s)",
    )
    parser.add_argument(
        "--announce", nargs="?", const="", metavar="INTERFACE",
        help="tell who asks on the LAN where the server is; an interface's address, if not the "
        "kernel's choice; OBROL_GROUP names another multicast group",
    )  # fmt: skip
    parser.add_argument(
        "--data", type=Path, default=state_folder(), help="folder of the log (%(default)s)"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--backup", type=Path, metavar="FILE",
        help="only copy the log of --data to a new file; a server may be running",
    )  # fmt: skip
    instead.add_argument(
        "--check", action="store_true",
        help="only look over log and files of --data; the exit code is 1 when anything is wrong",
    )  # fmt: skip
    parser.add_argument(
        "--metrics",
        metavar="[HOST:]PORT",
        help="serve the counters to Prometheus at http://HOST:PORT/metrics (HOST: 127.0.0.1)",
    )
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="limits, under [limits]")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set one limit"
    )
    parser.add_argument(
        "--tls-port", type=int, metavar="PORT", help="open a TLS port too; `make cert` helps"
    )
    for option, form, meaning, kind in _TLS:
        parser.add_argument(option, type=kind, metavar=form, help=meaning)
    for option, form, meaning in _GUESTS:
        parser.add_argument(option, action="append", default=[], metavar=form, help=meaning)
    parser.add_argument(
        "--guest-room", default=GUEST_ROOM, metavar="ROOM", help="where guests are (%(default)s)"
    )
    parser.add_argument("--lang", choices=("id", "en"), default=language, help="language of texts")
    return parser


def _explained(error: Exception, words: argparse.Namespace) -> str:
    """Why the server cannot start; where somebody is there already, also who, and what helps."""
    if isinstance(error, LogBusyError):
        taken, process, port = "folder", error.process, words.port
    elif isinstance(error, DoorTakenError):
        process, port = error.process, error.port
        taken = "unix" if not port else "port" if port == words.port else "door"
    else:
        return str(error)
    there = (_SERVER_THERE if process else _SOMEBODY_THERE).say(words.lang)
    helps = _ANOTHER[taken].say(words.lang)
    other = port + 1 if port < PORT_MOST else DEFAULT_PORT
    return f"{error}\n  {there.format(process=process)}\n  {helps.format(port=other)}"


def _complain(text: str, code: int) -> int:
    print(f"obrol-server: {text}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
