"""Signing in to Entra ID as an application (OAuth 2.0 client credentials), with a secret or a certificate.

Owns the request for a token and the tokens that are still good: each is kept until five minutes before its end, and is
known by the very credentials that it was given for, so that new ones are used at once. What the answers mean that are
no tokens is `refusals`' to say.
"""

import base64
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final, final
from urllib.parse import urlencode

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from watchfloor.feeds.connectors.connector import Expired, Malformed, Remote
from watchfloor.feeds.connectors.microsoft.refusals import refusal_of
from watchfloor.kernel.egress import Outbound
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.secret import Secret

LOGIN: Final = "https://login.microsoftonline.com"
RENEW_BEFORE: Final = timedelta(minutes=5)

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHM: Final = "PS256"
_ASSERTION_LASTS: Final = timedelta(minutes=5)
_MOST_KEPT: Final = 1_000


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What requests are made with, and until when it is good."""

    text: Secret
    until: datetime


class _Answer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int


_Place = tuple[str, str, str]


@final
class Tokens:
    """Tokens that are still good: a turn of a stream takes seconds, a token an hour."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: OrderedDict[_Place, tuple[Secret, Token]] = OrderedDict()

    def find(self, remote: Remote, resource: str) -> Token | None:
        """The token for a resource, if it was given for these credentials and is good for a while."""
        found = self._kept.get(_place(remote, resource))
        if found is None or found[0] != _credential(remote):
            return None
        return found[1] if found[1].until - RENEW_BEFORE > remote.clock.now() else None

    def keep(self, remote: Remote, resource: str, token: Token | None) -> None:
        """Keeps a token; None forgets it."""
        place = _place(remote, resource)
        self._kept.pop(place, None)
        if token is not None:
            self._kept[place] = (_credential(remote), token)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


async def sign_in(remote: Remote, outbound: Outbound, resource: str) -> Token:
    """A new token for a resource (`https://graph.microsoft.com`). Raises Denied, Expired, Throttled, Unavailable."""
    usual = f"{LOGIN}/{remote.settings['tenant_id']}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": remote.settings["client_id"],
        "scope": f"{resource}/.default",
        **_proof(remote, audience=usual),
    }
    reply = await outbound.request(
        "POST",
        remote.origin(LOGIN) + usual.removeprefix(LOGIN),
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
        content=urlencode(form).encode(),
    )
    if reply.status != 200:
        raise refusal_of(reply)
    try:
        answer = msgspec.json.decode(reply.body, type=_Answer)
        until = remote.clock.now() + timedelta(seconds=min(max(answer.expires_in, 0), 86_400))
        return Token(text=Secret(answer.access_token), until=until)
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("Entra ID's answer holds no token.", where="oauth2/v2.0/token") from None


def _place(remote: Remote, resource: str) -> _Place:
    return remote.settings["tenant_id"].lower(), remote.settings["client_id"].lower(), resource


def _credential(remote: Remote) -> Secret:
    found = remote.secrets.get("certificate", remote.secrets.get("client_secret"))
    if found is None:
        raise Expired(
            "There is neither a client secret nor a certificate.",
            where="client_secret",
            remedy="Give one of them to the connector: `watchfloor connector rotate`.",
        )
    return found


def _proof(remote: Remote, *, audience: str) -> dict[str, str]:
    """The part of the form by which the application shows who it is."""
    credential = _credential(remote)
    if "certificate" not in remote.secrets:
        return {"client_secret": credential.reveal()}
    now, client = remote.clock.now(), remote.settings["client_id"]
    claims = {
        "aud": audience,
        "iss": client,
        "sub": client,
        "jti": str(new_uuid()),
        "nbf": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((now + _ASSERTION_LASTS).timestamp()),
    }
    try:
        pem = credential.reveal().encode()
        thumbprint = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256())
        head = {"alg": _ALGORITHM, "typ": "JWT", "x5t#S256": base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()}
        assertion = jws.serialize_compact(head, msgspec.json.encode(claims), _private_key(pem), algorithms=[_ALGORITHM])
    except (ValueError, JoseError):
        raise Expired(
            "The certificate cannot be used: it takes a certificate and its RSA key without a password, both as PEM.",
            where="certificate",
            remedy="Give it anew with `watchfloor connector rotate`.",
        ) from None
    return {"client_assertion_type": _ASSERTION, "client_assertion": assertion}


def _private_key(pem: bytes) -> RSAKey:
    """The key among the blocks. Raises ValueError, JoseError."""
    begins = pem.find(b"-----BEGIN", 0)
    while begins >= 0:
        ends = pem.find(b"-----END", begins)
        stop = pem.find(b"-----", ends + 8) + 5
        if ends < 0 or stop < ends:
            break
        block = pem[begins:stop]
        if b"PRIVATE KEY-----" in block[:64]:
            return RSAKey.import_key(block + b"\n")
        begins = pem.find(b"-----BEGIN", stop)
    raise ValueError("no private key")
