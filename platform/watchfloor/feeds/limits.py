"""What a sender may put into one request, and which events nobody downstream will read (N1).

Owns the numbers, and the cheap look at an event that tells whether the normaliser will refuse it. A single bad
event among good ones is no reason to turn the others away: it is taken, and ends in quarantine (N3). Only a
request of which nothing can be read is refused whole. It never parses an event into values.
"""

import re
from typing import Final

BODY_BYTES: Final = 5_000_000
"""How long a request's body may be as it arrives."""

INFLATED_BYTES: Final = 20_000_000
"""How long it may be once inflated."""

INFLATION_RATIO: Final = 100
"""How much an inflated body may outweigh the bytes that carried it."""

RATIO_FREE_BYTES: Final = 1_000_000
"""Up to this size the ratio does not matter: many equal log lines compress better than a hundred to one."""

EVENTS: Final = 10_000
"""How many events one request may hold."""

EVENT_BYTES: Final = 256 * 1024
EVENT_DEPTH: Final = 32
EVENT_KEYS: Final = 2_000

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_BRACKETS: Final = re.compile(_STRING + rb"|([\[{])|([\]}])", re.DOTALL)
_KEYS: Final = re.compile(_STRING + rb"(\s*+:)?", re.DOTALL)


def fault_of(event: bytes) -> str | None:
    """Why the normaliser will refuse this event, as a clause for a person, or None.

    The counts of brackets and colons bound depth and keys from above, so most events cost two scans in C.
    """
    if len(event) > EVENT_BYTES:
        return f"the event has {len(event)} bytes; the limit is {EVENT_BYTES}"
    if event.lstrip()[:1] not in (b"{", b"["):
        return None
    if event.count(b"{") + event.count(b"[") > EVENT_DEPTH and _depth(event) > EVENT_DEPTH:
        return f"the event nests deeper than {EVENT_DEPTH} levels"
    if event.count(b":") > EVENT_KEYS and _keys(event) > EVENT_KEYS:
        return f"the event has more than {EVENT_KEYS} keys"
    return None


def _depth(event: bytes) -> int:
    deepest = depth = 0
    for found in _BRACKETS.finditer(event):
        if found[1]:
            depth += 1
            deepest = max(deepest, depth)
        elif found[2]:
            depth -= 1
    return deepest


def _keys(event: bytes) -> int:
    return sum(1 for found in _KEYS.finditer(event) if found[1])
