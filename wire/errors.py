"""The codes of ``ERR`` and the words of ``BYE``, with what they tell people in two languages.

Programs read the code; the text is for people. The server speaks the language of its ``--lang``,
the client says the same in its user's language, from this same table.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Words(NamedTuple):
    """One meaning in the two languages of obrol."""

    en: str
    id: str

    def say(self, language: str) -> str:
        """The words in ``language`` (``id`` or ``en``)."""
        return self.id if language == "id" else self.en


ERRORS: Final[Mapping[str, Words]] = {
    "bad-line": Words("these words are not in order", "susunan kata tidak benar"),
    "unknown-verb": Words("there is no such verb", "perintah tidak dikenal"),
    "bad-number": Words("that is not a number of the wire", "angka tidak sah"),
    "bad-name": Words(
        "a name is a letter, then up to 31 letters, digits, _ . -",
        "nama: satu huruf, lalu paling banyak 31 huruf, angka, _ . -",
    ),
    "bad-text": Words(
        "the text is empty or holds a character that may not travel",
        "teks kosong atau berisi karakter terlarang",
    ),
    "too-long": Words("that is too long", "terlalu panjang"),
    "bad-file": Words("that file name or piece does not fit", "nama atau potongan berkas salah"),
    "bad-offset": Words("is the offset wanted", "adalah posisi yang diminta"),
    "not-yet": Words("say HELLO first", "ucapkan HELLO dahulu"),
    "name-taken": Words("that name is taken", "nama itu sedang dipakai"),
    "name-reserved": Words(
        "that name belongs to an account of this machine", "nama itu milik akun di mesin ini"
    ),
    "bad-password": Words("the password is wrong", "kata sandi salah"),
    "no-room": Words("there is no such room", "ruang itu tidak ada"),
    "no-name": Words("there is nobody of that name", "tidak ada yang bernama begitu"),
    "no-file": Words("there is no such file", "berkas itu tidak ada"),
    "not-joined": Words("you are not in that room", "kamu belum masuk ruang itu"),
    "not-allowed": Words("you may not do that", "kamu tidak boleh melakukan itu"),
    "bad-key": Words("the key is wrong", "kunci ruang salah"),
    "too-big": Words("the file is too big", "berkas terlalu besar"),
    "no-space": Words("there is no room for files here", "tidak ada tempat untuk berkas"),
    "stopped": Words("stopped", "dihentikan"),
    "id-reused": Words("that tag named another line", "tag itu sudah dipakai baris lain"),
    "slow-down": Words("too much at once", "terlalu banyak sekaligus"),
    "silenced": Words("you may not speak now", "kamu sedang tidak boleh bicara"),
    "banned": Words("you are banned here", "kamu dilarang masuk"),
    "full": Words("no more fit in here", "sudah penuh"),
    "not-saved": Words(
        "it could not be saved, nothing was sent", "tidak bisa disimpan, tidak ada yang terkirim"
    ),
}
"""Every code that ``ERR`` may carry."""

BYES: Final[Mapping[str, Words]] = {
    "quit": Words("until next time", "sampai jumpa"),
    "kicked": Words("the operator sent you out", "operator mengeluarkan kamu"),
    "banned": Words("you are banned here", "kamu dilarang masuk"),
    "bad-line": Words("I lost step with what you send", "kiriman tidak bisa diikuti lagi"),
    "slow-reader": Words("you do not read what is sent to you", "kiriman untukmu tidak dibaca"),
    "timeout": Words("nothing was heard from you", "tidak ada kabar darimu"),
    "shutdown": Words("the server is going down", "server dimatikan"),
    "full": Words("no more connections fit in here", "sambungan sudah penuh"),
}
"""Every word that ``BYE`` may carry."""

TOO_SLOW: Final = Words("the file came too slowly", "berkas datang terlalu lambat")
"""The text of ``BYE timeout`` where an upload was the reason."""
UNTIL: Final = Words("until {time}", "sampai {time}")
"""When a ban ends, in the text of ``ERR banned`` and ``BYE banned``: a time of the wire."""
