"""The TLS door of a real server: the rules of every door hold there too (C2, C17, C20, C22)."""

import hashlib
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support.raw import Raw
from tests.support.scrape import scrape
from tests.support.server import ROOT, ServerProcess
from tests.support.timing import Stopwatch
from tests.support.tls import NEEDS_OPENSSL, Papers, TlsRaw, self_signed, trusting

pytestmark = NEEDS_OPENSSL
MIB = 1024 * 1024
Start = Callable[..., ServerProcess]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return self_signed(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def start(tmp_path: Path, papers: Papers) -> Iterator[Start]:
    """Starts a server with a TLS door and these settings; underscores stand for hyphens."""
    with ExitStack() as running:

        def start(**settings: float) -> ServerProcess:
            settings = {"rate": 0, **settings}
            words = [f"{name.replace('_', '-')}={value}" for name, value in settings.items()]
            arguments = [word for pair in words for word in ("--set", pair)]
            server = ServerProcess(tmp_path / "server", *arguments, *papers.options)
            return running.enter_context(server)

        yield start


def port_of(server: ServerProcess) -> int:
    return int(server.doors["tls"].rpartition(":")[2])


def member(server: ServerProcess, name: str, room: str = "#lab") -> TlsRaw:
    raw = TlsRaw(port_of(server), name=name)
    assert raw.answer(f"JOIN {room}")[-1] == "OK"
    return raw


def wait_for(server: ServerProcess, *words: str, patience: float = 10.0) -> str:
    """The first line of the journal with all these words."""
    deadline = time.monotonic() + patience
    while True:
        for line in server.journal.read_text().splitlines():
            if all(word in line for word in words):
                return line
        assert time.monotonic() < deadline, f"no {words}: {server.journal.read_text()}"
        time.sleep(0.01)


def spent(server: ServerProcess, seconds: float) -> float:
    """CPU seconds that the server uses in so many seconds of silence."""
    before = server.cpu_seconds()
    time.sleep(seconds)
    return server.cpu_seconds() - before


def test_they_talk_with_those_of_the_other_doors(start: Start) -> None:
    server = start()
    with member(server, "rizky") as rizky, Raw(server.port, name="fatur") as fatur:
        assert rizky.tls.version() == "TLSv1.3"
        fatur.answer("JOIN #lab")
        assert rizky.answer("SAY #lab halo")[-1].startswith("OK 1")
        assert fatur.expect("MSG ").endswith(" #lab rizky halo")
        fatur.say("SAY #lab selamat siang")
        assert rizky.expect("MSG 2").endswith(" #lab fatur selamat siang")
        (who,) = (line for line in fatur.answer("WHO rizky") if line.startswith("WHO "))
        assert " door=tls " in f"{who} "
        wait_for(server, "came", "name=rizky", "door=tls")
        rizky.say("QUIT")
        rizky.expect("BYE quit ")
        assert rizky.rest() == []


def test_tls_1_2_too_and_nothing_older(start: Start) -> None:
    server = start()
    context = trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with TlsRaw(port_of(server), name="rizky", context=context) as rizky:
        assert rizky.tls.version() == "TLSv1.2"
    words = ["openssl", "s_client", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", "-connect",
             f"127.0.0.1:{port_of(server)}"]  # fmt: skip
    old = subprocess.run(words, input=b"", capture_output=True, check=False, timeout=60)
    assert old.returncode
    assert b"protocol version" in old.stderr
    wait_for(server, "closed", "door=tls", "too old")


def test_a_second_handshake_is_refused(start: Start) -> None:
    """C22: renegotiation is a way to make a server work for nothing."""
    server = start()
    words = ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{port_of(server)}"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(b"HELLO rizky\n")
        client.stdin.flush()
        assert any(line.startswith(b"WELCOME ") for line in client.stdout)
        client.stdin.write(b"R\n")
        client.stdin.flush()
        told = client.stdout.read()
    assert b"no renegotiation" in told
    wait_for(server, "went", "name=rizky")
    with TlsRaw(port_of(server), name="fatur") as fatur:
        fatur.sync()


def test_c22_silence_and_trickle_end_at_the_limit(start: Start) -> None:
    server = start(tls_handshake=2)
    port = port_of(server)
    with ExitStack() as open_ones:
        watch = Stopwatch(server.pid)
        silent = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(20)
        ]
        for sock in silent[:10]:
            sock.sendall(bytes.fromhex("1603010200010001fc0303"))  # half a ClientHello
        with TlsRaw(port, name="rizky") as rizky:
            rizky.sync()  # nobody is kept waiting
        assert spent(server, 0.5) < 0.1
        for number, sock in enumerate(silent):
            sock.settimeout(10)
            if number < 5:
                sock.sendall(b"\0")  # trickling bytes do not extend it
            with suppress(ConnectionResetError):  # what it sent last crossed with the end
                assert sock.recv(100) == b""
            assert watch.wall >= 1.9
            assert watch.seconds < 5
        wait_for(server, "closed", "door=tls", "no TLS handshake in time")


def test_after_the_handshake_the_login_has_its_limit(start: Start) -> None:
    server = start(login_timeout=1, drop_after=60)
    with TlsRaw(port_of(server)) as raw:
        assert raw.expect("BYE ").startswith("BYE timeout ")
        assert raw.rest() == []


def test_c2_what_speaks_the_wrong_language_ends_cleanly(start: Start) -> None:
    server = start(login_timeout=2)
    with Raw(port_of(server)) as plain:
        plain.say("HELLO rizky")
        plain.sock.settimeout(5)
        while plain.sock.recv(100):
            pass
    wait_for(server, "closed", "door=tls", "it does not speak TLS")
    with pytest.raises((ssl.SSLError, OSError)):
        TlsRaw(server.port, name="rizky")
    assert spent(server, 0.5) < 0.1


def test_files_up_and_down(start: Start) -> None:
    """50 MiB each way, and somebody who talks meanwhile."""
    server = start(disk_free=0)
    data = hashlib.shake_128(b"tls").digest(MIB) * 50
    digest = hashlib.sha256(data).hexdigest()
    with member(server, "rizky") as rizky, member(server, "fatur") as fatur:
        rizky.send(f"=f SEND #lab t1 0 {len(data)} {len(data)} film.mp4\n".encode() + data)
        assert rizky.expect("=f ", 60).split()[2:] == ["1", digest]
        fatur.expect("FILE 1 ")
        rizky.say("SAY #lab sudah")
        assert hashlib.sha256(fatur.fetch(1)).hexdigest() == digest
        assert any(line.endswith(" sudah") for line in [*fatur.seen, *fatur.sync()])
        assert fatur.fetch(1, len(data) - 10) == data[-10:]


def test_a_room_of_two_hundred(start: Start) -> None:
    server = start()
    with ExitStack() as people:
        room = [people.enter_context(member(server, f"m{number}")) for number in range(200)]
        for number in range(5):
            room[number].say(f"SAY #lab kata {number}")
        for one in room:
            texts = [one.expect("MSG ").split(" ", 5)[5] for _ in range(5)]
            assert sorted(texts) == [f"kata {number}" for number in range(5)]


def test_slow_reader_is_closed_and_nobody_else_is_hurt(start: Start) -> None:
    server = start(send_hard=100_000, send_soft=50_000)
    text = "x" * 3000
    with (
        TlsRaw(port_of(server), name="lazy", receive_bytes=1024) as lazy,
        member(server, "rizky") as rizky,
    ):
        lazy.answer("JOIN #lab")
        begun = time.monotonic()
        count = 0
        while "slow-reader" not in "".join(rizky.seen):
            count += 1
            assert rizky.answer(f"SAY #lab {count} {text}", f"s{count}")[-1].startswith("OK ")
            assert time.monotonic() - begun < 30
        lines = lazy.rest()
    assert lines[-1].startswith("BYE slow-reader ")
    heard = [int(line.split(" ", 6)[5]) for line in lines if line.startswith("MSG ")]
    assert heard == list(range(1, len(heard) + 1))
    assert len(heard) < count


def test_reset_and_kill(start: Start) -> None:
    """P3: after kill -9 the same session is there again, with all that was acknowledged."""
    server = start()
    rizky, fatur = member(server, "rizky"), member(server, "fatur")
    fatur.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    fatur.close()
    rizky.expect("LEFT ")
    wait_for(server, "went", "name=fatur", "reset by the other side")
    assert rizky.answer("SAY #lab satu")[-1].startswith("OK 1")
    server.kill()
    rizky.close()
    server.start()
    with TlsRaw(port_of(server)) as again:
        again.hello("rizky", rizky.session)
        assert again.session == rizky.session
        again.answer("JOIN #lab")
        assert again.answer("HISTORY #lab after 0 9")[0].endswith(" rizky satu")


def test_who_is_banned_hears_it_over_tls(start: Start) -> None:
    server = start()
    with Raw(server.port, unix=server.unix, name="op") as op:
        assert op.answer("BAN 127.0.0.1 600 spam")[-1] == "OK"
        with TlsRaw(port_of(server)) as raw:
            assert [line.split()[:2] for line in raw.rest()] == [
                ["ERR", "banned"],
                ["BYE", "banned"],
            ]


def test_counters_know_the_door(tmp_path: Path, papers: Papers) -> None:
    server = ServerProcess(tmp_path / "server", "--metrics", "0", *papers.options)
    with server, member(server, "rizky"):
        now = scrape(int(server.doors["metrics"].rpartition(":")[2]))
        assert now['obrol_connections{door="tls"}'] == now['obrol_accepted_total{door="tls"}'] == 1
        assert now['obrol_connections{door="tcp"}'] == 0


# The certificate: at the start, and renewed.


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--tls-port", "0"], "--tls-port wants --tls-cert FILE and --tls-key FILE"),
        (["--tls-cert", "x"], "of no use without --tls-port"),
        (["--tls-port", "0", "--tls-cert", "none.pem", "--tls-key", "none.key"],
         "cannot use TLS: none.pem: No such file or directory"),
        (["--tls-port", "0", "--tls-cert", "README.md", "--tls-key", "README.md"],
         "no certificate and its key, in PEM form"),
    ],
)  # fmt: skip
def test_a_start_without_a_certificate(tmp_path: Path, words: list[str], told: str) -> None:
    command = [sys.executable, "-m", "reactor", "--port", "0", "--unix", "off", "--data",
               str(tmp_path / "server"), *words]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_key_with_a_pass_phrase_asks_nobody(tmp_path: Path, papers: Papers) -> None:
    locked = papers._replace(key=tmp_path / "locked.key")
    words = ["openssl", "pkcs8", "-topk8", "-in", str(papers.key), "-out", str(locked.key),
             "-passout", "pass:geheim"]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    command = [sys.executable, "-m", "reactor", "--port", "0", "--data", str(tmp_path / "server")]
    done = subprocess.run(
        [*command, *locked.options], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"without a pass phrase" in done.stderr


def test_a_renewed_certificate_is_shown_from_then_on(tmp_path: Path) -> None:
    papers, other = self_signed(tmp_path), self_signed(tmp_path, "other")
    server = ServerProcess(tmp_path / "server", "--set", "rate=0", *papers.options)

    def shown() -> str:
        with TlsRaw(port_of(server)) as raw:
            certificate = raw.tls.getpeercert(binary_form=True)
            assert certificate is not None
            return hashlib.sha256(certificate).digest().hex(":").upper()

    with server, Raw(server.port, unix=server.unix, name="op") as op:
        first, second = papers.fingerprint, other.fingerprint
        wait_for(server, " certificate ", f"sha256={first}")
        with member(server, "rizky") as rizky:
            papers.certificate.write_bytes(other.certificate.read_bytes())
            assert op.answer("RELOAD")[0].startswith("ERR ")  # the key is still the old one
            assert shown() == first
            os.kill(server.pid, signal.SIGHUP)
            wait_for(server, "reload-failed", "is not the key of")
            papers.key.write_bytes(other.key.read_bytes())
            assert op.answer("RELOAD")[-1] == "OK"
            assert shown() == second
            wait_for(server, " certificate ", f"sha256={second}")
            rizky.sync()  # who is here stays
            papers.certificate.write_text("broken")
            os.kill(server.pid, signal.SIGHUP)
            wait_for(server, "reload-failed", "PEM")
            assert shown() == second
