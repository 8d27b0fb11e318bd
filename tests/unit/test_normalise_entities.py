"""Entities: equal things have equal values, and what would join strangers is dropped."""

import pytest

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity


def one(kind: str, value: object, **more: object) -> list[tuple[str, str]]:
    found = EntityList()
    getattr(found, kind)(value, **more)
    return [(entity.kind, entity.value) for entity in found.found()]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("host", "WS01.Nordwind.Example.", [("host", "ws01.nordwind.example"), ("host", "ws01")]),
        ("host", "WS01", [("host", "ws01")]),
        ("host", "10.0.0.5", [("ip", "10.0.0.5")]),
        ("host", "localhost", []),
        ("host", "a b", []),
        ("user", "NORDWIND\\J.Berger", [("user", "nordwind\\j.berger")]),
        ("user", "J.Berger@Nordwind.Example", [("user", "j.berger@nordwind.example")]),
        ("user", "NT AUTHORITY\\SYSTEM", []),
        ("user", "AUTORITE NT\\Système", []),
        ("user", "Window Manager\\DWM-2", []),
        ("user", "WS01$", [("host", "ws01")]),
        ("user", "-", []),
        ("ip", "::ffff:10.0.0.5", [("ip", "10.0.0.5")]),
        ("ip", "[2001:db8::1]:443", [("ip", "2001:db8::1")]),
        ("ip", "203.0.113.7:50123", [("ip", "203.0.113.7")]),
        ("ip", "fe80::1%eth0", []),
        ("ip", "127.0.0.1", []),
        ("ip", "0.0.0.0", []),  # noqa: S104  # the address as a text, bound by nobody
        ("ip", "010.0.0.1", []),
        ("ip", "LOCAL", []),
        ("hash", "D41D8CD98F00B204E9800998ECF8427E", []),
        ("hash", "352B525E9C26CB92693899528FE007C2", [("hash", "352b525e9c26cb92693899528fe007c2")]),
        ("hash", "0" * 64, []),
        ("hash", "xyz", []),
        ("domain", "Example.ORG.", [("domain", "example.org")]),
        ("domain", "5.0.0.10.in-addr.arpa", []),
        ("domain", "wpad", []),
        ("domain", "10.0.0.5", []),
        ("process", "{8F2C1D5E-1C33-65E2-9A02-000000003200}", [("process", "8f2c1d5e-1c33-65e2-9a02-000000003200")]),
        ("process", "{00000000-0000-0000-0000-000000000000}", []),
        ("file", "C:\\Users\\A.exe", [("file", "c:\\users\\a.exe")]),
        ("file", "x" * 5_000, []),
        ("account", "111122223333", [("account", "111122223333")]),
        ("account", "1234", []),
        ("email", "A@Nordwind.Example", [("email", "a@nordwind.example")]),
        ("email", "a@b", []),
        ("principal", "arn:aws:iam::111122223333:user/Alice", [("user", "arn:aws:iam::111122223333:user/Alice")]),
        ("principal", "Alice", []),
    ],
)
def test_a_name_becomes_its_canonical_entity(kind: str, value: str, expected: list[tuple[str, str]]) -> None:
    assert one(kind, value) == expected


@pytest.mark.parametrize("kind", ["host", "user", "ip", "hash", "domain", "process", "file", "account", "email"])
@pytest.mark.parametrize("value", [None, 5, True, [], {}, "", "  ", "\n"])
def test_what_is_no_text_is_no_entity(kind: str, value: object) -> None:
    assert one(kind, value) == []


def test_a_realm_beside_the_name_belongs_to_it() -> None:
    assert one("user", "j.berger", realm="NORDWIND") == [("user", "nordwind\\j.berger")]
    assert one("user", "j.berger", realm="-") == [("user", "j.berger")]
    assert one("user", "Système", realm="x", sid="S-1-5-18") == []


def test_entities_keep_the_order_of_significance_and_come_once() -> None:
    found = EntityList()
    for name in ("b", "a", "B"):
        found.user(name)
    assert found.found() == (Entity("user", "b"), Entity("user", "a"))
