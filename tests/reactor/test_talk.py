"""Talk on a real server: SAY ACT HISTORY PING PONG, tags and no doubles (P3, C19, C24, C29)."""

import re
import resource
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess

NEWEST = 999_999_999_999_999


def joined(server: ServerProcess, name: str, room: str = "#lab") -> Raw:
    """Somebody in a room, with nothing left to read."""
    raw = Raw(server.port, name=name)
    raw.say(f"JOIN {room}")
    raw.sync()
    return raw


def text(line: str) -> str:
    """What was said in a MSG or ACT line."""
    return line.split(" ", 5)[5]


def test_say_and_act_reach_everybody_in_the_room(server: ServerProcess) -> None:
    with joined(server, "ani") as ani, joined(server, "budi") as budi, Raw(server.port) as cici:
        cici.say("HELLO cici", "JOIN #den")
        cici.sync()
        ani.sync()
        ani.say("SAY #lab halo selamat siang!", "ACT #LAB  waves ")
        lines = ani.sync()
        assert [line.split(" ")[0] for line in lines] == ["MSG", "ACT"]
        assert [line.split(" ")[3:5] for line in lines] == [["#lab", "ani"]] * 2
        assert [text(line) for line in lines] == ["halo selamat siang!", " waves "]
        assert [line.split()[1] for line in lines] == ["1", "2"]
        assert budi.sync() == lines
        assert cici.sync() == []


def test_untagged_line_has_no_ok_and_tagged_one_has_the_id(server: ServerProcess) -> None:
    with joined(server, "ani") as ani:
        ani.say("SAY #lab one", "=a.B_c-1 SAY #lab two", "=t ACT #lab three")
        lines = ani.sync()
        assert [line.split(" ")[0] for line in lines if "#lab" in line] == ["MSG", "MSG", "ACT"]
        assert [line for line in lines if "#lab" not in line] == ["=a.B_c-1 OK 2", "=t OK 3"]


def test_private_word_reaches_both_and_nobody_else(server: ServerProcess) -> None:
    ani, budi, cici = (joined(server, name) for name in ("ani", "budi", "cici"))
    with ani, budi, cici:
        for raw in (ani, budi, cici):
            raw.sync()
        assert ani.answer("SAY @BUDI psst") == ["OK 1"]
        line = ani.seen[-1]
        assert line.split(" ")[3:] == ["@budi", "ani", "psst"]
        assert budi.sync() == [line]
        assert cici.sync() == []
        assert cici.answer("HISTORY @ after 0 9") == ["OK 0 0"]
        assert cici.answer("HISTORY @budi after 0 9") == ["OK 0 0"]
        for raw, other in ((ani, "budi"), (budi, "ani")):
            assert raw.answer("HISTORY @ after 0 9") == [line, "OK 1 0"]
            assert raw.answer(f"HISTORY @{other} after 0 9") == [line, "OK 1 0"]


