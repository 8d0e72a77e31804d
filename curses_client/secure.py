"""Whom the client talks to over TLS: a CA vouches for it, or it is the one of the first time.

What is decided here is decided after the handshake and before a word is said: a server that is not
trusted hears no session secret.
"""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from curses_client.known import Known, KnownServers
from curses_client.texts import Texts
from reactor import tls
from reactor.loop import Loop
from reactor.stream import DISCARD_BYTES, Owner, Stream
from wire.errors import Words

HANDSHAKE_SECONDS: Final = 10.0
"""So long a server may take for it; it grants us as much."""

ENCRYPTED: Final = Words(
    "encrypted, {version}; the server's certificate has the SHA-256 fingerprint {fingerprint}",
    "terenkripsi, {version}; sidik jari SHA-256 sertifikat server {fingerprint}",
)
FIRST: Final = Words(
    "{server} is new here: its certificate is remembered. Ask who runs it whether this is its "
    "SHA-256 fingerprint: {fingerprint}",
    "{server} baru dikenal: sertifikatnya diingat. Tanyakan kepada yang menjalankan server apakah "
    "ini sidik jari SHA-256-nya: {fingerprint}",
)
CHANGED: Final = Words(
    "{server} shows another certificate than before. Somebody may sit between you and the server, "
    "or it has a new certificate: ask who runs it. Nothing was sent.\n"
    "  remembered: {old}\n"
    "  now shown:  {new}\n"
    "If the new one is right, delete line {line} of {path} and come again.",
    "{server} menunjukkan sertifikat lain dari sebelumnya. Mungkin ada yang menyadap di tengah, "
    "atau server punya sertifikat baru: tanyakan kepada yang menjalankannya. Tidak ada yang "
    "terkirim.\n"
    "  diingat:    {old}\n"
    "  sekarang:   {new}\n"
    "Bila yang baru benar, hapus baris {line} di {path} lalu masuk lagi.",
)
UNTRUSTED: Final = Words(
    "the certificate of {server} is not accepted: {why}. Nothing was sent.",
    "sertifikat {server} tidak diterima: {why}. Tidak ada yang terkirim.",
)
UNKEPT: Final = Words(
    "the certificate of {server} cannot be remembered in {path}: {why}",
    "sertifikat {server} tidak bisa diingat di {path}: {why}",
)


class Security:
    """TLS to ``host`` at ``port``, and what is thought of its certificate.

    ``ca``: the file of certificates that must vouch for it, host name included; None: it must have
    the certificate that is in ``known``, or be unknown there. Raises :class:`reactor.tls.TlsError`
    where ``ca`` cannot be used.
    """

    def __init__(
        self, host: str, port: int, ca: Path | None, known: KnownServers, texts: Texts
    ) -> None:
        self._host = host.partition("%")[0]
        shown = f"[{host}]" if ":" in host else host.lower()
        self._server = f"{shown}:{port}"
        self._context = tls.client_context(ca)
        self._trusts_ca = ca is not None
        self._known = known
        self._texts = texts
        self._stream: tls.TlsStream | None = None
        self._first = False
        self._unkept = ""

    def stream(
        self, loop: Loop, sock: socket.socket, owner: Owner, secured: Callable[[], object]
    ) -> Stream:
        """Our side of a new connection; ``secured`` is called when the handshake is done."""
        self._stream = tls.TlsStream(
            loop, sock, owner, DISCARD_BYTES, self._context, HANDSHAKE_SECONDS, self._host, secured
        )
        return self._stream

    def refusal(self) -> str:
        """Why nothing shall be said on the stream that was made last; "" where it is trusted.

        Asked when its handshake is done, and when it has failed: what failed for other reasons than
        the certificate is no refusal.
        """
        stream = self._stream
        if stream is None:
            return ""
        if stream.distrust:
            return self._say(UNTRUSTED, why=self._texts.reason(stream.distrust))
        if self._trusts_ca or not stream.version:
            return ""
        try:
            known = self._known.find(self._server)
        except OSError as error:
            return self._say(UNTRUSTED, why=f"{self._known.path}: {self._texts.why(error)}")
        return self._compared(known, stream.fingerprint)

    def told(self) -> str:
        """How the stream is encrypted, and by whose certificate; once it is trusted."""
        stream = self._stream
        if stream is None:
            return ""
        return self._say(ENCRYPTED, version=stream.version, fingerprint=stream.fingerprint)

    def warnings(self) -> list[str]:
        """What whoever sees a server for the first time must be told, a sentence each."""
        if not self._first or self._stream is None:
            return []
        lines = [self._say(FIRST, fingerprint=self._stream.fingerprint)]
        if self._unkept:
            lines.append(self._say(UNKEPT, path=self._known.path, why=self._unkept))
        return lines

    def _compared(self, known: Known | None, shown: str) -> str:
        self._first = known is None
        if known is None:
            self._remember(shown)
        elif known.fingerprint.upper() != shown:
            where = {"line": known.line, "path": self._known.path}
            return self._say(CHANGED, old=known.fingerprint, new=shown, **where)
        return ""

    def _remember(self, fingerprint: str) -> None:
        try:
            self._known.remember(self._server, fingerprint)
        except OSError as error:
            self._unkept = self._texts.why(error)

    def _say(self, words: Words, **places: object) -> str:
        return words.say(self._texts.language).format(server=self._server, **places)
