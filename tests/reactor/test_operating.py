"""The verbs of operators in the hub: who may, talk to everybody, kicks, the motd, limits."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from reactor.hub import Peer
from reactor.hub.operating import HANDLERS, Notice
from reactor.hub.people import Session
from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from wire.limits import LIMITS, BadSettingError


class Behind:
    """A backstage that writes down what was asked of it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.asked: list[str] = []
        self.broken = ""

    def reload(self) -> None:
        if self.broken:
            raise BadSettingError(self.broken)
        self.lab.hub.settings.set("rooms", 3)

    def stats(self) -> Iterable[tuple[str, str]]:
        return [("turns", "7")]

    def follow(self, peer: Peer, *, on: bool) -> None:
        self.asked.append(f"follow {peer} {on}")

    def shut_down(self, seconds: int, by: Session) -> None:
        self.asked.append(f"shut down {seconds} {by.name}")

    def note(self, by: Session, line: str) -> None:
        self.asked.append(f"{by.name}: {line}")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


@pytest.fixture
def behind(lab: Lab) -> Behind:
    lab.hub.backstage = behind = Behind(lab)
    return behind


@pytest.fixture
def op(lab: Lab) -> FakePeer:
    return lab.peer("op", operator=True)


LINES = ["KICK ani", "BAN ani 0", "UNBAN ani", "BANS", "SILENCE ani 0", "MOTD x", "LIMITS",
         "LIMIT rate 1", "RELOAD", "STATS", "LOG on", "SHUTDOWN", "SAY * x", "ACT * x",
         "SEND * t 0 0 0 a"]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_nobody_else_may(lab: Lab, op: FakePeer, behind: Behind, line: str) -> None:
    """Not even another connection of the operator's own session."""
    ani, plain = lab.peer("ani"), lab.again(op)
    before = snapshot(lab)
    for peer in (ani, plain):
        assert [answer.split()[:3] for answer in peer.ask("=t " + line)] == [
            ["=t", "ERR", "not-allowed"],
        ]
    assert snapshot(lab) == before
    assert behind.asked == []


def test_every_verb_of_operators_is_tried_above() -> None:
    assert {line.split()[0] for line in LINES} - {"SAY", "ACT", "SEND"} == set(HANDLERS)


# Badges.


def test_badge_is_there_while_such_a_connection_is(lab: Lab) -> None:
    plain = lab.peer("ani", uid=3, login="ani")
    plain.ask("JOIN #lab")
    assert plain.ask("NAMES #lab") == ["NAMES #lab ani+"]
    other = lab.peer(uid=3, login="ani", operator=True)
    assert other.ask(f"HELLO ani session={plain.token}")[0].split()[5:] == ["verified,operator"]
    assert plain.ask("NAMES #lab") == ["NAMES #lab ani+*"]
    assert kinds(plain.ask("NICK ana", "NAMES #lab")) == ["RENAMED ana", "NAMES"]
    assert plain.ask("NAMES #lab") == ["NAMES #lab ana*"]
    lab.hub.lost(other)
    lab.turn()
    assert plain.ask("NAMES #lab") == ["NAMES #lab ana"]


def test_badge_after_a_turn_that_failed(lab: Lab, op: FakePeer) -> None:
    plain = lab.again(op)
    plain.ask("JOIN #lab")
    other = lab.peer(operator=True)
    op.say("QUIT")
    other.say(f"HELLO op session={op.token}", "TOPIC #lab x")
    assert op.session is None
    lab.broken = True
    lab.turn()
    lab.broken = False
    assert plain.ask("NAMES #lab") == ["NAMES #lab op"]  # the first one is gone, the other not in
    assert other.session is None
    consistent(lab)


# Talk to everybody.


