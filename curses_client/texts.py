"""Every sentence that the client says, in Indonesian and English.

``Texts("id")("joined", who="rizky")`` fills the named places. What a stranger wrote goes through
``cells.safe`` where it is drawn, not here.
"""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from wire.errors import BYES, ERRORS, Words

LANGUAGES: Final = ("id", "en")
OTHER_ACCOUNT: Final = "reason-account"
"""A reason of a lost link that :meth:`Texts.lost` puts into words."""
UNIT: Final = 1024
TENTHS_BELOW: Final = 100

TEXTS: Final[Mapping[str, Words]] = {
    "people": Words("{count} here", "{count} orang"),
    "topic": Words("Topic: {text}", "Topik: {text}"),
    "no-topic": Words("no topic", "belum ada topik"),
    "status-title": Words("obrol: /help tells what can be done", "obrol: /help untuk bantuan"),
    "connected": Words(
        "connected to {address} as {name}", "tersambung ke {address} sebagai {name}"
    ),
    "link-lost": Words(
        "connection lost ({reason}); trying again in {seconds} s",
        "terputus ({reason}); coba lagi dalam {seconds} d",
    ),
    "link-lost-narrow": Words(
        "connection lost; again in {seconds} s", "terputus; coba lagi dalam {seconds} d"
    ),
    "link-lost-tiny": Words("lost, {seconds} s", "putus, {seconds} d"),
    "link-lost-plain": Words("connection lost, trying again", "terputus, mencoba lagi"),
    "reason-closed": Words("closed by the server", "ditutup server"),
    "reason-account": Words("another account answers there", "akun lain yang menjawab di sana"),
    "other-account": Words(
        "{address}: {former} ran this server, now {now} answers.\n"
        "While it is down, anybody here can take its place, and would get the secret that proves "
        "who you are. Ask who runs it, unless you know that it has moved.",
        "{address}: dulu server ini milik {former}, kini {now} yang menjawab.\n"
        "Selagi server mati, siapa pun di mesin ini bisa mengambil tempatnya dan mendapat bukti "
        "siapa kamu. Tanyakan kepada pengelolanya, kecuali kamu tahu bahwa server pindah.",
    ),
    "trust-it": Words("Trust {now}? [y] yes [Enter] no: ", "Percaya {now}? [y] [Enter] tidak: "),
    "say-trust": Words("Nothing was sent. If that is right, say it once with --trust.",
                       "Tidak ada yang dikirim. Bila memang benar, tulis sekali --trust."),
    "account-named": Words("the account {name}", "akun {name}"),
    "account-uid": Words("the account with uid {uid}", "akun dengan uid {uid}"),
    "account-unknown": Words("an account that cannot be told", "akun yang tidak diketahui"),
    "no-server": Words(
        "there is no server at {address}: {reason}. `make server` starts one.",
        "tidak ada server di {address}: {reason}. Jalankan dengan `make server`.",
    ),
    "unknown-host": Words("cannot find {host}: {reason}", "{host} tidak ditemukan: {reason}"),
    "asking-lan": Words("looking for a server on the LAN …", "mencari server di LAN …"),
    "found-on-lan": Words("found obrol on {address}{name}", "obrol ada di {address}{name}"),
    "none-on-lan": Words(
        "no server on the LAN answered. `make server` starts one, HOST=its-machine goes to one "
        "that does not announce itself",
        "tidak ada server di LAN yang menjawab. `make server` menjalankan satu, HOST=mesinnya "
        "menuju server yang tidak mengumumkan diri",
    ),
    "several-on-lan": Words("several servers answer:", "beberapa server menjawab:"),
    "which-server": Words(
        "Which? [Enter] 1  [1-{count}]  [q] leave: ",
        "Yang mana? [Enter] 1  [1-{count}]  [q] keluar: ",
    ),
    "say-host": Words(
        "say which one: --host {host} --port {port}",
        "sebutkan yang mana: --host {host} --port {port}",
    ),
    "cannot-ask-lan": Words("cannot ask the LAN: {why}", "tidak bisa bertanya ke LAN: {why}"),
    "bad-own-name": Words(
        "{name} cannot be a name: a letter, then up to 31 letters, digits, _ . -",
        "{name} tidak bisa jadi nama: satu huruf, lalu paling banyak 31 huruf, angka, _ . -",
    ),
    "bad-target": Words("{name} is no target: say @name or #room",
                        "{name} bukan tujuan: tulis @nama atau #ruang"),
    "bad-own-room": Words("{name} cannot be a room", "{name} tidak bisa jadi nama ruang"),
    "name-refused": Words(
        "the server does not take {name}: {why}. Choose another name.",
        "server menolak nama {name}: {why}. Pilih nama lain.",
    ),
    "no-screen": Words(
        "no screen on this terminal ({why}), going on in lines",
        "terminal ini tidak bisa layar penuh ({why}), lanjut per baris",
    ),
    "forgotten": Words(
        "the server has a new history; what stands above is of the old one",
        "server punya riwayat baru; yang di atas ini dari yang lama",
    ),
    "goodbye": Words("the server said goodbye: {why}", "server berpamitan: {why}"),
    "sent-away": Words("{why}. obrol does not come back by itself.",
                       "{why}. obrol tidak kembali sendiri."),
    "turned-away": Words("the server does not let {name} in: {why}",
                         "server tidak menerima {name}: {why}"),
    "everybody": Words("everybody", "semua"),
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
    "kicked": Words("{name} was sent out", "{name} dikeluarkan"),
    "banned": Words("{who} is kept out until /unban {who}",
                    "{who} dilarang masuk sampai /unban {who}"),
    "banned-for": Words("{who} is kept out for {time}", "{who} dilarang masuk selama {time}"),
    "unbanned": Words("{who} may come in again", "{who} boleh masuk lagi"),
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
    "days": Words("{count} d", "{count} hari"),
    "hours": Words("{count} h", "{count} jam"),
    "minutes": Words("{count} min", "{count} menit"),
    "seconds": Words("{count} s", "{count} detik"),
    "joined": Words("{who} joined", "{who} bergabung"),
    "left": Words("{who} left", "{who} keluar"),
    "left-why": Words("{who} left ({why})", "{who} keluar ({why})"),
    "renamed": Words("{old} is now {new}", "{old} sekarang bernama {new}"),
    "topic-set": Words("{who} set the topic: {text}", "{who} mengganti topik: {text}"),
    "topic-removed": Words("{who} removed the topic", "{who} menghapus topik"),
    "topic-is": Words("topic: {text} (by {who})", "topik: {text} (oleh {who})"),
    "invited": Words(
        "{who} invites you: /join {room}", "{who} mengundang kamu: /join {room}"
    ),
    "names": Words("{count} here: {names}", "{count} orang: {names}"),
    "file-fetched": Words("#{number} is in {path}", "#{number} tersimpan di {path}"),
    "file-sent": Words("{name} ({size}) is on the server, #{number}",
                       "{name} ({size}) sudah di server, #{number}"),
    "file-failed": Words("{name}: {why}", "{name}: {why}"),
    "file-broken": Words("what arrived is not what was sent; it was thrown away",
                         "isi yang tiba berbeda dari yang dikirim; dibuang"),
    "file-changed": Words("the file changed while it was sent; send it again",
                          "berkas berubah saat dikirim; kirim lagi"),
    "file-disk": Words("this disk does not take it", "disk di sini tidak bisa menyimpannya"),
    "file-stopped": Words("stopped", "dihentikan"),
    "file-taken": Words("another terminal is fetching a file of that name",
                        "terminal lain sedang mengambil berkas bernama sama"),
    "no-such-file": Words("there is no file #{number} to fetch", "tidak ada berkas #{number}"),
    "no-transfer": Words("nothing is on its way under {number}", "tidak ada kiriman {number}"),
    "no-transfers": Words("nothing is on its way", "tidak ada kiriman"),
    "no-files": Words("no files here yet", "belum ada berkas di sini"),
    "cannot-read": Words("cannot read {path}: {why}. /say sends the line as it stands",
                         "{path} tidak terbaca: {why}. /say mengirim baris ini apa adanya"),
    "transfer": Words("{number} {name} {percent}% {rate}/s {left}",
                      "{number} {name} {percent}% {rate}/d {left}"),
    "setting": Words("{name} = {value}", "{name} = {value}"),
    "file": Words(
        ">> #{number} {name} {size} from {who} · /get {number}",
        ">> #{number} {name} {size} dari {who} · /get {number}",
    ),
    "not-sent": Words("not sent: {text}: {why}", "tidak terkirim: {text}: {why}"),
    "room-failed": Words("cannot enter {room}: {why}", "tidak bisa masuk {room}: {why}"),
    "failed": Words("{what}: {why}", "{what}: {why}"),
    "offline": Words("not connected; try again later", "belum tersambung; coba lagi nanti"),
    "unknown-command": Words(
        "there is no command {name}; nothing was sent.{hint} /say sends a line that begins with /",
        "tidak ada perintah {name}; tidak ada yang terkirim.{hint} /say mengirim baris berawalan /",
    ),
    "did-you-mean": Words(" Did you mean {name}?", " Maksudmu {name}?"),
    "usage": Words("say: {usage}", "tulis: {usage}"),
    "no-target": Words(
        "nobody hears you here; /join #room first, or /win N", "di sini tidak ada yang mendengar; "
        "/join #ruang dahulu, atau /win N",
    ),
    "no-window": Words("there is no window {number}", "tidak ada jendela {number}"),
    "room": Words("{name}  {count} here  {topic}", "{name}  {count} orang  {topic}"),
    "no-rooms": Words("there are no rooms yet", "belum ada ruang"),
    "history-none": Words("there is nothing older", "tidak ada yang lebih lama"),
    "ctrl-c": Words("Ctrl+C again leaves obrol; /quit does too", "Ctrl+C sekali lagi untuk keluar; "
                    "atau /quit"),
    "ctrl-d": Words("type /quit to leave", "ketik /quit untuk keluar"),
    "more-below": Words("-{count} new-", "-{count} baru-"),
    "activity": Words("Act: {windows}", "Akt: {windows}"),
    "paste": Words("Paste {lines} lines ({size})?", "Tempel {lines} baris ({size})?"),
    "paste-send": Words("[Enter] send as 1 message", "[Enter] kirim sebagai 1 pesan"),
    "paste-file": Words("[f] send as a file", "[f] kirim sebagai berkas"),
    "paste-edit": Words("[e] edit", "[e] ubah"),
    "paste-cancel": Words("[Esc] cancel", "[Esc] batal"),
    "slash-guard": Words(
        "{text} after a blank is no command. [Enter] send it to everybody  [Esc] back",
        "{text} setelah spasi bukan perintah. [Enter] kirim ke semua  [Esc] kembali",
    ),
    "recall": Words("(typed before: {words}) {found}", "(pernah diketik: {words}) {found}"),
    "find": Words("[search: Up Down Enter Esc] {words}", "[cari: Atas Bawah Enter Esc] {words}"),
    "find-none": Words("[search: nothing] {words}", "[cari: tidak ada] {words}"),
    "bare": Words("any key comes back", "tombol apa saja untuk kembali"),
    "found": Words("{count} found for “{words}”", "{count} hasil untuk “{words}”"),
    "found-none": Words("nothing found for “{words}”", "tidak ada hasil untuk “{words}”"),
    "title-search": Words("search: {text} · Esc closes", "cari: {text} · Esc menutup"),
    "title-help": Words("help · PgUp PgDn scroll · Esc closes",
                        "bantuan · PgUp PgDn gulir · Esc menutup"),
    "title-trace": Words("the wire · /trace off stops · Esc closes",
                         "isi kabel · /trace off berhenti · Esc menutup"),
    "title-log": Words("the server's log · /log off stops · Esc closes",
                       "catatan server · /log off berhenti · Esc menutup"),
    "title-everybody": Words("everybody │ what you type here is told in every room",
                             "semua │ ketikanmu di sini tampil di setiap ruang"),
    "private": Words("the two of you alone", "hanya kalian berdua"),
    "is-away": Words("away: {text}", "sedang pergi: {text}"),
    "away": Words("away", "pergi"),
    "away-now": Words("you are away now; /back when you return",
                      "kamu sedang pergi; /back saat kembali"),
    "back-now": Words("welcome back", "selamat datang kembali"),
    "lag": Words("Lag {seconds}", "Lag {seconds}"),
    "unread": Words("{count} not read", "{count} belum dibaca"),
    "none": Words("none", "tidak ada"),
    "not-listed": Words("{word} is not in the list", "{word} tidak ada di daftar"),
    "not-ignored": Words("{name} is not ignored", "{name} tidak diabaikan"),
    "nobody-wrote": Words("nobody wrote to you alone yet", "belum ada pesan pribadi untukmu"),
    "screen-only": Words("only on the full screen", "hanya di layar penuh"),
    "pong": Words("the server answers in {ms} ms", "server menjawab dalam {ms} ms"),
    "cannot-write": Words("cannot write in {path}: {why}", "tidak bisa menulis di {path}: {why}"),
    "no-editor": Words("no editor: {why}", "editor gagal: {why}"),
    "ran": Words("{command}: ended with {code}", "{command}: selesai dengan {code}"),
    "ran-cut": Words("{command}: more than that was cut", "{command}: selebihnya dipotong"),
    "ran-out": Words("{command}: stopped, it took too long", "{command}: dihentikan, terlalu lama"),
    "bad-settings": Words("settings of {path}:", "setelan di {path}:"),
    "fallback": Words(
        "nobody here knows TERM={wanted}; drawing as for {known}",
        "TERM={wanted} tidak dikenal di sini; digambar seperti {known}",
    ),
    "tmux-term": Words(
        "this is tmux, but TERM={term}: keys and colours may go wrong; tmux-256color is right",
        "ini tmux, tetapi TERM={term}: tombol dan warna bisa salah; mestinya tmux-256color",
    ),
    "too-long": Words(
        "too long for one message ({size} of {limit} bytes); it is still in the input line",
        "terlalu panjang untuk satu pesan ({size} dari {limit} byte); masih ada di baris ketik",
    ),
    "too-long-once": Words(
        "too long for one message ({size} of {limit} bytes); nothing was sent",
        "terlalu panjang untuk satu pesan ({size} dari {limit} byte); tidak ada yang terkirim",
    ),
    "unacknowledged": Words(
        "the server is gone and {count} lines are not acknowledged",
        "server hilang dan {count} baris belum diakui",
    ),
    "day": Words("{weekday}, {day} {month} {year}", "{weekday}, {day} {month} {year}"),
    "help-head": Words(
        "Enter sends what you type to [ ] below. What begins with / is a command:",
        "Enter mengirim ketikanmu ke [ ] di bawah. Yang diawali / adalah perintah:",
    ),
    "help-windows": Words("to a window by its number", "ke jendela menurut nomornya"),
    "help-more": Words("More: /help COMMAND, /set, and F1 for everything. Leave: /quit",
                       "Lagi: /help PERINTAH, /set, dan F1 untuk semuanya. Keluar: /quit"),
}  # fmt: skip
"""Every sentence, by what it says."""

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


