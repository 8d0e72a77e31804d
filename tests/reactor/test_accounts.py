"""Accounts of this machine: whose a name is, and who is known without a secret (P10, C38 to C41).

Real servers and, where the tests are run by root, people of two accounts; that nobody else's words
count is also shown on a hub alone, where accounts are what the test says.
"""

import os
import pwd
from pathlib import Path

import pytest

from reactor.logins import FRESH_SECONDS, KEPT, Logins
from tests.reactor.lab import Lab
from tests.support.accounts import NOBODY, OTHER, Speaker, as_root
from tests.support.raw import Raw
from tests.support.server import ServerProcess

LOGIN = pwd.getpwuid(os.getuid()).pw_name
RIZKY, FATUR = 1000, 1001


def code(line: str) -> str:
    """The first two words."""
    return " ".join(line.split()[:2])


# TCP on this machine is like the UNIX door.


def test_the_account_is_known_over_tcp(server: ServerProcess) -> None:
    with Raw(server.port) as me, Raw(server.port) as other:
        assert me.hello(LOGIN).split()[5:] == ["verified"]
        me.answer("JOIN #lab")
        assert me.answer("NAMES #lab")[0] == f"NAMES #lab {LOGIN}+"
        other.hello("ani")
        assert f" door=tcp user={LOGIN} " in other.answer(f"WHO {LOGIN}")[0]
        me.answer("NICK me")
        assert me.answer("NAMES #lab")[0] == "NAMES #lab me"


def test_operators_come_by_the_unix_door_alone(server: ServerProcess) -> None:
    with Raw(server.port) as tcp, Raw(0, unix=server.unix) as unix:
        assert "operator" not in tcp.hello("ani")
        assert code(tcp.answer("STATS")[-1]) == "ERR not-allowed"
        unix.hello("budi")
        assert unix.answer("STATS")[-1] == "OK"
        assert f" uid={os.getuid()} " in unix.answer("WHO ani")[0]


def test_the_account_needs_no_secret_over_tcp(server: ServerProcess) -> None:
    with Raw(server.port) as one:
        one.hello("ani")
    with Raw(0, unix=server.unix) as two, Raw(server.port) as three:
        two.hello("ani")
        three.hello("ani")
        assert one.session == two.session == three.session


def test_behind_a_proxy_the_account_says_nothing(strangers: ServerProcess) -> None:
    with Raw(strangers.port) as ani, Raw(strangers.port) as thief:
        assert ani.hello("ani").split()[5:] == ["-"]
        assert "user=" not in ani.answer("WHO ani")[0]
        thief.say("HELLO ani")
        assert code(thief.line()) == "ERR name-taken"


@as_root
def test_another_account_is_somebody_else_over_tcp(server: ServerProcess) -> None:
    """C40: neither the name nor the session of somebody else comes by asking for it."""
    with Raw(server.port) as ani, Speaker(OTHER, server.port) as thief:
        ani.hello("ani")
        assert code(thief.ask("HELLO ani")) == "ERR name-taken"
        ani.answer("QUIT")
        welcome = thief.ask("HELLO ani")
        assert welcome.split()[2] != ani.session
        assert welcome.split()[5] == "-"


@as_root
@pytest.mark.parametrize("door", ["tcp", "unix"])
def test_the_account_that_is_nobodys(server: ServerProcess, door: str) -> None:
    """C39: 65534 is shared by all that have no account; it proves nothing, at no door."""
    where = server.port if door == "tcp" else server.unix
    with Speaker(NOBODY, where) as one, Raw(0, unix=server.unix) as me:
        first = one.ask("HELLO dini")
        assert first.split()[5] == "-"
        me.hello("budi")
        assert " uid=" not in me.answer("WHO dini")[0]
        assert " user=" not in me.answer("WHO dini")[0]
        with Speaker(NOBODY, where) as two:
            assert code(two.ask("HELLO dini")) == "ERR name-taken"


