"""P8: a file arrives whole or not at all, at whatever byte its upload is cut (C12)."""

import random
import socket
import struct
from pathlib import Path

from tests.reactor.house import content, piece, sha256
from tests.support.raw import Raw, member
from tests.support.server import ServerProcess

UPLOADS = 500
SIZE = 5000


def paths(folder: Path) -> set[str]:
    """Everything under a folder, but for what is under way."""
    return {str(p) for p in folder.rglob("*") if "partial" not in p.parts}


def test_five_hundred_uploads_cut_at_any_byte(server: ServerProcess) -> None:
    """A file stands in the spool, and an event tells of it, if and only if all of it came."""
    chance = random.Random(8)
    whole: list[str] = []
    with member(server.port, "budi") as budi:
        before = paths(server.data.parent)
        raw = Raw(server.port, name="ani")
        for number in range(UPLOADS):
            data = content(SIZE, number)
            line = piece(f"u{number}", f"t{number}", data)
            cut = chance.choice((len(line), chance.randrange(len(line))))
            raw.say("JOIN #lab")
            raw.send(line[:cut])
            if cut == len(line):
                assert raw.expect(f"=u{number} ").endswith(sha256(data))
                whole.append(sha256(data))
            if chance.random() < 0.5:
                raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
            raw, session = Raw(server.port), raw.session
            raw.hello("ani", session)
            raw.answer(f"STOP t{number}")  # eight at once are the most
        raw.close()
        files = [line for line in budi.sync() if line.startswith("FILE ")]
        assert [line.split()[6] for line in files] == whole
        assert 150 < len(whole) < UPLOADS - 150
        stored = server.data / "spool" / "files"
        assert {path.name for path in stored.iterdir()} == set(whole)
        for path in stored.iterdir():
            assert sha256(path.read_bytes()) == path.name
        new = {Path(path) for path in paths(server.data.parent) - before}
        assert {path.parent for path in new} == {stored}  # nothing anywhere else
