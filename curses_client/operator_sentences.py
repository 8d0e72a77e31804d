"""What is said to operators, in Indonesian and English; with named places, as in ``sentences``."""

from collections.abc import Mapping
from typing import Final

from wire.errors import Words

OPERATOR_TEXTS: Final[Mapping[str, Words]] = {
    "not-operator": Words(
        "you are not the operator of this server: run it as the account that runs the server",
        "kamu bukan operator server ini: jalankan dengan akun yang menjalankan server",
    ),
    "no-console": Words(
        "there is no UNIX socket {address}: {reason}. The console runs on the server's machine, "
        "with its PORT.",
        "tidak ada soket UNIX {address}: {reason}. Konsol berjalan di mesin server, dengan "
        "PORT-nya.",
    ),
    "console-here": Words(
        "the console goes through the server's UNIX socket alone: no {host}",
        "konsol hanya lewat soket UNIX server: bukan {host}",
    ),
    "no-such-limit": Words("there is no limit {name}.{hint} /limits tells them all",
                           "tidak ada batas {name}.{hint} /limits menampilkan semua"),
    "not-banned": Words("{name} is not kept out; /bans tells who is",
                        "{name} tidak sedang dilarang; /bans menampilkan siapa"),
    "no-such-who": Words(
        "{name} is neither a name nor uid=N nor an address such as 10.0.0.7 or 10.0.0.0/8",
        "{name} bukan nama, uid=N, atau alamat seperti 10.0.0.7 atau 10.0.0.0/8",
    ),
    "time-too-long": Words("that is too long a time", "waktu itu terlalu lama"),
    "not-owner": Words("only who made {name}, or an operator, may do that",
                       "hanya pembuat {name} atau operator yang boleh"),
    "no-key-by-you": Words(
        "only who made {name}, or an operator, may do that; a room for guests takes no key",
        "hanya pembuat {name} atau operator yang boleh; ruang untuk tamu tak bisa berkunci",
    ),
    "that-is-you": Words("{name} is you; /quit leaves", "{name} itu kamu; /quit untuk keluar"),
    "log-on": Words("the server's log goes by from now on; /log off stops",
                    "catatan server ditampilkan mulai kini; /log off berhenti"),
    "log-off": Words("the server's log is not followed any longer",
                     "catatan server tidak diikuti lagi"),
    "not-followed": Words("the server's log is not followed now",
                          "catatan server memang tidak sedang diikuti"),
    "kicked": Words("{name} was sent out", "{name} dikeluarkan"),
    "banned": Words("{who} is kept out until /unban {who}",
                    "{who} dilarang masuk sampai /unban {who}"),
    "banned-for": Words("{who} is kept out for {time}", "{who} dilarang masuk selama {time}"),
    "unbanned": Words("{who} may come in again", "{who} boleh masuk lagi"),
    "bad-time": Words("{word} is no time: say 30s, 10m, 2h or 1d",
                      "{word} bukan waktu: tulis 30s, 10m, 2h, atau 1d"),
    "no-bans": Words("nobody is kept out", "tidak ada yang dilarang masuk"),
    "ban-who": Words("who", "siapa"),
    "ban-until": Words("until", "sampai"),
    "ban-why": Words("why", "alasan"),
    "no-end": Words("no end", "seterusnya"),
    "silenced": Words("{name} may not speak for {time}", "{name} tidak boleh bicara {time}"),
    "silence-over": Words("{name} may speak again", "{name} boleh bicara lagi"),
    "no-motd": Words("nobody is greeted with words of the house", "tidak ada kata sambutan"),
    "motd-set": Words("who comes is greeted with: {text}", "yang datang disambut dengan: {text}"),
    "no-limit": Words("no limit has {word} in its name", "tidak ada batas bernama {word}"),
    "no-stat": Words("no counter is called {word}", "tidak ada angka bernama {word}"),
    "limit-name": Words("limit", "batas"),
    "limit-value": Words("now", "kini"),
    "limit-default": Words("at first", "awalnya"),
    "stat-name": Words("what", "apa"),
    "stat-value": Words("now", "kini"),
    "reloaded": Words("the server has read its settings again", "server membaca lagi setelannya"),
    "shutdown-sure": Words(
        "this ends the server for everybody: /shutdown again to confirm, or /shutdown 30s",
        "server akan mati untuk semua: /shutdown sekali lagi bila yakin, atau /shutdown 30s",
    ),
    "shutdown-now": Words("the server is going down now", "server dimatikan sekarang"),
    "shutdown-in": Words("the server goes down in {time}; everybody is told",
                         "server mati dalam {time}; semua diberi tahu"),
}  # fmt: skip
"""The sentences about the console and about what operators order."""