@as_root
def test_a_uid_without_an_account_is_somebody_without_a_login(server: ServerProcess) -> None:
    """C39: it is known again, and never verified."""
    with Speaker(OTHER, server.port) as one:
        first = one.ask("HELLO dini").split()
    with Speaker(OTHER, server.unix) as two, Raw(0, unix=server.unix) as me:
        assert two.ask("HELLO dini").split()[2] == first[2]
        assert first[5] == "-"
        me.hello("budi")
        assert f" uid={OTHER} " in me.answer("WHO dini")[0]


# The login name of an account.


@as_root
@pytest.mark.parametrize("name", [LOGIN, LOGIN.upper(), LOGIN.capitalize()])
@pytest.mark.parametrize("door", ["tcp", "unix"])
def test_a_login_is_its_accounts(server: ServerProcess, door: str, name: str) -> None:
    """C38: whatever the case, whatever the door; the connection stays, and may be another."""
    with Speaker(OTHER, server.port if door == "tcp" else server.unix) as thief:
        assert code(thief.ask(f"HELLO {name}")) == "ERR name-reserved"
        assert code(thief.ask("HELLO dini")) == "WELCOME dini"
        assert code(thief.ask(f"NICK {name}")) == "ERR name-reserved"
        with Raw(server.port) as me:
            assert code(me.hello(name)) == f"WELCOME {name}"


def test_a_login_is_not_for_who_is_not_known(strangers: ServerProcess) -> None:
    with Raw(strangers.port) as raw, Raw(0, unix=strangers.unix) as me:
        raw.say(f"HELLO {LOGIN}", "HELLO ani", f"NICK {LOGIN}")
        assert code(raw.line()) == "ERR name-reserved"
        assert code(raw.line()) == "WELCOME ani"
        assert code(raw.line()) == "ERR name-reserved"
        me.hello(LOGIN)
        with Raw(strangers.port) as at_home:  # elsewhere the secret proves the account
            assert at_home.hello(LOGIN, me.session).split()[2] == me.session


def test_reserve_logins_can_be_off(strangers: ServerProcess) -> None:
    strangers.stop()
    strangers.arguments = (*strangers.arguments, "--set", "reserve-logins=off")
    strangers.start()
    with Raw(strangers.port) as raw:
        assert raw.hello(LOGIN).split()[5:] == ["-"]


