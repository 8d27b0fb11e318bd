"""Connections for outbound requests: each goes to an address that was judged for it (E1).

Owns the look-up of host names and the connecting. All addresses of a name are judged and one bad record
spoils the look-up; the connection goes to a judged address, not to the name, so a name that changes its mind
between check and use gains nothing. TLS is above this layer and still sees the host's name.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, cast, final

import httpcore

from watchfloor.kernel.addresses import Address, parse_address
from watchfloor.kernel.egress_rules import Rules

_MAX_ADDRESSES: Final = 4


class Resolver(Protocol):
    """Looks a host name up."""

    async def __call__(self, host: str, /) -> Sequence[str]:
        """All addresses of `host` in text form. Raises OSError if it has none."""
        ...


async def resolve_host(host: str) -> Sequence[str]:
    """The system's answer for `host`. A name with dots is taken as complete before search domains are tried."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(f"{host}." if "." in host else host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        # Names from the hosts file are known without the final dot only.
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@final
class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections to judged addresses only. TLS, above it, still sees the host's name."""

    def __init__(self, rules: Rules, resolver: Resolver) -> None:
        self._rules = rules
        self._resolver = resolver
        # The library types this name twice, the second time as an empty stand-in.
        self._network = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of `host` that answers. Raises EgressRefused if any is forbidden."""
        failure: httpcore.NetworkError | httpcore.TimeoutException = httpcore.ConnectError("it has no address")
        for address in (await self._addresses(host, port))[:_MAX_ADDRESSES]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the library's signature
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refused: requests leave over TCP."""
        raise self._rules.refused("Requests leave over TCP only.")

    async def sleep(self, seconds: float) -> None:
        """Used by the library between its own retries, of which there are none."""
        await self._network.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[Address]:
        texts = [host] if parse_address(host) else await self._resolver(host)
        addresses: list[Address] = []
        for text in texts:
            address = parse_address(text)
            if address is None or not self._rules.judge(host, port, address):
                raise self._rules.refused(f"{host} leads to an address that requests may not go to.")
            addresses.append(address)
        return addresses
