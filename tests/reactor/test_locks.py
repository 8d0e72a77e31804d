"""Locks: how a word is kept, what one check costs, and whose turn it is (a hub without sockets)."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.hub import hub as hub_module
from reactor.hub import locks
from reactor.hub.locks import SCRYPT, make_lock, opens
from tests.reactor.lab import FakePeer, Lab, consistent, kinds

CHECK_SECONDS = 0.012
"""wire: so long at most the loop stands still for one word."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> list[float]:
    """When each scrypt of a check was done, on the lab's clock."""
    times: list[float] = []

    def noted(lock: str, word: str) -> bool:
        times.append(lab.clock.at)
        return opens(lock, word)

    monkeypatch.setattr(locks, "opens", noted)
    return times


def codes(lines: list[str]) -> list[str]:
    """What each line is; ERR with its code."""
    return [" ".join(line.split()[: 2 if "ERR" in line else 1]) for line in lines]


def rooms_with_keys(lab: Lab, count: int) -> list[FakePeer]:
    """As many people, each of whom has made #r0 … with the key ``k0`` …; then a restart."""
    owner = lab.peer("owner")
    for number in range(count):
        assert "JOINED owner" in kinds(owner.ask(f"JOIN #r{number} k{number}"))
    lab.restart()
    return [lab.peer(f"p{number}") for number in range(count)]


# The word.


def test_lock_opens_for_its_word_alone() -> None:
    lock = make_lock("kunci é")
    assert opens(lock, "kunci é")
    for other in ("kunci e", "kunci é ", "Kunci é", "", "x" * 4000):
        assert not opens(lock, other)
    assert make_lock("kunci é") != lock  # the salt is new
    assert "kunci" not in lock


