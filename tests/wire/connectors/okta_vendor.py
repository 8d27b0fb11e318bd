"""An Okta organisation on the loopback: a log in the order in which it was stored, links that never end, limits."""

import itertools
import json
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from typing import ClassVar, Final, Self
from urllib.parse import parse_qs, urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.vendor import Trouble, Vendor
from watchfloor.feeds.connectors.okta.client import Okta

DOMAIN: Final = "customer.okta.com"
ORIGIN: Final = f"https://{DOMAIN}"
ORG: Final = "00o1a2b3c4D5e6F7g8h9"
CLIENT: Final = "0oa9z8y7x6W5v4U3t2s1"
KEY_ID: Final = "the-first-key"
TOKEN: Final = "00made-up-token_for-the-loopback0123456789"
LOGS: Final = "/api/v1/logs"
PAGE: Final = 10
_ORDINARY: Final = 100_000

CONNECTOR: Final = Okta(page_records=PAGE)
"""The connector with small pages."""


@cache
def private_key() -> str:
    """The application's key, made once."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, plain).decode()


class OktaVendor(Vendor):
    """One organisation with its log, and an application that may read it."""

    CONNECTOR = "tests.wire.connectors.okta_vendor:CONNECTOR"
    STREAM = "system-log"
    CANNOT: ClassVar[Mapping[Trouble, str]] = {
        "stranger": "An event of Okta's does not say whose it is: the host is made sure of before anything is read."
    }

    def __init__(self) -> None:
        super().__init__()
        self.server = Loopback(self._answer)
        self.records: list[dict[str, object]] = []
        self.org = ORG
        self.link_origin = ORIGIN
        self.keys = {KEY_ID: private_key()}
        self.tokens = {TOKEN}
        self.sign_in_error: tuple[int, str] | None = None
        self.limit = _ORDINARY
        self.is_after_lost = False
        self.signed_in = 0
        self._stored_at: list[datetime] = []
        self._numbers = itertools.count(1)
        self._bearer = ""
        self._bearers = itertools.count(1)
        self._jti: set[str] = set()
        self._asked = 0
        self._is_revoked = False

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {
            "domain": DOMAIN,
            "org_id": ORG,
            "client_id": CLIENT,
            "private_key": private_key(),
            "key_id": KEY_ID,
        }

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        assert not is_foreign
        at = datetime.now(UTC) - timedelta(minutes=95 if is_late else 0)
        return self.store([at] * count)

    def store(self, published: list[datetime], *, stored: datetime | None = None) -> list[str]:
        """Events that were published then are stored now, one behind another."""
        names = [f"u{number}" for number in itertools.islice(self._numbers, len(published))]
        self.records += [log_event(name, at) for name, at in zip(names, published, strict=True)]
        self._stored_at += [stored or datetime.now(UTC)] * len(names)
        return names

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["uuid"])

    def expire(self) -> None:
        self._bearer = ""

    def revoke(self, *, is_back: bool = False) -> None:
        self._is_revoked = not is_back
        self._bearer = ""

    @property
    def asked(self) -> list[Asked]:
        """The requests for events."""
        return [one for one in self.server.requests if one.path == LOGS]

    async def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/.well-known/okta-organization":
            links = {"organization": {"href": ORIGIN}}
            return Answer({"id": self.org, "pipeline": "idx", "_links": links})
        if asked.path == "/oauth2/v1/token":
            return self._sign_in(asked)
        answer = self._refused(asked) or self._page(asked)
        if answer.status == 200:
            await self._interrupt()
        return Answer(answer.body, answer.status, {**self._limits(), **answer.headers})

    def _sign_in(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if self.sign_in_error is not None:
            status, word = self.sign_in_error
            return Answer({"error": word, "error_description": "Made up for a test."}, status)
        if form.get("grant_type") != "client_credentials" or form.get("scope") != "okta.logs.read":
            return Answer({"error": "invalid_scope"}, 400)
        if self._is_revoked or not self._is_signed(form.get("client_assertion", "")):
            return Answer({"error": "invalid_client", "error_description": "The key does not fit."}, 401)
        self._bearer = f"bearer-{next(self._bearers)}"
        self.signed_in += 1
        token = {"token_type": "Bearer", "expires_in": 3600, "access_token": self._bearer, "scope": form["scope"]}
        return Answer(token)

    def _is_signed(self, assertion: str) -> bool:
        try:
            head = jws.extract_compact(assertion.encode()).headers()
            key = self.keys.get(str(head.get("kid")))
            if key is None:
                return False
            claims = json.loads(
                jws.deserialize_compact(assertion, RSAKey.import_key(key), algorithms=["RS256"]).payload
            )
        except (JoseError, ValueError):
            return False
        is_new = claims["jti"] not in self._jti
        self._jti.add(claims["jti"])
        is_short = time.time() < claims["exp"] <= time.time() + 3_600
        place = f"{ORIGIN}/oauth2/v1/token"
        return is_new and is_short and (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, place)

    def _refused(self, asked: Asked) -> Answer | None:
        self._asked += 1
        if self._throttled or self._asked > self.limit:
            self._throttled = max(self._throttled - 1, 0)
            return fault("E0000047", 429)
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme == "SSWS" and (token not in self.tokens or self._is_revoked):
            return fault("E0000011", 401)
        if scheme == "Bearer" and (not self._bearer or token != self._bearer):
            said = (
                'Bearer authorization_uri="made up", error="invalid_token", error_description="The token is invalid."'
            )
            return Answer(b"", 401, {"www-authenticate": said})
        if scheme not in ("SSWS", "Bearer") or asked.path != LOGS or asked.method != "GET":
            return fault("E0000007", 404)
        return fault("E0000006", 403) if self._is_forbidden else None

    def _limits(self) -> dict[str, str]:
        reset = ceil(time.time()) + (1 if self.limit == _ORDINARY else 30)
        return {
            "x-rate-limit-limit": str(self.limit),
            "x-rate-limit-remaining": str(max(self.limit - self._asked, 0)),
            "x-rate-limit-reset": str(reset),
        }

    def _page(self, asked: Asked) -> Answer:
        limit = asked.query.get("limit", "100")
        if not limit.isdigit() or not 0 < int(limit) <= 1_000:
            return fault("E0000001", 400)
        if asked.query.get("sortOrder") != "ASCENDING":
            return fault("E0000001", 400)
        after = asked.query.get("after")
        if after is not None and self.is_after_lost:
            return fault("E0000031", 400)
        if "until" in asked.query:
            return self._bounded(asked, int(limit), int(after or "0"))
        return self._polled(asked, int(limit), after)

    def _polled(self, asked: Asked, limit: int, after: str | None) -> Answer:
        """In the order of storing, with a link that always is."""
        if after is None:
            since = datetime.fromisoformat(asked.query["since"])
            begin = next((at for at, stored in enumerate(self._stored_at) if stored >= since), len(self.records))
        else:
            begin = int(after.split("_")[1])
        found = self.records[begin : begin + limit]
        is_again = self._repeats and bool(found) and not (after or "").endswith("_r")
        leads_to = f"1627500044869_{begin}_r" if is_again else f"1627500044869_{begin + len(found)}"
        return self._shown(asked, found, leads_to)

    def _bounded(self, asked: Asked, limit: int, begin: int) -> Answer:
        """In the order of happening, and the links end."""
        since, until = datetime.fromisoformat(asked.query["since"]), datetime.fromisoformat(asked.query["until"])
        inside = [one for one in self.records if since <= datetime.fromisoformat(str(one["published"])) < until]
        inside.sort(key=lambda one: str(one["published"]))
        found = inside[begin : begin + limit]
        return self._shown(asked, found, str(begin + len(found)) if len(found) == limit else None)

    def _shown(self, asked: Asked, found: list[dict[str, object]], leads_to: str | None) -> Answer:
        if self._disorders:
            found = random.sample(found, len(found))
        same = {name: value for name, value in asked.query.items() if name != "after"}
        links = {"link": f'<{self.link_origin}{LOGS}?{urlencode(asked.query)}>; rel="self"'}
        if leads_to is not None:
            links["Link"] = f'<{self.link_origin}{LOGS}?{urlencode({**same, "after": leads_to})}>; rel="next"'
        return Answer(found, 200, links)


def log_event(name: str, at: datetime) -> dict[str, object]:
    """An event, as Okta writes one."""
    return {
        "uuid": name,
        "published": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventType": "user.session.start",
        "version": "0",
        "severity": "INFO",
        "displayMessage": "User login to Okta",
        "actor": {"id": "00u1", "type": "User", "alternateId": "ada@customer.example", "displayName": "Ada"},
        "client": {"ipAddress": "198.51.100.7"},
        "outcome": {"result": "SUCCESS"},
        "target": None,
    }


def fault(code: str, status: int) -> Answer:
    """An error, as Okta writes one."""
    body: dict[str, object] = {
        "errorCode": code,
        "errorSummary": "Made up.",
        "errorLink": code,
        "errorId": "oae0",
        "errorCauses": [],
    }
    return Answer(body, status)
