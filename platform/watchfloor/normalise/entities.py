"""Turns the names in an event into canonical entities, and drops what would join strangers.

Owns the canonical forms (see `Entity`) and the drop list: built-in accounts, placeholders, loopback, hashes of
nothing. A machine account (`WS01$`) is a host. Never looks anything up; never raises.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from watchfloor.normalise.event import Entity, EntityKind

MAX_VALUE: Final = 1_024

_PLACEHOLDERS: Final = frozenset({"", "-", "--", "n/a", "none", "null", "unknown", "(null)", "%%1793", "not available"})
_BUILT_IN_USERS: Final = frozenset(
    {
        "system",
        "local system",
        "localsystem",
        "local service",
        "network service",
        "anonymous logon",
        "anonymous",
        "iusr",
    }
)
_BUILT_IN_REALMS: Final = frozenset(
    {"nt authority", "autorite nt", "nt-autorität", "nt service", "window manager", "builtin", "vordefiniert"}
)
_SESSION_USER: Final = re.compile(r"(dwm|umfd)-\d+")
_BUILT_IN_SIDS: Final = frozenset({"S-1-0-0", "S-1-5-7", "S-1-5-18", "S-1-5-19", "S-1-5-20"})
_EMPTY_HASHES: Final = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
_HASH: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}")
_HOST: Final = re.compile(r"[a-z0-9_][a-z0-9_.\-]{0,252}")
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_\-]{0,61}[a-z0-9_])?\.)+[a-z0-9\-]{2,63}")
_EMAIL: Final = re.compile(r"[^\s@<>\"]{1,64}@([a-z0-9\-]{1,63}\.)+[a-z]{2,63}")
_ACCOUNT: Final = re.compile(r"\d{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PROJECT: Final = re.compile(r"[a-z][a-z0-9\-]{4,28}[a-z0-9]")
_BRACKETED: Final = re.compile(r"\[([0-9a-fA-F:.%a-z]+)\](:\d{1,5})?")
_WITH_PORT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
_LONGEST_ADDRESS: Final = 110
"""Characters of an address with brackets, zone and port; also bounds what `_ADDRESSES` remembered ones occupy."""

_ADDRESSES: Final = 8_192
"""How many addresses are remembered: those of one network come again and again."""


class EntityList:
    """Collects entities in the order of significance, each once."""

    def __init__(self) -> None:
        self._entities: dict[Entity, None] = {}

    def host(self, name: object) -> None:
        """A machine's name: the full name as given, then its short name."""
        text = _text(name).rstrip(".").lower()
        if parse_ip(text) is not None:
            self.ip(text)
        elif _HOST.fullmatch(text) and text != "localhost":
            self._add("host", text)
            self._add("host", text.split(".", 1)[0])

    def user(self, name: object, *, realm: object = None, sid: object = None) -> None:
        r"""An account, as `realm\name`, `name@realm` or a name with its realm beside it."""
        text, of = _text(name), _text(realm)
        if "\\" in text:
            of, _, text = text.partition("\\")
        text, of = text.strip().lower(), of.strip().lower()
        if text.endswith("$"):
            self.host(text[:-1])
            return
        if text in _PLACEHOLDERS or sid in _BUILT_IN_SIDS or _SESSION_USER.fullmatch(text):
            return
        if text in _BUILT_IN_USERS or of in _BUILT_IN_REALMS:
            return
        self._add("user", f"{of}\\{text}" if of not in _PLACEHOLDERS and "@" not in text else text)

    def principal(self, arn: object) -> None:
        """A cloud identity, kept as its ARN."""
        text = _text(arn)
        if text.startswith("arn:"):
            self._add("user", text)

    def ip(self, address: object) -> None:
        """An address; loopback, unspecified, multicast and link-local ones join strangers and are dropped."""
        text = _text(address)
        joined = _joined_ip(text) if len(text) <= _LONGEST_ADDRESS else None
        if joined is not None:
            self._add("ip", joined)

    def hash(self, digest: object) -> None:
        """A file's digest in hexadecimal: MD5, SHA-1, SHA-256 or SHA-512."""
        text = _text(digest).lower()
        if _HASH.fullmatch(text) and text not in _EMPTY_HASHES and text.strip("0"):
            self._add("hash", text)

    def domain(self, name: object) -> None:
        """A DNS name, except reverse look-ups and single labels."""
        text = _text(name).rstrip(".").lower()
        if _DOMAIN.fullmatch(text) and not text.endswith(".arpa") and parse_ip(text) is None:
            self._add("domain", text)

    def process(self, guid: object) -> None:
        """A process by the GUID that its sensor gave it."""
        text = _text(guid).strip("{}").lower()
        if len(text) == 36 and text.strip("0-"):
            self._add("process", text)

    def file(self, path: object) -> None:
        """A file by its path."""
        text = _text(path).lower()
        if text not in _PLACEHOLDERS:
            self._add("file", text)

    def account(self, account_id: object) -> None:
        """A cloud account by its id: twelve digits (AWS), or a GUID (an Azure subscription, a tenant of Entra)."""
        text = _text(account_id).lower()
        if _ACCOUNT.fullmatch(text) and text.strip("0-"):
            self._add("account", text)

    def project(self, project_id: object) -> None:
        """A Google Cloud project by its id."""
        text = _text(project_id)
        if _PROJECT.fullmatch(text):
            self._add("account", text)

    def email(self, address: object) -> None:
        """A mail address."""
        text = _text(address).lower()
        if _EMAIL.fullmatch(text):
            self._add("email", text)

    def found(self) -> tuple[Entity, ...]:
        """All entities so far."""
        return tuple(self._entities)

    def _add(self, kind: EntityKind, value: str) -> None:
        if len(value) <= MAX_VALUE:
            self._entities.setdefault(Entity(kind, value))


def parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `text`, with IPv4-mapped IPv6 as IPv4, without port, brackets and zone; None if it is none."""
    return _parse_ip(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=_ADDRESSES)
def _parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    bracketed = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    bare = (bracketed[1] if bracketed is not None else text).split("%", 1)[0]
    if not bare or len(bare) > 45:
        return None
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


@lru_cache(maxsize=_ADDRESSES)
def _joined_ip(text: str) -> str | None:
    """The address in `text` as its one form, if it may join events."""
    parsed = parse_ip(text)
    return None if parsed is None or _is_everywhere(parsed) else str(parsed)


def _is_everywhere(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