def test_everybody_hears_it_once_in_one_piece(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    other, stranger = lab.again(ani), lab.peer()
    lines = op.ask("=1 SAY * hello", "=2 ACT * waves")
    assert kinds(lines) == ["MSG hello", "ACT", "OK", "OK"]
    for peer in (ani, budi, other):
        assert len(peer.segments()) == 1
    assert len({id(peer.segments()[0]) for peer in (ani, budi, other)}) == 1
    assert [peer.take() for peer in (ani, budi, other)] == [lines[:2]] * 3
    assert stranger.take() == []
    assert ani.ask("HISTORY * after 0 9") == lines[:2]
    assert lab.peer("dodi").ask("HISTORY * after 0 9") == lines[:2]
    assert kinds(op.ask("=1 SAY * hello")) == ["OK"]  # no doubles


def test_newcomer_hears_nothing_that_was_said_before(lab: Lab, op: FakePeer) -> None:
    ani, cici = lab.peer("ani"), lab.peer()
    op.say("SAY * one")
    cici.say("HELLO cici")
    op.say("SAY * two")
    ani.say("QUIT")
    op.say("SAY * three", "NICK boss", "SAY * four")
    lab.turn()
    assert kinds(op.take()) == ["MSG one", "MSG two", "MSG three", "RENAMED boss", "MSG four"]
    assert kinds(cici.take()) == ["WELCOME", "MSG two", "MSG three", "MSG four"]
    assert kinds(ani.take()) == ["MSG one", "MSG two", "BYE"]
    consistent(lab)


def test_file_for_everybody(lab: Lab, op: FakePeer) -> None:
    ani = lab.peer("ani")
    assert kinds(op.ask("=s SEND * t 0 3 3 a.txt\nabc")) == ["FILE", "OK"]
    told = ani.take()[0].split()
    assert told[3:5] == ["*", "op"]
    assert kinds(ani.ask("FILES * after 0 9")) == ["FILE"]


def test_words_that_cannot_be_stored_are_not_said(lab: Lab, op: FakePeer) -> None:
    ani = lab.peer("ani")
    assert op.session is not None
    lab.broken = True
    lab.hub.happen(Notice(lab.hub, op.session, "the end is near"))
    op.say("=1 SAY * x")
    lab.turn()
    lab.broken = False
    assert [line.split()[2] for line in op.take()] == ["not-saved"]
    assert ani.take() == []
    assert lab.log.tip == 0
    lab.hub.happen(Notice(lab.hub, op.session, "now"))
    lab.turn()
    assert kinds(ani.take()) == ["MSG now"]


# Kicks.


def test_all_connections_of_the_person_are_closed(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    other = lab.again(ani)
    assert op.ask("=t KICK ANI too loud") == ["=t OK"]
    assert ani.take() == other.take() == ["BYE kicked too loud"]
    assert [line.split(" ", 3)[3] for line in budi.take()] == ["ani too loud"]
    consistent(lab)
    assert kinds(lab.peer().ask("HELLO ani")) == ["ERR"]  # the name waits for its owner
    assert kinds(op.ask("KICK ani", "KICK nobody")) == ["ERR", "ERR"]
    assert kinds(lab.peer().ask(f"HELLO ani session={ani.token}")) == ["WELCOME"]
    op.ask("KICK budi")
    assert budi.take() == ["BYE kicked the operator sent you out"]


def test_operator_who_kicks_himself_gets_an_answer(lab: Lab, op: FakePeer) -> None:
    assert [line.split()[:2] for line in op.ask("=t KICK op")] == [["=t", "OK"], ["BYE", "kicked"]]
    consistent(lab)


def test_what_came_before_a_kick_is_read_first(lab: Lab, op: FakePeer) -> None:
    ani, budi = lab.members("ani", "budi")
    budi.say("SAY #lab one")
    op.say("KICK ani")
    budi.say("SAY #lab two")
    op.say("SAY * three")
    lab.turn()
    assert kinds(ani.take()) == ["MSG one", "BYE"]
    assert kinds(budi.take()) == ["MSG one", "LEFT ani", "MSG two", "MSG three"]


# The words of the house, WHO, TOPIC.


def test_motd(lab: Lab, op: FakePeer) -> None:
    assert kinds(lab.peer().ask("HELLO ani")) == ["WELCOME"]
    assert op.ask("=t MOTD Selamat datang!") == ["=t OK"]
    assert kinds(lab.peer().ask("=h HELLO budi")) == ["WELCOME", "MOTD", "OK"]
    lab.restart()
    assert lab.peer().ask("HELLO cici")[1:] == ["MOTD Selamat datang!"]
    lab.peer("boss", operator=True).ask("MOTD")
    assert kinds(lab.peer().ask("HELLO dodi")) == ["WELCOME"]
    assert lab.log.motd() == ""


def test_operators_are_told_more_by_who(lab: Lab, op: FakePeer) -> None:
    ani = lab.peer("ani", uid=7, login="ani")
    other = lab.again(ani)
    line = op.ask("WHO ani")[0]
    assert line.endswith(f" address={ani.address},{other.address} uid=7 queued=0")
    assert not {"address", "uid", "queued"} & {
        w.split("=")[0] for w in ani.ask("WHO op")[0].split()
    }
    ani.address = "/run/a b\x1b" + "x" * 200
    assert "address=/run/a\u00a0b\ufffdxxx" in op.ask("WHO ani")[0]


def test_longest_who_fits_in_a_line(lab: Lab) -> None:
    name = "x" * 32
    op = lab.peer("op", operator=True)
    peers = [lab.peer(name, uid=2**32 - 1, login="y" * 32)]
    peers += [lab.again(peers[0]) for _ in range(7)]
    for number, peer in enumerate(peers):
        peer.address = "[" + "fe80:" * 9 + "]:65535"
        peer.say(*[f"JOIN #r{number}{at:030}" for at in range(12)])
    peers[0].say("AWAY " + " " * 255)
    lab.turn()
    line = op.ask("=" + "t" * 64 + f" WHO {name}")[0]
    assert len(line.encode()) < 4096
    assert line.count("#") == 78
    assert "queued=" in line


def test_operator_sets_any_topic(lab: Lab, op: FakePeer) -> None:
    ani = lab.members("ani")[0]
    op.ask("TOPIC #lab by order")
    assert ani.take()[0].endswith("#lab op by order")
    assert kinds(lab.again(op).ask("TOPIC #lab no")) == ["ERR"]


# Limits, and what is behind the hub.


def test_limits(lab: Lab, op: FakePeer) -> None:
    lines = op.ask("=t LIMITS")
    assert [line.split()[2] for line in lines[:-1]] == list(LIMITS)
    assert "=t LIMIT file-size 1073741824 1073741824 bytes" in lines
    assert "=t LIMIT guests speak speak speak|listen" in lines
    assert op.ask("=1 LIMIT guests listen", "=2 LIMIT rate 2.5") == ["=1 OK", "=2 OK"]
    lines = op.ask("LIMITS")
    assert {"LIMIT guests listen speak speak|listen", "LIMIT rate 2.5 2 lines/s"} <= set(lines)
    assert lab.hub.settings["rate"] == 2.5


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("no-such 1", "bad-line"), ("rate x", "bad-number"), ("rate -1", "bad-number"),
        ("rate 1_0", "bad-number"), ("rate nan", "bad-number"), ("rate +5", "bad-number"),
        ("rate inf", "bad-number"), ("guests 1", "bad-number"), ("guests all", "bad-number"),
        ("rate " + "9" * 4000, "bad-number"), ("linger 61", "bad-number"),
    ],
)  # fmt: skip
def test_limit_that_cannot_be(lab: Lab, op: FakePeer, line: str, code: str) -> None:
    before = snapshot(lab)
    (answer,) = op.ask(f"=t LIMIT {line}")
    assert answer.split()[2] == code
    assert len(answer.encode()) < 4096
    assert snapshot(lab) == before


