"""Why the system, the network or the server refused something, in the language of the client.

``os.strerror`` and the stream tell it in English, the server in its own language, whatever that of
the client is; what is not in the tables stays as it was told.
"""

import errno
import os
from collections.abc import Mapping
from typing import Final

from wire.errors import BYES, TOO_SLOW, Words

NO_TLS: Final = "it does not speak TLS"
"""What reactor.tls says of a server that answers a handshake in plain text."""
NO_HANDSHAKE: Final = "no TLS handshake in time"
"""What it says of one that does not answer it: a plain server waits for the end of a line."""
SPEAKS_TLS: Final = "it speaks TLS"
"""What our own link says of a server that answers HELLO as TLS does."""
HUNG_UP: Final = "it hung up without a word"
"""The same of one that does not answer at all."""

_BY_NUMBER: Final[Mapping[int, str]] = {
    errno.ECONNREFUSED: "sambungan ditolak",
    errno.ECONNRESET: "sambungan diputus pihak sana",
    errno.ECONNABORTED: "sambungan dibatalkan",
    errno.EPIPE: "pihak sana sudah pergi",
    errno.ETIMEDOUT: "tidak ada jawaban",
    errno.EHOSTUNREACH: "mesin itu tidak terjangkau",
    errno.ENETUNREACH: "jaringan tidak terjangkau",
    errno.EADDRNOTAVAIL: "alamat itu tidak ada di mesin ini",
    errno.EAGAIN: "sedang sibuk",
    errno.EPROTO: "bukan server obrol",
    errno.ENOENT: "berkas atau folder tidak ada",
    errno.ENOTDIR: "itu bukan folder",
    errno.EISDIR: "itu folder",
    errno.EACCES: "tidak diizinkan",
    errno.EPERM: "tidak boleh",
    errno.EEXIST: "sudah ada",
    errno.ENOSPC: "disk penuh",
    errno.EDQUOT: "jatah disk habis",
    errno.EROFS: "disk hanya bisa dibaca",
    errno.EIO: "disk atau terminal rusak",
    errno.ENAMETOOLONG: "nama terlalu panjang",
    errno.ELOOP: "tautan berputar-putar",
    errno.EMFILE: "terlalu banyak berkas terbuka",
    errno.EINVAL: "tidak sah",
}

REASONS: Final[Mapping[str, str]] = {
    **{os.strerror(number): words for number, words in _BY_NUMBER.items()},
    # What reactor.stream says of a connection that broke.
    "reset by the other side": "diputus pihak sana",
    "the other side is gone": "pihak sana sudah pergi",
    "the network lost it": "hilang di jaringan",
    "the host cannot be reached": "mesin itu tidak terjangkau",
    "connection refused": "sambungan ditolak",
    "a file became shorter while it was sent": "berkas memendek selagi dikirim",
    # What reactor.tls says.
    NO_TLS: "ia tidak memakai TLS",
    NO_HANDSHAKE: "tidak ada jabat tangan TLS",
    "its TLS is too old": "TLS-nya terlalu tua",
    "it takes no TLS that we speak": "TLS-nya tidak cocok dengan punya kita",
    "it does not trust our certificate": "ia tidak percaya sertifikat kita",
    "it ended in the TLS handshake": "putus saat jabat tangan TLS",
    "it asks and does not read": "ia meminta tetapi tidak membaca",
    "TLS failed": "TLS gagal",
    "no certificates in PEM form": "tidak berisi sertifikat PEM",
    # What OpenSSL says of a certificate.
    "self-signed certificate": "ditandatangani sendiri",
    "self-signed certificate in certificate chain": "rantainya ditandatangani sendiri",
    "unable to get local issuer certificate": "penerbitnya tidak dikenal",
    "certificate has expired": "sudah kedaluwarsa",
    "certificate is not yet valid": "belum berlaku",
    # What our own link says.
    SPEAKS_TLS: "ia memakai TLS",
    HUNG_UP: "diputus tanpa sepatah kata",
    # What getaddrinfo(3) says.
    "Name or service not known": "nama itu tidak dikenal",
    "Temporary failure in name resolution": "server nama sedang tidak menjawab",
    "No address associated with hostname": "nama itu tidak punya alamat",
}
"""The English reason to the Indonesian one."""
_SERVERS: Final[Mapping[str, Words]] = {
    told: words for words in (*BYES.values(), TOO_SLOW) for told in words
}
"""What the server says behind BYE, in either language."""


def reason(told: str, language: str) -> str:
    """``told`` in ``language`` (``id`` or ``en``), where it is known there."""
    if told in _SERVERS:
        return _SERVERS[told].say(language)
    return REASONS.get(told, told) if language == "id" else told
