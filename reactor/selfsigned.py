"""``make cert``: a certificate for a lab, signed by itself, made with the openssl program.

Who runs the server reads the fingerprint that it prints to the others; their clients show the same
one. An existing certificate is never replaced: every client would refuse the new one.
"""

import argparse
import contextlib
import ipaddress
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from reactor import tls
from reactor.__main__ import state_folder

CERTIFICATE: Final = "cert.pem"
KEY: Final = "key.pem"
PORT: Final = 59001
"""What is printed to be typed next; any other port will do."""
_DAYS: Final = 365
_FAILED: Final = 1
_NOT_OURS: Final = 0o077
"""No rights for anybody else: openssl makes the key with what this leaves."""
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")
_SOMEWHERE: Final = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses of nobody (RFC 5737, RFC 3849): the way to them begins at the machine's own address."""
_NAME_BYTES: Final = 64
"""Of a common name (RFC 5280, ub-common-name); the longer ones stand among the others alone."""
_CONFIGURATION: Final = """\
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = {name}
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {others}
"""


def main(arguments: list[str] | None = None) -> int:
    """Make the certificate and say what to type next; the exit code."""
    parser = argparse.ArgumentParser(prog="make cert", description=__doc__)
    parser.add_argument("--host", default="", help="one more name or address of this machine")
    parser.add_argument("--folder", type=Path, default=state_folder() / "tls")
    words = parser.parse_args(arguments)
    host, folder = words.host, words.folder.absolute()
    if host and not (_NAME.fullmatch(host) or _is_address(host)):
        return _complain(f"{host} is neither a host name nor an address")
    there = [folder / name for name in (CERTIFICATE, KEY) if (folder / name).exists()]
    if there:
        return _complain(f"{there[0]} is there already. Remove it first if you want another one:"
                         " every client that knows it will refuse the new one.")  # fmt: skip
    program = shutil.which("openssl")
    if program is None:
        return _complain("there is no openssl program here (the package is called openssl)."
                         " Any certificate and key in PEM form will do as well.")  # fmt: skip
    try:
        _make(program, folder, own_names(host))
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", None) or error
        return _complain(f"cannot make a certificate in {folder}: {why}")
    _tell(folder, host)
    return 0


def own_names(host: str) -> list[str]:
    """``host`` and what else this machine is called, the best first; no name twice."""
    names = [host, socket.gethostname(), "localhost", *_addresses(), "127.0.0.1", "::1"]
    return [name for name in dict.fromkeys(names) if _NAME.fullmatch(name) or _is_address(name)]


def _addresses() -> Iterable[str]:
    """The addresses that others on the network see; no packet is sent for it."""
    for address, family in _SOMEWHERE:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((address, 1))
            yield str(sock.getsockname()[0])


def _make(program: str, folder: Path, names: list[str]) -> None:
    """Raises OSError or SubprocessError where that cannot be done."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    others = ", ".join(f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in names)
    common = next((name for name in names if len(name) <= _NAME_BYTES), "localhost")
    configuration = folder / "openssl.cnf"
    configuration.write_text(_CONFIGURATION.format(name=common, others=others))
    command = [
        program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-sha256", "-days", str(_DAYS), "-config", str(configuration),
        "-keyout", str(folder / KEY), "-out", str(folder / CERTIFICATE),
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, umask=_NOT_OURS)  # noqa: S603 - our own words
    finally:
        configuration.unlink()


def _tell(folder: Path, host: str) -> None:
    certificate, key = folder / CERTIFICATE, folder / KEY
    host = host or socket.gethostname()
    for line in (
        f"certificate  {certificate}",
        f"key          {key}   (for nobody else's eyes)",
        f"fingerprint  {tls.fingerprint_of(certificate)}",
        "",
        "The server, with TLS for the network and plain TCP for this machine alone:",
        f"  make server ARGS='--tls-port {PORT} --tls-host 0.0.0.0 --tls-cert {certificate}"
        f" --tls-key {key}'",
        "Everybody else, who shall see the same fingerprint at the first time:",
        f"  make client NAME=rizky HOST={host} PORT={PORT} ARGS=--tls",
    ):
        print(line)  # noqa: T201 - for who typed `make cert`


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _complain(text: str) -> int:
    print(f"make cert: {text}", file=sys.stderr)  # noqa: T201
    return _FAILED


if __name__ == "__main__":
    sys.exit(main())
