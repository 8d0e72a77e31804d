"""InspIRCd and ngIRCd: IRC servers in C++ and C, with every limit on speed off, nothing stored.

Their configuration is made here, for one run in one folder.
"""

import os
import re
from pathlib import Path
from typing import Final

from tests.bench.systems.system import (
    LARGE_BYTES,
    LOCAL,
    LONG_SECONDS,
    Server,
    Step,
    System,
    found,
    free_port,
    launch,
)

HOST: Final = "irc.example.net"
NICK_CHARACTERS: Final = 31
SECOND_LONG: Final = 1000
"""So many may be on their way in to InspIRCd together, which lets in who waits once a second."""

SHORT_BACKLOG: Final = 8
"""ngIRCd asks the kernel to keep ten connections that it has not taken yet."""

MOST_IN_ROOM: Final = 2000
"""What ngIRCd does for each one who joins grows with the room: 5,000 cost it more than a minute."""

INSPIRCD: Final = """
<server name="{host}" description="bench" network="bench" id="1AA">
<admin name="bench" nick="bench" email="bench@example.net">
<bind address="{local}" port="{port}" type="clients">
<connect name="all" allow="*" timeout="{long}" pingfreq="{long}" hardsendq="{large}"
         softsendq="{large}" recvq="{large}" threshold="100000000" commandrate="100000000"
         fakelag="no" localmax="1000000" globalmax="1000000" maxchans="100" maxconnwarn="no"
         resolvehostnames="no" useident="no" useconnectban="no" limit="1000000">
<limits maxnick="{nick}" maxline="512">
<options defaultmodes="n" splitwhois="no">
<performance netbuffersize="65534" somaxconn="4096" softlimit="1000000" clonesonconnect="no"
             quietbursts="yes" nouserdns="yes">
<files motd="{folder}/motd">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/log">
<pid file="{folder}/pid">
"""

NGIRCD: Final = """
[Global]
Name = {host}
Info = bench
Listen = {local}
Ports = {port}
MotdPhrase = bench
[Limits]
ConnectRetry = 60
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = {nick}
MaxPenaltyTime = 0
PingTimeout = {long}
PongTimeout = {long}
[Options]
DNS = no
Ident = no
PAM = no
OperCanUseMode = no
"""


class Irc(System):
    """What both have in common: the protocol of RFC 1459."""

    head = re.compile(rb":\w+!\S+ PRIVMSG #\w+ :")
    joined = re.compile(rb":\w+!\S+ JOIN :?#\w+\r\n")

    def login(self, name: str) -> tuple[Step, ...]:
        """See :class:`System`: up to the end of the message of the day."""
        words = f"NICK {name}\r\nUSER {name} 0 * :{name}\r\n"
        return (Step(words.encode(), f" 376 {name} :".encode()),)

    def join(self, room: str) -> tuple[Step, ...]:
        """See :class:`System`: up to the end of the names."""
        return (Step(f"JOIN {room}\r\n".encode(), f" {room} :End of ".encode()),)

    def say(self, room: str, text: bytes) -> bytes:
        """See :class:`System`."""
        return b"PRIVMSG %b :%b\r\n" % (room.encode(), text)


class Inspircd(Irc):
    """InspIRCd 3, its core modules alone."""

    name = "InspIRCd"
    package = "inspircd (Debian)"
    program = "inspircd"
    at_once = SECOND_LONG

    def start(self, folder: Path, members: int) -> Server:
        """See :class:`System`."""
        del members
        port = free_port()
        (folder / "motd").write_text("bench\n")
        config = _written(folder, INSPIRCD, port)
        as_root = [] if os.getuid() else ["--runasroot"]
        command = [found(self.program), "--config", str(config), "--nofork", *as_root]
        return launch(command, folder, port)


class Ngircd(Irc):
    """ngIRCd."""

    name = "ngIRCd"
    package = "ngircd (Debian)"
    program = "ngircd"
    at_once = SHORT_BACKLOG
    most = MOST_IN_ROOM

    def start(self, folder: Path, members: int) -> Server:
        """See :class:`System`."""
        del members
        port = free_port()
        config = _written(folder, NGIRCD, port)
        return launch([found(self.program), "--nodaemon", "--config", str(config)], folder, port)


def _written(folder: Path, template: str, port: int) -> Path:
    """The file of a configuration, its words put in."""
    config = folder / "config"
    config.write_text(
        template.format(
            host=HOST, local=LOCAL, port=port, long=LONG_SECONDS, large=LARGE_BYTES,
            nick=NICK_CHARACTERS, folder=folder,
        )
    )  # fmt: skip
    return config
