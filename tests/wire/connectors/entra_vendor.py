"""Microsoft Graph's logs of Entra ID on the loopback: filters, pages with links that expire, throttling, licences."""

import itertools
import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.microsoft_login import CLIENT, FOREIGN, LOGIN, SECRET, TENANT, Login
from tests.wire.connectors.vendor import Vendor

ORIGIN: Final = "https://graph.microsoft.com"
_PAGE: Final = 10
_DEEPEST: Final = 12
"""Whoever pages deeper is throttled: so many pages of a window at most."""

_FILTER: Final = re.compile(
    r"(?P<name>createdDateTime|activityDateTime|lastUpdatedDateTime) ge (?P<start>\S+Z) and (?P=name) lt (?P<end>\S+Z)"
    r"(?: and signInEventTypes/any\(t: t eq '(?P<kind>\w+)'\))?"
)
_LOGS: Final = {
    "/v1.0/auditLogs/signIns": ("createdDateTime", 1000),
    "/beta/auditLogs/signIns": ("createdDateTime", 1000),
    "/v1.0/auditLogs/directoryAudits": ("activityDateTime", 1000),
    "/v1.0/identityProtection/riskDetections": ("lastUpdatedDateTime", 500),
}


class EntraVendor(Vendor):
    """Sign-ins of people, ten to a page. What happens now is shown as five minutes old, which is how late it comes."""

    CONNECTOR = "watchfloor.feeds.connectors.entra.client:CONNECTOR"
    STREAM = "sign-ins"

    def __init__(self) -> None:
        super().__init__()
        self.login = Login(ORIGIN)
        self.server = Loopback(self._answer)
        self.records: dict[str, list[dict[str, object]]] = {path: [] for path in _LOGS}
        self.link_origin = ORIGIN
        self.has_licence = True
        self.is_link_expired = False
        self.throttle_from: int | None = None
        self.windows: list[tuple[datetime, datetime]] = []
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._numbers = itertools.count(1)
        self._repeated: set[str] = set()

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}

    def stand_ins(self) -> Mapping[str, str]:
        return {ORIGIN: self.server.origin, LOGIN: self.server.origin}

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        at = self.clock() - timedelta(minutes=75 if is_late else 5)
        names = [f"s{number}" for number in itertools.islice(self._numbers, count)]
        times = [at - timedelta(seconds=0.7 * (count - index)) for index in range(count)]
        records = [sign_in(name, time, is_foreign=is_foreign) for name, time in zip(names, times, strict=True)]
        self.add("/v1.0/auditLogs/signIns", records)
        return names

    def add(self, path: str, records: list[dict[str, object]]) -> None:
        """Records can be asked for from now on."""
        self.records[path] += records

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["id"])

    def expire(self) -> None:
        self.login.expire()

    def revoke(self, *, is_back: bool = False) -> None:
        self.login.revoke(is_back=is_back)

    async def _answer(self, asked: Asked) -> Answer:
        token = self.login.answer(asked)
        if token is not None:
            return token
        refused = self._refused(asked)
        answer = refused if refused is not None else self._page(asked)
        if answer.status == 200:
            await self._interrupt()
        return answer

    def _refused(self, asked: Asked) -> Answer | None:
        if not self.login.lets_in(asked):
            return fault("InvalidAuthenticationToken", 401)
        if self._throttled:
            self._throttled -= 1
            return fault("TooManyRequests", 429, {"retry-after": "1"})
        if not self.has_licence and "signIns" in asked.path:
            return fault("Authentication_RequestFromNonPremiumTenantOrB2CTenant", 403)
        if self._is_forbidden:
            return fault("Authentication_MSGraphPermissionMissing", 403)
        return None if asked.path in _LOGS else fault("Request_ResourceNotFound", 404)

    def _page(self, asked: Asked) -> Answer:
        name, most = _LOGS[asked.path]
        found = _FILTER.fullmatch(asked.query.get("$filter", ""))
        if found is None or found["name"] != name or not 0 < int(asked.query["$top"]) <= most:
            return fault("BadRequest", 400)
        if found["kind"] and not asked.path.startswith("/beta/"):
            return fault("BadRequest", 400)
        start, end = datetime.fromisoformat(found["start"]), datetime.fromisoformat(found["end"])
        at = int(asked.query.get("$skiptoken", "0"))
        if not at:
            self.windows.append((start, end))
        elif self.is_link_expired:
            return fault("Directory_ExpiredPageToken", 400)
        if at >= _PAGE * _DEEPEST or (self.throttle_from is not None and at >= self.throttle_from):
            return fault("TooManyRequests", 429, {"retry-after": "1"})
        return self._shown(asked, self._found(asked.path, name, start, end, found["kind"]), at)

    def _found(self, path: str, name: str, start: datetime, end: datetime, kind: str | None) -> list[dict[str, object]]:
        def is_in(one: dict[str, object]) -> bool:
            is_kind = kind is None or kind in str(one.get("signInEventTypes"))
            return start <= datetime.fromisoformat(str(one[name])) < end and is_kind

        return sorted((one for one in self.records[path] if is_in(one)), key=lambda one: str(one[name]))

    def _shown(self, asked: Asked, found: list[dict[str, object]], at: int) -> Answer:
        page, leads_to = found[at : at + _PAGE], at + _PAGE
        if self._disorders:
            page = random.sample(page, len(page))
        place = f"{asked.query['$filter']}#{at}"
        if self._repeats and page and place not in self._repeated:
            self._repeated.add(place)
            leads_to = at
        body: dict[str, object] = {"@odata.context": f"{ORIGIN}/v1.0/$metadata#auditLogs", "value": page}
        if leads_to < len(found):
            query = "&".join(f"{name}={value}" for name, value in asked.query.items() if name != "$skiptoken")
            body["@odata.nextLink"] = f"{self.link_origin}{asked.path}?{query}&$skiptoken={leads_to}".replace(
                " ", "%20"
            )
        return Answer(body)


def sign_in(name: str, at: datetime, *, is_foreign: bool = False, kind: str = "interactiveUser") -> dict[str, object]:
    """A sign-in, as Graph writes one."""
    return {
        "id": name,
        "createdDateTime": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "userDisplayName": "Ada",
        "userPrincipalName": "ada@customer.example",
        "appDisplayName": "Office 365",
        "ipAddress": "198.51.100.7",
        "signInEventTypes": [kind],
        "homeTenantId": FOREIGN if is_foreign else TENANT,
        "resourceTenantId": FOREIGN if is_foreign else TENANT,
        "status": {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None},
    }


def fault(code: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    """An error, as Graph writes one."""
    error = {"code": code, "message": "Made up for a test.", "innerError": {"request-id": "0"}}
    return Answer({"error": error}, status, headers or {})
