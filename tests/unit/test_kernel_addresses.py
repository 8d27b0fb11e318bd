import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.kernel.addresses import Reach, parse_address, reach_of

REACHES = {
    Reach.PUBLIC: "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.255.255 "
    "223.255.255.255 168.63.129.15 2606:4700::1111 2a00:1450::1 2001:4860::8888 64:ff9b::808:808",
    Reach.PRIVATE: "10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 fc00::1 fd00::1 fdff::1",
    Reach.LOOPBACK: "127.0.0.1 127.255.255.255 ::1",
    Reach.NEVER: "0.0.0.0 100.64.0.0 100.127.255.255 169.254.169.254 168.63.129.16 192.0.0.192 198.19.255.255 "
    "224.0.0.1 255.255.255.255 :: ::2 ::ffff:8.8.8.8 64:ff9b::a00:1 64:ff9b:1::808:808 100::1 2001::1 "
    "2001:1ff::1 2001:db8::1 2002:808:808::1 3fff::1 4000::1 fe80::1 fec0::1 ff02::1 fd00:ec2::254",
}


@pytest.mark.parametrize(
    ("reach", "text"), [(reach, text) for reach, texts in REACHES.items() for text in texts.split()]
)
def test_an_address_leads_where_the_registries_say(reach: Reach, text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert reach_of(address) is reach


@given(st.ip_addresses())
def test_nothing_that_python_calls_special_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """The other way round the lists differ: ours refuse more."""
    special = (
        address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
        or address.is_reserved or address.is_unspecified
    )  # fmt: skip
    nat64 = address in ipaddress.ip_network("64:ff9b::/96") if address.version == 6 else False
    assert not special or nat64 or reach_of(address) is not Reach.PUBLIC


@pytest.mark.parametrize(
    "text", ["", "1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "1.2.3.4 ", "fe80::1%eth0", "1.2.3.4/32", "[::1]"]
)
def test_only_addresses_written_in_full_are_addresses(text: str) -> None:
    assert parse_address(text) is None
