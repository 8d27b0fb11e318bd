"""A service account's key file: who it is, and what it signs (RFC 7523).

Owns the reading of the file and the two kinds of assertion: one that Google's APIs take as it is, and one that is
exchanged for a token of somebody else's. The places that the file names are never used: an address in it may be
anybody's.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Final, final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from watchfloor.feeds.connectors.connector import Expired
from watchfloor.kernel.secret import Secret

LIFETIME_SECONDS: Final = 3_600
"""How long an assertion is good; Google takes none that is good for longer."""

SKEW_SECONDS: Final = 30
"""So much earlier than now an assertion says that it was made: clocks differ."""

KEY_PATTERN: Final = r"[\s]*\{[\s\S]{100,16000}\}[\s]*"
"""What a key file looks like, for a setting."""

EXCHANGE: Final = "https://oauth2.googleapis.com"
"""Where assertions are exchanged, under `/token`."""

_ALGORITHM: Final = "RS256"
_KEY_BITS: Final = range(2_048, 8_193)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,128}@[A-Za-z0-9.-]{1,128}")
_REMEDY: Final = "Make a new key for the service account and give its JSON file with `watchfloor connector rotate`."


class _File(msgspec.Struct):
    type: str
    client_email: str
    private_key: str
    private_key_id: str = ""


_files: Final = msgspec.json.Decoder(_File)


@final
class ServiceAccount:
    """A service account with its key."""

    __slots__ = ("_key", "_key_id", "email")

    def __init__(self, file: Secret) -> None:
        """Reads a key file. Raises Expired when it is none: there is nothing to sign in with."""
        try:
            found = _files.decode(file.reveal())
        except (msgspec.DecodeError, UnicodeError):
            raise _unusable("It is not the JSON file of a key.") from None
        if found.type != "service_account" or _EMAIL.fullmatch(found.client_email) is None:
            raise _unusable("It is not the key of a service account.")
        self.email = found.client_email
        self._key = _read_key(found.private_key)
        self._key_id = found.private_key_id[:200]

    def bearer(self, audience: str, now: datetime) -> Secret:
        """What an API of Google's takes as a token itself. `audience` is the API's origin with a final slash."""
        return self._signed({"sub": self.email, "aud": audience}, now)

    def assertion(self, scope: str, now: datetime, *, subject: str) -> Secret:
        """What is exchanged for a token in the name of `subject`, a person of the customer's domain."""
        return self._signed({"scope": scope, "sub": subject, "aud": f"{EXCHANGE}/token"}, now)

    def _signed(self, claims: dict[str, str | int], now: datetime) -> Secret:
        made = int(now.timestamp()) - SKEW_SECONDS
        whole = {"iss": self.email, "iat": made, "exp": made + LIFETIME_SECONDS, **claims}
        header = {"alg": _ALGORITHM, "typ": "JWT", **({"kid": self._key_id} if self._key_id else {})}
        return Secret(jws.serialize_compact(header, msgspec.json.encode(whole), self._key, algorithms=[_ALGORITHM]))


@lru_cache(maxsize=64)
def _read_key(text: str) -> RSAKey:
    """The key of a text. It is kept, for reading one checks its primes: longer than a request takes."""
    try:
        key = RSAKey.import_key(text)
        if key.is_private and key.private_key is not None and key.private_key.key_size in _KEY_BITS:
            return key
    except (JoseError, ValueError, TypeError):
        pass
    raise _unusable("Its private key cannot be read.")


def _unusable(because: str) -> Expired:
    return Expired(f"The service account's key cannot be used. {because}", where="service_account_key", remedy=_REMEDY)
