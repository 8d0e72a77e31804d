"""The hub's turn: nothing leaves before the commit (P1), fan-out once, order between lines (P2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub import Item
from reactor.hub.stage import Segment
from reactor.log import Event
from tests.reactor.lab import FakePeer, Lab, consistent, kinds


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


# The barrier (P1).


def test_nothing_is_delivered_before_the_commit(lab: Lab) -> None:
    """Whatever is stored in the turn: a session, a room, an event, a topic, a private word."""
    ani, budi = lab.members("ani", "budi")
    cici = lab.peer()
    seen = []
    lab.before_commit = lambda: seen.append([peer.lines[:] for peer in lab.peers])
    cici.say("HELLO cici", "JOIN #lab", "JOIN #new")
    ani.say("=1 SAY #lab halo", "TOPIC #lab tea", "SAY @budi psst", "=2 HISTORY #lab after 0 9")
    budi.say("NICK bob", "=3 PING x")
    lab.trace.clear()
    lab.turn()
    assert seen == [[[], [], []]]
    assert lab.trace[0] == "commit"
    assert sorted(lab.trace[1:]) == ["deliver ani", "deliver budi", "deliver p2"]
    assert {"MSG halo", "MSG psst", "TOPIC", "OK", "RENAMED bob"} <= set(kinds(ani.lines))
    assert {"WELCOME", "JOINED cici", "NAMES", "MSG halo"} <= set(kinds(cici.lines))


def test_questions_alone_store_nothing(lab: Lab) -> None:
    ani = lab.members("ani")[0]
    lab.trace.clear()
    ani.say("PING x", "NAMES #lab", "ROOMS", "WHO ani", "HISTORY #lab before 9 9", "SAY #no x")
    lab.turn()
    assert lab.trace == ["deliver ani"]
    assert kinds(ani.take()) == ["PONG", "NAMES", "ROOM", "WHO", "ERR"]


def test_one_commit_a_turn(lab: Lab) -> None:
    members = lab.members("ani", "budi", "cici")
    lab.trace.clear()
    for peer in members:
        peer.say(*[f"SAY #lab {number}" for number in range(20)])
    lab.turn()
    assert lab.trace.count("commit") == 1
    assert lab.log.tip == 60


def test_failing_delivery_is_nobody_elses(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    ani, budi, cici = lab.members("ani", "budi", "cici")
    told: list[object] = []
    lab.loop._on_error = lambda handler, error: told.append((handler, str(error)))
    deliver = FakePeer.deliver

    def delivers(peer: FakePeer, items: list[Item]) -> None:
        if peer is budi:
            raise RuntimeError("planted")
        deliver(peer, items)

    monkeypatch.setattr(FakePeer, "deliver", delivers)
    ani.say("SAY #lab halo")
    lab.turn()
    assert told == [(budi, "planted")]
    assert [kinds(peer.take()) for peer in (ani, cici)] == [["MSG halo"]] * 2


# Fan-out once.


def test_one_segment_for_all_members(lab: Lab) -> None:
    members = lab.members(*[f"m{number}" for number in range(10)])
    for peer in members:
        peer.say("SAY #lab from " + peer.label, "=t ACT #lab waves")
    lab.turn()
    pieces = [peer.segments() for peer in members]
    assert all(len(found) == 1 for found in pieces)
    assert len({id(found[0]) for found in pieces}) == 1
    assert pieces[0][0].count(b"\n") == 20


def test_segment_is_cut_where_somebody_joins(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    cici = lab.peer("cici")
    ani.say("SAY #lab one")
    cici.say("JOIN #lab")
    ani.say("SAY #lab two")
    lab.turn()
    for peer in (ani, budi):
        assert kinds(peer.lines) == ["MSG one", "JOINED cici", "MSG two"]
    assert kinds(cici.lines) == ["JOINED cici", "MSG two", "NAMES"]
    before, after = ani.segments()
    assert budi.segments() == [before, after]
    assert cici.segments() == [after]


def test_segment_is_cut_where_somebody_leaves(lab: Lab) -> None:
    ani, budi, cici = lab.members("ani", "budi", "cici")
    ani.say("SAY #lab one")
    budi.say("LEAVE #lab")
    ani.say("SAY #lab two")
    lab.turn()
    assert kinds(budi.lines) == ["MSG one", "LEFT budi"]
    for peer in (ani, cici):
        assert kinds(peer.lines) == ["MSG one", "LEFT budi", "MSG two"]
    assert ani.segments() == cici.segments()
    assert budi.segments() == ani.segments()[:1]


def test_segment_is_cut_where_somebody_is_renamed(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.say("SAY #lab one", "NICK ana", "SAY #lab two")
    lab.turn()
    for peer in (ani, budi):
        assert kinds(peer.lines) == ["MSG one", "RENAMED ana", "MSG two"]
        assert [line.split()[4] for line in peer.lines if line.startswith("MSG")] == ["ani", "ana"]
    assert len(ani.segments()) == 2


def test_rooms_have_segments_of_their_own(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    budi.ask("JOIN #den")
    ani.say("SAY #lab lab")
    budi.say("SAY #den den", "SAY #lab again")
    lab.turn()
    assert [kinds(peer.take()) for peer in (ani, budi)] == [
        ["MSG lab", "MSG again"],
        ["MSG lab", "MSG again", "MSG den"],
    ]


@pytest.mark.parametrize("ending", ["LEAVE #lab", "QUIT", "lost"])
def test_terminal_that_left_hears_no_more(lab: Lab, ending: str) -> None:
    """The person is still there with another one, so that nobody else is told."""
    ani, budi = lab.members("ani", "budi")
    other = lab.again(ani)
    other.ask("JOIN #lab")
    budi.take()
    budi.say("SAY #lab one")
    if ending == "lost":
        lab.hub.lost(other)
    else:
        other.say(ending)
    budi.say("SAY #lab two")
    lab.turn()
    assert "MSG two" not in kinds(other.take())
    assert kinds(ani.take())[-2:] == ["MSG one", "MSG two"]
    assert kinds(budi.take()) == ["MSG one", "MSG two"]


def test_what_is_staged_during_delivery_belongs_to_the_next_turn(lab: Lab) -> None:
    """A farewell is delivered, so its LEFT is staged, while others still wait for their lines."""
    ani, budi, cici = lab.members("ani", "budi", "cici")
    budi.say("SAY #lab one")
    lab.hub.bid_farewell(ani, "quit")
    budi.say("SAY #lab two")
    lab.once()
    assert [kinds(peer.take()) for peer in (budi, cici)] == [["MSG one", "MSG two"]] * 2
    budi.say("SAY #lab three")
    lab.once()
    for peer in (budi, cici):
        assert kinds(peer.take()) == ["LEFT ani", "MSG three"]


# Order (wire.md, "One order").


def test_event_comes_before_its_ok(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    budi.say("SAY #lab zero")
    ani.say("=1 SAY #lab one", "=2 PING x", "=3 SAY #lab two", "=4 SAY @budi three")
    lab.turn()
    lines = ani.take()
    for number, word in ((1, "one"), (3, "two"), (4, "three")):
        event = next(i for i, line in enumerate(lines) if line.endswith(" " + word))
        acknowledged = next(i for i, line in enumerate(lines) if line.startswith(f"={number} OK"))
        assert event < acknowledged
    answers = [line.split()[0] for line in lines if line.startswith("=")]
    assert answers == ["=1", "=2", "=2", "=3", "=4"]
    assert kinds(budi.take()) == ["MSG zero", "MSG one", "MSG two", "MSG three"]


def test_ok_tells_the_id_of_the_event(lab: Lab) -> None:
    ani = lab.members("ani")[0]
    lines = ani.ask("SAY #lab x", "=1 SAY #lab one", "=2 ACT #lab two")
    ids = {line.split(" ", 5)[5]: line.split()[1] for line in lines if not line.startswith("=")}
    assert lines[-2:] == [f"=1 OK {ids['one']}", f"=2 OK {ids['two']}"]


def test_same_line_twice_in_one_turn_is_one_event(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    lines = ani.ask("=1 SAY #lab one", "=1 SAY #lab one", "=1 SAY #lab two", "=2 SAY #lab two")
    assert kinds(lines) == ["MSG one", "MSG two", "OK", "OK", "ERR", "OK"]
    assert [line.split()[2] for line in lines[2:]] == ["1", "1", "id-reused", "2"]
    assert kinds(budi.take()) == ["MSG one", "MSG two"]


def test_joined_comes_before_the_rest_of_the_answer(lab: Lab) -> None:
    ani = lab.members("ani")[0]
    ani.ask("TOPIC #lab tea at four")
    budi = lab.peer("budi")
    lines = budi.ask("=j JOIN #lab", "=s SAY #lab halo")
    assert kinds(lines) == ["JOINED budi", "MSG halo", "TOPIC", "NAMES", "OK", "OK"]
    assert lines[2].endswith(" #lab ani tea at four")
    assert lines[3:5] == ["=j NAMES #lab ani budi", "=j OK"]


def test_joined_in_and_out_in_one_turn(lab: Lab) -> None:
    ani = lab.members("ani")[0]
    budi = lab.peer("budi")
    budi.say("JOIN #lab", "SAY #lab in", "LEAVE #lab", "JOIN #lab", "LEAVE #lab")
    ani.say("SAY #lab out")
    lab.turn()
    coming = ["JOINED budi", "MSG in", "LEFT budi", "JOINED budi", "LEFT budi"]
    assert kinds(ani.take()) == [*coming, "MSG out"]
    told = [kind for kind in kinds(budi.take()) if kind != "NAMES"]
    assert told == coming


def test_names_are_true_where_they_stand(lab: Lab) -> None:
    """Several come, go and are renamed in one turn; each NAMES fits what was told before it."""
    ani, budi = lab.members("ani", "budi")
    cici, dodi = lab.peer("cici"), lab.peer("dodi")
    ani.say("=1 NAMES #lab")
    cici.say("JOIN #lab")
    ani.say("=2 NAMES #lab", "SAY #lab x")
    budi.say("NICK bob")
    ani.say("=3 NAMES #lab")
    dodi.say("JOIN #lab")
    cici.say("LEAVE #lab")
    budi.say("NICK budi", "NAMES #lab")
    ani.say("=4 NAMES #lab")
    lab.turn()
    assert kinds(ani.lines) == [
        *("NAMES", "OK", "JOINED cici", "MSG x", "NAMES", "OK", "RENAMED bob", "NAMES", "OK"),
        *("JOINED dodi", "LEFT cici", "RENAMED budi", "NAMES", "OK"),
    ]
    names = [set(line.split()[3:]) for line in ani.take() if " NAMES " in line]
    assert names == [
        {"ani", "budi"},
        {"ani", "budi", "cici"},
        {"ani", "bob", "cici"},
        {"ani", "budi", "dodi"},
    ]
    assert kinds(dodi.lines) == ["JOINED dodi", "NAMES", "LEFT cici", "RENAMED budi"]
    assert set(dodi.lines[1].split()[2:]) == {"ani", "bob", "cici", "dodi"}


def test_history_holds_what_came_before_its_line_and_no_more(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.ask("SAY #lab old")
    budi.say("SAY #lab before")
    ani.say("=h HISTORY #lab after 0 9")
    budi.say("SAY #lab later")
    ani.say("=i HISTORY #lab before 999999999999999 1")
    lab.turn()
    lines = ani.take()
    tagged = [line for line in lines if line.startswith("=h")]
    assert kinds(tagged) == ["MSG old", "MSG before", "OK"]
    assert tagged[-1] == "=h OK 2 0"
    assert lines.count(next(line for line in lines if line.endswith(" later"))) == 1
    assert kinds([line for line in lines if line.startswith("=i")]) == ["MSG later", "OK"]


def test_history_is_what_was_live_byte_for_byte(lab: Lab) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.say("SAY #lab one", "ACT #lab a\u2028b", "SAY @budi dua")
    lab.turn()
    assert budi.take() == budi.ask("HISTORY #lab after 0 9", "HISTORY @ after 0 9")


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
def test_clock_on_the_wall_may_jump(lab: Lab, jump: float) -> None:
    """C34: the order is that of the ids, and names wait by the clock that never jumps."""
    ani, budi = lab.members("ani", "budi")
    lab.hub.lost(budi)
    ani.ask("SAY #lab one")
    lab.clock.skew = jump
    ani.ask("SAY #lab two")
    lab.advance(590)
    assert lab.peer().ask("HELLO budi")[0].startswith("ERR name-taken ")
    page = ani.ask("HISTORY #lab after 0 9")
    assert kinds(page) == ["MSG one", "MSG two"]
    assert [line.split()[1] for line in page] == ["1", "2"]
    lab.advance(20)
    assert lab.peer().ask("HELLO budi")[0].startswith("WELCOME budi ")


# A turn with an exception in one handler (C8).


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAY of ``boom`` stages everything, as it should, and then fails."""
    from reactor.hub import hub, talking  # noqa: PLC0415

    def say(*words: object) -> Event:
        event = talking.say(*words)  # type: ignore[arg-type]
        if event.body == "boom":
            raise RuntimeError("planted")
        return event

    monkeypatch.setitem(hub.HANDLERS, "SAY", say)


