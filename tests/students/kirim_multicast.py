"""Multicast sender: ``python3 kirim_multicast.py [GRUP [PORT [ANTARMUKA]]]``.

Each line of the keyboard goes to the group as one datagram.
"""

import socket
import sys

grup = sys.argv[1] if len(sys.argv) > 1 else "224.1.1.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5004
antarmuka = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
TTL = 2

if __name__ == "__main__":
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(antarmuka))
    while True:
        try:
            pesan = input()
        except EOFError:
            break
        sock.sendto(pesan.encode("utf-8"), (grup, port))
