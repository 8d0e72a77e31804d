"""C24 in the hub: a turn that cannot be stored is undone, answered, and leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from wire.errors import ERRORS

NOT_SAVED = "ERR not-saved " + ERRORS["not-saved"].en


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


def fail(lab: Lab) -> None:
    """The turn that goes on cannot be stored; the next one can."""
    lab.broken = True
    lab.turn()
    lab.broken = False


def test_every_change_is_undone_and_answered(lab: Lab) -> None:
    ani, budi, cici = lab.members("ani", "budi", "cici")
    ani.ask("TOPIC #lab tea", "SAY #lab kept", "AWAY lunch")
    dodi, stranger = lab.peer("dodi"), lab.peer()
    for peer in lab.peers:
        peer.take()
    before = snapshot(lab)
    ani.say("=1 SAY #lab one", "SAY @budi two", "=2 ACT #lab three", "=3 TOPIC #lab coffee", "AWAY")
    budi.say("=1 NICK bob", "=2 LEAVE #lab", "=3 JOIN #den", "SAY #den four", "=4 TOPIC #den x")
    stranger.say("=1 HELLO eka", "=2 JOIN #lab", "=3 JOIN #new")
    dodi.say("JOIN #lab", "SAY #lab five", "SAY @cici six")
    fail(lab)
    tagged = [f"={number} {NOT_SAVED}" for number in range(5)]
    assert ani.take() == [tagged[1], NOT_SAVED, tagged[2], tagged[3], NOT_SAVED]
    assert budi.take() == [tagged[1], tagged[2], tagged[3], NOT_SAVED, tagged[4]]
    assert stranger.take() == tagged[1:4]
    assert dodi.take() == [NOT_SAVED] * 3
    assert cici.take() == []
    assert snapshot(lab) == before
    assert lab.log.tip == 1
    consistent(lab)


def test_everything_works_afterwards(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    stranger = lab.peer()
    for _ in range(3):
        ani.say("=1 SAY #lab one", "=2 SAY @budi two")
        budi.say("=1 NICK bob", "=2 JOIN #den")
        stranger.say("HELLO eka")
        fail(lab)
        consistent(lab)
    for peer in lab.peers:
        peer.take()
    assert ani.ask("=1 SAY #lab one")[-1] == "=1 OK 1"  # an ERR leaves its tag free, the id too
    assert ani.ask("=2 SAY @budi two")[-1] == "=2 OK 2"
    assert kinds(budi.take()) == ["MSG one", "MSG two"]
    assert kinds(budi.ask("=1 NICK bob")) == ["RENAMED bob", "OK"]
    assert kinds(budi.ask("=2 JOIN #den")) == ["JOINED bob", "NAMES", "OK"]
    assert kinds(stranger.ask("HELLO eka", "JOIN #lab")) == ["WELCOME", "JOINED eka", "NAMES"]
    assert kinds(ani.ask("HISTORY #lab after 0 9", "HISTORY @bob after 0 9"))[-2:] == [
        *("MSG one", "MSG two"),
    ]
    consistent(lab)


def test_questions_are_answered_with_what_is_true(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.ask("TOPIC #lab tea", "SAY #lab kept")
    cici = lab.peer("cici")
    cici.say("JOIN #lab", "=0 NAMES #lab")
    budi.say("TOPIC #lab coffee", "NICK bob")
    ani.say("SAY #lab lost", "=1 PING x", "=2 NAMES #lab", "=3 WHO budi", "=4 WHO bob")
    ani.say("=5 HISTORY #lab after 0 9", "=6 ROOMS", "=7 NONSENSE", "=8 HISTORY #lab after x 9")
    fail(lab)
    answers: dict[str, list[str]] = {}
    for line in ani.take():
        tag, _, rest = line.partition(" ")
        answers.setdefault(tag, []).append(rest)
    assert answers.pop("ERR") == [NOT_SAVED.removeprefix("ERR ")]
    assert answers.pop("=1") == ["PONG x", "OK"]
    assert answers.pop("=2") == ["NAMES #lab ani budi", "OK"]
    assert answers["=3"].pop(0).startswith("WHO budi ")
    assert answers["=5"].pop(0).endswith(" #lab ani kept")
    assert answers.pop("=6") == ["ROOM #lab 2 tea", "OK 1 0"]
    assert {tag: " ".join(lines[0].split()[:2]) for tag, lines in answers.items()} == {
        "=3": "OK",
        "=4": "ERR no-name",
        "=5": "OK 1",
        "=7": "ERR unknown-verb",
        "=8": "ERR bad-number",
    }
    assert [line.split()[1:3] for line in cici.take()] == [
        ["not-saved", "it"],
        ["ERR", "not-joined"],
    ]


def test_who_is_gone_is_gone_all_the_same(lab: Lab) -> None:
    ani, budi, cici, dodi, eka = lab.members("ani", "budi", "cici", "dodi", "eka")
    budi.say("=q QUIT see you")
    lab.hub.lost(cici, "timeout")
    lab.hub.bid_farewell(dodi, "quit")  # it shut its sending side
    lab.hub.ask(eka)
    ani.say("=1 SAY #lab one")
    fail(lab)
    assert kinds(ani.take()) == ["LEFT budi", "LEFT cici", "ERR", "LEFT dodi"]
    assert [line.split()[:2] for line in budi.take()] == [["=q", "OK"], ["BYE", "quit"]]
    assert kinds(dodi.take()) == ["LEFT budi", "LEFT cici", "BYE"]
    assert kinds(eka.take()) == ["LEFT budi", "LEFT cici", "PING", "LEFT dodi"]
    assert ani.ask("NAMES #lab") == ["NAMES #lab ani eka"]
    ani.ask("SAY #lab stored")
    consistent(lab)


def test_name_freed_in_a_failed_turn_is_free_on_disk_later(lab: Lab) -> None:
    """It is written with the next turn that can be stored."""
    ani, budi, cici = lab.members("ani", "budi", "cici")
    budi.say("QUIT")
    ani.say("SAY #lab x")
    fail(lab)
    lab.hub.lost(cici)
    lab.turn()
    lab.clock.at += 600
    lab.once()  # the timer of cici's name; settled in the next turn
    ani.say("SAY #lab y")
    fail(lab)
    assert {row.shown for row in lab.log.held_names()} == {"ani", "budi", "cici"}
    assert lab.hub.people.holder("budi") is None
    assert lab.hub.people.holder("cici") is None
    ani.ask("SAY #lab z")
    assert {row.shown for row in lab.log.held_names()} == {"ani"}
    new = lab.peer("budi")
    assert new.session is not budi.session
    consistent(lab)


def test_name_freed_late_is_not_freed_again(lab: Lab) -> None:
    """Who came back in the meantime holds it, on disk too."""
    ani, budi = lab.members("ani", "budi")
    budi.say("QUIT")
    ani.say("SAY #lab x")
    fail(lab)
    again = lab.peer()
    assert kinds(again.ask(f"HELLO budi session={budi.token}")) == ["WELCOME"]
    ani.ask("SAY #lab y")
    assert {row.shown for row in lab.log.held_names()} == {"ani", "budi"}
    consistent(lab)


def test_question_before_a_quit_is_answered_as_it_was(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.say("=w WHO budi", "SAY #lab x")
    budi.say("QUIT")
    fail(lab)
    assert kinds(ani.take()) == ["WHO", "OK", "ERR", "LEFT budi"]


def test_hello_that_failed_does_not_take_the_name_later(lab: Lab) -> None:
    """The timer of an undone HELLO must not free the name of the one that came through."""
    ani = lab.members("ani")[0]
    budi = lab.peer("budi")
    token = budi.token
    lab.hub.lost(budi)
    lab.advance(601)  # the name is free, the session is known
    again = lab.peer()
    again.say(f"HELLO budi session={token}")
    fail(lab)
    assert kinds(again.take()) == ["ERR"]
    lab.advance(10)
    assert kinds(again.ask(f"HELLO budi session={token}")) == ["WELCOME"]
    lab.advance(595)  # the time of the undone one would be over
    ani.ask("SAY @budi are you there?")
    assert kinds(again.take()) == ["MSG are"]
    other = lab.peer()
    assert kinds(other.ask(f"HELLO budi session={token}")) == ["WELCOME"]
    assert other.session is again.session
    consistent(lab)


def test_line_sent_again_gets_its_old_ok_even_then(lab: Lab) -> None:
    """wire.md, "No doubles": before anything else is checked, and before anything is stored."""
    ani, budi = lab.members("ani", "budi")
    assert ani.ask("=t SAY #lab one")[-1] == "=t OK 1"
    budi.take()
    ani.say("=t SAY #lab one", "=t SAY #lab other", "=u SAY #lab new", "=u SAY #lab new")
    fail(lab)
    words = [line.split()[:3] for line in ani.take()]
    assert words == [
        ["=t", "OK", "1"],
        ["=t", "ERR", "id-reused"],
        ["=u", "ERR", "not-saved"],
        ["=u", "ERR", "not-saved"],
    ]
    assert budi.take() == []


def test_farewell_of_a_refused_line_survives(lab: Lab) -> None:
    """Out of step is out of step, whether or not the turn of others could be stored."""
    ani, budi = lab.members("ani", "budi")
    ani.say("SAY #lab x")
    budi.say("=s SEND #lab t 0 many 5 a.txt")
    fail(lab)
    assert [line.split()[:3] for line in budi.take()] == [
        ["=s", "ERR", "bad-number"],
        ["BYE", "bad-line", "I"],
    ]
    assert kinds(ani.take()) == ["ERR", "LEFT budi"]


def test_nothing_follows_a_bye(lab: Lab) -> None:
    """It is the last line, though others talk and go in the same turn."""
    members = lab.members("ani", "budi", "cici")
    ani, budi, cici = members

    def last_words(peer: FakePeer) -> None:
        lab.hub.bid_farewell(peer, "shutdown")

    last_words(ani)
    budi.say("SAY #lab one", "NICK bob", "SAY #lab two", "SAY @ani three", "QUIT")
    last_words(cici)
    lab.turn()
    assert kinds(ani.take()) == ["BYE"]
    assert kinds(budi.take())[-1] == "BYE"
    assert kinds(cici.take()) == ["MSG one", "RENAMED bob", "MSG two", "LEFT bob", "BYE"]
    assert kinds(lab.peer("dodi").ask("JOIN #lab", "HISTORY #lab after 0 9")) == [
        *("JOINED dodi", "NAMES", "MSG one", "MSG two"),
    ]
    consistent(lab)