def test_who_had_the_name_before_is_refused_next_time(strangers: ServerProcess) -> None:
    """A name that waits for somebody else does not keep its account out, not for a minute."""
    strangers.stop()
    arguments = strangers.arguments
    strangers.arguments = (*arguments, "--set", "reserve-logins=off")
    strangers.start()
    with Raw(strangers.port) as thief:
        thief.hello(LOGIN)
        strangers.kill()
    strangers.arguments = arguments
    strangers.start()
    with Raw(0, unix=strangers.unix) as me, Raw(strangers.port) as again:
        again.say(f"HELLO {LOGIN} session={thief.session}")
        assert code(again.line()) == "ERR name-reserved"
        assert me.hello(LOGIN).split()[2] != thief.session
        assert again.hello("ani", thief.session).split()[2] == thief.session


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A hub where two logins are reserved."""
    found = Lab(tmp_path)
    found.hub.reserved = {"rizky": RIZKY, "fatur": FATUR}.get
    return found


def test_each_login_is_for_one_uid(lab: Lab) -> None:
    """C38 for tests that are not run by root."""
    with lab:
        nobody, fatur = lab.peer(), lab.peer(uid=FATUR, login="fatur")
        assert code(nobody.ask("HELLO rizky")[0]) == "ERR name-reserved"
        assert code(fatur.ask("HELLO rizky")[0]) == "ERR name-reserved"
        assert fatur.ask("HELLO fatur")[0].endswith(" verified")
        assert code(fatur.ask("NICK rizky")[0]) == "ERR name-reserved"
        assert fatur.session is not None
        assert fatur.session.name == "fatur"  # a rename that fails keeps the old name
        rizky = lab.peer("rizky", uid=RIZKY, login="rizky")
        token = rizky.token
        assert code(fatur.ask("NICK rizky")[0]) == "ERR name-reserved"
        far = lab.peer()
        assert code(far.ask(f"HELLO rizky session={token}")[0]) == "WELCOME rizky"
        other = lab.peer(uid=FATUR, login="fatur")  # another account that was told the secret
        assert code(other.ask(f"HELLO rizky session={token}")[0]) == "ERR name-reserved"


def test_a_name_that_waits_goes_to_its_account_unless_the_turn_fails(lab: Lab) -> None:
    with lab:
        lab.hub.reserved = lambda name: None  # noqa: ARG005
        thief = lab.peer("rizky")
        session = thief.session
        lab.hub.lost(thief)
        lab.turn()
        lab.peers.remove(thief)
        lab.hub.reserved = {"rizky": RIZKY}.get
        rizky = lab.peer(uid=RIZKY, login="rizky")
        lab.broken = True
        assert code(rizky.ask("HELLO rizky")[0]) == "ERR not-saved"
        assert lab.hub.people.holder("rizky") is session
        assert session is not None
        assert session.hold is not None
        lab.broken = False
        assert code(rizky.ask("HELLO rizky")[0]) == "WELCOME rizky"
        assert lab.hub.people.holder("rizky") is rizky.session
        assert session.hold is None


def test_a_name_in_use_is_not_taken_from_anybody(lab: Lab) -> None:
    with lab:
        lab.hub.reserved = lambda name: None  # noqa: ARG005
        lab.peer("rizky")
        lab.hub.reserved = {"rizky": RIZKY}.get
        rizky = lab.peer(uid=RIZKY, login="rizky")
        assert code(rizky.ask("HELLO rizky")[0]) == "ERR name-taken"


# Which accounts have a login.

ACCOUNTS = """root:x:0:0:root:/root:/bin/bash
Kaprodi:x:777:777::/home/kaprodi:/bin/zsh
obrol-mail:x:8:8::/var/mail:/usr/sbin/nologin
obrol-off:x:9:9::/:/bin/false
obrol-sh:x:778:778::/:
obrol-none:x:65534:65534::/:/bin/sh
broken:line
obrol-odd:x:many:1::/:/bin/sh
"""


def test_logins_of_the_local_file(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text(ACCOUNTS)
    logins = Logins(lambda: 0.0, passwd)
    owners = {"kaprodi": 777, "KAPRODI": 777, "obrol-sh": 778, "obrol-mail": None,
              "obrol-off": None, "obrol-none": None, "broken": None, "obrol-odd": None,
              "tidak-ada": None, "root": 0, "ROOT": 0}  # fmt: skip
    assert {name: logins.owner(name) for name in owners} == owners
    assert Logins(lambda: 0.0, tmp_path / "missing").owner("kaprodi") is None


def test_answers_are_kept_for_a_while_and_not_without_bound(tmp_path: Path) -> None:
    now = 0.0
    passwd = tmp_path / "passwd"
    passwd.write_text("")
    logins = Logins(lambda: now, passwd)
    assert logins.owner("kaprodi") is None
    passwd.write_text(ACCOUNTS)
    assert logins.owner("Kaprodi") is None
    now = FRESH_SECONDS + 1
    assert logins.owner("kaprodi") == 777
    for number in range(KEPT + 9):
        logins._answers[f"n{number}"] = now, None
    logins.owner("obrol-sh")
    assert len(logins._answers) == KEPT


# What stands in the file system.


def test_nobody_else_can_read_what_the_server_stores(server: ServerProcess) -> None:
    """C41: the log and the spool are their account's alone."""
    with Raw(server.port, name="ani") as ani:
        ani.answer("JOIN #lab")
        ani.answer("SEND #lab t 0 3 3 a.txt", payload=b"abc")
    for path in (server.data, *server.data.rglob("*")):
        assert not path.lstat().st_mode & 0o077, path
