"""Files: one sender, some receivers, each a process of its own; and the chat while they fetch.

``relay`` measures upload, SHA-256, spool and download through the server, beside a plain loop that
does the same with recv_into, sha256, write and sendfile, and has no log, no room and nobody else to
serve. The server has the file on disk before it tells of it; the loop does that only when asked to.
``scp`` joins where it can. ``python -m tests.bench.relay`` repeats the two in turn.
"""

import contextlib
import hashlib
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.raw import Raw
from tests.support.server import ROOT, ServerProcess, peak_bytes

BUFFER_BYTES: Final = 1024 * 1024
LOCAL: Final = "127.0.0.1"
PATIENCE: Final = 300.0
SAMPLE_SECONDS: Final = 0.01
NO_LIMITS: Final = ("--set", "rate=0", "--set", "disk-free=0", "--set", "file-day=10995116277760")


@dataclass(frozen=True)
class Relay:
    """What one run gave.

    ``growth`` is what the server's memory grew by, at its highest; ``cpu`` the processor time, in
    seconds, of the process in the middle, which others on the machine hardly change.
    """

    receivers: int
    size: int
    seconds: float
    growth: int = 0
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Bytes a second, over all receivers."""
        return self.receivers * self.size / self.seconds


def make_file(folder: Path, size: int) -> Path:
    """A file of ``size`` bytes that are not all the same."""
    path = folder / "file.bin"
    block = os.urandom(BUFFER_BYTES)
    with path.open("wb") as out:
        for start in range(0, size, BUFFER_BYTES):
            out.write(block[: min(BUFFER_BYTES, size - start)])
    return path


def through_server(path: Path, receivers: int) -> Relay:
    """One SEND to everybody; the clock stops when the last one has the last byte."""
    size = path.stat().st_size
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "server", *NO_LIMITS) as server,
        processes(receivers, lambda n, ready: fetch(server.port, n, size, ready)) as done,
        Raw(server.port, name="sender") as sender,
    ):
        sender.sock.settimeout(PATIENCE)
        sender.say("JOIN #bench")
        sender.sync()
        before, worked = server.peak_bytes(), server.cpu_seconds()
        started = time.perf_counter()
        sender.say(f"=f SEND #bench t 0 {size} {size} file.bin")
        with path.open("rb") as file:
            sender.sock.sendfile(file)
        assert sender.expect("=f ", PATIENCE).endswith(digest)
        done()
        seconds = time.perf_counter() - started
        growth = server.peak_bytes() - before
        cpu = server.cpu_seconds() - worked
    return Relay(receivers, size, seconds, growth, cpu)


def through_plain_loop(path: Path, receivers: int, *, synced: bool = False) -> Relay:
    """The same with nothing between the sockets but a file.

    ``synced``: it is on disk before it is sent on, as the server's is.
    """
    size = path.stat().st_size
    with tempfile.TemporaryDirectory() as folder, socket.create_server((LOCAL, 0)) as listener:
        port = listener.getsockname()[1]
        worked: multiprocessing.SimpleQueue[float] = multiprocessing.SimpleQueue()
        loop = multiprocessing.Process(
            target=lambda *args, **words: worked.put(_copy_loop(*args, **words)),
            args=(listener, Path(folder) / "copy", size, receivers),
            kwargs={"synced": synced},
        )
        loop.start()
        with (
            processes(receivers, lambda _, ready: _receive(port, size, ready)) as done,
            socket.create_connection((LOCAL, port)) as sender,
        ):
            started = time.perf_counter()
            with path.open("rb") as file:
                sender.sendfile(file)
            done()
            seconds = time.perf_counter() - started
        cpu = worked.get()
        loop.join()
    return Relay(receivers, size, seconds, cpu=cpu)


def through_scp(path: Path) -> Relay | None:
    """``scp`` to this machine; None where it cannot be used without a password."""
    if shutil.which("scp") is None or shutil.which("sshd") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = ["scp", "-qo", "BatchMode=yes", str(path), f"localhost:{folder}/copy"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
        return Relay(1, path.stat().st_size, time.perf_counter() - started)


def chat_while_fetching(path: Path, receivers: int, seconds: float) -> tuple[float, float, float]:
    """The slowest answer to a SAY in ms, idle and while all fetch; and the bytes/s they got."""
    size = path.stat().st_size
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "server", *NO_LIMITS) as server,
        Raw(server.port, name="sender") as sender,
    ):
        sender.sock.settimeout(PATIENCE)
        sender.say("JOIN #bench", f"=f SEND #bench t 0 {size} {size} file.bin")
        with path.open("rb") as file:
            sender.sock.sendfile(file)
        sender.expect("=f OK", PATIENCE)
        talker = Raw(server.port, name="talker")
        other = Raw(server.port, name="other")
        for peer in (talker, other):
            peer.say("JOIN #talk")
            peer.expect("NAMES ")
        idle = _slowest_answer(talker, lambda: False, seconds)
        with processes(receivers, lambda n, ready: fetch(server.port, n, size, ready, 1)) as done:
            finished: list[float] = []
            started = time.perf_counter()
            busy = _slowest_answer(talker, lambda: _all_done(done, finished), PATIENCE)
        return idle, busy, receivers * size / (finished[0] - started)


def clients_memory(path: Path) -> tuple[int, int, int]:
    """Highest memory, in bytes, of a sending, a fetching and an idle client."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(
            Path(folder) / "server", *NO_LIMITS, "--set", "file-size=1099511627776"
        ) as server,
    ):
        idle = _client(server.port, Path(folder), "idle")
        sending = _client(server.port, Path(folder), "sender", "--send", str(path))
        fetching = _client(
            server.port, Path(folder), "fetcher", "--get", "1", "--downloads", f"{folder}/here"
        )
        assert (Path(folder) / "here" / path.name).stat().st_size == path.stat().st_size
    return sending, fetching, idle


