"""UDP chat at a port of its own: ``python3 chat_udp.py HOST PORT PORT_SENDIRI``.

One datagram is one message; the other side is known by its address alone.
"""

import socket
import sys
import threading

ALAMAT_SERVER = (sys.argv[1], int(sys.argv[2]))
PORT_SENDIRI = int(sys.argv[3])


def terima(sock: socket.socket) -> None:
    """Print each datagram."""
    while True:
        data, _alamat = sock.recvfrom(1024)
        print(data.decode(), flush=True)


def main() -> None:
    """Send each line of the keyboard as a datagram."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", PORT_SENDIRI))
    threading.Thread(target=terima, args=(sock,), daemon=True).start()
    for baris in sys.stdin:
        sock.sendto(baris.strip().encode(), ALAMAT_SERVER)


if __name__ == "__main__":
    main()
