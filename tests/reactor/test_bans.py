"""Bans and silences: how one is written, whom it fits, when it ends; with turns that fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub.banning import normal
from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from tests.support.raw import Raw
from tests.support.server import ServerProcess
from wire.grammar import Refusal


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


@pytest.fixture
def op(lab: Lab) -> FakePeer:
    return lab.peer("op", operator=True)


def code(lines: list[str]) -> str:
    """The end of an answer: its first two words, or OK alone."""
    return " ".join(lines[-1].removeprefix("=t ").split()[:2])


# How it is written.


@pytest.mark.parametrize(
    ("who", "written"),
    [
        ("Rizky", "Rizky"),
        ("face", "face"),
        ("rizky~", "rizky~"),
        ("uid=0", "uid=0"),
        ("uid=0010", "uid=10"),
        ("10.0.0.7", "10.0.0.7"),
        ("10.0.0.7/32", "10.0.0.7"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::1", "::1"),
        ("2001:0DB8::0001/32", "2001:db8::/32"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
    ],
)
def test_one_way_of_writing(who: str, written: str) -> None:
    assert normal(who) == written
    assert normal(written) == written


@pytest.mark.parametrize(
    "who", ["uid=", "uid=-1", "uid=x", "10.0.0", "10.0.0.0/33", "10.0.0.256", "10", "::g", "*",
            "#lab", "@ani", "ani/8", "-", "x" * 33, "10.0.0.7:80", "fe80::1%eth0/64"],
)  # fmt: skip
def test_what_is_nobody(lab: Lab, op: FakePeer, who: str) -> None:
    with pytest.raises(Refusal, match="bad-name"):
        normal(who)
    for line in (f"=t BAN {who} 0", f"=t UNBAN {who}"):
        assert code(op.ask(line)) == "ERR bad-name"
    assert list(lab.log.bans()) == []


@pytest.mark.parametrize(
    ("who", "fits", "spares"),
    [
        ("10.1.0.0/16", ["10.1.2.3", "10.1.2.3:80", "[::ffff:10.1.2.3]:80"], ["10.2.0.1", "::1"]),
        ("::1", ["::1", "[::1]:80"], ["::2", "127.0.0.1", "uid:0", "@name", "", "unix socket"]),
        ("fe80::/10", ["fe80::1%eth0", "[fe80::1%eth0]:80"], ["10.0.0.1"]),
    ],
)
def test_addresses(lab: Lab, op: FakePeer, who: str, fits: list[str], spares: list[str]) -> None:
    assert not lab.hub.bans.keeps_out(fits[0], None, None, None)
    op.ask(f"BAN {who} 0")
    assert [lab.hub.bans.keeps_out(text, None, None, None) for text in fits] == [True] * len(fits)
    assert not any(lab.hub.bans.keeps_out(text, None, None, None) for text in spares)
    assert not lab.hub.bans.keeps_out(None, 0, "ani", 1)


def test_names_and_accounts(lab: Lab, op: FakePeer) -> None:
    op.ask("BAN Ani 0", "BAN uid=12 0")
    assert lab.hub.bans.keeps_out(None, None, "aNI", None)
    assert lab.hub.bans.keeps_out("10.0.0.1", 12, None, None)
    assert not lab.hub.bans.keeps_out("10.0.0.12", 1, "anita", 12)
    assert not lab.hub.bans.keeps_out(None, None, None, None)


# What it does.


def test_ban_by_name_holds_the_person_too(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    op.take()
    ani.ask("NICK ana")
    assert code(op.ask("=t BAN ana 0 too loud")) == "OK"
    assert kinds(budi.take()) == ["RENAMED ana", "LEFT ana"]
    assert ani.take()[-1] == "BYE banned too loud"
    consistent(lab)
    for hello in (f"HELLO ana session={ani.token}", f"HELLO eka session={ani.token}", "HELLO ANA"):
        assert code(lab.peer().ask(hello)) == "ERR banned"
    assert code(budi.ask("NICK Ana")) == "ERR banned"
    assert code(lab.peer().ask("HELLO eka")) == "WELCOME eka"
    op.ask("UNBAN ANA")
    assert code(lab.peer().ask(f"HELLO ana session={ani.token}")) == "WELCOME ana"


def test_stranger_is_told_at_hello_and_may_try_again(lab: Lab, op: FakePeer) -> None:
    op.ask("BAN uid=7 0", "BAN ani 0")
    one, other = lab.peer(uid=7), lab.peer()
    assert code(one.ask("HELLO eka")) == "ERR banned"
    assert not one.goodbye
    assert code(other.ask("HELLO ani")) == "ERR banned"
    assert code(other.ask("HELLO eka")) == "WELCOME eka"


def test_who_is_kept_out_hears_why_and_until_when(lab: Lab, op: FakePeer) -> None:
    ani = lab.peer("ani")
    op.ask("BAN ani 60 too loud")
    end = "2023-11-14T22:31:00.000Z"
    assert ani.take()[-1] == f"BYE banned too loud (until {end})"
    back = f"HELLO ani session={ani.token}"
    words = "you are banned here"
    assert lab.peer().ask(back) == [f"ERR banned too loud (until {end}) - {words}"]
    later = {"60": f"until {end} - {words}", "0": words, "0 loud": f"loud - {words}"}
    for ban, told in later.items():
        op.ask(f"BAN ani {ban}")
        assert lab.peer().ask(back) == [f"ERR banned {told}"]
    # Of several, it is the one that ends last.
    op.ask("BAN uid=7 600 later", "BAN ani 60 sooner")
    assert "later (until" in lab.peer(uid=7).ask("HELLO ani")[0]
    op.ask("BAN ani 0 never ends")
    assert lab.peer(uid=7).ask("HELLO ani") == [f"ERR banned never ends - {words}"]


def test_operator_is_never_kept_out(lab: Lab, op: FakePeer) -> None:
    """Nor the one who bans; a plain connection of the same person is."""
    plain = lab.again(op)
    assert code(op.ask("=t BAN op 0", "=t BAN 0.0.0.0/0 0", "=t BAN uid=0 0")) == "OK"
    assert plain.goodbye == "banned"
    assert not op.goodbye
    assert code(lab.peer(uid=0, operator=True).ask(f"HELLO op session={op.token}")) == "WELCOME op"
    assert code(op.ask("NICK boss")) != "ERR banned"


def test_terms_end(lab: Lab, op: FakePeer) -> None:
    ani = lab.peer("ani")
    op.ask("BAN budi 60 a while", "BAN cici 0", "SILENCE ani 60")
    lines = op.ask("BANS")
    assert lines == ["BANNED budi 2023-11-14T22:31:00.000Z a while", "BANNED cici -"]
    assert code(ani.ask("SAY @op x")) == "ERR silenced"
    lab.advance(59.9)
    assert code(lab.peer().ask("HELLO budi")) == "ERR banned"
    assert code(ani.ask("SAY @op x")) == "ERR silenced"
    lab.advance(0.1)
    assert code(lab.peer().ask("HELLO budi")) == "WELCOME budi"
    assert kinds(ani.ask("SAY @op x")) == ["MSG x"]
    assert op.ask("BANS") == ["BANNED cici -"]
    assert [row.who for row in lab.log.bans()] == ["cici"]  # forgotten on disk too
    assert code(op.ask("UNBAN budi")) == "ERR no-name"
    op.ask("SILENCE op 1")
    assert len(list(lab.log.silences())) == 1
    consistent(lab)


def test_later_ban_replaces_the_first(lab: Lab, op: FakePeer) -> None:
    ani = lab.peer("ani")
    op.ask("BAN ani 5", "BAN ANI 0 for good")
    assert op.ask("BANS") == ["BANNED ANI - for good"]
    lab.advance(700)  # the name is free by now, the person is remembered
    assert code(lab.peer().ask(f"HELLO eka session={ani.token}")) == "ERR banned"


@pytest.mark.parametrize("line", ["BAN ani 999999999999999", "SILENCE ani 999999999999999"])
def test_term_beyond_all_calendars(lab: Lab, op: FakePeer, line: str) -> None:
    lab.peer("ani")
    assert code(op.ask(line)) == "ERR bad-number"
    assert op.ask("BANS") == []


def test_silence_is_of_the_person(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.ask("=1 SAY #lab said")
    op.ask("SILENCE ANI 0")
    ani.ask("NICK ana")
    again = lab.again(ani)
    again.ask("JOIN #lab")
    budi.take()
    refused = ["=2 SAY #lab x", "=2 ACT @budi x", "=2 SEND #lab t 0 1 1 a\nx", "=2 SAY * x"]
    for line in refused:
        assert [found.split()[:3] for found in again.ask(line)] == [["=2", "ERR", "silenced"]]
    assert budi.take() == []
    assert kinds(ani.ask("=1 SAY #lab said")) == ["OK"]  # what was acknowledged still is
    assert kinds(ani.ask("HISTORY #lab after 0 9", "TOPIC #lab tea")) == ["MSG said", "TOPIC"]
    assert code(op.ask("SILENCE nobody 0")) == "ERR no-name"


def test_bans_and_silences_survive_a_restart(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    op.ask("BAN ani 0 loud", "SILENCE budi 0", "BAN 10.9.0.0/16 60")
    lab.restart()
    assert code(lab.peer().ask(f"HELLO eka session={ani.token}")) == "ERR banned"
    assert lab.hub.bans.keeps_out("10.9.1.1:5", None, None, None)
    assert code(lab.peer().ask(f"HELLO budi session={budi.token}", "SAY @budi x")) == "ERR silenced"
    consistent(lab)


def test_turn_that_fails_changes_nobody(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    op.ask("BAN cici 0", "BAN dodi 5")
    lab.advance(6)
    op.take()
    before = snapshot(lab)
    op.say("=1 BAN ani 0", "=2 UNBAN cici", "=3 SILENCE budi 0", "=4 KICK budi", "=5 BANS")
    op.say("=6 MOTD hello", "=7 LIMIT rate 9")
    ani.say("SAY #lab x")
    lab.broken = True
    lab.turn()
    lab.broken = False
    lines = op.take()
    assert [line.split()[2] for line in lines if " ERR " in line] == ["not-saved"] * 6
    assert [line for line in lines if line.startswith("=5 ")] == ["=5 BANNED cici -", "=5 OK"]
    after = snapshot(lab)
    assert (after.people, after.rooms, after.peers) == (before.people, before.rooms, before.peers)
    assert not ani.goodbye
    assert not budi.goodbye
    op.ask("BAN eka 0")
    consistent(lab)
    assert [row.who for row in lab.log.bans()] == ["cici", "eka"]


# A server process: the door itself.


def test_banned_address_is_turned_away_at_the_door(server: ServerProcess) -> None:
    with Raw(0, unix=server.unix, name="op") as op, Raw(server.port, name="ani") as ani:
        assert op.answer("BAN 127.0.0.0/8 0 not from here") == ["OK"]
        assert ani.rest() == ["BYE banned not from here"]
        with Raw(server.port) as again:
            assert again.rest() == [
                "ERR banned not from here - you are banned here",
                "BYE banned not from here",
            ]
        with Raw(0, unix=server.unix) as other:
            other.hello("eka")
        server.kill()
        server.start()
        with Raw(server.port) as again:
            assert again.line().startswith("ERR banned ")
        with Raw(0, unix=server.unix, name="op") as back:
            assert back.answer("UNBAN 127.0.0.1/8") == ["OK"]
            with Raw(server.port) as free:
                free.hello("fatur")
