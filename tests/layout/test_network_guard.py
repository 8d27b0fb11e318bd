"""No test needs the internet: a connection that leaves this machine fails at once, before a packet does."""

import asyncio
import socket

import pytest
from pytest_socket import SocketConnectBlockedError

# Addresses for documentation (RFC 5737, RFC 3849): nobody answers there even if the guard were gone.
ELSEWHERE = ["192.0.2.1", "198.51.100.7", "2001:db8::1"]
# Warnings are errors here, and the guard warns before it refuses.
BLOCKED = (SocketConnectBlockedError, UserWarning)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_plain_connection_elsewhere_is_blocked(address: str) -> None:
    with pytest.raises(BLOCKED):
        socket.create_connection((address, 80), timeout=1)


@pytest.mark.parametrize("address", ELSEWHERE)
async def test_an_asynchronous_connection_elsewhere_is_blocked(address: str) -> None:
    with pytest.raises(BLOCKED):
        await asyncio.wait_for(asyncio.open_connection(address, 80), 1)


def test_this_machine_is_reachable() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()