def test_a_lock_says_what_it_was_made_with() -> None:
    """One that an earlier, or a later, version made opens too."""
    scheme, *cost, salt, digest = make_lock("a").split(" ")
    assert scheme == "scrypt"
    assert list(map(int, cost)) == [SCRYPT[name].value for name in ("log2-n", "r", "p")]
    assert len(bytes.fromhex(salt)) == SCRYPT["salt-bytes"].value
    assert len(bytes.fromhex(digest)) == SCRYPT["digest-bytes"].value
    assert all(parameter.reason for parameter in SCRYPT.values())
    # RFC 7914, section 12: scrypt (P="pleaseletmein", S="SodiumChloride", N=16384, r=8, p=1).
    known = (
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    lock = f"scrypt 14 8 1 {b'SodiumChloride'.hex()} {known}"
    assert opens(lock, "pleaseletmein")
    assert not opens(lock, "pleaseletmeout")
    with pytest.raises(ValueError, match="md5"):
        opens(lock.replace("scrypt", "md5"), "pleaseletmein")


def test_one_check_costs_at_most_12_ms() -> None:
    """CPU time, the least of several: what else runs here is not counted."""
    lock = make_lock("a")
    found = []
    for _ in range(7):
        started = time.process_time()
        opens(lock, "b")
        found.append(time.process_time() - started)
    assert 0.0005 < min(found) < CHECK_SECONDS


# Whose turn it is.


def test_one_at_a_time_and_ten_a_second(lab: Lab, checks: list[float]) -> None:
    people = rooms_with_keys(lab, 8)
    for number, peer in enumerate(people):
        peer.say(f"JOIN #r{number} k{number}")
    lab.turn()
    assert len(checks) == 8
    gaps = [later - former for former, later in itertools.pairwise(checks)]
    assert min(gaps) >= 0.1 - 1e-6
    for peer in people:
        assert kinds(peer.take())[-2:] == [f"JOINED {peer.label}", "NAMES"]
    consistent(lab)


def test_those_who_find_the_queue_full_are_told_so(lab: Lab, checks: list[float]) -> None:
    people = rooms_with_keys(lab, 12)
    for number, peer in enumerate(people):
        peer.say(f"JOIN #r{number} k{number}")
    lab.turn()
    assert len(checks) == 10
    last = [codes(peer.take())[-1] for peer in people]
    assert last == ["NAMES"] * 10 + ["ERR slow-down"] * 2
    assert kinds(people[11].ask("JOIN #r11 k11"))[0] == "JOINED p11"


def test_a_crowd_with_one_key_costs_one_check(lab: Lab, checks: list[float]) -> None:
    rooms_with_keys(lab, 1)
    crowd = [lab.peer(f"c{number}") for number in range(40)]
    assert "JOINED c0" in kinds(crowd[0].ask("JOIN #r0 k0"))
    for peer in crowd[1:]:
        peer.say("JOIN #r0 k0")
    lab.once()
    assert len(lab.hub.rooms.get("#r0").people) == 40  # type: ignore[union-attr]
    assert len(checks) == 1


def test_lines_behind_it_wait_and_nobody_else(lab: Lab, checks: list[float]) -> None:
    ani, budi = rooms_with_keys(lab, 2)
    ani.say("=1 JOIN #r0 k0", "=2 SAY #r0 hello", "=3 PING x")
    budi.say("=1 JOIN #r1 no", "=2 PING y")
    lab.once()  # ani's word is looked at when the lines of this turn are handled
    assert budi.take() == []
    cici = lab.peer()
    cici.say("HELLO cici", "PING z")
    lab.once()
    assert kinds(cici.take()) == ["WELCOME", "PONG"]
    lab.turn()
    assert kinds(ani.take()) == ["JOINED p0", "MSG hello", "NAMES", "OK", "OK", "PONG", "OK"]
    assert codes(budi.take()) == ["=1 ERR", "=2", "=2"]
    assert len(checks) == 2


def test_who_goes_while_waiting_costs_nothing(lab: Lab, checks: list[float]) -> None:
    people = rooms_with_keys(lab, 5)
    for number, peer in enumerate(people):
        peer.say(f"JOIN #r{number} k{number}")
    for peer in people[:3]:
        lab.hub.lost(peer)
    lab.hub.bid_farewell(people[3], "kicked")
    lab.turn()
    assert len(checks) == 1
    assert kinds(people[4].take()) == ["JOINED p4", "NAMES"]
    consistent(lab)


def test_a_key_that_changed_meanwhile_counts_as_it_is_now(lab: Lab, checks: list[float]) -> None:
    ani, budi, _ = rooms_with_keys(lab, 3)
    room = lab.hub.rooms.get("#r0")
    assert room is not None
    ani.say("JOIN #r0 new")
    budi.say("JOIN #r0 k0")
    room.key = make_lock("new")
    lab.turn()
    assert kinds(ani.take()) == ["JOINED p0", "NAMES"]
    assert codes(budi.take()) == ["ERR bad-key"]
    assert len(checks) == 4  # what was found out of the lock that is gone helped nobody


# Guessing.


def test_three_wrong_a_minute(lab: Lab, checks: list[float]) -> None:
    (ani,) = rooms_with_keys(lab, 1)
    for word in ("a", "b", "c"):
        assert codes(ani.ask(f"JOIN #r0 {word}")) == ["ERR bad-key"]
    assert codes(ani.ask("JOIN #r0 k0")) == ["ERR slow-down"]  # the right one tells nothing either
    assert len(checks) == 3
    assert codes(ani.ask("JOIN #r0")) == ["ERR bad-key"]  # no guess
    other = lab.peer("other")
    assert codes(other.ask("JOIN #r0 x")) == ["ERR bad-key"]
    assert codes(other.ask("JOIN #r0 k0"))[0] == "JOINED"  # from another address
    lab.advance(58)
    assert codes(ani.ask("JOIN #r0 k0")) == ["ERR slow-down"]
    lab.advance(3)
    assert codes(ani.ask("JOIN #r0 k0"))[0] == "JOINED"


def test_a_new_session_from_the_same_address_is_the_same_guesser(lab: Lab) -> None:
    rooms_with_keys(lab, 1)
    first, second, third = (lab.peer() for _ in range(3))
    for peer in (first, second):
        peer.address = "10.1.1.1:99"
    third.address, third.uid = "10.1.1.1:98", 1001
    for peer, name in ((first, "x"), (second, "y"), (third, "z")):
        peer.ask(f"HELLO {name}")
    for word in ("a", "b", "c"):
        first.ask(f"JOIN #r0 {word}")
    assert codes(second.ask("JOIN #r0 k0")) == ["ERR slow-down"]
    assert codes(third.ask("JOIN #r0 k0"))[0] == "JOINED"  # an account that the kernel tells apart


def test_the_same_session_from_another_address_is_the_same_guesser(lab: Lab) -> None:
    (ani,) = rooms_with_keys(lab, 1)
    again = lab.again(ani)
    for word in ("a", "b", "c"):
        ani.ask(f"JOIN #r0 {word}")
    assert codes(again.ask("JOIN #r0 k0")) == ["ERR slow-down"]
    assert codes(again.ask("JOIN #new k0"))[0] == "JOINED"  # that room alone


# Turns that are not stored, and defects.


def test_a_line_that_waits_is_no_part_of_a_turn_that_fails(lab: Lab) -> None:
    (ani,) = rooms_with_keys(lab, 1)
    budi = lab.peer("budi")
    ani.say("=1 JOIN #r0 k0", "=2 PING x")
    budi.say("JOIN #den")
    lab.broken = True
    lab.once()
    assert codes(budi.take()) == ["ERR not-saved"]
    assert ani.take() == []
    lab.broken = False
    lab.turn()
    assert kinds(ani.take()) == ["JOINED p0", "NAMES", "OK", "PONG", "OK"]
    consistent(lab)


def test_a_wrong_word_counts_once_though_its_turn_is_handled_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ani,) = rooms_with_keys(lab, 1)
    budi = lab.peer("budi")

    def defect(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setitem(hub_module.HANDLERS, "AWAY", defect)
    ani.say("JOIN #r0 wrong")
    lab.once()
    while lab.hub.locks.waiting:
        lab.once()
    with pytest.raises(ZeroDivisionError):
        budi.say("AWAY")  # in the turn in which the word was found wrong
    lab.turn()
    assert codes(ani.take()) == ["ERR bad-key"]
    assert sorted(map(len, lab.hub.locks._wrong.values())) == [1, 1]
    consistent(lab)
