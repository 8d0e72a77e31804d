"""The one table of keys: which key does what, and how the help tells it.

What an action does is in ``editor`` (the input line) or in ``hands`` (everything else); a test
holds the three together. F1, ``/help`` and the README's page are made from this table.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wire.errors import Words


class Binding(NamedTuple):
    """``keys`` (as ``keys.Key`` names them) do ``action``; ``first``: a first evening needs it."""

    action: str
    keys: tuple[str, ...]
    help: Words
    first: bool = False


class Group(NamedTuple):
    """Keys of one kind under one heading."""

    heading: Words
    bindings: tuple[Binding, ...]


GROUPS: Final = (
    Group(Words("Sending", "Mengirim"), (
        Binding("enter", ("enter",), Words("send the line", "kirim baris")),
        Binding("newline", ("alt-enter",), Words("new line in the same message",
                                                 "baris baru dalam pesan yang sama"), first=True),
        Binding("complete", ("tab",), Words("complete a name, /command, #room, path, number",
                                            "lengkapi nama, /perintah, #ruang, berkas, nomor"),
                first=True),
        Binding("complete_back", ("shift-tab",), Words("the same, backwards", "sama, mundur")),
        Binding("edit", ("ctrl-o",), Words("write in $EDITOR", "menulis di $EDITOR")),
        Binding("interrupt", ("ctrl-c",), Words("clear the line; twice when empty: leave obrol",
                                                "kosongkan baris; dua kali saat kosong: keluar"),
                first=True),
        Binding("end_of_file", ("ctrl-d",), Words("delete at the cursor", "hapus di kursor")),
    )),
    Group(Words("What was typed before", "Yang pernah diketik"), (
        Binding("older", ("up",), Words("older line of this window",
                                        "baris lama di jendela ini")),
        Binding("newer", ("down",), Words("newer line of this window",
                                          "baris lebih baru di jendela ini")),
        Binding("older_anywhere", ("ctrl-up",), Words("older line of all windows",
                                                      "baris lama di semua jendela")),
        Binding("newer_anywhere", ("ctrl-down",), Words("newer line of all windows",
                                                        "baris lebih baru di semua jendela")),
        Binding("recall", ("ctrl-r",), Words("search what was typed", "cari yang pernah diketik")),
    )),
    Group(Words("Reading", "Membaca"), (
        Binding("page_up", ("pgup",), Words("scroll up", "gulir ke atas"), first=True),
        Binding("page_down", ("pgdn",), Words("scroll down", "gulir ke bawah")),
        Binding("up_a_little", ("alt-pgup",), Words("three lines up", "naik tiga baris")),
        Binding("down_a_little", ("alt-pgdn",), Words("three lines down", "turun tiga baris")),
        Binding("to_top", ("alt-home", "ctrl-home"), Words("to the first line",
                                                           "ke baris pertama")),
        Binding("to_bottom", ("alt-end", "ctrl-end"), Words("to the newest line",
                                                            "ke baris terbaru")),
        Binding("to_mark", ("alt-u",), Words("to the unread line", "ke garis belum dibaca"),
                first=True),
        Binding("mark", ("alt-U",), Words("put the unread line here",
                                          "taruh garis belum dibaca di sini")),
        Binding("mention_before", ("alt-p",), Words("previous line that names you",
                                                    "baris sebelumnya yang menyebut kamu")),
        Binding("mention_after", ("alt-n",), Words("next line that names you",
                                                   "baris berikutnya yang menyebut kamu")),
        Binding("find", ("ctrl-s",), Words("search in this window", "cari di jendela ini"),
                first=True),
        Binding("find_again", ("f3",), Words("search on", "cari lagi")),
    )),
    Group(Words("Windows", "Jendela"), (
        Binding("next", ("ctrl-n", "alt-right", "f6"), Words("next window",
                                                             "jendela berikutnya")),
        Binding("before", ("ctrl-p", "alt-left", "f5"), Words("previous window",
                                                              "jendela sebelumnya")),
        Binding("last", ("alt-/",), Words("the window shown before", "jendela yang tadi")),
        Binding("busiest", ("alt-a",), Words("where something happened, then back",
                                             "ke tempat ada kabar, lalu kembali"), first=True),
        Binding("nicklist", ("alt-N",), Words("list of names on or off",
                                              "daftar nama tampil atau tidak")),
        Binding("passing", ("alt-=",), Words("show or hide who comes and goes",
                                             "tampilkan atau sembunyikan yang datang dan pergi")),
        Binding("bare", ("alt-l",), Words("bare text, for copying with the mouse",
                                          "teks saja, untuk disalin dengan tetikus")),
        Binding("mouse", ("alt-m",), Words("mouse wheel on or off", "roda tetikus ya atau tidak")),
        Binding("redraw", ("ctrl-l",), Words("draw everything again", "gambar ulang")),
        Binding("suspend", ("ctrl-z",), Words("to the shell; `fg` comes back",
                                              "ke shell; `fg` untuk kembali")),
        Binding("help", ("f1",), Words("every command and key, and back",
                                     "semua perintah dan tombol"),
                first=True),
        Binding("escape", ("esc",), Words("leave a question, a search, the help",
                                          "tinggalkan pertanyaan, pencarian, bantuan")),
    )),
    Group(Words("The input line", "Baris ketik"), (
        Binding("left", ("left", "ctrl-b"), Words("left", "kiri")),
        Binding("right", ("right", "ctrl-f"), Words("right", "kanan")),
        Binding("word_left", ("alt-b", "ctrl-left"), Words("word left", "satu kata ke kiri")),
        Binding("word_right", ("alt-f", "ctrl-right"), Words("word right", "satu kata ke kanan")),
        Binding("home", ("home", "ctrl-a"), Words("start of the line", "awal baris")),
        Binding("end", ("ctrl-e",), Words("end of the line", "akhir baris")),
        Binding("end_or_bottom", ("end",), Words("end of the line; when empty, newest line",
                                                 "akhir baris; saat kosong, baris terbaru")),
        Binding("backspace", ("backspace",), Words("delete to the left", "hapus ke kiri")),
        Binding("delete", ("delete",), Words("delete at the cursor", "hapus di kursor")),
        Binding("kill_word_left", ("ctrl-w",), Words("cut back to a blank",
                                                     "potong sampai spasi")),
        Binding("delete_word_left", ("alt-backspace",), Words("cut the word before",
                                                              "potong kata sebelumnya")),
        Binding("kill_word_right", ("alt-d",), Words("cut the word after",
                                                     "potong kata sesudahnya")),
        Binding("kill_to_start", ("ctrl-u",), Words("cut to the start", "potong sampai awal")),
        Binding("kill_to_end", ("ctrl-k",), Words("cut to the end", "potong sampai akhir")),
        Binding("yank", ("ctrl-y",), Words("put what was cut", "tempel yang dipotong")),
        Binding("transpose", ("ctrl-t",), Words("exchange two letters", "tukar dua huruf")),
        Binding("undo", ("ctrl-_",), Words("undo", "batalkan perubahan")),
    )),
)  # fmt: skip
"""Every key, in the order of the help. ``Alt+1`` to ``Alt+0`` go to a window by its number."""

ACTIONS: Final[Mapping[str, str]] = {
    key: binding.action for group in GROUPS for binding in group.bindings for key in binding.keys
}
"""Key name to action."""

_SPOKEN: Final = {
    "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "pgup": "PgUp", "pgdn": "PgDn", "esc": "Esc",
    "enter": "Enter", "tab": "Tab", "home": "Home", "end": "End", "backspace": "Backspace",
    "delete": "Del",
}  # fmt: skip
_ARROWS: Final = {
    "up": Words("Up", "Atas"), "down": Words("Down", "Bawah"),
    "left": Words("Left", "Kiri"), "right": Words("Right", "Kanan"),
}  # fmt: skip


def spoken(key: str, language: str) -> str:
    """The name of a key for people: ``Ctrl+W``, ``Alt+Shift+U``."""
    *modifiers, base = key.split("-") if key != "-" else [key]
    if modifiers and base.isalpha() and len(base) == 1:
        if base.isupper():
            modifiers.append("shift")
        base = base.upper() if modifiers == ["ctrl"] or base.isupper() else base
    named = _ARROWS[base].say(language) if base in _ARROWS else _SPOKEN.get(base)
    if named is None:
        named = base.upper() if base[0] == "f" and base[1:].isdecimal() else base
    return "+".join([*(_SPOKEN[modifier] for modifier in modifiers), named])