@pytest.mark.usefixtures("planted")
def test_only_the_failing_line_is_undone(lab: Lab) -> None:
    ani, budi, cici = lab.members("ani", "budi", "cici")
    dodi = lab.peer()
    dodi.say("HELLO dodi", "JOIN #den")
    ani.say("=1 SAY #lab one", "TOPIC #lab tea", "SAY @budi hush")
    cici.say("QUIT bye")
    with pytest.raises(RuntimeError, match="planted"):
        ani.say("=2 SAY #lab boom")
    budi.say("NICK bob", "SAY #lab two")
    lab.turn()
    consistent(lab)
    assert kinds(ani.take()) == [
        *("MSG one", "OK", "TOPIC", "MSG hush", "LEFT cici", "RENAMED bob", "MSG two"),
    ]
    assert kinds(budi.take())[:4] == ["MSG one", "TOPIC", "MSG hush", "LEFT cici"]
    assert kinds(cici.take())[-1] == "BYE"
    assert kinds(dodi.take()) == ["WELCOME", "JOINED dodi", "NAMES"]
    assert lab.log.tip == 3
    assert ani.ask("=2 SAY #lab again")[-1] == "=2 OK 4"  # the failed line left its tag free


@pytest.mark.usefixtures("planted")
def test_what_no_line_asked_for_stands_too(lab: Lab) -> None:
    """A farewell, a question after silence, a lost connection and a name that ran out."""
    ani, budi, cici, dodi = lab.members("ani", "budi", "cici", "dodi")
    lab.hub.lost(dodi)
    lab.turn()
    for peer in lab.peers:
        peer.take()
    lab.clock.at += 600
    lab.once()  # the timer of dodi's name; settled in the next turn
    lab.hub.bid_farewell(budi, "timeout")
    lab.hub.ask(ani)
    lab.hub.lost(cici, "timeout")
    with pytest.raises(RuntimeError, match="planted"):
        ani.say("SAY #lab boom")
    lab.turn()
    consistent(lab)
    assert kinds(budi.take()) == ["BYE"]
    assert ani.lines[0] == "PING obrol"
    assert set(kinds(ani.take())) == {"PING", "LEFT cici", "LEFT budi"}
    name = lab.log.name("dodi")
    assert name is not None
    assert not name.held
    assert lab.hub.people.holder("dodi") is None


def test_segment_is_encoded_once() -> None:
    segment = Segment()
    segment.items += [b"one\n", b"two\n"]
    assert segment.encode() == b"one\ntwo\n"
    segment.items.clear()  # had it to be joined again, nothing would come of it
    assert segment.encode() is segment.encode()
    assert segment.encode() == b"one\ntwo\n"
