"""Files through a real server: SEND PARTIAL GET STOP FILES as on the wire (rules 7 10; C12)."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

KIB = 1024
MIB = 1024 * KIB
PIECE = 64 * KIB
Enter = Callable[..., Raw]


def content(size: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def send(raw: Raw, data: bytes, name: str = "x.bin", target: str = "#lab", tag: str = "up") -> int:
    """Send a whole file in one SEND; its event."""
    size = len(data)
    (answer,) = raw.answer(f"SEND {target} w-{tag} 0 {size} {size} {name}", tag, data)
    ok, event, digest = answer.split()
    assert (ok, digest) == ("OK", sha256(data))
    return int(event)


def send_pieces(raw: Raw, data: bytes, word: str, start: int, end: int, size: int = PIECE) -> None:
    """Send the bytes from ``start`` to ``end`` of an upload that does not end with them."""
    for at in range(start, end, size):
        piece = data[at : min(at + size, end)]
        line = f"SEND #lab {word} {at} {len(piece)} {len(data)} {word}.bin"
        assert raw.answer(line, f"{word}.{at}", piece) == [f"OK {at + len(piece)}"]


def ending(raw: Raw, data: bytes, word: str, start: int) -> str:
    """Send the rest of an upload; the last line of its answer."""
    rest = data[start:]
    line = f"SEND #lab {word} {start} {len(rest)} {len(data)} {word}.bin"
    return raw.answer(line, f"{word}.last", rest)[-1]


def wait_for_partial(raw: Raw, word: str, offset: int) -> None:
    """Wait until so much is here."""
    deadline = time.monotonic() + 60
    while (answer := raw.answer(f"PARTIAL {word}")) != [f"OK {offset}"]:
        assert time.monotonic() < deadline, answer


@pytest.fixture
def enter(server: ServerProcess) -> Iterator[Enter]:
    """Let somebody into #lab, or into another room; all are gone at the end."""
    with ExitStack() as stack:
        yield lambda name, room="#lab": stack.enter_context(member(server.port, name, room))


