"""Certificates made by the openssl program, and a raw connection over TLS."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.raw import PATIENCE, Raw

NEEDS_OPENSSL = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="there is no openssl program"
)
_REQUEST = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Papers(NamedTuple):
    """A certificate and its key."""

    certificate: Path
    key: Path

    @property
    def options(self) -> list[str]:
        """What a server is told of them, with a port of the kernel's choice."""
        return ["--tls-port", "0", "--tls-cert", str(self.certificate), "--tls-key", str(self.key)]

    @property
    def fingerprint(self) -> str:
        """What openssl says it is."""
        words = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in"]
        shown: str = subprocess.run(
            [*words, self.certificate], check=True, capture_output=True, text=True
        ).stdout
        return shown.strip().partition("=")[2]


def self_signed(folder: Path, name: str = "own", host: str = "localhost") -> Papers:
    """A certificate for ``host`` that nobody vouches for."""
    papers = _papers(folder, name)
    _run(*_REQUEST, "-x509", "-days", "9", "-subj", f"/CN={host}", "-addext", _names(host),
         "-keyout", papers.key, "-out", papers.certificate)  # fmt: skip
    return papers


def authority(folder: Path) -> Papers:
    """Somebody who may vouch for others."""
    papers = _papers(folder, "authority")
    _run(*_REQUEST, "-x509", "-days", "9", "-subj", "/CN=Test CA",
         "-keyout", papers.key, "-out", papers.certificate)  # fmt: skip
    return papers


def signed(folder: Path, by: Papers, host: str = "localhost") -> Papers:
    """A certificate for ``host`` that ``by`` vouches for."""
    papers = _papers(folder, f"signed-{host}")
    request, names = folder / "request.pem", folder / "names.cnf"
    names.write_text(_names(host))
    _run(*_REQUEST, "-subj", f"/CN={host}", "-keyout", papers.key, "-out", request)
    _run("openssl", "x509", "-req", "-days", "9", "-in", request, "-CA", by.certificate,
         "-CAkey", by.key, "-CAcreateserial", "-extfile", names, "-out", papers.certificate,
         )  # fmt: skip
    return papers


def trusting() -> ssl.SSLContext:
    """A client that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TlsRaw(Raw):
    """A raw connection over TLS; ``receive_bytes`` makes the kernel's buffer small."""

    def __init__(
        self,
        port: int,
        *,
        name: str = "",
        context: ssl.SSLContext | None = None,
        receive_bytes: int = 0,
    ) -> None:
        plain = socket.socket()
        if receive_bytes:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        plain.settimeout(PATIENCE)
        # Else HELLO waits until the last line of the handshake is acknowledged, 40 ms.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.connect(("127.0.0.1", port))
        try:
            # An end without TLS's own goodbye is an error here.
            self.tls = (context or trusting()).wrap_socket(plain, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise
        self.sock = self.tls
        self.buffer = b""
        self.seen = []
        self.session = ""
        if name:
            self.hello(name)


def _papers(folder: Path, name: str) -> Papers:
    return Papers(folder / f"{name}.pem", folder / f"{name}.key")


def _names(host: str) -> str:
    """Who is here: 127.0.0.1 too, where it is this machine at all."""
    return f"subjectAltName=DNS:{host}" + (",IP:127.0.0.1" if host == "localhost" else "")


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True, capture_output=True)
