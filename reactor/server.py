"""The server put together: one loop, one log, one hub, and the doors that were asked for."""

import contextlib
import resource
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reactor import gauges
from reactor.backstage import Backstage
from reactor.configuration import DEFAULTS, Configuration
from reactor.doors import sockets
from reactor.doors.announce import ONLY_HERE, Announcer
from reactor.doors.foreign import Asked, ForeignDoors
from reactor.doors.metrics import MetricsDoor
from reactor.doors.native import NativeDoor
from reactor.hub import Hub
from reactor.hub.keeping import Keeper
from reactor.indexing import Indexer
from reactor.journal import Journal
from reactor.listener import Listener
from reactor.log import Log
from reactor.loop import Loop, Signals, SpareDescriptor
from reactor.spool import Spool
from reactor.systemd import Manager, Passed
from wire.discovery import place
from wire.limits import Settings

GOODBYE_SECONDS: Final = 0.8
"""So long the last words may take at the end; the promise is to be gone within a second."""
TROUBLE_SECONDS: Final = 30.0
"""How often at most the journal tells of the same trouble."""
LOOPBACK: Final = "127.0.0.1"
CHECKPOINT_SECONDS: Final = 1.0
"""How often the log's write-ahead file is written back, when there was something to store."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for. ``unix`` is ``auto``, ``off``, a path or ``@name``.

    ``guests``: the doors for programs that do not speak the protocol; none is open unasked.
    ``announce``: the interface on which the LAN is told of the server, "" for the kernel's choice,
    None: it is not told. ``group``: where, see :func:`wire.discovery.place`.
    ``settings`` are what ``configuration`` said at the start; it is read again when that is asked.
    ``metrics`` is ``[HOST:]PORT``, or None. Sockets that were ``passed`` are used instead of own
    ones; the server closes them.
    """

    host: str
    port: int
    unix: str
    data: Path
    language: str
    settings: Settings
    guests: Asked = field(default_factory=Asked)
    announce: str | None = None
    group: str = ""
    configuration: Configuration = DEFAULTS
    metrics: str | None = None
    passed: Passed = field(default_factory=Passed)