def test_reload_all_or_nothing(lab: Lab, op: FakePeer, behind: Behind) -> None:
    behind.broken = "rooms=x\nis not\x1b a number" + "x" * 5000
    (answer,) = op.ask("=t RELOAD")
    assert answer.startswith("=t ERR bad-line rooms=x\ufffdis not\ufffd a number")
    assert len(answer) < 2000
    behind.broken = ""
    assert op.ask("=t RELOAD") == ["=t OK"]
    assert lab.hub.settings["rooms"] == 3
    assert behind.asked == ["op: RELOAD"]


def test_what_cannot_be_taken_back_waits_for_the_commit(
    lab: Lab, op: FakePeer, behind: Behind
) -> None:
    ani = lab.members("ani")[0]
    op.say("=1 SHUTDOWN 5", "=2 MOTD x", "=3 RELOAD", "=4 LOG on", "=5 STATS")
    ani.say("SAY #lab x")
    lab.broken = True
    lab.turn()
    lab.broken = False
    lab.turn()
    assert [line.split()[:3] for line in op.take()] == [
        ["=1", "ERR", "not-saved"], ["=2", "ERR", "not-saved"], ["=3", "ERR", "not-saved"],
        ["=4", "OK"], ["=5", "STAT", "turns"], ["=5", "OK"],
    ]  # fmt: skip
    assert behind.asked == ["follow <FakePeer op> True"]
    assert lab.hub.settings["rooms"] == LIMITS["rooms"].default
    op.say("SHUTDOWN 5", "KICK ani out")
    assert len(behind.asked) == 1
    lab.turn()
    lab.once()
    assert behind.asked[1:] == ["op: SHUTDOWN 5", "op: KICK ani out", "shut down 5 op"]
    assert op.ask("SHUTDOWN 604801")[0].startswith("ERR bad-number ")
