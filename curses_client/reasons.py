"""Why the system or the network refused something, in Indonesian.

``os.strerror`` and the stream tell it in English, whatever the language of the client is; what is
not in the table stays as it was told.
"""

import errno
import os
from collections.abc import Mapping
from typing import Final

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
    # What getaddrinfo(3) says.
    "Name or service not known": "nama itu tidak dikenal",
    "Temporary failure in name resolution": "server nama sedang tidak menjawab",
    "No address associated with hostname": "nama itu tidak punya alamat",
}
"""The English reason to the Indonesian one."""


def reason(told: str, language: str) -> str:
    """``told`` in ``language`` (``id`` or ``en``), where it is known there."""
    return REASONS.get(told, told) if language == "id" else told
