"""The UDP door of a real server (C42 to C45, P13)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reactor.doors.foreign import Asked
from tests.bench import flood
from tests.reactor.guesthouse import GuestHouse
from tests.support.datagrams import Datagrams, RoughNetwork
from tests.support.raw import Raw, member
from tests.support.server import ROOT, ServerProcess
from tests.support.timing import end_of, within

REFUSED = 1
STRANGER = "203.0.113.9"
"""Of a network for documents (RFC 5737): nobody is there."""
MIB = 1024 * 1024


def udp_port(server: ServerProcess) -> int:
    return int(server.doors["udp"].rpartition(":")[2])


def udp_server(folder: Path, *arguments: str) -> ServerProcess:
    return ServerProcess(folder / "server", "--set", "rate=0", "--udp", "127.0.0.1:0", *arguments)


def talk(lines: list[str]) -> list[str]:
    """``name: text`` of the messages among lines of the wire."""
    words = [line.split(" ", 5) for line in lines if line.startswith("MSG ")]
    return [f"{fields[4]}: {fields[5]}" for fields in words]


def names(raw: Raw) -> list[str]:
    """Who is in the room."""
    return [name for line in raw.answer("NAMES #lab")[:-1] for name in line.split()[2:]]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with a UDP door."""
    with udp_server(tmp_path) as server:
        yield server


@pytest.fixture
def fatur(lab: ServerProcess) -> Iterator[Raw]:
    """Somebody who came over TCP."""
    with member(lab.port, "fatur") as raw:
        yield raw


def start_in_vain(folder: Path, *arguments: str) -> str:
    """What a server says that refuses to start."""
    command = [sys.executable, "-m", "reactor", "--port", "0", "--unix", "off",
               "--data", str(folder / "vain"), *arguments]  # fmt: skip
    result = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == REFUSED, result
    assert "ready" not in result.stdout
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("place", ["0.0.0.0:0", "[::]:0", "192.0.2.77:0"])
def test_c42_refused_beyond_loopback_unless_a_network_is_allowed(
    tmp_path: Path, place: str
) -> None:
    """C42, P13: nobody opens a door to the whole network by mistake."""
    assert "--udp-allow" in start_in_vain(tmp_path, "--udp", place)


def test_c42_clear_words_for_a_bad_network_and_a_taken_port(
    tmp_path: Path, lab: ServerProcess
) -> None:
    """C42: a network that is none allows nobody."""
    asked = ("--udp", "0.0.0.0:0", "--udp-allow", "192.168.1.7/16")
    assert "192.168.1.7/16" in start_in_vain(tmp_path, *asked)
    assert "in use" in start_in_vain(tmp_path, "--udp", str(udp_port(lab)))


def test_c42_only_the_allowed_network_may_speak(tmp_path: Path) -> None:
    """C42: others are dropped and counted, hear nothing, and are not known."""
    asked = Asked(udp=("0.0.0.0:0",), udp_allow=("10.7.0.0/16", "fd00::/8"))
    with GuestHouse(tmp_path / "data", asked) as house:
        door = house.udp
        for host, port in ((STRANGER, 9), ("10.8.0.1", 9), ("10.7.0.1", 0), ("fe80::1", 9)):
            assert not door._taken(b"halo", (host, port)), host
        assert house.counts("stranger") == [4]
        assert door.count == 0
        for host in ("10.7.255.1", "fd00::7", "127.3.2.1"):
            assert door._taken(b"halo", (host, 9)), host
        assert door.count == 3
        for at in (("10.7.255.1", 9), ("fd00::7", 9)):
            door.sources.forget(at, "test")  # before anything is sent there


def test_c42_nothing_is_sent_to_who_has_not_spoken_nor_because_of_one_datagram(
    lab: ServerProcess, fatur: Raw
) -> None:
    """C42: whatever a datagram holds, its sender hears the room's talk and no answer."""
    port = udp_port(lab)
    with Datagrams(port) as ani, Datagrams(port) as silent, Datagrams(port) as last:
        for text in ("halo", "/who", "/nick rizky", "HELLO x", "=1 HISTORY #lab after 0 200",
                     "user?", "/msg fatur hai", "PING x", "/nick",
                     "/nick fatur", "/help"):  # fmt: skip
            ani.say(text)
        last.say("/quit", "")
        fatur.expect("MSG 8")
        last.say("sudah")
        fatur.expect("MSG 9")
        fatur.say("SAY #lab akhir")
        assert ani.hear() == f"udp-{last.port}~: sudah"
        assert ani.hear() == "fatur: akhir"
        assert last.hear() == "fatur: akhir"
        assert silent.heard() == []
        # Somebody unknown who only leaves was never here.
        assert sum(f"udp-{last.port}~" in line for line in fatur.seen if "LEFT" in line) == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_c43_lost_doubled_and_reordered_datagrams(tmp_path: Path, seed: int) -> None:
    """C43: the log holds each datagram that arrived, once, in the order of arrival."""
    fast = ("--set", "guest-packets=1000", "--set", "guest-flood=1000")
    with (
        udp_server(tmp_path, *fast) as server,
        member(server.port, "fatur") as fatur,
        RoughNetwork(udp_port(server), seed) as network,
        Datagrams(network.port) as ani,
    ):
        for start in range(0, 60, 6):
            ani.say(*(f"pesan {number}" for number in range(start, start + 6)))
            network.carry(6)
        fatur.expect(f"MSG {len(network.passed)} ")
        heard = [line.split(": ", 1)[1] for line in talk(fatur.seen)]
        assert heard == network.passed
        assert len(set(network.passed)) < len(network.passed)  # some came twice
        assert len(set(network.passed)) < 60  # and some did not
        stored = fatur.answer("HISTORY #lab after 0 200")[:-1]
        assert [line.split(" ", 5)[5] for line in stored] == heard


