"""Gleaning: the indicators in somebody's words, to look them up. Pure; defanged or not, each once, in their order."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from watchfloor.search.indicator import LONGEST, refanged

_BETWEEN: Final = re.compile(r"[\s,;|\"'`<>]+")
_HASH: Final = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.){1,20}[A-Za-z][A-Za-z0-9-]{1,62}")
_AROUND: Final = "()*_~.:!?"


def indicators_in(text: str, *, limit: int) -> list[str]:
    """The addresses, domains, hashes, mail addresses and links' hosts in the text; at most `limit`."""
    found: dict[str, None] = {}
    for word in _BETWEEN.split(text):
        for indicator in _of(word):
            found[indicator] = None
            if len(found) == limit:
                return list(found)
    return list(found)


def _of(word: str) -> Iterator[str]:
    plain = refanged(word[:LONGEST].strip(_AROUND))
    name = _host(plain) if "://" in plain else plain
    _, at, domain = name.rpartition("@")
    if _is_address(name) or _HASH.fullmatch(name) or _DOMAIN.fullmatch(domain if at else name):
        yield name.lower()


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
