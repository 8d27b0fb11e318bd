"""The encodings inside audit records: hexadecimal text, argument vectors, socket addresses."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from watchfloor.normalise.body import clean_text

MAX_ARGUMENTS: Final = 256

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_PIECE: Final = re.compile(r"a(\d{1,4})(?:\[\d{1,4}\])?")


def decode_hex(text: str) -> str:
    """Text that auditd wrote in hexadecimal because of a blank or an odd byte in it; other text as it is.

    A NUL between arguments becomes a blank.
    """
    if len(text) < 2 or not _HEX.fullmatch(text):
        return text
    decoded = bytes.fromhex(text).decode("utf-8", errors="replace")
    return clean_text(decoded.rstrip("\0").replace("\0", " "))


def arguments_of(pairs: dict[str, str], bare: frozenset[str]) -> dict[str, str]:
    """`a0`, `a1`, ... of an EXECVE record, decoded; the pieces of a long one (`a1[0]`, `a1[1]`) joined."""
    pieces: dict[int, list[str]] = {}
    for name, value in pairs.items():
        matched = _PIECE.fullmatch(name)
        if matched is not None and int(matched[1]) < MAX_ARGUMENTS:
            pieces.setdefault(int(matched[1]), []).append(decode_hex(value) if name in bare else value)
    return {f"a{number}": "".join(pieces[number]) for number in sorted(pieces)}


def socket_address(text: str) -> tuple[str, int] | None:
    """Address and port of an IPv4 or IPv6 `saddr`."""
    if not 16 <= len(text) <= 256 or not _HEX.fullmatch(text):
        return None
    packed = bytes.fromhex(text)
    family = int.from_bytes(packed[:2], "little")
    port = int.from_bytes(packed[2:4], "big")
    if family == 2:
        return str(IPv4Address(packed[4:8])), port
    if family == 10 and len(packed) >= 24:
        return str(IPv6Address(packed[8:24])), port
    return None
