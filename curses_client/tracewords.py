"""What the wire view says: field names, a sentence for every verb, the states of the machine.

``trace`` puts the rows together; the words stand here. The sentences are for somebody who has
never seen the protocol. Field names are those of the protocol's own page, in both languages, and
stand with the marks of ``wire.verbs``: ``?`` may be missing, ``*`` comes any number of times.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wire.errors import Words
from wire.parser import State
from wire.verbs import Phase


class Line(NamedTuple):
    """One verb in one direction: its fields by name, and what it is for."""

    fields: str
    words: Words


SECRET: Final = frozenset({"session", "key", "password", "proof"})
"""Fields that are never shown whole: the window may stand on a projector."""

_SENT: Final[Mapping[str, Line]] = {
    "HELLO": Line("name proof*", Words(
        "tells who we are; session=… proves that we were here before. It must come first",
        "memperkenalkan diri; session=… membuktikan kita pernah di sini. Harus yang pertama")),
    "JOIN": Line("room key?", Words(
        "asks to enter a room, which is made if there is none; all members are told with JOINED",
        "minta masuk ruang, yang dibuat bila belum ada; semua anggota diberi tahu lewat JOINED")),
    "LEAVE": Line("room", Words(
        "leaves a room; all members are told with LEFT",
        "keluar dari ruang; semua anggota diberi tahu lewat LEFT")),
    "NICK": Line("name", Words(
        "asks for another name; all who share a room with us are told with RENAMED",
        "minta ganti nama; semua yang seruang dengan kita diberi tahu lewat RENAMED")),
    "SAY": Line("target text", Words(
        "says a text to the target: the server stores it, sends it as MSG to all there (to us "
        "too), then answers OK",
        "mengirim teks ke target: server menyimpannya, meneruskannya sebagai MSG ke semua di sana "
        "(juga ke kita), lalu menjawab OK")),
    "ACT": Line("target text", Words(
        'tells what we do ("/me"); otherwise like SAY, and it comes to all as ACT',
        'menceritakan yang kita lakukan ("/me"); selebihnya seperti SAY, tiba di semua sebagai '
        "ACT")),
    "SEND": Line("target transfer offset length size name", Words(
        "announces a piece of a file: length bytes of it, from offset on, right behind this line",
        "mengumumkan sepotong berkas: sebanyak length byte, mulai dari offset, tepat setelah "
        "baris ini")),
    "PARTIAL": Line("transfer", Words(
        "asks how many bytes of an upload the server has, to go on from there after a break",
        "bertanya berapa byte kiriman yang sudah ada di server, agar bisa dilanjutkan setelah "
        "terputus")),
    "GET": Line("id offset?", Words(
        "asks for the file of event id; it comes in pieces, each behind a SEND line",
        "minta berkas dari peristiwa id; datang berpotong-potong, masing-masing setelah baris "
        "SEND")),
    "STOP": Line("transfer", Words(
        "ends a transfer: an upload by its own word, a download by the id of its event",
        "menghentikan transfer: kiriman dengan namanya, unduhan dengan id peristiwanya")),
    "HISTORY": Line("target direction id count", Words(
        "asks for at most count stored events before or after an id: nothing is missed after a "
        "break",
        "minta paling banyak count peristiwa tersimpan sebelum atau sesudah id: tak ada yang "
        "terlewat setelah terputus")),
    "FILES": Line("target direction id count", Words(
        "like HISTORY, but files alone",
        "seperti HISTORY, tetapi berkas saja")),
    "SEARCH": Line("target direction id count words", Words(
        "asks for the newest events that hold every one of these words",
        "minta peristiwa terbaru yang memuat semua kata ini")),
    "NAMES": Line("room", Words("asks who is in a room", "bertanya siapa saja di ruang")),
    "ROOMS": Line("from?", Words(
        "asks for the list of rooms, from this name on",
        "minta daftar ruang, mulai dari nama ini")),
    "WHO": Line("who", Words(
        "asks what is known of a person, or of everybody in a room",
        "minta keterangan tentang seseorang, atau semua orang di ruang")),
    "AWAY": Line("text?", Words(
        "says that we are away; without a text: that we are back",
        "memberi tahu bahwa kita sedang pergi; tanpa teks: sudah kembali")),
    "INVITE": Line("room name", Words(
        "lets somebody into a room once without its key; that person is told with INVITED",
        "mengizinkan seseorang masuk ruang sekali tanpa kunci; ia diberi tahu lewat INVITED")),
    "TOPIC": Line("room text?", Words(
        "sets the topic of a room, or removes it; all members are told with TOPIC",
        "mengganti atau menghapus topik ruang; semua anggota diberi tahu lewat TOPIC")),
    "KEY": Line("room key?", Words(
        "sets the key that JOIN must show, or removes it",
        "memasang kunci yang harus disebut JOIN, atau mencabutnya")),
    "PASSWORD": Line("password?", Words(
        "protects our name with a password, or takes it away",
        "melindungi nama kita dengan kata sandi, atau mencabutnya")),
    "PING": Line("token?", Words(
        "asks whether the server is there: TCP alone does not notice a cable that was pulled",
        "bertanya apakah server masih ada: TCP sendiri tidak tahu bila kabel dicabut")),
    "PONG": Line("token?", Words(
        "answers the server's PING with the same token: we are here",
        "menjawab PING server dengan token yang sama: kita masih ada")),
    "QUIT": Line("reason?", Words(
        "says goodbye; the server answers, says BYE and closes",
        "berpamitan; server menjawab, mengucapkan BYE, lalu menutup sambungan")),
    "KICK": Line("name reason?", Words(
        "operator: closes somebody's connections", "operator: memutus sambungan seseorang")),
    "BAN": Line("who seconds reason?", Words(
        "operator: keeps a name, account, address or network out; 0 seconds: for good",
        "operator: melarang nama, akun, alamat, atau jaringan masuk; 0 detik: seterusnya")),
    "UNBAN": Line("who", Words("operator: lifts a ban", "operator: mencabut larangan masuk")),
    "BANS": Line("", Words(
        "operator: asks who is kept out", "operator: bertanya siapa yang dilarang masuk")),
    "SILENCE": Line("name seconds", Words(
        "operator: somebody may listen but not speak for so long",
        "operator: seseorang boleh membaca tetapi tidak boleh bicara selama itu")),
    "MOTD": Line("text?", Words(
        "operator: sets the words that everybody gets at HELLO",
        "operator: mengganti sambutan yang diterima semua orang saat HELLO")),
    "LIMITS": Line("", Words(
        "operator: asks for the limits as they stand", "operator: minta daftar batas saat ini")),
    "LIMIT": Line("name value", Words("operator: sets a limit", "operator: mengubah satu batas")),
    "RELOAD": Line("", Words(
        "operator: the server reads its configuration again",
        "operator: server membaca ulang konfigurasinya")),
    "STATS": Line("", Words(
        "operator: asks for the server's counters", "operator: minta angka penghitung server")),
    "LOG": Line("switch", Words(
        "operator: turns the live view of the server's log on or off",
        "operator: menyalakan atau mematikan catatan server secara langsung")),
    "SHUTDOWN": Line("seconds?", Words(
        "operator: ends the server", "operator: mematikan server")),
}  # fmt: skip

_RECEIVED: Final[Mapping[str, Line]] = {
    "WELCOME": Line("name session history tip badges extra*", Words(
        "the server takes us in: our name, a secret to prove it next time, which database, the "
        "newest id, our badges",
        "server menerima kita: nama kita, rahasia untuk membuktikannya nanti, basis data yang "
        "mana, id terbaru, lencana kita")),
    "MOTD": Line("text", Words("words of the house for all who enter",
                               "sambutan server untuk semua yang masuk")),
    "MSG": Line("id time target from text", Words(
        "somebody said a text; id is its place in the one order that all see alike",
        "seseorang berbicara; id adalah urutannya, sama bagi semua orang")),
    "ACT": Line("id time target from text", Words(
        'somebody tells what he or she does ("/me"); otherwise like MSG',
        'seseorang menceritakan yang ia lakukan ("/me"); selebihnya seperti MSG')),
    "FILE": Line("id time target from size sha256 name", Words(
        "somebody sent a file: GET id fetches it, and the SHA-256 proves that the copy is whole",
        "seseorang mengirim berkas: GET id mengambilnya, dan SHA-256 membuktikan salinannya utuh")),
    "SEND": Line("target id offset length size name", Words(
        "a piece of the file we asked for with GET: length bytes of it, right behind this line",
        "sepotong berkas yang kita minta dengan GET: sebanyak length byte, tepat setelah baris "
        "ini")),
    "JOINED": Line("time room name", Words(
        "somebody came into a room; from here on, all that is said there comes to that person too",
        "seseorang masuk ruang; mulai sekarang semua percakapan di sana sampai juga kepadanya")),
    "LEFT": Line("time room name reason?", Words(
        "somebody left a room, or was lost with the connection",
        "seseorang keluar dari ruang, atau sambungannya terputus")),
    "RENAMED": Line("time old new", Words(
        "somebody has another name now", "seseorang berganti nama")),
    "TOPIC": Line("time room name text?", Words(
        "the topic of a room, and who set it; without a text it was removed",
        "topik ruang dan siapa yang memasangnya; tanpa teks berarti dihapus")),
    "INVITED": Line("time room from", Words(
        "somebody lets us into a room without its key", "seseorang mengizinkan kita masuk ruang "
        "tanpa kunci")),
    "NAMES": Line("room name*", Words(
        "who is in a room; +: the kernel itself vouches for the account, *: operator",
        "siapa saja di ruang; +: akunnya dijamin kernel sendiri, *: operator")),
    "ROOM": Line("room members topic?", Words(
        "one room of the list: how many are there, and its topic",
        "satu ruang dari daftar: jumlah orang dan topiknya")),
    "WHO": Line("name detail*", Words(
        "what is known of somebody, as key=value words; a program skips the keys it does not know",
        "keterangan seseorang, berupa kata kunci=nilai; program melewati kunci yang tak "
        "dikenalnya")),
    "OK": Line("value*", Words(
        "it went well; this is the last line of an answer",
        "berhasil; ini baris terakhir sebuah jawaban")),
    "ERR": Line("code text?", Words(
        "it went wrong; programs read the code, people the text. The connection goes on",
        "gagal; program membaca kodenya, manusia membaca teksnya. Sambungan tetap berjalan")),
    "PING": Line("token?", Words(
        "the server heard nothing for a while and asks whether we are there; PONG is due",
        "server lama tidak mendengar apa-apa dan bertanya apakah kita masih ada; harus dijawab "
        "PONG")),
    "PONG": Line("token?", Words(
        "answers our PING: the server is there, and so is the way to it",
        "menjawab PING kita: server masih ada, jalannya juga")),
    "BYE": Line("word text?", Words(
        "the last line before the server closes the connection",
        "baris terakhir sebelum server menutup sambungan")),
    "BANNED": Line("who until reason?", Words(
        "operator: one ban, and until when", "operator: satu larangan masuk dan sampai kapan")),
    "LIMIT": Line("name value default unit", Words(
        "operator: one limit as it stands", "operator: satu batas yang berlaku")),
    "STAT": Line("name value", Words(
        "operator: one counter of the server", "operator: satu penghitung server")),
    "LOG": Line("text", Words(
        "operator: one line of the server's log", "operator: satu baris catatan server")),
}  # fmt: skip

LINES: Final[Mapping[bool, Mapping[str, Line]]] = {True: _SENT, False: _RECEIVED}
"""Outgoing or not -> verb -> what there is to say of it."""

OK_FIELDS: Final[Mapping[tuple[str, int], str]] = {
    ("SAY", 1): "id",
    ("ACT", 1): "id",
    ("SEND", 1): "offset",
    ("SEND", 2): "id sha256",
    ("PARTIAL", 1): "offset",
    **{(verb, 2): "count more" for verb in ("HISTORY", "FILES", "SEARCH", "ROOMS")},
}
"""(verb of the question, words behind OK) -> their names; what is not here has none."""

STATES: Final[Mapping[State, Words]] = {
    State.LINE: Words(
        "the receiver reads a line: all bytes up to the next LF",
        "penerima membaca baris: semua byte sampai LF berikutnya"),
    State.LONG: Words(
        "the line is too long; the receiver drops it, up to its LF",
        "baris terlalu panjang; penerima membuangnya sampai LF"),
    State.PAYLOAD: Words(
        "the receiver only counts: so many bytes of the file, in which nothing is looked for",
        "penerima hanya menghitung: sekian byte isi berkas, tanpa mencari apa pun di dalamnya"),
    State.SWALLOW: Words(
        "the receiver throws a refused payload away, to be in step for the next line",
        "penerima membuang isi yang ditolak, agar tetap seirama untuk baris berikutnya"),
    State.DEAD: Words(
        "the receiver no longer knows where a line begins; the connection ends",
        "penerima tidak tahu lagi di mana baris dimulai; sambungan berakhir"),
}  # fmt: skip
"""What the receiver's machine does in each state of ``wire.parser``."""

