"""The Office 365 Management Activity API on the loopback, as strict as its documentation and what was seen of it.

A window of a whole day is refused, as is a beginning of exactly seven days ago; a quota that is used up is a 403; and a
subscription that is there already is an error.
"""

import itertools
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from urllib.parse import quote

from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.microsoft_login import CLIENT, FOREIGN, LOGIN, SECRET, TENANT, Login
from tests.wire.connectors.vendor import Vendor

ORIGIN: Final = "https://manage.office.com"
CONTENT_TYPES: Final = {"Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All"}
_BASE: Final = f"/api/v1.0/{TENANT}/activity/feed/"
_PAGE: Final = 3
_BLOB: Final = 5
_KEPT: Final = timedelta(days=7)


@dataclass
class Blob:
    """A content blob. `listed_as` are the ids under which it is offered."""

    created: datetime
    listed_as: list[str]
    body: bytes


class M365Vendor(Vendor):
    """Records of Exchange, five to a blob, three blobs to a page."""

    CONNECTOR = "watchfloor.feeds.connectors.m365.client:CONNECTOR"
    STREAM = "exchange"

    def __init__(self) -> None:
        super().__init__()
        self.login = Login(ORIGIN)
        self.server = Loopback(self._answer)
        self.blobs: list[Blob] = []
        self.gone: set[str] = set()
        self.subscriptions: dict[str, str] = {}
        self.starts = 0
        self.link_origin = ORIGIN
        self.next_origin = ORIGIN
        self.is_starting_slowly = False
        self.windows: list[tuple[datetime, datetime]] = []
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._numbers = itertools.count(1)

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
        now = self.clock()
        names = [f"r{number}" for number in itertools.islice(self._numbers, count)]
        for index, at in enumerate(range(0, count, _BLOB)):
            # A late record comes in a new blob, or with a blob that comes late itself.
            is_late_blob = is_late and index % 2 == 1
            happened = now - timedelta(hours=3 if is_late else 0, seconds=1)
            records = [record(name, happened, is_foreign=is_foreign) for name in names[at : at + _BLOB]]
            self.offer(records, created=now - timedelta(hours=2) if is_late_blob else now)
        return names

    def offer(self, records: list[dict[str, object]], *, created: datetime) -> Blob:
        """A blob of these records becomes available."""
        number = next(self._numbers)
        ids = [f"{created:%Y%m%d%H%M%S}$blob{number}$audit_exchange$Audit_Exchange$eu0001"]
        if self._repeats:
            ids.append(f"{ids[0]}again")
        blob = Blob(created=created, listed_as=ids, body=json.dumps(records).encode())
        self.blobs.append(blob)
        return blob

    def name_of(self, body: bytes) -> str:
        return str(json.loads(body)["Id"])

    def expire(self) -> None:
        self.login.expire()

    def revoke(self, *, is_back: bool = False) -> None:
        self.login.revoke(is_back=is_back)

    async def _answer(self, asked: Asked) -> Answer:
        token = self.login.answer(asked)
        if token is not None:
            return token
        refused = self._refused(asked)
        if refused is not None:
            return refused
        operation = asked.path.removeprefix(_BASE)
        if operation == "subscriptions/start" and asked.method == "POST":
            return self._start(asked.query.get("contentType", ""))
        if operation == "subscriptions/content":
            return self._list(asked)
        answer = self._blob(operation.removeprefix("audit/"))
        await self._interrupt()
        return answer

    def _refused(self, asked: Asked) -> Answer | None:
        if not self.login.lets_in(asked):
            return Answer({"Message": "Authorization has been denied for this request."}, 401)
        if self._throttled:
            self._throttled -= 1
            message = f"Too many requests. Method=GetBlob, PublisherId={asked.query.get('PublisherIdentifier')}"
            return fault("AF429", message, 403)
        if not asked.path.startswith(_BASE):
            return fault("AF20010", "The tenant ID in the URL does not match that of the token.", 403)
        if self._is_forbidden:
            return fault("AF10001", "The permission set () sent in the request did not include ActivityFeed.Read.", 403)
        if asked.query.get("PublisherIdentifier") != TENANT:
            return fault("AF20003", "A request without a publisher shares everybody's quota.", 400)
        return None

    def _start(self, content_type: str) -> Answer:
        self.starts += 1
        if content_type not in CONTENT_TYPES:
            return fault("AF20020", "The content type is not valid.", 400)
        if self.subscriptions.get(content_type) == "enabled":
            return fault("AF20024", "The subscription is already enabled. No property change.", 400)
        if not self.is_starting_slowly:
            self.subscriptions[content_type] = "enabled"
        return Answer({"contentType": content_type, "status": "enabled", "webhook": None})

    def _list(self, asked: Asked) -> Answer:
        content_type = asked.query.get("contentType", "")
        state = self.subscriptions.get(content_type)
        if state != "enabled":
            code = "AF20022" if state is None else "AF20023"
            return fault(code, "No subscription found for the specified content type.", 400)
        start, end = (datetime.fromisoformat(f"{asked.query[name]}+00:00") for name in ("startTime", "endTime"))
        if end - start >= timedelta(hours=24) or start <= self.clock() - _KEPT or end < start:
            return fault("AF20055", "Start time and end time must be less than 24 hours apart, and 7 days ago.", 400)
        at = int(asked.query.get("nextPage", "0"))
        if not at:
            self.windows.append((start, end))
        listed = [(blob, name) for blob in sorted(self.blobs, key=lambda blob: blob.created) for name in blob.listed_as]
        found = [(blob, name) for blob, name in listed if start <= blob.created < end]
        page = found[at : at + _PAGE]
        if self._disorders:
            page = random.sample(page, len(page))
        headers: dict[str, str] = {}
        if at + _PAGE < len(found):
            asked_for = "&".join(
                f"{name}={quote(asked.query[name])}" for name in ("contentType", "startTime", "endTime")
            )
            link = f"{self.next_origin}{asked.path}?{asked_for}&nextPage={at + _PAGE}"
            headers["NextPageUri"] = link
        return Answer([self._content(blob, name, content_type) for blob, name in page], headers=headers)

    def _content(self, blob: Blob, name: str, content_type: str) -> dict[str, str]:
        return {
            "contentType": content_type,
            "contentId": name,
            "contentUri": f"{self.link_origin}{_BASE}audit/{name}",
            "contentCreated": blob.created.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "contentExpiration": (blob.created + _KEPT).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        }

    def _blob(self, name: str) -> Answer:
        if name in self.gone:
            return fault("AF20051", "Content requested with the key has already expired.", 400)
        for blob in self.blobs:
            if name in blob.listed_as:
                return Answer(blob.body)
        return fault("AF20050", "The specified content does not exist.", 404)


def record(name: str, at: datetime, *, is_foreign: bool = False) -> dict[str, object]:
    """A record, as the vendor writes one."""
    return {
        "CreationTime": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "Id": name,
        "Operation": "New-InboxRule",
        "OrganizationId": FOREIGN if is_foreign else TENANT,
        "RecordType": 1,
        "ResultStatus": "True",
        "UserKey": "10032001",
        "UserType": 2,
        "Version": 1,
        "Workload": "Exchange",
        "ClientIP": "198.51.100.7",
        "ObjectId": "inbox rule",
        "UserId": "ada@customer.example",
    }


def fault(code: str, message: str, status: int) -> Answer:
    """An error, as the vendor writes one."""
    return Answer({"error": {"code": code, "message": message}}, status)
