"""Entra ID's token endpoint on the loopback, for one application of one tenant."""

import base64
import itertools
import json
from typing import Final
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.wire.connectors.loopback import Answer, Asked

TENANT: Final = "4b1c9c52-6f0e-4b43-9d51-0c3a1f7e2d10"
FOREIGN: Final = "e0f3a8d4-1d2b-4c55-8a66-9b7f3c2d1e00"
CLIENT: Final = "9a7d1f00-33c4-4a0a-b7f6-5d2e8c9b4a11"
SECRET: Final = "a-secret~of.the-application"
LOGIN: Final = "https://login.microsoftonline.com"


class Login:
    """Gives tokens for a resource to who shows the secret, or an assertion that the certificate's key has signed."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.secrets = {SECRET}
        self.certificate: x509.Certificate | None = None
        self.error: tuple[int, str, int] | None = None
        self.lasts = 3600
        self.given = 0
        self._numbers = itertools.count(1)
        self._token = ""
        self._is_revoked = False
        self._jti: set[str] = set()

    def expire(self) -> None:
        self._token = ""

    def revoke(self, *, is_back: bool = False) -> None:
        self._is_revoked = not is_back
        self._token = ""

    def lets_in(self, asked: Asked) -> bool:
        return bool(self._token) and asked.headers.get("authorization") == f"Bearer {self._token}"

    def answer(self, asked: Asked) -> Answer | None:
        """The answer to a request for a token; None for any other request."""
        if not asked.path.endswith("/oauth2/v2.0/token"):
            return None
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        refusal = self._refusal(asked.path, form)
        if refusal is not None:
            return _refusal(*refusal)
        self._token = f"token-{next(self._numbers)}"
        self.given += 1
        return Answer({"token_type": "Bearer", "expires_in": self.lasts, "access_token": self._token})

    def _refusal(self, path: str, form: dict[str, str]) -> tuple[int, str, int] | None:
        if self.error is not None:
            return self.error
        if path != f"/{TENANT}/oauth2/v2.0/token":
            return 400, "invalid_request", 90002
        if form.get("client_id") != CLIENT:
            return 400, "unauthorized_client", 700016
        if form.get("grant_type") != "client_credentials" or form.get("scope") != f"{self.resource}/.default":
            return 400, "invalid_scope", 70011
        if self._is_revoked or not self._is_shown(form):
            return 401, "invalid_client", 700027 if "client_assertion" in form else 7000215
        return None

    def _is_shown(self, form: dict[str, str]) -> bool:
        if "client_assertion" not in form:
            return form.get("client_secret") in self.secrets
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        if self.certificate is None:
            return False
        key = RSAKey.import_key(self.certificate.public_key())  # type: ignore[arg-type]  # RSA by the test's making
        found = jws.deserialize_compact(form["client_assertion"], key, algorithms=["PS256"])
        thumbprint = base64.urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
        claims = json.loads(found.payload)
        is_new = claims["jti"] not in self._jti
        self._jti.add(claims["jti"])
        return bool(
            is_new
            and found.headers()["x5t#S256"] == thumbprint
            and claims["iss"] == claims["sub"] == CLIENT
            and claims["aud"] == f"{LOGIN}/{TENANT}/oauth2/v2.0/token"
            and claims["exp"] > claims["nbf"]
        )


def _refusal(status: int, error: str, number: int) -> Answer:
    text = f"AADSTS{number}: Made up for a test. Trace ID: 0 Correlation ID: 0"
    return Answer({"error": error, "error_description": text, "error_codes": [number]}, status)
