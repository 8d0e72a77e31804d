"""Which doors are open: what the command line asked for, and all of them on the one loop."""

import contextlib
import resource
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reactor.configuration import DEFAULTS, Configuration
from reactor.doors import sockets
from reactor.doors.announce import ONLY_HERE, Announcer
from reactor.doors.foreign import LOOPBACK, Asked, ForeignDoors
from reactor.doors.metrics import MetricsDoor
from reactor.doors.native import NativeDoor
from reactor.hub import Hub
from reactor.journal import Journal
from reactor.listener import Listener
from reactor.loop import Loop, SpareDescriptor
from reactor.systemd import Passed
from wire.discovery import place
from wire.limits import BadSettingError, Settings

if TYPE_CHECKING:
    from reactor.doors.certificate import Certificate


class Options(NamedTuple):
    """What the command line asked for. ``unix`` is ``auto``, ``off``, a path or ``@name``.

    ``guests``: the doors for programs that do not speak the protocol; none is open unasked.
    ``announce``: the interface on which the LAN is told of the server, "" for the kernel's choice,
    None: it is not told. ``group``: where, see :func:`wire.discovery.place`.
    ``settings`` are what ``configuration`` said at the start; it is read again when that is asked.
    ``metrics`` is ``[HOST:]PORT``, or None. Sockets that were ``passed`` are used instead of own
    ones; the server closes them. ``tls_port``: None where nobody asked for TLS; ``tls_host`` may be
    "", that of the TCP door; ``tls_files``: certificate and key.
    """

    host: str
    port: int
    unix: str
    data: Path
    language: str
    settings: Settings
    guests: Asked = Asked()
    announce: str | None = None
    group: str = ""
    configuration: Configuration = DEFAULTS
    metrics: str | None = None
    passed: Passed = Passed()
    tls_port: int | None = None
    tls_host: str = ""
    tls_files: tuple[Path | None, Path | None] = (None, None)


class Doors:
    """All doors of one server. ``native`` is the one of those who speak the protocol."""

    def __init__(self, loop: Loop, hub: Hub, journal: Journal, options: Options) -> None:
        self._loop = loop
        self._journal = journal
        self._options = options
        self._spare = SpareDescriptor()
        self._listeners: list[Listener] = []
        self._unix_path: Path | None = None
        self._announcer: Announcer | None = None
        self._certificate: Certificate | None = None
        self._counters = hub.counters
        self.native = NativeDoor(loop, hub, options.settings, journal, options.language, capacity=0)
        self.foreign = ForeignDoors(
            loop, hub, journal, options.guests, lambda: self.native.full, self.native.admission
        )
        hub.pressed = lambda: self.native.pressed
        self.native.others = lambda: self.foreign.connections
        self.foreign.house.backlog = self.native.backlog
        self._metrics = MetricsDoor(loop, hub.counters)
        self._descriptors = _descriptors()
        self._settings_changed()
        options.settings.watchers.append(self._settings_changed)

    @property
    def count(self) -> int:
        """People and programs that are here, or going."""
        return self.native.count + self.foreign.count

    def open(self) -> list[str]:
        """Open what was asked for; gives what each is called: ``tcp 127.0.0.1:59000``.

        Raises :class:`sockets.DoorError` where one cannot be opened, LogError where the guests'
        room cannot be made.
        """
        tcp = self._tcp_sockets()
        port = tcp[0].getsockname()[1]
        opened = ["tcp " + self._listen(sock, self.native.accept_tcp) for sock in tcp]
        unix = self._unix_sockets(port)
        opened += ["unix " + self._listen(sock, self.native.accept_unix) for sock in unix]
        opened += self._open_tls()
        opened += self._open_metrics()
        opened += self.foreign.open(self._listen)
        if self._options.announce is not None:
            opened.append("announce " + self._announce(self._options.announce, tcp[0]))
        self.foreign.connect(self._counters)
        listeners = self._listeners
        self._counters.gauge("turned-away", lambda: sum(each.turned_away for each in listeners))
        return opened

    def renew(self) -> None:
        """Read certificate and key again; raises BadSettingError, and then all is as it was."""
        if self._certificate is not None:
            try:
                self._certificate.renew()
            except sockets.DoorError as error:
                raise BadSettingError(str(error)) from error

    def close_all(self, word: str) -> None:
        """Let nobody in any longer, and say BYE ``word`` to everybody."""
        self._close_listeners()
        self.native.close_all(word)
        self.foreign.close_all(word)

    def close(self) -> None:
        """Close everything, without a word, and give it back."""
        if self._unix_path is not None:
            self._unix_path.unlink(missing_ok=True)
        self._close_listeners()
        self.native.cut_all()
        self.foreign.cut_all()
        self._metrics.cut_all()
        self._spare.close()

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()
        if self._announcer is not None:
            self._announcer.close()

    def _announce(self, interface: str, tcp: socket.socket) -> str:
        """Tell the LAN of the TCP door; raises :class:`sockets.DoorError`."""
        host, port, *_ = tcp.getsockname()
        try:
            where = place(self._options.group)
        except ValueError as error:
            raise sockets.DoorError(f"cannot announce: {error}") from error
        name = socket.gethostname()
        settings = self._options.settings
        self._announcer = Announcer(self._loop, settings, where, interface, host, port, name)
        if self._announcer.only_here:
            self._journal.say("announce", why=ONLY_HERE.say(self._options.language))
        return self._announcer.shown

    def _settings_changed(self) -> None:
        """What follows from a limit follows from its new value."""
        settings = self._options.settings
        self.native.capacity = self._descriptors - settings.count("reserved-files")
        self.native.settings_changed()
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
        name = sockets.door_beside(port) if options.unix == "auto" else options.unix
        sock = sockets.listen_unix(name)
        self._unix_path = None if name.startswith("@") else Path(name)
        return [sock]

    def _open_tls(self) -> list[str]:
        options = self._options
        if options.tls_port is None:
            if any(options.tls_files):
                raise sockets.DoorError("a certificate or key is of no use without --tls-port")
            return []
        # ssl loads only where it is wanted: it takes longer than the rest of the start.
        from reactor.doors.certificate import Certificate, Files  # noqa: PLC0415

        files = Files(*options.tls_files)
        self._certificate = Certificate(files, options.settings, self._journal)
        self.native.makers["tls"] = self._certificate.stream
        sock = sockets.listen_tcp(options.tls_host or options.host, options.tls_port)
        # No last words in plain text: where they are waited for, they would be no TLS.
        return ["tls " + self._listen(sock, self.native.accept_tls, b"")]

    def _open_metrics(self) -> list[str]:
        if self._options.metrics is None:
            return []
        sock = sockets.listen_tcp(*sockets.host_and_port(self._options.metrics, LOOPBACK))
        return ["metrics " + self._listen(sock, self._metrics.accept, self._metrics.farewell)]

    def _listen(
        self,
        sock: socket.socket,
        accepted: Callable[[socket.socket], None],
        farewell: bytes | None = None,
    ) -> str:
        per_turn = self._options.settings.count("turn-accepts")
        if farewell is None:
            farewell = self.native.farewell
        self._listeners.append(
            Listener(self._loop, sock, accepted, self._spare, farewell, per_turn)
        )
        return sockets.shown(sock)


def _descriptors() -> int:
    """How many descriptors this process may have, after asking for all that it may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft
