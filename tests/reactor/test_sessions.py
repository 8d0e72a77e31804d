"""Sessions on a real server: who proves to be whom, with how many terminals (wire.md 5 and 6)."""

import re
import socket
import struct
from contextlib import ExitStack

import pytest

from tests.support.raw import Raw
from tests.support.server import ServerProcess


@pytest.fixture
def server(strangers: ServerProcess) -> ServerProcess:
    """Here the secret alone proves who somebody is; accounts are the matter of test_accounts."""
    return strangers


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


def code(raw: Raw, line: str) -> str:
    """The first two words of the last line of an answer."""
    return " ".join(raw.answer(line)[-1].split()[:2])


def test_welcome(server: ServerProcess) -> None:
    with come(server, "Ani", "#lab") as ani, Raw(server.port) as budi:
        ani.say("SAY #lab one", "SAY #lab two")
        ani.sync()
        verb, name, session, history, tip, *badges = budi.hello("budi").split(" ")
        assert (verb, name, tip, badges) == ("WELCOME", "budi", "2", ["-"])
        assert re.fullmatch("[A-Za-z0-9_-]{16,64}", session)
        assert session != ani.session
        assert re.fullmatch("[A-Za-z0-9]+", history)


def test_history_id_lasts_as_long_as_the_database(server: ServerProcess) -> None:
    with Raw(server.port) as raw:
        history = raw.hello("ani").split()[3]
    server.kill()
    server.start()
    with Raw(server.port) as raw:
        assert raw.hello("budi").split()[3] == history


def test_token_proves_it_is_me(server: ServerProcess) -> None:
    with come(server, "ani") as ani:
        token = ani.session
    with Raw(server.port) as thief:
        thief.say("HELLO ani")
        assert thief.line().startswith("ERR name-taken ")
        thief.say("HELLO ani session=" + "x" * 44)
        assert thief.line().startswith("ERR name-taken ")
        flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
        thief.say(f"HELLO ani session={flipped}")
        assert thief.line().startswith("ERR name-taken ")
        thief.say(f"=t HELLO ani session={token}")
        assert thief.line().startswith(f"=t WELCOME ani {token} ")
        assert thief.line() == "=t OK"


@pytest.mark.parametrize("token", ["", "short", "%%%", "é", "x" * 44, "A" * 3000, "=", "a=b"])
def test_unknown_token_counts_as_none(server: ServerProcess, token: str) -> None:
    with Raw(server.port) as raw:
        raw.say(f"HELLO ani session={token}")
        session = raw.expect("WELCOME ani ").split()[2]
        assert session != token
        assert re.fullmatch("[A-Za-z0-9_-]{16,64}", session)


def test_unknown_options_are_ignored(server: ServerProcess) -> None:
    with Raw(server.port) as raw:
        raw.say("HELLO ani colour=green password=x later= y-z=1=2")
        raw.expect("WELCOME ani ")


def test_second_hello_is_a_bad_line(server: ServerProcess) -> None:
    with come(server, "ani") as ani:
        assert code(ani, "HELLO ani") == "ERR bad-line"
        assert code(ani, f"HELLO budi session={ani.session}") == "ERR bad-line"
        with Raw(server.port) as budi:
            budi.hello("budi")  # the refused one took nothing


def test_hello_may_be_tried_again(server: ServerProcess) -> None:
    with come(server, "ani"), Raw(server.port) as raw:
        raw.say("HELLO ani", "HELLO 1st", "HELLO", "HELLO budi now", "JOIN #lab", "HELLO budi")
        codes = [raw.line().split()[1] for _ in range(5)]
        assert codes == ["name-taken", "bad-name", "bad-line", "bad-line", "not-yet"]
        raw.expect("WELCOME budi ")


# Several terminals.


def test_two_terminals_are_one_person(server: ServerProcess) -> None:
    with come(server, "budi", "#lab") as budi, come(server, "ani", "#lab") as one:
        assert told(budi) == ["JOINED #lab ani"]
        with come(server, "ani", session=one.session) as two:
            assert two.session == one.session
            assert code(two, "SAY #lab x") == "ERR not-joined"  # each joins for itself
            budi.say("SAY #lab early")
            assert told(budi) == ["MSG 1 #lab budi early"]
            assert told(two) == []
            two.say("JOIN #lab")
            assert told(two) == ["JOINED #lab ani", "NAMES #lab budi ani"]
            assert told(budi) == []  # others see the person once
            assert told(one) == ["MSG 1 #lab budi early"]
            two.say("SAY #lab halo")
            for raw in (two, one, budi):
                assert told(raw) == ["MSG 2 #lab ani halo"]
            one.say("LEAVE #lab")
            assert told(one) == ["LEFT #lab ani"]
            assert told(budi) == told(two) == []
            two.say("LEAVE #lab")
            assert told(two) == ["LEFT #lab ani"]
            assert told(budi) == ["LEFT #lab ani"]


def test_private_talk_goes_to_all_terminals_of_both(server: ServerProcess) -> None:
    with come(server, "ani") as ani, come(server, "budi") as budi, ExitStack() as others:
        terminals = [
            others.enter_context(come(server, name, session=token))
            for name, token in (("ani", ani.session), ("ani", ani.session), ("budi", budi.session))
        ]
        terminals[0].say("SAY @budi psst")
        for raw in (terminals[0], ani, *terminals[1:], budi):
            assert told(raw) == ["MSG 1 @budi ani psst"]


@pytest.mark.parametrize("reset", [False, True])
def test_left_is_told_when_the_last_terminal_is_lost(server: ServerProcess, *, reset: bool) -> None:
    with come(server, "budi", "#lab") as budi:
        one = come(server, "ani", "#lab")
        two = come(server, "ani", "#lab", session=one.session)
        told(budi)
        one.close()
        with come(server, "cici"):  # by then the server has seen the close
            assert told(budi) == []
        if reset:
            two.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        two.close()
        left = budi.expect("LEFT ").split()[2:]
        assert left == ["#lab", "ani"] if reset else ["#lab", "ani", "quit"]


def test_quit_of_one_terminal_keeps_the_other(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as one, come(server, "ani", session=one.session) as two:
        two.say("=q QUIT")
        assert [line.split()[:2] for line in two.rest()] == [["=q", "OK"], ["BYE", "quit"]]
        with Raw(server.port) as thief:
            thief.say("HELLO ani")
            assert thief.line().startswith("ERR name-taken ")
        assert one.answer("NAMES #lab") == ["NAMES #lab ani", "OK"]


def test_eight_connections_and_no_more(server: ServerProcess) -> None:
    with come(server, "ani") as first, ExitStack() as others:
        terminals = [
            others.enter_context(come(server, "ani", session=first.session)) for _ in range(7)
        ]
        with Raw(server.port) as ninth:
            ninth.say(f"=t HELLO ani session={first.session}")
            assert ninth.line().startswith("=t ERR full ")
            terminals[0].answer("QUIT")
            ninth.hello("ani", first.session)


# Another name on the way.


def test_hello_with_another_name_is_a_nick(server: ServerProcess) -> None:
    with come(server, "budi", "#lab") as budi, come(server, "ani", "#lab") as one:
        told(budi)
        with Raw(server.port) as two:
            two.say(f"=h HELLO Ana session={one.session}")
            assert two.expect("=h ").startswith(f"=h WELCOME Ana {one.session} ")
            for raw in (one, budi):
                assert told(raw) == ["RENAMED ani Ana"]
            assert budi.answer("NAMES #lab")[0] == "NAMES #lab budi Ana"
        with Raw(server.port) as new:
            new.hello("ani")  # free at once


def test_hello_with_a_name_of_another_changes_nothing(server: ServerProcess) -> None:
    with come(server, "budi", "#lab"), come(server, "ani", "#lab") as one, Raw(server.port) as two:
        two.say(f"HELLO budi session={one.session}")
        assert two.line().startswith("ERR name-taken ")
        assert one.answer("NAMES #lab")[0] == "NAMES #lab budi ani"
        two.hello("ani", one.session)


def test_resume_under_another_name_after_the_loss(server: ServerProcess) -> None:
    with come(server, "ani", "#lab") as raw:
        raw.answer("TOPIC #lab mine")
        token = raw.session
    with come(server, "ana", "#lab", session=token) as raw, Raw(server.port) as other:
        assert raw.session == token
        assert raw.answer("TOPIC #lab still mine", "u") == ["OK"]
        other.hello("ani")


# How long a name waits.


def wait_for_name(server: ServerProcess, name: str) -> int:
    """Ask for a name until it is given; how often it was refused."""
    refused = 0
    with Raw(server.port) as raw:
        while True:
            raw.say(f"HELLO {name}")
            line = raw.line()
            if line.startswith("WELCOME "):
                return refused
            assert line.startswith("ERR name-taken ")
            refused += 1


@pytest.fixture
def forgetful(server: ServerProcess) -> ServerProcess:
    """A server that holds names for one second, without a rate limit."""
    server.stop()
    server.arguments = (*server.arguments, "--set", "name-hold=1")
    return server.start()


def test_name_waits_for_its_owner_and_is_free_then(forgetful: ServerProcess) -> None:
    with come(forgetful, "ani") as raw:
        token = raw.session
    with come(forgetful, "ani", session=token):
        pass
    assert wait_for_name(forgetful, "ANI") > 0
    with Raw(forgetful.port) as late:
        late.say(f"HELLO ani session={token}")
        assert late.line().startswith("ERR name-taken ")
        assert late.hello("ana", token).split()[1:3] == ["ana", token]


def test_name_is_free_at_once_after_quit(server: ServerProcess) -> None:
    with come(server, "ani") as raw:
        raw.answer("QUIT")
        assert wait_for_name(server, "ani") == 0


def test_half_close_is_no_quit(server: ServerProcess) -> None:
    """Its words end, but the name waits: only QUIT gives it away."""
    with come(server, "ani") as raw, come(server, "budi") as budi:
        raw.sock.shutdown(1)
        assert raw.rest()[0].startswith("BYE quit ")
        assert code(budi, "NICK ani") == "ERR name-taken"


def test_restart_holds_names_and_knows_sessions(forgetful: ServerProcess) -> None:
    with come(forgetful, "ani") as ani, come(forgetful, "budi") as budi:
        budi.answer("QUIT")
        forgetful.kill()
        token = ani.session
    forgetful.start()
    assert wait_for_name(forgetful, "budi") == 0  # QUIT had freed it
    with come(forgetful, "ani", session=token) as ani:
        assert ani.session == token
        forgetful.kill()
    forgetful.start()
    assert wait_for_name(forgetful, "ani") > 0  # from the restart, the name waits as after a loss


def test_renamed_session_keeps_its_last_name_over_a_restart(server: ServerProcess) -> None:
    with come(server, "ani") as ani:
        ani.answer("NICK ana")
        server.kill()
    server.start()
    with Raw(server.port) as other:
        other.say("HELLO ana")
        assert other.line().startswith("ERR name-taken ")
        other.hello("ani")
    with Raw(server.port) as again:
        assert again.hello("ana", ani.session).split()[2] == ani.session
