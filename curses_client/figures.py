"""The server's numbers for people: lengths of time, sizes and counts, and rows of them.

Pure. An operator types ``10m`` and reads ``10 min``; the wire has seconds and bytes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from curses_client import cells
from curses_client.texts import UNIT, Texts, read_size
from wire.errors import Words
from wire.limits import LIMITS

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_TIME: Final = re.compile(r"([0-9]{1,9})(s|m|h|d|w|detik|menit|jam|hari)")
_UNITS: Final[Mapping[str, int]] = {
    "s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY,
    "detik": 1, "menit": MINUTE, "jam": HOUR, "hari": DAY,
}  # fmt: skip
_PARTS: Final = ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"), (1, "seconds"))
_BINARY: Final = ("bytes", "KiB", "MiB", "GiB")
_GAP: Final = "  "

UNITS: Final[Mapping[str, Words]] = {
    "lines/s": Words("lines/s", "baris/d"),
    "answers/s": Words("answers/s", "jawaban/d"),
    "packets/s": Words("packets/s", "paket/d"),
    "addresses": Words("addresses", "alamat"),
    "checks/s": Words("checks/s", "uji/d"),
    "tries/min": Words("tries/min", "percobaan/menit"),
    "bytes/s": Words("bytes/s", "byte/d"),
    "lines": Words("lines", "baris"),
    "lines/min": Words("lines/min", "baris/menit"),
    "connections": Words("connections", "sambungan"),
    "files": Words("files", "berkas"),
    "uploads": Words("uploads", "unggahan"),
    "days": Words("days", "hari"),
    "rooms": Words("rooms", "ruang"),
}
"""Units of limits that are not the same in both languages; others are shown as they come."""

_DROPPED_FAMILY: Final = "datagrams-dropped"
STATS: Final[Mapping[str, Words]] = {
    "version": Words("version", "versi"),
    "uptime-seconds": Words("running for", "berjalan selama"),
    "memory-bytes": Words("memory", "memori"),
    "connections": Words("connections now, {}", "sambungan kini, {}"),
    "accepted": Words("connections so far, {}", "sambungan sejak mulai, {}"),
    "turned-away": Words("turned away, no place", "ditolak, penuh"),
    "slow-readers": Words("closed, did not read", "diputus, tidak membaca"),
    "people": Words("people", "orang"),
    "rooms": Words("rooms", "ruang"),
    "lines-refused": Words("lines refused", "baris ditolak"),
    "events-stored": Words("events stored", "kejadian tersimpan"),
    "commits": Words("commits", "komit"),
    "commits-failed": Words("commits that failed", "komit gagal"),
    "commit-ms": Words("time in commits", "waktu untuk komit"),
    "commit-longest-ms": Words("longest commit", "komit terlama"),
    "turns": Words("turns", "putaran"),
    "turn-longest-ms": Words("longest turn", "putaran terlama"),
    "turn-longest-minute-ms": Words("longest turn, last minute", "putaran terlama, semenit ini"),
    "in-bytes": Words("read", "terbaca"),
    "out-bytes": Words("written", "tertulis"),
    "queued-bytes": Words("waiting to be sent", "menunggu terkirim"),
    "uploads": Words("files coming in", "berkas sedang masuk"),
    "downloads": Words("files going out", "berkas sedang keluar"),
    "spool-bytes": Words("files stored", "berkas tersimpan"),
    "guest-bytes-dropped": Words("unreadable bytes of guests", "byte tamu yang tak terbaca"),
    "datagrams-in": Words("datagrams in", "datagram masuk"),
    "datagrams-out": Words("datagrams out", "datagram keluar"),
    _DROPPED_FAMILY: Words("datagrams dropped: {}", "datagram dibuang: {}"),
}
"""Counters by name; ``{}`` takes what stands behind the name (``connections-unix``)."""
DROPPED: Final[Mapping[str, Words]] = {
    "long": Words("too long", "terlalu panjang"),
    "pace": Words("one sender too fast", "satu pengirim terlalu cepat"),
    "flood": Words("all too fast", "semua terlalu cepat"),
    "full": Words("no place", "penuh"),
    "empty": Words("empty", "kosong"),
    "stranger": Words("from a stranger", "dari orang asing"),
    "banned": Words("banned", "dilarang"),
    "unsent": Words("could not leave", "tidak bisa keluar"),
}
"""What stands behind ``datagrams-dropped``; anything else is told as it comes."""


def read_seconds(text: str) -> int | None:
    """A length of time as people type it (``30s``, ``10m``, ``2h``, ``1d``) in seconds, or None."""
    match = _TIME.fullmatch(text.lower())
    return int(match[1]) * _UNITS[match[2]] if match else None


def duration(texts: Texts, seconds: float) -> str:
    """A length of time in its two largest units: ``1 h 30 min``; below a second in parts of it."""
    if seconds < 1:
        return texts("seconds", count=count(texts, seconds))
    left, shown = int(seconds), []
    for length, key in _PARTS:
        number, left = divmod(left, length)
        if number:
            shown.append(texts(key, count=number))
    return " ".join(shown[:2])


def count(texts: Texts, number: float) -> str:
    """A number with its thousands apart, as it is written in this language."""
    shown = f"{number:,.3f}".rstrip("0").rstrip(".")
    return shown.translate(str.maketrans(",.", ".,")) if texts.language == "id" else shown


def limit(texts: Texts, value: str, unit: str) -> str:
    """A value of a limit with its unit: ``65536 bytes`` is ``64 KiB``, ``600 s`` is ``10 min``."""
    try:
        number = float(value)
    except ValueError:
        return value  # one of some words: its unit names them
    if unit == "s":
        return duration(texts, number)
    if unit == "bytes":
        power = 0
        while power < len(_BINARY) - 1 and number and number % UNIT == 0:
            number, power = number / UNIT, power + 1
        return f"{count(texts, number)} {_BINARY[power]}"
    words = UNITS.get(unit)
    return f"{count(texts, number)} {words.say(texts.language) if words else unit}"


def limit_typed(name: str, text: str) -> str:
    """What is typed as a value of limit ``name``, for the wire: ``64k`` bytes, ``10m`` seconds."""
    known = LIMITS.get(name)
    read = {"bytes": read_size, "s": read_seconds}.get(known.unit) if known else None
    number = read(text) if read is not None else None
    return text if number is None else str(number)


def stat(texts: Texts, name: str, value: str) -> tuple[str, str]:
    """A counter in words, and its value as its unit wants it; a new one under its own name."""
    return _stat_name(texts, name), _stat_value(texts, name, value)


def _stat_name(texts: Texts, name: str) -> str:
    words = STATS.get(name)
    if words is not None and "{}" not in words.en:
        return words.say(texts.language)
    for family, words in STATS.items():
        if name.startswith(family + "-") and "{}" in words.en:
            which = name[len(family) + 1 :]
            known = DROPPED.get(which) if family == _DROPPED_FAMILY else None
            return words.say(texts.language).format(known.say(texts.language) if known else which)
    return name


def _stat_value(texts: Texts, name: str, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    if name.endswith("-bytes"):
        return texts.size(number)
    if name.endswith("-seconds"):
        return duration(texts, number)
    return f"{count(texts, number)} ms" if name.endswith("-ms") else count(texts, number)


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """``rows`` with their columns one below the other; those of ``right`` end alike.

    What strangers wrote is made safe before it is measured. Columns that are empty in every row
    but the first, which holds the headings, are left out.
    """
    safe = [[cells.safe(cell) for cell in row] for row in rows]
    wanted = [n for n in range(len(safe[0])) if any(row[n] for row in safe[1:])]
    wide = {n: max(cells.width(row[n]) for row in safe) for n in wanted}
    lines = []
    for row in safe:
        shown = []
        for n in wanted:
            blank = " " * (wide[n] - cells.width(row[n]))
            shown.append(blank + row[n] if n in right else row[n] + blank)
        lines.append(_GAP + _GAP.join(shown).rstrip())
    return lines
