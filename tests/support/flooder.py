"""A flood of datagrams: ``python -m tests.support.flooder HOST PORT SOURCES DATAGRAMS SECONDS``.

It says ``ready``, waits for a line, sends as fast as it can from so many loopback addresses in
turn, at least DATAGRAMS and at least so long, and says how many that were in how many seconds.
"""

import contextlib
import resource
import socket
import sys
import time

NETWORK = 250
"""Addresses in each 127.x.y.0/24 that it speaks from."""
SPARE_FILES = 64


def sources(count: int) -> list[socket.socket]:
    """A socket each on ``count`` addresses of 127.0.0.0/8, on ports that the kernel chooses."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + SPARE_FILES), hard))
    found = []
    for number in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((f"127.1.{number // NETWORK}.{number % NETWORK + 1}", 0))
        sock.settimeout(0)
        found.append(sock)
    return found


def main() -> None:
    """Flood."""
    host, port, count, datagrams, seconds = sys.argv[1:]
    socks = sources(int(count))
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.monotonic()
    sent = 0
    while sent < int(datagrams) or time.monotonic() < start + float(seconds):
        for sock in socks:
            with contextlib.suppress(BlockingIOError):
                sock.sendto(b"banjir %d" % sent, (host, int(port)))
            sent += 1
    print(sent, time.monotonic() - start, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
