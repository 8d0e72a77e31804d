"""Line mode: no screen, for pipes, scripts and screen readers.

Each line of standard input is said in the room, or to whom ``--to`` names. Each event comes out as
one line: ``time TAB target TAB from TAB text``. At the end of the input it waits until the server
has acknowledged everything, and exits with 0. Lines that begin with ``/`` are commands, from a
terminal and from a pipe, ``//`` says a slash; with ``--raw`` every line is said as it stands. In a
pipe nobody can correct what was refused: it goes on, and exits with 1 at the end. ``--once`` says
one message, of the command line or all of standard input, and leaves.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from curses_client import actions, commands, plainly, sending
from curses_client.chat import Chat
from curses_client.desk import Twice
from curses_client.errands import (
    LONGEST_INPUT,
    OK,
    REFUSED,
    UNREACHABLE,
    WHOLE_INPUT,
    Errands,
    is_typed,
)
from curses_client.front import Failure, Pending, Stored
from curses_client.help import Row
from curses_client.settings import Settings
from curses_client.stdin import Input
from curses_client.texts import OTHER_ACCOUNT, Texts
from curses_client.transfers import Offer, Transfer, Transfers
from reactor.loop import Loop, Timer
from wire.grammar import EVERYBODY, TEXT_BYTES, cut_text, fold, is_room, sendable
from wire.parser import Frame

OUTBOX_LINES: Final = 1000  # unacknowledged: so many stop the reading of standard input
GIVE_UP_SECONDS: Final = 30.0  # so long after the end of the input a lost server is waited for
GOODBYE_SECONDS: Final = 1.0
_ELSEWHERE: Final = frozenset({"join", "query"})  # what follows is for somebody else


class Lines:
    """The line mode of one client; give it to a :class:`Chat` as its front, then :meth:`begin`.

    Where ``room`` is ``*``, it is the operator's: its lines are for everybody.
    """

    chat: Chat

    def __init__(
        self,
        loop: Loop, texts: Texts, settings: Settings, room: str, errands: Errands, *, listen: bool
    ) -> None:  # fmt: skip
        self.twice = Twice()
        self.texts = texts
        self.settings = settings
        self._errands = errands
        self._looking = 0  # files whose offer is looked for
        self.code = OK
        self._loop = loop
        self._room = room
        self._target = errands.to or room
        self._console = room == EVERYBODY
        self._listen = listen
        self._typed = is_typed()
        self._reason = ""
        self._begun = False
        self._rest = ""
        # Where there is something else to do, nothing is read.
        self._ended = errands.any and errands.once != WHOLE_INPUT
        self._was_up = False
        self._quitting = False
        self._giving_up: Timer | None = None
        self._input = Input(loop, self._wants_input, self._read)

    def begin(self, chat: Chat) -> None:
        """Connect and enter the room."""
        self.chat = chat
        self.transfers = Transfers(
            chat, self._loop, self._errands.downloads, self._transfer_told, self._cannot_read
        )
        self._loop.hooks.append(self._end_of_turn)
        if is_room(self._room):
            chat.join(self._room)
        if self._errands.to.startswith("#"):
            chat.join(self._errands.to)
        chat.start()

    @property
    def target(self) -> str:
        """See :class:`desk.Desk`."""
        return self._target

    @property
    def now(self) -> float:
        """See :class:`desk.Desk`."""
        return self._loop.now

    @property
    def screen(self) -> None:
        """See :class:`desk.Desk`: there is none."""

    def here(self) -> "Lines":
        """See :class:`desk.Desk`: there is one place only."""
        return self

    def met(self, names: Sequence[str]) -> None:
        """See :class:`desk.Desk`: nothing is completed here."""

    def notice(self, text: str) -> None:
        """See :class:`desk.Desk`: goes to standard error, out of the events' way."""
        self._complain(text)

    def error(self, text: str) -> None:
        """See :class:`desk.Desk`; a script learns of it by the exit code."""
        self._complain(text)
        if not self._typed:
            self.code = REFUSED

    def tell(self, rows: Sequence[Row]) -> None:
        """See :class:`desk.Desk`."""
        for row in rows:
            plainly.complain(row.text)

    def found(self, what: str, events: Sequence[Stored]) -> None:
        """See :class:`desk.Desk`."""
        for event in events:
            self.stored(event)
        if not events:
            self._complain(self.texts("found-none", words=what))

    def go_to(self, target: str) -> None:
        """See :class:`desk.Desk`."""
        self._target = target

    def leave(self, target: str) -> None:
        """See :class:`desk.Desk`."""
        if target == self._target:
            self._target = next(iter(self.chat.rooms.values()), "")

    def older(self, count: int) -> None:
        """See :class:`desk.Desk`."""

        def show(events: list[Stored]) -> None:
            for event in events:
                self.stored(event)

        self.chat.older(self._target, count, show)

    def leave_obrol(self, reason: str) -> None:
        """See :class:`desk.Desk`; what a script said before is acknowledged first."""
        if self._typed:
            self._leave(reason)
        else:
            self._ended, self._listen, self._reason = True, False, reason

    def _leave(self, reason: str) -> None:
        if not self._quitting:
            self._quitting = True
            self._input.watch()
            self.chat.quit(reason)
            self._loop.later(GOODBYE_SECONDS, self._loop.stop)
            self._loop.restless()

    def welcome(self) -> None:
        """See :class:`front.Front`."""
        if self._console and not self.chat.is_operator:
            self._give_up(REFUSED, self.texts("not-operator"))
            return
        if not self._was_up:
            security = self.chat.link.security
            for warning in security.warnings() if security is not None else []:
                self._complain(warning)
            self._was_up = True
            self._loop.again(self._run_errands)
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
        self._input.watch()

    def refused(self, failure: Failure) -> None:
        """See :class:`front.Front`."""
        why = self.texts.turned_away(self.chat.name, failure.code, failure.text)
        self._give_up(REFUSED, why)

    def stored(self, event: Stored) -> None:
        """See :class:`front.Front`."""
        if event.kind == "FILE":
            offer = self.transfers.offered(event)
            event = event._replace(body=f">> #{event.id} {offer.name} {offer.size}")
        try:
            plainly.say(event)
        except OSError:
            # Whoever read us is gone; what was typed is judged by what was acknowledged.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - stays open to the end
            self.code = REFUSED if self.chat.outbox else self.code
            self._leave("")

    def passing(self, frame: Frame) -> None:
        """See :class:`front.Front`: only what was said comes out, and what ``/log`` asked for."""
        if frame.verb == "LOG":
            self._complain(" ".join(frame.args))

    def delivered(self, pending: Pending) -> None:
        """See :class:`front.Front`."""
        del pending
        self._input.watch()
        self._leave_when_done()

    def failed(self, pending: Pending, failure: Failure) -> None:
        """See :class:`front.Front`."""
        why = self.texts.error(failure.code, failure.text)
        to = pending.target.removeprefix("@")
        self._complain(self.texts("not-sent", to=to, text=pending.text, why=why))
        self.code = REFUSED
        self._input.watch()
        self._leave_when_done()

    def room_failed(self, room: str, failure: Failure) -> None:
        """See :class:`front.Front`."""
        why = self.texts.error(failure.code, failure.text)
        text = self.texts("room-failed", room=room, why=why)
        if self._typed and self.chat.rooms:
            self._complain(text)
            self._target = "" if fold(room) == fold(self._target) else self._target
        else:  # what follows in a pipe is meant for that room
            self._give_up(REFUSED, text)

    def caught_up(self, scope: str) -> None:
        """See :class:`front.Front`."""

    def link_lost(self, reason: str) -> None:
        """See :class:`front.Front`: without a first connection there is nothing to wait for."""
        why = self.texts.lost(reason)
        if reason == OTHER_ACCOUNT:
            self._give_up(REFUSED, f"{why}. {self.texts('say-trust')}")
        elif not self._was_up and not self.chat.greeting.asked:
            address = self.chat.link.address.shown
            text = (
                self.texts("no-console", address=address, reason=why)
                if self._console
                else self.texts.no_server(address, reason)
            )
            # Called from within the first connect: the loop may not have begun to run.
            self._loop.later(0, lambda: self._give_up(UNREACHABLE, text))
        else:
            self._wait_for_server()

    def _wait_for_server(self) -> None:
        self._complain(self.texts("link-lost-plain"))
        self._input.watch()
        if self._ended and not self._listen and self._giving_up is None:
            self._giving_up = self._loop.later(GIVE_UP_SECONDS, self._give_up_waiting)

    def goodbye(self, word: str, text: str) -> None:
        """See :class:`front.Front`."""
        self._give_up(REFUSED, self.texts.goodbye(word, text))

    def forgotten(self) -> None:
        """See :class:`front.Front`."""
        self._complain(self.texts("forgotten"))

    def _wants_input(self) -> bool:
        return (
            not self._ended
            and not self._quitting
            and self.chat.online
            and len(self.chat.outbox) < OUTBOX_LINES
        )

    def _read(self, text: str, ended: bool) -> None:  # noqa: FBT001 - as stdin.Input gives it
        self._rest += text
        if self._errands.once == WHOLE_INPUT:
            self._ended = ended or len(self._rest) > LONGEST_INPUT
            if self._ended:
                self._say_once(self._rest)
        else:
            *lines, self._rest = self._rest.split("\n")
            if ended:
                lines.append(self._rest)
            for line in lines:
                self._obey(line.removesuffix("\r"))
            self._ended = self._ended or ended
        self._leave_when_done()

    def _obey(self, line: str) -> None:
        """Say a line of the input, or do what it commands; nothing follows ``/quit``."""
        typed = commands.take_apart(line) if not self._errands.raw else commands.Typed(None, line)
        if self._ended:
            return
        if typed.command is None:
            self._say(typed.rest)
        elif not actions.run(self, line):
            self.code = self.code if self._typed else REFUSED
            command = commands.BY_NAME.get(typed.command.lower())
            if command is not None and command.name in _ELSEWHERE and not self._typed:
                self._target = ""

    def _say(self, text: str) -> None:
        if text.strip() and not self._target:
            self.error(self.texts("no-target"))
        elif text.strip():
            for piece in cut_text(sendable(text), TEXT_BYTES):
                self.chat.say(self._target, piece)

    def _say_once(self, text: str) -> None:
        """Say ``text``, whatever it holds, as one message; one that is too long is not cut."""
        message = sendable(text.rstrip("\r\n"), breaks=True)
        size = len(message.encode())
        if size > TEXT_BYTES:
            self._complain(self.texts("too-long", size=size, limit=TEXT_BYTES))
            self.code = REFUSED
        elif message.strip():
            self.chat.say(self._target, message)

    def _leave_when_done(self) -> None:
        if self._begun and self._ended and not self._listen and not self._busy():
            self._leave(self._reason)

    def _busy(self) -> bool:
        waiting = self.chat.online and self.chat.asking
        return bool(self.chat.outbox or self.transfers.busy or self._looking or waiting)

    def _run_errands(self) -> None:
        """Send and fetch what the command line asked for."""
        self._begun = True
        errands = self._errands
        if errands.once is not None and errands.once != WHOLE_INPUT:
            self._say_once(errands.once)
        self.transfers.send(errands.send, self._target)
        for number in errands.get:
            self._looking += 1
            self.transfers.find(number, sending.places(self), partial(self._fetch, number))
        if errands.any:
            self._show_progress()
            self._leave_when_done()

    def _fetch(self, number: int, offer: Offer | None) -> None:
        self._looking -= 1
        if offer is None:
            self._complain(self.texts("no-such-file", number=number))
            self.code = REFUSED
        elif not sending.fetch(self, offer):
            self.code = REFUSED
        self._leave_when_done()

    def _transfer_told(self, transfer: Transfer) -> None:
        if transfer.state:
            self._complain(sending.outcome(self, transfer))
            if transfer.state != "done":
                self.code = REFUSED
            self._leave_when_done()

    def _cannot_read(self, path: Path, error: OSError) -> None:
        self._complain(f"{path}: {self.texts.why(error)}")
        self.code = REFUSED
        self._loop.later(0, self._leave_when_done)

    def _show_progress(self) -> None:
        """Tell on a terminal how far the files are."""
        plainly.progress([sending.short_progress(self, r) for r in self.transfers.running])
        if not self._quitting:
            self._loop.later(plainly.PROGRESS_SECONDS, self._show_progress)

    def _give_up_waiting(self) -> None:
        text = self.texts("unacknowledged", count=len(self.chat.outbox))
        self._give_up(UNREACHABLE, text)

    def _give_up(self, code: int, text: str) -> None:
        if not self._quitting:
            self._complain(text)
            self.code = code
            self._leave("")

    def _end_of_turn(self) -> None:
        self._leave_when_done()
        if self._quitting and self.chat.link.closed:
            self._loop.stop()

    def _complain(self, text: str) -> None:
        plainly.complain(f"obrol: {text}", over=self._errands.any)
