"""Who is let in: the counts by account and by address, with made-up addresses, and at the doors.

The limits are those of faults.md, section 3; that addresses of this machine are free of them is as
important as that the others are not.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.doors.admission import ADDRESSES_KEPT, WINDOW_SECONDS, Admission, Visit, source
from tests.reactor.held import Client, Held
from wire.limits import Settings

HERE = ""
FAR = "192.0.2.7"
OTHER = "198.51.100.9"


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.at = 5000.0


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


def admission(clock: Clock, **limits: float) -> Admission:
    settings = Settings((name.replace("_", "-"), value) for name, value in limits.items())
    return Admission(settings, lambda: clock.at)


def come(to: Admission, host: str, uid: int | None = None) -> Visit:
    """Somebody who is let in and has said HELLO."""
    visit = to.enter(host, uid)
    assert visit is not None
    to.known(visit)
    return visit


def test_connections_of_one_address(clock: Clock) -> None:
    doors = admission(clock)
    visits = [come(doors, FAR) for _ in range(16)]
    assert doors.enter(FAR, None) is None
    assert doors.enter(OTHER, None) is not None
    doors.leave(visits[0])
    assert doors.enter(FAR, None) is not None
    assert doors.enter(FAR, None) is None


def test_arrivals_of_one_address_in_ten_minutes(clock: Clock) -> None:
    doors = admission(clock)
    for _ in range(32):
        doors.leave(come(doors, FAR))
        clock.at += 1
    assert doors.enter(FAR, None) is None
    doors.leave(come(doors, OTHER))
    clock.at += WINDOW_SECONDS - 32
    assert doors.enter(FAR, None) is not None  # the first one counts no longer
    assert doors.enter(FAR, None) is None  # the second one does, for a second more
    clock.at += 1
    assert doors.enter(FAR, None) is not None


def test_being_turned_away_does_not_prolong_it(clock: Clock) -> None:
    doors = admission(clock, address_arrivals=1)
    doors.leave(come(doors, FAR))
    for _ in range(WINDOW_SECONDS - 1):
        clock.at += 1
        assert doors.enter(FAR, None) is None
    clock.at += 1
    assert doors.enter(FAR, None) is not None


def test_strangers_of_one_address_and_of_all(clock: Clock) -> None:
    doors = admission(clock)
    found = [doors.enter(f"192.0.2.{n // 8}", None) for n in range(32)]
    assert None not in found
    assert doors.enter("192.0.2.0", None) is None
    assert doors.enter(OTHER, None) is None  # 32 strangers are here
    assert doors.enter(HERE, None) is not None
    assert found[0] is not None
    doors.known(found[0])
    doors.known(found[0])
    assert doors.enter("192.0.2.1", None) is None  # it has its eight
    assert doors.enter(OTHER, None) is not None
    assert doors.enter(OTHER, None) is None


def test_this_machine_has_no_limit_by_address(clock: Clock) -> None:
    doors = admission(clock, address_connections=1, address_arrivals=1, strangers=1)
    assert all(doors.enter(HERE, 1000) for _ in range(2000))
    assert not doors._arrivals
    assert not doors._open


def test_connections_of_one_account(clock: Clock) -> None:
    doors = admission(clock, uid_connections=2)
    visits = [come(doors, HERE, 1000) for _ in range(2)]
    assert doors.enter(HERE, 1000) is None
    assert doors.enter(HERE, 1000, exempt=True) is not None  # the operator must get in
    assert doors.enter(HERE, 1001) is not None
    assert all(doors.enter(HERE, None) for _ in range(9))  # nobody is known: nobody is counted
    for visit in visits:
        doors.leave(visit)
    assert doors.enter(HERE, 1000) is not None
    assert doors.enter(HERE, 1000) is None


def test_nothing_is_kept_of_who_is_gone(clock: Clock) -> None:
    doors = admission(clock)
    for n in range(3 * ADDRESSES_KEPT):
        doors.leave(come(doors, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", n))
    assert len(doors._arrivals) == ADDRESSES_KEPT
    clock.at += WINDOW_SECONDS
    doors.leave(come(doors, FAR))
    assert list(doors._arrivals) == [FAR]
    assert (doors._open, doors._strangers, doors._accounts) == ({}, {}, {})


def test_what_counts_as_one_address() -> None:
    assert source(FAR) == source(f"::ffff:{FAR}") == FAR
    assert source("2001:db8::1") == source("2001:db8::ffff:1") != source("2001:db8:0:1::1")
    assert source("fe80::1%eth0") == source("fe80::2%eth1")
    assert source("") == source("@obrol-59000") == ""


# At the native door.


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """A server in this process."""
    found = Held(tmp_path / "log")
    yield found
    found.close()


def comes_from(held: Held, host: str) -> None:
    """Who connects from now on comes from ``host``, as far as the door can see."""

    def host_of(sock: socket.socket) -> str:
        del sock
        return host

    held.server.doors.native.host_of = host_of


def knock(held: Held) -> Client:
    client = Client(held.port)
    held.clients.append(client)
    return client


def test_who_is_one_too_many_hears_full(held: Held) -> None:
    comes_from(held, FAR)
    strangers = [knock(held) for _ in range(9)]
    held.until(lambda: bool(strangers[8].got))
    assert strangers[8].got.startswith(b"ERR full ")
    assert b"\nBYE full " in strangers[8].got
    strangers[0].say("HELLO ani")  # no stranger any longer: there is place for one
    held.until(lambda: b"WELCOME " in strangers[0].got)
    more = [knock(held), knock(held)]
    held.until(lambda: bool(more[1].got))
    assert b"BYE full " in more[1].got
    strangers[1].sock.close()
    held.clients.remove(strangers[1])
    held.until(lambda: held.server.doors.native.count == 8)
    assert not more[0].got
    last = held.client("budi")
    assert b"BYE" not in last.got


def test_of_many_who_are_turned_away_all_hear_it(held: Held) -> None:
    comes_from(held, FAR)
    strangers = [knock(held) for _ in range(40)]
    held.until(lambda: sum(b"BYE full " in one.got for one in strangers) == 32)
    assert held.server.doors.native.count == 8


def test_an_account_has_so_many(held: Held) -> None:
    held.server.hub.settings.set("uid-connections", "2")
    held.client("ani")
    held.client("budi")
    third = knock(held)
    held.until(lambda: b"BYE full " in third.got)


# Under pressure.


def press(held: Held) -> None:
    """So few places that two connections are too many to be at ease."""
    held.server.doors.native.capacity = 2


def test_bad_lines_under_pressure_end_it(held: Held) -> None:
    ani = held.client("ani")
    for _ in range(5):
        ani.say("XYZ")
    held.until(lambda: ani.got.count(b"ERR unknown-verb") == 5)
    budi = held.client("budi")
    press(held)
    for _ in range(3):
        ani.say("XYZ")
    held.until(lambda: b"BYE full " in ani.got)
    assert ani.got.count(b"ERR unknown-verb") == 8
    budi.say("PING x")
    held.until(lambda: b"PONG x" in budi.got)


def test_no_new_upload_under_pressure(held: Held) -> None:
    ani = held.client("ani")
    ani.say("=a SEND #lab t1 0 0 4 a.txt")
    held.until(lambda: b"=a OK 0" in ani.got)
    held.client("budi")
    press(held)
    ani.say("=b SEND #lab t2 0 0 4 b.txt")
    held.until(lambda: b"=b ERR no-space" in ani.got)


def test_hello_must_come_sooner_under_pressure(held: Held) -> None:
    held.server.hub.settings.set("login-timeout", "60")
    held.server.hub.settings.set("pressure-login", "0.2")
    stranger = knock(held)
    held.until(lambda: held.server.doors.native.count == 1)
    held.client("ani")
    asked = []
    held.server.loop.later(0.5, lambda: asked.append(True))
    held.until(lambda: bool(asked))
    assert not stranger.got
    press(held)
    held.until(lambda: b"BYE timeout " in stranger.got)