PHASES: Final[Mapping[Phase, Words]] = {
    Phase.HELLO: Words(
        "the server does not know us yet and wants HELLO",
        "server belum mengenal kita dan menunggu HELLO"),
    Phase.TALK: Words(
        "the server knows us: every verb may come, in any order",
        "server mengenal kita: semua perintah boleh datang, urutan bebas"),
}  # fmt: skip
"""The two phases of a connection; which verb may come in which is told by ``wire.verbs``."""

HEADING: Final = (
    Words("The wire as it goes by. → this client sends, ← the server sends; then the bytes of the "
          "line (LF included) and the line itself.",
          "Isi kabel yang sedang lewat. → dikirim klien ini, ← dikirim server; lalu jumlah byte "
          "baris (termasuk LF) dan baris itu sendiri."),
    Words("Below it: the verb, its fields by name, and what the line is for.",
          "Di bawahnya: perintah, isian menurut namanya, dan kegunaan baris itu."),
    Words("=tag in front of a line names a question; each line of its answer carries the same tag, "
          "and the last is OK or ERR. Without a tag: news for everybody concerned.",
          "=tag di depan baris menamai pertanyaan; tiap baris jawabannya membawa tag yang sama, "
          "dan yang terakhir OK atau ERR. Tanpa tag: kabar untuk semua yang berkepentingan."),
    Words("state: the phase of the connection (HELLO, then TALK), and what the receiver's machine "
          "reads: LINE, or PAYLOAD behind a SEND line.",
          "keadaan: tahap sambungan (HELLO, lalu TALK), dan yang dibaca mesin penerima: LINE, atau "
          "PAYLOAD setelah baris SEND."),
    Words("Files are counted, never shown; of secrets (session, key, password) only … remains.",
          "Isi berkas hanya dihitung; rahasia (session, key, password) disembunyikan menjadi …."),
)  # fmt: skip
"""How to read the window."""

