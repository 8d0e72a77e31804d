"""A line chat as the manual of asyncio's streams would show it: ``… PORT [uvloop]``.

The first line of a client is its name; every later one goes to everybody.
"""

import asyncio
import importlib
import sys

LOCAL = "127.0.0.1"

clients: set[asyncio.StreamWriter] = set()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client, from its first line to its last."""
    name = (await reader.readline()).strip()
    clients.add(writer)
    try:
        writer.write(b"welcome %b\n" % name)
        await writer.drain()
        while line := await reader.readline():
            message = b"%b: %b" % (name, line)
            for client in list(clients):
                client.write(message)
                await client.drain()
    finally:
        clients.discard(writer)
        writer.close()


async def listen(port: int) -> None:
    """Serve for ever."""
    server = await asyncio.start_server(serve, LOCAL, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    if "uvloop" in sys.argv:
        importlib.import_module("uvloop").install()
    asyncio.run(listen(int(sys.argv[1])))