def users_language() -> str:
    """The language of the environment (``LC_ALL``, ``LC_MESSAGES``, ``LANG``): ``id`` or ``en``."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "id" if value.startswith("id") else "en"
    return "en"


class Texts:
    """The sentences in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def use(self, language: str) -> None:
        """Speak ``language``; one that is none means that of the environment."""
        self.language = language if language in LANGUAGES else users_language()

    def __call__(self, key: str, **places: object) -> str:
        """Say the sentence ``key`` with its places filled."""
        return TEXTS[key].say(self.language).format(**places)

    def error(self, code: str, text: str = "") -> str:
        """What an ERR code means; an unknown one is told in the server's own words."""
        words = ERRORS.get(code)
        return words.say(self.language) if words else text or code

    def bye(self, word: str, text: str = "") -> str:
        """What a word of BYE means, with the reason that the server gives besides."""
        return self._reasoned(BYES.get(word), text) or word

    def goodbye(self, word: str, text: str = "") -> str:
        """That it is over; who was sent away is told that one has to come back oneself."""
        key = "goodbye" if word == "quit" else "sent-away"
        return self(key, why=self.bye(word, text))

    def turned_away(self, name: str, code: str, text: str = "") -> str:
        """Why the server does not take ``name`` in; another name helps only where it is that."""
        if code == "banned":
            return self("turned-away", name=name, why=self._reasoned(ERRORS.get(code), text))
        return self("name-refused", name=name, why=self.error(code, text))

    def lost(self, reason: str) -> str:
        """Why a link was lost; what the system says stands as it is."""
        return self(reason) if reason == OTHER_ACCOUNT else reason or self("reason-closed")

    def _reasoned(self, words: Words | None, text: str) -> str:
        """``words`` with ``text`` behind them, where that is not the same in other words."""
        if words is None or not text or text in words:
            return words.say(self.language) if words else text
        return f"{words.say(self.language)}: {text}"

    def day(self, year: int, month: int, day: int, weekday: int) -> str:
        """A day, written out: ``Jumat, 21 November 2025``; ``weekday`` 0 is Monday."""
        return self(
            "day",
            weekday=WEEKDAYS[self.language][weekday],
            day=day,
            month=MONTHS[self.language][month - 1],
            year=year,
        )

    def clock(self, time: str) -> str:
        """A time of the wire for people: the clock, with the day where that is not today."""
        try:
            local = datetime.fromisoformat(time).astimezone()
        except ValueError:
            return time
        if local.date() == datetime.now(UTC).astimezone().date():
            return f"{local:%H:%M}"
        month = MONTHS[self.language][local.month - 1]
        return f"{local.day} {month} {local:%H:%M}"

    def tenths(self, number: float) -> str:
        """A number with one decimal, as it is written in this language."""
        shown = f"{number:.1f}"
        return shown.replace(".", ",") if self.language == "id" else shown

    def size(self, count: float) -> str:
        """A number of bytes for people: ``11.5 MB``, in Indonesian ``11,5 MB``."""
        unit = "B"
        for larger in ("KB", "MB", "GB"):
            if count < UNIT:
                break
            count, unit = count / UNIT, larger
        whole = unit == "B" or count >= TENTHS_BELOW
        return f"{f'{count:.0f}' if whole else self.tenths(count)} {unit}"


def read_size(text: str) -> int | None:
    """A size as people write it (``16M``, ``500k``, ``2000``) in bytes; None: it is none."""
    match = re.fullmatch(r"([0-9]{1,12})([kmg]?)b?", text.strip().lower())
    if match is None:
        return None
    power: int = UNIT ** " kmg".index(match[2] or " ")
    return int(match[1]) * power
