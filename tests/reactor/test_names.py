"""Names on a real server: NICK AWAY WHO, and whose is what (P10, C38, C40).

Private talk, rooms and tags belong to a session, not to its name. At the UNIX door the kernel says
who is there.
"""

import os
import pwd
import re
import subprocess
import sys

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess

LOGIN = pwd.getpwuid(os.getuid()).pw_name


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


def code(raw: Raw, line: str, tag: str = "c") -> str:
    """The first two words of the last line of an answer."""
    return " ".join(raw.answer(line, tag)[-1].split()[:2])


# NICK.


def test_nick_is_told_to_all_who_share_a_room_once(server: ServerProcess) -> None:
    ani, budi = come(server, "ani", "#lab", "#den"), come(server, "budi", "#lab", "#den")
    with ani, budi, come(server, "cici", "#other") as cici:
        told(ani)
        assert code(ani, "NICK Ana") == "OK"
        assert told(budi) == ["RENAMED ani Ana"]
        assert [re.sub(r" \S+Z", "", line) for line in ani.seen if "RENAMED" in line] == [
            "RENAMED ani Ana"
        ]
        assert told(cici) == []
        ani.say("SAY #lab halo")
        assert told(budi) == ["MSG 1 #lab Ana halo"]
        assert budi.answer("NAMES #den")[0] == "NAMES #den Ana budi"


def test_nick_is_told_to_me_in_no_room(server: ServerProcess) -> None:
    with come(server, "ani") as ani, come(server, "ani", session=ani.session) as two:
        ani.say("NICK ana")
        assert told(ani) == ["RENAMED ani ana"]
        assert told(two) == ["RENAMED ani ana"]


