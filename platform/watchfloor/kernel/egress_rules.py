"""Where outbound requests may go: destinations, and the judgement of URLs and addresses (E1).

Owns what a destination may say and who decides that a URL or an address fits it. It looks nothing up and
opens nothing; `egress_network` and `egress` do, and ask here first.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Final, NamedTuple, final

import httpx
import msgspec

from watchfloor.kernel.addresses import Address, Network, Reach, reach_of
from watchfloor.kernel.errors import Invalid, Refused

_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.(?=[a-z])[a-z0-9-]{{1,62}}[a-z0-9]")
_ALLOWED: Final = re.compile(rf"(?P<any>\*\.)?(?P<host>{_HOST.pattern})(?::(?P<port>[1-9][0-9]{{0,4}}))?")


class EgressRefused(Refused):
    """The request leads where it must not."""

    code = "egress_refused"


class Origin(NamedTuple):
    """Scheme, host (ASCII, lower-case, no final dot, no brackets) and port."""

    scheme: str
    host: str
    port: int


class Destination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where requests for one purpose may go.

    `hosts` are names (`api.example.com`), names with a port (`misp.example.com:8443`) or all names below
    one (`*.example.com`). `private_networks` are the operator's own networks (RFC 1918, RFC 4193) in which
    a host may stand. `deadline_seconds` bounds a whole request, `max_bytes` its answer after inflating.
    """

    purpose: str
    hosts: tuple[str, ...]
    private_networks: tuple[str, ...] = ()
    deadline_seconds: float = 30.0
    max_bytes: int = 10_000_000


@final
class Rules:
    """A destination's hosts and networks, checked and ready for questions."""

    def __init__(self, destination: Destination, loopback_origins: frozenset[str]) -> None:
        self._purpose = destination.purpose
        self._loopback = {origin_of(parse_url(origin)) for origin in loopback_origins}
        self._loopback_places = {(origin.host, origin.port) for origin in self._loopback}
        self._exact: set[tuple[str, int]] = set()
        self._below: set[tuple[str, int]] = set()
        for entry in destination.hosts:
            self._admit(entry)
        self.private_networks = _networks(destination.private_networks, where=destination.purpose)

    def check(self, url: httpx.URL) -> None:
        """Raise EgressRefused unless `url` may be asked."""
        origin = origin_of(url)
        scheme, host, port = origin
        if url.userinfo:
            raise self.refused("A URL may not carry a user or password.")
        if not self._is_named(host, port):
            raise self.refused(f"{host} port {port} is not among the hosts of this purpose.")
        if origin not in self._loopback and (scheme != "https" or _HOST.fullmatch(host) is None):
            raise self.refused("Only https to a named host is allowed.")

    def judge(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection for host and port may go to `address`."""
        reach = reach_of(address)
        if (host, port) in self._loopback_places:
            return reach is Reach.LOOPBACK
        if reach is Reach.PRIVATE:
            return any(address.version == network.version and address in network for network in self.private_networks)
        return reach is Reach.PUBLIC

    def refused(self, message: str) -> EgressRefused:
        """The error for a request of this purpose."""
        return EgressRefused(message, where=self._purpose)

    def _is_named(self, host: str, port: int) -> bool:
        if (host, port) in self._exact:
            return True
        labels = host.split(".")
        return any((".".join(labels[start:]), port) in self._below for start in range(1, len(labels)))

    def _admit(self, entry: str) -> None:
        host, _, port = entry.rpartition(":")
        if port.isdecimal() and (host, int(port)) in self._loopback_places:
            self._exact.add((host, int(port)))
            return
        found = _ALLOWED.fullmatch(entry)
        if found is None or (found["any"] and "." not in found["host"]) or int(found["port"] or 1) > 65535:
            raise Invalid(f"{entry!r} is not a host that requests can be allowed to.", where=self._purpose)
        place = (found["host"], int(found["port"] or _HTTPS_PORT))
        (self._below if found["any"] else self._exact).add(place)


def parse_url(url: str) -> httpx.URL:
    """The parts of a URL. Raises Invalid if it is none."""
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise Invalid("This is not a URL.") from None


def origin_of(url: httpx.URL) -> Origin:
    """The one form of a URL's origin that is compared, looked up and connected to."""
    host = url.raw_host.decode("ascii", "replace").lower().strip("[]").removesuffix(".")
    port = url.port if url.port is not None else {"https": _HTTPS_PORT, "http": _HTTP_PORT}.get(url.scheme, 0)
    return Origin(url.scheme, host, port)


def _networks(texts: Iterable[str], *, where: str) -> list[Network]:
    networks: list[Network] = []
    for text in texts:
        try:
            network = ip_network(text)
        except ValueError:
            raise Invalid(f"{text!r} is not a network.", where=where) from None
        if {reach_of(network.network_address), reach_of(network.broadcast_address)} != {Reach.PRIVATE}:
            raise Invalid(f"{text!r} is not a private network.", where=where)
        networks.append(network)
    return networks