def _client(port: int, folder: Path, name: str, *arguments: str) -> int:
    """Run a line-mode client to its end; the most memory that it held."""
    command = [sys.executable, "-m", "curses_client", name, "--port", str(port), "--data",
               str(folder / name), *arguments]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    # Not ru_maxrss: that counts what this process held when it forked.
    highest = 0
    while process.poll() is None:
        highest = max(highest, peak_bytes(process.pid))
        time.sleep(SAMPLE_SECONDS)
    assert process.returncode == 0, f"{name} failed"
    return highest


def _all_done(done: Callable[..., int], finished: list[float]) -> bool:
    if done(wait=False) < 0:
        return False
    finished.append(time.perf_counter())
    return True


def _slowest_answer(peer: Raw, over: Callable[[], bool], seconds: float) -> float:
    """Say something, wait for its OK, again and again; the slowest of them, in ms."""
    slowest = 0.0
    until = time.monotonic() + seconds
    while time.monotonic() < until and not over():
        started = time.perf_counter()
        assert peer.answer("SAY #talk halo", f"s{time.monotonic_ns()}")[-1].startswith("OK ")
        slowest = max(slowest, time.perf_counter() - started)
    return slowest * 1000


@contextlib.contextmanager
def processes(
    count: int, work: Callable[[int, Callable[[], None]], int]
) -> Iterator[Callable[..., int]]:
    """Run ``work`` in processes; gives a call that waits for all, and gives the largest result."""
    context = multiprocessing.get_context("fork")
    ready, results = context.Semaphore(0), context.Queue()
    workers = [
        context.Process(target=lambda n=n: results.put(work(n, ready.release)))
        for n in range(count)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert ready.acquire(timeout=PATIENCE)
    found: list[int] = []

    def done(*, wait: bool = True) -> int:
        while len(found) < count:
            if not wait and results.empty():
                return -1
            found.append(results.get(timeout=PATIENCE))
        return max(found)

    try:
        yield done
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def upload(port: int, path: Path, ready: Callable[[], None]) -> int:
    """A sender of its own: one SEND to everybody, and its answer."""
    size = path.stat().st_size
    with Raw(port, name="sender") as raw, path.open("rb") as file:
        raw.sock.settimeout(PATIENCE)
        raw.say("JOIN #bench")
        raw.sync()
        ready()
        raw.say(f"=f SEND #bench t 0 {size} {size} file.bin")
        raw.sock.sendfile(file)
        assert raw.expect("=f ", PATIENCE).startswith("=f OK ")
    return 0


def fetch(port: int, number: int, size: int, ready: Callable[[], None], event: int = 0) -> int:
    """A receiver: wait for the FILE (or take ``event``), GET it, count its bytes."""
    with Raw(port, name=f"r{number}") as raw:
        raw.sock.settimeout(PATIENCE)
        raw.say("JOIN #bench")
        raw.expect("NAMES ")
        ready()
        wanted = str(event) if event else raw.expect("FILE ", PATIENCE).split()[1]
        raw.say(f"=g GET {wanted}")
        _count_pieces(raw, size)
    return 0


def _count_pieces(raw: Raw, size: int) -> None:
    """Read pieces of the GET tagged ``g`` until ``size`` bytes came, at the least cost.

    A receiver that is slower than that of the plain loop would measure itself.
    """
    buffer = bytearray(BUFFER_BYTES)
    line = b""
    got = left = 0
    while got < size:
        end, at = raw.sock.recv_into(buffer), 0
        assert end, "the stream ended in a file"
        while at < end:
            if left:
                taken = min(left, end - at)
                at, left, got = at + taken, left - taken, got + taken
                continue
            stop = buffer.find(b"\n", at, end)
            line += buffer[at : stop if stop >= 0 else end]
            if stop < 0:
                break
            at = stop + 1
            left = int(line.split()[5]) if line.startswith(b"=g SEND ") else 0
            line = b""


def _receive(port: int, size: int, ready: Callable[[], None]) -> int:
    with socket.create_connection((LOCAL, port)) as sock:
        sock.sendall(b"r")
        ready()
        buffer = bytearray(BUFFER_BYTES)
        while size:
            size -= sock.recv_into(buffer)
    return 0


def _copy_loop(
    listener: socket.socket, path: Path, size: int, receivers: int, *, synced: bool
) -> float:
    """Take one file and send it to all; the processor time that it took, in seconds."""
    out = []
    for _ in range(receivers):
        sock = listener.accept()[0]
        sock.recv(1)
        out.append(sock)
    sender = listener.accept()[0]
    worked = time.process_time()
    buffer = bytearray(BUFFER_BYTES)
    hash256 = hashlib.sha256()
    with path.open("w+b", buffering=0) as file:
        left = size
        while left:
            part = memoryview(buffer)[: sender.recv_into(buffer)]
            hash256.update(part)
            file.write(part)
            left -= len(part)
        if synced:
            os.fsync(file.fileno())
        piece = 64 * 1024
        for offset in range(0, size, piece):
            for sock in out:
                sent = 0
                while sent < min(piece, size - offset):
                    sent += os.sendfile(sock.fileno(), file.fileno(), offset + sent,
                                        min(piece, size - offset) - sent)  # fmt: skip
    return time.process_time() - worked
