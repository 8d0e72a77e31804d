"""The four layers on one loop: keys in, state changed, one picture out at the end of the turn.

Standard input, the socket and the signals are descriptors like any other. Nothing draws but
:meth:`App._draw`, once a turn, and at most twenty times a second while lines pour in.
"""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

from curses_client import sending
from curses_client.asking import Asking
from curses_client.chat import Chat
from curses_client.folder import PartTakenError
from curses_client.front import Failure, Stored
from curses_client.hands import Hands
from curses_client.keeper import Keeper
from curses_client.keys import Keyboard
from curses_client.screen import Screen
from curses_client.settings import Settings
from curses_client.state import Connection, State
from curses_client.story import Story
from curses_client.texts import Texts
from curses_client.transfers import Earlier, LostError, Transfer, Transfers
from curses_client.view import Look, Moment, View
from curses_client.windows import WindowDesk
from reactor.loop import READ, Loop, Signals, Timer
from wire.grammar import fold

STDIN: Final = 0
READ_BYTES: Final = 64 * 1024
ESCAPE_SECONDS: Final = 0.025
"""So long an ESC waits for what would make it a longer key."""
REDRAW_SECONDS: Final = 0.05
"""Lines that pour in are shown twenty times a second; a key is shown at once."""
GOODBYE_SECONDS: Final = 0.5
TICK_SECONDS: Final = 1.0
MINUTE_SECONDS: Final = 60.0


