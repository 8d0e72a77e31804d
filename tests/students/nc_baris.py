"""What ``nc`` does: ``python3 nc_baris.py HOST PORT``. Each line goes out with its line end."""

import socket
import sys
import threading


def terima(sock: socket.socket) -> None:
    """Print what comes, byte for byte."""
    while data := sock.recv(1024):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def main() -> None:
    """Connect and send what is typed, the line ends too."""
    sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    threading.Thread(target=terima, args=(sock,), daemon=True).start()
    for baris in sys.stdin:
        sock.sendall(baris.encode())


if __name__ == "__main__":
    main()
