"""Whether the server is run by the account that ran it when we were here last.

Anybody on the machine can take a port, or the name of a socket, while its server is down, and would
be given the secret that proves who we are. So the account behind the server is remembered as ssh
remembers a host: from the first time on, and another one gets the secret only if the user says so.
This runs before the screen does, on the plain terminal.
"""

import contextlib
import os
import pwd
import socket
import sys
from collections.abc import Sequence
from typing import Final

from curses_client.link import Address
from curses_client.store import Kept, Store
from curses_client.texts import Texts
from reactor.sockdiag import UNKNOWN, listening_account, server_account

PROBE_SECONDS: Final = 0.5
"""A kernel answers at once; longer is another machine, about which nothing is asked."""
_STDIN: Final = 0
_TYPED_BYTES: Final = 256
_YES: Final = frozenset({"y", "yes", "ya"})


def check(
    store: Store, addresses: Sequence[Address], texts: Texts, *, trust: bool, ask: bool
) -> str:
    """Why the client shall not go on; "" if it may.

    ``trust``: the user says yes to whoever is there; ``ask``: there is a terminal to ask on.
    """
    kept = store.load()
    if kept is None or not kept.accounts:
        return ""
    found = _answering(kept, addresses)
    if found is None:
        return ""
    address, account = found
    if account is None or kept.trusts(account):
        return ""
    told = _explained(kept, account, address, texts)
    if trust or (ask and _says_yes(told, account, texts)):
        with contextlib.suppress(OSError):  # then it is not sent either: the link asks the store
            store.trust(account)
        return ""
    return texts("say-trust") if ask else f"{told}\n{texts('say-trust')}"


def called(account: int, texts: Texts) -> str:
    """What people call an account."""
    if account == UNKNOWN:
        return texts("account-unknown")
    try:
        return texts("account-named", name=pwd.getpwuid(account).pw_name)
    except KeyError:
        return texts("account-uid", uid=account)


def _explained(kept: Kept, account: int, address: Address, texts: Texts) -> str:
    former = ", ".join(called(one, texts) for one in kept.accounts)
    now = called(account, texts)
    return texts("other-account", address=address.shown, former=former, now=now)


def _says_yes(told: str, account: int, texts: Texts) -> bool:
    """Ask on the terminal; nothing but a yes is one."""
    question = texts("trust-it", now=called(account, texts))
    print(f"{told}\n{question}", end="", file=sys.stderr, flush=True)  # noqa: T201
    typed = b""
    with contextlib.suppress(OSError):  # EIO: the terminal is gone
        typed = os.read(_STDIN, _TYPED_BYTES)
    return typed.decode(errors="replace").strip().lower() in _YES


def _answering(kept: Kept, addresses: Sequence[Address]) -> tuple[Address, int | None] | None:
    """The first address that answers, as the link would find it, and whose server that is.

    A server that is known to listen is not bothered with a connection of no use.
    """
    for address in addresses:
        if isinstance(address.where, tuple):
            host, port, *_ = address.where
            listening = listening_account(str(host), int(str(port)))
            if listening in kept.accounts:
                return address, listening
        with socket.socket(address.family, socket.SOCK_STREAM) as probe:
            probe.settimeout(PROBE_SECONDS)
            with contextlib.suppress(OSError):
                probe.connect(address.where)
                # A connect that met itself met nobody (see link).
                if probe.getsockname() != probe.getpeername():
                    return address, server_account(probe)
    return None
