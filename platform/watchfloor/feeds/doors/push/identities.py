"""Who a Google service says it is: OpenID Connect identity tokens (OpenID Connect Core 1.0, section 3.1.3.7).

Owns the check of signature, issuer and times, and Google's keys, which are fetched through the one way out and kept
until they say they grow old. A key that is not known may be a new one, so it is looked for once a minute at most,
whoever asks. What a token is good for (audience, account) is the caller's to compare. It never trusts a key that a
token brings along.
"""

import asyncio
import base64
import binascii
import logging
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from watchfloor.kernel.clock import Clock
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Unauthenticated, Unavailable, WatchfloorError

GOOGLE_KEYS: Final = "https://www.googleapis.com/oauth2/v3/certs"
GOOGLE: Final = Destination(purpose="push.keys", hosts=("www.googleapis.com",), deadline_seconds=5.0, max_bytes=100_000)
SKEW: Final = timedelta(seconds=60)
"""How far the issuer's clock may be off."""

_ISSUERS: Final = frozenset({"https://accounts.google.com", "accounts.google.com"})
_ALGORITHM: Final = "RS256"
_LONGEST_TOKEN: Final = 4_096
_MOST_KEYS: Final = 20
_SMALLEST_KEY_BITS: Final = 2_048
_LEAST_FRESH: Final = 300.0
_MOST_FRESH: Final = 24 * 3_600.0
_ASK_AGAIN: Final = 60.0
_MAX_AGE: Final = re.compile(r"max-age=(\d{1,9})")
_logger: Final = logging.getLogger(__name__)


class IdentityRefused(Unauthenticated):
    """The request shows no identity token, or one that does not open this feed. Why stands in the log only."""

    code = "identity_refused"

    def __init__(self, because: str) -> None:
        super().__init__("The request shows no identity token that opens this feed.", where="Authorization")
        _logger.info("An identity token was refused: %s", because)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and whom the token is for. The issuer has verified that the account has this address."""

    email: str
    audience: str


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    aud: str
    email: str
    email_verified: bool
    exp: int
    iat: int


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


_HEADERS: Final = msgspec.json.Decoder(_Header)
_CLAIMS: Final = msgspec.json.Decoder(_Claims)
_KEYS: Final = msgspec.json.Decoder(_Keys)


class Identities:
    """Tells who an identity token is of."""

    def __init__(
        self, egress: Egress, clock: Clock, *, keys_url: str = GOOGLE_KEYS, destination: Destination = GOOGLE
    ) -> None:
        self._egress = egress
        self._clock = clock
        self._keys_url = keys_url
        self._destination = destination
        self._keys: dict[str, RSAKey] = {}
        self._fresh_until = 0.0
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def identify(self, token: str) -> Identity:
        """Whose the token is. Raises IdentityRefused, and Unavailable when the issuer's keys cannot be had now."""
        if len(token) > _LONGEST_TOKEN:
            raise IdentityRefused("it is too long")
        key = await self._key(_key_id(token))
        try:
            claims = _CLAIMS.decode(jws.deserialize_compact(token, key, algorithms=[_ALGORITHM]).payload)
        except JoseError:
            raise IdentityRefused("its signature is not the issuer's") from None
        except (msgspec.DecodeError, ValueError):
            raise IdentityRefused("its claims are not those of a service") from None
        self._check(claims)
        return Identity(email=claims.email, audience=claims.aud)

    def _check(self, claims: _Claims) -> None:
        now = self._clock.now()
        if claims.iss not in _ISSUERS:
            raise IdentityRefused("it has another issuer")
        if not claims.email_verified:
            raise IdentityRefused("its address is not verified")
        if not claims.iat < claims.exp <= claims.iat + 24 * 3_600:
            raise IdentityRefused("it is good for longer than a day")
        if _instant(claims.exp) + SKEW <= now or _instant(claims.iat) - SKEW > now:
            raise IdentityRefused("it is too old, or from the future")

    async def _key(self, key_id: str) -> RSAKey:
        if time.monotonic() >= self._fresh_until or key_id not in self._keys:
            async with self._asking:
                await self._refresh(key_id)
        if not self._keys:
            raise Unavailable("The keys that identity tokens are checked with cannot be had now.")
        key = self._keys.get(key_id)
        if key is None:
            raise IdentityRefused("the issuer has no such key")
        return key

    async def _refresh(self, key_id: str) -> None:
        now = time.monotonic()
        if now < self._fresh_until and key_id in self._keys:
            return  # another request has fetched it meanwhile
        if self._asked_at is not None and now - self._asked_at < _ASK_AGAIN:
            return
        self._asked_at = now
        try:
            async with self._egress.open(self._destination) as out:
                reply = await out.request("GET", self._keys_url)
        except WatchfloorError as error:
            _logger.warning("The keys for identity tokens were not renewed: %s", error)
            return
        keys = _read_keys(reply.body) if reply.status == 200 else {}
        if not keys:
            _logger.warning("The keys for identity tokens were not renewed: the answer has none.")
            return
        self._keys = keys
        self._fresh_until = now + _freshness(reply.headers.get("cache-control", ""))


def _key_id(token: str) -> str:
    """The id of the key that the token says it is signed with; nothing else of its header is believed."""
    encoded = token.partition(".")[0]
    try:
        header = _HEADERS.decode(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise IdentityRefused("it is no token") from None
    if header.alg != _ALGORITHM:
        raise IdentityRefused("it is signed in another way")
    return header.kid


def _read_keys(body: bytes) -> dict[str, RSAKey]:
    try:
        listed = _KEYS.decode(body).keys[:_MOST_KEYS]
    except msgspec.DecodeError:
        return {}
    found: dict[str, RSAKey] = {}
    for entry in listed:
        key_id, modulus, exponent = (entry.get(name) for name in ("kid", "n", "e"))
        if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", _ALGORITHM) != _ALGORITHM:
            continue
        if not (isinstance(key_id, str) and isinstance(modulus, str) and isinstance(exponent, str)):
            continue
        try:
            key = RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent})
            is_strong = key.public_key.key_size >= _SMALLEST_KEY_BITS
        except (JoseError, ValueError):
            continue
        if is_strong:
            found[key_id] = key
    return found


def _freshness(cache_control: str) -> float:
    """For how long the keys may be kept, in seconds."""
    named = _MAX_AGE.search(cache_control)
    return min(max(float(named[1]) if named else 0.0, _LEAST_FRESH), _MOST_FRESH)


def _instant(seconds: int) -> datetime:
    """The instant; one that no clock shows is the beginning of time."""
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < 253_402_300_800 else datetime.fromtimestamp(0, UTC)
