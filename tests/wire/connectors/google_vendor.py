"""What Google's servers have in common: a service account with its key, and the checks of what it signs."""

import json
import secrets
from collections.abc import Callable
from functools import cache
from typing import Final
from urllib.parse import parse_qs

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.wire.connectors.loopback import Answer, Asked

EMAIL: Final = "reader@acme-security.iam.gserviceaccount.com"
KEY_ID: Final = "0f1e2d3c4b5a"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST: Final = 3_600
_SKEW: Final = 60


@cache
def key() -> RSAKey:
    """The service account's key: one for the whole run, since making one takes a while."""
    return RSAKey.generate_key(2_048)


def key_file(**changed: str) -> str:
    """The JSON file of the key; `changed` replaces what stands in it."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "acme-security",
            "private_key_id": KEY_ID,
            "private_key": key().as_pem(private=True).decode(),
            "client_email": EMAIL,
            "client_id": "104242424242424242424",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "universe_domain": "googleapis.com",
            **changed,
        }
    )


def failure(
    status: int, state: str, message: str, *, reason: str = "", headers: dict[str, str] | None = None, delay: str = ""
) -> Answer:
    """An error as Google's APIs write it."""
    error: dict[str, object] = {"code": status, "message": message, "status": state}
    if reason:
        error["errors"] = [{"message": message, "domain": "global", "reason": reason}]
    if delay:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]
    return Answer({"error": error}, status, headers or {})


def claims_of(token: str, *, now: float) -> dict[str, object] | None:
    """What the service account signed; None when it did not sign this, or not for now (seconds since 1970)."""
    try:
        signed = jws.deserialize_compact(token, key(), algorithms=["RS256"])
    except (JoseError, ValueError):
        return None
    claims: dict[str, object] = json.loads(signed.payload)
    made, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(made, int) or not isinstance(ends, int) or claims.get("iss") != EMAIL:
        return None
    is_now = made <= now + _SKEW and now < ends <= made + _LONGEST
    return claims if is_now and signed.protected.get("kid") == KEY_ID else None


class TokenService:
    """Exchanges assertions for tokens in the name of one administrator, for the scopes that were delegated."""

    def __init__(self, *, admin: str, scopes: set[str], now: Callable[[], float]) -> None:
        self.now = now
        self.admin = admin
        self.scopes = scopes
        self.tokens: set[str] = set()
        self.is_revoked = False
        self.is_slow = False

    def answer(self, asked: Asked) -> Answer:
        """A token, or why there is none."""
        form = {name: values[-1] for name, values in parse_qs(asked.body.decode()).items()}
        refusal = self._refusal(asked, form.get("grant_type", ""), claims_of(form.get("assertion", ""), now=self.now()))
        if refusal is not None:
            return refusal
        token = f"ya29.{secrets.token_urlsafe(40)}"
        self.tokens.add(token)
        return Answer({"access_token": token, "expires_in": 3_599, "token_type": "Bearer"})

    def _refusal(self, asked: Asked, grant: str, claims: dict[str, object] | None) -> Answer | None:
        if asked.method != "POST" or grant != _GRANT:
            return _refused("unsupported_grant_type", "Invalid grant_type")
        if claims is None or self.is_revoked or self.is_slow:
            slow = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            return _refused("invalid_grant", slow if self.is_slow else "Invalid JWT Signature.")
        if claims.get("aud") != "https://oauth2.googleapis.com/token":
            return _refused("invalid_grant", "Invalid JWT: Failed audience check.")
        if claims.get("sub") != self.admin:
            return _refused("invalid_grant", "Invalid email or User ID")
        if not set(str(claims.get("scope", "")).split()) <= self.scopes:
            text = "Client is unauthorized to retrieve access tokens using this method."
            return _refused("unauthorized_client", text, status=401)
        return None

    def takes(self, asked: Asked) -> bool:
        """Whether a request shows a token of ours."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and token in self.tokens


def _refused(code: str, text: str, *, status: int = 400) -> Answer:
    return Answer({"error": code, "error_description": text}, status)
