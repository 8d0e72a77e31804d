"""TLS 1.2 and 1.3 on the loop: a stream that encrypts what leaves and decrypts what comes.

OpenSSL never sees the socket. It reads and writes two buffers in memory, and :class:`TlsStream`
moves what is in them; so a read never waits for a write nor a write for a read, no call has to be
made again with the same bytes, and nothing stays behind inside OpenSSL when the socket is silent.

Encrypted bytes must leave: the next record cannot be read without them. Therefore plain bytes are
encrypted as late as possible, SEALED_BYTES at a time when the former ones have left; until then
they can still be forgotten (:meth:`~reactor.stream.Stream.drop_unsent`), and a piece that a
thousand streams share is held once.

This is the only module that imports ``ssl``, and it is imported only where TLS is wanted.
"""

import contextlib
import hashlib
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from reactor.loop import Loop, Timer
from reactor.pieces import FilePiece
from reactor.stream import WRITE_BYTES, Owner, State, Stream

SEALED_BYTES: Final = 64 * 1024
"""Encrypted at once, four records: more would wait where it cannot be forgotten any longer."""
ANSWERS_BYTES: Final = 64 * 1024
"""Over the sealed ones, of what OpenSSL itself has to say: a peer that asks and does not read."""
RECORD_BYTES: Final = 16 * 1024
"""The most that OpenSSL gives out in one call, one record (RFC 8446, 5.1)."""
_NO_TLS: Final = "it does not speak TLS"
_OLD: Final = "its TLS is too old"
_NO_TRUST: Final = "it does not trust our certificate"
_REASONS: Final[Mapping[str, str]] = {
    "HTTP_REQUEST": _NO_TLS,
    "HTTPS_PROXY_REQUEST": _NO_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "UNKNOWN_PROTOCOL": _NO_TLS,
    "UNEXPECTED_MESSAGE": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": _OLD,
    "VERSION_TOO_LOW": _OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": "it takes no TLS that we speak",
    "TLSV1_ALERT_UNKNOWN_CA": _NO_TRUST,
    "SSLV3_ALERT_BAD_CERTIFICATE": _NO_TRUST,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _NO_TRUST,
}
"""What OpenSSL calls what is wrong with the other side, for people."""


