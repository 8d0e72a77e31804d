"""The TLS door's certificate: two files, read at the start and whenever the server reloads."""

import socket
from pathlib import Path
from typing import NamedTuple

from reactor import tls
from reactor.doors.sockets import DoorError
from reactor.journal import Journal
from reactor.loop import Loop
from reactor.stream import Owner
from wire.limits import Settings


class Files(NamedTuple):
    """Where certificate and key are, in PEM form; None: nobody said it."""

    certificate: Path | None
    key: Path | None


class Certificate:
    """What the door shows, and the streams that show it; raises :class:`DoorError`."""

    def __init__(self, files: Files, settings: Settings, journal: Journal) -> None:
        if files.certificate is None or files.key is None:
            raise DoorError("--tls-port wants --tls-cert FILE and --tls-key FILE; `make cert`"
                            " makes both for a lab")  # fmt: skip
        self._certificate, self._key = files.certificate, files.key
        self._settings = settings
        self._journal = journal
        self._fingerprint = ""
        self.renew()

    def renew(self) -> None:
        """Show from now on what the files hold; raises :class:`DoorError`, and all is as it was."""
        try:
            context = tls.server_context(self._certificate, self._key)
        except tls.TlsError as error:
            raise DoorError(f"cannot use TLS: {error}") from error
        self._context = context
        shown = tls.fingerprint_of(self._certificate)
        if shown != self._fingerprint:
            self._fingerprint = shown
            self._journal.say("certificate", file=self._certificate, sha256=shown)

    def stream(
        self, loop: Loop, sock: socket.socket, owner: Owner, read_bytes: int
    ) -> tls.TlsStream:
        """The server's side of a new connection."""
        patience = self._settings["tls-handshake"]
        return tls.TlsStream(loop, sock, owner, read_bytes, self._context, patience)
