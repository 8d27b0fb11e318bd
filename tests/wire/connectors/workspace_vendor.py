"""Google Workspace's Reports API on the loopback: newest first, late, page by page."""

import base64
import itertools
import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Self, cast

from tests.wire.connectors.google_vendor import TokenService, failure, key_file
from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.vendor import Vendor

ORIGIN: Final = "https://admin.googleapis.com"
TOKENS: Final = "https://oauth2.googleapis.com"
ADMIN: Final = "watchfloor@acme.example"
CUSTOMER: Final = "C03az79cb"
SCOPE: Final = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
PAGE: Final = 20
_PATH: Final = re.compile(r"/admin/reports/v1/activity/users/all/applications/(\w+)")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_KNOWN: Final = frozenset({"userKey", "customerId", "startTime", "endTime", "maxResults", "pageToken"})
_KEPT: Final = timedelta(days=180)

Activity = dict[str, object]


def written(at: datetime) -> str:
    """A time as Google writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def activity(name: str, at: datetime, *, application: str = "admin", customer: str = CUSTOMER) -> Activity:
    """An activity with two events."""
    return {
        "kind": "admin#reports#activity",
        "id": {
            "time": written(at),
            "uniqueQualifier": name,
            "applicationName": application,
            "customerId": customer,
        },
        "etag": f'"{name}"',
        "actor": {"callerType": "USER", "email": "eve@acme.example", "profileId": "1054"},
        "ipAddress": "203.0.113.7",
        "events": [
            {
                "type": "USER_SETTINGS",
                "name": "GRANT_ADMIN_PRIVILEGE",
                "parameters": [{"name": "USER_EMAIL", "value": "mallory@acme.example"}],
            },
            {
                "type": "DELEGATED_ADMIN_SETTINGS",
                "name": "ASSIGN_ROLE",
                "parameters": [
                    {"name": "ROLE_NAME", "value": "_SEED_ADMIN_ROLE"},
                    {"name": "ROLE_ID", "intValue": "4242"},
                    {"name": "IS_FIRST", "boolValue": True},
                    {"name": "ORG_UNITS", "multiValue": ["a", "b"]},
                ],
            },
        ],
    }


class WorkspaceVendor(Vendor):
    """One Workspace."""

    CONNECTOR = "watchfloor.feeds.connectors.workspace.client:CONNECTOR"
    STREAM = "admin"

    def __init__(self, *, now: Callable[[], datetime] | None = None) -> None:
        super().__init__()
        self.server = Loopback(self._answer)
        self._now = now or (lambda: datetime.now(UTC))
        self.tokens = TokenService(admin=ADMIN, scopes={SCOPE}, now=lambda: self._now().timestamp())
        self.activities: dict[str, list[Activity]] = {}
        self.refused: dict[str, Answer] = {}
        self.asked: list[dict[str, str]] = []
        self.empty_pages = 0
        self.circles = False
        self._numbers = itertools.count(1)
        self._failures: list[Answer] = []
        self._given_once: set[str] = set()
        self._old_tokens: set[str] = set()
        self._tokens_given: set[str] = set()

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {"customer_id": CUSTOMER, "admin_email": ADMIN, "service_account_key": key_file()}

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.server.origin, TOKENS: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        at = self._now() - (timedelta(minutes=90) if is_late else timedelta())
        return self.add(count, at, customer="C0somebody" if is_foreign else CUSTOMER)

    def add(self, count: int, at: datetime, *, application: str = "admin", customer: str = CUSTOMER) -> list[str]:
        """So many activities can be asked for from now on, all of the same moment."""
        names = [str(-number if number % 2 else number) for number in itertools.islice(self._numbers, count)]
        made = [activity(name, at, application=application, customer=customer) for name in names]
        self.activities.setdefault(application, []).extend(made)
        return names

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["id"]["uniqueQualifier"])

    def throttle(self, times: int) -> None:
        refusal = failure(403, "PERMISSION_DENIED", "Quota exceeded.", reason="userRateLimitExceeded", delay="1s")
        self.fail(*[refusal] * times)

    def fail(self, *answers: Answer) -> None:
        """So the next requests for activities are answered."""
        self._failures += answers

    def expire(self) -> None:
        self.tokens.tokens.clear()

    def revoke(self, *, is_back: bool = False) -> None:
        self.tokens.is_revoked = not is_back
        self.tokens.tokens.clear()

    def forget_tokens(self) -> None:
        """The page tokens that were given are not good any more."""
        self._old_tokens |= self._tokens_given

    async def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self.tokens.answer(asked)
        found = _PATH.fullmatch(asked.path)
        if asked.method != "GET" or found is None or not set(asked.query) <= _KNOWN:
            return failure(404, "NOT_FOUND", "Not found.", reason="notFound")
        refusal = self._refusal(asked, found[1])
        if refusal is not None:
            return refusal
        self.asked.append({**asked.query, "application": found[1]})
        return await self._page(found[1], asked.query)

    def _refusal(self, asked: Asked, application: str) -> Answer | None:
        if not self.tokens.takes(asked):
            return failure(401, "UNAUTHENTICATED", "Invalid Credentials", reason="authError")
        if self._failures:
            return self._failures.pop(0)
        if self._is_forbidden or asked.query.get("customerId") != CUSTOMER:
            return failure(403, "PERMISSION_DENIED", "Access denied. You are not authorized.", reason="forbidden")
        return self.refused.get(application)

    async def _page(self, application: str, query: dict[str, str]) -> Answer:
        most = query.get("maxResults", "1000")
        start, end = query.get("startTime", "0000-01-01T00:00:00.000Z"), query.get("endTime", written(self._now()))
        has_times = all(_TIME.fullmatch(one) for one in (start, end))
        too_old = "startTime" in query and start < written(self._now() - _KEPT)
        if not most.isdecimal() or not 1 <= int(most) <= 1_000 or not has_times or start >= end or too_old:
            return failure(400, "INVALID_ARGUMENT", "Invalid value.", reason="invalid")
        after, bound = _read_token(query.get("pageToken")), f"{application} {start} {end}"
        if after is None or query.get("pageToken") in self._old_tokens or (after[2] and after[2] != bound):
            return failure(400, "INVALID_ARGUMENT", "Invalid pageToken.", reason="invalid")
        found = [one for one in self.activities.get(application, []) if start <= _key(one)[0] <= end]
        found.sort(key=_key, reverse=True)
        left = [one for one in found if not after[0] or _key(one) < after[:2]]
        page = left[: min(int(most), PAGE)]
        answer: dict[str, object] = {"kind": "admin#reports#activities", "etag": '"x"'}
        if self.empty_pages:
            self.empty_pages -= 1
            return Answer({**answer, "nextPageToken": _opaque(after[0], after[1], bound)})
        if self.circles and after[0]:
            answer["nextPageToken"] = query["pageToken"]
        elif len(left) > len(page):
            answer["nextPageToken"] = self._token(after, page, bound)
        if page:
            answer["items"] = random.sample(page, len(page)) if self._disorders else page
        await self._interrupt()
        return Answer(answer)

    def _token(self, after: tuple[str, str, str], page: list[Activity], bound: str) -> str:
        """Leads behind the page; where pages come twice, to this one again the first time."""
        time, qualifier = _key(page[-1])
        behind = f"{time} {qualifier}"
        if self._repeats and after[0] and behind not in self._given_once:
            self._given_once.add(behind)
            time, qualifier = after[:2]
        token = _opaque(time, qualifier, bound)
        self._tokens_given.add(token)
        return token


def _opaque(time: str, qualifier: str, bound: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([time, qualifier, bound, random.random()]).encode()).decode()


def _key(one: Activity) -> tuple[str, str]:
    place = cast("dict[str, str]", one["id"])
    return place["time"], place.get("uniqueQualifier", "")


def _read_token(token: str | None) -> tuple[str, str, str] | None:
    if token is None:
        return "", "", ""
    try:
        time, qualifier, bound, _ = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        return None
    return str(time), str(qualifier), str(bound)
