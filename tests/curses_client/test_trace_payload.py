"""Files in the wire view: counted, summed up, never shown; a bounded number of rows."""

import re

import pytest

from curses_client.trace import TENTHS, TRANSFERS_KEPT, Trace

SEE_SAW_BYTES = 11_534_336
PIECE_BYTES = 65_536
MOST_ROWS = 3 * 4 + 2 * (TENTHS + 3)
"""First and last SEND line and their answers in full, and the sums between them."""


def told_bytes(rows: list[str], arrow: str) -> int:
    """All payload that the rows tell of."""
    found = (re.match(rf"{arrow} ([0-9,]+) B payload", row) for row in rows)
    return sum(int(match[1].replace(",", "")) for match in found if match)


class Files:
    """A trace that files go by."""

    def __init__(self) -> None:
        self.trace = Trace("en")
        self.rows: list[str] = []
        self._tags = 0

    def piece(
        self, offset: int, length: int, size: int, *, outgoing: bool = True,
        chunk: int = PIECE_BYTES, word: str = "f1",
    ) -> list[str]:  # fmt: skip
        """One SEND line, its payload in chunks and, of an upload, its OK."""
        self._tags += 1
        tag = f"u{self._tags}" if outgoing else "g"
        head = f"={tag} SEND #lab {word} {offset} {length} {size} {word}.mp3\n"
        rows = self.trace.line(head.encode(), outgoing=outgoing)
        for at in range(0, length, chunk):
            rows += self.trace.payload(min(chunk, length - at), outgoing=outgoing)
        if outgoing:
            end = offset + length
            answer = f"={tag} OK {end}\n" if end < size else f"={tag} OK 7 {'a' * 64}\n"
            rows += self.trace.line(answer.encode(), outgoing=False)
        self.rows += rows
        return rows

    def whole(self, size: int, *, outgoing: bool = True, begin: int = 0) -> None:
        """A file in pieces."""
        word = "f1" if outgoing else "1043"
        for offset in range(begin, size, PIECE_BYTES):
            length = min(PIECE_BYTES, size - offset)
            self.piece(offset, length, size, outgoing=outgoing, chunk=20_000, word=word)


def test_a_piece_is_announced_counted_and_over() -> None:
    files = Files()
    line = b"=a SEND #lab t1 0 65536 11534336 See-Saw.mp3\n"
    notes = files.trace.line(line, outgoing=True)[2]
    assert "the next 65,536 bytes are payload, not lines" in notes
    assert "TALK, LINE → PAYLOAD" in notes
    (row,) = files.trace.payload(65_536, outgoing=True)
    assert row.startswith(
        "→ 65,536 B payload, 11,468,800 left of See-Saw.mp3 · state: TALK, PAYLOAD → LINE"
    )


@pytest.mark.parametrize("outgoing", [True, False])
@pytest.mark.parametrize("size", [1, PIECE_BYTES, 3 * PIECE_BYTES, SEE_SAW_BYTES, 1 << 28])
def test_a_file_of_any_size_gives_few_rows_that_tell_every_byte(
    size: int, outgoing: bool  # noqa: FBT001
) -> None:  # fmt: skip
    files = Files()
    if not outgoing:
        files.trace.line(b"=g GET 1043\n", outgoing=True)
    files.whole(size, outgoing=outgoing)
    assert told_bytes(files.rows, "→" if outgoing else "←") == size
    assert len(files.rows) <= MOST_ROWS
    pieces = -(-size // PIECE_BYTES)
    shown = sum(bool(re.search(r"B  =\w+ SEND ", row)) for row in files.rows)
    hidden = sum(int(found[0]) for row in files.rows if (found := re.findall(r"\((\d+) m", row)))
    assert shown + hidden == pieces


def test_the_whole_file_behind_one_line() -> None:
    files = Files()
    rows = files.piece(0, 1 << 28, 1 << 28, chunk=1 << 16)
    assert told_bytes(rows, "→") == 1 << 28
    assert len(rows) <= 3 + 3 + TENTHS + 1
    assert "PAYLOAD → LINE" in rows[-4]
    assert "TALK, PAYLOAD" in rows[-5]
    assert "PAYLOAD → LINE" not in rows[-5]


def test_a_resumed_file_is_announced_in_full_again() -> None:
    files = Files()
    files.piece(0, PIECE_BYTES, SEE_SAW_BYTES)
    assert len(files.piece(PIECE_BYTES, PIECE_BYTES, SEE_SAW_BYTES)) == 0
    rows = files.piece(5 * PIECE_BYTES, PIECE_BYTES, SEE_SAW_BYTES)
    assert "offset=327680" in rows[1]
    files.trace.down("")
    files.trace.up("here")
    assert len(files.piece(6 * PIECE_BYTES, PIECE_BYTES, SEE_SAW_BYTES)) > 3


def test_a_refusal_of_a_piece_is_told_though_the_piece_was_not() -> None:
    files = Files()
    files.piece(0, PIECE_BYTES, SEE_SAW_BYTES)
    line = f"=q SEND #lab f1 {PIECE_BYTES} {PIECE_BYTES} {SEE_SAW_BYTES} lagu.mp3\n"
    assert files.trace.line(line.encode(), outgoing=True) == []
    rows = files.trace.line(b"=q ERR too-big\n", outgoing=False)
    assert "ends the answer to our SEND (tag q)" in rows[2]


def test_a_question_about_a_file_has_no_payload() -> None:
    files = Files()
    line = b"=a SEND #lab t1 0 0 11534336 See-Saw.mp3\n"
    assert "length 0: no payload follows" in files.trace.line(line, outgoing=True)[2]
    assert files.piece(0, PIECE_BYTES, SEE_SAW_BYTES)[0].startswith("→ ")


def test_lines_between_the_pieces_and_two_files_at_once() -> None:
    files = Files()
    size = 20 * PIECE_BYTES
    for offset in range(0, size, PIECE_BYTES):
        files.piece(offset, PIECE_BYTES, size, word="a")
        files.rows += files.trace.line(b"SAY #lab halo\n", outgoing=True)
        files.piece(offset, PIECE_BYTES, size, word="b")
        files.piece(offset, PIECE_BYTES, size, word="9", outgoing=False)
    for word in "ab":
        told = [row for row in files.rows if f"left of {word}.mp3" in row]
        assert told_bytes(told, "→") == size
    assert told_bytes(files.rows, "←") == size
    assert sum("B  SAY " in row for row in files.rows) == 20


def test_a_trace_that_begins_inside_a_payload() -> None:
    trace = Trace("en")
    (row,) = trace.payload(1000, outgoing=False)
    assert "before this trace began" in row
    assert trace.payload(1000, outgoing=False) == []
    assert len(trace.line(b"PING a\n", outgoing=False)) == 3
    assert len(trace.payload(1000, outgoing=False)) == 1


def test_sizes_that_cannot_be_make_no_flood() -> None:
    files = Files()
    rows = files.piece(10**14, 10**9, 1, outgoing=False, chunk=10**6, word="9")
    assert told_bytes(rows, "←") == 10**9
    assert len(rows) <= 3 + TENTHS + 1


def test_only_so_many_files_are_kept_in_mind() -> None:
    files = Files()
    for number in range(TRANSFERS_KEPT + 1):
        files.piece(0, PIECE_BYTES, SEE_SAW_BYTES, word=f"f{number}")
    assert files.piece(PIECE_BYTES, PIECE_BYTES, SEE_SAW_BYTES, word="f1") == []
    assert files.piece(PIECE_BYTES, PIECE_BYTES, SEE_SAW_BYTES, word="f0") != []
