"""Multicast receiver: ``python3 terima_multicast.py [GRUP [PORT [ANTARMUKA]]]``.

Joins the group and prints each datagram; several of them may run on one machine.
"""

import socket
import sys

grup = sys.argv[1] if len(sys.argv) > 1 else "224.1.1.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5004
antarmuka = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"

if __name__ == "__main__":
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    keanggotaan = socket.inet_aton(grup) + socket.inet_aton(antarmuka)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, keanggotaan)
    print("menunggu pesan", flush=True)
    while True:
        data, alamat = sock.recvfrom(1024)
        print(data.decode("utf-8"), flush=True)
