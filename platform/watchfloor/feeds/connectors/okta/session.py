"""Requests to one Okta organisation, as the customer's application or with the customer's API token.

Owns where they go (the organisation's own host or the operator's stand-in for it), that it is the customer's host, and
one second try with a fresh token when one is not good any more. Signing in follows RFC 7523; the token stands in
`bearers` as long as it is good, and with it that the host is whose it should be.
"""

import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Final, final
from urllib.parse import urlencode, urlsplit

import msgspec

from watchfloor.feeds.connectors.bearers import Bearer, Bearers, is_token, sign
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Remote
from watchfloor.feeds.connectors.okta.faults import ROTATE_KEY, error_of, sign_in_error_of
from watchfloor.feeds.connectors.okta.manifest import CLIENT, DOMAIN, KEY, KEY_ID, ORG, SCOPE, TOKEN
from watchfloor.kernel.egress import Outbound, Reply
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.secret import Secret

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LASTS: Final = timedelta(minutes=5)
_SKEW: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=1)
"""So long is a token used, and so long is it believed whose the host is."""

_ANSWER_BYTES: Final = 64_000_000
_SECONDS: Final = 60.0

_bearers: Final = Bearers()


class _Token(msgspec.Struct):
    access_token: str
    token_type: str = ""
    expires_in: int = 3_600


class _Organisation(msgspec.Struct):
    id: str


@final
class Session:
    """An open way to an organisation."""

    __slots__ = ("_outbound", "_remote", "origins", "usual")

    def __init__(self, outbound: Outbound, remote: Remote) -> None:
        self._outbound = outbound
        self._remote = remote
        self.usual = f"https://{remote.settings[DOMAIN]}"
        self.origins = (self.usual, remote.origin(self.usual).rstrip("/"))

    @property
    def is_token(self) -> bool:
        """Whether an API token is used instead of an application."""
        return TOKEN in self._remote.secrets

    async def get(self, target: str) -> Reply:
        """The answer for a path and query, which may be a fault. Raises Denied, Expired, Malformed, Throttled."""
        reply = await self._get(target)
        if reply.status == 401 and not self.is_token:
            _bearers.forget(self._place)
            reply = await self._get(target)
        return reply

    async def sign_in(self) -> None:
        """Makes sure whose host it is and signs in, unless that was done a while ago."""
        await self._current()

    async def _get(self, target: str) -> Reply:
        bearer = await self._current()
        scheme = "SSWS" if self.is_token else "Bearer"
        headers = {"authorization": f"{scheme} {bearer.reveal()}", "accept": "application/json"}
        return await self._outbound.request("GET", f"{self.origins[1]}{target}", headers=headers)

    @property
    def _place(self) -> tuple[str, ...]:
        settings = self._remote.settings
        return "okta", *self.origins, settings[ORG], settings.get(CLIENT, ""), settings.get(KEY_ID, "")

    async def _current(self) -> Secret:
        remote = self._remote
        credential = remote.secrets.get(TOKEN if self.is_token else KEY)
        if credential is None:
            raise Expired("There is neither a private key nor an API token.", where=KEY, remedy=ROTATE_KEY)
        found = _bearers.find(self._place, credential, now=remote.clock.now())
        if found is None:
            await self._identify()
            found = await self._given(credential)
            _bearers.keep(self._place, credential, found)
        return found.text

    async def _identify(self) -> None:
        """Makes sure that the host is the customer's organisation: an event does not say whose it is."""
        reply = await self._outbound.request("GET", f"{self.origins[1]}/.well-known/okta-organization")
        if reply.status != 200:
            raise error_of(reply, now=self._remote.clock.now(), is_token=self.is_token)
        try:
            found = msgspec.json.decode(reply.body, type=_Organisation).id
        except (msgspec.DecodeError, UnicodeError):
            raise Malformed("Okta does not say whose domain this is.", where="okta-organization") from None
        if found != self._remote.settings[ORG]:
            named = f" It is {found}'s." if found.isascii() and found.isalnum() and len(found) <= 40 else ""
            raise Denied(
                f"The domain is not the organisation's that was named; nothing was read.{named}",
                where=ORG,
                remedy=f"Look whether the settings {DOMAIN} and {ORG} belong together.",
            )

    async def _given(self, credential: Secret) -> Bearer:
        now = self._remote.clock.now()
        if self.is_token:
            return Bearer(text=credential, until=now + _LONGEST)
        form = {
            "grant_type": "client_credentials",
            "scope": SCOPE,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(credential).reveal(),
        }
        reply = await self._outbound.request(
            "POST",
            f"{self.origins[1]}/oauth2/v1/token",
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            content=urlencode(form).encode(),
        )
        if reply.status != 200:
            raise sign_in_error_of(reply, now=now)
        return _read_token(reply, self._remote)

    def _assertion(self, key: Secret) -> Secret:
        settings, now = self._remote.settings, self._remote.clock.now()
        client = settings.get(CLIENT)
        if client is None:
            remedy = f"Set {CLIENT}: `watchfloor connector set`."
            raise Expired("There is a private key but no client id.", where=CLIENT, remedy=remedy)
        claims: dict[str, str | int] = {
            "iss": client,
            "sub": client,
            "aud": f"{self.usual}/oauth2/v1/token",
            "iat": int((now - _SKEW).timestamp()),
            "exp": int((now + _ASSERTION_LASTS).timestamp()),
            "jti": str(new_uuid()),
        }
        try:
            return sign(key, claims, key_id=settings.get(KEY_ID))
        except Invalid as fault:
            raise Expired(f"The private key cannot be used. {fault.message}", where=KEY, remedy=ROTATE_KEY) from None


@contextlib.asynccontextmanager
async def open_session(remote: Remote) -> AsyncGenerator[Session]:
    """A way to the customer's organisation."""
    place = remote.origin(f"https://{remote.settings[DOMAIN]}")
    destination = Destination(
        purpose="connector.okta", hosts=(urlsplit(place).netloc,), deadline_seconds=_SECONDS, max_bytes=_ANSWER_BYTES
    )
    async with remote.egress.open(destination) as outbound:
        yield Session(outbound, remote)


def _read_token(reply: Reply, remote: Remote) -> Bearer:
    try:
        token = msgspec.json.decode(reply.body, type=_Token)
    except (msgspec.DecodeError, UnicodeError):
        token = _Token(access_token="")
    if not is_token(token.access_token):
        raise Malformed("Okta's answer holds no token.", where="sign-in")
    if token.token_type.lower() != "bearer":
        raise Malformed("Okta gave a token that is no bearer token.", where="sign-in")
    lasts = min(timedelta(seconds=min(max(token.expires_in, 0), 86_400)), _LONGEST)
    return Bearer(text=Secret(token.access_token), until=remote.clock.now() + lasts)
