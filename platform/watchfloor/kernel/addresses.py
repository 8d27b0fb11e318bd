"""Which network addresses an outbound request may reach (E1).

Owns the judgement of an IP address: public, private, or never. Public means globally routable unicast as
the IANA special-purpose registries have it (RFC 6890 and later), and no cloud's metadata service. The lists
are our own because the ones of Python differ between its patch releases. No name is looked up here.
"""

from collections.abc import Sequence
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Reach(Enum):
    """Where an address leads."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    NEVER = "never"


_LOOPBACK: Final[Sequence[Network]] = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
_PRIVATE: Final[Sequence[Network]] = [
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
]
_NEVER: Final[Sequence[Network]] = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # carrier NAT; a cloud's metadata service lives here, too
        "168.63.129.16/32",  # a cloud's host agent on a public address
        "169.254.0.0/16",  # link-local, metadata services
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata service
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "fd00:ec2::/32",  # a cloud's metadata service inside the private range
    )
]
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


def reach_of(address: Address) -> Reach:
    """Where `address` leads.

    An IPv6 form that carries an IPv4 address leads nowhere, but for the NAT64 prefix (RFC 6052), which
    leads where the inner address leads if that is public.
    """
    if isinstance(address, IPv6Address) and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        return Reach.PUBLIC if reach_of(inner) is Reach.PUBLIC else Reach.NEVER
    if _within(address, _NEVER):
        return Reach.NEVER
    if _within(address, _LOOPBACK):
        return Reach.LOOPBACK
    if _within(address, _PRIVATE):
        return Reach.PRIVATE
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return Reach.NEVER
    return Reach.PUBLIC


def parse_address(text: str) -> Address | None:
    """The address that `text` writes in full; None for anything else, such as short, octal or scoped forms."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else address


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