class Server:
    """One server. Raises DoorError or LogUnusableError where it cannot be put together."""

    def __init__(
        self, options: Options, loop: Loop | None = None, manager: Manager | None = None
    ) -> None:
        self._options = options
        self._manager = manager or Manager({})
        self.loop = loop or Loop(on_error=self._failed)
        self.journal = Journal(self.loop.clock)
        self.log = Log(options.data)
        try:
            self.spool = Spool(options.data / "spool", self.loop.clock.wall())
        except OSError:
            self.log.close()
            raise
        self.hub = Hub(self.loop, self.log, self.spool, options.settings, options.language)
        self.hub.on_trouble = self._not_saved
        self.log.index.on_trouble = lambda why: self.journal.say("search-index", why=why)
        self._indexer = Indexer(self.loop, self.log)
        self.loop.hooks += [self.hub.settle, self._checkpoint_if_large, self._indexer.notice]
        self._spare = SpareDescriptor()
        self._listeners: list[Listener] = []
        self._unix_path: Path | None = None
        self._announcer: Announcer | None = None
        self._native = NativeDoor(
            self.loop,
            self.hub,
            options.settings,
            self.journal,
            options.language,
            capacity=0,
        )
        self._descriptors = _descriptors()
        self._settings_changed()
        options.settings.watchers.append(self._settings_changed)
        self.counters = self.hub.counters
        self._backstage = self.hub.backstage = Backstage(
            self.loop,
            self.hub,
            options.configuration,
            options.settings,
            self.journal,
            self.counters,
            self.shut_down,
        )
        self._foreign = ForeignDoors(
            self.loop, self.hub, self.journal, options.guests, lambda: self._native.full
        )
        self._native.others = lambda: self._foreign.connections
        self._metrics = MetricsDoor(self.loop, self.counters)
        self._signals: Signals | None = None
        self._status = ""
        self._ending = False
        self._trouble_after = 0.0

    def open(self) -> list[str]:
        """Open the doors; gives what each is called: ``tcp 127.0.0.1:59000``."""
        tcp = self._tcp_sockets()
        port = tcp[0].getsockname()[1]
        opened = [
            "tcp " + self._listen(sock, self._native.accept_tcp, self._native.farewell)
            for sock in tcp
        ]
        unix = self._unix_sockets(port)
        opened += ["unix " + self._listen(sock, self._native.accept_unix) for sock in unix]
        opened += self._open_metrics()
        opened += self._foreign.open(self._listen)
        if self._options.announce is not None:
            opened.append("announce " + self._announce(self._options.announce, tcp[0]))
        self.loop.later(CHECKPOINT_SECONDS, self._checkpoint)
        Keeper(self.hub, self.loop).start()
        self._connect_counters()
        return opened

    def ready(self, opened: list[str]) -> None:
        """Tell a service manager, where there is one, that the doors are ``opened``."""
        self._status = f"listening on {', '.join(opened)}"
        self._manager.ready(self._status)
        self._manager.start_watchdog(self.loop)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        self.loop.run()

    def listen_to_signals(self) -> None:
        """From now on SIGTERM and SIGINT end the server in good order; SIGHUP reloads."""
        self._signals = Signals(
            self.loop,
            {
                signal.SIGTERM: self.shut_down,
                signal.SIGINT: self.shut_down,
                signal.SIGHUP: self._reload,
            },
        )

    def shut_down(self) -> None:
        """Say BYE to everybody and end when they have read it, or the time for it is over."""
        if self._ending:
            return
        self._ending = True
        self.journal.say("ending")
        self._manager.stopping("saying goodbye")
        for listener in self._listeners:
            listener.close()
        if self._announcer is not None:
            self._announcer.close()
        self._native.close_all("shutdown")
        self._foreign.close_all("shutdown")
        self.loop.later(GOODBYE_SECONDS, self.loop.stop)
        self.loop.hooks.append(self._stop_if_empty)
        self.loop.restless()

    def close(self) -> None:
        """Give everything back."""
        if self._signals is not None:
            self._signals.close()
        if self._unix_path is not None:
            self._unix_path.unlink(missing_ok=True)
        for listener in self._listeners:
            listener.close()
        if self._announcer is not None:
            self._announcer.close()
        self._native.cut_all()
        self._foreign.cut_all()
        self._metrics.cut_all()
        self._spare.close()
        self.loop.close()
        self.spool.close()
        self.log.close()

    def _announce(self, interface: str, tcp: socket.socket) -> str:
        """Tell the LAN of the TCP door; raises :class:`sockets.DoorError`."""
        host, port, *_ = tcp.getsockname()
        try:
            where = place(self._options.group)
        except ValueError as error:
            raise sockets.DoorError(f"cannot announce: {error}") from error
        name = socket.gethostname()
        settings = self._options.settings
        self._announcer = Announcer(self.loop, settings, where, interface, host, port, name)
        if self._announcer.only_here:
            self.journal.say("announce", why=ONLY_HERE.say(self._options.language))
        return self._announcer.shown

    def _settings_changed(self) -> None:
        """What follows from a limit follows from its new value."""
        settings = self._options.settings
        self._native.capacity = self._descriptors - settings.count("reserved-files")
        self._native.settings_changed()
        for listener in self._listeners:
            listener.per_turn = settings.count("turn-accepts")

    def _tcp_sockets(self) -> Sequence[socket.socket]:
        """Those that were handed over, or one of our own."""
        options = self._options
        return options.passed.tcp or [sockets.listen_tcp(options.host, options.port)]

    def _unix_sockets(self, port: int) -> Sequence[socket.socket]:
        """Those that were handed over, or one of our own, or none."""
        options = self._options
        if options.passed.unix or options.unix == "off":
            return options.passed.unix
        name = f"@obrol-{port}" if options.unix == "auto" else options.unix
        sock = sockets.listen_unix(name)
        self._unix_path = None if name.startswith("@") else Path(name)
        return [sock]

    def _open_metrics(self) -> list[str]:
        if self._options.metrics is None:
            return []
        sock = sockets.listen_tcp(*sockets.host_and_port(self._options.metrics, LOOPBACK))
        return ["metrics " + self._listen(sock, self._metrics.accept, self._metrics.farewell)]

    def _listen(
        self, sock: socket.socket, accepted: Callable[[socket.socket], None], farewell: bytes = b""
    ) -> str:
        per_turn = self._options.settings.count("turn-accepts")
        farewell = farewell or self._native.farewell
        self._listeners.append(Listener(self.loop, sock, accepted, self._spare, farewell, per_turn))
        return sockets.shown(sock)

    def _connect_counters(self) -> None:
        gauges.connect(self.counters, self.loop, self.hub, self._native)
        self._foreign.connect(self.counters)
        listeners = self._listeners
        self.counters.gauge("turned-away", lambda: sum(each.turned_away for each in listeners))

    def _reload(self) -> None:
        """SIGHUP: read the configuration again; a service manager is told when that is done."""
        self._manager.reloading()
        self._backstage.reload_on_signal()
        self._manager.ready(self._status)

    def _stop_if_empty(self) -> None:
        if not self._native.count and not self._foreign.count:
            self.loop.stop()

    def _checkpoint(self) -> None:
        self.log.checkpoint()
        self.loop.later(CHECKPOINT_SECONDS, self._checkpoint)

    def _checkpoint_if_large(self) -> None:
        if self.log.checkpoint_due():
            self.log.checkpoint()

    def _not_saved(self, why: str) -> None:
        """A turn could not be stored: told at most every TROUBLE_SECONDS, however often."""
        if self.loop.now >= self._trouble_after:
            self._trouble_after = self.loop.now + TROUBLE_SECONDS
            self.journal.say("not-saved", why=why)

    def _failed(self, handler: object, error: Exception) -> None:
        """A handler failed: a defect. Its connection ends, the others go on."""
        self.journal.say("defect", where=repr(handler), error=repr(error))
        abort = getattr(handler, "abort", None)
        if abort is not None:
            abort("internal error")


def _descriptors() -> int:
    """How many descriptors this process may have, after asking for all that it may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft
