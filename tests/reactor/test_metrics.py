"""The metrics door: what Prometheus reads, and what strangers cost."""

import contextlib
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.counters import COUNTERS, VERSION, Counters
from reactor.doors.metrics import CONNECTIONS, HEAD_BYTES, TOTAL_SECONDS, exposition
from reactor.doors.sockets import DoorError, host_and_port
from tests.support.raw import Raw, member
from tests.support.scrape import PATIENCE, http, samples, scrape
from tests.support.server import ROOT, ServerProcess
from tests.support.timing import Stopwatch


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server", "--metrics", str(free_port())) as running:
        yield running


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def sockets_of(server: ServerProcess) -> int:
    """How many sockets the server has open."""
    found = 0
    for link in Path(f"/proc/{server.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(link.readlink()).startswith("socket:")
    return found


def metrics_port(server: ServerProcess) -> int:
    return int(server.arguments[-1].rpartition(":")[2])


def test_every_counter_has_its_help_its_type_and_its_samples() -> None:
    text = exposition(Counters().values())
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    helps = re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE)
    assert sorted(kinds) == sorted(helps)
    found = samples(text)
    assert len(found) == len(COUNTERS) + 1
    for name in found:
        family = name.partition("{")[0]
        assert family.endswith("_total") == (kinds[family] == "counter"), name
    assert found[f'obrol_info{{version="{VERSION}"}}'] == 1


def test_prometheus_counts_in_seconds() -> None:
    counters = Counters()
    counters.add("commit-ms", 1500)
    counters.raise_to("commit-longest-ms", 250)
    found = samples(exposition(counters.values()))
    assert found["obrol_commit_seconds_total"] == 1.5
    assert found["obrol_commit_longest_seconds"] == 0.25


def test_what_happens_can_be_scraped(server: ServerProcess) -> None:
    port = metrics_port(server)
    before = scrape(port)
    assert before['obrol_connections{door="tcp"}'] == 0
    with member(server.port, "ani") as ani, Raw(0, unix=server.unix, name="budi") as budi:
        assert ani.answer("SAY #lab halo")[-1].startswith("OK ")
        assert budi.answer("NOPE")[-1].startswith("ERR ")
        now = scrape(port)
    assert now['obrol_connections{door="tcp"}'] == now['obrol_connections{door="unix"}'] == 1
    assert now['obrol_accepted_total{door="unix"}'] == 1
    assert now["obrol_people"] == 2
    assert now["obrol_rooms"] == 1
    assert now["obrol_lines_refused_total"] == 1
    assert now["obrol_events_stored_total"] == before["obrol_events_stored_total"] + 1
    assert 0 < now["obrol_commit_longest_seconds"] <= now["obrol_commit_seconds_total"] < 10
    assert abs(now["obrol_memory_bytes"] - server.rss_bytes()) < 8 * 1024 * 1024
    for name, value in before.items():
        if name.partition("{")[0].endswith("_total"):
            assert now[name] >= value, name


def test_it_is_announced_where_it_was_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reactor", "--port", "0", "--data", str(tmp_path / "data"),
               "--metrics", "127.0.0.2:0"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "ready\n"))
        try:
            (where,) = [line.split()[2] for line in lines if line.startswith("listening metrics ")]
            host, _, port = where.partition(":")
            assert host == "127.0.0.2"
            with socket.create_connection((host, int(port)), PATIENCE):
                pass
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /metrics HTTP/1.0", 200),
        ("GET /metrics HTTP/1.1", 200),
        ("GET /metrics?name[]=x HTTP/1.1", 200),
        ("GET http://localhost:1/metrics HTTP/1.1", 200),
        ("GET / HTTP/1.1", 404),
        ("GET /metricsx HTTP/1.1", 404),
        ("GET /../metrics HTTP/1.1", 404),
        ("POST / HTTP/1.1", 404),
        ("POST /metrics HTTP/1.1", 405),
        ("HEAD /metrics HTTP/1.1", 405),
        ("GET /metrics", 400),
        ("GET /metrics HTTP/2.0", 400),
        ("GET  /metrics HTTP/1.1", 400),
        ("GET /met rics HTTP/1.1", 400),
        ("GET /\x1b HTTP/1.1", 400),
        ("HELLO ani", 400),
        ("", 400),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_what_is_asked(server: ServerProcess, request_line: str, status: int, end: str) -> None:
    request = f"{request_line}{end}Host: localhost{end}{end}".encode()
    head, body = http(metrics_port(server), request)
    first, *fields = head.decode().split("\r\n")
    assert first.startswith(f"HTTP/1.1 {status} ")
    assert f"Content-Length: {len(body)}" in fields
    assert "Connection: close" in fields
    assert ("Allow: GET" in fields) == (status == 405)
    kind = next(field for field in fields if field.startswith("Content-Type: "))
    assert ("version=0.0.4" in kind) == (status == 200)


def test_a_head_in_single_bytes_is_read(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", metrics_port(server)), PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /metrics HTTP/1.1\r\n\r\n":
            sock.send(bytes([byte]))
        assert sock.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("size", "status"), [(HEAD_BYTES, b"200"), (HEAD_BYTES + 1, b"400")])
def test_a_head_has_a_largest_size(server: ServerProcess, size: int, status: bytes) -> None:
    start, end = b"GET /metrics HTTP/1.1\r\nCookie: ", b"\r\n\r\n"
    head, _ = http(metrics_port(server), start + b"x" * (size - len(start) - len(end)) + end)
    assert head.split()[1] == status


def test_a_head_that_ends_half_way_is_bad(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", metrics_port(server)), PATIENCE) as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\n")
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_silent_hold_no_place_for_ever_and_the_chat_goes_on(server: ServerProcess) -> None:
    port, before = metrics_port(server), sockets_of(server)
    watch = Stopwatch(server.pid)
    with contextlib.ExitStack() as silent:
        crowd = [
            silent.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            for _ in range(CONNECTIONS)
        ]
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as late:
            assert late.recv(100).startswith(b"HTTP/1.1 503 ")
        for sock in crowd[: CONNECTIONS // 2]:
            sock.send(b"GET /met")  # whether it is silent or slow makes no difference
        with member(server.port, "ani") as ani:
            assert ani.answer("SAY #lab halo")[-1].startswith("OK ")
        assert [sock.recv(100) for sock in crowd] == [b""] * CONNECTIONS
        assert watch.wall > TOTAL_SECONDS - 0.5
        assert watch.seconds < TOTAL_SECONDS + 3
        assert scrape(port)["obrol_turns_total"] > 0
    while sockets_of(server) > before:
        assert watch.wall < 30, "descriptors are left over"


def test_a_port_that_is_taken_is_told_of(server: ServerProcess, tmp_path: Path) -> None:
    second = ServerProcess(tmp_path / "second", "--metrics", f"127.0.0.1:{metrics_port(server)}")
    with pytest.raises(AssertionError, match=r"cannot listen on 127\.0\.0\.1:"):
        second.start()
    assert second.process is not None
    assert second.process.wait(PATIENCE) == 1
    assert second.process.stdout is not None
    second.process.stdout.close()


def test_addresses() -> None:
    assert host_and_port("9100", "127.0.0.1") == ("127.0.0.1", 9100)
    assert host_and_port(":9100", "127.0.0.1") == ("127.0.0.1", 9100)
    assert host_and_port("10.0.0.1:0", "127.0.0.1") == ("10.0.0.1", 0)
    assert host_and_port("[::1]:9100", "127.0.0.1") == ("::1", 9100)
    for wrong in ("", "x", "localhost:", "1:+5", "1:1_0", "1:٣", "65536", "1:-1"):
        with pytest.raises(DoorError):
            host_and_port(wrong, "127.0.0.1")


def test_metrics_end_with_the_server(server: ServerProcess) -> None:
    port = metrics_port(server)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        scrape(port)  # the one before is accepted by now
        assert server.stop() == 0
        assert sock.recv(1) == b""
