"""The loopback ports of the embedded servers."""

import socket
from typing import Final

from watchfloor.kernel.errors import Conflict

LOOPBACK: Final = "127.0.0.1"


def require_free(port: int, *, server: str, setting: str) -> None:
    """Raise Conflict, naming `setting`, if something listens on `port` already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # old closed connections do not count
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise in_use(port, server=server, setting=setting) from None


def in_use(port: int, *, server: str, setting: str) -> Conflict:
    """The error for a port that something else holds."""
    return Conflict(
        f"{server} cannot listen on {LOOPBACK}:{port}: the port is in use, or not ours to use.",
        where=setting,
        remedy=f"Stop what listens there (find it with: ss -ltnp 'sport = :{port}') or set {setting} to a free port.",
    )
