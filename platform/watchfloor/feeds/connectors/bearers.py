"""What connectors sign in with: assertions that a customer's key signs, and the tokens that they are exchanged for.

Owns the tokens that are still good. Each is kept until a few minutes before its end, in this process alone, and is
known by the very credential that it was given for, so that a new one is used at once. Signing in at every look would
fill the customer's own log with us.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret

RENEW_BEFORE: Final = timedelta(minutes=5)

_ALGORITHM: Final = "RS256"
_KEY_BITS: Final = range(2_048, 8_193)
_MOST_KEPT: Final = 1_000
_LONGEST_TOKEN: Final = 16_384


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """What requests are made with, and until when it is good."""

    text: Secret
    until: datetime


@final
class Bearers:
    """Tokens that are still good, by whose they are."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: OrderedDict[tuple[str, ...], tuple[Secret, Bearer]] = OrderedDict()

    def find(self, place: tuple[str, ...], credential: Secret, *, now: datetime) -> Bearer | None:
        """The token of a place, if it was given for this credential and is good for a while."""
        found = self._kept.get(place)
        if found is None or found[0] != credential:
            return None
        return found[1] if found[1].until - RENEW_BEFORE > now else None

    def keep(self, place: tuple[str, ...], credential: Secret, bearer: Bearer) -> None:
        """Keeps a token; the oldest goes when there are too many."""
        self._kept.pop(place, None)
        self._kept[place] = (credential, bearer)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self, place: tuple[str, ...]) -> None:
        """The token of a place is not good any more."""
        self._kept.pop(place, None)


def sign(key: Secret, claims: Mapping[str, str | int], *, key_id: str | None = None) -> Secret:
    """Claims as a JWT (RFC 7519), signed with RS256. Raises Invalid when the key cannot be used."""
    read = _read_key(key.reveal())
    named = key_id or read.kid
    header = {"alg": _ALGORITHM, "typ": "JWT", **({"kid": named} if named else {})}
    return Secret(jws.serialize_compact(header, msgspec.json.encode(claims), read, algorithms=[_ALGORITHM]))


def is_token(text: str) -> bool:
    """Whether a text can stand in a header as a token."""
    return bool(text) and len(text) <= _LONGEST_TOKEN and text.isascii() and text.isprintable() and " " not in text


@lru_cache(maxsize=64)
def _read_key(text: str) -> RSAKey:
    """The key of a text: PEM, or JSON (JWK). It is kept, for reading one checks its primes."""
    try:
        given = msgspec.json.decode(text, type=dict[str, str | list[str]]) if text.lstrip().startswith("{") else text
        key = RSAKey.import_key(given)
        if key.is_private and key.private_key is not None and key.private_key.key_size in _KEY_BITS:
            return key
    except (JoseError, ValueError, TypeError, KeyError):
        pass
    raise Invalid("It is no RSA key of 2048 bits or more, without a password.", where="private_key")
