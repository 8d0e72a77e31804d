"""SEARCH in the hub: who may find what, in what order it is answered, turn by turn."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reactor.log.lookup import Lookup
from reactor.log.records import Page
from tests.reactor.lab import FakePeer, Lab, consistent, kinds

NEWEST = 999_999_999_999_999


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


@pytest.fixture(params=["read", "indexed"])
def ready(request: pytest.FixtureRequest, lab: Lab) -> Callable[[], None]:
    """Have the index take in all that was said, or nothing of it."""

    def fill() -> None:
        while request.param == "indexed" and lab.log.index.fill(lab.log.tip) is not None:
            pass

    return fill


def search(peer: FakePeer, target: str, words: str, number: int = NEWEST, count: int = 200) -> str:
    """The texts that were found, and the rest of the OK; or the ERR with its code."""
    *lines, end = peer.ask(f"=s SEARCH {target} before {number} {count} {words}")
    assert all(line.startswith("=s ") for line in (*lines, end))
    verb, *rest = end.split()[1:]
    if verb == "ERR":
        return f"ERR {rest[0]}"
    return " ".join([*(line.split(" ", 6)[6].replace(" ", "_") for line in lines), "|", *rest])


def test_in_a_room(lab: Lab, ready: Callable[[], None]) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.say("SAY #lab Halo semua", "ACT #lab says halo", "SAY #lab selamat siang")
    budi.say("SAY #lab halo juga")
    lab.turn()
    ready()
    assert search(ani, "#lab", "HALO") == "Halo_semua says_halo halo_juga | 3 0"
    assert search(ani, "#LAB", "halo from:Budi") == "halo_juga | 1 0"
    assert search(ani, "#lab", "juga halo") == "halo_juga | 1 0"
    assert search(ani, "#lab", "halo", count=2) == "says_halo halo_juga | 2 1"
    assert search(ani, "#lab", "halo", number=2) == "Halo_semua | 1 0"
    assert search(ani, "#lab", "halo", number=1) == "| 0 0"
    assert search(ani, "#lab", "halo", count=0) == "| 0 1"
    assert search(ani, "#lab", "hal") == "| 0 0"
    assert search(ani, "#lab", "\t") == "ERR bad-text"


def test_lines_are_those_of_history(lab: Lab, ready: Callable[[], None]) -> None:
    (ani,) = lab.members("ani")
    ani.say("SAY #lab halo", "ACT #lab halo \u2028 halo")
    lab.turn()
    ready()
    history = ani.ask("=t HISTORY #lab after 0 9")
    assert ani.ask(f"=t SEARCH #lab before {NEWEST} 9 halo") == history
    assert ani.ask(f"SEARCH #lab before {NEWEST} 9 halo") == [x[3:] for x in history[:-1]]
    assert ani.ask(f"SEARCH #lab before {NEWEST} 9 nobody") == []


def test_a_page_is_200_events(lab: Lab, ready: Callable[[], None]) -> None:
    (ani,) = lab.members("ani")
    ani.say(*[f"SAY #lab halo {number}" for number in range(201)])
    lab.turn()
    ready()
    assert search(ani, "#lab", "halo", count=10_000).endswith("| 200 1")


def test_who_may_find_what(lab: Lab, ready: Callable[[], None]) -> None:
    ani, budi, cici = lab.members("ani", "budi", "cici")
    dodi = lab.peer("dodi")
    dodi.ask("JOIN #den")
    ani.say("SAY #lab rahasia lab", "SAY @budi rahasia ab", "SAY @ani rahasia aa")
    dodi.say("SAY #den rahasia den")
    cici.say("SAY @budi rahasia cb", "SAY @dodi rahasia cd")
    lab.turn()
    ready()
    assert search(ani, "*", "rahasia") == "rahasia_lab rahasia_ab rahasia_aa | 3 0"
    assert search(budi, "*", "rahasia") == "rahasia_lab rahasia_ab rahasia_cb | 3 0"
    assert search(dodi, "*", "rahasia") == "rahasia_den rahasia_cd | 2 0"
    assert search(ani, "@", "rahasia") == "rahasia_ab rahasia_aa | 2 0"
    assert search(ani, "@budi", "rahasia") == "rahasia_ab | 1 0"
    assert search(ani, "@ani", "rahasia") == "rahasia_aa | 1 0"
    assert search(ani, "@cici", "rahasia") == "| 0 0"
    assert search(ani, "@nobody", "rahasia") == "ERR no-name"
    assert search(ani, "#den", "rahasia") == "ERR not-joined"
    assert search(dodi, "#lab", "rahasia") == "ERR not-joined"
    assert search(dodi, "#no", "rahasia") == "ERR no-room"
    for words in ("den", "from:dodi", 'rahasia" OR place:("p3"', "p2 s1"):
        assert search(ani, "*", words) == "| 0 0"
    dodi.ask("LEAVE #den")
    assert search(dodi, "*", "rahasia") == "rahasia_cd | 1 0"


def test_rooms_are_of_a_connection(lab: Lab, ready: Callable[[], None]) -> None:
    """As with HISTORY: what one terminal joined, another of the same person did not."""
    (ani,) = lab.members("ani")
    other = lab.again(ani)
    ani.ask("SAY #lab halo")
    ready()
    assert search(other, "*", "halo") == "| 0 0"
    assert search(other, "#lab", "halo") == "ERR not-joined"
    other.ask("JOIN #lab")
    assert search(other, "*", "halo") == "halo | 1 0"


def test_names_that_change_hands(lab: Lab, ready: Callable[[], None]) -> None:
    ani, budi = lab.members("ani", "budi")
    ani.say("SAY @budi rahasia", "SAY #lab umum rahasia")
    budi.say("SAY @ani rahasia juga")
    lab.turn()
    ani.ask("NICK ana")
    ready()
    mine = "rahasia umum_rahasia rahasia_juga | 3 0"
    assert search(ani, "*", "rahasia") == mine
    assert search(ani, "@", "from:ani") == "rahasia | 1 0"
    assert search(ani, "*", "from:ana") == "| 0 0"
    thief = lab.peer("ani")
    assert search(thief, "*", "rahasia") == "| 0 0"
    assert search(thief, "@", "from:ani") == "| 0 0"
    assert search(thief, "@budi", "rahasia") == "| 0 0"
    assert search(budi, "@ani", "rahasia") == "| 0 0"  # who is ani today
    assert search(budi, "@ana", "rahasia") == "rahasia rahasia_juga | 2 0"
    ani.ask("QUIT")
    later = lab.peer("ana")
    assert search(later, "*", "rahasia") == "| 0 0"
    assert search(later, "@", "rahasia") == "| 0 0"


def test_what_was_said_before_it_in_the_same_turn(lab: Lab, ready: Callable[[], None]) -> None:
    """All that was stored before its line was handled, and nothing that came after it."""
    ani, budi = lab.members("ani", "budi")
    ani.ask("SAY #lab halo 1")
    ready()
    ani.say("SAY #lab halo 2", f"=s SEARCH #lab before {NEWEST} 9 halo")
    budi.say("SAY #lab halo 3")
    lab.turn()
    found = [line for line in ani.take() if line.startswith("=s ")]
    assert [line[-6:] for line in found] == ["halo 1", "halo 2", "OK 2 0"]


def test_a_room_and_a_talk_of_the_same_turn(lab: Lab) -> None:
    ani = lab.peer("ani")
    ani.say("JOIN #new", "SAY #new halo", "SAY @ani halo")
    lines = ani.ask(f"=s SEARCH * before {NEWEST} 9 halo", f"=t SEARCH #new before {NEWEST} 9 halo")
    assert [line for line in lines if " OK " in line] == ["=s OK 2 0", "=t OK 1 0"]


def slow(monkeypatch: pytest.MonkeyPatch, slices: int) -> list[int]:
    """Have every search take so many slices; counts those that were taken."""
    real = Lookup.step
    taken: dict[Lookup, int] = {}
    total = [0]

    def step(self: Lookup) -> Page | None:
        taken[self] = taken.get(self, 0) + 1
        total[0] += 1
        return real(self, 60) if taken[self] == slices else None

    monkeypatch.setattr(Lookup, "step", step)
    return total


def test_a_long_search_holds_up_its_own_connection_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(monkeypatch, 5)
    ani, budi = lab.members("ani", "budi")
    ani.ask("SAY #lab halo 1")
    ani.say(f"=s SEARCH #lab before {NEWEST} 9 halo", "PING 1", f"=t SEARCH * before {NEWEST} 9 1",
            "PING 2")  # fmt: skip
    for number in (2, 3):
        budi.say(f"SAY #lab halo {number}", "PING x")
        lab.once()
        assert budi.take()[-1] == "PONG x"
    live = ani.take()
    assert kinds(live) == ["MSG halo", "MSG halo"]  # talk goes on, answers wait
    lab.turn()
    lines = ani.take()
    ends = ("halo 1", "=s OK 1 0", "PONG 1", "halo 1", "=t OK 1 0", "PONG 2")
    assert len(lines) == len(ends)
    assert all(map(str.endswith, lines, ends)), lines


def test_long_searches_take_turns(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    total = slow(monkeypatch, 4)
    peers = lab.members(*(f"p{number}" for number in range(5)))
    for peer in peers:
        peer.say(f"=s SEARCH * before {NEWEST} 9 halo")
    lab.once()
    assert total[0] in {5, 6}
    lab.once()
    lab.once()
    assert total[0] <= 6 + 2
    lab.turn()
    assert total == [20]
    assert [peer.take() for peer in peers] == [["=s OK 0 0"]] * 5
    consistent(lab)


def test_a_search_of_somebody_who_went(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    total = slow(monkeypatch, 50)
    ani, budi, cici = lab.members("ani", "budi", "cici")
    for peer in (ani, budi, cici):
        peer.say(f"=s SEARCH * before {NEWEST} 9 halo")
    lab.once()
    lab.hub.lost(ani)
    lab.peers.remove(ani)
    lab.hub.bid_farewell(budi, "kicked")
    lab.turn()
    assert total[0] < 60
    assert kinds(budi.take()) == ["LEFT", "BYE"] or not budi.session
    assert cici.take()[-1] == "=s OK 0 0"


def test_a_turn_that_cannot_be_stored(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is answered once, by what is stored; also when it is a later turn that fails."""
    ani, budi = lab.members("ani", "budi")
    ani.ask("SAY #lab halo 1")
    lab.broken = True
    ani.say("=a SAY #lab halo 2", f"=s SEARCH #lab before {NEWEST} 9 halo", "PING x")
    lab.turn()
    lines = ani.take()
    assert [line.split()[1] for line in lines] == ["ERR", "MSG", "OK", "x"]
    assert lines[2] == "=s OK 1 0"
    slow(monkeypatch, 3)
    ani.say(f"=s SEARCH #lab before {NEWEST} 9 halo", "PING x")
    for number in range(8):
        budi.say(f"=b{number} SAY #lab halo")
        lab.once()
    lab.turn()
    assert lab.failures > 3
    lines = ani.take()
    assert [line.split()[1] for line in lines] == ["MSG", "OK", "x"]
    lab.broken = False
    consistent(lab)
