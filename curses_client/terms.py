"""Words that fill the places of sentences: what WHO tells, why somebody left, days and months."""

from collections.abc import Mapping
from typing import Final

from wire.errors import Words

LEFT_WORDS: Final[Mapping[str, Words]] = {
    "kicked": Words("sent out by an operator", "dikeluarkan operator"),
    "banned": Words("kept out by an operator", "dilarang masuk oleh operator"),
    "bad-line": Words("what came could not be understood", "kirimannya tidak bisa dipahami"),
    "slow-reader": Words("read too slowly", "membaca terlalu lambat"),
    "timeout": Words("gave no sign any longer", "tidak ada kabar lagi"),
    "shutdown": Words("the server is going down", "server dimatikan"),
    "full": Words("no place", "tidak ada tempat"),
}
"""Why somebody else left, by the word of BYE; other reasons are told as they were written."""

WHO_WORDS: Final[Mapping[str, Words]] = {
    "door": Words("by {}", "lewat {}"),
    "since": Words("here since {}", "di sini sejak {}"),
    "idle": Words("quiet for {} min", "diam {} menit"),
    "away": Words("away: {}", "pergi: {}"),
    "rooms": Words("in {}", "di {}"),
}
"""What the words of a WHO line mean; others are shown as they are."""

WEEKDAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
}
MONTHS: Final = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"),
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
           "Oktober", "November", "Desember"),
}  # fmt: skip
