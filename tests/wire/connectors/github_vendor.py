"""GitHub's audit log on the loopback: cursors, late entries before those that were read, both kinds of limits."""

import itertools
import json
import random
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from typing import ClassVar, Final, Self
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.vendor import Trouble, Vendor
from watchfloor.feeds.connectors.github.client import GitHub

ORIGIN: Final = "https://api.github.com"
ORGANIZATION: Final = "customer-corp"
FOREIGN: Final = "somebody-else"
ENTERPRISE: Final = "customer-group"
APP: Final = "123456"
INSTALLATION: Final = 7_654_321
TOKEN: Final = "ghp_madeUpTokenForTheLoopback0123456789"
PAGE: Final = 10
VERSION: Final = "2022-11-28"

CONNECTOR: Final = GitHub(page_records=PAGE, again_an_hour=3_600_000)
"""The connector with small pages, that reads the last hour again at every look."""

_LOG: Final = re.compile(r"/(?P<kind>orgs|enterprises)/(?P<name>[^/]+)/audit-log")
_PHRASE: Final = re.compile(r"created:(?:>=(?P<since>\S+)|(?P<start>[^.\s]+)\.\.(?P<end>\S+))")
_ORDINARY: Final = 100_000


@cache
def private_key() -> str:
    """The App's key as GitHub gives it, made once."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    kind, plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, plain).decode()


class GitHubVendor(Vendor):
    """One organisation's log, in an enterprise of two, and an App that may read it."""

    CONNECTOR = "tests.wire.connectors.github_vendor:CONNECTOR"
    STREAM = "audit-log"
    CANNOT: ClassVar[Mapping[Trouble, str]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.server = Loopback(self._answer)
        self.entries: list[dict[str, object]] = []
        self.link_origin = ORIGIN
        self.key = private_key()
        self.tokens = {TOKEN}
        self.scopes = "read:audit_log"
        self.answers: list[Answer] = []
        """Answers that are given instead, one for each request of the log."""
        self.sign_in_answer: Answer | None = None
        self.permissions = {"organization_administration": "read", "contents": "write"}
        self.limit = _ORDINARY
        self.is_after_lost = False
        self.signed_in = 0
        self._numbers = itertools.count(1)
        self._bearers = itertools.count(1)
        self._bearer = ""
        self._asked = 0
        self._is_revoked = False
        self._repeated: set[str] = set()

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {"organization": ORGANIZATION, "app_id": APP, "private_key": private_key()}

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        at = datetime.now(UTC) - timedelta(minutes=62 if is_late else 0)
        return self.add([at] * count, organization=FOREIGN if is_foreign else ORGANIZATION)

    def add(self, times: list[datetime], *, organization: str | None = ORGANIZATION) -> list[str]:
        """Entries with these times can be read from now on."""
        names = [f"d{number}" for number in itertools.islice(self._numbers, len(times))]
        self.entries += [entry(name, at, organization) for name, at in zip(names, times, strict=True)]
        return names

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["_document_id"])

    def expire(self) -> None:
        self._bearer = ""

    def revoke(self, *, is_back: bool = False) -> None:
        self._is_revoked = not is_back
        self._bearer = ""

    @property
    def asked(self) -> list[Asked]:
        """The requests for entries."""
        return [one for one in self.server.requests if one.path.endswith("/audit-log")]

    async def _answer(self, asked: Asked) -> Answer:
        assert asked.headers.get("user-agent"), "GitHub answers nobody without a name"
        assert asked.headers.get("x-github-api-version") == VERSION
        assert asked.headers.get("accept") == "application/vnd.github+json"
        log = _LOG.fullmatch(asked.path)
        if log is None:
            return self._sign_in(asked)
        self._asked += 1
        answer = self._refused(asked, log) or self._page(asked, log)
        if answer.status == 200:
            await self._interrupt()
        return Answer(answer.body, answer.status, {**self._limits(), **answer.headers})

    def _sign_in(self, asked: Asked) -> Answer:
        if self.sign_in_answer is not None:
            return self.sign_in_answer
        if self._is_revoked or not self._is_signed(asked.headers.get("authorization", "")):
            return said("A JSON web token could not be decoded", 401)
        if asked.path == f"/orgs/{ORGANIZATION}/installation":
            return Answer({"id": INSTALLATION, "app_id": int(APP), "permissions": self.permissions})
        if asked.path != f"/app/installations/{INSTALLATION}/access_tokens" or asked.method != "POST":
            return said("Not Found", 404)
        wanted = json.loads(asked.body)["permissions"]
        assert wanted == {"organization_administration": "read"}, "it asks for what it needs"
        if any(self.permissions.get(name) != value for name, value in wanted.items()):
            return said("The permissions requested are not granted to this installation.", 422)
        self._bearer = f"ghs_bearer{next(self._bearers)}"
        self.signed_in += 1
        until = datetime.now(UTC) + timedelta(hours=1)
        token = {"token": self._bearer, "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}", "permissions": wanted}
        return Answer(token, 201)

    def _is_signed(self, header: str) -> bool:
        try:
            proof = header.removeprefix("Bearer ")
            signed = jws.deserialize_compact(proof, RSAKey.import_key(self.key), algorithms=["RS256"])
            claims = json.loads(signed.payload)
        except (JoseError, ValueError):
            return False
        now = time.time()
        return bool(claims["iss"] == APP and claims["iat"] <= now < claims["exp"] <= now + 600)

    def _refused(self, asked: Asked, log: re.Match[str]) -> Answer | None:
        if self._throttled:
            self._throttled -= 1
            return said("You have exceeded a secondary rate limit.", 429, {"retry-after": "1"})
        if self._asked > self.limit:
            return said("API rate limit exceeded for installation.", 403)
        if self.answers:
            return self.answers.pop(0)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        is_personal = token in self.tokens and not self._is_revoked
        if not is_personal and (not self._bearer or token != self._bearer):
            return said("Bad credentials", 401)
        if self._is_forbidden:
            need = {"x-accepted-github-permissions": "organization_administration=read"}
            return said("Resource not accessible by integration", 403, need)
        return None if self._is_shown(log, is_personal=is_personal) else said("Not Found", 404)

    def _is_shown(self, log: re.Match[str], *, is_personal: bool) -> bool:
        """GitHub says of a log that one may not see that there is none."""
        place = log["kind"], log["name"]
        return place == ("orgs", ORGANIZATION) or (is_personal and place == ("enterprises", ENTERPRISE))

    def _limits(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(self.limit - self._asked, 0)),
            "x-ratelimit-reset": str(ceil(time.time()) + (1 if self.limit == _ORDINARY else 1_800)),
            "x-ratelimit-resource": "audit_log",
            "x-oauth-scopes": self.scopes,
        }

    def _page(self, asked: Asked, log: re.Match[str]) -> Answer:
        query = asked.query
        assert query.get("include") in ("all", "web", "git")
        assert 0 < int(query["per_page"]) <= 100
        after = query.get("after")
        if after is not None and self.is_after_lost:
            return said("Validation Failed", 422)
        found = self._found(query)
        if query.get("order") != "asc":
            return Answer(found[::-1][: int(query["per_page"])])
        if after is not None:
            place = _place(after)
            found = [one for one in found if _order(one) > place]
        page = found[: int(query["per_page"])]
        links: dict[str, str] = {}
        if len(found) > len(page):
            leads_to = _written(_order(page[-1]))
            if self._repeats and (after or "") not in self._repeated:
                self._repeated.add(after or "")
                leads_to = _written((0, "") if after is None else _place(after), again=True)
            place_by_number = "/organizations/42/audit-log" if log["kind"] == "orgs" else asked.path
            same = {**query, "after": leads_to, "before": ""}
            first = (
                f'<{self.link_origin}{place_by_number}?{urlencode({**query, "after": "", "before": ""})}>; rel="first"'
            )
            links["link"] = f'<{self.link_origin}{place_by_number}?{urlencode(same)}>; rel="next", {first}'
        if self._disorders:
            page = random.sample(page, len(page))
        return Answer(page, 200, links)

    def _found(self, query: Mapping[str, str]) -> list[dict[str, object]]:
        """What a search finds, oldest first; the search knows whole seconds."""
        phrase = query.get("phrase")
        if phrase is None:
            return sorted(self.entries, key=_order)
        wanted = _PHRASE.fullmatch(phrase)
        assert wanted is not None, phrase
        start = datetime.fromisoformat(wanted["since"] or wanted["start"]).timestamp() * 1_000
        end = datetime.fromisoformat(wanted["end"]).timestamp() * 1_000 + 999 if wanted["end"] else float("inf")
        return sorted((one for one in self.entries if start <= _order(one)[0] <= end), key=_order)


def entry(name: str, at: datetime, organization: str | None) -> dict[str, object]:
    """An entry, as GitHub writes one."""
    milliseconds = int(at.timestamp() * 1_000)
    named: dict[str, object] = {} if organization is None else {"org": organization, "org_id": 42}
    return {
        "@timestamp": milliseconds,
        "_document_id": name,
        "action": "repo.destroy",
        "actor": "ada",
        "actor_id": 7,
        "actor_location": {"country_name": "Germany"},
        "business": ENTERPRISE,
        "created_at": milliseconds,
        "operation_type": "remove",
        "repo": f"{organization}/website",
        "visibility": "private",
        **named,
    }


def said(message: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    """An error, as GitHub writes one."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Answer(body, status, headers or {})


def _order(one: Mapping[str, object]) -> tuple[int, str]:
    """By time, and then by document."""
    return int(str(one["@timestamp"])), str(one["_document_id"]).rjust(12)


def _written(place: tuple[int, str], *, again: bool = False) -> str:
    return json.dumps([*place, again]).encode().hex()


def _place(after: str) -> tuple[int, str]:
    at, name, _ = json.loads(bytes.fromhex(after))
    return int(at), str(name)