def test_c44_forgotten_after_silence_and_known_again_by_the_next_datagram(tmp_path: Path) -> None:
    """C44: a changed port is a new guest, the old one is forgotten in its time."""
    with (
        udp_server(tmp_path, "--set", "guest-forget=0.5") as server,
        member(server.port, "fatur") as fatur,
        Datagrams(udp_port(server)) as ani,
        Datagrams(udp_port(server)) as moved,
    ):
        ani.say("/nick ani", "halo")
        fatur.expect("MSG 1")
        moved.say("/nick ani", "pindah")
        fatur.expect("MSG 2")
        assert set(names(fatur)) == {"fatur", "ani~", "ani-2~"}
        assert ani.hear() == "ani-2~: pindah"
        for _ in range(2):
            fatur.expect("LEFT")
        fatur.say("SAY #lab ada?")
        fatur.expect("MSG 3")
        assert names(fatur) == ["fatur"]
        moved.say("ada")
        fatur.expect("MSG 4")
        fatur.say("SAY #lab bagus")
        assert moved.hear() == "fatur: bagus"
        assert ani.heard() == []


@pytest.mark.parametrize("dead", [(0, 1, 2), (7, 8, 9), (3, 4, 5), (0, 4, 9), tuple(range(9))])
def test_c45_dead_receivers_are_forgotten_and_cost_nobody_a_datagram(
    lab: ServerProcess, fatur: Raw, dead: tuple[int, ...]
) -> None:
    """C45: an ICMP "refused" is of what was sent before, and not of what is sent now."""
    with ExitStack() as stack:
        programs = [stack.enter_context(Datagrams(udp_port(lab))) for _ in range(10)]
        for number, program in enumerate(programs):
            program.say("halo")
            fatur.expect(f"MSG {number + 1} ")
        living = [program for number, program in enumerate(programs) if number not in dead]
        for program in programs[:-1]:
            program.hear_until(f"udp-{programs[-1].port}~: halo")
        for number in dead:
            programs[number].close()
        for number in range(5):
            fatur.say(f"SAY #lab pesan {number}")
        for program in living:
            assert [program.hear() for _ in range(5)] == [f"fatur: pesan {n}" for n in range(5)]
        for _ in dead:
            fatur.expect("LEFT")
        assert set(names(fatur)) == {"fatur", *(f"udp-{program.port}~" for program in living)}
        assert "went" in lab.journal.read_text()
        assert "unreachable" in lab.journal.read_text()
        assert "defect" not in lab.journal.read_text()


def test_c45_error_of_a_send_is_not_the_next_receivers(tmp_path: Path) -> None:
    """C45: no route is the error of that address alone; who comes next is told all the same."""
    asked = Asked(udp=("0",), udp_allow=("240.0.0.0/4",))
    with GuestHouse(tmp_path / "data", asked) as house, Datagrams(house.udp_port) as ani:
        assert house.udp._taken(b"halo", ("255.255.255.255", 9))  # EACCES: no broadcast
        ani.say("halo")
        house.take(1)
        assert house.udp.count == 1
        assert house.udp.sources.get(("127.0.0.1", ani.port)) is not None
        assert house.counts("unsent") == [1]


def test_nick_free_taken_and_hostile(lab: ServerProcess, fatur: Raw) -> None:
    port = udp_port(lab)
    with Datagrams(port) as ani, Datagrams(port) as budi:
        wanted = {
            "/nick rizky": "rizky~",
            "/nick fatur": "fatur~",
            "/nick fatur~": None,
            "/nick   rizky+  ": "rizky~",
            "/nick \x1b[31mx": "mx~",
            "/nick * #lab @a": "lab_a~",
            "/nick " + "p" * 1000: "p" * 32 + "~",
            "/nick 漢字": "tamu~",
            "/nick a\nMSG 1 x #lab fatur z": "a_MSG_1_x_lab_fatur_z~",
        }
        budi.say("halo")
        ani.say("halo")
        fatur.expect("MSG 2")
        for number, (text, name) in enumerate(wanted.items()):
            ani.say(text)
            if name is not None:
                assert fatur.expect("RENAMED").split()[3] == name
            ani.say(f"{name}: {number}")
            assert budi.hear().endswith(": halo" if not number else f": {number - 1}")
        ani.say("/nick satu")
        budi.say("/nick satu", "satu: hai")
        fatur.expect("RENAMED")
        assert ani.hear() == "satu-2~: hai"  # its program's own name in front is taken off
        assert {"satu~", "satu-2~"} < set(names(fatur))
        assert talk(fatur.seen)[-1] == "satu-2~: hai"


def test_talk_goes_to_all_but_the_talker(lab: ServerProcess, fatur: Raw) -> None:
    with ExitStack() as stack:
        programs = [stack.enter_context(Datagrams(udp_port(lab))) for _ in range(5)]
        for program in programs:
            program.say("/nick p")
            fatur.expect("RENAMED")
        programs[2].say("halo\n")
        fatur.expect("MSG 1")
        fatur.say("ACT #lab melambai", "SAY @p~ rahasia", "SAY #lab akhir")
        for number, program in enumerate(programs):
            lines = program.hear_until("fatur: akhir")
            private = ["[private] fatur: rahasia"] if number == 0 else []
            said = [] if number == 2 else ["p-3~: halo"]
            assert [line for line in lines if line not in private] == [*said, "* fatur melambai"]


def test_quit_is_not_told_any_more(lab: ServerProcess, fatur: Raw) -> None:
    with Datagrams(udp_port(lab)) as ani:
        ani.say("halo", "/quit\r\n")
        fatur.expect("LEFT")
        fatur.say("SAY #lab akhir")
        fatur.expect("MSG 2")
        assert ani.heard() == []
        assert names(fatur) == ["fatur"]


def test_ipv6(tmp_path: Path) -> None:
    try:
        program = Datagrams(9, at="::1", to="::1")
    except OSError:
        pytest.skip("this machine has no ::1")
    program.close()
    with (
        ServerProcess(tmp_path / "server", "--set", "rate=0", "--udp", "[::1]:0") as server,
        member(server.port, "fatur") as fatur,
        Datagrams(udp_port(server), at="::1", to="::1") as ani,
        Datagrams(udp_port(server), at="::1", to="::1") as dead,
    ):
        dead.say("halo")
        fatur.expect("MSG 1")
        dead.close()
        ani.say("halo")
        fatur.expect("MSG 2")
        fatur.expect("LEFT")
        fatur.say("SAY #lab akhir")
        assert ani.hear() == "fatur: akhir"
        assert f"[::1]:{ani.port}" in server.journal.read_text()


def test_shutdown_sends_what_was_said_and_does_not_wait_for_a_flood(lab: ServerProcess) -> None:
    with member(lab.port, "fatur") as fatur, Datagrams(udp_port(lab)) as ani:
        ani.say("halo")
        fatur.expect("MSG 1")
        with flood.flood(udp_port(lab), 5.0) as process:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            fatur.expect("MSG 20 ")
            fatur.say("=a SAY #lab akhir")
            fatur.expect("=a OK")
            with within(0, 2.0, lab.pid):
                os.kill(lab.pid, signal.SIGTERM)
                end_of(lab.pid)
            assert lab.stop() == 0
            process.kill()
        lines = ani.heard()
        assert "fatur: akhir" in lines
        assert "defect" not in lab.journal.read_text()


def test_p13_flood_leaves_the_table_bounded_and_tcp_served() -> None:
    """P13: 10,000 datagrams from 1,000 addresses, while somebody talks over TCP."""
    result = flood.measure(alone=True)
    assert result.sent >= flood.DATAGRAMS
    assert 0 < result.known <= 256
    # A second's worth for the whole door at once, then so many each second, and a margin.
    assert result.told <= 200 + 200 * 3
    assert result.growth < 8 * MIB
    for verb in flood.VERBS:
        quiet = max(result.quantile(phase, verb, 0.5) for phase in ("before", "elsewhere"))
        assert result.quantile("during", verb, 0.5) < quiet + 0.02, verb
        assert result.quantile("during", verb, 0.99) < quiet + 0.2, verb


def test_who_is_banned_is_not_heard(lab: ServerProcess, fatur: Raw) -> None:
    port = int(lab.doors["udp"].rpartition(":")[2])
    with (
        Datagrams(port) as rizky,
        Datagrams(port, at="127.0.0.9") as aguel,
        Raw(0, unix=lab.unix, name="bos") as boss,
    ):
        aguel.say("halo")
        fatur.expect("MSG ")
        boss.answer("BAN 127.0.0.9 60")
        fatur.expect("LEFT ")
        aguel.say("halo lagi")
        rizky.say("aku boleh")
        assert fatur.expect("MSG ").endswith(" aku boleh")
        assert "STAT datagrams-dropped-banned 1" in boss.answer("STATS")
