"""TCP chat without names: ``python3 chat_tamu.py HOST PORT``.

The server greets, then whatever is typed goes out and whatever comes in is printed.
"""

import socket
import sys
from threading import Thread

UKURAN_BUFFER = 1024


class Penerima(Thread):
    """Prints what the server sends."""

    def __init__(self, sock: socket.socket) -> None:
        Thread.__init__(self)
        self.sock = sock
        self.daemon = True

    def run(self) -> None:
        """Receive until the other end closes."""
        while True:
            data = self.sock.recv(UKURAN_BUFFER)
            if not data:
                break
            sys.stdout.write(data.decode())
            sys.stdout.flush()


def main() -> None:
    """Connect and talk."""
    sock = socket.socket()
    sock.connect((sys.argv[1], int(sys.argv[2])))
    Penerima(sock).start()
    while True:
        try:
            sock.sendall(input().encode())
        except EOFError:
            break
    sock.close()


if __name__ == "__main__":
    main()
