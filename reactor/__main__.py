"""``python3 -m reactor``: run the server."""

import argparse
import os
import sys
import tomllib
from pathlib import Path
from typing import Final

from reactor.doors.sockets import DoorError
from reactor.log import LogUnusableError
from reactor.server import Options, Server
from reactor.systemd import Manager, passed_sockets
from wire.limits import BadSettingError, Settings

DEFAULT_PORT: Final = 59000
_FAILED: Final = 1
_USAGE: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the server until it is told to end; the exit code."""
    words = _parser().parse_args(arguments)
    try:
        server = Server(_options(words), manager=Manager(os.environ))
    except (BadSettingError, OSError, tomllib.TOMLDecodeError) as error:
        return _complain(str(error), _USAGE)
    except (DoorError, LogUnusableError) as error:
        return _complain(str(error), _FAILED)
    try:
        server.listen_to_signals()  # before anybody is told that we are ready
        opened = server.open()
        for door in opened:
            print("listening", door, flush=True)  # noqa: T201 - scripts wait for these lines
        print("ready", flush=True)  # noqa: T201
        server.ready(opened)
        server.run()
    except (DoorError, LogUnusableError) as error:
        return _complain(str(error), _FAILED)
    finally:
        server.close()
    return 0


def state_folder() -> Path:
    """Where the server keeps its log: ``$XDG_STATE_HOME/obrol``."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "obrol"


def _options(words: argparse.Namespace) -> Options:
    settings = Settings()
    if words.config is not None:
        with Path(words.config).open("rb") as file:
            for name, value in tomllib.load(file).get("limits", {}).items():
                settings.set(name, value)
    for pair in words.set:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadSettingError(f"--set {pair}: say NAME=VALUE")
        settings.set(name, value)
    return Options(
        words.host,
        words.port,
        words.unix,
        words.data,
        words.lang,
        settings,
        words.metrics,
        passed_sockets(os.environ, os.getpid()),
    )


def _parser() -> argparse.ArgumentParser:
    language = "id" if os.environ.get("LANG", "").startswith("id") else "en"
    parser = argparse.ArgumentParser(prog="obrol-server", description="The server of obrol.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="TCP port, 0: any free one (%(default)s)"
    )
    parser.add_argument(
        "--unix",
        default="auto",
        metavar="auto|off|PATH|@NAME",
        help="UNIX socket; auto: @obrol-PORT in the abstract name space (%(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, default=state_folder(), help="folder of the log (%(default)s)"
    )
    parser.add_argument(
        "--metrics",
        metavar="[HOST:]PORT",
        help="serve the counters to Prometheus at http://HOST:PORT/metrics (HOST: 127.0.0.1)",
    )
    parser.add_argument("--config", metavar="FILE.toml", help="limits, under [limits]")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set one limit"
    )
    parser.add_argument("--lang", choices=("id", "en"), default=language, help="language of texts")
    return parser


def _complain(text: str, code: int) -> int:
    print(f"obrol-server: {text}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
