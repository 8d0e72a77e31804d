"""Recorded sessions, by door: what programs say when nothing is wrong, and what they say badly.

``NNNN`` becomes a number of its own in each run, so that names differ; ``RRRR`` that of a room.
"""

from collections.abc import Mapping
from typing import Final

NUMBER: Final = b"NNNN"
"""Stands for the number of the run."""
ROOM: Final = b"RRRR"
"""Stands for the number of a room that some runs share."""

_FILE: Final = bytes(range(256)) * 4

_TALK: Final = (
    b"HELLO fNNNN colour=green\r\n=j JOIN #lab\n"
    b"SAY #lab halo \xc3\xa9\xf0\x9f\x99\x82 a\xe2\x80\xa8b\n"
    b"=s SAY #lab one\n=s SAY #lab one\n=s SAY #lab two\nACT #lab  waves \nTOPIC #lab tea \n"
    b"=n NAMES #lab\nNICK gNNNN\nSAY @gNNNN note\nSAY @saksi psst\nAWAY makan siang\nAWAY\n"
    b"WHO gNNNN\nWHO #lab\nPING p\nLEAVE #lab\nQUIT bye\n"
)
_FILES: Final = (
    b"HELLO fNNNN\nJOIN #lab\n=u SEND #lab t1 0 24 24 a.txt\n=no SAY #lab payload\n\n"
    b"=v SEND #lab t2 0 1024 2048 b \xc3\xa9.bin\n" + _FILE + b"=p PARTIAL t2\n"
    b"=w SEND #lab t2 1024 1024 2048 b \xc3\xa9.bin\n" + _FILE + b"FILES #lab after 0 9\n"
    b"=x SEND #lab t3 0 7 7 a/b\nQUIT x\n=y SEND #lab t4 0 0 9 asks\nSTOP t4\nGET 1\n=g GET 2 10\n"
    b"STOP 2\nSEND @fNNNN t5 0 3 3 x\nabcQUIT\n"
)
_PAST: Final = (
    b"HELLO fNNNN\nJOIN #lab\nJOIN #rRRRR kunci\n=a HISTORY #lab after 0 20\n"
    b"HISTORY #lab before 999999999999999 5\nHISTORY @ after 0 9\nHISTORY * after 0 9\n"
    b"=q SEARCH #lab before 999999999999999 9 halo\n"
    b"SEARCH * before 999999999999999 9 from:fNNNN one\n"
    b"SEARCH @ before 50 9 \xc3\xa9\nROOMS\nROOMS #l\nFILES @ before 999999999999999 9\n"
    b"KEY #rRRRR\nTOPIC #rRRRR\nINVITE #rRRRR saksi\nPASSWORD rahasia\nPASSWORD\n=z QUIT\n"
)
_ORDERS: Final = (
    b"HELLO fNNNN\nJOIN #lab\nSAY * to everybody\nMOTD halo semua\nLIMITS\nLIMIT rooms 50\n"
    b"LIMIT no-such 5\nSTATS\nLOG on\nBANS\nBAN xNNNN 60 loud\nBANS\nUNBAN xNNNN\nUNBAN uid=99999\n"
    b"UNBAN 10.0.0.0/8\nSILENCE fNNNN 5\nSAY #lab hush\nSILENCE fNNNN 0\nRELOAD\nLOG off\nMOTD\n"
    b"KICK yNNNN out\nKICK fNNNN bye\n"
)
_BAD: Final = (
    b"PING too-early\r\nHELLO 1bad\n=h HELLO fNNNN\nHELLO fNNNN\n\n\r\n"
    b"=\xff PING x\n=t SAY #lab \xff\n"
    b"SAY #lab a\rb\nSAY #lab\nNONSENSE\nsay #lab x\nSEND #lab t1 0 5,000 9 x\n"
    b"SAY #nowhere x\nSAY @nobodyNNNN x\nGET -1\nHISTORY #lab after +5 1_000\n"
    b"GET 99999999999999999\n"
    b"=o SAY #lab " + b"y" * 4200 + b"\nPING last\n"
)
_STRANGERS: Final = (
    b"GET / HTTP/1.1\r\nHost: lab\r\nUser-Agent: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    b"A" * 600,
    b"\n" * 5000 + b"HELLO fNNNN\n",
    b"NICK fNNNN\r\nUSER f 0 * :f\r\nJOIN #lab\r\nPRIVMSG #lab :halo\r\n",
)
_NAMED: Final = (
    b"fNNNN\nhalo semua\nfNNNN: apa kabar\n/who\n/join #rRRRR\n"
    b"di sini\n/msg saksi psst\n/quit dulu\n",
    b"fNNNN\r\n/join #lab\r\n/join\r\n/msg\r\n/nosuch\r\n\r\n/quit\r\n",
    b"fNNNN",
    b"\n\n\n",
    b"fNNNN\n" + b"z" * 5000 + b"\nsudah\n",
)
_NAMELESS: Final = (
    b"halo\nsemua\n/who\n/msg saksi psst\n",
    b"[budi] halo",
    b"h\xc3\xa9 \xe2\x80\xa8 dua\n\x1b[2J\n",
)
_DATAGRAMS: Final = (
    b"halo dari NNNN",
    b"/nick fNNNN",
    b"/nick",
    b"budi: apa kabar \xc3\xa9\xf0\x9f\x99\x82",
    b"dua\nbaris\r\n",
    b"z" * 1200,
    b"z" * 1201,
    b"",
)

SEEDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "tcp": (_TALK, _FILES, _PAST, _ORDERS, _BAD, *_STRANGERS),
    "unix": (_TALK, _FILES, _PAST, _ORDERS, _BAD),
    "plain": _NAMED,
    "plain-welcome": _NAMELESS,
    "udp": _DATAGRAMS,
    "multicast": _DATAGRAMS,
}
"""The sessions by door, as ``ServerProcess.doors`` calls the doors. Datagrams: each one whole."""

WEIGHTS: Final[Mapping[str, int]] = {
    "tcp": 10, "unix": 5, "plain": 4, "plain-welcome": 2, "udp": 2, "multicast": 1,
}  # fmt: skip
"""How often each door is chosen."""
