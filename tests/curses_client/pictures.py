"""A state worth a picture, and what every picture must be."""

from curses_client import cells
from curses_client.picture import Picture, Question, Row, Style
from curses_client.state import FOUND, Connection, Kind, Level, Line, State, Window
from curses_client.texts import Texts
from curses_client.view import Look, Moment, View

FRIDAY = (2026, 11, 20, 4)
SATURDAY = (2026, 11, 21, 5)
LONG_NAME = "a" * 32
BARS = {Style.BAR, Style.BUSY, Style.ALARM}
USUAL = Look()
NOW = 100.0
MARK = "──"
CLOCK = "08:09"

HOSTILE = {
    "NUL": "a\0b",
    "C0": "".join(map(chr, range(0x20))),
    "DEL": "a\x7fb",
    "C1": "".join(map(chr, range(0x80, 0xA0))),
    "clear the screen": "\x1b[2J\x1b[H",
    "title": "\x1b]0;judul\x07",
    "clipboard": "\x1b]52;c;cm0gLXJm\x1b\\",
    "DCS": "\x1bP$q\x1b\\",
    "CSI of one byte": "\x9b2J",
    "bidi": "\u202ekeluar\u202c \u2066x\u2069 \u200f",
    "invisible": "a\u200b\u200d\ufeff\u00ad\u2060b",
    "separators": "a\u2028b\u2029c\u0085d",
    "marks without end": "e" + "\u0301" * 1000,
    "marks alone": "\u0301\u0302\u0303",
    "surrogate": "a\ud800b",
    "tags": "\U000e0041\U000e007f",
    "wide": "日" * 200,
    "emoji": "👩‍👩‍👧‍👦🏽🇮🇩",
    "tab and breaks": "a\tb\nc\rd\x0be\x0cf",
    "private use": "\ue000\U000f0000",
    "nothing": "",
    "blanks": "  \u3000\u00a0 ",
}
"""What people send who mean no good."""


def text_of(row: Row) -> str:
    """A row as the reader sees it."""
    return "".join(span.text for span in row)


def texts_of(picture: Picture) -> list[str]:
    """A picture as the reader sees it, without the blanks at the ends."""
    return [text_of(row).rstrip() for row in picture.rows]


def sound(picture: Picture, columns: int, rows: int) -> Picture:
    """``picture``, once it is sure that a terminal of this size can show it."""
    assert len(picture.rows) == rows
    for y, row in enumerate(picture.rows):
        text = text_of(row)
        # A terminal scrolls when its very last cell is written.
        room = columns if y < rows - 1 else max(1, columns - 1)
        assert cells.width(text) <= room, (y, text)
        for span in row:
            assert span.text == cells.safe(span.text), span
            # Nothing is sent about which terminals disagree (joiners, marks without end). What the
            # bars tell besides the topic are words that the wire's grammar holds to ASCII.
            if span.style not in BARS:
                assert span.text == "".join(glyph.text for glyph in cells.glyphs(span.text)), span
    y, x = picture.cursor
    assert 0 <= y < rows
    assert 0 <= x < columns
    return picture


def shown(window: Window) -> list[str]:
    """The lines of a window; the mark as what it counts."""
    return [MARK + line.text if line.kind is Kind.MARK else line.text for line in window.lines]


def draw(
    state: State,
    columns: int,
    rows: int,
    language: str = "id",
    pending: list[str] | None = None,
    question: str | Question = "",
    *,
    hint: tuple[str, ...] = (),
    look: Look = USUAL,
    found: Line | None = None,
) -> Picture:
    """A sound picture at nine past eight, 100 seconds after the machine was started."""
    view = View(state, Texts(language))
    view.look = look
    asked = Question((question,)) if isinstance(question, str) and question else question or None
    moment = Moment(CLOCK, NOW, pending or [], asked, found, hint)
    return sound(view.picture(columns, rows, moment), columns, rows)


def talk(text: str, who: str = "fatur", clock: str = "08:00", *, mention: bool = False) -> Line:
    """A line that somebody said, on the day of the pictures."""
    return Line(Kind.TALK, clock, who, text, day=SATURDAY, mention=mention)


def filled(window: Window, count: int, text: str = "baris {n}") -> Window:
    """``window`` with lines that tell their number."""
    for n in range(count):
        window.add(talk(text.format(n=n)), SATURDAY, "")
    return window


def small_state() -> State:
    """In #lab, connected, with nothing said."""
    state = State("rizky")
    state.connection = Connection.UP
    state.show(state.open("#lab"))
    return state


def lab() -> State:
    """An afternoon and a morning in #lab, seen by rizky; fatur whispers, #uas goes on."""
    state = small_state()
    state.badges = "verified"
    window = state.current
    window.topic = "kumpul modul 11 Jumat"
    window.people = {name: name for name in ("rizky", "fatur", "aguel")}

    def add(line: Line, day: tuple[int, int, int, int] = SATURDAY) -> None:
        window.add(line, day, "── Sabtu, 21 November 2026 ──")

    add(talk("siang!", clock="14:02"), FRIDAY)
    add(Line(Kind.DEED, "14:03", "rizky", "pasang kabel"), FRIDAY)
    add(Line(Kind.PASSING, "08:00", "", "--> aguel bergabung"))
    add(talk("rizky: sudah baca modul yang kemarin dibagikan di kelas belum? halaman tiga puluh",
             "aguel", "08:01", mention=True))  # fmt: skip
    add(Line(Kind.FILE, "08:02", "fatur", ">> #1043 kuliah.mp4 115 MB dari fatur"))
    add(talk("日本語のテキスト 😀 e\u0301 selesai", clock="08:03"))
    add(talk("nama panjang", LONG_NAME, "08:04"))
    add(talk("def f():\u2028    return 1", "rizky", "08:05"))
    add(Line(Kind.NOTICE, "08:06", "", "3 orang: rizky fatur aguel"))
    add(Line(Kind.ERROR, "08:07", "", "tidak terkirim: halo: kamu belum masuk ruang itu"))
    uas, whisper = state.open("#uas"), state.open("@fatur")
    state.touch(uas, Level.TALK)
    state.touch(uas, Level.TALK)
    state.touch(whisper, Level.MENTION)
    window.editor.insert("teks yang sedang diketik")
    return state


def hostile_state(text: str) -> State:
    """``text`` in every place to which somebody else's words come."""
    state = State(text)
    state.connection = Connection.UP
    state.reason = text
    state.badges = text
    state.progress = [text]
    room = state.open("#" + text)
    room.topic = text
    room.people = {text: text}
    room.signs = {text: "+*" + text}
    for kind in set(Kind) - {Kind.MARK}:
        room.add(Line(kind, "08:00", text, text), SATURDAY, text)
        room.add(Line(kind, "08:00", text, text, mention=True), SATURDAY, text)
    room.mark_here()
    room.editor.insert(text)
    whisper = state.open("@" + text)
    whisper.away = text
    state.open(FOUND).topic = text
    state.touch(whisper, Level.MENTION)
    state.show(room)
    return state