class TlsError(Exception):
    """A certificate, a key or a list of trusted ones cannot be used; in words for people."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the server shows and takes; raises :class:`TlsError`."""
    context = _hardened(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    # Nobody resumes here, and a ticket is something that a silent peer would have to read.
    context.num_tickets = 0
    _check_readable(certificate, key)
    try:
        # Without this function OpenSSL would ask for a pass phrase on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            raise TlsError(f"{key} is not the key of {certificate}") from error
        words = "no certificate and its key, in PEM form and without a pass phrase"
        raise TlsError(f"{certificate}, {key}: {words}") from error
    return context


def client_context(ca: Path | None) -> ssl.SSLContext:
    """Trust whom the certificates in the file ``ca`` vouch for, by name; raises :class:`TlsError`.

    None: everybody is let through, and the caller has to judge the fingerprint.
    """
    context = _hardened(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    _check_readable(ca)
    try:
        context.load_verify_locations(ca)
    except OSError as error:
        raise TlsError(f"{ca}: no certificates in PEM form") from error
    return context


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER), as ``openssl x509 -fingerprint -sha256`` writes it."""
    return hashlib.sha256(certificate).digest().hex(":").upper() if certificate else ""


def fingerprint_of(certificate: Path) -> str:
    """That of the first certificate in a PEM file that :func:`server_context` took."""
    _, begin, rest = certificate.read_text(encoding="latin-1").partition(ssl.PEM_HEADER)
    body, end, _ = rest.partition(ssl.PEM_FOOTER)
    return fingerprint(ssl.PEM_cert_to_DER_cert(begin + body + end))


class TlsStream(Stream):
    """A :class:`~reactor.stream.Stream` over TLS, with its whole contract.

    ``host``: the server's name or address, where we are the client; None: we are the server.
    The owner hears nothing before the handshake is done; then ``secured`` is called, and may abort
    it. What is written before waits. Without a handshake after ``patience`` seconds it is closed,
    whatever trickles in. ``queued`` counts plain bytes, and encrypted ones that have not left.

    A stream that ends without TLS's own goodbye counts as ended all the same: the protocol above
    tells a cut line or file from a whole one.
    """

    __slots__ = ("_incoming", "_outgoing", "_patience", "_said_goodbye", "_sealed", "_secured",
                 "_tls", "_when_secured", "distrust")  # fmt: skip

    _seals = True

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        owner: Owner,
        read_bytes: int,
        context: ssl.SSLContext,
        patience: float,
        host: str | None = None,
        secured: Callable[[], object] = bool,
    ) -> None:
        super().__init__(loop, sock, owner, read_bytes)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, host is None, host)
        self._sealed: bytes | memoryview = b""  # encrypted, and not taken by the kernel yet
        self._secured = False
        self._said_goodbye = False
        self._when_secured = secured
        self.distrust = ""
        """Why the other side's certificate was not taken; "" while nothing is wrong with it."""
        self._patience: Timer | None = loop.later(patience, self._no_handshake)
        if host is not None:
            self._shake_hands()

    @property
    def version(self) -> str:
        """``TLSv1.3`` or ``TLSv1.2``; "" before the handshake."""
        return (self._secured and self._tls.version()) or ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the other side's certificate; "" where it showed none."""
        return fingerprint(self._tls.getpeercert(binary_form=True) or b"")

    def drop_unsent(self) -> None:
        """See :class:`~reactor.stream.Stream`; what is encrypted has begun to leave."""
        super().drop_unsent()
        self.queued += len(self._sealed)

    def abort(self, reason: str = "") -> None:
        """See :class:`~reactor.stream.Stream`."""
        self._stop_waiting()
        self._sealed = b""
        super().abort(reason)

    def _wants_room(self) -> bool:
        return bool(self._sealed) or (self._secured and bool(self._pieces))

    def _send_some(self) -> None:
        budget = WRITE_BYTES
        while budget > 0 and (self._sealed or self._seal()):
            sent = self._sock.send(self._sealed)
            self._loop.sent += sent
            self.queued -= sent
            budget -= sent
            if sent < len(self._sealed):
                self._sealed = memoryview(self._sealed)[sent:]
                return
            self._sealed = b""

    def _seal(self) -> bool:
        """Encrypt the front of the buffer; False where there is nothing to encrypt."""
        if not self._secured or not self._pieces:
            return False
        front = self._front()
        rest = memoryview(front)
        while rest:
            rest = rest[self._tls.write(rest) :]  # it may take one record a call
        self._consume(len(front))
        self._sealed = self._outgoing.read()
        self.queued += len(self._sealed)
        return True

    def _front(self) -> bytes | memoryview:
        """The next plain bytes, SEALED_BYTES of them at most; raises OSError, as files do."""
        parts: list[bytes | memoryview] = []
        room, head = SEALED_BYTES, self._head
        for piece in self._pieces:
            part = (
                piece.read(head, room)
                if isinstance(piece, FilePiece)
                else memoryview(piece)[head : head + room]
            )
            parts.append(part)
            room -= len(part)
            head = 0
            if not room:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _arrived(self, data: bytes) -> None:
        if not data and not self._secured:
            self.abort("it ended in the TLS handshake")
            return
        if data and self._secured and self.state is not State.OPEN:
            return  # it would be thrown away: it need not be read first
        if data:
            self._incoming.write(data)
            if not self._secured:
                self._shake_hands()
            if self._secured and self.state is State.OPEN:
                self._decrypt()
        else:
            super()._arrived(b"")

    def _shake_hands(self) -> None:
        """Go on with the handshake as far as what came allows."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._answer()
            return
        except ssl.SSLError as error:
            self._failed(error)
            return
        self._stop_waiting()
        self._secured = True
        self._answer()
        if self.state is State.OPEN:
            self._when_secured()
        if self._pieces:
            self._flush_soon()

    def _decrypt(self) -> None:
        """Give the owner all that can be read of what came; and the end, if that came too."""
        parts: list[bytes] = []
        ended = False
        try:
            while not ended:
                part = self._tls.read(RECORD_BYTES)
                parts.append(part)
                ended = not part
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._failed(error)
            return
        self._answer()
        data = b"".join(parts)
        if data and self.state is State.OPEN:
            super()._arrived(data)
        if ended and self.state is not State.CLOSED:
            super()._arrived(b"")

    def _answer(self) -> None:
        """Send what OpenSSL itself has to say: handshakes, new keys, alerts."""
        if not self._outgoing.pending:
            return
        said = self._outgoing.read()
        if len(self._sealed) + len(said) > SEALED_BYTES + ANSWERS_BYTES:
            self.abort("it asks and does not read")
            return
        self._sealed = bytes(self._sealed) + said
        self.queued += len(said)
        self._flush_soon()

    def _shut(self) -> None:
        """Say TLS's goodbye first, and end the socket when that has left."""
        if self._secured and not self._said_goodbye:
            self._said_goodbye = True
            # It wants to read the other one's goodbye; whether that comes is all the same.
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._answer()
        if not self.queued:
            super()._shut()

    def _failed(self, error: OSError) -> None:
        if not isinstance(error, ssl.SSLError):
            super()._failed(error)
            return
        if isinstance(error, ssl.SSLCertVerificationError):
            self.distrust = error.verify_message
        with contextlib.suppress(OSError):  # the alert, if it can be sent at once
            self._sock.send(bytes(self._sealed) + self._outgoing.read())
        reason = error.reason or "TLS failed"
        self.abort(_REASONS.get(reason) or reason.lower().replace("_", " "))

    def _no_handshake(self) -> None:
        self.abort("no TLS handshake in time")

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _hardened(context: ssl.SSLContext) -> ssl.SSLContext:
    """As both sides are: no old version, no second handshake, no compression."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    return context


def _check_readable(*paths: Path) -> None:
    """OpenSSL's own words name no file; raises :class:`TlsError`."""
    for path in paths:
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise TlsError(f"{path}: {error.strerror}") from error
