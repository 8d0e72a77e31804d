"""TCP chat with names: ``python3 chat_bernama.py HOST PORT NAMA``.

The server asks ``user?``, the program answers with the name; what is typed is sent as it is.
"""

import socket
import sys
import threading


def terima(klien: socket.socket, nama: str) -> None:
    """Print what comes, until the server is gone."""
    while True:
        pesan = klien.recv(1024).decode("utf-8")
        if not pesan:
            break
        if pesan == "user?":
            klien.send(nama.encode("utf-8"))
        else:
            print(pesan, end="", flush=True)
    klien.close()


def main() -> None:
    """Connect, and send each line of the keyboard."""
    host, port, nama = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    klien = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    klien.connect((host, port))
    threading.Thread(target=terima, args=(klien, nama), daemon=True).start()
    while True:
        try:
            pesan = input()
        except EOFError:
            break
        klien.send(pesan.encode("utf-8"))
    klien.close()


if __name__ == "__main__":
    main()