def test_nick_that_is_taken_changes_nothing(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi", "#lab") as budi:
        for name in ("budi", "BUDI"):
            assert code(ani, f"NICK {name}") == "ERR name-taken"
        assert ani.answer("NAMES #lab")[0] == "NAMES #lab ani budi"
        assert told(budi) == []


def test_case_of_my_own_name(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani:
        ani.say("NICK ani", "NICK ANI")
        assert told(ani) == ["RENAMED ani ANI"]
        assert ani.answer("WHO ani")[0].startswith("WHO ANI ")


def test_name_left_by_nick_is_free(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as ani, come(server, "budi", "#lab") as budi:
        ani.say("NICK ana")
        told(ani)
        told(budi)
        assert code(budi, "NICK ani") == "OK"
        assert told(ani) == ["RENAMED budi ani"]


# What belongs to a session, never to a name.


def test_private_word_to_a_free_name_waits_for_who_had_it(strangers: ServerProcess) -> None:
    with come(strangers, "ani") as ani:
        with come(strangers, "budi") as budi:
            token = budi.session
            budi.answer("QUIT")
        ani.say("SAY @budi for the first one")
        assert told(ani) == ["MSG 1 @budi ani for the first one"]
        with come(strangers, "budi") as other:
            assert other.session != token
            for target in ("@", "@ani", "@budi"):
                assert other.answer(f"HISTORY {target} after 0 9") == ["OK 0 0"]
            ani.say("SAY @budi for the second one")
            assert told(other) == ["MSG 2 @budi ani for the second one"]
            assert [line.split(" ", 5)[5] for line in other.answer("HISTORY @ after 0 9")[:-1]] == [
                "for the second one"
            ]
            with come(strangers, "budi2", session=token) as first:
                assert told(first) == []  # nothing is pushed
                for target in ("@", "@ani"):
                    lines = first.answer(f"HISTORY {target} after 0 9")
                    assert [line.split(" ", 5)[5] for line in lines[:-1]] == ["for the first one"]


def test_private_word_survives_a_restart(server: ServerProcess) -> None:
    with come(server, "budi") as budi, come(server, "ani") as ani:
        budi.answer("QUIT")
        ani.answer("SAY @budi later")
        server.kill()
    server.start()
    with come(server, "budi", session=budi.session) as again:
        assert again.answer("HISTORY @ after 0 9")[-1] == "OK 1 0"


def test_rooms_and_tags_belong_to_the_session(strangers: ServerProcess) -> None:
    with come(strangers, "ani", "#lab") as ani:
        assert ani.answer("TOPIC #lab mine", "u") == ["OK"]
        assert ani.answer("SAY #lab x", "same") == ["OK 1"]
        ani.answer("QUIT")
    with come(strangers, "ani", "#lab") as other:
        assert code(other, "TOPIC #lab no, mine") == "ERR not-allowed"
        assert other.answer("SAY #lab x", "same") == ["OK 2"]
    with come(strangers, "ana", "#lab", session=ani.session) as again:
        assert again.answer("TOPIC #lab still mine", "u") == ["OK"]
        assert again.answer("SAY #lab x", "same") == ["OK 1"]


def test_nobody_ever_had_that_name(server: ServerProcess) -> None:
    with come(server, "ani") as ani:
        assert code(ani, "SAY @budi x") == "ERR no-name"
        assert code(ani, "HISTORY @budi after 0 9") == "ERR no-name"


# AWAY and WHO.


def test_who_tells_of_a_person(server: ServerProcess) -> None:
    ani, budi = come(server, "ani", "#lab", "#den"), come(server, "Budi", "#lab")
    with ani, budi, come(server, "ani", session=ani.session) as two:
        assert two.answer("AWAY gone  fishing") == ["OK"]
        line, end = budi.answer("WHO ANI")
        verb, name, *pairs = line.split(" ")
        words = dict(pair.split("=", 1) for pair in pairs)
        assert (verb, name, end) == ("WHO", "ani", "OK")
        assert words.pop("away").replace("\u00a0", " ") == "gone  fishing"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", words.pop("since"))
        assert int(words.pop("idle")) < 5
        assert words == {"door": "tcp", "user": LOGIN, "rooms": "#den,#lab"}
        ani.answer("AWAY")
        assert "away=" not in budi.answer("WHO ani")[0]
        lines = ani.answer("WHO #lab")
        assert {line.split()[1] for line in lines[:-1]} == {"ani", "Budi"}
        assert lines[-1] == "OK"
        budi.say("WHO #lab")
        assert len(told(budi)) == 2


def test_who_knows_nobody_who_is_gone(server: ServerProcess) -> None:
    with come(server, "ani") as ani:
        with come(server, "budi"):
            pass
        with come(server, "cici") as cici:
            cici.answer("QUIT")
        assert code(ani, "WHO budi") == "ERR no-name"  # held, but not here
        assert code(ani, "WHO cici") == "ERR no-name"
        assert code(ani, "WHO #lab") == "ERR no-room"


# The UNIX door.


def unix(server: ServerProcess, name: str, session: str = "") -> Raw:
    """One connection over the UNIX door."""
    raw = Raw(0, unix=server.unix)
    raw.hello(name, session)
    return raw


def test_account_needs_no_token(strangers: ServerProcess) -> None:
    with unix(strangers, "ani") as one, unix(strangers, "ANI") as two:
        assert two.session == one.session
        with Raw(strangers.port) as thief:
            thief.say("HELLO ani")
            assert thief.line().startswith("ERR name-taken ")
        with come(strangers, "ani", session=one.session):  # the token is good at every door
            assert "door=tcp,unix" in one.answer("WHO ani")[0]
        with unix(strangers, "budi") as other:  # one account may be two
            assert other.session != one.session
        one.answer("QUIT")
        two.answer("QUIT")
    with unix(strangers, "ani") as again:
        assert again.session == one.session


def test_account_is_known_after_a_restart(server: ServerProcess) -> None:
    with unix(server, "ani") as one:
        server.kill()
    server.start()
    with unix(server, "ani") as again:
        assert again.session == one.session


def test_name_of_the_account_is_marked(server: ServerProcess) -> None:
    with unix(server, LOGIN) as me, unix(server, "ani") as other:
        assert me.answer("QUIT")
        with Raw(0, unix=server.unix) as raw:
            assert raw.hello(LOGIN).split()[5:] == ["verified,operator"]
            raw.say("JOIN #lab")
            other.say("JOIN #lab")
            other.sync()
            assert other.answer("NAMES #lab")[0] == f"NAMES #lab {LOGIN}+* ani*"
            assert f" door=unix user={LOGIN} " in other.answer(f"WHO {LOGIN}")[0]
            raw.say("NICK me")
            raw.sync()
            assert other.answer("NAMES #lab")[0] == "NAMES #lab me* ani*"


ASK = """
import os, socket, sys
os.setuid(12345)
sock = socket.socket(socket.AF_UNIX)
sock.connect("\\0" + sys.argv[1])
sock.sendall(b"HELLO ani\\nHELLO budi\\nQUIT\\n")
print(sock.makefile().read())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_account_is_somebody_else(server: ServerProcess) -> None:
    command = [sys.executable, "-I", "-c", ASK, server.unix[1:]]
    with unix(server, "ani") as ani:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        assert lines[0].startswith("ERR name-taken ")
        assert lines[1].startswith("WELCOME budi ")
        assert lines[1].split()[2] != ani.session
    with unix(server, "budi") as other:  # free again, but the session is not this account's
        assert other.session != lines[1].split()[2]
