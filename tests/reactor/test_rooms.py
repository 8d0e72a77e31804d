"""Rooms on a real server: JOIN LEAVE NAMES ROOMS TOPIC, and that a room lasts (wire.md 2, 7, 8)."""

import re
from contextlib import ExitStack
from pathlib import Path

from tests.support.raw import Raw
from tests.support.server import ServerProcess


def come(server: ServerProcess, name: str, *rooms: str, session: str = "") -> Raw:
    """One connection that said HELLO, in these rooms, with nothing left to read."""
    raw = Raw(server.port)
    raw.hello(name, session)
    raw.say(*[f"JOIN {room}" for room in rooms])
    raw.sync()
    return raw


def told(raw: Raw) -> list[str]:
    """What came, without its times."""
    return [re.sub(r" \d{4}-\S+Z", "", line) for line in raw.sync()]


def ask(raw: Raw, line: str) -> list[str]:
    """An answer without times, the first two words of its last line."""
    lines = [re.sub(r" \d{4}-\S+Z", "", found) for found in raw.answer(line)]
    return [*lines[:-1], " ".join(lines[-1].split()[:2])]


def test_join_and_leave_are_told_to_all_members(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi") as budi:
        budi.say("=j JOIN #LAB", "=l LEAVE #Lab")
        assert told(budi) == [
            *("JOINED #lab budi", "=j NAMES #lab ani budi", "=j OK", "LEFT #lab budi", "=l OK"),
        ]
        assert told(ani) == ["JOINED #lab budi", "LEFT #lab budi"]
        assert ask(budi, "SAY #lab x") == ["ERR not-joined"]
        assert ask(budi, "LEAVE #lab") == ["ERR not-joined"]


def test_join_when_i_am_in_is_told_to_nobody(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi", "#lab") as budi:
        told(ani)
        assert ask(budi, "JOIN #lab") == ["NAMES #lab ani budi", "OK"]
        assert told(ani) == []
        assert budi.seen == ["WELCOME" + budi.seen[0][7:]]


def test_everything_from_the_first_event_on_may_be_read(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani:
        ani.say("SAY #lab before you came")
        ani.sync()
        with come(server, "budi", "#lab") as budi:
            lines = budi.answer("HISTORY #lab after 0 9")
            assert lines[0].endswith(" #lab ani before you came")
            budi.say("LEAVE #lab")
            assert budi.answer("HISTORY #lab after 0 9", "u")[-1].startswith("ERR not-joined ")
            assert budi.answer("NAMES #lab", "v")[-1].startswith("ERR not-joined ")


def test_quit_is_told_with_its_reason(server: ServerProcess) -> None:
    with come(server, "ani", "#lab", "#den") as ani, come(server, "budi", "#lab", "#den") as budi:
        told(ani)
        budi.say("QUIT gone fishing")
        assert [line.split()[:2] for line in budi.rest()] == [["BYE", "quit"]]
        assert told(ani) == [f"LEFT {room} budi gone fishing" for room in ("#lab", "#den")]


def test_room_shows_as_first_written(server: ServerProcess) -> None:
    with come(server, "ani", "#LaB") as ani, come(server, "budi", "#lab") as budi:
        told(ani)
        budi.say("SAY #LAB x")
        told(budi)
        assert told(ani) == ["MSG 1 #LaB budi x"]
        assert ask(budi, "ROOMS") == ["ROOM #LaB 2", "OK 1"]
        assert ask(budi, "TOPIC #lab x") == ["ERR not-allowed"]


# Topics.


def test_topic_is_told_kept_and_removed(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi", "#lab") as budi:
        told(ani)
        ani.say("=t TOPIC #lab tea at four ", "=t TOPIC #lab")
        lines = told(ani)
        assert lines == ["TOPIC #lab ani tea at four ", "=t OK", "TOPIC #lab ani", "=t OK"]
        assert told(budi) == ["TOPIC #lab ani tea at four ", "TOPIC #lab ani"]
        ani.say("TOPIC #lab coffee")
        set_by_ani = ani.line()
        ani.say("NICK ana")
        with Raw(server.port, name="cici") as cici:
            cici.say("=j JOIN #lab")
            assert cici.expect("JOINED ")
            assert cici.line() == f"=j {set_by_ani}"  # with its own time and who set it
            assert cici.line() == "=j NAMES #lab ana budi cici"
            assert cici.line() == "=j OK"
            assert ask(cici, "ROOMS") == ["ROOM #lab 3 coffee", "OK 1"]


def test_topic_is_the_owners(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi", "#lab") as budi:
        assert ask(budi, "TOPIC #lab mine") == ["ERR not-allowed"]
        assert ask(budi, "TOPIC #den mine") == ["ERR no-room"]
        ani.say("LEAVE #lab")
        ani.sync()
        assert ask(ani, "TOPIC #lab from outside") == ["OK"]
        assert told(budi)[-1] == "TOPIC #lab ani from outside"
        assert ask(ani, f"TOPIC #lab {'x' * 256}") == ["ERR too-long"]
        assert ask(ani, f"TOPIC #lab {'é' * 127}x") == ["OK"]


# A room lasts.


def test_room_lasts_without_members_and_over_a_restart(server: ServerProcess) -> None:
    with come(server, "ani", "#Lab") as ani:
        ani.say("TOPIC #lab tea", "SAY #lab kept", "LEAVE #lab")
        topic = next(line for line in ani.sync() if line.startswith("TOPIC "))
        assert ask(ani, "ROOMS") == ["ROOM #Lab 0 tea", "OK 1"]
        server.kill()
    server.start()
    with Raw(server.port, name="budi") as budi:
        assert ask(budi, "ROOMS") == ["ROOM #Lab 0 tea", "OK 1"]
        budi.say("JOIN #lab")
        assert budi.expect("TOPIC ") == topic
        assert budi.expect("NAMES ") == "NAMES #Lab budi"
        assert budi.answer("HISTORY #lab after 0 9")[0].endswith(" #Lab ani kept")
        assert ask(budi, "TOPIC #lab mine") == ["ERR not-allowed"]
        with come(server, "ani", "#lab", session=ani.session) as owner:
            assert ask(owner, "TOPIC #lab still mine") == ["OK"]


def test_key_is_ignored_where_a_room_has_none(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi") as budi:
        budi.say("JOIN #lab secret")
        assert told(budi) == ["JOINED #lab budi", "NAMES #lab ani budi"]
        assert told(ani) == ["JOINED #lab budi"]
        with come(server, "cici", "#lab") as cici:  # and did not become one
            assert told(cici) == []


# Many.


def test_rooms_come_in_pages_in_order_of_names(server: ServerProcess) -> None:
    server.stop()
    server.arguments = (*server.arguments, "--set", "rooms=1000")
    server.start()
    names = [f"#r{number:03d}" for number in range(205)]
    with come(server, "ani", *reversed(names)) as ani:
        lines = ani.answer("ROOMS")
        assert [line.split()[1] for line in lines[:-1]] == names[:200]
        assert lines[-1] == "OK 200 1"
        lines = ani.answer("ROOMS #R199")
        assert [line.split()[1] for line in lines[:-1]] == names[199:]
        assert lines[-1] == "OK 6 0"
        assert ani.answer("ROOMS #z") == ["OK 0 0"]
        # From there on in order of names, whether there is such a room or not.
        assert ani.answer("ROOMS #r0045")[0] == "ROOM #r005 1"
        ani.say("ROOMS #r200")
        assert [line.split()[1] for line in ani.sync()] == names[200:]


def test_rooms_of_one_connection_are_limited(server: ServerProcess) -> None:
    with come(server, "ani", *[f"#r{number}" for number in range(50)]) as ani:
        assert ask(ani, "JOIN #one-more") == ["ERR full"]
        assert ask(ani, "JOIN #r3")[-1] == "OK"
        assert ask(ani, "LEAVE #r3") == ["OK"]
        assert ask(ani, "JOIN #one-more")[-1] == "OK"
        assert "#r3" in {line.split()[1] for line in ani.answer("ROOMS")[:-1]}


def test_names_of_a_crowd_come_in_several_lines(server: ServerProcess) -> None:
    with ExitStack() as crowd:
        names = [f"n{number:03d}" + "x" * 28 for number in range(120)]
        for name in names:
            crowd.enter_context(Raw(server.port, name=name)).say("JOIN #lab")
        with Raw(server.port, name="ani") as ani:
            lines = ani.answer("JOIN #lab", "t" * 64)
            while len(ani.answer("NAMES #lab", "t" * 64)[0].split()) < 102:
                pass  # the last of the crowd may still be on its way
            lines = ani.answer("NAMES #lab", "t" * 64)
            assert lines.pop() == "OK"
            assert len(lines) == 2
            found = [name for line in lines for name in line.split()[2:]]
            assert sorted(found) == sorted([*names, "ani"])
            assert all(len(line) + 67 <= 4096 for line in lines)


def test_everybody_leaves_at_a_restart(server: ServerProcess, tmp_path: Path) -> None:
    del tmp_path
    with come(server, "ani", "#lab"):
        server.kill()
    server.start()
    with come(server, "budi", "#lab") as budi:
        assert ask(budi, "NAMES #lab") == ["NAMES #lab budi", "OK"]