class App:
    """The curses client; :meth:`run` returns when it has ended, the terminal given back."""

    def __init__(
        self, loop: Loop, screen: Screen, texts: Texts, state: State, settings: Settings
    ) -> None:
        self.texts = texts
        self.error_after = ""  # told on the plain terminal when the screen is gone
        self._loop = loop
        self._screen = screen
        self._state = state
        self._settings = settings
        self._view = View(state, texts)
        self._keyboard = Keyboard()
        self._escape: Timer | None = None
        self._dirty = True
        self._hurry = True  # a key was pressed: show it in this turn
        self._drawn_at = -REDRAW_SECONDS
        self._redraw: Timer | None = None
        self._quitting = False
        self._elsewhere = False  # another program has the terminal
        self._clock = ""
        self._ticking: Timer | None = None

    def run(self, chat: Chat, story: Story, downloads: Path, keeper: Keeper) -> None:
        """Run until the user leaves, or the terminal is gone."""
        self.chat = chat
        self._story = story
        self._keeper = keeper
        self.transfers = Transfers(
            chat, self._loop, downloads, self._transfer_told, self._cannot_read
        )
        self.transfers.on_change, self.transfers.on_last = keeper.touch, keeper.save_at_once
        self.transfers.take_up(Earlier(keeper.left, keeper.left_of, self._went_on))
        keeper.transfers = self.transfers
        self._desk = WindowDesk(
            self, self._loop, self._state, self.texts, self._settings, self._screen, story, chat,
            self.transfers,
        )  # fmt: skip
        self._hands = Hands(
            self._desk, self._state, self._view, self._screen, self._loop, keeper.pastes
        )
        chat.asker = Asking(self._hands, self._state, story, chat, self.texts, self.changed)
        if story.console:
            self._desk.follow_log()
        self._hands.tell_of_draft()
        self.restyle()
        signals = Signals(
            self._loop,
            {
                signal.SIGWINCH: self._resized,
                signal.SIGHUP: self._loop.stop,
                signal.SIGTERM: self._loop.stop,
                signal.SIGINT: self._loop.stop,
                signal.SIGTSTP: lambda: self.suspend(job=False),
                signal.SIGCONT: self._continued,
            },
        )
        self._stdin = self._loop.watch(STDIN, self)
        self._loop.hooks.append(self._end_of_turn)
        self._tick()
        self._end_of_turn()
        chat.start()
        try:
            self._loop.run()
        finally:
            signals.close()
            self._desk.stop_programs()
            keeper.end()

    def on_ready(self, mask: int) -> None:
        """The keyboard has something (the loop calls this); its end is the terminal's end."""
        del mask
        try:
            data = os.read(STDIN, READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._loop.stop()
            return
        self._dirty = self._hurry = True
        self._hands.press(self._keyboard.feed(data))
        self._keeper.touch()
        if self._escape is not None:
            self._escape.cancel()
            self._escape = None
        if self._keyboard.pending:
            self._escape = self._loop.later(ESCAPE_SECONDS, self._settle_escape)

    def changed(self) -> None:
        """What is shown is not true any longer."""
        self._dirty = True

    def link_changed(self) -> None:
        """The connection came or went: a countdown begins or ends."""
        self._keeper.check_history()
        if self._ticking is not None:
            self._ticking.cancel()
        self._tick()
        self.changed()

    def restyle(self) -> None:
        """See :class:`windows.House`: the settings decide how everything looks."""
        settings = self._settings
        ascii_only = settings.on("ascii") or not self._screen.unicode
        self._view.look = Look(settings.text("nicklist"), ascii_only)
        self._screen.use(settings.colours(), mouse=settings.on("mouse"))
        self._state.show_passing(wanted=settings.on("joins"))
        me = fold(self.chat.name)
        self._state.ignore(frozenset(map(fold, settings.words("ignore"))) - {me})
        self._screen.redraw()
        self._dirty = self._hurry = True

    def away_from_keyboard(self, *, away: bool) -> None:
        """See :class:`windows.House`."""
        self._elsewhere = away
        self._loop.want(self._stdin, 0 if away else READ)
        if away:
            self._screen.suspend()
        else:
            self._screen.resume()
            self._dirty = self._hurry = True
            self._loop.restless()

    def suspend(self, *, job: bool) -> None:
        """See :class:`windows.House`.

        The key stops the whole job, as the terminal does where it is not raw: under ``make`` the
        shell waits for make. SIGTSTP stops us alone, others have had theirs. It is sent again with
        its default, and not SIGSTOP: where no shell could continue us, the kernel ignores it.
        """
        if self._elsewhere:
            return
        self._screen.suspend()
        former = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0 if job else os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, former)
        self._continued()

    def leave(self, reason: str) -> None:
        """See :class:`windows.House`: the goodbye gets a moment to leave."""
        self._quitting = True
        self.chat.quit(reason)
        self._loop.later(GOODBYE_SECONDS, self._loop.stop)
        self._loop.restless()

    def bell(self) -> None:
        """Call the user."""
        self._screen.bell()

    def offered(self, event: Stored) -> None:
        """Somebody sent a file: a small new one is fetched by itself."""
        offer = self.transfers.offered(event)
        wanted = offer.size <= (self._settings.size("autoget") or 0)
        if not event.fresh or event.sender == self.chat.name or not wanted:
            return
        here = self.transfers.already_here(offer)
        if here is not None:
            told = self.texts("file-here", number=offer.event, path=here)
            self._loop.later(0, lambda: self._story.notice(told))  # below the offer itself
            return
        with contextlib.suppress(PartTakenError, OSError):
            self.transfers.fetch(offer)

    def refused(self, failure: Failure) -> None:
        """The server does not take this name: there is nothing to show but why."""
        self.ended(self.texts.turned_away(self.chat.name, failure.code, failure.text))

    def ended(self, why: str) -> None:
        """It is over: what there is to tell is told on the plain terminal."""
        self.error_after = why
        self.leave("")

    def _transfer_told(self, transfer: Transfer) -> None:
        """A transfer moved or ended."""
        tell = self._story.notice if transfer.state in {"", "done"} else self._story.error
        if transfer.state:
            tell(sending.outcome(self._desk, transfer))
        self.changed()

    def _went_on(self, going: list[str], lost: list[tuple[str, LostError]]) -> None:
        """What an earlier run left goes on, or does not."""
        if going:
            self._story.notice(self.texts("goes-on", names=", ".join(going)))
        for name, error in lost:
            self._story.error(sending.why_lost(self._desk, name, error))

    def _cannot_read(self, path: Path, error: OSError) -> None:
        self._story.error(self.texts("cannot-read", path=path, why=self.texts.why(error)))

    def _settle_escape(self) -> None:
        self._escape = None
        self._dirty = self._hurry = True
        self._hands.press(self._keyboard.flush())
        self._loop.restless()

    def _continued(self) -> None:
        if not self._elsewhere:
            self._screen.resume()
            self._dirty = self._hurry = True

    def _resized(self) -> None:
        if self._elsewhere:
            return
        try:
            self._screen.resize()
        except OSError:  # the terminal went away between the signal and now
            self._loop.stop()
        self._dirty = self._hurry = True

    def _tick(self) -> None:
        """The clock and the countdown of the bar."""
        lost = self._state.connection is Connection.LOST
        if lost or time.strftime("%H:%M") != self._clock:
            self.changed()
            self._loop.restless()
        wait = TICK_SECONDS if lost else MINUTE_SECONDS - self._loop.clock.wall() % MINUTE_SECONDS
        self._ticking = self._loop.later(wait, self._tick)

    def _end_of_turn(self) -> None:
        if self._quitting and self.chat.link.closed:
            self._loop.stop()
        if not self._dirty or self._elsewhere:
            return
        wait = self._drawn_at + REDRAW_SECONDS - self._loop.now
        if self._hurry or wait <= 0:
            self._draw()
        elif self._redraw is None:
            self._redraw = self._loop.later(wait, self._redraw_due)

    def _redraw_due(self) -> None:
        self._redraw = None
        self._loop.restless()

    def _draw(self) -> None:
        if self._redraw is not None:
            self._redraw.cancel()
            self._redraw = None
        self._dirty = self._hurry = False
        self._drawn_at = self._loop.now
        self._clock = time.strftime("%H:%M")
        self._keeper.touch()
        columns, rows = self._screen.size()
        self._state.lag = self.chat.link.lag
        self._state.away = bool(self.chat.away)
        self._state.progress = [
            sending.short_progress(self._desk, running) for running in self.transfers.running
        ]
        moment = Moment(
            self._clock,
            self._loop.now,
            self._story.pending(),
            self._hands.question(),
            self._hands.found,
            self._hands.hint,
        )
        self._screen.draw(self._view.picture(columns, rows, moment))
