"""A state worth a picture, and what every picture must be."""

from curses_client import cells
from curses_client.state import Connection, Kind, Level, Line, State, Window
from curses_client.texts import Texts
from curses_client.view import Picture, Row, View

FRIDAY = (2026, 11, 20, 4)
SATURDAY = (2026, 11, 21, 5)
LONG_NAME = "a" * 32


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
    y, x = picture.cursor
    assert 0 <= y < rows
    assert 0 <= x < columns
    return picture


def draw(
    state: State,
    columns: int,
    rows: int,
    language: str = "id",
    pending: list[str] | None = None,
    question: str = "",
) -> Picture:
    """A sound picture at nine past eight, 100 seconds after the machine was started."""
    view = View(state, Texts(language))
    picture = view.picture(columns, rows, "08:09", 100.0, pending or [], question)
    return sound(picture, columns, rows)


def talk(text: str, who: str = "fatur", clock: str = "08:00", *, mention: bool = False) -> Line:
    """A line that somebody said."""
    return Line(Kind.TALK, clock, who, text, mention=mention)


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
