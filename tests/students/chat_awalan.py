"""TCP chat that writes its own name before all it says: ``python3 chat_awalan.py HOST PORT NAMA``.

The server asks ``user?`` once and gets the name; after that every message is ``NAMA: pesan``.
"""

import socket
import sys
import threading

HOST = sys.argv[1]
PORT = int(sys.argv[2])
NAMA = sys.argv[3]

client_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def receive() -> None:
    """Print what comes; any trouble ends the chat."""
    while True:
        try:
            message = client_socket.recv(1024).decode()
            if message == "user?":
                client_socket.send(NAMA.encode())
            elif message:
                print(message, end="", flush=True)
            else:
                break
        except OSError:
            print("Terjadi kesalahan!", flush=True)
            break
    client_socket.close()


def write() -> None:
    """Send each line of the keyboard, the name in front."""
    for baris in sys.stdin:
        message = f"{NAMA}: {baris.rstrip()}"
        client_socket.send(message.encode())


if __name__ == "__main__":
    client_socket.connect((HOST, PORT))
    receive_thread = threading.Thread(target=receive, daemon=True)
    receive_thread.start()
    write()