def test_talk_with_myself(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani:
        assert ani.answer("SAY @ani note") == ["OK 1"]
        assert [text(line) for line in ani.seen if line.startswith("MSG")] == ["note"]
        assert ani.answer("HISTORY @ani after 0 9")[-1] == "OK 1 0"
        assert ani.answer("HISTORY @ after 0 9")[-1] == "OK 1 0"


def test_text_arrives_as_it_was_sent(server: ServerProcess) -> None:
    texts = ["é🙂漢", "tab\there", "two\u2028lines", "  spaces  ", "=not-a-tag", "x" * 3500,
             "é" * 1750, "a\u0301\u200d\ufeff", "%s %n {0} \\n"]  # fmt: skip
    with joined(server, "ani") as ani, joined(server, "budi") as budi:
        ani.sync()
        for word in texts:
            ani.say(f"SAY #lab {word}")
        lines = ani.sync()
        assert [text(line) for line in lines] == texts
        assert budi.sync() == lines
        assert budi.answer("HISTORY #lab after 0 200") == [*lines, f"OK {len(texts)} 0"]


def test_crlf_is_a_line_end_too(server: ServerProcess) -> None:
    with joined(server, "ani") as ani:
        ani.send(b"SAY #lab one\r\n\r\n\n=t SAY #lab two\r\n")
        assert [text(line) for line in (ani.line(), ani.line())] == ["one", "two"]
        assert ani.line() == "=t OK 2"


# History.


def test_history_is_byte_for_byte_what_was_live(server: ServerProcess) -> None:
    with joined(server, "ani") as ani, joined(server, "budi") as budi:
        ani.sync()
        for number in range(30):
            raw, verb = (ani, budi)[number % 2], ("SAY", "ACT")[number % 3 == 0]
            assert raw.answer(f"{verb} #lab w{number}", f"w{number}") == [f"OK {number + 1}"]
        ani.answer("SAY @budi dua", "dua")
        came = [*budi.seen, *budi.sync()]
        live = [line for line in came if line.split()[0] in {"MSG", "ACT"}]
        room = budi.answer(f"HISTORY #lab before {NEWEST} 200")
        assert room.pop() == "OK 30 0"
        mine = budi.answer("HISTORY @ after 0 200")
        assert mine.pop() == "OK 1 0"
        assert room + mine == live
        budi.say("HISTORY #lab after 0 200")
        assert budi.sync() == room  # untagged: the same lines, and no OK


def test_history_pages(server: ServerProcess) -> None:
    with joined(server, "ani") as ani:
        ani.say(*[f"SAY #lab w{number}" for number in range(1, 451)])
        ani.sync()

        def page(words: str) -> tuple[list[int], str]:
            *lines, last = ani.answer(f"HISTORY #lab {words}")
            return [int(line.split()[1]) for line in lines], last

        assert page("after 0 200") == (list(range(1, 201)), "OK 200 1")
        assert page("after 0 999") == (list(range(1, 201)), "OK 200 1")
        assert page("after 400 200") == (list(range(401, 451)), "OK 50 0")
        assert page("after 450 200") == ([], "OK 0 0")
        assert page(f"before {NEWEST} 200") == (list(range(251, 451)), "OK 200 1")
        assert page("before 51 200") == (list(range(1, 51)), "OK 50 0")
        assert page("before 51 50") == (list(range(1, 51)), "OK 50 0")
        assert page("before 51 49") == (list(range(2, 51)), "OK 49 1")
        assert page("before 1 5") == ([], "OK 0 0")
        assert page("after 3 2") == ([4, 5], "OK 2 1")
        assert page("after 0 0") == ([], "OK 0 1")
        assert page(f"after {NEWEST} 1") == ([], "OK 0 0")


def test_history_page_ends_at_64_kib_and_pages_join(server: ServerProcess) -> None:
    with joined(server, "ani") as ani:
        ani.say(*[f"SAY #lab {number:03d}{'x' * 3000}" for number in range(60)])
        live = ani.sync()
        pages: list[str] = []
        last = 0
        count = 0
        while True:
            *lines, end = ani.answer(f"HISTORY #lab after {last} 200")
            assert sum(len(line) + 1 for line in lines) <= 64 * 1024
            pages += lines
            last = int(lines[-1].split()[1])
            count += 1
            if end.endswith(" 0"):
                break
        assert pages == live
        assert count == 3


def test_history_of_everybody_is_empty_and_open(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani:
        assert ani.answer("HISTORY * after 0 9") == ["OK 0 0"]


def test_history_right_behind_say_in_one_packet(server: ServerProcess) -> None:
    with joined(server, "ani") as ani, joined(server, "budi") as budi:
        ani.sync()
        budi.answer("SAY #lab old")
        ani.sync()
        lines = ["SAY #lab one", "=h HISTORY #lab after 0 9", "SAY #lab two"]
        ani.say(*lines, "HISTORY #lab after 2 9")
        lines = ani.sync()
        tagged = [line.removeprefix("=h ") for line in lines if line.startswith("=h ")]
        assert [text(line) for line in tagged[:-1]] == ["old", "one"]
        assert tagged[-1] == "OK 2 0"
        rest = [text(line) for line in lines if not line.startswith("=h ")]
        assert sorted(rest) == ["one", "two", "two"]  # live, live, and read again


def test_whole_life_in_one_packet(server: ServerProcess) -> None:
    with Raw(server.port) as raw:
        raw.say("HELLO ani", "JOIN #lab", "SAY #lab halo", "HISTORY #lab after 0 9", "QUIT")
        verbs = [line.split()[0] for line in raw.rest()]
        assert verbs == ["WELCOME", "JOINED", "MSG", "NAMES", "MSG", "BYE"]


def test_ping_and_pong(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani:
        ani.say("PING", "PING token", "=p PING word", "PONG", "PONG x", "=q PONG x")
        assert [ani.line() for _ in range(5)] == [
            *("PONG", "PONG token", "=p PONG word", "=p OK", "=q OK"),
        ]


# No doubles (P3).


def test_same_line_again_gets_the_old_ok(server: ServerProcess) -> None:
    with joined(server, "ani") as ani, joined(server, "budi") as budi:
        ani.sync()
        assert ani.answer("SAY #lab one", "t") == ["OK 1"]
        assert ani.answer("SAY #lab one", "t") == ["OK 1"]
        assert ani.answer("ACT #lab one", "t")[0].startswith("ERR id-reused ")
        assert ani.answer("SAY #lab two", "t")[0].startswith("ERR id-reused ")
        assert budi.answer("SAY #lab one", "t") == ["OK 2"]  # a tag is of a session
        ani.say("LEAVE #lab")
        assert ani.answer("SAY #lab one", "t") == ["OK 1"]  # before anything else is checked
        assert ani.answer("SAY #lab new", "u")[0].startswith("ERR not-joined ")
        ani.say("JOIN #lab")
        assert ani.answer("SAY #lab new", "u") == ["OK 3"]  # an ERR left it free
        assert [text(line) for line in budi.answer("HISTORY #lab after 0 9")[:-1]] == [
            *("one", "one", "new"),
        ]


def test_tags_of_questions_name_nothing(server: ServerProcess) -> None:
    with joined(server, "ani") as ani:
        assert ani.answer("PING a", "t") == ["PONG a", "OK"]
        assert ani.answer("PING b", "t") == ["PONG b", "OK"]
        assert ani.answer("SAY #lab x", "t") == ["OK 1"]
        assert ani.answer("NAMES #lab", "t")[-1] == "OK"


def test_no_double_across_a_kill_and_a_new_connection(server: ServerProcess) -> None:
    """C29: it was stored, the OK was lost with the server; sent again it is the same event."""
    ani = joined(server, "ani")
    assert ani.answer("SAY #lab one", "r4nd-1") == ["OK 1"]
    server.kill()
    ani.close()
    server.start()
    with Raw(server.port) as again:
        again.hello("ani", session=ani.session)
        assert again.answer("SAY #lab one", "r4nd-1") == ["OK 1"]
        assert again.answer("SAY #lab uno", "r4nd-1")[0].startswith("ERR id-reused ")
        again.say("JOIN #lab")
        assert again.answer("SAY #lab two", "r4nd-2") == ["OK 2"]
        assert [text(line) for line in again.answer("HISTORY #lab after 0 9")[:-1]] == [
            *("one", "two"),
        ]


def test_two_terminals_sending_the_same_line(server: ServerProcess) -> None:
    with joined(server, "ani") as one, Raw(server.port) as two:
        two.hello("ani", session=one.session)
        two.say("JOIN #lab")
        two.sync()
        one.say("=t SAY #lab x")
        two.say("=t SAY #lab x")
        assert one.expect("=t ") == two.expect("=t ") == "=t OK 1"
        assert one.answer("HISTORY #lab after 0 9")[-1] == "OK 1 0"


# Half-close (C19) and files, which come later.


def test_half_closed_connection_is_answered_and_said_goodbye(server: ServerProcess) -> None:
    with joined(server, "ani") as ani, joined(server, "budi") as budi:
        ani.sync()
        ani.send(b"=1 SAY #lab kept\n=2 PING x\n=3 SAY #lab unfinis")
        ani.sock.shutdown(socket.SHUT_WR)
        lines = ani.rest()
        assert text(lines[0]) == "kept"
        assert lines[1:4] == ["=1 OK 1", "=2 PONG x", "=2 OK"]
        assert lines[4].startswith("BYE quit ")
        assert len(lines) == 5
        assert text(budi.line()) == "kept"
        assert budi.expect("LEFT ").split()[2:] == ["#lab", "ani", "quit"]
        assert budi.answer("HISTORY #lab after 0 9")[-1] == "OK 1 0"


def test_half_closed_stranger(server: ServerProcess) -> None:
    with Raw(server.port) as raw:
        raw.send(b"HELLO ani")
        raw.sock.shutdown(socket.SHUT_WR)
        assert [line.split()[:2] for line in raw.rest()] == [["BYE", "quit"]]


@pytest.fixture
def full_spool(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that has no place for files."""
    with ServerProcess(tmp_path / "full", "--set", "rate=0", "--set", "spool-size=0") as running:
        yield running


def test_files_are_refused_and_their_payload_swallowed(full_spool: ServerProcess) -> None:
    """C7: what stands in a payload is never read as a command."""
    server = full_spool
    payload = b"SAY #lab from the payload\n" * 40
    with joined(server, "ani") as ani:
        head = f"=f SEND #lab t1 0 {len(payload)} {len(payload)} a.txt\n".encode()
        ani.send(head + payload + b"=g SAY #lab behind it\n")
        assert ani.line().startswith("=f ERR no-space ")
        assert text(ani.line()) == "behind it"
        assert ani.line() == "=g OK 1"
        ani.send(b"SEND @ani t 0 1048576 1048576 a\n" + bytes(1024 * 1024))
        ani.say("PING after")
        assert ani.line().startswith("ERR no-space ")
        assert ani.line() == "PONG after"


def test_refused_payload_over_a_mebibyte_ends_the_connection(full_spool: ServerProcess) -> None:
    server = full_spool
    with joined(server, "ani") as ani:
        ani.send(b"=f SEND #lab t1 0 1048577 1048577 a.txt\n" + bytes(70_000))
        assert ani.line().startswith("=f ERR ")
        assert ani.line().startswith("BYE bad-line ")
        ani.sock.shutdown(socket.SHUT_WR)
        assert ani.rest() == []
    with Raw(server.port, name="ani2") as alive:
        assert alive.answer("PING x") == ["PONG x", "OK"]


# The disk is full (C24), seen from outside.


@pytest.mark.parametrize("size", [0, 4096])
def test_full_disk_refuses_and_recovers(server: ServerProcess, size: int) -> None:
    """The kernel lets the server's files grow no more, and later lets them again."""
    with joined(server, "ani") as ani, joined(server, "budi") as budi:
        ani.sync()
        assert ani.answer("SAY #lab before", "s") == ["OK 1"]
        budi.sync()
        before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, before[1]))
        assert ani.answer("SAY #lab lost", "t")[0].startswith("ERR not-saved ")
        assert budi.answer("NICK bob")[0].startswith("ERR not-saved ")
        with Raw(server.port) as stranger:
            stranger.say("=h HELLO cici")
            assert stranger.line().startswith("=h ERR not-saved ")
            assert budi.answer("HISTORY #lab after 0 9")[-1] == "OK 1 0"
            assert budi.answer("NAMES #lab")[0] == "NAMES #lab ani budi"
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
            assert ani.answer("SAY #lab found", "t") == ["OK 2"]
            assert budi.answer("NICK bob") == ["OK"]
            stranger.hello("cici")
        assert [text(line) for line in budi.answer("HISTORY #lab after 0 9")[:-1]] == [
            *("before", "found"),
        ]
    told = [line for line in server.journal.read_text().splitlines() if " not-saved why=" in line]
    # Once, not for every line; where no file at all may grow, the journal's cannot either.
    assert len(told) == (1 if size else 0)


def test_times_are_those_of_the_wire(server: ServerProcess) -> None:
    with joined(server, "ani") as ani:
        ani.say("SAY #lab one", "SAY @ani two", "ACT #lab three")
        lines = ani.sync()
        assert sorted(int(line.split()[1]) for line in lines) == [1, 2, 3]
        for line in lines:
            stamp = line.split()[2]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp)
            ago = datetime.now(UTC) - datetime.fromisoformat(stamp)
            assert abs(ago.total_seconds()) < 60
