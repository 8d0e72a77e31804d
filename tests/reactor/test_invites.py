"""INVITE: once in without the key, until the key changes, and only if its turn was stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub import rooming
from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from tests.support.raw import Raw
from tests.support.server import ServerProcess


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


@pytest.fixture
def ani(lab: Lab) -> FakePeer:
    """In #den, whose key is ``k``."""
    ani = lab.peer("ani")
    ani.ask("JOIN #den k")
    return ani


def code(lines: list[str]) -> str:
    return " ".join(lines[-1].split()[:2])


def test_once_and_for_that_session_alone(lab: Lab, ani: FakePeer) -> None:
    budi, cici = lab.peer("budi"), lab.peer("cici")
    second = lab.again(budi)
    assert ani.ask("=t INVITE #Den BUDI") == ["=t OK"]
    for peer in (budi, second):  # all of its connections are told
        (line,) = peer.take()
        assert line.split()[0] == "INVITED"
        assert line.split()[2:] == ["#den", "ani"]
    assert code(cici.ask("JOIN #den")) == "ERR bad-key"
    assert cici.ask("NICK bob") != []
    assert kinds(second.ask("JOIN #den")) == ["JOINED budi", "NAMES"]
    assert code(budi.ask("JOIN #den")) == "ERR bad-key"  # it is used up
    consistent(lab)


def test_it_is_the_sessions_and_not_the_names(lab: Lab, ani: FakePeer) -> None:
    budi = lab.peer("budi")
    ani.ask("INVITE #den budi")
    budi.ask("NICK bob")
    thief = lab.peer("budi")
    assert code(thief.ask("JOIN #den")) == "ERR bad-key"
    assert kinds(budi.ask("JOIN #den"))[0] == "JOINED bob"


def test_any_member_invites_and_nobody_else(lab: Lab, ani: FakePeer) -> None:
    budi, cici = lab.peer("budi"), lab.peer("cici")
    assert code(budi.ask("INVITE #den cici")) == "ERR not-joined"
    assert code(budi.ask("INVITE #no cici")) == "ERR no-room"
    assert code(ani.ask("INVITE #den nobody")) == "ERR no-name"
    budi.ask("JOIN #den k")
    assert budi.ask("INVITE #den cici") == []
    assert kinds(cici.take()) == ["INVITED"]
    lab.hub.lost(cici)
    lab.turn()
    assert code(budi.ask("INVITE #den cici")) == "ERR no-name"  # nobody is there to hear it


def test_wrong_key_does_not_shut_out_who_is_invited(lab: Lab, ani: FakePeer) -> None:
    budi = lab.peer("budi")
    ani.ask("INVITE #den budi")
    assert kinds(budi.ask("JOIN #den nonsense"))[0] == "JOINED budi"


@pytest.mark.parametrize("line", ["KEY #den other", "KEY #den"])
def test_it_ends_with_the_key(lab: Lab, ani: FakePeer, line: str) -> None:
    budi = lab.peer("budi")
    ani.ask("INVITE #den budi")
    ani.ask(line, "KEY #den last")
    assert code(budi.ask("JOIN #den")) == "ERR bad-key"


def test_so_many_may_stand(lab: Lab, ani: FakePeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooming, "INVITED", 2)
    for name in ("budi", "cici", "dodi"):
        lab.peer(name)
    assert [code(ani.ask(f"=t INVITE #den {name}")) for name in ("budi", "cici", "dodi")] == [
        *("=t OK", "=t OK", "=t ERR"),
    ]


def fail(lab: Lab) -> None:
    """The turn that goes on cannot be stored."""
    lab.broken = True
    lab.turn()
    lab.broken = False


def test_undone_when_its_turn_is_not_stored(lab: Lab, ani: FakePeer) -> None:
    budi = lab.peer("budi")
    before = snapshot(lab)
    ani.say("=t INVITE #den budi", "SAY #den x")
    fail(lab)
    assert code(ani.take()[:1]) == "=t ERR"
    assert budi.take() == []
    assert snapshot(lab) == before
    assert code(budi.ask("JOIN #den")) == "ERR bad-key"


def test_not_used_up_by_a_turn_that_is_not_stored(lab: Lab, ani: FakePeer) -> None:
    budi = lab.peer("budi")
    ani.ask("INVITE #den budi")
    budi.take()
    budi.say("JOIN #den", "SAY #den x")
    fail(lab)
    assert kinds(budi.take()) == ["ERR", "ERR"]
    assert kinds(budi.ask("JOIN #den"))[0] == "JOINED budi"
    consistent(lab)


def test_real_server(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani, Raw(server.port, name="budi") as budi:
        ani.answer("JOIN #den k")
        assert code(budi.answer("JOIN #den")) == "ERR bad-key"
        assert ani.answer("INVITE #den budi") == ["OK"]
        assert budi.expect("INVITED ").split()[2:] == ["#den", "ani"]
        assert budi.answer("JOIN #den")[-1] == "OK"
        assert ani.expect("JOINED ").endswith(" #den budi")
