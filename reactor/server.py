"""The server put together: one loop, one log, one hub, and the doors that were asked for."""

import os
import signal
from typing import Final

from reactor import gauges
from reactor.backstage import Backstage
from reactor.doors.opening import Doors, Options
from reactor.hub import Hub
from reactor.hub.keeping import Keeper
from reactor.indexing import Indexer
from reactor.journal import Journal
from reactor.log import Log, LogUnusableError
from reactor.logins import Logins
from reactor.loop import Loop, Signals
from reactor.spool import Spool
from reactor.systemd import Manager
from reactor.trimming import Trimmer

GOODBYE_SECONDS: Final = 0.8
"""So long the last words may take at the end; the promise is to be gone within a second."""
TROUBLE_SECONDS: Final = 30.0
"""How often at most the journal tells of the same trouble."""
CHECKPOINT_SECONDS: Final = 1.0
"""How often the log's write-ahead file is written back, when there was something to store."""


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
        self.hub.reserved = Logins(lambda: self.loop.now).owner
        self.doors = Doors(self.loop, self.hub, self.journal, options)
        self._backstage = self.hub.backstage = Backstage(
            self.loop,
            self.hub,
            options.configuration,
            options.settings,
            self.journal,
            self.hub.counters,
            self.shut_down,
            self.doors.renew,
        )
        self._signals: Signals | None = None
        self._status = ""
        self._had_terminal = _has_terminal()
        self._ending = False
        self._trouble_after = 0.0

    def open(self) -> list[str]:
        """Open the doors; gives what each is called: ``tcp 127.0.0.1:59000``."""
        opened = self.doors.open()
        self.loop.later(CHECKPOINT_SECONDS, self._checkpoint)
        Keeper(self.hub, self.loop).start()
        Trimmer(self.loop).start()
        gauges.connect(self.hub.counters, self.loop, self.hub, self.doors.native)
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
        """From now on SIGTERM and SIGINT end the server in good order; SIGHUP: :meth:`_hang_up`."""
        self._signals = Signals(
            self.loop,
            {
                signal.SIGTERM: self.shut_down,
                signal.SIGINT: self.shut_down,
                signal.SIGHUP: self._hang_up,
            },
        )

    def shut_down(self) -> None:
        """Say BYE to everybody and end when they have read it, or the time for it is over."""
        if self._ending:
            return
        self._ending = True
        self.journal.say("ending")
        self._manager.stopping("saying goodbye")
        self.doors.close_all("shutdown")
        self.loop.later(GOODBYE_SECONDS, self.loop.stop)
        self.loop.hooks.append(self._stop_if_empty)
        self.loop.restless()

    def close(self) -> None:
        """Give everything back."""
        if self._signals is not None:
            self._signals.close()
        self.doors.close()
        self.loop.close()
        self.spool.close()
        self.log.close()

    def _hang_up(self) -> None:
        """SIGHUP: our terminal is gone, and nobody is left to end us; else it means to reload."""
        if self._had_terminal and not _has_terminal():
            self.shut_down()
        else:
            self._reload()

    def _reload(self) -> None:
        """Read the configuration again; a service manager is told when that is done."""
        self._manager.reloading()
        self._backstage.reload_on_signal()
        self._manager.ready(self._status)

    def _stop_if_empty(self) -> None:
        if not self.doors.count:
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
        """A handler failed: a defect. Its connection ends, the others go on.

        But not where nobody knows any longer what is on disk: that ends the server.
        """
        if isinstance(error, LogUnusableError):
            raise error
        self.journal.say("defect", where=repr(handler), error=repr(error))
        abort = getattr(handler, "abort", None)
        if abort is not None:
            abort("internal error")


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal that is still there (tty(4))."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
