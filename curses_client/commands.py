"""The table of commands: what is typed after ``/``, what it means, which words it takes.

``/help``, completion and the README's list are made from it.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from curses_client.nearest import nearest
from wire.errors import Words


class Command(NamedTuple):
    """One command; ``words`` as on paper, ``least`` how many of them must be there.

    ``first``: somebody who is here for the first time needs it.
    """

    name: str
    aliases: tuple[str, ...]
    words: str
    least: int
    help: Words
    first: bool = False


class Group(NamedTuple):
    """Commands of one kind under one heading."""

    heading: Words
    commands: tuple[Command, ...]


GROUPS: Final = (
    Group(Words("Talk", "Bicara"), (
        Command("msg", ("bisik", "m"), "name text", 2, Words("say it to one person alone",
                                                             "bicara ke satu orang saja"),
                first=True),
        Command("query", ("q",), "name [text]", 1, Words("open a window for the two of you",
                                                         "buka jendela berdua")),
        Command("reply", ("r", "balas"), "text", 1, Words("answer who wrote to me alone last",
                                                          "balas pesan pribadi terakhir")),
        Command("me", (), "text", 1, Words("tell what you do", "ceritakan yang kamu lakukan")),
        Command("say", (), "text", 1, Words("say what begins with /; so does //",
                                            "kirim yang berawalan /; // juga")),
        Command("edit", ("sunting",), "", 0, Words("write the line in $EDITOR",
                                                   "tulis baris ini di $EDITOR")),
        Command("exec", (), "[-o] command", 1, Words("run it; -o says what it prints",
                                                     "jalankan; -o mengirim hasilnya")),
    )),
    Group(Words("Rooms and people", "Ruang dan orang"), (
        Command("join", ("masuk", "j"), "#room [key]", 1, Words("enter a room, or make one",
                                                                "masuk ke ruang, atau buat baru"),
                first=True),
        Command("part", ("keluar-ruang",), "[#room]", 0, Words("leave a room",
                                                               "keluar dari ruang"), first=True),
        Command("rooms", ("list", "ruang"), "", 0, Words("all rooms", "semua ruang"), first=True),
        Command("topic", ("topik",), "[text]", 0, Words("show, set, or with - remove it",
                                                        "lihat, ganti, atau - hapus topik")),
        Command("key", ("kunci",), "[-]", 0, Words("set a key here; - removes it",
                                                   "pasang kunci ruang; - menghapusnya")),
        Command("invite", ("undang",), "name", 1, Words("let somebody in here without the key",
                                                        "izinkan seseorang masuk tanpa kunci")),
        Command("names", ("daftar",), "", 0, Words("who is in this room",
                                                   "siapa di ruang ini")),
        Command("who", ("whois", "siapa"), "[name|#room]", 0, Words("who is here, since when",
                                                                    "siapa di sini, sejak kapan"),
                first=True),
        Command("nick", ("nama",), "name", 1, Words("change your name", "ganti namamu"),
                first=True),
        Command("password", ("sandi",), "[-]", 0, Words("set one for your name; - removes it",
                                                        "sandi untuk namamu; - menghapusnya")),
        Command("away", ("pergi",), "[text]", 0, Words("tell that you are away",
                                                       "beri tahu kamu sedang pergi")),
        Command("back", ("kembali",), "", 0, Words("tell that you are back",
                                                   "beri tahu kamu kembali")),
        Command("ignore", ("abaikan",), "[name]", 0, Words("do not show what somebody says",
                                                           "jangan tampilkan ucapan seseorang")),
        Command("unignore", (), "name", 1, Words("show it again", "tampilkan lagi")),
    )),
    Group(Words("Files", "Berkas"), (
        Command("send", ("kirim",), "path [@name]", 1, Words("send files to this room, or to one",
                                                             "kirim ke ruang ini, atau satu orang"),
                first=True),
        Command("files", ("berkas",), "", 0, Words("what was sent here",
                                                   "yang pernah dikirim di sini")),
        Command("get", ("ambil",), "number [folder]", 1, Words("fetch a file that was sent",
                                                               "ambil berkas yang dikirim"),
                first=True),
        Command("transfers", ("kiriman",), "", 0, Words("what is on its way",
                                                        "yang sedang di jalan")),
        Command("stop", ("batal", "cancel"), "number", 1, Words("end a transfer",
                                                                "hentikan kiriman")),
        Command("reject", ("tolak",), "number", 1, Words("do not want a file", "tolak berkas")),
    )),
    Group(Words("Reading", "Membaca"), (
        Command("search", ("cari", "lastlog"), "[-all] words", 1,
                Words("find what was said, long ago too", "cari ucapan, yang lama juga"),
                first=True),
        Command("history", ("riwayat",), "[count]", 0, Words("fetch older lines",
                                                             "ambil baris yang lebih lama")),
        Command("mark", ("tandai",), "", 0, Words("all that is here was read",
                                                  "semua di sini sudah dibaca")),
        Command("clear", ("bersihkan",), "", 0, Words("empty it until the next start",
                                                      "kosongkan sampai masuk lagi")),
        Command("hl", ("sorot",), "[words|-word|-]", 0, Words(
            "what calls you; -word out, - empties", "kata pemanggil; -kata buang, - habis")),
        Command("notify", ("kabari",), "all|mention|none", 1, Words("what calls you here",
                                                                    "yang memanggil di sini")),
        Command("mute", ("senyap",), "[#room]", 0, Words("no call from a room, or again",
                                                         "ruang tanpa panggilan, atau lagi")),
        Command("bell", ("bel",), "[on|off]", 0, Words("the bell for what calls you",
                                                       "bunyi bel saat dipanggil")),
    )),
    Group(Words("Operator", "Operator"), (
        Command("wall", ("umumkan",), "text", 1, Words("say it to everybody",
                                                       "umumkan ke semua orang")),
        Command("kick", ("usir",), "name [reason]", 1, Words("send somebody out",
                                                             "keluarkan seseorang")),
        Command("ban", ("larang",), "who [10m] [reason]", 1,
                Words("keep out a name, uid=N or address", "larang nama, uid=N, atau alamat")),
        Command("unban", ("izinkan",), "who", 1, Words("let in again", "izinkan masuk lagi")),
        Command("bans", ("larangan",), "", 0, Words("who is kept out, until when",
                                                    "siapa dilarang, sampai kapan")),
        Command("silence", ("bungkam",), "name [10m|off]", 1, Words("no talk from somebody",
                                                                    "seseorang tak boleh bicara")),
        Command("motd", ("sambutan",), "[text]", 0, Words("the greeting: see, set, - removes",
                                                          "sambutan: lihat, ganti, - hapus")),
        Command("limits", ("batasan",), "[word]", 0, Words("the server's limits",
                                                           "batas-batas server")),
        Command("limit", ("batas",), "name value", 2, Words("set one: 64k, 10m, 5",
                                                            "ubah satu: 64k, 10m, 5")),
        Command("stats", ("statistik",), "[word]", 0, Words("the server's counters",
                                                            "angka-angka server")),
        Command("reload", ("muat-ulang",), "", 0, Words("read the server's settings again",
                                                        "baca lagi setelan server")),
        Command("log", ("catatan",), "on|off", 1, Words("follow the server's log",
                                                        "ikuti catatan server")),
        Command("shutdown", ("matikan",), "[30s]", 0, Words("end the server; everybody is told",
                                                            "matikan server; semua diberi tahu")),
    )),
    Group(Words("This client", "Klien ini"), (
        Command("help", ("bantuan",), "[command]", 0, Words("what a first evening needs",
                                                            "yang perlu di malam pertama")),
        Command("win", ("w", "jendela"), "number", 1, Words("go to a window", "pindah jendela")),
        Command("close", ("tutup",), "", 0, Words("close this window", "tutup jendela ini")),
        Command("set", ("atur",), "[name [value]]", 0, Words("show or change settings",
                                                             "lihat atau ubah setelan")),
        Command("lang", ("bahasa",), "id|en", 1, Words("speak another language", "ganti bahasa")),
        Command("ping", (), "", 0, Words("how far the server is", "seberapa jauh server")),
        Command("trace", ("jejak",), "on|off", 1, Words("watch the wire, explained",
                                                        "lihat isi kabel, dengan penjelasan")),
        Command("redraw", ("gambar",), "", 0, Words("draw the screen again",
                                                    "gambar ulang layar")),
        Command("reconnect", ("sambung",), "", 0, Words("connect anew", "sambung ulang")),
        Command("quit", ("selesai", "exit", "bye"), "[reason]", 0, Words("leave obrol",
                                                                       "keluar dari obrol"),
                first=True),
    )),
)  # fmt: skip
"""Every command, in the order of the help."""

REMOVES: Final = "-"
"""Typed in place of a new key or password: there shall be none."""
_OPEN_WORDS: Final[Mapping[str, int]] = {"join": 1, "key": 0, "password": 0}
"""So many words behind these may be kept; what follows is secret."""

COMMANDS: Final = tuple(command for group in GROUPS for command in group.commands)

BY_NAME: Final[Mapping[str, Command]] = {
    name: command for command in COMMANDS for name in (command.name, *command.aliases)
}


_WORD: Final = re.compile(r"[a-z]+")
_IN_INDONESIAN: Final[Mapping[str, str]] = {
    "name": "nama", "text": "teks", "command": "perintah", "room": "ruang", "key": "kunci",
    "path": "berkas", "number": "nomor", "folder": "folder", "words": "kata", "word": "kata",
    "count": "jumlah", "reason": "sebab", "who": "siapa", "value": "nilai",
}  # fmt: skip
"""The words of a usage that stand for something; the others are typed as they are."""


def usage(name: str, language: str = "en") -> str:
    """A command as a person would type it, by the ``name`` or alias that it has there."""
    words = BY_NAME[name].words
    if language == "id":
        words = _WORD.sub(lambda word: _IN_INDONESIAN.get(word[0], word[0]), words)
    return f"/{name} {words}".strip()


def closest(name: str) -> str | None:
    """The command whose name looks most like ``name``."""
    found = nearest(name.lower(), BY_NAME)
    return found[0] if found else None


class Typed(NamedTuple):
    """What was typed, taken apart: ``command`` is None for a line that is to be said."""

    command: str | None
    rest: str


def take_apart(line: str) -> Typed:
    """Tell a command from a line to say; ``//x`` says ``/x``."""
    if line.startswith("//"):
        return Typed(None, line[1:])
    if not line.startswith("/"):
        return Typed(None, line)
    name, _, rest = line[1:].partition(" ")
    return Typed(name, rest.strip(" "))


def without_secret(line: str) -> str:
    """``line`` as it may be kept: without the key or the password that it may hold.

    Blanks before the slash and a slip in the name do not make it less secret.
    """
    typed = take_apart(line.lstrip())
    if typed.command is None or " " not in line:
        return line
    name = typed.command.lower()
    command = BY_NAME.get(name) or BY_NAME.get(closest(name) or "")
    words = typed.rest.split()
    open_words = _OPEN_WORDS.get(command.name) if command is not None else None
    if open_words is None or len(words) <= open_words or words[open_words:] == [REMOVES]:
        return line
    return " ".join(["/" + typed.command, *words[:open_words]])
