"""PASSWORD: a name that is never free, and whose session is had by who knows the word."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reactor.lab import FakePeer, Lab, consistent, kinds, snapshot
from tests.support.raw import Raw
from tests.support.server import ServerProcess

NAME_HOLD = 601


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "data") as lab:
        yield lab


@pytest.fixture
def ani(lab: Lab) -> FakePeer:
    """Whose name has the password ``w``."""
    ani = lab.peer("ani")
    assert ani.ask("=t PASSWORD w") == ["=t OK"]
    return ani


def code(lines: list[str]) -> str:
    words = [word for word in lines[-1].split() if not word.startswith("=")]
    return " ".join(words[:2])


def hello(lab: Lab, words: str) -> tuple[FakePeer, str]:
    """Somebody new who says HELLO, and what it is told."""
    peer = lab.peer()
    return peer, code(peer.ask(f"HELLO {words}"))


def test_never_free(lab: Lab, ani: FakePeer) -> None:
    """While it is used, while it is held, long after, and after a restart."""
    budi = lab.peer("budi")

    def shut() -> None:
        assert hello(lab, "Ani")[1] == "ERR bad-password"
        assert hello(lab, "ani session=unknown")[1] == "ERR bad-password"
        assert hello(lab, f"ani session={budi.token}")[1] == "ERR bad-password"
        assert hello(lab, "ani password=")[1] == "ERR bad-password"
        assert code(budi.ask("NICK ANI")) == "ERR name-taken"

    shut()
    lab.hub.lost(ani)
    shut()
    lab.advance(NAME_HOLD)
    assert lab.hub.people.holder("ani") is None
    shut()
    lab.restart()
    budi = lab.peer("cici")
    lab.advance(NAME_HOLD)
    shut()
    consistent(lab)


def test_the_word_gives_the_session(lab: Lab, ani: FakePeer) -> None:
    budi = lab.peer("budi")
    budi.ask("SAY @ani one")
    peer, told = hello(lab, "ani session=unknown password=w")
    assert told == "WELCOME ani"
    assert peer.token == ani.token
    assert peer.session is ani.session
    for gone in (ani, peer):
        gone.ask("QUIT")
    budi.ask("SAY @ani two")
    lab.advance(NAME_HOLD)
    lab.restart()
    peer, told = hello(lab, "ANI password=w")
    assert (told, peer.token) == ("WELCOME ANI", ani.token)
    assert kinds(peer.ask("HISTORY @ after 0 9")) == ["MSG one", "MSG two"]
    # A token of somebody else does not stand in the way of the word.
    cici = lab.peer("cici")
    again, told = hello(lab, f"ANI session={cici.token} password=w")
    assert (told, again.token) == ("WELCOME ANI", ani.token)
    consistent(lab)


def test_the_token_or_the_account_is_enough(lab: Lab) -> None:
    ani = lab.peer("ani", 1001, "ani")
    ani.ask("PASSWORD w")
    assert hello(lab, f"ani session={ani.token}")[1] == "WELCOME ani"
    assert hello(lab, f"ani session={ani.token} password=wrong")[1] == "WELCOME ani"
    same, other = lab.peer(uid=1001, login="ani"), lab.peer(uid=1002, login="budi")
    assert code(same.ask("HELLO ani")) == "WELCOME ani"
    assert code(other.ask("HELLO ani")) == "ERR bad-password"


@pytest.mark.usefixtures("ani")
def test_wrong_words(lab: Lab) -> None:
    thief = lab.peer()
    for word in ("x", "W", "ww"):
        assert code(thief.ask(f"HELLO ani password={word}")) == "ERR bad-password"
    assert code(thief.ask("HELLO ani password=w")) == "ERR slow-down"  # C41: the fourth in a minute
    assert code(thief.ask("HELLO other password=w")) == "WELCOME other"
    lab.advance(61)
    late = lab.peer()
    late.address = thief.address
    assert code(late.ask("HELLO ani password=w")) == "WELCOME ani"


def test_removed_and_changed(lab: Lab, ani: FakePeer) -> None:
    assert ani.ask("=t PASSWORD v") == ["=t OK"]
    assert hello(lab, "ani password=w")[1] == "ERR bad-password"
    assert hello(lab, "ani password=v")[1] == "WELCOME ani"
    assert ani.ask("=t PASSWORD") == ["=t OK"]
    assert hello(lab, "ani password=v")[1] == "ERR name-taken"
    assert ani.ask("=t PASSWORD") == ["=t OK"]
    for peer in list(lab.peers):
        peer.ask("QUIT")
    peer, told = hello(lab, "ani password=v")  # it counts for nothing now
    assert told == "WELCOME ani"
    assert peer.token != ani.token
    consistent(lab)


def test_a_session_keeps_one_name(lab: Lab, ani: FakePeer) -> None:
    ani.ask("NICK nia")
    assert hello(lab, "ani")[1] == "ERR bad-password"  # still hers
    assert kinds(ani.ask("=t NICK ani"))[-1] == "OK"
    ani.ask("NICK nia", "PASSWORD v")
    assert hello(lab, "ani")[1] == "WELCOME ani"
    assert hello(lab, "nia")[1] == "ERR bad-password"
    assert hello(lab, "nia password=v")[1] == "WELCOME nia"
    consistent(lab)


def test_hello_by_password_is_a_nick_on_the_way(lab: Lab, ani: FakePeer) -> None:
    ani.ask("NICK nia")
    peer, told = hello(lab, "ani password=w")
    assert told == "WELCOME ani"
    assert kinds(ani.take()) == ["RENAMED ani"]
    assert ani.session is peer.session
    consistent(lab)


def test_who_is_banned_stays_out(lab: Lab, ani: FakePeer) -> None:
    op = lab.peer("op", operator=True)
    op.ask("BAN ani 0")
    assert hello(lab, "ani password=w")[1] == "ERR banned"
    op.ask("UNBAN ani")
    ani, _ = hello(lab, "ani password=w")
    ani.ask("NICK nia")
    op.ask("BAN nia 0")  # the person, whatever the name
    assert hello(lab, "ani password=w")[1] == "ERR banned"


def test_undone(lab: Lab, ani: FakePeer) -> None:
    budi = lab.peer("budi")
    before = snapshot(lab)
    for peer, line in ((ani, "=t PASSWORD v"), (ani, "=t PASSWORD"), (budi, "=t PASSWORD b")):
        peer.say(line)
        lab.broken = True
        lab.turn()
        lab.broken = False
        assert code(peer.take()) == "ERR not-saved"
        assert snapshot(lab) == before
        consistent(lab)
    lab.hub.lost(budi)
    lab.advance(NAME_HOLD)
    assert hello(lab, "ani password=w")[1] == "WELCOME ani"
    assert hello(lab, "budi")[1] == "WELCOME budi"


@pytest.mark.usefixtures("ani")
def test_hello_that_waits_is_cut_off(lab: Lab) -> None:
    lab.restart()  # now its word is not known in memory
    peer = lab.peer()
    peer.say("HELLO ani password=w", "JOIN #lab")
    lab.hub.lost(peer)
    lab.turn()
    assert (peer.session, peer.take()) == (None, [])
    consistent(lab)


# The real server.


def test_killed_right_after_the_ok(strangers: ServerProcess) -> None:
    server = strangers
    with Raw(server.port, name="ani") as ani:
        assert ani.answer("PASSWORD open-sesame") == ["OK"]
        token = ani.session
        server.kill()
    server.start()
    with Raw(server.port) as other, Raw(server.port) as back:
        assert code(other.answer("HELLO ani")) == "ERR bad-password"
        assert code(other.answer("HELLO ani password=sesame")) == "ERR bad-password"
        back.say("=1 HELLO ani password=open-sesame", "=2 JOIN #lab", "=3 SAY #lab back")
        back.expect("=3 OK")
        assert back.seen[0].split()[:4] == ["=1", "WELCOME", "ani", token]
        assert back.answer("PASSWORD") == ["OK"]
        server.kill()
    server.start()
    with Raw(server.port) as other:
        assert code(other.answer("HELLO ani")) == "ERR name-taken"
    server.stop()
    db = sqlite3.connect(server.data / "log.sqlite")
    assert db.execute("SELECT * FROM password").fetchall() == []
    db.close()
    for path in (*server.data.iterdir(), server.journal):
        if path.is_file():
            assert b"sesame" not in path.read_bytes(), path
    came = [line for line in server.journal.read_text().splitlines() if "came" in line]
    assert sum("ani" in line for line in came) == 2  # who waited for the check is noted too


def test_who_waited_is_noted_as_soon_as_it_is_in(server: ServerProcess) -> None:
    with Raw(server.port, name="ani") as ani:
        assert ani.answer("PASSWORD w") == ["OK"]
        server.kill()
    server.start()
    with Raw(server.port) as back:
        assert back.answer("HELLO ani password=w")[-1] == "OK"
        assert server.stop() == 0
    came = [line for line in server.journal.read_text().splitlines() if "came" in line]
    assert sum("ani" in line for line in came) == 2