SAID: Final[Mapping[str, Words]] = {
    "up": Words("connected to {address}: a stream of bytes, both ways at once",
                "tersambung ke {address}: aliran byte, dua arah sekaligus"),
    "down": Words("connection closed", "sambungan ditutup"),
    "down-why": Words("no connection: {reason}", "tidak ada sambungan: {reason}"),
    "state": Words("state: {state}", "keadaan: {state}"),
    "asks": Words("tag {tag}: the answer will carry it too",
                  "tag {tag}: jawabannya membawa tag ini"),
    "part": Words("part of the answer to our {verb} (tag {tag})",
                  "bagian dari jawaban atas {verb} kita (tag {tag})"),
    "end": Words("ends the answer to our {verb} (tag {tag})",
                 "mengakhiri jawaban atas {verb} kita (tag {tag})"),
    "stray": Words("tag {tag}: we asked before this trace began",
                   "tag {tag}: ditanyakan sebelum rekaman ini dimulai"),
    "means": Words("{word}: {meaning}", "{word}: {meaning}"),
    "announced": Words("the next {count} bytes are payload, not lines",
                       "{count} byte berikutnya adalah isi berkas, bukan baris"),
    "no-payload": Words("length 0: no payload follows", "length 0: tidak ada isi yang menyusul"),
    "payload": Words("{arrow} {count} B payload, {left} left of {name}",
                     "{arrow} {count} B isi berkas, sisa {left} dari {name}"),
    "pieces": Words("{arrow} {count} B payload, {left} left of {name} ({pieces} more SEND lines "
                    "are not shown)",
                    "{arrow} {count} B isi berkas, sisa {left} dari {name} ({pieces} baris SEND "
                    "lagi tidak ditampilkan)"),
    "unannounced": Words("{arrow} payload of a SEND line from before this trace began",
                         "{arrow} isi berkas dari baris SEND sebelum rekaman ini dimulai"),
    "blank": Words("an empty line is ignored", "baris kosong diabaikan"),
    "will-refuse": Words("not a line of this protocol; the server answers ERR {code}: {meaning}",
                         "bukan baris protokol ini; server menjawab ERR {code}: {meaning}"),
    "unread": Words("not a line that this client knows; it is passed over ({code}: {meaning})",
                    "bukan baris yang dikenal klien ini; dilewati ({code}: {meaning})"),
    "no-bytes": Words("(a line that could not be read: {verb})", "(baris tak terbaca: {verb})"),
}  # fmt: skip
"""The other sentences, by what they say."""
