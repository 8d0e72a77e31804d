"""The table of commands: what is typed after ``/``, what it means, which words it takes.

``/help``, completion and the README's list are made from it.
"""

import difflib
from collections.abc import Mapping
from typing import Final, NamedTuple

from wire.errors import Words


class Command(NamedTuple):
    """One command; ``words`` as on paper, ``least`` how many of them must be there."""

    name: str
    aliases: tuple[str, ...]
    words: str
    least: int
    help: Words


COMMANDS: Final = (
    Command("join", ("masuk", "j"), "#room", 1, Words("enter a room", "masuk ke ruang")),
    Command("part", ("keluar-ruang",), "[#room]", 0, Words("leave a room", "keluar dari ruang")),
    Command("msg", ("bisik", "m"), "name text", 2, Words("say it to one person",
                                                         "bicara ke satu orang")),
    Command("query", ("q",), "name", 1, Words("open a private window", "buka jendela pribadi")),
    Command("me", (), "text", 1, Words("tell what you do", "ceritakan yang kamu lakukan")),
    Command("say", (), "text", 1, Words("say a line that begins with /",
                                        "kirim baris berawalan /")),
    Command("send", ("kirim",), "path [@name|#room]", 1, Words("send files or folders",
                                                               "kirim berkas atau folder")),
    Command("files", ("berkas",), "", 0, Words("files of this window", "berkas di jendela ini")),
    Command("get", ("ambil",), "number [folder]", 1, Words("fetch a file", "ambil berkas")),
    Command("transfers", ("kiriman",), "", 0, Words("what is on its way", "yang sedang dikirim")),
    Command("stop", ("batal", "cancel"), "number", 1, Words("end a transfer",
                                                            "hentikan kiriman")),
    Command("reject", ("tolak",), "number", 1, Words("do not want a file", "tolak berkas")),
    Command("set", (), "[autoget 16M|off]", 0, Words("files up to this come by themselves",
                                                     "berkas sampai sebesar ini diambil sendiri")),
    Command("nick", ("nama",), "name", 1, Words("change your name", "ganti nama")),
    Command("away", (), "[text]", 0, Words("you are away", "kamu sedang pergi")),
    Command("back", (), "", 0, Words("you are back", "kamu kembali")),
    Command("topic", (), "[text]", 0, Words("show or set the topic",
                                            "lihat atau ganti topik")),
    Command("names", (), "", 0, Words("who is in this room", "siapa di ruang ini")),
    Command("who", (), "[name|#room]", 0, Words("more about people", "keterangan orang")),
    Command("rooms", ("list", "ruang"), "", 0, Words("all rooms", "semua ruang")),
    Command("history", ("riwayat",), "[count]", 0, Words("older lines", "baris yang lebih lama")),
    Command("win", ("w",), "number", 1, Words("go to a window", "pindah jendela")),
    Command("close", ("tutup",), "", 0, Words("close this window", "tutup jendela ini")),
    Command("reconnect", (), "", 0, Words("try to connect now", "coba sambung sekarang")),
    Command("help", ("bantuan",), "[command]", 0, Words("this list", "daftar ini")),
    Command("quit", ("selesai", "exit", "bye"), "[reason]", 0, Words("leave obrol",
                                                                   "keluar dari obrol")),
)  # fmt: skip
"""Every command, in the order of the help."""

BY_NAME: Final[Mapping[str, Command]] = {
    name: command for command in COMMANDS for name in (command.name, *command.aliases)
}


def usage(command: Command) -> str:
    """The command as a person would type it."""
    return f"/{command.name} {command.words}".strip()


def closest(name: str) -> str | None:
    """The command whose name looks most like ``name``."""
    found = difflib.get_close_matches(name.lower(), BY_NAME, n=1)
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