def test_a_whole_file_in_one_line(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(300_000)
    event = send(ani, data, "Tugas akhir – bab 1.pdf")
    line = budi.expect("FILE ")
    words = line.split(" ", 7)
    assert words[1] == str(event)
    assert words[3:] == ["#lab", "ani", "300000", sha256(data), "Tugas akhir – bab 1.pdf"]
    assert ani.seen[-1] == line  # the sender got it too, before the OK
    assert budi.fetch(event) == data
    assert budi.answer("HISTORY #lab before 9 9")[-2:] == [line, "OK 1 0"]


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_files_of_every_awkward_size(enter: Enter, size: int) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(size)
    event = send(ani, data)
    assert budi.fetch(event) == data
    budi.say(f"=x GET {event}")
    pieces = -(-size // PIECE) or 1
    for _ in range(pieces):
        length = int(budi.expect("=x SEND ").split()[5])
        assert bool(length) == bool(size)
        budi.payload(length)
    assert budi.line() == "=x OK"


def test_pieces_make_a_file_and_only_the_last_one_an_event(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(200_000)
    assert ani.answer("PARTIAL t1") == ["OK 0"]
    for at in (0, 50_000, 100_000):
        send_pieces(ani, data, "t1", at, at + 50_000)
        assert ani.answer("PARTIAL t1") == [f"OK {at + 50_000}"]
    assert budi.sync() == []
    assert ani.seen == [line for line in ani.seen if not line.startswith("FILE")]
    assert ending(ani, data, "t1", 150_000) == f"OK 1 {sha256(data)}"
    assert budi.expect("FILE ").split()[6] == sha256(data)
    assert ani.answer("PARTIAL t1") == ["OK 0"]  # its word is free again


def test_several_uploads_at_once_and_talk_between(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    files = {f"t{n}": content(PIECE + 5000 * n, n) for n in range(1, 5)}
    for at in (0, 20_000, 40_000):
        for word, data in files.items():
            send_pieces(ani, data, word, at, at + 20_000)
            assert ani.answer(f"SAY #lab {word} at {at}", f"say-{word}-{at}")[-1].startswith("OK ")
    for word, data in files.items():
        assert ending(ani, data, word, 60_000).endswith(sha256(data))
    lines = budi.sync()
    assert [line.split(" ", 5)[5] for line in lines[:12]] == [
        f"{word} at {at}" for at in (0, 20_000, 40_000) for word in files
    ]
    for line, data in zip(lines[12:], files.values(), strict=True):
        assert budi.fetch(int(line.split()[1])) == data


def test_untagged_pieces_are_answered_by_partial_alone(enter: Enter) -> None:
    ani = enter("ani")
    data = content(1000)
    for at in (0, 500):
        ani.send(b"SEND #lab t1 %d 500 1000 x\n" % at + data[at : at + 500])
        ani.say("PARTIAL t1")
    lines = ani.sync()
    assert [line.split()[0] for line in lines] == ["OK", "FILE", "OK"] or lines[1:] == ["OK 0"]
    assert lines[0] == "OK 500"
    ani.send(b"SEND #lab t1 7 500 1000 x\n" + data[:500])
    (line,) = ani.sync()
    assert line.startswith("ERR bad-offset 0 ")


def test_who_comes_back_takes_the_upload_over(server: ServerProcess, enter: Enter) -> None:
    """The old connection hangs in the middle of a piece, and nobody knows that it is dead."""
    ani, budi = enter("ani"), enter("budi")
    data = content(500_000)
    ani.send(b"=old SEND #lab t1 0 400000 500000 t1.bin\n" + data[:123_457])
    with Raw(server.port) as again:
        again.hello("ani", ani.session)
        again.answer("JOIN #lab")
        wait_for_partial(again, "t1", 123_457)
        assert ending(again, data, "t1", 123_457) == f"OK 1 {sha256(data)}"
    ani.send(bytes(400_000 - 123_457))
    assert ani.expect("=old ").startswith("=old ERR stopped ")
    ani.seen.clear()
    assert ani.answer("PING in-step", "step") == ["PONG in-step", "OK"]
    assert budi.fetch(1) == data


def test_an_upload_goes_on_after_a_break(server: ServerProcess, enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(500_000)
    send_pieces(ani, data, "t1", 0, 100_000)
    ani.send(b"SEND #lab t1 100000 400000 500000 t1.bin\n" + data[100_000:123_457])
    ani.close()
    with Raw(server.port) as again:
        again.hello("ani", ani.session)
        again.answer("JOIN #lab")
        wait_for_partial(again, "t1", 123_457)
        assert ending(again, data, "t1", 123_457) == f"OK 1 {sha256(data)}"
    assert budi.fetch(1) == data


def test_an_upload_belongs_to_its_session(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(1000)
    send_pieces(ani, data, "t1", 0, 500)
    assert budi.answer("PARTIAL t1") == ["OK 0"]
    assert budi.answer("STOP t1")[0].startswith("ERR no-file ")
    assert send(budi, content(10, 2), tag="t1")
    assert ani.answer("PARTIAL t1") == ["OK 500"]


def test_an_upload_goes_on_after_a_kill(server: ServerProcess, enter: Enter) -> None:
    ani = enter("ani")
    data = content(3 * MIB + 5)
    send_pieces(ani, data, "t1", 0, 3 * MIB, MIB)
    server.kill()
    server.start()
    with Raw(server.port) as again:
        again.hello("ani", ani.session)
        again.answer("JOIN #lab")
        assert again.answer("PARTIAL t1") == [f"OK {3 * MIB}"]
        assert ending(again, data, "t1", 3 * MIB) == f"OK 1 {sha256(data)}"
        assert again.fetch(1) == data


def test_stop_forgets_an_upload(enter: Enter) -> None:
    ani = enter("ani")
    data = content(1000)
    send_pieces(ani, data, "t1", 0, 500)
    assert ani.answer("STOP t1") == ["OK"]
    assert ani.answer("PARTIAL t1") == ["OK 0"]
    assert ani.answer("STOP t1")[0].startswith("ERR no-file ")
    assert ani.answer("STOP 5")[0].startswith("ERR no-file ")
    other = content(700, 2)
    send_pieces(ani, other, "t1", 0, 300)  # the word is free: another file may have it
    assert ending(ani, other, "t1", 300).endswith(sha256(other))


def test_stop_from_another_terminal_in_the_middle_of_a_piece(
    server: ServerProcess, enter: Enter
) -> None:
    ani = enter("ani")
    with Raw(server.port) as second:
        second.hello("ani", ani.session)
        ani.send(b"=s SEND #lab t1 0 100000 100000 x\n" + bytes(50_000))
        wait_for_partial(second, "t1", 50_000)
        assert second.answer("STOP t1") == ["OK"]
        ani.send(b"SAY #lab evil\n" * 3572)  # 50,008 bytes: the last line begins in step
        assert ani.expect("=s ").startswith("=s ERR stopped ")
        assert ani.sync()[0].startswith("ERR unknown-verb ")
        assert not [line for line in ani.seen if line.startswith("MSG")]


def test_stop_ends_a_download(server: ServerProcess, enter: Enter) -> None:
    ani = enter("ani")
    event = send(ani, content(20 * MIB))
    # The buffers of a UNIX socket are small: a kernel may hold 20 MB of a TCP connection.
    with Raw(0, unix=server.unix, name="budi") as budi:
        budi.answer("JOIN #lab")
        check_stop(budi, event)


def check_stop(budi: Raw, event: int) -> None:
    budi.say(f"=g GET {event}")
    first = budi.expect("=g SEND ")
    budi.payload(int(first.split()[5]))
    budi.say(f"=s STOP {event}")
    assert drain(budi, "g") < 20 * MIB
    assert "=s OK" in budi.seen or budi.expect("=s ") == "=s OK"
    assert budi.sync() == []
    assert budi.answer(f"STOP {event}")[0].startswith("ERR no-file ")
    assert len(budi.fetch(event, 19 * MIB)) == MIB


def drain(raw: Raw, tag: str) -> int:
    """Read pieces until a download ends with ERR stopped; their bytes."""
    got = 0
    while not (line := raw.line()).startswith(f"={tag} ERR stopped "):
        words = line.split()
        if words[:2] == [f"={tag}", "SEND"]:
            got += len(raw.payload(int(words[5])))
        else:
            raw.seen.append(line)
    return got


def test_stop_right_behind_its_get(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    event = send(ani, content(20 * MIB))
    for _ in range(5):
        budi.say(f"=g GET {event}", f"=s STOP {event}")
        assert drain(budi, "g") < 20 * MIB
        assert "=s OK" in budi.seen or budi.expect("=s ") == "=s OK"
        budi.seen.clear()


def test_a_second_get_replaces_the_first(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(5 * MIB)
    event = send(ani, data)
    budi.say(f"=one GET {event}", f"=two GET {event} {4 * MIB}")
    assert drain(budi, "one") < 4 * MIB
    found = b""
    while (line := budi.line()) != "=two OK":
        assert line.startswith("=two SEND ")
        found += budi.payload(int(line.split()[5]))
    assert found == data[4 * MIB :]
    assert budi.sync() == []


def test_get_from_any_offset(enter: Enter) -> None:
    ani = enter("ani")
    data = content(200_000)
    event = send(ani, data)
    for offset in (0, 1, PIECE - 1, PIECE, PIECE + 1, 199_999, 200_000):
        assert ani.fetch(event, offset) == data[offset:]
    (refused,) = ani.answer(f"GET {event} 200001")
    assert refused.startswith("ERR bad-offset 200000 ")


def test_an_untagged_get_is_pieces_alone(enter: Enter) -> None:
    ani = enter("ani")
    data = content(PIECE + 10)
    event = send(ani, data)
    ani.say(f"GET {event}")
    for at, length in ((0, PIECE), (PIECE, 10)):
        assert ani.line() == f"SEND #lab {event} {at} {length} {len(data)} x.bin"
        assert ani.payload(length) == data[at : at + length]
    assert ani.sync() == []
    ani.say("GET 99", f"GET {event} 9999999")
    assert [line.split()[1] for line in ani.sync()] == ["no-file", "bad-offset"]


def test_who_may_fetch(server: ServerProcess, enter: Enter) -> None:
    ani, budi, cici = enter("ani"), enter("budi"), enter("cici", "#den")
    data = content(1000)
    shown = send(ani, data, tag="room")
    private = send(ani, data, target="@Budi", tag="private")
    assert [line.split()[3] for line in budi.sync()] == ["#lab", "@budi"]
    for raw in (ani, budi):
        assert raw.fetch(shown) == raw.fetch(private) == data
    assert cici.sync() == []
    assert cici.answer(f"GET {shown}")[0].startswith("ERR not-joined ")
    assert cici.answer(f"GET {private}")[0].startswith("ERR not-allowed ")
    budi.answer("LEAVE #lab")
    assert budi.answer(f"GET {shown}")[0].startswith("ERR not-joined ")
    cici.answer("JOIN #lab")
    assert cici.fetch(shown) == data  # from its first event on
    talk = ani.answer("SAY #lab hello")[-1].split()[1]
    assert ani.answer(f"GET {talk}")[0].startswith("ERR no-file ")
    assert ani.answer("GET 0")[0].startswith("ERR no-file ")
    with Raw(server.port) as stranger:
        assert stranger.answer(f"GET {shown}")[0].startswith("ERR not-yet ")


def test_nobody_sends_to_where_he_may_not_speak(enter: Enter) -> None:
    ani = enter("ani")
    enter("budi", "#den")
    for target, code in (
        ("#den", "not-joined"),
        ("#no", "no-room"),
        ("@nobody", "no-name"),
        ("*", "not-allowed"),
    ):
        (refused,) = ani.answer(f"SEND {target} t1 0 3 3 x", payload=b"abc")
        assert refused.startswith(f"ERR {code} ")
    assert ani.sync() == []


def test_files_are_a_page_of_history_without_the_talk(enter: Enter) -> None:
    ani, budi = enter("ani"), enter("budi")
    for number in range(5):
        send(ani, content(10, number), f"{number} . bin", tag=f"f{number}")
        ani.answer(f"SAY #lab talk {number}", f"s{number}")
    live = [line for line in budi.sync() if line.startswith("FILE ")]
    assert len(live) == 5
    assert budi.answer("FILES #lab after 0 200") == [*live, "OK 5 0"]
    assert budi.answer("FILES #lab after 0 2") == [*live[:2], "OK 2 1"]
    assert budi.answer("FILES #lab before 999 2") == [*live[3:], "OK 2 1"]
    assert budi.answer(f"FILES #lab before {live[1].split()[1]} 9") == [live[0], "OK 1 0"]
    found = budi.answer("HISTORY #lab after 0 200")
    assert [line for line in found if line.startswith("FILE ")] == live
    assert found[-1] == "OK 10 0"
    budi.answer("LEAVE #lab")
    assert budi.answer("FILES #lab after 0 9")[0].startswith("ERR not-joined ")


def test_two_files_of_the_same_content_are_one_in_the_spool(
    server: ServerProcess, enter: Enter
) -> None:
    ani, budi = enter("ani"), enter("budi")
    data = content(100_000)
    one, two = send(ani, data, "a", tag="a"), send(budi, data, "b", tag="b")
    assert one != two
    assert ani.fetch(two) == budi.fetch(one) == data
    (file,) = (server.data / "spool" / "files").iterdir()
    assert file.name == sha256(data)
    assert list((server.data / "spool" / "partial").iterdir()) == []
